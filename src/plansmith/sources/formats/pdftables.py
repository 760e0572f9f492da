"""Tables on a PDF page whose cells only stand aligned.

Enters: rows of lines. Leaves: tables as rows of cells.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from plansmith.sources.formats.pdfgrid import Table
from plansmith.sources.formats.pdflines import Line


def aligned_table(rows: list[list[Line]], start: int, is_mark: Callable[[str], bool]) -> tuple[Table, int] | None:
    """The table of aligned cells that begins at `rows[start]`, and how many rows it takes; None where none begins."""
    top = _cells(rows[start])
    if len(top) < 2 or is_mark(top[0].words[0].text):
        return None
    taken: list[list[Line]] = [top]
    for lines in rows[start + 1 :]:
        row = _cells(lines)
        gap = taken[-1][0].y - row[0].y
        size = max(row[0].size, 4)
        if not 0 < gap < 3.2 * size:
            break
        single = len(row) == 1 and (gap > 1.7 * size or not _fits(taken, row[0]))
        if single or is_mark(row[0].words[0].text):
            break
        taken.append(row)
    while taken and len(taken[-1]) == 1 and taken[-1][0].x0 < taken[0][1].x0 - 5 and len(taken) > 1:
        taken.pop()  # a line below the table, not the rest of a cell
    columns = _column_spans(taken)
    several = sum(len(row) >= 2 for row in taken)
    if len(columns) < 2 or several < (2 if len(columns) > 2 else 3):
        return None
    cells: list[list[str]] = []
    for row in taken:
        values = [""] * len(columns)
        for line in row:
            at = next(n for n, (x0, x1) in enumerate(columns) if line.x0 >= x0 - 1 and line.x1 <= x1 + 1)
            values[at] = f"{values[at]} {line.text}".strip()
        if cells and len(row) == 1:
            cells[-1] = [f"{a} {b}".strip() for a, b in zip(cells[-1], values, strict=True)]
        else:
            cells.append(values)
    return Table(cells, taken[0][0].y), len(taken)


def _cells(row: list[Line]) -> list[Line]:
    """A row parted at gaps that in running text would not be wide enough to part it."""
    cells: list[Line] = []
    for line in row:
        begin = 0
        for at, (before, word) in enumerate(pairwise(line.words), 1):
            if word.x0 - before.x1 > 0.85 * max(min(before.size, word.size), 4):
                cells.append(Line(line.words[begin:at]))
                begin = at
        cells.append(Line(line.words[begin:]))
    return cells


def _fits(taken: list[list[Line]], line: Line) -> bool:
    """Whether a lone line can be the rest of a cell: it begins where a cell above it began, and ends before the next."""
    columns = _column_spans(taken)
    for n, (x0, _) in enumerate(columns):
        beyond = columns[n + 1][0] if n + 1 < len(columns) else float("inf")
        if abs(line.x0 - x0) < 4 and line.x1 < beyond:
            return True
    return False


def _column_spans(rows: list[list[Line]]) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    for x0, x1 in sorted((line.x0, line.x1) for row in rows for line in row):
        if spans and x0 <= spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], max(spans[-1][1], x1))
        else:
            spans.append((x0, x1))
    return spans
