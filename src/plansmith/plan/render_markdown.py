"""Write a plan in its Markdown form (docs/plan-format.md).

Enters: a `Plan`. Leaves: the text of its file, in the plan's language; `parse_plan(render_plan(plan)) == plan` for
every plan. What reading would fill in by itself (defaults, inherited sources) is left out.
Try: python -c "from plansmith.plan import *; print(render_plan(Plan(title='Bakery orders')))"
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from plansmith.locale import words
from plansmith.plan.details import MEMBER, TASK, Kind, recognise
from plansmith.plan.escape import block, detail, heading, inline, number
from plansmith.plan.front import render_front, write_days
from plansmith.plan.origins import REFERENCES, usual_origin, usual_source
from plansmith.plan.sentences import write_scenario, write_story
from plansmith.plan.types import (
    Assumption,
    Component,
    Decision,
    Dependency,
    Estimate,
    Member,
    Milestone,
    Option,
    Plan,
    Question,
    Quote,
    Requirement,
    Risk,
    Story,
    Task,
)

Words = Mapping[str, str]


def render_plan(plan: Plan) -> str:
    """The plan's Markdown form."""
    say = words(plan.language)
    cited = {r.id: r.source for r in plan.requirements} | {s.id: s.source for s in plan.stories}
    lines = [*render_front(plan), "", f"# {heading(plan.title)}", "", *_prose(plan.summary)]
    for name in ("requirements", "stories", "tasks", "milestones", "risks", "assumptions", "questions", "decisions"):
        _section(lines, say, name, _items(name, getattr(plan, name), plan, cited))
    _architecture(lines, plan, cited)
    _section(lines, say, "out_of_scope", [f"- {block(text)}" for text in plan.out_of_scope])
    _section(lines, say, "team", [line for member in plan.team for line in _member(member, say)])
    _section(lines, say, "glossary", [f"- **{_bold(t.term)}**: {inline(t.definition)}" for t in plan.glossary])
    _section(lines, say, "testing", _prose(plan.testing)[:-1])
    _section(lines, say, "rollout", _prose(plan.rollout)[:-1])
    _section(lines, say, "quotes", [line for quote in plan.quotes for line in _quote(quote, say)])
    silent = [f"- {s.check}{' ' + s.item if s.item else ''}: {inline(s.reason)}" for s in plan.silenced]
    _section(lines, say, "silenced", silent)
    _section(lines, say, "changelog", [f"- {c.date.isoformat()}: {inline(c.text)}" for c in plan.changelog])
    return "\n".join(lines).rstrip("\n") + "\n"


def _section(lines: list[str], say: Words, name: str, body: list[str], level: str = "##") -> None:
    if body:
        lines += [f"{level} {say[f'headings.{name}']}", "", *body, ""]


def _prose(text: str) -> list[str]:
    """Paragraphs with an empty line after each; list entries stand close together."""
    lines: list[str] = []
    for paragraph in text.split("\n\n") if text else []:
        written = block(paragraph, prose=True)
        if lines and written.startswith("- ") and lines[-2].startswith("- "):
            lines.pop()
        lines += [written, ""]
    return lines


def _bold(text: str) -> str:
    return inline(text).replace("\\*", "*").replace("*", "\\*")


def _items(name: str, items: Iterable[Any], plan: Plan, cited: Mapping[str, tuple[str, ...]]) -> list[str]:
    say = words(plan.language)
    lines: list[str] = []
    for item in items:
        title, details = _ITEMS[name](item, plan)
        facets = _origin(name, item, say, cited)
        if name == "requirements":
            details[0] = " · ".join([details[0], *facets])
        elif facets:
            details.append(f"{say['keys.source']}: {' · '.join(facets)}")
        if item.superseded_by:
            details.append(f"{say['keys.superseded']} {', '.join(item.superseded_by)}")
        if item.status == "dropped":
            details.append(say["values.dropped"])
        lines += [f"- **{item.id}** {title}", *(f"  - {text}" for text in details if text)]
    return lines


def _origin(name: str, item: Any, say: Words, cited: Mapping[str, tuple[str, ...]]) -> list[str]:
    """What must be said about origin and sentences, because reading would take it otherwise."""
    handed = usual_source(name, getattr(item, REFERENCES.get(name, ""), ()), cited)
    facets = [say[f"values.{item.origin}"]] if item.origin != usual_origin(name, item.source) else []
    if item.source != handed:
        facets.append(", ".join(item.source) or say["values.none"])
    return facets


def _requirement(item: Requirement, plan: Plan) -> tuple[str, list[str]]:
    say = words(plan.language)
    facets = f"{say[f'values.{item.priority}']} · {say[f'values.{item.kind}']}"
    return inline(item.text), [facets, *_keyed(say, fit=item.fit)]


def _story(item: Story, plan: Plan) -> tuple[str, list[str]]:
    details = [f"{words(plan.language)['keys.for']} {', '.join(item.requirements)}"] if item.requirements else []
    return write_story(item, plan.language), [
        *details,
        *(write_scenario(scenario, plan.language) for scenario in item.acceptance),
    ]


def _task(item: Task, plan: Plan) -> tuple[str, list[str]]:
    say = words(plan.language)
    facets = [_role(item.role, TASK, say)]
    if item.estimate:
        facets.append(_estimate(item.estimate, say))
    if item.serves:
        facets.append(f"{say['keys.for']} {', '.join(item.serves)}")
    details = [" · ".join(facets)]
    if item.depends_on:
        details.append(f"{say['keys.after']} {', '.join(_dependency(d, say) for d in item.depends_on)}")
    if item.estimate and item.estimate.basis:
        details.append(f"{say['keys.basis']}: {', '.join(map(number, item.estimate.basis))} {say['forms.hour']}")
    return inline(item.title), [*details, *_keyed(say, done_when=item.done_when)]


def _role(role: str, kind: Kind, say: Words) -> str:
    """A role needs its word only where it looks like another detail."""
    written = detail(role)
    return f"{say['keys.role']}: {written}" if recognise(kind, written) or not role[0].isalpha() else written


def _estimate(estimate: Estimate, say: Words) -> str:
    return f"{number(estimate.o)} / {number(estimate.m)} / {number(estimate.p)} {say['forms.hour']}"


def _dependency(link: Dependency, say: Words) -> str:
    kind = "" if link.type == "FS" else f" {link.type}"
    lag = f" {'+' if link.lag > 0 else '-'} {number(abs(link.lag))} {say['forms.hour']}" if link.lag else ""
    return f"{link.task}{kind}{lag}"


def _milestone(item: Milestone, plan: Plan) -> tuple[str, list[str]]:
    say = words(plan.language)
    tasks = [f"{say['keys.tasks']}: {', '.join(item.tasks)}"] if item.tasks else []
    return inline(item.title), [*_keyed(say, exit=item.exit), *tasks]


def _risk(item: Risk, plan: Plan) -> tuple[str, list[str]]:
    say = words(plan.language)
    scales = [f"{say['keys.probability']} {item.probability}", f"{say['keys.impact']} {item.impact}"]
    rating = " · ".join([*scales, *_keyed(say, owner=item.owner)])
    causes = _keyed(say, cause=item.cause, effect=item.effect)
    return inline(item.event), [*causes, rating, *_keyed(say, response=item.response)]


def _assumption(item: Assumption, plan: Plan) -> tuple[str, list[str]]:
    say = words(plan.language)
    return inline(item.text), [*_keyed(say, if_false=item.if_false), *_blocks(item, say)]


def _blocks(item: Assumption | Question, say: Words) -> list[str]:
    return [f"{say['keys.blocks']}: {', '.join(item.blocks)}"] if item.blocks else []


def _question(item: Question, plan: Plan) -> tuple[str, list[str]]:
    say = words(plan.language)
    facets = " · ".join([*_keyed(say, ask=item.ask), *_blocks(item, say)])
    return inline(item.text), [facets, *_keyed(say, answer=item.answer)]


def _decision(item: Decision, plan: Plan) -> tuple[str, list[str]]:
    say = words(plan.language)
    options = [f"{say['keys.option']}: {_option(option)}" for option in item.options]
    rest = _keyed(say, chosen=item.chosen, consequences=item.consequences)
    return inline(item.title), [*_keyed(say, context=item.context), *options, *rest]


def _option(option: Option) -> str:
    title = detail(option.title).replace(": ", "\\: ")
    title = f"{title[:-1]}\\:" if title.endswith(":") else title
    return f"{title}: {detail(option.consequence)}" if option.consequence else title


def _component(item: Component, plan: Plan) -> tuple[str, list[str]]:
    say = words(plan.language)
    return inline(item.name), [say[f"values.{item.kind}"], *_keyed(say, purpose=item.purpose)]


_ITEMS: dict[str, Callable[[Any, Plan], tuple[str, list[str]]]] = {
    "requirements": _requirement,
    "stories": _story,
    "tasks": _task,
    "milestones": _milestone,
    "risks": _risk,
    "assumptions": _assumption,
    "questions": _question,
    "decisions": _decision,
    "architecture": _component,
}


def _keyed(say: Words, **texts: str) -> list[str]:
    """Details of the form "key: text", without those that are empty."""
    return [f"{say[f'keys.{key}']}: {detail(text)}" for key, text in texts.items() if text]


def _architecture(lines: list[str], plan: Plan, cited: Mapping[str, tuple[str, ...]]) -> None:
    say, whole = words(plan.language), plan.architecture
    _section(lines, say, "architecture", _items("architecture", whole.components, plan, cited))
    edges = [f"- {c.start} → {c.end}{': ' + inline(c.label) if c.label else ''}" for c in whole.connections]
    data = [
        f"- {inline(e.name)}{': ' if e.attributes else ''}{', '.join(inline(a) for a in e.attributes)}"
        for e in whole.entities
    ]
    level = "###" if whole.components else "##"
    _section(lines, say, "connections", edges, level)
    _section(lines, say, "entities", data, level)


def _quote(quote: Quote, say: Words) -> list[str]:
    line = f"- **{quote.id}** {inline(quote.text)}"
    return [line, *(f"  - {text}" for text in _keyed(say, unused=quote.unused))]


def _member(member: Member, say: Words) -> list[str]:
    facets = [_role(member.role, MEMBER, say)]
    if member.capacity != 1:
        facets.append(f"{Decimal(repr(member.capacity)).scaleb(2).normalize():f} %")
    if member.rate is not None:
        facets.append(f"{number(member.rate)} {say['forms.per_hour']}")
    lines = [f"- **{inline(member.name)}**", f"  - {' · '.join(facets)}"]
    if member.leave:
        lines.append(f"  - {say['keys.away']}: {', '.join(write_days(a, say) for a in member.leave)}")
    return lines
