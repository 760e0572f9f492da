"""A conversation with the model about one thing, and the record of it for `plan.log.jsonl`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from plansmith.prompts import Message
from plansmith.tuning.bases import spell
from plansmith.writing.engine import Completion, Engine, Request


@dataclass(frozen=True)
class Talk:
    """Messages so far, and a log that grows: what was asked, answered and rejected."""

    messages: tuple[Message, ...]
    log: list[dict[str, Any]] = field(default_factory=list)
    about: str = ""
    """The requirement that it is about, where it is about one."""

    def ask(self, engine: Engine, request: Request, opening: str = "") -> str:
        """The model's answer to the last message; `opening` are words put into its mouth and part of the answer."""
        return self.hear(engine, request, opening).text

    def hear(self, engine: Engine, request: Request, opening: str = "") -> Completion:
        """As `ask`, with whether the answer is whole or was cut off."""
        prompt, _ = spell(self.messages, engine.chat, answer_next=True)
        lead = " " if engine.chat.name == "llama-2" else ""
        completion = engine.complete(replace(request, prompt=prompt + (lead + opening if opening else "")))
        answer = f"{opening}{completion.text}".strip()
        cut = {} if completion.finished else {"cut_off": True}
        self._keep({"ask": self.messages[-1].content, "answer": answer, "tokens": completion.tokens, **cut})
        return replace(completion, text=answer)

    def say(self, message: Message) -> Talk:
        """The conversation with one more message; the log is shared."""
        return replace(self, messages=(*self.messages, message))

    def note(self, what: str, text: str, reasons: Sequence[str]) -> None:
        """Record a rejected text and why."""
        self._keep({"note": what, "text": text, "reasons": list(reasons)})

    def _keep(self, entry: dict[str, Any]) -> None:
        self.log.append({"about": self.about, **entry} if self.about else entry)
