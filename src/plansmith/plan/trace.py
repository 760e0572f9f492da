"""What follows from what: requirements down to tasks, and the client's sentences up to requirements.

Enters: a `Plan`. Leaves: live requirements with their stories and tasks; every sentence with what cites it.
Try: plansmith render examples/archive/01-bakery-preorders/plan.md -o plan.html
"""

from __future__ import annotations

from dataclasses import dataclass

from plansmith.plan.brief import Brief
from plansmith.plan.types import Plan, Quote, Requirement, Story, Task


@dataclass(frozen=True)
class Branch:
    """A story of a requirement and its tasks; `story` is None for tasks that serve the requirement itself."""

    story: Story | None
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Traced:
    """A requirement, the sentences that it cites, and what was made of it."""

    requirement: Requirement
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class Heard:
    """A sentence of the client (`text` empty where the plan does not hold it) and the live requirements that cite it."""

    id: str
    text: str
    requirements: tuple[str, ...]
    unused: str = ""
    """Why it is no requirement, where the plan says so."""


def with_quotes(plan: Plan, brief: Brief) -> Plan:
    """The plan with all sentences of its brief, so that each citation can be read, and what was said after it."""
    unused = {quote.id: quote.unused for quote in plan.quotes}
    quotes = tuple(Quote(id=s.id, text=s.text, unused=unused.get(s.id, "")) for s in brief.sentences)
    return plan.model_copy(update={"quotes": (*quotes, *said_later(plan, brief))})


def said_later(plan: Plan, brief: Brief) -> tuple[Quote, ...]:
    """The client's words that are not in the brief but, under a later number, in the plan's history."""
    told = [change.text for change in plan.changelog]
    last = len(brief.sentences)
    return tuple(
        quote
        for quote in plan.quotes
        if int(quote.id[1:]) > last and any(quote.id in text and quote.text in text for text in told)
    )


def forwards(plan: Plan) -> tuple[Traced, ...]:
    """Each live requirement with its live stories and tasks."""
    stories: dict[str, list[Story]] = {}
    tasks: dict[str, list[Task]] = {}
    for story in plan.stories:
        for requirement in dict.fromkeys(story.requirements if story.status == "live" else ()):
            stories.setdefault(requirement, []).append(story)
    for task in plan.tasks:
        for served in dict.fromkeys(task.serves if task.status == "live" else ()):
            tasks.setdefault(served, []).append(task)
    return tuple(
        Traced(requirement, _branches(requirement.id, stories, tasks))
        for requirement in plan.requirements
        if requirement.status == "live"
    )


def _branches(requirement: str, stories: dict[str, list[Story]], tasks: dict[str, list[Task]]) -> tuple[Branch, ...]:
    found = [Branch(story, tuple(tasks.get(story.id, ()))) for story in stories.get(requirement, ())]
    direct = tuple(tasks.get(requirement, ()))
    return tuple([*found, Branch(None, direct)] if direct else found)


def backwards(plan: Plan) -> tuple[Heard, ...]:
    """Every sentence that the plan holds or a live requirement cites, in the order of the brief."""
    texts = {quote.id: quote.text for quote in plan.quotes}
    unused = {quote.id: quote.unused for quote in plan.quotes}
    citing: dict[str, list[str]] = {}
    for requirement in plan.requirements:
        for sentence in dict.fromkeys(requirement.source if requirement.status == "live" else ()):
            citing.setdefault(sentence, []).append(requirement.id)
    return tuple(
        Heard(sentence, texts.get(sentence, ""), tuple(citing.get(sentence, ())), unused.get(sentence, ""))
        for sentence in sorted({*texts, *citing}, key=lambda s: int(s[1:]))
    )
