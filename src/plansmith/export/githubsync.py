"""Bringing a GitHub repository to what a plan wants: creating what is missing, changing what has changed, no more.

Enters: a `Wanted` and a `GitHub`. Leaves: what was done, or (dry run) what would be.
Try: plansmith export plan.md --to github --repo OWNER/NAME --dry-run

An export that was cut short is finished by the next one: everything is known again by its mark. Issues are never
closed, reopened or deleted; those whose item has left the plan are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from plansmith.errors import InputError
from plansmith.export.githubapi import GitHub
from plansmith.export.issues import MARK, Issue, MilestoneIssue, Wanted, merged

MOST_CHILDREN = 100
"""Sub-issues that GitHub takes under one issue."""


@dataclass(frozen=True)
class Step:
    """Something done: `what` is a label, milestone, issue or link; `number` of the issue, 0 where there is none."""

    did: Literal["create", "update", "keep", "leave", "gone"]
    what: Literal["label", "milestone", "issue", "sub-issue"]
    name: str
    number: int = 0


@dataclass
class _Repository:
    """What the repository holds: marked milestones and issues by id of the plan."""

    labels: set[str]
    milestones: dict[str, dict[str, Any]]
    issues: dict[str, dict[str, Any]]
    others: set[str] = field(default_factory=set)


def send(
    wanted: Wanted, hub: GitHub, dry_run: bool = False, tell: Callable[[Step], None] = lambda step: None
) -> list[Step]:
    """Carry out what a plan wants; with `dry_run` only say it. `tell` hears of each step.

    Errors: InputError where the repository holds another plan's issues and none of this one's.
    """
    there = _look(wanted, hub)
    if there.others and not there.issues and not there.milestones:
        keys = ", ".join(sorted(there.others))
        raise InputError(
            f"{hub.repo} holds issues of another plan (key {keys}), none of this one (key {wanted.key}). If it is the same "
            f"plan under a new title, add --key {min(there.others)}; if it is another plan, add --key {wanted.key}."
        )
    return _Export(wanted, hub, there, dry_run, tell).run()


def _look(wanted: Wanted, hub: GitHub) -> _Repository:
    titles = {one.title: one.id for one in wanted.milestones}
    found = _Repository({str(one["name"]).casefold() for one in hub.read("labels")}, {}, {})
    for kind, list_, text in (("milestones", found.milestones, "description"), ("issues", found.issues, "body")):
        # the oldest first: if somebody copied a text with its mark, the original is the one that is kept up to date
        for one in hub.read(kind, state="all", direction="asc", **({"sort": "created"} if kind == "issues" else {})):
            mark = MARK.search(one.get(text) or "")
            if mark is None and kind == "milestones" and one["title"] in titles:
                list_.setdefault(titles[one["title"]], one | {"digest": ""})  # made by hand; titles may not repeat
            if mark is None or "pull_request" in one:
                continue
            if mark[1] == wanted.key:
                list_.setdefault(mark[2], one | {"digest": mark[3]})
            else:
                found.others.add(mark[1])
    return found


class _Export:
    """One export under way."""

    def __init__(
        self, wanted: Wanted, hub: GitHub, there: _Repository, dry_run: bool, tell: Callable[[Step], None]
    ) -> None:
        self.wanted, self.hub, self.there, self.dry_run, self.tell = wanted, hub, there, dry_run, tell
        self.steps: list[Step] = []

    def run(self) -> list[Step]:
        for label in self.wanted.labels:
            if label.name.casefold() not in self.there.labels:
                self.write("POST", "labels", {"name": label.name, "color": label.colour}, allowed=(422,))
                self.note(Step("create", "label", label.name))
        for milestone in self.wanted.milestones:
            self.milestone(milestone)
        for issue in self.wanted.issues:
            self.issue(issue)
        self.children()
        known = {one.id for one in self.wanted.issues} | {one.id for one in self.wanted.milestones}
        for id, one in (self.there.issues | self.there.milestones).items():
            if id not in known:
                what: Literal["milestone", "issue"] = "milestone" if id[0] == "M" else "issue"
                self.note(Step("gone", what, str(one["title"]), int(one["number"])))
        return self.steps

    def note(self, step: Step) -> None:
        self.steps.append(step)
        self.tell(step)

    def write(self, method: str, path: str, data: dict[str, Any], allowed: tuple[int, ...] = ()) -> Any:
        return None if self.dry_run else self.hub.write(method, path, data, allowed)

    def milestone(self, one: MilestoneIssue) -> None:
        old = self.there.milestones.get(one.id)
        data: dict[str, Any] = {"title": one.title, "description": one.text}
        data |= {"due_on": f"{one.due}T12:00:00Z"} if one.due else {}
        if old is None:
            made = self.write("POST", "milestones", data)
            self.there.milestones[one.id] = made or {"number": 0, "title": one.title}
            self.note(Step("create", "milestone", one.title))
        elif old["digest"] != one.digest:
            data["description"] = merged(old.get("description") or "", one.text)
            self.write("PATCH", f"milestones/{old['number']}", data)
            self.note(Step("update", "milestone", one.title))
        else:
            self.note(Step("keep", "milestone", one.title))

    def issue(self, one: Issue) -> None:
        old = self.there.issues.get(one.id)
        place = self.there.milestones.get(one.milestone)
        data: dict[str, Any] = {"title": one.title, "body": one.text, "labels": list(one.labels)}
        data |= {"milestone": place["number"]} if place else {}
        if old is None:
            made = self.write("POST", "issues", data) or {"number": 0, "id": 0, "title": one.title}
            self.there.issues[one.id] = made
            self.note(Step("create", "issue", one.title, int(made["number"])))
        elif old["digest"] != one.digest:
            ours = {label.name for label in self.wanted.labels}
            kept = [name for name in _names(old.get("labels") or []) if name not in ours]
            data |= {"body": merged(old.get("body") or "", one.text), "labels": [*kept, *one.labels]}
            self.write("PATCH", f"issues/{old['number']}", data)
            self.note(Step("update", "issue", one.title, int(old["number"])))
        else:
            self.note(Step("keep", "issue", one.title, int(old["number"])))

    def children(self) -> None:
        """Put issues under their parents where they are not yet; one that people moved elsewhere stays there."""
        under: dict[str, list[Issue]] = {}
        for one in self.wanted.issues:
            if one.parent:
                under.setdefault(one.parent, []).append(one)
        for parent, some in under.items():
            number = int(self.there.issues[parent]["number"])
            has = {int(one["number"]) for one in self.hub.read(f"issues/{number}/sub_issues")} if number else set()
            for one in some:
                child = self.there.issues[one.id]
                if child["number"] and child["number"] in has:
                    continue
                name = f"{one.id} → {parent}"
                if len(has) >= MOST_CHILDREN:
                    self.note(Step("leave", "sub-issue", name, int(child["number"])))
                    continue
                path = f"issues/{number}/sub_issues"
                done = self.write("POST", path, {"sub_issue_id": child["id"]}, allowed=(422,))
                refused = done is None and not self.dry_run
                has |= set() if refused else {int(child["number"])}
                self.note(Step("leave" if refused else "create", "sub-issue", name, int(child["number"])))


def _names(labels: Iterable[Any]) -> list[str]:
    return [str(one["name"] if isinstance(one, dict) else one) for one in labels]
