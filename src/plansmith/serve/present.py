"""What the pages show of a plan: the brief in pieces, the plan with what is computed of it, what a change did.

Enters: an opened plan and the reader's language. Leaves: values for the templates; every number comes from the same
functions that the command line calls.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from plansmith.errors import PlansmithError
from plansmith.locale import day, figure, price, words
from plansmith.plan import (
    Brief,
    Finding,
    Plan,
    backwards,
    check_plan,
    diff_plans,
    forwards,
    key_figures,
    open_points,
    parse_plan,
    read_brief,
    risks_in_order,
    schedule,
    simulate,
    timeline,
)
from plansmith.plan.keyfigures import days_text, hours_text
from plansmith.plan.sentences import write_scenario, write_story
from plansmith.plan.view import notes_in_words, span_text
from plansmith.serve.texts import say
from plansmith.serve.workspace import Opened

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+")


@dataclass(frozen=True)
class Piece:
    """A stretch of the brief: a numbered sentence (`id`), a heading, or what lies between."""

    text: str
    id: str = ""
    heading: bool = False


def pieces(brief: Brief) -> list[Piece]:
    """The brief's text, whole and in order, cut where its sentences begin and end."""
    found: list[Piece] = []
    at = 0
    for sentence in sorted(brief.sentences, key=lambda s: s.start):
        if sentence.start < at:  # the row of a table may hold its cells
            continue
        found += _between(brief.text[at : sentence.start])
        found.append(Piece(brief.text[sentence.start : sentence.end], sentence.id))
        at = sentence.end
    return found + _between(brief.text[at:])


def _between(text: str) -> list[Piece]:
    """What stands between sentences: headings without their marks, the rest as it is."""
    found = []
    for line in text.splitlines(keepends=True):
        if mark := _HEADING.match(line):
            found.append(Piece(line[mark.end() :].rstrip("\n"), heading=True))
        elif line:
            found.append(Piece(line))
    return found


@dataclass(frozen=True)
class Shown:
    """A plan with everything that is computed of it. `problem`: why there is no timetable."""

    plan: Plan
    done: Any
    forecast: Any
    findings: tuple[Finding, ...]
    problem: str

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.findings)


@lru_cache(maxsize=12)
def shown(text: str, brief: str, today: dt.date) -> Shown:
    """Schedule, forecast and checks of a plan's text; kept for the next request, since most only look."""
    plan = parse_plan(text)
    told = read_brief(brief) if brief else None
    same = told if told and plan.brief_sha256 in ("", told.sha256) else None
    findings = tuple(check_plan(plan, same))
    try:
        done = schedule(plan, today)
        return Shown(plan, done, simulate(plan, done) if done.tasks else None, findings, "")
    except PlansmithError as error:
        return Shown(plan, None, None, findings, str(error))


def plan_page(opened: Opened, language: str, today: dt.date | None = None) -> dict[str, Any]:
    """Everything that the plan's page shows."""
    today = today or dt.date.today()
    seen = shown(opened.text, opened.brief, today)
    plan = seen.plan
    told = plan.model_copy(
        update={"language": language}
    )  # what is said about the plan is said in the reader's language
    done, traced = seen.done, forwards(plan)
    in_tree: set[str] = {b.story.id for t in traced for b in t.branches if b.story}
    in_tree |= {task.id for t in traced for b in t.branches for task in b.tasks}
    work: tuple[Any, ...] = (*plan.stories, *plan.tasks)
    loose = [item for item in work if item.id not in in_tree and item.status == "live"]
    by_item: dict[str, list[Finding]] = {}
    for finding in seen.findings:
        by_item.setdefault(finding.item, []).append(finding)
    points = open_points(told, done) if done else [_Point(i) for i in (*plan.questions, *plan.assumptions)]
    return {
        "opened": opened,
        "plan": plan,
        "seen": seen,
        "done": done,
        "when": {task.id: task for task in done.tasks} if done else {},
        "ends": {m.id: m.finish for m in done.milestones} if done else {},
        "figures": key_figures(told, done, seen.forecast) if done else (),
        "line": timeline(told, done) if done and done.tasks else None,
        "notes": notes_in_words(told, done) if done else [],
        "traced": traced,
        "loose": loose,
        "gone": [item for item in plan.items() if item.status != "live"],
        "brief": brief_pane(opened, plan),
        "by_item": by_item,
        "risks": risks_in_order(plan),
        "questions": [p for p in points if p.item.id[0] == "Q"],
        "assumptions": [p for p in points if p.item.id[0] == "A"],
        "words_of": words_of,
        "story_text": lambda story: write_story(story, plan.language),
        "scenario_text": lambda one: write_scenario(one, plan.language),
        "span_text": lambda task: span_text(told, task),
        "float_text": lambda task: words(language)["view.float"].format(days=days_text(told, task.total_float_h)),
        "hours": lambda value: hours_text(told, value),
        "estimate_text": lambda e: " / ".join(figure(language, x) for x in (e.o, e.m, e.p)) + " h",
        "basis_text": lambda e: ", ".join(figure(language, x) for x in e.basis),
        "date_text": lambda date: day(language, date, "medium"),
        "critical": set(done.path) if done else set(),
    }


def words_of(item: Any) -> str:
    """What an item of any kind says of itself in a line."""
    told = (getattr(item, name, "") for name in ("text", "title", "want", "event", "name"))
    return next((text for text in told if text), item.id)


@dataclass(frozen=True)
class _Point:
    """An open point of a plan that cannot be scheduled."""

    item: Any
    swing: None = None
    text: str = ""


@dataclass(frozen=True)
class BriefPane:
    """The client's text beside the plan. `other`: the plan was made from another text, so its own quotes are shown."""

    pieces: tuple[Piece, ...]
    cited: dict[str, str]
    unheard: int
    other: bool
    empty: bool


def brief_pane(opened: Opened, plan: Plan) -> BriefPane:
    """The brief in pieces; sentence id → the ids of the items that cite it, as the page's links need them."""
    brief = read_brief(opened.brief) if opened.brief else None
    other = brief is not None and plan.brief_sha256 not in ("", brief.sha256)
    if brief is None or other:
        found = [piece for quote in plan.quotes for piece in (Piece(quote.text, quote.id), Piece("\n\n"))]
    else:
        found = pieces(brief)
    cited: dict[str, list[str]] = {}
    for item in plan.items():
        for sentence in item.source if item.status == "live" else ():
            cited.setdefault(sentence, []).append(item.id)
    heard = {one.id for one in backwards(plan) if one.requirements}
    unheard = sum(1 for piece in found if piece.id and piece.id not in heard)
    return BriefPane(tuple(found), {k: " ".join(v) for k, v in cited.items()}, unheard, other, not found)


def what_changed(old: Plan, new: Plan, language: str) -> str:
    """In a line what a change did to hours, end and price; what was moved by it and by nothing else."""
    effect = diff_plans(old, new, dt.date.today()).effect
    one, two = effect.old, effect.new
    if one is None or two is None:
        return " ".join(effect.problems)
    told = new.model_copy(update={"language": language})
    parts = []
    if abs(one.effort_h - two.effort_h) > 0.05:
        parts.append(_moved(language, "effort", hours_text(told, one.effort_h), hours_text(told, two.effort_h)))
    if one.finish and two.finish and one.finish.date() != two.finish.date():
        parts.append(_moved(language, "end", day(language, one.finish, "medium"), day(language, two.finish, "medium")))
    elif abs(one.finish_h - two.finish_h) > 0.05 and not (one.finish and two.finish):
        parts.append(_moved(language, "end", days_text(told, one.finish_h), days_text(told, two.finish_h)))
    if one.cost is not None and two.cost is not None and round(one.cost) != round(two.cost):
        parts.append(_moved(language, "cost", _price(told, one.cost), _price(told, two.cost)))
    return " · ".join(parts) or say(language, "edit.nothing_moved")


def _moved(language: str, what: str, old: str, new: str) -> str:
    return f"{say(language, f'edit.{what}')}: {old} → {new}"


def _price(plan: Plan, value: float) -> str:
    return price(plan.language, round(value), plan.currency)


@dataclass(frozen=True)
class Curve:
    """Losses as an SVG draws them: points in a box of 100 × 100, ticks of the axis, and the ends' labels."""

    steps: str
    held: str
    dots: tuple[tuple[float, float, str], ...]
    ticks: tuple[tuple[float, str], ...]
    last: int


def curve(lines: Sequence[dict[str, Any]], steps: int = 0) -> Curve | None:
    """The losses of a training by step; None before there is one."""
    losses = [(line["step"], line["loss"]) for line in lines if line.get("loss") is not None]
    held = [(line["step"], line["held_out"]) for line in lines if line.get("held_out") is not None]
    values = [value for _, value in (*_averaged(losses), *held)]
    if not values:
        return None
    last = max([steps, *(step for step, _ in (*losses, *held)), 1])
    low, high = min(values), max(values)
    spread = max(high - low, 0.05)
    low, high = low - 0.06 * spread, high + 0.06 * spread

    def place(step: float, value: float) -> tuple[float, float]:
        return round(100 * step / last, 2), round(100 * (high - min(max(value, low), high)) / (high - low), 2)

    def path(points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{x},{y}" for x, y in (place(*point) for point in points))

    ticks = tuple((place(0, value)[1], f"{value:.2f}") for value in _round_values(low, high))
    dots = tuple((*place(step, value), f"{step}: {value:.3f}") for step, value in held)
    return Curve(path(_averaged(losses)), path(held), dots, ticks, last)


def _averaged(losses: Sequence[tuple[float, float]], window: int = 12) -> list[tuple[float, float]]:
    found = []
    for end in range(1, len(losses) + 1):
        part = losses[max(0, end - window) : end]
        found.append((losses[end - 1][0], sum(value for _, value in part) / len(part)))
    return found[:: max(1, len(found) // 400)]


def _round_values(low: float, high: float) -> list[float]:
    import math

    step = 10 ** math.floor(math.log10((high - low) / 2))
    step = next(s for s in (step, 2 * step, 5 * step, 10 * step) if (high - low) / s <= 5)
    first = math.ceil(low / step)
    return [round(n * step, 6) for n in range(first, int(high / step) + 1)]
