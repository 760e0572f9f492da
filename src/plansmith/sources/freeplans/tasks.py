"""A task in a list of a free-text plan: its name, its role, its hours, and what the items below say of it.

Enters: a list item with those below it. Leaves: the task in the `Reading`.
Try: python -c "from plansmith.sources.freeplans.readout import *; print(read_out('# Tasks\\n- Login (web): 4-6 h').tasks)"
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from plansmith.plan import fold
from plansmith.sources.freeplans.efforts import Effort, efforts_in, only_about
from plansmith.sources.freeplans.found import Found, Part, Spot, code_of
from plansmith.sources.freeplans.markup import Block, plain
from plansmith.sources.freeplans.planwords import label, role_words, row_kind, undecided
from plansmith.sources.freeplans.reading import Reading, Where, piece

_DASH = re.compile(r"\s+[–—|·-]\s+|;\s+|\s*,\s+")
_MARK = re.compile(r"\s+[–—|·]\s+|;\s+")
_BRACKETS = re.compile(r"[(\[]([^()\[\]]{1,80})[)\]]")
EMPTY = re.compile(r"\(\s*[,;:/–—-]*\s*\)|\[\s*\]")
_PIECES = re.compile(r"\s+[–—|·-]\s+|[:;,(\[]\s*|\s\+\s|\s(?:and|și|si)\s")
_ROUND = " \t:;,.–—-|·=≈~*_()[]"
EDGES = " \t:;,–—-|·=≈~*_"


@dataclass
class Node:
    """A list item with those below it."""

    block: Block
    below: list[Node] = field(default_factory=list)

    @property
    def all(self) -> list[Node]:
        """The items below it, however deep."""
        found, left = [], list(reversed(self.below))
        while left:
            node = left.pop()
            found.append(node)
            left += reversed(node.below)
        return found


def tree(items: Sequence[Block]) -> list[Node]:
    """Items with their depths as a tree."""
    tops: list[Node] = []
    path: list[Node] = []
    for item in items:
        node = Node(item)
        del path[item.level :]
        (path[-1].below if path else tops).append(node)
        path.append(node)
    return tops


def label_of(node: Node) -> tuple[str, int]:
    name, at = label(node.block.text)
    return (name, at) if name else ("", 0)


def task(block: Block, below: Sequence[Node], effort: Effort | None, where: Where, reading: Reading) -> Found:
    """Note a task: its name without the hours, its role, and what the items below say of it."""
    spot = Spot(block.line, block.start, block.end)
    role, role_span = _role(block, effort)
    stated = [effort] if effort else []
    name = stripped(block.text, block.start, stated, role_span)
    nameless = bool(role) and not re.search(r"[^\W\d_]", name)
    if nameless and not where.of_item:  # "Testing: 10 h" names the task
        role, name = None, stripped(block.text, block.start, stated)
    elif where.of_item and effort and (nameless or role_words(name)):  # below "Login": "Backend: 8 h"
        if role is None:
            at = max(block.text.find(name.split()[0]), 0)
            role = piece("role", block.text, at, at + len(name), spot)
        name = where.group
    parts = [role] if role else []
    parts += _segments(block, spot)
    details = []
    for node in [n for top in below for n in (top, *top.all)]:
        inner = Spot(node.block.line, node.block.start, node.block.end)
        kind, at = label_of(node)
        if kind and kind != "effort":
            parts.append(piece(kind, node.block.text, at, len(node.block.text), inner))
        elif not kind:
            details.append(piece("detail", node.block.text, 0, len(node.block.text), inner))
        reading.lines.add(node.block.line)
    if details:
        whole = "; ".join(d.text.rstrip(".;") for d in details)
        parts.append(Part("detail", whole, details[0].spot))
    effort_spot = Spot(block.line, effort.start, effort.end) if effort else None
    if effort and not block.start <= effort.start < block.end:
        effort_spot = next(
            (
                Spot(n.block.line, effort.start, effort.end)
                for n in below
                if n.block.start <= effort.start < n.block.end
            ),
            effort_spot,
        )
    item = Found("task", name, spot, where.heading, where.group, code_of(name), (), effort, effort_spot)
    if row_kind(name) == "reserve":
        item = replace(item, kind="reserve")
    elif where.role and not role:
        parts.append(where.role)
    item = reading.take(item.with_parts(*parts))
    reading.lines |= set(range(block.line, block.last + 1))
    if not effort and any(undecided(s) for s in re.split(r"[:(–—|)]|\s-\s", block.text)[1:]):
        reading.undecided.append(item)
    return item


def _role(block: Block, effort: Effort | None) -> tuple[Part | None, tuple[int, int]]:
    """A role in brackets, before a colon, or between dashes: "Login (web): 12 h"; and where its words stand."""
    spot = Spot(block.line, block.start, block.end)
    for match in _BRACKETS.finditer(block.text):
        start = match.start(1)
        for inner in re.split(r"([,;/]\s+)", match[1]):
            if role_words(inner):
                return piece("role", block.text, start, start + len(inner), spot), (start, start + len(inner))
            start += len(inner)
    colon = re.match(r"([^:\n]{2,40}):\s", block.text)
    if colon and role_words(colon[1]):
        return piece("role", block.text, 0, colon.end(1), spot), (0, colon.end(1) + 1)
    for start, end in _between(_DASH, block.text)[1:] if effort else ():
        if role_words(block.text[start:end].strip(" .")) and _beside(block, start, end, effort):
            return piece("role", block.text, start, end, spot), (start, end)
    return None, (0, 0)


def by_role(block: Block, stated: Sequence[Effort]) -> list[tuple[Effort, tuple[int, int]]]:
    """Each effort of a line with the span of the role right before it: "Login: backend 12 h, web 8 h"; else none."""
    pairs, start = [], 0
    for effort in stated:
        before = block.text[start : effort.start - block.start]
        spans = [s for s in _between(_PIECES, before) if before[slice(*s)].strip(_ROUND)]
        if not spans or not role_words(before[slice(*spans[-1])].strip(_ROUND)):
            return []
        begin, end = spans[-1]
        word = before[begin:end]
        first = begin + len(word) - len(word.lstrip(_ROUND))
        pairs.append((effort, (start + first, start + first + len(word.strip(_ROUND)))))
        start = effort.end - block.start
    return pairs


def several_roles(
    block: Block, pairs: Sequence[tuple[Effort, tuple[int, int]]], where: Where, reading: Reading
) -> None:
    """Note a task a role; its name is what stands before the first role, or the heading above."""
    spot = Spot(block.line, block.start, block.end)
    name = plain(block.text[: pairs[0][1][0]]).strip(EDGES + "([")
    for effort, (start, end) in pairs:
        role = piece("role", block.text, start, end, spot)
        hours = Spot(block.line, effort.start, effort.end)
        title = name or where.group or role.text
        reading.take(Found("task", title, spot, where.heading, where.group, code_of(title), (role,), effort, hours))
    reading.lines |= set(range(block.line, block.last + 1))


def _beside(block: Block, start: int, end: int, effort: Effort | None) -> bool:
    """Whether words stand between dashes, or right beside the hours: ", training, support" are no roles."""
    comma = block.text[:start].rstrip().endswith(",")
    near = effort and (abs(effort.start - block.start - end) < 4 or abs(start - (effort.end - block.start)) < 4)
    return bool(near) or not comma


def _segments(block: Block, spot: Spot) -> list[Part]:
    """Labelled pieces of one line: "Login – role: web – effort: 12 h"."""
    parts = []
    for start, end in _between(_MARK, block.text)[1:]:
        name, at = label(block.text[start:end])
        if name and name != "effort":
            parts.append(piece(name, block.text, start + at, end, spot))
    return parts


def _between(mark: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """The spans between the marks of a text."""
    marks = list(mark.finditer(text))
    return list(zip([0, *(m.end() for m in marks)], [*(m.start() for m in marks), len(text)], strict=True))


def _only_effort(text: str) -> bool:
    return any(e.end - e.start >= len(text.strip(" =~≈")) for e in efforts_in(text))


def stripped(text: str, start: int, efforts: Sequence[Effort], role: tuple[int, int] = (0, 0)) -> str:
    """An item's name: its text without the efforts and the role, and without the marks that set them off."""
    spans = [(e.start - start, e.end - start) for e in efforts if 0 <= e.start - start < len(text)]
    if role[1]:
        spans.append(role)
    for begin, end in sorted(spans, reverse=True):
        text = text[:begin].rstrip("~≈ ") + " " + text[end:]
    text = plain(EMPTY.sub(" ", re.sub(r"\(\s*[,;/]\s*|\s*[,;/]\s*\)", lambda m: m.group().strip(" ,;/"), text)))
    text = EMPTY.sub(" ", text)
    text = _BRACKETS.sub(
        lambda m: " " if undecided(m[1]) or only_about(m[1]) or _only_effort(m[1]) else m.group(), text
    )
    pieces = re.split(r"(\s*[:–—]\s|\s-\s)", text)
    if len(pieces) > 2 and undecided(pieces[-1]):
        text = "".join(pieces[:-2])
    folded = fold(text)
    tail = re.search(
        r"[\s:,;–—(|-]+(?:approx\.?|ca\.?|cca\.?|circa|effort|estimate|efort|estimare|ore|hours)\s*[:=]?[\s)]*$", folded
    )
    text = text[: tail.start()] if tail else text
    name = re.sub(r"\s+([:;,])(?=\s)", r"\1", " ".join(text.split()).strip(EDGES).rstrip(" .…"))
    return (name[1:-1] if _BRACKETS.fullmatch(name) else name) or plain(text)
