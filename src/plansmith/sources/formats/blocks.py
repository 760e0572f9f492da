"""What every format room makes: blocks, and the one text that they become.

Enters: headings, paragraphs, list items and tables, each with its place in the original. Leaves: a `Reading`:
Markdown that `read_brief` and people read well, the place of each block in it, and notes on what was not taken.
Try: python -c "from plansmith.sources.formats.blocks import *; print(compose([Block('heading', 'Scope', level=1)]).text)"
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

MAX_TEXT = 5_000_000
"""Characters; a longer text is no brief and no plan."""
MAX_CELLS = 50_000
"""Of one document's tables."""
BULLETS = "•◦▪●○■□–—·*‣⁃➢➤✓✔❖▶►\uf0b7\uf0a7\uf0d8\uf0fc\uf076"
_BULLET = re.compile(rf"(?:[{re.escape(BULLETS)}]|-)[ \t\u00a0]+(?=\S)")
_BOX = re.compile(r"([☐☑☒✅\uf0a8\uf0fe])[ \t\u00a0]*(?=\S)")
_UNSEEN = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_RULE = re.compile(r"(?m)^([ \t]*)([-=]{1,}[ \t]*)$")
_ID = re.compile(r"[A-Z][1-9][0-9]{0,5}[.:)]?$")


class Refusal(Exception):  # noqa: N818 - a file that is refused is no error of ours
    """A file that is not read: what is wrong and what to do, without the file's name."""


@dataclass(frozen=True)
class Place:
    """Where a block of the text stands in the original: `text[start:end]` is, for example, in "page 3"."""

    start: int
    end: int
    name: str


@dataclass(frozen=True)
class Reading:
    """A file as text, the places of its blocks, and what was not taken from it."""

    text: str
    places: tuple[Place, ...]
    notes: tuple[str, ...] = ()


@dataclass
class Block:
    """kind: title, heading (level from 1), paragraph, item (level from 0, number None for a bullet), table, rule, and
    verbatim, whose lines and list marks stay as people typed them.
    """

    kind: str
    text: str = ""
    place: str = ""
    level: int = 0
    number: int | None = None
    rows: list[list[str]] = field(default_factory=list)
    quoted: int = 0
    """How many people's replies it stands within, in a mail."""


@dataclass
class _Text:
    parts: list[str] = field(default_factory=list)
    length: int = 0
    places: list[Place] = field(default_factory=list)

    def add(self, piece: str, gap: str, place: str) -> None:
        if self.parts:
            self.parts.append(gap)
            self.length += len(gap)
        self.places.append(Place(self.length, self.length + len(piece), place))
        self.parts.append(piece)
        self.length += len(piece)
        if self.length > MAX_TEXT:
            raise Refusal(f"it holds more than {MAX_TEXT:,} characters of text. Cut out the part that matters")


def compose(blocks: list[Block], notes: list[str] | None = None) -> Reading:
    """The blocks as one Markdown text. Several top headings are sections: they all go down by one."""
    shift = _shift(blocks)
    made = _Text()
    lists: list[tuple[int, bool]] = []
    before: Block | None = None
    for block in (b for raw in blocks for b in _settled(raw)):
        if block.kind != "item":
            lists = []
        apart = not _goes_on(block, before, lists)
        piece = _piece(block, shift, lists)
        if not piece.strip():
            continue
        if block.quoted:
            marks = "> " * block.quoted
            piece = "\n".join((marks + line).rstrip() for line in piece.split("\n"))
        made.add(piece, "\n\n" if apart else "\n", block.place)
        before = block
    text = "".join(made.parts)
    return Reading(text + "\n" if text else "", tuple(made.places), tuple(dict.fromkeys(notes or ())))


def _goes_on(block: Block, before: Block | None, lists: list[tuple[int, bool]]) -> bool:
    """Whether an item stands in the same list as the one before it, so that no empty line parts them."""
    if before is None or not (before.kind == block.kind == "item") or before.quoted != block.quoted:
        return False
    if block.level < len(lists):
        return lists[block.level][1] == (block.number is not None)
    return block.number in (None, 1)


def _shift(blocks: list[Block]) -> int:
    """How far all headings go down, so that a text has one top heading at most."""
    if any(b.kind == "title" for b in blocks):
        return 1 if any(b.kind == "heading" and b.level <= 1 for b in blocks) else 0
    return int(sum(b.kind == "heading" and b.level <= 1 for b in blocks) > 1)


def _settled(block: Block) -> list[Block]:
    """A block with clean text; a typed bullet becomes a list item, a table of one column its cells."""
    if block.kind == "table":
        return _settled_table(block)
    if block.kind == "verbatim":
        text = unicodedata.normalize("NFC", _UNSEEN.sub("", block.text))
        return [Block("verbatim", text, block.place, quoted=block.quoted)]
    text = clean(block.text)
    if block.kind in ("paragraph", "item") and (match := _BULLET.match(text)):
        text = text[match.end() :]
        if block.kind == "paragraph":
            return [Block("item", text, block.place, block.level, quoted=block.quoted)]
    if block.kind in ("paragraph", "item") and (match := _BOX.match(text)):
        mark = "[ ] " if match[1] in "☐\uf0a8" else "[x] "
        return [Block("item", mark + text[match.end() :], block.place, block.level, quoted=block.quoted)]
    return [Block(block.kind, text, block.place, block.level, block.number, quoted=block.quoted)]


def _settled_table(block: Block) -> list[Block]:
    check_cells(sum(len(row) for row in block.rows))
    rows = [[cell_text(cell) for cell in row] for row in block.rows]
    rows = [row for row in rows if any(row)]
    width = max((len(row) for row in rows), default=0)
    rows = [row + [""] * (width - len(row)) for row in rows]
    used = [n for n in range(width) if any(row[n] for row in rows)]
    rows = [[row[n] for n in used] for row in rows]
    if len(used) == 1:
        return [b for row in block.rows for cell in row for b in _settled(Block("paragraph", cell, block.place))]
    if len(used) == 2 and all(row[0].endswith(":") for row in rows):
        return [Block("item", f"{row[0]} {row[1]}", block.place) for row in rows]
    if len(rows) == 1:
        return [Block("paragraph", cell, block.place) for cell in rows[0] if cell]
    return [Block("table", "", block.place, rows=rows, quoted=block.quoted)] if rows else []


def check_cells(count: int) -> None:
    """Refuse more table cells than any plan has."""
    if count > MAX_CELLS:
        raise Refusal(f"its tables have more than {MAX_CELLS:,} cells. Keep the rows that matter")


def _piece(block: Block, shift: int, lists: list[tuple[int, bool]]) -> str:
    text = block.text
    if block.kind == "rule":
        return "---"
    if block.kind == "table":
        lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in block.rows]
        lines.insert(1, "|" + "---|" * len(block.rows[0]))
        return "\n".join(lines)
    if block.kind in ("title", "heading"):
        level = 1 if block.kind == "title" else min(block.level + shift, 6)
        one = " ".join(text.split())
        return f"{'#' * level} {one}" if one else ""
    if block.kind == "verbatim":
        return text
    text = _RULE.sub(lambda m: f"{m[1]}\\{m[2]}", text)
    if block.kind == "item":
        if not text:
            return ""
        level = min(block.level, len(lists))
        del lists[level:]
        marker = "- " if block.number is None else f"{block.number}. "
        margin = sum(width for width, _ in lists)
        lists.append((len(marker), block.number is not None))
        return " " * margin + marker + text.replace("\n", "\n" + " " * (margin + len(marker)))
    return re.sub(r"(?m)^(#{1,6}[ \t])", r"\\\1", text)


def clean(text: str) -> str:
    """Text without what cannot be seen; white space as single spaces, the line ends kept, letters composed (NFC)."""
    text = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\u2028", "\n"))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return unicodedata.normalize("NFC", "\n".join(line for line in lines if line))


def cell_text(text: str) -> str:
    """A table cell as one line; what stood on lines of its own is parted by semicolons."""
    lines = [_BULLET.sub("", line, count=1) if _BULLET.match(line) else line for line in clean(text).split("\n")]
    said = ""
    for line in lines:
        said += (" " if said.endswith((".", ":", ";", ",", "!", "?", "-")) or line[:1].islower() else "; ") + line
    return said.removeprefix("; ").removeprefix(" ")


def marked_id(text: str, bold: str) -> str:
    """The text with its bold beginning marked, where that is an id such as R1 in our own plan form."""
    bold = bold.strip()
    return f"**{bold}**{text.strip()[len(bold) :]}" if _ID.match(bold) and text.strip().startswith(bold) else text


def quoted(text: str, most: int = 120) -> str:
    """A piece of the file as a note names it."""
    line = " ".join(clean(text).split())
    return f'"{line if len(line) <= most else line[: most - 1] + "…"}"'


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
