"""What every format is made from: a plan with its schedule and, where asked for, its forecast, each computed once.

Enters: a `Plan` and the day to begin on if it names none. Leaves: a `Planned`.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to list
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from plansmith.plan import Forecast, Plan, Schedule, schedule, simulate

_EARLIEST = 1980
"""The first year that every reader of Word files and workbooks takes."""


@dataclass(frozen=True)
class Planned:
    """A plan in time; `template`: the agency's own Word file, for formats that can fill one."""

    plan: Plan
    schedule: Schedule
    template: Path | None = None

    @cached_property
    def forecast(self) -> Forecast | None:
        """Chances of end and price; None for a plan without work."""
        return simulate(self.plan, self.schedule) if self.schedule.tasks else None

    @property
    def stamp(self) -> dt.datetime:
        """The moment that files carry as their own: the newest entry of the history, or the first day; never now."""
        last = max((change.date for change in self.plan.changelog), default=None)
        moment = dt.datetime(last.year, last.month, last.day) if last else self.schedule.start
        return moment if moment and moment.year >= _EARLIEST else dt.datetime(_EARLIEST, 1, 1)


def planned(plan: Plan, today: dt.date | None = None, template: Path | None = None) -> Planned:
    """Schedule a plan for its export; `today` is the first day if its calendar names none, as in `schedule`.

    Errors: InputError for circular dependencies and for work without an end in sight.
    """
    return Planned(plan, schedule(plan, today), template)
