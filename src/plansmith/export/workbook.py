"""The plan as a workbook: requirements, tasks, schedule, cost, risks, questions, traceability.

Enters: a `Planned`. Leaves: the file's bytes, the same for the same plan.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to xlsx

Hours (PERT), cost and their totals are formulas, each with its value beside it; dates and chances are values.
A text of the client's is always a text cell, whatever it begins with.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from plansmith.errors import MissingError
from plansmith.export import tablesheets
from plansmith.export.grid import ACCENT, ACCENT_SOFT, BAD, QUIET, RULE, Book, Field, Formula, Value
from plansmith.export.planned import Planned
from plansmith.locale import table, words
from plansmith.plan import ScheduledTask, Task, basis_in_words, key_figures, notes_in_words, role_key


def xlsx(made: Planned) -> bytes:
    """The plan as a workbook. Errors: MissingError where xlsxwriter is not installed."""
    try:
        import xlsxwriter
    except ImportError as error:
        raise MissingError("Workbooks need the package xlsxwriter: pip install xlsxwriter") from error
    target = io.BytesIO()
    workbook = xlsxwriter.Workbook(target, {"in_memory": True})
    workbook.set_properties({"title": made.plan.title[:250], "created": made.stamp})
    texts = table(made.plan.language, "export")
    book, say = Book(workbook, texts["document"]["page"]), texts["workbook"]
    names = ("overview", "requirements", "tasks", "schedule", "cost", "risks", "questions", "traceability")
    sheets = {name: book.sheet(say[name]) for name in names}
    tablesheets.requirements(book, sheets["requirements"], made, say)
    sums = _tasks(book, sheets["tasks"], made, say)
    tablesheets.schedule(book, sheets["schedule"], made, say)
    sums = _cost(book, sheets["cost"], made, say, sums)
    tablesheets.risks(book, sheets["risks"], made, say)
    tablesheets.questions(book, sheets["questions"], made, say)
    tablesheets.traceability(book, sheets["traceability"], made, say)
    _overview(book, sheets["overview"], made, say, sums)
    workbook.close()
    return target.getvalue()


@dataclass(frozen=True)
class Sums:
    """Where the totals stand, as references for other sheets; the row of each task in Tasks."""

    effort: str
    rows: dict[str, int]
    cost: str = ""


def _reference(sheet: str, cell: str) -> str:
    return f"'{sheet}'!{cell}"


def _tasks(book: Book, sheet: Any, made: Planned, say: dict[str, str]) -> Sums:
    fields = (
        Field(say["id"], 7, "id"),
        Field(say["task"], 44, "wrap"),
        Field(say["role"], 13),
        Field(say["serves"], 13, "wrap"),
        Field(say["after"], 16, "wrap"),
        Field(say["done_when"], 34, "wrap"),
        Field(say["optimistic"], 11, "hours"),
        Field(say["likely"], 11, "hours"),
        Field(say["pessimistic"], 11, "hours"),
        Field(say["expected"], 11, "hours"),
        Field(say["sigma"], 8, "hours"),
        Field(say["basis"], 20),
        Field(say["state"], 11),
    )
    done = {task.id: task for task in made.schedule.tasks}
    rows = [_task(made, one, done.get(one.id), number, say) for number, one in enumerate(made.plan.tasks, 2)]
    book.table(sheet, fields, rows)
    last, effort = len(rows) + 1, made.schedule.effort_h
    live = f'SUMIFS(J2:J{last},M2:M{last},"{say["live"]}")'
    if rows:
        total: list[Value] = [say["total"], *[None] * 8, Formula(f"={live}", effort), None, None, None]
        book.row(sheet, last, fields, total, strong=True)
    ids = {one.id: number for number, one in enumerate(made.plan.tasks, 2)}
    return Sums(_reference(say["tasks"], f"J{last + 1}") if rows else "", ids)


def _task(made: Planned, one: Task, done: ScheduledTask | None, number: int, say: dict[str, str]) -> list[Value]:
    points, estimate = f"G{number}:I{number}", one.estimate
    mean = f"=IF(COUNT({points})<3,0,(MIN({points})+4*MEDIAN({points})+MAX({points}))/6)"
    sigma = f"=IF(COUNT({points})<3,0,(MAX({points})-MIN({points}))/6)"
    o, m, p = sorted((estimate.o, estimate.m, estimate.p)) if estimate else (0.0, 0.0, 0.0)
    return [
        one.id,
        one.title,
        one.role,
        " ".join(one.serves),
        tablesheets.links(made.plan, one),
        one.done_when,
        *((estimate.o, estimate.m, estimate.p) if estimate else (None, None, None)),
        Formula(mean, done.effort_h if done else (o + 4 * m + p) / 6),
        Formula(sigma, done.sigma_h if done else (p - o) / 6),
        " · ".join(f"{hours:g}" for hours in estimate.basis) if estimate else "",
        say[one.status],
    ]


def _cost(book: Book, sheet: Any, made: Planned, say: dict[str, str], sums: Sums) -> Sums:
    currency = f" ({made.plan.currency})" if made.plan.currency else ""
    fields = (
        Field(say["id"], 7, "id"),
        Field(say["task"], 44, "wrap"),
        Field(say["role"], 14),
        Field(say["person"], 18),
        Field(say["hours"], 11, "hours"),
        Field(say["rate"] + currency, 12, "money"),
        Field(say["amount"] + currency, 15, "money"),
    )
    titles = {task.id: task.title for task in made.plan.tasks}
    spelt = {role_key(role.role): role.role for role in made.schedule.roles}
    rows: list[list[Value]] = []
    for number, task in enumerate(made.schedule.tasks, 2):
        hours = Formula(f"={_reference(say['tasks'], f'J{sums.rows[task.id]}')}", task.effort_h)
        rate: Value = say["no_rate"]
        amount = Formula(f"=IF(ISNUMBER(F{number}),E{number}*F{number},0)", task.cost or 0.0)
        if task.cost is not None:
            rate = round(task.cost / task.effort_h, 8) if task.effort_h else _rate(made, task)
        rows.append([task.id, titles[task.id], spelt[role_key(task.role)], task.member, hours, rate, amount])
    book.table(sheet, fields, rows)
    if not rows:
        return sums
    last, cost = len(rows) + 1, made.schedule.cost or 0.0
    effort = Formula(f"=SUM(E2:E{last})", made.schedule.effort_h)
    book.row(
        sheet,
        last,
        fields,
        [say["total"], None, None, None, effort, None, Formula(f"=SUM(G2:G{last})", cost)],
        strong=True,
    )
    if made.plan.budget is not None:
        total = f"G{last + 1}"
        book.row(sheet, last + 1, fields, [say["budget"], *[None] * 5, made.plan.budget])
        left = Formula(f"=G{last + 2}-{total}", made.plan.budget - cost)
        book.row(sheet, last + 2, fields, [say["left"], *[None] * 5, left])
    sheet.set_column(7, 7, 3)
    by_role = (Field(say["role"], 18), Field(say["hours"], 11, "hours"), Field(say["amount"] + currency, 15, "money"))
    shares: list[list[Value]] = []
    for number, role in enumerate(made.schedule.roles, 2):
        hours = Formula(f"=SUMPRODUCT(--(C$2:C${last}=I{number}),E$2:E${last})", role.effort_h)
        amount = Formula(f"=SUMPRODUCT(--(C$2:C${last}=I{number}),G$2:G${last})", role.cost or 0.0)
        shares.append([role.role, hours, amount])
    book.table(sheet, by_role, shares, left=8)
    return Sums(
        sums.effort, sums.rows, _reference(say["cost"], f"G{last + 1}") if made.schedule.cost is not None else ""
    )


def _rate(made: Planned, task: ScheduledTask) -> float:
    """The rate of a task without hours: its person's."""
    rates = (one.rate for one in made.plan.team if one.name == task.member and one.rate is not None)
    return next(rates, 0.0)


def _overview(book: Book, sheet: Any, made: Planned, say: dict[str, str], sums: Sums) -> None:
    plan, done = made.plan, made.schedule
    page = words(plan.language)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 26)
    sheet.set_column(2, 2, 70)
    sheet.write_string(0, 0, page["view.document"].upper(), book.form(font_color=ACCENT, bold=True, font_size=9))
    sheet.write_string(1, 0, plan.title, book.form(bold=True, font_size=20))
    sheet.write_string(2, 0, plan.client, book.form(font_color=QUIET, font_size=12))
    sheet.set_row(1, 30)
    sheet.set_row(2, 18)
    row = 4
    for figure in key_figures(plan, done, made.forecast):
        tone = {"good": ACCENT, "bad": BAD}.get(figure.tone, QUIET)
        forms: tuple[tuple[str, dict[str, Any]], ...] = (
            (figure.label, {"font_color": QUIET}),
            (figure.value, {"bold": True, "font_size": 12}),
            (figure.note, {"font_color": tone, "text_wrap": True}),
        )
        for column, (text, more) in enumerate(forms):
            sheet.write_string(row, column, text, book.form(bottom=1, bottom_color=RULE, valign="vcenter", **more))
        sheet.set_row(row, 20)
        row += 1
    row += 1
    currency = f" ({plan.currency})" if plan.currency else ""
    totals = (
        (say["effort"], sums.effort, done.effort_h, "hours"),
        (say["amount"] + currency, sums.cost, done.cost, "money"),
    )
    for label, reference, value, kind in totals:
        if reference and value is not None:
            number = book.form(
                bold=True,
                bg_color=ACCENT_SOFT,
                num_format={"hours": "#,##0.0", "money": "#,##0.00"}[kind],
                align="left",
            )
            sheet.write_string(row, 0, label, book.form(bg_color=ACCENT_SOFT))
            sheet.write_formula(row, 1, f"={reference}", number, value)
            row += 1
    small = book.form(font_color=QUIET, text_wrap=True, font_size=9)
    basis = basis_in_words(plan, done, made.forecast) if done.tasks else []
    for text in (say["recomputed"], " ".join(basis), *notes_in_words(plan, done)):
        if text:
            row += 1
            sheet.merge_range(row, 0, row, 2, "", small)
            sheet.write_string(row, 0, text, small)
            sheet.set_row(row, 13 * (1 + len(text) // 125))
    sheet.set_portrait()
