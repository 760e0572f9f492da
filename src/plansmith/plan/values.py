"""The values that details carry: ids, estimates, dependencies, numbers, leave, options, sources.

Enters: a value as written. Leaves: the value as the plan's types want it, or `Wrong` with what to write instead.
Try: python -c "from plansmith.plan.values import READERS; print(READERS['estimate']('5 / 8 / 12 h'))"
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from plansmith.locale import fold, pattern, readings
from plansmith.plan.front import read_date
from plansmith.plan.outline import excerpt
from plansmith.plan.plaintext import find, read_number, unescape

_COLON = re.compile(r":(?= |$)")
_ID = re.compile(r"[A-Z][1-9][0-9]{0,5}")
_HOURS = re.compile(rf" ?{pattern('forms', 'hour')}$", re.IGNORECASE)
_AND = re.compile(rf" ?[,;] ?| {pattern('forms', 'and')} ", re.IGNORECASE)
_UNTIL = re.compile(rf" ?(?:–|—|\.\.) ?| {pattern('forms', 'until')} ", re.IGNORECASE)
_PER_HOUR = re.compile(rf" ?{pattern('forms', 'per_hour')}$", re.IGNORECASE)
_DEPENDENCY = re.compile(
    r"(?P<task>[Tt][1-9][0-9]{0,5})(?: (?P<type>FS|SS|FF|SF))?(?: ?(?P<sign>[-+−–]) ?(?P<lag>[0-9][0-9.eE+-]*))?",
    re.IGNORECASE,
)
TEXTS = frozenset(
    "fit role done_when exit cause effect owner response if_false ask answer context options chosen consequences "
    "purpose".split()
)
"""Fields in free text."""


class Wrong(ValueError):
    """A detail's value that cannot be read; the message says why and what to write."""


class Values:
    """The fields read so far, and the line of each."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.lines: dict[str, int] = {}

    def put(self, name: str, value: Any, line: int) -> None:
        """Keep a value; lists grow, a second value of anything else is `Wrong`."""
        if name == "source" and isinstance(value, dict):
            for key, part in value.items():
                self.put(key, part, line)
        elif isinstance(value, tuple):
            self.fields[name] = (*self.fields.get(name, ()), *value)
            self.lines.setdefault(name, line)
        elif name in self.fields:
            said = f"{name.replace('_', ' ')} ({excerpt(str(value))})"
            raise Wrong(f"a second {said}, the first is in line {self.lines[name]}; keep one")
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
            raise Wrong(f"{excerpt(wrong[0] if wrong else text)} is no id that fits here; write ids such as {example}")
        return tuple(found)

    return read


def _estimate(text: str) -> dict[str, Any]:
    hours = [read_number(part) for part in _HOURS.sub("", text).split("/")]
    if len(hours) != 3 or None in hours:
        raise Wrong(
            f"{excerpt(text)} is no estimate; write optimistic / most likely / pessimistic hours, such as 5 / 8 / 12 h"
        )
    return dict(zip("omp", hours, strict=True))


def _basis(text: str) -> tuple[float, ...]:
    figures = re.split(r" ?[,;] ?", _HOURS.sub("", text))
    hours = tuple(value for figure in figures if (value := read_number(figure)) is not None)
    if len(hours) < len(figures) or re.search(r"[0-9],[0-9]", text):
        raise Wrong(f"{excerpt(text)} are no hours; write them with decimal points and a blank after each comma: 18, 22.5 h")
    return hours


def _dependencies(text: str) -> tuple[dict[str, Any], ...]:
    return tuple(_dependency(part) for part in _AND.split(text))


def _dependency(text: str) -> dict[str, Any]:
    match = _DEPENDENCY.fullmatch(_HOURS.sub("", text))
    lag = read_number(match["lag"] or "0") if match else None
    if not match or lag is None:
        raise Wrong(f"{excerpt(text)} is no dependency; write task ids such as after T1, T5 SS + 2 h (FS, SS, FF or SF)")
    sign = 1 if match["sign"] in (None, "+") else -1
    return {"task": match["task"].upper(), "type": (match["type"] or "FS").upper(), "lag": sign * lag}


def _scale(text: str) -> int:
    if text not in ("1", "2", "3", "4", "5"):
        raise Wrong(f"{excerpt(text)} is off the scale; write a whole number from 1 (least) to 5 (most)")
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
        raise Wrong(f"{excerpt(text)} is no share of a working day; write it as 50 %")
    return float(Decimal(share.replace(",", ".")).scaleb(-2))


def _rate(text: str) -> float:
    amount = read_number(_PER_HOUR.sub("", text))
    if amount is None:
        raise Wrong(f"{excerpt(text)} is no rate; write it as 45 per hour, without the currency")
    return amount


def _leave(text: str) -> tuple[dict[str, Any], ...]:
    found = []
    for part in re.split(r" ?[,;] ?", text):
        days = [read_date(day) for day in _UNTIL.split(part)]
        first, last = days[0], days[-1]
        if first is None or last is None or len(days) > 2 or last < first:
            raise Wrong(f"{excerpt(part)} are no days off; write 2026-12-24 to 2027-01-02, or one date")
        found.append({"first": first, "last": last})
    return tuple(found)


READERS: dict[str, Callable[[str], Any]] = {
    **{name: unescape for name in TEXTS},
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
