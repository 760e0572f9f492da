"""What past projects' tasks took: from them the hours of new tasks are drawn.

Enters: (document, plan) pairs in our form; for plans in the team's own form see `readout.free_tasks`. Leaves: `PastTask`s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plansmith.plan import Estimate, Plan


@dataclass(frozen=True)
class PastTask:
    """A task of a past project with its hours. `document` is the project's folder, never shown to clients."""

    title: str
    role: str
    requirement: str
    o: float
    m: float
    p: float
    document: str

    @property
    def estimate(self) -> Estimate:
        return Estimate(o=self.o, m=self.m, p=self.p)


def past_tasks(plans: Iterable[tuple[str, Plan]]) -> list[PastTask]:
    """Every estimated task of the given (document, plan) pairs, with the requirement that it serves."""
    found = []
    for document, plan in plans:
        texts = {r.id: r.text for r in plan.requirements}
        wants = {s.id: " ".join(texts.get(r, "") for r in s.requirements) for s in plan.stories}
        for task in plan.tasks:
            if task.estimate and task.status == "live":
                requirement = " ".join(wants.get(i, texts.get(i, "")) for i in task.serves).strip()
                e = task.estimate
                found.append(PastTask(task.title, task.role, requirement, e.o, e.m, e.p, document))
    return found
