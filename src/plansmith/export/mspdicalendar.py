"""The calendars of a Microsoft Project file: weeks, holidays, days worked all the same, people's leave.

Enters: a `Planned` and its people. Leaves: elements, to which `mspdi` gives their namespace.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to mspdi
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from plansmith.export.planned import Planned
from plansmith.plan import Plan
from plansmith.plan.calendar import DAY_BEGINS, public_holidays

BASE = 1
"""Number of the project's calendar; people with leave have calendars of their own after it."""


@dataclass(frozen=True)
class Person:
    """Somebody, or the one assumed for a role; `leave`: days off."""

    uid: int
    name: str
    capacity: float
    rate: float | None
    leave: tuple[tuple[dt.date, dt.date], ...]


def add(parent: Any, **values: Any) -> None:
    """Children with these texts; empty ones are left out."""
    for name, value in values.items():
        if value not in ("", None):
            child = parent.makeelement(name)
            child.text = _clean(str(value))
            parent.append(child)


def _clean(text: str) -> str:
    """Without what XML 1.0 cannot hold."""
    return "".join(c for c in text if (c >= " " and c not in "\ufffe\uffff") or c in "\n\t")


def moment_text(moment: dt.datetime) -> str:
    """A date and time."""
    return moment.isoformat(timespec="seconds")


def span(hours: float) -> str:
    """A duration."""
    seconds = round(hours * 3600)
    return f"PT{seconds // 3600}H{seconds // 60 % 60}M{seconds % 60}S"


def day_hours(plan: Plan) -> tuple[str, str]:
    """When a working day begins and ends; a day that ends at midnight ends at 00:00."""
    begins = min(DAY_BEGINS, 24 - plan.calendar.hours_per_day)
    first, last = round(begins * 60), round((begins + plan.calendar.hours_per_day) * 60)
    return tuple(f"{minutes // 60 % 24:02}:{minutes % 60:02}:00" for minutes in (first, last))  # type: ignore[return-value]


def calendars(parent: Any, made: Planned, people: Iterable[Person]) -> None:
    """The project's calendar, and one for each person with leave, in the order of the people."""
    from lxml.etree import SubElement

    plan = made.plan
    base = SubElement(parent, "Calendar")
    add(base, UID=BASE, Name="Standard", IsBaseCalendar=1, BaseCalendarUID=-1)
    week = SubElement(base, "WeekDays")
    for day in range(1, 8):  # Sunday is 1
        one = SubElement(week, "WeekDay")
        works = (day + 5) % 7 not in plan.calendar.weekend
        add(one, DayType=day, DayWorking=int(works))
        if works:
            _times(one, plan)
    worked = sorted(set(plan.calendar.work_days))
    free = [(a.first, a.last) for a in plan.calendar.free_days] + [(day, day) for day in _holidays(made)]
    _exceptions(base, plan, _without(free, worked), worked)
    for uid, person in enumerate((p for p in people if p.leave), BASE + 1):
        own = SubElement(parent, "Calendar")
        add(own, UID=uid, Name=person.name, IsBaseCalendar=0, BaseCalendarUID=BASE)
        _exceptions(own, plan, sorted(person.leave), [])


def _holidays(made: Planned) -> list[dt.date]:
    """Public holidays from the first day to a year after the last, so that a delay meets them as well."""
    done, place = made.schedule, made.plan.calendar
    if done.start is None or done.finish is None:
        return []
    years = range(done.start.year, min(done.finish.year + 1, dt.MAXYEAR - 1) + 1)
    return sorted({day for year in years for day in public_holidays(place.country, place.region, year)})


def _without(spans: list[tuple[dt.date, dt.date]], worked: list[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Free spans with the days taken out on which people work all the same."""
    found = []
    for first, last in sorted(set(spans)):
        begin = first
        for day in worked:
            if begin <= day <= last:
                found += [(begin, day - dt.timedelta(1))] if day > begin else []
                begin = day + dt.timedelta(1)
        found += [(begin, last)] if begin <= last else []
    return found


def _exceptions(calendar: Any, plan: Plan, free: list[tuple[dt.date, dt.date]], worked: list[dt.date]) -> None:
    from lxml.etree import SubElement

    spans = [(first, last, False) for first, last in free] + [(day, day, True) for day in worked]
    if not spans:
        return
    parent = SubElement(calendar, "Exceptions")
    for first, last, works in sorted(spans):
        one = SubElement(parent, "Exception")
        add(one, EnteredByOccurrences=0)
        period = SubElement(one, "TimePeriod")
        add(period, FromDate=f"{first}T00:00:00", ToDate=f"{last}T23:59:00")
        add(one, Occurrences=(last - first).days + 1, Type=1, DayWorking=int(works))
        if works:
            _times(one, plan)


def _times(parent: Any, plan: Plan) -> None:
    from lxml.etree import SubElement

    begins, ends = day_hours(plan)
    add(SubElement(SubElement(parent, "WorkingTimes"), "WorkingTime"), FromTime=begins, ToTime=ends)
