"""What stops a training that has gone wrong, or that has nothing more to gain, with the cause in words.

Enters: the loss and gradient of each step, the held-out losses. Leaves: silence, or a ResourceError.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from plansmith.errors import ResourceError
from plansmith.tuning.recipe import Recipe

WINDOW = 8
"""Steps over which a loss is averaged before it is called exploded."""
EXPLODED = 2.0
"""Times the first steps' loss."""
SKIPS = 20
"""Steps in a row that float16's loss scaling may skip while it looks for its scale."""


class Guards:
    """Watches one training; each method raises ResourceError with the likely cause and the remedy."""

    def __init__(self, recipe: Recipe, steps: int) -> None:
        self.recipe, self.steps = recipe, steps
        self.losses: list[float] = []
        self.skipped = 0

    def before_step(self, step: int, loss: float, norm: float) -> None:
        """Refuse a loss or gradient that is no number, and a loss that has exploded, before it reaches the weights."""
        lower = f"Lower the learning rate (--learning-rate {self.recipe.learning_rate / 3:.1g})."
        if not math.isfinite(loss):
            raise ResourceError(f"The loss became {loss} at step {step}: training diverged. {lower}")
        if not math.isfinite(norm):
            self.skipped += 1
            if self.recipe.precision != "fp16" or self.skipped > SKIPS:
                raise ResourceError(f"The gradient became {norm} at step {step}: training diverged. {lower}")
        else:
            self.skipped = 0
        self.losses.append(loss)
        first, last = self.losses[:WINDOW], self.losses[-WINDOW:]
        if len(self.losses) >= 2 * WINDOW and sum(last) > EXPLODED * sum(first):
            raise ResourceError(
                f"The loss rose from {sum(first) / WINDOW:.2f} to {sum(last) / WINDOW:.2f} by step {step}: "
                f"training diverged. {lower}"
            )

    def after_step(self, step: int, trained: Sequence[Any]) -> None:
        """After the third step, refuse an adapter that still changes nothing (its B matrices start at zero)."""
        if step != min(3, self.steps) or self.skipped:
            return
        moved = any(bool((p.detach() != 0).any()) for p in trained if p.ndim == 2 and p.shape[1] == self.recipe.rank)
        if not moved:
            raise ResourceError(
                f"After {step} steps the adapter still changes nothing: no gradient reaches it. "
                "Check that the projects' plans hold requirements, and that --learning-rate is not too small."
            )

    def stop_early(self, held_out: Sequence[tuple[int, float]]) -> bool:
        """Whether the last `patience` measurements brought nothing better than those before (never, if 0)."""
        losses = [loss for _, loss in held_out[1:]]
        patience = self.recipe.patience
        return 0 < patience < len(losses) and min(losses[-patience:]) >= min(losses[:-patience])
