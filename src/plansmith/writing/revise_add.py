"""A new wish written into a plan that exists: requirement, story, tasks, hours, risks, questions, in their places.

Enters: a plan, the wish in the client's words, and what writes a plan for a brief. Leaves: the plan with new items under
new ids, linked as its other ones are: after the set-up, before what comes last, in a milestone of the same urgency.
Try: plansmith revise plan.md "The client also wants a map of the tools."
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from plansmith.locale import words
from plansmith.plan import Brief, Plan, Question, Sentence, negated, numbers, requirement_cue, unfaithful
from plansmith.plan.revise import KINDS
from plansmith.plan.similar import similar_pairs
from plansmith.plan.types import Dependency, Milestone, Task
from plansmith.writing.doubts import questions
from plansmith.writing.write import Written

_HEADING = {"en": "Requirements", "ro": "Cerințe"}


@dataclass(frozen=True)
class Added:
    """The plan with a wish, ids of the requirements that say it, notes, and what was asked of the model."""

    plan: Plan
    ids: tuple[str, ...]
    notes: tuple[str, ...] = ()
    log: tuple[dict[str, Any], ...] = ()


def add_wish(
    plan: Plan,
    wish: str,
    said: str,
    sentence: str,
    write: Callable[[Brief], Written],
    urgent: str = "",
    instead: Collection[str] = (),
) -> Added:
    """Write a wish into the plan; one that it has already adds nothing.

    `said`: the client's sentence, `sentence` its id. `urgent`: its priority, where its own words do not tell it.
    `instead`: ids of what it replaces, which it may well contradict.
    """
    text = as_requirement(wish, said, plan.language)
    live = [r for r in plan.requirements if r.status == "live"]
    twins = [live[i] for i, j in similar_pairs([*(r.text for r in live), text]) if j == len(live)]
    twins = [r for r in twins if numbers(r.text) == numbers(text) and negated(r.text) == negated(text)]
    if twins:
        known = twins[0]
        return Added(plan, (known.id,), (f"{known.id} says this already, and nothing was added: “{known.text}”",))
    made = write(_brief(plan, text, sentence))
    new, ids = _grafted(plan, made.plan, urgent)
    added = tuple(ids[r.id] for r in made.plan.requirements)
    new, doubts = _doubted(new, added, instead)
    lost = [r.text for r in plan.requirements if r.status == "dropped" and similar_pairs([r.text, text])]
    notes = [f"This was withdrawn once; it is planned anew: “{lost[0]}”"] if lost else []
    notes += [f"{q.id} asks the client: {q.text}" for q in doubts]
    log = tuple(
        {k: ids.get(v, v) if k in ("requirement", "task") else v for k, v in entry.items()}
        for entry in made.log
        if "part" not in entry
    )
    return Added(new, added, tuple(notes), log)


def _doubted(plan: Plan, added: tuple[str, ...], gone: Collection[str]) -> tuple[Plan, list[Question]]:
    """The plan with a question for each older requirement that a new one contradicts."""
    live = [r for r in plan.requirements if r.status == "live" and r.id not in gone]
    brief = Brief("", (), plan.title, plan.language)
    both = [q for q in questions(brief, live, (), ()) if len(q.blocks) == 2 and len(set(q.blocks) & set(added)) == 1]
    last = max((int(q.id[1:]) for q in plan.questions), default=0)
    whom = words(plan.language)["written.client"]
    made = [q.model_copy(update={"id": f"Q{last + n}", "ask": whom}) for n, q in enumerate(both, 1)]
    return plan.model_copy(update={"questions": (*plan.questions, *made)}), made


def as_requirement(wish: str, said: str, language: str) -> str:
    """ "volunteers to print labels" as "Volunteers can print labels."; the client's sentence where that would lose something."""
    wish = wish.strip(" .")
    if match := re.match(r"(?:us|you)\s+to\s+(.+)$", wish):
        wish = match[1]
    text = wish
    who = r"((?:the |our |all |every |each )?[\w-]+(?: [\w-]+){0,3}?)"
    if language == "ro":
        if match := re.match(r"ca\s+(.+?)\s+s[ăa]\s+(poat[ăa]\s+)?(.+)$", wish):
            text = f"{match[1]} trebuie să {match[2] or ''}{match[3]}"
    elif wish == said.strip(" ."):  # "Set the page to open within 2 seconds": an order as it stands
        text = wish
    elif match := re.match(rf"{who} to (?:be able to )?(\w+ ?.*)$", wish):
        text = f"{match[1]} can {match[2]}"
    elif match := re.match(r"to (?:be able to )?(\w+ .+)$", wish):
        text = f"the client can {match[1]}"
    text = f"{text[:1].upper()}{text[1:]}."
    whole = Sentence("S1", said, 0, len(said))
    return text if not unfaithful(text, whole, language, Brief(said, (whole,), "", language)) else said


def _brief(plan: Plan, text: str, sentence: str) -> Brief:
    """A brief whose only sentence is the wish; all that the client said before is its context."""
    before = "\n".join(q.text for q in plan.quotes if q.id != sentence)
    whole = f"{before}\n{text}"
    asked = Sentence(sentence, text, len(whole) - len(text), len(whole))
    if requirement_cue(asked) is None:
        asked = Sentence(sentence, text, asked.start, asked.end, _HEADING[plan.language], "", "item")
    return Brief(whole, (asked,), plan.title, plan.language)


def _grafted(plan: Plan, made: Plan, urgent: str) -> tuple[Plan, dict[str, str]]:
    """The plan with the new items, without what code asks or plans for any project; and their ids in it."""
    say = words(plan.language)
    usual = {say["written.ask_budget"], say["written.ask_deadline"]}
    chosen: dict[str, list[Any]] = {
        "requirements": [r.model_copy(update={"priority": urgent or r.priority}) for r in made.requirements],
        "stories": list(made.stories),
        "tasks": [t for t in made.tasks if t.serves],
        "risks": _fresh(plan.risks, list(made.risks), "event"),
        "questions": _fresh(plan.questions, [q for q in made.questions if q.text not in usual], "text"),
        "decisions": _fresh(plan.decisions, list(made.decisions), "title"),
    }
    ids: dict[str, str] = {}
    for name, items in chosen.items():
        last = max((int(i.id[1:]) for i in getattr(plan, name)), default=0)
        ids |= {item.id: f"{item.id[0]}{last + n}" for n, item in enumerate(items, 1)}
    groups = {name: [_renamed(item, ids) for item in items] for name, items in chosen.items()}
    first, last_tasks = frame(plan)
    tasks = [after(t, first) if not t.depends_on else t for t in groups["tasks"]]
    waited = {d.task for t in tasks for d in t.depends_on}
    ends = [t.id for t in tasks if t.id not in waited]
    before = tuple(after(t, ends) if t.id in last_tasks else t for t in plan.tasks)
    fields: dict[str, Any] = {n: (*getattr(plan, n), *groups[n]) for n in KINDS if n in groups and n != "tasks"}
    new = plan.model_copy(update={**fields, "tasks": (*before, *tasks)})
    urgent = next((r.priority for r in groups["requirements"]), "must")
    return in_milestone(new, [t.id for t in tasks], urgent), ids


def _fresh(known: Any, new: list[Any], field: str) -> list[Any]:
    """Those of the new items that the plan does not have already."""
    texts = [getattr(i, field) for i in known if i.status == "live"]
    kept: list[Any] = []
    for item in new:
        have = [*texts, *(getattr(k, field) for k in kept)]
        if not any(j == len(have) for _, j in similar_pairs([*have, getattr(item, field)])):
            kept.append(item)
    return kept


def _renamed(item: Any, ids: Mapping[str, str]) -> Any:
    fields: dict[str, Any] = {"id": ids[item.id]}
    for name in ("requirements", "serves", "blocks"):
        if hasattr(item, name):
            fields[name] = tuple(ids[i] for i in getattr(item, name) if i in ids)
    if isinstance(item, Task):
        fields["depends_on"] = tuple(
            d.model_copy(update={"task": ids[d.task]}) for d in item.depends_on if d.task in ids
        )
    if hasattr(item, "text") and item.id[0] in "Q":
        fields["text"] = re.sub(r"(?<!\w)[RUT]\d+(?!\w)", lambda m: ids.get(m.group(), m.group()), item.text)
    return item.model_copy(update=fields)


def after(task: Task, names: list[str]) -> Task:
    known = {d.task for d in task.depends_on}
    links = tuple(Dependency(task=n) for n in names if n not in known and n != task.id)
    return task.model_copy(update={"depends_on": (*task.depends_on, *links)}) if links else task


def frame(plan: Plan) -> tuple[list[str], set[str]]:
    """Tasks for no one requirement: those that all others wait for, and those that wait for all others first."""
    live = {t.id: t for t in plan.tasks if t.status == "live"}
    serving = {t.id for t in live.values() if t.serves}
    behind = {t.id: _ancestors(t, live) for t in live.values()}
    common = [t for t in live.values() if not t.serves]
    first = [t.id for t in common if not t.depends_on and serving and all(t.id in behind[s] for s in serving)]
    last = {t.id for t in common if serving and serving <= behind[t.id]}
    return first, {name for name in last if not last & behind[name]}


def _ancestors(task: Task, live: Mapping[str, Task]) -> set[str]:
    found: set[str] = set()
    left = [d.task for d in task.depends_on]
    while left:
        name = left.pop()
        if name in live and name not in found:
            found.add(name)
            left += [d.task for d in live[name].depends_on]
    return found


def in_milestone(plan: Plan, tasks: list[str], urgent: str) -> Plan:
    """The tasks put into the last milestone that has work of the same urgency, or else into the last one."""
    live = [m for m in plan.milestones if m.status == "live"]
    if not tasks or not live:
        return plan
    like = {r.id for r in plan.requirements if r.status == "live" and r.priority == urgent}
    like |= {s.id for s in plan.stories if s.status == "live" and set(s.requirements) & like}
    work = {t.id for t in plan.tasks if t.status == "live" and set(t.serves) & like} - set(tasks)
    fitting = [m for m in live if set(m.tasks) & work] or live
    chosen: Milestone = fitting[-1]
    milestones = tuple(
        m.model_copy(update={"tasks": (*m.tasks, *tasks)}) if m.id == chosen.id else m for m in plan.milestones
    )
    return plan.model_copy(update={"milestones": milestones})
