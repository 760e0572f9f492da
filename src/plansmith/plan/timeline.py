"""The schedule as a drawing: where bars, milestones, days and the deadline stand, in percent of the width.

Enters: a `Plan` and its `Schedule`. Leaves: a `Timeline`, which the terminal and the HTML view draw.
Try: plansmith show examples/archive/01-bakery-preorders/plan.md
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from plansmith.locale import day, figure
from plansmith.plan.schedule import MilestoneDate, Schedule, ScheduledTask
from plansmith.plan.types import Plan

_STEPS = (1, 2, 7, 14, 28, 56, 91, 182, 365, 730, 1825, 3650, 7300)
_MOST_TICKS = 6


@dataclass(frozen=True)
class Bar:
    """A task in time: `left` and `width` in percent of the drawing."""

    task: ScheduledTask
    title: str
    left: float
    width: float


@dataclass(frozen=True)
class Mark:
    """A point in time with a label: a milestone, a tick of the axis, or the deadline; `at` in percent."""

    id: str
    label: str
    at: float


@dataclass(frozen=True)
class Timeline:
    """Bars by start, milestones by date, the axis, and the deadline where it falls inside the drawing."""

    bars: tuple[Bar, ...]
    milestones: tuple[Mark, ...]
    ticks: tuple[Mark, ...]
    deadline: Mark | None


@dataclass(frozen=True)
class _Axis:
    """From the first day's midnight to the last; in seconds, or in project hours where there are no dates."""

    first: float
    last: float
    dated: bool

    def at(self, value: float) -> float:
        return min(100.0, max(0.0, 100 * (value - self.first) / (self.last - self.first)))


def timeline(plan: Plan, done: Schedule) -> Timeline:
    """Lay a schedule out; by date where it has dates, else by project hours."""
    axis = _axis(plan, done)
    titles = {task.id: task.title for task in plan.tasks}
    bars = []
    for task in sorted(done.tasks, key=lambda t: (t.start_h, t.finish_h)):
        left, right = axis.at(_value(task.start, task.start_h)), axis.at(_value(task.finish, task.finish_h))
        bars.append(Bar(task, titles[task.id], left, max(right - left, 0.0)))
    names = {milestone.id: milestone.title for milestone in plan.milestones}
    dated = [m for m in done.milestones if m.finish_h is not None]
    marks = [Mark(m.id, names[m.id], axis.at(_milestone(m))) for m in sorted(dated, key=_milestone)]
    limit = _seconds(plan.deadline) + 86_400 if plan.deadline and axis.dated else -1.0
    inside = axis.first < limit <= axis.last
    deadline = Mark("", day(plan.language, plan.deadline), axis.at(limit)) if inside and plan.deadline else None
    return Timeline(tuple(bars), tuple(marks), tuple(_ticks(plan, axis)), deadline)


def _axis(plan: Plan, done: Schedule) -> _Axis:
    if done.start is None or done.finish is None:
        return _Axis(0.0, max(done.finish_h, 1.0), False)
    first = _seconds(done.start.date())
    last = max([done.finish, *(task.finish for task in done.tasks if task.finish)])
    end = _seconds(last.date()) + 86_400
    limit = _seconds(plan.deadline) + 86_400 if plan.deadline else end
    # a deadline far away would press all bars together
    return _Axis(first, max(end, limit) if limit <= first + 2 * (end - first) else end, True)


def _seconds(moment: dt.date | dt.datetime) -> float:
    midnight = dt.datetime(moment.year, moment.month, moment.day)
    exact = moment if isinstance(moment, dt.datetime) else midnight
    return (exact - dt.datetime(1, 1, 1)).total_seconds()


def _value(moment: dt.datetime | None, hours: float) -> float:
    return _seconds(moment) if moment else hours


def _milestone(milestone: MilestoneDate) -> float:
    return _value(milestone.finish, milestone.finish_h or 0.0)


def _ticks(plan: Plan, axis: _Axis) -> Iterator[Mark]:
    unit = 86_400 if axis.dated else plan.calendar.hours_per_day
    days = (axis.last - axis.first) / unit
    step = next((step for step in _STEPS if days / step <= _MOST_TICKS), _STEPS[-1])
    start = dt.date.fromordinal(1 + round(axis.first / 86_400)) if axis.dated else None
    offset = (7 - start.weekday()) % 7 if start and step >= 7 else 0  # weeks begin on Monday
    for count in range(offset, int(days) + 1, step):
        at = axis.at(axis.first + count * unit)
        if at < 97:
            yield Mark("", _tick(plan, start, count, step), at)


def _tick(plan: Plan, start: dt.date | None, count: int, step: int) -> str:
    if start is None:
        return figure(plan.language, count)
    date = start + dt.timedelta(days=count)
    text = day(plan.language, date, "medium")
    return text if step >= 365 else text.removesuffix(f" {date.year}")
