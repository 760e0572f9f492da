"""Microsoft Project's XML (MSPDI): tasks in tree order, links with lags, calendars, people, assignments.

Enters: a `Planned`. Leaves: the file's bytes, which Project, ProjectLibre, GanttProject and MPXJ read.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to mspdi

Each milestone is a summary task over its tasks, with a milestone task at its end. Elements stand in the order of
Microsoft's schema. Units: durations as PT8H0M0S, lags and slack in tenths of a minute, calendars by day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from plansmith.errors import InputError
from plansmith.export.backlog import goals, homes, link_text, say
from plansmith.export.mspdicalendar import BASE, Person, add, calendars, day_hours, moment_text, span
from plansmith.export.planned import Planned
from plansmith.plan import Plan, Task
from plansmith.plan.calendar import EPS
from plansmith.plan.schedule import ScheduledTask
from plansmith.plan.seats import role_key

_SPACE = "http://schemas.microsoft.com/project"
_LINK = {"FF": 0, "FS": 1, "SF": 2, "SS": 3}
_FROM_START, _NOT_EARLIER = 0, 4


@dataclass
class _Row:
    """A task, a milestone or the summary over some of them; `uid` is its number and its place."""

    id: str
    name: str
    level: int
    uid: int
    outline: str
    task: Task | None = None
    done: ScheduledTask | None = None
    waits: tuple[str, ...] = ()
    children: list[_Row] = field(default_factory=list)
    milestone: bool = False
    note: str = ""


def mspdi(made: Planned) -> bytes:
    """The project as MSPDI. Errors: InputError for a plan without a first day."""
    from lxml import etree

    done = made.schedule
    if done.start is None or done.finish is None:
        raise InputError("the plan has no first day, and Project needs dates. Add calendar: start to the front matter.")
    plan, people = made.plan, _people(made)
    rows = list(_flat(_tree(made)))
    begins, ends = day_hours(plan)
    minutes = round(plan.calendar.hours_per_day * 60)
    week = minutes * (7 - len(set(plan.calendar.weekend)))
    root = etree.Element("Project", nsmap={None: _SPACE})
    add(root, SaveVersion=14, Name=plan.title, Title=plan.title, Company=plan.client, ScheduleFromStart=1)
    add(root, StartDate=moment_text(done.start), FinishDate=moment_text(done.finish))
    add(root, CurrencyCode=plan.currency, CalendarUID=BASE, DefaultStartTime=begins, DefaultFinishTime=ends)
    add(root, MinutesPerDay=minutes, MinutesPerWeek=week, DaysPerMonth=20, DurationFormat=5, WorkFormat=2)
    calendars(etree.SubElement(root, "Calendars"), made, people.values())
    tasks = etree.SubElement(root, "Tasks")
    uid = {row.id: row.uid for row in rows if row.id}
    known = {task.id: task for task in done.tasks}
    for row in rows:
        _task(etree.SubElement(tasks, "Task"), made, row, uid, known)
    resources = etree.SubElement(root, "Resources")
    own = {person.uid: BASE + n for n, person in enumerate((p for p in people.values() if p.leave), 1)}
    for person in people.values():
        one = etree.SubElement(resources, "Resource")
        add(one, UID=person.uid, ID=person.uid, Name=person.name, Type=1, IsNull=0, MaxUnits=f"{person.capacity:g}")
        if person.rate is not None:
            add(one, StandardRate=f"{person.rate:.2f}", StandardRateFormat=2)
        add(one, CalendarUID=own.get(person.uid, BASE))
    assigned = etree.SubElement(root, "Assignments")
    for number, row in enumerate((row for row in rows if row.done and row.done.effort_h), 1):
        _assignment(etree.SubElement(assigned, "Assignment"), number, row, people[_who(row.done)])
    return bytes(etree.tostring(_in_space(root), xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _in_space(root: Any) -> Any:
    for element in root.iter():
        element.tag = f"{{{_SPACE}}}{element.tag}"
    return root


# ---- people and calendars -------------------------------------------------------------------------------------------


def _who(done: ScheduledTask | None) -> str:
    assert done is not None
    return done.member or f"\n{role_key(done.role)}"


def _people(made: Planned) -> dict[str, Person]:
    """By name, and the assumed ones by role."""
    found: dict[str, Person] = {}
    for member in made.plan.team:
        leave = tuple((absence.first, absence.last) for absence in member.leave)
        if member.name not in found:
            found[member.name] = Person(len(found) + 1, member.name, member.capacity, member.rate, leave)
    for task in made.schedule.tasks:
        if _who(task) not in found:
            found[_who(task)] = Person(len(found) + 1, task.role, 1.0, None, ())
    return found


# ---- tasks ----------------------------------------------------------------------------------------------------------


def _tree(made: Planned) -> list[_Row]:
    """Milestones over their tasks, then the tasks of none; numbers are given in tree order."""
    found, done = goals(made), {task.id: task for task in made.schedule.tasks}
    home = homes(found)
    tops: list[_Row] = []
    tasks = {task.id: task for task in made.plan.tasks if task.id in done}
    for goal in found:
        top = _Row("", goal.name, 1, 0, "", note=goal.exit)
        top.children = [_leaf(task, done, 2) for task in tasks.values() if home.get(task.id) == goal.id]
        name = f"{goal.name}: {say(made.plan, 'reached')}"
        top.children.append(_Row(goal.id, name, 2, 0, "", waits=goal.tasks, milestone=True, note=goal.exit))
        tops.append(top)
    tops += [_leaf(task, done, 1) for task in tasks.values() if task.id not in home]
    number = 0
    for place, top in enumerate(tops, 1):
        number += 1
        top.uid, top.outline = number, str(place)
        for under, child in enumerate(top.children, 1):
            number += 1
            child.uid, child.outline = number, f"{place}.{under}"
    return tops


def _leaf(task: Task, done: dict[str, ScheduledTask], level: int) -> _Row:
    return _Row(task.id, f"{task.id} {task.title}", level, 0, "", task=task, done=done[task.id])


def _flat(tops: Iterable[_Row]) -> Iterator[_Row]:
    for top in tops:
        yield top
        yield from top.children


def _task(element: Any, made: Planned, row: _Row, uid: dict[str, int], known: dict[str, ScheduledTask]) -> None:
    start, finish, lasts, work = _times_of(made, row)
    add(element, UID=row.uid, ID=row.uid, Name=row.name, Active=1, Manual=0, Type=0, IsNull=0, WBS=row.outline)
    add(element, OutlineNumber=row.outline, OutlineLevel=row.level, Priority=500)
    add(element, Start=moment_text(start), Finish=moment_text(finish), Duration=span(lasts), DurationFormat=5)
    add(element, Work=span(work), EffortDriven=0, Estimated=0, Milestone=int(row.milestone))
    add(element, Summary=int(bool(row.children)), Critical=int(row.done.critical if row.done else 0))
    if row.done:
        add(element, FreeSlack=_tenths(row.done.free_float_h), TotalSlack=_tenths(row.done.total_float_h))
    if row.done or row.milestone:  # nothing is done yet: readers that schedule anew want to be told so
        add(element, PercentComplete=0, ActualDuration=span(0), ActualWork=span(0))
        add(element, RemainingDuration=span(lasts), RemainingWork=span(work))
    held = row.done is not None and _held(row, known)
    add(element, ConstraintType=_NOT_EARLIER if held else _FROM_START, CalendarUID=-1)
    add(element, ConstraintDate=moment_text(start) if held else "", Notes=_note(made.plan, row))
    for before, kind, lag in _links(row):
        if before in uid:
            link = element.makeelement("PredecessorLink")
            element.append(link)
            add(link, PredecessorUID=uid[before], Type=_LINK[kind], CrossProject=0)
            add(link, LinkLag=_tenths(lag), LagFormat=5)


def _tenths(hours: float) -> int:
    return round(hours * 600)


def _links(row: _Row) -> Iterator[tuple[str, str, float]]:
    yield from ((id, "FS", 0.0) for id in row.waits)
    yield from ((link.task, link.type, link.lag) for link in (row.task.depends_on if row.task else ()))


def _held(row: _Row, done: dict[str, ScheduledTask]) -> bool:
    """Whether something else than a link of the plan fixes the start: a busy person, or leave."""
    assert row.task is not None
    assert row.done is not None
    bounds = [0.0]
    for link in row.task.depends_on:
        if link.task in done and link.type in ("FS", "SS"):
            before = done[link.task]
            bounds.append((before.finish_h if link.type == "FS" else before.start_h) + link.lag)
    return row.done.start_h > max(bounds) + EPS


def _note(plan: Plan, row: _Row) -> str:
    if row.task is None:
        return f"{say(plan, 'exit')}: {row.note}" if row.note else ""
    task = row.task
    lines = [f"{say(plan, 'done_when')}: {task.done_when}"] if task.done_when else []
    if task.estimate:
        points = " / ".join(f"{value:g}" for value in (task.estimate.o, task.estimate.m, task.estimate.p))
        lines.append(f"{say(plan, 'estimate')}: {points} h")
    lines += [f"{say(plan, 'after')}: {', '.join(map(link_text, task.depends_on))}"] if task.depends_on else []
    lines += [f"{say(plan, 'serves')}: {', '.join(task.serves)}"] if task.serves else []
    return "\n".join(lines)


def _times_of(made: Planned, row: _Row) -> tuple[dt.datetime, dt.datetime, float, float]:
    """Start, finish, duration and work in hours of a row."""
    done = made.schedule
    assert done.start is not None
    if row.done:
        assert row.done.start is not None
        assert row.done.finish is not None
        return row.done.start, row.done.finish, _duration(made.plan, row.done), row.done.effort_h
    if row.children:
        found = [_times_of(made, child) for child in row.children]
        inner = [child.done for child in row.children if child.done]
        lasts = max((t.finish_h for t in inner), default=0.0) - min((t.start_h for t in inner), default=0.0)
        starts, ends = [one[0] for one in found], [one[1] for one in found]
        first = min(starts[:-1], default=starts[-1])
        return first, max(ends), lasts, sum(one[3] for one in found)
    ends_at = next((m.finish for m in done.milestones if m.id == row.id), None) or done.start
    return ends_at, ends_at, 0.0, 0.0


def _duration(plan: Plan, done: ScheduledTask) -> float:
    """Working hours of a task by its person's calendar, as Project counts them: leave is no part of it."""
    capacity = next((m.capacity for m in plan.team if m.name == done.member), 1.0)
    return done.effort_h / capacity


def _assignment(element: Any, number: int, row: _Row, person: Person) -> None:
    assert row.done is not None
    assert row.done.start is not None
    assert row.done.finish is not None
    work = span(row.done.effort_h)
    add(element, UID=number, TaskUID=row.uid, ResourceUID=person.uid, ActualWork=span(0))
    add(element, Finish=moment_text(row.done.finish), RemainingWork=work, Start=moment_text(row.done.start))
    add(element, Units=f"{person.capacity:g}", Work=work)
