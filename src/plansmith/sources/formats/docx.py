"""Word documents: DOCX → text.

Enters: bytes. Leaves: a `Reading`; places are "paragraph 12", "table 2", "footnote 1".
Try: python -c "from plansmith.sources.read import read_text; from pathlib import Path; print(read_text(Path('examples/free/plot-queue/plan.docx')))"

Read from the XML itself, since python-docx gives neither footnotes, text boxes, comments nor tracked changes.
Insertions are taken, deletions left out; headers, footers, comments, hidden text and pictures are reported.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from plansmith.sources.formats.blocks import (
    Block,
    Reading,
    Refusal,
    check_cells,
    clean,
    compose,
    marked_id,
)
from plansmith.sources.formats.container import Container, local, number, value
from plansmith.sources.formats.wordbeside import footnotes, notes_beside
from plansmith.sources.formats.wordstyles import Styles, child, child_value

_WRAPPERS = {"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "hyperlink", "fldSimple", "dir", "bdo"}
_GONE = {"del", "moveFrom"}
_MOST_COLUMNS = 200


def read(data: bytes) -> Reading:
    """DOCX → text; raises Refusal."""
    container = Container(data)
    kinds = container.read("[Content_Types].xml")
    if any(name.lower().endswith("vbaproject.bin") for name in container.names) or b"macroEnabled" in kinds:
        raise Refusal("it holds macros. They are never run, but save it as .docx without them first")
    main = _main_part(container)
    root = container.xml(main)
    if root is None:
        raise Refusal("it is a ZIP file without a Word document in it. Unpack it and give the document itself")
    return _Reader(container, main, root).read()


def _main_part(container: Container) -> str:
    relations = container.xml("_rels/.rels")
    for relation in relations if relations is not None else ():
        if value(relation, "Type").endswith("/officeDocument"):
            return value(relation, "Target").lstrip("/")
    return "word/document.xml"


@dataclass
class _Line:
    """A paragraph while it is read."""

    text: list[str] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)
    bold: int = 0
    plain: int = 0
    start: str = ""
    """What is bold from the paragraph's first character on."""
    size: float = 0
    field_depth: int = 0
    in_code: bool = False


class _Reader:
    def __init__(self, container: Container, main: str, root: Any) -> None:
        self.container, self.root = container, root
        folder = main.rpartition("/")[0]
        self.folder = f"{folder}/" if folder else ""
        self.styles = Styles(container.xml(f"{self.folder}styles.xml"), container.xml(f"{self.folder}numbering.xml"))
        self.blocks: list[Block] = []
        self.fake: list[tuple[int, float]] = []
        """Blocks that look like headings although no style says so, and their size."""
        self.seen: Counter[str] = Counter()
        self.hidden: list[str] = []
        self.notes_used: list[tuple[str, str]] = []
        self.counters: dict[tuple[str, int], int] = {}
        self.paragraphs = self.tables = 0

    def read(self) -> Reading:
        body = child(self.root, "body")
        if body is None:
            raise Refusal("its Word document has no body. Save it anew")
        check_cells(sum(1 for _ in body.iter("{*}tc")))
        self._walk(body)
        self._take_fake_headings()
        self.blocks += footnotes(self.container, self.folder, self.notes_used)
        return compose(self.blocks, notes_beside(self.container, self.folder, self.seen, self.hidden))

    def _walk(self, parent: Any, where: str = "") -> None:
        for element in parent:
            name = local(element)
            if name == "p":
                if not where:
                    self.paragraphs += 1
                self._paragraph(element, where or f"paragraph {self.paragraphs}")
            elif name == "tbl":
                self._table(element, where)
            elif name in _WRAPPERS:
                self._walk(element, where)
            elif name == "AlternateContent":
                self._walk(next(iter(element), ()), where)
            elif name in _GONE:
                self.seen["deleted"] += 1
            elif name == "altChunk":
                self.seen["chunk"] += 1

    # paragraphs

    def _paragraph(self, element: Any, place: str) -> None:
        line = _Line()
        self._inline(element, line)
        text = clean("".join(line.text))
        settings = child(element, "pPr")
        style = self.styles.of(child_value(settings, "pStyle"))
        if style.contents:
            self.seen["contents"] += bool(text)
        elif text:
            block = self._block(text, settings, style, line, place)
            self.blocks.append(block)
            if block.kind == "paragraph" and self._looks_like_heading(text, line):
                self.fake.append((len(self.blocks) - 1, line.size or style.size or self.styles.size))
        for box in line.boxes:
            self.seen["boxes"] += 1
            self._walk(box, f"text box in {place}")

    def _block(self, text: str, settings: Any, style: Any, line: _Line, place: str) -> Block:
        level = child_value(settings, "outlineLvl")
        heading = number(level) + 1 if level and number(level, 9) < 9 else style.heading
        if style.title:
            return Block("title", text, place)
        if heading:
            return Block("heading", text, place, heading)
        numbering, depth = self.styles.numbering(settings, style)
        if numbering:
            ordered = self.styles.ordered(numbering, depth)
            count = self._count(numbering, depth) if ordered else None
            return Block("item", marked_id(text, line.start), place, depth, count)
        return Block("paragraph", text, place)

    def _count(self, numbering: str, depth: int) -> int:
        key = (numbering, depth)
        self.counters[key] = self.counters.get(key, self.styles.first(numbering, depth) - 1) + 1
        for other in [k for k in self.counters if k[0] == numbering and k[1] > depth]:
            del self.counters[other]
        return self.counters[key]

    def _looks_like_heading(self, text: str, line: _Line) -> bool:
        short = len(text.split()) <= 12 and "\n" not in text and not text.endswith((".", ";", ",", "!", "…"))
        large = line.size >= self.styles.size * 1.15
        return short and any(c.isalpha() for c in text) and ((line.bold and not line.plain) or large)

    def _take_fake_headings(self) -> None:
        """In a document without heading styles, short bold or large paragraphs are its headings."""
        if any(block.kind in ("heading", "title") for block in self.blocks) or not self.fake:
            return
        sizes = sorted({size for _, size in self.fake}, reverse=True)[:3]
        for at, size in self.fake:
            block = self.blocks[at]
            level = sizes.index(size) + 1 if size in sizes else len(sizes)
            self.blocks[at] = Block("heading", block.text.rstrip(":"), block.place, level)

    # what stands within a paragraph

    def _inline(self, parent: Any, line: _Line) -> None:
        for element in parent:
            name = local(element)
            if name == "r":
                self._run(element, line)
            elif name == "hyperlink":
                self._link(element, line)
            elif name in _WRAPPERS:
                self.seen["inserted"] += name in ("ins", "moveTo")
                self._inline(element, line)
            elif name in _GONE:
                self.seen["deleted"] += 1
            elif name in ("oMath", "oMathPara"):
                line.text.append(" ".join(t.text or "" for t in element.iter() if local(t) == "t"))
            elif name == "AlternateContent":
                self._inline(next(iter(element), ()), line)

    def _link(self, element: Any, line: _Line) -> None:
        before = len(line.text)
        self._inline(element, line)
        said = "".join(line.text[before:])
        target = self._targets().get(value(element, "id"), "")
        if target.startswith(("http://", "https://")) and not _same_address(said, target):
            line.text.append(f" ({target[:300]})")

    def _targets(self) -> dict[str, str]:
        if not hasattr(self, "_relations"):
            relations = self.container.xml(f"{self.folder}_rels/document.xml.rels")
            found = relations if relations is not None else ()
            self._relations = {value(r, "Id"): value(r, "Target") for r in found}
        return self._relations

    def _run(self, run: Any, line: _Line) -> None:
        settings = child(run, "rPr")
        pieces = list(self._pieces(run, line))
        text = "".join(pieces)
        if not text:
            return
        if settings is not None and _on(settings, "vanish"):
            self.hidden.append(text)
            return
        bold = settings is not None and _on(settings, "b")
        if bold and not line.plain:
            line.start += text
        if text.strip():
            line.bold += bold
            line.plain += not bold
        line.size = max(line.size, number(child_value(settings, "sz")) / 2)
        line.text.append(text)

    def _pieces(self, run: Any, line: _Line) -> Iterator[str]:
        for element in run:
            name = local(element)
            if name == "t":
                if not line.in_code:
                    yield element.text or ""
            elif name == "tab" or name == "ptab":
                yield "\t"
            elif name in ("br", "cr"):
                yield "" if value(element, "type") in ("page", "column") else "\n"
            elif name == "noBreakHyphen":
                yield "-"
            elif name == "sym":
                yield _symbol(value(element, "char"))
            elif name == "fldChar":
                kind = value(element, "fldCharType")
                line.in_code = kind == "begin" or (line.in_code and kind != "separate" and kind != "end")
            elif name in ("footnoteReference", "endnoteReference"):
                self.notes_used.append((name.removesuffix("Reference"), value(element, "id")))
                yield f"[^{len(self.notes_used)}]"
            elif name in ("drawing", "pict", "object", "AlternateContent"):
                self._drawing(element, line)

    def _drawing(self, element: Any, line: _Line) -> None:
        if local(element) == "AlternateContent":
            element = next(iter(element), ())
        boxes = [e for e in element.iter() if local(e) == "txbxContent"] if len(element) else []
        line.boxes += [box for box in boxes if not any(local(a) == "txbxContent" for a in box.iterancestors())]
        names = {local(e) for e in element.iter()} if len(element) else set()
        if "OLEObject" in names:
            self.seen["objects"] += 1
        elif names & {"chart", "relIds"}:
            self.seen["charts"] += 1
        elif names & {"blip", "imagedata"}:
            self.seen["pictures"] += 1

    # tables

    def _table(self, table: Any, where: str) -> None:
        if not where:
            self.tables += 1
        place = where or f"table {self.tables}"
        rows: list[list[str]] = []
        for row in _below(table, "tr"):
            cells: list[str] = []
            for cell in _below(row, "tc"):
                settings = child(cell, "tcPr")
                merged = child(settings, "vMerge")
                text = self._cell(cell, place)
                cells.append("" if merged is not None and value(merged, "val", "continue") == "continue" else text)
                span = number(child_value(settings, "gridSpan"), 1)
                cells += [""] * min(max(span - 1, 0), _MOST_COLUMNS)
            if cells and not (child(row, "trPr") is not None and child(child(row, "trPr"), "del") is not None):
                rows.append(cells)
        self.blocks.append(Block("table", "", place, rows=rows))

    def _cell(self, cell: Any, place: str) -> str:
        """A cell's text. A table within it becomes lines of its own."""
        kept, self.blocks = self.blocks, []
        fake, self.fake = self.fake, []
        self._walk(cell, place)
        inner, self.blocks, self.fake = self.blocks, kept, fake
        lines = []
        for block in inner:
            lines += [" – ".join(filter(None, row)) for row in block.rows] if block.kind == "table" else [block.text]
        return "\n".join(lines)


def _below(parent: Any, wanted: str) -> Iterator[Any]:
    """Children of that name, also those wrapped in content controls or insertions."""
    for element in parent:
        name = local(element)
        if name == wanted:
            yield element
        elif name in _WRAPPERS:
            yield from _below(element, wanted)


def _on(settings: Any, name: str) -> bool:
    found = child(settings, name)
    return found is not None and value(found, "val", "1") not in ("0", "false", "off", "none")


def _symbol(code: str) -> str:
    try:
        return chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""


def _same_address(said: str, target: str) -> bool:
    bare = [re.sub(r"^(?:https?://)?(?:www\.)?|/+$", "", part.strip().lower()) for part in (said, target)]
    return bare[0] == bare[1]
