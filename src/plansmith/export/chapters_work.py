"""The chapters on the work: tasks, who does what, what the estimates rest on.

Enters: a `Planned`. Leaves: the blocks of one chapter, none where the plan has nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plansmith.export.document import (
    Block,
    Cell,
    Column,
    Line,
    Ref,
    Row,
    Table,
    Text,
)
from plansmith.export.phrases import own, refs, state, titled
from plansmith.export.planned import Planned
from plansmith.locale import figure, words
from plansmith.plan import (
    Plan,
    Task,
    days_text,
    estimate_text,
    hours_text,
    link_text,
    price_text,
    span_text,
)


def tasks(made: Planned) -> Iterator[Block]:
    """All tasks: what for, who, how long, when."""
    plan, say = made.plan, words(made.plan.language)
    if not plan.tasks:
        return
    yield Text((say["view.estimate_order"],), "small")
    done = {task.id: task for task in made.schedule.tasks}
    columns = (
        Column("", 8),
        Column(say["view.task"], 38),
        Column(titled(say["keys.role"]), 14),
        Column(say["view.estimate"], 16, "right"),
        Column(say["view.dates"], 24),
    )
    yield Table(columns, tuple(_task(plan, one, done.get(one.id)) for one in plan.tasks))


def _task(plan: Plan, one: Task, when: Any) -> Row:
    say = words(plan.language)
    links = [part for link in one.depends_on for part in (", ", Ref(link.task), link_text(plan, link))][1:]
    serves: Line = (f"{say['keys.for']} ", *refs(one.serves)) if one.serves else (say["view.serves_all"],)
    after: Line = (f" · {say['keys.after']} ", *links) if links else ()
    under: list[Line] = [(*serves, *after)]
    under += [(f"{say['keys.done_when']}: {one.done_when}",)] if one.done_when else []
    under += [state(plan, one)] if one.status != "live" else []
    hours = hours_text(plan, when.effort_h) if when and one.estimate else ""
    room = ((say["view.critical"],) if when.critical else (_room(plan, when.total_float_h),)) if when else ()
    return Row(
        (
            Cell((Ref(one.id),), tone="accent"),
            Cell((one.title,), tuple(under), strong=True),
            Cell((one.role,), ((when.member,),) if when and when.member else ()),
            Cell((estimate_text(plan, one.estimate),), ((f"≈ {hours}",),) if hours else ())
            if one.estimate
            else Cell((say["view.no_estimate"],), tone="quiet"),
            Cell((span_text(plan, when),), (room,)) if when else Cell(()),
        ),
        one.id,
        one.status != "live",
    )


def _room(plan: Plan, hours: float) -> str:
    """How long a task can wait without moving the end."""
    return words(plan.language)["view.float"].format(days=days_text(plan, hours))


def team(made: Planned) -> Iterator[Block]:
    """What each role carries, and what it costs."""
    plan, done, say, mine = made.plan, made.schedule, words(made.plan.language), own(made.plan)
    if not done.roles:
        return
    priced = done.cost is not None
    columns = [Column(titled(say["keys.role"]), 24), Column(mine["people"], 32)]
    columns += [Column(say["view.effort"], 16, "right"), Column(mine["busy"], 10, "right")]
    columns += [Column(say["view.cost"], 18, "right")] if priced else []
    rows = []
    for role in done.roles:
        cells = [Cell((role.role,), strong=True)]
        cells += [Cell((mine["assumed_person"],), tone="quiet") if role.assumed else Cell((", ".join(role.members),))]
        cells += [Cell((hours_text(plan, role.effort_h),))]
        cells += [Cell((say["view.percent"].format(n=round(100 * role.utilisation)),))]
        cells += [Cell((price_text(plan, role.cost) if role.cost is not None else "–",))] if priced else []
        rows.append(Row(tuple(cells)))
    last = [
        Cell((mine["total"],), strong=True),
        Cell(()),
        Cell((hours_text(plan, done.effort_h),), strong=True),
        Cell(()),
    ]
    last += [Cell((price_text(plan, done.cost),), strong=True)] if done.cost is not None else []
    yield Table(tuple(columns), (*rows, Row(tuple(last), total=True)))


def estimates(made: Planned) -> Iterator[Block]:
    """The past tasks that each estimate was made from, where there are any."""
    plan, say, mine = made.plan, words(made.plan.language), own(made.plan)
    based = [one for one in plan.tasks if one.estimate and one.estimate.basis]
    if not based:
        return
    yield Text((mine["estimates_note"],), "small")
    rows = tuple(
        Row(
            (
                Cell((Ref(one.id),), tone="accent"),
                Cell((one.title,)),
                Cell((estimate_text(plan, one.estimate),)),
                Cell((" · ".join(figure(plan.language, hours) for hours in one.estimate.basis),)),
            )
        )
        for one in based
        if one.estimate
    )
    heads = (say["view.task"], say["view.estimate"], mine["past_hours"])
    columns = (Column("", 8), Column(heads[0], 46), Column(heads[1], 20, "right"), Column(heads[2], 26, "right"))
    yield Table(columns, rows)
