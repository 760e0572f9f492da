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


def planned(plan: Plan, today: dt.date | None = None, template: Path | None = None) -> Planned:
    """Schedule a plan for its export; `today` is the first day if its calendar names none, as in `schedule`.

    Errors: InputError for circular dependencies and for work without an end in sight.
    """
    return Planned(plan, schedule(plan, today), template)
