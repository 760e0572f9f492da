"""Working time: which days are worked, and how an hour of work becomes a date and back.

Enters: a plan's `Calendar` and its first day. Leaves: a `WorkingTime` that converts *project hours* (hours of
working time since the project began) into local dates and times.
Try: python -c "import datetime as d; from plansmith.plan.calendar import WorkingTime as W; \
from plansmith.plan.types import Calendar as C; print(W(C(country='RO'), d.date(2026, 11, 27)).ends(16))"

A working day begins at 09:00 (earlier if its hours would run past midnight) and is not interrupted: a lunch
break moves the clock, never a date. Public holidays come from the `holidays` library, for the country as a
whole, or with a region also those that only this part of it keeps (Easter Monday in England).
"""

from __future__ import annotations

import datetime as dt
import math
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache

from plansmith.errors import InputError, MissingError
from plansmith.plan.types import Calendar

EPS = 1e-6
"""Hours; two moments nearer than this are the same moment."""
HORIZON_YEARS = 100
"""Years after its start in which a plan must end."""
LONGEST = HORIZON_YEARS * 366 * 24.0
"""Hours; no plan takes longer."""
DAY_BEGINS = 9.0
"""Hour of the day at which work begins."""


@lru_cache(maxsize=4096)
def public_holidays(country: str, region: str, year: int) -> frozenset[dt.date]:
    """Public holidays of a country (ISO 3166 alpha-2; empty: none), with those of a region of it, in one year.

    Errors: InputError for a country or region that the `holidays` library does not know.
    """
    if not country:
        return frozenset()
    try:
        import holidays
    except ImportError as error:
        raise MissingError("Public holidays need the package 'holidays': pip install holidays") from error
    try:
        with warnings.catch_warnings():  # of years that a country's data do not cover: it then has no holidays
            warnings.simplefilter("ignore")
            return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))
    except NotImplementedError as error:
        known = holidays.list_supported_countries(include_aliases=False).get(country)
        if known is not None:
            codes = f"Use one of {', '.join(known)}, or" if known else "It has none:"
            raise InputError(
                f"calendar: no region '{region}' of {country} is known. {codes} leave the region out."
            ) from error
        raise InputError(
            f"calendar: no public holidays are known for country '{country}'. "
            "Use a two-letter ISO 3166 code such as DE, RO or US, or leave the country out."
        ) from error


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + dt.timedelta(n) for n in range((last - first).days + 1))


class WorkingTime:
    """The working days of a project from its first one on, found year by year as they are asked for.

    `start`: first working day on or after the day given. `hours_per_day`: hours worked on each.
    Errors: InputError for a calendar without a working day.
    """

    def __init__(self, calendar: Calendar, start: dt.date) -> None:
        free = set(calendar.weekend)
        if len(free) == 7:
            raise InputError("calendar: weekend names all seven days, so no day is left to work on. Remove some.")
        self.hours_per_day = calendar.hours_per_day
        self._country, self._region, self._free = calendar.country, calendar.region, calendar.free_days
        self._worked = frozenset(calendar.work_days)
        self._weekdays = tuple(day for day in range(7) if day not in free)
        self._from = start
        self._next_year = start.year
        self._last_year = min(start.year + HORIZON_YEARS, dt.MAXYEAR - 1)
        self._days: list[dt.date] = []
        self.start = self.day(0)

    def _grow(self) -> bool:
        """Find the working days of one more year; False at the horizon."""
        year = self._next_year
        if year > self._last_year:
            return False
        first = max(self._from, dt.date(year, 1, 1))
        last = dt.date(year, 12, 31)
        off = set(public_holidays(self._country, self._region, year))
        for free in self._free:
            off.update(_days(max(free.first, first), min(free.last, last)))
        usual = (day for day in _days(first, last) if day.weekday() in self._weekdays and day not in off)
        self._days += sorted({*usual, *(day for day in self._worked if first <= day <= last)})
        self._next_year += 1
        return True

    def day(self, index: int) -> dt.date:
        """The working day with this number; 0 is the first. Errors: InputError beyond the horizon."""
        while index >= len(self._days):
            if not self._grow():
                raise InputError(
                    f"The work would go on after the year {self._last_year}. "
                    "Check the start date, the estimates, the team's capacity and leave, and hours_per_day."
                )
        return self._days[index]

    def days_before(self, day: dt.date, *, inclusive: bool = False) -> int:
        """Number of working days before a date (with `inclusive`: up to and with it), within the horizon."""
        while self._next_year <= day.year and self._grow():
            pass
        return (bisect_right if inclusive else bisect_left)(self._days, day)

    def _moment(self, index: int, hours: float) -> dt.datetime:
        begins = min(DAY_BEGINS, 24 - self.hours_per_day)
        midnight = dt.datetime.combine(self.day(index), dt.time())
        return midnight + dt.timedelta(minutes=round((begins + max(hours, 0.0)) * 60))

    def _whole_days(self, hours: float) -> float:
        beyond = 400.0 * HORIZON_YEARS  # `day` says what is wrong with it
        return min(max(hours / self.hours_per_day, -1.0), beyond)

    def begins(self, hours: float) -> dt.datetime:
        """When work begins that begins after so many project hours: at a day's end, the next working morning."""
        index = math.floor(self._whole_days(hours + EPS))
        return self._moment(index, hours - index * self.hours_per_day)

    def ends(self, hours: float) -> dt.datetime:
        """When work ends that ends after so many project hours: at a day's end, that same evening."""
        index = max(math.ceil(self._whole_days(hours - EPS)) - 1, 0)
        return self._moment(index, hours - index * self.hours_per_day)

    def hours(self, moment: dt.datetime) -> float:
        """Project hours at a local date and time; the inverse of `begins` and `ends`, to the minute."""
        index = self.days_before(moment.date())
        full = self.days_before(moment.date(), inclusive=True)
        if full == index:
            return index * self.hours_per_day
        begins = min(DAY_BEGINS, 24 - self.hours_per_day)
        since = (moment - dt.datetime.combine(moment.date(), dt.time())).total_seconds() / 3600 - begins
        return index * self.hours_per_day + min(max(since, 0.0), self.hours_per_day)

    def away(self, first: dt.date, last: dt.date) -> tuple[float, float]:
        """Project hours that an absence takes out, both days included: from, to."""
        return (
            self.days_before(first) * self.hours_per_day,
            self.days_before(last, inclusive=True) * self.hours_per_day,
        )
