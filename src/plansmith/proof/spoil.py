"""Plans made wrong on purpose, one fault at a time: what each measure must see, and what it must not.

Enters: a good `Plan` and its `Brief`. Leaves: the same plan with one kind of fault planted wherever it fits.
Try: python -m plansmith.proof.worth examples/archive
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plansmith.plan import Brief, Dependency, Estimate, Plan, find_numbers, requirement_cue

Spoil = Callable[[Plan, Brief], Plan]


@dataclass(frozen=True)
class Fault:
    """`falls`: the measures made for it. `also`: measures that must fall with it, and why it cannot be otherwise."""

    name: str
    spoil: Spoil
    falls: tuple[str, ...]
    also: tuple[str, ...] = ()
    why: str = ""


def _with(plan: Plan, **lists: Any) -> Plan:
    return plan.model_copy(update={name: tuple(items) for name, items in lists.items()})


def _set(item: Any, **values: Any) -> Any:
    return item.model_copy(update=values)


def other_numbers(plan: Plan, _: Brief) -> Plan:
    """Every number of a requirement is another one, budget and deadline aside."""
    changed = []
    for r in plan.requirements:
        text = r.text
        for n in reversed([n for n in find_numbers(text) if n.value != "1" and r.kind != "constraint"]):
            text = f"{text[: n.start]}977{text[n.end :]}" if n.form in ("digits", "word") else text
        changed.append(_set(r, text=text))
    return _with(plan, requirements=changed)


def other_budget(plan: Plan, _: Brief) -> Plan:
    """A budget that nobody named."""
    return plan.model_copy(update={"budget": 987_654.0, "currency": plan.currency or "EUR"})


def weekdays(plan: Plan, brief: Brief) -> Plan:
    """Requirements hold on a weekday that the client never named."""
    day = next(d for d in ("Thursday", "Tuesday", "Wednesday") if d[:5].lower() not in brief.text.lower())
    return _with(plan, requirements=[_longer(r, f" on {day}") for r in plan.requirements])


def _longer(item: Any, more: str) -> Any:
    """A long statement with a few words more; in a short one they would outweigh the rest."""
    return _set(item, text=f"{item.text.rstrip(' .')}{more}.") if len(item.text.split()) > 11 else item


def strange_names(plan: Plan, _: Brief) -> Plan:
    """Requirements name a product that the client never named."""
    return _with(plan, requirements=[_longer(r, " with Zorvex") for r in plan.requirements])


def turned(plan: Plan, _: Brief) -> Plan:
    """What people can or must do, they cannot or must not."""
    words = ((" can ", " cannot "), (" must ", " must not "), (" is ", " is not "), (" gets ", " does not get "))

    def turn(text: str) -> str:
        old, new = next(((a, b) for a, b in words if a in text), ("", ""))
        return text.replace(old, new, 1) if old else text

    return _with(plan, requirements=[_set(r, text=turn(r.text)) for r in plan.requirements])


def wrong_sources(plan: Plan, _: Brief) -> Plan:
    """Each requirement cites the sentence of the next one."""
    sources = [r.source for r in plan.requirements]
    moved = zip(plan.requirements, sources[1:] + sources[:1], strict=True)
    return _with(plan, requirements=[_set(r, source=s) for r, s in moved])


def half_heard(plan: Plan, _: Brief) -> Plan:
    """Every second requirement is missing, with its stories and tasks."""
    gone = {r.id for r in plan.requirements[1::2]}
    stories = [_set(s, requirements=tuple(r for r in s.requirements if r not in gone)) for s in plan.stories]
    stories = [s for s in stories if s.requirements]
    gone |= {s.id for s in plan.stories} - {s.id for s in stories}
    served = [_set(t, serves=tuple(i for i in t.serves if i not in gone)) for t in plan.tasks]
    tasks = [t for t, old in zip(served, plan.tasks, strict=True) if t.serves or not old.serves]
    gone |= {t.id for t in plan.tasks} - {t.id for t in tasks}
    before = {t.id: [d.task for d in t.depends_on] for t in plan.tasks}

    def waits(task: str) -> list[str]:
        return [w for d in before[task] for w in ([d] if d not in gone else waits(d))]

    tasks = [_set(t, depends_on=tuple(Dependency(task=w) for w in dict.fromkeys(waits(t.id)))) for t in tasks]
    miles = [_set(m, tasks=tuple(t for t in m.tasks if t not in gone)) for m in plan.milestones]
    return _with(
        plan,
        requirements=[r for r in plan.requirements if r.id not in gone],
        stories=stories,
        tasks=tasks,
        milestones=[m for m in miles if m.tasks],
        questions=[_set(q, blocks=tuple(b for b in q.blocks if b not in gone)) for q in plan.questions],
        assumptions=[_set(a, blocks=tuple(b for b in a.blocks if b not in gone)) for a in plan.assumptions],
    )


def background_cited(plan: Plan, brief: Brief) -> Plan:
    """Requirements also cite sentences in which nothing is asked for."""
    held = {s for i in plan.items() for s in i.source}
    idle = [s.id for s in brief.sentences if s.id not in held and not requirement_cue(s)]
    bearer = next((r for r in plan.requirements if r.kind == "constraint"), plan.requirements[0])
    changed = [_set(r, source=(*r.source, *idle)) if r is bearer else r for r in plan.requirements]
    return _with(plan, requirements=changed)


def no_tasks_served(plan: Plan, _: Brief) -> Plan:
    """Tasks serve nothing."""
    return _with(plan, tasks=[_set(t, serves=()) for t in plan.tasks])


def no_acceptance(plan: Plan, _: Brief) -> Plan:
    """Stories without acceptance criteria."""
    return _with(plan, stories=[_set(s, acceptance=()) for s in plan.stories])


def system_stories(plan: Plan, _: Brief) -> Plan:
    """Stories told by the system."""
    return _with(plan, stories=[_set(s, role="system") for s in plan.stories])


def no_benefit(plan: Plan, _: Brief) -> Plan:
    """Stories without a benefit."""
    return _with(plan, stories=[_set(s, so_that="") for s in plan.stories])


def unseen_results(plan: Plan, _: Brief) -> Plan:
    """Acceptance criteria whose result nobody could observe."""
    spoilt = [_set(s, acceptance=tuple(_set(a, then="it works") for a in s.acceptance)) for s in plan.stories]
    return _with(plan, stories=spoilt)


def swapped_stories(plan: Plan, _: Brief) -> Plan:
    """Each requirement has the story of the next one."""
    wishes = [s.requirements for s in plan.stories]
    moved = zip(plan.stories, wishes[1:] + wishes[:1], strict=True)
    return _with(plan, stories=[_set(s, requirements=r) for s, r in moved])


def circle(plan: Plan, _: Brief) -> Plan:
    """The first two tasks wait for each other."""
    a, b, *rest = plan.tasks
    return _with(
        plan, tasks=[_set(a, depends_on=(Dependency(task=b.id),)), _set(b, depends_on=(Dependency(task=a.id),)), *rest]
    )


def leads(plan: Plan, _: Brief) -> Plan:
    """Work begins before what it waits for has ended."""
    spoilt = [_set(t, depends_on=tuple(_set(d, lag=-4.0) for d in t.depends_on)) for t in plan.tasks]
    return _with(plan, tasks=spoilt)


def loose_tasks(plan: Plan, _: Brief) -> Plan:
    """Nothing waits for anything."""
    return _with(plan, tasks=[_set(t, depends_on=()) for t in plan.tasks])


def dead_reference(plan: Plan, _: Brief) -> Plan:
    """Milestones name a task that is not there."""
    return _with(plan, milestones=[_set(m, tasks=(*m.tasks, "T999")) for m in plan.milestones])


def placeholders(plan: Plan, _: Brief) -> Plan:
    """Responses to risks that are still to be written."""
    return _with(plan, risks=[_set(k, response="TBD") for k in plan.risks])


def hours_disordered(plan: Plan, _: Brief) -> Plan:
    """The optimistic hours are more than the likely ones."""
    spoilt = [_set(t, estimate=_set(t.estimate, o=t.estimate.p, p=t.estimate.o)) for t in plan.tasks if t.estimate]
    return _with(plan, tasks=spoilt)


def same_hours(plan: Plan, _: Brief) -> Plan:
    """Every task takes 4 / 8 / 16 hours."""
    return _with(plan, tasks=[_set(t, estimate=Estimate(o=4, m=8, p=16)) for t in plan.tasks])


def double_hours(plan: Plan, _: Brief) -> Plan:
    """Every task takes twice as long, up to a week."""

    def twice(e: Estimate) -> Estimate:
        by = min(2.0, 40 / e.m)
        return Estimate(o=e.o * by, m=e.m * by, p=e.p * by)

    return _with(plan, tasks=[_set(t, estimate=twice(t.estimate)) if t.estimate else t for t in plan.tasks])


def twice_said(plan: Plan, _: Brief) -> Plan:
    """Each risk is there twice."""
    return _with(plan, risks=[*plan.risks, *(_set(k, id=f"K{900 + n}") for n, k in enumerate(plan.risks))])


def vague(plan: Plan, _: Brief) -> Plan:
    """Tasks are done when the result is user-friendly."""
    return _with(plan, tasks=[_set(t, done_when="the result is user-friendly") for t in plan.tasks])


def other_wording(plan: Plan, _: Brief) -> Plan:
    """Titles of tasks read backwards."""
    return _with(plan, tasks=[_set(t, title=" ".join(reversed(t.title.split()))) for t in plan.tasks])


FAULTS: tuple[Fault, ...] = (
    Fault(
        "other numbers", other_numbers, ("numbers",), ("story_fit",),
        "a story that names the number no longer shares it with its requirement",
    ),
    Fault(
        "other budget", other_budget, ("numbers",), ("chain",),
        "the plan's head then no longer holds the budget that a requirement states",
    ),
    Fault("strange weekdays", weekdays, ("dates",), ("faithfulness",), "in a statement with other new words they are too many"),
    Fault("strange names", strange_names, ("names",), ("faithfulness",), "in a statement with other new words they are too many"),
    Fault("meaning turned", turned, ("faithfulness",)),
    Fault(
        "wrong sources", wrong_sources, ("faithfulness",), ("coverage", "restraint", "heard", "numbers", "dates", "mae", "sa"),
        "what is true of one sentence is invented beside another",
    ),
    Fault(
        "half heard", half_heard, ("coverage", "heard"), ("mae", "sa"),
        "hours for two requirements now stand for one of them",
    ),
    Fault("background cited", background_cited, ("restraint",)),
    Fault("tasks serve nothing", no_tasks_served, ("chain",)),
    Fault("no acceptance", no_acceptance, ("chain",)),
    Fault("told by the system", system_stories, ("story_quality",)),
    Fault("no benefit", no_benefit, ("benefits",)),
    Fault(
        "unseen results", unseen_results, ("story_quality",), ("story_fit",),
        "its criteria no longer share words with the requirement",
    ),
    Fault("stories swapped", swapped_stories, ("story_fit",), ("mae", "sa"), "hours move to other sentences"),
    Fault("circle", circle, ("validity", "schedule")),
    Fault("leads", leads, ("schedule",)),
    Fault("loose tasks", loose_tasks, ("schedule",)),
    Fault("dead reference", dead_reference, ("validity",)),
    Fault("placeholders", placeholders, ("validity",)),
    Fault("hours disordered", hours_disordered, ("estimates",)),
    Fault("same hours", same_hours, ("estimates", "mae", "sa")),
    Fault("double hours", double_hours, ("mae", "sa")),
    Fault("said twice", twice_said, ("uniqueness",)),
    Fault("vague", vague, ("clarity",)),
    Fault("other wording", other_wording, ("chrf",)),
)  # fmt: skip
