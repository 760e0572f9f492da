"""Checks of estimates and money: order, spread, size, sameness, currency.

Enters: a `Case`. Leaves: for each rule the items where it is broken.
Try: plansmith lint plan.md
"""

from __future__ import annotations

from collections import Counter

from plansmith.plan.rules import Case, Hits, rule
from plansmith.plan.types import Estimate

NARROWEST, WIDEST = 1.2, 6.0
"""Pessimistic over optimistic hours: narrower pretends to know, wider says that nobody knows."""
LONGEST = 40.0
"""Hours (most likely): more than a week of one person."""
_SAME_SHARE, _SAME_LEAST = 0.5, 8


def _hours(estimate: Estimate) -> str:
    return f"{estimate.o:g} / {estimate.m:g} / {estimate.p:g} h"


@rule(
    "estimate-order",
    "error",
    remedy="Give optimistic, most likely and pessimistic hours in this order.",
    source="PERT: Malcolm et al. 1959",
)
def estimate_order(case: Case) -> Hits:
    """The optimistic hours exceed the most likely ones, or these the pessimistic ones."""
    for task in case.tasks:
        if task.estimate and not task.estimate.o <= task.estimate.m <= task.estimate.p:
            yield task.id, f"{_hours(task.estimate)} does not rise"


@rule(
    "estimate-spread",
    "warning",
    remedy="Ask what could go well and what could go wrong, and widen or narrow the estimate.",
    source="McConnell, Software Estimation (2006); the bounds 1.2 and 6 are our own",
)
def estimate_spread(case: Case) -> Hits:
    """The pessimistic hours are less than 1.2 times the optimistic ones, or more than 6 times."""
    for task in case.tasks:
        e = task.estimate
        if e is None or not e.o <= e.m <= e.p:
            continue
        if e.p == e.o or e.p < NARROWEST * e.o:
            yield task.id, f"{_hours(e)} leaves hardly any room between good and bad luck"
        elif e.p > WIDEST * e.o:
            yield task.id, f"{_hours(e)}: the pessimistic hours are more than {WIDEST:g} times the optimistic ones"


@rule(
    "long-task",
    "warning",
    remedy="Part it into tasks of which each ends with something to see.",
    source="8/80 rule of work breakdown structures; DCMA 14-point assessment (high duration)",
)
def long_task(case: Case) -> Hits:
    """The most likely hours of a task exceed 40."""
    for task in case.tasks:
        if task.estimate and task.estimate.m > LONGEST:
            yield task.id, f"{task.estimate.m:g} h is more than a week for one person"


@rule(
    "task-without-estimate",
    "warning",
    remedy="Add optimistic / most likely / pessimistic hours.",
    source="INVEST: estimable (Wake 2003)",
)
def task_without_estimate(case: Case) -> Hits:
    """A task has no hours, so totals, dates and price leave it out."""
    for task in case.tasks:
        if task.estimate is None:
            yield task.id, "it has no estimate"


@rule(
    "same-estimates",
    "advice",
    remedy="Estimate each task by itself, from similar tasks of past projects.",
    source="Anchoring: Jørgensen & Grimstad 2008",
)
def same_estimates(case: Case) -> Hits:
    """In a plan of eight tasks or more, at least half have the very same three hours."""
    seen = Counter((t.estimate.o, t.estimate.m, t.estimate.p) for t in case.tasks if t.estimate)
    total = sum(seen.values())
    for (o, m, p), times in seen.most_common(1):
        if total >= _SAME_LEAST and times >= _SAME_SHARE * total:
            yield "", f"{times} of {total} tasks are estimated at {o:g} / {m:g} / {p:g} h"


@rule(
    "currency-missing",
    "warning",
    remedy="Add currency: with its ISO 4217 code, such as EUR, to the head of the plan.",
    source="ISO 4217",
)
def currency_missing(case: Case) -> Hits:
    """The plan has a budget or rates, and no currency."""
    if not case.plan.currency and (case.plan.budget is not None or any(m.rate is not None for m in case.plan.team)):
        yield "", "there are amounts of money and no currency"


@rule(
    "currency-unused",
    "advice",
    remedy="Add the budget or the rates of the team, or take the currency out.",
    source="House rule: nothing in the plan that says nothing",
)
def currency_unused(case: Case) -> Hits:
    """The plan has a currency, and no budget and no rates."""
    if case.plan.currency and case.plan.budget is None and all(m.rate is None for m in case.plan.team):
        yield "", f"{case.plan.currency} is named and no amount is"
