"""Lines of all pages → blocks: headings by size and weight, paragraphs, list items, tables.

Enters: `Page`s without their running headers and footers. Leaves: blocks in reading order.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from plansmith.sources.formats.blocks import BULLETS, Block
from plansmith.sources.formats.pdfgrid import Table, ruled_tables
from plansmith.sources.formats.pdfletters import Page
from plansmith.sources.formats.pdflines import MARK, Line, in_order
from plansmith.sources.formats.pdftables import aligned_table

_BULLET = re.compile(rf"(?:[{re.escape(BULLETS)}]|[-o§])$")
_NUMBER = re.compile(r"\(?(\d{1,3})[.)]$")
_LEADER = re.compile(r"(?:\.\s?){4,}\s*\d{1,4}$")
_KEPT_HYPHEN = {"e", "într", "dintr", "printr", "non", "self", "co", "ex", "re", "semi", "anti", "multi", "web"}


@dataclass
class _Open:
    """A block that lines are still added to."""

    kind: str
    lines: list[Line]
    page: int
    last_page: int
    text_x: float
    """Where its text begins, behind the list mark."""
    mark: str = ""
    level: int = 0
    style: tuple[float, bool] = (0, False)
    texts: list[str] = field(default_factory=list)


class Pages:
    """All pages of a document, read together: what is body and what is heading shows only in the whole."""

    def __init__(self, pages: list[Page]) -> None:
        self.pages = pages
        weights: Counter[tuple[float, bool]] = Counter()
        for page in pages:
            for word in page.words:
                weights[(round(word.size * 2) / 2, word.bold)] += len(word.text)
        self.body = max(weights, key=lambda style: weights[style], default=(10.0, False))
        self.words = {w.text.strip(".,;:!?()\"„”'").lower() for page in pages for w in page.words}
        self.made: list[Block | _Open] = []
        self.marks: list[float] = []
        self.pitch = self._pitch()
        self.contents = 0
        """Lines of a table of contents, which are left out."""
        self.right = 0.0
        """Where the widest line of the page ends."""

    def blocks(self) -> list[Block]:
        """Everything on the pages, in reading order."""
        for page in self.pages:
            self._page(page)
        levels = self._heading_levels()
        for block in list(self.made):
            if isinstance(block, _Open) and block.kind == "contents" and len(block.lines) > 2:
                self.contents += len(block.lines)
                self.made.remove(block)
        return [b if isinstance(b, Block) else self._closed(b, levels) for b in self.made]

    def _pitch(self) -> float:
        """The usual distance of two lines of one paragraph, in sizes of its letters."""
        gaps: list[float] = []
        for page in self.pages:
            ys = sorted({round(w.y, 1) for w in page.words if abs(w.size - self.body[0]) < 0.6}, reverse=True)
            gaps += [a - b for a, b in pairwise(ys)]
        usual = sorted(g / self.body[0] for g in gaps if 0.9 <= g / self.body[0] <= 1.9)
        return usual[len(usual) // 4] if usual else 1.25

    def _page(self, page: Page) -> None:
        self.right = max((word.x1 for word in page.words), default=0.0)
        tables = ruled_tables(page.words, page.rules)
        used = {id(word) for table in tables for word in table.words}
        uprights = [rule for rule in page.rules if rule.upright]
        rows = in_order([w for w in page.words if id(w) not in used], uprights)
        at, first = 0, True
        while at < len(rows):
            while tables and tables[0].top >= rows[at][0].y:
                self._add_table(tables.pop(0), page, first)
                first = False
            found = aligned_table(rows, at, lambda text: bool(MARK.match(text)))
            if found and all(row[0].isdigit() for row in found[0].rows) and len(found[0].rows[0]) == 2:
                for row in rows[at : at + found[1]]:
                    self._add_row(row, page, False)
                at += found[1]
            elif found:
                self._add_table(found[0], page, first)
                at += found[1]
            else:
                self._add_row(rows[at], page, first)
                at += 1
            first = False
        for table in tables:
            self._add_table(table, page, first)
            first = False

    def _add_table(self, table: Table, page: Page, first: bool) -> None:
        before = self.made[-1] if self.made else None
        if first and isinstance(before, Block) and before.kind == "table":
            wide = {len(row) for row in before.rows} == {len(row) for row in table.rows}
            if wide and before.place != f"page {page.number}":  # it goes on from the page before
                before.rows += table.rows[table.rows[0] == before.rows[0] :]
                before.place = f"{before.place.split('-')[0].replace('page ', 'pages ')}-{page.number}"
                return
        self.made.append(Block("table", "", f"page {page.number}", rows=table.rows))

    def _add_row(self, row: list[Line], page: Page, first: bool) -> None:
        line = Line(tuple(word for part in row for word in part.words))
        if _LEADER.search(line.text):
            before = self.made[-1] if self.made else None
            if isinstance(before, _Open) and before.kind == "contents":
                before.lines.append(line)
            else:
                self.made.append(_Open("contents", [line], page.number, page.number, line.x0))
            return
        mark = self._mark(line)
        if self._is_heading(line):
            self._add_heading(line, page)
        elif mark and not (mark in ("-", "–", "—") and self._is_dash(line, page, first)):
            self._add_item(line, mark, page)
        elif self._continues(line, page, first):
            block = self.made[-1]
            assert isinstance(block, _Open)
            block.lines.append(line)
            block.last_page = page.number
        else:
            self.marks = []
            self.made.append(_Open("paragraph", [line], page.number, page.number, line.x0, style=self._style(line)))

    def _mark(self, line: Line) -> str:
        """The bullet or number that begins a list item; a bare number only where a gap and its order show it."""
        first = line.words[0].text
        if len(line.words) < 2:
            return ""
        if MARK.match(first):
            return first
        if first.isdigit() and len(first) < 3 and line.words[1].x0 - line.words[0].x1 > 0.8 * line.size:
            before = self.made[-1] if self.made else None
            last = before.mark.rstrip(".") if isinstance(before, _Open) else ""
            if first == "1" or (last.isdigit() and int(first) == int(last) + 1):
                return first + "."
        return ""

    def _style(self, line: Line) -> tuple[float, bool]:
        return round(line.size * 2) / 2, line.bold

    def _is_heading(self, line: Line) -> bool:
        size, bold = self._style(line)
        text = line.text
        if not any(c.isalpha() for c in text) or len(text.split()) > 16:
            return False
        if size >= self.body[0] * 1.3:
            return True
        if size >= self.body[0] * 1.12 and len(text.split()) <= 10 and not text.endswith((".", ";", ",")):
            return True
        return bold and not self.body[1] and size >= self.body[0] * 0.95 and not text.endswith((".", ";", ",", ":"))

    def _add_heading(self, line: Line, page: Page) -> None:
        before = self.made[-1] if self.made else None
        style = self._style(line)
        if (
            isinstance(before, _Open)
            and before.kind == "heading"
            and before.style == style
            and before.last_page == page.number
            and 0 < before.lines[-1].y - line.y < 1.5 * line.size
        ):
            before.lines.append(line)
            return
        self.marks = []
        self.made.append(_Open("heading", [line], page.number, page.number, line.x0, style=style))

    def _add_item(self, line: Line, mark: str, page: Page) -> None:
        while self.marks and line.x0 < self.marks[-1] - 3:
            self.marks.pop()
        if not self.marks or line.x0 > self.marks[-1] + 3:
            self.marks.append(line.x0)
        rest = Line(line.words[1:])
        level = len(self.marks) - 1
        self.made.append(_Open("item", [rest], page.number, page.number, rest.x0, mark, level, self._style(rest)))

    def _is_dash(self, line: Line, page: Page, first: bool) -> bool:
        """Whether a dash at a line's beginning only stands within a sentence that was broken there."""
        if not self._continues(line, page, first):
            return False
        last = self.made[-1].lines[-1] if isinstance(self.made[-1], _Open) else line
        return abs(line.x0 - last.x0) < 2 and not self._ended(last, line)

    def _continues(self, line: Line, page: Page, first: bool) -> bool:
        """Whether a line goes on with the block before it."""
        block = self.made[-1] if self.made else None
        if not isinstance(block, _Open) or block.kind not in ("paragraph", "item"):
            return False
        last = block.lines[-1]
        if abs(line.size - last.size) > 0.12 * last.size:
            return False
        same_column = line.x0 < last.x1 and last.x0 < line.x1
        if block.last_page != page.number or line.y > last.y or not same_column:
            # the next page or the next column: a sentence that is not over goes on
            goes_on = line.text[:1].islower() or last.text.endswith("-")
            return (first or line.y > last.y) and goes_on and not last.text.endswith((".", "!", "?", ":"))
        gap = last.y - line.y
        if gap > self.pitch * 1.3 * max(last.size, line.size):
            return False
        if block.kind == "item":
            return line.x0 > block.lines[0].x0 - max(4, 0.5 * line.size) or line.text[:1].islower()
        indented = line.x0 > last.x0 + 0.8 * line.size and len(block.lines) > 0 and not last.text.endswith("-")
        return not indented and not self._ended(last, line)

    def _ended(self, last: Line, line: Line) -> bool:
        """Whether the line before was left short on purpose, although the next word had fitted."""
        right = self.right
        room = right - last.x1 - (line.words[0].x1 - line.words[0].x0) - 0.3 * line.size
        short = room > 0.25 * (right - last.x0)
        return short and (not line.text[:1].islower() or last.text.endswith((".", "!", "?", ":")))

    def _heading_levels(self) -> dict[tuple[float, bool], int]:
        styles = {b.style for b in self.made if isinstance(b, _Open) and b.kind == "heading"}
        ordered = sorted(styles, key=lambda s: (-s[0], not s[1]))
        return {style: min(n + 1, 5) for n, style in enumerate(ordered)}

    def _closed(self, block: _Open, levels: dict[tuple[float, bool], int]) -> Block:
        pages = f"page {block.page}" if block.page == block.last_page else f"pages {block.page}-{block.last_page}"
        text = self._joined([line.text for line in block.lines])
        if block.kind == "heading":
            return Block("heading", text, pages, levels[block.style])
        if block.kind == "item":
            match = _NUMBER.match(block.mark)
            if not match and not _BULLET.match(block.mark):
                text = f"{block.mark} {text}"
            return Block("item", text, pages, block.level, int(match[1]) if match else None)
        if block.kind == "contents":
            return Block("paragraph", "\n".join(line.text for line in block.lines), pages)
        return Block("paragraph", text, pages)

    def _joined(self, lines: list[str]) -> str:
        """Lines as one text; a word broken at a line's end is put together again."""
        text = lines[0]
        for line in lines[1:]:
            if re.search(r"\w[-\u2010\u00ad]$", text) and line[:1].isalpha():
                text = self._mended(text, line)
            else:
                text += ("" if text.endswith(("/", "\u2014")) else " ") + line
        return text

    def _mended(self, text: str, line: str) -> str:
        head = re.split(r"[\s(\"„/]", text[:-1])[-1].lower()
        tail = re.split(r"[\s.,;:!?)\"”/]", line)[0].lower()
        if f"{head}-{tail}" in self.words:
            return text[:-1] + "-" + line
        if head + tail in self.words:
            return text[:-1] + line
        compound = head in _KEPT_HYPHEN or "-" in head or not line[:1].islower() or len(tail) <= 2 or len(head) == 1
        return text[:-1] + ("-" if compound else "") + line
