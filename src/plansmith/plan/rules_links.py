"""Checks of what hangs together: references, circles, coverage of requirements, the chain from wish to milestone.

Enters: a `Case`. Leaves: for each rule the items where it is broken.
Try: plansmith lint plan.md
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from plansmith.plan.cues import is_deadline, requirement_cue
from plansmith.plan.dates import dates
from plansmith.plan.money import amounts
from plansmith.plan.rules import Case, Hits, references, rule
from plansmith.plan.types import Requirement, Story, one_line

_TRACE = "ISO/IEC/IEEE 29148:2018 (traceability); GAO-16-89G, Schedule Assessment Guide"
_MOST_CIRCLES = 20


@rule(
    "unknown-reference",
    "error",
    remedy="Correct the id, or add the item that it names.",
    source="OpenSpec's validator; Spec Kit's /analyze",
)
def unknown_reference(case: Case) -> Hits:
    """An item names another item that the plan does not have."""
    for item in case.plan.items():
        for name, target in references(item):
            if target not in case.by_id:
                yield item.id, f"{name} names {target}, which does not exist"
    components = {c.id for c in case.plan.architecture.components}
    for edge in case.plan.architecture.connections:
        for end in sorted({edge.start, edge.end} - components):
            yield "", f"the connection {edge.start} → {edge.end} names {end}, which is no component"


@rule(
    "retired-reference",
    "warning",
    remedy="Name the item that replaces it, or take the reference out.",
    source="ISO/IEC/IEEE 29148:2018 (change of requirements)",
)
def retired_reference(case: Case) -> Hits:
    """An item that holds names one that was superseded or dropped."""
    for item in case.live:
        for name, target in references(item):
            other = case.by_id.get(target)
            if other is not None and other.status != "live" and name != "superseded_by":
                heirs = f" by {', '.join(other.superseded_by)}" if other.superseded_by else ""
                yield item.id, f"{name} names {target}, which is {other.status}{heirs}"


@rule(
    "circular-dependency",
    "error",
    remedy="Take out one of the dependencies of the circle.",
    source="DCMA 14-point assessment (logic); GAO-16-89G",
)
def circular_dependency(case: Case) -> Hits:
    """Tasks wait for each other in a circle, so none of them can begin."""
    known = {t.id for t in case.tasks}
    graph = {t.id: {d.task for d in t.depends_on} & known for t in case.tasks}
    for _ in range(_MOST_CIRCLES):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]  # first and last are the same, each is waited for by the next
            yield circle[0], f"the dependencies run in a circle: {' → '.join(circle)}"
            graph[circle[1]] = graph[circle[1]] - {circle[0]}
        else:
            return


@rule(
    "orphan-requirement",
    "warning",
    remedy="Add a story or a task for it, or set its priority to won't.",
    source=_TRACE,
)
def orphan_requirement(case: Case) -> Hits:
    """A requirement (other than a must, see must-chain) has no story and no task."""
    for requirement in case.requirements:
        served = case.stories_of.get(requirement.id) or case.tasks_of.get(requirement.id)
        if requirement.priority != "must" and not served and not _held(case, requirement):
            yield requirement.id, "no story and no task is for it"


@rule(
    "must-chain",
    "error",
    remedy="Complete the chain: requirement, story with acceptance, task, milestone.",
    source="ISO/IEC/IEEE 29148:2018 (traceability); requirements traceability matrix",
)
def must_chain(case: Case) -> Hits:
    """A must lacks a link of the chain story, acceptance criterion, task, milestone.

    A quality may have a fit criterion and a task in place of a story; a constraint needs a task or a story, unless the
    plan's budget or deadline holds it.
    """
    for requirement in case.requirements:
        if requirement.priority == "must" and not _held(case, requirement):
            missing = _missing_link(case, requirement)
            if missing:
                yield requirement.id, missing


def _missing_link(case: Case, requirement: Requirement) -> str:
    stories = case.stories_of.get(requirement.id, [])
    tasks = [t for served in (requirement.id, *(s.id for s in stories)) for t in case.tasks_of.get(served, [])]
    if requirement.kind == "constraint":
        return "" if stories or tasks else "no task or story sees to it"
    by_fit = requirement.kind == "quality" and requirement.fit and not stories
    if not stories and not by_fit:
        return "no story is for it"
    if not by_fit and not any(s.acceptance for s in stories):
        return f"{_these(stories)} no acceptance criterion"
    if not tasks:
        return "no task is for it or its stories"
    if not any(t.id in case.scheduled for t in tasks):
        return f"no milestone holds {', '.join(t.id for t in tasks[:5])}"
    return ""


def _these(stories: list[Story]) -> str:
    ids = [s.id for s in stories]
    return f"its {'story' if len(ids) == 1 else 'stories'} {', '.join(ids)} {'has' if len(ids) == 1 else 'have'}"


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
    remedy="Say what it is for (for R1, U2), or put cross-cutting work into a milestone.",
    source="WBS 100 % rule (PMI Practice Standard for Work Breakdown Structures)",
)
def task_without_requirement(case: Case) -> Hits:
    """A task is for no story or requirement, and no milestone needs it."""
    for task in case.tasks:
        if not task.serves and task.id not in case.scheduled:
            yield task.id, "it is for no story or requirement and in no milestone"


@rule(
    "task-without-milestone",
    "advice",
    remedy="Put it into the milestone that needs it.",
    source="GAO-16-89G (all activities lead to a milestone)",
)
def task_without_milestone(case: Case) -> Hits:
    """The plan has milestones, and a task is in none of them."""
    if case.scheduled:
        for task in case.tasks:
            if task.serves and task.id not in case.scheduled:
                yield task.id, "no milestone holds it"


@rule(
    "empty-milestone",
    "warning",
    remedy="Name its tasks, or drop it.",
    source="GAO-16-89G",
)
def empty_milestone(case: Case) -> Hits:
    """A milestone has no task, so nothing decides when it is reached."""
    for milestone in case.plan.milestones:
        if milestone.status == "live" and not milestone.tasks:
            yield milestone.id, "it has no task"


@rule(
    "unstaffed-role",
    "warning",
    remedy="Add a member with this role to the team, or give the task another role.",
    source="GAO-16-89G (resources are assigned to all activities)",
)
def unstaffed_role(case: Case) -> Hits:
    """The plan has a team, and nobody in it has the role of a task."""
    staffed = {m.role.casefold() for m in case.plan.team}
    for task in case.tasks:
        if staffed and task.role.casefold() not in staffed:
            yield task.id, f"nobody in the team is {task.role}"


@rule(
    "unknown-sentence",
    "error",
    remedy="Cite a sentence of the brief; plansmith check shows their numbers.",
    source="Quote grounding: every stated item leads back to the client's exact words",
)
def unknown_sentence(case: Case) -> Hits:
    """An item cites a sentence that the brief does not have."""
    if case.sentences:
        for item in case.plan.items():
            for cited in item.source:
                if cited not in case.sentences:
                    yield item.id, f"the brief has no sentence {cited}"


@rule(
    "quote-differs",
    "error",
    remedy="Check the plan against this brief and renew its quotes; the client may have sent a new text.",
    source="Quote grounding",
)
def quote_differs(case: Case) -> Hits:
    """The plan quotes or names another text than the brief at hand."""
    if case.brief is None:
        return
    # a quote is the client's own characters; somebody who wrote it by hand may have left the markup out
    said = {s.id: {one_line(case.brief.quote(s.id)), one_line(s.text)} for s in case.brief.sentences}
    for quote in case.plan.quotes:
        if quote.text not in said.get(quote.id, set()):
            yield "", f"the quote {quote.id} is not what the brief says there"
    if case.plan.brief_sha256 and case.plan.brief_sha256 != case.brief.sha256 and not case.plan.quotes:
        yield "", "the plan was made for another version of the brief"


@rule(
    "sentence-not-covered",
    "advice",
    remedy="Add a requirement for it, or put it into the questions or out of scope.",
    source="Brief coverage, after Text2Stories (arXiv 2510.08622)",
)
def sentence_not_covered(case: Case) -> Hits:
    """A sentence of the brief reads like a requirement, and no item of the plan cites it."""
    cited = {s for item in case.plan.items() for s in item.source}
    for sentence in case.brief.sentences if case.brief and case.plan.requirements else ():
        cue = None if sentence.id in cited else requirement_cue(sentence)
        if cue:
            yield "", f"nothing in the plan cites {sentence.id} ({cue}): {sentence.text[:80]}"
