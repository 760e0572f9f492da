"""A requirement's story, acceptance criteria and tasks.

Enters: a wish, its conversation and the client's roles. Leaves: a `Work` that code has checked part by part:
what is invented, repeated or cut off is asked again once, then dropped or replaced by the client's own words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from rapidfuzz import fuzz

from plansmith import prompts
from plansmith.locale import words
from plansmith.plan import unfaithful
from plansmith.writing.clean import Evidence, broken, repeats
from plansmith.writing.engine import Engine, Request
from plansmith.writing.grammar import Work, read_requirement, requirement_grammar
from plansmith.writing.listen import Wish
from plansmith.writing.story import read_opening
from plansmith.writing.talk import Talk

_TRIES = 2


def plan_work(wish: Wish, talk: Talk, roles: Sequence[str], evidence: Evidence, engine: Engine) -> Planned:
    """Ask for the story and tasks of one wish, twice at most, and keep what stands the checks."""
    talk = talk.say(prompts.requirement_step(wish.text))
    first = _attempt(wish, talk, roles, evidence, engine, Request("", max_tokens=300))
    tries = [first]
    while tries[-1].faults and len(tries) < _TRIES:
        request = Request("", max_tokens=300, temperature=0.6, seed=len(tries), repeat_penalty=1.1)
        tries.append(_attempt(wish, talk, roles, evidence, engine, request))
    best = min(tries, key=lambda a: a.faults)
    return Planned(best.work, talk.say(prompts.Message("assistant", best.answer)))


@dataclass(frozen=True)
class Planned:
    """A wish's work, and the conversation up to it, from which asides continue."""

    work: Work
    talk: Talk


@dataclass(frozen=True)
class _Attempt:
    work: Work
    faults: int
    answer: str


def _attempt(
    wish: Wish, talk: Talk, roles: Sequence[str], evidence: Evidence, engine: Engine, request: Request
) -> _Attempt:
    opening = read_opening(wish.text, roles)
    allowed = [f"{prompts.article(role)} {role}" for role in roles]
    grammar = requirement_grammar(allowed, opening.text if opening else "")
    answer = talk.ask(engine, replace(request, grammar=grammar), opening.text if opening else "")
    said = read_requirement(answer)
    if said and opening:
        said = replace(said, role=opening.role, want=opening.want)
    work, faults = _checked(wish, said, talk, roles, evidence)
    return _Attempt(work, faults, answer)


def _checked(wish: Wish, said: Work | None, talk: Talk, roles: Sequence[str], evidence: Evidence) -> tuple[Work, int]:
    """Keep the parts that stand; replace or drop the others, and count them."""
    language, faults = evidence.brief.language, 0
    own = {key.removeprefix("written."): text for key, text in words(language).items() if key.startswith("written.")}
    if said is None:
        said = Work(roles[0], "", "", (), ())
        faults += 3

    def faulty(text: str, *, invented: bool = True) -> bool:
        reasons = evidence.inventions(text) if invented else []
        reasons += ["goes round in circles"] if repeats(text, language) else []
        reasons += ["is cut off"] if broken(text) else []
        if reasons:
            talk.note("dropped", text, reasons)
        return bool(reasons)

    want = said.want
    if not want or (
        read_opening(wish.text, roles) is None
        and (faulty(want) or unfaithful(want, wish.sentence, language, evidence.brief))
    ):
        want, faults = own["this_to_hold"].format(text=_lower(wish.text)), faults + 1
    so_that = said.so_that
    if so_that and (faulty(so_that) or fuzz.token_set_ratio(so_that, want) > 85):
        so_that, faults = "", faults + 1
    criteria = tuple(
        c for c in said.criteria if not any(faulty(part) for part in c) and fuzz.token_set_ratio(c[1], c[2]) < 95
    )
    faults += len(said.criteria) - len(criteria)
    criteria = _unlike(criteria, lambda c: f"{c[0]} {c[1]}")
    tasks = _unlike(tuple(t for t in said.tasks if not faulty(t[1])), lambda t: t[1])
    faults += len(said.tasks) - len(tasks)
    holds = own["this_holds"].format(text=_lower(wish.text))
    tries = own["tries_it"].format(role=f"{prompts.article(said.role)} {said.role}")
    criteria = criteria or ((own["finished_product"], tries, holds),)
    tasks = tasks or (("qa" if wish.kind == "quality" else "backend", own["build"].format(text=_short(wish.text))),)
    return Work(said.role, want, so_that, criteria, tasks), faults


T = TypeVar("T")


def _unlike(parts: tuple[T, ...], text: Callable[[T], str]) -> tuple[T, ...]:
    """The parts without those whose text says the same as that of an earlier one."""
    kept: list[T] = []
    for part in parts:
        if not any(fuzz.token_set_ratio(text(part), text(other)) > 90 for other in kept):
            kept.append(part)
    return tuple(kept)


def _lower(text: str) -> str:
    """The sentence as part of another one: without its full stop, and its first word small unless it is a name."""
    text = text.rstrip(" .")
    first = text.split(" ", 1)[0]
    return text if (first.isupper() and len(first) > 1) or first == "I" else text[:1].lower() + text[1:]


def _short(text: str) -> str:
    words = text.rstrip(" .").split()
    return " ".join(words[:10]) + (" …" if len(words) > 10 else "")
