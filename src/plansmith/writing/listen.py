"""What each sentence of the client requires: asked of the model, checked by code, quoted when in doubt.

Enters: a brief and an engine. Leaves: the wishes of every sentence, and why a sentence has none.
Cues found by code overrule a model that hears nothing; a restatement that loses words, numbers, roles or a "not" is
replaced by the client's own sentence, and so is an answer that cannot be read: recall before precision, and no meaning
turned round.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import cast

from plansmith import prompts
from plansmith.plan import (
    Kind,
    Priority,
    Sentence,
    amounts,
    content_words,
    dates,
    fold,
    kind_hint,
    not_product,
    priority_hint,
    requirement_cue,
    unfaithful,
)
from plansmith.prompts import WORDING, Wording
from plansmith.writing.clean import MARKUP, Evidence
from plansmith.writing.engine import Completion, Engine, Request
from plansmith.writing.grammar import RequirementLine, read_sentence, says_nothing, sentence_grammar
from plansmith.writing.romanian import romanian_actor
from plansmith.writing.story import read_opening
from plansmith.writing.talk import Talk

# Below this share of the sentence's content words, something the client said would be missing.
_KEPT_WORDS = 0.7
_MOST = 100
"""Tokens of an answer; those of the sample archive have 36 at most."""
_HEARING = ((prompts.NOTHING.split()[0], -3.0),)
"""A refusal is one answer, a requirement many, so a small tuned model finds the refusal likeliest even where it doubts it:
it must hold it for twenty times as likely (e^3). Measured on bench/plans, see docs/how-it-works.md."""
_TELLS = re.compile(r"\b(?:buna|salut|avem|suntem|sunt|eram|era|am|a fost|multumesc|multumim)\b")


@dataclass(frozen=True)
class Wish:
    """A requirement heard in a sentence; `quoted`: in the client's own words, because the model's were not safe."""

    sentence: Sentence
    text: str
    kind: Kind
    priority: Priority
    quoted: bool = False
    also: tuple[str, ...] = ()
    """Ids of other sentences that say the same."""


@dataclass(frozen=True)
class Heard:
    """What a sentence holds. `reason`: why it holds no wish, a key of `unused` in locale/writing.*.toml."""

    sentence: Sentence
    wishes: tuple[Wish, ...]
    reason: str
    talk: Talk


def listen(
    sentence: Sentence,
    before: Sentence | None,
    evidence: Evidence,
    people: Sequence[str],
    engine: Engine,
    say: Wording = WORDING,
) -> Heard:
    """Find the requirements of one sentence."""
    brief = evidence.brief
    talk = Talk((prompts.system(say.system), prompts.sentence_step(sentence, before, say)))
    cue, other = requirement_cue(sentence), not_product(sentence)
    if other and not cue:
        return Heard(sentence, (), other, talk)
    if MARKUP.search(sentence.text) and len(content_words(MARKUP.sub(" ", sentence.text), brief.language)) < 2:
        return Heard(sentence, (), "markup", talk)
    if not cue and evidence.mute and _TELLS.search(fold(sentence.text)):
        return Heard(sentence, (), "unheard", talk)  # a small model that knows no Romanian cannot tell
    firm, spoken = _firm(cue, sentence, people), evidence.mute or _speaks_for_itself(cue, sentence)
    lines, faults = _asked(sentence, talk, evidence, engine, say, firm, spoken)
    if not lines and not faults and not firm:
        return Heard(sentence, (), "unheard", talk)
    if not lines and not faults:  # an engine without grammars said it all the same
        talk.note("rejected", prompts.NOTHING, [f"the client's words ask for it ({cue})"])
    if spoken or faults or not lines:
        told = lines[0] if lines else RequirementLine("must", "functional", "")
        lines = [replace(told, text=quoted_words(sentence))]
    own = quoted_words(sentence)
    wishes = tuple(_wish(line, sentence, line.text == own) for line in lines)
    return Heard(sentence, wishes, "", replace(talk, messages=(*talk.messages, _spoken(wishes))))


def _asked(
    sentence: Sentence, talk: Talk, evidence: Evidence, engine: Engine, say: Wording, firm: bool, spoken: bool
) -> tuple[list[RequirementLine], list[str]]:
    """What the model hears, and why it may not stand; a large one is asked once more. Neither: it hears no requirement.

    `firm`: it may not say that there is none; `spoken`: its words are not used, so that they need not be faithful.
    """
    request = Request("", sentence_grammar(may_be_nothing=not firm), _MOST, bias=_HEARING if evidence.careful else ())
    heard: list[RequirementLine] = []
    faults: list[str] = []
    turn = talk
    for _ in range(1 if evidence.careful else 2):
        said = turn.hear(engine, request)
        lines = read_sentence(said.text)
        if said.finished and says_nothing(said.text):
            return (heard, faults) if heard else ([], [])  # what it heard before is not unheard by asking again
        faults = [] if spoken and lines else _unreadable(said, lines) or _problems(lines, sentence, evidence)
        if not faults:
            return lines, []
        talk.note("rejected", said.text, faults)
        heard = lines or heard
        if said.text:
            turn = talk.say(prompts.Message("assistant", said.text)).say(prompts.again(faults, say))
        else:  # nothing to refer to: the same question, less predictably
            request = replace(request, temperature=0.7, seed=1)
    return heard, faults


def _unreadable(said: Completion, lines: list[RequirementLine]) -> list[str]:
    """Why an answer does not tell what the model heard: in doubt, the client's words are quoted."""
    if not said.text:
        return ["the answer is empty"]
    if not said.finished:
        return ["the answer is cut off"]
    if not lines:
        return [f"it is neither “{prompts.NOTHING}” nor a line such as “must functional: A customer can …”"]
    return []


def _speaks_for_itself(cue: str | None, sentence: Sentence) -> bool:
    """Whether the client's sentence is a requirement as it stands, so that restating could only harm it.

    So are list items, orders ("Add a search"), user stories, and what is said about money or the day.
    """
    told = bool(amounts(sentence.text)) or any(found.date for found in dates(sentence.text))
    return (
        sentence.form in ("item", "row")
        or cue in ("imperative", "story")
        or (told and kind_hint(sentence) == "constraint")
    )


def _firm(cue: str | None, sentence: Sentence, people: Sequence[str]) -> bool:
    """Whether the cue overrules the model: in running text a bare "can" does so only after one of the client's people."""
    if cue == "modal" and sentence.form == "sentence":
        return read_opening(sentence.text, people) is not None or romanian_actor(sentence.text, people)
    return cue is not None


def quoted_words(sentence: Sentence) -> str:
    """The client's sentence as a requirement: with its lead-in where it only means something under it."""
    text = sentence.text
    if sentence.lead_in and text[:1].islower():
        text = f"{sentence.lead_in.rstrip(' :')} {text}"
    text = text.rstrip(" ;,")
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _problems(lines: list[RequirementLine], sentence: Sentence, evidence: Evidence) -> list[str]:
    """Reasons why the lines together do not say what the sentence says."""
    brief = evidence.brief
    found = [p for line in lines for p in unfaithful(line.text, sentence, brief.language, brief)]
    found += [p for line in lines for p in evidence.copies(line.text)]
    if len({line.text.lower() for line in lines}) < len(lines):
        found.append("the same requirement twice")
    if any(_alike(a.text, b.text, brief.language) for a, b in combinations(lines, 2)):
        found.append("two requirements that say the same in part")
    said = set(content_words(sentence.text, brief.language))
    kept = {w for line in lines for w in content_words(line.text, brief.language)}
    if said and len(said & kept) / len(said) < _KEPT_WORDS:
        found.append(f"keeps only {len(said & kept)} of the sentence's {len(said)} content words")
    return found


def _alike(one: str, other: str, language: str) -> bool:
    mine, theirs = set(content_words(one, language)), set(content_words(other, language))
    return len(mine & theirs) * 2 >= min(len(mine), len(theirs)) + 1


def _wish(line: RequirementLine, sentence: Sentence, quoted: bool) -> Wish:
    kind, priority = (
        kind_hint(sentence) or cast("Kind", line.kind),
        priority_hint(sentence) or cast("Priority", line.priority),
    )
    return Wish(sentence, line.text, kind, priority, quoted)


def _spoken(wishes: tuple[Wish, ...]) -> prompts.Message:
    """The model's turn as the plan now has it, so that what follows continues from the corrected words."""
    return prompts.Message("assistant", "\n".join(f"{w.priority} {w.kind}: {w.text}" for w in wishes))
