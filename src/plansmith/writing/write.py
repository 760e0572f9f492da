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

from rapidfuzz import fuzz

from plansmith import prompts
from plansmith.errors import InputError
from plansmith.locale import table
from plansmith.plan import Brief, Plan, Requirement, amounts, content_words, dates, negated, numbers, roles, roles_in
from plansmith.plan.similar import similar_pairs
from plansmith.prompts import WORDING, Wording
from plansmith.sources.pasttasks import PastTask
from plansmith.writing.area import area, platform
from plansmith.writing.clean import Evidence, broken, repeats
from plansmith.writing.compose import Parts, compose, requirement
from plansmith.writing.engine import Engine, Request
from plansmith.writing.estimate import Analogies
from plansmith.writing.grammar import DECISION, QUESTION, RISK, TITLE, Work, read_decision, read_risk
from plansmith.writing.listen import Heard, Wish, listen
from plansmith.writing.talk import Talk
from plansmith.writing.work import Planned, plan_work

# Questions, risks and decisions are asked about so many requirements, and at most so many of each are kept.
_ASKED, _KEPT = 5, 3
# Requirements that are listed for the title's sake; more would not fit beside an answer.
_LISTED = 40
_ANYONE = {"en": "user", "ro": "utilizator"}


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
    people = _people(brief)
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
        name = pool.submit(_title, needed, parts_talk, evidence, engine, say)
        planned = _plan_all(wishes, people, evidence, engine, say, pool, watch)
        asides = _asides([(r.id, p) for r, p in zip(needed, planned, strict=True) if p], evidence, engine, say, pool)
        parts = Parts(
            title=name.result(),
            risks=tuple(r for r in (read_risk(text) for text, _ in asides["risk"]) if r),
            questions=tuple((text, (about,)) for text, about in asides["question"]),
            decisions=tuple(d for d in (read_decision(text) for text, _ in asides["decision"]) if d),
        )
        works = [p.work if p else None for p in planned]
        if evidence.careful:
            front = platform(brief, analogies)
            works = [_placed(w, r, analogies, front) if w else None for w, r in zip(works, needed, strict=True)]
        plan = compose(brief, needed, works, parts, analogies, title, unheard, people)
        watch(Event("part", 1, 1, plan.title))
    log = _log(heard, parts_talk, plan, analogies)
    return Written(plan, tuple(log), sum(wish.quoted for wish, _ in wishes), tuple(unheard.items()))


def _people(brief: Brief) -> tuple[str, ...]:
    """The client's roles, and anybody. A word of a list in parentheses "(title, author)" is no role."""
    outside = {role for s in brief.sentences for role in roles_in(re.sub(r"\([^()]*\)", " ", s.text), brief.language)}
    named = (role for role in roles(brief) if role in outside)
    return tuple(dict.fromkeys((*("staff member" if r == "staff" else r for r in named), _ANYONE[brief.language])))


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
        pool.submit(plan_work, wish, talk, _fitting(people, wish, evidence.careful), evidence, engine, say)
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


def _fitting(people: Sequence[str], wish: Wish, careful: bool) -> list[str]:
    """The roles that the sentence itself names. Where it names none: all of the brief's; of these a small model picks
    any, so that to it only "user" is offered."""
    said = re.sub(r"\([^()]*\)", " ", f"{wish.sentence.text} {wish.sentence.lead_in}".lower())
    # a story is never told by those who must be kept out
    named = [p for p in people if p.lower().removesuffix(" member") in said and not p.lower().startswith("unauthori")]
    return named or ([people[-1]] if careful else list(people))


def _title(needed: Sequence[Requirement], talk: Talk, evidence: Evidence, engine: Engine, say: Wording) -> str:
    """A title made of the client's words; empty where the model found none.

    Of its answer only the title is taken: a small model's summary sounds right and mixes the client's facts up.
    """
    if evidence.brief.title:
        return ""
    talk = talk.say(prompts.plan_step(needed[:_LISTED], say))
    answer = evidence.mended(_asked(talk, Request("", TITLE, 30), evidence, engine))
    known = set(content_words(evidence.brief.text, evidence.brief.language))
    new = [word for word in content_words(answer, evidence.brief.language) if word not in known]
    return "" if _faults(answer, evidence) or new or "requirement" in answer.lower() else answer


_ASIDES = (("question", QUESTION, 60), ("risk", RISK, 90), ("decision", DECISION, 170))


def _asides(
    planned: Sequence[tuple[str, Planned]], evidence: Evidence, engine: Engine, say: Wording, pool: ThreadPoolExecutor
) -> dict[str, list[tuple[str, str]]]:
    """Questions, risks and decisions, each with the requirement that it is about; what cannot stay is left out."""
    jobs = []
    for number, (kind, grammar, most) in enumerate(_ASIDES):
        step = max(1, len(planned) // _ASKED)
        for about, one in planned[number % step :: step][:_ASKED]:
            talk = one.talk.say(prompts.Message("user", getattr(say, kind)))
            jobs.append((kind, about, one, pool.submit(_asked, talk, Request("", grammar, most), evidence, engine)))
    found: dict[str, list[tuple[str, str]]] = {kind: [] for kind, _, _ in _ASIDES}
    texts = [sentence.text for sentence in evidence.brief.sentences]
    for kind, about, one, future in jobs:
        answer = evidence.mended(future.result())
        alike = any(fuzz.token_set_ratio(answer, other) > 80 for other, _ in found[kind])
        shared = set(content_words(answer, evidence.brief.language)) & evidence.stems
        pointless = evidence.careful and (
            len(shared) < _SHARED
            or (kind == "question" and not _WORTH_ASKING.match(answer))
            or len(found[kind]) >= _SMALL
        )
        if alike or pointless or _faults(answer, evidence) or _echoes(answer, texts):
            one.talk.note(
                f"{kind} dropped", answer, _faults(answer, evidence) or ["says nothing new of the client's matter"]
            )
        else:
            found[kind].append((answer, about))
    return {kind: answers[:_KEPT] for kind, answers in found.items()}


_SHARED, _SMALL = 2, 2
_WORTH_ASKING = re.compile(
    r"(?:who|when|which|what|where|how (?:many|much|long|often|soon)|may|should|cine|când|care|ce|cât)\b", re.I
)
"""Content words of the client that a small model's question or risk must hold, or it is about nothing."""


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
    reasons = [*evidence.inventions_and_numbers(text), *evidence.beside_the_point(text)]
    reasons += ["goes round in circles"] if repeats(text, evidence.brief.language) else []
    return reasons + (["is cut off"] if broken(text) else [])
