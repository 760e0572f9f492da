"""A plan told as a document: which chapters it has, in which order, and what stands in each.

Enters: a `Planned`. Leaves: a `Document`; chapters that have nothing to say are left out.
Everything computed comes from the schedule, the forecast and the page's own functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from plansmith.export import chapters, chapters_open, chapters_work
from plansmith.export.document import Block, Document, Item, Section, Table, Text
from plansmith.export.phrases import prose
from plansmith.export.planned import Planned
from plansmith.locale import day, table, words

CHAPTERS = (
    "figures",
    "requirements",
    "timetable",
    "milestones",
    "stories",
    "tasks",
    "team",
    "estimates",
    "risks",
    "questions",
    "assumptions",
    "decisions",
    "architecture",
    "out_of_scope",
    "testing",
    "rollout",
    "glossary",
    "traceability",
    "changelog",
)
"""The chapters that a document can have, in their order."""


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
    blocks: dict[str, Iterable[Block]] = {
        "figures": chapters.figures(made),
        "requirements": chapters.requirements(made),
        "timetable": chapters.timetable(made),
        "milestones": chapters.milestones(made),
        "stories": chapters.stories(made),
        "tasks": chapters_work.tasks(made),
        "team": chapters_work.team(made),
        "estimates": chapters_work.estimates(made),
        "risks": chapters_open.risks(made),
        "questions": chapters_open.open_items(made, "Q"),
        "assumptions": chapters_open.open_items(made, "A"),
        "decisions": chapters_open.decisions(made),
        "architecture": chapters_open.architecture(made),
        "out_of_scope": (Text((one,), "entry") for one in plan.out_of_scope),
        "testing": prose(plan.testing),
        "rollout": prose(plan.rollout),
        "glossary": chapters_open.glossary(made),
        "traceability": chapters_open.traceability(made),
        "changelog": chapters_open.changelog(made),
    }
    for key in CHAPTERS:
        if held := tuple(blocks[key]):
            yield Section(key, _title(key, say, own), held)


def _title(key: str, say: Mapping[str, str], own: Mapping[str, str]) -> str:
    """The heading of a chapter."""
    if key in ("figures", "timetable", "traceability"):
        return say[f"view.{key}"]
    return own[key] if key in ("team", "estimates") else say[f"headings.{key}"]


def _ids(sections: Iterable[Section]) -> Iterator[str]:
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Item):
                yield block.id
            elif isinstance(block, Table):
                yield from (row.id for row in block.rows if row.id)
