"""Scheduling against independent programs: MPXJ's critical path method and TaskJuggler's levelling.

Skipped where they are not installed: `pip install mpxj` (needs Java), and the Debian package `tj3`.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from schedule_plans import plan, task

from plansmith.plan.calendar import WorkingTime, public_holidays
from plansmith.plan.schedule import Schedule, schedule
from plansmith.plan.types import Absence, Calendar, Dependency, Member, Plan, Task

pytestmark = pytest.mark.slow

START = dt.date(2026, 11, 23)
"""A Monday; Romania's holidays of 30 November and 1 December fall into most of the plans."""
KINDS = {"FF": "FINISH_FINISH", "FS": "FINISH_START", "SF": "START_FINISH", "SS": "START_START"}


def whole_hours(seed: int, count: int, links: str, lags: range, people: int) -> Plan:
    """A random plan in whole hours; `people` 0: each task has its own person, else so many in each of two roles."""
    rng = random.Random(seed)
    tasks = []
    for n in range(1, count + 1):
        before = rng.sample(range(1, n), min(n - 1, rng.choice((0, 1, 1, 2))))
        waits = tuple(Dependency(task=f"T{b}", type=rng.choice(links.split()), lag=rng.choice(lags)) for b in before)
        role = rng.choice(("web", "qa")) if people else f"role {n}"
        tasks.append(task(f"T{n}", rng.randint(1, 30), role=role).model_copy(update={"depends_on": waits}))
    team = [Member(name=f"{role} {k}", role=role) for role in ("web", "qa") for k in range(people)]
    return plan(*tasks, team=team, calendar=Calendar(country="RO", start=START))


# ---- MPXJ -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def java() -> Any:
    jpype = pytest.importorskip("jpype")
    pytest.importorskip("mpxj")
    if shutil.which("java") is None:
        pytest.skip("no Java")
    if not jpype.isJVMStarted():
        jpype.startJVM()
    return jpype


def mpxj_times(java: Any, sample: Plan) -> list[tuple[Any, ...]]:
    """Early and late times and total float in minutes of each task, by MPXJ's Microsoft Project scheduler."""
    package, jtime = java.JPackage("org").mpxj, java.JPackage("java").time
    project = package.ProjectFile()
    calendar = project.addDefaultBaseCalendar()
    for day in jtime.DayOfWeek.values():
        hours = calendar.getCalendarHours(day)
        if len(hours):
            hours.clear()
            hours.add(package.LocalTimeRange(jtime.LocalTime.of(9, 0), jtime.LocalTime.of(17, 0)))
    for holiday in sorted(d for year in range(START.year, START.year + 4) for d in public_holidays("RO", "", year)):
        calendar.addCalendarException(jtime.LocalDate.of(holiday.year, holiday.month, holiday.day))
    project.setDefaultCalendar(calendar)
    rows = {}
    for item in sample.tasks:
        row = rows[item.id] = project.addTask()
        row.setName(item.id)
        length = package.Duration.getInstance(item.estimate.m * 60, package.TimeUnit.MINUTES)
        row.setDuration(length)
        row.setRemainingDuration(length)
        row.setActualDuration(package.Duration.getInstance(0, package.TimeUnit.MINUTES))
    for item in sample.tasks:
        for link in item.depends_on:
            lag = package.Duration.getInstance(link.lag * 60, package.TimeUnit.MINUTES)
            relation = package.Relation.Builder().predecessorTask(rows[link.task]).lag(lag)
            rows[item.id].addPredecessor(relation.type(getattr(package.RelationType, KINDS[link.type])))
    first = jtime.LocalDateTime.of(START.year, START.month, START.day, 9, 0)
    project.getProjectProperties().setStartDate(first)
    package.cpm.MicrosoftScheduler().schedule(project, first)
    minutes = package.TimeUnit.MINUTES
    return [
        (
            *(
                calendar.getWork(first, moment, minutes).getDuration() / 60
                for moment in (row.getEarlyStart(), row.getEarlyFinish(), row.getLateStart(), row.getLateFinish())
            ),
            row.getTotalSlack().convertUnits(minutes, project.getProjectProperties()).getDuration() / 60,
            dt.datetime.fromisoformat(str(row.getFinish())),
        )
        for row in rows.values()
    ]


@pytest.mark.parametrize(("links", "plans"), [("FS", 30), ("FS SS", 30), ("FS FS FS SS FF SF", 60)])
def test_mpxj_agrees_on_times_and_floats(java: Any, links: str, plans: int) -> None:
    compared = 0
    for seed in range(plans):
        sample = whole_hours(seed, 30, links, range(0, 8), people=0)
        theirs = mpxj_times(java, sample)
        if min(row[0] for row in theirs) < 0:
            continue  # MPXJ lets an FF or SF link pull a start before the project's first day; Plansmith does not
        for ours, row in zip(schedule(sample).tasks, theirs, strict=True):
            assert (ours.early_start_h, ours.early_finish_h) == pytest.approx(row[:2]), (seed, ours.id)
            assert (ours.late_start_h, ours.late_finish_h) == pytest.approx(row[2:4]), (seed, ours.id)
            assert ours.total_float_h == pytest.approx(row[4]), (seed, ours.id)
            assert ours.finish == row[5], (seed, ours.id)
            compared += 1
    print(f"{links}: {compared} tasks agree")
    assert compared >= 600


# ---- TaskJuggler ----------------------------------------------------------------------------------------------------


def taskjuggler_file(sample: Plan) -> str:
    seats = [(m.name, m.role) for m in sample.team]
    names = {name: f"p{i}" for i, (name, _) in enumerate(seats)}
    holidays = sorted(d for year in range(START.year, START.year + 3) for d in public_holidays("RO", "", year))
    lines = [
        f'project demo "Demo" {START} +3y {{ timezone "UTC" timingresolution 60min workinghours mon - fri 9:00 - 17:00',
        "workinghours sat, sun off }",
        *(f'leaves holiday "free" {day}' for day in holidays),
        *(_resource(names[member.name], member) for member in sample.team),
    ]
    lines += [f'resource own{t.id} "{t.id}"' for t in sample.tasks if not seats]
    for item in sample.tasks:
        able = [names[name] for name, role in seats if role == item.role] or [f"own{item.id}"]
        others = f" {{ alternative {', '.join(able[1:])} select minloaded persistent }}" if able[1:] else ""
        waits = [
            f"{k.task} {{ {'onstart' * (k.type == 'SS')} {f'gaplength {int(k.lag)}h' if k.lag else ''} }}"
            for k in item.depends_on
        ]
        depends = f" depends {', '.join(waits)}" if waits else f" start {START}"
        effort = f"effort {int(item.estimate.m)}h allocate {able[0]}{others}"
        lines.append(f'task {item.id} "{item.id}" {{ {effort}{depends} }}')
    lines.append('taskreport "out" { formats csv columns id, start, end timeformat "%Y-%m-%dT%H:%M" loadunit hours }')
    return "\n".join(lines)


def _resource(key: str, member: Member) -> str:
    leave = " ".join(f"leaves annual {a.first} - {a.last + dt.timedelta(1)}" for a in member.leave)
    return f'resource {key} "{member.name}" {{ efficiency {member.capacity} {leave} }}'


def taskjuggler(sample: Plan, folder: Path) -> dict[str, tuple[dt.datetime, dt.datetime]]:
    if shutil.which("tj3") is None:
        pytest.skip("TaskJuggler (tj3) is not installed")
    (folder / "plan.tjp").write_text(taskjuggler_file(sample))
    command = ["tj3", "--silent", "--no-color", "--output-dir", str(folder), str(folder / "plan.tjp")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    with (folder / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    moment = dt.datetime.fromisoformat
    return {row["Id"]: (moment(row["Start"]), moment(row["End"])) for row in rows}


def moments(done: Schedule) -> dict[str, tuple[dt.datetime, dt.datetime]]:
    return {t.id: (t.start, t.finish) for t in done.tasks}


@pytest.mark.parametrize("seed", range(6))
def test_taskjuggler_agrees_on_dates_when_nobody_is_scarce(seed: int, tmp_path: Path) -> None:
    sample = whole_hours(seed, 40, "FS FS SS", range(0, 9), people=0)
    assert moments(schedule(sample)) == taskjuggler(sample, tmp_path)


@pytest.mark.parametrize("seed", range(3))
def test_taskjuggler_agrees_on_dates_of_one_person(seed: int, tmp_path: Path) -> None:
    """One half-time person with leave for everything, in a chain: there is no choice, so dates must be equal."""
    rng = random.Random(seed)
    rows: list[Task] = [task(f"T{n}", rng.randint(1, 30), f"T{n - 1}" if n > 1 else "") for n in range(1, 30)]
    days = [START + dt.timedelta(rng.randint(0, 100)) for _ in range(5)]
    leave = tuple(Absence(first=day, last=day + dt.timedelta(rng.randint(0, 9))) for day in days)
    ana = Member(name="Ana", role="web", capacity=0.5, leave=leave)
    sample = plan(*rows, team=[ana], calendar=Calendar(country="RO", start=START))
    assert moments(schedule(sample)) == taskjuggler(sample, tmp_path)


def test_levelled_plans_end_no_later_than_taskjugglers(tmp_path: Path) -> None:
    ratios = []
    for seed in range(12):
        sample = whole_hours(seed, 40, "FS", range(0, 1), people=1 + seed % 3)
        done = schedule(sample)
        folder = tmp_path / str(seed)
        folder.mkdir()
        theirs = taskjuggler(sample, folder)
        end = WorkingTime(sample.calendar, START).hours(max(finish for _, finish in theirs.values()))
        ratios.append(done.finish_h / end)
    print("ours / TaskJuggler's:", [round(r, 3) for r in ratios], "mean", round(sum(ratios) / len(ratios), 3))
    assert sum(ratios) / len(ratios) <= 1.02
