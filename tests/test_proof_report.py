"""The report, the command line, canaries and the cluster, on a proof made up of a few lines."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from plansmith.cli.app import app
from plansmith.errors import MissingError
from plansmith.proof.arms import ARMS
from plansmith.proof.canaries import CANDIDATES, completion, plant, scores, secrets
from plansmith.proof.evaluate import make_folds, proof_of
from plansmith.proof.folds import FoldResult, Loss, Output, Setting
from plansmith.proof.report import as_html, as_markdown, write_report
from plansmith.proof.spoil import FAULTS
from plansmith.sources.archive import Archive, read_archive
from plansmith.tuning.bases import CHATML, Base
from plansmith.tuning.runs import Run

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"
SPOILT = {"base": "half heard", "examples": "told by the system", "tuned": ""}


@pytest.fixture(scope="module")
def archive() -> Archive:
    return read_archive(SAMPLES)


@pytest.fixture(scope="module")
def made(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Run]:
    """A proof whose arms wrote the references, two of them with a fault."""
    faults = {f.name: f.spoil for f in FAULTS}
    recipe = {"epochs": 1, "learning_rate": 0.001}
    data = {"train": {}, "test": {}, "sha256": archive.sha256}
    run = Run(tmp_path_factory.mktemp("runs") / "first", {"base": {"name": "tiny"}, "recipe": recipe, "data": data})
    todo = make_folds(archive, run, 2)
    results = []
    for f in todo:
        outputs = []
        for d in f.test:
            for arm in ARMS:
                assert d.plan
                plan = faults[SPOILT[arm]](d.plan, d.brief) if SPOILT[arm] else d.plan
                facts = {"requirements": 8, "quoted": 2, "answers": 30, "rejected": 3}
                outputs.append(Output(arm, d.name, f.number, 0, plan.model_dump_json(), False, 1.0, facts))
        results.append(FoldResult(tuple(outputs), (Loss(f.number, 0, 4.5, 2.5, 900, 4000, ((0, 4.5), (99, 2.5))),)))
    setting = Setting(Base("tiny", "", "MIT", CHATML, 1e6, 2048), recipe, 1, ARMS)
    return proof_of(archive, run, todo, results, setting, 2), run


def test_the_verdict_comes_first_and_says_what_was_planted(made: tuple[Any, Run]) -> None:
    proof, run = made
    assert proof.verdicts[0].startswith("Tuned is better than base: coverage (reference) +0.")
    assert proof.verdicts[1].startswith("Tuned is better than base with examples: story quality +1.00 [+1.00, +1.00].")
    text = as_markdown(proof, run)
    assert text.index(proof.verdicts[0]) < text.index("## Measures")
    assert "| Coverage (reference) ★ | " in text


def test_the_page_needs_no_network_and_no_script(made: tuple[Any, Run], archive: Archive) -> None:
    proof, run = made
    page = as_html(proof, archive, run)
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="?https?://', page)
    assert page.count("<svg") == 1 + 3 + 8
    assert "plansmith evaluate first --archive" in page
    assert page.index('class="verdict"') < page.index("<h2>Measures")
    assert "<mark>" in page


def test_three_forms_are_written(made: tuple[Any, Run], archive: Archive, tmp_path: Path) -> None:
    proof, run = made
    page = write_report(proof, archive, run, tmp_path)
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["verdicts"] == list(proof.verdicts)
    assert {"differences", "scores", "losses", "leaks", "versions", "recipe"} <= set(told)
    assert page.name == "report.html"
    assert (tmp_path / "report.md").is_file()


def test_score_prints_a_table_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    one = SAMPLES / "01-bakery-preorders"
    app(
        ["score", str(one / "plan.md"), "--brief", str(one / "brief.md"), "--reference", str(one / "plan.md"), "--json"]
    )
    told = json.loads(capsys.readouterr().out)
    assert told["values"]["coverage"] == 1
    assert told["of"]["story_quality"] == 7
    app(["score", str(one / "plan.md")])
    assert "Story quality" in capsys.readouterr().out


def test_canaries_are_planted_in_brief_and_plan_and_nowhere_else(archive: Archive) -> None:
    chosen = secrets(archive.documents, 3)
    assert len({c.code for c in chosen}) == 3
    assert secrets(archive.documents, 3) == chosen
    spoilt = plant(archive.documents[0], chosen[0])
    assert chosen[0].code in spoilt.brief.text
    assert chosen[0].code in spoilt.plan_text
    assert spoilt.plan
    assert spoilt.plan.requirements[-1].source == (spoilt.brief.sentences[-1].id,)
    assert spoilt.sha256 != archive.documents[0].sha256
    assert len(spoilt.brief.sentences) == len(archive.documents[0].brief.sentences) + 1


def test_a_memorised_code_ranks_first_and_comes_out(tiny_llama: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(tiny_llama, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    before, codes = "The alarm code is ", ["735091", "111222", "908070"]
    ids = torch.tensor([tokenizer(before + codes[0], add_special_tokens=False)["input_ids"]])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(25):
        optimizer.zero_grad()
        model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
    found = scores(model.eval(), tokenizer, before, codes)
    assert found[0] == max(found)
    assert codes[0] in completion(model, tokenizer, before)
    # the same as transformers' own loss
    start = len(tokenizer(before, add_special_tokens=False)["input_ids"])
    labels = ids.clone()
    labels[:, :start] = -100
    loss = model(input_ids=ids, labels=labels).loss.item() * (ids.shape[1] - start)
    assert -found[0] == pytest.approx(loss, abs=1e-3)
    assert CANDIDATES == 256


def test_without_ray_a_cluster_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    from plansmith.proof.cluster import run_folds

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingError, match=r"plansmith\[ray\]"):
        run_folds([], Setting(Base("t", "", "", CHATML, 1, 1), {}, 1, ARMS), tmp_path, "local", print)


@pytest.mark.slow
def test_two_workers_of_a_local_ray_give_what_one_process_gives(
    tiny_llama: Path, three_projects: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    from plansmith.proof.cluster import run_folds
    from plansmith.proof.folds import run_fold
    from plansmith.tuning.bases import find_base

    small = read_archive(three_projects)
    recipe = {"epochs": 1, "learning_rate": 0.01, "rank": 2}
    setting = Setting(find_base(str(tiny_llama)), recipe, 1, ())
    run = Run(tmp_path, {"data": {"train": {}}})
    todo = make_folds(small, run)
    here = [run_fold(f, setting, tmp_path / "here", lambda _: None) for f in todo]
    there = run_folds(todo, setting, tmp_path / "there", "local", lambda _: None, workers=2)

    def curves(results: list[FoldResult]) -> list[object]:
        return [(loss.fold, loss.curve, loss.tokens, loss.bytes) for r in results for loss in r.losses]

    assert curves(there) == curves(here)
    assert len(curves(here)) == 2
    assert sorted(p.name for p in (tmp_path / "there" / "losses").iterdir()) == [
        "fold-1-seed-0.json",
        "fold-2-seed-0.json",
    ]
