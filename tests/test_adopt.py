"""Our form proposed from free plans: round trip, places, nothing invented, the command and its refusals."""

import datetime as dt
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from free_plans import ALL, DEVIZ, MATRIX, NESTED, PERSON_DAYS, PERT
from hypothesis import given, settings
from hypothesis import strategies as st

from plansmith.plan import Plan, check_plan, numbers, parse_json, parse_plan, read_brief, render_plan
from plansmith.sources.freeplans.adopt import Adopted, adopt, places_in
from plansmith.sources.freeplans.cited import Citations
from plansmith.sources.freeplans.readout import read_out

FREE = Path(__file__).parent.parent / "examples" / "free"
DAY = dt.date(2026, 3, 2)
BRIEF = """\
# Court booking

- Members must be able to book a court for one hour.
- The bar needs to see today's bookings on a screen.
- Nobody may hold more than two open bookings.

Our budget is £4,000.
"""


def adopted(text: str, **options: object) -> Adopted:
    return adopt(read_out(text), "plan.md", today=DAY, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ALL)
def test_the_proposal_is_a_plan_like_any_other(name: str) -> None:
    plan = adopted(ALL[name]).plan
    assert parse_plan(render_plan(plan)) == plan
    errors = [f for f in check_plan(plan) if f.severity == "error"]
    said_must = {r.id for r in plan.requirements if r.priority == "must"}  # the plan says so, and has no stories
    assert [e for e in errors if not (e.code == "must-chain" and e.item in said_must)] == []


@pytest.mark.parametrize("name", ALL)
def test_every_item_names_the_place_that_it_came_from(name: str) -> None:
    done = adopted(ALL[name])
    asked = {q.id for q in done.plan.questions if q.ask}
    assert {i.id for i in done.plan.items()} - asked == set(done.places)
    assert places_in(parse_plan(render_plan(done.plan))) == done.places
    lines = ALL[name].split("\n")
    for task in done.plan.tasks:
        place = re.match(r"(?:line|linia) (\d+)", done.places[task.id])
        assert place
        words = re.findall(r"\w+", task.title)
        assert words[0] in " ".join(lines[max(int(place[1]) - 3, 0) : int(place[1]) + 1])


@pytest.mark.parametrize("name", ALL)
def test_no_number_is_invented(name: str) -> None:
    done = adopted(ALL[name], hours_per_day=8)
    held, day = numbers(ALL[name].replace("/", " ")), done.readout.hours_per_day or 8
    for task, item in zip(done.plan.tasks, done.readout.tasks, strict=True):
        if task.estimate and item.effort:
            factor = day if item.effort.unit == "day" else 1
            for hours in (task.estimate.o, task.estimate.p):
                assert f"{hours / factor:g}" in held
            if len(item.effort.figures) == 2:
                assert task.estimate.m == (task.estimate.o + task.estimate.p) / 2
        else:
            assert task.estimate is None
    for requirement in done.plan.requirements:
        assert numbers(requirement.text) <= held


def test_gaps_are_asked_and_not_filled() -> None:
    done = adopted(NESTED)
    asked = {point.key: point.items for point in done.open}
    assert asked["role"] == ("T7", "T8")
    assert asked["hours"] == ("T7", "T8")
    assert asked["probability"] == asked["impact"] == ("K2",)
    assert [t.role for t in done.plan.tasks[6:]] == ["unassigned", "unassigned"]
    assert {p.text for p in done.open} <= {q.text for q in done.plan.questions if q.ask == "our team"}
    assert done.plan.questions[0].text == "May guests book?"


def test_days_are_asked_unless_somebody_says_how_long_they_are() -> None:
    text = "# Shop\n\n## Tasks\n\n- Login (web): 2-3 days\n"
    plain = adopted(text)
    assert plain.plan.tasks[0].estimate is None
    assert [p.items for p in plain.open if p.key == "days"] == [("T1",)]
    estimate = adopted(text, hours_per_day=6).plan.tasks[0].estimate
    assert estimate
    assert (estimate.o, estimate.m, estimate.p) == (12, 15, 18)
    assert adopted(PERSON_DAYS, hours_per_day=6).plan.calendar.hours_per_day == 8


def test_team_money_dates_and_links() -> None:
    matrix = adopted(MATRIX).plan
    assert [(m.name, m.role, m.rate, m.capacity) for m in matrix.team] == [
        ("Mira Voss", "Frontend", 55, 0.8),
        ("Jon Eld", "Backend", 60, 0.5),
    ]
    assert matrix.currency == "EUR"
    deviz = adopted(DEVIZ)
    assert (deviz.plan.budget, deviz.plan.currency, deviz.plan.calendar.start) == (18000, "RON", DAY)
    assert [m.tasks for m in deviz.plan.milestones] == [("T1", "T2"), ("T3", "T4", "T5"), ("T6",)]
    assert [(k.probability, k.impact) for k in deviz.plan.risks] == [(4, 3), (2, 4)]
    assert deviz.places["T1"] == "linia 18, coloana Activitate"
    pert = adopted(PERT).plan
    assert pert.deadline == dt.date(2026, 9, 30)
    assert [[d.task for d in t.depends_on] for t in pert.tasks] == [[], ["T1"], ["T1", "T2"]]
    assert adopted(PERSON_DAYS).plan.requirements[0].priority == "must"


def test_totals_that_do_not_add_up_are_asked() -> None:
    said = [p.text for p in adopted(MATRIX).open if p.key == "total"]
    assert said == [
        'Which is right? The plan says "48", but the parts add up to 47.',
        'Which is right? The plan says "101", but the parts add up to 100.',
    ]


def test_only_what_a_sentence_clearly_says_is_stated() -> None:
    brief = read_brief(BRIEF)
    done = adopted(NESTED.replace("an hour", "one hour"), brief=brief)
    first, second = done.plan.requirements
    assert (first.origin, first.source) == ("stated", ("S1",))
    assert second.source == ("S2",)
    assert done.plan.brief_sha256 == brief.sha256
    assert len(done.plan.quotes) == len(brief.sentences)
    other = adopted("## Scope\n\n- Members book 3 courts for one hour\n- Weather is shown on the page\n", brief=brief)
    assert (other.plan.requirements[0].origin, other.plan.requirements[0].source) == ("inferred", ("S1",))
    assert (other.plan.requirements[1].origin, other.plan.requirements[1].source) == ("inferred", ())
    assert [p.items for p in other.open if p.key == "cited"] == [("R2",)]
    assert not [f for f in check_plan(other.plan, brief) if f.severity == "error"]
    assert Citations(read_brief("")).find("Members book courts") is None


def test_user_stories_are_taken_as_such() -> None:
    done = adopted("## User stories\n\n- As a member, I want to book a court, so that I can play.\n- Courts are lit\n")
    story = done.plan.stories[0]
    assert (story.role, story.want, story.so_that) == ("member", "to book a court", "I can play")
    assert [r.text for r in done.plan.requirements] == ["Courts are lit"]
    assert set(done.places) == {"U1", "R1"}


WORDS = st.sampled_from(
    ["# Plan", "## Tasks", "## Risks", "## Scope", "## Team", "## Timeline", "## Questions", "- Login: 4-6 h", "- As a cook, I want salt.",
     "| Name | Role | Rate |", "|---|---|---|", "| Jo | Web | €40 |", "- Budget: 900000000000000 EUR", "- [x] {a}: **b**; `c`", "Prose: 3 h",
     "- <b>", "| Task | Hours | Depends on |", "| T1 | 100000 | T1 |", "- Deadline: 2 March 2026", "\x00", "- \u200b", "## Glossary", "- SLA: time"]
)  # fmt: skip


@given(st.lists(st.one_of(WORDS, st.text(max_size=25)), max_size=20))
@settings(max_examples=300, deadline=None)
def test_any_text_becomes_a_plan_that_reads_back(lines: list[str]) -> None:
    done = adopted("\n".join(lines), hours_per_day=8)
    assert parse_plan(render_plan(done.plan)) == done.plan


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "plansmith", *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_the_command(tmp_path: Path) -> None:
    free, out = tmp_path / "free.md", tmp_path / "plan.md"
    free.write_text(NESTED, encoding="utf-8")
    (tmp_path / "brief.md").write_text(BRIEF, encoding="utf-8")
    first = run("adopt", free, "--brief", tmp_path / "brief.md", "-o", out)
    assert first.returncode == 0, first.stderr
    assert "Read 24 of 24 lines" in first.stdout
    assert "adds up" in first.stdout
    assert parse_plan(out.read_text(encoding="utf-8")).title == "Club court booking"
    assert run("lint", out).returncode == 0
    again = run("adopt", free, "-o", out)
    assert again.returncode == 2
    assert "not overwritten" in again.stderr
    forced = run("adopt", free, "-o", out, "--force")
    assert "Replaced" in forced.stdout
    ours = run("adopt", out)
    assert ours.returncode == 2
    assert "form already" in ours.stderr


def test_the_command_as_json_and_on_standard_output(tmp_path: Path) -> None:
    free = tmp_path / "free.md"
    free.write_text(DEVIZ, encoding="utf-8")
    told = json.loads(run("adopt", free, "--json").stdout)
    assert Plan.model_validate(told["plan"]).currency == "RON"
    assert told["read"]["efforts"] == {"read": 6, "of": 6}
    assert {point["about"] for point in told["open"]} >= {"hours", "priority"}
    assert told["places"]["K1"].startswith("linia 41")
    spans = [
        span
        for item in told["items"]
        if item["kind"] == "task" and "effort" in item
        for span in item["effort"]["spans"]
    ]
    assert [DEVIZ[a:b] for a, b in spans] == ["1,5", "2", "4", "3,5", "1"]
    shown = run("adopt", free)
    assert parse_plan(shown.stdout).budget == 18000
    assert "32 of 32 lines" in shown.stderr
    as_json = run("adopt", free, "-o", tmp_path / "plan.json")
    assert as_json.returncode == 0
    assert parse_json((tmp_path / "plan.json").read_text(encoding="utf-8")).budget == 18000
    for wrong in (
        [free, "-o", free],
        [free, "-o", tmp_path / "x.docx"],
        [free, "--hours-per-day", "0"],
        [tmp_path / "none.md"],
    ):
        refused = run("adopt", *wrong)
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False), refused.stderr


def test_merged_cells_of_a_word_document(tmp_path: Path) -> None:
    from docx import Document

    from plansmith.sources.read import read_document

    document = Document()
    document.add_heading("Deviz", 1)
    rows = (("Etapa", "Activitate", "Rol", "Ore"), ("Proiectare", "Schițe", "Design", "10-12"), ("", "Probă cu clienți", "Design", "4"),
            ("Realizare", "", "", ""), ("Programare", "Formular", "Web", "30"), ("Total", "", "", "44-46"))  # fmt: skip
    table = document.add_table(len(rows), 4)
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(3, 0).merge(table.cell(3, 3))
    table.cell(5, 0).merge(table.cell(5, 2))
    document.save(str(tmp_path / "plan.docx"))
    source = read_document(tmp_path / "plan.docx")
    read = read_out(source.text)
    assert [(t.group, t.text, t.effort.points) for t in read.tasks if t.effort] == [
        ("Proiectare", "Schițe", (10, 11, 12)),
        ("Proiectare", "Probă cu clienți", (4, 4, 4)),
        ("Programare", "Formular", (30, 30, 30)),
    ]
    assert [total.agrees for total in read.totals] == [True]
    shown = run("adopt", tmp_path / "plan.docx")
    assert "T1 tabelul 1, rândul 2, coloana Activitate" in shown.stdout


@pytest.mark.slow
@pytest.mark.parametrize("project", sorted(p.name for p in FREE.iterdir() if p.is_dir()) if FREE.is_dir() else [])
def test_the_sample_archive(project: str) -> None:
    from plansmith.sources.read import read_document

    source = read_document(next((FREE / project).glob("plan.*")))
    brief = read_brief(read_document(next((FREE / project).glob("brief.*"))).text)
    read = read_out(source.text)
    assert (read.lines.part, read.tables.part, read.figures.part) == (1.0, 1.0, 1.0), read.unread
    assert all(total.agrees for total in read.totals)
    assert read.totals
    done = adopt(read, "plan", brief=brief, place_of=lambda spot: source.place_of(spot.start))
    assert len(done.plan.tasks) == 6
    assert all(task.estimate for task in done.plan.tasks)
    assert sum(bool(r.source) for r in done.plan.requirements) >= len(done.plan.requirements) - 1
    assert not [f for f in check_plan(done.plan, brief) if f.severity == "error"]
    assert parse_plan(render_plan(done.plan)) == done.plan
