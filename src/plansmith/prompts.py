"""What is said to the model: the only place that holds prompt text, so training and writing cannot differ.

Enters: a brief's sentence, a requirement, or a list of requirements. Leaves: chat messages of one step, and
(from a finished plan) the answer that the model should learn for it.
Try: plansmith check examples/archive   (shows one row as the model sees it)

A *sentence step* asks what one sentence of the client requires. A *requirement step* continues that same
conversation: story, acceptance criteria and tasks of one of the requirements found; an *aside* then asks for a
question, a risk or a decision about it. The *plan step* asks for title and summary of the list of requirements.
A plan in the team's own form is learned *whole*: one prompt with the brief, one answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from plansmith.plan import Brief, Decision, Plan, Question, Requirement, Risk, Sentence, Story, Task, content_words

T = TypeVar("T", Requirement, Story, Task, Question, Risk, Decision)

SYSTEM = "You are a senior software analyst. Use only the client's words."
NOTHING = "not a requirement"


@dataclass(frozen=True)
class Wording:
    """What each step says. A model is tuned to the words that stand here; other words suit untuned, larger ones."""

    system: str = SYSTEM
    sentence: str = "Write only what this sentence requires of the software."
    requirement: str = "Plan only this: {requirement}"
    summary: str = "Write the title and the summary."
    question: str = "Ask the client one question about this."
    risk: str = "Name one risk of this."
    decision: str = "Name one decision about this, with two options."
    whole: str = "Write the development plan for this brief, complete, under our usual headings."
    again: str = "This cannot stay: {reasons} Write the whole answer again, without that."


WORDING = Wording()
ASK_SENTENCE, ASK_SUMMARY, ASK_WHOLE = WORDING.sentence, WORDING.summary, WORDING.whole
ASK_QUESTION, ASK_RISK, ASK_DECISION = WORDING.question, WORDING.risk, WORDING.decision

# "It would be nice if", "this app must" and the like point nowhere.
_REFERS_BACK = re.compile(
    r"^(?:(?:and|also|but|or|then)\s+)?(?:they|these|those|he|she|the same|such|both|it(?! (?:would|is (?:important|essential|nice)|must be possible))"
    r"|(?:this|that)(?= (?:will|can|must|should|is|way|limit|list)\b))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Message:
    """One turn of a chat. `learn`: the model is trained to write this turn (assistant turns only)."""

    role: str
    content: str
    learn: bool = False


def system(text: str = SYSTEM) -> Message:
    """The system prompt's turn."""
    return Message("system", text)


def sentence_step(sentence: Sentence, before: Sentence | None = None, say: Wording = WORDING) -> Message:
    """Ask for the requirements in one sentence, with its heading, lead-in and, if it refers back, the one before."""
    lines = []
    if sentence.heading:
        lines.append(f"Heading: {sentence.heading}")
    if sentence.lead_in:
        lines.append(f"Lead-in: {sentence.lead_in}")
    if before and refers_back(sentence):
        lines.append(f"Before: {before.text}")
    return Message("user", "\n".join([*lines, f'The client says: "{sentence.text}"', say.sentence]))


def refers_back(sentence: Sentence) -> bool:
    """Whether the sentence begins with a word that points to the sentence before it."""
    return bool(_REFERS_BACK.match(sentence.text))


def sentence_answer(requirements: Sequence[Requirement]) -> str:
    """The requirements of one sentence, a line each: `must functional: A customer can …`."""
    return "\n".join(f"{r.priority} {r.kind}: {r.text}" for r in requirements) or NOTHING


def requirement_step(requirement: Requirement | str, say: Wording = WORDING) -> Message:
    """Ask, in the conversation of its sentence, for the story and the tasks of one requirement."""
    text = requirement if isinstance(requirement, str) else requirement.text
    return Message("user", say.requirement.replace("{requirement}", text))


def again(reasons: Sequence[str], say: Wording = WORDING) -> Message:
    """Ask for the last answer once more, naming what was wrong with it."""
    told = " ".join(f"{reason.rstrip('.')}." for reason in reasons)
    return Message("user", say.again.replace("{reasons}", told))


def requirement_answer(story: Story, tasks: Sequence[Task]) -> str:
    """Story, acceptance criteria and tasks, a line each; hours come from similar tasks of the archive, not from here."""
    benefit = f", so that {story.so_that}" if story.so_that else ""
    lines = [f"As {article(story.role)} {story.role}, I want {story.want}{benefit}."]
    lines += [f"Given {a.given}, when {a.when}, then {a.then}." for a in story.acceptance]
    return "\n".join([*lines, *(f"{task.role}: {task.title}" for task in tasks)])


def plan_step(requirements: Sequence[Requirement], say: Wording = WORDING) -> Message:
    """Ask for title and summary, with the list of requirements."""
    listed = "\n".join(f"- {r.text}" for r in requirements)
    return Message("user", f"The client's requirements:\n{listed}\n{say.summary}")


def plan_answer(plan: Plan) -> str:
    """Title and summary of a plan, a line each."""
    return f"{plan.title}\n{' '.join(plan.summary.split())}"


def risk_answer(risk: Risk) -> str:
    """Event, probability and impact, response: `Slots overflow at Christmas. (3/4) -> open to regulars first`."""
    return f"{risk.event} ({risk.probability}/{risk.impact}) -> {risk.response}"


def decision_answer(decision: Decision) -> str:
    """Title and context, two options with their consequences, and the chosen one."""
    options = " | ".join(f"{o.title}: {o.consequence}" for o in decision.options[:2])
    return f"{decision.title}: {decision.context} | {options} | {decision.chosen}"


def asides(plan: Plan) -> dict[str, list[tuple[str, str]]]:
    """What is asked after a requirement's story: (question, answer) pairs by requirement id.

    A question belongs to the requirement that it blocks; a risk or a decision, which name none, to the
    requirement with which it shares most words, each to another one.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    planned = {story.requirements[0]: story for story in live(plan.stories) if story.requirements}
    texts = {r.id: f"{r.text} {planned[r.id].want}" for r in live(plan.requirements) if r.id in planned}
    for question in live(plan.questions):
        target = next((i for i in question.blocks if i in texts), None)
        if target:
            found.setdefault(target, []).append((ASK_QUESTION, question.text))
    about = [(ASK_RISK, risk_answer(r), f"{r.event} {r.response}") for r in live(plan.risks)]
    about += [
        (ASK_DECISION, decision_answer(d), f"{d.title} {d.context}") for d in live(plan.decisions) if len(d.options) > 1
    ]
    for ask, answer, text in about:
        free = [i for i in texts if ask not in (a for a, _ in found.get(i, []))]
        if free:
            nearest = max(free, key=lambda i: _shared(text, texts[i], plan.language))
            found.setdefault(nearest, []).append((ask, answer))
    return found


def _shared(one: str, other: str, language: str) -> int:
    return len(set(content_words(one, language)) & set(content_words(other, language)))


def article(noun: str) -> str:
    """`a` or `an`, by the first letter and the usual exceptions."""
    word = noun.lower()
    if re.match(r"(?:hour|honest|heir|mri|fbi|sms|hr\b|nhs|x-ray|s[0-9])", word):
        return "an"
    return "a" if re.match(r"(?:uni|use|usu|eu|one|u\b)", word) or word[:1] not in "aeiou" else "an"


def whole_step(brief: Brief, say: Wording = WORDING) -> Message:
    """Ask for the whole plan at once, in the team's own headings."""
    return Message("user", f"The client's brief:\n{brief.text.strip()}\n\n{say.whole}")


def conversations(brief: Brief, plan: Plan | str) -> Iterator[list[Message]]:
    """Every training conversation of one pair of brief and plan, each message marked if it is to be learned.

    A plan in our form is learned in steps; one in the team's own form, given as text, whole.
    """
    if isinstance(plan, str):
        yield [system(), whole_step(brief), Message("assistant", plan.strip(), learn=True)]
        return
    cited: dict[str, list[Requirement]] = {}
    for requirement in live(plan.requirements):
        for sentence_id in requirement.source[:1]:
            cited.setdefault(sentence_id, []).append(requirement)
    extra = asides(plan)
    before: Sentence | None = None
    for sentence in brief.sentences:
        yield from _sentence_conversations(plan, sentence, before, cited.get(sentence.id, []), extra)
        before = sentence
    if plan.summary:
        yield [system(), plan_step(live(plan.requirements)), Message("assistant", plan_answer(plan), learn=True)]


def _sentence_conversations(
    plan: Plan,
    sentence: Sentence,
    before: Sentence | None,
    found: list[Requirement],
    extra: dict[str, list[tuple[str, str]]],
) -> Iterator[list[Message]]:
    start = [system(), sentence_step(sentence, before)]
    answer = Message("assistant", sentence_answer(found), learn=True)
    planned = [(r, story) for r in found for story in live(plan.stories) if story.requirements[:1] == (r.id,)]
    if not planned:
        yield [*start, answer]
    for number, (requirement, story) in enumerate(planned):
        tasks = [t for t in live(plan.tasks) if t.serves[:1] in ((story.id,), (requirement.id,))]
        # The first answer is learned once, however many requirements continue from it.
        opening = answer if number == 0 else replace(answer, learn=False)
        written = Message("assistant", requirement_answer(story, tasks), learn=True)
        asked = [
            m
            for ask, said in extra.get(requirement.id, [])
            for m in (Message("user", ask), Message("assistant", said, learn=True))
        ]
        yield [*start, opening, requirement_step(requirement), written, *asked]


def live(items: Sequence[T]) -> list[T]:
    """The items that still hold: neither superseded nor dropped."""
    return [item for item in items if item.status == "live"]
