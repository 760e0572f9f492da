"""Forgetting a client, and copies without personal data: files, archive.yaml, runs."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plansmith.cli.forget import forget
from plansmith.cli.learn import check
from plansmith.errors import InputError
from plansmith.sources.archive import read_archive
from plansmith.sources.forget import find_client, remove
from plansmith.sources.pasttasks import PastTask
from plansmith.sources.privacy import LEAST, find_personal
from plansmith.sources.redacted import write_redacted
from plansmith.tuning.runs import Run, list_runs, mark_forgotten, open_run, write_past_tasks

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"


def project(folder: Path, name: str, client: str = "", brief: str = "") -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "brief.md").write_text(brief or f"Staff of {name} can print lists.")
    front = f"---\nplansmith: 1\nclient: {client}\n---\n\n" if client else ""
    (folder / name / "plan.md").write_text(
        front + "# P\n\n## Requirements\n\n- **R1** Staff can print lists.\n  - must · functional · S1\n"
    )


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    project(folder, "one", "Acme")
    project(folder, "two", "ACME.")
    project(folder, "three", "Beta")
    return folder


def run(runs: Path, name: str, train: dict[str, str], test: dict[str, str]) -> Run:
    (runs / name).mkdir(parents=True)
    story: dict[str, Any] = {"base": {"name": "x"}, "data": {"train": train, "test": test}}
    (runs / name / "run.json").write_text(json.dumps(story))
    write_past_tasks([PastTask("Build", "web", "r", 1, 2, 3, d) for d in train], runs / name)
    return Run(runs / name, story)


def test_a_client_leaves_the_archive_and_marks_its_runs(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = archive.parent / "runs"
    hashes = {d.name: d.sha256 for d in read_archive(archive).documents}
    run(runs, "by-name", {"one": "changed since", "three": "y"}, {})
    run(runs, "by-hash", {"renamed": hashes["two"]}, {"three": "y"})
    run(runs, "other", {"three": "y"}, {})
    for number, name in enumerate(("by-hash", "other", "by-name")):
        os.utime(runs / name / "run.json", (number, number))
    forget("acme", archive=archive, runs=runs, dry_run=True)
    assert (archive / "one").exists()
    assert "forgotten" not in open_run("by-name", runs).story
    with pytest.raises(InputError, match="--yes"):
        forget("acme", archive=archive, runs=runs)
    capsys.readouterr()
    forget("one", archive=archive, runs=runs, yes=True, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["projects"], told["runs"], told["done"]) == (["one", "two"], ["by-hash", "by-name"], True)
    assert [p.name for p in archive.iterdir()] == ["three"]
    (mark,) = open_run("by-name", runs).story["forgotten"]
    assert (mark["document"], mark["part"]) == ("one", "train")
    assert [t.document for t in open_run("by-name", runs).past_tasks()] == ["three"]
    assert open_run("by-hash", runs).past_tasks() == []
    assert "forgotten" not in open_run("other", runs).story
    assert list_runs(runs) == ["by-hash", "other", "by-name"]


def test_an_unknown_client_names_the_nearest(archive: Path) -> None:
    with pytest.raises(InputError, match="Did you mean Acme"):
        find_client(archive, "Acmee")
    with pytest.raises(InputError, match="Did you mean Beta"):
        find_client(archive, "et")


def test_damaged_projects_and_mapped_files_are_forgotten_too(tmp_path: Path) -> None:
    project(tmp_path, "broken")
    (tmp_path / "broken" / "plan.md").write_bytes(b"\x00")
    project(tmp_path, "stays")
    for name in ("acme-brief.md", "acme-plan.md", "zeta-brief.md", "zeta-plan.md"):
        (tmp_path / name).write_text("We want an app.")
    (tmp_path / "archive.yaml").write_text("projects:\n  acme:\n    brief: acme-brief.md\n    plan: acme-plan.md\n")
    for name in ("broken", "acme"):
        remove(tmp_path, find_client(tmp_path, name))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["archive.yaml", "stays", "zeta-brief.md", "zeta-plan.md"]
    assert [d.name for d in read_archive(tmp_path).documents] == ["stays", "zeta"]


def test_marking_twice_changes_nothing(tmp_path: Path) -> None:
    marked = run(tmp_path, "r", {"a": "1", "b": "2"}, {"c": "3"})
    assert mark_forgotten(marked, {"a": "", "x": "3"}, "2026-11-24") == ["a", "c"]
    before = (tmp_path / "r" / "run.json").read_bytes()
    assert mark_forgotten(open_run("r", tmp_path), {"a": "", "x": "3"}, "2026-12-01") == ["a", "c"]
    assert (tmp_path / "r" / "run.json").read_bytes() == before
    assert mark_forgotten(marked, {"z": ""}, "2026-12-01") == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.sampled_from("xyz"), min_size=1, max_size=6), st.data()
)
def test_only_the_client_goes(tmp_path: Path, owners: dict[str, str], data: st.DataObject) -> None:
    folder = tmp_path / "archive"
    shutil.rmtree(folder, ignore_errors=True)
    for name, owner in owners.items():
        project(folder, name, f"client {owner}")
    gone = data.draw(st.sampled_from(sorted(owners.values())))
    remove(folder, find_client(folder, f"client {gone}"))
    assert sorted(p.name for p in folder.iterdir()) == sorted(n for n, owner in owners.items() if owner != gone)


def test_a_redacted_copy_of_the_samples_is_an_archive_without_the_names(tmp_path: Path) -> None:
    archive = read_archive(SAMPLES)
    done = write_redacted(archive, tmp_path / "copy")
    copy = read_archive(tmp_path / "copy")
    assert [d.name for d in copy.documents] == [d.name for d in archive.documents]
    assert [len(d.brief.sentences) for d in copy.documents] == [len(d.brief.sentences) for d in archive.documents]
    assert len(copy.typed) == 16
    for document in copy.documents:
        assert [f for f in find_personal(document.brief.text) if f.certainty >= LEAST] == []
        assert document.provenance
        assert document.provenance.source == "redacted copy"
    assert done.placeholders["person"] >= 15
    report = (tmp_path / "copy" / "redaction.json").read_text()
    assert "Helen" not in report
    with pytest.raises(InputError, match="not overwritten"):
        write_redacted(archive, tmp_path / "copy")


def test_check_proposes_redacts_and_tells_of_the_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mixed = tmp_path / "mixed"
    (mixed / "club").mkdir(parents=True)
    (mixed / "club" / "mail.txt").write_text(
        "Hello,\nwe would like an app. We want it soon, please.\nRegards,\nAnn Marsh\n"
    )
    (mixed / "club" / "offer.txt").write_text(
        "# Estimate\n\n## Tasks\n\n- Build the API, 12 hours\n- Deployment, 3 h\n"
    )
    check(mixed, propose=True)
    said = capsys.readouterr().out
    assert "brief: mail.txt" in said
    check(mixed, accept_guess=True, redact=tmp_path / "copy")
    assert "Read it before" in capsys.readouterr().out
    assert "Person 1" in (tmp_path / "copy" / "club" / "brief.md").read_text()
    (mixed / "archive.yaml").write_text(said)
    check(mixed, propose=True)
    assert "Nothing to propose" in capsys.readouterr().out


def test_runs_and_their_report_name_what_was_learned_and_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from plansmith.cli.runs import list_all, report

    recipe = {"epochs": 1, "batch": 1, "rank": 4, "learning_rate": 0.001}
    result = {
        "held_out_loss": [4.0, 3.0],
        "held_out_steps": [0, 2],
        "best_step": 2,
        "steps": 2,
        "stopped_early_at": None,
        "training_seconds": 9.0,
        "tokens_per_second": 50.0,
        "peak_memory_gb": 1.0,
    }
    data = {
        "train": {"one": "a", "three": "b"},
        "test": {"two": "c"},
        "rows": 2,
        "tokens": 9,
        "supervised": 4,
        "sha256": "d",
    }
    story = {"base": {"name": "x"}, "recipe": recipe, "data": data, "result": result, "versions": {}}
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "run.json").write_text(json.dumps(story))
    mark_forgotten(Run(tmp_path / "first", story), {"one": "a", "two": "c"}, "2026-11-24")
    assert open_run("first", tmp_path).forgotten == ["one"]
    list_all(folder=tmp_path)
    assert "learned from one, forgotten since" in " ".join(capsys.readouterr().out.split())
    report("first", folder=tmp_path)
    page = (tmp_path / "first" / "report.html").read_text()
    assert "forgotten since: one." in page
