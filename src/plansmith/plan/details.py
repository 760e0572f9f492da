"""The details of an item: which there are, how each is read, and where an item's origin comes from.

Enters: the entries below an item. Leaves: the fields of its type, each with its line; what fits no detail is noted
as a problem. A line may hold several details with ` · ` (or ` | `) between them.
Try: python -c "from plansmith.plan.details import *; print(recognise(TASK, 'after T1 SS + 2 h'))"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from plansmith.locale import fold, forms, pattern, readings, words
from plansmith.plan.escape import mask
from plansmith.plan.outline import Line, Problems, excerpt
from plansmith.plan.values import READERS, TEXTS, DetailError, Values

_SPLIT = re.compile(r"(?:(?<= )|^)[·|](?= |$)")
_SENTENCES = re.compile(r"[Ss][1-9][0-9]{0,5}(?: ?[,;] ?[Ss][1-9][0-9]{0,5})*")
_LEAD_WORDS = 3
_KEY_LENGTH = 40


class Found(NamedTuple):
    """A detail that was recognised: its field, and its value as written."""

    field: str
    value: str


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of list entry: which details it has. `keys`: word → field; `values`: a field's own bare words."""

    name: str
    prefix: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bare_role: bool = False
    figures: Callable[[str], str] | None = None
    """Which field a detail without a word fills, by its figures; empty: none."""


def _estimate(text: str) -> str:
    return "estimate" if text[:1].isdigit() else ""


def _seat(text: str) -> str:
    if not text[:1].isdigit():
        return ""
    return "capacity" if text.endswith("%") else "rate" if re.search(pattern("forms", "per_hour") + "$", text) else ""


_COMMON = {"source": "source", "superseded": "superseded_by"}
_OWN = {"person", "system", "container", "database", "external"}
REQUIREMENT = Kind(
    "requirement",
    "R",
    {"fit": "fit"},
    {"priority": ("must", "should", "could", "wont"), "kind": ("functional", "quality", "constraint")},
)
STORY = Kind("story", "U", {"for": "requirements"})
TASK = Kind(
    "task",
    "T",
    {"role": "role", "for": "serves", "after": "depends_on", "basis": "basis", "done_when": "done_when"},
    bare_role=True,
    figures=_estimate,
)
MILESTONE = Kind("milestone", "M", {"exit": "exit", "tasks": "tasks"})
RISK = Kind("risk", "K", {key: key for key in ("cause", "effect", "probability", "impact", "owner", "response")})
ASSUMPTION = Kind("assumption", "A", {key: key for key in ("if_false", "blocks")})
QUESTION = Kind("question", "Q", {key: key for key in ("ask", "blocks", "answer")})
DECISION = Kind(
    "decision",
    "D",
    {"context": "context", "option": "options", "chosen": "chosen", "consequences": "consequences"},
)
COMPONENT = Kind("component", "C", {"purpose": "purpose"}, {"kind": tuple(sorted(_OWN))})
MEMBER = Kind("member", "", {"role": "role", "away": "leave"}, bare_role=True, figures=_seat)

_LEADS = ("for", "after", "probability", "impact", "superseded")
"""Words that need no colon."""


@cache
def _vocabulary(kind: Kind) -> tuple[dict[str, str], dict[str, str], dict[str, Found]]:
    """Folded words: of keys → field, of keys without a colon → field, and bare values → what they mean."""
    keys = kind.keys if kind is MEMBER else {**kind.keys, **_COMMON}
    bare = {} if kind is MEMBER else {"source": ("stated", "inferred", "assumed", "none"), "status": ("dropped",)}
    keyed = {word: keys[key] for word, found in readings("keys").items() for key in found if key in keys}
    leads = {word: keys[key] for key in _LEADS if key in keys for word in map(fold, forms("keys", key))}
    values = {
        word: Found(name, key)
        for word, found in readings("values").items()
        for name, allowed in {**kind.values, **bare}.items()
        for key in found
        if key in allowed
    }
    return keyed, leads, values


def recognise(kind: Kind, text: str) -> Found | None:
    """Which detail of this kind the text is; `None` where it is none."""
    keyed, leads, values = _vocabulary(kind)
    colon = mask(text[: _KEY_LENGTH + 1]).find(":")
    if colon > 0 and (name := keyed.get(fold(text[:colon]))):
        return Found(name, text[colon + 1 :].strip())
    parts = text.split(" ", _LEAD_WORDS)
    for count in range(1, len(parts)):
        lead = " ".join(parts[:count])
        if len(lead) <= _KEY_LENGTH and (name := leads.get(fold(lead))):
            return Found(name, " ".join(parts[count:]))
    if len(text) <= _KEY_LENGTH and (found := values.get(fold(text))):
        return found
    if kind is not MEMBER and _SENTENCES.fullmatch(text):
        return Found("source", text)
    name = kind.figures(text) if kind.figures else ""
    return Found(name, text) if name else None


def read_details(kind: Kind, details: list[Line], language: str, problems: Problems) -> Values:
    """The fields that an item's details give it."""
    read = Values()
    for line in details:
        if not line.text:
            continue
        for found in _found(kind, line, read, words(language), problems):
            try:
                read.put(found.field, READERS[found.field](found.value), line.number)
            except DetailError as wrong:
                problems.add(line.number, str(wrong))
    return read


def _found(kind: Kind, line: Line, read: Values, say: Mapping[str, str], problems: Problems) -> list[Found]:
    """The details in one line. What is none of them belongs to the text before it, or is the role, or is wrong."""
    found: list[Found] = []
    longer: dict[int, tuple[int, int]] = {}  # which of them are texts that go on, and from where to where
    start = 0
    marks = [m.start() for m in _SPLIT.finditer(mask(line.text))]
    for begin, end in zip([0, *(m + 1 for m in marks)], [*marks, len(line.text)], strict=True):
        part = line.text[begin:end].strip()
        if details := _parts(kind, part):
            found += details
            start = begin
        elif found and found[-1].field in TEXTS:
            longer[len(found) - 1] = (start, end)
        elif part and kind.bare_role and part[0].isalpha() and "role" not in {*read.lines, *(f.field for f in found)}:
            found.append(Found("role", part))
            start = begin
        elif part:
            problems.add(line.number, _unknown(kind, part, say, problems))
    for place, (begin, end) in longer.items():
        whole = line.text[begin:end].strip()
        found[place] = recognise(kind, whole) or Found("role", whole)  # only a role stands without its word
    return found


def _parts(kind: Kind, text: str) -> list[Found]:
    """The detail that a text is; a requirement's may also stand with commas between them: must, functional, S2."""
    if one := recognise(kind, text):
        return [one]
    several = [recognise(kind, part.strip()) for part in text.split(",")] if kind is REQUIREMENT else [None]
    return [part for part in several if part] if None not in several else []


def _unknown(kind: Kind, part: str, say: Mapping[str, str], problems: Problems) -> str:
    keys = [key for key in kind.keys if key != "role"] + ([] if kind is MEMBER else list(_COMMON))
    values = [value for allowed in kind.values.values() for value in allowed]
    known = [say[f"keys.{key}"] for key in keys] + [say[f"values.{value}"] for value in values]
    remedy = problems.nearest(part.split(":")[0], known if kind is MEMBER else [*known, say["values.dropped"]])
    return f"{excerpt(part)} is no detail of a {kind.name}; {remedy}"
