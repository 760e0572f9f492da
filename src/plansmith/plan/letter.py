"""The open questions of a plan as a letter to the client, and the client's answers read out of it again.

Enters: a plan and the day to begin on. Leaves: a `Letter`, its Markdown, or the answers by question.
Try: plansmith ask-client examples/archive/01-bakery-preorders/plan.md

The order, the hours and the dates come from `rank_questions` and the schedule; no model writes a word of it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plansmith.locale import LANGUAGES, day, figure, plural, price, table, words
from plansmith.plan.brief import Sentence
from plansmith.plan.cues import not_product
from plansmith.plan.escape import block, inline
from plansmith.plan.schedule import Schedule, schedule
from plansmith.plan.swings import Swing, rank_questions
from plansmith.plan.types import Assumption, Plan, Question
from plansmith.plan.words import fold

_QUOTED = 60
"""Letters of an item from which on a question that holds them quotes it."""
_SHOWN = 4
"""Items that a question lists by their words; the rest by their number would help no client."""


@dataclass(frozen=True)
class Asked:
    """A question in the letter: `points` are pairs of a label and a text, in the order in which they are read."""

    id: str
    text: str
    points: tuple[tuple[str, str], ...]
    answer: str
    """What stands before the room for the answer; `read_answers` knows it again."""


@dataclass(frozen=True)
class Letter:
    """A letter in the plan's language, without its design."""

    language: str
    title: str
    opening: tuple[str, ...]
    questions: tuple[Asked, ...]
    assumptions: tuple[str, ...]
    assumptions_title: str
    assumptions_say: str
    closing: str


def letter(plan: Plan, today: dt.date | None = None) -> Letter:
    """The letter with all open questions, those that hold up most first. Errors: as in `schedule`."""
    say = table(plan.language, "revise")["letter"]
    swings, done = rank_questions(plan, today), schedule(plan, today)
    items = {item.id: item for item in plan.items()}
    live = [a for a in plan.assumptions if a.status == "live"]
    asked = [_asked(plan, items[s.id], s, done, live, say) for s in swings if s.kind == "question"]
    count = plural(plan.language, "question", len(asked))
    dear = say["dear"].format(client=plan.client) if plan.client else say["dear_nobody"]
    opening = (dear, say["opening"].format(title=plan.title, count=count), say["how"]) if asked else (dear, say["none"])
    return Letter(
        plan.language,
        say["title"].format(title=plan.title),
        opening,
        tuple(asked),
        tuple(_assumed(a, say) for a in live),
        say["assumptions"],
        say["assumptions_say"],
        say["closing"] if asked else "",
    )


def _asked(
    plan: Plan, question: Question, swing: Swing, done: Schedule, assumed: Sequence[Assumption], say: Mapping[str, str]
) -> Asked:
    language = plan.language
    points: list[tuple[str, str]] = []
    if about := _about(plan, question):
        points.append((say["about"], about))
    if question.ask and fold(question.ask) not in fold(f"{words(language)['written.client']} {plan.client}"):
        points.append((say["whom"], question.ask))
    times = {t.id: t for t in done.tasks}
    work = [times[t] for t in swing.tasks if t in times]
    if work:
        hours = figure(language, round(sum(t.effort_h for t in work)))
        said = [say["work"].format(tasks=plural(language, "task", len(work)), hours=hours)]
        if swing.early and swing.late and swing.early.date() != swing.late.date():
            early, late = (day(language, moment) for moment in (swing.early, swing.late))
            said.append(say["range"].format(early=early, late=late))
        if swing.cost:
            said.append(say["money"].format(money=price(language, round(swing.cost), plan.currency)))
        points.append((say["depends"], "; ".join(said)))
        starts = [t.start for t in work if t.start]
        if starts:
            points.append((say["by"], say["needed"].format(day=day(language, min(starts)))))
    else:
        points.append((say["depends"], say["nothing"]))
    reach = set(question.blocks) | set(question.source)
    until = [a.text for a in assumed if reach & (set(a.blocks) | set(a.source))]
    held = (
        say["assumed"].format(text="; ".join(t.rstrip(".") for t in until)) if until else _planned(plan, question, done)
    )
    points.append((say["meanwhile"], held))
    return Asked(question.id, question.text, tuple(p for p in points if p[1]), f"{say['answer']} ({question.id}):")


def _planned(plan: Plan, question: Question, done: Schedule) -> str:
    """What the plan does meanwhile, where no assumption says it; empty where nobody can tell."""
    say, asked = table(plan.language, "revise")["letter"], words(plan.language)
    if question.text == asked["written.ask_budget"]:
        return str(say["as_planned_budget"])
    if question.text == asked["written.ask_deadline"]:
        end = day(plan.language, done.finish) if done.finish else ""
        return str(say["as_planned_day"].format(day=end) if end else say["as_planned_deadline"])
    return str(say["as_planned"]) if question.blocks else ""


def _about(plan: Plan, question: Question) -> str:
    """The words of what the question blocks, where it does not quote them itself, whole or in part."""
    items = {item.id: item for item in plan.items()}
    found = [_words(items[i]).rstrip(".") for i in question.blocks if i in items][:_SHOWN]
    asked = fold(question.text)
    return "; ".join(text for text in found if fold(text)[:_QUOTED].rsplit(" ", 1)[0] not in asked)


def _words(item: Any) -> str:
    return str(next((t for n in ("text", "want", "title", "event", "name") if (t := getattr(item, n, ""))), ""))


def _assumed(assumption: Assumption, say: Mapping[str, str]) -> str:
    tail = f" ({say['if_false'].format(text=assumption.if_false.rstrip('.'))})" if assumption.if_false else ""
    return f"{assumption.text.rstrip('.')}{tail}."


def letter_markdown(told: Letter) -> str:
    """The letter as Markdown, with an empty quotation for each answer."""
    lines = [f"# {inline(told.title)}", ""]
    for text in told.opening:
        lines += [block(text), ""]
    for number, asked in enumerate(told.questions, 1):
        lines += [f"## {number}. {inline(asked.text)}", ""]
        lines += [f"- {label}: {inline(text)}" for label, text in asked.points]
        lines += ["", f"**{asked.answer}**", "", "> …", ""]
    if told.assumptions:
        lines += [f"## {told.assumptions_title}", "", told.assumptions_say, ""]
        lines += [*(f"- {inline(text)}" for text in told.assumptions), ""]
    return "\n".join([*lines, told.closing]).rstrip("\n") + "\n"


def read_answers(text: str, asked: Collection[str] = ()) -> dict[str, str]:
    """The client's answers by question id, of a letter that came back or of lines "Q3: …"; empty ones left out.

    `asked`: the texts of the plan's questions, which are no part of an answer.
    """
    labels = "|".join(re.escape(fold(label)) for code in LANGUAGES for label in table(code, "revise")["read"]["answer"])
    mark = re.compile(
        rf"^[\s>*_|-]*(?:(?:{labels})\s*(?:\(|to |la )?\s*)?\(?(?P<id>q[1-9]\d{{0,5}})\)?\s*[*_]*\s*[:.)]?[*_]*\s*(?P<rest>.*)$"
    )
    ours = {fold(label) for code in LANGUAGES for label in table(code, "revise")["letter"].values()}
    questions = tuple(fold(question) for question in asked)
    found: dict[str, list[str]] = {}
    at, parted = "", False  # parted: there is an answer, and an empty line after it
    for line in text.splitlines():
        folded, bare = fold(line), line.strip()
        if match := mark.match(folded):
            at, parted = match["id"].upper(), False
            found.setdefault(at, []).append(_beyond(line[match.start("rest") :], questions))
        elif at and not bare:
            parted = any(map(str.isalnum, " ".join(found[at])))
        elif _ends(bare, parted, ours, questions):
            at = ""
        elif at:
            found[at].append(bare)
    answers = {name: " ".join(" ".join(_clean(line) for line in lines).split()) for name, lines in found.items()}
    return {name: answer for name, answer in answers.items() if any(map(str.isalnum, answer))}


def _beyond(line: str, questions: tuple[str, ...]) -> str:
    """What stands behind a question that a line repeats."""
    folded = fold(line).strip(" *_")
    again = next((q for q in questions if folded.startswith(q)), "")
    return line.strip(" *_")[len(again) :]


def _ends(line: str, parted: bool, ours: Collection[str], questions: tuple[str, ...]) -> bool:
    """Whether a line belongs to no answer: a heading, our own words, or the end of a mail."""
    plain = fold(line.strip("*_# "))
    farewell = parted and not_product(Sentence("S1", line, 0, len(line))) in ("signature", "greeting", "header")
    return farewell or line.startswith("#") or plain in ours or _heading(line) or plain.endswith(questions)


def _heading(line: str) -> bool:
    """Whether a line of a Word file is the next question: "2. By which day must it be ready?"."""
    return bool(re.match(r"\d{1,3}\.\s+\S.*\?\**$", line))


def _clean(line: str) -> str:
    line = re.sub(r"^[\s>|*_-]+|[\s|*_]+$", "", line)
    return re.sub(r"^(?:…|\.{3,}|_{3,})+\s*|\s*(?:…|\.{4,}|_{3,})+$", "", line)
