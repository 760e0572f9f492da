"""A change of plan in words: short enough to read in a terminal, complete enough to send to a client.

Enters: a `PlanDiff`. Leaves: plain text.
Try: plansmith diff old.md new.md
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from plansmith.plan.change import Effect, FieldChange, Hanging, ItemChange, PlanDiff, Totals
from plansmith.plan.types import Dependency, Estimate, Member, Option, Scenario, Term

WORDS: dict[str, str] = {
    "same": "The plans say the same.",
    "plan": "Plan",
    "R": "Requirements",
    "U": "Stories",
    "T": "Tasks",
    "M": "Milestones",
    "K": "Risks",
    "A": "Assumptions",
    "Q": "Questions",
    "D": "Decisions",
    "C": "Components",
    "removed": "removed",
    "superseded": "superseded by {by}",
    "dropped": "dropped",
    "restored": "holds again",
    "none": "none",
    "text changed": "changed",
    "hangs": "hangs on {how} {on}",
    "how removed": "removed",
    "how superseded": "superseded",
    "how dropped": "dropped",
    "through": "through {items}",
    "alone": "nothing else needs it",
    "review": "look again, because {on} changed: {items}",
    "effect": "Effect",
    "effort": "Effort",
    "duration": "Duration",
    "finish": "Finish",
    "cost": "Cost",
    "h": "{value} h",
    "days": "{value} working days",
    "unpriced": "without a rate: {value} h",
    "unscheduled": "cannot be scheduled",
}
"""Every word that the text uses."""

_SIGNS = {"added": "+", "removed": "−", "superseded": "−", "dropped": "−", "restored": "+", "changed": "~"}
_LONG = ("summary", "testing", "rollout", "quotes", "brief_sha256")
"""Fields whose values are too long to show."""


def describe(diff: PlanDiff, words: dict[str, str] = WORDS) -> str:
    """The difference as plain text: changes by kind, what hangs on them, then effort, dates and price."""
    if diff.empty:
        return words["same"]
    blocks = [["plan", *(_field(change, words) for change in diff.plan)]] if diff.plan else []
    for prefix in "RUTMKAQDC":
        lines = [line for item in diff.items if item.id[0] == prefix for line in _item(item, diff, words)]
        if lines:
            blocks.append([prefix, *lines])
    effect = list(_effect(diff.effect, diff.currency, words))
    if effect:
        blocks.append(["effect", *effect])
    return "\n\n".join("\n".join([words[head], *(f"  {line}" for line in lines)]) for head, *lines in blocks)


def _item(item: ItemChange, diff: PlanDiff, words: dict[str, str]) -> Iterator[str]:
    state = words.get(item.how, "") if item.how not in ("added", "changed") else ""
    state = state.format(by=", ".join(item.superseded_by))
    yield f"{_SIGNS[item.how]} {item.id} {f'{state}: ' if state else ''}{item.title}"
    for change in item.fields:
        yield f"    {_field(change, words)}"
    resting = [hanging for hanging in diff.hanging if hanging.on == item.id]
    if item.how == "changed" and resting:
        yield f"    {words['review'].format(on=item.id, items=', '.join(h.id for h in resting))}"
    elif resting:
        yield from (f"    {_hangs(hanging, words)}" for hanging in resting)


def _hangs(hanging: Hanging, words: dict[str, str]) -> str:
    text = f"{hanging.id} {words['hangs'].format(how=words['how ' + hanging.how], on=hanging.on)}"
    more = [words["through"].format(items=", ".join(hanging.through))] if hanging.through else []
    more += [words["alone"]] if hanging.alone else []
    return f"{text} ({'; '.join(more)})" if more else text


def _field(change: FieldChange, words: dict[str, str]) -> str:
    name = change.field.replace("_", " ")
    if change.field in _LONG:
        return f"{name}: {words['text changed']}"
    if isinstance(change.old, tuple) and isinstance(change.new, tuple):
        parts = ", ".join(_entries(change.old, change.new, words))
        return f"{name}: {parts or words['text changed']}"  # the same entries in another order
    if isinstance(change.old, BaseModel) and type(change.old) is type(change.new) and name != "estimate":
        return f"{name}: {_parts(change.old, change.new, words)}"
    return f"{name}: {shown(change.old) or words['none']} → {shown(change.new) or words['none']}"


def _entries(old: tuple[Any, ...], new: tuple[Any, ...], words: dict[str, str]) -> Iterator[str]:
    """Entries of a list that went, came, or (the same name) changed."""
    gone, come = [v for v in old if v not in new], [v for v in new if v not in old]
    named = {getattr(value, "name", ""): value for value in come}
    for value in gone:
        same = named.get(getattr(value, "name", None))
        yield f"− {shown(value)}" if same is None else f"{same.name}: {_parts(value, same, words)}"
    before = {getattr(value, "name", None) for value in gone}
    yield from (f"+ {shown(value)}" for value in come if getattr(value, "name", "") not in before)


def _parts(old: BaseModel, new: BaseModel, words: dict[str, str]) -> str:
    pairs = ((name, getattr(old, name), getattr(new, name)) for name in type(old).model_fields)
    return "; ".join(_field(FieldChange(name, a, b), words) for name, a, b in pairs if a != b)


def shown(value: Any) -> str:
    """A value of a plan in few characters; empty where there is nothing to show."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, (tuple, list)):
        return ", ".join(shown(part) for part in value)
    if isinstance(value, Estimate):
        return f"{shown(value.o)} / {shown(value.m)} / {shown(value.p)} h"
    if isinstance(value, Dependency):
        lag = f"{'+' if value.lag > 0 else '−'} {shown(abs(value.lag))} h" if value.lag else ""
        return " ".join(part for part in (value.task, "" if value.type == "FS" else value.type, lag) if part)
    if isinstance(value, Scenario):
        return f"Given {value.given}, when {value.when}, then {value.then}"
    if isinstance(value, Member):
        return f"{value.name} ({value.role})"
    if isinstance(value, (Option, Term)):
        return value.title if isinstance(value, Option) else value.term
    if isinstance(value, BaseModel):
        parts = (shown(getattr(value, field)) for field in type(value).model_fields)
        return " ".join(part for part in parts if part)
    return str(value)


def _effect(effect: Effect, currency: str, words: dict[str, str]) -> Iterator[str]:
    old, new = effect.old, effect.new
    if old is None or new is None:
        yield from (f"{words['unscheduled']}: {problem}" for problem in effect.problems)
        return
    yield _move(words["effort"], old.effort_h, new.effort_h, words["h"])
    yield _move(words["duration"], old.days, new.days, words["days"])
    if old.finish and new.finish:
        yield f"{words['finish']}: {_dates(old.finish, new.finish)}"
    yield from (f"{shift.id}: {_dates(shift.old, shift.new, words['none'])}" for shift in effect.milestones)
    if old.cost is not None or new.cost is not None:
        yield _cost(old, new, currency, words)


def _cost(old: Totals, new: Totals, currency: str, words: dict[str, str]) -> str:
    text = _move(words["cost"], old.cost or 0.0, new.cost or 0.0, f"{currency} {{value}}".strip())
    return f"{text}, {words['unpriced'].format(value=shown(new.unpriced_h))}" if new.unpriced_h else text


def _move(name: str, old: float, new: float, unit: str) -> str:
    was, now = (unit.format(value=shown(float(round(value, 1)))) for value in (old, new))
    difference = round(new - old, 1)
    if not difference:
        return f"{name}: {now}"
    return f"{name}: {was} → {now} ({'+' if difference > 0 else '−'}{shown(abs(difference))})"


def _dates(old: dt.datetime | None, new: dt.datetime | None, none: str = "") -> str:
    was, now = (f"{moment:%Y-%m-%d}" if moment else none for moment in (old, new))
    return f"{was} → {now}" if was != now else now
