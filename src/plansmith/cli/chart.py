"""A plan in the terminal: summary, key figures, Gantt chart, gravest risks, questions that matter most; and findings.

Enters: a `Plan`, its `Schedule`, perhaps a `Forecast`; or findings of the checks. Leaves: text on standard output.
Try: plansmith show examples/archive/01-bakery-preorders/plan.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from plansmith.cli.console import console
from plansmith.locale import day, plural, words
from plansmith.plan import (
    Bar,
    Mark,
    Timeline,
    explained,
    key_figures,
    notes_in_words,
    open_points,
    risks_in_order,
    span_text,
    timeline,
)

if TYPE_CHECKING:
    from rich.console import Console

    from plansmith.plan import Finding, Forecast, OpenPoint, Plan, Risk, Schedule

_TONES = {"good": "green", "bad": "red", "": "dim"}
_LEAST = 20
"""Columns that bars need at least."""
_SHOWN = 5
"""Rows of a ranked list; the page (`plansmith render`) has them all."""


def print_plan_view(plan: Plan, done: Schedule, forecast: Forecast | None) -> None:
    """The whole view; every text of the plan is printed as it is, without markup."""
    out, say = console(), words(plan.language)
    out.print(Text(plan.title, style="bold"))
    if plan.client:
        out.print(Text(plan.client, style="dim"))
    if plan.summary:
        out.print(Text(f"\n{plan.summary}"))
    out.print()
    figures = key_figures(plan, done, forecast)
    width = max((len(figure.label) for figure in figures), default=0)
    for figure in figures:
        value = (figure.value, "bold")
        note = (f"  {figure.note}" if figure.note else "", _TONES[figure.tone])
        out.print(Text.assemble((f"{figure.label:<{width}}  ", "dim"), value, note))
    if done.tasks:
        out.print()
        out.print(Text.assemble((f"{say['view.critical_path']}  ", "dim"), " → ".join(done.path)))
        if done.chain != done.path:
            out.print(Text.assemble((f"{say['view.chain']}  ", "dim"), " → ".join(done.chain)))
        out.print()
        for row in gantt(plan, done, out.width):
            out.print(row, no_wrap=True, crop=True)
    risks = [risk for risk in risks_in_order(plan) if risk.status == "live"]
    _print_list(out, plan, "risks", say["view.risk_order"], [_risk(risk, say) for risk in risks])
    open_ = [point for point in open_points(plan, done) if point.swing]
    questions, assumptions = ([_point(p, say) for p in open_ if p.item.id[0] == kind] for kind in "QA")
    _print_list(out, plan, "questions", "", questions)
    _print_list(out, plan, "assumptions", "", assumptions)
    out.print()
    for sentence in notes_in_words(plan, done):
        out.print(Text(sentence, style="dim"))


def _print_list(out: Console, plan: Plan, heading: str, note: str, rows: Sequence[tuple[str, Text]]) -> None:
    """The first few of a ranked list, and how many more there are."""
    if not rows:
        return
    say = words(plan.language)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, justify="right", style="bold")
    table.add_column()
    for mark, text in rows[:_SHOWN]:
        table.add_row(Text(mark), text)
    if len(rows) > _SHOWN:
        table.add_row("", Text(say["view.more"].format(n=len(rows) - _SHOWN), style="dim"))
    out.print()
    out.print(Text.assemble((say[f"headings.{heading}"], "bold"), (f"  {note}" if note else "", "dim")))
    out.print(table)


def _risk(risk: Risk, say: Mapping[str, str]) -> tuple[str, Text]:
    answer = f"\n{say['keys.response']}: {risk.response}" if risk.response else ""
    return f"{risk.probability * risk.impact}", Text.assemble(f"{risk.id} {risk.event}", (answer, "dim"))


def _point(point: OpenPoint, say: Mapping[str, str]) -> tuple[str, Text]:
    ask = f"{say['keys.ask']}: {point.item.ask} · " if getattr(point.item, "ask", "") else ""
    return point.item.id, Text.assemble(point.item.text, (f"\n{ask}{point.text}", "dim"))


def gantt(plan: Plan, done: Schedule, width: int) -> list[Text]:
    """The chart, one row a task or milestone, no row wider than `width` characters."""
    line = timeline(plan, done)
    label = max(10, min(36, width // 3))
    spans = [span_text(plan, bar.task) for bar in line.bars]
    wanted = 2 + max(map(len, spans), default=0)
    dates = wanted if width - label - wanted >= 2 * _LEAST else 0
    room = max(_LEAST, width - label - 1 - dates)
    ends = {m.id: m.finish for m in done.milestones}
    rows = [_axis(line, label, room)]
    for bar, span in zip(line.bars, spans, strict=True):
        row = Text.assemble(_label(f"{bar.task.id} {bar.title}", label, bar.task.critical), _bar(bar, line, room))
        rows.append(row.append(f"  {span}" if dates else "", style="dim"))
    for mark in line.milestones:
        row = Text.assemble(_label(f"{mark.id} {mark.label}", label, False), _stone(mark, line, room))
        end = ends[mark.id]
        rows.append(row.append(f"  {day(plan.language, end, 'medium')}" if dates and end else "", style="dim"))
    return rows


def _label(text: str, width: int, strong: bool) -> Text:
    label = Text(text, style="bold" if strong else "")
    label.truncate(width, overflow="ellipsis", pad=True)
    return label.append(" ")


def _axis(line: Timeline, label: int, room: int) -> Text:
    row = " " * room
    for tick in line.ticks:
        at = _column(tick.at, room)
        free = row[max(0, at - 1) : at + len(tick.label) + 1].strip() == ""
        if free and at + len(tick.label) <= room:
            row = row[:at] + tick.label + row[at + len(tick.label) :]
    return Text(" " * (label + 1) + row, style="dim")


def _bar(bar: Bar, line: Timeline, room: int) -> Text:
    first = _column(bar.left, room)
    last = max(first + 1, min(room, round((bar.left + bar.width) / 100 * room)))
    mark = ("█", "cyan") if bar.task.critical else ("░", "")
    cells = _empty(line, room)
    cells[first:last] = [mark] * (last - first)
    return Text.assemble(*cells)


def _stone(mark: Mark, line: Timeline, room: int) -> Text:
    cells = _empty(line, room)
    cells[_column(mark.at, room)] = ("◆", "cyan")
    return Text.assemble(*cells)


def _empty(line: Timeline, room: int) -> list[tuple[str, str]]:
    """A row with nothing but the deadline, where the chart reaches it."""
    cells = [(" ", "")] * room
    if line.deadline:
        cells[_column(line.deadline.at, room)] = ("┊", "red")
    return cells


def _column(percent: float, room: int) -> int:
    return min(room - 1, int(percent / 100 * room))


def print_findings(
    findings: Sequence[Finding], language: str = "en", explain: bool = False, compared: bool = True
) -> None:
    """Findings, one a line with its remedy, and how many there are of each kind.

    `explain`: with their rules. `compared`: whether the plan could be compared with the client's words.
    """
    out, say = console(), words(language)
    styles = {"error": "bold red", "warning": "yellow", "advice": "dim"}
    for finding in findings:
        place = f"{finding.item}: " if finding.item else ""
        severity = (say[f"findings.{finding.severity}"], styles[finding.severity])
        out.print(Text.assemble(severity, f" {finding.code}: {place}{finding.message}. {finding.remedy}"))
    if explain and findings:
        out.print()
        for code in dict.fromkeys(finding.code for finding in findings):
            out.print(Text.assemble((code, "bold"), f": {explained(code, language)}"))
        out.print()
    counts = {severity: sum(f.severity == severity for f in findings) for severity in styles}
    parts = [plural(language, severity, n) for severity, n in counts.items() if n]
    out.print(Text(", ".join(parts) + "." if parts else say["findings.nothing"], style="bold"))
    if not compared:
        out.print(Text(say["findings.not_compared"], style="dim"))
