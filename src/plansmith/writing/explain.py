"""How one item of a plan came about: the client's sentences, what was asked, answered and rejected, and past tasks.

Enters: a plan, the log that was written beside it, and an item's id. Leaves: an `Explained`.
Try: plansmith explain plan.md R3
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, MissingError
from plansmith.plan import Plan


@dataclass(frozen=True)
class Step:
    """A question to the model and its answer, or (`reasons` not empty) a text that was not taken."""

    asked: str
    answer: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Explained:
    """An item, the client's words behind it, the steps that made it, and the past tasks that its hours come from."""

    id: str
    text: str
    origin: str
    quotes: tuple[tuple[str, str], ...]
    related: tuple[str, ...]
    steps: tuple[Step, ...]
    neighbours: tuple[tuple[str, dict[str, Any]], ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def read_log(path: Path) -> list[dict[str, Any]]:
    """The entries of a plan's log. Raises MissingError where there is none, InputError where it is damaged."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        found = [json.loads(line) for line in lines if line.strip()]
    except FileNotFoundError:
        raise MissingError(
            f"There is no {path}: the log is written beside a plan by plansmith plan … -o PLAN.md."
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is damaged ({error}). Write the plan again.") from error
    if bad := next((n for n, entry in enumerate(found, 1) if not isinstance(entry, dict)), 0):
        raise InputError(f"{path} is no log of a plan: line {bad} holds no object.")
    return found


def explain(plan: Plan, log: Sequence[dict[str, Any]], item_id: str) -> Explained:
    """What the log tells of an item. Raises InputError for an id that the plan does not have, naming those it has."""
    items = {item.id: item for item in plan.items()}
    sentences = {quote.id: quote for quote in plan.quotes}
    wanted = item_id.strip().upper()
    if wanted in sentences:
        quote = sentences[wanted]
        made = tuple(r.id for r in plan.requirements if wanted in r.source)
        steps = tuple(_step(e) for e in log if e.get("sentence") == wanted)
        return Explained(wanted, quote.text, quote.unused or "stated", ((wanted, quote.text),), made, steps, ())
    if wanted not in items:
        kind = wanted[:1]
        same = [i for i in items if i.startswith(kind)] or list(items)
        shown = ", ".join(same[:12]) + (" …" if len(same) > 12 else "")
        raise InputError(
            f"The plan has no item {item_id!r}. " + (f"There are: {shown}." if same else "It has no items.")
        )
    item = items[wanted]
    requirements, tasks = _family(plan, wanted)
    steps = tuple(_step(e) for e in log if _about(e, item.source, requirements) and ("ask" in e or "note" in e))
    near = tuple((e["task"], n) for e in log if e.get("task") in tasks for n in e.get("neighbours", ()))
    text = next(getattr(item, name) for name in ("text", "title", "event", "want", "name") if hasattr(item, name))
    quotes = tuple((s, sentences[s].text) for s in item.source if s in sentences)
    related = tuple(i for i in (*requirements, *tasks) if i != wanted)
    return Explained(wanted, text, item.origin, quotes, related, steps, near)


def _family(plan: Plan, item_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The requirements behind an item and the tasks that serve them."""
    stories = {s.id: s.requirements for s in plan.stories}
    serves = {t.id: t.serves for t in plan.tasks}
    if item_id[0] == "R":
        behind: tuple[str, ...] = (item_id,)
    elif item_id[0] == "U":
        behind = stories[item_id]
    elif item_id[0] == "T":
        behind = tuple(r for s in serves[item_id] for r in stories.get(s, (s,)))
    else:
        behind = tuple(getattr(next(i for i in plan.items() if i.id == item_id), "blocks", ()))
    if item_id[0] == "T":
        return behind, (item_id,)
    told = {s for s, of in stories.items() if set(of) & set(behind)} | set(behind)
    return behind, tuple(t for t, of in serves.items() if set(of) & told)


def _about(entry: dict[str, Any], source: Sequence[str], requirements: Sequence[str]) -> bool:
    """Whether an entry is about these requirements; one of a sentence that names none belongs to all of its."""
    if entry.get("requirement"):
        return entry["requirement"] in requirements
    return entry.get("sentence") in source


def _step(entry: dict[str, Any]) -> Step:
    if "note" in entry:
        return Step(entry["note"], str(entry.get("text", "")), tuple(entry.get("reasons", ())))
    return Step(str(entry.get("ask", "")), str(entry.get("answer", "")))
