"""The blocks of a free text: headings, list items, tables, paragraphs, each with its exact place.

Enters: Markdown-like text as the readers of any format leave it, or as people type it. Leaves: blocks in order; every
character that is no mark, no rule and no white space is in one of them.
Try: python -c "from plansmith.sources.freeplans.markup import blocks; print(blocks('1. RISKS\\n\\n- rain'))"

Own scanner: Markdown parsers give no places of table cells, and know neither "RISKS" alone on a line nor tabs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from plansmith.sources.freeplans.planwords import heading_kind, row_kind

_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|={3,}[ \t]*)$")
_ITEM = re.compile(
    r"(?P<indent>[ \t]*)(?P<mark>[-*+•◦▪●○■□·‣⁃➢✓✔–—]|\d{1,3}[.)]|[a-zA-Z][.)]|\d{1,3}(?:\.\d{1,3})+[.)]?)[ \t]+(?:\[[ xX]\][ \t]+)?(?P<text>\S.*)$"
)
_SEPARATOR = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)+(?:\s*:?-+:?)?\s*\|?\s*$")
_CELL = re.compile(r"(?:\\.|[^\\|])*")
_BOLD = re.compile(r"(\*\*|__)(?=\S)([^*_]+)\1[ :]*$")
_QUOTE = re.compile(r"(?: {0,3}> ?)+")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_MARKS = re.compile(r"(?<!\\)(?:\*\*|__|`)|\\([\\`*_{}\[\]()#+.!|<>~-])|!?\[([^\[\]]*)\]\([^()\s]*\)")
_MOST_WORDS = 9
_TITLE_LENGTH = 100


@dataclass(frozen=True)
class Cell:
    """A table cell: `text[start:end]` is its contents, without the blanks around them."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Row:
    """A row of a table, the number of its line in the text and its own in the table, both from 1."""

    cells: tuple[Cell, ...]
    line: int
    number: int = 0


@dataclass(frozen=True)
class Block:
    """kind: heading (level from 1), item (level from 0), table, paragraph, code. `line`: its first, from 1."""

    kind: str
    text: str
    line: int
    last: int
    start: int
    end: int
    level: int = 0
    mark: str = ""
    rows: tuple[Row, ...] = field(default=())


@dataclass(frozen=True)
class _Line:
    text: str
    start: int
    number: int

    @property
    def blank(self) -> bool:
        return not self.text.strip()


def plain(text: str) -> str:
    """A piece of Markdown as plain words on one line: marks, escapes and link targets dropped."""
    text = re.sub(r"\n[ \t]*(?:> ?)+", "\n", text)
    text = _MARKS.sub(lambda m: m[1] or m[2] or "", text)
    text = " ".join(re.sub(r"(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)", "", text).split())
    return text if text.isprintable() else " ".join("".join(c for c in text if c.isprintable()).split())


def blocks(text: str) -> list[Block]:
    """The blocks of a text, in order."""
    lines = _lines(text)
    found: list[Block] = []
    place, level = 0, 0
    while place < len(lines):
        if lines[place].blank:
            place += 1
            continue
        block, place = _next(lines, place, level)
        if block is None:
            continue
        if block.kind == "heading":
            level = block.level if block.level < 7 else level
        elif block.kind in ("item", "paragraph") and block.last > block.line:
            block = replace(block, text=text[block.start : block.end])
        found.append(block)
    return found


def _lines(text: str) -> list[_Line]:
    """The lines; the marks of a quoted text (>) belong to none."""
    found, start = [], 0
    for number, raw in enumerate(text.split("\n"), 1):
        quote = _QUOTE.match(raw)
        skip = quote.end() if quote else 0
        if number == 1 and raw.startswith("\ufeff"):
            skip = 1
        found.append(_Line(raw[skip:].rstrip("\r"), start + skip, number))
        start += len(raw) + 1
    return found


def _next(lines: list[_Line], place: int, level: int) -> tuple[Block | None, int]:
    line = lines[place]
    following = lines[place + 1] if place + 1 < len(lines) else None
    if heading := _ATX.match(line.text):
        return _whole("heading", line, heading.start(2), heading.end(2), level=len(heading[1])), place + 1
    if _FENCE.match(line.text):
        return _fenced(lines, place)
    if rows := _table(lines, place):
        last = lines[rows[1] - 1]
        numbered = tuple(replace(row, number=n) for n, row in enumerate(rows[0], 1))
        end = last.start + len(last.text)
        return Block("table", "", line.number, last.number, line.start, end, rows=numbered), rows[1]
    if _RULE.match(line.text):
        return None, place + 1
    if following and _SETEXT.match(following.text) and not _ITEM.match(line.text):
        depth = 1 if "=" in following.text else 2
        block = _whole("heading", line, 0, len(line.text), level=depth)
        return replace(block, last=following.number), place + 2
    alone = (place == 0 or lines[place - 1].blank) and (following is None or following.blank)
    if heading_text := _typed_heading(line.text, alone, following):
        return _whole("heading", line, *heading_text, level=7 if level else 2), place + 1
    item = _ITEM.match(line.text)
    after = _end_of_paragraph(lines, place)
    start = item.start("text") if item else 0
    block = _whole("item" if item else "paragraph", line, start, len(line.text))
    if after > place + 1:
        stop = lines[after - 1]
        block = replace(block, last=stop.number, end=stop.start + len(stop.text.rstrip()))
    if item:
        if "." in item["mark"][:-1] and after == place + 1 and _leads(item, following):
            return replace(block, kind="heading", level=8), after
        # the indent for now; `nested` makes depths of them, seeing all items of a list
        block = replace(block, level=len(item["indent"].expandtabs(4)), mark=item["mark"])
    return block, after


def _whole(kind: str, line: _Line, start: int, end: int, level: int = 0) -> Block:
    piece = line.text[start:end]
    first = start + len(piece) - len(piece.lstrip())
    text = piece.strip()
    return Block(kind, text, line.number, line.number, line.start + first, line.start + first + len(text), level)


def _fenced(lines: list[_Line], place: int) -> tuple[Block, int]:
    end = place + 1
    while end < len(lines) and not _FENCE.match(lines[end].text):
        end += 1
    last = min(end, len(lines) - 1)
    text = "\n".join(entry.text for entry in lines[place + 1 : end])
    stop = lines[last].start + len(lines[last].text)
    return Block("code", text, lines[place].number, lines[last].number, lines[place].start, stop), last + 1


def _table(lines: list[_Line], place: int) -> tuple[tuple[Row, ...], int] | None:
    """The rows of a table that begins here, and the line after it."""
    line = lines[place].text
    tabbed = "|" not in line and "\t" in line.strip() and not _ITEM.match(line)
    if tabbed:
        end = place
        while end < len(lines) and not lines[end].blank and "\t" in lines[end].text.strip():
            end += 1
        rows = [_split(lines[n], "\t") for n in range(place, end)]
        return (tuple(rows), end) if len(rows) > 1 and len({len(r.cells) for r in rows}) <= 2 else None
    ruled = place + 1 < len(lines) and "|" in line and _SEPARATOR.match(lines[place + 1].text)
    if not (line.lstrip().startswith("|") or ruled):
        return None
    end, rows = place, []
    while end < len(lines) and "|" in lines[end].text:
        if not (_SEPARATOR.match(lines[end].text) and "-" in lines[end].text):
            rows.append(_split(lines[end], "|"))
        end += 1
    return (tuple(rows), end) if rows else None


def _split(line: _Line, mark: str) -> Row:
    cells, start = [], 0
    text = line.text
    if mark == "|":
        spans, at = [], 0
        while at <= len(text):
            match = _CELL.match(text, at)
            stop = match.end() if match else at
            if stop < len(text) and text[stop] == "\\":  # a backslash at the line's end
                stop = len(text)
            spans.append((at, stop))
            at = stop + 1
        if spans and not text[spans[0][0] : spans[0][1]].strip():
            spans.pop(0)
        if spans and not text[spans[-1][0] : spans[-1][1]].strip() and text.rstrip().endswith("|"):
            spans.pop()
    else:
        spans = []
        for piece in text.split(mark):
            spans.append((start, start + len(piece)))
            start += len(piece) + 1
    for begin, end in spans:
        piece = text[begin:end]
        first = begin + len(piece) - len(piece.lstrip())
        bare = piece.strip()
        cells.append(Cell(bare, line.start + first, line.start + first + len(bare)))
    return Row(tuple(cells), line.number)


def _typed_heading(text: str, alone: bool, following: _Line | None) -> tuple[int, int] | None:
    """Where the heading stands that a line without a number sign is: bold, in capitals, or a known word alone."""
    bare = text.strip()
    if not bare or len(bare) > _TITLE_LENGTH or len(bare.split()) > _MOST_WORDS:
        return None
    if row_kind(bare) and re.search(r"\d", bare):  # "**Total: 12 h**"
        return None
    begin = text.index(bare[0])
    if match := _BOLD.match(bare):
        return (begin + match.start(2), begin + match.end(2)) if alone or following is not None else None
    letters = [c for c in bare if c.isalpha()]
    shouted = len(letters) >= 4 and all(c.isupper() for c in letters) and alone and bare[-1] not in ".!?,;|"
    known = (alone or bare.endswith(":")) and bare[-1] not in ".!?,;" and heading_kind(bare, exact=True)
    return (begin, begin + len(bare)) if shouted or known else None


def _leads(item: re.Match[str], following: _Line | None) -> bool:
    """Whether "2.1 Passengers" is the heading of the bullets right below it, which stand no deeper."""
    below = _ITEM.match(following.text) if following else None
    short = len(item["text"].split()) <= _MOST_WORDS and item["text"].rstrip()[-1:] not in (*".;,:!?",)
    return bool(below and short and len(below["mark"]) == 1 and len(below["indent"]) <= len(item["indent"]))


def _end_of_paragraph(lines: list[_Line], place: int) -> int:
    """The line after a paragraph or list item that begins here."""
    end = place + 1
    while end < len(lines):
        text = lines[end].text
        begins = _ITEM.match(text) or _ATX.match(text) or _FENCE.match(text) or _RULE.match(text)
        if lines[end].blank or begins or text.lstrip().startswith("|"):
            break
        if end + 1 < len(lines) and _SETEXT.match(lines[end + 1].text) and not lines[end + 1].blank:
            break
        if _typed_heading(text, False, None):
            break
        end += 1
    return end


def nested(items: list[Block]) -> list[Block]:
    """Items with their indents replaced by how deep they stand, from 0; "1.2" stands below "1."."""
    settled, stack = [], [0]
    for place, item in enumerate(items):
        if place == 0:
            stack = [item.level]
        while len(stack) > 1 and item.level < stack[-1]:
            stack.pop()
        if item.level > stack[-1] + 1:
            stack.append(item.level)
        elif item.level < stack[0]:
            stack = [item.level]
        settled.append(replace(item, level=len(stack) - 1))
    return settled
