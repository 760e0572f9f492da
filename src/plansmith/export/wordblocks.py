"""How the blocks of a document look in Word.

Enters: a `Document` and its blocks. Leaves: elements for the body of a Word document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from plansmith.export.document import (
    Block,
    Cell,
    Chart,
    Curves,
    Document,
    Figures,
    Heading,
    Item,
    Line,
    Ref,
    Row,
    Section,
    Table,
    Text,
)
from plansmith.export.wordparts import RULE, bookmarked, cell, link, paragraph, row, run, tab, table
from plansmith.export.wordstyles import ACCENT, BAD

MOST_STRIPES = 90
"""Rows of a chart that Word gets as a picture; of more, milestones and what is critical."""


class Drawing:
    """Draws the blocks of one document; counts its bookmarks, and calls `add_picture` for charts."""

    def __init__(self, document: Document, width: int, pictures: Any, chart_words: tuple[str, str]) -> None:
        self.document = document
        self.width = width
        self.pictures = pictures
        self.chart_name, self.chart_part = chart_words
        self._numbers = count(1)

    def section(self, section: Section, style: str = "Heading1") -> Iterator[Any]:
        """A chapter with its heading."""
        yield self.heading(section, style)
        yield from self.blocks(section)

    def heading(self, section: Section, style: str = "Heading1") -> Any:
        """The heading of a chapter, bookmarked for the contents."""
        return paragraph(style, bookmarked([run(section.title)], f"_Toc_{section.key}", next(self._numbers)))

    def blocks(self, section: Section) -> Iterator[Any]:
        """What a chapter holds, without its heading."""
        for block in section.blocks:
            yield from self.block(block)

    def block(self, block: Block) -> Iterator[Any]:
        """One block as paragraphs, tables or pictures."""
        if isinstance(block, Text):
            style = {"body": "", "small": "PlanSmall", "entry": "ListBullet"}[block.style]
            yield paragraph(style, self.line(block.line), keep=block.style == "small")
        elif isinstance(block, Heading):
            yield paragraph("Heading2", [run(block.text)])
        elif isinstance(block, Item):
            yield from self._item(block)
        elif isinstance(block, Table):
            yield from self._table(block)
        elif isinstance(block, Figures):
            yield from self._figures(block)
        elif isinstance(block, Curves):
            title = "; ".join(f"{c.title}: " + ", ".join(f"{m[0]} {m[2]}" for m in c.marks) for c in block.curves)
            yield self.pictures(block, title)
        else:
            yield from self._chart(block)

    def line(self, line: Line, style: str = "", bold: bool = False, struck: bool = False) -> list[Any]:
        """Text with references, those linked that the document holds."""
        found = []
        for part in line:
            if not isinstance(part, Ref):
                found.append(run(part, style, bold, struck))
            elif part.id in self.document.ids:
                found.append(link(part.id, f"item_{part.id}"))
            else:
                found.append(run(part.id, "PlanId"))
        return found

    def _anchored(self, id: str) -> list[Any]:
        shown = [run(id, "PlanId")]
        return bookmarked(shown, f"item_{id}", next(self._numbers)) if id in self.document.ids else shown

    def _item(self, one: Item) -> Iterator[Any]:
        lead = [*self._anchored(one.id), tab(), run(one.lead, "PlanQuiet" if one.gone else "", struck=one.gone)]
        yield paragraph("PlanItem" if one.strong else "PlanStory", lead)
        tags: list[Any] = [run(f"{one.score} = ", bold=True)] if one.score else []
        for number, (words, strong) in enumerate(one.tags):
            tags += [run(" · ")] if number else []
            tags.append(run(words, "PlanId" if strong else ""))
        if one.state:
            tags += [*([run(" · ")] if tags else []), *self.line(one.state)]
        if tags:
            yield paragraph("PlanTags", tags, keep=bool(one.quotes))
        for id, words in one.quotes:
            yield paragraph("PlanQuote", [run(id, "PlanId"), run(f"  {words}")])
        for name, text in one.notes:
            yield paragraph("PlanNote", [run(f"{name}: ", "PlanQuiet"), *self.line(text)])
        for point in one.points:
            mark = run("✓" if point.chosen else "•", "PlanId" if point.chosen else "PlanQuiet")
            note = [run(f": {point.note}", "PlanQuiet")] if point.note else []
            yield paragraph("PlanPoint", [mark, tab(), run(point.text, bold=point.chosen), *note])
        if one.small:
            yield paragraph("PlanTags", self.line(one.small))

    def _table(self, block: Table) -> Iterator[Any]:
        shares = sum(column.width for column in block.columns)
        widths = [round(self.width * column.width / shares) for column in block.columns]
        rights = [column.align == "right" for column in block.columns]
        rows = []
        if any(column.head for column in block.columns):
            heads = zip(block.columns, widths, rights, strict=True)
            rows.append(row((cell(w, [paragraph("PlanHead", [run(c.head)], right=r)]) for c, w, r in heads), head=True))
        rows += [self._row(one, widths, rights) for one in block.rows]
        yield table(widths, rows)
        yield paragraph("PlanSmall", [])

    def _row(self, one: Row, widths: list[int], rights: list[bool]) -> Any:
        made = []
        for number, (held, width, right) in enumerate(zip(one.cells, widths, rights, strict=True)):
            made.append(cell(width, self._cell(held, one, right, one.id if not number else "")))
        return row(made)

    def _cell(self, held: Cell, one: Row, right: bool, id: str) -> Iterator[Any]:
        style = {"accent": "PlanId", "quiet": "PlanQuiet", "": "PlanQuiet" if one.gone else ""}[held.tone]
        if id and held.line == (Ref(id),):
            yield paragraph("PlanCell", self._anchored(id), right=right)
        else:
            yield paragraph("PlanCell", self.line(held.line, style, held.strong, one.gone), right=right)
        for small in held.small:
            yield paragraph("PlanCellSmall", self.line(small), right=right)

    def _figures(self, block: Figures) -> Iterator[Any]:
        width = self.width // 3
        rows = []
        for first in range(0, len(block.figures), 3):
            cells = []
            for one in block.figures[first : first + 3]:
                held = [paragraph("PlanHead", [run(one.label)]), paragraph("PlanValue", [run(one.value)])]
                held.append(paragraph("PlanCellSmall", [run(one.note)]))
                cells.append(cell(width, held, top={"good": ACCENT, "bad": BAD}.get(one.tone, RULE)))
            cells += [cell(width, []) for _ in range(3 - len(cells))]
            rows.append(row(cells))
        yield table([width] * 3, rows, "PlanFigures")
        yield paragraph("PlanSmall", [])

    def _chart(self, block: Chart) -> Iterator[Any]:
        stripes = block.stripes
        if len(stripes) > MOST_STRIPES:
            stones = [one for one in stripes if one.stone][: MOST_STRIPES // 2]
            critical = [one for one in stripes if one.critical][: MOST_STRIPES - len(stones)]
            stripes = (*critical, *stones)
            text = self.chart_part.format(shown=len(stripes), total=len(block.stripes))
            yield paragraph("PlanSmall", [run(text)], keep=True)
        for first in range(0, len(stripes), MOST_STRIPES // 2):
            yield self.pictures(replace(block, stripes=stripes[first : first + MOST_STRIPES // 2]), self.chart_name)
