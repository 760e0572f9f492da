"""Which of several texts are most like another, by BM25.

Enters: the words of texts, and of a question. Leaves: places in the list with their scores, the most like first.
Try: python -c "from plansmith.ranking import Ranking; print(Ranking([['red', 'hat'], ['blue', 'hat']]).nearest(['blue'], 1))"
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any


class Ranking:
    """Texts, given as lists of words, indexed once and asked often."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self._index = _bm25s().BM25()
        self._index.index([list(words) for words in texts], show_progress=False)
        self._count = len(texts)

    def scores(self, words: Sequence[str]) -> list[float]:
        """A score for each text, in their order."""
        return [float(score) for score in self._index.get_scores(list(words))]

    def nearest(self, words: Sequence[str], most: int) -> list[tuple[int, float]]:
        """At most so many (place, score), the highest score first; a score of 0 shares no word."""
        found, scores = self._index.retrieve(
            [list(words)], k=min(most, self._count), show_progress=False, backend_selection="numpy"
        )
        return [(int(place), float(score)) for place, score in zip(found[0], scores[0], strict=True)]


def english(text: str) -> list[str]:
    """The words of a text, small, without English stop words."""
    return list(_bm25s().tokenize([text], stopwords="en", return_ids=False, show_progress=False)[0])


def _bm25s() -> Any:
    """bm25s without JAX, which it would start where it is installed: JAX takes three quarters of a GPU's memory."""
    if "bm25s" in sys.modules or "jax" in sys.modules:
        import bm25s
    else:
        sys.modules["jax"] = None  # type: ignore[assignment]
        try:
            import bm25s
        finally:
            del sys.modules["jax"]
    return bm25s
