"""What a change of plan means: items added, removed and changed, what hung on them, and effort, dates and price.

Enters: an old and a new `Plan`. Leaves: a `PlanDiff`, which `plansmith.plan.changetext.describe` puts into words.
Try: plansmith diff old.md new.md

Items are matched by id, never by wording. An item is *gone* when it is no longer in the file, or superseded, or
dropped; what rested on it is named, because nobody removes that by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from plansmith.errors import InputError
from plansmith.plan.plain import plain
from plansmith.plan.schedule import Schedule, schedule
from plansmith.plan.types import Assumption, Item, Language, Milestone, Plan, Question, Story, Task

How = Literal["added", "removed", "superseded", "dropped", "restored", "changed"]

_MEANING = {"text", "fit", "kind", "priority", "role", "want", "so_that", "acceptance"}
"""Fields of requirements and stories whose change makes what rests on them worth another look."""
_LISTS = ("requirements", "stories", "tasks", "milestones", "risks", "assumptions", "questions", "decisions")


@dataclass(frozen=True)
class FieldChange:
    """A field's value before and after."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class ItemChange:
    """What happened to one item. `title`: its words, the new ones if it has any; `fields`: none if added or removed."""

    id: str
    how: How
    title: str
    fields: tuple[FieldChange, ...] = ()
    superseded_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hanging:
    """A live item of the new plan that rests on an item which is gone or has changed.

    `on`: that item, and `how` it went. `through`: the items in between that lead there, none for a direct reference.
    `alone`: nothing else holds the item up.
    """

    id: str
    on: str
    how: How
    through: tuple[str, ...]
    alone: bool


@dataclass(frozen=True)
class Totals:
    """A plan's sums: effort in hours of work, end in project hours, working days and as a date, cost in money.

    `cost` is None where no rate is known; `unpriced_h` is the effort that it leaves out.
    """

    effort_h: float
    finish_h: float
    days: float
    finish: dt.datetime | None
    cost: float | None
    unpriced_h: float


@dataclass(frozen=True)
class Shift:
    """A milestone's date before and after; None where it has none."""

    id: str
    old: dt.datetime | None
    new: dt.datetime | None


@dataclass(frozen=True)
class Effect:
    """Sums before and after, and milestones whose date moves; none, but a problem, for a plan without a schedule."""

    old: Totals | None
    new: Totals | None
    milestones: tuple[Shift, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlanDiff:
    """The difference of two plans: fields of the plan itself, its items in reading order, what hangs, the effect."""

    plan: tuple[FieldChange, ...]
    items: tuple[ItemChange, ...]
    hanging: tuple[Hanging, ...]
    effect: Effect
    currency: str = ""
    language: Language = "en"

    @property
    def empty(self) -> bool:
        """True when the plans say the same."""
        return not self.plan and not self.items

    def as_dict(self) -> dict[str, Any]:
        """JSON-able copy."""
        return dict(plain(self))


def diff_plans(old: Plan, new: Plan, today: dt.date | None = None) -> PlanDiff:
    """Compare two versions of a plan by id; `today` is the first day of both where their calendar names none.

    Never fails on a plan that cannot be scheduled: its effect then says why.
    """
    items = tuple(_items(old, new))
    fields = [name for name in Plan.model_fields if name not in (*_LISTS, "architecture")]
    parts = [*_fields(old, new, fields), *_fields(old.architecture, new.architecture, ["connections", "entities"])]
    hanging = tuple(_hanging(old, new, items))
    return PlanDiff(tuple(parts), items, hanging, _effect(old, new, today), new.currency or old.currency, new.language)


def title(item: Any) -> str:
    """The words by which people know an item."""
    for name in ("title", "text", "want", "event", "name"):
        if getattr(item, name, ""):
            return str(getattr(item, name))
    return ""


def _fields(old: Any, new: Any, names: Any) -> list[FieldChange]:
    return [
        FieldChange(name, getattr(old, name), getattr(new, name))
        for name in names
        if getattr(old, name) != getattr(new, name)
    ]


def _items(old: Plan, new: Plan) -> Iterator[ItemChange]:
    before, after = ({item.id: item for item in plan.items()} for plan in (old, new))
    order = sorted({**before, **after}, key=lambda i: ("RUTMKAQDC".index(i[0]), int(i[1:])))
    for name in order:
        was, now = before.get(name), after.get(name)
        if was is None or now is None:
            yield ItemChange(name, "added" if was is None else "removed", title(now or was))
        elif was != now:
            # An item's new state says that its citation fell away; inherited sentences say what its requirement says.
            hidden = {"status", "superseded_by", "origin", "source"} if was.status != now.status else set()
            if was.source == _handed(was, before) and now.source == _handed(now, after):
                hidden |= {"source"}
            own = sorted(type(now).model_fields, key=Item.model_fields.__contains__)  # where it comes from stands last
            fields = _fields(was, now, [f for f in own if f not in hidden])
            if fields or was.status != now.status:
                yield ItemChange(name, _how(was, now), title(now), tuple(fields), now.superseded_by)


def _handed(item: Any, items: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Sentences that a story or task takes over from what it is for; None for other items."""
    if not isinstance(item, (Story, Task)):
        return None
    above = (items[name] for name in _holders(item) if name in items)
    return tuple(dict.fromkeys(sentence for holder in above for sentence in holder.source))


def _how(was: Item, now: Item) -> How:
    if was.status == now.status:
        return "changed"
    return "restored" if now.status == "live" else now.status


def _holders(item: Any) -> tuple[str, ...]:
    """Ids of the items that an item rests on."""
    if isinstance(item, Story):
        return item.requirements
    if isinstance(item, Task):
        return item.serves
    if isinstance(item, Milestone):
        return item.tasks
    return item.blocks if isinstance(item, (Question, Assumption)) else ()


def _hanging(old: Plan, new: Plan, items: tuple[ItemChange, ...]) -> Iterator[Hanging]:
    """Walk stories, tasks, milestones, assumptions and questions upwards from what is gone, then from what has changed."""
    gone = {item.id: item.how for item in items if item.how in ("removed", "superseded", "dropped")}
    found = list(_resting(old, new, gone, (new.stories, new.tasks, new.milestones, new.assumptions, new.questions)))
    for task in new.tasks:
        waits = (wait.task for wait in task.depends_on if wait.task in gone and task.status == "live")
        found += [Hanging(task.id, wait, gone[wait], (), False) for wait in waits]
    yield from found
    named = {item.id for item in items} | {hanging.id for hanging in found}
    changed = {i.id: i.how for i in items if i.id[0] in "RU" and _MEANING & {f.field for f in i.fields}}
    changed = {i: how for i, how in changed.items() if how == "changed"}
    touched = _resting(old, new, changed, (new.stories, new.tasks))
    yield from (hanging for hanging in touched if hanging.id not in named)


def _resting(old: Plan, new: Plan, roots: Mapping[str, How], groups: tuple[tuple[Any, ...], ...]) -> Iterator[Hanging]:
    before = {item.id: item for item in old.items()} if roots else {}
    reached: dict[str, tuple[str, ...]] = {root: (root,) for root in roots}
    alone = set(roots)
    for item in (item for group in groups for item in group):
        # Whoever took the last reference out together with the requirement left an orphan: it still counts.
        holders = _holders(item) or _holders(before.get(item.id))
        found: dict[str, list[str]] = {}
        for holder in holders:
            for root in reached.get(holder, ()):
                found.setdefault(root, []).extend([] if holder == root else [holder])
        if item.status != "live" or not found or item.id in roots:
            continue
        reached[item.id] = tuple(found)
        if alone.issuperset(holders):
            alone.add(item.id)
        for root, through in found.items():
            yield Hanging(item.id, root, roots[root], tuple(through), item.id in alone)


def _effect(old: Plan, new: Plan, today: dt.date | None) -> Effect:
    problems: list[str] = []
    found: list[Schedule | None] = []
    for plan in (old, new):
        try:
            found.append(schedule(plan, today))
        except InputError as error:
            found.append(None)
            problems.append(str(error))
    before, after = found
    return Effect(_totals(before), _totals(after), _shifts(before, after), tuple(problems))


def _totals(done: Schedule | None) -> Totals | None:
    if done is None:
        return None
    days = done.finish_h / done.hours_per_day
    return Totals(done.effort_h, done.finish_h, days, done.finish, done.cost, done.unpriced_h)


def _shifts(before: Schedule | None, after: Schedule | None) -> tuple[Shift, ...]:
    if before is None or after is None:
        return ()
    was, now = ({m.id: m.finish for m in done.milestones} for done in (before, after))
    return tuple(Shift(i, was.get(i), now.get(i)) for i in {**was, **now} if was.get(i) != now.get(i))
