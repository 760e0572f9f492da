"""The sheets of a workbook that hold values alone: requirements, schedule, risks, questions, traceability.

Enters: a `Planned` and the words of the workbook. Leaves: filled sheets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plansmith.export.grid import ACCENT, ACCENT_SOFT, BAD, Book, Field, Formula, Value
from plansmith.export.planned import Planned
from plansmith.locale import words
from plansmith.plan import Plan, Task, backwards, forwards, link_text, open_points, risks_in_order, story_text


def links(plan: Plan, task: Task) -> str:
    """What a task waits for: T3, T4 SS + 2 h."""
    return ", ".join(link.task + link_text(plan, link) for link in task.depends_on)


def requirements(book: Book, sheet: Any, made: Planned, say: dict[str, str]) -> None:
    """Each requirement with the client's words and what was made of it."""
    plan = made.plan
    named = words(plan.language)
    quotes = {quote.id: quote.text for quote in plan.quotes}
    traced = {one.requirement.id: one.branches for one in forwards(plan)}
    rows: list[list[Value]] = []
    for one in plan.requirements:
        branches = traced.get(one.id, ())
        tasks = dict.fromkeys(task.id for branch in branches for task in branch.tasks)
        kinds = [named[f"values.{value}"] for value in (one.kind, one.priority, one.origin)]
        heard = "\n".join(f"{id}: {quotes[id]}" for id in one.source if id in quotes)
        stories = " ".join(branch.story.id for branch in branches if branch.story)
        rows.append(
            [one.id, one.text, *kinds, " ".join(one.source), heard, one.fit, stories, " ".join(tasks), say[one.status]]
        )
    fields = (
        Field(say["id"], 7, "id"),
        Field(say["requirement"], 46, "wrap"),
        Field(say["kind"], 12),
        Field(say["priority"], 12),
        Field(say["origin"], 10),
        Field(say["sources"], 11),
        Field(say["quote"], 50, "wrap"),
        Field(say["fit"], 30, "wrap"),
        Field(say["stories"], 12, "wrap"),
        Field(say["tasks"], 20, "wrap"),
        Field(say["state"], 11),
    )
    book.table(sheet, fields, rows)


def schedule(book: Book, sheet: Any, made: Planned, say: dict[str, str]) -> None:
    """Tasks by their start, then milestones."""
    done, titles = made.schedule, {task.id: task.title for task in made.plan.tasks}
    titles |= {milestone.id: milestone.title for milestone in made.plan.milestones}
    rows: list[list[Value]] = []
    for task in sorted(done.tasks, key=lambda task: (task.start_h, task.finish_h)):
        room = task.total_float_h / done.hours_per_day
        rows.append(
            [
                task.id,
                titles[task.id],
                task.role,
                task.member,
                task.start,
                task.finish,
                task.start_h,
                task.finish_h,
                room,
                say["yes"] if task.critical else "",
            ]
        )
    for one in done.milestones:
        rows.append([one.id, titles[one.id], say["milestone"], "", None, one.finish, None, one.finish_h, None, ""])
    fields = (
        Field(say["id"], 7, "id"),
        Field(say["task"], 46, "wrap"),
        Field(say["role"], 14),
        Field(say["person"], 18),
        Field(say["start"], 12, "date"),
        Field(say["finish"], 12, "date"),
        Field(say["start_h"], 12, "hours"),
        Field(say["finish_h"], 12, "hours"),
        Field(say["room"], 12, "hours"),
        Field(say["critical"], 9),
    )
    book.table(sheet, fields, rows)
    if rows:
        critical = book.workbook.add_format({"bg_color": ACCENT_SOFT})
        rule = {"type": "formula", "criteria": '=$J2<>""', "format": critical}
        sheet.conditional_format(1, 0, len(rows), len(fields) - 1, rule)


def risks(book: Book, sheet: Any, made: Planned, say: dict[str, str]) -> None:
    """Risks, the largest first; the score is a formula."""
    rows: list[list[Value]] = []
    for number, one in enumerate(risks_in_order(made.plan), 2):
        score = Formula(f"=C{number}*D{number}", one.probability * one.impact)
        texts = (one.cause, one.effect, one.response, one.owner, say[one.status])
        rows.append([one.id, one.event, one.probability, one.impact, score, *texts])
    fields = (
        Field(say["id"], 7, "id"),
        Field(say["risk"], 46, "wrap"),
        Field(say["probability"], 12, "whole"),
        Field(say["impact"], 9, "whole"),
        Field(say["score"], 8, "whole"),
        Field(say["cause"], 34, "wrap"),
        Field(say["effect"], 34, "wrap"),
        Field(say["response"], 46, "wrap"),
        Field(say["owner"], 16, "wrap"),
        Field(say["state"], 11),
    )
    book.table(sheet, fields, rows)
    high = {"bg_color": BAD, "font_color": "#FFFFFF", "bold": True}
    for least, form in ((15, high), (8, {"bg_color": ACCENT_SOFT, "font_color": ACCENT, "bold": True})):
        rule = {"type": "cell", "criteria": ">=", "value": least, "format": book.workbook.add_format(form)}
        sheet.conditional_format(1, 4, max(len(rows), 1), 4, rule | {"stop_if_true": True})


def questions(book: Book, sheet: Any, made: Planned, say: dict[str, str]) -> None:
    """Questions and assumptions, those on which most hangs first."""
    rows: list[list[Value]] = []
    for point in open_points(made.plan, made.schedule):
        one, asked = point.item, point.item.id[0] == "Q"
        texts = (one.ask, one.answer, "") if asked else ("", "", one.if_false)
        rows.append([one.id, one.text, *texts, " ".join(one.blocks), point.text, say[one.status]])
    fields = (
        Field(say["id"], 7, "id"),
        Field(say["question"], 54, "wrap"),
        Field(say["ask"], 18, "wrap"),
        Field(say["answer"], 34, "wrap"),
        Field(say["if_false"], 34, "wrap"),
        Field(say["blocks"], 16, "wrap"),
        Field(say["swing"], 40, "wrap"),
        Field(say["state"], 11),
    )
    book.table(sheet, fields, rows)


def traceability(book: Book, sheet: Any, made: Planned, say: dict[str, str]) -> None:
    """One row for each way from a sentence of the client's over requirement and story to a task."""
    fields = (
        Field(say["sentence"], 9, "id"),
        Field(say["quote"], 46, "wrap"),
        Field(say["id"], 7, "id"),
        Field(say["requirement"], 40, "wrap"),
        Field(say["id"], 7, "id"),
        Field(say["stories"], 40, "wrap"),
        Field(say["id"], 7, "id"),
        Field(say["task"], 40, "wrap"),
    )
    book.table(sheet, fields, list(_ways(made.plan)))


def _ways(plan: Plan) -> Iterator[list[Value]]:
    traced = {one.requirement.id: one for one in forwards(plan)}
    heard = backwards(plan)
    cited = {id for sentence in heard for id in sentence.requirements}
    none = words(plan.language)["view.not_requirement"]
    for sentence in heard:
        for id in sentence.requirements:
            yield from ([sentence.id, sentence.text, *way] for way in _down(plan, traced[id]))
        if not sentence.requirements:
            reason = f"{none}: {sentence.unused}" if sentence.unused else none
            yield [sentence.id, sentence.text, "", reason, "", "", "", ""]
    for id, one in traced.items():
        if id not in cited:
            yield from (["", "", *way] for way in _down(plan, one))


def _down(plan: Plan, one: Any) -> Iterator[list[Value]]:
    for branch in one.branches or [None]:
        story = [branch.story.id, story_text(plan, branch.story)] if branch and branch.story else ["", ""]
        for task in (branch.tasks if branch else ()) or [None]:
            leaf = [task.id, task.title] if task else ["", ""]
            yield [one.requirement.id, one.requirement.text, *story, *leaf]
