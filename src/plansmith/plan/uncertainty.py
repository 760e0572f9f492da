"""The forecast: how likely the plan's end and price are, and which tasks carry the risk.

Enters: a plan, its schedule, a number of runs and a seed. Leaves: a `Forecast`, the same for the same seed.
Try: plansmith show examples/archive/01-bakery-preorders/plan.md

Monte Carlo over the levelled order of work: Van Slyke (1963), Operations Research 11. How hours are drawn:
`plansmith.plan.sampling`. Units as in `plansmith.plan.schedule`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from plansmith.errors import InputError
from plansmith.plan.calendar import EPS, WorkingTime
from plansmith.plan.network import Network, three_points
from plansmith.plan.plain import plain
from plansmith.plan.replay import Order, build_order, critical_runs, replay
from plansmith.plan.sampling import draw_hours, quantiles
from plansmith.plan.schedule import Schedule, Worked, work_out
from plansmith.plan.types import Plan

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

CORRELATION = 0.2
"""Correlation between the errors of any two estimates, 0 to below 1. 0 is the classic assumption that errors are
independent and cancel out, which makes large plans look all but certain; Book (1999), Why correlation matters in cost
estimating, names 0.2 where nothing is known."""
BLOCK = 2_500
"""Runs computed together: so many numbers stay in a processor's cache."""
MAX_RUNS = 1_000_000


@dataclass(frozen=True)
class Spread:
    """How a quantity varies over the runs, in its own unit.

    `p50`, `p80`: reached by no more than that share of runs in percent; `contingency`: p80 − mean, what has to be
    added to the expected value to be safe in four runs of five. `percentiles`: 0, 1, …, 100 %.
    """

    mean: float
    sd: float
    p50: float
    p80: float
    contingency: float
    percentiles: tuple[float, ...]


@dataclass(frozen=True)
class MilestoneForecast:
    """When a milestone is reached in half, and in four of five, of the runs; project hours and dates."""

    id: str
    p50_h: float
    p80_h: float
    p50: dt.datetime | None
    p80: dt.datetime | None


@dataclass(frozen=True)
class TaskRisk:
    """What one task does to the end of the project.

    `criticality`: share of runs in which it lies on a chain that decides the end (Van Slyke 1963). `correlation`:
    rank correlation (normal scores, van der Waerden 1952) of the task's own part of its hours with the end. `share`:
    its square as a share of all tasks' squares: the task's part of the variance that is not common to all tasks.
    """

    id: str
    criticality: float
    correlation: float
    share: float


@dataclass(frozen=True)
class Forecast:
    """Duration (project hours), effort (hours) and cost (money, of the tasks with a rate) over all runs.

    `cost`: None if no rate is known; `cost_complete`: every estimated task has one. `on_time`: share of runs that end
    on or before the deadline's day; `in_budget`: share that cost no more than the budget; None where there is no
    deadline (or start), or no budget (or an unknown rate). `tasks`: the riskiest first.
    """

    runs: int
    seed: int
    correlation: float
    duration: Spread
    p50: dt.datetime | None
    p80: dt.datetime | None
    effort: Spread
    cost: Spread | None
    cost_complete: bool
    on_time: float | None
    in_budget: float | None
    milestones: tuple[MilestoneForecast, ...]
    tasks: tuple[TaskRisk, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able copy."""
        return dict(plain(self))


def simulate(
    plan: Plan, schedule: Schedule, runs: int = 10_000, seed: int = 0, correlation: float = CORRELATION
) -> Forecast:
    """Forecast end and price of a plan by Monte Carlo over its levelled order.

    `runs`: 1 to 1,000,000; with 10,000 a share of runs is known to ± 1 point. Errors: InputError for other values, and
    for a schedule of another plan. Source: Van Slyke (1963).
    """
    if not 1 <= runs <= MAX_RUNS:
        raise InputError(f"runs is {runs}; give 1 to {MAX_RUNS:,}.")
    if not 0 <= correlation < 1:
        raise InputError(f"correlation is {correlation}; give 0 to below 1.")
    worked = work_out(plan, schedule.start.date() if schedule.start else None)
    if [t.id for t in worked.network.tasks] != [t.id for t in schedule.tasks]:
        raise InputError("The schedule belongs to another version of the plan. Schedule the plan again.")
    return _forecast(plan, worked, _Draws(plan, worked, seed, correlation).run(runs), (runs, seed, correlation))


@lru_cache(maxsize=4)
def _normal_scores(count: int) -> tuple[float, ...]:
    """Standard normal quantiles of the ranks 1 … count (van der Waerden scores)."""
    return tuple(NormalDist().inv_cdf(rank / (count + 1)) for rank in range(1, count + 1))


@dataclass(frozen=True)
class _Sums:
    """What the runs leave: ends, efforts, costs and milestones by run; criticality and correlation by task."""

    end: Matrix
    effort: Matrix
    cost: Matrix
    milestones: Matrix
    criticality: Matrix
    correlation: Matrix


class _Draws:
    """The runs, block by block, so that memory does not grow with their number."""

    def __init__(self, plan: Plan, worked: Worked, seed: int, correlation: float) -> None:
        import numpy as np

        self.order: Order = build_order(worked.network, worked.levelled, worked.seats)
        self.rng = np.random.default_rng(seed)
        self.common, self.alone = np.sqrt(correlation), np.sqrt(1 - correlation)
        self.z, self.table = quantiles(_points(worked.network))
        self.rates = np.array([worked.seats[i].rate or 0.0 for i in worked.levelled.seat])
        self.milestones = [numbers for _, numbers in _milestones(plan, worked.network)]

    def run(self, runs: int) -> _Sums:
        import numpy as np

        sizes = [BLOCK] * (runs // BLOCK) + ([runs % BLOCK] if runs % BLOCK else [])
        blocks = [self.block(size) for size in sizes]
        return _Sums(
            end=np.concatenate([block.end for block in blocks]),
            effort=np.concatenate([block.effort for block in blocks]),
            cost=np.concatenate([block.cost for block in blocks]),
            milestones=np.concatenate([block.milestones for block in blocks], axis=-1),
            criticality=np.average([block.criticality for block in blocks], axis=0, weights=sizes),
            correlation=np.average([block.correlation for block in blocks], axis=0, weights=sizes),
        )

    def block(self, size: int) -> _Sums:
        import numpy as np

        own = self.rng.standard_normal((len(self.table), size))
        common = self.rng.standard_normal(size)
        hours = draw_hours(self.z, self.table, self.alone * own + self.common * common)
        done = replay(self.order, hours, trace=True)
        end = done.end
        scores = np.empty(size)
        scores[np.argsort(end, kind="stable")] = _normal_scores(size)
        norm = np.sqrt((own**2).sum(axis=1) * (scores**2).sum())
        moving = (self.table[:, -1] > self.table[:, 0]) & (np.ptp(end) > EPS) & (norm > 0)
        return _Sums(
            end,
            hours.sum(axis=0),
            self.rates @ hours,
            np.array([done.finish[numbers].max(axis=0) for numbers in self.milestones]).reshape(-1, size),
            critical_runs(self.order, done),
            np.where(moving, own @ scores / np.where(norm > 0, norm, 1.0), 0.0),
        )


def _points(network: Network) -> list[tuple[float, float, float]]:
    return [three_points(task.estimate) if task.estimate else (0.0, 0.0, 0.0) for task in network.tasks]


def _milestones(plan: Plan, network: Network) -> list[tuple[str, list[int]]]:
    """Live milestones that have live tasks, and the numbers of these."""
    number = {task.id: index for index, task in enumerate(network.tasks)}
    live = ((m.id, [number[t] for t in m.tasks if t in number]) for m in plan.milestones if m.status == "live")
    return [(name, numbers) for name, numbers in live if numbers]


def _spread(values: Matrix) -> Spread:
    import numpy as np

    percentiles = tuple(float(value) for value in np.percentile(values, np.arange(101)))
    mean, p50, p80 = float(values.mean()), percentiles[50], percentiles[80]
    return Spread(mean, float(values.std()), p50, p80, p80 - mean, percentiles)


def _forecast(plan: Plan, worked: Worked, sums: _Sums, how: tuple[int, int, float]) -> Forecast:
    network, time = worked.network, worked.time
    rates = [worked.seats[i].rate for i in worked.levelled.seat]
    complete = all(rate is not None or not hours for rate, hours in zip(rates, network.effort, strict=True))
    duration = _spread(sums.end)
    milestones = []
    for (name, _), row in zip(_milestones(plan, network), sums.milestones, strict=True):
        spread = _spread(row)
        milestones.append(
            MilestoneForecast(name, spread.p50, spread.p80, _date(time, spread.p50), _date(time, spread.p80))
        )
    return Forecast(
        *how,
        duration=duration,
        p50=_date(time, duration.p50),
        p80=_date(time, duration.p80),
        effort=_spread(sums.effort),
        cost=_spread(sums.cost) if any(rate is not None for rate in rates) else None,
        cost_complete=complete,
        on_time=_on_time(plan, time, sums.end),
        in_budget=None if plan.budget is None or not complete else float((sums.cost <= plan.budget + EPS).mean()),
        milestones=tuple(milestones),
        tasks=_risks(network, sums, how[0]),
    )


def _date(time: WorkingTime | None, hours: float) -> dt.datetime | None:
    return time.ends(hours) if time else None


def _on_time(plan: Plan, time: WorkingTime | None, end: Matrix) -> float | None:
    if plan.deadline is None or time is None:
        return None
    last = time.days_before(plan.deadline, inclusive=True) * time.hours_per_day
    return float((end <= last + EPS).mean())


def _risks(network: Network, sums: _Sums, runs: int) -> tuple[TaskRisk, ...]:
    """Tasks by risk. Squares that chance alone would give (below two standard errors) count as 0."""
    squares = [float(r) ** 2 if r > 2 / runs**0.5 else 0.0 for r in sums.correlation]
    total = sum(squares) or 1.0
    risks = [
        TaskRisk(task.id, float(critical), float(correlation), square / total)
        for task, critical, correlation, square in zip(
            network.tasks, sums.criticality, sums.correlation, squares, strict=True
        )
    ]
    return tuple(sorted(risks, key=lambda risk: (-risk.share, -risk.criticality)))
