"""A new figure, budget or deadline: every text that holds the old one gets the new one, by code.

Enters: a plan, the sentence that says it, and what it says. Leaves: the changed plan, and notes on what a person must
look at. The requirement's text keeps its other words and then cites both sentences.
Try: plansmith revise examples/archive/01-bakery-preorders/plan.md "The deadline is now 1 October 2026."
"""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from typing import Any

from plansmith.errors import InputError
from plansmith.locale import day, price, table
from plansmith.plan.dates import dates, months
from plansmith.plan.facts import find_numbers
from plansmith.plan.money import amounts
from plansmith.plan.revise import changed, touched
from plansmith.plan.revise_find import same, tokens
from plansmith.plan.revise_read import shifted
from plansmith.plan.types import Plan, Requirement, Scenario
from plansmith.plan.words import fold, pattern

_TEXTS = (
    *("text", "fit", "want", "so_that", "title", "done_when", "exit", "cause", "event", "effect", "response"),
    *("if_false", "context", "consequences"),
)
Swap = Callable[[str], str]


def set_budget(plan: Plan, said: str, sentence: str) -> tuple[Plan, list[str]]:
    """The plan with the amount that a sentence names as its budget; InputError where it names none or several."""
    found = list({(a.value, a.currency): a for a in amounts(said)}.values())
    if len(found) != 1:
        named = ", ".join(said[a.start : a.end] for a in found)
        raise InputError(f"Which amount is the budget in “{said}”?", [f"it names {named or 'none'}; name one"])
    amount = found[0]
    currency = amount.currency or plan.currency
    old, written = plan.budget, said[amount.start : amount.end] if amount.currency else ""
    notes: list[str] = []
    value = amount.value
    if step := _step(said, amount.start, amount.end):
        if old is None or currency != plan.currency or step == "?":
            raise InputError(
                f"What is the budget by “{said}”?", ["name the whole amount: “The budget is now 20,000 EUR.”"]
            )
        value, written = (old + value if step == "up" else old - value), ""
        if value <= 0:
            raise InputError(
                f"By “{said}” nothing would be left of the budget of {price(plan.language, old, currency)}."
            )
        notes.append(f"“{said.rstrip('.')}” is taken as {price(plan.language, value, currency)} in all.")
    if currency != plan.currency and plan.currency and any(m.rate is not None for m in plan.team):
        notes.append(f"The team's rates were in {plan.currency} and are now read as {currency}: look at them.")
    new = plan.model_copy(update={"budget": value, "currency": currency})
    before = price(plan.language, old or 0, plan.currency)
    after = price(plan.language, value, currency)

    def swap(text: str) -> str:
        for spot in reversed([a for a in amounts(text) if a.value == old]):
            text = text[: spot.start] + (written or after) + text[spot.end :]
        return text.replace(before, after)

    holders = [r for r in plan.requirements if r.status == "live" and old in {a.value for a in amounts(r.text)}]
    return _set(new, old, holders, swap, said, sentence, "budget"), notes


def set_deadline(plan: Plan, said: str, sentence: str, today: dt.date) -> tuple[Plan, list[str]]:
    """The plan with the day that a sentence names as its deadline; InputError where no one day follows from it."""
    found = dates(said)
    moved = shifted(said) if not any(d.date for d in found) else None
    if moved and plan.deadline and moved[2]:
        then = _moved(plan.deadline, *moved)
        written = day(plan.language, then)
        notes = [f"“{said.rstrip('.')}” is taken as {written}."]
        return _at(plan, then, written, said, sentence), notes
    days = {d.date or _without_year(d.text, plan.deadline, today) for d in found}
    date = next(iter(days), None)
    if moved and not plan.deadline:
        raise InputError(
            f"“{said}” moves a deadline, and the plan has none.", ["name the day: “The deadline is 1 March 2027.”"]
        )
    if len(days) != 1 or date is None:
        named = ", ".join(f"“{d.text}”" for d in found) or "this"
        raise InputError(
            f"Which day is the deadline in “{said}”?", [f"{named} is no single day; write it as 1 March 2027"]
        )
    written = day(plan.language, date)
    notes = [f"“{d.text}” is taken as {written}; say the year if it is another." for d in found if d.date is None]
    return _at(plan, date, written, said, sentence), notes


def _at(plan: Plan, date: dt.date, written: str, said: str, sentence: str) -> Plan:
    """The plan with this deadline, in all that names the old one."""
    old = plan.deadline
    before = day(plan.language, old) if old else ""

    def swap(text: str) -> str:
        for spot in reversed([d for d in dates(text) if d.date == old]):
            text = text[: spot.start] + written + text[spot.end :]
        return text.replace(before, written) if before else text

    holders = [r for r in plan.requirements if r.status == "live" and old in {d.date for d in dates(r.text)}]
    new = plan.model_copy(update={"deadline": date})
    return _set(new, old, holders if old else [], swap, said, sentence, "deadline")


def _moved(old: dt.date, number: int, unit: str, way: int) -> dt.date:
    """The day so many days, weeks or months later or earlier; of a shorter month the last day."""
    if unit != "month":
        return old + dt.timedelta(days=way * number * (7 if unit == "week" else 1))
    months = old.year * 12 + old.month - 1 + way * number
    year, month = divmod(months, 12)
    return dt.date(year, month + 1, min(old.day, monthrange(year, month + 1)[1]))


def _step(said: str, start: int, end: int) -> str:
    """Whether an amount is told as a difference: "up", "down", "?" for not told which, and empty for a whole amount."""
    folded = fold(said)
    by = re.search(r"\b(?:by|cu)\s+(?:\w+\s+)?$", folded[:start])
    beside = re.match(r"\s*(?:more|less|extra|on top|in plus|in minus|mai putin)\b", folded[end:])
    beside = beside or re.search(r"\b(?:another|additional|extra)\s+$", folded[:start])
    if not by and not beside:
        return ""
    up, down = (bool(pattern("revise", way).search(folded)) for way in ("up", "down"))
    return "?" if up == down else "up" if up else "down"


def set_figure(plan: Plan, requirement: str, old: str, new: str, unit: str, sentence: str) -> Plan:
    """The plan with one figure of a requirement changed, there and in what is for it."""
    items = {i.id: i for i in plan.items() if i.id in touched(plan, {requirement})}

    def swap(text: str) -> str:
        for spot in reversed(spots(text, old, unit, plan.language)):
            text = text[: spot[0]] + new + _counted(text[spot[1] :], new, plan.language)
        return text

    return _swapped(plan, items.values(), swap, {requirement}, sentence)


def _counted(rest: str, number: str, language: str) -> str:
    """What follows a number; in Romanian "de" stands from twenty on: 7 zile, 30 de zile."""
    unit = re.match(r"\s+(?P<de>de\s+)?(?=[^\W\d_]{2,})(?!sau\b|și\b|si\b|la\b|pe\b)", rest)
    if language != "ro" or not unit or not number.isdigit():
        return rest
    last = int(number) % 100
    return f" {'de ' if int(number) and (last >= 20 or last == 0) else ''}{rest[unit.end() :]}"


def holding(plan: Plan, figure: str, unit: str) -> list[Requirement]:
    """Live requirements with this figure, before this unit if there is one."""
    live = (r for r in plan.requirements if r.status == "live")
    return [r for r in live if spots(r.text, figure, unit, plan.language)]


def spots(text: str, figure: str, unit: str, language: str) -> list[tuple[int, int]]:
    """Where a text holds a number, followed by its unit within two words if there is one."""
    stem = next((s for s, _ in tokens(unit, language)), "")
    found = []
    for number in find_numbers(text):
        behind = tokens(" ".join(text[number.end :].split()[:2]), language)
        hour = figure.isdigit() and number.value == f"{int(figure):02d}:00"
        if (number.value == figure or hour) and (not stem or any(same(stem, s, language) for s, _ in behind)):
            found.append((number.start, number.end))
    return found


def mentions(plan: Plan, figure: str) -> list[str]:
    """Ids of the live items that still hold a text, such as the old budget."""
    return [i.id for i in plan.items() if i.status == "live" and any(figure in t for t in _texts(i))]


def _set(plan: Plan, old: object, holders: list[Requirement], swap: Swap, said: str, sentence: str, what: str) -> Plan:
    """Budget or deadline changed in the requirements that hold it and in all that is written about it."""
    if not holders:
        number = 1 + max((int(r.id[1:]) for r in plan.requirements), default=0)
        told = Requirement(
            id=f"R{number}",
            text=_named(said, what, plan.language),
            kind="constraint",
            origin="stated",
            source=(sentence,),
        )
        plan = plan.model_copy(update={"requirements": (*plan.requirements, told)})
    if old is None:
        return plan
    return _swapped(plan, plan.items(), swap, {r.id for r in holders}, sentence)


def _named(said: str, what: str, language: str) -> str:
    """The client's words, with what they are about before them where they do not say it: "Budget: about 5,000 EUR"."""
    named = pattern("revise", what).search(fold(said))
    return said if named else f"{table(language, 'revise')['stated'][what]}: {said}"


def _swapped(plan: Plan, items: Iterable[Any], swap: Swap, cites: set[str], sentence: str) -> Plan:
    new: dict[str, Any] = {}
    for item in items:
        if item.status != "live":
            continue
        told = item.origin == "stated" and item.id not in cites
        fields: dict[str, Any] = (
            {} if told else {n: s for n in _TEXTS if (t := getattr(item, n, "")) and (s := swap(t)) != t}
        )
        if getattr(item, "acceptance", ()):
            tried = tuple(Scenario(given=swap(s.given), when=swap(s.when), then=swap(s.then)) for s in item.acceptance)
            fields |= {"acceptance": tried} if tried != item.acceptance else {}
        if fields and (item.id in cites or item.id[0] in "KADQ"):
            fields["source"] = tuple(dict.fromkeys((*item.source, sentence)))
        if fields:
            new[item.id] = item.model_copy(update=fields)
    return changed(plan, new)


def _texts(item: Any) -> list[str]:
    said = [t for n in _TEXTS if (t := getattr(item, n, ""))]
    return [*said, *(t for s in getattr(item, "acceptance", ()) for t in (s.given, s.when, s.then))]


def _without_year(text: str, old: dt.date | None, today: dt.date) -> dt.date | None:
    """A day and a month in the year of the deadline so far, or else the next time that they come."""
    folded = fold(text)
    month = next((n for w in re.findall(r"[a-z]+", folded) if (n := months().get(w))), 0)
    found = re.search(r"\d+", folded)
    if not month or not found or re.search(r"\d{4}|\bin\b|/", folded):
        return None
    for year in ((old or today).year, (old or today).year + 1, today.year + 1):
        try:
            date = dt.date(year, month, int(found.group()))
        except ValueError:
            continue
        if date >= today:
            return date
    return None
