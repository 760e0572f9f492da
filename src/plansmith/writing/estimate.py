"""Hours for a new task, from the most similar tasks of past projects.

Enters: a task's title, role and requirement, and the archive's tasks. Leaves: an `Estimate` with its basis, so
that a person sees which hours it rests on. Analogy-based estimation: Shepperd & Schofield, IEEE TSE 23(11), 1997;
similarity is BM25 over title and requirement, within the same role.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from plansmith.plan import Estimate
from plansmith.sources.pasttasks import PastTask

NEIGHBOURS = 3


class Analogies:
    """The archive's tasks, indexed by role."""

    def __init__(self, tasks: Sequence[PastTask]) -> None:
        import bm25s

        self._tasks: dict[str, list[PastTask]] = {}
        self._index: dict[str, bm25s.BM25] = {}
        for task in tasks:
            self._tasks.setdefault(task.role, []).append(task)
        for role, known in self._tasks.items():
            index = bm25s.BM25()
            index.index(_tokens([f"{t.title} {t.requirement}" for t in known]), show_progress=False)
            self._index[role] = index

    def estimate(self, title: str, role: str, requirement: str) -> Estimate | None:
        """Medians of the o, m, p hours of the three most similar tasks of that role; None for an unknown role."""
        nearest = self.nearest(title, role, requirement)
        if not nearest:
            return None
        o, m, p = (statistics.median(getattr(t, point) for t in nearest) for point in ("o", "m", "p"))
        return Estimate(o=o, m=m, p=p, basis=tuple(t.m for t in nearest))

    def nearest(self, title: str, role: str, requirement: str) -> list[PastTask]:
        """The most similar past tasks of that role, the nearest first."""
        known = self._tasks.get(role, [])
        if not known:
            return []
        count = min(NEIGHBOURS, len(known))
        found, _ = self._index[role].retrieve(_tokens([f"{title} {title} {requirement}"]), k=count, show_progress=False)
        return [known[int(i)] for i in found[0]]


def _tokens(texts: list[str]) -> list[list[str]]:
    import bm25s

    return bm25s.tokenize(texts, stopwords="en", return_ids=False, show_progress=False)  # type: ignore[no-any-return]
