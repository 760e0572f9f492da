"""Levelling: who does which task when, so that nobody works on two tasks at once.

Enters: a `Network`, the late starts of its `Passes`, the `Seat`s. Leaves: a `Levelled` order of work.
Try: python bench/schedule.py

The serial schedule generation scheme: tasks are taken one by one, among those whose predecessors are placed the
one with the least late start, then the lowest number in the plan; each goes where it ends first among the people
of its role, into the earliest gap that holds it. Source: Kolisch (1996), Serial and parallel resource-constrained
project scheduling methods revisited, European Journal of Operational Research 90. Time is n log n in the tasks,
apart from the search for a gap.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from plansmith.errors import InputError
from plansmith.plan.calendar import EPS, LONGEST
from plansmith.plan.network import Link, Network, too_long
from plansmith.plan.seats import Seat, by_role, role_key


@dataclass(frozen=True)
class Levelled:
    """Start and finish of each task in project hours, its seat, and what it had to wait for.

    `driver`: number of the task that fixes the start (a predecessor, or the same person's task before it), −1 when
    nothing does. `turns`: for each seat, its tasks in order of time (tasks of 0 hours need nobody and are in none).
    """

    start: tuple[float, ...]
    finish: tuple[float, ...]
    seat: tuple[int, ...]
    driver: tuple[int, ...]
    turns: tuple[tuple[int, ...], ...]


@dataclass
class _Diary:
    """A seat's free time in its own hours: gap k runs from begins[k] to ends[k], after task before[k]."""

    begins: list[float] = field(default_factory=lambda: [0.0])
    ends: list[float] = field(default_factory=lambda: [inf])
    before: list[int] = field(default_factory=lambda: [-1])

    def find(self, ready: float, hours: float) -> tuple[int, float]:
        """The earliest gap that holds `hours` from `ready` on, and the start in it."""
        gap = bisect_right(self.ends, ready)
        while True:
            start = max(ready, self.begins[gap])
            if start + hours <= self.ends[gap] + EPS:
                return gap, start
            gap += 1

    def take(self, gap: int, start: float, hours: float, task: int) -> None:
        finish = start + hours
        if self.ends[gap] - finish > EPS:
            self.begins.insert(gap + 1, finish)
            self.ends.insert(gap + 1, self.ends[gap])
            self.before.insert(gap + 1, task)
        if start - self.begins[gap] > EPS:
            self.ends[gap] = start
        else:
            del self.begins[gap], self.ends[gap], self.before[gap]


@dataclass(frozen=True)
class _Fit:
    """One way to place a task: the smallest is taken. `own`: start in the seat's own hours."""

    finish: float
    start: float
    seat: int
    own: float
    hours: float
    gap: int
    driver: int


class _Level:
    """The state of one levelling run."""

    def __init__(self, network: Network, seats: Sequence[Seat]) -> None:
        self.network, self.seats = network, seats
        count = len(network.tasks)
        self.start, self.finish = [0.0] * count, [0.0] * count
        self.seat, self.driver, self.own = [-1] * count, [-1] * count, [0.0] * count
        self.diaries = [_Diary() for _ in seats]
        self.turns: list[list[int]] = [[] for _ in seats]

    def moment(self, link: Link) -> float:
        """Project hours that a link speaks of."""
        times = self.finish if link.type in ("FS", "FF") else self.start
        return times[link.before] + link.lag

    def fit(self, task: int, index: int) -> _Fit:
        """The best place for a task at one seat."""
        seat = self.seats[index]
        hours = self.network.effort[task] / seat.capacity
        ready, held, driver = 0.0, 0.0, -1
        for link in self.network.into[task]:
            moment = self.moment(link)
            bound = seat.own(moment) if seat.away else moment
            if link.type in ("FF", "SF"):
                # The end may have to wait for a moment inside an absence: the task is then held open until it.
                bound, held = bound - hours, max(held, moment)
            if bound >= ready - EPS and (driver < 0 or bound > ready + EPS):
                driver = link.before
            ready = max(ready, bound)
        gap, own = self.diaries[index].find(ready, hours)
        if own > ready + EPS:
            driver = self.diaries[index].before[gap]
        start, finish = (seat.begins(own), seat.ends(own + hours)) if seat.away else (own, own + hours)
        # Work below the clock's fineness may begin after an absence and end before it: it ends where it begins.
        return _Fit(max(start, finish, held), start, index, own, hours, gap, driver)

    def place(self, task: int, candidates: Sequence[int]) -> None:
        if self.network.effort[task] > 0:
            best = min((self.fit(task, seat) for seat in candidates), key=lambda fit: (fit.finish, fit.seat))
            self.diaries[best.seat].take(best.gap, best.own, best.hours, task)
            self.turns[best.seat].append(task)
            self.start[task], self.finish[task], self.own[task] = best.start, best.finish, best.own
            self.seat[task], self.driver[task] = best.seat, best.driver
            if not best.finish <= LONGEST:
                raise InputError(too_long(self.network))
            return
        moments = [(self.moment(link), -link.before) for link in self.network.into[task]]
        moment, before = max(moments, default=(0.0, 1))
        self.start[task] = self.finish[task] = max(moment, 0.0)
        self.seat[task], self.driver[task] = candidates[0], -before if moment >= 0 else -1


def level(network: Network, late_start: Sequence[float], seats: tuple[Seat, ...]) -> Levelled:
    """Place every task; `late_start` in hours is the priority (the least first), then the task's place in the plan."""
    work, roles = _Level(network, seats), by_role(seats)
    waiting = [len(links) for links in network.into]
    ready = [(late_start[i], i) for i, count in enumerate(waiting) if not count]
    heapq.heapify(ready)
    while ready:
        _, task = heapq.heappop(ready)
        work.place(task, roles[role_key(network.tasks[task].role)])
        for link in network.out[task]:
            waiting[link.after] -= 1
            if not waiting[link.after]:
                heapq.heappush(ready, (late_start[link.after], link.after))
    turns = tuple(tuple(sorted(tasks, key=work.own.__getitem__)) for tasks in work.turns)
    return Levelled(tuple(work.start), tuple(work.finish), tuple(work.seat), tuple(work.driver), turns)


def chain(levelled: Levelled) -> tuple[int, ...]:
    """The resource-critical chain: from the task that ends last, back over what fixed each start.

    Without scarce people it is the critical path. Sources: Wiest (1964), Operations Research 12 ("critical
    sequence"); Goldratt (1997), Critical Chain.
    """
    if not levelled.finish:
        return ()
    index = max(range(len(levelled.finish)), key=lambda i: (levelled.finish[i], -i))
    steps: dict[int, None] = {}
    while index >= 0 and index not in steps:  # a lead on the same person could close a circle
        steps[index] = None
        index = levelled.driver[index]
    return tuple(reversed(steps))
