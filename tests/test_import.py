"""Import: any source becomes the canonical folder; interrupted, repeated, contradicted, it never loses or overwrites."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plansmith.errors import InputError
from plansmith.sources.archive import read_archive
from plansmith.sources.columns import Wanted
from plansmith.sources.importing import Imported, import_source, open_source, slug

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"
OURS = SAMPLES / "01-bakery-preorders"


def lines(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def some(count: int, start: int = 0) -> list[dict[str, str]]:
    return [
        {
            "brief": f"We are shop {n}. Customers must order online.",
            "plan": f"# Our plan {n}\n\n- Shop page: {n + 3} h\n",
        }
        for n in range(start, start + count)
    ]


def take(path: Path, out: Path, client: str = "") -> Imported:
    return import_source(open_source(path, Wanted(client)), out)


def plansmith(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plansmith", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_dataset_becomes_an_archive_with_provenance(tmp_path: Path) -> None:
    rows = [{**row, "client": f"Client {n // 2}"} for n, row in enumerate(some(4))]
    done = take(lines(tmp_path / "shops.jsonl", rows), tmp_path / "archive")
    assert done.written == [f"shops-000{n}" for n in range(1, 5)]
    archive = read_archive(tmp_path / "archive")
    assert [(d.brief.text, d.plan_text, d.client) for d in archive.documents] == [(r["brief"], r["plan"], r["client"]) for r in rows]  # fmt: skip
    told = archive.documents[2].provenance
    assert told is not None
    assert (told.row, Path(told.source).name, len(told.sha256), len(told.date)) == ("3", "shops.jsonl", 64, 10)


def test_a_folder_of_projects_comes_through_to_the_byte(tmp_path: Path) -> None:
    done = take(SAMPLES, tmp_path / "archive")
    assert done.ours == len(done.written) == 16
    copied = {k: v for k, v in snapshot(tmp_path / "archive").items() if not k.endswith("provenance.json")}
    assert copied == snapshot(SAMPLES)
    assert read_archive(tmp_path / "archive").sha256 == read_archive(SAMPLES).sha256


def test_a_second_import_changes_nothing(tmp_path: Path) -> None:
    source = lines(tmp_path / "d.jsonl", [{**row, "client": "Ana"} for row in some(5)])
    take(source, tmp_path / "a")
    before = snapshot(tmp_path / "a")
    again = take(source, tmp_path / "a")
    assert (again.written, len(again.there), again.refused) == ([], 5, [])
    assert snapshot(tmp_path / "a") == before


def test_what_differs_is_refused_and_kept(tmp_path: Path) -> None:
    out = tmp_path / "a"
    take(lines(tmp_path / "d.jsonl", some(3)), out)
    before = snapshot(out)
    rows = some(4)
    rows[1]["plan"] += "\n- Another page: 9 h"
    done = take(lines(tmp_path / "d.jsonl", rows), out)
    assert done.written == ["d-0004"]
    assert len(done.refused) == 1
    assert done.refused[0].startswith("row 2: ")
    assert "is not overwritten" in done.refused[0]
    assert {k: v for k, v in snapshot(out).items() if "0004" not in k} == before


def test_a_person_s_edit_of_an_imported_project_stays(tmp_path: Path) -> None:
    source, out = lines(tmp_path / "d.jsonl", some(2)), tmp_path / "a"
    take(source, out)
    (out / "d-0001" / "plan.md").write_text("# Better plan")
    assert take(source, out).there == ["d-0001", "d-0002"]
    assert (out / "d-0001" / "plan.md").read_text() == "# Better plan"


@pytest.mark.parametrize("at", [1, 63, 64, 65, 130, 199])
def test_an_interrupted_import_goes_on(at: int, tmp_path: Path) -> None:
    source, out = lines(tmp_path / "d.jsonl", [{**row, "client": "Ana"} for row in some(200)]), tmp_path / "a"

    def stop(done: int, total: int, name: str) -> None:
        if done == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_source(open_source(source), out, watch=stop)
    there = [p.name for p in out.iterdir() if p.is_dir()] if out.exists() else []
    assert all((out / name / file).is_file() for name in there for file in ("brief.md", "plan.md", "provenance.json"))
    if there:
        assert len(read_archive(out).documents) == len(there)
    done = take(source, out)
    assert (len(done.there), len(done.written)) == (len(there), 200 - len(there))
    take(source, tmp_path / "whole")
    assert snapshot(out) == snapshot(tmp_path / "whole")


@pytest.mark.slow
def test_a_killed_import_goes_on(tmp_path: Path) -> None:
    source, out = lines(tmp_path / "d.jsonl", some(3000)), tmp_path / "a"
    running = subprocess.Popen(
        [sys.executable, "-m", "plansmith", "import", str(source), "-o", str(out)], stdout=-3, stderr=-3
    )
    while running.poll() is None and len(list(out.glob("d-*"))) < 100:
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    there = list(out.glob("d-*"))
    assert len(there) < 3000
    assert all((p / "plan.md").read_text() for p in there)
    done = take(source, out)
    assert (len(done.there), len(done.written), done.refused) == (len(there), 3000 - len(there), [])
    assert len(list(out.glob("d-*"))) == 3000


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    source, out = lines(tmp_path / "d.jsonl", some(20_000)), tmp_path / "a"
    command = [sys.executable, "-m", "plansmith", "import", str(source), "-o", str(out)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while running.poll() is None and len(list(out.glob("d-*"))) < 64:
        time.sleep(0.005)
    running.send_signal(signal.SIGINT)
    said = " ".join(running.communicate()[1].split())
    assert running.returncode == 130
    assert "the same command goes on from there" in said
    assert "Traceback" not in said
    assert not list(out.glob(".adding-*"))


def test_plans_in_our_form_are_known_and_broken_ones_kept_as_text(tmp_path: Path) -> None:
    brief, plan = ((OURS / f"{name}.md").read_text() for name in ("brief", "plan"))
    rows = [{"brief": brief, "plan": plan}, {"brief": "We sell bread.", "plan": plan}, {"brief": "We sell milk.", "plan": "---\nplansmith: 1\n---\n# Broken"}]  # fmt: skip
    done = take(lines(tmp_path / "d.jsonl", rows), tmp_path / "a")
    assert (len(done.written), done.ours) == (3, 1)
    assert [n.split(":")[0] for n in done.notes if "looks like our form" in n] == ["d-0002", "d-0003"]
    archive = read_archive(tmp_path / "a")
    assert [bool(d.plan) for d in archive.documents] == [True, False, False]
    assert archive.documents[1].plan_text == plan
    # what archive.yaml has to say survives being killed before it was written
    (tmp_path / "a" / "archive.yaml").unlink()
    take(tmp_path / "d.jsonl", tmp_path / "a")
    assert [bool(d.plan) for d in read_archive(tmp_path / "a").documents] == [True, False, False]


def test_json_plans_become_markdown(tmp_path: Path) -> None:
    from plansmith.plan import parse_plan, render_json

    folder = tmp_path / "in" / "bakery"
    folder.mkdir(parents=True)
    (folder / "brief.txt").write_text((OURS / "brief.md").read_text())
    plan = parse_plan((OURS / "plan.md").read_text())
    (folder / "plan.json").write_text(render_json(plan))
    take(tmp_path / "in", tmp_path / "a")
    assert read_archive(tmp_path / "a").documents[0].plan == plan


def test_names_clients_and_languages_of_archive_yaml_travel(tmp_path: Path) -> None:
    source = tmp_path / "in"
    (source / "one").mkdir(parents=True)
    (source / "one" / "Cerere.md").write_text("Vrem un magazin online.")
    (source / "one" / "Deviz.md").write_text("Magazin: 12 ore.")
    (source / "archive.yaml").write_text(
        "projects:\n  one:\n    brief: Cerere.md\n    plan: Deviz.md\n    client: Ana SRL\n    language: ro\n"
    )
    out = tmp_path / "a"
    (out / "two").mkdir(parents=True)
    (out / "two" / "brief.md").write_text("We sell bread.")
    (out / "two" / "plan.md").write_text("A plan.")
    (out / "archive.yaml").write_text("projects:\n  two:\n    client: Dan\n")
    take(source, out)
    assert [(d.name, d.client, d.brief.language) for d in read_archive(out).documents] == [
        ("one", "Ana SRL", "ro"),
        ("two", "Dan", "en"),
    ]


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    source = tmp_path / "in"
    for n, (brief, plan) in enumerate(
        [
            (b"We sell bread.", b"Plan."),
            (b"\x00\x01", b"Plan."),
            (b"We sell.", b"GIF89a\x00\x01\x00"),
            (b"!", b"x"),
            (b"We fix cars.", b"Plan B."),
        ]
    ):
        (source / f"p{n}").mkdir(parents=True)
        (source / f"p{n}" / "brief.md").write_bytes(brief)
        (source / f"p{n}" / "plan.txt").write_bytes(plan)
    (source / "p9").mkdir()
    (source / "p9" / "brief.md").write_text("alone")
    done = plansmith("import", "in", "-o", "a", cwd=tmp_path)
    assert done.returncode == 2
    assert "2 projects written" in done.stdout
    assert all(f"- {name}:" in done.stdout for name in ("p1", "p2", "p3", "p9"))
    assert "Traceback" not in done.stderr
    assert [d.name for d in read_archive(tmp_path / "a").documents] == ["p0", "p4"]


def test_what_a_reader_leaves_out_is_said(tmp_path: Path) -> None:
    project = tmp_path / "in" / "bakery"
    project.mkdir(parents=True)
    (project / "brief.txt").write_bytes("Vrem o aplicaţie pentru clienţi, să poată plăti.".encode("cp1250"))
    (project / "plan.html").write_text("<h1>Our plan</h1><p>Shop page: 3 h</p>")
    done = take(tmp_path / "in", tmp_path / "a")
    assert done.notes == ["bakery: brief.txt: not UTF-8; read as cp1250, look at its letters"]
    assert (tmp_path / "a" / "bakery" / "plan.md").read_text().splitlines()[0] == "# Our plan"
    assert take(tmp_path / "in", tmp_path / "a").there == ["bakery"]


def test_a_folder_of_datasets_is_read_whole(tmp_path: Path) -> None:
    source = tmp_path / "data"
    source.mkdir()
    lines(source / "a.jsonl", some(2))
    lines(source / "b.jsonl", some(2, 5))
    lines(source / "c.jsonl", [{"x": "y"}])
    done = take(source, tmp_path / "a")
    assert done.written == ["a-0001", "a-0002", "b-0001", "b-0002"]
    assert any("c.jsonl has the columns x" in line for line in done.refused)


def test_dry_run_and_json_tell_and_write_nothing(tmp_path: Path) -> None:
    lines(tmp_path / "d.jsonl", [*some(2), {"brief": "", "plan": "x"}])
    done = plansmith("import", "d.jsonl", "-o", "a", "--dry-run", "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert done.returncode == 2
    assert told["tables"][0]["form"] == "brief/plan"
    assert told["written"] == ["d-0001", "d-0002"]
    assert told["refused"] == ["row 3: no brief (filled: plan)"]
    assert [p.name for p in tmp_path.iterdir()] == ["d.jsonl"]


def test_the_form_is_shown_before_use(tmp_path: Path) -> None:
    lines(
        tmp_path / "d.jsonl",
        [{"prompt": row["brief"], "completion": row["plan"], "firm": "[bold]Ana"} for row in some(2)],
    )
    done = plansmith("import", "d.jsonl", "-o", "a", "--client-column", "firm", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.index("read as  prompt/completion; columns: prompt, completion, firm") < done.stdout.index(
        "written"
    )
    assert "brief    We are shop 0." in done.stdout
    assert {d.client for d in read_archive(tmp_path / "a").documents} == {"[bold]Ana"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere", "-o", "a"], "hub:owner/name"),
        (["owner/name", "-o", "a"], "hub:owner/name"),
        (["d.jsonl", "-o", "d.jsonl"], "is a file"),
        (["d.jsonl", "-o", "a", "--revision", "v1"], "for the Hub"),
        (["d.jsonl", "-o", "a", "--client-column", "bref"], 'did you mean "brief"'),
        (["hub:not a name", "-o", "a"], "names no dataset"),
        (["in", "-o", "in/out"], "folder outside"),
        (["in", "-o", "a"], "holds neither projects nor datasets"),
    ],
)
def test_bad_input_gets_a_message(arguments: list[str], said: str, tmp_path: Path) -> None:
    lines(tmp_path / "d.jsonl", some(1))
    (tmp_path / "in").mkdir()
    done = plansmith("import", *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.jsonl", "in"]


@pytest.mark.parametrize("command", ["import", "push-dataset"])
def test_the_commands_explain_themselves(command: str, tmp_path: Path) -> None:
    done = plansmith(command, "--help", cwd=tmp_path)
    assert "Example: plansmith" in " ".join(done.stdout.split())


def test_names_of_rows_suit_every_file_system(tmp_path: Path) -> None:
    rows = [
        {**row, "name": name}
        for row, name in zip(some(8), ["Shop/1", "shop-1", "../../x", "CON", ".git", "ș ț", "", "a" * 300], strict=True)
    ]
    done = take(lines(tmp_path / "d.jsonl", rows), tmp_path / "a")
    assert done.written == ["Shop-1", "shop-1-2", "x", "CON-project", "git", "ș-ț", "d-0007", "a" * 80]
    assert len(read_archive(tmp_path / "a").documents) == 8


@given(st.text())
def test_a_name_is_never_a_path(text: str) -> None:
    name = slug(text)
    assert not name or ("/" not in name and "\\" not in name and name not in (".", "..") and not name.startswith("."))


def test_a_broken_archive_yaml_stops_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "archive.yaml").write_text("projects: [")
    with pytest.raises(InputError, match="not valid YAML"):
        take(lines(tmp_path / "d.jsonl", some(2)), tmp_path / "a")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["archive.yaml"]


word = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(texts=st.lists(st.tuples(word, word), min_size=1, max_size=4, unique=True))
def test_export_then_import_gives_the_same_texts(
    texts: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    from plansmith.sources.pushing import published_rows

    folder = tmp_path_factory.mktemp("round")
    rows = [{"brief": f"We sell bread {a}", "plan": f"Our plan {b}", "language": "ro"} for a, b in texts]
    first = take(lines(folder / "d.jsonl", rows), folder / "a")
    assert first.refused == []
    archive = read_archive(folder / "a")
    assert [(d.brief.text, d.plan_text) for d in archive.documents] == [(r["brief"], r["plan"]) for r in rows]
    take(lines(folder / "again.jsonl", published_rows(archive)), folder / "b")
    second = read_archive(folder / "b")
    assert [(d.name, d.brief.text, d.plan_text, d.client, d.brief.language) for d in second.documents] == [
        (d.name, d.brief.text, d.plan_text, d.client, "ro") for d in archive.documents
    ]
