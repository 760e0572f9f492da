"""Checks of wording and substance: placeholders, vague words, duplicates, empty decisions, risks and milestones.

Enters: a `Case`. Leaves: for each rule the items where it is broken.
Try: plansmith lint plan.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from plansmith.plan.facts import numbers
from plansmith.plan.rules import Case, Hits, claim, hit, lacking, named, rule, texts, worded
from plansmith.plan.similar import similar_pairs
from plansmith.plan.types import Milestone, Requirement, Story, Task
from plansmith.plan.wording import mask, negated
from plansmith.plan.words import alternation, fold, listed, pattern

_KINDS_OF_VAGUE = ("subjective", "ambiguous", "loophole", "open_ended", "comparative")
_QUS = "Quality User Story framework: Lucassen, Dalpiaz, van der Werf & Brinkkemper 2016"
_VAGUE = "ISO/IEC/IEEE 29148:2018 (language criteria); Femmer et al. 2017 (requirements smells), arXiv 1611.08847"
_SLOT = re.compile(r"<[^\W\d_][^<>@/]{0,40}>|\[[^\W\d_][^\[\]]{0,40}\](?!\()|\{[^\W\d_][^{}]{0,40}\}|_{4,}|\?{3,}")
_DOTS = re.compile(r"\.\.\.|…|(?m:^[\W_]*$)")
_ONLY_DOTS = re.compile(r"^[\W_]*$|^(?:\.\.\.|…)|(?:\.\.\.|…)$")


@cache
def _placeholder() -> re.Pattern[str]:
    # "Foo" and "bar" only together: a bar is a place.
    words = alternation(tuple(w for w in listed("vague", "placeholder") if w not in ("foo", "bar")))
    return re.compile(rf"(?<![\w'-])(?:{words}|foo ?bar)(?![\w'-])")


@rule(
    "placeholder",
    "error",
    source="OpenSpec's validator; Spec Kit's [NEEDS CLARIFICATION]",
)
def placeholder(case: Case) -> Hits:
    for item in case.live:
        details = list(texts(item))
        whole = "\n".join(text for _, text in details)
        suspicious = _placeholder().search(fold(whole)) or _SLOT.search(whole) or _DOTS.search(whole)
        for name, text in details if suspicious else ():
            found = _placeholder().search(fold(text)) or _SLOT.search(text) or _ONLY_DOTS.search(text)
            if found and not _real_todo(text, found.group()):
                yield hit(item.id, detail=named(case, name), found=text[found.start() : found.end()] or text)
                break
    for name in ("summary", "testing", "rollout", "title"):
        text = getattr(case.plan, name)
        found = _SLOT.search(text) or re.search(r"(?i)\blorem ipsum\b|\bTBD\b", text)
        if found:
            yield hit("", detail=named(case, name), found=found.group())


def _real_todo(text: str, hit: str) -> bool:
    """ "To do" in running text ("the to do list") is a subject; alone or in capitals it is a placeholder."""
    return (
        hit in ("to do", "todo", "n/a", "placeholder", "fill in", "completati")
        and len(text.split()) > 3
        and "TODO" not in text
    )


@rule(
    "vague-word",
    "advice",
    source=_VAGUE,
)
def vague_word(case: Case) -> Hits:
    for item in case.live:
        found: list[str] = []
        for text in _measurable(item):
            if not _any_vague(case.plan.language).search(fold(text)):
                continue
            folded = mask(fold(text), _vague("exact", case.plan.language))
            for kind in _KINDS_OF_VAGUE:
                kind_text = worded(case, "vague", kind)
                hits = _vague(kind, case.plan.language).finditer(folded)
                found += [f"{text[m.start() : m.end()]} ({kind_text})" for m in hits]
        if found:
            yield hit(item.id, found=list(dict.fromkeys(found)))


def _vague(kind: str, language: str) -> re.Pattern[str]:
    return pattern("vague", kind, language)


@cache
def _any_vague(language: str) -> re.Pattern[str]:
    words = [w for kind in _KINDS_OF_VAGUE for w in listed("vague", kind, language)]
    return re.compile(rf"(?<![\w'])(?:{alternation(tuple(words))})(?![\w'])")


def _measurable(item: Any) -> Iterator[str]:
    if isinstance(item, Requirement):
        yield from () if item.fit else (item.text,)
    elif isinstance(item, Story):
        yield from (s.then for s in item.acceptance)
    elif isinstance(item, Task):
        yield item.done_when
    elif isinstance(item, Milestone):
        yield item.exit


@rule(
    "duplicate",
    "warning",
    source=f"{_QUS}: unique; near-duplicates by token-set similarity of 90 or more (RapidFuzz)",
)
def duplicate(case: Case) -> Hits:
    kinds = ("requirements", "stories", "tasks", "milestones", "risks", "assumptions", "questions", "decisions")
    for kind in kinds:
        items = [i for i in getattr(case.plan, kind) if i.status == "live"]
        said = [_saying(i) for i in items]
        for a, b in similar_pairs(said):
            # The same words with another number or a "not" are two statements, perhaps a contradiction.
            if numbers(said[a]) == numbers(said[b]) and negated(said[a]) == negated(said[b]):
                yield hit(items[b].id, other=items[a].id)


def _saying(item: Any) -> str:
    return f"{item.role} {item.title}" if isinstance(item, Task) else claim(item)


@rule(
    "decision-options",
    "advice",
    source="Architecture decision records (Nygard 2011)",
)
def decision_options(case: Case) -> Hits:
    for decision in case.decisions:
        titles = [fold(o.title) for o in decision.options]
        if len(titles) < 2:
            yield hit(decision.id, n=len(titles))
        elif decision.chosen and fold(decision.chosen) not in titles:
            yield hit(decision.id, "says_chosen", chosen=decision.chosen)


@rule(
    "risk-without-response",
    "advice",
    source="ISO 31000:2018, 6.5 (risk treatment)",
)
def risk_without_response(case: Case) -> Hits:
    return lacking(case.risks, "response")


@rule(
    "milestone-without-exit",
    "advice",
    source="Stage gates; PMI Practice Standard for WBS",
)
def milestone_without_exit(case: Case) -> Hits:
    return lacking(case.milestones, "exit")
