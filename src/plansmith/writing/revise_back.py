"""A requirement that was withdrawn and is wanted again, with what went with it.

Enters: a plan and the ids of dropped requirements. Leaves: the plan in which they hold again, in their old words and
under their old ids, linked as new work would be.
Try: plansmith revise plan.md "The client wants the map after all."
"""

from __future__ import annotations

import re
from collections.abc import Collection

from plansmith.locale import table
from plansmith.plan import Decision, Plan, Question, Risk
from plansmith.plan.revise import restore
from plansmith.plan.types import Assumption
from plansmith.writing.revise_add import after, frame, in_milestone

_ID = re.compile(r"[RUTMKAQDC][1-9]\d{0,5}")


def bring_back(plan: Plan, wanted: Collection[str], sentence: str) -> Plan:
    """The plan with dropped requirements live again, which then cite the sentence that wants them."""
    ids = {i for name in wanted for i in _went_with(plan, name)}
    first, last = frame(plan)
    known = {m.id for m in plan.milestones if m.status == "live"}
    new = restore(plan, ids)
    needs = tuple(
        r.model_copy(update={"source": (*r.source, sentence)}) if r.id in wanted else r for r in new.requirements
    )
    tasks = {t.id for t in new.tasks if t.id in ids}
    waited = {d.task for t in new.tasks if t.status == "live" for d in t.depends_on}
    ends = sorted(tasks - waited, key=lambda t: int(t[1:]))
    linked = tuple(
        after(t, ends) if t.id in last else after(t, first) if t.id in tasks and not t.depends_on else t
        for t in new.tasks
    )
    new = new.model_copy(update={"requirements": needs, "tasks": linked})
    placed = {t for m in new.milestones if m.id in known | ids for t in m.tasks}
    for r in (r for r in needs if r.id in wanted):
        stories = {s.id for s in new.stories if r.id in s.requirements}
        lone = [t.id for t in new.tasks if t.id in tasks - placed and set(t.serves) & {r.id, *stories}]
        new = in_milestone(new, lone, r.priority)
        placed |= set(lone)
    return new


def _went_with(plan: Plan, name: str) -> set[str]:
    """A dropped requirement and the items that its history says went with it; without one, those only for it."""
    say = table(plan.language, "revise")["history"]["dropped"]
    lists = re.compile(re.escape(say).replace(r"\{ids\}", rf"((?:{_ID.pattern}(?:, )?)+)"))
    gone = {i.id for i in plan.items() if i.status == "dropped"}
    for change in reversed(plan.changelog):
        for match in lists.finditer(change.text):
            ids = _ID.findall(match[1])
            if name in ids:
                others = {i for i in ids if i[0] == "R"} - {name}
                return ({name, *ids} - others - _only_for(plan, others)) & gone
    return {name} | (_only_for(plan, {name}) & gone)


def _only_for(plan: Plan, names: set[str]) -> set[str]:
    """Items that are for these requirements alone, by what they are for, block, or cite."""
    found = set(names)
    for story in plan.stories:
        found |= {story.id} if story.requirements and set(story.requirements) <= found else set()
    for task in plan.tasks:
        found |= {task.id} if task.serves and set(task.serves) <= found else set()
    waiting: tuple[Question | Assumption, ...] = (*plan.questions, *plan.assumptions)
    for item in waiting:
        found |= {item.id} if item.blocks and set(item.blocks) <= found else set()
    cited = {s for r in plan.requirements if r.id in names for s in r.source}
    told: tuple[Risk | Decision, ...] = (*plan.risks, *plan.decisions)
    for risk in told:
        found |= {risk.id} if risk.source and set(risk.source) <= cited else set()
    return found - names
