"""The outline of a plan file: front matter, title, sections, their entries and details, each with its line number.

Enters: the text of a file. Leaves: an `Outline`, and in `Problems` every line that has no place in it. What the
words mean is not known here.
Try: python -c "from plansmith.plan.outline import *; print(outline('# A plan', Problems()))"
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from plansmith.plan.escape import normal

_BULLET = re.compile(r"([-*+])(?: (.*))?$", re.DOTALL)
_NUMBERED = re.compile(r"([0-9]{1,9})[.)] ")
_NOT_PROSE = re.compile(r"#{1,6}(?:\s|$)|>|```|~~~|\||<!--")
_RULE = re.compile(r"(?:(?:- ?){3,}|(?:\* ?){3,}|(?:_ ?){3,})$")
_SUGGESTIONS = 200  # a nearest word is looked up for so many problems only: a file of rubbish must not take minutes


class Line(NamedTuple):
    """A line's number in the file, and its text."""

    number: int
    text: str


class Problems:
    """What is wrong in a file, all together; each finding says where, what, and what to do."""

    def __init__(self) -> None:
        self._found: list[tuple[int, int, str]] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, line: int, what: str) -> None:
        """Note a finding for one line of the file."""
        self._found.append((line, len(self._found), what))

    def nearest(self, word: str, known: Iterable[str]) -> str:
        """A remedy: the nearest of the known words, and all of them."""
        known = list(dict.fromkeys(known))
        close = difflib.get_close_matches(word[:60], known, 1) if len(self._found) < _SUGGESTIONS else []
        meant = f'did you mean "{close[0]}"? ' if close else ""
        return f"{meant}write one of: {', '.join(known)}"

    def listed(self) -> list[str]:
        """The findings in the order of the file."""
        return [f"line {line}: {what}" for line, _, what in sorted(self._found)]


@dataclass
class Entry:
    """A list entry and the entries below it."""

    line: int
    text: str
    details: list[Line] = field(default_factory=list)


@dataclass
class Section:
    """A heading and the lines below it."""

    line: int
    heading: str
    lines: list[Line] = field(default_factory=list)


@dataclass
class Outline:
    """A file's front matter (the lines between its marks), title, summary lines and sections."""

    front: list[Line]
    title: Line | None
    summary: list[Line]
    sections: list[Section]


def excerpt(text: str) -> str:
    """A text as it is quoted in a finding."""
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}…"'


def outline(text: str, problems: Problems) -> Outline:
    """Part a file into front matter, title, summary and sections."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = [Line(n, line) for n, line in enumerate(text.split("\n"), 1)]
    front, body = _front(lines, problems)
    found = Outline(front, None, [], [])
    current: list[Line] | None = None
    for line in body:
        level = _level(line.text)
        if level == 1 and found.title is None:
            found.title, current = Line(line.number, _heading(line.text)), found.summary
        elif level == 1:
            problems.add(line.number, f"a second title ({excerpt(normal(line.text))}); a plan has one, use ## here")
        elif level in (2, 3):
            found.sections.append(Section(line.number, _heading(line.text)))
            current = found.sections[-1].lines
        elif current is not None:
            current.append(line)
        elif normal(line.text):
            problems.add(line.number, f"text before the title ({excerpt(normal(line.text))}); begin with # and a title")
    if found.title is None:
        problems.add(body[0].number if body else 1, "the plan has no title; write one as # Title")
    return found


def _front(lines: list[Line], problems: Problems) -> tuple[list[Line], list[Line]]:
    start = next((i for i, line in enumerate(lines) if line.text.strip()), 0)
    if lines[start].text.rstrip() != "---":
        return [], lines
    for end in range(start + 1, len(lines)):
        if lines[end].text.rstrip() in ("---", "..."):
            return lines[start + 1 : end], lines[end + 1 :]
    problems.add(lines[start].number, "the front matter has no end; close it with a line ---")
    return [], lines[start + 1 :]


def _level(text: str) -> int:
    """How many number signs make the line a heading; 0: it is none."""
    if not text.lstrip(" ").startswith("#") or text.startswith("    "):
        return 0
    signs = text.lstrip(" ")
    rest = signs.lstrip("#")
    level = len(signs) - len(rest)
    return level if level <= 6 and (not rest or rest[0].isspace()) else 0


def _heading(text: str) -> str:
    text = normal(text.strip().lstrip("#"))
    bare = text.rstrip("#")
    return bare.rstrip() if not bare or bare.endswith(" ") else text


def entries(section: Section, problems: Problems) -> list[Entry]:
    """The section's list entries with their details."""
    found: list[Entry] = []
    for number, text, indent, after_blank in _paragraphs(section.lines):
        bullet = _BULLET.match(text)
        if _RULE.match(text) and (after_blank or not found):
            continue
        if bullet and indent < 2:
            found.append(Entry(number, bullet.group(2) or ""))
        elif bullet and found:
            found[-1].details.append(Line(number, bullet.group(2) or ""))
        elif bullet:
            problems.add(number, f"a detail without an item above it ({excerpt(text)}); put it below its item")
        else:
            problems.add(number, f'not understood here ({excerpt(text)}); begin an item with "- "')
    return found


def prose(lines: list[Line], problems: Problems) -> list[Line]:
    """The paragraphs of a section in free text; each list entry is a paragraph that keeps its mark."""
    found: list[Line] = []
    for number, text, _, after_blank in _paragraphs(lines):
        rule = _RULE.match(text) or not text.strip("=")
        if _NOT_PROSE.match(text) or (rule and not after_blank):
            problems.add(number, f"no plain paragraph ({excerpt(text)}); write it as a sentence or a list entry")
        elif not _RULE.match(text):
            found.append(Line(number, f"- {text[2:]}" if text[:2] in ("* ", "+ ") else text))
    return found


class _Paragraph(NamedTuple):
    number: int
    text: str
    indent: int
    after_blank: bool


def _paragraphs(lines: list[Line]) -> list[_Paragraph]:
    """The lines, with those joined that only wrap a longer one; a list entry, a rule or the like begins anew."""
    groups: list[tuple[Line, bool, list[str]]] = []
    after_blank = True
    for line in lines:
        text = normal(line.text)
        if not text:
            after_blank = True
            continue
        if after_blank or _begins(text, groups[-1][2]):
            groups.append((line, after_blank, [text]))
        else:
            groups[-1][2].append(text)
        after_blank = False
    return [_Paragraph(line.number, _joined(texts), _indent(line.text), blank) for line, blank, texts in groups]


def _begins(text: str, before: list[str]) -> bool:
    """Whether a line begins a paragraph although there is no empty line before it."""
    if _BULLET.match(text) or _NOT_PROSE.match(text) or _RULE.match(text) or not text.strip("="):
        return True
    if _NOT_PROSE.match(before[-1]) or _RULE.match(before[-1]) or not before[-1].strip("="):
        return True
    number = _NUMBERED.match(text)
    return bool(number and (number.group(1) == "1" or _NUMBERED.match(before[0])))


def _indent(text: str) -> int:
    wide = text.expandtabs(4)
    return len(wide) - len(wide.lstrip())


def _joined(texts: list[str]) -> str:
    """The lines of one paragraph as one; a backslash at a line's end is a hard line break, not text."""
    whole = []
    for place, text in enumerate(texts):
        slashes = len(text) - len(text.rstrip("\\"))
        whole.append(text[:-1].rstrip() if slashes % 2 and place < len(texts) - 1 else text)
    return " ".join(part for part in whole if part)
