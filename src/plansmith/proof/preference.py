"""How often people prefer one of two things, and how sure that is: exact binomial, nothing approximated.

Enters: wins of both sides. Leaves: an interval (Clopper & Pearson 1934) and the two-sided p value of the sign test.
Try: python -c "from plansmith.proof.preference import *; print(clopper_pearson(9, 12), sign_test(9, 12))"
"""

from __future__ import annotations

import math
from collections.abc import Callable

_ALPHA = 0.05


def clopper_pearson(wins: int, of: int, alpha: float = _ALPHA) -> tuple[float, float]:
    """The exact interval of a share: all p at which `wins` or more, and `wins` or fewer, are likelier than alpha / 2."""
    if not 0 <= wins <= of:
        raise ValueError(f"{wins} wins of {of}")
    if not of:
        return 0.0, 1.0
    low = 0.0 if wins == 0 else _root(lambda p: _tail(wins, of, p) - alpha / 2)
    high = 1.0 if wins == of else _root(lambda p: alpha / 2 - (1 - _tail(wins + 1, of, p)))
    return low, high


def sign_test(wins: int, of: int) -> float:
    """How likely so uneven a result is by chance; ties are left out before (Dixon & Mood 1946). 1 where nothing was decided."""
    if not of:
        return 1.0
    return min(1.0, 2 * _tail(max(wins, of - wins), of, 0.5))


def _tail(least: int, of: int, p: float) -> float:
    """Chance of `least` or more wins of `of`."""
    if p <= 0:
        return float(least <= 0)
    if p >= 1:
        return 1.0
    choose = math.lgamma(of + 1)
    logs = (
        choose - math.lgamma(k + 1) - math.lgamma(of - k + 1) + k * math.log(p) + (of - k) * math.log1p(-p)
        for k in range(least, of + 1)
    )
    return min(1.0, math.fsum(map(math.exp, logs)))


def _root(rising: Callable[[float], float]) -> float:
    """Where a function that rises over 0 to 1 crosses 0."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2
