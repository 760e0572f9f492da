"""Single items of a free plan as the fields of ours: what a requirement, a task, a risk, a seat in the team says.

Enters: a `Found`. Leaves: fields for `Plan`; only what the text says, in its own words.
Try: python -c "from plansmith.sources.freeplans.adoptitems import *; print(named_role('Backend [senior]'))"
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plansmith.plan import Sentence, amounts, fold, kind_hint
from plansmith.sources.freeplans.efforts import number_value
from plansmith.sources.freeplans.found import Found, tidy_code
from plansmith.sources.freeplans.planwords import bare, listed, pattern, priority, scale

_NAME = re.compile(r"[^\W\d_][\w &/+.'’()-]*")
_CODES = r"[A-Za-z]{1,4}[- ]?\d{1,3}(?:\.\d{1,3})*|\d{1,3}(?:\.\d{1,3})+"
_LIST = re.compile(
    rf"(?<!\w)(?P<code>{_CODES})(?!\w)(?:\s*(?P<mark>[-–—]|[^\W\d_]+(?:\s[^\W\d_]+)?)?\s*(?=(?<!\w)(?:{_CODES})))?"
)
_PRIORITY = re.compile(r"[(\[]([^()\[\]]{2,20})[)\]]\s*\.?$")
_LONGEST_NAME = 60
_ALIKE = 92.0
_MOST_TITLE = 300
MOST_MONEY = 1e12
"""What a plan can hold; more is a slip."""


@dataclass
class Entry:
    """An item with the id that it has in our plan, and its fields there."""

    id: str
    item: Found
    fields: dict[str, Any]


def joined(item: Found) -> str:
    """An item's words; where it stands under a lead-in that ends with a colon, with that."""
    return f"{item.group} {item.title}" if item.group.endswith(":") else item.title


def requirement(item: Found, text: str, language: str) -> tuple[dict[str, Any], str]:
    """Text, kind, priority and fit of a requirement, and the priority that the plan states (empty: none)."""
    marked = _PRIORITY.search(text)
    told = priority(marked[1]) if marked else ""
    if marked and told and text[: marked.start()].strip():
        text = text[: marked.start()].strip()
    sentence = Sentence("S1", text, 0, len(text), item.section, item.group, "item")
    told = told or priority(item.part("priority"))
    fields = {"text": text, "priority": told or "should", "kind": kind_hint(sentence) or "functional"}
    return fields | {"fit": item.part("done_when")}, told


def task_title(item: Found) -> str:
    """A task's name with what is said of it behind a colon; the team's own number stays where it was in the name."""
    detail = item.part("detail")
    parent = f"{item.group}: " if item.group.endswith(":") else ""
    if not detail or fold(detail) in fold(item.text) or len(item.text) + len(detail) > _MOST_TITLE:
        return parent + item.text
    return f"{parent}{item.text}: {detail}"


def named_role(text: str) -> str:
    """A role as our plan can hold it; empty where nothing of it is left."""
    match = _NAME.search(" ".join(re.sub(r"[^\w &/+.'’()-]", " ", text).split()))
    return match.group()[:_LONGEST_NAME].strip(" -/&+(") if match else ""


def served(item: Found, requirements: Sequence[Entry]) -> list[str]:
    """The requirements that a task names, by their numbers or by their very words."""
    from rapidfuzz import fuzz

    said = " ".join((item.text, item.part("detail"), item.part("requirement")))
    codes = {tidy_code(code) for code in re.findall(rf"(?<!\w)(?:{_CODES})(?!\w)", said)} - {item.code}
    named = [e.id for e in requirements if e.item.code and not e.item.code.isdigit() and e.item.code in codes]
    same = item.part("requirement")
    for entry in requirements:
        alike = same and fuzz.ratio(fold(same), fold(entry.item.title)) >= _ALIKE
        twin = entry.item.spot == item.spot
        if (alike or twin) and entry.id not in named:
            named.append(entry.id)
    return named


def depends(item: Found, tasks: Sequence[Entry]) -> tuple[list[str], str]:
    """The tasks that a task waits for, and what is said of that without naming one."""
    said = item.part("after")
    if not said or not re.search(r"\w", said):
        return [], ""
    own = {e.item.code: e.id for e in tasks if e.item.code and e.item is not item}
    names = {bare(e.item.title): e.id for e in tasks if e.item is not item}
    found = [own[c] for c in _expanded(said, list(own)) if c in own]
    if not found and bare(said) in names:
        found = [names[bare(said)]]
    if not found and all(c.isdigit() and c in own for c in re.split(r"[\s,;]+", said.strip())):
        found = [own[c] for c in re.split(r"[\s,;]+", said.strip())]
    return list(dict.fromkeys(found)), "" if found else said


def milestone_tasks(item: Found, tasks: Sequence[Entry]) -> list[str]:
    """The tasks of a milestone: those whose numbers it names ("WP1 to WP3"), or that stand under its name."""
    own: dict[str, list[str]] = {}
    for entry in tasks:
        if entry.item.code and not entry.item.code.isdigit():
            own.setdefault(entry.item.code, []).append(entry.id)
    said = " ".join((item.text, item.part("detail"), item.part("deliverable")))
    codes = [c for c in _expanded(said, list(own)) if c in own]
    if codes:
        return list(dict.fromkeys(number for code in codes for number in own[code]))
    name = bare(item.text)
    return [e.id for e in tasks if name and bare(e.item.group) == name]


def _expanded(text: str, known: Sequence[str]) -> list[str]:
    """The numbers that a text names; "WP1 to WP3" names those between, in the order of the plan."""
    found: list[str] = []
    first = ""
    to = (*listed("rows", "to"), "-", "–", "—")
    for match in _LIST.finditer(text):
        code = tidy_code(match["code"])
        if first and first in known and code in known and known.index(first) <= known.index(code):
            found += known[known.index(first) : known.index(code) + 1]
        else:
            found.append(code)
        first = code if match["mark"] and fold(match["mark"]) in to else ""
    return list(dict.fromkeys(found))


def risk_fields(item: Found) -> dict[str, Any]:
    """A risk's event and what the text says of it; probability and impact only where a word or figure tells them."""
    fields: dict[str, Any] = {"event": item.text}
    for name in ("cause", "effect", "response", "owner"):
        if said := item.part(name):
            fields[name] = said
    for name in ("probability", "impact"):
        if (told := scale(item.part(name))) is not None:
            fields[name] = told
    return fields


def member(item: Found, hours_per_day: float | None) -> tuple[dict[str, Any], str, bool] | None:
    """A seat in the team, its currency, and whether its rate is of a day and could not be divided; None for no seat.

    A role with neither a name nor a rate nor a share of the day is no seat.
    """
    person = named_role(item.part("name"))
    role = named_role(item.text)
    if item.part("role"):  # the row is named by the person
        person, role = named_role(item.text), named_role(item.part("role"))
    share, rate, currency, by_day = _share(item.part("share")), None, "", False
    if said := next((p for p in item.parts if p.name == "rate"), None):
        rate, currency = _rate(said.text, said.spot.cell)
        by_day = bool(pattern("rows", "per_day").search(fold(f"{said.text} {said.spot.cell}")))
        by_day = by_day or bool(re.search(r"(?:day|zi)\b", fold(said.spot.cell)))
    rate = rate if rate is not None and rate <= MOST_MONEY else None
    if not role or not (person or share or rate is not None):
        return None
    if by_day and rate is not None:
        rate = round(rate / hours_per_day, 4) if hours_per_day else None
    fields: dict[str, Any] = {"name": person or role, "role": role}
    if share:
        fields["capacity"] = share
    if rate is not None:
        fields["rate"] = rate
    return fields, currency, by_day and not hours_per_day


def _share(text: str) -> float | None:
    found = re.search(r"(\d{1,3})(?:[.,]\d+)?\s?%", text)
    return int(found[1]) / 100 if found and 0 < int(found[1]) <= 100 else None


def _rate(text: str, head: str) -> tuple[float | None, str]:
    """An amount of money in a cell, and its currency, which may stand in the column's head."""
    found = amounts(text)
    if found:
        return found[0].value, found[0].currency
    figure = re.search(r"\d{1,3}(?:[.,']\d{3})+|\d+(?:[.,]\d{1,2})?", text)
    words = re.findall(r"[£€$]|[^\W\d_]+", head)
    currency = next((a.currency for w in words for a in amounts(f"1 {w}")), "")
    return (number_value(figure.group()) if figure else None), currency
