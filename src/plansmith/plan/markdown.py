"""Read a plan from its Markdown form (docs/plan-format.md).

Enters: the text of a plan file, English or Romanian. Leaves: a `Plan`, or a `PlanError` that lists every line which
was not understood; nothing is dropped silently.
Try: python -c "from plansmith.plan import *; print(parse_plan('# Bakery orders').title)"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from plansmith.errors import InputError
from plansmith.locale import fold, readings, table, words
from plansmith.plan.details import (
    ASSUMPTION,
    COMPONENT,
    DECISION,
    MEMBER,
    MILESTONE,
    QUESTION,
    REQUIREMENT,
    RISK,
    STORY,
    TASK,
    Kind,
    read_details,
)
from plansmith.plan.escape import unescape
from plansmith.plan.front import read_front
from plansmith.plan.lists import LISTS, bare
from plansmith.plan.origins import REFERENCES, usual_origin, usual_source
from plansmith.plan.outline import Entry, Line, Outline, Problems, Section, entries, excerpt, outline, prose
from plansmith.plan.refusals import refusal
from plansmith.plan.sentences import begins_scenario, read_scenario, read_story
from plansmith.plan.types import (
    Architecture,
    Assumption,
    Component,
    Decision,
    Item,
    Language,
    Member,
    Milestone,
    Plan,
    Question,
    Requirement,
    Risk,
    Story,
    Task,
)
from plansmith.plan.values import DetailError

LIMIT = 5_000_000
"""Characters; a longer file is no plan."""

ITEMS: dict[str, tuple[Kind, type[Item], str]] = {
    "requirements": (REQUIREMENT, Requirement, "text"),
    "stories": (STORY, Story, "want"),
    "tasks": (TASK, Task, "title"),
    "milestones": (MILESTONE, Milestone, "title"),
    "risks": (RISK, Risk, "event"),
    "assumptions": (ASSUMPTION, Assumption, "text"),
    "questions": (QUESTION, Question, "text"),
    "decisions": (DECISION, Decision, "title"),
    "architecture": (COMPONENT, Component, "name"),
}
"""Section → kind of item, its type, and the field that the item's own line fills."""
_Model = TypeVar("_Model", bound=BaseModel)
_PROSE = ("testing", "rollout")
_ITEM = re.compile(r"(?:\*\*|__)?([A-Z])([1-9][0-9]{0,5})[.:)]?(?:\*\*|__)?[.:)]?(?:\s+(.*))?$", re.DOTALL)


class PlanError(InputError):
    """A plan that cannot be read; `problems` lists everything that is wrong with it, by line or by path."""


def parse_plan(text: str) -> Plan:
    """Read a plan's Markdown form.

    Raises `PlanError` with all problems, each "line N: what is wrong (the value); what to do".
    """
    if len(text) > LIMIT:
        raise PlanError(f"The plan has {len(text):,} characters; more than {LIMIT:,} is no plan. Split the file.")
    problems = Problems()
    found = outline(text, problems)
    fields, lines = read_front(found.front, problems)
    if fields.get("language", "en") not in ("en", "ro"):
        problems.add(lines["language"], f"no language {excerpt(fields.pop('language'))} here; write en or ro")
    fields["title"] = unescape(found.title.text) if found.title else "?"
    fields["summary"] = _prose(found.summary, problems)
    if found.title and not fields["title"].strip():
        problems.add(found.title.number, "the title is empty; write it behind the #")
    fields |= _sections(found, fields.get("language", "en"), problems)
    plan = _typed(Plan, fields, lines, found.title.number if found.title else 1, problems)
    if problems or plan is None:
        listed = problems.listed()
        raise PlanError(f"The plan cannot be read: {len(listed)} problem{'s' * (len(listed) != 1)}.", listed)
    return plan


def _sections(found: Outline, language: Language, problems: Problems) -> dict[str, Any]:
    """The plan's fields that stand below headings."""
    items: list[_Raw] = []
    fields: dict[str, Any] = {}
    for section in found.sections:
        name = next(iter(readings("headings").get(fold(_bare_heading(section.heading)), ())), "")
        if not name:
            known = [words(language)[f"headings.{key}"] for key in table(language)["headings"]]
            below = f" with {len(section.lines)} lines below it"
            remedy = problems.nearest(section.heading, known)
            problems.add(section.line, f"unknown heading {excerpt(section.heading)}{below}; {remedy}")
        elif name in _PROSE:
            fields[name] = "\n\n".join(filter(None, (fields.get(name, ""), _prose(section.lines, problems))))
        elif name in ITEMS:
            items += _raw_items(name, section, language, problems)
        else:
            fields[name] = (*fields.get(name, ()), *_list(name, section, language, problems))
    fields |= _items(items, problems)
    parts = {"components": fields.pop("architecture", ())}
    parts |= {name: fields.pop(name, ()) for name in ("connections", "entities")}
    if any(parts.values()):
        fields["architecture"] = Architecture(**parts)
    return fields


def _bare_heading(text: str) -> str:
    """A heading without numbering, bold marks and colon."""
    return re.sub(r"^[0-9.]+[.)]? ", "", text.strip("*_: "))


def _prose(lines: list[Line], problems: Problems) -> str:
    return "\n\n".join(unescape(line.text) for line in prose(lines, problems))


@dataclass
class _Raw:
    """An item as read: its fields, and where they stand."""

    section: str
    line: int
    fields: dict[str, Any]
    lines: dict[str, int]


def _raw_items(name: str, section: Section, language: Language, problems: Problems) -> list[_Raw]:
    found = []
    listed = entries(section, problems)
    numbers = [int(match[2]) for entry in listed if (match := _ITEM.match(entry.text))]
    free = f"{ITEMS[name][0].prefix}{max(numbers, default=0) + 1}"
    for entry in listed:
        raw = _raw_item(name, entry, free, language, problems)
        if raw is not None:
            found.append(raw)
    return found


def _raw_item(name: str, entry: Entry, free: str, language: Language, problems: Problems) -> _Raw | None:
    kind, _, main = ITEMS[name]
    match = _ITEM.match(entry.text)
    if not match or match[1] != kind.prefix:
        problems.add(entry.line, _no_id(kind, entry, free, language, match))
        return None
    scenarios: list[dict[str, str]] = []
    details = entry.details
    if kind is STORY:
        scenarios, details = _scenarios(entry, language, problems)
    read = read_details(kind, details, language, problems)
    fields = {"id": match[1] + match[2], **read.fields}
    if kind is STORY:
        story = read_story(match[3] or "", language)
        if story is None:
            problems.add(entry.line, f"{excerpt(entry.text)} is no story; write As a …, I want …, so that …")
        fields |= {"acceptance": tuple(scenarios), **(story or {"role": "?", "want": "?"})}
    else:
        fields[main] = unescape(match[3] or "")
    _complete(kind, fields, entry, problems)
    return _Raw(name, entry.line, fields, read.lines)


def _no_id(kind: Kind, entry: Entry, free: str, language: Language, match: re.Match[str] | None) -> str:
    if match:
        right = next((key for key, (other, *_) in ITEMS.items() if other.prefix == match[1]), "")
        where = f'move it below "{words(language)[f"headings.{right}"]}"' if right else f"write **{free}**"
        return f"{match[1]}{match[2]} is no {kind.name} ({excerpt(entry.text)}); {where}"
    return f"{excerpt(entry.text)} has no id; begin it with **{free}**, a free number"


def _scenarios(entry: Entry, language: Language, problems: Problems) -> tuple[list[dict[str, str]], list[Line]]:
    """A story's acceptance criteria, and its other details."""
    found, others = [], []
    for line in entry.details:
        if not begins_scenario(line.text):
            others.append(line)
        elif (scenario := read_scenario(line.text, language)) is not None:
            found.append(scenario)
        else:
            problems.add(line.number, f"{excerpt(line.text)} is no scenario; write Given …, when …, then …")
    return found, others


def _complete(kind: Kind, fields: dict[str, Any], entry: Entry, problems: Problems) -> None:
    """Put together what stands in two details, and ask for what must not be missing."""
    if kind is TASK:
        basis = fields.pop("basis", ())
        if basis and "estimate" not in fields:
            problems.add(entry.line, "a basis without an estimate; add the hours such as 5 / 8 / 12 h")
        elif basis:
            fields["estimate"]["basis"] = basis
        if "role" not in fields:
            problems.add(entry.line, f"{fields['id']} names no role; add a detail such as web · 5 / 8 / 12 h")
            fields["role"] = "unknown"
    if "superseded_by" in fields:
        fields.setdefault("status", "superseded")


def _items(found: list[_Raw], problems: Problems) -> dict[str, tuple[Any, ...]]:
    """The items as their types, by section, each with its origin and sentences."""
    first: dict[str, int] = {}
    cited: dict[str, tuple[str, ...]] = {}
    built: dict[str, list[Any]] = {}
    for raw in sorted(found, key=lambda raw: list(ITEMS).index(raw.section)):
        _, model, _ = ITEMS[raw.section]
        name = raw.fields["id"]
        if name in first:
            problems.add(raw.line, f"{name} stands twice (also in line {first[name]}); give this one a new number")
            continue
        first[name] = raw.line
        handed = raw.fields.get(REFERENCES.get(raw.section, ""), ())
        source = raw.fields.setdefault("source", usual_source(raw.section, handed, cited))
        raw.fields.setdefault("origin", usual_origin(raw.section, source))
        if raw.section in ("requirements", "stories"):
            cited[name] = source
        item = _typed(model, raw.fields, raw.lines, raw.line, problems)
        if item is not None:
            built.setdefault(raw.section, []).append(item)
    return {section: tuple(items) for section, items in built.items()}


def _list(name: str, section: Section, language: Language, problems: Problems) -> tuple[Any, ...]:
    """The entries of a plain list."""
    found = []
    for entry in entries(section, problems):
        if not entry.text:
            continue
        try:
            value = _entry(name, entry, language, problems)
        except DetailError as wrong:
            problems.add(entry.line, str(wrong))
            continue
        if value is not None:
            found.append(value)
    return tuple(found)


def _entry(name: str, entry: Entry, language: Language, problems: Problems) -> Any:
    if name == "team":
        read = read_details(MEMBER, entry.details, language, problems)
        return _typed(Member, {"name": unescape(bare(entry.text)), **read.fields}, read.lines, entry.line, problems)
    for line in entry.details if name != "quotes" else ():
        problems.add(line.number, f"no details here ({excerpt(line.text)}); put it into the entry above")
    if name == "out_of_scope":
        return unescape(entry.text)
    model, read_entry = LISTS[name]
    return _typed(model, read_entry(entry), {}, entry.line, problems)


def _typed(
    kind: type[_Model], fields: dict[str, Any], lines: Mapping[str, int], line: int, problems: Problems
) -> _Model | None:
    """The fields as their type; what the type refuses is noted at the line of the field."""
    try:
        return kind(**fields)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            key = str(found["loc"][0]) if found["loc"] else ""
            name = " ".join(filter(None, (str(fields.get("id", "")), key.replace("_", " "))))
            problems.add(lines.get(key, line), f"{name}: {refusal(found)}" if name else refusal(found))
    return None
