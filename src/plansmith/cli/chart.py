"""A plan in the terminal: summary, key figures, critical path, a Gantt chart as wide as the terminal; and findings.

Enters: a `Plan`, its `Schedule`, perhaps a `Forecast`; or findings of the checks. Leaves: text on standard output.
Try: plansmith show examples/archive/01-bakery-preorders/plan.md
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from plansmith.cli.console import console
from plansmith.locale import day, plural, words
from plansmith.plan import Bar, Mark, Timeline, explained, key_figures, notes_in_words, span_text, timeline

if TYPE_CHECKING:
    from plansmith.plan import Finding, Forecast, Plan, Schedule

_TONES = {"good": "green", "bad": "red", "": "dim"}
_LEAST, _DATES = 20, 22


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
    if not done.tasks:
        return
    out.print()
    out.print(Text.assemble((f"{say['view.critical_path']}  ", "dim"), " → ".join(done.path)))
    if done.chain != done.path:
        out.print(Text.assemble((f"{say['view.chain']}  ", "dim"), " → ".join(done.chain)))
    out.print()
    for row in gantt(plan, done, out.width):
        out.print(row, no_wrap=True, crop=True)
    out.print()
    for sentence in notes_in_words(plan, done):
        out.print(Text(sentence, style="dim"))


def gantt(plan: Plan, done: Schedule, width: int) -> list[Text]:
    """The chart, one row a task or milestone, no row wider than `width` characters."""
    line = timeline(plan, done)
    label = max(10, min(36, width // 3))
    dates = _DATES if width - label - _DATES - 2 >= 2 * _LEAST else 0
    room = max(_LEAST, width - label - 1 - dates)
    ends = {m.id: m.finish for m in done.milestones}
    rows = [_axis(line, label, room)]
    for bar in line.bars:
        row = Text.assemble(_label(f"{bar.task.id} {bar.title}", label, bar.task.critical), _bar(bar, line, room))
        rows.append(row.append(f"  {span_text(plan, bar.task)}" if dates else "", style="dim"))
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


def print_findings(findings: Sequence[Finding], language: str = "en", explain: bool = False) -> None:
    """Findings, one a line with its remedy, and how many there are of each kind; `explain`: with their rules."""
    out, say = console(), words(language)
    styles = {"error": "bold red", "warning": "yellow", "advice": "dim"}
    for finding in findings:
        place = f"{finding.item}: " if finding.item else ""
        severity = (say[f"findings.{finding.severity}"], styles[finding.severity])
        out.print(Text.assemble(severity, f" {finding.code}: {place}{finding.message}. {finding.remedy}"))
    counts = {severity: sum(f.severity == severity for f in findings) for severity in styles}
    parts = [plural(language, severity, n) for severity, n in counts.items() if n]
    for code in dict.fromkeys(finding.code for finding in findings if explain):
        out.print(
            Text.assemble("\n" if code == findings[0].code else "", (code, "bold"), f": {explained(code, language)}")
        )
    out.print(
        Text(
            ("\n" if explain and parts else "") + (", ".join(parts) + "." if parts else say["findings.nothing"]),
            style="bold",
        )
    )
