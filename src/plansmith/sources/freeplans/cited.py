"""Which sentence of a brief a statement of a plan is clearly about, where one is.

Enters: a `Brief` and statements. Leaves: for each the sentence, and whether it says what the sentence says.
Try: plansmith adopt examples/free/crane-hire/plan.pdf --brief examples/free/crane-hire/brief.docx -o plan.md

BM25 ranks the sentences; the best is taken where it holds half of the statement's words, rare ones counting more,
and leads the second clearly. The bounds were set on the sample archive in free text (docs/archive.md has the figures).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from plansmith.plan import Brief, Sentence, content_words, not_product, unfaithful
from plansmith.ranking import Ranking

COVER = 0.5
"""Least weighted share of a statement's words that its sentence must hold."""
LEAD = 0.12
"""How much more the best sentence must hold than the second."""
SHARED = 2
"""Fewest words in common."""


@dataclass(frozen=True)
class Cited:
    """A sentence that a statement is about; `faithful`: code found nothing in which they differ."""

    sentence: Sentence
    cover: float
    faithful: bool


class Citations:
    """A brief, indexed for looking up which sentence a statement is about."""

    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        self._sentences = [s for s in brief.sentences if not_product(s) in (None, "contract", "heading")]
        self._words = [_stems(s, brief.language) for s in self._sentences]
        self._often = Counter(w for words in self._words for w in set(words))
        self._index = Ranking([w or ["-"] for w in self._words]) if any(self._words) else None

    def find(self, statement: str) -> Cited | None:
        """The sentence that a statement is clearly about; None where none is, or two are."""
        asked = list(dict.fromkeys(content_words(statement, self._brief.language)))
        if self._index is None or len(asked) < SHARED:
            return None
        scores = self._index.scores([w for w in asked if w in self._often] or ["-"])
        ranked = sorted(range(len(scores)), key=lambda n: (-scores[n], n))[:5]
        covers = sorted(((self._cover(asked, n), -n) for n in ranked), reverse=True)
        cover, place = covers[0][0], -covers[0][1]
        shared = sum(_near(w, self._words[place]) for w in asked)
        second = covers[1][0] if len(covers) > 1 else 0.0
        if cover < COVER or shared < SHARED or cover - second < LEAD:
            return None
        sentence = self._sentences[place]
        return Cited(sentence, cover, not unfaithful(statement, sentence, self._brief.language, self._brief))

    def all_of(self, statement: str) -> list[Cited]:
        """The sentences of a statement that is in several parts, with semicolons between; none unless each has one."""
        parts = [self.find(part) for part in statement.split("; ")] if "; " in statement else []
        whole = [part for part in parts if part]
        if whole and len(whole) == len(parts):
            return whole
        one = self.find(statement)
        return [one] if one else []

    def _cover(self, asked: list[str], place: int) -> float:
        weights = {w: math.log(1 + len(self._words) / (1 + self._often[w])) for w in asked}
        held = sum(weights[w] for w in asked if _near(w, self._words[place]))
        return held / (sum(weights.values()) or 1.0)


def _stems(sentence: Sentence, language: str) -> list[str]:
    lead = sentence.lead_in if sentence.form == "item" else ""
    return content_words(f"{lead} {sentence.text}", language)


def _near(word: str, held: list[str]) -> bool:
    """Whether a stem is among others, perhaps in another form: "accept" and "acceptance"."""
    return word in held or any(_alike(word, other) for other in held)


@lru_cache(maxsize=8192)
def _alike(one: str, other: str) -> bool:
    from rapidfuzz import fuzz

    return len(one) > 4 and len(other) > 4 and one[:4] == other[:4] and fuzz.ratio(one, other) >= 80
