"""A document as data: sections of a few kinds of blocks, which the Word and the PDF room draw each in its own way.

Enters: plain texts, from `compose`. Leaves: frozen blocks; nothing here knows what a plan is, or what a page is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from plansmith.plan import Curve, Figure


@dataclass(frozen=True)
class Ref:
    """The id of an item, shown as it is and linked to the item where the document holds it."""

    id: str


Line: TypeAlias = tuple[str | Ref, ...]
"""Text with references in it."""
Align: TypeAlias = Literal["left", "right"]


@dataclass(frozen=True)
class Text:
    """A paragraph; `entry`: with a bullet."""

    line: Line
    style: Literal["body", "small", "entry"] = "body"


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True)
class Point:
    """A bullet of an item; `note` follows in small; `chosen`: the option that was decided for."""

    text: str
    note: str = ""
    chosen: bool = False


@dataclass(frozen=True)
class Item:
    """An item with its id in the margin.

    `gone`: struck through; `state` says why. `tags`: text and whether it stands out. `quotes`: sentence id and the
    client's words. `notes`: label and text. `score`: a risk's number, 0 for none. `small`: a last quiet line.
    """

    id: str
    lead: str
    gone: bool = False
    state: Line = ()
    tags: tuple[tuple[str, bool], ...] = ()
    quotes: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, Line], ...] = ()
    points: tuple[Point, ...] = ()
    small: Line = ()
    score: int = 0
    strong: bool = True


@dataclass(frozen=True)
class Column:
    """A column: its head, its share of the width, and how its cells are set."""

    head: str
    width: float
    align: Align = "left"


@dataclass(frozen=True)
class Cell:
    """A cell: a line, and quiet small lines under it. `tone`: accent for what stands out, quiet for what is missing."""

    line: Line
    small: tuple[Line, ...] = ()
    strong: bool = False
    tone: Literal["", "accent", "quiet"] = ""


@dataclass(frozen=True)
class Row:
    """A row; `id`: the item that it shows, for links."""

    cells: tuple[Cell, ...]
    id: str = ""
    gone: bool = False
    total: bool = False


@dataclass(frozen=True)
class Table:
    """A table whose head is repeated on each page."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Figures:
    """Key figures side by side."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Curves:
    """Chances as curves; `points` of each as pairs of percent."""

    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class Stripe:
    """A row of a chart: a bar from `left`, `width` wide, or a milestone (`stone`) at `left`; percent of the width."""

    id: str
    title: str
    left: float
    width: float = 0.0
    critical: bool = False
    stone: bool = False
    when: str = ""


@dataclass(frozen=True)
class Chart:
    """A Gantt chart: ticks as (percent, label), the deadline's place and label, and what its marks mean."""

    ticks: tuple[tuple[float, str], ...]
    stripes: tuple[Stripe, ...]
    deadline: tuple[float, str] | None
    critical: str
    milestone: str


Block: TypeAlias = Text | Heading | Item | Table | Figures | Curves | Chart


@dataclass(frozen=True)
class Section:
    """A chapter; `key` names it, for templates."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """Title block, chapters, and what pages say around them; `ids`: the items that can be linked to."""

    language: str
    kind: str
    title: str
    client: str
    issued: str
    summary: tuple[Text, ...]
    sections: tuple[Section, ...]
    contents: str
    page: str
    ids: frozenset[str]
