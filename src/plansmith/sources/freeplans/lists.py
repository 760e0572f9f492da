"""A list, or a line, of a free-text plan: tasks with hours, requirements, risks, questions, dates; totals are checked.

Enters: the items of a list and the section that they stand in. Leaves: what they say in the `Reading`.
Try: plansmith adopt examples/free/trail-wardens/plan.docx
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from plansmith.plan import dates
from plansmith.sources.freeplans.efforts import Effort, efforts_in, hours_per_day, stated_effort
from plansmith.sources.freeplans.found import Found, Kind, Spot, code_of
from plansmith.sources.freeplans.markup import Block, plain
from plansmith.sources.freeplans.planwords import label, role_words, row_kind
from plansmith.sources.freeplans.reading import Reading, Where, money_and_dates, piece, risk
from plansmith.sources.freeplans.tables import total
from plansmith.sources.freeplans.tasks import EDGES, EMPTY, Node, by_role, label_of, several_roles, stripped, task, tree

_PROSE = ("", "summary", "testing", "rollout", "technology", "glossary", "team", "cost")
_ONE_EACH: dict[str, Kind] = {
    "requirements": "requirement", "out_of_scope": "out_of_scope", "assumptions": "assumption", "questions": "question",
    "deliverables": "deliverable", "glossary": "term", "team": "role",
}  # fmt: skip
_LONG = 4_000


def read_list(items: Sequence[Block], where: Where, reading: Reading) -> None:
    """Read a list; `items` have their depths as levels."""
    for item in items:
        money_and_dates(item.text, item.line, item.start, where.heading, reading)
    for node in tree(items):
        _node(node, where, reading)


def read_line(block: Block, where: Where, reading: Reading) -> bool:
    """Read a paragraph where it is a total or states one task with its hours; whether it did."""
    if len(block.text) > _LONG:
        return False
    loose = where.kind in ("tasks", "timeline")
    found = _one_way(stated_effort(block.text, block.start, loose=True), reading)
    if row_kind(block.text) in ("total", "subtotal") and len(found) == 1:
        _total_line(block, found[0], where, reading)
        return True
    if defines_day(block, found):
        reading.lines |= set(range(block.line, block.last + 1))
        return True
    ends = len(found) == 1 and not block.text[found[0].end - block.start :].strip(" .)]*_")
    if ends and loose and "\n" not in block.text and label(block.text)[0] != "effort":
        task(block, [], found[0], where, reading)
        return True
    return False


def defines_day(block: Block, stated: Sequence[Effort]) -> bool:
    """Whether a line's only hours are those of a working day: "1 MD = 8 h"."""
    day = hours_per_day(block.text)
    return day is not None and all(
        e.end - block.start >= day.end and e.figures[-1].start - block.start <= day.start for e in stated
    )


def _total_line(block: Block, said: Effort, where: Where, reading: Reading) -> None:
    """A total below a list: over the tasks of its section, or of the whole plan where the section has none.

    Below the heading of a phase it is of that phase; one that stands before the tasks is not checked.
    """
    tasks = [f for f in reading.found if f.kind in ("task", "reserve") and f.effort]
    own = [f for f in tasks if where.heading and f.section == where.heading]
    if where.group and not where.of_item:
        own = tasks = [f for f in own if f.group == where.group]
    covered = [f.effort for f in own or tasks if f.effort]
    reading.took(said)
    reading.lines.add(block.line)
    spot = Spot(block.line, said.start, said.end)
    if not any(t.spot.start == said.start for t in reading.totals):
        reading.totals.append(total(plain(block.text), spot, said, covered, reading.day))


def _one_way(stated: list[Effort], reading: Reading) -> list[Effort]:
    """Of hours and the same in days behind them, "12 h (1.5 days)", the hours."""
    if len(stated) == 2 and {e.unit for e in stated} == {"h", "day"}:
        between = reading.text[stated[0].end : stated[1].start].strip(" *_~≈")
        if between in ("(", "=", "/", "[", "(=", "(~", "(≈"):
            for effort in stated:
                reading.took(effort)
            return [e for e in stated if e.unit == "h"]
    return stated


def _node(node: Node, where: Where, reading: Reading) -> None:
    block = node.block
    if where.kind in ("risks",):
        _risk(node, where, reading)
        return
    tasks = where.kind in ("tasks", "timeline", "deliverables")
    stated = _one_way(stated_effort(block.text, block.start, loose=tasks), reading)
    if row_kind(block.text) in ("total", "subtotal") and len(stated) == 1:
        _total_line(block, stated[0], where, reading)
        return
    if defines_day(block, stated):
        reading.lines.add(block.line)
        return
    roles = by_role(block, efforts_in(block.text, "", block.start))
    if len(roles) > 1 and where.kind in ("tasks", "timeline", "deliverables", "requirements"):
        if where.kind == "requirements":
            _simple(node, "requirement", where, reading)
        several_roles(block, roles, where, reading)
        return
    below = [n for n in node.all if stated_effort(n.block.text, n.block.start, loose=tasks) and not label_of(n)[0]]
    own = _labelled_effort(node)
    if below and where.kind in ("tasks", "timeline", "deliverables", ""):
        _group(node, stated, below, where, reading)
    elif (len(stated) == 1 or own) and (len(stated) <= 1):
        if where.kind == "requirements":
            _simple(node, "requirement", where, reading)
        task(block, node.below, stated[0] if stated else own, where, reading)
    elif where.kind == "tasks":
        _task_without_hours(node, stated, where, reading)
    elif where.kind == "timeline":
        _milestone(node, where, reading)
    elif where.kind in _ONE_EACH:
        _simple(node, _ONE_EACH[where.kind], where, reading)
    elif where.kind in _PROSE:
        for part in [node, *node.all]:
            _prose(part.block, where, reading)


def _prose(block: Block, where: Where, reading: Reading) -> None:
    """Text that is kept as it stands where the section has a place for it."""
    spot = Spot(block.line, block.start, block.end)
    if where.kind:
        reading.take(Found("prose", plain(block.text), spot, where.heading, where.group))
        reading.lines |= set(range(block.line, block.last + 1))
    else:
        reading.miss("a list item below a heading that is not known", spot)


def _group(node: Node, stated: list[Effort], below: list[Node], where: Where, reading: Reading) -> None:
    """An item whose sub-items state the hours: their heading; hours of its own are their sum."""
    text = node.block.text
    name = stripped(text, node.block.start, stated)
    spot = Spot(node.block.line, node.block.start, node.block.end)
    role = piece("role", text, 0, len(name) if text.startswith(name) else len(text), spot) if role_words(name) else None
    within = replace(where, group=plain(name).rstrip(":"), role=role or where.role, of_item=role is None)
    reading.lines.add(node.block.line)
    before = len(reading.found)
    for child in node.below:
        _node(child, replace(within, kind=where.kind or "tasks"), reading)
    if len(stated) == 1:
        covered = [f.effort for f in reading.found[before:] if f.kind in ("task", "reserve") and f.effort]
        reading.took(stated[0])
        reading.totals.append(
            total(plain(name), Spot(node.block.line, stated[0].start, stated[0].end), stated[0], covered, reading.day)
        )


def _labelled_effort(node: Node) -> Effort | None:
    """The effort that stands below an item with its label: "Effort: 12 h"."""
    for child in node.below:
        name, _ = label_of(child)
        found = stated_effort(child.block.text, child.block.start, loose=True) if name == "effort" else []
        if len(found) == 1:
            return found[0]
    return None


def _task_without_hours(node: Node, stated: list[Effort], where: Where, reading: Reading) -> None:
    text = plain(node.block.text)
    spot = Spot(node.block.line, node.block.start, node.block.end)
    if len(stated) > 1:
        reading.miss("several efforts in one line", spot)
    if node.below and (text.endswith(":") or role_words(text)) and not any(label_of(n)[0] for n in node.below):
        reading.lines.add(node.block.line)
        role = piece("role", node.block.text, 0, len(node.block.text), spot) if role_words(text) else where.role
        for child in node.below:
            _node(child, replace(where, group=text.rstrip(":"), role=role), reading)
        return
    task(node.block, node.below, None, where, reading)


def _risk(node: Node, where: Where, reading: Reading) -> None:
    block = node.block
    spot = Spot(block.line, block.start, block.end)
    item = risk(block.text, spot, where)
    details = []
    for child in node.all:
        inner = Spot(child.block.line, child.block.start, child.block.end)
        kind, at = label_of(child)
        part = piece(kind or "response", child.block.text, at, len(child.block.text), inner)
        details.append(part)
        reading.lines.add(child.block.line)
    reading.take(item.with_parts(*details))
    reading.lines |= set(range(block.line, block.last + 1))


def _milestone(node: Node, where: Where, reading: Reading) -> None:
    """A point or phase of a timetable: its name without the dates, which are its start and end."""
    block = node.block
    spot = Spot(block.line, block.start, block.end)
    days = [d for d in dates(block.text) if d.date]
    name = block.text
    for day in reversed(days[:2]):
        name = name[: day.start] + " " + name[day.end :]
    name = re.sub(
        r"\s(?:to|until|from|by|până la|pana la|de la|-|–|—)\s*$|^\s*(?:to|until|by|from)\s", " ", plain(name)
    )
    name = EMPTY.sub(" ", re.sub(r"\(\s*[-–—,]?\s*\)", " ", name)).strip(EDGES).rstrip(".") or plain(block.text)
    kinds = ("end",) if len(days) == 1 else ("start", "end")
    parts = [piece(k, block.text, d.start, d.end, spot) for k, d in zip(kinds, days, strict=False)]
    details = []
    for child in node.all:
        inner = Spot(child.block.line, child.block.start, child.block.end)
        kind, at = label_of(child)
        details.append(piece(kind or "detail", child.block.text, at, len(child.block.text), inner))
        reading.lines.add(child.block.line)
    item = Found("milestone", " ".join(name.split()), spot, where.heading, where.group, code_of(name))
    reading.take(item.with_parts(*parts, *details))
    reading.lines |= set(range(block.line, block.last + 1))


def _simple(node: Node, kind: Kind, where: Where, reading: Reading) -> None:
    """An item that is one thing; an item that ends with a colon leads in those below it."""
    block = node.block
    text = plain(block.text)
    reading.lines |= set(range(block.line, block.last + 1))
    if text.endswith(":") and node.below:
        for child in node.below:
            _simple(child, kind, replace(where, group=text), reading)
        return
    spot = Spot(block.line, block.start, block.end)
    details = []
    for child in node.below:
        name, at = label(child.block.text)
        inner = Spot(child.block.line, child.block.start, child.block.end)
        if name:
            details.append(piece(name, child.block.text, at, len(child.block.text), inner))
            reading.lines.add(child.block.line)
        else:
            _simple(child, kind, replace(where, group=text.rstrip(".;: ") + ":"), reading)
    reading.take(Found(kind, text, spot, where.heading, where.group, code_of(text)).with_parts(*details))
