"""The plan as data: what a development plan consists of, and nothing about how it is written or shown.

Enters: values from a parser, a person or a model. Leaves: an immutable, normalised `Plan`.
Try: python -c "from plansmith.plan import Plan; print(Plan(title='Bakery orders').model_dump_json())"

Terms follow ISO/IEC/IEEE 29148 (requirement, fit criterion), the Connextra story form, Gherkin
(Given/When/Then), MoSCoW priorities, and PERT three-point estimates. All efforts are hours of work;
money is in the plan's currency; dates are ISO 8601.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from plansmith.plan.fields import (
    AnyId,
    AssumptionId,
    ComponentId,
    DecisionId,
    Hours,
    Line,
    MilestoneId,
    Money,
    Name,
    OptionalLine,
    Prose,
    QuestionId,
    RequirementId,
    RiskId,
    Scale,
    SentenceId,
    StoryId,
    TaskId,
    finite,
    one_line,
)

Origin = Literal["stated", "inferred", "assumed"]
Priority = Literal["must", "should", "could", "wont"]
Kind = Literal["functional", "quality", "constraint"]
Status = Literal["live", "superseded", "dropped"]
LinkType = Literal["FS", "SS", "FF", "SF"]
Language = Literal["en", "ro"]

PRIORITIES: tuple[str, ...] = get_args(Priority)
KINDS: tuple[str, ...] = get_args(Kind)
ORIGINS: tuple[str, ...] = get_args(Origin)


class Frozen(BaseModel):
    """Immutable, and closed: a field that is not known is an error, not a silent loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(Frozen):
    """What every item of a plan carries: where it comes from and whether it still holds.

    `origin`: *stated* by the client, *inferred* from what is stated, or *assumed*. `source`: ids of the
    brief's sentences; a stated item has at least one. `superseded_by` names the items that replace it.
    """

    origin: Origin = "inferred"
    source: tuple[SentenceId, ...] = ()
    status: Status = "live"
    superseded_by: tuple[AnyId, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Item:
        if self.origin == "stated" and not self.source:
            raise ValueError("a stated item must cite at least one sentence (source)")
        if (self.status == "superseded") != bool(self.superseded_by):
            raise ValueError("status is 'superseded' exactly when superseded_by names the items that replace it")
        return self


class Requirement(Item):
    """One thing that the software must do, how well, or within which limits."""

    id: RequirementId
    text: Line
    kind: Kind = "functional"
    priority: Priority = "must"
    fit: OptionalLine = ""
    """Fit criterion: how one measures that it is met."""


class Scenario(Frozen):
    """An acceptance criterion in Gherkin's form; each part without its leading keyword."""

    given: Line
    when: Line
    then: Line


class Story(Item):
    """A user story: as a `role`, I want `want`, so that `so_that`."""

    id: StoryId
    requirements: tuple[RequirementId, ...] = ()
    role: Line
    want: Line
    so_that: OptionalLine = ""
    acceptance: tuple[Scenario, ...] = ()


class Estimate(Frozen):
    """Three-point estimate in hours: optimistic, most likely, pessimistic; `basis`: hours of similar past tasks."""

    o: Hours
    m: Hours
    p: Hours
    basis: tuple[Hours, ...] = ()


class Dependency(Frozen):
    """The task waits for `task`: FS finish-to-start, SS, FF, SF; `lag` in working hours, negative is a lead."""

    task: TaskId
    type: LinkType = "FS"
    lag: Annotated[float, Field(ge=-10_000, le=10_000), AfterValidator(finite)] = 0


class Task(Item):
    """A piece of work for one role. `serves`: the stories or requirements that it is for; none: cross-cutting."""

    id: TaskId
    title: Line
    role: Name
    estimate: Estimate | None = None
    serves: tuple[Annotated[str, Field(pattern=r"^[RU][1-9][0-9]{0,5}$")], ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    done_when: OptionalLine = ""


class Milestone(Item):
    """A point that is reached when its tasks are done and its exit criterion holds."""

    id: MilestoneId
    title: Line
    exit: OptionalLine = ""
    tasks: tuple[TaskId, ...] = ()


class Risk(Item):
    """Because of `cause`, `event` may happen, which leads to `effect`; the plan's answer is `response`."""

    id: RiskId
    event: Line
    cause: OptionalLine = ""
    effect: OptionalLine = ""
    probability: Scale = 3
    impact: Scale = 3
    response: OptionalLine = ""
    owner: OptionalLine = ""


class Assumption(Item):
    """Something taken to be true, and what follows if it is not; `blocks`: the items that would have to change."""

    id: AssumptionId
    origin: Origin = "assumed"
    text: Line
    if_false: OptionalLine = ""
    blocks: tuple[AnyId, ...] = ()


class Question(Item):
    """An open question; `blocks`: the items that wait for its answer."""

    id: QuestionId
    text: Line
    blocks: tuple[AnyId, ...] = ()
    ask: OptionalLine = ""
    """Whom to ask."""
    answer: OptionalLine = ""


class Option(Frozen):
    """One way to decide, and what speaks for and against it."""

    title: Line
    consequence: OptionalLine = ""


class Decision(Item):
    """An architecture decision record: context, options, the chosen one, consequences."""

    id: DecisionId
    title: Line
    context: OptionalLine = ""
    options: tuple[Option, ...] = ()
    chosen: OptionalLine = ""
    """Title of the chosen option; empty while undecided."""
    consequences: OptionalLine = ""


class Component(Item):
    """A node of the C4 context or container view."""

    id: ComponentId
    name: Line
    kind: Literal["person", "system", "container", "database", "external"] = "container"
    purpose: OptionalLine = ""


class Connection(Frozen):
    """A directed edge between two components."""

    start: ComponentId
    end: ComponentId
    label: OptionalLine = ""


class Entity(Frozen):
    """A data entity and its attributes."""

    name: Name
    attributes: tuple[Name, ...] = ()


class Architecture(Frozen):
    """Components, their connections, and the data that they keep."""

    components: tuple[Component, ...] = ()
    connections: tuple[Connection, ...] = ()
    entities: tuple[Entity, ...] = ()


class Absence(Frozen):
    """Days off, both ends included."""

    first: dt.date
    last: dt.date

    @model_validator(mode="after")
    def _ordered(self) -> Absence:
        if self.last < self.first:
            raise ValueError(f"leave ends ({self.last}) before it begins ({self.first})")
        return self


class Member(Frozen):
    """A person or a seat in the team; `capacity`: share of a working day; `rate`: money per hour."""

    name: Name
    role: Name
    capacity: Annotated[float, Field(gt=0, le=1), AfterValidator(finite)] = 1.0
    rate: Money | None = None
    leave: tuple[Absence, ...] = ()


class Calendar(Frozen):
    """When work happens: `country` is an ISO 3166 code whose public holidays are free; `start`: first day.

    `region`: a part of the country with holidays of its own, by the code that the `holidays` library uses (BY, ENG).
    `free_days`: days on which nobody works, beyond weekends and public holidays; `work_days`: days on which people
    work all the same, whatever would make them free (a Saturday worked in return for a bridging day).
    """

    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""
    region: Annotated[str, BeforeValidator(one_line), Field(pattern=r"^([^\W_][\w .'’-]*)?$", max_length=40)] = ""
    start: dt.date | None = None
    hours_per_day: Annotated[float, Field(gt=0, le=24), AfterValidator(finite)] = 8.0
    weekend: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (5, 6)
    """Free days of the week, Monday is 0."""
    free_days: tuple[Absence, ...] = ()
    work_days: tuple[dt.date, ...] = ()

    @model_validator(mode="after")
    def _placed(self) -> Calendar:
        if self.region and not self.country:
            raise ValueError(f"region {self.region} needs its country; add country, such as DE")
        return self


class Term(Frozen):
    """A glossary entry."""

    term: Line
    definition: Line


class Change(Frozen):
    """One entry of the plan's history."""

    date: dt.date
    text: Line


class Quote(Frozen):
    """A sentence of the client's brief, word for word; `unused`: why it is no requirement, where it is none."""

    id: SentenceId
    text: Line
    unused: OptionalLine = ""


class Silence(Frozen):
    """A check that is switched off, for one item or (item empty) for the plan, and why."""

    check: Annotated[str, Field(pattern=r"^[a-z][a-z-]*$")]
    item: Annotated[str, Field(pattern=r"^([RUTMKAQDC][1-9][0-9]{0,5})?$")] = ""
    reason: Line


class Plan(Frozen):
    """A development plan for one client's brief."""

    title: Line
    language: Language = "en"
    client: OptionalLine = ""
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    """ISO 4217 code; empty where the brief names none."""
    budget: Money | None = None
    deadline: dt.date | None = None
    brief_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    summary: Prose = ""
    requirements: tuple[Requirement, ...] = ()
    stories: tuple[Story, ...] = ()
    tasks: tuple[Task, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    risks: tuple[Risk, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    questions: tuple[Question, ...] = ()
    decisions: tuple[Decision, ...] = ()
    architecture: Architecture = Architecture()
    out_of_scope: tuple[Line, ...] = ()
    team: tuple[Member, ...] = ()
    calendar: Calendar = Calendar()
    glossary: tuple[Term, ...] = ()
    testing: Prose = ""
    rollout: Prose = ""
    quotes: tuple[Quote, ...] = ()
    """The brief's sentences, so that the plan can be read and traced without the brief's file."""
    silenced: tuple[Silence, ...] = ()
    changelog: tuple[Change, ...] = ()

    @model_validator(mode="after")
    def _unique_ids(self) -> Plan:
        seen: set[str] = set()
        twice = [i.id for i in self.items() if i.id in seen or seen.add(i.id)]  # type: ignore[func-returns-value]
        quoted = [q.id for q in self.quotes]
        twice += sorted({q for q in quoted if quoted.count(q) > 1}) if len(set(quoted)) < len(quoted) else []
        if twice:
            raise ValueError(f"ids used twice: {', '.join(dict.fromkeys(twice))}")
        return self

    def items(self) -> tuple[Any, ...]:
        """Every item that has an id, in reading order."""
        return (
            *self.requirements,
            *self.stories,
            *self.tasks,
            *self.milestones,
            *self.risks,
            *self.assumptions,
            *self.questions,
            *self.decisions,
            *self.architecture.components,
        )
