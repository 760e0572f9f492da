"""A plan for a new brief, written in steps: code walks the brief, the model does one small thing at a time.

Enters: a brief, an engine and the archive's tasks. Leaves: a valid `Plan` and the log of how it came about.
Sentences and requirements are worked on in parallel, as many at a time as the engine has slots.
Try: plansmith plan brief.md
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from plansmith import prompts
from plansmith.errors import InputError
from plansmith.plan import Brief, Plan, Requirement, not_product, roles
from plansmith.tuning.runs import PastTask
from plansmith.writing.clean import Evidence, broken, repeats
from plansmith.writing.compose import Parts, compose, requirement
from plansmith.writing.engine import Engine, Request
from plansmith.writing.estimate import Analogies
from plansmith.writing.grammar import DECISIONS, QUESTIONS, RISKS, SUMMARY, read_decisions, read_risks
from plansmith.writing.listen import Heard, Wish, listen
from plansmith.writing.talk import Talk
from plansmith.writing.work import Work, plan_work


@dataclass(frozen=True)
class Event:
    """Something that is finished: `stage` is sentence, requirement or part; `text` is for people."""

    stage: str
    done: int
    total: int
    text: str = ""


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
    title: str = "",
    system: str = prompts.SYSTEM,
    watch: Callable[[Event], None] = lambda event: None,
) -> Written:
    """Write the plan of a brief; raises InputError for a brief in which nothing is asked for."""
    evidence, people = Evidence(brief), (*roles(brief), "user")
    analogies = Analogies(past)
    with ThreadPoolExecutor(max_workers=engine.slots) as pool:
        heard = _listen_all(brief, engine, system, pool, watch)
        wishes = [(wish, h.talk) for h in heard for wish in h.wishes]
        if not wishes:
            raise InputError(
                "No requirement was found in this brief: no sentence asks for something that software could do.",
                [f"{h.sentence.id} {h.sentence.text[:60]}: {h.reason}" for h in heard[:12]],
            )
        needed = [requirement(i, wish) for i, (wish, _) in enumerate(wishes, 1)]
        parts_talk = Talk((prompts.system(system),))
        parts = pool.submit(_plan_parts, needed, parts_talk, evidence, engine)
        works = _plan_all(wishes, people, evidence, engine, pool, watch)
        plan = compose(brief, needed, works, parts.result(), analogies, title)
        watch(Event("part", 1, 1, plan.title))
    log = [*({"sentence": h.sentence.id, **entry} for h in heard for entry in h.talk.log), *({"part": "plan", **e} for e in parts_talk.log)]
    unheard = tuple((h.sentence.id, h.reason) for h in heard if not h.wishes)
    return Written(plan, tuple(log), sum(wish.quoted for wish, _ in wishes), unheard)


def _listen_all(brief: Brief, engine: Engine, system: str, pool: ThreadPoolExecutor, watch: Callable[[Event], None]) -> list[Heard]:
    before = [None, *brief.sentences]
    futures = {
        pool.submit(listen, sentence, previous, brief, engine, system): sentence
        for sentence, previous in zip(brief.sentences, before, strict=False)
    }
    for done, future in enumerate(as_completed(futures), 1):
        wishes = future.result().wishes
        watch(Event("sentence", done, len(futures), wishes[0].text if wishes else ""))
    return [future.result() for future in futures]


def _plan_all(
    wishes: Sequence[tuple[Wish, Talk]],
    people: Sequence[str],
    evidence: Evidence,
    engine: Engine,
    pool: ThreadPoolExecutor,
    watch: Callable[[Event], None],
) -> list[Work | None]:
    futures: list[Future[Work] | None] = [
        pool.submit(plan_work, wish, talk, _fitting(people, wish), evidence, engine) if _needs_work(wish) else None for wish, talk in wishes
    ]
    asked = [f for f in futures if f]
    for done, future in enumerate(as_completed(asked), 1):
        watch(Event("requirement", done, len(asked), future.result().want))
    return [f.result() if f else None for f in futures]


def _needs_work(wish: Wish) -> bool:
    """Budget and deadline are kept as they are; everything else is built by somebody."""
    return not (wish.kind == "constraint" and is_money_or_time(wish.sentence.text))


def is_money_or_time(text: str) -> bool:
    """Whether a constraint is about what the project may cost or when it must be ready."""
    from plansmith.plan import amounts, dates

    return bool(amounts(text) or dates(text))


def _fitting(people: Sequence[str], wish: Wish) -> list[str]:
    """The roles that the sentence itself names; all of the brief's where it names none."""
    named = [p for p in people if p.lower() in f"{wish.sentence.text} {wish.sentence.lead_in}".lower()]
    return named or list(people)


def _plan_parts(needed: Sequence[Requirement], talk: Talk, evidence: Evidence, engine: Engine) -> Parts:
    """Title and summary, risks, questions, decisions: asked one after the other, as they were learned."""
    grammars = {
        prompts.ASK_SUMMARY: (SUMMARY, 160),
        prompts.ASK_RISKS: (RISKS, 140),
        prompts.ASK_QUESTIONS: (QUESTIONS, 90),
        prompts.ASK_DECISIONS: (DECISIONS, 260),
    }
    answers = {}
    for number, ask in enumerate(prompts.PLAN_ASKS):
        talk = talk.say(prompts.plan_step(needed, ask, number == 0))
        grammar, most = grammars[ask]
        answers[ask] = _asked(talk, Request("", grammar, most), evidence, engine)
        talk = talk.say(prompts.Message("assistant", answers[ask]))
    title, _, summary = answers[prompts.ASK_SUMMARY].partition("\n")
    risks = tuple(r for r in read_risks(answers[prompts.ASK_RISKS]) if not _faults(f"{r[0]} {r[3]}", evidence))
    questions = tuple(q for q in answers[prompts.ASK_QUESTIONS].splitlines() if not _faults(q, evidence))
    decisions = tuple(d for d in read_decisions(answers[prompts.ASK_DECISIONS]) if not any(_faults(p, evidence) for p in d[1:6]))
    return Parts(
        "" if evidence.inventions(title) else title, "" if _faults(summary, evidence) else summary, tuple(dict.fromkeys(risks)), tuple(dict.fromkeys(questions)), decisions
    )


def _asked(talk: Talk, request: Request, evidence: Evidence, engine: Engine) -> str:
    """The answer to one question; asked once more, less predictably, when nothing of it could stay."""
    from dataclasses import replace

    answer = talk.ask(engine, request)
    if all(_faults(line, evidence) for line in answer.splitlines()):
        again = talk.ask(engine, replace(request, temperature=0.7, seed=1, repeat_penalty=1.1))
        if not all(_faults(line, evidence) for line in again.splitlines()):
            return again
    return answer


def _faults(text: str, evidence: Evidence) -> list[str]:
    reasons = evidence.inventions_and_numbers(text.replace("/", " "))
    reasons += ["goes round in circles"] if repeats(text, evidence.brief.language) else []
    return reasons + (["is cut off"] if broken(text) else [])
