"""The whole path through the command line with the real embedded model: check, train, plan, ask."""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from plansmith.plan import parse_json, parse_plan
from plansmith.tuning.bases import CHATML, embedded_model
from plansmith.writing.engine import EngineError, LlamaEngine, Request
from plansmith.writing.grammar import read_sentence, sentence_grammar

pytestmark = pytest.mark.slow

BRIEF = "A garden centre wants a web shop.\n\nCustomers can reserve plants and pay at the till. Staff must see the reservations of the day.\n"


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plansmith", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=800)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def place(three_projects: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive of two small projects and a run tuned on one of them for one epoch."""
    folder = tmp_path_factory.mktemp("walk")
    for project in sorted(three_projects.iterdir())[:2]:
        shutil.copytree(project, folder / "archive" / project.name)
    (folder / "brief.md").write_text(BRIEF)
    run("train", "archive", "--name", "first", "--epochs", "1", cwd=folder)
    return folder


def test_check_shows_tokens_and_the_learned_part(place: Path) -> None:
    assert "held out" in run("check", "archive", cwd=place).stdout
    found = json.loads(run("check", "archive", "--json", cwd=place).stdout)
    assert {d["part"] for d in found["documents"]} == {"train", "test"}


def test_the_run_lowered_the_held_out_loss_and_is_listed(place: Path) -> None:
    (story,) = json.loads(run("runs", "--json", cwd=place).stdout)
    before, *after = story["result"]["held_out_loss"]
    assert min(after) < before
    assert story["run"] == "first"


def test_a_plan_is_valid_in_both_forms_and_cites_the_brief(place: Path) -> None:
    run("plan", "brief.md", "-o", "plan.md", cwd=place)
    plan = parse_plan((place / "plan.md").read_text())
    assert {s for r in plan.requirements for s in r.source} >= {"S2", "S3"}
    assert [q.text for q in plan.quotes][1] == "Customers can reserve plants and pay at the till."
    log = [json.loads(line) for line in (place / "plan.log.jsonl").read_text().splitlines()]
    assert any("answer" in entry for entry in log)
    assert parse_json(run("plan", "brief.md", "--json", cwd=place).stdout).requirements


def test_ask_generates_for_a_prompt_written_by_hand(place: Path) -> None:
    done = run("ask", "Name one colour.", "--system", "Answer with one word.", "--tokens", "8", cwd=place)
    assert done.stdout.strip()


def test_a_grammar_binds_the_model_and_the_seed_repeats_it() -> None:
    request = Request("Say something.", sentence_grammar(may_be_nothing=False), 60, temperature=0.8, seed=5)
    with LlamaEngine(embedded_model(), CHATML) as engine:
        one, two = engine.complete(request), engine.complete(request)
        pieces: list[str] = []
        streamed = engine.complete(request, pieces.append)
    assert read_sentence(one.text)
    assert one.text == two.text == streamed.text == "".join(pieces)


def test_a_bias_turns_the_model_from_a_word() -> None:
    asked = Request("The client says: We like dogs. Is it so? Say yes or no:", 'root ::= "yes" | "not"', 4)
    with LlamaEngine(embedded_model(), CHATML) as engine:
        assert engine.complete(asked).text == "yes"
        assert engine.complete(replace(asked, bias=(("not", 50.0),))).text == "not"


def test_a_lost_child_is_an_error_message() -> None:
    with LlamaEngine(embedded_model(), CHATML) as engine:
        engine.complete(Request("Hi", max_tokens=1))
        engine._child.kill()
        time.sleep(0.2)
        with pytest.raises(EngineError, match=r"llama.cpp process was killed"):
            engine.complete(Request("Hi", max_tokens=1))


def test_a_file_that_is_no_model_is_an_error_message(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF nonsense")
    with LlamaEngine(tmp_path / "x.gguf", CHATML) as engine, pytest.raises(EngineError):
        engine.complete(Request("Hi", max_tokens=1))


def test_the_transformers_engine_keeps_the_same_protocol() -> None:
    from plansmith.tuning.bases import find_base
    from plansmith.writing.engine import TransformersEngine

    engine = TransformersEngine(find_base("smollm2-135m"))
    answer = engine.complete(Request("Say something.", sentence_grammar(may_be_nothing=False, most=1), 40))
    assert read_sentence(answer.text) or not answer.finished
    pieces: list[str] = []
    free = engine.complete(Request("Say something.", max_tokens=5), pieces.append)
    assert free.tokens <= 5
    assert "".join(pieces)
