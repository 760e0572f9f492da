"""What follows when something is withdrawn from a plan: what only served it goes too, the rest closes ranks.

Enters: a `Plan` and the ids of requirements that no longer hold. Leaves: the plan with these dropped or superseded,
everything that only served them dropped, references to them taken out, and dependencies bridged. Ids never change.
Try: plansmith revise examples/archive/01-bakery-preorders/plan.md "The client drops the deposit."

Items go by trace, never by wording: stories and tasks by what they are for, questions and assumptions by what they
block, risks, decisions and components by the sentences that nothing but withdrawn requirements cites.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from plansmith.plan.origins import REFERENCES, usual_source
from plansmith.plan.types import Dependency, LinkType, Plan, Task

KINDS = ("requirements", "stories", "tasks", "milestones", "risks", "assumptions", "questions", "decisions")
"""Fields of a plan that hold items with an id, in reading order, the architecture's components excepted."""
_LONGEST_LAG = 10_000
_Links: TypeAlias = dict[tuple[str, LinkType], float]
"""By the task that is waited for and the kind of link: the lag."""


def withdraw(plan: Plan, heirs: Mapping[str, tuple[str, ...]]) -> Plan:
    """The plan without these requirements; `heirs`: the ids that replace each one, none for one that is dropped."""
    before = {i.id for i in plan.items() if i.status != "live"}
    gone = before | set(heirs)
    requirements = tuple(_retired(r, heirs[r.id]) if r.id in heirs else r for r in plan.requirements)
    lost = _unheard(plan, gone) - _unheard(plan, before)
    stories = tuple(_kept(s, "requirements", gone, before) for s in plan.stories)
    gone |= {s.id for s in stories if s.status != "live"}
    tasks = tuple(_kept(t, "serves", gone, before) for t in plan.tasks)
    went = {t.id for t in tasks if t.status != "live"} - before
    gone |= went
    milestones = tuple(_kept(m, "tasks", gone, before) for m in plan.milestones)
    gone |= {m.id for m in milestones if m.status != "live"}
    unsaid = {name: tuple(_unsaid(i, lost) for i in getattr(plan, name)) for name in ("risks", "decisions")}
    components = tuple(_unsaid(c, lost) for c in plan.architecture.components)
    gone |= {i.id for i in (*unsaid["risks"], *unsaid["decisions"], *components) if i.status != "live"}
    edges = tuple(e for e in plan.architecture.connections if not {e.start, e.end} & (gone - before))
    fields: dict[str, Any] = {
        "requirements": requirements,
        "stories": stories,
        "tasks": tuple(bridged(tasks, went)),
        "milestones": milestones,
        "assumptions": tuple(_kept(a, "blocks", gone, before) for a in plan.assumptions),
        "questions": tuple(_kept(q, "blocks", gone, before) for q in plan.questions),
        "architecture": plan.architecture.model_copy(update={"components": components, "connections": edges}),
        **unsaid,
    }
    made = handed_down(plan, plan.model_copy(update=fields))
    retired = {i.id for i in made.items() if i.status != "live"} - before
    silent = tuple(s for s in plan.silenced if s.item not in retired)
    return made.model_copy(update={"silenced": silent})


def restore(plan: Plan, ids: set[str]) -> Plan:
    """The plan in which these items hold again, with references to what still does not hold taken out."""
    held = {i.id for i in plan.items() if i.status == "live"} | ids
    new: dict[str, Any] = {}
    for item in plan.items():
        if item.id in ids:
            fields: dict[str, Any] = {"status": "live", "superseded_by": ()}
            for name in ("requirements", "serves", "tasks", "blocks"):
                if hasattr(item, name):
                    fields[name] = tuple(i for i in getattr(item, name) if i in held)
            if isinstance(item, Task):
                fields["depends_on"] = tuple(d for d in item.depends_on if d.task in held)
            new[item.id] = item.model_copy(update=fields)
    return changed(plan, new)


def touched(plan: Plan, ids: set[str]) -> set[str]:
    """Ids of the live items that are for these requirements or cite a sentence of theirs, themselves included."""
    found = set(ids)
    groups: tuple[tuple[tuple[Any, ...], str], ...] = ((plan.stories, "requirements"), (plan.tasks, "serves"))
    for group, field in groups:
        found |= {i.id for i in group if i.status == "live" and set(getattr(i, field)) & found}
    cited = {s for r in plan.requirements if r.id in ids for s in r.source}
    others: tuple[Any, ...] = (*plan.risks, *plan.questions, *plan.decisions, *plan.assumptions)
    asked = {i.id for i in others if i.status == "live" and set(getattr(i, "blocks", ())) & found}
    return found | asked | {i.id for i in others if i.status == "live" and set(i.source) & cited}


def changed(plan: Plan, items: Mapping[str, Any]) -> Plan:
    """The plan with these items, by their ids, in the place of those that it has; sources that are inherited follow."""
    groups = {n: tuple(items.get(i.id, i) for i in getattr(plan, n)) for n in KINDS}
    components = tuple(items.get(c.id, c) for c in plan.architecture.components)
    whole = plan.architecture.model_copy(update={"components": components})
    return handed_down(plan, plan.model_copy(update={**groups, "architecture": whole}))


def whole(plan: Plan) -> Plan:
    """The plan with every text tidied up as the form wants it, whoever put it there."""
    return Plan.model_validate(plan.model_dump())


def handed_down(old: Plan, new: Plan) -> Plan:
    """The new plan, in which stories and tasks that had the sentences of what they are for still have them."""
    before = {i.id: i for i in old.items()}
    was = {r.id: r.source for r in old.requirements} | {s.id: s.source for s in old.stories}
    now = {r.id: r.source for r in new.requirements}
    groups: dict[str, list[Any]] = {}
    for name, field in REFERENCES.items():
        groups[name] = []
        for item in getattr(new, name):
            known = before.get(item.id)
            if known and item.status == "live" and known.source == usual_source(name, getattr(known, field), was):
                item = item.model_copy(update={"source": usual_source(name, getattr(item, field), now)})
            groups[name].append(item)
        now |= {i.id: i.source for i in groups[name]}
    return new.model_copy(update={name: tuple(items) for name, items in groups.items()})


def bridged(tasks: tuple[Task, ...], went: set[str]) -> Iterator[Task]:
    """The tasks, live ones waiting for what those that went had waited for, unless they do so anyway.

    A task that went counts as done at once: what waited for its start or its end waits for what held it.
    """
    known = {t.id: t for t in tasks}
    joined = _without(tasks, went)
    for task in tasks:
        if task.status != "live" or not any(d.task in went for d in task.depends_on):
            yield task
            continue
        links = {(d.task, d.type): d for d in task.depends_on if d.task not in went}
        for (name, kind), lag in joined[task.id].items():
            known_lag = links[name, kind].lag if (name, kind) in links else None
            plain = kind == "FS" and lag <= 0
            if known[name].status != "live" or (plain and name in _waited(links.values(), known, went)):
                continue
            if known_lag is None or known_lag < lag:
                links[name, kind] = Dependency(task=name, type=kind, lag=lag)
        yield task.model_copy(update={"depends_on": tuple(links.values())})


def _without(tasks: tuple[Task, ...], went: set[str]) -> dict[str, _Links]:
    """Links of all tasks with those that went taken out one by one, and their neighbours joined."""
    into: dict[str, _Links] = {t.id: {(d.task, d.type): d.lag for d in t.depends_on} for t in tasks}
    after: dict[str, set[str]] = {}
    for name, links in into.items():
        for earlier, _ in links:
            after.setdefault(earlier, set()).add(name)
    for middle in sorted(went):
        for later in sorted(after.pop(middle, set()) - {middle}):
            over = {kind: lag for (name, kind), lag in into[later].items() if name == middle}
            into[later] = {key: lag for key, lag in into[later].items() if key[0] != middle}
            for (earlier, first), held in into[middle].items():
                for kind, lag in over.items() if earlier in into and earlier not in (later, middle) else ():
                    key: tuple[str, LinkType] = (earlier, first[0] + kind[1])  # type: ignore[assignment]
                    both = max(-_LONGEST_LAG, min(_LONGEST_LAG, held + lag))
                    into[later][key] = max(both, into[later].get(key, both))
                    after.setdefault(earlier, set()).add(later)
    return into


def _waited(links: Any, known: Mapping[str, Task], went: set[str]) -> set[str]:
    """Ids of the tasks that are finished before, by links of finish to start."""
    found: set[str] = set()
    left = [d.task for d in links if d.type == "FS" and d.lag >= 0]
    while left:
        name = left.pop()
        if name not in found and name in known and name not in went:
            found.add(name)
            left += [d.task for d in known[name].depends_on if d.type == "FS" and d.lag >= 0]
    return found


def _retired(item: Any, heirs: tuple[str, ...]) -> Any:
    status = "superseded" if heirs else "dropped"
    return item.model_copy(update={"status": status, "superseded_by": heirs})


def _kept(item: Any, field: str, gone: set[str], before: set[str]) -> Any:
    """The item without references to what went; dropped where nothing is left of them."""
    held = getattr(item, field)
    if item.status != "live" or not set(held) & (gone - before):
        return item
    left = tuple(name for name in held if name not in gone)
    return item.model_copy(update={field: left}) if left else _retired(item, ())


def _unsaid(item: Any, lost: set[str]) -> Any:
    """The item, dropped where it rests only on sentences that no requirement cites any more."""
    rests = item.status == "live" and item.source and set(item.source) <= lost
    return _retired(item, ()) if rests else item


def _unheard(plan: Plan, gone: set[str]) -> set[str]:
    """Sentences that only requirements among those that are gone cite."""
    cited = {s for r in plan.requirements if r.id in gone for s in r.source}
    return cited - {s for r in plan.requirements if r.id not in gone for s in r.source}
