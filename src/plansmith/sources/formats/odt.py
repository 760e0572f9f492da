"""OpenDocument texts: ODT → text.

Enters: bytes. Leaves: a `Reading`; places are "paragraph 12", "table 2", "footnote 1".
Try: python -c "from plansmith.sources.read import read_text; from pathlib import Path; print(read_text(Path('examples/free/service-lifturi/brief.odt')))"

Tracked deletions are left out; headers, footers, comments and pictures are reported. Macros are never run.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from plansmith.sources.formats.blocks import Block, Reading, Refusal, check_cells, clean, compose, counted, quoted
from plansmith.sources.formats.container import Container, local, number, value

_PARTS = {"section", "index-body", "list-header", "text-box", "soft-page-break"}
_INDEXES = {"table-of-content", "illustration-index", "table-index", "alphabetical-index", "user-index", "bibliography"}
_MOST_REPEATS = 64


def read(data: bytes) -> Reading:
    """ODT → text; raises Refusal."""
    container = Container(data)
    if b"encryption-data" in container.read("META-INF/manifest.xml"):
        raise Refusal("it is protected by a password. Save it without one")
    kind = container.read("mimetype").strip()
    if kind and not kind.startswith(b"application/vnd.oasis.opendocument.text"):
        raise Refusal(
            f"it is an OpenDocument file of another kind ({kind[:60].decode('ascii', 'replace')}). Give a text"
        )
    root = container.xml("content.xml")
    body = _find(_find(root, "body"), "text")
    if body is None:
        raise Refusal("it holds no OpenDocument text. Open it in a word processor and save it as .odt")
    return _Reader(container, root).read(body)


class _Reader:
    def __init__(self, container: Container, root: Any) -> None:
        self.container = container
        self.styles = container.xml("styles.xml")
        self.parents: dict[str, str] = {}
        self.ordered: dict[str, set[int]] = {}
        for part in (self.styles, root):
            if part is not None:
                self._learn(part)
        self.blocks: list[Block] = []
        self.footnotes: list[str] = []
        self.comments: list[str] = []
        self.seen: Counter[str] = Counter()
        self.paragraphs = self.tables = self.cells = 0

    def _learn(self, part: Any) -> None:
        for element in part.iter():
            name = local(element)
            if name == "style":
                self.parents[value(element, "name")] = value(element, "parent-style-name")
            elif name == "list-style":
                numbers = {number(value(e, "level"), 1) - 1 for e in element if local(e) == "list-level-style-number"}
                self.ordered[value(element, "name")] = numbers

    def read(self, body: Any) -> Reading:
        self._walk(body)
        for at, text in enumerate(self.footnotes, 1):
            self.blocks.append(Block("paragraph", f"[^{at}]: {text}", f"footnote {at}"))
        return compose(self.blocks, self._notes())

    def _walk(self, parent: Any, where: str = "") -> None:
        for element in parent:
            name = local(element)
            if name in ("p", "h"):
                self._paragraph(element, where)
            elif name == "list":
                self._list(element, 0, "", where)
            elif name == "table":
                self._table(element, where)
            elif name in _INDEXES:
                self.seen["contents"] += 1
            elif name == "tracked-changes":
                self.seen["deleted"] += sum(local(e) == "deletion" for e in element.iter())
            elif name == "frame":
                self._frame(element, where)
            elif name in _PARTS:
                self._walk(element, where)

    def _paragraph(self, element: Any, where: str, level: int = -1, count: int | None = None) -> None:
        if not where:
            self.paragraphs += 1
        place = where or f"paragraph {self.paragraphs}"
        frames: list[Any] = []
        text = clean(self._inline(element, frames))
        if text:
            style = self._root_style(value(element, "style-name"))
            if level >= 0:
                self.blocks.append(Block("item", text, place, level, count))
            elif style == "Title":
                self.blocks.append(Block("title", text, place))
            elif local(element) == "h":
                depth = min(max(number(value(element, "outline-level"), 1), 1), 6)
                self.blocks.append(Block("heading", text, place, depth))
            else:
                self.blocks.append(Block("paragraph", text, place))
        for frame in frames:
            self._frame(frame, f"text box in {place}")

    def _root_style(self, name: str) -> str:
        for _ in range(20):
            if name == "Title" or not self.parents.get(name):
                break
            name = self.parents[name]
        return name

    def _inline(self, parent: Any, frames: list[Any]) -> str:
        parts = [parent.text or ""]
        for element in parent:
            name = local(element)
            if name == "s":
                parts.append(" ")
            elif name == "tab":
                parts.append("\t")
            elif name == "line-break":
                parts.append("\n")
            elif name == "note":
                citation = _find(element, "note-body")
                self.footnotes.append(clean(_text(citation)))
                parts.append(f"[^{len(self.footnotes)}]")
            elif name == "annotation":
                self.comments.append(_text(element))
            elif name == "frame":
                frames.append(element)
            elif name == "a":
                said, target = self._inline(element, frames), value(element, "href")
                shown = target.startswith(("http://", "https://")) and said.strip() not in target
                parts.append(f"{said} ({target[:300]})" if shown else said)
            elif name not in ("annotation-end", "bookmark", "script", "change", "change-start", "change-end"):
                parts.append(self._inline(element, frames))
            parts.append(element.tail or "")
        return "".join(parts)

    def _list(self, element: Any, level: int, style: str, where: str) -> None:
        style = value(element, "style-name") or style
        ordered = level in self.ordered.get(style, ())
        count = 0
        for entry in element:
            if local(entry) not in ("list-item", "list-header"):
                continue
            count += 1
            first = True
            for part in entry:
                name = local(part)
                if name in ("p", "h") and first and local(entry) == "list-item" and name == "p":
                    self._paragraph(part, where, min(level, 8), count if ordered else None)
                    first = False
                elif name == "list":
                    self._list(part, level + 1, style, where)
                else:
                    self._walk([part], where)

    def _table(self, table: Any, where: str) -> None:
        if not where:
            self.tables += 1
        place = where or f"table {self.tables}"
        rows: list[list[str]] = []
        for row in (e for e in table.iter() if local(e) == "table-row" and _owner(e) is table):
            cells: list[str] = []
            for cell in (e for e in row if local(e) in ("table-cell", "covered-table-cell")):
                text = self._cell(cell, place)
                repeats = min(max(number(value(cell, "number-columns-repeated"), 1), 1), _MOST_REPEATS)
                cells += [text] * repeats
            repeats = min(max(number(value(row, "number-rows-repeated"), 1), 1), _MOST_REPEATS)
            self.cells += len(cells) * (repeats if any(cells) else 1)
            check_cells(self.cells)
            rows += [cells] * repeats if any(cells) else []
        self.blocks.append(Block("table", "", place, rows=rows))

    def _cell(self, cell: Any, place: str) -> str:
        kept, self.blocks = self.blocks, []
        self._walk(cell, place)
        inner, self.blocks = self.blocks, kept
        lines = []
        for block in inner:
            lines += [" – ".join(filter(None, row)) for row in block.rows] if block.kind == "table" else [block.text]
        return "\n".join(lines)

    def _frame(self, frame: Any, where: str) -> None:
        for part in frame:
            name = local(part)
            if name == "text-box":
                self.seen["boxes"] += 1
                self._walk(part, where)
            elif name == "image":
                self.seen["pictures"] += 1
            elif name in ("object", "object-ole", "plugin", "applet"):
                self.seen["objects"] += 1

    def _notes(self) -> list[str]:
        notes = []
        if self.styles is not None:
            for element in self.styles.iter():
                if local(element) in ("header", "footer") and (text := clean(_text(element))):
                    notes.append(f"page {local(element)} left out: {quoted(text)}")
        notes += [f"comment left out: {quoted(text)}" for text in self.comments[:50]]
        if self.seen["deleted"]:
            notes.append(f"{counted(self.seen['deleted'], 'tracked deletion')} left out; insertions taken as accepted")
        if self.seen["contents"]:
            notes.append("the table of contents left out")
        for key, what in (("boxes", "text box"), ("pictures", "picture"), ("objects", "embedded file")):
            if count := self.seen[key]:
                many = "text boxes" if key == "boxes" else ""
                took = "placed after the paragraph" if key == "boxes" else "not read"
                notes.append(f"{counted(count, what, many)} {took}")
        if any(name.startswith(("Basic/", "Scripts/")) for name in self.container.names):
            notes.append("it holds macros, which were not run")
        return notes


def _find(parent: Any, name: str) -> Any:
    return next((e for e in parent if local(e) == name), None) if parent is not None else None


def _owner(row: Any) -> Any:
    return next((a for a in row.iterancestors() if local(a) == "table"), None)


def _text(element: Any) -> str:
    if element is None:
        return ""
    return "\n".join("".join(p.itertext()) for p in element.iter() if local(p) in ("p", "h"))
