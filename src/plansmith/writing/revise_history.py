"""What a revision says about itself: the entry in the history, the summary counted again, code's own questions answered.

Enters: the plan before and after. Leaves: texts in the plan's language, or the plan with them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from plansmith.locale import day, price, table, words
from plansmith.plan import Plan, Requirement, diff_plans


def answered(plan: Plan, key: str, said: str, name: str) -> Plan:
    """The plan with its own question about budget or deadline answered."""
    asked = words(plan.language)[f"written.{key}"]
    questions = tuple(
        q.model_copy(update={"answer": said, "source": tuple(dict.fromkeys((*q.source, name)))})
        if q.status == "live" and q.text == asked and not q.answer
        else q
        for q in plan.questions
    )
    return plan.model_copy(update={"questions": questions})


def recounted(old: Plan, new: Plan) -> Plan:
    """The new plan, with a summary that code had written about the old one written again."""
    if not old.summary or summary(old.requirements, old.language) != old.summary:
        return new
    return new.model_copy(update={"summary": summary(new.requirements, new.language)})


def summary(requirements: Sequence[Requirement], language: str) -> str:
    """The summary that writing gives a plan: the first three requirements that must be met, and how many there are."""
    live = [r for r in requirements if r.status == "live"]
    ranked = sorted(live, key=lambda r: (r.kind == "constraint", r.priority != "must"))
    first = "; ".join(r.text.rstrip(". ") for r in ranked[:3])
    return words(language)["written.summary"].format(first=first, count=len(live))


def in_words(old: Plan, new: Plan, today: dt.date, but: Collection[str] = ()) -> str:
    """What changed, by ids, for the plan's history; `but`: ids that are named beside it."""
    say, diff = table(new.language, "revise")["history"], diff_plans(old, new, today)
    parts: list[str] = []
    for how in ("dropped", "superseded", "removed", "restored", "added", "changed"):
        ids: Any = ", ".join(i.id for i in diff.items if i.how == how and i.id not in but)
        parts += [say[how].format(ids=ids)] if ids else []
    if new.budget != old.budget and new.budget is not None:
        parts.append(say["budget"].format(value=price(new.language, new.budget, new.currency)))
    if new.deadline != old.deadline and new.deadline is not None:
        parts.append(say["deadline"].format(value=day(new.language, new.deadline)))
    return "; ".join(parts) or say["nothing"]
