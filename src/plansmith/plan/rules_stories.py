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
from plansmith.plan.rules import Case, Hits, rule
from plansmith.plan.wording import content_words
from plansmith.plan.words import fold, listed, pattern, word_set

_QUS = "Quality User Story framework: Lucassen, Dalpiaz, van der Werf & Brinkkemper 2016"


@rule(
    "acceptance-not-observable",
    "warning",
    remedy="Say what one sees, hears, gets or finds stored when it works.",
    source="Gherkin reference (Then: an observable outcome); INVEST: testable (Wake 2003)",
)
def acceptance_not_observable(case: Case) -> Hits:
    """The result of an acceptance criterion is nothing that one could observe."""
    for story in case.stories:
        for scenario in story.acceptance:
            if _unseen(scenario.then, case.plan.language) or fold(scenario.then) == fold(scenario.when):
                yield story.id, f"“then {scenario.then}” shows nothing"


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
    remedy="Add a line: Given …, when …, then ….",
    source="INVEST: testable (Wake 2003); OpenSpec (a scenario is mandatory)",
)
def story_without_acceptance(case: Case) -> Hits:
    """A story has no acceptance criterion. (For a must, must-chain says so.)"""
    musts = {r.id for r in case.requirements if r.priority == "must"}
    for story in case.stories:
        if not story.acceptance and not musts & set(story.requirements):
            yield story.id, "it has no acceptance criterion"


@rule(
    "story-without-requirement",
    "warning",
    remedy="Say which requirement it is for (for R1).",
    source="ISO/IEC/IEEE 29148:2018 (traceability)",
)
def story_without_requirement(case: Case) -> Hits:
    """A story is for no requirement."""
    for story in case.stories:
        if not story.requirements:
            yield story.id, "it is for no requirement"


@rule("story-role", "warning", remedy="Name the person who gains from it.", source=f"{_QUS}: well-formed")
def story_role(case: Case) -> Hits:
    """The role of a story is a thing (system, app, page), not somebody."""
    things = word_set("cues", "product", case.plan.language) | {"database", "server", "baza de date", "data"}
    for story in case.stories:
        if fold(story.role) in things:
            yield story.id, f"“{story.role}” wants nothing"


@rule("story-atomic", "advice", remedy="Make a story of each wish.", source=f"{_QUS}: atomic")
def story_atomic(case: Case) -> Hits:
    """A story asks for two things at once ("to search books and to export the list")."""
    for story in case.stories:
        hit = _second_wish().search(fold(story.want))
        if hit:
            yield story.id, f"“{hit.group().strip()}” begins a second wish"


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
    remedy="Move the remark into acceptance, a requirement or a question.",
    source=f"{_QUS}: minimal",
)
def story_minimal(case: Case) -> Hits:
    """A story carries a remark: brackets, a semicolon, or a second sentence."""
    for story in case.stories:
        hit = re.search(r"\([^)]{12,}\)|\[|;|[.!?]\s+[^\W\d_a-zăâîșț]", story.want)
        if hit:
            yield story.id, f"the wish has a remark (“{hit.group()[:20]}”)"


@rule(
    "story-uniform",
    "advice",
    remedy="Leave the fixed words to the form: As a …, I want …, so that ….",
    source=f"{_QUS}: uniform",
)
def story_uniform(case: Case) -> Hits:
    """A part of a story repeats the words of the form, or ends with a full stop."""
    for story in case.stories:
        parts = fold(f"{story.role}|{story.want}|{story.so_that}")
        hit = re.search(
            r"^(?:as an?|an?|the|ca)\s|\|(?:i want|to to|vreau)\s|\|(?:so that|in order to|ca sa)\s|\.(?:\||$)", parts
        )
        if hit:
            yield story.id, f"“{hit.group().strip('| ')}” is said twice or too much"


@rule(
    "story-benefit",
    "advice",
    remedy="Say what the person gains (so that …), or why it is asked.",
    source="INVEST: valuable (Wake 2003)",
)
def story_benefit(case: Case) -> Hits:
    """A story says no benefit."""
    for story in case.stories:
        if not story.so_that:
            yield story.id, "it has no so that"


@rule(
    "so-that-repeats",
    "warning",
    remedy="Say what the wish is good for, not the wish again.",
    source=f"{_QUS}; INVEST: valuable",
)
def so_that_repeats(case: Case) -> Hits:
    """The benefit of a story says the same as its wish."""
    for story in case.stories:
        want, gain = (
            set(content_words(story.want, case.plan.language)),
            set(content_words(story.so_that, case.plan.language)),
        )
        if gain and len(want & gain) >= 0.8 * len(want | gain):
            yield story.id, f"“so that {story.so_that}” says the wish again"
