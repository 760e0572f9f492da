"""The chapters on what is wanted and when: key figures, requirements, timetable, milestones, stories.

Enters: a `Planned`. Leaves: the blocks of one chapter, none where the plan has nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plansmith.export.document import (
    Block,
    Cell,
    Chart,
    Column,
    Curves,
    Figures,
    Heading,
    Item,
    Line,
    Point,
    Ref,
    Row,
    Stripe,
    Table,
    Text,
)
from plansmith.export.phrases import chain, notes, own, refs, runs, state, titled
from plansmith.export.planned import Planned
from plansmith.locale import day, figure, words
from plansmith.plan import (
    KINDS,
    Plan,
    Traced,
    basis_in_words,
    curves,
    forwards,
    key_figures,
    notes_in_words,
    scenario_text,
    span_text,
    story_text,
    timeline,
)


def figures(made: Planned) -> Iterator[Block]:
    """Key figures, chances, and what they rest on."""
    plan, say = made.plan, words(made.plan.language)
    if shown := key_figures(plan, made.schedule, made.forecast):
        yield Figures(shown)
    if drawn := curves(plan, made.forecast):
        yield Heading(say["view.chances"])
        yield Curves(tuple(drawn))
    if made.schedule.tasks:
        yield Text((" ".join(basis_in_words(plan, made.schedule, made.forecast)),), "small")
    if granted := notes_in_words(plan, made.schedule):
        yield Heading(say["view.granted"])
        yield from (Text((note,), "entry") for note in granted)


def requirements(made: Planned) -> Iterator[Block]:
    """Requirements by kind, each with the client's words and what is made of it."""
    plan = made.plan
    traced = {one.requirement.id: one for one in forwards(plan)}
    quotes = {quote.id: quote.text for quote in plan.quotes}
    several = len({one.kind for one in plan.requirements}) > 1
    for kind in KINDS:
        found = [one for one in plan.requirements if one.kind == kind]
        if found and several:
            yield Heading(own(plan)[kind])
        for one in found:
            yield _requirement(plan, one, quotes, traced.get(one.id))


def _requirement(plan: Plan, one: Any, quotes: dict[str, str], traced: Traced | None) -> Item:
    say = words(plan.language)
    unheard = [id for id in one.source if id not in quotes]
    cited: Line = (f"{say['view.cites']} ", *refs(unheard)) if unheard else ()
    serving = [branch.story.id for branch in traced.branches if branch.story] if traced else []
    serving += [task.id for branch in traced.branches for task in branch.tasks] if traced else []
    made_of = ((own(plan)["serves"], refs(dict.fromkeys(serving))),) if serving else ()
    return Item(
        one.id,
        one.text,
        gone=one.status != "live",
        state=state(plan, one),
        tags=((say[f"values.{one.priority}"], one.priority == "must"), (say[f"values.{one.origin}"], False)),
        quotes=tuple((id, quotes[id]) for id in one.source if id in quotes),
        notes=(*notes(plan, fit=one.fit), *made_of),
        small=cited if one.source else (say["view.no_sentence"],),
    )


def timetable(made: Planned) -> Iterator[Block]:
    """The Gantt chart, and the chains that decide the end."""
    plan, say, done = made.plan, words(made.plan.language), made.schedule
    line = timeline(plan, done)
    if not line.bars:
        return
    yield Text((f"{say['view.critical_path']}: ", *chain(done.path)), "small")
    if done.chain != done.path:
        yield Text((f"{say['view.chain']}: ", *chain(done.chain)), "small")
    reached = {one.id: day(plan.language, one.finish, "medium") if one.finish else "" for one in done.milestones}
    bars = [
        Stripe(bar.task.id, bar.title, bar.left, bar.width, bar.task.critical, when=span_text(plan, bar.task))
        for bar in line.bars
    ]
    stones = [Stripe(mark.id, mark.label, mark.at, stone=True, when=reached[mark.id]) for mark in line.milestones]
    yield Chart(
        tuple((tick.at, tick.label) for tick in line.ticks),
        (*bars, *stones),
        (line.deadline.at, f"{say['view.deadline']}: {line.deadline.label}") if line.deadline else None,
        say["view.critical_path"],
        titled(say["view.milestone"]),
    )


def milestones(made: Planned) -> Iterator[Block]:
    """When each milestone is reached, by which tasks, and how one sees it."""
    plan, say = made.plan, words(made.plan.language)
    if not plan.milestones:
        return
    ends = {one.id: one for one in made.schedule.milestones}
    rows = []
    for one in plan.milestones:
        end = ends.get(one.id)
        when = day(plan.language, end.finish, "medium") if end and end.finish else ""
        if end and end.finish_h is not None and not end.finish:
            when = f"{figure(plan.language, round(end.finish_h, 1))} h"
        under: list[Line] = [(f"{say['keys.exit']}: {one.exit}",)] if one.exit else []
        under += [state(plan, one)] if one.status != "live" else []
        cells = (
            Cell((Ref(one.id),), tone="accent"),
            Cell((one.title,), tuple(under), strong=True),
            Cell(runs(one.tasks)),
            Cell((when,)),
        )
        rows.append(Row(cells, one.id, one.status != "live"))
    heads = (titled(say["view.milestone"]), say["headings.tasks"], own(plan)["reached"])
    yield Table((Column("", 7), Column(heads[0], 50), Column(heads[1], 25), Column(heads[2], 18)), tuple(rows))


def stories(made: Planned) -> Iterator[Block]:
    """User stories with their acceptance criteria."""
    plan, say = made.plan, words(made.plan.language)
    for one in made.plan.stories:
        points = tuple(Point(scenario_text(plan, scenario)) for scenario in one.acceptance)
        for_what: Line = (f"{say['keys.for']} ", *refs(one.requirements)) if one.requirements else ()
        yield Item(
            one.id,
            story_text(plan, one),
            gone=one.status != "live",
            state=state(plan, one),
            points=points,
            small=for_what,
            strong=False,
        )
