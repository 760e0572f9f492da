"""The DCMA 14-point assessment of a plan's schedule, as far as it applies before work begins.

Enters: a `Plan`. Leaves: the share of points passed, and how many apply.
Try: python -m plansmith.proof.worth examples/archive
"""

from __future__ import annotations

from plansmith.errors import InputError
from plansmith.plan import Plan, schedule

LONG_DAYS = 44
"""Working days of float or duration from which DCMA calls them high."""
FEW = 0.05


def health(plan: Plan, unstaffed: bool = False) -> tuple[float, int] | None:
    """Points passed over points that apply, and their number; None for a plan without tasks."""
    tasks = [t for t in plan.tasks if t.status == "live"]
    if not tasks:
        return None
    try:
        done = schedule(plan)
    except InputError:
        return 0.0, 1  # a circle: no schedule at all
    links = [d for t in tasks for d in t.depends_on]
    waited_for = {d.task for d in links}
    loose = [t for t in tasks if not t.depends_on and t.id not in waited_for]
    high = LONG_DAYS * plan.calendar.hours_per_day
    points = [_few(len(loose), len(tasks))] if len(tasks) > 1 else []
    if links:
        points += [
            not any(d.lag < 0 for d in links),
            _few(sum(d.lag > 0 for d in links), len(links)),
            _few(sum(d.type != "FS" for d in links), len(links), 0.1),
        ]
    points.append(_few(sum(t.total_float_h > high for t in done.tasks), len(tasks)))
    points.append(_few(sum(t.effort_h > high for t in done.tasks), len(tasks)))
    if plan.deadline and done.finish:
        points.append(done.finish.date() <= plan.deadline)
    if plan.team:
        points.append(not unstaffed)
    return sum(points) / len(points), len(points)


def _few(bad: int, of: int, most: float = FEW) -> bool:
    return bad <= most * of
