"""What is still open, and how far it moves the end and the price.

Enters: a plan and the day to begin on. Leaves: a `Swing` for each open question and assumption, the widest first.
Try: plansmith show examples/archive/01-bakery-preorders/plan.md

Which tasks an open point touches: those that serve the items it blocks or names by id; where it blocks and names
none, those that serve the requirements citing the same sentences. Its swing: those tasks at their pessimistic hours
against the same tasks at their optimistic ones, all others at their PERT mean, in the levelled order of work. (One
factor at a time, the "tornado": Howard 1988, Decision analysis: practice and promise, Management Science 34.)
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from plansmith.plan.network import three_points
from plansmith.plan.plain import plain
from plansmith.plan.replay import build_order, column, replay
from plansmith.plan.schedule import Worked, work_out
from plansmith.plan.types import Assumption, Plan, Question

_NAMED = re.compile(r"(?<!\w)[RUTM][1-9]\d{0,5}(?!\w)")
_TOGETHER = 128
"""Open points computed at once."""


@dataclass(frozen=True)
class Swing:
    """How far one open question or assumption moves the plan.

    `tasks`: the live tasks that it touches; `unknown`: those of them without an estimate, whose part is not known.
    `early_h`, `late_h`: end of the project in project hours when all of them go well, or badly; `days`: the
    difference in working days. `effort_h`: sum of p − o, hours of work; `cost`: the same times the rates, None if one
    is unknown. `weight`: the larger of the end's difference relative to the planned duration and the effort's
    relative to the planned effort; the order of the list.
    """

    id: str
    kind: Literal["question", "assumption"]
    tasks: tuple[str, ...]
    unknown: tuple[str, ...]
    early_h: float
    late_h: float
    early: dt.datetime | None
    late: dt.datetime | None
    days: float
    effort_h: float
    cost: float | None
    weight: float

    def as_dict(self) -> dict[str, Any]:
        """JSON-able copy."""
        return dict(plain(self))


def serving(plan: Plan) -> dict[str, tuple[str, ...]]:
    """For each requirement, story, milestone and task the live tasks that serve it, in the plan's order."""
    stories: dict[str, list[str]] = {}
    for story in plan.stories:
        for requirement in story.requirements:
            stories.setdefault(story.id, []).append(requirement)
    found: dict[str, dict[str, None]] = {}
    live = [task for task in plan.tasks if task.status == "live"]
    for task in live:
        for item in (task.id, *task.serves):
            for target in (item, *stories.get(item, ())):
                found.setdefault(target, {})[task.id] = None
    for milestone in plan.milestones:
        inside = set(milestone.tasks)
        found[milestone.id] = {task.id: None for task in live if task.id in inside}
    return {item: tuple(tasks) for item, tasks in found.items()}


def rank_questions(plan: Plan, today: dt.date | None = None) -> list[Swing]:
    """Open questions and assumptions by how far they swing date and price, the widest first.

    Questions that have an answer and items that no longer hold are left out. `today` as in `schedule`.
    Errors: as in `schedule`.
    """
    questions = [q for q in plan.questions if q.status == "live" and not q.answer]
    points: list[Question | Assumption] = [*questions, *(a for a in plan.assumptions if a.status == "live")]
    if not points:
        return []
    worked, behind = work_out(plan, today), serving(plan)
    number = {task.id: index for index, task in enumerate(worked.network.tasks)}
    tasks = [{task for item in _reach(plan, point) for task in behind.get(item, ())} for point in points]
    touched = [sorted(number[task] for task in some) for some in tasks]
    ends = [pair for at in range(0, len(points), _TOGETHER) for pair in _ends(worked, touched[at : at + _TOGETHER])]
    swings = [_swing(plan, worked, *each) for each in zip(points, touched, ends, strict=True)]
    return sorted(swings, key=lambda swing: -swing.weight)


def _reach(plan: Plan, point: Question | Assumption) -> tuple[str, ...]:
    """Ids of the items that an open point is about."""
    words = point.text if isinstance(point, Question) else f"{point.text} {point.if_false}"
    named = (*point.blocks, *_NAMED.findall(words))
    if named:
        return named
    cited = set(point.source)
    return tuple(r.id for r in plan.requirements if r.status == "live" and cited & set(r.source))


def _ends(worked: Worked, touched: Sequence[Sequence[int]]) -> list[tuple[float, float]]:
    """End of the project with each group of tasks at its optimistic, and at its pessimistic hours."""
    import numpy as np

    network = worked.network
    hours = np.repeat(column(network.effort), 2 * len(touched), axis=1)
    for place, tasks in enumerate(touched):
        for task in tasks:
            estimate = network.tasks[task].estimate
            if estimate:
                hours[task, 2 * place], _, hours[task, 2 * place + 1] = three_points(estimate)
    ends = replay(build_order(network, worked.levelled, worked.seats), hours).end
    return [(float(low), float(high)) for low, high in ends.reshape(-1, 2)]


def _swing(
    plan: Plan, worked: Worked, point: Question | Assumption, tasks: Sequence[int], ends: tuple[float, float]
) -> Swing:
    network, time = worked.network, worked.time
    early, late = ends
    widths = [6 * network.sigma[task] for task in tasks]
    rates = [worked.seats[worked.levelled.seat[task]].rate for task in tasks]
    planned = max(worked.levelled.finish, default=0.0)
    total = sum(network.effort)
    effort = sum(widths)
    return Swing(
        id=point.id,
        kind="question" if isinstance(point, Question) else "assumption",
        tasks=tuple(network.tasks[task].id for task in tasks),
        unknown=tuple(network.tasks[task].id for task in tasks if network.tasks[task].estimate is None),
        early_h=early,
        late_h=late,
        early=time.ends(early) if time else None,
        late=time.ends(late) if time else None,
        days=(late - early) / plan.calendar.hours_per_day,
        effort_h=effort,
        cost=None if None in rates else sum(w * r for w, r in zip(widths, rates, strict=True) if r is not None),
        weight=max((late - early) / planned if planned else 0.0, effort / total if total else 0.0),
    )
