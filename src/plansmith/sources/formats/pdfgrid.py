"""Tables on a PDF page that are drawn with rules: full grids, and rows parted by level rules alone.

Enters: words and rules. Leaves: tables as rows of cells, with the words that they use.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from plansmith.sources.formats.pdfletters import Rule, Word, rows_of

_NEAR = 3.0
"""Points within which two rules are one."""
_MOST_RULES = 1_200
"""A page with more is a drawing; its tables are found by their alignment."""


@dataclass
class Table:
    rows: list[list[str]]
    top: float
    bottom: float = 0
    words: list[Word] = field(default_factory=list)


def ruled_tables(words: list[Word], rules: list[Rule]) -> list[Table]:
    """Tables whose cells or rows are parted by drawn lines; their words are to be taken off the page."""
    merged = _straightened(rules)
    if len(merged) > _MOST_RULES:
        return []
    tables: list[Table] = []
    left = words
    for find in (_grids, _striped):
        for table in find(left, merged):
            tables.append(table)
            used = {id(word) for word in table.words}
            left = [word for word in left if id(word) not in used]
    return sorted(tables, key=lambda t: -t.top)


def _grids(words: list[Word], rules: list[Rule]) -> list[Table]:
    """Tables with upright rules between their columns."""
    tables = []
    for group in _joined(rules):
        uprights, level = [r for r in group if r.upright], [r for r in group if not r.upright]
        if len(uprights) < 2 or len(level) < 2:
            continue
        # rules between rows often run out beyond the first and last upright one
        xs = _places([*(r.x0 for r in group), *(r.x1 for r in level)])
        ys = _places([*(r.y0 for r in group), *(r.y1 for r in uprights)])
        xs = [x for x in xs if x in (xs[0], xs[-1]) or _drawn(x, uprights) > 0.5 * (ys[-1] - ys[0])]
        if len(xs) < 3:
            continue
        inside = [w for w in words if xs[0] - 1 <= (w.x0 + w.x1) / 2 <= xs[-1] + 1 and ys[0] - 1 <= w.y <= ys[-1] + 1]
        if sum(_crosses(w, uprights) for w in inside) > 0.02 * len(inside):
            continue  # frames and bars around text, no cells
        cells = _filled(inside, xs, ys)
        if sum(any(row[n] for row in cells) for n in range(len(xs) - 1)) >= 2:
            tables.append(Table(cells, ys[-1], ys[0], inside))
    return tables


def _drawn(x: float, uprights: list[Rule]) -> float:
    """How much of a border between two columns is drawn."""
    return sum(r.y1 - r.y0 for r in uprights if abs(r.x0 - x) <= _NEAR)


def _striped(words: list[Word], rules: list[Rule]) -> list[Table]:
    """Tables with level rules between their rows only: the columns are the gaps that no word crosses."""
    stripes: dict[tuple[int, int], list[float]] = {}
    for rule in rules:
        if not rule.upright and rule.x1 - rule.x0 > 80:
            stripes.setdefault((round(rule.x0 / 6), round(rule.x1 / 6)), []).append(rule.y0)
    tables = []
    for (x0, x1), places in stripes.items():
        within = [w for w in words if x0 * 6 - 6 <= w.x0 and w.x1 <= x1 * 6 + 6]
        for ys in _runs_of_bands(within, _places(places)):
            inside = [w for w in within if ys[0] <= w.y <= ys[-1]]
            xs = _columns(inside, ys)
            if len(xs) < 3:
                continue
            above = [w for w in within if ys[-1] < w.y < ys[-1] + 2.2 * w.size]
            if above and not any(w.x0 < x < w.x1 for w in above for x in xs[1:-1]) and len(_slots(above, xs)) > 1:
                inside, ys = [*above, *inside], [*ys, max(w.y + w.size for w in above)]
            cells = [row for row in _filled(inside, xs, ys) if any(row)]
            tables.append(Table(cells, ys[-1], ys[0], inside))
    return tables


def _runs_of_bands(words: list[Word], ys: list[float]) -> list[list[float]]:
    """Level rules between which, two bands or more in a row, stand several cells side by side."""
    found: list[list[float]] = []
    run: list[float] = []
    for low, high in pairwise(ys):
        rows = rows_of([w for w in words if low < w.y < high])
        if rows and len(_cells(rows[0])) > 1:
            run = run or [low]
            run.append(high)
        else:
            found, run = [*found, run], []
    return [run for run in [*found, run] if len(run) > 2 and not _only_framed(words, run)]


def _only_framed(words: list[Word], ys: list[float]) -> bool:
    """Whether three rules frame a table's head and body, as in books, and do not part its rows."""
    if len(ys) > 3:
        return False
    rows = rows_of([w for w in words if ys[0] < w.y < ys[1]])
    return sum(len(_cells(row)) > 1 for row in rows) > 2


def _cells(row: list[Word]) -> list[tuple[float, float]]:
    """Where the cells of a row begin and end: runs of words without a wide gap."""
    cells = [(row[0].x0, row[0].x1)]
    for before, word in pairwise(row):
        if word.x0 - before.x1 > 0.6 * max(min(before.size, word.size), 4):
            cells.append((word.x0, word.x1))
        else:
            cells[-1] = (cells[-1][0], word.x1)
    return cells


def _slots(words: list[Word], xs: list[float]) -> set[int]:
    return {_slot((w.x0 + w.x1) / 2, xs) for w in words}


def _columns(words: list[Word], ys: list[float]) -> list[float]:
    """Borders of columns; runs of words that stand alone between two rules may reach over several columns."""
    runs = [(_slot(row[0].y, ys), x0, x1) for row in rows_of(words) for x0, x1 in _cells(row)]
    alone = {stripe for stripe in range(len(ys)) if sum(r[0] == stripe for r in runs) == 1}
    spans: list[list[float]] = []
    for _, x0, x1 in sorted((r for r in runs if r[0] not in alone), key=lambda r: r[1]):
        if spans and x0 <= spans[-1][1] + 2:
            spans[-1][1] = max(spans[-1][1], x1)
        else:
            spans.append([x0, x1])
    if len(spans) < 2:
        return []
    return [spans[0][0] - 1, *(two[0] - 1 for two in spans[1:]), max(w.x1 for w in words) + 1]


def _crosses(word: Word, uprights: list[Rule]) -> bool:
    return any(word.x0 + 2 < r.x0 < word.x1 - 2 and r.y0 < word.y + word.size / 3 < r.y1 for r in uprights)


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
    return max(len(borders) - 2, 0)


def _places(places: Iterable[float]) -> list[float]:
    merged: list[float] = []
    for place in sorted(places):
        if not merged or place - merged[-1] > _NEAR:
            merged.append(place)
    return merged


def _straightened(rules: list[Rule]) -> list[Rule]:
    """Rules on one line that touch or overlap, as each cell's border is drawn by itself, made one."""
    lines: dict[tuple[bool, int], list[Rule]] = {}
    for rule in rules:
        lines.setdefault((rule.upright, round((rule.x0 if rule.upright else rule.y0) / 2)), []).append(rule)
    merged: list[Rule] = []
    for (upright, _), found in lines.items():
        found.sort(key=lambda r: r.y0 if upright else r.x0)
        now = found[0]
        for rule in found[1:]:
            if (rule.y0 - now.y1 if upright else rule.x0 - now.x1) <= _NEAR:
                now = Rule(now.x0, now.y0, max(now.x1, rule.x1), max(now.y1, rule.y1))
            else:
                merged.append(now)
                now = rule
        merged.append(now)
    return merged


def _joined(rules: list[Rule]) -> list[list[Rule]]:
    """Rules that touch one another, directly or by way of others."""
    group = list(range(len(rules)))

    def root(at: int) -> int:
        while group[at] != at:
            group[at] = group[group[at]]
            at = group[at]
        return at

    for one, first in enumerate(rules):
        for two in range(one + 1, len(rules)):
            if _meet(first, rules[two]):
                group[root(two)] = root(one)
    found: dict[int, list[Rule]] = {}
    for at, rule in enumerate(rules):
        found.setdefault(root(at), []).append(rule)
    return list(found.values())


def _meet(one: Rule, two: Rule) -> bool:
    return (
        one.x0 - _NEAR <= two.x1
        and two.x0 - _NEAR <= one.x1
        and one.y0 - _NEAR <= two.y1
        and two.y0 - _NEAR <= one.y1
        and (one.upright != two.upright or min(abs(one.x0 - two.x0), abs(one.y0 - two.y0)) < _NEAR)
    )
