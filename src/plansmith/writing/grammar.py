"""Grammars (GBNF, llama.cpp's form) that make every answer of a step readable by code, whatever the model says.

Enters: what a step may say (roles of the brief, areas of work). Leaves: the text of a grammar, and parsers of
the answers it admits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from plansmith.plan import KINDS, PRIORITIES
from plansmith.prompts import NOTHING

AREAS = ("design", "web", "mobile", "backend", "data", "qa", "devops")

_NOT = r"[^\n<>|{}\[\]\\]"
_CAPITAL, _SMALL = "A-ZÀ-ÖØ-ÞĂȘȚŞŢ", "a-zß-öø-ÿășțşţ"
_LETTER = _SMALL + _CAPITAL
"""Latin letters with those of Romanian and of names, for the inside of brackets."""


def sentence_grammar(may_be_nothing: bool, most: int = 3) -> str:
    """One to `most` requirement lines; or, if allowed, the words that say there is none."""
    nothing = f'"{NOTHING}" | ' if may_be_nothing else ""
    more = f' ("\\n" line){{0,{most - 1}}}' if most > 1 else ""
    return "\n".join(
        [
            f"root ::= {nothing}line{more}",
            'line ::= priority " " kind ": " text',
            f"priority ::= {_either(p for p in PRIORITIES if p != 'wont')}",
            f"kind ::= {_either(KINDS)}",
            rf"text ::= [{_CAPITAL}] {_NOT}{{8,180}} [{_LETTER}0-9.)%\"']",
        ]
    )


def requirement_grammar(
    roles: Sequence[str], given: str = "", areas: Sequence[str] = AREAS, most_tasks: int = 3
) -> str:
    """A story by one of the roles, one or two acceptance criteria, one to `most_tasks` tasks.

    `given` are words of the story that are already said: the grammar then goes on from there.
    """
    story = '"As " role ", I want " part ", so that " part "."'
    if given:
        story = "" if given.endswith(".") else '" " part "."'
    return "\n".join(
        [
            f"root ::= {story} (nl criterion){{1,2}} (nl task){{1,{most_tasks}}}",
            f"role ::= {_either(roles)}",
            'criterion ::= "Given " clause ", when " clause ", then " clause "."',
            rf'task ::= area ": " [{_CAPITAL}] {_NOT[:-1]}.]{{8,70}} [{_LETTER}0-9)]',
            f"area ::= {_either(areas)}",
            rf"part ::= [{_LETTER}] {_NOT[:-1]},]{{8,120}} [{_LETTER}0-9)%\"']",
            rf"clause ::= [{_LETTER}0-9] {_NOT[:-1]},]{{4,120}} [{_LETTER}0-9)%\"']",
            'nl ::= "\\n"',
        ]
    )


TITLE = "\n".join(["root ::= title", rf"title ::= [{_CAPITAL}] [^\n<>|{{}}\[\]\\.:;]{{6,60}} [{_SMALL}0-9)]"])
QUESTION = "\n".join(["root ::= question", rf'question ::= [{_CAPITAL}] [^\n<>|{{}}\[\]\\?.:;]{{12,120}} "?"'])
RISK = "\n".join(
    [
        'root ::= text ". (" [1-5] "/" [1-5] ") -> " text',
        rf"text ::= [{_LETTER}] [^\n<>|{{}}\[\]\\().:;]{{12,110}} [{_SMALL}0-9]",
    ]
)
DECISION = "\n".join(
    [
        'root ::= title ": " text " | " option " | " option " | " title',
        'option ::= title ": " text',
        rf"title ::= [{_CAPITAL}] [^\n<>|{{}}\[\]\\:.;]{{3,50}} [{_SMALL}0-9)]",
        rf"text ::= [{_LETTER}] [^\n<>|{{}}\[\]\\:.;]{{10,100}} [{_SMALL}0-9)]",
    ]
)


def _either(words: object) -> str:
    return " | ".join(f'"{word}"' for word in words)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class RequirementLine:
    """One line of a sentence step's answer."""

    priority: str
    kind: str
    text: str


@dataclass(frozen=True)
class Work:
    """What serves one requirement: a story, its `criteria` (given, when, then) and `tasks` (area, title)."""

    role: str
    want: str
    so_that: str
    criteria: tuple[tuple[str, str, str], ...]
    tasks: tuple[tuple[str, str], ...]


_LINE = re.compile(rf"^({'|'.join(PRIORITIES)}) ({'|'.join(KINDS)}): (.+)$")
_STORY = re.compile(r"^As (?:an? )?(.+?), I want (.+?)(?:, so that (.+?))?\.?$")
_CRITERION = re.compile(r"^Given (.+?), when (.+?), then (.+?)\.?$")
_TASK = re.compile(rf"^({'|'.join(AREAS)}): (.+)$")
_RISK = re.compile(r"^(.+?) \(([1-5])/([1-5])\) -> (.+)$")
_DECISION = re.compile(r"^(.+?): (.+?) \| (.+?): (.+?) \| (.+?): (.+?) \| (.+)$")


def read_sentence(answer: str) -> list[RequirementLine]:
    """The requirements of a sentence step's answer; empty for "not a requirement" and for unreadable text (`says_nothing` tells which)."""
    return [RequirementLine(*match.groups()) for line in answer.splitlines() if (match := _LINE.match(line.strip()))]


def says_nothing(answer: str) -> bool:
    """Whether a sentence step's answer is "not a requirement" and no word more; marks around it do not count."""
    return re.sub(r"[\W_]+", " ", answer).strip().lower() == NOTHING


def read_requirement(answer: str) -> Work | None:
    """The story, criteria and tasks of a requirement step's answer; None where no story can be read."""
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    story = _STORY.match(lines[0]) if lines else None
    if not story:
        return None
    criteria = tuple(m.groups() for line in lines[1:] if (m := _CRITERION.match(line)))
    tasks = tuple(m.groups() for line in lines[1:] if (m := _TASK.match(line)))
    return Work(story[1], story[2], story[3] or "", criteria, tasks)  # type: ignore[arg-type]


def read_risk(answer: str) -> tuple[str, int, int, str] | None:
    """(event, probability, impact, response) of a risk; None where it cannot be read."""
    match = _RISK.match(answer.strip())
    return (match[1], int(match[2]), int(match[3]), match[4]) if match else None


def read_decision(answer: str) -> tuple[str, ...] | None:
    """(title, context, option, consequence, option, consequence, chosen); None where it cannot be read."""
    match = _DECISION.match(answer.strip())
    return tuple(part.strip() for part in match.groups()) if match else None
