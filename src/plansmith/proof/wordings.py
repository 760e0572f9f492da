"""The first author's four observations as factors, and the wordings of the sentence step that they make.

Enters: a factor's levels. Leaves: `Condition`s, each with its instruction and its system prompt.
Try: plansmith study prompts --run first --forecast

*wording*: the wanted result named in general, or its form in detail. *repeat*: the instruction once, or again in another
form. *strength*: plain, or with "must" and "only". *system*: none, a short plain one, a long one.

All 24 combinations are the full design. The default is a half of it, 12: at each level of *system* the four combinations
of the others in which strength = ± wording x repeat, the sign turning from level to level. Every pair of factors is then
balanced, so main effects do not mix with each other; they do mix with interactions of two others, which the full
design tells apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

from plansmith import prompts
from plansmith.plan import Sentence
from plansmith.prompts import NOTHING, Message

FACTORS = {
    "wording": ("detailed", "general"),
    "repeat": ("once", "repeated"),
    "strength": ("plain", "strong"),
    "system": ("none", "short", "long"),
}
"""Levels of each factor; an effect is that of a later level against the first."""
DEFAULT = "default"
"""The wording that the product uses and that tuned models have learned, beside the design."""
Design = Literal["half", "full"]

_SYSTEM = {
    "none": "",
    "short": "You are a senior software analyst.",
    "long": "You are a senior software analyst in a small agency that builds web and mobile apps for shops, clubs, schools and "
    "offices. You read what clients write, sentence by sentence, and note what it means for the software. Clients are no "
    "engineers: they tell stories, greet, thank, and mention things that nobody has to build. You keep their words where you "
    "can, you keep every number, date and name as it stands, you turn no meaning round, and you add nothing of your own. "
    "Your colleagues will estimate and build from your notes, and the client will read them too.",
}  # fmt: skip
_FORM = "must, should or could, then functional, quality or constraint, then a colon, then the requirement in the client's words"
_ASK = {
    ("general", "plain"): "Write what this sentence asks of the software.",
    ("general", "strong"): "You must write only what this sentence asks of the software.",
    ("detailed", "plain"): f"Write a line for each requirement in this sentence: {_FORM}. If it asks for nothing, write: {NOTHING}.",
    ("detailed", "strong"): f"You must write only a line for each requirement in this sentence: {_FORM}. If it asks for nothing, you must write only: {NOTHING}.",
}  # fmt: skip
_AGAIN = {
    ("general", "plain"): "In other words: note what the client wants the software to do here.",
    ("general", "strong"): "In other words: you must note only what the client wants the software to do here.",
    ("detailed", "plain"): f"In other words: note each wish with its priority, its kind and a colon before it, or that it is {NOTHING}.",
    ("detailed", "strong"): f"In other words: you must note only each wish, with its priority, its kind and a colon before it, or that it is {NOTHING}.",
}  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """One combination of levels, by factor in their order; empty levels: the product's own wording."""

    levels: tuple[str, ...]

    @property
    def name(self) -> str:
        return " ".join(self.levels) or DEFAULT

    def level(self, factor: str) -> str:
        """The level of a factor."""
        return self.levels[list(FACTORS).index(factor)]

    @property
    def system(self) -> str:
        """The system prompt; empty: there is no such turn."""
        return _SYSTEM[self.level("system")] if self.levels else prompts.SYSTEM

    @property
    def instruction(self) -> str:
        """What follows the client's sentence."""
        if not self.levels:
            return prompts.ASK_SENTENCE
        key = (self.level("wording"), self.level("strength"))
        return _ASK[key] + (f" {_AGAIN[key]}" if self.level("repeat") == "repeated" else "")

    def messages(self, sentence: Sentence, before: Sentence | None) -> tuple[Message, ...]:
        """The conversation that asks for one sentence's requirements."""
        asked = prompts.sentence_step(sentence, before, prompts.Wording(sentence=self.instruction))
        return (prompts.system(self.system), asked) if self.system else (asked,)


def conditions(design: Design = "half") -> tuple[Condition, ...]:
    """The conditions of a design, the product's own wording first."""
    every = [Condition(levels) for levels in product(*FACTORS.values())]
    return (Condition(()), *(c for c in every if design == "full" or _in_half(c)))


def _in_half(condition: Condition) -> bool:
    signs = [FACTORS[f].index(condition.level(f)) for f in ("wording", "repeat", "strength")]
    return (sum(signs) + FACTORS["system"].index(condition.level("system"))) % 2 == 0
