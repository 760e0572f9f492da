"""A PDF page → its words with their places, and the straight lines drawn on it.

Enters: a pdfium page. Leaves: a `Page`. Lengths are in points; y grows upwards.
"""

from __future__ import annotations

import ctypes
import math
import re
from dataclasses import dataclass, field
from typing import Any

from plansmith.sources.formats.blocks import Refusal

MAX_LETTERS = 60_000
"""On one page."""
MAX_OBJECTS = 40_000
_SPACES = frozenset((9, 10, 13, 32, 160, *range(0x2000, 0x200B)))
_LETTERS = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_LETTERS |= {2: "-", 0: "\ufffd"}
"""Ligatures, pdfium's sign for a hyphen at a line's end, and letters that it does not know."""
_TEXT, _PATH, _IMAGE, _FORM = 1, 2, 3, 5


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    x0: float
    x1: float
    y: float
    """Of the base line."""
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line, level or upright."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def upright(self) -> bool:
        return abs(self.x1 - self.x0) < abs(self.y1 - self.y0)


@dataclass
class Page:
    number: int
    width: float = 0
    height: float = 0
    words: list[Word] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    letters: int = 0
    unknown: int = 0
    """Letters that the font does not tell."""
    pictures: int = 0
    turned: list[str] = field(default_factory=list)
    outside: str = ""

    @property
    def damaged(self) -> bool:
        return not self.width


def read_page(page: Any, number: int, raw: Any) -> Page:
    """Words and rules of one page, turned upright where the page is shown turned."""
    width, height = page.get_size()
    made = Page(number, width, height)
    turn = page.get_rotation() // 90
    # pdfium's places are those of the page before it is turned
    across, up = (height, width) if turn % 2 else (width, height)
    left, bottom = page.get_bbox()[:2]

    def upright(x: float, y: float) -> tuple[float, float]:
        x, y = x - left, y - bottom
        return ((x, y), (y, across - x), (across - x, up - y), (up - y, x))[turn]

    textpage = page.get_textpage()
    try:
        _Letters(textpage.raw, raw, made, upright, turn).read()
    finally:
        textpage.close()
    _objects(page.raw, raw, made, upright)
    return made


class _Letters:
    """The letters of one page, gathered into words.

    A call of pdfium for each letter is what reading costs, so a word is measured at its first and last letter, and
    letter by letter only where those two stand too far apart for one word.
    """

    def __init__(self, text: Any, raw: Any, page: Page, upright: Any, turn: int) -> None:
        self.text, self.raw, self.page, self.upright, self.turn = text, raw, page, upright, turn
        self.x, self.y = ctypes.c_double(), ctypes.c_double()
        self.box = raw.FS_RECTF()
        self.matrix = raw.FS_MATRIX()
        self.flags = ctypes.c_int()
        self.name = ctypes.create_string_buffer(128)
        self.turned: list[str] = []
        self.outside: list[str] = []

    def read(self) -> None:
        count = self.raw.FPDFText_CountChars(self.text)
        if count > MAX_LETTERS:
            raise Refusal(f"page {self.page.number} holds {count:,} letters; {MAX_LETTERS:,} is the limit. Split it")
        code_at, text = self.raw.FPDFText_GetUnicode, self.text
        letters: list[tuple[int, str]] = []
        high = 0
        for at in range(count):
            code = code_at(text, at)
            if code in _SPACES:
                if letters:
                    self._word(letters)
                    letters = []
                continue
            if 0xD800 <= code < 0xE000:  # half of a letter beyond U+FFFF
                if code < 0xDC00:
                    high = code
                    continue
                code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0xFFFD
                high = 0
            letters.append((at, _LETTERS.get(code) or chr(code)))
        if letters:
            self._word(letters)
        self.page.turned = [" ".join(self.turned)] if self.turned else []
        self.page.outside = " ".join(self.outside)

    def _word(self, letters: list[tuple[int, str]]) -> None:
        first, last = letters[0][0], letters[-1][0]
        text = "".join(letter for _, letter in letters)
        page = self.page
        page.letters += len(text)
        if "\ufffd" in text or self.raw.FPDFText_HasUnicodeMapError(self.text, first) == 1:
            page.unknown += len(text)
        size, slant, bold, x0, y = self._start(first)
        x1 = self._end(last)
        if abs((slant - 90 * self.turn + 180) % 360 - 180) > 8:
            self.turned.append(text)
        elif len(letters) > 1 and not (-size < x1 - x0 < 1.3 * size * (len(text) + 1)):
            for part in self._parted(letters, size):
                self._word(part)
                page.letters -= sum(len(letter) for _, letter in part)
        elif not (-2 <= x0 <= page.width + 2 and -2 <= y <= page.height + 2):
            self.outside.append(text)
        else:
            page.words.append(Word(text, x0, max(x1, x0), y, size, bold))

    def _parted(self, letters: list[tuple[int, str]], size: float) -> list[list[tuple[int, str]]]:
        """Letters in pieces that stand together; at least two pieces, so that this comes to an end."""
        parts = [[letters[0]]]
        before = self._end(letters[0][0])
        for at, letter in letters[1:]:
            start = self._start(at)[3]
            if -size < start - before < 0.35 * size:
                parts[-1].append((at, letter))
            else:
                parts.append([(at, letter)])
            before = self._end(at)
        return parts if len(parts) > 1 else [letters[: len(letters) // 2], letters[len(letters) // 2 :]]

    def _end(self, at: int) -> float:
        """Where a letter ends, from left to right on the upright page."""
        box = self.box
        if not self.raw.FPDFText_GetLooseCharBox(self.text, at, box):
            return -1.0
        if not self.turn:
            return float(self.upright(box.right, box.bottom)[0])
        return float(max(self.upright(x, y)[0] for x in (box.left, box.right) for y in (box.bottom, box.top)))

    def _start(self, at: int) -> tuple[float, float, bool, float, float]:
        """Size, slant in degrees, boldness and origin of a letter."""
        raw, m, text = self.raw, self.matrix, self.text
        size, slant = raw.FPDFText_GetFontSize(text, at), 0.0
        if raw.FPDFText_GetMatrix(text, at, m):
            size *= math.hypot(m.c, m.d) or 1.0
            slant = math.degrees(math.atan2(m.b, m.a))
        raw.FPDFText_GetCharOrigin(text, at, self.x, self.y)
        x, y = self.upright(self.x.value, self.y.value)
        bold = raw.FPDFText_GetFontWeight(text, at) >= 600 or (
            raw.FPDFText_GetFontInfo(text, at, self.name, 128, self.flags) > 0 and b"bold" in self.name.value.lower()
        )
        return min(max(size, 1.0), 400.0), slant, bold, x, y


def _objects(page: Any, raw: Any, made: Page, upright: Any) -> None:
    """Rules and pictures among the page's objects."""
    count = raw.FPDFPage_CountObjects(page)
    if count > MAX_OBJECTS:
        raise Refusal(f"page {made.number} is drawn with {count:,} pieces; {MAX_OBJECTS:,} is the limit. Print it anew")
    for at in range(count):
        item = raw.FPDFPage_GetObject(page, at)
        kind = raw.FPDFPageObj_GetType(item)
        if kind == _IMAGE:
            made.pictures += 1
        elif kind == _PATH and len(made.rules) < 20_000:
            _path(item, raw, made, upright)
        elif kind == _FORM:
            inner = min(max(raw.FPDFFormObj_CountObjects(item), 0), 500)
            kinds = [raw.FPDFPageObj_GetType(raw.FPDFFormObj_GetObject(item, n)) for n in range(inner)]
            made.pictures += kinds.count(_IMAGE)


def _path(item: Any, raw: Any, made: Page, upright: Any) -> None:
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(item, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    before: tuple[float, float] | None = None
    start: tuple[float, float] | None = None
    for at in range(min(raw.FPDFPath_CountSegments(item), 2_000)):
        segment = raw.FPDFPath_GetPathSegment(item, at)
        if not raw.FPDFPathSegment_GetPoint(segment, x, y):
            continue
        now = upright(
            matrix.a * x.value + matrix.c * y.value + matrix.e, matrix.b * x.value + matrix.d * y.value + matrix.f
        )
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = now
        elif kind == raw.FPDF_SEGMENT_LINETO and before is not None:
            _add_rule(made, before, now)
        if raw.FPDFPathSegment_GetClose(segment) and start is not None:
            _add_rule(made, now, start)
        before = now


def _add_rule(made: Page, one: tuple[float, float], two: tuple[float, float]) -> None:
    wide, high = abs(one[0] - two[0]), abs(one[1] - two[1])
    if max(wide, high) >= 6 and min(wide, high) <= 1.5 and math.isfinite(wide + high):
        low, far = min(one, two), max(one, two)
        made.rules.append(Rule(low[0], min(one[1], two[1]), far[0], max(one[1], two[1])))


def is_number_line(text: str) -> bool:
    """A page number by itself: 3, - 3 -, Page 3 of 7, Pagina 2 din 5."""
    shape = r"[-–—\s]*(?:(?:page|pagina|pag\.?|p\.)\s*)?\d{1,4}(?:\s*(?:/|of|din)\s*\d{1,4})?[-–—\s]*"
    return bool(re.fullmatch(shape, text.strip(), re.IGNORECASE))


def rows_of(words: list[Word]) -> list[list[Word]]:
    """Words grouped by base line, from top to bottom and from left to right."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (-w.y, w.x0)):
        row = rows[-1] if rows else None
        if row and abs(row[0].y - word.y) < 0.45 * min(max(row[0].size, 4), max(word.size, 4)):
            row.append(word)
        else:
            rows.append([word])
    for row in rows:
        row.sort(key=lambda w: w.x0)
    return rows
