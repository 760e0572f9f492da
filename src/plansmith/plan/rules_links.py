"""Checks of what hangs together: references, circles, coverage of requirements, the chain from wish to milestone.

Enters: a `Case`. Leaves: for each rule the items where it is broken.
Try: plansmith lint plan.md
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from textwrap import shorten

from plansmith.plan.cues import is_deadline, requirement_cue
from plansmith.plan.dates import dates
from plansmith.plan.fields import one_line
from plansmith.plan.money import amounts
from plansmith.plan.rules import Case, Hit, Hits, hit, lacking, named, references, rule, worded
from plansmith.plan.trace import said_later
from plansmith.plan.types import Requirement

_TRACE = "ISO/IEC/IEEE 29148:2018 (traceability); GAO-16-89G, Schedule Assessment Guide"
_MOST_CIRCLES = 20


@rule(
    "unknown-reference",
    "error",
    source="OpenSpec's validator; Spec Kit's /analyze",
)
def unknown_reference(case: Case) -> Hits:
    for item in case.plan.items():
        for name, target in references(item):
            if target not in case.by_id:
                yield hit(item.id, detail=named(case, name), target=target)
    components = {c.id for c in case.plan.architecture.components}
    for edge in case.plan.architecture.connections:
        for end in sorted({edge.start, edge.end} - components):
            yield hit("", "says_edge", start=edge.start, end=edge.end, target=end)


@rule(
    "retired-reference",
    "warning",
    source="ISO/IEC/IEEE 29148:2018 (change of requirements)",
)
def retired_reference(case: Case) -> Hits:
    for item in case.live:
        for name, target in references(item):
            other = case.by_id.get(target)
            if other is not None and other.status != "live" and name != "superseded_by":
                form, detail = f"says_{other.status}", named(case, name)
                yield hit(item.id, form, detail=detail, target=target, heirs=other.superseded_by)


@rule(
    "circular-dependency",
    "error",
    source="DCMA 14-point assessment (logic); GAO-16-89G",
)
def circular_dependency(case: Case) -> Hits:
    known = {t.id for t in case.tasks}
    graph = {t.id: {d.task for d in t.depends_on} & known for t in case.tasks}
    for _ in range(_MOST_CIRCLES):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]  # first and last are the same, each is waited for by the next
            yield hit(circle[0], circle=" → ".join(circle))
            graph[circle[1]] = graph[circle[1]] - {circle[0]}
        else:
            return


@rule(
    "orphan-requirement",
    "warning",
    source=_TRACE,
)
def orphan_requirement(case: Case) -> Hits:
    for requirement in case.requirements:
        served = case.stories_of.get(requirement.id) or case.tasks_of.get(requirement.id)
        if requirement.priority != "must" and not served and not _held(case, requirement):
            yield hit(requirement.id)


@rule(
    "must-chain",
    "error",
    source="ISO/IEC/IEEE 29148:2018 (traceability); requirements traceability matrix",
)
def must_chain(case: Case) -> Hits:
    for requirement in case.requirements:
        if requirement.priority == "must" and not _held(case, requirement):
            missing = _missing_link(case, requirement)
            if missing:
                yield missing


def _missing_link(case: Case, requirement: Requirement) -> Hit | None:
    stories = case.stories_of.get(requirement.id, [])
    tasks = [t for served in (requirement.id, *(s.id for s in stories)) for t in case.tasks_of.get(served, [])]
    if requirement.kind == "constraint":
        return None if stories or tasks else hit(requirement.id, "says_unseen")
    by_fit = requirement.kind == "quality" and requirement.fit and not stories
    if not stories and not by_fit:
        return hit(requirement.id, "says_story")
    if not by_fit and not any(s.acceptance for s in stories):
        return hit(requirement.id, "says_acceptance", n=len(stories), stories=[s.id for s in stories])
    if not tasks:
        return hit(requirement.id, "says_task")
    if not any(t.id in case.scheduled for t in tasks):
        return hit(requirement.id, "says_milestone", tasks=[t.id for t in tasks[:5]])
    return None


def _held(case: Case, requirement: Requirement) -> bool:
    """Whether a constraint is only the budget or the deadline, which the plan itself carries and shows."""
    if requirement.kind != "constraint":
        return False
    sums, days = amounts(requirement.text), [d.date for d in dates(requirement.text) if d.date]
    paid = bool(sums) and case.plan.budget in {a.value for a in sums}
    timed = bool(days) and case.plan.deadline in days
    late = case.plan.deadline is not None and not days and is_deadline(requirement.text)
    return paid or timed or late


@rule(
    "task-without-requirement",
    "warning",
    source="WBS 100 % rule (PMI Practice Standard for Work Breakdown Structures)",
)
def task_without_requirement(case: Case) -> Hits:
    for task in case.tasks:
        if not task.serves and task.id not in case.scheduled:
            yield hit(task.id)


@rule(
    "task-without-milestone",
    "advice",
    source="GAO-16-89G (all activities lead to a milestone)",
)
def task_without_milestone(case: Case) -> Hits:
    if case.scheduled:
        for task in case.tasks:
            if task.serves and task.id not in case.scheduled:
                yield hit(task.id)


@rule(
    "empty-milestone",
    "warning",
    source="GAO-16-89G",
)
def empty_milestone(case: Case) -> Hits:
    return lacking(case.milestones, "tasks")


@rule(
    "unstaffed-role",
    "warning",
    source="GAO-16-89G (resources are assigned to all activities)",
)
def unstaffed_role(case: Case) -> Hits:
    staffed = {m.role.casefold() for m in case.plan.team}
    for task in case.tasks:
        if staffed and task.role.casefold() not in staffed:
            yield hit(task.id, role=task.role)


@rule(
    "unknown-sentence",
    "error",
    source="Quote grounding: every stated item leads back to the client's exact words",
)
def unknown_sentence(case: Case) -> Hits:
    if case.sentences:
        for item in case.plan.items():
            for cited in item.source:
                if cited not in case.sentences:
                    yield hit(item.id, sentence=cited)


@rule(
    "quote-differs",
    "error",
    source="Quote grounding",
)
def quote_differs(case: Case) -> Hits:
    if case.brief is None:
        return
    # a quote is the client's own characters; somebody who wrote it by hand may have left the markup out
    said = {s.id: {one_line(case.brief.quote(s.id)), one_line(s.text)} for s in case.brief.sentences}
    said |= {quote.id: {quote.text} for quote in said_later(case.plan, case.brief)}
    for quote in case.plan.quotes:
        if quote.text not in said.get(quote.id, set()):
            yield hit("", sentence=quote.id)
    if case.plan.brief_sha256 and case.plan.brief_sha256 != case.brief.sha256 and not case.plan.quotes:
        yield hit("", "says_brief")


@rule(
    "sentence-not-covered",
    "advice",
    source="Brief coverage, after Text2Stories (arXiv 2510.08622)",
)
def sentence_not_covered(case: Case) -> Hits:
    cited = {s for item in case.plan.items() for s in item.source}
    for sentence in case.brief.sentences if case.brief and case.plan.requirements else ():
        cue = None if sentence.id in cited else requirement_cue(sentence)
        if cue:
            yield hit(
                "",
                sentence=sentence.id,
                cue=worded(case, "cues", cue),
                text=shorten(sentence.text, 80, placeholder=" …"),
            )
