"""A table of a free-text plan: tasks with hours, risks, dates, people, prices; totals are checked, never counted.

Enters: a table block and the section that it stands in. Leaves: its items in the `Reading`.
Try: plansmith adopt examples/free/plot-queue/plan.docx

A table's columns are known by their heads (words/plans.*.toml). A cell that was merged over several rows or columns
comes as one filled cell and empty ones: a row with one filled cell is the heading of those below it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from plansmith.sources.freeplans.columns import POINTS, Column, columns_of, table_kind
from plansmith.sources.freeplans.efforts import Effort, efforts_in
from plansmith.sources.freeplans.found import Found, Kind, Part, Spot, Total, code_of, tidy_code
from plansmith.sources.freeplans.markup import Block, Cell, Row, plain
from plansmith.sources.freeplans.planwords import row_kind, undecided, unit_named
from plansmith.sources.freeplans.reading import Reading, Where, money_and_dates

_NOTHING = frozenset(("", "-", "–", "—", "x", "/", "0"))
_PARTS = (
    "role", "detail", "duration", "start", "end", "cost", "deliverable", "done_when", "after", "priority", "probability",
    "impact", "cause", "effect", "response", "owner", "rate", "share", "name", "requirement",
)  # fmt: skip


@dataclass
class _Sums:
    """Efforts of the rows so far: all, and those since the last subtotal."""

    all: list[Effort] = field(default_factory=list)
    group: list[Effort] = field(default_factory=list)


def read_table(table: Block, where: Where, reading: Reading) -> None:
    """Read one table; where nothing in it is understood, it is noted as unread."""
    reading.tables += 1
    columns, first = columns_of(table.rows)
    kind = table_kind(columns, where)
    if not kind:
        whole = Spot(table.line, table.start, table.end)
        reading.miss("a table whose columns are not known" if first else "a table without known column heads", whole)
        return
    before = len(reading.found) + len(reading.totals)
    reading.lines |= {row.line for row in table.rows[:first]}
    _Table(columns, kind, where, reading).read(table.rows[first:])
    if len(reading.found) + len(reading.totals) > before:
        reading.tables_read += 1


@dataclass
class _Table:
    columns: list[Column]
    kind: str
    where: Where
    reading: Reading
    group: str = ""
    requirement: Part | None = None
    sums: _Sums = field(default_factory=_Sums)

    def read(self, rows: Sequence[Row]) -> None:
        self.group = self.where.group
        for row in rows:
            filled = [(n, c) for n, c in enumerate(row.cells[: len(self.columns)]) if c.text]
            if not filled:
                continue
            for _, cell in filled:
                money_and_dates(cell.text, row.line, cell.start, self.where.heading, self.reading)
            named = [
                c for n, c in filled if self.columns[n].kind not in ("effort", "total", "by_role", *POINTS, "cost")
            ]
            sort = row_kind(plain(named[0].text)) if named else ("total" if self.sums.all and len(filled) == 1 else "")
            if sort and self.kind in ("task", "role", "amount", "milestone"):
                self._total(row, sort, named[0] if named else filled[0][1])
            elif self._is_group(filled, row):
                self.group = plain(filled[0][1].text)
                self.sums.group = []
                self.reading.lines.add(row.line)
            else:
                self._item(row)

    def _is_group(self, filled: list[tuple[int, Cell]], row: Row) -> bool:
        texts = {c.text for _, c in filled}
        place, cell = filled[0]
        column = self.columns[place].kind
        whole = len(texts) == 1 and len(self.columns) > 1 and column not in ("effort", "total", "by_role", *POINTS)
        same = len(filled) > 1 or self.kind in ("task", "role", "milestone")
        return whole and same and not undecided(cell.text) and (self.kind != "task" or self.where.kind != "risks")

    def _cell(self, row: Row, *kinds: str) -> tuple[Cell, Column] | None:
        for kind in kinds:
            for place, column in enumerate(self.columns):
                if column.kind == kind and place < len(row.cells) and row.cells[place].text:
                    return row.cells[place], column
        return None

    def _spot(self, row: Row, cell: Cell, column: Column) -> Spot:
        return Spot(row.line, cell.start, cell.end, column.head, row.number)

    def _main(self, row: Row) -> tuple[Cell, Column] | None:
        """The cell that names the item."""
        order = {
            "risk": ("risk", "title", "detail"),
            "question": ("question", "title", "detail", "requirement"),
            "assumption": ("assumption", "title", "detail", "requirement"),
            "role": ("role", "name"),
            "amount": ("title", "detail", "group", "role", "requirement"),
            "requirement": ("requirement", "title", "detail"),
            "milestone": ("title", "group", "deliverable", "requirement", "detail"),
        }.get(self.kind, ("title", "requirement", "deliverable", "detail", "group"))
        found = self._cell(row, *order)
        if found or self.kind in ("role", "task"):
            return found
        for cell, column in zip(row.cells, self.columns, strict=False):
            if column.kind in ("", "code") and re.search(r"[^\W\d_]{3}", cell.text):
                return cell, column
        return None

    def _item(self, row: Row) -> None:
        main = self._main(row)
        if main is None:
            cells = [c for c in row.cells if c.text]
            self.reading.miss("a table row without a name", Spot(row.line, cells[0].start, cells[-1].end))
            return
        cell, column = main
        text = plain(cell.text)
        code_cell = self._cell(row, "code")
        code = code_of(text) or (tidy_code(plain(code_cell[0].text)) if code_cell else "")
        group = self._group(row, column)
        kind: Kind = "reserve" if row_kind(text) == "reserve" else self.kind  # type: ignore[assignment]  # of `Kind`
        item = Found(
            kind, text, self._spot(row, cell, column), self.where.heading, group, code, self._parts(row, column)
        )
        if self.where.role and kind == "task":
            item = item.with_parts(self.where.role)
        if kind in ("task", "reserve", "role"):
            self._efforts(row, item)
        elif kind == "amount":
            self.reading.lines.add(row.line)
        else:
            self.reading.take(item)

    def _group(self, row: Row, main: Column) -> str:
        """The phase of a row; a merged cell holds for the rows below it."""
        found = self._cell(row, "group")
        if found and main.kind != "group" and re.search(r"[^\W\d_]", found[0].text):
            self.group = plain(found[0].text)
        return self.group

    def _parts(self, row: Row, main: Column) -> tuple[Part, ...]:
        parts = []
        owned = any(c.kind == "role" for c in self.columns)
        for cell, column in zip(row.cells, self.columns, strict=False):
            if column is main or not cell.text:
                continue
            if column.kind == "requirement" and self.kind == "task":
                self.requirement = Part("requirement", plain(cell.text), self._spot(row, cell, column))
            elif column.kind in _PARTS and re.search(r"[^\W_]", cell.text) and not undecided(cell.text):
                kind = "role" if column.kind == "owner" and self.kind == "task" and not owned else column.kind
                parts.append(Part(kind, plain(cell.text), self._spot(row, cell, column)))
        if self.requirement and main.kind != "requirement" and self.kind == "task":
            parts.append(self.requirement)
        return tuple(parts)

    # efforts

    def _efforts(self, row: Row, item: Found) -> None:
        by_role = [
            (c, k) for c, k in zip(row.cells, self.columns, strict=False) if k.kind == "by_role" and _said(c.text)
        ]
        if by_role and item.kind != "role":
            self._matrix(row, item, by_role)
            return
        effort, spot = self._effort(row)
        if effort:
            self.sums.all.append(effort)
            self.sums.group.append(effort)
        item = replace(item, effort=effort, effort_spot=spot)
        open_cell = self._cell(row, "effort", "m", "total")
        if not effort and open_cell and undecided(open_cell[0].text):
            self.reading.undecided.append(item)
        self.reading.take(item)

    def _effort(self, row: Row) -> tuple[Effort | None, Spot | None]:
        """The effort of a row: from one column, or from those of optimistic, most likely, pessimistic."""
        points = [(c, k) for c, k in zip(row.cells, self.columns, strict=False) if k.kind in POINTS and _said(c.text)]
        if len(points) > 1:
            points.sort(key=lambda pair: POINTS.index(pair[1].kind))
            found = [self._figure(row, c, k) for c, k in points]
            whole = [e for e in found if e]
            values = [e.figures[0].value for e in whole]
            if len(whole) == len(points) and len({e.unit for e in whole}) == 1 and values == sorted(values):
                figures = tuple(e.figures[0] for e in whole)
                for e in whole:
                    self.reading.took(e)
                return Effort(figures, whole[0].unit, whole[0].start, whole[-1].end), self._spot(row, *points[0])
            spot = self._spot(row, *points[0])
            self.reading.miss("three figures that are not optimistic, most likely, pessimistic in one unit", spot)
            return None, None
        for kind in ("effort", *POINTS, "total"):
            found_cell = self._cell(row, kind)
            if found_cell and _said(found_cell[0].text):
                effort = self._figure(row, *found_cell)
                if effort:
                    self.reading.took(effort)
                return effort, self._spot(row, *found_cell) if effort else None
        return None, None

    def _unit(self, column: Column) -> str:
        if column.unit:
            return column.unit
        named = {k.unit for k in self.columns if k.kind in ("effort", "total", *POINTS) and k.unit}
        return named.pop() if len(named) == 1 else self.where.unit

    def _figure(self, row: Row, cell: Cell, column: Column) -> Effort | None:
        """The one effort that a cell states and nothing else; notes why there is none."""
        found = efforts_in(cell.text, self._unit(column), cell.start)
        spot = self._spot(row, cell, column)
        if len(found) == 1:
            left = cell.text[: found[0].start - cell.start] + cell.text[found[0].end - cell.start :]
            if not re.search(r"\d", left) and len(re.findall(r"[^\W\d_]{3,}", left)) <= 2:
                return found[0]
        if undecided(cell.text) or not re.search(r"\d", cell.text):
            return None
        at = cell.start + (re.search(r"\d", cell.text) or re.match("", cell.text)).start()  # type: ignore[union-attr]
        self.reading.figures.setdefault(at, cell.end)
        unit = self._unit(column) or unit_named(cell.text)
        why = "an effort that is not one figure or range" if unit else "an effort without a unit (hours or days?)"
        self.reading.miss(why, spot)
        return None

    def _matrix(self, row: Row, item: Found, cells: list[tuple[Cell, Column]]) -> None:
        """A column a role: a task for each role that has hours in the row; the row's own total is checked."""
        unit_taken = []
        for cell, column in cells:
            effort = self._figure(row, cell, column)
            if effort:
                role = Part("role", column.head, column.place or self._spot(row, cell, column))
                spot = self._spot(row, cell, column)
                rest = replace(item, parts=(*(p for p in item.parts if p.name != "role"), role))
                self.reading.take(replace(rest, effort=effort, effort_spot=spot))
                unit_taken.append(effort)
        self.sums.all += unit_taken
        self.sums.group += unit_taken
        whole = self._cell(row, "total", "effort")
        if whole and (said := self._figure(row, *whole)) and unit_taken:
            self.reading.took(said)
            self.reading.totals.append(total(item.text, self._spot(row, *whole), said, unit_taken, self.reading.day))

    def _total(self, row: Row, sort: str, named: Cell) -> None:
        """A row of totals: its figure is compared with the sum of those above it."""
        self.reading.lines.add(row.line)
        if sort == "tax":
            return
        if sort == "reserve":
            self._item(row)
            return
        by_role = [
            (c, k) for c, k in zip(row.cells, self.columns, strict=False) if k.kind == "by_role" and _said(c.text)
        ]
        whole = self._cell(row, "total") if by_role else None
        covered = self.sums.group if sort == "subtotal" else self.sums.all
        if by_role and whole is None:
            return
        if whole:
            effort, spot = self._figure(row, *whole), self._spot(row, *whole)
            if effort:
                self.reading.took(effort)
        else:
            effort, found = self._effort(row)
            spot = found or Spot(row.line, named.start, named.end)
        if effort:
            self.reading.totals.append(total(plain(named.text), spot, effort, covered, self.reading.day))
        self.sums.group = []


def total(text: str, spot: Spot, said: Effort, covered: Sequence[Effort], day: float | None = None) -> Total:
    """A stated total beside the sum of the efforts that it covers; hours and days are added where a day's are known."""
    units = {e.unit for e in covered}
    summed = None
    if covered and (units == {said.unit} or (day and units | {said.unit} <= {"h", "day"})):
        worth = {"h": 1.0, "day": day or 1.0}
        shares = [worth.get(e.unit, 1.0) / worth.get(said.unit, 1.0) for e in covered]
        points = [e.points for e in covered]
        summed = (
            round(sum(p[0] * share for p, share in zip(points, shares, strict=True)), 4),
            round(sum(p[2] * share for p, share in zip(points, shares, strict=True)), 4),
        )
    return Total(text, spot, said, summed, len(covered))


def _said(text: str) -> bool:
    return plain(text).lower() not in _NOTHING
