"""Files for planners, each read by an independent program: MPXJ, TaskJuggler, Mermaid, icalendar.

What needs another language's program is skipped where that is missing: `pip install mpxj` (needs Java), the Debian
package `tj3`, and `npm install mermaid jsdom` (in this folder's parent, or where PLANSMITH_NODE_MODULES points).
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from export_plans import NASTY, START, made, plan, thousand
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from lxml import etree

from plansmith.errors import InputError
from plansmith.export.icalendar import ics
from plansmith.export.mermaid import labelled, mermaid
from plansmith.export.mspdi import mspdi
from plansmith.export.planned import Planned, planned
from plansmith.export.taskjuggler import taskjuggler
from plansmith.plan.fields import one_line
from plansmith.plan.types import Calendar as PlanCalendar

texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=30)).filter(lambda text: one_line(text) != "")
few = settings(max_examples=25, deadline=None)
SPACE = {"p": "http://schemas.microsoft.com/project"}
TYPES = ["FF", "FS", "SF", "SS"]


# ---- MSPDI ----------------------------------------------------------------------------------------------------------


def value(element: Any, path: str) -> str:
    return str(element.findtext("/".join(f"p:{step}" for step in path.split("/")), "", SPACE))


def project(sample: Planned) -> Any:
    return etree.fromstring(mspdi(sample))


def tasks(root: Any) -> dict[str, Any]:
    """By the id of the plan; summaries by their outline number."""
    found = {}
    for one in root.iterfind("p:Tasks/p:Task", SPACE):
        id = value(one, "Name").split(" ")[0]
        found[value(one, "OutlineNumber") if value(one, "Summary") == "1" else id] = one
    return found


def test_project_has_the_plans_tree_dates_links_and_people() -> None:
    sample = made()
    root = project(sample)
    found = tasks(root)
    assert list(found) == ["1", "T1", "T2", "M1", "2", "T3", "T4", "M2", "T5"]
    assert [value(one, "OutlineLevel") for one in found.values()] == list("122212221")
    assert [value(one, "UID") for one in found.values()] == [str(n) for n in range(1, 10)]
    for one in sample.schedule.tasks:
        assert one.start is not None
        assert one.finish is not None
        assert value(found[one.id], "Start") == one.start.isoformat(timespec="seconds")
        assert value(found[one.id], "Finish") == one.finish.isoformat(timespec="seconds")
        assert value(found[one.id], "Critical") == str(int(one.critical))
    name = {value(one, "UID"): id for id, one in found.items()}
    links = {
        (name[value(link, "PredecessorUID")], id, TYPES[int(value(link, "Type"))], int(value(link, "LinkLag")) / 600)
        for id, one in found.items()
        for link in one.iterfind("p:PredecessorLink", SPACE)
        if id[0] == "T"
    }
    assert links == {
        ("T1", "T2", "FS", 0.0),
        ("T1", "T3", "SS", 2.0),
        ("T2", "T4", "FS", 4.0),
        ("T3", "T4", "FS", 0.0),
        ("T4", "T5", "FF", -1.0),
    }
    people = {value(one, "Name"): value(one, "MaxUnits") for one in root.iterfind("p:Resources/p:Resource", SPACE)}
    assert people == {"Ana": "1", "Ben": "0.5"}
    assert (value(found["M1"], "Milestone"), value(found["M1"], "Finish")) == ("1", value(found["T2"], "Finish"))


def test_project_has_the_days_on_which_nobody_works() -> None:
    [base, own] = project(made()).iterfind("p:Calendars/p:Calendar", SPACE)
    days = {
        value(one, "TimePeriod/FromDate")[:10]: value(one, "DayWorking")
        for one in base.iterfind(".//p:Exception", SPACE)
    }
    assert (days["2026-11-30"], days["2026-12-01"], days["2026-11-28"]) == ("0", "0", "1")
    [leave] = own.iterfind(".//p:Exception", SPACE)
    assert value(leave, "TimePeriod/FromDate") == f"{START}T00:00:00"
    assert value(leave, "TimePeriod/ToDate") == f"{START + dt.timedelta(1)}T23:59:00"


@few
@given(texts)
def test_any_text_is_whole_in_project(text: str) -> None:
    sample = made(text)
    kept = "".join(c for c in sample.plan.tasks[0].title if c not in "\ufffe\uffff")
    names = [value(one, "Name") for one in project(sample).iterfind("p:Tasks/p:Task", SPACE)]
    assert names[1] == f"T1 {kept}"


@pytest.fixture(scope="module")
def reader() -> Any:
    jpype = pytest.importorskip("jpype")
    pytest.importorskip("mpxj")
    if shutil.which("java") is None:
        pytest.skip("no Java")
    if not jpype.isJVMStarted():
        jpype.startJVM()
    return jpype.JPackage("org").mpxj


@pytest.mark.slow
@pytest.mark.parametrize("name", ["small", "nasty", "thousand"])
def test_mpxj_reads_the_same_plan(reader: Any, tmp_path: Path, name: str) -> None:
    sample = {"small": made, "nasty": lambda: made(" ".join(NASTY)), "thousand": thousand}[name]()
    path = tmp_path / "plan.xml"
    path.write_bytes(mspdi(sample))
    project = reader.reader.UniversalProjectReader().read(str(path))
    theirs = {str(one.getName()).split(" ")[0]: one for one in project.getTasks() if not one.getSummary()}
    waits = {one.id: one.depends_on for one in sample.plan.tasks}
    assert len(theirs) == len(sample.schedule.tasks) + len(sample.schedule.milestones)
    for ours in sample.schedule.tasks:
        one = theirs[ours.id]
        assert dt.datetime.fromisoformat(str(one.getStart())) == ours.start
        assert dt.datetime.fromisoformat(str(one.getFinish())) == ours.finish
        assert one.getWork().getDuration() == pytest.approx(ours.effort_h, abs=0.01)
        links = {
            (str(link.getPredecessorTask().getName()).split(" ")[0], str(link.getType()), link.getLag().getDuration())
            for link in one.getPredecessors()
        }
        assert links == {(link.task, link.type, link.lag) for link in waits[ours.id]}, ours.id
    assert {str(m.getFinish())[:10] for id, m in theirs.items() if id[0] == "M"} == {
        f"{m.finish:%Y-%m-%d}" for m in sample.schedule.milestones if m.finish
    }
    # Microsoft's way of scheduling, done anew, comes to the same dates: links, constraints and calendars suffice
    reader.cpm.MicrosoftScheduler().schedule(project, project.getProjectProperties().getStartDate())
    for ours in sample.schedule.tasks:
        assert ours.finish is not None
        anew = dt.datetime.fromisoformat(str(theirs[ours.id].getFinish()))
        assert abs(anew - ours.finish) < dt.timedelta(seconds=90), ours.id


# ---- TaskJuggler ----------------------------------------------------------------------------------------------------


def juggled(sample: Planned, folder: Path) -> dict[str, tuple[dt.datetime, dt.datetime]]:
    if shutil.which("tj3") is None:
        pytest.skip("TaskJuggler (tj3) is not installed")
    (folder / "plan.tjp").write_bytes(taskjuggler(sample))
    command = ["tj3", "--silent", "--no-color", "--output-dir", str(folder), str(folder / "plan.tjp")]
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=env)
    assert ran.returncode == 0, ran.stderr
    with (folder / "dates.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    moment = dt.datetime.fromisoformat
    return {row["Id"].split(".")[-1]: (moment(row["Start"]), moment(row["End"])) for row in rows}


@pytest.mark.slow
@pytest.mark.parametrize("text", ["a text", " ".join(NASTY)])
def test_taskjuggler_comes_to_the_same_dates(text: str, tmp_path: Path) -> None:
    sample = made(text)
    theirs = juggled(sample, tmp_path)
    for one in sample.schedule.tasks:
        assert one.start is not None
        assert one.finish is not None
        start, finish = theirs[one.id]
        assert abs(start - one.start) <= dt.timedelta(minutes=10), one.id
        assert abs(finish - one.finish) <= dt.timedelta(minutes=10), one.id


@few
@given(texts)
def test_no_text_leaves_its_string_in_taskjuggler(text: str) -> None:
    data = taskjuggler(made(text)).decode()
    assert "${" not in data
    assert "$(" not in data
    assert "\\" not in data.replace('\\"', "")
    for line in data.split("\n"):
        if not line.lstrip().startswith("#"):
            assert line.replace('\\"', "").count('"') % 2 == 0, line


# ---- Mermaid --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parsed() -> Any:
    modules = Path(os.environ.get("PLANSMITH_NODE_MODULES", Path(__file__).parent.parent / "node_modules"))
    if shutil.which("node") is None or not (modules / "mermaid").is_dir():
        pytest.skip("needs node, and npm install mermaid jsdom")

    def parse(files: list[bytes]) -> Any:
        script = str(Path(__file__).parent / "mermaid_parse.mjs")
        given = json.dumps([data.decode() for data in files])
        ran = subprocess.run(["node", script, str(modules)], input=given, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    return parse


@pytest.mark.slow
def test_mermaid_reads_ids_dates_links_and_any_text(parsed: Any) -> None:
    samples = [made(text) for text in ("a text", *NASTY)]
    for sample, told in zip(samples, batched(parsed([d for s in samples for d in mermaid(s).values()])), strict=True):
        gantt, flow, c4 = told
        assert "error" not in gantt, gantt
        assert "error" not in flow, flow
        assert "error" not in c4, c4
        titles = {one.id: one.title for one in sample.plan.tasks}
        bars = {id: (name, start, end) for id, name, _, start, end in gantt["tasks"] if id[0] == "T"}
        assert bars == {
            one.id: (f"{one.id} {titles[one.id]}", f"{one.start:%Y-%m-%dT%H:%M}", f"{one.finish:%Y-%m-%dT%H:%M}")
            for one in sample.schedule.tasks
        }
        assert gantt["title"].rstrip("…") == sample.plan.title[: len(gantt["title"].rstrip("…"))]
        assert dict(flow["nodes"]) == {id: f"{id} {titles[id]}" for id in bars}
        assert [(start, end) for start, end, _ in flow["edges"]] == [
            (link.task, one.id) for one in sample.plan.tasks for link in one.depends_on
        ]
        assert [text for _, _, text in flow["edges"]] == ["", "SS +2 h", "FS +4 h", "", "FF -1 h"]
        assert dict(c4["nodes"])["C1"] == labelled(sample.plan.architecture.components[0].name)
        assert c4["edges"] == [["C1", "C2", labelled(sample.plan.architecture.connections[0].label)]]


def batched(told: list[Any]) -> list[list[Any]]:
    return [told[n : n + 3] for n in range(0, len(told), 3)]


@pytest.mark.slow
def test_mermaid_draws_a_thousand_tasks_in_parts(parsed: Any) -> None:
    sample = thousand()
    files = mermaid(sample)
    assert all(len(data.decode()) <= 50_000 for data in files.values())
    told = parsed(list(files.values()))
    assert not [one for one in told if "error" in one]
    assert sum(len([t for t in one.get("tasks", []) if t[0][0] == "T"]) for one in told) == 1000
    assert sum(len(one.get("edges", [])) for one in told) == sum(len(t.depends_on) for t in sample.plan.tasks)


@few
@given(texts)
def test_no_text_is_syntax_in_mermaid(text: str) -> None:
    lines = [line for data in mermaid(made(text)).values() for line in data.decode().split("\n")]
    plain = [line for data in mermaid(made("a text")).values() for line in data.decode().split("\n")]
    assert len(lines) == len(plain)
    for line, other in zip(lines, plain, strict=True):
        quoted = line.lstrip().startswith(("Person", "System", "Container", "Rel"))
        for mark in '"<>' if quoted else '":%<>{}[]()|`*~':
            assert line.count(mark) == other.count(mark), (mark, line)


# ---- iCalendar ------------------------------------------------------------------------------------------------------


def events(sample: Planned) -> list[Any]:
    return list(Calendar.from_ical(ics(sample)).walk("VEVENT"))


@few
@given(texts)
def test_milestones_and_deadline_are_in_the_calendar(text: str) -> None:
    sample = made(text)
    found = events(sample)
    ends = [m.finish.date() for m in sample.schedule.milestones if m.finish]
    assert [one["DTSTART"].dt for one in found] == [*ends, sample.plan.deadline]
    assert str(found[0]["SUMMARY"]).startswith("M1 ")
    assert {one["DTSTAMP"].dt.date() for one in found} == {dt.date(2026, 11, 20)}
    assert len({str(one["UID"]) for one in found}) == 3


def test_a_calendar_knows_its_entries_again() -> None:
    assert ics(made()) == ics(made())
    later = plan(calendar=PlanCalendar(start=START + dt.timedelta(7)))
    first, second = events(made()), events(planned(later))
    assert [one["UID"] for one in first] == [one["UID"] for one in second]
    assert first[0]["DTSTART"].dt < second[0]["DTSTART"].dt


def test_plans_that_a_format_cannot_hold() -> None:
    undated = planned(plan(calendar=PlanCalendar()))
    with pytest.raises(InputError, match="no first day"):
        mspdi(undated)
    with pytest.raises(InputError, match="no first day"):
        taskjuggler(undated)
    with pytest.raises(InputError, match="neither a dated milestone nor a deadline"):
        ics(made(milestones=(), deadline=None))
    with pytest.raises(InputError, match=r"hours_per_day is 0\.01"):
        taskjuggler(made(calendar=PlanCalendar(start=START, hours_per_day=0.01)))
    assert set(mermaid(undated)) == {"gantt.mmd", "flow.mmd", "c4.mmd"}
