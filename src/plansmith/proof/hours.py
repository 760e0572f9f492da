"""How far the hours of a plan are from those of a reference, by the client's sentence that they serve.

Enters: two plans of one brief, and what an archive usually takes for a sentence. Leaves: mean absolute error in hours,
and standardised accuracy. Tasks of two plans cannot be paired by id or title; the sentence is what both have.
Try: plansmith score plan.md --brief brief.md --reference reference.md
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from plansmith.plan import Plan


@dataclass(frozen=True)
class Guess:
    """The median of the most likely hours for a sentence in `sentences` sentences of an archive."""

    hours: float
    sentences: int


def hours_by_sentence(plan: Plan) -> dict[str, float]:
    """Most likely hours by sentence; a task that serves several sentences gives each its part."""
    sources = {r.id: r.source for r in plan.requirements if r.status == "live"}
    stories = {s.id: {q for r in s.requirements for q in sources.get(r, ())} for s in plan.stories}
    found: dict[str, float] = {}
    for task in plan.tasks:
        if task.status != "live" or task.estimate is None:
            continue
        served = sorted({q for i in task.serves for q in stories.get(i, sources.get(i, ()))})
        for sentence in served:
            found[sentence] = found.get(sentence, 0.0) + task.estimate.m / len(served)
    return found


def usual_hours(plans: Iterable[Plan]) -> Guess | None:
    """What an archive's plans usually take for a sentence; None for plans without hours."""
    hours = [h for plan in plans for h in hours_by_sentence(plan).values()]
    return Guess(statistics.median(hours), len(hours)) if hours else None


def estimate_error(plan: Plan, reference: Plan, guess: Guess | None) -> dict[str, tuple[float, int] | None]:
    """`mae` in hours and `sa`; nothing where the two plans have no sentence with hours in common."""
    mine, theirs = hours_by_sentence(plan), hours_by_sentence(reference)
    both = sorted(mine.keys() & theirs.keys())
    if not both:
        return {}
    mae = statistics.fmean(abs(mine[s] - theirs[s]) for s in both)
    guessed = statistics.fmean(abs(guess.hours - theirs[s]) for s in both) if guess else 0.0
    return {"mae": (mae, len(both)), "sa": (1 - mae / guessed, len(both)) if guessed else None}
