"""Words of a page → lines in reading order, running headers and footers taken away.

Enters: `Page`s. Leaves: `Line`s: runs of words that belong together, column after column.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from plansmith.sources.formats.blocks import BULLETS
from plansmith.sources.formats.pdfgrid import ruled_tables
from plansmith.sources.formats.pdfletters import Page, Rule, Word, is_number_line, rows_of

MARK = re.compile(rf"(?:[{re.escape(BULLETS)}]|[-o§]|\d{{1,3}}[.)]|[a-z][.)]|\(\d{{1,2}}\))$")
_EDGE = 0.13
"""Share of a page's height in which running headers and footers stand."""


@dataclass(frozen=True)
class Line:
    """Words on one base line without a wide gap between them."""

    words: tuple[Word, ...]

    @cached_property
    def text(self) -> str:
        return " ".join(w.text for w in self.words)

    @property
    def x0(self) -> float:
        return self.words[0].x0

    @property
    def x1(self) -> float:
        return self.words[-1].x1

    @property
    def y(self) -> float:
        return self.words[0].y

    @cached_property
    def size(self) -> float:
        return max(self.words, key=lambda w: len(w.text)).size

    @cached_property
    def bold(self) -> bool:
        return all(w.bold for w in self.words if any(c.isalnum() for c in w.text))


def furniture(pages: list[Page]) -> dict[str, dict[str, int]]:
    """Take running headers, footers and page numbers off the pages; tells which, and on how many pages.

    Such a line stands at the same height on several pages and says the same, or the same but for the page's number.
    """
    found: dict[tuple[str, str], list[_Edge]] = defaultdict(list)
    for page in pages:
        for edge in _edges(page):
            found[(edge.where, re.sub(r"\d+", "#", edge.text))].append(edge)
    told: dict[str, dict[str, int]] = {"head": {}, "foot": {}}
    for (where, shape), edges in ((key, one) for key, all_of in found.items() for one in _at_one_height(all_of)):
        alone = is_number_line(shape.replace("#", "1"))
        if _repeats(edges, 2 if alone else max(2, len(pages) * 0.4)) or (alone and len(pages) == 1 and edges[0].parted):
            for edge in edges:
                gone = {id(w) for w in edge.row}
                edge.page.words = [w for w in edge.page.words if id(w) not in gone]
            if not alone:
                told[where][edges[0].text] = told[where].get(edges[0].text, 0) + len(edges)
    return told


@dataclass(frozen=True)
class _Edge:
    """A row near the upper or lower edge of a page."""

    page: Page
    where: str
    row: list[Word]
    parted: bool
    """Whether an empty strip parts it from the rest of the page."""

    @property
    def text(self) -> str:
        return " ".join(w.text for w in self.row)


def _edges(page: Page) -> list[_Edge]:
    tables = [t for t in ruled_tables(page.words, page.rules) if t.top - t.bottom > _EDGE * page.height]
    used = {id(w) for table in tables for w in table.words}
    rows = [row for row in rows_of(page.words) if not any(id(w) in used for w in row)]
    edges = []
    for order, where in ((rows, "head"), (rows[::-1], "foot")):
        for at, row in enumerate(order[:4]):
            y = row[0].y
            if (y > page.height * (1 - _EDGE)) if where == "head" else (y < page.height * _EDGE):
                beside = order[at + 1][0] if at + 1 < len(order) else None
                parted = at == 0 and (beside is None or abs(beside.y - y) > 2.5 * row[0].size)
                edges.append(_Edge(page, where, row, parted))
    return edges


def _at_one_height(edges: list[_Edge]) -> list[list[_Edge]]:
    groups: list[list[_Edge]] = []
    for edge in sorted(edges, key=lambda e: e.row[0].y):
        if groups and edge.row[0].y - groups[-1][-1].row[0].y <= 2:
            groups[-1].append(edge)
        else:
            groups.append([edge])
    return groups


def _repeats(edges: list[_Edge], least: float) -> bool:
    """Whether rows of one shape and height are the same line running through at least so many pages."""
    if len({e.page.number for e in edges}) < max(least, len(edges)):
        return False
    for values in zip(*([int(n) for n in re.findall(r"\d{1,9}", e.text)] for e in edges), strict=False):
        steps = {value - e.page.number for value, e in zip(values, edges, strict=True)}
        if len(set(values)) > 1 and len(steps) > 1:
            return False
    return True


def split_row(row: list[Word], rules: list[Rule]) -> list[Line]:
    """A row parted at wide gaps and at upright rules; a list mark stays with its text."""
    lines: list[list[Word]] = [[row[0]]]
    for before, word in pairwise(row):
        gap = word.x0 - before.x1
        size = max(min(before.size, word.size), 4)
        ruled = any(before.x1 - 1 <= r.x0 <= word.x0 + 1 and r.y0 - 1 <= word.y <= r.y1 + 1 for r in rules)
        marked = len(lines[-1]) == 1 and MARK.match(lines[-1][0].text) and gap < 4 * size
        if ruled or (gap > 1.3 * size and not marked):
            lines.append([word])
        else:
            lines[-1].append(word)
    return [Line(tuple(line)) for line in lines]


def in_order(words: list[Word], rules: list[Rule]) -> list[list[Line]]:
    """Rows of lines in reading order. Where the page has columns of text, one column comes after the other."""
    rows = [split_row(row, rules) for row in rows_of(words)]
    gutter = _gutter(rows)
    if gutter is None:
        return rows
    ordered: list[list[Line]] = []
    run: list[list[Line]] = []
    for row in [*rows, None]:
        if row is not None and not any(line.x0 < gutter - 2 and line.x1 > gutter + 2 for line in row):
            run.append(row)
            continue
        ordered += _columns(run, gutter, rules)
        run = []
        if row is not None:
            ordered.append(row)
    return ordered


def _columns(run: list[list[Line]], gutter: float, rules: list[Rule]) -> list[list[Line]]:
    left = [line for row in run for line in row if line.x1 <= gutter + 2]
    right = [line for row in run for line in row if line.x1 > gutter + 2]
    if not _is_text(left, 3) or not _is_text(right, 3):
        return run
    sides = []
    for side in (left, right):
        sides += in_order([w for line in side for w in line.words], rules)
    return sides


def _gutter(rows: list[list[Line]]) -> float | None:
    """The middle of the gap that parts the page into two columns of running text, if there is one."""
    gaps = [(one.x1, two.x0) for row in rows for one, two in pairwise(row)]
    if len(gaps) < 4:
        return None
    best: float | None = None
    most = 0
    for at in {round((a + b) / 2) for a, b in gaps}:
        parted = sum(a <= at <= b for a, b in gaps)
        if parted > most:
            best, most = float(at), parted
    if best is None or most < 4:
        return None
    start, stop = max(a for a, b in gaps if a <= best <= b), min(b for a, b in gaps if a <= best <= b)
    middle = (start + stop) / 2 if start < stop else best
    lines = [line for row in rows for line in row]
    left = [line for line in lines if line.x1 <= middle]
    right = [line for line in lines if line.x0 >= middle]
    crossing = len(lines) - len(left) - len(right)
    if crossing > max(len(left), len(right)) or not _is_text(left, 4) or not _is_text(right, 4):
        return None
    return middle


def _is_text(lines: list[Line], least: int) -> bool:
    """Whether lines are running text rather than the cells of a table: many words, most lines filling their column."""
    if len(lines) < least:
        return False
    width = max(line.x1 for line in lines) - min(line.x0 for line in lines)
    full = sum(line.x1 - line.x0 > 0.6 * width for line in lines)
    return median(len(line.words) for line in lines) >= 4 and full >= 0.5 * len(lines)
