"""What a Word document's styles and numbering say of a paragraph.

Enters: styles.xml and numbering.xml as elements, or None. Leaves: for a style id, whether it is a title, a heading of
which level, a line of the table of contents; for a paragraph, its list, depth and kind of numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from plansmith.sources.formats.container import local, number, value

_HEADING = re.compile(r"heading ([1-9])$")
_LISTS = re.compile(r"list (?:bullet|number) ([2-5])$")


@dataclass(frozen=True)
class Style:
    """A paragraph style with what it inherits."""

    heading: int = 0
    title: bool = False
    contents: bool = False
    numbering: str = ""
    depth: int = 0
    size: float = 0


class Styles:
    def __init__(self, styles: Any, numbering: Any) -> None:
        self._elements = {value(s, "styleId"): s for s in styles if local(s) == "style"} if styles is not None else {}
        self._known: dict[str, Style] = {}
        self._levels: dict[str, dict[int, tuple[str, int]]] = {}
        self._read_numbering(numbering)
        self.size = _default_size(styles)
        default = next((k for k, s in self._elements.items() if value(s, "default") in ("1", "true") and _is_p(s)), "")
        self.size = self.of(default).size or self.size

    def of(self, key: str) -> Style:
        """The style of that id; a plain one where there is none."""
        if key not in self._known:
            self._known[key] = self._read(key)
        return self._known[key]

    def _read(self, key: str) -> Style:
        found: dict[str, Any] = {}
        seen: set[str] = set()
        while key in self._elements and key not in seen and len(seen) < 20:
            seen.add(key)
            element = self._elements[key]
            name = child_value(element, "name").lower()
            settings = child(element, "pPr")
            if name == "title":
                found.setdefault("title", True)
            if name.startswith("toc ") or name == "toc heading":
                found.setdefault("contents", True)
            if match := _HEADING.match(name):
                found.setdefault("heading", int(match[1]))
            if match := _LISTS.match(name):
                found.setdefault("depth", int(match[1]) - 1)
            level = child_value(settings, "outlineLvl")
            if level:
                found.setdefault("heading", number(level, 9) + 1 if number(level, 9) < 9 else 0)
            listed = child(settings, "numPr")
            if listed is not None:
                found.setdefault("numbering", child_value(listed, "numId"))
                found.setdefault("depth", number(child_value(listed, "ilvl")))
            if size := number(child_value(child(element, "rPr"), "sz")) / 2:
                found.setdefault("size", size)
            key = child_value(element, "basedOn")
        return Style(**found)

    def numbering(self, settings: Any, style: Style) -> tuple[str, int]:
        """A paragraph's list (empty: none) and its depth from 0."""
        listed = child(settings, "numPr")
        if listed is None:
            key, depth = style.numbering, style.depth
        else:
            key = child_value(listed, "numId") or style.numbering
            depth = number(child_value(listed, "ilvl")) or style.depth
        return ("" if key in ("", "0") else key), min(max(depth, 0), 8)

    def ordered(self, key: str, depth: int) -> bool:
        form = self._levels.get(key, {}).get(depth, ("bullet", 1))[0]
        return form not in ("bullet", "none", "")

    def first(self, key: str, depth: int) -> int:
        return self._levels.get(key, {}).get(depth, ("", 1))[1]

    def _read_numbering(self, numbering: Any) -> None:
        if numbering is None:
            return
        abstract = {}
        for element in numbering:
            if local(element) == "abstractNum":
                levels = [e for e in element if local(e) == "lvl"]
                abstract[value(element, "abstractNumId")] = {
                    number(value(e, "ilvl")): (child_value(e, "numFmt"), number(child_value(e, "start"), 1))
                    for e in levels
                }
            elif local(element) == "num":
                self._levels[value(element, "numId")] = abstract.get(child_value(element, "abstractNumId"), {})


def child(parent: Any, name: str) -> Any:
    """The first child of that local name, or None."""
    if parent is None:
        return None
    return next((e for e in parent if local(e) == name), None)


def child_value(parent: Any, name: str) -> str:
    """The `val` of the first child of that name; empty where there is none."""
    found = child(parent, name)
    return value(found, "val") if found is not None else ""


def _is_p(style: Any) -> bool:
    return value(style, "type") == "paragraph"


def _default_size(styles: Any) -> float:
    defaults = child(child(child(styles, "docDefaults"), "rPrDefault"), "rPr")
    return number(child_value(defaults, "sz")) / 2 or 11.0
