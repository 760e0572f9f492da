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
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
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
    def __init__(self, text: Any, raw: Any, page: Page, upright: Any, turn: int) -> None:
        self.text, self.raw, self.page, self.upright, self.turn = text, raw, page, upright, turn
        self.box = tuple(ctypes.c_double() for _ in range(4))
        self.matrix = raw.FS_MATRIX()
        self.flags = ctypes.c_int()
        self.name = ctypes.create_string_buffer(128)
        self.letters: list[str] = []
        self.x0 = self.x1 = self.y = self.size = 0.0
        self.bold = self.slanted = False
        self.turned: list[str] = []
        self.outside: list[str] = []

    def read(self) -> None:
        count = self.raw.FPDFText_CountChars(self.text)
        if count > MAX_LETTERS:
            raise Refusal(f"page {self.page.number} holds {count:,} letters; {MAX_LETTERS:,} is the limit. Split it")
        high = 0
        for at in range(count):
            code = self.raw.FPDFText_GetUnicode(self.text, at)
            if 0xD800 <= code < 0xDC00:
                high = code
                continue
            if 0xDC00 <= code < 0xE000:
                code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0xFFFD
            high = 0
            if code in (9, 10, 13, 32, 160) or 0x2000 <= code <= 0x200A:
                self._end()
                continue
            if code == 2:  # pdfium's sign for a hyphen at a line's end
                code = 0x2D
            self._take(at, code)
        self._end()
        self.page.turned = [" ".join(self.turned)] if self.turned else []
        self.page.outside = " ".join(self.outside)

    def _take(self, at: int, code: int) -> None:
        self.page.letters += 1
        if code == 0 or code == 0xFFFD or self.raw.FPDFText_HasUnicodeMapError(self.text, at) == 1:
            self.page.unknown += 1
            code = code or 0xFFFD
        letter = _LIGATURES.get(code) or chr(code)
        x0, x1, y0, y1 = self._place(at)
        if self.letters and not self.slanted:
            apart = x0 - self.x1 > 0.35 * self.size or x0 < self.x0 - self.size or x1 < self.x1 - 2 * self.size
            moved = y0 > self.y + 1.1 * self.size or y1 < self.y - 0.6 * self.size
            if apart or moved:
                self._end()
        if not self.letters:
            self._begin(at, x0, y0)
        self.letters.append(letter)
        self.x1 = max(x1, self.x1)

    def _place(self, at: int) -> tuple[float, float, float, float]:
        left, right, low, high = self.box
        self.raw.FPDFText_GetCharBox(self.text, at, left, right, low, high)
        if not self.turn:
            start = self.upright(left.value, low.value)
            return start[0], start[0] + right.value - left.value, start[1], start[1] + high.value - low.value
        corners = [self.upright(x, y) for x in (left.value, right.value) for y in (low.value, high.value)]
        xs, ys = [c[0] for c in corners], [c[1] for c in corners]
        return min(xs), max(xs), min(ys), max(ys)

    def _begin(self, at: int, x0: float, y0: float) -> None:
        raw, m = self.raw, self.matrix
        size = raw.FPDFText_GetFontSize(self.text, at)
        slant = 0.0
        if raw.FPDFText_GetMatrix(self.text, at, m):
            size *= math.hypot(m.c, m.d) or 1.0
            slant = math.degrees(math.atan2(m.b, m.a)) + 0.0
        left, right = self.box[0], self.box[1]
        placed = raw.FPDFText_GetCharOrigin(self.text, at, left, right)
        self.y = self.upright(left.value, right.value)[1] if placed else y0
        self.size = min(max(size, 1.0), 400.0)
        self.slanted = abs((slant - 90 * self.turn + 180) % 360 - 180) > 8
        self.bold = raw.FPDFText_GetFontWeight(self.text, at) >= 600 or self._named_bold(at)
        self.x0 = self.x1 = x0

    def _named_bold(self, at: int) -> bool:
        size = self.raw.FPDFText_GetFontInfo(self.text, at, self.name, 128, self.flags)
        return bool(size) and b"bold" in self.name.value.lower()

    def _end(self) -> None:
        if not self.letters:
            return
        text = "".join(self.letters)
        self.letters = []
        if self.slanted:
            self.turned.append(text)
        elif not (-2 <= self.x0 <= self.page.width + 2 and -2 <= self.y <= self.page.height + 2):
            self.outside.append(text)
        else:
            self.page.words.append(Word(text, self.x0, self.x1, self.y, self.size, self.bold))


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
