"""The parts of a Word document's XML: runs, paragraphs, links, fields, tables.

Enters: plain texts. Leaves: elements; every text goes in as text, without the characters that XML forbids.
Written as elements, because python-docx takes minutes for tables of a thousand rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

_FORBIDDEN = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
RULE = "DFDCD5"


def clean(text: str) -> str:
    """Text without what XML cannot hold."""
    return _FORBIDDEN.sub("", text)


def el(tag: str, *children: Any, **attributes: str | int) -> Any:
    """An element of the w: namespace with its attributes in it."""
    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), str(value))
    made.extend(child for child in children if child is not None)
    return made


def run(text: str, style: str = "", bold: bool = False, struck: bool = False) -> Any:
    """A piece of text in one style; `style` is the id of a character style."""
    properties = el("rPr")
    if style:
        properties.append(el("rStyle", val=style))
    if bold:
        properties.append(el("b"))
    if struck:
        properties.append(el("strike"))
    words = el("t")
    words.text = clean(text)
    words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return el("r", properties if len(properties) else None, words)


def tab() -> Any:
    """A tabulator."""
    return el("r", el("tab"))


def link(text: str, bookmark: str, style: str = "PlanId") -> Any:
    """Text that leads to a bookmark of this document."""
    return el("hyperlink", run(text, style), anchor=bookmark, history=1)


def field(code: str, shown: str = "1", style: str = "") -> list[Any]:
    """A field that Word computes, such as PAGE; `shown` until it has."""
    instruction = el("instrText")
    instruction.text = f" {code} "
    instruction.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    parts = (el("fldChar", fldCharType="begin"), instruction, el("fldChar", fldCharType="separate"))
    return [*(el("r", part) for part in parts), run(shown, style), el("r", el("fldChar", fldCharType="end"))]


def paragraph(style: str, runs: Iterable[Any], *, right: bool = False, keep: bool = False) -> Any:
    """A paragraph; `style` is the id of a paragraph style, `keep` holds it on the page of the next one."""
    properties = el("pPr", el("pStyle", val=style) if style else None)
    if keep:
        properties.append(el("keepNext"))
    if right:
        properties.append(el("jc", val="right"))
    return el("p", properties, *runs)


def bookmarked(runs: Sequence[Any], name: str, number: int) -> list[Any]:
    """Runs that links can lead to."""
    return [el("bookmarkStart", id=number, name=name), *runs, el("bookmarkEnd", id=number)]


def table(widths: Sequence[int], rows: Iterable[Any], style: str = "PlanTable") -> Any:
    """A table of fixed widths in twentieths of a point."""
    properties = el(
        "tblPr", el("tblStyle", val=style), el("tblW", w=sum(widths), type="dxa"), el("tblLayout", type="fixed")
    )
    properties.append(
        el("tblLook", val="0420", firstRow=1, lastRow=0, firstColumn=0, lastColumn=0, noHBand=1, noVBand=1)
    )
    return el("tbl", properties, el("tblGrid", *(el("gridCol", w=width) for width in widths)), *rows)


def row(cells: Iterable[Any], head: bool = False) -> Any:
    """A row that no page break splits; a head is repeated on each page."""
    return el("tr", el("trPr", el("cantSplit"), el("tblHeader") if head else None), *cells)


def cell(width: int, paragraphs: Iterable[Any], top: str = "") -> Any:
    """A cell; `top`: colour of a strong line above it."""
    properties = el("tcPr", el("tcW", w=width, type="dxa"))
    if top:
        properties.append(el("tcBorders", el("top", val="single", sz=12, space=0, color=top)))
    held = list(paragraphs)
    return el("tc", properties, *(held or [el("p")]))
