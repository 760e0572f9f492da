"""The levelled order of work, run again with other durations: thousands of times at once.

Enters: a network, its levelling and a matrix of hours of work, tasks × runs. Leaves: finish times of each run.
Try: python bench/schedule.py

Everyone keeps the tasks, and the order of tasks, that levelling gave them; every task begins as soon as its links
and the person allow. So a run shows merge bias and scarce people, but not a new plan made half way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from plansmith.plan.calendar import EPS
from plansmith.plan.levelling import Levelled
from plansmith.plan.network import Network
from plansmith.plan.seats import Seat

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]
    Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Order:
    """Tasks by number in an order in which each follows all that it waits for.

    `previous`: the task that the same person does before it, −1 if none; `seat`: who does it.
    """

    network: Network
    seats: tuple[Seat, ...]
    seat: tuple[int, ...]
    previous: tuple[int, ...]
    tasks: tuple[int, ...]


@dataclass(frozen=True)
class Replay:
    """Finish of each task in each run, project hours; `tight`: before, after, runs in which before fixed the start."""

    finish: Matrix
    tight: tuple[tuple[int, int, Mask], ...]

    @property
    def end(self) -> Matrix:
        """When the last task of each run ends, project hours."""
        end: Matrix = self.finish.max(axis=0, initial=0.0)
        return end


def build_order(network: Network, levelled: Levelled, seats: tuple[Seat, ...]) -> Order:
    """Join the plan's links and the people's turns into one order without circles.

    A lead (negative lag) or a start-to-finish link can let a task come before one that it waits for, on the same
    person. Then link and turn ask for opposite orders, and the turn is left out.
    """
    previous = [-1] * len(network.tasks)
    following = [-1] * len(network.tasks)
    for turns in levelled.turns:
        for before, after in pairwise(turns):
            previous[after], following[before] = before, after
    links = [len(some) for some in network.into]
    turn = [before >= 0 for before in previous]
    done: list[int] = []
    ready = deque(i for i, count in enumerate(links) if not count and not turn[i])
    while len(done) < len(links):
        if not ready:
            free = (i for i, count in enumerate(links) if not count and turn[i])
            task = min(free, key=lambda i: (levelled.start[i], i))
            following[previous[task]], previous[task], turn[task] = -1, -1, False
            ready.append(task)
        task = ready.popleft()
        done.append(task)
        for link in network.out[task]:
            links[link.after] -= 1
            if not links[link.after] and not turn[link.after]:
                ready.append(link.after)
        after = following[task]
        if after >= 0:
            turn[after] = False
            if not links[after]:
                ready.append(after)
    return Order(network, seats, levelled.seat, tuple(previous), tuple(done))


class _Clock:
    """A seat's clock (see `Seat`) for many runs at once."""

    def __init__(self, seat: Seat) -> None:
        import numpy as np

        self._starts = np.array([begin for begin, _ in seat.away])
        self._breaks = np.array([*seat.breaks])
        self._latest = np.array([-np.inf, *seat.breaks])
        self._lost = np.array(seat.lost)

    def own(self, hours: Matrix) -> Matrix:
        import numpy as np

        passed = np.searchsorted(self._starts, hours, side="right")
        own: Matrix = np.maximum(hours - self._lost[passed], self._latest[passed])
        return own

    def begins(self, own: Matrix) -> Matrix:
        begins: Matrix = own + self._lost[self._breaks.searchsorted(own + EPS, side="right")]
        return begins

    def ends(self, own: Matrix) -> Matrix:
        ends: Matrix = own + self._lost[self._breaks.searchsorted(own - EPS, side="left")]
        return ends


def replay(order: Order, effort: Matrix, trace: bool = False) -> Replay:
    """Run the order with `effort` in hours of work, one column a run; `trace` fills `tight`."""
    return _Runs(order, effort, trace).run()


class _Runs:
    """The state of one replay. Times of finished tasks are kept; starts only where a link asks for them."""

    def __init__(self, order: Order, effort: Matrix, trace: bool) -> None:
        import numpy as np

        self.order, self.effort, self.trace = order, effort, trace
        self.clocks = [_Clock(seat) if seat.away else None for seat in order.seats]
        self.finish: Matrix = np.zeros_like(effort, dtype=np.float64)
        self.start: dict[int, Matrix] = {}
        self.done: dict[int, Matrix] = {}
        """Ends in own hours of seats that have absences."""
        self.tight: list[tuple[int, int, Mask]] = []

    def run(self) -> Replay:
        for task in self.order.tasks:
            self.step(task)
        return Replay(self.finish, tuple(self.tight))

    def step(self, task: int) -> None:
        import numpy as np

        order, network = self.order, self.order.network
        seat = order.seat[task]
        clock = self.clocks[seat] if network.effort[task] > 0 else None
        hours = self.effort[task] / order.seats[seat].capacity
        bounds, held = self.bounds(task, clock, hours)
        own = np.zeros(hours.shape)
        for _, bound in bounds:
            np.maximum(own, bound, out=own)
        if self.trace:
            self.tight += [(before, task, bound >= own - EPS) for before, bound in bounds]
        ends = own + hours
        finish = clock.ends(ends) if clock else ends
        for moment in held:
            finish = np.maximum(finish, moment)
        self.finish[task] = finish
        if clock:
            self.done[task] = ends
        if any(link.type in ("SS", "SF") for link in network.out[task]):
            self.start[task] = clock.begins(own) if clock else own

    def bounds(self, task: int, clock: _Clock | None, hours: Matrix) -> tuple[list[tuple[int, Matrix]], list[Matrix]]:
        """What the start waits for (in the seat's own hours), and moments before which the end may not come."""
        found, held = [], []
        for link in self.order.network.into[task]:
            times = self.finish[link.before] if link.type in ("FS", "FF") else self.start[link.before]
            moment = times + link.lag if link.lag else times
            bound = clock.own(moment) if clock else moment
            if link.type in ("FF", "SF"):
                bound = bound - hours
                held += [moment] if clock else []
            found.append((link.before, bound))
        before = self.order.previous[task]
        if before >= 0:
            found.append((before, self.done[before] if clock else self.finish[before]))
        return found, held


def critical_runs(order: Order, runs: Replay) -> Matrix:
    """Share of runs in which each task lies on a chain that decides the end: the criticality index.

    Source: Van Slyke (1963), Monte Carlo methods and the PERT problem, Operations Research 11.
    """
    import numpy as np

    critical: Mask = runs.finish >= runs.end - EPS
    into: list[list[tuple[int, Mask]]] = [[] for _ in order.tasks]
    for before, after, mask in runs.tight:
        into[after].append((before, mask))
    for task in reversed(order.tasks):
        for before, mask in into[task]:
            critical[before] |= critical[task] & mask
    share: Matrix = np.mean(critical, axis=1)
    return share


def column(values: Sequence[float]) -> Matrix:
    """One column of hours."""
    import numpy as np

    return np.array(values, dtype=np.float64).reshape(-1, 1)
