"""The notebook: the same as its script, in the order of the work, and "Run all" walks through without an edit."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT, NOTEBOOK = ROOT / "notebooks" / "plansmith.py", ROOT / "notebooks" / "plansmith.ipynb"
PLAN = """---
plansmith: 1
language: en
client: {client}
---

# {title}

What the {place} needs first.

## Requirements

- **R1** A member can {wish}.
  - must · functional · S1

## Stories

- **U1** As a member, I want to {wish}, so that I need not call.
  - for R1
  - Given a member at home, when they {wish}, then the {place} sees it at once.

## Tasks

- **T1** Build the page to {wish}
  - web · {hours} h · for U1
"""
PROJECTS = (
    ("club", "book a court", "4 / 6 / 9"),
    ("museum", "reserve a tour", "6 / 8 / 12"),
    ("shop", "order a cake", "3 / 5 / 8"),
)


def test_the_notebook_is_its_script_without_outputs() -> None:
    jupytext = pytest.importorskip("jupytext")
    found, wanted = json.loads(NOTEBOOK.read_text(encoding="utf-8")), jupytext.read(SCRIPT)
    assert [(c["cell_type"], "".join(c["source"])) for c in found["cells"]] == [(c.cell_type, c.source) for c in wanted.cells], "make notebook"  # fmt: skip
    assert all(not c.get("outputs") and c.get("execution_count") is None for c in found["cells"])
    assert found["metadata"]["accelerator"] == "GPU"


def test_it_goes_the_whole_way_and_what_may_be_changed_is_a_form_field() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    steps = re.findall(r"^# ## \d+\. (.+)$", text, re.MULTILINE)
    assert steps == ["Install", "What can this machine do?", "Past projects", "Look before you train", "Train", "Was it worth it?",
                     "Free the memory", "Ask it yourself", "A plan for a new client", "Take it along", "Publish the model"]  # fmt: skip
    fields = set(re.findall(r"^(\w+) = .*# @param", text, re.MULTILINE))
    assert {
        "base",
        "projects",
        "learning_rate",
        "epochs",
        "rank",
        "system_prompt",
        "prompt",
        "brief",
        "formats",
        "hub_name",
    } <= fields
    assert "userdata.get(" in text
    from plansmith.prompts import SYSTEM

    assert f'system_prompt = "{SYSTEM}"' in text, "what the models are tuned to"


@pytest.mark.slow
def test_run_all_on_a_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    for place, wish, hours in PROJECTS:
        folder = tmp_path / "examples" / "archive" / place
        folder.mkdir(parents=True)
        (folder / "brief.md").write_text(f"Members must be able to {wish} on our website. Thank you, the {place}.\n")
        (folder / "plan.md").write_text(
            PLAN.format(client=place, title=f"Online {place}", place=place, wish=wish, hours=hours)
        )
    (tmp_path / "examples" / "brief.md").write_text("Guests must be able to rent a boat on our website.\n")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'src'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("GOMP_SPINCOUNT", "1000")
    notebook = nbformat.read(NOTEBOOK, 4)
    # check and the comparison import and write as much again; test_walk.py and test_proof_evaluate.py walk them
    shorter = {
        "epochs = 0": "epochs = 1",
        "batch = 0": "batch = 4",
        "rank = 0": "rank = 4",
        'tool("check", archive, "--base", base)': 'tool("check", archive, "--propose")',
        "short_verdict(run, archive)": "assert callable(short_verdict)",
        "tokens = 120": "tokens = 12",
        "docx,pdf,xlsx,jira": "mermaid,jira",
    }
    for cell in (c for c in notebook.cells if c.cell_type == "code"):
        for old in [each for each in shorter if each in cell.source]:
            cell.source = cell.source.replace(old, shorter.pop(old))
    assert not shorter
    notebook.metadata.kernelspec.name = "python3"
    client = nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}})
    client.create_kernel_manager()
    client.km.kernel_cmd = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    client.execute()
    said = "\n".join(
        str(o.get("text", "")) + str(o.get("data", "")) for c in notebook.cells for o in c.get("outputs", [])
    )
    assert "held-out loss" in said
    assert "image/svg+xml" in said
    assert "<iframe" in said
    assert (tmp_path / "plan.md").read_text().startswith("---\nplansmith: 1\n")
    assert {"plan.mermaid", "plan.jira.csv"} == {path.name for path in (tmp_path / "out").iterdir()}
    assert not (tmp_path / "published").exists(), "nothing is published unasked"
