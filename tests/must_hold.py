"""What must hold of every plan that was written, as figures; for tests with a fake model and for bench/writing.py."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from plansmith import prompts
from plansmith.plan import (
    Brief,
    Plan,
    content_words,
    dates,
    missing_names,
    missing_numbers,
    negated,
    numbers,
    parse_plan,
    render_plan,
    requirement_cue,
)
from plansmith.plan.copies import run_marks
from plansmith.plan.similar import similar_pairs
from plansmith.plan.words import fold
from plansmith.writing.clean import MARKUP


@dataclass(frozen=True)
class Held:
    """Counts over one plan: `lost` sentences, `invented` facts in stated items, `repeated` items, `copied` items."""

    valid: bool
    bearing: int
    lost: tuple[str, ...]
    unexplained: tuple[str, ...]
    invented: tuple[str, ...]
    items: int
    repeated: int
    copied: int
    leaked: tuple[str, ...]

    @property
    def holds(self) -> bool:
        faults = (self.lost, self.unexplained, self.invented, self.leaked, self.copied)
        return self.valid and not any(faults) and self.repeated <= max(0.02 * self.items, 0)


def texts(plan: Plan) -> list[str]:
    """What each item says, with the role of a task: the same title for two roles is two tasks."""
    return [
        *(r.text for r in plan.requirements),
        *(f"{s.role} {s.want}" for s in plan.stories),
        *(f"{t.role} {t.title}" for t in plan.tasks),
        *(k.event for k in plan.risks),
        *(q.text for q in plan.questions),
        *(d.title for d in plan.decisions),
    ]


def _repeated(group: list[str]) -> int:
    """Texts that say what another one says; with another figure or a "not" it is another statement, as for lint."""
    pairs = similar_pairs(group)
    return sum(numbers(group[a]) == numbers(group[b]) and negated(group[a]) == negated(group[b]) for a, b in pairs)


def held(plan: Plan, brief: Brief, past_runs: Collection[str] = ()) -> Held:
    """What holds of the plan of a brief. `past_runs`: marks of the runs of words of training plans."""
    cited = {i for r in plan.requirements for i in r.source}
    unused = {q.id for q in plan.quotes if q.unused}
    words = {s.id: content_words(MARKUP.sub(" ", s.text), brief.language) for s in brief.sentences}
    cued = [s for s in brief.sentences if requirement_cue(s) not in (None, "modal")]
    bearing = [s.id for s in cued if len(words[s.id]) > 1 or not MARKUP.search(s.text)]
    stated = [r.text for r in plan.requirements if r.origin == "stated"]
    given = brief.text
    invented = [
        f"{text}: {found}"
        for text in stated
        for found in (
            *missing_numbers(text, given),
            *missing_names(text, given),
            *(d.text for d in dates(text) if fold(d.text) not in fold(given)),
        )
    ]
    said = texts(plan)
    kinds = [[r.text for r in plan.requirements], [f"{s.role} {s.want}" for s in plan.stories],
             [f"{t.role} {t.title}" for t in plan.tasks], [k.event for k in plan.risks], [q.text for q in plan.questions]]  # fmt: skip
    mine = run_marks(given)
    written = [*said, *(s.so_that for s in plan.stories), *(c.then for s in plan.stories for c in s.acceptance)]
    outside = fold(render_plan(plan.model_copy(update={"quotes": (), "requirements": (), "summary": ""})))
    secret = [
        prompts.SYSTEM,
        *(getattr(prompts.WORDING, name) for name in ("sentence", "summary", "question", "risk", "whole")),
    ]
    return Held(
        valid=parse_plan(render_plan(plan)) == plan,
        bearing=len(bearing),
        lost=tuple(i for i in bearing if i not in cited),
        unexplained=tuple(s.id for s in brief.sentences if s.id not in cited | unused),
        invented=tuple(invented),
        items=len(said),
        repeated=sum(_repeated(group) for group in kinds),
        copied=sum(bool((run_marks(text) - mine) & frozenset(past_runs)) for text in written) if past_runs else 0,
        leaked=tuple(s for s in secret if fold(s) in outside and fold(s) not in fold(given)),
    )
