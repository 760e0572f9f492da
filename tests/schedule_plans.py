"""Plans for the tests of scheduling: short to write, and random ones."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from hypothesis import strategies as st

from plansmith.plan.types import Absence, Calendar, Dependency, Estimate, Member, Milestone, Plan, Task

MONDAY = dt.date(2026, 3, 2)
ROLES = ("design", "web", "qa")


def hours(value: float | Sequence[float] | None) -> Estimate | None:
    """An estimate from one number or three."""
    if value is None:
        return None
    o, m, p = (value, value, value) if isinstance(value, (int, float)) else value
    return Estimate(o=o, m=m, p=p)


def wait(text: str) -> Dependency:
    """'T1', 'T1 SS', 'T1 SS +2'."""
    task, kind, lag = (*text.split(), "FS", "0")[:3] if len(text.split()) != 2 else (*text.split(), "0")
    return Dependency(task=task, type=kind, lag=float(lag))


def task(id: str, estimate: Any, after: str = "", role: str = "web", **more: Any) -> Task:
    waits = tuple(wait(part.strip()) for part in after.split(",") if part.strip())
    return Task(id=id, title=f"Do {id}", role=role, estimate=hours(estimate), depends_on=waits, **more)


def plan(*tasks: Task, team: Sequence[Member] = (), start: dt.date | None = MONDAY, **more: Any) -> Plan:
    calendar = more.pop("calendar", None) or Calendar(start=start)
    return Plan(title="Sample", tasks=tasks, team=tuple(team), calendar=calendar, **more)


def lettered(rows: Mapping[str, tuple[Any, str]]) -> Plan:
    """A textbook's table: activity letter → (hours, letters of its predecessors); each activity has its own person."""
    number = {letter: f"T{i}" for i, letter in enumerate(rows, 1)}
    return plan(
        *(
            task(number[letter], estimate, ", ".join(number[p] for p in before), role=f"role {letter}")
            for letter, (estimate, before) in rows.items()
        )
    )


def plans(max_tasks: int = 14, **how: Any) -> st.SearchStrategy[Plan]:
    """Random plans; Hypothesis shrinks their size, a seed decides the rest (drawing each value is slow)."""
    return st.builds(partial(random_plan, **how), st.integers(1, max_tasks), st.integers(0, 2**32))


def random_plan(
    count: int, seed: int, links: Sequence[str] = ("FS", "FS", "SS", "FF", "SF"), lags: Sequence[int] = range(-6, 11)
) -> Plan:
    """A team that may lack roles, part-time people, leave, links of every type, leads, missing estimates."""
    rng = random.Random(seed)
    order = rng.sample(range(1, count + 1), count)
    tasks = []
    for place, number in enumerate(order):
        before = rng.sample(order[:place], min(place, rng.choice((0, 1, 1, 2, 3))))
        waits = tuple(
            Dependency(task=f"T{b}", type=rng.choice(links), lag=rng.choice((0, rng.choice(lags)))) for b in before
        )
        o, m, p = sorted(rng.randint(0, 40) for _ in range(3))
        estimate = None if rng.random() < 0.1 else Estimate(o=o, m=m, p=p)
        tasks.append(Task(id=f"T{number}", title="x", role=rng.choice(ROLES), estimate=estimate, depends_on=waits))
    half = Milestone(id="M1", title="half", tasks=tuple(f"T{n}" for n in order[: count // 2]))
    team = [_member(rng, name) for name in "ABCD"[: rng.randint(0, 4)]]
    return plan(*sorted(tasks, key=lambda t: int(t.id[1:])), team=team, milestones=(half,))


def _member(rng: random.Random, name: str) -> Member:
    leave = []
    for _ in range(rng.randint(0, 2)):
        first = MONDAY + dt.timedelta(rng.randint(0, 20))
        leave.append(Absence(first=first, last=first + dt.timedelta(rng.randint(0, 6))))
    return Member(
        name=f"Person {name}",
        role=rng.choice(ROLES),
        capacity=rng.choice((1.0, 0.8, 0.5)),
        rate=rng.choice((None, 50, 80)),
        leave=tuple(leave),
    )
