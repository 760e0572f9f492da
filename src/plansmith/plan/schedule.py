"""The schedule: dates, people, critical path and cost of a plan, all computed.

Enters: a `Plan` and the day to begin on if the plan names none. Leaves: a `Schedule`.
Try: plansmith show examples/archive/01-bakery-preorders/plan.md

Units: *effort* is hours of work; *project hours* (names ending in `_h`) are hours of working time since the start,
`hours_per_day` of them a working day; dates and times are local and naive; money is in the plan's currency.
Methods and sources: docs/schedule.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Any

from plansmith.locale import words
from plansmith.plan.calendar import WorkingTime
from plansmith.plan.levelling import Levelled, chain, level
from plansmith.plan.network import Network, Note, Passes, build_network, passes
from plansmith.plan.plain import plain
from plansmith.plan.seats import Seat, build_seats, by_role, role_key
from plansmith.plan.types import Plan


@dataclass(frozen=True)
class ScheduledTask:
    """When a task is done, by whom, and how much room it has.

    `effort_h` and `sigma_h`: PERT mean and standard deviation in hours of work. `start_h` … `finish`: after levelling.
    `early_…`, `late_…` and the floats: of the network alone, as if nobody were ever busy; `critical`: no total float.
    `member` is empty for an assumed person. `driver`: the task that fixes the start, empty if none. `cost`: effort
    times the member's rate; None where no rate is known.
    """

    id: str
    role: str
    member: str
    effort_h: float
    sigma_h: float
    start_h: float
    finish_h: float
    start: dt.datetime | None
    finish: dt.datetime | None
    early_start_h: float
    early_finish_h: float
    late_start_h: float
    late_finish_h: float
    total_float_h: float
    free_float_h: float
    critical: bool
    driver: str
    cost: float | None


@dataclass(frozen=True)
class MilestoneDate:
    """When the last live task of a milestone ends; None where it has none (or, for `finish`, without a start)."""

    id: str
    finish_h: float | None
    finish: dt.datetime | None


@dataclass(frozen=True)
class RoleLoad:
    """What a role carries. `available_h`: what its people could work between start and end, leave taken out.

    `utilisation`: effort divided by that. `members`: names, none for an assumed person. `cost`: None if unknown.
    """

    role: str
    members: tuple[str, ...]
    assumed: bool
    effort_h: float
    available_h: float
    utilisation: float
    cost: float | None


@dataclass(frozen=True)
class Turn:
    """The same person does `before` and then `after`: a link that levelling adds to the plan's own."""

    before: str
    after: str
    member: str
    role: str


@dataclass(frozen=True)
class Schedule:
    """A plan in time. `tasks` are the live ones in the plan's order.

    `path`: one longest chain of the network, `path_h` its length and `path_sigma_h` the root of the sum of its tasks'
    variances (PERT's measure of spread). `chain`: the chain that decides the end after levelling; `finish_h` is that
    end. `cost`: of all tasks with a known rate, None if there is none; `unpriced_h`: effort without a rate.
    """

    start: dt.datetime | None
    finish: dt.datetime | None
    finish_h: float
    hours_per_day: float
    path: tuple[str, ...]
    path_h: float
    path_sigma_h: float
    chain: tuple[str, ...]
    effort_h: float
    cost: float | None
    unpriced_h: float
    tasks: tuple[ScheduledTask, ...]
    milestones: tuple[MilestoneDate, ...]
    roles: tuple[RoleLoad, ...]
    turns: tuple[Turn, ...]
    notes: tuple[Note, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able copy."""
        return dict(plain(self))


@dataclass(frozen=True)
class Worked:
    """Everything that a schedule is made from, for the rooms that compute on: times by task number."""

    network: Network
    seats: tuple[Seat, ...]
    passes: Passes
    levelled: Levelled
    time: WorkingTime | None


def work_out(plan: Plan, today: dt.date | None = None) -> Worked:
    """Network, passes and levelling of a plan; `today` is the first day if its calendar names none.

    The network's times assume the person of each role who has most of the day for it, and no leave.
    Errors: InputError for circular dependencies, and for work without an end in sight.
    """
    network = build_network(plan)
    first = plan.calendar.start or today
    time = WorkingTime(plan.calendar, first) if first else None
    seats = build_seats(plan, network.tasks, time)
    most = {role: max(seats[i].capacity for i in some) for role, some in by_role(seats).items()}
    hours = [effort / most[role_key(task.role)] for task, effort in zip(network.tasks, network.effort, strict=True)]
    times = passes(network, hours)
    return Worked(network, seats, times, level(network, times.late_start, seats), time)


def schedule(plan: Plan, today: dt.date | None = None) -> Schedule:
    """Schedule a plan: dates and people of every task, critical path, milestones, utilisation, cost.

    `today`: first day if the plan's calendar names none; without either there are hours but no dates, holidays or
    leave. Errors: InputError for circular dependencies, a calendar without working days, or work that would not end
    within a hundred years. Methods: PERT (Malcolm et al. 1959), critical path (Kelley & Walker 1959), levelling by
    the serial scheme (Kolisch 1996).
    """
    return composed(plan, work_out(plan, today))


def composed(plan: Plan, worked: Worked) -> Schedule:
    """The schedule of a plan that has been worked out."""
    network, times, time = worked.network, worked.passes, worked.time
    tasks = _tasks(worked)
    end = max(worked.levelled.finish, default=0.0)
    costs = [task.cost for task in tasks if task.cost is not None]
    milestones = _milestones(plan, tasks, time)
    return Schedule(
        start=time.begins(0) if time else None,
        finish=time.ends(end) if time else None,
        finish_h=end,
        hours_per_day=plan.calendar.hours_per_day,
        path=_ids(network, times.path),
        path_h=times.length,
        path_sigma_h=sqrt(sum(network.sigma[i] ** 2 for i in times.path)),
        chain=_ids(network, chain(worked.levelled)),
        effort_h=sum(network.effort),
        cost=sum(costs) if costs else None,
        unpriced_h=sum(task.effort_h for task in tasks if task.cost is None),
        tasks=tasks,
        milestones=milestones,
        roles=_roles(worked, tasks, end),
        turns=_turns(worked),
        notes=_notes(worked, tasks, milestones),
    )


def _ids(network: Network, numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(network.tasks[i].id for i in numbers)


def _tasks(worked: Worked) -> tuple[ScheduledTask, ...]:
    network, times, done, time = worked.network, worked.passes, worked.levelled, worked.time
    found = []
    for i, task in enumerate(network.tasks):
        seat = worked.seats[done.seat[i]]
        lasts = done.finish[i] > done.start[i]
        found.append(
            ScheduledTask(
                id=task.id,
                role=task.role,
                member=seat.name,
                effort_h=network.effort[i],
                sigma_h=network.sigma[i],
                start_h=done.start[i],
                finish_h=done.finish[i],
                start=(time.begins if lasts else time.ends)(done.start[i]) if time else None,
                finish=time.ends(done.finish[i]) if time else None,
                early_start_h=times.early_start[i],
                early_finish_h=times.early_finish[i],
                late_start_h=times.late_start[i],
                late_finish_h=times.late_finish[i],
                total_float_h=times.total_float[i],
                free_float_h=times.free_float[i],
                critical=times.total_float[i] == 0,
                driver=network.tasks[done.driver[i]].id if done.driver[i] >= 0 else "",
                cost=None if seat.rate is None else network.effort[i] * seat.rate,
            )
        )
    return tuple(found)


def _milestones(plan: Plan, tasks: Sequence[ScheduledTask], time: WorkingTime | None) -> tuple[MilestoneDate, ...]:
    ends = {task.id: task.finish_h for task in tasks}
    found = []
    for milestone in plan.milestones:
        if milestone.status == "live":
            last = max((ends[task] for task in milestone.tasks if task in ends), default=None)
            found.append(MilestoneDate(milestone.id, last, time.ends(last) if time and last is not None else None))
    return tuple(found)


def _roles(worked: Worked, tasks: Sequence[ScheduledTask], end: float) -> tuple[RoleLoad, ...]:
    by_key: dict[str, list[ScheduledTask]] = {}
    for task in tasks:
        by_key.setdefault(role_key(task.role), []).append(task)
    found = []
    for key, numbers in by_role(worked.seats).items():
        seats = [worked.seats[i] for i in numbers]
        effort = sum(task.effort_h for task in by_key.get(key, ()))
        costs = [task.cost for task in by_key.get(key, ()) if task.cost is not None]
        available = sum(seat.capacity * seat.own(end) for seat in seats)
        found.append(
            RoleLoad(
                role=seats[0].role,
                members=tuple(seat.name for seat in seats if not seat.assumed),
                assumed=seats[0].assumed,
                effort_h=effort,
                available_h=available,
                utilisation=effort / available if available else 0.0,
                cost=sum(costs) if costs else None,
            )
        )
    return tuple(found)


def _turns(worked: Worked) -> tuple[Turn, ...]:
    ids = [task.id for task in worked.network.tasks]
    return tuple(
        Turn(ids[before], ids[after], seat.name, seat.role)
        for seat, turns in zip(worked.seats, worked.levelled.turns, strict=True)
        for before, after in pairwise(turns)
    )


def _notes(worked: Worked, tasks: Sequence[ScheduledTask], milestones: Sequence[MilestoneDate]) -> tuple[Note, ...]:
    notes = [Note("no-start")] if worked.time is None else []
    notes += worked.network.notes
    for seat in worked.seats:
        if seat.assumed:
            key = role_key(seat.role)
            notes.append(Note("role-assumed", tuple(t.id for t in tasks if role_key(t.role) == key), seat.role))
    unpriced = tuple(task.id for task in tasks if task.cost is None and task.effort_h)
    empty = tuple(milestone.id for milestone in milestones if milestone.finish_h is None)
    notes += [Note("unpriced", unpriced)] if unpriced else []
    notes += [Note("milestone-empty", empty)] if empty else []
    return tuple(notes)


def note_text(note: Note, language: str = "en") -> str:
    """What a note says, in words of the language."""
    return words(language)[f"view.note-{note.code}"].format(items=", ".join(note.items), subject=note.subject)
