"""Checks of what the plan claims the client said: numbers, dates, money, names and meaning of stated items.

Enters: a `Case` with a brief (or with the plan's quotes). Leaves: for each rule the items where it is broken.
Try: plansmith lint plan.md --brief brief.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from plansmith.locale import day, price
from plansmith.plan.dates import dates
from plansmith.plan.facts import missing_numbers, numbers
from plansmith.plan.faithful import differences
from plansmith.plan.money import amounts
from plansmith.plan.reasons import reason_text
from plansmith.plan.rules import Case, Hits, claim, hit, rule
from plansmith.plan.wording import missing_date_words, missing_names

_FIDELITY = "Number fidelity: new numbers, dates and names in stated items = 0 (Spec Kit issue 4383)"
_OWN_RULE = ("number", "date", "name", "currency", "empty")
"""Differences that other rules report."""


def _stated(case: Case) -> Iterator[tuple[Any, str]]:
    """Live items that say "the client said so", with the client's words that they cite."""
    for item in case.live:
        evidence = case.evidence(item) if item.origin == "stated" else ""
        if evidence:
            yield item, evidence


@rule("new-number", "error", source=_FIDELITY)
def new_number(case: Case) -> Hits:
    for item, evidence in _stated(case):
        lost = missing_numbers(claim(item), evidence)
        if lost:
            yield hit(item.id, found=lost, sentences=item.source)


@rule("new-date", "error", source=_FIDELITY)
def new_date(case: Case) -> Hits:
    for item, evidence in _stated(case):
        theirs = {d.date for d in dates(evidence)}
        wrong = [d.text for d in dates(claim(item)) if d.date and d.date not in theirs and None not in theirs]
        wrong += missing_date_words(claim(item), evidence)
        if wrong:
            yield hit(item.id, found=list(dict.fromkeys(wrong)), sentences=item.source)


@rule("new-money", "error", source=_FIDELITY)
def new_money(case: Case) -> Hits:
    for item, evidence in _stated(case):
        theirs = {a.currency for a in amounts(evidence)}
        wrong = [a for a in amounts(claim(item)) if a.currency and a.currency not in theirs]
        if wrong:
            found = price(case.plan.language, wrong[0].value, wrong[0].currency)
            yield hit(item.id, found=found, sentences=item.source)


@rule("new-name", "warning", source=_FIDELITY)
def new_name(case: Case) -> Hits:
    glossary = " ".join(f"{t.term} {t.definition}" for t in case.plan.glossary)
    for item, _ in _stated(case):
        lost = missing_names(claim(item), f"{case.whole} {glossary}")
        if lost:
            yield hit(item.id, found=lost)


@rule(
    "not-faithful",
    "warning",
    source="Faithfulness, after Text2Stories (arXiv 2510.08622); docs/how-it-works.md",
)
def not_faithful(case: Case) -> Hits:
    sentences = {s.id: s for s in case.brief.sentences} if case.brief else {}
    for item in case.plan.requirements:
        if item.status == "live" and item.origin == "stated" and len(item.source) == 1 and item.source[0] in sentences:
            sentence = sentences[item.source[0]]
            reasons = differences(item.text, sentence, case.plan.language, case.brief)
            said = [reason_text(r, case.plan.language) for r in reasons if r.code not in _OWN_RULE]
            if said:
                yield hit(item.id, sentence=sentence.id, reasons="; ".join(said))


@rule(
    "budget-not-in-brief",
    "error",
    source=_FIDELITY,
)
def budget_not_in_brief(case: Case) -> Hits:
    plan, found = case.plan, amounts(case.whole)
    if not case.whole:
        return
    known = {a.value for a in found} | {float(n) for n in numbers(case.whole) if n.replace(".", "", 1).isdigit()}
    if plan.budget is not None and plan.budget not in known:
        yield hit("", budget=price(plan.language, plan.budget, plan.currency))
    named = {a.currency for a in found}
    if plan.currency and named and plan.currency not in named and "" not in named:
        yield hit("", "says_currency", currency=plan.currency, named=sorted(named))


@rule(
    "deadline-not-in-brief",
    "error",
    source=_FIDELITY,
)
def deadline_not_in_brief(case: Case) -> Hits:
    deadline = case.plan.deadline
    if deadline is None or not case.whole:
        return
    found = dates(case.whole)
    # "By March", "in 3 months" leave the day to the plan; "opened in 1962" does not.
    rough = [d for d in found if d.date is None and _may_be(d.text, deadline.year)]
    if deadline not in {d.date for d in found} and not rough:
        yield hit("", deadline=day(case.plan.language, deadline))


def _may_be(text: str, year: int) -> bool:
    years = re.findall(r"(?:19|20)\d\d", text)
    return not years or str(year) in years
