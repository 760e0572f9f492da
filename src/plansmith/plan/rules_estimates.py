"""Checks of estimates and money: order, spread, size, sameness, currency.

Enters: a `Case`. Leaves: for each rule the items where it is broken.
Try: plansmith lint plan.md
"""

from __future__ import annotations

from collections import Counter

from plansmith.locale import figure, plural, words
from plansmith.plan.rules import Case, Hits, hit, lacking, rule
from plansmith.plan.types import Estimate

NARROWEST, WIDEST = 1.2, 6.0
"""Pessimistic over optimistic hours: narrower pretends to know, wider says that nobody knows."""
LONGEST = 40.0
"""Hours (most likely): more than a week of one person."""
_SAME_SHARE, _SAME_LEAST = 0.5, 8


def _hours(case: Case, *hours: float) -> str:
    say = words(case.plan.language)["forms.hour"]
    return f"{' / '.join(figure(case.plan.language, h) for h in hours)} {say}"


def _points(case: Case, estimate: Estimate) -> str:
    return _hours(case, estimate.o, estimate.m, estimate.p)


@rule(
    "estimate-order",
    "error",
    source="PERT: Malcolm et al. 1959",
)
def estimate_order(case: Case) -> Hits:
    for task in case.tasks:
        if task.estimate and not task.estimate.o <= task.estimate.m <= task.estimate.p:
            yield hit(task.id, hours=_points(case, task.estimate))


@rule(
    "estimate-spread",
    "warning",
    source="McConnell, Software Estimation (2006); the bounds 1.2 and 6 are our own",
)
def estimate_spread(case: Case) -> Hits:
    for task in case.tasks:
        e = task.estimate
        if e is None or not e.o <= e.m <= e.p:
            continue
        if e.p == e.o or e.p < NARROWEST * e.o:
            yield hit(task.id, "says_narrow", hours=_points(case, e))
        elif e.p > WIDEST * e.o:
            yield hit(task.id, "says_wide", hours=_points(case, e), times=WIDEST)


@rule(
    "long-task",
    "warning",
    source="8/80 rule of work breakdown structures; DCMA 14-point assessment (high duration)",
)
def long_task(case: Case) -> Hits:
    for task in case.tasks:
        if task.estimate and task.estimate.m > LONGEST:
            yield hit(task.id, hours=_hours(case, task.estimate.m))


@rule(
    "task-without-estimate",
    "warning",
    source="INVEST: estimable (Wake 2003)",
)
def task_without_estimate(case: Case) -> Hits:
    return lacking(case.tasks, "estimate")


@rule(
    "same-estimates",
    "advice",
    source="Anchoring: Jørgensen & Grimstad 2008",
)
def same_estimates(case: Case) -> Hits:
    seen = Counter((t.estimate.o, t.estimate.m, t.estimate.p) for t in case.tasks if t.estimate)
    total = sum(seen.values())
    for hours, times in seen.most_common(1):
        if total >= _SAME_LEAST and times >= _SAME_SHARE * total:
            tasks = plural(case.plan.language, "task", total)
            yield hit("", same=times, tasks=tasks, hours=_hours(case, *hours))


@rule(
    "currency-missing",
    "warning",
    source="ISO 4217",
)
def currency_missing(case: Case) -> Hits:
    if not case.plan.currency and (case.plan.budget is not None or any(m.rate is not None for m in case.plan.team)):
        yield hit("")


@rule(
    "currency-unused",
    "advice",
    source="House rule: nothing in the plan that says nothing",
)
def currency_unused(case: Case) -> Hits:
    if case.plan.currency and case.plan.budget is None and all(m.rate is None for m in case.plan.team):
        yield hit("", currency=case.plan.currency)
