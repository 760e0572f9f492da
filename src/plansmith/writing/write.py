"""A plan for a new brief, written in steps: code walks the brief, the model does one small thing at a time.

Enters: a brief, an engine and the archive's tasks. Leaves: a valid `Plan` and the log of how it came about.
Sentences and requirements are worked on in parallel, as many at a time as the engine has slots.
Try: plansmith plan brief.md
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plansmith import prompts
from plansmith.errors import InputError
from plansmith.locale import table
from plansmith.plan import Brief, Plan, Requirement, amounts, dates, fold, negated, numbers, roles, roles_in
from plansmith.plan.similar import similar_pairs
from plansmith.prompts import WORDING, Wording
from plansmith.sources.pasttasks import PastTask
from plansmith.writing.area import area, platform
from plansmith.writing.asides import asides, title_of
from plansmith.writing.clean import Evidence
from plansmith.writing.compose import Parts, compose, requirement
from plansmith.writing.engine import Engine
from plansmith.writing.estimate import Analogies
from plansmith.writing.grammar import Work, read_decision, read_risk
from plansmith.writing.listen import Heard, Wish, listen
from plansmith.writing.talk import Talk
from plansmith.writing.work import Planned, plan_work

_ANYONE = {"en": "user", "ro": "utilizator"}
_NOBODY = ("people", "person", "oameni")
"""Words for anybody that are no role: "As a people" is not said."""


@dataclass(frozen=True)
class Event:
    """Something that is finished: `stage` is sentence, requirement or part; `text` is for people.

    `sentence`: id of the client's sentence that it is about.
    """

    stage: str
    done: int
    total: int
    text: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Written:
    """A plan and how it came about: one entry for each question asked, answer given and text rejected."""

    plan: Plan
    log: tuple[dict[str, Any], ...]
    quoted: int
    """Requirements left in the client's own words."""
    unheard: tuple[tuple[str, str], ...]
    """(sentence id, reason in the plan's language) of each sentence that holds no requirement."""


def write_plan(
    brief: Brief,
    engine: Engine,
    past: Sequence[PastTask] = (),
    foreign: Collection[str] = (),
    title: str = "",
    say: Wording = WORDING,
    watch: Callable[[Event], None] = lambda event: None,
    copied: Collection[str] = (),
    careful: bool | None = None,
) -> Written:
    """Write the plan of a brief; raises InputError for a brief in which nothing is asked for.

    `foreign`: stems that belong to past clients; `copied`: marks of the runs of words of past plans. `careful`: take
    of the model's own words only what the client or the trade says; by default for small models.
    """
    said = (
        say.system,
        say.sentence,
        say.summary,
        say.question,
        say.risk,
        say.decision,
        say.whole,
        say.requirement.partition("{")[0],
        "The client says",
        "You are a senior",
    )
    evidence = Evidence(brief, foreign, copied, said, is_small(engine) if careful is None else careful)
    people = people_of(brief)
    analogies = Analogies(past)
    with _pool(engine.slots) as pool:
        heard = _listen_all(evidence, people, engine, say, pool, watch)
        reasons = table(brief.language, "writing")["unused"]
        unheard = {h.sentence.id: reasons.get(h.reason, h.reason) for h in heard if not h.wishes}
        wishes = _joined([(wish, h.talk) for h in heard for wish in h.wishes])
        if not wishes:
            raise InputError(
                "No requirement was found in this brief: no sentence asks for something that software could do.",
                [f"{h.sentence.id} {h.sentence.text[:60]}: {unheard[h.sentence.id]}" for h in heard[:12]],
            )
        needed = [requirement(i, wish) for i, (wish, _) in enumerate(wishes, 1)]
        parts_talk = Talk((prompts.system(say.system),))
        name = pool.submit(title_of, needed, parts_talk, evidence, engine, say)
        planned = _plan_all(wishes, people, evidence, engine, say, pool, watch)
        about = [] if evidence.careful else [(r.id, p) for r, p in zip(needed, planned, strict=True) if p]
        said_aside = asides(about, evidence, engine, say, pool)
        parts = Parts(
            title=name.result(),
            risks=tuple(r for r in (read_risk(text) for text, _ in said_aside["risk"]) if r),
            questions=tuple((text, (about,)) for text, about in said_aside["question"]),
            decisions=tuple(d for d in (read_decision(text) for text, _ in said_aside["decision"]) if d),
        )
        works = [p.work if p else None for p in planned]
        if evidence.careful:
            front = platform(brief, analogies)
            works = [_placed(w, r, analogies, front) if w else None for w, r in zip(works, needed, strict=True)]
        plan = compose(brief, needed, works, parts, analogies, title, unheard, people)
        watch(Event("part", 1, 1, plan.title))
    log = _log(heard, parts_talk, plan, analogies)
    return Written(plan, tuple(log), sum(wish.quoted for wish, _ in wishes), tuple(unheard.items()))


def people_of(brief: Brief) -> tuple[str, ...]:
    """The client's roles, and anybody. A word of a list in parentheses "(title, author)" is no role."""
    outside = {role for s in brief.sentences for role in roles_in(re.sub(r"\([^()]*\)", " ", s.text), brief.language)}
    anyone = _ANYONE[brief.language]  # comes last: who is meant where nobody is named
    named = (role for role in roles(brief) if role in outside and role not in (anyone, *_NOBODY))
    return tuple(dict.fromkeys((*("staff member" if r == "staff" else r for r in named), anyone)))


def is_small(engine: Engine) -> bool:
    """Whether an engine's model is so small that its own words are mostly beside the point: below 1 GB as a file."""
    engine = getattr(engine, "_engine", engine)  # one that remembers asks another
    model = getattr(engine, "model", None)
    return model.stat().st_size < 1e9 if isinstance(model, Path) else bool(getattr(engine, "careful", True))


def _placed(work: Work, needed: Requirement, past: Analogies, front: str) -> Work:
    """The work with each task in the area that its words and the archive tell."""
    tasks = tuple((area(title, needed.text, said, past, front), title) for said, title in work.tasks)
    return replace(work, tasks=tasks)


def _joined(wishes: Sequence[tuple[Wish, Talk]]) -> list[tuple[Wish, Talk]]:
    """The wishes without those that say again what another sentence said; that one then cites both."""
    texts = [wish.text for wish, _ in wishes]
    again: dict[int, int] = {}
    for first, second in similar_pairs(texts):
        one, other = texts[first], texts[second]
        if numbers(one) == numbers(other) and negated(one) == negated(other):
            again[second] = again.get(first, first)
    kept = []
    for at, (wish, talk) in enumerate(wishes):
        if at in again:
            continue
        also = [wishes[n][0].sentence.id for n, first in again.items() if first == at]
        others = tuple(dict.fromkeys(i for i in also if i != wish.sentence.id))
        kept.append((replace(wish, also=others), talk))
    return kept


def _log(heard: Sequence[Heard], title: Talk, plan: Plan, past: Analogies) -> list[dict[str, Any]]:
    """What was asked and answered, by sentence and requirement, and the past tasks behind each estimate."""
    ids = {r.text: r.id for r in plan.requirements}
    found: list[dict[str, Any]] = []
    for h in heard:
        for entry in h.talk.log:
            about = ids.get(entry.get("about", ""), "")
            found.append({"sentence": h.sentence.id, **({"requirement": about} if about else {}), **entry})
    found += [{"part": "plan", **entry} for entry in title.log]
    texts = {s.id: " ".join(r.text for r in plan.requirements if r.id in s.requirements) for s in plan.stories}
    for task in plan.tasks:
        if task.estimate and task.serves:
            near = past.nearest(task.title, task.role, texts.get(task.serves[0], ""))
            like = [{"title": t.title, "role": t.role, "hours": t.m, "project": t.document} for t in near]
            found.append({"task": task.id, "neighbours": like})
    return found


@contextmanager
def _pool(slots: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that are not waited for when something fails or the user interrupts."""
    pool = ThreadPoolExecutor(max_workers=slots)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _listen_all(
    evidence: Evidence,
    people: Sequence[str],
    engine: Engine,
    say: Wording,
    pool: ThreadPoolExecutor,
    watch: Callable[[Event], None],
) -> list[Heard]:
    brief = evidence.brief
    before = [None, *brief.sentences]
    futures = {
        pool.submit(listen, sentence, previous, evidence, people, engine, say): sentence
        for sentence, previous in zip(brief.sentences, before, strict=False)
    }
    for done, future in enumerate(as_completed(futures), 1):
        wishes = future.result().wishes
        watch(Event("sentence", done, len(futures), wishes[0].text if wishes else "", futures[future].id))
    return [future.result() for future in futures]


def _plan_all(
    wishes: Sequence[tuple[Wish, Talk]],
    people: Sequence[str],
    evidence: Evidence,
    engine: Engine,
    say: Wording,
    pool: ThreadPoolExecutor,
    watch: Callable[[Event], None],
) -> list[Planned | None]:
    futures: list[Future[Planned] | None] = [
        pool.submit(plan_work, wish, talk, _fitting(people, wish, evidence), evidence, engine, say)
        if _needs_work(wish)
        else None
        for wish, talk in wishes
    ]
    asked = {f: wish.sentence.id for f, (wish, _) in zip(futures, wishes, strict=True) if f}
    for done, future in enumerate(as_completed(asked), 1):
        watch(Event("requirement", done, len(asked), future.result().work.want, asked[future]))
    return [f.result() if f else None for f in futures]


def _needs_work(wish: Wish) -> bool:
    """Budget and deadline are kept as they are; everything else is built by somebody."""
    return not (wish.kind == "constraint" and is_money_or_time(wish.sentence.text))


def is_money_or_time(text: str) -> bool:
    """Whether a constraint is about what the project may cost or when it must be ready."""
    return bool(amounts(text) or dates(text))


def _fitting(people: Sequence[str], wish: Wish, evidence: Evidence) -> list[str]:
    """The roles that the sentence itself names. Where it names none: all of the brief's; of these a small model picks
    any, so that to it only "user" is offered."""
    said = re.sub(r"\([^()]*\)", " ", f"{wish.sentence.text} {wish.sentence.lead_in}".lower())
    if evidence.brief.language == "ro":  # "clienții" does not hold "client"
        theirs = {fold(p): p for p in people}
        named = [theirs[fold(r)] for r in roles_in(said, "ro") if fold(r) in theirs]
    else:  # a story is never told by those who must be kept out
        named = [
            p for p in people if p.lower().removesuffix(" member") in said and not p.lower().startswith("unauthori")
        ]
    return named or ([people[-1]] if evidence.careful else list(people))
