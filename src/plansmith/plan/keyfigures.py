"""The figures that a client looks for first: effort, duration, dates, cost, and the chance of keeping promises.

Enters: a `Plan`, its `Schedule` and perhaps a `Forecast`. Leaves: labelled texts in the plan's language.
Try: plansmith show examples/archive/01-bakery-preorders/plan.md
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from plansmith.locale import day, plural, price, words
from plansmith.plan.schedule import Schedule
from plansmith.plan.types import Plan
from plansmith.plan.uncertainty import Forecast, Spread

_SURE, _EVEN = 0.8, 0.5


@dataclass(frozen=True)
class Figure:
    """One key figure; `tone` says whether it is good or bad news."""

    label: str
    value: str
    note: str = ""
    tone: Literal["", "good", "bad"] = ""


def key_figures(plan: Plan, done: Schedule, forecast: Forecast | None = None) -> tuple[Figure, ...]:
    """The plan in figures: hours of work, working days, dates, money and chances, as far as they are known."""
    say, language = words(plan.language), plan.language
    if not done.tasks:
        return tuple(_limits(plan, done, None))
    effort = Figure(say["view.effort"], hours_text(plan, done.effort_h), plural(language, "task", len(done.tasks)))
    start = say["view.from_day"].format(day=day(language, done.start, "medium")) if done.start else ""
    figures = [effort, Figure(say["view.duration"], days_text(plan, done.finish_h), "" if done.finish else start)]
    if done.finish:
        figures.append(Figure(say["view.finish"], day(language, done.finish, "medium"), start))
    if forecast and forecast.p50 and forecast.p80:
        figures.append(Figure(say["view.even"], day(language, forecast.p50, "medium")))
        figures.append(Figure(say["view.safe"], day(language, forecast.p80, "medium")))
    return (*figures, *_cost(plan, done, forecast), *_limits(plan, done, forecast))


def _cost(plan: Plan, done: Schedule, forecast: Forecast | None) -> Iterator[Figure]:
    say = words(plan.language)
    if done.cost is None:
        return
    notes = [_spread(plan, forecast.cost)] if forecast and forecast.cost else []
    if done.unpriced_h:
        notes.append(say["view.unpriced"].format(hours=hours_text(plan, done.unpriced_h)))
    yield Figure(say["view.cost"], price_text(plan, done.cost), "; ".join(notes))


def _spread(plan: Plan, spread: Spread) -> str:
    even, safe = price_text(plan, spread.p50), price_text(plan, spread.p80)
    return words(plan.language)["view.cost_spread"].format(even=even, safe=safe)


def _limits(plan: Plan, done: Schedule, forecast: Forecast | None) -> Iterator[Figure]:
    """Deadline and budget, with the chance of keeping them; without a forecast, whether the plan does."""
    say = words(plan.language)
    if plan.deadline:
        chance = forecast.on_time if forecast else None
        planned = done.finish.date() <= plan.deadline if done.tasks and done.finish else None
        yield _kept(plan, say["view.deadline"], day(plan.language, plan.deadline, "medium"), chance, planned)
    if plan.budget is not None:
        limit = price_text(plan, plan.budget)
        chance = forecast.in_budget if forecast else None
        if done.tasks and done.cost is None:
            yield Figure(say["view.budget"], limit, say["view.no_rates"])
        else:
            yield _kept(plan, say["view.budget"], limit, chance, None)


def _kept(plan: Plan, label: str, value: str, chance: float | None, planned: bool | None) -> Figure:
    say = words(plan.language)
    if chance is not None:
        note = say["view.kept"].format(percent=percent_text(plan, chance))
        return Figure(label, value, note, "good" if chance >= _SURE else "bad" if chance < _EVEN else "")
    if planned is not None:
        return Figure(label, value, say["view.met" if planned else "view.missed"], "" if planned else "bad")
    return Figure(label, value)


def percent_text(plan: Plan, share: float) -> str:
    """A chance in whole percent; never 0 or 100, as no simulation can promise that."""
    percent = round(100 * share)
    sign = "<" if percent < 1 else ">" if percent > 99 else ""
    return sign + words(plan.language)["view.percent"].format(n=min(99, max(1, percent)))


def hours_text(plan: Plan, hours: float) -> str:
    """Hours of work, without false precision."""
    return plural(plan.language, "hour", _rounded(hours))


def days_text(plan: Plan, project_hours: float) -> str:
    """Project hours as working days."""
    return plural(plan.language, "workday", _rounded(project_hours / plan.calendar.hours_per_day))


def price_text(plan: Plan, value: float) -> str:
    """An amount in whole units of the plan's currency."""
    return price(plan.language, round(value), plan.currency)


def _rounded(value: float) -> float:
    return round(value, 1) if value < 10 else round(value)
