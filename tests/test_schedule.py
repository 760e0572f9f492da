"""The whole schedule: cost, roles, milestones, notes, what it may not import, and how fast it is."""

from __future__ import annotations

import datetime as dt
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from schedule_plans import MONDAY, plan, random_plan, task

from plansmith.errors import InputError
from plansmith.plan.schedule import note_text, schedule
from plansmith.plan.types import Absence, Calendar, Dependency, Estimate, Member, Milestone, Plan
from plansmith.plan.uncertainty import simulate

TEAM = (
    Member(name="Ana", role="web", rate=50),
    Member(name="Bob", role="Web", rate=80, capacity=0.5),
    Member(name="Cleo", role="design"),
)


def sample() -> Plan:
    return plan(
        task("T1", (2, 4, 6), role="design"),
        task("T2", (8, 16, 24), "T1"),
        task("T3", (2, 4, 6), "T1"),
        task("T4", 8, "T2, T3", role="qa"),
        task("T5", None, "T4", role="qa"),
        team=TEAM,
        milestones=(
            Milestone(id="M1", title="Try", tasks=("T2", "T3")),
            Milestone(id="M2", title="Open", tasks=("T5",)),
            Milestone(id="M3", title="Later"),
            Milestone(id="M4", title="Never", status="dropped"),
        ),
    )


def test_people_dates_and_cost() -> None:
    done = schedule(sample())
    assert [t.member for t in done.tasks] == ["Cleo", "Ana", "Bob", "", ""]
    assert [t.cost for t in done.tasks] == [None, 800, 320, None, None]
    assert (done.cost, done.unpriced_h, done.effort_h) == (1120, 12, 32)
    assert done.start == dt.datetime(2026, 3, 2, 9)
    assert done.finish == dt.datetime(2026, 3, 5, 13)  # 4 + 16 + 8 hours
    assert [t.start for t in done.tasks[3:]] == [dt.datetime(2026, 3, 4, 13), dt.datetime(2026, 3, 5, 13)]
    assert done.chain == done.path == ("T1", "T2", "T4")
    assert [t.critical for t in done.tasks] == [True, True, False, True, True]


def test_milestones() -> None:
    found = {m.id: m.finish for m in schedule(sample()).milestones}
    assert found == {"M1": dt.datetime(2026, 3, 4, 13), "M2": dt.datetime(2026, 3, 5, 13), "M3": None}


def test_roles() -> None:
    web, design, qa = schedule(sample()).roles
    assert (web.members, web.effort_h, web.available_h, web.cost) == (("Ana", "Bob"), 20, 42, 1120)
    assert web.utilisation == pytest.approx(20 / 42)
    assert (design.members, design.assumed, design.cost) == (("Cleo",), False, None)
    assert (qa.members, qa.assumed, qa.effort_h) == ((), True, 8)


def test_notes_say_what_was_taken_for_granted() -> None:
    texts = [note_text(note) for note in schedule(sample()).notes]
    assert texts == [
        "Without an estimate, counted as 0 hours: T5.",
        "Nobody in the team has the role qa: one full-time person is assumed (T4, T5).",
        "No rate is known, so the cost leaves out: T1, T4.",
        "No live task leads to M3, so it has no date.",
    ]


def test_json() -> None:
    done = json.loads(json.dumps(schedule(sample()).as_dict()))
    assert done["finish"] == "2026-03-05T13:00:00"
    assert done["tasks"][1]["member"] == "Ana"
    assert done["notes"][0] == {"code": "unestimated", "items": ["T5"], "subject": ""}


def test_an_empty_plan() -> None:
    done = schedule(plan())
    assert (done.finish_h, done.cost, done.path, done.chain, done.tasks) == (0, None, (), (), ())
    assert done.finish == done.start == dt.datetime(2026, 3, 2, 9)


def test_the_plans_own_first_day_comes_before_today() -> None:
    assert schedule(sample(), dt.date(2020, 1, 1)).start == dt.datetime.combine(MONDAY, dt.time(9))


def test_more_people_of_a_scarce_role_never_hurt_the_bound() -> None:
    for seed in range(20):
        done = schedule(random_plan(30, seed))
        loads = [role.effort_h / sum(1 for _ in role.members or ("",)) for role in done.roles]
        assert done.finish_h >= max(done.path_h, *loads) - 1e-6


def test_importing_loads_nothing_heavy() -> None:
    rooms = ("schedule", "uncertainty", "swings", "change", "changetext")
    code = f"import sys; from plansmith.plan import {', '.join(rooms)}; print(*sys.modules)"
    source = Path(__file__).parent.parent / "src"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(source)}
    )
    loaded = {name.split(".")[0] for name in ran.stdout.split()}
    assert not loaded & {"numpy", "holidays", "networkx"}


def crowded(count: int) -> Plan:
    """Two people whose tasks wait for each other: many gaps, most of them too small."""
    rng = random.Random(count)
    rows = [
        task(
            f"T{n}",
            rng.choice((1, 2, 30)),
            f"T{rng.randint(max(1, n - 40), n - 1)}" if n > 1 else "",
            role=rng.choice(("web", "web", "qa")),
        )
        for n in range(1, count + 1)
    ]
    return plan(*rows)


@pytest.mark.parametrize("make", [lambda: random_plan(1000, 3), lambda: crowded(1000)])
def test_a_thousand_tasks_take_less_than_a_second(make: Callable[[], Plan]) -> None:
    big = make()
    begin = time.perf_counter()
    schedule(big)
    assert time.perf_counter() - begin < 1


def test_the_manuals_example_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    root = Path(__file__).parent.parent
    monkeypatch.chdir(root)
    exec((root / "docs/schedule.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0], {})
    assert "The plans say the same." in capsys.readouterr().out


@st.composite
def extreme_plans(draw: st.DrawFn) -> Plan:
    """Everything at the edge of what the types allow."""
    amount = st.sampled_from((0.0, 5e-324, 1e-9, 0.1, 7.3, 1e5))
    rows = []
    for number in range(1, draw(st.integers(1, 6))):
        lag = draw(st.sampled_from((0, -1e4, 1e4, 1e-7)))
        kind = draw(st.sampled_from(("FS", "SS", "FF", "SF")))
        waits = (Dependency(task=f"T{number - 1}", type=kind, lag=lag),) if number > 1 else ()
        estimate = Estimate(o=draw(amount), m=draw(amount), p=draw(amount))
        rows.append(task(f"T{number}", None).model_copy(update={"estimate": estimate, "depends_on": waits}))
    day = st.sampled_from((dt.date.min, MONDAY, dt.date(9999, 12, 30), dt.date.max))
    days = sorted((draw(day), draw(day)))
    member = Member(
        name="Ana",
        role="web",
        capacity=draw(st.sampled_from((5e-324, 1e-6, 0.5, 1.0))),
        rate=draw(st.sampled_from((None, 0, 1e12))),
        leave=(Absence(first=days[0], last=days[1]),),
    )
    calendar = Calendar(
        start=draw(st.none() | day),
        hours_per_day=draw(st.sampled_from((5e-324, 1e-3, 8, 24))),
        country=draw(st.sampled_from(("", "RO"))),
        weekend=draw(st.sampled_from(((), (5, 6), (0, 1, 2, 3, 4, 5)))),
    )
    return plan(*rows, team=[member], calendar=calendar, deadline=draw(st.none() | day), budget=1e12)


def work_below_the_clock() -> Plan:
    """A task of less than a microsecond whose person is away on the first day."""
    member = Member(
        name="Ana", role="web", capacity=0.5, leave=(Absence(first=dt.date(1, 1, 1), last=dt.date(1, 1, 1)),)
    )
    calendar = Calendar(start=dt.date(1, 1, 1), hours_per_day=1e-3, weekend=())
    return plan(task("T1", (0, 0, 1e-9)), team=[member], calendar=calendar)


@settings(max_examples=80, deadline=None)
@given(extreme_plans())
@example(work_below_the_clock())
def test_at_the_edge_there_is_a_result_or_a_reason(edge: Plan) -> None:
    reason = ""
    try:
        done = schedule(edge)
        forecast = simulate(edge, done, runs=5)
    except InputError as error:
        reason = str(error)
    if reason:
        assert re.search(r"weekend names all seven days.*Remove|The work would (?:go on|take).*Check the", reason)
        return
    json.dumps([done.as_dict(), forecast.as_dict()], allow_nan=False)
    near = 1e-6 + 1e-9 * done.finish_h
    assert done.finish_h == max((one.finish_h for one in done.tasks), default=0)
    assert done.effort_h == pytest.approx(sum(one.effort_h for one in done.tasks))
    assert done.path_h <= done.finish_h + near
    ends = {one.id: one for one in done.tasks}
    for one, planned in zip(done.tasks, edge.tasks, strict=True):
        assert 0 <= one.start_h <= one.finish_h + near
        assert one.early_start_h <= one.late_start_h + near
        assert one.total_float_h >= one.free_float_h - near >= -2 * near
        for wait in planned.depends_on:
            before = ends[wait.task]
            since = before.start_h if wait.type in ("SS", "SF") else before.finish_h
            waits = one.start_h if wait.type in ("FS", "SS") else one.finish_h
            assert waits >= since + wait.lag - near
    if done.start and done.finish:
        assert done.start <= done.finish
    assert forecast.duration.p50 <= forecast.duration.p80
