"""How long scheduling takes: plans of 10, 100 and 1,000 tasks, and 10,000 runs of a 500-task plan.

Try: PYTHONPATH=src python bench/schedule.py
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable

from plansmith.plan.levelling import level
from plansmith.plan.network import build_network, passes
from plansmith.plan.schedule import schedule, work_out
from plansmith.plan.swings import rank_questions
from plansmith.plan.types import (
    Absence,
    Calendar,
    Dependency,
    Estimate,
    Member,
    Plan,
    Question,
    Requirement,
    Story,
    Task,
)
from plansmith.plan.uncertainty import simulate

ROLES = ("design", "web", "backend", "mobile", "qa")
LINKS = ("FS", "FS", "FS", "FS", "SS", "FF")
LAGS = (0, 0, 0, 4)
START = dt.date(2026, 3, 2)


def sample_plan(count: int, seed: int = 1) -> Plan:
    """A plan of so many tasks: up to three links each to recent tasks, five roles, a team that is always short."""
    rng = random.Random(seed)
    tasks = []
    for number in range(1, count + 1):
        recent = range(max(1, number - 30), number)
        waits = rng.sample(recent, k=min(len(recent), rng.choice((0, 1, 1, 2, 3))))
        middle = rng.randint(2, 24)
        tasks.append(
            Task(
                id=f"T{number}",
                title=f"Task {number}",
                role=rng.choice(ROLES),
                estimate=Estimate(o=middle * 0.7, m=middle, p=middle * rng.choice((1.3, 1.6, 2.5))),
                serves=(f"U{(number + 2) // 3}",),
                depends_on=tuple(Dependency(task=f"T{w}", type=rng.choice(LINKS), lag=rng.choice(LAGS)) for w in waits),
            )
        )
    stories = tuple(
        Story(id=f"U{k}", requirements=(f"R{k}",), role="user", want="this") for k in range(1, (count + 2) // 3 + 1)
    )
    leave = (Absence(first=dt.date(2026, 7, 6), last=dt.date(2026, 7, 17)),)
    team = tuple(
        Member(name=f"{role} {n}", role=role, capacity=c, rate=60, leave=leave if n else ())
        for role in ROLES
        for n, c in enumerate((1.0, 0.8, 0.5))
    )
    return Plan(
        title="Sample",
        requirements=tuple(Requirement(id=s.requirements[0], text="This") for s in stories),
        stories=stories,
        tasks=tuple(tasks),
        team=team,
        questions=tuple(Question(id=f"Q{s.id[1:]}", text="What?", blocks=(s.id,)) for s in stories[::3]),
        calendar=Calendar(country="DE", start=START),
        budget=1e6,
        deadline=dt.date(2027, 1, 1),
    )


def seconds(work: Callable[[], object], times: int = 7) -> float:
    """The shortest of so many trials."""
    trials = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        trials.append(time.perf_counter() - begin)
    return min(trials)


def levelling_only(plan: Plan) -> float:
    """Levelling without all the rest."""
    worked = work_out(plan)
    return seconds(lambda: level(worked.network, worked.passes.late_start, worked.seats))


def main() -> None:
    print(f"{'tasks':>6} {'network':>9} {'levelling':>10} {'schedule':>9} {'questions':>10} {'10,000 runs':>12}")
    before: list[float] = []
    for count in (10, 100, 1_000):
        plan = sample_plan(count)
        network = build_network(plan)
        done = schedule(plan)
        row = [
            seconds(lambda n=network, p=plan: passes(n, n.effort) and build_network(p)),
            levelling_only(plan),
            seconds(lambda p=plan: schedule(p)),
            seconds(lambda p=plan: rank_questions(p)),
            seconds(lambda p=plan, s=done: simulate(p, s), 2),
        ]
        print(f"{count:>6} " + " ".join(f"{1000 * s:>8.1f}ms" for s in row))
        if before:
            print(f"{'×':>6} " + " ".join(f"{now / then:>9.1f}×" for now, then in zip(row, before, strict=True)))
        before = row
    plan = sample_plan(500)
    done = schedule(plan)
    print(f"500 tasks, 10,000 runs: {seconds(lambda: simulate(plan, done)):.2f} s (to be under 2 s)")


if __name__ == "__main__":
    main()
