"""Checks of what the plan claims the client said: numbers, dates, money, names and meaning of stated items.

Enters: a `Case` with a brief (or with the plan's quotes). Leaves: for each rule the items where it is broken.
Try: plansmith lint plan.md --brief brief.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from plansmith.plan.dates import dates
from plansmith.plan.facts import missing_numbers, numbers
from plansmith.plan.faithful import unfaithful
from plansmith.plan.money import amounts
from plansmith.plan.rules import Case, Hits, claim, rule
from plansmith.plan.wording import missing_date_words, missing_names

_FIDELITY = "Number fidelity: new numbers, dates and names in stated items = 0 (Spec Kit issue 4383)"
_OWN_RULE = ("number “", "date “", "name “", "says nothing")


def _stated(case: Case) -> Iterator[tuple[Any, str]]:
    """Live items that say "the client said so", with the client's words that they cite."""
    for item in case.live:
        evidence = case.evidence(item) if item.origin == "stated" else ""
        if evidence:
            yield item, evidence


@rule("new-number", "error", remedy="Use the client's number, or mark the item as inferred.", source=_FIDELITY)
def new_number(case: Case) -> Hits:
    """A stated item has a number that the sentences it cites do not have."""
    for item, evidence in _stated(case):
        lost = missing_numbers(claim(item), evidence)
        if lost:
            yield item.id, f"{', '.join(lost)} is not in {', '.join(item.source)}"


@rule("new-date", "error", remedy="Use the client's date, or mark the item as inferred.", source=_FIDELITY)
def new_date(case: Case) -> Hits:
    """A stated item has a date, month or weekday that the sentences it cites do not have."""
    for item, evidence in _stated(case):
        theirs = {d.date for d in dates(evidence)}
        wrong = [d.text for d in dates(claim(item)) if d.date and d.date not in theirs and None not in theirs]
        wrong += missing_date_words(claim(item), evidence)
        if wrong:
            yield item.id, f"{', '.join(dict.fromkeys(wrong))} is not in {', '.join(item.source)}"


@rule(
    "new-money", "error", remedy="Use the client's amount and currency, or mark the item as inferred.", source=_FIDELITY
)
def new_money(case: Case) -> Hits:
    """A stated item names an amount in a currency that the sentences it cites do not name."""
    for item, evidence in _stated(case):
        theirs = {a.currency for a in amounts(evidence)}
        wrong = [a for a in amounts(claim(item)) if a.currency and a.currency not in theirs]
        if wrong:
            yield item.id, f"{wrong[0].value:g} {wrong[0].currency} is not in {', '.join(item.source)}"


@rule("new-name", "warning", remedy="Use a name that the client uses, or mark the item as inferred.", source=_FIDELITY)
def new_name(case: Case) -> Hits:
    """A stated item has a proper name or an acronym that occurs nowhere in the brief or the glossary."""
    glossary = " ".join(f"{t.term} {t.definition}" for t in case.plan.glossary)
    for item, _ in _stated(case):
        lost = missing_names(claim(item), f"{case.whole} {glossary}")
        if lost:
            yield item.id, f"{', '.join(lost)} is not in the brief"


@rule(
    "not-faithful",
    "warning",
    remedy="Say it in the client's words, or mark the requirement as inferred.",
    source="Faithfulness, after Text2Stories (arXiv 2510.08622); docs/how-it-works.md",
)
def not_faithful(case: Case) -> Hits:
    """A stated requirement with one source seems to say something else than its sentence.

    Lost or added negation or restriction, an upper limit made a lower one, opposite verbs, other units, other roles,
    too many new words.
    """
    sentences = {s.id: s for s in case.brief.sentences} if case.brief else {}
    for item in case.plan.requirements:
        if item.status == "live" and item.origin == "stated" and len(item.source) == 1 and item.source[0] in sentences:
            sentence = sentences[item.source[0]]
            reasons = unfaithful(item.text, sentence, case.plan.language, case.brief)
            reasons = [r for r in reasons if not (r.startswith(_OWN_RULE) or r.endswith("another currency or none"))]
            if reasons:
                yield item.id, f"against {sentence.id}: {'; '.join(reasons)}"


@rule(
    "budget-not-in-brief",
    "error",
    remedy="Take the budget from the client's text, or leave it empty and ask.",
    source=_FIDELITY,
)
def budget_not_in_brief(case: Case) -> Hits:
    """The plan's budget or currency does not occur in the brief."""
    plan, found = case.plan, amounts(case.whole)
    if not case.whole:
        return
    known = {a.value for a in found} | {float(n) for n in numbers(case.whole) if n.replace(".", "", 1).isdigit()}
    if plan.budget is not None and plan.budget not in known:
        yield "", f"the budget {plan.budget:g} is not in the brief"
    named = {a.currency for a in found}
    if plan.currency and named and plan.currency not in named and "" not in named:
        yield "", f"the currency {plan.currency} is not in the brief, which names {', '.join(sorted(named))}"


@rule(
    "deadline-not-in-brief",
    "error",
    remedy="Take the deadline from the client's text, or leave it empty and ask.",
    source=_FIDELITY,
)
def deadline_not_in_brief(case: Case) -> Hits:
    """The plan's deadline does not occur in the brief."""
    deadline = case.plan.deadline
    if deadline is None or not case.whole:
        return
    found = dates(case.whole)
    # "By March", "in 3 months" leave the day to the plan; "opened in 1962" does not.
    rough = [d for d in found if d.date is None and _may_be(d.text, deadline.year)]
    if deadline not in {d.date for d in found} and not rough:
        yield "", f"the deadline {deadline} is not in the brief"


def _may_be(text: str, year: int) -> bool:
    years = re.findall(r"(?:19|20)\d\d", text)
    return not years or str(year) in years
