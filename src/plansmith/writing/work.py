"""A requirement's story, acceptance criteria and tasks.

Enters: a wish, its conversation and the client's roles. Leaves: a `Work` that code has checked part by part:
what is invented, repeated, copied, beside the point or cut off is asked again once, then dropped or replaced by the
client's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from rapidfuzz import fuzz

from plansmith import prompts
from plansmith.locale import words
from plansmith.plan import content_words, fold, negated, restricted, unfaithful
from plansmith.plan.stranded import stranded
from plansmith.prompts import WORDING, Wording
from plansmith.writing.clean import Evidence, broken, builders, guards, repeats
from plansmith.writing.criteria import own_criterion
from plansmith.writing.engine import Engine, Request
from plansmith.writing.grammar import Work, read_requirement, requirement_grammar
from plansmith.writing.listen import Wish
from plansmith.writing.romanian import in_quotes
from plansmith.writing.story import Opening, read_opening, shorten
from plansmith.writing.talk import Talk

_TRIES, _TRIES_SMALL = 2, 1
"""A small model's second and third answers gave no story or task more that stood (five briefs, 600 tokens a plan with
one try, 1,600 with three; docs/how-it-works.md)."""
_MOST = 200
"""Tokens of an answer; those of the sample archive have 120 at most, half of them 62."""


@dataclass(frozen=True)
class Planned:
    """A wish's work, and the conversation up to it, from which asides continue."""

    work: Work
    talk: Talk


@dataclass(frozen=True)
class _Attempt:
    """What stood the checks of one answer. `want` is empty where the model's did not."""

    role: str
    want: str
    so_that: str
    criteria: tuple[tuple[str, str, str], ...]
    tasks: tuple[tuple[str, str], ...]
    area: str
    faults: tuple[str, ...]
    answer: str


def plan_work(
    wish: Wish, talk: Talk, roles: Sequence[str], evidence: Evidence, engine: Engine, say: Wording = WORDING
) -> Planned:
    """Ask for the story and tasks of one wish until each part stands, a few times at most; code fills what is missing."""
    talk = replace(talk.say(prompts.requirement_step(wish.text, say)), about=wish.text)
    if evidence.mute:
        opening = read_opening(wish.text, roles)
        told = opening or Opening(roles[0], "")
        none = _Attempt(told.role, told.want, told.so_that, (), (), "", (), "")
        return Planned(_joined([none], none, wish, opening, evidence), talk)
    tries = [_attempt(wish, talk, roles, evidence, engine, Request("", max_tokens=_MOST))]
    while _wanting(tries) and len(tries) < (_TRIES_SMALL if evidence.careful else _TRIES):
        request = Request("", max_tokens=_MOST)
        again = talk.say(prompts.Message("assistant", tries[-1].answer)).say(prompts.again(tries[-1].faults, say))
        tries.append(_attempt(wish, again, roles, evidence, engine, request))
    best = min(tries, key=lambda a: len(a.faults))
    work = _joined(tries, best, wish, read_opening(wish.text, roles), evidence)
    return Planned(work, talk.say(prompts.Message("assistant", best.answer)))


def _wanting(tries: Sequence[_Attempt]) -> bool:
    """Whether a part stood in none of the tries."""
    return not all(any(getattr(a, part) for a in tries) for part in ("want", "criteria", "tasks", "so_that"))


def _joined(tries: Sequence[_Attempt], best: _Attempt, wish: Wish, opening: Opening | None, evidence: Evidence) -> Work:
    """The parts that stood, each from the first try that has it; what none has is said in the client's words."""
    language = evidence.brief.language
    own = own_words(language)
    told = next((a for a in tries if a.want), None)
    role = told.role if told else best.role
    want = told.want if told else own["this_to_hold"].format(text=_within(wish.text, language))
    # a benefit belongs to its wish: only where code reads the wish do all tries have the same
    so_that = next((a.so_that for a in tries if a.so_that and a.want == want), "")
    criteria = next((a.criteria for a in tries if a.criteria), ())
    tasks = next((a.tasks for a in tries if a.tasks), ())
    if not criteria:
        criteria = (own_criterion(wish.text, opening, role, language),)
    if not tasks:
        area = best.area or ("qa" if wish.kind == "quality" else "backend")
        tasks = ((area, own_task(wish.text, opening, role, want, language)),)
    return Work(role, want, so_that, criteria, tasks)


def own_words(language: str) -> dict[str, str]:
    """Code's own phrases, by name."""
    return {k.removeprefix("written."): v for k, v in words(language).items() if k.startswith("written.")}


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
    return _Check(wish, talk, roles, evidence, opening).attempt(said, answer)


class _Check:
    """Keeps the parts of one answer that stand, replaces or drops the others, and collects why."""

    def __init__(
        self, wish: Wish, talk: Talk, roles: Sequence[str], evidence: Evidence, opening: Opening | None
    ) -> None:
        self.wish, self.talk, self.roles, self.evidence, self.opening = wish, talk, roles, evidence, opening
        self.language = evidence.brief.language
        self.about = set(content_words(f"{wish.sentence.lead_in} {wish.sentence.text}", self.language))
        self.faults: list[str] = []

    def attempt(self, said: Work | None, answer: str) -> _Attempt:
        """What may stand of the answer, and the reasons against the rest."""
        if said is None:
            said = Work(self.opening.role if self.opening else self.roles[0], "", "", (), ())
            self.faults.append("it is no story")
        want = self._want(said)
        criteria = _unlike(tuple(c for c in map(self._criterion, said.criteria) if c), lambda c: f"{c[0]} {c[1]}")
        tasks = _unlike(tuple(t for t in map(self._task, said.tasks) if t), lambda t: t[1])
        so_that = self._benefit(said.so_that, want)
        area = said.tasks[0][0] if said.tasks else ""
        return _Attempt(said.role, want, so_that, criteria, tasks, area, tuple(self.faults), answer)

    def _faulty(self, text: str, *reasons: str, numbers: bool = False, pointed: bool = True) -> bool:
        """Whether a text must not stand; the reasons are noted."""
        check = self.evidence.inventions_and_numbers if numbers else self.evidence.inventions
        found = [*reasons, *check(text)]
        if self.language == "ro" and (verbs := stranded(text, self.wish.sentence.text)):
            found.append(f"breaks the verb {', '.join(verbs)}")
        found += self.evidence.beside_the_point(text) if pointed else []
        found += ["goes round in circles"] if repeats(text, self.language) else []
        found += ["is cut off"] if broken(text) else []
        if found:
            self.talk.note("dropped", text, found)
            self.faults.append(f"“{text}”: {found[0]}")
        return bool(found)

    def _want(self, said: Work) -> str:
        if self.opening:
            return self.opening.want
        turned = (
            unfaithful(said.want, self.wish.sentence, self.language, self.evidence.brief) if said.want else ["empty"]
        )
        if not said.want or self._faulty(said.want, *turned, numbers=True):
            return ""
        return self.evidence.mended(said.want)

    def _benefit(self, so_that: str, want: str) -> str:
        """What the story is good for; empty where the model only says again what is wanted, or invents."""
        if self.opening and self.opening.so_that:
            return self.opening.so_that
        if not so_that:
            return ""
        so_that = self.evidence.mended(so_that)
        new = set(content_words(so_that, self.language)) - set(content_words(want, self.language))
        reasons = ["says the wish again"] if not new or fuzz.token_set_ratio(so_that, want) > 85 else []
        if self.evidence.careful and not new & self.evidence.stems - self.evidence.name_stems:
            reasons.append("says nothing that the client said")
        if self.evidence.careful and negated(so_that):
            reasons.append("says what it is not good for")
        return "" if self._faulty(so_that, *reasons, numbers=True) else so_that

    def _criterion(self, parts: tuple[str, str, str]) -> tuple[str, str, str] | None:
        given, when, then = (self.evidence.mended(part) for part in parts)
        reasons = ["its result is its cause"] if fuzz.token_set_ratio(when, then) >= 95 else []
        mine = set(content_words(f"{given} {when} {then}", self.language))
        careful = self.evidence.careful
        if careful and (
            len(mine & self.about) < min(3, len(self.about)) or not set(content_words(then, self.language)) & self.about
        ):
            reasons.append("is about something else")
        if careful and negated(f"{given} {when} {then}") and not _denies(self.wish.text):
            reasons.append("denies what the client does not deny")
        if careful and _denies(self.wish.text) and not (_denies(f"{when} {then}") or guards(then, self.language)):
            reasons.append("turns the rule round")
        verdicts = [self._faulty(part, *reasons, numbers=True) for part in (given, when, then)]  # all are noted
        return None if any(verdicts) else (given, when, then)

    def _task(self, task: tuple[str, str]) -> tuple[str, str] | None:
        area, title = task[0], self.evidence.mended(task[1])
        reasons = []
        if self.evidence.careful:
            first = fold(title.split(" ", 1)[0])
            if self.language == "en" and first not in builders("en") and not first.endswith("ing"):
                reasons.append("is no piece of work")
            things = set(content_words(title, self.language)) - set(content_words(first, self.language))
            if len(things & self.about) * 2 < max(len(things), 1):
                reasons.append("is about something else")
            if _denies(self.wish.text) and not guards(title, self.language):
                reasons.append("turns the rule round")
        return None if self._faulty(title, *reasons) else (area, title)


def own_task(text: str, opening: Opening | None, role: str, want: str, language: str) -> str:
    """A task's title in the client's own words: what is to be built, or the rule to be kept."""
    own = own_words(language)
    if _denies(text):
        return own["enforce"].format(text=_short(text, language))
    if language == "en" and want.startswith("to ") and len(want.split()) <= _WORDS:
        theirs = re.sub(r"\b(my|I)\b", lambda m: {"my": "their", "I": "they"}[m[1]], want.removeprefix("to "))
        return own["let"].format(role=f"{prompts.article(role)} {role}", want=theirs)
    opened = language == "en" and opening and not want.startswith("this ")
    return own["build"].format(text=_short(want.removeprefix("that ") if opened else text, language))


_WORDS = 18


def _denies(text: str) -> bool:
    return negated(text) or restricted(text)


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


def _within(text: str, language: str) -> str:
    """The sentence as part of one of code's own phrases, which quote it in Romanian: there its form fits no other."""
    return in_quotes(text) if language == "ro" else _lower(text)


def _short(text: str, language: str) -> str:
    """The sentence as a title: parentheses and what follows the first clauses go."""
    text = re.sub(r"\s*\([^()]*\)", "", _within(text, language))
    short = shorten(text, _WORDS)
    return f"{short} …" if language == "ro" and len(text.split()) > _WORDS else short
