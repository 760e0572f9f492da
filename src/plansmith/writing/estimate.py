"""Hours for a new task, from the most similar tasks of past projects.

Enters: a task's title, role and requirement, and the archive's tasks. Leaves: an `Estimate` with its basis, so
that a person sees which hours it rests on. Analogy-based estimation: Shepperd & Schofield, IEEE TSE 23(11), 1997;
similarity is BM25 over title and requirement, within the same role.
Try: python bench/writing.py estimates   (error of leaving one project out, against simpler ways)
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

from plansmith.plan import Estimate, fold
from plansmith.ranking import Ranking, english
from plansmith.sources.pasttasks import PastTask

NEIGHBOURS = 5
"""Mean error on the sample archive, one project left out: 3.8 h with three, 3.5 h with five, 3.5 h with seven."""
_SAME = {
    "backend": r"back ?end|server|api|dezvoltator server",
    "web": r"web|front ?end|frontend developer|site",
    "mobile": r"mobile?|android|ios|app",
    "qa": r"qa|quality assurance|tests?|tester|testing|testare|calitate",
    "devops": r"dev ?ops|ops|operations|infrastructure|hosting|sysadmin|infrastructura",
    "design": r"design(?:er)?|ux|ui|ui ux|ux ui",
    "data": r"data|database|dba|date|baza de date",
}


def same_role(role: str) -> str:
    """One name for the ways in which teams write a role: "Web", "front-end" and "web" are one."""
    plain = " ".join(re.sub(r"[\W_]+", " ", fold(role)).split())
    bare = re.sub(r"^(?:senior|junior|lead) | (?:developer|engineer|dev|team|work)s?$", "", plain)
    return next((name for name, forms in _SAME.items() if re.fullmatch(forms, bare)), bare)


class Analogies:
    """The archive's tasks, indexed by role; for a role that it does not know, all of them."""

    def __init__(self, tasks: Sequence[PastTask]) -> None:
        self._tasks: dict[str, list[PastTask]] = {"": list(tasks)} if tasks else {}
        self._index: dict[str, Ranking] = {}
        for task in tasks:
            self._tasks.setdefault(same_role(task.role), []).append(task)
        for role, known in self._tasks.items():
            self._index[role] = Ranking([english(f"{t.title} {t.title} {t.requirement}") for t in known])

    @property
    def tasks(self) -> Sequence[PastTask]:
        """All tasks of the archive."""
        return self._tasks.get("", [])

    def estimate(self, title: str, role: str, requirement: str) -> Estimate | None:
        """Medians of the o, m, p hours of the most similar tasks; None where the archive has none at all."""
        return median(self.nearest(title, role, requirement) or self._middle(role))

    def _middle(self, role: str) -> list[PastTask]:
        """Where no past task has a word in common: those of the role whose hours lie in the middle."""
        known = sorted(self._tasks.get(same_role(role)) or self._tasks.get("", []), key=lambda t: t.m)
        first = max(0, (len(known) - NEIGHBOURS) // 2)
        return known[first : first + NEIGHBOURS]

    def nearest(self, title: str, role: str, requirement: str, most: int = NEIGHBOURS) -> list[PastTask]:
        """The most similar past tasks of that role, the nearest first; of any role where none has it. None that shares no word."""
        key = same_role(role)
        key = key if key in self._tasks else ""
        known = self._tasks.get(key, [])
        if not known:
            return []
        found = self._index[key].nearest(english(f"{title} {title} {requirement}"), most)
        return [known[place] for place, score in found if score > 0]


def median(tasks: Sequence[PastTask]) -> Estimate | None:
    """Medians of the hours of some tasks, with what they rest on; None of none."""
    if not tasks:
        return None
    o, m, p = (statistics.median(getattr(t, point) for t in tasks) for point in ("o", "m", "p"))
    return Estimate(o=o, m=m, p=p, basis=tuple(t.m for t in tasks))
