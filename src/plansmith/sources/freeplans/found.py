"""What is read out of a free-text plan: items with their parts, totals, and the place that each came from.

Enters: nothing. Leaves: the types of `readout`.
Try: python -c "from plansmith.sources.freeplans.found import *; print(Spot(3, 10, 14))"
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from plansmith.sources.freeplans.efforts import Effort

Kind = Literal[
    "requirement", "task", "milestone", "risk", "assumption", "question", "out_of_scope", "role", "amount", "rate",
    "date", "reserve", "deliverable", "term", "prose",
]  # fmt: skip
CODE = re.compile(r"(?:[A-Z]{1,4}[- ]?\d{1,3}(?:\.\d{1,3})*|\d{1,3}(?:\.\d{1,3})+)(?=[\s.:)–—-]|$)[.:)]?")
"""WP1, PL 2, F-03, 2.1."""
_ROUNDING = 0.06


@dataclass(frozen=True)
class Spot:
    """A place: `text[start:end]`, in line `line` (from 1); in a table also the row (from 1, the heads counted) and column."""

    line: int
    start: int
    end: int
    cell: str = ""
    row: int = 0

    def __str__(self) -> str:
        return f"line {self.line}, column {self.cell}" if self.cell else f"line {self.line}"


@dataclass(frozen=True)
class Part:
    """A detail of an item: role, start, end, response, probability, detail, after, cost and the like."""

    name: str
    text: str
    spot: Spot


@dataclass(frozen=True)
class Found:
    """One thing that the plan says. `code`: the team's own number for it; `group`: the heading or item above it."""

    kind: Kind
    text: str
    spot: Spot
    section: str = ""
    group: str = ""
    code: str = ""
    parts: tuple[Part, ...] = ()
    effort: Effort | None = None
    effort_spot: Spot | None = None

    def part(self, name: str) -> str:
        """The text of a part; empty where there is none."""
        return next((p.text for p in self.parts if p.name == name), "")

    def with_parts(self, *parts: Part) -> Found:
        """The same with more parts; what is there already stays, and a part without a letter or figure is none."""
        known = {p.name for p in self.parts}
        new = [p for p in parts if p.name not in known and any(c.isalnum() for c in p.text)]
        return replace(self, parts=(*self.parts, *new))

    @property
    def title(self) -> str:
        """The text without the team's own number."""
        match = CODE.match(self.text)
        rest = self.text[match.end() :].lstrip(" .:)–—-") if match else ""
        return rest if any(c.isalnum() for c in rest) else self.text


@dataclass(frozen=True)
class Total:
    """A sum that the plan states: `said` as written, `summed` over the `items` that it covers, in its unit."""

    text: str
    spot: Spot
    said: Effort
    summed: tuple[float, float] | None
    items: int

    @property
    def agrees(self) -> bool | None:
        """Whether the sum is right, but for rounding; one figure may lie anywhere in a summed range. None: unknown."""
        if self.summed is None:
            return None
        (low, _, high), (least, most) = self.said.points, self.summed
        if len(self.said.figures) == 1:
            return least - _ROUNDING < low < most + _ROUNDING
        return abs(low - least) < _ROUNDING and abs(high - most) < _ROUNDING


@dataclass(frozen=True)
class Unread:
    """A line, table or figure that was not understood, and why."""

    what: str
    text: str
    spot: Spot


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    read: int
    of: int

    def __str__(self) -> str:
        return f"{self.read} of {self.of}"

    @property
    def part(self) -> float:
        """From 0 to 1; 1 where there is nothing to read."""
        return self.read / self.of if self.of else 1.0


def code_of(text: str) -> str:
    """The team's own number at the beginning of a text, such as WP1; empty: none."""
    match = CODE.match(text)
    return tidy_code(match.group()) if match else ""


def tidy_code(text: str) -> str:
    """A number as it is compared: "WP 1." and "wp1" are WP1."""
    return "".join(text.split()).rstrip(".:)").upper()


def as_dict(found: Found) -> dict[str, Any]:
    """An item as JSON."""
    told: dict[str, Any] = {"kind": found.kind, "text": found.text, "line": found.spot.line}
    told |= {"span": [found.spot.start, found.spot.end]}
    for name in ("code", "group"):
        if value := getattr(found, name):
            told[name] = value
    if found.effort:
        told["effort"] = {"figures": [f.value for f in found.effort.figures], "unit": found.effort.unit}
        told["effort"]["spans"] = [[f.start, f.end] for f in found.effort.figures]
    if found.parts:
        told["parts"] = [
            {"name": p.name, "text": p.text, "line": p.spot.line, "span": [p.spot.start, p.spot.end]}
            for p in found.parts
        ]
    return told
