"""Random hours of work from three-point estimates.

Enters: estimates (o, m, p) in hours, and standard normal numbers. Leaves: hours of work, tasks × runs.
Try: python bench/schedule.py

Distribution: the PERT-beta, a beta distribution on [o, p] with shapes 1 + 4 (m − o)/(p − o) and 1 + 4 (p − m)/(p − o)
(Malcolm et al. 1959; Vose 2008, Risk Analysis, calls it PERT). Its mean is (o + 4m + p)/6, so that the runs agree with
the plan's own totals; a triangular distribution has the mean (o + m + p)/3 and would not. Its variance is
(mean − o)(p − mean)/7.

Each task's hours are a rising function of a normal number, and the tasks' numbers share a part: people who estimate
one task too low tend to estimate the next one too low. `correlation` is the correlation of any two of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

REACH = 6.0
"""Standard deviations that the tables cover on either side; farther numbers count as this far."""
STEPS = 241
ANGLES = 513


def normal_cdf(z: float) -> float:
    """Probability that a standard normal number is at most z."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def quantiles(points: Sequence[tuple[float, float, float]]) -> tuple[Matrix, Matrix]:
    """For each estimate its PERT-beta quantiles (hours) at the normal numbers z: (z, table of estimates × z).

    The beta distribution is integrated over an angle (x = sin²), on which its density is smooth at both ends;
    against exact values the quantiles are right to 1/10,000 of p − o.
    """
    import numpy as np

    z = np.linspace(-REACH, REACH, STEPS)
    probability = np.array([normal_cdf(value) for value in z])
    angle = np.linspace(0, np.pi / 2, ANGLES)
    x = np.sin(angle) ** 2
    table = np.empty((len(points), STEPS))
    known: dict[float, Matrix] = {}
    for row, (low, mode, high) in enumerate(points):
        place = round((mode - low) / (high - low), 9) if high > low else 0.5
        if place not in known:
            # Density times dx/dangle: sin^(2a−1) cos^(2b−1), with a = 1 + 4·place and b = 5 − 4·place.
            density = np.sin(angle) ** (1 + 8 * place) * np.cos(angle) ** (9 - 8 * place)
            area = np.concatenate(([0.0], np.cumsum((density[1:] + density[:-1]) / 2)))
            known[place] = np.interp(probability, area / area[-1], x)
        table[row] = low + (high - low) * known[place]
    return z, table


def draw_hours(z: Matrix, table: Matrix, normal: Matrix) -> Matrix:
    """Hours for normal numbers (tasks × runs), read from the tables of `quantiles`."""
    import numpy as np

    hours = np.empty(normal.shape)
    for task, row in enumerate(table):
        hours[task] = row[0] if row[0] == row[-1] else np.interp(normal[task], z, row)
    return hours
