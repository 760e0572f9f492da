"""Checks of stories and their acceptance criteria.

Enters: a `Case`. Leaves: for each rule the items where it is broken.
Try: plansmith lint plan.md

The criteria of the Quality User Story framework that code can decide, written anew from the paper, not taken from its
tool.
"""

from __future__ import annotations

import re
from functools import cache

from plansmith.plan.facts import numbers
from plansmith.plan.rules import Case, Hits, hit, lacking, rule
from plansmith.plan.wording import content_words
from plansmith.plan.words import fold, listed, pattern, word_set

_QUS = "Quality User Story framework: Lucassen, Dalpiaz, van der Werf & Brinkkemper 2016"


@rule(
    "acceptance-not-observable",
    "warning",
    source="Gherkin reference (Then: an observable outcome); INVEST: testable (Wake 2003)",
)
def acceptance_not_observable(case: Case) -> Hits:
    for story in case.stories:
        for scenario in story.acceptance:
            if _unseen(scenario.then, case.plan.language) or fold(scenario.then) == fold(scenario.when):
                yield hit(story.id, then=scenario.then)


def _unseen(then: str, language: str) -> bool:
    """Whether nothing is left of a result once the empty phrases are taken out and the subject is set aside."""
    folded = fold(then).strip(" .!")
    hit = pattern("vague", "unseen", language).search(folded)
    if not hit:
        return not any(c.isalnum() for c in folded)
    rest = content_words(f"{folded[: hit.start()]} {folded[hit.end() :]}", language)
    return len(rest) <= 2 and not numbers(folded)


@rule(
    "story-without-acceptance",
    "warning",
    source="INVEST: testable (Wake 2003); OpenSpec (a scenario is mandatory)",
)
def story_without_acceptance(case: Case) -> Hits:
    musts = {r.id for r in case.requirements if r.priority == "must"}
    return lacking((s for s in case.stories if not musts & set(s.requirements)), "acceptance")


@rule(
    "story-without-requirement",
    "warning",
    source="ISO/IEC/IEEE 29148:2018 (traceability)",
)
def story_without_requirement(case: Case) -> Hits:
    return lacking(case.stories, "requirements")


@rule("story-role", "warning", source=f"{_QUS}: well-formed")
def story_role(case: Case) -> Hits:
    lists = ("product", "not_people")
    things = frozenset().union(*(word_set("cues", name, case.plan.language) for name in lists))
    for story in case.stories:
        if fold(story.role) in things:
            yield hit(story.id, role=story.role)


@rule("story-atomic", "advice", source=f"{_QUS}: atomic")
def story_atomic(case: Case) -> Hits:
    for story in case.stories:
        found = _second_wish().search(fold(story.want))
        if found:
            yield hit(story.id, found=story.want[found.start() : found.end()].strip())


@cache
def _second_wish() -> re.Pattern[str]:
    verbs = [v for v in listed("cues", "imperative", "en") if v.isalpha() and v not in _NOT_VERBS]
    romanian = r"(?:si|sau)\s+(?:de asemenea\s+)?sa\s+\w+"
    return re.compile(
        rf"(?:\band|\bor|&|\+)\s+(?:also\s+)?(?:to\s+\w+|(?:{'|'.join(verbs)})\s+(?:the|an?|my|all|their|its|it|them)\b)|\b{romanian}"
    )


_NOT_VERBS = frozenset(
    ("no", "never", "always", "only", "order", "work", "list", "record", "report", "play", "set", "comment")
)


@rule(
    "story-minimal",
    "advice",
    source=f"{_QUS}: minimal",
)
def story_minimal(case: Case) -> Hits:
    for story in case.stories:
        found = re.search(r"\([^)]{12,}\)|\[|;|[.!?]\s+[^\W\d_a-zăâîșț]", story.want)
        if found:
            yield hit(story.id, found=found.group()[:20])


@rule(
    "story-uniform",
    "advice",
    source=f"{_QUS}: uniform",
)
def story_uniform(case: Case) -> Hits:
    for story in case.stories:
        parts = f"{story.role}|{story.want}|{story.so_that}"
        found = re.search(
            r"^(?:as an?|an?|the|ca)\s|\|(?:i want|to to|vreau)\s|\|(?:so that|in order to|ca sa)\s|\.(?:\||$)",
            fold(parts),
        )
        if found:
            yield hit(story.id, found=parts[found.start() : found.end()].strip("| "))


@rule(
    "story-benefit",
    "advice",
    source="INVEST: valuable (Wake 2003)",
)
def story_benefit(case: Case) -> Hits:
    return lacking(case.stories, "so_that")


@rule(
    "so-that-repeats",
    "warning",
    source=f"{_QUS}; INVEST: valuable",
)
def so_that_repeats(case: Case) -> Hits:
    for story in case.stories:
        want, gain = (
            set(content_words(story.want, case.plan.language)),
            set(content_words(story.so_that, case.plan.language)),
        )
        if gain and len(want & gain) >= 0.8 * len(want | gain):
            yield hit(story.id, gain=story.so_that)
