"""Tasks that stand twice in a free-text plan made one, and hours of phases told from those of tasks.

Enters: what was found, in reading order. Leaves: each task once, and the totals that phases are.
Try: plansmith adopt examples/free/trail-wardens/plan.docx
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from plansmith.sources.freeplans.found import Found, Part, Spot, Total, code_of
from plansmith.sources.freeplans.planwords import bare
from plansmith.sources.freeplans.reading import Reading
from plansmith.sources.freeplans.tables import total
from plansmith.sources.freeplans.tasks import stripped

_LOOK_BACK = 400
_SAME_NAME = 92.0
"""RapidFuzz ratio from which two task names without numbers of their own are one."""


def merged(found: Iterable[Found]) -> list[Found]:
    """The items with tasks that stand twice (a list of packages, a table of their hours) made one."""
    from rapidfuzz import fuzz

    kept: list[Found] = []
    by_code: dict[str, int] = {}
    named: list[tuple[int, str]] = []
    for item in found:
        if item.kind != "task":
            kept.append(item)
            continue
        code, name = ("" if item.code.isdigit() else item.code), item.title.casefold()
        at = by_code.get(code) if code else None
        if at is None:
            alike = (
                place
                for place, other in named[-_LOOK_BACK:]
                if not (code and kept[place].code)
                and _one(kept[place], item)
                and fuzz.ratio(other, name) >= _SAME_NAME
                and re.findall(r"\d+", other) == re.findall(r"\d+", name)
            )
            at = next(alike, None)
        if at is not None and _one(kept[at], item):
            kept[at] = _joined(kept[at], item)
            continue
        named.append((len(kept), name))
        if code:
            by_code.setdefault(code, len(kept))
        kept.append(item)
    return kept


def _one(first: Found, second: Found) -> bool:
    """Whether two mentions can be one task: in two sections, and one of them without hours or both with a number.

    "Testing: 8 h" in each of two phases is two tasks; "WP1 … 8 h" in a list and in a table is one.
    """
    if first.section == second.section:
        return False
    if first.effort and second.effort:
        same = first.effort.points == second.effort.points and first.part("role") == second.part("role")
        return same and bool(first.code) and first.code == second.code
    return True


def _joined(first: Found, second: Found) -> Found:
    """One task of two mentions: the fuller name, the hours and parts of both."""
    longer = max(first, second, key=lambda f: len(f.text))
    hours = first if first.effort else second
    mention = second if longer is first else first
    joined = replace(longer, effort=hours.effort, effort_spot=hours.effort_spot, code=first.code or second.code)
    joined = joined.with_parts(*mention.parts)
    return replace(joined, group=first.group or second.group)


def group_sums(reading: Reading) -> None:
    """Hours in a phase's heading, and tasks that only name a phase whose tasks are listed, are sums of those."""
    totals: list[Total] = []
    for said in reading.totals:
        if said.items != -1:
            totals.append(said)
            continue
        own = [f for f in reading.found if f.kind in ("task", "reserve") and f.group == said.text and f.effort]
        if own:
            totals.append(
                total(
                    _without(said, reading.text), said.spot, said.said, [f.effort for f in own if f.effort], reading.day
                )
            )
        else:
            name = _without(said, reading.text)
            line = Spot(said.spot.line, said.spot.start, said.spot.end)
            details = [f for f in reading.found if f.kind == "task" and f.group == said.text]
            parts = tuple(Part("detail", "; ".join(f.text for f in details), details[0].spot) for _ in details[:1])
            gone = {id(f) for f in details}
            reading.found = [f for f in reading.found if id(f) not in gone]
            item = Found("task", name, line, said.text, "", code_of(name), parts, said.said, said.spot)
            reading.found.append(item)
    for item in reading.found:
        if item.kind == "role" and item.effort:
            own = [f for f in reading.found if f.kind == "task" and f.part("role").casefold() == item.text.casefold()]
            spot = item.effort_spot or item.spot
            totals.append(total(item.text, spot, item.effort, [f.effort for f in own if f.effort], reading.day))
    groups: dict[str, list[Found]] = {}
    for item in reading.found:
        if item.kind == "task" and item.effort and item.group:
            groups.setdefault(_name(item.group), []).append(item)
    kept = []
    for item in reading.found:
        below = groups.get(_name(item.text), []) if item.kind == "task" and item.effort else []
        below = [f for f in below if f is not item]
        if len(below) > 1 and item.effort:
            spot = item.effort_spot or item.spot
            totals.append(total(item.text, spot, item.effort, [f.effort for f in below if f.effort], reading.day))
        else:
            kept.append(item)
    reading.found = sorted(kept, key=lambda f: (f.spot.start, f.spot.end))
    reading.totals = sorted(totals, key=lambda t: t.spot.start)


def _without(said: Total, text: str) -> str:
    """A phase's name without the hours in it."""
    written = text[said.said.start : said.said.end]
    at = said.text.rfind(written)
    return stripped(said.text, 0, [replace(said.said, start=at, end=at + len(written))]) if at >= 0 else said.text


def _name(text: str) -> str:
    return re.sub(r"^(?:phase|stage|etapa|faza|sprint)\s*\d+\s*[:.–-]?\s*", "", bare(text)) or bare(text)
