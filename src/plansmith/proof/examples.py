"""The untuned base with examples: the archive's nearest conversations stand before each question.

Enters: an engine, its chat form, and the projects that may be shown. Leaves: an engine that writes like any other.
Try: plansmith evaluate first

What is nearest is decided anew for each question, by BM25 over the client's sentence (or list of requirements): the
strongest form of few-shot prompting that needs no training. The conversations are those that tuning learns from, each
up to the answer that is asked for now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from plansmith.prompts import Message, conversations
from plansmith.ranking import Ranking, english
from plansmith.sources.archive import Document
from plansmith.tuning.bases import ChatForm, spell
from plansmith.writing.engine import Completion, Engine, OnText, Request

SHOWN = 3
MOST_CHARACTERS = 5000
"""Of examples before one question, so that question and answer still fit into a context of 4,096 tokens."""

_USER = {
    "chatml": ("<|im_start|>user\n", "<|im_end|>"),
    "llama-3": ("<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"),
    "llama-2": ("<</SYS>>\n\n", " [/INST]"),
}
_TURN = {name: start for name, (start, _) in _USER.items()} | {"llama-2": "[INST] "}


@dataclass(frozen=True)
class _Example:
    asked: str
    talk: tuple[Message, ...]


class WithExamples:
    """An engine in front of whose questions examples are put; the engine itself is untouched."""

    def __init__(self, engine: Engine, documents: Sequence[Document], shown: int = SHOWN) -> None:
        self.chat, self.slots, self._engine, self._shown = engine.chat, engine.slots, engine, shown
        self.identity = f"{engine.identity} with {shown} examples"
        # by these, writing knows how far a model's own words can be trusted
        self.model, self.careful = getattr(engine, "model", None), getattr(engine, "careful", True)
        self._examples = [
            _Example(talk[1].content, tuple(talk[1:]))
            for d in documents
            for talk in conversations(d.brief, d.plan or d.plan_text)
        ]
        self._index = Ranking([english(e.asked) for e in self._examples])

    def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """Complete one prompt after the nearest examples."""
        asked = question(request.prompt, self.chat)
        shown = self.nearest(asked, request.prompt.count(_TURN[self.chat.name])) if asked else []
        return self._engine.complete(replace(request, prompt=with_examples(request.prompt, shown, self.chat)), on_text)

    def close(self) -> None:
        self._engine.close()

    def nearest(self, asked: str, turns: int = 1) -> list[tuple[Message, ...]]:
        """The nearest conversations of the same step with so many questions, the nearest last, as many as fit."""
        ranked = (self._examples[place] for place, _ in self._index.nearest(english(asked), len(self._examples)))
        alike = [e.talk for e in ranked if _step(e.asked) == _step(asked)]
        turns = min(turns, max((len(talk) // 2 for talk in alike), default=0))
        chosen: list[tuple[Message, ...]] = []
        room = MOST_CHARACTERS
        for talk in (talk[: 2 * turns] for talk in alike if len(talk) >= 2 * turns):
            length = sum(len(m.content) + 30 for m in talk)
            if length <= room and len(chosen) < self._shown:
                chosen.append(talk)
                room -= length
        return chosen[::-1]


def question(prompt: str, chat: ChatForm) -> str:
    """The first question of a spelled conversation."""
    start, end = _USER[chat.name]
    _, found, rest = prompt.partition(start)
    return rest.partition(end)[0] if found else ""


def with_examples(prompt: str, examples: Sequence[Sequence[Message]], chat: ChatForm) -> str:
    """The spelled conversation with others between its system prompt and its first question."""
    start, _ = _USER[chat.name]
    at = prompt.find(start)
    if at < 0 or not examples:
        return prompt
    told = spell([replace(m, learn=False) for talk in examples for m in talk], chat)[0][len(chat.opening) :]
    if chat.name != "llama-2":
        return prompt[:at] + told + prompt[at:]
    at += len(start)
    turn = "[INST] "
    return prompt[:at] + told.removeprefix(turn) + chat.opening + turn + prompt[at:]


def _step(asked: str) -> str:
    """Which step a question belongs to: its words beside the client's."""
    return asked.rpartition("\n")[2]
