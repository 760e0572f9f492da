"""Differences between pairs of values: how large, how sure, and could it be chance?

Enters: one difference for each unit (a client's documents, averaged over seeds). Leaves: a `Paired`.
Try: python -c "from plansmith.proof.statistics import *; print(paired([.2, .1, .3, .2, .0, .4, .1]))"

Interval: bias-corrected and accelerated bootstrap of the mean (Efron 1987), 95 %. Test: exact sign-flip permutation
(Fisher 1935), two-sided, all 2^n flips up to n = 16. Seeds of one document are not independent of each other, so they
are averaged before, not counted as documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

RESAMPLES, EXACT, SURE = 10_000, 16, 0.05


@dataclass(frozen=True)
class Paired:
    """`mean` difference of `units` pairs, its 95 % interval, and the two-sided p value of the exact test."""

    units: int
    mean: float
    low: float
    high: float
    p: float

    @property
    def enough(self) -> bool:
        """Whether so many pairs could show anything at all: with five, the test's smallest p value is 0.0625."""
        return 2.0 ** (1 - self.units) < SURE

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def paired(differences: Sequence[float], seed: int = 0) -> Paired:
    """Mean, interval and test of some differences; one at least."""
    import numpy as np

    values = np.asarray(differences, dtype=float)
    mean = float(values.mean())
    if len(values) < 2 or np.ptp(values) < 1e-12:
        return Paired(len(values), mean, mean, mean, sign_flip(differences, seed))
    picks = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    means = np.sort(values[picks].mean(axis=1))
    low, high = (float(np.quantile(means, q)) for q in _levels(values, means, mean))
    return Paired(len(values), mean, low, high, sign_flip(differences, seed))


def _levels(values: Any, means: Any, mean: float) -> tuple[float, float]:
    """The quantiles of the resampled means that make a BCa interval."""
    import numpy as np

    normal = NormalDist()
    below = (np.sum(means < mean - 1e-12) + 0.5 * np.sum(np.abs(means - mean) <= 1e-12)) / len(means)
    bias = normal.inv_cdf(min(max(float(below), 1e-4), 1 - 1e-4))
    left_out = (values.sum() - values) / (len(values) - 1)
    off = left_out.mean() - left_out
    bend = float((off**3).sum() / (6 * (off**2).sum() ** 1.5))

    def level(z: float) -> float:
        shifted = bias + z
        return normal.cdf(bias + shifted / (1 - bend * shifted))

    edge = normal.inv_cdf(1 - SURE / 2)
    return level(-edge), level(edge)


def sign_flip(differences: Sequence[float], seed: int = 0) -> float:
    """Share of all sign flips whose mean is at least as far from 0; beyond 16 pairs, of 20,000 drawn ones."""
    import numpy as np

    values = np.asarray(differences, dtype=float)
    n, seen = len(values), abs(float(values.sum())) - 1e-12
    if n <= EXACT:
        signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
        return float((np.abs(signs @ values) >= seen).mean())
    signs = np.random.default_rng(seed).integers(0, 2, (20_000, n)) * 2 - 1
    return float(((np.abs(signs @ values) >= seen).sum() + 1) / 20_001)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p values corrected for their number (Holm 1979)."""
    found: dict[str, float] = {}
    highest = 0.0
    for rank, (name, p) in enumerate(sorted(p_values.items(), key=lambda pair: (pair[1], pair[0]))):
        highest = max(highest, min(1.0, p * (len(p_values) - rank)))
        found[name] = highest
    return found
