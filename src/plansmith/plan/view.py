"""A plan as one HTML page that a client can read on a phone, without network or scripts, and print.

Enters: a `Plan`, its `Schedule` and perhaps a `Forecast`. Leaves: the page as text; every text in it is escaped.
Try: plansmith render examples/archive/01-bakery-preorders/plan.md -o plan.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from plansmith.locale import day, figure, plural, words
from plansmith.plan.escape import unescape
from plansmith.plan.keyfigures import days_text, hours_text, key_figures, price_text
from plansmith.plan.schedule import Schedule, ScheduledTask, note_text
from plansmith.plan.sentences import write_scenario, write_story
from plansmith.plan.swings import Swing, rank_questions
from plansmith.plan.timeline import Bar, timeline
from plansmith.plan.trace import backwards, forwards
from plansmith.plan.types import Dependency, Estimate, Plan, Risk, Scenario, Story
from plansmith.plan.uncertainty import Forecast, Spread

if TYPE_CHECKING:
    from jinja2 import Template


@dataclass(frozen=True)
class Curve:
    """A cumulative distribution: `points` for an SVG path in a 100 × 100 box, `marks` as (percent, x, label)."""

    title: str
    points: str
    marks: tuple[tuple[str, float, str], ...]
    low: str
    high: str


@dataclass(frozen=True)
class OpenPoint:
    """A question or an assumption and, if it is still open, how far it swings the plan."""

    item: Any
    swing: Swing | None
    text: str


def render_html(plan: Plan, schedule: Schedule, forecast: Forecast | None = None) -> str:
    """The whole plan as one self-contained page in the plan's language: no script, nothing loaded, strict CSP.

    Errors: InputError where the schedule belongs to a plan that cannot be scheduled any more.
    """
    say, language = words(plan.language), plan.language
    points = open_points(plan, schedule)
    done = {task.id: task for task in schedule.tasks}
    traced = forwards(plan)
    return _template().render(
        plan=plan,
        say=say,
        schedule=schedule,
        done=done,
        figures=key_figures(plan, schedule, forecast),
        line=timeline(plan, schedule),
        ends={m.id: m.finish for m in schedule.milestones},
        curves=curves(plan, forecast),
        basis=basis_in_words(plan, schedule, forecast),
        notes=notes_in_words(plan, schedule),
        forwards=traced,
        branches={one.requirement.id: one.branches for one in traced},
        heard=backwards(plan),
        quotes={quote.id: quote.text for quote in plan.quotes},
        known={item.id for item in plan.items()} | {heard.id for heard in backwards(plan)},
        risks=risks_in_order(plan),
        questions=[point for point in points if point.item.id[0] == "Q"],
        assumptions=[point for point in points if point.item.id[0] == "A"],
        **_phrases(plan),
        figure=partial(figure, language),
    )


def risks_in_order(plan: Plan) -> list[Risk]:
    """Risks by probability × impact, the largest first; those that no longer hold last."""
    return sorted(plan.risks, key=lambda risk: (risk.status != "live", -risk.probability * risk.impact, -risk.impact))


def open_points(plan: Plan, schedule: Schedule) -> list[OpenPoint]:
    """Questions and assumptions, the widest swing first; then those that are answered or no longer hold."""
    swings = rank_questions(plan, schedule.start.date() if schedule.start else None)
    items: dict[str, Any] = {item.id: item for item in plan.items() if item.id[0] in "QA"}
    ranked = [OpenPoint(items[swing.id], swing, _swing_text(plan, swing)) for swing in swings]
    closed = items.keys() - {swing.id for swing in swings}
    return ranked + [OpenPoint(item, None, "") for item in items.values() if item.id in closed]


def notes_in_words(plan: Plan, schedule: Schedule) -> list[str]:
    """What the reader of the schedule must know, in the plan's language."""
    roles = [note.subject for note in schedule.notes if note.code == "role-assumed"]
    together = len(roles) > 1  # one sentence for all of them
    priceless = schedule.cost is None  # then one short sentence says so for all tasks
    skipped = {"role-assumed"} if together else set()
    skipped |= {"unpriced"} if priceless else set()
    texts = [note_text(note, plan.language) for note in schedule.notes if note.code not in skipped]
    texts += [words(plan.language)["view.note-no-rates"]] if priceless and schedule.effort_h else []
    return [words(plan.language)["view.roles_assumed"].format(subject=", ".join(roles)), *texts] if together else texts


def span_text(plan: Plan, task: ScheduledTask) -> str:
    """First and last day of a task; its hours where there are no dates."""
    if task.start is None or task.finish is None:
        return f"{figure(plan.language, round(task.start_h, 1))} – {figure(plan.language, round(task.finish_h, 1))} h"
    first, last = (day(plan.language, moment, "medium") for moment in (task.start, task.finish))
    if first == last:
        return first
    return f"{first.removesuffix(f' {task.start.year}') if task.start.year == task.finish.year else first} – {last}"


@cache
def _template() -> Template:
    from importlib.resources import files

    from jinja2 import DictLoader, Environment, StrictUndefined

    folder = files("plansmith.plan") / "templates"
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in ("plan.html", "plan.css")}
    made = Environment(
        loader=DictLoader(texts), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return made.get_template("plan.html")


def _phrases(plan: Plan) -> dict[str, Callable[..., str]]:
    """How the template says typed things in the plan's language."""
    return {
        "story_text": partial(story_text, plan),
        "scenario_text": partial(scenario_text, plan),
        "estimate_text": partial(estimate_text, plan),
        "link_text": partial(link_text, plan),
        "span_text": partial(span_text, plan),
        "bar_title": partial(_bar_title, plan),
        "float_text": lambda task: words(plan.language)["view.float"].format(days=days_text(plan, task.total_float_h)),
        "date_text": lambda date: day(plan.language, date),
    }


def story_text(plan: Plan, story: Story) -> str:
    """A story as a sentence of the plan's language."""
    return unescape(write_story(story, plan.language))


def scenario_text(plan: Plan, scenario: Scenario) -> str:
    """A scenario as a sentence of the plan's language."""
    return unescape(write_scenario(scenario, plan.language))


def estimate_text(plan: Plan, estimate: Estimate) -> str:
    """An estimate as optimistic / most likely / pessimistic hours."""
    points = " / ".join(figure(plan.language, value) for value in (estimate.o, estimate.m, estimate.p))
    return f"{points} {words(plan.language)['forms.hour']}"


def link_text(plan: Plan, link: Dependency) -> str:
    """What a dependency adds to the id of its task: kind and lag, nothing for a plain one."""
    kind = "" if link.type == "FS" else f" {link.type}"
    return f"{kind} {'+' if link.lag > 0 else '−'} {figure(plan.language, abs(link.lag))} h" if link.lag else kind


def _bar_title(plan: Plan, bar: Bar) -> str:
    critical = f" · {words(plan.language)['view.critical']}" if bar.task.critical else ""
    return f"{bar.task.id} {bar.title}: {span_text(plan, bar.task)}{critical}"


def basis_in_words(plan: Plan, schedule: Schedule, forecast: Forecast | None) -> list[str]:
    """How the figures were made, in the plan\'s language."""
    say = words(plan.language)
    notes = [say["view.computed"]]
    if forecast:
        notes.append(say["view.simulated"].format(runs=plural(plan.language, "run", forecast.runs)))
    if schedule.start and plan.calendar.start is None:
        notes.append(say["view.assumed_start"].format(day=day(plan.language, schedule.start)))
    return notes


def curves(plan: Plan, forecast: Forecast | None) -> list[Curve]:
    """The chances of end and price as curves; none without a forecast or where nothing can vary."""
    if forecast is None:
        return []
    say = words(plan.language)

    def workdays(hours: float) -> str:
        return figure(plan.language, round(hours / plan.calendar.hours_per_day, 1))

    found = [_curve(say["view.chance_finish"], forecast.duration, workdays)]
    if forecast.cost:
        found.append(_curve(say["view.chance_cost"], forecast.cost, partial(price_text, plan)))
    return [curve for curve in found if curve]


def _curve(title: str, spread: Spread, label: Callable[[float], str]) -> Curve | None:
    low, high = spread.percentiles[1], spread.percentiles[99]
    if high - low < 1e-9:
        return None

    def x(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    points = " ".join(f"{x(spread.percentiles[percent])},{100 - percent}" for percent in range(1, 100))
    marks = (("P50", x(spread.p50), label(spread.p50)), ("P80", x(spread.p80), label(spread.p80)))
    return Curve(title, points, marks, label(low), label(high))


def _swing_text(plan: Plan, swing: Swing) -> str:
    return "; ".join(_swing(plan, swing))


def _swing(plan: Plan, swing: Swing) -> Iterator[str]:
    say = words(plan.language)
    if not swing.weight:
        yield say["view.no_swing"]
        return
    days = days_text(plan, swing.days * plan.calendar.hours_per_day)
    key = "view.swing" if swing.days >= 0.05 else "view.swing_effort"
    yield say[key].format(days=days, hours=hours_text(plan, swing.effort_h))
    if swing.cost:
        yield say["view.worth"].format(money=price_text(plan, swing.cost))
