"""Files that trackers import: Jira, GitLab, Linear and Trello.

Enters: a `Planned`. Leaves: the bytes of a CSV file, or of a board. What each carries and loses: docs/formats.md.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to jira,gitlab,linear,trello
"""

from __future__ import annotations

import datetime as dt
import json
import re
from hashlib import sha256
from typing import Any

from plansmith.export.backlog import Backlog, Entry, backlog, say
from plansmith.export.planned import Planned
from plansmith.export.texts import csv_bytes, markdown, wiki

_JIRA_PRIORITY = {"must": "High", "should": "Medium", "could": "Low", "wont": "Lowest", "": "Medium"}
_LINEAR_PRIORITY = {"must": "High", "should": "Medium", "could": "Low", "wont": "Low", "": "No priority"}
_TRELLO_COLOUR = {"must": "red", "should": "orange", "could": "yellow", "epic": "purple", "story": "blue"}


def slug(text: str) -> str:
    """A label of letters, digits and hyphens, which no tracker takes apart."""
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-")


def labels(entry: Entry) -> list[str]:
    """What an entry is found by: its priority and its role."""
    return [slug(name) for name in (entry.priority, entry.role) if slug(name)]


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


# ---- Jira -----------------------------------------------------------------------------------------------------------


def jira(made: Planned) -> bytes:
    """Epics, stories and tasks, then sub-tasks, tied by Issue Id and Parent; estimates in seconds.

    Jira's rules: a parent stands in an earlier row; a sub-task's parent is a story; several values are several
    columns of one name. Dates are year-month-day, which its importer is told as yyyy-MM-dd.
    """
    log = backlog(made)
    number = {entry.id: str(n) for n, entry in enumerate(log.entries, 1)}
    blocked = _blocked(log)
    tags = {entry.id: [*labels(entry), f"plan-{entry.id}"] for entry in log.entries}
    most = max((len(some) for some in tags.values()), default=0)
    widest = max((len(some) for some in blocked.values()), default=0)
    head = ["Issue Type", "Issue Id", "Parent", "Summary", "Description", "Priority", "Fix Version", "Due Date"]
    head += ["Original Estimate", *["Labels"] * most, *["Blocks"] * widest]
    rows = []
    for entry in sorted(log.entries, key=lambda one: _level(log, one)):
        goal = log.goal(entry.milestone)
        row = [_jira_type(log, entry), number[entry.id], number.get(entry.parent, ""), entry.summary]
        row += [wiki(entry.parts), _JIRA_PRIORITY[entry.priority], goal.name if goal else "", _day(entry.due)]
        row.append("" if entry.hours is None else str(round(entry.hours * 3600)))
        row += _padded(tags[entry.id], most)
        row += _padded([number[id] for id in blocked.get(entry.id, [])], widest)
        rows.append(row)
    return csv_bytes(head, rows)


def _padded(values: list[str], count: int) -> list[str]:
    return values + [""] * (count - len(values))


def _level(log: Backlog, entry: Entry) -> int:
    return ("Epic", "Story", "Task", "Sub-task").index(_jira_type(log, entry))


def _jira_type(log: Backlog, entry: Entry) -> str:
    if entry.kind != "task":
        return entry.kind.capitalize()
    return "Sub-task" if entry.parent and log.by_id[entry.parent].kind == "story" else "Task"


def _blocked(log: Backlog) -> dict[str, list[str]]:
    """Task → the tasks that wait for it from finish to start, the only link that "blocks" means."""
    found: dict[str, list[str]] = {}
    for entry in log.entries:
        for link in entry.after:
            if link.task in log.by_id and link.type == "FS":
                waiting = found.setdefault(link.task, [])
                waiting += [entry.id] if entry.id not in waiting else []
    return found


# ---- GitLab ---------------------------------------------------------------------------------------------------------


def gitlab(made: Planned) -> bytes:
    """Title, description, due date and milestone, GitLab's four columns; estimate and labels as quick actions.

    The milestones have to exist in the project before the import.
    """
    log = backlog(made)
    rows = []
    for entry in log.entries:
        goal = log.goal(entry.milestone)
        above = log.by_id.get(entry.parent)
        tags = " ".join(f'~"{tag}"' for tag in [entry.kind, *labels(entry)])
        lines = [markdown(entry.parts), *([f"**{say(log.plan, above_key(above))}:** {above.id}"] if above else [])]
        actions = [f"/label {tags}", *([f"/estimate {_spent(entry.hours)}"] if entry.hours else [])]
        text = "\n\n".join([*lines, "\n".join(actions)])
        rows.append([entry.summary, text, _day(entry.due), goal.name if goal else ""])
    return csv_bytes(["title", "description", "due_date", "milestone"], rows)


def above_key(entry: Entry) -> str:
    """Which word says what a parent is."""
    return "requirement" if entry.kind == "epic" else "story"


def _spent(hours: float) -> str:
    """Hours and minutes as quick actions have them: 12h 20m."""
    whole, minutes = divmod(max(round(hours * 60), 1), 60)
    return " ".join(part for part in (f"{whole}h" * bool(whole), f"{minutes}m" * bool(minutes)) if part)


# ---- Linear ---------------------------------------------------------------------------------------------------------

_LINEAR_HEAD = "Id Team Title Description Status Estimate Priority Project Creator Assignee Labels Due_Date Archived"


def linear(made: Planned) -> bytes:
    """The columns of Linear's own export, as its importer reads them; estimates in whole hours.

    Linear's importer knows no parents: they stand in the description.
    """
    log = backlog(made)
    rows = []
    for entry in log.entries:
        goal, above = log.goal(entry.milestone), log.by_id.get(entry.parent)
        lines = [markdown(entry.parts)]
        lines += [f"**{say(log.plan, above_key(above))}:** {above.id}"] if above else []
        tags = [entry.kind, *labels(entry), *([slug(goal.name)] if goal else [])]
        estimate = "" if entry.hours is None else str(round(entry.hours))
        priority = _LINEAR_PRIORITY[entry.priority]
        row = [entry.id, "", entry.summary, "\n\n".join(lines), "Backlog", estimate, priority]
        rows.append([*row, log.plan.title, "", "", ", ".join(tags), _day(entry.due), ""])
    return csv_bytes([name.replace("_", " ") for name in _LINEAR_HEAD.split()], rows)


# ---- Trello ---------------------------------------------------------------------------------------------------------


def trello(made: Planned) -> dict[str, bytes]:
    """A board as Trello exports it, which other boards import, and the cards as CSV, which Power-Ups import.

    A list for each milestone, a card for each task, a checklist of its story's acceptance criteria.
    """
    log = backlog(made)
    board = _board(log)
    data = json.dumps(board, ensure_ascii=False, indent=1).encode()
    columns = {one["id"]: one["name"] for one in board["lists"]}
    checks = {one["id"]: one for one in board["checklists"]}
    rows = []
    for card in board["cards"]:
        items = [item["name"] for id in card["idChecklists"] for item in checks[id]["checkItems"]]
        tags = ", ".join(label["name"] for label in card["labels"])
        dates = [(card["start"] or "")[:10], (card["due"] or "")[:10]]
        rows.append([columns[card["idList"]], card["name"], card["desc"], tags, *dates, "\n".join(items)])
    head = ["List Name", "Card Name", "Card Description", "Labels", "Start Date", "Due Date", "Checklist"]
    return {"board.json": data, "cards.csv": csv_bytes(head, rows)}


def _board(log: Backlog) -> dict[str, Any]:
    plan = log.plan
    board = _key(plan.title, "board")
    names = {goal.id: goal.name for goal in log.goals}
    stray = [entry for entry in log.entries if entry.kind == "task" and not entry.milestone]
    names |= {"": say(plan, "no_milestone")} if stray else {}
    lists = [
        {"id": _key(board, "list", id), "name": name, "closed": False, "pos": n * 65536, "idBoard": board}
        for n, (id, name) in enumerate(names.items(), 1)
    ]
    tags = {tag: _tag(board, tag) for entry in log.entries for tag in _card_tags(log, entry)}
    cards, checklists = [], []
    for n, entry in enumerate((one for one in log.entries if one.kind == "task"), 1):
        card = _card(log, entry, board, n) | {"labels": [tags[tag] for tag in _card_tags(log, entry)]}
        card["idLabels"] = [tag["id"] for tag in card["labels"]]
        made = _checklist(log, entry, board, card["id"])
        card["idChecklists"] = [made["id"]] if made else []
        checklists += [made] if made else []
        cards.append(card)
    told = {"id": board, "name": plan.title, "desc": plan.summary, "closed": False}
    extra: dict[str, Any] = {"members": [], "actions": []}
    return told | {"lists": lists, "labels": [*tags.values()], "cards": cards, "checklists": checklists} | extra


def _card_tags(log: Backlog, entry: Entry) -> list[str]:
    return labels(entry) if entry.kind == "task" else []


def _tag(board: str, name: str) -> dict[str, str]:
    return {"id": _key(board, "label", name), "idBoard": board, "name": name, "color": _TRELLO_COLOUR.get(name, "sky")}


def _card(log: Backlog, entry: Entry, board: str, n: int) -> dict[str, Any]:
    above = log.by_id.get(entry.parent)
    lines = [markdown(entry.parts), *([f"**{say(log.plan, above_key(above))}:** {above.summary}"] if above else [])]
    due = f"{entry.due}T17:00:00.000Z" if entry.due else None
    start = f"{entry.start}T09:00:00.000Z" if entry.start else None
    place = {"idBoard": board, "idList": _key(board, "list", entry.milestone), "pos": n * 65536}
    told = {"name": entry.summary, "desc": "\n\n".join(lines), "closed": False, "start": start, "due": due}
    return {"id": _key(board, entry.id), "dueComplete": False, "attachments": [], "shortUrl": ""} | place | told


def _checklist(log: Backlog, entry: Entry, board: str, card: str) -> dict[str, Any] | None:
    above = log.by_id.get(entry.parent)
    criteria = [text for part in above.parts if part.checks for text in part.texts] if above else []
    if not criteria:
        return None
    items = [
        {"id": _key(card, "item", str(n)), "name": text, "state": "incomplete", "pos": n}
        for n, text in enumerate(criteria, 1)
    ]
    name = say(log.plan, "acceptance")
    return {"id": _key(card, "checklist"), "idCard": card, "idBoard": board, "name": name, "checkItems": items}


def _key(*parts: str) -> str:
    """An id as Trello's are: 24 hexadecimal digits, the same for the same plan and item."""
    return sha256("\n".join(parts).encode()).hexdigest()[:24]
