"""The columns of a table of a free-text plan, and what the table as a whole is.

Enters: the rows of a table. Leaves: what each column holds, how many rows the heads take, and the kind of its items.
Try: python -c "from plansmith.sources.freeplans.planwords import column_kind; print(column_kind('Estimare (zile-om)'))"
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from plansmith.sources.freeplans.efforts import efforts_in
from plansmith.sources.freeplans.found import Spot
from plansmith.sources.freeplans.markup import Cell, Row, plain
from plansmith.sources.freeplans.planwords import column_kind, meaning, role_words
from plansmith.sources.freeplans.reading import Where

POINTS = ("o", "m", "p")


@dataclass(frozen=True)
class Column:
    """What a column holds, the unit its head names, and the head itself."""

    kind: str
    unit: str
    head: str
    place: Spot | None = None


def columns_of(rows: Sequence[Row]) -> tuple[list[Column], int]:
    """The columns, and how many rows their heads take (0: no head is known)."""
    best: tuple[int, list[Column], int] = (0, [], 0)
    for place, row in enumerate(rows[:3]):
        columns = [_column(cell, row.line) for cell in row.cells]
        known = sum(bool(c.kind) for c in columns)
        figures = sum(bool(re.fullmatch(r"[\d.,\s]+", c.text)) for c in row.cells)
        enough = known > 1 or len(columns) < 4 or (not place and any(c.kind in ("effort", *POINTS) for c in columns))
        if known > best[0] and not figures and enough:
            best = (known, columns, place + 1)
    if best[0]:
        columns, after = _two_rows(best[1], rows, best[2])
        return _named(columns, rows[after:]), after
    return _headless(rows), 0


def _named(columns: list[Column], rows: Sequence[Row]) -> list[Column]:
    """Where efforts have a column and nothing names the tasks, the first unknown column with words does."""
    kinds = {c.kind for c in columns}
    if kinds & {"title", "requirement", "group", "detail", "deliverable", "role", "name"} or not kinds & {
        "effort",
        *POINTS,
    }:
        return columns
    for place, column in enumerate(columns):
        words = sum(place < len(r.cells) and bool(re.search(r"[^\W\d_]{3}", r.cells[place].text)) for r in rows)
        if not column.kind and 2 * words > len(rows):
            return [*columns[:place], replace(column, kind="title"), *columns[place + 1 :]]
    return columns


def _two_rows(columns: list[Column], rows: Sequence[Row], after: int) -> tuple[list[Column], int]:
    """The columns where a second row of heads says more: "Effort" above "min" and "max"."""
    below = [_column(cell, rows[after].line) for cell in rows[after].cells] if after < len(rows) else []
    heads = [c.head for c in below if c.head]
    if len(heads) < 2 or below[0].head or not all(meaning("columns", head, exact=True) for head in heads):
        return columns, after
    pairs = [*zip(columns, below, strict=False)]
    joined = [
        Column(low.kind, low.unit or _unit_above(columns, n), low.head, low.place) if low.kind else top
        for n, (top, low) in enumerate(pairs)
    ]
    return [*joined, *columns[len(pairs) :]], after + 1


def _unit_above(columns: Sequence[Column], place: int) -> str:
    """The unit of the head that stands above a column, which may have been merged over several."""
    return next((c.unit for c in reversed(columns[: place + 1]) if c.head), "")


def _column(cell: Cell, line: int) -> Column:
    head = plain(cell.text)
    kind, unit = column_kind(head)
    kind = "by_role" if not kind and role_words(head) else kind
    return Column(kind, unit, head, Spot(line, cell.start, cell.end, head))


def _headless(rows: Sequence[Row]) -> list[Column]:
    """Columns by their contents: the one whose cells state hours, and the first with words."""
    width = max((len(r.cells) for r in rows), default=0)
    columns = [Column("", "", "")] * width
    for place in range(width):
        cells = [r.cells[place].text for r in rows if place < len(r.cells) and r.cells[place].text]
        whole = [c for c in cells if any(e.end - e.start == len(c) for e in efforts_in(c))]
        if cells and 2 * len(whole) > len(cells) and not any(c.kind == "effort" for c in columns):
            columns[place] = Column("effort", "", "")
    if any(c.kind == "effort" for c in columns):
        for place, column in enumerate(columns):
            words = [r for r in rows if place < len(r.cells) and re.search(r"[^\W\d_]{3}", r.cells[place].text)]
            if not column.kind and 2 * len(words) > len(rows):
                columns[place] = Column("title", "", "")
                break
    return columns


def table_kind(columns: Sequence[Column], where: Where) -> str:
    kinds = {c.kind for c in columns}
    named = kinds & {"title", "requirement", "group", "detail", "deliverable"}
    hours = kinds & {"effort", *POINTS} or ("by_role" in kinds and named)
    tests = (
        ("risk", kinds & {"risk", "probability", "response"} or (where.kind == "risks" and kinds)),
        ("question", "question" in kinds or (where.kind == "questions" and named)),
        ("assumption", "assumption" in kinds or (where.kind == "assumptions" and named)),
        ("out_of_scope", where.kind == "out_of_scope" and named),
        ("task", hours and named),
        ("role", {"role", "name"} & kinds and (hours or kinds & {"rate", "share", "name"} or where.kind == "team")),
        ("task", where.kind == "tasks" and named and not kinds & {"start", "end"}),
        ("milestone", kinds & {"start", "end", "duration"} and named),
        ("requirement", "requirement" in kinds or (where.kind == "requirements" and named)),
        ("task", where.kind == "tasks" and named),
        ("deliverable", where.kind == "deliverables" and named),
        ("amount", "cost" in kinds or "rate" in kinds),
    )
    return next((kind for kind, holds in tests if holds), "")
