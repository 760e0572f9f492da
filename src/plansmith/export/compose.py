"""A plan told as a document: which chapters it has, in which order, and what stands in each.

Enters: a `Planned`. Leaves: a `Document`; chapters that have nothing to say are left out.
Everything computed comes from the schedule, the forecast and the page's own functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from plansmith.export import chapters, chapters_open, chapters_work
from plansmith.export.document import Block, Document, Item, Section, Table, Text
from plansmith.export.phrases import prose
from plansmith.export.planned import Planned
from plansmith.locale import day, table, words


def compose(made: Planned) -> Document:
    """The whole plan as a document in the plan's language."""
    plan, language = made.plan, made.plan.language
    say, own = words(language), table(language, "export")["document"]
    last = max((change.date for change in plan.changelog), default=None)
    sections = tuple(_sections(made))
    return Document(
        language=language,
        kind=say["view.document"],
        title=plan.title,
        client=plan.client,
        issued=own["issued"].format(day=day(language, last)) if last else "",
        summary=tuple(prose(plan.summary)),
        sections=sections,
        contents=own["contents"],
        page=own["page"],
        ids=frozenset(_ids(sections)),
    )


def _sections(made: Planned) -> Iterator[Section]:
    plan, say = made.plan, words(made.plan.language)
    own = table(plan.language, "export")["document"]
    parts: tuple[tuple[str, str, Iterable[Block]], ...] = (
        ("figures", say["view.figures"], chapters.figures(made)),
        ("requirements", say["headings.requirements"], chapters.requirements(made)),
        ("timetable", say["view.timetable"], chapters.timetable(made)),
        ("milestones", say["headings.milestones"], chapters.milestones(made)),
        ("stories", say["headings.stories"], chapters.stories(made)),
        ("tasks", say["headings.tasks"], chapters_work.tasks(made)),
        ("team", own["load"], chapters_work.team(made)),
        ("estimates", own["estimates"], chapters_work.estimates(made)),
        ("risks", say["headings.risks"], chapters_open.risks(made)),
        ("questions", say["headings.questions"], chapters_open.open_items(made, "Q")),
        ("assumptions", say["headings.assumptions"], chapters_open.open_items(made, "A")),
        ("decisions", say["headings.decisions"], chapters_open.decisions(made)),
        ("architecture", say["headings.architecture"], chapters_open.architecture(made)),
        ("out_of_scope", say["headings.out_of_scope"], (Text((one,), "entry") for one in plan.out_of_scope)),
        ("testing", say["headings.testing"], prose(plan.testing)),
        ("rollout", say["headings.rollout"], prose(plan.rollout)),
        ("glossary", say["headings.glossary"], chapters_open.glossary(made)),
        ("traceability", say["view.traceability"], chapters_open.traceability(made)),
        ("changelog", say["headings.changelog"], chapters_open.changelog(made)),
    )
    for key, title, blocks in parts:
        if held := tuple(blocks):
            yield Section(key, title, held)


def _ids(sections: Iterable[Section]) -> Iterator[str]:
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Item):
                yield block.id
            elif isinstance(block, Table):
                yield from (row.id for row in block.rows if row.id)
