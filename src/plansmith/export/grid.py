"""A sheet of a workbook: a head that stays, filters, widths, and cells that are text unless we make them otherwise.

Enters: columns and rows of plain values. Leaves: a sheet written into an xlsxwriter workbook.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["id", "text", "wrap", "hours", "money", "whole", "share", "date"]
_FORMS = {"hours": "#,##0.0", "money": "#,##0.00", "whole": "0", "share": "0%", "date": "yyyy-mm-dd"}
_LONGEST = 32_000
"""Characters of a cell; Excel holds 32,767."""
_FIRST_YEAR = 1900
"""Excel knows no earlier day."""
_LINE, _MOST_LINES = 13, 30
"""Height of a line in points, and lines of the highest row: Excel ends at 409 points."""
INK, QUIET, ACCENT, RULE, SOFT, BAD = "#1D2125", "#5D666E", "#0B6670", "#DFDCD5", "#F3F1EC", "#A63A1C"
ACCENT_SOFT = "#E1F0F0"


@dataclass(frozen=True)
class Formula:
    """A formula and what it comes to, for readers that do not calculate."""

    text: str
    value: float


Value: TypeAlias = str | float | dt.date | Formula | None


@dataclass(frozen=True)
class Field:
    """A column: its head, its width in characters, and what its cells hold."""

    head: str
    width: float
    kind: Kind = "text"


@dataclass(frozen=True)
class Book:
    """An xlsxwriter workbook with its formats."""

    workbook: Any
    page: str

    @cached_property
    def _made(self) -> dict[tuple[tuple[str, Any], ...], Any]:
        return {}

    def form(self, **properties: Any) -> Any:
        """A format; the same properties give the same one."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            plain = {"font_name": "Calibri", "font_size": 10, "font_color": INK, "valign": "top"}
            self._made[key] = self.workbook.add_format(plain | properties)
        return self._made[key]

    def cell(self, kind: Kind, strong: bool = False, quoted: bool = False) -> Any:
        """The format of a table's cell; `quoted`: its text begins as a formula would, and stays text when edited."""
        properties: dict[str, Any] = {"bottom": 1, "bottom_color": RULE}
        if kind in _FORMS:
            properties |= {"num_format": _FORMS[kind], "align": "right"}
        if kind in ("text", "wrap"):
            properties |= {"align": "left", "indent": 1, "text_wrap": kind == "wrap"}
        if kind == "id":
            properties |= {"font_color": ACCENT, "bold": True}
        if strong:
            properties |= {"bold": True, "top": 1, "top_color": QUIET}
        if quoted:
            properties["quote_prefix"] = True
        return self.form(**properties)

    def sheet(self, name: str) -> Any:
        """An empty sheet, ready for print: landscape, one page wide, numbered."""
        made = self.workbook.add_worksheet(name)
        made.hide_gridlines(2)
        made.set_landscape()
        made.set_paper(9)
        made.fit_to_pages(1, 0)
        made.set_margins(0.5, 0.5, 0.7, 0.7)
        made.set_footer(f"&L&8&A&R&8{self.page.format(n='&P', total='&N')}")
        return made

    def table(self, sheet: Any, fields: Sequence[Field], rows: Sequence[Sequence[Value]], left: int = 0) -> None:
        """Head and rows from the top of a sheet; the sheet's first table gets filters, and its head stays in view."""
        head = {
            "bold": True,
            "font_color": QUIET,
            "bg_color": SOFT,
            "text_wrap": True,
            "bottom": 1,
            "bottom_color": QUIET,
        }
        for column, field in enumerate(fields, left):
            sheet.set_column(column, column, field.width)
            side = "right" if field.kind in _FORMS else "left"
            sheet.write_string(
                0, column, field.head, self.form(**head, align=side, indent=int(field.kind in ("text", "wrap")))
            )
        for number, row in enumerate(rows, 1):
            self.row(sheet, number, fields, row, left)
        if not left:
            for number, row in enumerate(rows, 1):
                sheet.set_row(number, _LINE * max(map(_lines, fields, row)) + 4)
            sheet.set_row(0, _LINE * max(_lines(field, field.head) for field in fields) + 4)
            sheet.freeze_panes(1, 2)
            sheet.repeat_rows(0)
            sheet.autofilter(0, 0, max(len(rows), 1), len(fields) - 1)

    def row(
        self,
        sheet: Any,
        number: int,
        fields: Sequence[Field],
        row: Sequence[Value],
        left: int = 0,
        strong: bool = False,
    ) -> None:
        """One row of values."""
        for column, (field, value) in enumerate(zip(fields, row, strict=True), left):
            self.write(sheet, number, column, value, field.kind, strong)

    def write(self, sheet: Any, row: int, column: int, value: Value, kind: Kind, strong: bool = False) -> None:
        """One value in its own kind of cell; a text is never taken for a formula, a number or a link."""
        if value is None or value == "":
            sheet.write_blank(row, column, None, self.cell(kind, strong))
        elif isinstance(value, str):
            quoted = value[0] in "=+-@\t\r"
            sheet.write_string(row, column, shortened(value), self.cell(kind, strong, quoted))
        elif isinstance(value, Formula):
            sheet.write_formula(row, column, value.text, self.cell(kind, strong), value.value)
        elif isinstance(value, dt.date):
            if value.year < _FIRST_YEAR:
                sheet.write_string(row, column, value.isoformat()[:10], self.cell("text", strong))
            else:
                sheet.write_datetime(row, column, value, self.cell(kind, strong))
        else:
            sheet.write_number(row, column, value, self.cell(kind, strong))


def _lines(field: Field, value: Value) -> int:
    """Lines that a value takes in its column: not every reader works out a row's height by itself."""
    if not isinstance(value, str) or (field.kind != "wrap" and value != field.head):
        return 1
    return min(_MOST_LINES, sum(1 + int(len(part) * 0.9 / field.width) for part in value.split("\n")))


def shortened(text: str) -> str:
    """A text that a cell can hold."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
