"""A plan as trackers know work: epics, stories, tasks, each with a parent, a milestone, hours, dates and a text.

Enters: a `Planned`. Leaves: a `Backlog`, from which every tracker's file is written.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to jira

A requirement becomes an epic, a story the child of the first requirement that it is for, a task the child of the
first story (or else requirement) that it serves. What it is for besides stands in its text. Items that no longer
hold are left out, and so are requirements that will not be met and that nothing serves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from plansmith.export.planned import Planned
from plansmith.locale import figure, table, words
from plansmith.plan import Dependency, Plan, Requirement, Story, Task, span_text
from plansmith.plan.escape import unescape
from plansmith.plan.schedule import ScheduledTask
from plansmith.plan.sentences import write_scenario, write_story

TITLE_LIMIT = 250
"""Characters of a title; Jira takes 255, GitHub 256."""


@dataclass(frozen=True)
class Part:
    """A piece of an entry's text: what it is, and one text or several; `checks`: they are to be ticked off."""

    label: str
    texts: tuple[str, ...]
    checks: bool = False


@dataclass(frozen=True)
class Entry:
    """One item of a backlog. `parent`: id of the entry that it belongs to, empty if none; `after`: what it waits for.

    `hours`: expected effort of a task. `due`, `start`: days, None without dates. `milestone`: id, empty if none.
    """

    id: str
    kind: Literal["epic", "story", "task"]
    title: str
    parts: tuple[Part, ...]
    parent: str = ""
    priority: str = ""
    milestone: str = ""
    hours: float | None = None
    role: str = ""
    member: str = ""
    start: dt.date | None = None
    due: dt.date | None = None
    after: tuple[Dependency, ...] = ()

    @property
    def summary(self) -> str:
        """Id and title on one line, short enough for every tracker; the id leads, so no cell begins with a formula."""
        text = f"{self.id} {self.title}"
        return text if len(text) <= TITLE_LIMIT else f"{text[: TITLE_LIMIT - 1].rstrip()}…"


@dataclass(frozen=True)
class Goal:
    """A milestone: id, title, exit criterion, the day on which its last task ends (None if unknown)."""

    id: str
    title: str
    exit: str
    due: dt.date | None
    tasks: tuple[str, ...]

    @property
    def name(self) -> str:
        """Id and title."""
        text = f"{self.id} {self.title}"
        return text if len(text) <= TITLE_LIMIT else f"{text[: TITLE_LIMIT - 1].rstrip()}…"


@dataclass(frozen=True)
class Backlog:
    """Entries with every parent before its children: epics, stories, tasks."""

    plan: Plan
    entries: tuple[Entry, ...]
    goals: tuple[Goal, ...]
    by_id: dict[str, Entry] = field(default_factory=dict)

    def goal(self, id: str) -> Goal | None:
        """The milestone with this id."""
        return next((goal for goal in self.goals if goal.id == id), None)


def say(plan: Plan, key: str) -> str:
    """A text of trackers in the plan's language."""
    return str(table(plan.language, "trackers")["tracker"][key])


def goals(made: Planned) -> tuple[Goal, ...]:
    """The live milestones with their days."""
    ends = {m.id: m.finish for m in made.schedule.milestones}
    known = {task.id for task in made.schedule.tasks}
    found = []
    for one in made.plan.milestones:
        if one.status == "live":
            end = ends.get(one.id)
            tasks = tuple(dict.fromkeys(task for task in one.tasks if task in known))
            found.append(Goal(one.id, one.title, one.exit, end.date() if end else None, tasks))
    return tuple(found)


def homes(found: Iterable[Goal]) -> dict[str, str]:
    """Task → the first milestone that lists it."""
    return {task: goal.id for goal in reversed(tuple(found)) for task in goal.tasks}


def backlog(made: Planned) -> Backlog:
    """The plan's live requirements, stories and tasks as a tracker's backlog."""
    plan = made.plan
    tasks = [item for item in plan.tasks if item.status == "live"]
    stories = [item for item in plan.stories if item.status == "live"]
    served = {id for item in tasks for id in item.serves} | {id for item in stories for id in item.requirements}
    requirements = [
        item for item in plan.requirements if item.status == "live" and (item.priority != "wont" or item.id in served)
    ]
    known = {item.id for item in requirements} | {item.id for item in stories} | {item.id for item in tasks}
    found = goals(made)
    entries = [_epic(plan, item) for item in requirements]
    priorities: dict[str, str] = {item.id: item.priority for item in requirements}
    for story in stories:
        parent = _first(story.requirements, known, "R")
        priorities[story.id] = priorities.get(parent, "")
        entries.append(_story(plan, story, parent, priorities.get(parent, "")))
    done, home = {task.id: task for task in made.schedule.tasks}, homes(found)
    for task in tasks:
        parent = _first(task.serves, known, "U") or _first(task.serves, known, "R")
        entries.append(_task(plan, task, done[task.id], parent, priorities.get(parent, ""), home.get(task.id, "")))
    return Backlog(plan, tuple(entries), found, {entry.id: entry for entry in entries})


def _first(ids: Iterable[str], known: set[str], prefix: str) -> str:
    return next((id for id in ids if id in known and id[0] == prefix), "")


def _epic(plan: Plan, item: Requirement) -> Entry:
    say_ = words(plan.language)
    parts = [Part(say(plan, "requirement"), (item.text,))]
    parts += [Part(say(plan, "fit"), (item.fit,))] if item.fit else []
    parts.append(Part(say(plan, "priority"), (f"{say_[f'values.{item.priority}']} · {say_[f'values.{item.kind}']}",)))
    quotes = {quote.id: quote.text for quote in plan.quotes}
    said = tuple(f"{id}: {quotes[id]}" if id in quotes else id for id in item.source)
    parts += [Part(say(plan, "client"), said)] if said else []
    return Entry(item.id, "epic", item.text, tuple(parts), priority=item.priority)


def _story(plan: Plan, item: Story, parent: str, priority: str) -> Entry:
    parts = [Part(say(plan, "story"), (unescape(write_story(item, plan.language)),))]
    parts += [Part(say(plan, "serves"), (", ".join(item.requirements),))] if item.requirements else []
    criteria = tuple(unescape(write_scenario(one, plan.language)) for one in item.acceptance)
    parts += [Part(say(plan, "acceptance"), criteria, checks=True)] if criteria else []
    return Entry(item.id, "story", item.want, tuple(parts), parent=parent, priority=priority)


def _task(plan: Plan, item: Task, done: ScheduledTask, parent: str, priority: str, milestone: str) -> Entry:
    return Entry(
        item.id,
        "task",
        item.title,
        tuple(_task_parts(plan, item, done)),
        parent=parent,
        priority=priority,
        milestone=milestone,
        hours=done.effort_h,
        role=item.role,
        member=done.member,
        start=done.start.date() if done.start else None,
        due=done.finish.date() if done.finish else None,
        after=item.depends_on,
    )


def _task_parts(plan: Plan, item: Task, done: ScheduledTask) -> Iterator[Part]:
    number, hour = partial(figure, plan.language), words(plan.language)["forms.hour"]
    if len(item.title) + len(item.id) >= TITLE_LIMIT:
        yield Part(say(plan, "whole"), (item.title,))
    if item.done_when:
        yield Part(say(plan, "done_when"), (item.done_when,))
    if item.estimate:
        points = " / ".join(number(value) for value in (item.estimate.o, item.estimate.m, item.estimate.p))
        yield Part(say(plan, "estimate"), (f"{points} {hour}",))
        yield Part(say(plan, "expected"), (f"{number(round(done.effort_h, 1))} {hour}",))
    yield Part(say(plan, "role"), (item.role,))
    if done.member:
        yield Part(say(plan, "by"), (done.member,))
    if done.start:
        yield Part(say(plan, "period"), (span_text(plan, done),))
    if item.depends_on:
        yield Part(say(plan, "after"), (", ".join(link_text(link) for link in item.depends_on),))
    if item.serves:
        yield Part(say(plan, "serves"), (", ".join(item.serves),))


def link_text(link: Dependency) -> str:
    """T1, or T1 SS +2 h."""
    kind = "" if link.type == "FS" else f" {link.type}"
    return f"{link.task}{kind}{f' {link.lag:+g} h' if link.lag else ''}"
