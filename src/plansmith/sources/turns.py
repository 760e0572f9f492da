"""A conversation as one brief and one plan.

Enters: messages as OpenAI, ShareGPT or TRL keep them, or a text with Llama-2 markup. Leaves: a `Conversation`.
Try: plansmith import chats.jsonl -o archive --dry-run

Where there are several turns, the plan is the last full answer (at least half as long as the longest, so that "You're
welcome!" is none), and the brief is everything that the client wrote before it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from plansmith.errors import InputError

_ROLES = {
    "user": "user", "human": "user", "client": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "model": "assistant",
    "system": "system", "developer": "system",
    "tool": "tool", "function": "tool", "function_call": "tool", "observation": "tool",
}  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """One message: who (user, assistant, system or tool) and what."""

    role: str
    text: str


@dataclass(frozen=True)
class Conversation:
    """A conversation's brief and plan. `system`: a system prompt was left out; `several`: there were more turns."""

    brief: str
    plan: str
    system: bool = False
    several: bool = False


def pair_of_turns(turns: list[Turn]) -> Conversation:
    """Choose the brief and the plan; raises InputError where nobody asks or nobody answers."""
    answers = [i for i, turn in enumerate(turns) if turn.role == "assistant" and turn.text.strip()]
    if not answers:
        raise InputError("no answer of the assistant, so there is no plan")
    longest = max(len(turns[i].text) for i in answers)
    last = max(i for i in answers if 2 * len(turns[i].text) >= longest)
    asked = [turn.text for turn in turns[:last] if turn.role == "user" and turn.text.strip()]
    if not asked:
        raise InputError("the assistant answers before anybody has asked, so there is no brief")
    told = [turn for turn in turns if turn.role in ("user", "assistant") and turn.text.strip()]
    system = any(turn.role == "system" and turn.text.strip() for turn in turns)
    return Conversation("\n\n".join(asked), turns[last].text, system, len(told) > 2)


def from_messages(value: object) -> list[Turn]:
    """Messages of OpenAI (role, content) or ShareGPT (from, value), also as JSON in a text, as CSV has them."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise InputError("the messages are a text that is no JSON list") from error
    if not isinstance(value, list) or not value:
        raise InputError("the messages are no list, or an empty one")
    return [_turn(message, number) for number, message in enumerate(value, 1)]


def _turn(message: object, number: int) -> Turn:
    if not isinstance(message, dict):
        raise InputError(f"message {number} is no object with a role and a text")
    who = message.get("role") or message.get("from")
    said = message["content"] if message.get("content") is not None else message.get("value")
    role = _ROLES.get(str(who).strip().lower())
    if role is None:
        raise InputError(f'message {number} has the role "{str(who)[:40]}"; known: {", ".join(_ROLES)}')
    if isinstance(said, list):
        said = _parts(said, number)
    if said is None and role in ("assistant", "tool"):
        # a call of a tool says nothing
        said = ""
    if not isinstance(said, str):
        raise InputError(f"message {number} ({role}) has no text")
    return Turn(role, said.removeprefix("\ufeff"))


def _parts(parts: list[object], number: int) -> str:
    texts = []
    for part in parts:
        if not isinstance(part, dict) or not isinstance(part.get("text"), str):
            raise InputError(f"message {number} holds something other than text, such as a picture")
        texts.append(part["text"])
    return "\n".join(texts)


def from_markup(text: str) -> list[Turn]:
    """Turns of a text with Llama-2 markup; raises InputError where the marks do not match."""
    before, *rounds = text.split("[INST]")
    if not rounds:
        raise InputError("the text has no [INST] … [/INST], so it cannot be told who says what")
    if before.replace("<s>", "").strip():
        raise InputError("there is text before the first [INST]")
    turns: list[Turn] = []
    for number, one in enumerate(rounds, 1):
        asked, closed, answer = one.partition("[/INST]")
        if not closed:
            raise InputError(f"[INST] number {number} has no [/INST]")
        if "[/INST]" in answer:
            raise InputError(f"[INST] number {number} is closed twice")
        if asked.lstrip().startswith("<<SYS>>"):
            system, closed, asked = asked.lstrip()[len("<<SYS>>") :].partition("<</SYS>>")
            if not closed:
                raise InputError("<<SYS>> has no <</SYS>>")
            turns.append(Turn("system", system.strip()))
        turns.append(Turn("user", asked.strip()))
        turns.append(Turn("assistant", answer.strip().removesuffix("<s>").rstrip().removesuffix("</s>").rstrip()))
    return turns
