"""Tables on a PDF page that are drawn with rules.

Enters: words and rules. Leaves: tables as rows of cells, with the words that they use.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from plansmith.sources.formats.pdfletters import Rule, Word, rows_of

_NEAR = 3.0
"""Points within which two rules are one."""
_MOST_RULES = 3_000


@dataclass
class Table:
    rows: list[list[str]]
    top: float
    bottom: float = 0
    words: list[Word] = field(default_factory=list)


def ruled_tables(words: list[Word], rules: list[Rule]) -> list[Table]:
    """Tables whose cells are parted by drawn lines; their words are to be taken off the page."""
    tables = []
    for group in _joined(rules[:_MOST_RULES]):
        xs = _merged(r.x0 for r in group if r.upright)
        ys = _merged((r.y0 + r.y1) / 2 for r in group if not r.upright)
        if len(xs) < 2 or len(ys) < 2:
            continue
        level = [r for r in group if not r.upright]
        # rules between rows often run out beyond the first and last upright one
        left, right = min(min(xs), *(r.x0 for r in level)), max(max(xs), *(r.x1 for r in level))
        xs = _merged([left, *xs, right])
        uprights = [r for r in group if r.upright]
        ys = _merged([*ys, min(r.y0 for r in uprights), max(r.y1 for r in uprights)])
        if len(xs) < 3 or len(ys) < 2:
            continue
        inside = [w for w in words if xs[0] - 1 <= (w.x0 + w.x1) / 2 <= xs[-1] + 1 and ys[0] - 1 <= w.y <= ys[-1] + 1]
        cells = _filled(inside, xs, ys)
        if sum(any(row[n] for row in cells) for n in range(len(xs) - 1)) >= 2:
            tables.append(Table(cells, ys[-1], ys[0], inside))
    return sorted(tables, key=lambda t: -t.top)


def _filled(words: list[Word], xs: list[float], ys: list[float]) -> list[list[str]]:
    """Rows from top to bottom."""
    boxes: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        column = _slot((word.x0 + word.x1) / 2, xs)
        row = _slot(word.y + word.size * 0.25, ys)
        boxes.setdefault((row, column), []).append(word)
    return [
        [_said(boxes.get((row, column), [])) for column in range(len(xs) - 1)] for row in reversed(range(len(ys) - 1))
    ]


def _said(words: list[Word]) -> str:
    return " ".join(" ".join(w.text for w in row) for row in rows_of(words))


def _slot(at: float, borders: list[float]) -> int:
    for number in range(len(borders) - 2):
        if at < borders[number + 1]:
            return number
    return len(borders) - 2


def _merged(places: Iterable[float]) -> list[float]:
    merged: list[float] = []
    for place in sorted(places):
        if not merged or place - merged[-1] > _NEAR:
            merged.append(place)
    return merged


def _joined(rules: list[Rule]) -> list[list[Rule]]:
    """Rules that touch one another, directly or by way of others."""
    groups: list[list[Rule]] = []
    boxes: list[tuple[float, float, float, float]] = []
    for rule in sorted(rules, key=lambda r: -r.y1):
        box = (rule.x0 - _NEAR, rule.y0 - _NEAR, rule.x1 + _NEAR, rule.y1 + _NEAR)
        touched = [n for n, other in enumerate(boxes) if _meet(box, other)]
        group = [rule]
        for n in reversed(touched):
            group += groups.pop(n)
            other = boxes.pop(n)
            box = (min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3]))
        groups.append(group)
        boxes.append(box)
    return groups


def _meet(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    return one[0] <= two[2] and two[0] <= one[2] and one[1] <= two[3] and two[1] <= one[3]
