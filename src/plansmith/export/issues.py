"""A plan as GitHub's issues: labels, milestones and issues, each with a mark by which a later export knows it again.

Enters: a `Planned`. Leaves: a `Wanted`, which the script of gh calls and the direct export both carry out.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to github

The mark is a comment in the text, `<!-- plansmith KEY ID DIGEST -->`: KEY tells plans in one repository apart, DIGEST
tells whether the item has changed in the plan since. What people write outside the marked part stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from plansmith.errors import InputError
from plansmith.export.backlog import Backlog, Entry, Goal, Part, backlog, say
from plansmith.export.planned import Planned
from plansmith.export.texts import markdown
from plansmith.export.trackers import labels

MARK = re.compile(r"<!-- plansmith ([\w-]+) ([RUTM][1-9][0-9]{0,5}) ([0-9a-f]{12}) -->")
END = "<!-- /plansmith -->"
_COLOURS = {"epic": "5319e7", "story": "1d76db", "task": "0e8a16", "must": "b60205", "should": "d93f0b"}
_COLOURS |= {"could": "fbca04", "wont": "cfd3d7"}
_TEXT_LIMIT = 60_000
"""Characters of a text; GitHub takes 65,536."""


@dataclass(frozen=True)
class Label:
    """A label's name and colour (six hexadecimal digits)."""

    name: str
    colour: str


@dataclass(frozen=True)
class MilestoneIssue:
    """A milestone: `due` is a day, empty without one; `text` has the mark."""

    id: str
    title: str
    due: str
    text: str
    digest: str


@dataclass(frozen=True)
class Issue:
    """An issue: `milestone` and `parent` are ids of the plan, empty if none; `text` has the mark."""

    id: str
    title: str
    text: str
    labels: tuple[str, ...]
    milestone: str
    parent: str
    digest: str


@dataclass(frozen=True)
class Wanted:
    """What a repository is to hold, parents before children."""

    key: str
    labels: tuple[Label, ...]
    milestones: tuple[MilestoneIssue, ...]
    issues: tuple[Issue, ...]


def wanted(made: Planned, key: str = "") -> Wanted:
    """The issues of a plan. `key`: which plan's they are; empty: from its title. Errors: InputError for a bad key."""
    if key and not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", key):
        raise InputError(f"the key '{key}' cannot be used: give 1 to 40 letters, digits, hyphens or underscores.")
    log = backlog(made)
    key = key or sha256(log.plan.title.encode()).hexdigest()[:8]
    issues = tuple(_issue(log, entry, key) for entry in log.entries)
    names = dict.fromkeys(label for issue in issues for label in issue.labels)
    found = tuple(Label(name, _COLOURS.get(name, "c5def5")) for name in names)
    return Wanted(key, found, tuple(_milestone(log, goal, key) for goal in log.goals), issues)


def _issue(log: Backlog, entry: Entry, key: str) -> Issue:
    parts = [*entry.parts]
    above = log.by_id.get(entry.parent)
    parts += (
        [Part(say(log.plan, "requirement" if above.kind == "epic" else "story"), (above.summary,))] if above else []
    )
    body = markdown(parts)
    body = body if len(body) <= _TEXT_LIMIT else f"{body[:_TEXT_LIMIT]}…"
    tags = tuple(name[:50] for name in (entry.kind, *labels(entry)))
    digest = _digest(entry.summary, body, *tags, entry.milestone)
    text = f"<!-- plansmith {key} {entry.id} {digest} -->\n{body}\n\n_{say(log.plan, 'generated')}_\n{END}"
    return Issue(entry.id, entry.summary, text, tags, entry.milestone, entry.parent, digest)


def _milestone(log: Backlog, goal: Goal, key: str) -> MilestoneIssue:
    due = goal.due.isoformat() if goal.due else ""
    body = markdown([Part(say(log.plan, "exit"), (goal.exit,))] if goal.exit else [])
    digest = _digest(goal.name, due, body)
    return MilestoneIssue(
        goal.id, goal.name, due, f"<!-- plansmith {key} {goal.id} {digest} -->\n{body}\n{END}", digest
    )


def _digest(*texts: str) -> str:
    return sha256("\n".join(texts).encode()).hexdigest()[:12]


def merged(old: str, new: str) -> str:
    """The old text with its marked part replaced by the new one; what people wrote around it stays."""
    mark = MARK.search(old)
    if mark is None:
        return f"{new}\n\n{old}".rstrip()
    end = old.find(END, mark.end())
    rest = old[end + len(END) :] if end >= 0 else f"\n\n{old[mark.end() :].strip()}"
    return old[: mark.start()] + new + rest
