"""What stands beside a Word document's body: footnotes are taken; headers, footers and comments are reported.

Enters: the container and what the body's reader saw. Leaves: blocks and notes.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from plansmith.sources.formats.blocks import Block, clean, counted, quoted
from plansmith.sources.formats.container import Container, local, value

_SAID = (
    ("inserted", "{} tracked insertion{s} taken as accepted"),
    ("deleted", "{} tracked deletion{s} left out"),
    ("contents", "the table of contents ({} line{s}) left out"),
    ("boxes", "{} text box{es} placed after the paragraph that holds {it}"),
    ("pictures", "{} picture{s} not read"),
    ("charts", "{} chart{s} or diagram{s} not read"),
    ("objects", "{} embedded file{s} not read"),
    ("chunk", "{} inserted document{s} not read"),
)
"""What is counted while the body is read, and how it is told."""


def footnotes(container: Container, folder: str, used: list[tuple[str, str]]) -> list[Block]:
    """The foot- and endnotes (kind, id) that the body points at, in that order."""
    parts = {kind: container.xml(f"{folder}{kind}s.xml") for kind in ("footnote", "endnote")}
    texts = {
        (kind, value(note, "id")): said_by(note) for kind, root in parts.items() if root is not None for note in root
    }
    return [
        Block("paragraph", f"[^{at}]: {texts[key]}", f"{key[0]} {at}")
        for at, key in enumerate(used, 1)
        if texts.get(key)
    ]


def notes_beside(container: Container, folder: str, seen: Counter[str], hidden: list[str]) -> list[str]:
    """What was not taken, or taken in a way that people should know."""
    notes = []
    for kind in ("header", "footer"):
        names = sorted(n for n in container.names if re.fullmatch(rf"{re.escape(folder)}{kind}\d*\.xml", n))
        for name in names[:12]:
            if text := said_by(container.xml(name)):
                notes.append(f"page {kind} left out: {quoted(text)}")
    comments = container.xml(f"{folder}comments.xml")
    for comment in comments if comments is not None else ():
        if len(notes) < 50 and (text := said_by(comment)):
            notes.append(f"comment by {value(comment, 'author') or 'somebody'} left out: {quoted(text)}")
    for key, said in _SAID:
        if count := seen[key]:
            many = count != 1
            marks = {"s": "s" * many, "es": "es" * many, "it": "them" if many else "it"}
            notes.append(said.format(f"{count:,}", **marks))
    if hidden:
        notes.append(f"hidden text left out ({counted(len(hidden), 'piece')}): {quoted(' '.join(hidden))}")
    return notes


def said_by(element: Any) -> str:
    """All visible text of an element, its paragraphs on lines of their own."""
    if element is None:
        return ""
    lines = []
    for paragraph in (e for e in element.iter() if local(e) == "p"):
        lines.append("".join(t.text or "" for t in paragraph.iter() if local(t) == "t"))
    return clean("\n".join(lines))
