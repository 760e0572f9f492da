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
from typing import Any

from rapidfuzz import fuzz

from plansmith import prompts
from plansmith.errors import InputError
from plansmith.plan import Brief, Plan, Requirement, amounts, content_words, dates, roles
from plansmith.sources.pasttasks import PastTask
from plansmith.writing.clean import Evidence, broken, repeats
from plansmith.writing.compose import Parts, compose, requirement
from plansmith.writing.engine import Engine, Request
from plansmith.writing.estimate import Analogies
from plansmith.writing.grammar import DECISION, QUESTION, RISK, TITLE, read_decision, read_risk
from plansmith.writing.listen import Heard, Wish, listen
from plansmith.writing.talk import Talk
from plansmith.writing.work import Planned, plan_work

# Questions, risks and decisions are asked about so many requirements, and at most so many of each are kept.
_ASKED, _KEPT = 5, 3


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
    """(sentence id, reason) of each sentence that holds no requirement."""


def write_plan(
    brief: Brief,
    engine: Engine,
    past: Sequence[PastTask] = (),
    foreign: Collection[str] = (),
    title: str = "",
    system: str = prompts.SYSTEM,
    watch: Callable[[Event], None] = lambda event: None,
) -> Written:
    """Write the plan of a brief; raises InputError for a brief in which nothing is asked for."""
    evidence, people = (
        Evidence(brief, foreign),
        (*("staff member" if role == "staff" else role for role in roles(brief)), "user"),
    )
    analogies = Analogies(past)
    with _pool(engine.slots) as pool:
        heard = _listen_all(brief, people, engine, system, pool, watch)
        wishes = [(wish, h.talk) for h in heard for wish in h.wishes]
        if not wishes:
            raise InputError(
                "No requirement was found in this brief: no sentence asks for something that software could do.",
                [f"{h.sentence.id} {h.sentence.text[:60]}: {h.reason}" for h in heard[:12]],
            )
        needed = [requirement(i, wish) for i, (wish, _) in enumerate(wishes, 1)]
        parts_talk = Talk((prompts.system(system),))
        name = pool.submit(_title, needed, parts_talk, evidence, engine)
        planned = _plan_all(wishes, people, evidence, engine, pool, watch)
        said = _asides([p for p in planned if p], evidence, engine, pool)
        parts = Parts(
            title=name.result(),
            risks=tuple(r for r in map(read_risk, said[prompts.ASK_RISK]) if r),
            questions=tuple(said[prompts.ASK_QUESTION]),
            decisions=tuple(d for d in map(read_decision, said[prompts.ASK_DECISION]) if d),
        )
        plan = compose(brief, needed, [p.work if p else None for p in planned], parts, analogies, title)
        watch(Event("part", 1, 1, plan.title))
    log = [
        *({"sentence": h.sentence.id, **entry} for h in heard for entry in h.talk.log),
        *({"part": "plan", **e} for e in parts_talk.log),
    ]
    unheard = tuple((h.sentence.id, h.reason) for h in heard if not h.wishes)
    return Written(plan, tuple(log), sum(wish.quoted for wish, _ in wishes), unheard)


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
    brief: Brief,
    people: Sequence[str],
    engine: Engine,
    system: str,
    pool: ThreadPoolExecutor,
    watch: Callable[[Event], None],
) -> list[Heard]:
    before = [None, *brief.sentences]
    futures = {
        pool.submit(listen, sentence, previous, brief, people, engine, system): sentence
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
    pool: ThreadPoolExecutor,
    watch: Callable[[Event], None],
) -> list[Planned | None]:
    futures: list[Future[Planned] | None] = [
        pool.submit(plan_work, wish, talk, _fitting(people, wish), evidence, engine) if _needs_work(wish) else None
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


def _fitting(people: Sequence[str], wish: Wish) -> list[str]:
    """The roles that the sentence itself names; all of the brief's where it names none."""
    said = f"{wish.sentence.text} {wish.sentence.lead_in}".lower()
    # a story is never told by those who must be kept out
    named = [p for p in people if p.lower().removesuffix(" member") in said and not p.lower().startswith("unauthori")]
    return named or list(people)


def _title(needed: Sequence[Requirement], talk: Talk, evidence: Evidence, engine: Engine) -> str:
    """A title made of the client's words; empty where the model found none.

    Of its answer only the title is taken: a small model's summary sounds right and mixes the client's facts up.
    """
    answer = _asked(talk.say(prompts.plan_step(needed)), Request("", TITLE, 30), evidence, engine)
    known = set(content_words(evidence.brief.text, evidence.brief.language))
    new = [word for word in content_words(answer, evidence.brief.language) if word not in known]
    return "" if _faults(answer, evidence) or new or "requirement" in answer.lower() else answer


_ASIDES = ((prompts.ASK_QUESTION, QUESTION, 60), (prompts.ASK_RISK, RISK, 90), (prompts.ASK_DECISION, DECISION, 170))


def _asides(
    planned: Sequence[Planned], evidence: Evidence, engine: Engine, pool: ThreadPoolExecutor
) -> dict[str, list[str]]:
    """Questions, risks and decisions about some requirements, spread over the plan; what cannot stay is left out."""
    jobs = []
    for number, (ask, grammar, most) in enumerate(_ASIDES):
        step = max(1, len(planned) // _ASKED)
        for one in planned[number % step :: step][:_ASKED]:
            talk = one.talk.say(prompts.Message("user", ask))
            jobs.append((ask, pool.submit(_asked, talk, Request("", grammar, most), evidence, engine)))
    found: dict[str, list[str]] = {ask: [] for ask, _, _ in _ASIDES}
    texts = [sentence.text for sentence in evidence.brief.sentences]
    for ask, future in jobs:
        answer = future.result()
        alike = any(fuzz.token_set_ratio(answer, other) > 80 for other in found[ask])
        if not _faults(answer, evidence) and not alike and not _echoes(answer, texts):
            found[ask].append(answer)
    return {ask: answers[:_KEPT] for ask, answers in found.items()}


def _echoes(answer: str, texts: Sequence[str]) -> bool:
    """Whether a part of the answer only says again what the client said: no risk, no response, no question."""
    parts = [part for part in re.split(r"\(\d/\d\) -> |[|:]", answer) if len(part.split()) > 3]
    return any(fuzz.token_set_ratio(part.lower(), text.lower()) > 85 for part in parts for text in texts)


def _asked(talk: Talk, request: Request, evidence: Evidence, engine: Engine) -> str:
    """The answer to one question; asked once more, less predictably, when it could not stay."""
    answer = talk.ask(engine, request)
    if _faults(answer, evidence):
        again = talk.ask(engine, replace(request, temperature=0.7, seed=1, repeat_penalty=1.1))
        return min(answer, again, key=lambda text: len(_faults(text, evidence)))
    return answer


def _faults(text: str, evidence: Evidence) -> list[str]:
    if re.match(r"(?:Given|As an?|Plan|backend:|web:)\b", text.partition("\n")[2] or text):
        return ["is an answer to another question"]
    text = re.sub(r"\(\d/\d\)|[|\n]", " ", text)
    reasons = evidence.inventions_and_numbers(text)
    reasons += ["goes round in circles"] if repeats(text, evidence.brief.language) else []
    return reasons + (["is cut off"] if broken(text) else [])
