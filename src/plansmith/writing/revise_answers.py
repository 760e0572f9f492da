"""The client's answers taken into the plan: the question is answered in the client's words, and what it blocked follows.

Enters: a plan and answers by question id. Leaves: the changed plan, notes and the difference, as of a revision.
Try: plansmith answer plan.md answers.md

An answer that names a budget, a day, a new figure, or says that something is not wanted changes the plan as the same
words would in `plansmith revise`. Which of two contradicting requirements holds is read from the answer. Any other
answer becomes the fit criterion of what the question is about, word for word. Nothing else moves.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from plansmith.errors import InputError
from plansmith.locale import table, words
from plansmith.plan import Plan, Question, Requirement, amounts, dates, diff_plans, fold, numbers
from plansmith.plan.fields import one_line
from plansmith.plan.revise import changed, whole
from plansmith.plan.revise_find import find
from plansmith.plan.revise_read import Order, read_orders
from plansmith.plan.types import Change
from plansmith.writing.revise import Revised, Working, Write, need_quotes
from plansmith.writing.revise_history import in_words, recounted

_YES_NO = re.compile(
    r"(?:(?:no,? )?nothing (?:else|more)|(?:no,? )?that(?:'s| is) all|nimic altceva|asta e tot|yes|no|ok|okay|right|correct|agreed|da|nu|sigur|corect|de acord)(?: please| va rog)?\W*"
)
_IT = re.compile(r"(?:it|this|that|them|these|those|neither|none|both|el|ea|asta|acesta|aceasta|ele|ei)?")
_NOT_NEEDED = re.compile(
    r"(?:we |i )?(?:do not|don't) (?:need|want) (?:it|this|that|them)\b|(?:it is |this is |that is |is )?(?:not|no longer) (?:needed|wanted|necessary)"
    r"|(?:just )?(?:leave (?:it|this|that) out|drop (?:it|this|that)|skip (?:it|this|that))|forget (?:it|this|that)"
    r"|nu (?:mai )?(?:este|e) (?:nevoie|necesar)|nu (?:mai )?(?:vrem|dorim|avem nevoie)(?: de (?:asta|ea|el))?|renuntati"
)
_ALSO = re.compile(r"\b(?:also|in addition|additionally|as well|mai|in plus|de asemenea)\b")


def given_answers(plan: Plan) -> dict[str, str]:
    """Answers that stand in the plan itself and have changed nothing yet: no sentence that it cites holds them."""
    said = {q.id: q.text for q in plan.quotes}
    fresh = (q for q in plan.questions if q.status == "live" and q.answer)
    return {q.id: q.answer for q in fresh if not any(said.get(s) == q.answer for s in q.source)}


def take_answers(plan: Plan, answers: Mapping[str, str], write: Write, today: dt.date) -> Revised:
    """Answer questions and change what they are about; InputError for ids that are no open question."""
    known = {q.id: q for q in plan.questions}
    problems = [f"{i}: is no question of this plan" for i in answers if i not in known]
    problems += [f"{i}: is {known[i].status}" for i in answers if i in known and known[i].status != "live"]
    problems += [f"{i}: the answer is empty" for i, said in answers.items() if not any(map(str.isalnum, said))]
    if problems:
        raise InputError("These answers cannot be taken:", problems)
    need_quotes(plan)
    new, notes, log = plan, list[str](), list[dict[str, Any]]()
    for name in sorted(answers, key=lambda i: int(i[1:])):
        said = one_line(answers[name])
        if known[name].answer == said and name not in given_answers(plan):
            notes.append(f"{name} has this answer already; nothing was changed for it.")
            continue
        new = _taken(new, name, said, write, today, notes, log)
    return Revised(new, diff_plans(plan, new, today), tuple(dict.fromkeys(notes)), tuple(log))


def _taken(
    plan: Plan, name: str, said: str, write: Write, today: dt.date, notes: list[str], log: list[dict[str, Any]]
) -> Plan:
    working = Working(plan, write, today, ())
    sentence = working.quoted(said)
    asked = next(q for q in plan.questions if q.id == name)
    cites = tuple(dict.fromkeys((*asked.source, sentence)))
    working.plan = changed(working.plan, {name: asked.model_copy(update={"answer": said, "source": cites})})
    try:
        _follow(working, asked, said, sentence)
    except InputError as error:  # what the answer asks for is open: the question is answered, a person decides the rest
        working.notes.append(f"{name}: {error.message} Say it with plansmith revise.")
    gone = {i.id for i in working.plan.items() if i.status != "live"}
    left = {"status": "live", "superseded_by": (), "blocks": tuple(i for i in asked.blocks if i not in gone)}
    settled = asked.model_copy(update={**left, "answer": said, "source": cites})  # answered, whatever it was about
    new = recounted(plan, changed(working.plan, {name: settled}))
    entry = table(plan.language, "revise")["history"]["answered"].format(
        question=name, quote=said, sentences=sentence, what=in_words(plan, new, today, {name})
    )
    notes += working.notes
    log += working.log
    return whole(new.model_copy(update={"changelog": (*plan.changelog, Change(date=today, text=entry))}))


def _follow(working: Working, asked: Question, said: str, sentence: str) -> None:
    """Change what the answer is about."""
    plan, say = working.plan, words(working.plan.language)
    about = _requirements(plan, asked)
    if asked.text == say["written.ask_budget"] or (not about and amounts(said) and not dates(said)):
        working.carry_out(_order("budget", said), sentence, ())
    elif asked.text == say["written.ask_deadline"] or (not about and dates(said)):
        working.carry_out(_order("deadline", said), sentence, ())
    elif len(about) == 2 and (holds := _holding(about, said)):
        working.withdraw([r.id for r in about if r.id != holds], (holds,))
    elif _NOT_NEEDED.search(fold(said)) or _dropped(plan, said, about):
        if about:
            working.withdraw([r.id for r in about], ())
        else:
            working.notes.append(f"{asked.id} names no requirement, so nothing was withdrawn: use revise --drop.")
    elif not _ordered(working, said, sentence):
        _fitted(working, asked, about, said, sentence)


def _ordered(working: Working, said: str, sentence: str) -> bool:
    """Whether the answer orders something by itself, and that was done: a figure, a budget, a day, one more wish."""
    orders = [o for o in read_orders(said) if o.kind in ("figure", "budget", "deadline", "replace", "priority", "wish")]
    done = False
    for order in orders:
        if order.kind != "wish" or _ALSO.search(fold(order.said or order.sentence.text)):
            working.carry_out(order, sentence, ())
            done = True
    return done


def _settles(said: str) -> bool:
    """Whether an answer says no more than yes, no, or nothing else."""
    return all(_YES_NO.fullmatch(part.strip()) for part in re.split(r"[,.;!]+", fold(said)) if part.strip())


def _fitted(working: Working, asked: Question, about: Sequence[Requirement], said: str, sentence: str) -> None:
    """Keep the answer as the fit criterion of the requirements that the question is about."""
    if _settles(said):
        working.notes.append(f"{asked.id} is answered by “{said}”, which changes nothing else in the plan.")
        return
    if not about:
        working.notes.append(f"{asked.id} names no requirement: its answer is kept, and nothing else changed.")
        return
    new = {}
    for r in about:
        fit = f"{r.fit.rstrip('. ')}; {said}" if r.fit and said not in r.fit else said
        cites = tuple(dict.fromkeys((*r.source, sentence)))
        new[r.id] = r.model_copy(update={"fit": fit, "source": cites})
    working.plan = changed(working.plan, new)


def _requirements(plan: Plan, asked: Question) -> list[Requirement]:
    """Live requirements that the question blocks or names, those of its stories and tasks too."""
    named = {*asked.blocks, *re.findall(r"(?<!\w)[RUT][1-9]\d{0,5}(?!\w)", asked.text)}
    named |= {u for t in plan.tasks if t.id in named for u in t.serves}
    named |= {r for s in plan.stories if s.id in named for r in s.requirements}
    return [r for r in plan.requirements if r.id in named and r.status == "live"]


def _holding(about: Sequence[Requirement], said: str) -> str:
    """The one of two requirements that the answer names, by its id, its figures or its words; empty if it is open."""
    named = [r.id for r in about if re.search(rf"(?<!\w){r.id}(?!\w)", said)]
    if len(named) == 1:
        return named[0]
    if place := re.match(r"(?:the |a |al |cea |cel )?(first|second|former|latter|prim\w*|doua|doilea)\b", fold(said)):
        return about[0 if place[1].startswith(("first", "former", "prim")) else 1].id
    figures = [r.id for r in about if numbers(said) and numbers(said) <= numbers(r.text)]
    return figures[0] if len(figures) == 1 else ""


def _dropped(plan: Plan, said: str, about: Sequence[Requirement]) -> bool:
    """Whether the answer withdraws what was asked about: "Drop it", "No longer needed", or by its own words."""
    for order in read_orders(said):
        if order.kind == "drop":
            meant = set(find(plan, order.about).certain)
            if _IT.fullmatch(fold(order.about)) or (meant and meant <= {r.id for r in about}):
                return True
    return False


def _order(kind: str, said: str) -> Order:
    from plansmith.plan import Sentence

    told = f"budget {said}" if kind == "budget" and not any(a.currency for a in amounts(said)) else ""
    order = Order("unclear", Sentence("S1", said, 0, len(said)), said=told)
    return replace(order, kind=kind)  # type: ignore[arg-type]
