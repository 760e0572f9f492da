"""The dependency network: estimates, links, early and late times, floats and the critical path.

Enters: a `Plan`'s live tasks. Leaves: a `Network` in topological order, and the `Passes` over it.
Try: python -c "from plansmith.plan.network import pert; from plansmith.plan.types import Estimate; \
print(pert(Estimate(o=2, m=4, p=12)))"

Everything is in hours. PERT: Malcolm, Roseboom, Clark & Fazar (1959), Operations Research 7(5). Critical path:
Kelley & Walker (1959), Eastern Joint Computer Conference. Links between start and finish (FS, SS, FF, SF) with
lag: the precedence diagramming method, which grew out of Fondahl (1961). Each pass takes
time linear in tasks and links.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from plansmith.errors import InputError
from plansmith.plan.calendar import EPS, HORIZON_YEARS, LONGEST
from plansmith.plan.types import Estimate, LinkType, Plan, Task

NoteCode = Literal[
    "no-start", "unestimated", "estimate-order", "role-assumed", "unpriced", "link-ignored", "milestone-empty"
]


@dataclass(frozen=True)
class Note:
    """Something that the reader of a schedule must know: a code, the items concerned, and what it is about."""

    code: NoteCode
    items: tuple[str, ...] = ()
    subject: str = ""


@dataclass(frozen=True)
class Link:
    """Task number `after` waits for task number `before`; `lag` in working hours."""

    before: int
    after: int
    type: LinkType
    lag: float


@dataclass(frozen=True)
class Network:
    """Live tasks in the plan's order, their effort, their links, and an order in which each follows its links.

    `effort`: PERT mean in hours of work, 0 where there is no estimate. `sigma`: its standard deviation, hours.
    """

    tasks: tuple[Task, ...]
    effort: tuple[float, ...]
    sigma: tuple[float, ...]
    into: tuple[tuple[Link, ...], ...]
    out: tuple[tuple[Link, ...], ...]
    order: tuple[int, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Passes:
    """Early and late times and floats of each task, in hours since the start, as if nobody were ever busy.

    `total_float`: how much later a task may begin without moving the end; `free_float`: without moving any
    other task's early start either. `path`: one longest chain, first task first; `length`: its hours.
    """

    early_start: tuple[float, ...]
    early_finish: tuple[float, ...]
    late_start: tuple[float, ...]
    late_finish: tuple[float, ...]
    total_float: tuple[float, ...]
    free_float: tuple[float, ...]
    path: tuple[int, ...]
    length: float


def three_points(estimate: Estimate) -> tuple[float, float, float]:
    """Optimistic, most likely and pessimistic hours in rising order, whatever order they were written in."""
    low, middle, high = sorted((estimate.o, estimate.m, estimate.p))
    return low, middle, high


def pert(estimate: Estimate | None) -> tuple[float, float]:
    """PERT mean (o + 4m + p) / 6 and standard deviation (p − o) / 6, in hours; 0, 0 without an estimate.

    Source: Malcolm et al. (1959).
    """
    if estimate is None:
        return 0.0, 0.0
    low, middle, high = three_points(estimate)
    return (low + 4 * middle + high) / 6, (high - low) / 6


def build_network(plan: Plan) -> Network:
    """The network of a plan's live tasks; links to tasks that are gone are left out and noted.

    Errors: InputError naming each circle of dependencies.
    """
    tasks = tuple(task for task in plan.tasks if task.status == "live")
    number = {task.id: index for index, task in enumerate(tasks)}
    into: list[list[Link]] = [[] for _ in tasks]
    out: list[list[Link]] = [[] for _ in tasks]
    ignored = []
    for index, task in enumerate(tasks):
        for wait in task.depends_on:
            if wait.task not in number:
                ignored.append(Note("link-ignored", (task.id,), wait.task))
                continue
            link = Link(number[wait.task], index, wait.type, wait.lag)
            into[index].append(link)
            out[link.before].append(link)
    estimates = [pert(task.estimate) for task in tasks]
    return Network(
        tasks,
        tuple(mean for mean, _ in estimates),
        tuple(sigma for _, sigma in estimates),
        tuple(map(tuple, into)),
        tuple(map(tuple, out)),
        _topological(tasks, into, out),
        (*_estimate_notes(tasks), *ignored),
    )


def _estimate_notes(tasks: Sequence[Task]) -> list[Note]:
    without = tuple(t.id for t in tasks if t.estimate is None)
    swapped = tuple(t.id for t in tasks if t.estimate and not t.estimate.o <= t.estimate.m <= t.estimate.p)
    found = (Note("unestimated", without), Note("estimate-order", swapped))
    return [note for note in found if note.items]


def _topological(tasks: Sequence[Task], into: list[list[Link]], out: list[list[Link]]) -> tuple[int, ...]:
    """Kahn's algorithm (1962), in the plan's order where there is a choice."""
    waiting = [len(links) for links in into]
    ready = deque(index for index, count in enumerate(waiting) if not count)
    order = []
    while ready:
        index = ready.popleft()
        order.append(index)
        for link in out[index]:
            waiting[link.after] -= 1
            if not waiting[link.after]:
                ready.append(link.after)
    if len(order) < len(tasks):
        stuck = {index for index, count in enumerate(waiting) if count}
        circles = [" → ".join(tasks[i].id for i in circle) for circle in _circles(stuck, into)]
        raise InputError(
            "The tasks wait for each other in a circle, so none of them can begin. "
            "Take out one 'after' of each circle (an arrow leads to the task that waits):",
            circles,
        )
    return tuple(order)


def _circles(stuck: set[int], into: list[list[Link]]) -> list[list[int]]:
    """Circles among the tasks that could not be ordered: follow one stuck predecessor each, until one repeats."""
    waits_for = {index: next(k.before for k in into[index] if k.before in stuck) for index in sorted(stuck)}
    circles, seen = [], set[int]()
    for begin in waits_for:
        trail: dict[int, None] = {}
        index = begin
        while index not in seen and index not in trail:
            trail[index] = None
            index = waits_for[index]
        if index in trail:
            steps = list(trail)
            circle = steps[steps.index(index) :][::-1]
            first = circle.index(min(circle))
            circle = circle[first:] + circle[:first]
            circles.append([*circle, circle[0]])
        seen.update(trail)
    return circles


def offset(link: Link, hours: Sequence[float]) -> float:
    """Hours from the start of `before` to the earliest start of `after`, when the tasks last `hours`."""
    begin = hours[link.before] if link.type in ("FS", "FF") else 0.0
    end = hours[link.after] if link.type in ("FF", "SF") else 0.0
    return begin + link.lag - end


def passes(network: Network, hours: Sequence[float]) -> Passes:
    """Forward and backward pass over the network; `hours`: how long each task takes.

    No task starts before hour 0. Source: Kelley & Walker (1959).
    """
    count = len(network.tasks)
    early = [0.0] * count
    for index in network.order:
        for link in network.into[index]:
            early[index] = max(early[index], early[link.before] + offset(link, hours))
    finish = [early[i] + hours[i] for i in range(count)]
    length = max(finish, default=0.0)
    if not length <= LONGEST:  # also when it is not a number
        raise InputError(too_long(network))
    late = [length - hours[i] for i in range(count)]
    free = [length - finish[i] for i in range(count)]
    for index in reversed(network.order):
        for link in network.out[index]:
            gap = offset(link, hours)
            late[index] = min(late[index], late[link.after] - gap)
            free[index] = min(free[index], early[link.after] - gap - early[index])
    return Passes(
        tuple(early),
        tuple(finish),
        tuple(late),
        tuple(late[i] + hours[i] for i in range(count)),
        tuple(_clean(late[i] - early[i]) for i in range(count)),
        tuple(_clean(value) for value in free),
        _longest(network, early, finish, lambda link: early[link.before] + offset(link, hours)),
        length,
    )


def too_long(network: Network) -> str:
    """What to say about work without an end in sight."""
    largest = max(range(len(network.tasks)), key=network.effort.__getitem__)
    return (
        f"The work would take longer than {HORIZON_YEARS} years. Check the estimates (the largest is "
        f"{network.tasks[largest].id}, {network.effort[largest]:,.0f} h), the lags, and the team's capacity."
    )


def _clean(value: float) -> float:
    return value if value > EPS else 0.0


def _longest(
    network: Network, early: list[float], finish: list[float], bound: Callable[[Link], float]
) -> tuple[int, ...]:
    """One longest chain: from the task that ends last, back over links without slack."""
    if not finish:
        return ()
    end = max(finish)
    index: int | None = next(i for i in network.order if finish[i] >= end - EPS)
    chain = []
    while index is not None:
        chain.append(index)
        tight = (k.before for k in network.into[index] if bound(k) >= early[index] - EPS)
        index = next(tight, None)
    return tuple(reversed(chain))
