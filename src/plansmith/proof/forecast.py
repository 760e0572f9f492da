"""How long a proof will take, told before it begins.

Enters: folds and a setting, and what the run's own training took here. Leaves: seconds.
Try: plansmith evaluate first --forecast
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plansmith.proof.folds import Fold, Setting
from plansmith.tuning.runs import Run

# Measured with the embedded model on two cores of an AVX2 EPYC, 96 sentences of eight clients, 2026-11-28 (docs/how-it-works.md);
# cores with AVX-512 take some two thirds of it, larger models longer.
WRITE_SECONDS = {"base": 2.1, "examples": 4.6, "tuned": 0.7}
"""Seconds for one sentence of a brief by each arm, eight prompts at a time."""
LOAD_SECONDS = 25.0
"""Loading torch and the model, and writing a GGUF."""


@dataclass(frozen=True)
class Expected:
    """Seconds of training and of writing; `plans` and `trainings` to be made."""

    training: float
    writing: float
    plans: int
    trainings: int

    @property
    def seconds(self) -> float:
        return self.training + self.writing

    def __str__(self) -> str:
        trained = f"{self.trainings} trainings ({self.training / 60:.0f} min)" if self.trainings else "no training"
        return f"{trained} and {self.plans} plans ({self.writing / 60:.0f} min): some {self.seconds / 60:.0f} minutes"


def expect(todo: Sequence[Fold], setting: Setting, run: Run, retrain: bool) -> Expected:
    """What all of it takes where the run was trained; with one fold nothing is trained."""
    data, result = run.story["data"], run.story["result"]
    documents = max(1, len(data["train"]))
    each: float = result["training_seconds"] / documents
    measured = _measuring(run) / max(1, len(data["test"]))
    training = 0.0
    if retrain:
        for f in todo:
            once = LOAD_SECONDS + each * len(f.train) + 2 * measured * len(f.test)
            training += once * setting.seeds
    writing, plans = 0.0, 0
    for f in todo:
        for arm in setting.arms:
            times = setting.seeds if arm == "tuned" else 1
            writing += times * sum(WRITE_SECONDS[arm] * max(4, len(d.brief.sentences)) for d in f.test)
            plans += times * len(f.test)
    return Expected(training, writing, plans, len(todo) * setting.seeds if retrain else 0)


def _measuring(run: Run) -> float:
    """Seconds of one measurement of the held-out loss in the run's own training."""
    result: dict[str, Any] = run.story["result"]
    times = max(1, len(result["held_out_loss"]))
    return max(0.0, float(result["wall_seconds"]) - float(result["training_seconds"])) / times
