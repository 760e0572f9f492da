"""The fields of an agency's template and what they stand for.

Enters: a `Planned`. Leaves: texts by the name of their field, for the whole plan and for each item.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plansmith.export.planned import Planned
from plansmith.locale import day, figure, words
from plansmith.plan import (
    Plan,
    days_text,
    estimate_text,
    hours_text,
    link_text,
    price_text,
    risks_in_order,
    scenario_text,
    span_text,
    story_text,
)

FIELDS: dict[str, str] = {
    "title": "the plan's title",
    "client": "the client",
    "summary": "the summary, in one paragraph",
    "document": "“Development plan” in the plan's language",
    "issued": "the day of the newest entry of the plan's history",
    "start": "the first day",
    "finish": "the planned last day",
    "p50": "the day that is kept in half of the simulated runs",
    "p80": "the day that is kept in four runs of five",
    "deadline": "the client's deadline",
    "budget": "the client's budget",
    "currency": "its currency, as GBP",
    "effort": "hours of work",
    "duration": "working days",
    "cost": "the cost at the team's rates",
    "cost_p80": "the cost that suffices in four runs of five",
    "requirement_count": "number of requirements that hold",
    "task_count": "number of tasks that hold",
}
"""Fields for a text; one that the plan cannot answer is left empty."""

ROWS: dict[str, dict[str, str]] = {
    "requirement": {
        "id": "id",
        "text": "what is required",
        "kind": "functional, quality or constraint",
        "priority": "must, should, could or won't",
        "origin": "stated, inferred or assumed",
        "quote": "the client's words",
        "fit": "fit criterion",
    },
    "story": {
        "id": "id",
        "text": "the story as a sentence",
        "acceptance": "its acceptance criteria",
        "for": "requirements",
    },
    "task": {
        "id": "id",
        "title": "title",
        "role": "role",
        "person": "who does it",
        "for": "stories and requirements that it serves",
        "after": "tasks that it waits for",
        "done_when": "when it is done",
        "estimate": "optimistic / most likely / pessimistic hours",
        "hours": "expected hours",
        "dates": "first and last day",
        "cost": "its cost",
    },
    "milestone": {
        "id": "id",
        "title": "title",
        "exit": "exit criterion",
        "tasks": "its tasks",
        "date": "when it is reached",
    },
    "risk": {
        "id": "id",
        "event": "what may happen",
        "cause": "why",
        "effect": "what follows",
        "probability": "1 to 5",
        "impact": "1 to 5",
        "score": "their product",
        "response": "what is done about it",
        "owner": "who watches it",
    },
    "question": {
        "id": "id",
        "text": "the question",
        "ask": "whom to ask",
        "answer": "its answer",
        "blocks": "what waits for it",
    },
    "assumption": {
        "id": "id",
        "text": "what is assumed",
        "if_false": "what follows if it is wrong",
        "blocks": "what hangs on it",
    },
    "decision": {
        "id": "id",
        "title": "what is decided",
        "context": "why",
        "chosen": "the chosen option",
        "consequences": "what follows",
    },
}
"""Fields of a table's row that is repeated for each item that holds."""


def values(made: Planned) -> dict[str, str]:
    """What the fields for a text stand for."""
    plan, done, forecast = made.plan, made.schedule, made.forecast

    def date(moment: Any) -> str:
        return day(plan.language, moment, "medium") if moment else ""

    def price(value: float | None) -> str:
        return price_text(plan, value) if value is not None else ""

    return {
        "title": plan.title,
        "client": plan.client,
        "summary": " ".join(plan.summary.split()),
        "document": words(plan.language)["view.document"],
        "issued": date(max((change.date for change in plan.changelog), default=None)),
        "start": date(done.start),
        "finish": date(done.finish) if done.tasks else "",
        "p50": date(forecast.p50) if forecast else "",
        "p80": date(forecast.p80) if forecast else "",
        "deadline": date(plan.deadline),
        "budget": price(plan.budget),
        "currency": plan.currency,
        "effort": hours_text(plan, done.effort_h),
        "duration": days_text(plan, done.finish_h),
        "cost": price(done.cost),
        "cost_p80": price(forecast.cost.p80) if forecast and forecast.cost else "",
        "requirement_count": figure(plan.language, sum(one.status == "live" for one in plan.requirements)),
        "task_count": figure(plan.language, len(done.tasks)),
    }


def row_values(made: Planned, kinds: set[str]) -> Iterator[dict[str, str]]:
    """The fields of each item of a kind, by kind.name; of several kinds in one row, the first kind's items."""
    plan = made.plan
    told = {
        "requirement": (plan.requirements, _requirement),
        "story": (plan.stories, _story),
        "task": (plan.tasks, _task),
        "milestone": (plan.milestones, _milestone),
        "risk": (risks_in_order(plan), _plain),
        "question": (plan.questions, _plain),
        "assumption": (plan.assumptions, _plain),
        "decision": (plan.decisions, _plain),
    }
    empty = {f"{kind}.{name}": "" for kind in kinds for name in ROWS[kind]}
    kind = min(kinds)
    items, more = told[kind]
    when: dict[str, Any] = {one.id: one for one in made.schedule.tasks}
    when |= {one.id: one for one in made.schedule.milestones}
    for item in items:
        if item.status == "live":
            found = _plain(plan, item, when) | more(plan, item, when)
            yield empty | {f"{kind}.{name}": found.get(name, "") for name in ROWS[kind]}


def _plain(plan: Plan, item: Any, when: dict[str, Any]) -> dict[str, str]:
    """The item's own fields as texts."""
    told = {name: value for name, value in item if isinstance(value, (str, int))}
    if "probability" in told:
        told["score"] = item.probability * item.impact
    if hasattr(item, "blocks"):
        told["blocks"] = ", ".join(item.blocks)
    return {name: str(value) for name, value in told.items()}


def _requirement(plan: Plan, item: Any, when: dict[str, Any]) -> dict[str, str]:
    quotes = {quote.id: quote.text for quote in plan.quotes}
    said = {name: words(plan.language)[f"values.{getattr(item, name)}"] for name in ("kind", "priority", "origin")}
    return said | {"quote": " … ".join(quotes[id] for id in item.source if id in quotes)}


def _story(plan: Plan, item: Any, when: dict[str, Any]) -> dict[str, str]:
    criteria = " ".join(scenario_text(plan, one) for one in item.acceptance)
    return {"text": story_text(plan, item), "acceptance": criteria, "for": ", ".join(item.requirements)}


def _task(plan: Plan, item: Any, when: dict[str, Any]) -> dict[str, str]:
    done = when[item.id]
    return {
        "person": done.member,
        "for": ", ".join(item.serves),
        "after": ", ".join(link.task + link_text(plan, link) for link in item.depends_on),
        "estimate": estimate_text(plan, item.estimate) if item.estimate else "",
        "hours": hours_text(plan, done.effort_h),
        "dates": span_text(plan, done),
        "cost": price_text(plan, done.cost) if done.cost is not None else "",
    }


def _milestone(plan: Plan, item: Any, when: dict[str, Any]) -> dict[str, str]:
    end = when[item.id].finish
    return {"tasks": ", ".join(item.tasks), "date": day(plan.language, end, "medium") if end else ""}
