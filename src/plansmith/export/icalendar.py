"""The milestones of a plan, and its deadline, as an iCalendar file (RFC 5545).

Enters: a `Planned`. Leaves: the file's bytes, the same ones for the same plan; a calendar that has read an earlier
version moves its entries instead of doubling them.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to ics
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from plansmith.errors import InputError
from plansmith.export.backlog import Goal, goals, say
from plansmith.export.planned import Planned
from plansmith.plan import Plan

if TYPE_CHECKING:
    from icalendar import Event


def ics(made: Planned) -> bytes:
    """An all-day event for each dated milestone and the deadline. Errors: InputError where there is neither."""
    from icalendar import Calendar, Event

    plan = made.plan
    dated = [goal for goal in goals(made) if goal.due]
    if not dated and plan.deadline is None:
        raise InputError("the plan has neither a dated milestone nor a deadline. Add a milestone with tasks.")
    calendar = Calendar()
    calendar.add("prodid", "-//Plansmith//Plansmith//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", plan.title)
    calendar.add("x-wr-calname", plan.title)
    stamp = _stamp(made)
    for goal in dated:
        calendar.add_component(_event(Event(), plan, goal, stamp))
    if plan.deadline:
        limit = Goal("deadline", "", "", plan.deadline, ())
        calendar.add_component(_event(Event(), plan, limit, stamp))
    return bytes(calendar.to_ical())


def _event(event: Event, plan: Plan, goal: Goal, stamp: dt.datetime) -> Event:
    limit = goal.id == "deadline"
    parts = [f"{say(plan, 'exit')}: {goal.exit}" * bool(goal.exit)]
    parts += [f"{say(plan, 'tasks')}: {', '.join(goal.tasks)}" * bool(goal.tasks)]
    event.add("uid", f"{uuid5(NAMESPACE_URL, f'plansmith:{plan.brief_sha256 or plan.title}:{goal.id}')}@plansmith")
    event.add("dtstamp", stamp)
    event.add("sequence", len(plan.changelog))
    event.add("summary", f"{say(plan, 'deadline')}: {plan.title}" if limit else f"{goal.name} ({plan.title})")
    text = "\n".join(part for part in parts if part)
    if text:
        event.add("description", text)
    assert goal.due is not None
    event.add("dtstart", goal.due)
    event.add("dtend", goal.due + dt.timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    event.add("categories", [say(plan, "deadline" if limit else "milestone")])
    return event


def _stamp(made: Planned) -> dt.datetime:
    """When this version of the plan was made, as far as it tells: its last change, or else its first day."""
    days = [change.date for change in made.plan.changelog]
    first = made.schedule.start.date() if made.schedule.start else made.plan.deadline
    day = max(days) if days else first
    assert day is not None  # there is a dated milestone or a deadline
    return dt.datetime.combine(day, dt.time(), dt.UTC)
