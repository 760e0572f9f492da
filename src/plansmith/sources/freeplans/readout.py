"""What can be read out of one plan in a team's own form, each thing with its place, and how much was read.

Enters: the text of a free plan, as any reader leaves it. Leaves: a `Readout`: requirements, tasks with hours, roles,
dates, milestones, risks, assumptions, questions, amounts; totals beside what they sum up; and what was not understood.
Nothing is filled in: no hours, no roles, no hours per day that the text does not state.
Try: python -c "from plansmith.sources.freeplans.readout import *; print(read_out('# Tasks\\n- Login page (web): 4-6 h').tasks)"
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from plansmith.plan import read_brief
from plansmith.sources.freeplans.efforts import Figure, efforts_in, hours_per_day, stated_effort
from plansmith.sources.freeplans.found import Found, Kind, Part, Share, Spot, Total, Unread, as_dict
from plansmith.sources.freeplans.lists import read_line, read_list
from plansmith.sources.freeplans.markup import Block, blocks, nested, plain
from plansmith.sources.freeplans.merge import group_sums, merged
from plansmith.sources.freeplans.planwords import heading_kind, role_words, unit_named
from plansmith.sources.freeplans.reading import Reading, Where, money_and_dates, risk
from plansmith.sources.freeplans.tables import read_table
from plansmith.sources.pasttasks import PastTask

LIMIT = 5_000_000
_LANGUAGE = 20_000
"""Characters that are looked at to tell the language."""
_KEPT = ("summary", "testing", "rollout", "technology", "glossary", "cost", "team", "deliverables")
_SINGLE: dict[str, Kind] = {
    "out_of_scope": "out_of_scope", "assumptions": "assumption", "questions": "question",
}  # fmt: skip


@dataclass(frozen=True)
class Readout:
    """What a free plan says, and how much of it was understood."""

    text: str
    language: str
    title: str
    found: tuple[Found, ...]
    totals: tuple[Total, ...]
    unread: tuple[Unread, ...]
    undecided: tuple[Found, ...]
    """Tasks whose hours the plan leaves open (TBD)."""
    stated_hours_per_day: Figure | None
    lines: Share
    tables: Share
    figures: Share
    """Efforts: figures that a column, a label or marks say to be one, and spans of time beside a task without hours."""

    def of(self, kind: Kind) -> tuple[Found, ...]:
        """The items of one kind, in reading order."""
        return tuple(f for f in self.found if f.kind == kind)

    @property
    def tasks(self) -> tuple[Found, ...]:
        """Tasks, each once."""
        return self.of("task")

    @cached_property
    def hours_per_day(self) -> float | None:
        """Hours of a working day, where the plan states them."""
        return self.stated_hours_per_day.value if self.stated_hours_per_day else None

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "title": self.title,
            "language": self.language,
            "hours_per_day": self.hours_per_day,
            "read": {
                name: {"read": share.read, "of": share.of}
                for name, share in (("lines", self.lines), ("tables", self.tables), ("efforts", self.figures))
            },
            "items": [as_dict(f) for f in self.found if f.kind != "prose"],
            "totals": [
                {"text": t.text, "line": t.spot.line, "said": [f.value for f in t.said.figures], "unit": t.said.unit,
                 "summed": t.summed, "items": t.items, "agrees": t.agrees}
                for t in self.totals
            ],
            "unread": [{"what": u.what, "text": u.text, "line": u.spot.line} for u in self.unread],
        }  # fmt: skip


def read_out(text: str) -> Readout:
    """Read a free plan; never raises on any text."""
    text = text[:LIMIT]
    day = hours_per_day(text)
    reading = Reading(text, day=day.value if day else None)
    found = blocks(text)
    title = _title(found)
    where, stack = Where("summary"), [(0, Where("summary"))]
    place = 0
    while place < len(found):
        block = found[place]
        if block.kind == "heading":
            where = _enter(block, stack, title, reading)
            place += 1
        elif block.kind == "item":
            end = place
            while end < len(found) and found[end].kind == "item":
                end += 1
            read_list(nested(found[place:end]), where, reading)
            place = end
        else:
            where = _other(block, where, reading)
            place += 1
    reading.found = merged(reading.found)
    group_sums(reading)
    _unread_figures(found, reading)
    return _readout(reading, found, title)


def _title(found: Sequence[Block]) -> Block | None:
    headings = [b for b in found if b.kind == "heading"]
    if not headings:
        return None
    first = headings[0]
    top = sum(b.level == first.level for b in headings) == 1 and first.level <= 2
    alone = top and not heading_kind(first.text, exact=True)
    return first if alone and not any(b.level < first.level for b in headings) else None


def _enter(block: Block, stack: list[tuple[int, Where]], title: Block | None, reading: Reading) -> Where:
    """The section that a heading begins; below a known section a heading that is not known is a group of it."""
    text = plain(block.text)
    if block is title:
        reading.lines |= {block.line, block.last}
        return stack[0][1]
    while len(stack) > 1 and stack[-1][0] >= block.level:
        stack.pop()
    above = stack[-1][1] if len(stack) > 1 else Where()
    kind = heading_kind(text, exact=True) or ("" if above.kind else heading_kind(text))
    unit = unit_named(text) if re.search(r"[(\[,]", text) or kind == "tasks" else ""
    if kind:
        where = Where(kind, text, "", unit if unit in ("h", "day") else above.unit)
    else:
        spot = Spot(block.line, block.start, block.end)
        role = Part("role", text, spot) if above.kind and role_words(text) else None
        timed = above.kind == "timeline" and stated_effort(text, loose=True)
        section = "tasks" if timed else above.kind
        where = replace(above, kind=section, group=text, role=role or above.role, heading=above.heading or text)
    if kind or above.kind:
        reading.lines |= {block.line, block.last}
    else:
        reading.miss("a heading that is not known", Spot(block.line, block.start, block.end))
    if not kind and above.kind in ("tasks", "timeline"):
        _heading_effort(block, where, reading)
    stack.append((block.level, where))
    return where


def _heading_effort(block: Block, where: Where, reading: Reading) -> None:
    """Hours in the heading of a phase: noted as a total, which `_group_sums` fills or makes a task."""
    stated = stated_effort(block.text, block.start, loose=True)
    if len(stated) == 1 and stated[0].unit in ("h", "day"):
        reading.took(stated[0])
        spot = Spot(block.line, stated[0].start, stated[0].end)
        reading.totals.append(Total(where.group, spot, stated[0], None, -1))


def _other(block: Block, where: Where, reading: Reading) -> Where:
    spot = Spot(block.line, block.start, block.end)
    lines = set(range(block.line, block.last + 1))
    if block.kind == "table":
        read_table(block, where, reading)
        return where
    if block.kind == "code":
        reading.miss("a block of code", spot)
        return where
    said = len(reading.found)
    money_and_dates(block.text, block.line, block.start, where.heading, reading)
    if unit := _unit_said(block.text):
        where = replace(where, unit=unit)
        reading.lines |= lines
    if read_line(block, where, reading):
        return where
    text = plain(block.text)
    if where.kind in _SINGLE:
        reading.take(Found(_SINGLE[where.kind], text, spot, where.heading, where.group))
        reading.lines |= lines
    elif where.kind == "risks":
        reading.take(risk(block.text, spot, where))
        reading.lines |= lines
    elif where.kind in _KEPT:
        reading.take(Found("prose", text, spot, where.heading, where.group))
        reading.lines |= lines
    elif text.endswith(":"):
        reading.lines |= lines
        where = replace(where, group=text.rstrip(":") if len(text.split()) < 10 else where.group)
    elif len(reading.found) > said:
        reading.lines |= lines
    elif not unit:
        what = "a paragraph" if where.kind else "a paragraph below a heading that is not known"
        reading.miss(f"{what}; only lists and tables are read here" if where.kind else what, spot)
    return where


def _unit_said(text: str) -> str:
    """The unit that a sentence gives to all figures: "All estimates are in hours", "Estimările sunt în zile"."""
    match = re.search(
        r"(?i)\b(?:estimates|figures|efforts?|values|numbers|times|estimările|estimarile|valorile|cifrele|eforturile|efortul)\b"
        r"[^.\n]{0,40}\b(?:in|în)\s+(?P<unit>[\w-]+(?:\s(?:om|days|hours|lucrătoare))?)",
        text,
    )
    return unit_named(match["unit"]) if match else ""


def _unread_figures(found: Sequence[Block], reading: Reading) -> None:
    """Spans of time that may be efforts and that nothing took: in a task without hours, in a line that is not read."""
    bare = {f.spot.line for f in reading.found if f.kind == "task" and not f.effort}
    for block in found:
        lines = set(range(block.line, block.last + 1))
        if block.kind in ("table", "code") or (lines & reading.lines and not lines & bare):
            continue
        for effort in efforts_in(reading.text[block.start : block.end], "", block.start):
            if effort.start not in reading.figures:
                reading.figures[effort.start] = effort.end
                line = block.line + reading.text.count("\n", block.start, effort.start)
                reading.miss("a span of time that is not said to be an effort", Spot(line, effort.start, effort.end))


def _readout(reading: Reading, found: Sequence[Block], title: Block | None) -> Readout:
    lines = set()
    for block in found:
        if block.kind == "table":
            lines |= {row.line for row in block.rows if any(c.text for c in row.cells)}
        else:
            lines |= set(range(block.line, block.last + 1))
    return Readout(
        reading.text,
        read_brief(reading.text[:_LANGUAGE]).language,
        plain(title.text) if title else "",
        tuple(reading.found),
        tuple(reading.totals),
        tuple(sorted(reading.unread, key=lambda u: u.spot.start)),
        tuple(reading.undecided),
        hours_per_day(reading.text),
        Share(len(lines & reading.lines), len(lines)),
        Share(reading.tables_read, reading.tables),
        Share(len(reading.figures_read), len(reading.figures)),
    )


def free_tasks(readout: Readout, document: str, hours_per_day: float | None = None) -> list[PastTask]:
    """The tasks with hours as past tasks, for estimates by analogy; `document`: the project's name.

    One figure gives o = m = p; a range its ends and their middle (JCGM 100:2008, 4.3.7; see `efforts`). Days count
    only with hours per day from the plan or the caller. A task without a role has an empty one; what it is for is the
    requirement, the phase or the details that stand beside it.
    """
    day = readout.hours_per_day or hours_per_day
    past = []
    for item in readout.tasks:
        hours = item.effort.hours(day) if item.effort else None
        if hours:
            reason = item.part("requirement") or item.part("detail") or item.group
            past.append(PastTask(item.title, item.part("role"), reason, *hours, document))
    return past
