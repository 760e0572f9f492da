"""A change of plan in words: short enough to read in a terminal, complete enough to send to a client.

Enters: a `PlanDiff`. Leaves: plain text in the language of the new plan; dates and numbers as that language writes them.
Try: plansmith diff old.md new.md
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from plansmith.locale import day, field_name, figure, plural, price, words
from plansmith.plan.change import Effect, FieldChange, Hanging, ItemChange, PlanDiff, Totals
from plansmith.plan.escape import unescape
from plansmith.plan.front import DAYS
from plansmith.plan.sentences import write_scenario
from plansmith.plan.types import Absence, Connection, Dependency, Estimate, Language, Member, Option, Scenario, Term

_SIGNS = {"added": "+", "removed": "−", "superseded": "−", "dropped": "−", "restored": "+", "changed": "~"}
_LONG = ("summary", "testing", "rollout", "quotes", "brief_sha256")
"""Fields whose values are too long to show."""
_CHOICES = ("priority", "kind", "origin")
"""Fields whose values are words of the form."""
_KINDS = {
    "R": "requirements",
    "U": "stories",
    "T": "tasks",
    "M": "milestones",
    "K": "risks",
    "A": "assumptions",
    "Q": "questions",
    "D": "decisions",
    "C": "architecture",
}


def describe(diff: PlanDiff) -> str:
    """The difference as plain text: changes by kind, what hangs on them, then effort, dates and price."""
    return _Teller(diff).text()


class _Teller:
    """One difference being told: its words, its language, its currency."""

    def __init__(self, diff: PlanDiff) -> None:
        self.diff, self.language = diff, diff.language
        self.words = words(diff.language)

    def say(self, key: str, **values: object) -> str:
        return self.words[f"change.{key}"].format(**values)

    def text(self) -> str:
        if self.diff.empty:
            return self.say("same")
        blocks = [(self.say("plan"), [self.field(change) for change in self.diff.plan])]
        for prefix, kind in _KINDS.items():
            lines = [line for item in self.diff.items if item.id[0] == prefix for line in self.item(item)]
            blocks.append((self.words[f"headings.{kind}"], lines))
        blocks.append((self.say("effect"), list(self.effect(self.diff.effect))))
        return "\n\n".join("\n".join([head, *(f"  {line}" for line in lines)]) for head, lines in blocks if lines)

    def item(self, item: ItemChange) -> Iterator[str]:
        state = self.say(item.how, by=", ".join(item.superseded_by)) if item.how not in ("added", "changed") else ""
        yield f"{_SIGNS[item.how]} {item.id} {f'{state}: ' if state else ''}{item.title}"
        for change in item.fields:
            yield f"    {self.field(change)}"
        resting = [hanging for hanging in self.diff.hanging if hanging.on == item.id]
        if item.how == "changed" and resting:
            yield f"    {self.say('review', on=item.id, items=', '.join(h.id for h in resting))}"
        elif resting:
            yield from (f"    {self.hangs(hanging)}" for hanging in resting)

    def hangs(self, hanging: Hanging) -> str:
        text = f"{hanging.id} {self.say(f'hangs_{hanging.how}', on=hanging.on)}"
        more = [self.say("through", items=", ".join(hanging.through))] if hanging.through else []
        more += [self.say("alone")] if hanging.alone else []
        return f"{text} ({'; '.join(more)})" if more else text

    def field(self, change: FieldChange) -> str:
        name, key, old, new = field_name(self.language, change.field), change.field, change.old, change.new
        if key in _LONG:
            return f"{name}: {self.say('changed_text')}"
        if key != "weekend" and isinstance(old, tuple) and isinstance(new, tuple):
            parts = ", ".join(self.entries(old, new))
            return f"{name}: {parts or self.say('changed_text')}"  # the same entries in another order
        if isinstance(old, BaseModel) and type(old) is type(new) and key != "estimate":
            return f"{name}: {self.parts(old, new)}"
        return f"{name}: {self.value(key, old) or self.say('none')} → {self.value(key, new) or self.say('none')}"

    def value(self, field: str, value: Any) -> str:
        if field in _CHOICES:
            return self.words.get(f"values.{value}", str(value))
        if field in ("budget", "rate") and value is not None:
            return price(self.language, value, self.diff.currency)
        if field == "capacity":
            return self.words["view.percent"].format(n=figure(self.language, round(100 * value, 1)))
        if field == "weekend":
            return ", ".join(DAYS[number] for number in value)
        return shown(value, self.language)

    def entries(self, old: tuple[Any, ...], new: tuple[Any, ...]) -> Iterator[str]:
        """Entries of a list that went, came, or (the same name) changed."""
        gone, come = [v for v in old if v not in new], [v for v in new if v not in old]
        named = {getattr(value, "name", ""): value for value in come}
        for value in gone:
            same = named.get(getattr(value, "name", None))
            yield f"− {shown(value, self.language)}" if same is None else f"{same.name}: {self.parts(value, same)}"
        before = {getattr(value, "name", None) for value in gone}
        fresh = (value for value in come if getattr(value, "name", "") not in before)
        yield from (f"+ {shown(value, self.language)}" for value in fresh)

    def parts(self, old: BaseModel, new: BaseModel) -> str:
        pairs = ((name, getattr(old, name), getattr(new, name)) for name in type(old).model_fields)
        return "; ".join(self.field(FieldChange(name, a, b)) for name, a, b in pairs if a != b)

    def effect(self, effect: Effect) -> Iterator[str]:
        old, new, say = effect.old, effect.new, self.words
        if old is None or new is None:
            yield from (f"{self.say('unscheduled')}: {problem}" for problem in effect.problems)
            return
        yield self.move(say["view.effort"], old.effort_h, new.effort_h, say["forms.hour"])
        yield self.move(say["view.duration"], old.days, new.days)
        if old.finish and new.finish:
            yield f"{say['view.finish']}: {self.dates(old.finish, new.finish)}"
        yield from (f"{shift.id}: {self.dates(shift.old, shift.new)}" for shift in effect.milestones)
        if old.cost is not None or new.cost is not None:
            yield self.cost(old, new)

    def cost(self, old: Totals, new: Totals) -> str:
        was, now = old.cost or 0.0, new.cost or 0.0
        prices = [price(self.language, round(value), self.diff.currency) for value in (was, now)]
        text = self.moved(self.words["view.cost"], prices, round(now) - round(was))
        left_out = f"{shown(float(round(new.unpriced_h, 1)), self.language)} {self.words['forms.hour']}"
        return f"{text}, {self.words['view.unpriced'].format(hours=left_out)}" if new.unpriced_h else text

    def move(self, name: str, old: float, new: float, unit: str = "") -> str:
        """Effort in hours, or (without a unit) working days."""
        values = [round(value, 1) for value in (old, new)]
        worded = [
            f"{figure(self.language, value)} {unit}" if unit else plural(self.language, "workday", value)
            for value in values
        ]
        return self.moved(name, worded, round(new - old, 1))

    def moved(self, name: str, values: list[str], difference: float) -> str:
        was, now = values
        if not difference:
            return f"{name}: {now}"
        return f"{name}: {was} → {now} ({'+' if difference > 0 else '−'}{figure(self.language, abs(difference))})"

    def dates(self, old: dt.datetime | None, new: dt.datetime | None) -> str:
        was, now = (day(self.language, moment, "medium") if moment else self.say("none") for moment in (old, new))
        return f"{was} → {now}" if was != now else now


def shown(value: Any, language: Language = "en") -> str:
    """A value of a plan in few characters; empty where there is nothing to show."""
    hour = words(language)["forms.hour"]
    match value:
        case None:
            return ""
        case float():
            return figure(language, round(value, 2))
        case dt.date():
            return day(language, value, "medium")
        case tuple() | list():
            return ", ".join(shown(part, language) for part in value)
        case Estimate():
            return f"{shown(value.o, language)} / {shown(value.m, language)} / {shown(value.p, language)} {hour}"
        case Dependency():
            lag = f"{'+' if value.lag > 0 else '−'} {shown(abs(value.lag), language)} {hour}" if value.lag else ""
            return " ".join(part for part in (value.task, "" if value.type == "FS" else value.type, lag) if part)
        case Scenario():
            return unescape(write_scenario(value, language)).rstrip(".")
        case Member():
            return f"{value.name} ({value.role})"
        case Absence():
            ends = [shown(value.first, language), shown(value.last, language)]
            return " – ".join(dict.fromkeys(ends))
        case Connection():
            return f"{value.start} → {value.end}{': ' if value.label else ''}{value.label}"
        case Option():
            return value.title
        case Term():
            return value.term
        case BaseModel():
            parts = (shown(getattr(value, field), language) for field in type(value).model_fields)
            return " ".join(part for part in parts if part)
    return str(value)
