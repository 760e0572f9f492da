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

from plansmith.plan.plaintext import normal

_BULLET = re.compile(r"([-*+])(?:\s+(.*))?$", re.DOTALL)
_PROSE_BULLET = re.compile(r"[-*+]\s|[0-9]{1,9}[.)]\s")
_NOT_PROSE = re.compile(r"#{1,6}(?:\s|$)|>|```|~~~|\||<!--")
_RULE = re.compile(r"(?:-{3,}|\*{3,}|_{3,}|(?:- ){2,}-|(?:\* ){2,}\*)$")
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
    """The section's list entries with their details; wrapped lines are joined to what they continue."""
    found: list[Entry] = []
    blank = False
    for number, raw in section.lines:
        text, indent = normal(raw), len(raw.expandtabs(4)) - len(raw.expandtabs(4).lstrip())
        bullet = _BULLET.match(text)
        if not text or (_RULE.match(text) and (blank or not found)):
            blank = True
            continue
        if bullet and indent < 2:
            found.append(Entry(number, bullet.group(2) or ""))
        elif bullet and found:
            found[-1].details.append(Line(number, bullet.group(2) or ""))
        elif bullet:
            problems.add(number, f"a detail without an item above it ({excerpt(text)}); put it below its item")
        elif found and not blank and not _NOT_PROSE.match(text):
            _continue(found[-1], text)
        else:
            problems.add(number, f'not understood here ({excerpt(text)}); begin an item with "- "')
        blank = False
    return found


def _continue(entry: Entry, text: str) -> None:
    if entry.details:
        last = entry.details[-1]
        entry.details[-1] = Line(last.number, _joined(last.text, text))
    else:
        entry.text = _joined(entry.text, text)


def _joined(first: str, second: str) -> str:
    """Two lines of one paragraph; a backslash at the end of the first is a hard line break, not text."""
    slashes = len(first) - len(first.rstrip("\\"))
    return f"{first[:-1].rstrip() if slashes % 2 else first} {second}".strip()


def prose(lines: list[Line], problems: Problems) -> list[Line]:
    """The paragraphs of a section in free text; each list entry is a paragraph that keeps its mark."""
    found: list[Line] = []
    blank = True
    for number, raw in lines:
        text = normal(raw)
        if not text or (blank and _RULE.match(text)):
            blank = True
            continue
        if _NOT_PROSE.match(text) or (not blank and (_RULE.match(text) or not text.strip("=-"))):
            problems.add(number, f"no plain paragraph ({excerpt(text)}); write it as a sentence or a list entry")
        elif blank or _PROSE_BULLET.match(text):
            found.append(Line(number, text))
        else:
            found[-1] = Line(found[-1].number, _joined(found[-1].text, text))
        blank = False
    return found
