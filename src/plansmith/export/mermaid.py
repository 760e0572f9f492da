"""Mermaid diagrams: a Gantt chart with computed dates, the flow of dependencies, and the architecture in C4.

Enters: a `Planned`. Leaves: the files' bytes by name; GitHub, GitLab and many editors draw them.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to mermaid

Dates are the schedule's own: Mermaid's `excludes` would move the bars once more. Every mark that Mermaid could read
as its syntax is written as an entity code (`#58;`), which it shows as the mark, or in C4 as one that looks like it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from plansmith.export.backlog import goals, homes, say
from plansmith.export.planned import Planned
from plansmith.plan import Dependency, Plan

_MARK = re.compile(r"[^\w\s,.!?/+-]|_", re.ASCII)
_SHAPES = {"person": "Person", "system": "System", "external": "System_Ext"}
_INNER = {"container": "Container", "database": "ContainerDb"}
_CHARACTERS, _LINKS = 45_000, 450


@dataclass(frozen=True)
class _Block:
    """Lines that stay together: under the heading of their `group`; `after`: at the end of the drawing."""

    group: str
    lines: tuple[str, ...]
    after: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Characters, the heading counted in, as the block may come first under it."""
        return sum(len(line) + 1 for line in (self.group, *self.lines, *self.after))

    @property
    def links(self) -> int:
        """Arrows."""
        return len(self.after)


def mermaid(made: Planned) -> dict[str, bytes]:
    """`gantt.mmd`, `flow.mmd`, and `c4.mmd` where the plan has an architecture; large ones in parts."""
    files = _gantt(made) | _flow(made)
    if made.plan.architecture.components:
        files["c4.mmd"] = ("\n".join(_c4(made.plan)) + "\n").encode()
    return files


def shown(text: str) -> str:
    """A text that Mermaid shows as it is."""
    return _MARK.sub(lambda m: f"#{ord(m[0])};" if m[0].isascii() else m[0], text)


def labelled(text: str) -> str:
    """A text for C4 diagrams, which show entity codes as codes: the few marks that matter become ones like them."""
    alike = {ord('"'): "\u201d", ord("<"): "\u2039", ord(">"): "\u203a", ord("#"): "\uff03", ord("\\"): "\u2216"}
    return text.translate(alike).replace("%%", "%\u200b%")


def _in_parts(name: str, head: list[str], blocks: Iterable[_Block]) -> dict[str, bytes]:
    """One drawing, or several where Mermaid would refuse one: it draws 50,000 characters and 500 links at most."""
    parts: list[list[_Block]] = [[]]
    size = links = 0
    for block in blocks:
        size, links = size + block.size, links + block.links
        if parts[-1] and (size > _CHARACTERS or links > _LINKS):
            parts.append([])
            size, links = block.size, block.links
        parts[-1].append(block)
    files = {}
    for number, part in enumerate(parts, 1):
        lines = list(head)
        for group, inside in groupby(part, key=lambda one: one.group):
            ends = ["  end"] if group.startswith("  subgraph") else []
            lines += [*([group] if group else []), *(line for one in inside for line in one.lines), *ends]
        lines += [line for one in part for line in one.after]
        files[f"{name}{f'-{number}' if len(parts) > 1 else ''}.mmd"] = ("\n".join(lines) + "\n").encode()
    return files


def _gantt(made: Planned) -> dict[str, bytes]:
    plan, dated = made.plan, made.schedule.start is not None
    head = [
        "gantt",
        f"  title {shown(_short(plan.title, 100))}",
        f"  dateFormat {'YYYY-MM-DD HH:mm' if dated else 'X'}",
    ]
    head += [*(["  axisFormat %Y-%m-%d"] if dated else []), "  todayMarker off"]
    return _in_parts("gantt", head, _bars(made))


def _bars(made: Planned) -> Iterator[_Block]:
    found = goals(made)
    home = homes(found)
    titles = {task.id: task.title for task in made.plan.tasks}
    ends = {milestone.id: milestone for milestone in made.schedule.milestones}
    for goal in [*found, None]:
        section = f"  section {shown(_short(goal.name if goal else say(made.plan, 'no_milestone'), 30))}"
        inside = [task for task in made.schedule.tasks if home.get(task.id, "") == (goal.id if goal else "")]
        for task in sorted(inside, key=lambda one: (one.start_h, one.finish_h)):
            critical = "crit, " if task.critical else ""
            when = f"{_when(task.start, task.start_h)}, {_when(task.finish, task.finish_h)}"
            yield _Block(section, (f"  {task.id} {shown(titles[task.id])} :{critical}{task.id}, {when}",))
        end = ends[goal.id] if goal else None
        if goal and end and end.finish_h is not None:
            mark = f"  {shown(_short(goal.name, 60))} :milestone, {goal.id}, {_when(end.finish, end.finish_h)}, 0d"
            yield _Block(section, (mark,))


def _short(text: str, most: int) -> str:
    """What fits beside the bars."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _when(moment: dt.datetime | None, hours: float) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else str(round(hours * 3600))


def _flow(made: Planned) -> dict[str, bytes]:
    plan, found = made.plan, goals(made)
    home, names = homes(found), {goal.id: goal.name for goal in found}
    live = {task.id: task for task in plan.tasks if task.status == "live"}
    critical = {task.id for task in made.schedule.tasks if task.critical}
    order = sorted(live, key=lambda id: list(names).index(home[id]) if id in home else len(names))
    blocks = []
    for id in order:
        goal = home.get(id, "")
        group = f'  subgraph {goal}["{shown(names[goal])}"]' if goal else ""
        links = [f"  {link.task} -->{_label(link)} {id}" for link in live[id].depends_on if link.task in live]
        style = ":::critical" if id in critical else ""
        node = f'    {id}["{id} {shown(live[id].title)}"]{style}'
        blocks.append(_Block(group, (node,), tuple(links)))
    head = ["flowchart LR", "  classDef critical stroke:#b3261e,stroke-width:3px"]
    return _in_parts("flow", head, blocks)


def _label(link: Dependency) -> str:
    if link.type == "FS" and not link.lag:
        return ""
    return f'|"{link.type}{shown(f" {link.lag:+g} h") if link.lag else ""}"|'


def _c4(plan: Plan) -> Iterator[str]:
    live = [one for one in plan.architecture.components if one.status == "live"]
    inner = [one for one in live if one.kind in _INNER]
    known = {one.id for one in live}
    yield "C4Container" if inner else "C4Context"
    yield f"  title {shown(plan.title)}"
    for one in live:
        if one.kind in _SHAPES:
            yield f'  {_SHAPES[one.kind]}({one.id}, "{labelled(one.name)}", "{labelled(one.purpose)}")'
    if inner:
        yield f'  System_Boundary(plan, "{labelled(plan.title)}") {{'
        for one in inner:
            yield f'    {_INNER[one.kind]}({one.id}, "{labelled(one.name)}", "", "{labelled(one.purpose)}")'
        yield "  }"
    for edge in plan.architecture.connections:
        if edge.start in known and edge.end in known:
            yield f'  Rel({edge.start}, {edge.end}, "{labelled(edge.label) or " "}")'
