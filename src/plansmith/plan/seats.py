"""Who can work: the team's members, and one unnamed person for each role that nobody fills.

Enters: a plan and its working time. Leaves: `Seat`s, each with its own clock that stands still during leave.
Try: python -c "from plansmith.plan.seats import Seat; print(Seat('Ana', 'web', 1.0, None, ((8, 16),)).ends(12))"

A seat's *own hours* count only the project hours in which it is present. A task is unbroken in own hours, and
leave stretches it in project hours; so all of levelling and simulation works with unbroken tasks.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from plansmith.plan.calendar import EPS, WorkingTime
from plansmith.plan.types import Member, Plan, Task


def role_key(role: str) -> str:
    """Roles are the same when they differ only in case and blanks."""
    return " ".join(role.casefold().split())


@dataclass(frozen=True)
class Seat:
    """One person. `name` is empty and `assumed` true for a person that the team does not have.

    `capacity`: share of a working day; `rate`: money per hour of work; `away`: absences as (from, to) in project
    hours, in order and apart.
    """

    name: str
    role: str
    capacity: float = 1.0
    rate: float | None = None
    away: tuple[tuple[float, float], ...] = ()
    assumed: bool = False

    @cached_property
    def lost(self) -> tuple[float, ...]:
        """Project hours lost after 0, 1, 2, … absences."""
        return tuple(accumulate((end - begin for begin, end in self.away), initial=0.0))

    @cached_property
    def breaks(self) -> tuple[float, ...]:
        """Own hours at which each absence begins."""
        return tuple(begin - lost for (begin, _), lost in zip(self.away, self.lost, strict=False))

    def own(self, hours: float) -> float:
        """Own hours until a moment in project hours; an absence is one single moment."""
        passed = bisect_right(self.away, hours, key=lambda absence: absence[0])
        return max(hours - self.lost[passed], self.breaks[passed - 1]) if passed else hours

    def begins(self, own: float) -> float:
        """Project hours when work begins at these own hours: after the absence, if one is there."""
        return own + self.lost[bisect_right(self.breaks, own + EPS)]

    def ends(self, own: float) -> float:
        """Project hours when work ends at these own hours: before the absence, if one is there."""
        return own + self.lost[bisect_left(self.breaks, own - EPS)]


def absences(member: Member, time: WorkingTime | None) -> tuple[tuple[float, float], ...]:
    """A member's leave as (from, to) in project hours, overlaps joined; nothing without a start date."""
    joined: list[tuple[float, float]] = []
    spans = [] if time is None else sorted(time.away(leave.first, leave.last) for leave in member.leave)
    for begin, end in spans:
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif end > begin:
            joined.append((begin, end))
    return tuple(joined)


def build_seats(plan: Plan, tasks: Iterable[Task], time: WorkingTime | None) -> tuple[Seat, ...]:
    """The team in the plan's order, then one assumed full-time person for each role that it lacks."""
    seats = [Seat(m.name, m.role, m.capacity, m.rate, absences(m, time)) for m in plan.team]
    known = {role_key(seat.role) for seat in seats}
    for task in tasks:
        if role_key(task.role) not in known:
            known.add(role_key(task.role))
            seats.append(Seat("", task.role, assumed=True))
    return tuple(seats)


def by_role(seats: tuple[Seat, ...]) -> dict[str, tuple[int, ...]]:
    """Numbers of the seats that can do each role's tasks."""
    roles: dict[str, tuple[int, ...]] = {}
    for index, seat in enumerate(seats):
        key = role_key(seat.role)
        roles[key] = (*roles.get(key, ()), index)
    return roles
