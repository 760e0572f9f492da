"""The chapters on what is open, decided and traced: risks, questions, decisions, architecture, traceability, history.

Enters: a `Planned`. Leaves: the blocks of one chapter, none where the plan has nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from plansmith.export.document import (
    Block,
    Cell,
    Column,
    Heading,
    Item,
    Point,
    Ref,
    Row,
    Table,
    Text,
)
from plansmith.export.phrases import notes, refs, state, titled
from plansmith.export.planned import Planned
from plansmith.locale import day, words
from plansmith.plan import (
    Plan,
    Traced,
    backwards,
    forwards,
    open_points,
    risks_in_order,
)


def risks(made: Planned) -> Iterator[Block]:
    """Risks, the largest first."""
    plan, say = made.plan, words(made.plan.language)
    if plan.risks:
        yield Text((say["view.risk_order"],), "small")
    for one in risks_in_order(plan):
        product = f"{say['keys.probability']} {one.probability} × {say['keys.impact']} {one.impact}"
        yield Item(
            one.id,
            one.event,
            gone=one.status != "live",
            state=state(plan, one),
            tags=((product, False), *(((f"{say['keys.owner']}: {one.owner}", False),) if one.owner else ())),
            notes=notes(plan, cause=one.cause, effect=one.effect, response=one.response),
            score=one.probability * one.impact,
        )


def open_items(made: Planned, letter: str) -> Iterator[Block]:
    """Questions (Q) or assumptions (A), those on which most hangs first."""
    plan = made.plan
    for point in open_points(plan, made.schedule):
        one = point.item
        if one.id[0] != letter:
            continue
        texts = {"answer": one.answer, "ask": one.ask} if letter == "Q" else {"if_false": one.if_false}
        yield Item(
            one.id,
            one.text,
            gone=one.status != "live",
            state=state(plan, one),
            notes=notes(plan, **texts, blocks=refs(one.blocks)),
            small=(titled(point.text),) if point.text else (),
        )


def decisions(made: Planned) -> Iterator[Block]:
    """Decisions with their options, the chosen one marked."""
    plan = made.plan
    for one in plan.decisions:
        listed = one.chosen in [option.title for option in one.options]
        points = tuple(Point(o.title, o.consequence, o.title == one.chosen) for o in one.options)
        yield Item(
            one.id,
            one.title,
            gone=one.status != "live",
            state=state(plan, one),
            notes=notes(plan, context=one.context, chosen="" if listed else one.chosen, consequences=one.consequences),
            points=points,
        )


def architecture(made: Planned) -> Iterator[Block]:
    """Components, what they are connected to, and the data that they keep."""
    plan, say = made.plan, words(made.plan.language)
    for one in plan.architecture.components:
        edges = [edge for edge in plan.architecture.connections if edge.start == one.id]
        links = [part for e in edges for part in ("; → ", Ref(e.end), f": {e.label}" if e.label else "")]
        yield Item(
            one.id,
            one.name,
            gone=one.status != "live",
            state=state(plan, one),
            tags=((say[f"values.{one.kind}"], False),),
            notes=notes(plan, purpose=one.purpose),
            small=("→ ", *links[1:]) if links else (),
        )
    if plan.architecture.entities:
        yield Heading(say["headings.entities"])
        for entity in plan.architecture.entities:
            yield Text((entity.name + (f": {', '.join(entity.attributes)}" if entity.attributes else ""),), "entry")


def glossary(made: Planned) -> Iterator[Block]:
    """Terms and what they mean."""
    if made.plan.glossary:
        rows = tuple(Row((Cell((one.term,), strong=True), Cell((one.definition,)))) for one in made.plan.glossary)
        yield Table((Column("", 28), Column("", 72)), rows)


def traceability(made: Planned) -> Iterator[Block]:
    """From requirements to tasks, and from the client's sentences to requirements."""
    plan, say = made.plan, words(made.plan.language)
    if traced := forwards(plan):
        yield Heading(say["view.forwards"])
        columns = (
            Column("", 8),
            Column(say["headings.requirements"], 48),
            Column(say["headings.stories"], 18),
            Column(say["headings.tasks"], 26),
        )
        yield Table(columns, tuple(row for one in traced for row in _traced(plan, one)))
    if heard := backwards(plan):
        yield Heading(say["view.backwards"])
        if not plan.quotes:
            yield Text((say["view.unquoted"],), "small")
        rows = tuple(
            Row(
                (
                    Cell((Ref(one.id),), tone="accent"),
                    Cell((one.text,)),
                    Cell(refs(one.requirements))
                    if one.requirements
                    else Cell(
                        (f"{say['view.not_requirement']}{f': {one.unused}' if one.unused else ''}",), tone="quiet"
                    ),
                ),
                one.id,
            )
            for one in heard
        )
        heads = (say["view.client_said"], say["headings.requirements"])
        yield Table((Column("", 8), Column(heads[0], 66), Column(heads[1], 26)), rows)


def _traced(plan: Plan, one: Traced) -> Iterator[Row]:
    say = words(plan.language)
    missing = {key: Cell((say[f"view.{key}"],), tone="quiet") for key in ("no_story", "no_task")}
    first = (Cell((Ref(one.requirement.id),), tone="accent"), Cell((one.requirement.text,)))
    for number, branch in enumerate(one.branches or [None]):
        story = Cell((Ref(branch.story.id),)) if branch and branch.story else missing["no_story"]
        served = Cell(refs(task.id for task in branch.tasks)) if branch and branch.tasks else missing["no_task"]
        yield Row((*(first if not number else (Cell(()), Cell(()))), story, served))


def changelog(made: Planned) -> Iterator[Block]:
    """The plan's history."""
    plan = made.plan
    if plan.changelog:
        rows = tuple(
            Row((Cell((day(plan.language, one.date, "medium"),)), Cell((one.text,)))) for one in plan.changelog
        )
        yield Table((Column("", 20), Column("", 80)), rows)
