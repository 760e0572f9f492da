"""What is collected while a free-text plan is read: items, totals, what was understood and what was not.

Enters: findings of the rooms that read tables and lists. Leaves: a `Reading`, which `readout` makes a `Readout` of.
Try: python -c "from plansmith.sources.freeplans.reading import Reading; print(Reading(''))"
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from plansmith.plan import amounts, dates, fold
from plansmith.sources.freeplans.efforts import Effort
from plansmith.sources.freeplans.found import Found, Kind, Part, Spot, Total, Unread
from plansmith.sources.freeplans.markup import plain
from plansmith.sources.freeplans.planwords import label, pattern, scale_pattern

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZĂÂÎȘȚŞŢ„\"“(])")


@dataclass
class Reading:
    """The plan's text and all that was found in it so far."""

    text: str
    found: list[Found] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)
    """Lines from which something was taken."""
    day: float | None = None
    """Hours of a working day, where the text states them."""
    tables: int = 0
    tables_read: int = 0
    figures: dict[int, int] = field(default_factory=dict)
    """Where each effort begins that a unit or its column makes one → where it ends."""
    figures_read: set[int] = field(default_factory=set)
    undecided: list[Found] = field(default_factory=list)

    def take(self, item: Found) -> Found:
        """Note an item; its lines are read. A text without a letter or figure is none."""
        if any(c.isalnum() for c in item.text):
            self.found.append(item)
        self.lines |= {item.spot.line, *(p.spot.line for p in item.parts)}
        if item.effort:
            self.took(item.effort)
        return item

    def took(self, effort: Effort) -> None:
        """Note an effort as read."""
        self.figures.setdefault(effort.start, effort.end)
        self.figures_read.add(effort.start)

    def miss(self, what: str, spot: Spot) -> None:
        """Note what was not understood."""
        self.unread.append(Unread(what, plain(self.text[spot.start : spot.end])[:200], spot))


@dataclass(frozen=True)
class Where:
    """The section that something stands in: its kind, its heading, the group within it, and the role for it."""

    kind: str = ""
    heading: str = ""
    group: str = ""
    unit: str = ""
    """What bare figures count, where a heading or a sentence says so."""
    role: Part | None = None
    of_item: bool = False
    """Whether the group is a list item, so that "Backend: 8 h" below it is its part for that role."""


def money_and_dates(text: str, line: int, start: int, section: str, reading: Reading) -> None:
    """The amounts, rates and complete dates of a line, a cell or a paragraph that begins at `start`."""
    around = plain(text)[:200]
    folded = fold(text)
    for amount in amounts(text):
        spot = Spot(line + text.count("\n", 0, amount.start), start + amount.start, start + amount.end)
        near = folded[max(0, amount.start - 20) : amount.end + 20]
        kind: Kind = "rate" if pattern_hits("per_hour", near) or pattern_hits("per_day", near) else "amount"
        reading.found.append(Found(kind, text[amount.start : amount.end], spot, section, around))
    for date in dates(text):
        if date.date:
            spot = Spot(line + text.count("\n", 0, date.start), start + date.start, start + date.end)
            reading.found.append(Found("date", text[date.start : date.end], spot, section, around))


def pattern_hits(name: str, folded: str) -> bool:
    """Whether a word of the list of that name stands in a folded text."""
    return bool(pattern("rows", name).search(folded))


def risk(text: str, spot: Spot, where: Where) -> Found:
    """A risk in running words: the event, then what is done about it, with its probability and impact.

    The sentence that comes first is the event; what a label names ("Mitigation: …") is that; other sentences are the
    response, which is how teams write risks.
    """
    parts: dict[str, Part] = {}
    said: list[tuple[int, int]] = []
    for begin, end in _sentences(text):
        piece = text[begin:end]
        name, at = label(piece)
        rating = _rating(piece, spot, begin)
        if rating:
            for part in rating:
                parts.setdefault(part.name, part)
        elif name in ("response", "cause", "effect", "owner"):
            parts.setdefault(name, _part(name, text, begin + at, end, spot))
        else:
            said.append((begin, end))
    first = said[0] if said else (0, len(text))
    event = text[first[0] : first[1]]
    if len(said) > 1:
        parts.setdefault("response", _part("response", text, said[1][0], said[-1][1], spot))
    return Found("risk", plain(event), spot, where.heading, where.group, parts=tuple(parts.values()))


def _sentences(text: str) -> Iterable[tuple[int, int]]:
    start = 0
    for match in _SENTENCE.finditer(text):
        yield start, match.start()
        start = match.end()
    if text[start:].strip():
        yield start, len(text)


@cache
def _ratings() -> re.Pattern[str]:
    words = (
        rf"(?P<{name}>{pattern('labels', name).pattern})\s*(?:is|este|e)?\s*[:=–-]?\s*(?P<{name}_as>{scale_pattern()})(?!\w)"
        for name in ("probability", "impact")
    )
    return re.compile("|".join(words))


def _rating(piece: str, spot: Spot, begin: int) -> list[Part]:
    """The probability and impact of a sentence that says nothing else: "Likelihood medium, impact high."."""
    folded = fold(piece)
    found, rest = [], folded
    for match in _ratings().finditer(folded):
        name = "probability" if match["probability"] else "impact"
        start, end = match.span(f"{name}_as")
        found.append(_part(name, piece, start, end, spot, begin))
        rest = rest.replace(match.group(), " ", 1)
    return found if not re.search(r"\w{3}", rest) else []


def _part(name: str, text: str, start: int, end: int, spot: Spot, offset: int = 0) -> Part:
    """A part that is a piece of its item's text, which begins where the item's spot does."""
    piece = text[start:end]
    first = start + len(piece) - len(piece.lstrip())
    bare = piece.strip()
    at = spot.start + offset + first
    line = spot.line + text.count("\n", 0, start)
    return Part(name, plain(bare), Spot(line, at, at + len(bare), spot.cell))


def piece(name: str, text: str, start: int, end: int, spot: Spot) -> Part:
    """A part of an item: `text[start:end]`, where the item's raw text begins at its spot."""
    return _part(name, text, start, end, spot)
