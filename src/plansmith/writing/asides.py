"""What is asked beside the requirements: a title, and questions, risks and decisions about some of them.

Enters: the planned requirements with their conversations. Leaves: texts that stood the checks; the others are noted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from rapidfuzz import fuzz

from plansmith import prompts
from plansmith.plan import Requirement, content_words
from plansmith.prompts import Wording
from plansmith.writing.clean import Evidence, broken, repeats
from plansmith.writing.engine import Engine, Request
from plansmith.writing.grammar import DECISION, QUESTION, RISK, TITLE
from plansmith.writing.talk import Talk
from plansmith.writing.work import Planned

# Questions, risks and decisions are asked about so many requirements, and at most so many of each are kept.
_ASKED, _KEPT = 5, 3
# Requirements that are listed for the title's sake; more would not fit beside an answer.
_LISTED = 40


def title_of(needed: Sequence[Requirement], talk: Talk, evidence: Evidence, engine: Engine, say: Wording) -> str:
    """A title made of the client's words; empty where the model found none.

    Of its answer only the title is taken: a small model's summary sounds right and mixes the client's facts up.
    """
    if evidence.brief.title or evidence.mute:
        return ""
    talk = talk.say(prompts.plan_step(needed[:_LISTED], say))
    answer = evidence.mended(_asked(talk, Request("", TITLE, 30), evidence, engine))
    known = set(content_words(evidence.brief.text, evidence.brief.language))
    new = [word for word in content_words(answer, evidence.brief.language) if word not in known]
    return "" if _faults(answer, evidence) or new or "requirement" in answer.lower() else answer


_ASIDES = (("question", QUESTION, 40), ("risk", RISK, 70), ("decision", DECISION, 110))


def asides(
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
