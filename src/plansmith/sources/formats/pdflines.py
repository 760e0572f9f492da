"""Words of a page → lines in reading order, running headers and footers taken away.

Enters: `Page`s. Leaves: `Line`s: runs of words that belong together, column after column.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from plansmith.sources.formats.blocks import BULLETS
from plansmith.sources.formats.pdfletters import Page, Rule, Word, is_number_line

MARK = re.compile(rf"(?:[{re.escape(BULLETS)}]|[-o§]|\d{{1,3}}[.)]|[a-z][.)]|\(\d{{1,2}}\))$")
_EDGE = 0.13
"""Share of a page's height in which running headers and footers stand."""


@dataclass(frozen=True)
class Line:
    """Words on one base line without a wide gap between them."""

    words: tuple[Word, ...]

    @property
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

    @property
    def size(self) -> float:
        return max(self.words, key=lambda w: len(w.text)).size

    @property
    def bold(self) -> bool:
        return all(w.bold for w in self.words if any(c.isalnum() for c in w.text))


def furniture(pages: list[Page]) -> dict[str, dict[str, int]]:
    """Take running headers, footers and page numbers off the pages; tells which, and on how many pages."""
    found: dict[tuple[str, str], list[tuple[Page, list[Word]]]] = defaultdict(list)
    for page in pages:
        rows = rows_of(page.words)
        for row in rows:
            y, text = row[0].y, " ".join(w.text for w in row)
            where = "head" if y > page.height * (1 - _EDGE) else "foot" if y < page.height * _EDGE else ""
            if where and (where == "foot" or row in rows[:3]):
                found[(where, re.sub(r"\d+", "#", text))].append((page, row))
    told: dict[str, dict[str, int]] = {"head": {}, "foot": {}}
    for (where, shape), places in found.items():
        count = len({page.number for page, _ in places})
        alone = is_number_line(shape.replace("#", "1"))
        if (count >= 2 and count >= len(pages) * 0.4) or alone:
            gone = {id(w) for _, row in places for w in row}
            for page, _ in places:
                page.words = [w for w in page.words if id(w) not in gone]
            if not alone:
                told[where][" ".join(w.text for w in places[0][1])] = count
    return told


def rows_of(words: list[Word]) -> list[list[Word]]:
    """Words grouped by base line, from top to bottom and from left to right."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (-w.y, w.x0)):
        row = rows[-1] if rows else None
        if row and abs(row[0].y - word.y) < 0.45 * min(max(row[0].size, 4), max(word.size, 4)):
            row.append(word)
        else:
            rows.append([word])
    for row in rows:
        row.sort(key=lambda w: w.x0)
    return rows


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
