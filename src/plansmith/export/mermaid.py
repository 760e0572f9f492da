"""Mermaid diagrams: a Gantt chart with computed dates, the flow of dependencies, and the architecture in C4.

Enters: a `Planned`. Leaves: the files' bytes by name; GitHub, GitLab and many editors draw them.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to mermaid

Dates are the schedule's own: Mermaid's `excludes` would move the bars once more. Every mark that Mermaid could read
as its syntax is written as an entity code (`#58;`), which it shows as the mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from plansmith.export.backlog import goals, homes, say
from plansmith.export.planned import Planned
from plansmith.plan import Plan

_MARK = re.compile(r"[^\w\s,.!?/+-]|_", re.ASCII)
_SHAPES = {"person": "Person", "system": "System", "external": "System_Ext"}
_INNER = {"container": "Container", "database": "ContainerDb"}


def mermaid(made: Planned) -> dict[str, bytes]:
    """`gantt.mmd`, `flow.mmd`, and `c4.mmd` where the plan has an architecture."""
    files = {"gantt.mmd": _gantt(made), "flow.mmd": _flow(made)}
    if made.plan.architecture.components:
        files["c4.mmd"] = _c4(made.plan)
    return {name: ("\n".join(lines) + "\n").encode() for name, lines in files.items()}


def shown(text: str) -> str:
    """A text that Mermaid shows as it is."""
    return _MARK.sub(lambda m: f"#{ord(m[0])};" if m[0].isascii() else m[0], text)


def _gantt(made: Planned) -> Iterator[str]:
    plan, dated = made.plan, made.schedule.start is not None
    yield "gantt"
    yield f"  title {shown(plan.title)}"
    yield f"  dateFormat {'YYYY-MM-DD HH:mm' if dated else 'X'}"
    if dated:
        yield "  axisFormat %Y-%m-%d"
    yield "  todayMarker off"
    found = goals(made)
    home = homes(found)
    titles = {task.id: task.title for task in plan.tasks}
    ends = {milestone.id: milestone for milestone in made.schedule.milestones}
    for goal in [*found, None]:
        inside = [task for task in made.schedule.tasks if home.get(task.id, "") == (goal.id if goal else "")]
        if not inside and (goal is None or ends[goal.id].finish_h is None):
            continue
        yield f"  section {shown(goal.name if goal else say(plan, 'no_milestone'))}"
        for task in sorted(inside, key=lambda one: (one.start_h, one.finish_h)):
            if task.start and task.finish:
                when = f"{task.start:%Y-%m-%d %H:%M}, {task.finish:%Y-%m-%d %H:%M}"
            else:
                when = f"{round(task.start_h * 3600)}, {round(task.finish_h * 3600)}"
            critical = "crit, " if task.critical else ""
            yield f"  {task.id} {shown(titles[task.id])} :{critical}{task.id}, {when}"
        end = ends[goal.id] if goal else None
        if goal and end and end.finish_h is not None:
            at = f"{end.finish:%Y-%m-%d %H:%M}" if end.finish else str(round(end.finish_h * 3600))
            yield f"  {shown(goal.name)} :milestone, {goal.id}, {at}, 0d"


def _flow(made: Planned) -> Iterator[str]:
    plan, found = made.plan, goals(made)
    home = homes(found)
    live = {task.id: task for task in plan.tasks if task.status == "live"}
    yield "flowchart LR"
    for goal in found:
        inside = [id for id in live if home.get(id) == goal.id]
        if inside:
            yield f'  subgraph {goal.id}["{shown(goal.name)}"]'
            yield from (f'    {id}["{id} {shown(live[id].title)}"]' for id in inside)
            yield "  end"
    yield from (f'  {id}["{id} {shown(task.title)}"]' for id, task in live.items() if id not in home)
    for id, task in live.items():
        for link in task.depends_on:
            if link.task in live:
                plain = link.type == "FS" and not link.lag
                label = "" if plain else f'|"{link.type}{shown(f" {link.lag:+g} h") if link.lag else ""}"|'
                yield f"  {link.task} -->{label} {id}"
    critical = [task.id for task in made.schedule.tasks if task.critical]
    if critical:
        yield "  classDef critical stroke:#b3261e,stroke-width:3px"
        yield f"  class {','.join(critical)} critical"


def _c4(plan: Plan) -> Iterator[str]:
    live = [one for one in plan.architecture.components if one.status == "live"]
    inner = [one for one in live if one.kind in _INNER]
    known = {one.id for one in live}
    yield "C4Container" if inner else "C4Context"
    yield f"  title {shown(plan.title)}"
    for one in live:
        if one.kind in _SHAPES:
            yield f'  {_SHAPES[one.kind]}({one.id}, "{shown(one.name)}", "{shown(one.purpose)}")'
    if inner:
        yield f'  System_Boundary(plan, "{shown(plan.title)}") {{'
        for one in inner:
            yield f'    {_INNER[one.kind]}({one.id}, "{shown(one.name)}", "", "{shown(one.purpose)}")'
        yield "  }"
    for edge in plan.architecture.connections:
        if edge.start in known and edge.end in known:
            yield f'  Rel({edge.start}, {edge.end}, "{shown(edge.label) or " "}")'
