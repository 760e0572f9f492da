"""The plan put together: everything that code can know, around what was heard and planned.

Enters: the wishes of each sentence, their stories and tasks, and the answers of the plan step. Leaves: a `Plan`
with ids, sources, estimates, dependencies, milestones, budget and deadline.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plansmith.locale import day, price, table, words
from plansmith.plan import (
    Brief,
    Decision,
    Dependency,
    Milestone,
    Option,
    Plan,
    Question,
    Quote,
    Requirement,
    Risk,
    Scenario,
    Story,
    Task,
    amounts,
    dates,
    fold,
    negated,
    numbers,
    restricted,
    roles_in,
)
from plansmith.plan.similar import similar_pairs
from plansmith.plan.types import Assumption
from plansmith.writing.doubts import personal, questions, risks
from plansmith.writing.estimate import Analogies
from plansmith.writing.grammar import Work
from plansmith.writing.groundwork import Groundwork, after_setup, groundwork
from plansmith.writing.listen import Wish

# Work of one story goes in this order: what comes later waits for the stage before it.
_STAGES = ({"design"}, {"backend", "data"}, {"web", "mobile"}, {"devops"}, {"qa"})
_BUDGET = re.compile(
    r"\b(?:budget|spend|afford|funds?|funding|grant|cost|costs|have about|have (?:roughly|around|up to)|buget|cheltui|fonduri)\b",
    re.IGNORECASE,
)
_DEADLINE = re.compile(
    r"\b(?:before|by|until|no later than|launch|live|ready|open|start|deadline|finish|deliver|pilot|in time for|până|pana|lansare|gata|termen)\w*\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Parts:
    """What the plan step gave: all of it inferred."""

    title: str = ""
    risks: tuple[tuple[str, int, int, str], ...] = ()
    questions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Each with the ids of the requirements that it blocks."""
    decisions: tuple[tuple[str, ...], ...] = ()


def requirement(number: int, wish: Wish) -> Requirement:
    """The requirement of a wish; its source is known by construction."""
    return Requirement(
        id=f"R{number}",
        text=wish.text,
        kind=wish.kind,
        priority=wish.priority,
        origin="stated",
        source=(wish.sentence.id, *wish.also),
    )


def compose(
    brief: Brief,
    requirements: Sequence[Requirement],
    works: Sequence[Work | None],
    parts: Parts,
    past: Analogies,
    title: str,
    unheard: Mapping[str, str],
    people: Sequence[str],
) -> Plan:
    """Put the plan together. `works[i]` serves `requirements[i]`, or is None where it needs none.

    `unheard`: why a sentence holds no requirement, by its id.
    """
    stories: list[Story] = []
    tasks: list[Task] = []
    for needed, work in zip(requirements, works, strict=True):
        if work:
            stories.append(_story(f"U{len(stories) + 1}", needed, work))
            tasks += _tasks(len(tasks), stories[-1], needed, work, past)
    tasks = _without_twins(tasks)
    ground = groundwork(tasks, past, _separate(brief, requirements, people), personal(brief), brief.language)
    money, date = budget(brief), deadline(brief)
    return Plan(
        title=brief.title or parts.title or title or words(brief.language)["written.untitled"],
        language=brief.language,  # type: ignore[arg-type]
        currency=money[1] if money else "",
        budget=money[0] if money else None,
        deadline=date,
        brief_sha256=brief.sha256,
        summary=_summary(requirements, brief.language),
        requirements=tuple(requirements),
        stories=tuple(stories),
        tasks=(*after_setup(tasks, ground), *ground.tasks),
        milestones=_milestones(requirements, stories, tasks, ground, brief.language),
        risks=_risks(brief, requirements, parts, money, date),
        assumptions=_assumptions(ground, past, brief.language),
        questions=_questions(brief, requirements, parts),
        decisions=_decisions(parts),
        quotes=tuple(Quote(id=s.id, text=brief.quote(s.id), unused=unheard.get(s.id, "")) for s in brief.sentences),
    )


def _summary(requirements: Sequence[Requirement], language: str) -> str:
    """What the client asks for first, in the words of the first three requirements that must be met."""
    ranked = sorted(requirements, key=lambda r: (r.kind == "constraint", r.priority != "must"))
    first = "; ".join(r.text.rstrip(". ") for r in ranked[:3])
    return words(language)["written.summary"].format(first=first, count=len(requirements))


def budgets(brief: Brief) -> list[tuple[float, str]]:
    """The amounts that the client calls the money for the project."""
    found = {
        (a.value, a.currency): None
        for s in brief.sentences
        if _BUDGET.search(s.text) or (_DEADLINE.search(s.text) and dates(s.text))
        for a in amounts(s.text)
        if a.currency
    }
    return list(found)


def budget(brief: Brief) -> tuple[float, str] | None:
    """The one amount that the client calls the money for the project; None where there is none or more than one."""
    found = budgets(brief)
    return found[0] if len(found) == 1 else None


def deadlines(brief: Brief) -> list[dt.date]:
    """The full dates that something must be ready by."""
    return list({d.date: None for s in brief.sentences if _DEADLINE.search(s.text) for d in dates(s.text) if d.date})


def deadline(brief: Brief) -> dt.date | None:
    """The one full date that something must be ready by; None where there is none or more than one."""
    found = deadlines(brief)
    return found[0] if len(found) == 1 else None


def _story(story_id: str, needed: Requirement, work: Work) -> Story:
    scenarios = tuple(Scenario(given=g, when=w, then=t) for g, w, t in work.criteria)
    return Story(
        id=story_id,
        requirements=(needed.id,),
        role=work.role,
        want=work.want,
        so_that=work.so_that,
        acceptance=scenarios,
        source=needed.source,
    )


def _tasks(count: int, story: Story, needed: Requirement, work: Work, past: Analogies) -> list[Task]:
    made: list[Task] = []
    for role, title in sorted(work.tasks, key=lambda task: _stage(task[0])):
        number = count + len(made) + 1
        earlier = [t for t in made if _stage(t.role) < _stage(role)]
        last = max((_stage(t.role) for t in earlier), default=None)
        waits = tuple(Dependency(task=t.id) for t in earlier if _stage(t.role) == last)
        made.append(
            Task(
                id=f"T{number}",
                title=title,
                role=role,
                estimate=past.estimate(title, role, needed.text),
                serves=(story.id,),
                depends_on=waits,
                source=story.source,
            )
        )
    return made


def _stage(role: str) -> int:
    return next((i for i, roles in enumerate(_STAGES) if role in roles), 2)


_RIGHTS = re.compile(
    r"log ?in|sign(?:s|ed)? in|accounts?\b|password|permissions?|administrator|admins?\b|authori[sz]|autentific|parol|\bcont(?:ul|uri)?\b"
)


def _separate(brief: Brief, requirements: Sequence[Requirement], people: Sequence[str]) -> bool:
    """Whether people have different rights: two roles at least, and a rule about who may do what."""
    told = any(_RIGHTS.search(fold(s.text)) for s in brief.sentences)
    return len(people) > 2 and (
        told or any(roles_in(r.text, brief.language) and restricted(r.text) for r in requirements)
    )


def _without_twins(tasks: list[Task]) -> list[Task]:
    """Join tasks of one role whose titles say the same: the first one then serves the stories of all."""
    first: dict[int, int] = {}
    for one, other in similar_pairs([f"{task.role} {task.title}" for task in tasks]):
        a, b = tasks[one], tasks[other]
        if a.role == b.role and numbers(a.title) == numbers(b.title) and negated(a.title) == negated(b.title):
            first[other] = first.get(one, one)
    kept = dict(enumerate(tasks))
    for other, one in first.items():
        twin, task = kept[one], kept.pop(other)
        serves = tuple(dict.fromkeys((*twin.serves, *task.serves)))
        source = tuple(dict.fromkeys((*twin.source, *task.source)))
        kept[one] = twin.model_copy(update={"serves": serves, "source": source})
    renamed = {tasks[other].id: tasks[one].id for other, one in first.items()}
    return [_redirect(task, renamed) for task in kept.values()]


def _redirect(task: Task, renamed: dict[str, str]) -> Task:
    waits = dict.fromkeys(renamed.get(d.task, d.task) for d in task.depends_on)
    # Number order keeps it free of circles: a task waits only for tasks that were made before it.
    return task.model_copy(
        update={"depends_on": tuple(Dependency(task=t) for t in waits if int(t[1:]) < int(task.id[1:]))}
    )


def _milestones(
    requirements: Sequence[Requirement],
    stories: Sequence[Story],
    tasks: Sequence[Task],
    ground: Groundwork,
    language: str,
) -> tuple[Milestone, ...]:
    """First what must be, then the rest."""
    must = {r.id for r in requirements if r.priority == "must"}
    first = {s.id for s in stories if set(s.requirements) & must}
    musts = [t.id for t in tasks if set(t.serves) & first]
    rest = [t.id for t in tasks if not set(t.serves) & first]
    last = [t.id for t in ground.tasks if t.id not in ground.first]
    early, late = [*ground.first, *musts], rest
    if late:
        late = [*late, *last]
    else:
        early += last
    groups = (("first_release", early), ("full_release", late))
    text = words(language)
    filled = [(name, ids) for name, ids in groups if ids]
    return tuple(
        Milestone(id=f"M{i}", title=text[f"written.{name}"], exit=text[f"written.{name}_exit"], tasks=tuple(ids))
        for i, (name, ids) in enumerate(filled, 1)
    )


def _risks(
    brief: Brief,
    requirements: Sequence[Requirement],
    parts: Parts,
    money: tuple[float, str] | None,
    date: dt.date | None,
) -> tuple[Risk, ...]:
    """First those that code reads from the brief, then the model's."""
    said = [Risk(id="K1", event=e, probability=p, impact=m, response=r) for e, p, m, r in parts.risks]
    found = [*risks(brief, requirements, money, date), *said]
    return tuple(risk.model_copy(update={"id": f"K{i}"}) for i, risk in enumerate(found, 1))


def _assumptions(ground: Groundwork, past: Analogies, language: str) -> tuple[Assumption, ...]:
    """What is not planned because the archive does not plan it."""
    if not ground.absent:
        return ()
    say = table(language, "writing")["assumed"]
    text = say["absent" if past.tasks else "alone"].format(kinds=", ".join(say[kind] for kind in ground.absent))
    return (Assumption(id="A1", text=text, if_false=say["absent_if_false"]),)


def _questions(brief: Brief, requirements: Sequence[Requirement], parts: Parts) -> tuple[Question, ...]:
    """What code sees to be open, then the model's questions, then what every project must know."""
    text, language = words(brief.language), brief.language
    money = [price(language, *found) for found in budgets(brief)]
    days = [day(language, found) for found in deadlines(brief)]
    asked = [*questions(brief, requirements, money, days)]
    asked += [Question(id="Q1", text=question, blocks=blocks) for question, blocks in parts.questions]
    twins = {other for _, other in similar_pairs([q.text for q in asked])}
    asked = [q for at, q in enumerate(asked) if at not in twins]
    missing = [name for known, name in ((money, "ask_budget"), (days, "ask_deadline")) if not known]
    asked += [Question(id="Q1", text=text[f"written.{name}"]) for name in missing]
    whom = text["written.client"]
    return tuple(q.model_copy(update={"id": f"Q{i}", "ask": whom}) for i, q in enumerate(asked, 1))


def _decisions(parts: Parts) -> tuple[Decision, ...]:
    made: list[Decision] = []
    for title, context, first, because, second, instead, chosen in parts.decisions:
        pick = second if _near(chosen, second) > _near(chosen, first) else first
        options = (Option(title=first, consequence=because), Option(title=second, consequence=instead))
        made.append(Decision(id=f"D{len(made) + 1}", title=title, context=context, options=options, chosen=pick))
    return tuple(made)


def _near(a: str, b: str) -> float:
    from rapidfuzz import fuzz

    return fuzz.ratio(a.lower(), b.lower())
