"""Web pages and HTML mails → text.

Enters: bytes. Leaves: a `Reading`; places are "line 12" of the page's source.
Try: python -c "from plansmith.sources.read import read_text; from pathlib import Path; print(read_text(Path('examples/free/trail-wardens/brief.html')))"

Scripts are never run and nothing is fetched. What a browser would not show, and a page's navigation, is left out and
reported.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from plansmith.sources.formats.blocks import Block, Reading, Refusal, check_cells, clean, compose, counted, quoted
from plansmith.sources.formats.encoding import guess

MAX_DEPTH = 250
_DROPPED = {"script", "style", "template", "head", "noscript", "link", "meta", "title", "base", "param", "source"}
_REPORTED = {
    "nav": "navigation",
    "iframe": "embedded page",
    "object": "embedded object",
    "embed": "embedded object",
    "svg": "drawing",
    "canvas": "drawing",
    "video": "video",
    "audio": "recording",
    "select": "form field",
    "textarea": "form field",
}
_BLOCKS = {
    *("address", "article", "aside", "body", "center", "details", "dialog", "dd", "div", "dl", "dt", "fieldset"),
    *("figcaption", "figure", "footer", "form", "header", "html", "legend", "main", "p", "section", "summary"),
    *("tbody", "td", "th", "tr", "thead", "tfoot", "caption"),
}
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,30})""", re.IGNORECASE)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9_:.-]{2,30})""")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def read(data: bytes, declared: str = "") -> Reading:
    """HTML → text; `declared` is the character set that a mail's header names. Raises Refusal."""
    notes: list[str] = []
    blocks = read_blocks(data, declared, notes)
    return compose(blocks, notes)


def read_blocks(data: bytes, declared: str, notes: list[str]) -> list[Block]:
    """The page's blocks; what is not taken is added to `notes`."""
    from lxml import etree

    match = _CHARSET.search(data[:4096]) or _XML.match(data[:400])
    text, _ = guess(data, declared or (match[1].decode("ascii") if match else ""))
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\x00", ""))
    if not text.strip():
        return []
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False, recover=True
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refusal(f"it is no sound HTML ({str(error)[:100]}). Save the page again, or copy its text") from error
    if any("depth" in entry.message for entry in parser.error_log):
        raise Refusal("its elements are nested too deeply. Copy its text into a plain file")
    if root is None:
        return []
    return _Reader(notes).read(root)


@dataclass
class _Reader:
    notes: list[str]
    blocks: list[Block] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    line: int = 1
    seen: Counter[str] = field(default_factory=Counter)
    hidden: list[str] = field(default_factory=list)
    quoted: int = 0
    lists: int = 0
    item: Block | None = None
    cells: int = 0

    def read(self, root: Any) -> list[Block]:
        title = next((e for e in root.iter("title")), None)
        self._walk(root, 0)
        self._flush()
        said = clean("".join(title.itertext())) if title is not None else ""
        if said and not any(b.kind == "heading" for b in self.blocks):
            self.blocks.insert(0, Block("heading", said, "title of the page", 1))
        self._report()
        return self.blocks

    def _report(self) -> None:
        for what, count in self.seen.items():
            self.notes.append(f"{counted(count, what)} left out")
        if self.hidden:
            self.notes.append(f"hidden text left out: {quoted(' '.join(self.hidden))}")

    def _flush(self, kind: str = "paragraph", level: int = 0, number: int | None = None) -> None:
        text = clean("".join(self.inline))
        self.inline = []
        if not text:
            return
        place = f"line {self.line}"
        if self.item is not None and kind == "paragraph":
            if self.item.text:
                self.item.text += "\n" + text
            else:
                self.item.text = text
                self.item.place = place
                self.blocks.append(self.item)
            return
        self.blocks.append(Block(kind, text, place, level, number, quoted=self.quoted))

    def _walk(self, element: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise Refusal(f"its elements are nested more than {MAX_DEPTH} deep. Copy its text into a plain file")
        name = element.tag if isinstance(element.tag, str) else ""
        if not name or name in _DROPPED:
            return
        if name in _REPORTED:
            self.seen[_REPORTED[name]] += 1
            return
        if _is_hidden(element):
            text = clean("".join(element.itertext()))
            self.hidden += [text] if text else []
            return
        if self._special(element, name, depth):
            return
        block = name in _BLOCKS
        if block:
            self._flush()
            self.line = element.sourceline or self.line
        self._inside(element, depth)
        if block:
            self._flush()

    def _inside(self, element: Any, depth: int) -> None:
        self._text(element.text)
        for part in element:
            self._walk(part, depth + 1)
            self._text(part.tail)

    def _text(self, text: str | None) -> None:
        if text:
            self.inline.append(re.sub(r"\s+", " ", text))

    def _special(self, element: Any, name: str, depth: int) -> bool:
        """Elements with a form of their own; False for all others."""
        if name == "br":
            self.inline.append("\n")
        elif name in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self._flush()
            self.line = element.sourceline or self.line
            self._inside(element, depth)
            self.item = None
            self._flush("heading", int(name[1]))
        elif name == "hr":
            self._flush()
            self.blocks.append(Block("rule", place=f"line {element.sourceline}", quoted=self.quoted))
        elif name in ("ul", "ol", "menu", "dir"):
            self._list(element, name == "ol", depth)
        elif name == "li":  # outside a list, as careless pages have it
            self._item(element, None, depth)
        elif name == "table":
            self._table(element, depth)
        elif name == "dt":
            self._flush()
            self._inside(element, depth)
            term = clean("".join(self.inline)).rstrip(":")
            self.inline = [f"{term}: "] if term else []
        elif name == "dd":
            self._inside(element, depth)
            self._flush("item")
        elif name == "pre":
            self._flush()
            self.inline.append("".join(element.itertext()))
            self._flush()
        elif name == "blockquote":
            self._flush()
            self.quoted += 1
            self._inside(element, depth)
            self._flush()
            self.quoted -= 1
        elif name == "img":
            self.seen["picture"] += not _is_dot(element)
        elif name == "input":
            self._input(element)
        elif name == "a":
            self._link(element, depth)
        else:
            return False
        return True

    def _input(self, element: Any) -> None:
        kind = (element.get("type") or "text").lower()
        if kind == "checkbox":
            self.inline.append("☑ " if element.get("checked") is not None else "☐ ")
        elif kind != "hidden":
            self.seen["form field"] += 1

    def _link(self, element: Any, depth: int) -> None:
        before = len(self.inline)
        self._inside(element, depth)
        said = clean("".join(self.inline[before:]))
        target = (element.get("href") or "").strip()
        if target.startswith(("http://", "https://")) and said and said.rstrip("/") not in target:
            self.inline.append(f" ({target[:300]})")

    def _list(self, element: Any, ordered: bool, depth: int) -> None:
        outer = self.item
        self._flush()
        self.item = None
        self.lists += 1
        start = element.get("start") or "1"
        count = int(start) if start.isdigit() and len(start) < 6 else 1
        for part in element:
            if part.tag == "li":
                self._item(part, count if ordered else None, depth)
                count += 1
            else:
                self._walk(part, depth + 1)
            self._text(part.tail)
        self._flush()
        self.lists -= 1
        self.item = outer if outer is not None and outer.text == "" else None

    def _item(self, element: Any, number: int | None, depth: int) -> None:
        outer = self.item
        self._flush()
        self.line = element.sourceline or self.line
        self.item = Block("item", "", "", max(self.lists - 1, 0), number, quoted=self.quoted)
        self._inside(element, depth + 1)
        self._flush()
        self.item = outer

    def _table(self, table: Any, depth: int) -> None:
        """A table of data; one that only arranges a page, as in mails, is walked through instead."""
        rows = [row for row in table.iter("tr") if _owner(row) is table]
        inner = any(e is not table and e.tag in ("table", "h1", "h2", "h3", "ul", "ol") for e in table.iter())
        widest = max((sum(c.tag in ("td", "th") for c in row) for row in rows), default=0)
        self._flush()
        self.line = table.sourceline or self.line
        if inner or widest < 2 or (table.get("role") or "").lower() == "presentation":
            self._inside(table, depth)
            self._flush()
            return
        item, self.item = self.item, None
        found: list[list[str]] = []
        held: dict[int, int] = {}
        for row in rows:
            cells: list[str] = []
            for cell in (c for c in row if c.tag in ("td", "th")):
                while held.get(len(cells), 0) > 0:
                    held[len(cells)] -= 1
                    cells.append("")
                if (down := _span(cell, "rowspan")) > 1:
                    held[len(cells)] = down - 1
                cells.append(self._cell(cell, depth))
                cells += [""] * (_span(cell, "colspan") - 1)
            self.cells += len(cells)
            check_cells(self.cells)
            found.append(cells)
        for caption in table.iter("caption"):
            self._inside(caption, depth)
            self._flush()
        self.blocks.append(Block("table", "", f"line {self.line}", rows=found, quoted=self.quoted))
        self.item = item

    def _cell(self, cell: Any, depth: int) -> str:
        kept, self.blocks = self.blocks, []
        self._inside(cell, depth + 1)
        self._flush()
        inner, self.blocks = self.blocks, kept
        return "\n".join(block.text for block in inner)


def _span(cell: Any, name: str) -> int:
    said = cell.get(name) or "1"
    return min(max(int(said), 1), 100) if said.isdigit() and len(said) < 6 else 1


def _owner(row: Any) -> Any:
    return next((a for a in row.iterancestors() if a.tag == "table"), None)


def _is_hidden(element: Any) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))


def _is_dot(image: Any) -> bool:
    """A tracking pixel or a spacer."""
    return (image.get("width") or "") in ("0", "1") or (image.get("height") or "") in ("0", "1")
