"""What a check is: its code, severity, source and remedy, and the view of a plan that it looks at.

Enters: a `Plan` and perhaps the `Brief` it answers. Leaves: a `Case`, the plan with its indexes, for the rules in
`rules_links`, `rules_facts`, `rules_estimates` and `rules_wording`; and `Finding`, what a rule says.
Try: python -c "from plansmith.plan.checks import RULES; print(*(r.code for r in RULES), sep='\\n')"

Items that are superseded or dropped are not looked at; only references to them are.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal, NamedTuple

from plansmith.locale import check_text, field_name
from plansmith.plan.brief import Brief
from plansmith.plan.trace import said_later
from plansmith.plan.types import Decision, Milestone, Plan, Requirement, Risk, Story, Task

Severity = Literal["error", "warning", "advice"]


class Hit(NamedTuple):
    """What a rule yields: the id of an item (empty: the plan as a whole) and which text says it with which values."""

    item: str
    form: str
    values: dict[str, Any]


Hits = Iterator[Hit]


def hit(item: str, form: str = "says", **values: Any) -> Hit:
    """A place where a rule is broken; `form` is a text of the rule in `locale/checks.*.toml`, `values` fill it in."""
    return Hit(item, form, values)


@dataclass(frozen=True)
class Finding:
    """One thing that a check found: which rule, how grave, in which item, what is wrong and what to do."""

    code: str
    severity: Severity
    item: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.item}: " if self.item else ""
        return f"{self.severity} {self.code}: {place}{self.message}. {self.remedy}"


@dataclass(frozen=True)
class Rule:
    """A check; `source`: the paper, standard or practice behind it. Its texts stand in `locale/checks.*.toml`."""

    code: str
    severity: Severity
    source: str
    find: Callable[[Case], Hits]

    def explanation(self, language: str = "en") -> str:
        """What the rule finds."""
        return check_text(language, self.code, "finds")

    def remedy(self, language: str = "en") -> str:
        """What to do about it."""
        return check_text(language, self.code, "remedy")

    def findings(self, case: Case) -> Iterator[Finding]:
        language = case.plan.language
        for item, form, values in self.find(case):
            message = check_text(language, self.code, form, **values)
            yield Finding(self.code, self.severity, item, message, self.remedy(language))


def rule(code: str, severity: Severity, *, source: str) -> Callable[[Callable[[Case], Hits]], Rule]:
    """Make a rule of a function that yields hits."""
    return lambda find: Rule(code, severity, source, find)


@dataclass(frozen=True)
class Case:
    """A plan to check, the brief that it answers (or None), and the indexes that the rules share."""

    plan: Plan
    brief: Brief | None = None

    @cached_property
    def by_id(self) -> dict[str, Any]:
        return {item.id: item for item in self.plan.items()}

    @cached_property
    def live(self) -> tuple[Any, ...]:
        return tuple(item for item in self.plan.items() if item.status == "live")

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """Live requirements, the ones that are deliberately left out ("won't") excepted."""
        return tuple(r for r in self.plan.requirements if r.status == "live" and r.priority != "wont")

    @cached_property
    def stories(self) -> tuple[Story, ...]:
        return tuple(s for s in self.plan.stories if s.status == "live")

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        return tuple(t for t in self.plan.tasks if t.status == "live")

    @cached_property
    def milestones(self) -> tuple[Milestone, ...]:
        return tuple(m for m in self.plan.milestones if m.status == "live")

    @cached_property
    def risks(self) -> tuple[Risk, ...]:
        return tuple(k for k in self.plan.risks if k.status == "live")

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        return tuple(d for d in self.plan.decisions if d.status == "live")

    @cached_property
    def stories_of(self) -> dict[str, list[Story]]:
        """Live stories by the requirement that they are for."""
        found: dict[str, list[Story]] = {}
        for story in self.stories:
            for requirement in story.requirements:
                found.setdefault(requirement, []).append(story)
        return found

    @cached_property
    def tasks_of(self) -> dict[str, list[Task]]:
        """Live tasks by the story or requirement that they serve."""
        found: dict[str, list[Task]] = {}
        for task in self.tasks:
            for served in task.serves:
                found.setdefault(served, []).append(task)
        return found

    @cached_property
    def scheduled(self) -> frozenset[str]:
        """Ids of the tasks that belong to a live milestone."""
        return frozenset(t for m in self.milestones for t in m.tasks)

    @cached_property
    def sentences(self) -> dict[str, str]:
        """The client's sentences by id, with heading and lead-in; from the plan's quotes where there is no brief."""
        if self.brief is None:
            return {quote.id: quote.text for quote in self.plan.quotes}
        later = {quote.id: quote.text for quote in said_later(self.plan, self.brief)}
        return {s.id: " ".join((s.heading, s.lead_in, s.text)).strip() for s in self.brief.sentences} | later

    @cached_property
    def whole(self) -> str:
        """All that the client wrote, as far as it is known here."""
        if self.brief is None:
            return " ".join(self.sentences.values())
        return " ".join((self.brief.text, *(quote.text for quote in said_later(self.plan, self.brief))))

    def evidence(self, item: Any) -> str:
        """The client's words that an item cites."""
        return " ".join(self.sentences[s] for s in item.source if s in self.sentences)


def lacking(items: Iterable[Any], field: str) -> Hits:
    """A hit for each item whose field is empty."""
    return (hit(item.id) for item in items if not getattr(item, field))


def named(case: Case, field: str) -> str:
    """What the plan's language calls a field."""
    return field_name(case.plan.language, field)


def worded(case: Case, table: str, key: str) -> str:
    """A word of the checks' word file in the plan's language."""
    return check_text(case.plan.language, table, key)


def claim(item: Any) -> str:
    """What an item says the client wants: the text that is compared with the client's words."""
    if isinstance(item, Story):
        return f"{item.role}: {item.want}. {item.so_that}".strip(" .")
    return next((text for _, text in texts(item)), "")


def references(item: Any) -> Iterator[tuple[str, str]]:
    """Pairs of a detail and an id that it names."""
    for name in _fields(item.__class__, _REFERRING):
        yield from ((name, target) for target in getattr(item, name))
    if isinstance(item, Task):
        yield from (("depends_on", d.task) for d in item.depends_on)


def texts(item: Any) -> Iterator[tuple[str, str]]:
    """Pairs of a detail's name and its text, empty ones left out."""
    for name in _fields(item.__class__, _TEXTS):
        if value := getattr(item, name):
            yield name, value
    for scenario in item.acceptance if isinstance(item, Story) else ():
        yield from (("given", scenario.given), ("when", scenario.when), ("then", scenario.then))


_REFERRING = ("requirements", "serves", "tasks", "blocks", "superseded_by")
_TEXTS = (
    *("text", "title", "event", "want", "so_that", "role", "fit", "done_when", "exit", "cause", "effect", "response"),
    *("if_false", "context", "chosen", "consequences", "answer", "name", "purpose"),
)


@cache
def _fields(kind: Hashable, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the names that items of this type have."""
    return tuple(name for name in names if name in getattr(kind, "model_fields", ()))
