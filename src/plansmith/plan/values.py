"""The values that details carry: ids, estimates, dependencies, numbers, leave, options, sources.

Enters: a value as written. Leaves: the value as the plan's types want it, or `DetailError` with what to write instead.
Try: python -c "from plansmith.plan.values import READERS; print(READERS['estimate']('5 / 8 / 12 h'))"
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from plansmith.locale import fold, pattern, readings
from plansmith.plan.escape import find, read_number, unescape
from plansmith.plan.front import read_days
from plansmith.plan.outline import excerpt

_COLON = re.compile(r":(?= |$)")
_ID = re.compile(r"[A-Z][1-9][0-9]{0,5}")
_DEPENDENCY = re.compile(
    r"(?P<task>[Tt][1-9][0-9]{0,5})(?: (?P<type>FS|SS|FF|SF))?(?: ?(?P<sign>[-+−–]) ?(?P<lag>[0-9][0-9.eE+-]*))?",
    re.IGNORECASE,
)
TEXTS = frozenset(
    [
        *("fit", "role", "done_when", "exit", "cause", "effect", "owner", "response", "if_false", "ask", "answer"),
        *("context", "options", "chosen", "consequences", "purpose"),
    ]
)
"""Fields in free text."""
_SEVERAL = ("options", "leave")


@cache
def _word(key: str) -> re.Pattern[str]:
    """Where a word of the forms stands: a unit at the end, or a word between two values."""
    form = pattern("forms", key)
    return re.compile(f" ?[,;] ?| {form} " if key == "and" else f" ?{form}$", re.IGNORECASE)


class DetailError(ValueError):
    """A detail's value that cannot be read; the message says why and what to write."""


class Values:
    """The fields read so far, and the line of each."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.lines: dict[str, int] = {}

    def put(self, name: str, value: Any, line: int) -> None:
        """Keep a value. Lists grow within a line; what is said again in another line is `DetailError`, because
        that is how the details of two items look when a line between them was lost.
        """
        grows = isinstance(value, tuple) and (name in _SEVERAL or self.lines.get(name, line) == line)
        if name == "source" and isinstance(value, dict):
            for key, part in value.items():
                self.put(key, part, line)
        elif grows:
            self.fields[name] = (*self.fields.get(name, ()), *value)
            self.lines[name] = line
        elif name in self.fields:
            raise DetailError(
                f"{name.replace('_', ' ')} is said again (first in line {self.lines[name]}); keep one, or give the "
                "details below it an item of their own"
            )
        else:
            self.fields[name] = value
            self.lines[name] = line


def _ids(prefixes: str) -> Callable[[str], tuple[str, ...]]:
    example = ", ".join(f"{prefix}1" for prefix in prefixes[:2])

    def read(text: str) -> tuple[str, ...]:
        ands = readings("forms")
        found = [part.upper() for part in re.split(r"[\s,;]+", text) if part and "and" not in ands.get(fold(part), ())]
        wrong = [part for part in found if not _ID.fullmatch(part) or part[0] not in prefixes]
        if wrong or not found:
            what = excerpt(wrong[0] if wrong else text)
            raise DetailError(f"{what} is no id that fits here; write ids such as {example}")
        return tuple(found)

    return read


def _estimate(text: str) -> dict[str, Any]:
    hours = [read_number(part) for part in _word("hour").sub("", text).split("/")]
    if len(hours) != 3 or None in hours:
        raise DetailError(
            f"{excerpt(text)} is no estimate; write optimistic / most likely / pessimistic hours, such as 5 / 8 / 12 h"
        )
    return dict(zip("omp", hours, strict=True))


def _basis(text: str) -> tuple[float, ...]:
    figures = re.split(r" ?[,;] ?", _word("hour").sub("", text))
    hours = tuple(value for figure in figures if (value := read_number(figure)) is not None)
    if len(hours) < len(figures) or re.search(r"[0-9],[0-9]", text):
        raise DetailError(f"{excerpt(text)} are no hours; write decimal points and a blank after a comma: 18, 22.5 h")
    return hours


def _dependencies(text: str) -> tuple[dict[str, Any], ...]:
    return tuple(_dependency(part) for part in _word("and").split(text))


def _dependency(text: str) -> dict[str, Any]:
    match = _DEPENDENCY.fullmatch(_word("hour").sub("", text))
    lag = read_number(match["lag"] or "0") if match else None
    if not match or lag is None:
        raise DetailError(f"{excerpt(text)} is no dependency; write after T1, or T5 SS + 2 h (FS, SS, FF or SF)")
    sign = 1 if match["sign"] in (None, "+") else -1
    return {"task": match["task"].upper(), "type": (match["type"] or "FS").upper(), "lag": sign * lag}


def _scale(text: str) -> int:
    if text not in ("1", "2", "3", "4", "5"):
        raise DetailError(f"{excerpt(text)} is off the scale; write a whole number from 1 (least) to 5 (most)")
    return int(text)


def _option(text: str) -> tuple[dict[str, str], ...]:
    colon = find(text, _COLON)
    title, consequence = (text[: colon.start()], text[colon.end() :]) if colon else (text, "")
    return ({"title": unescape(title), "consequence": unescape(consequence.strip())},)


def _source(text: str) -> dict[str, Any]:
    """An origin, sentence ids, or "none" for no sentence at all."""
    for key in readings("values").get(fold(text[:40]), ()):
        if key in ("stated", "inferred", "assumed"):
            return {"origin": key}
        if key == "none":
            return {"source": ()}
    return {"source": _ids("S")(text)}


def _capacity(text: str) -> float:
    share = text.removesuffix("%").strip()
    if read_number(share) is None:
        raise DetailError(f"{excerpt(text)} is no share of a working day; write it as 50 %")
    return float(Decimal(share.replace(",", ".")).scaleb(-2))


def _rate(text: str) -> float:
    amount = read_number(_word("per_hour").sub("", text))
    if amount is None:
        raise DetailError(f"{excerpt(text)} is no rate; write it as 45 per hour, without the currency")
    return amount


def _leave(text: str) -> tuple[dict[str, Any], ...]:
    found = []
    for part in re.split(r" ?[,;] ?", text):
        days = read_days(part)
        if days is None:
            raise DetailError(f"{excerpt(part)} are no days off; write 2026-12-24 to 2027-01-02, or one date")
        found.append(days)
    return tuple(found)


READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(TEXTS, unescape),
    "options": _option,
    "requirements": _ids("R"),
    "serves": _ids("UR"),
    "tasks": _ids("T"),
    "blocks": _ids("RUTMKAQDC"),
    "superseded_by": _ids("RUTMKAQDC"),
    "depends_on": _dependencies,
    "estimate": _estimate,
    "basis": _basis,
    "probability": _scale,
    "impact": _scale,
    "source": _source,
    "origin": str,
    "status": str,
    "priority": str,
    "kind": str,
    "capacity": _capacity,
    "rate": _rate,
    "leave": _leave,
}
"""How each field's value is read."""
