"""Two plans of the same brief, and nobody is told which is which until all have voted.

Enters: a `Comparison` (two names, pairs of plan texts) and a votes file. Leaves: the next pair to look at, a vote in the
file, and at the end an `Outcome`. Everything is drawn from the seed and the voter's name, so nothing else is kept.
Try: plansmith compare A.md B.md --brief brief.md

For a page of one's own: `shown = draw(comparison, path, "Ana")`, `cast(comparison, path, "Ana", shown.pair, "left")`
until `draw` gives None, then `reveal(comparison, path)`.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

from plansmith.errors import InputError
from plansmith.proof.journal import add_line
from plansmith.proof.preference import clopper_pearson, sign_test
from plansmith.proof.votes import CHOICES, Ballots, Choice, read_ballots


@dataclass(frozen=True)
class Rivals:
    """Two plan texts for one brief, in the order of the comparison's names. `key`: what people call the brief."""

    key: str
    one: str
    other: str
    brief: str = ""

    @cached_property
    def id(self) -> str:
        """Names the two texts and their brief, and not their order."""
        told = json.dumps([self.key, self.brief, *sorted((self.one, self.other))])
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def identical(self) -> bool:
        """Whether there is nothing to choose."""
        return self.one.split() == self.other.split()


@dataclass(frozen=True)
class Comparison:
    """What is compared. `names` are told at the end; `voters`: how many must have voted on all pairs before."""

    names: tuple[str, str]
    pairs: tuple[Rivals, ...]
    seed: int = 0
    voters: int = 1

    @property
    def shown(self) -> tuple[Rivals, ...]:
        """The pairs that people see: those that differ."""
        return tuple(pair for pair in self.pairs if not pair.identical)

    @property
    def begun(self) -> dict[str, Any]:
        """What its votes file is begun with."""
        told = hashlib.sha256(" ".join(sorted(p.id for p in self.pairs)).encode()).hexdigest()[:16]
        return {"plans": told, "seed": self.seed, "voters": self.voters}


@dataclass(frozen=True)
class Shown:
    """One pair as a voter sees it: the `number`th of `of`."""

    pair: str
    key: str
    brief: str
    left: str
    right: str
    number: int
    of: int


@dataclass(frozen=True)
class Outcome:
    """What people preferred. A pair goes to the side that most of its voters chose; a draw or *same* is a tie.

    `share`: of the decided pairs that went to the second name, with its exact 95 % interval; `p`: two-sided sign test.
    `agreement`: of two voters on the same pair, how often they said the same; `left`: choices of the left plan among
    those that chose, which should be about half.
    """

    names: tuple[str, str]
    pairs: int
    identical: int
    one: int
    other: int
    ties: int
    share: float | None
    low: float
    high: float
    p: float
    votes: int
    voters: int
    agreement: float | None
    left: float | None
    by_pair: tuple[tuple[str, int, int, int], ...]
    """(key, votes for the first name, for the second, for neither)."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def verdict(self) -> str:
        """One sentence that claims no more than the interval carries."""
        one, other = self.names
        decided = self.one + self.other
        ties = f"; {self.ties} tied" + (f" ({self.identical} of them the same text)" if self.identical else "")
        if not decided:
            return f"No pair was decided{ties}."
        first = self.one > self.other
        name, rival, wins = (one, other, self.one) if first else (other, one, self.other)
        low, high = (1 - self.high, 1 - self.low) if first else (self.low, self.high)
        told = (
            f"{wins} of {decided} decided pairs ({wins / decided:.2f}, exact 95 % interval {low:.2f} to {high:.2f}, "
            f"p = {self.p:.3f}{ties})"
        )
        if self.p < 0.05:
            return f"{name} is preferred to {rival}: {told}."
        few = " Fewer than 6 decided pairs can never show a preference." if decided < 6 else ""
        if self.one == self.other:
            return f"No preference shows: {told}.{few}"
        return f"No preference is certain; {name} was chosen more often: {told}.{few}"


def order(comparison: Comparison, voter: str) -> list[tuple[Rivals, bool]]:
    """The pairs in the voter's own order, each with whether its sides are swapped: half of them are, as far as can be."""
    dice = random.Random(f"{comparison.seed} {voter}")
    pairs = sorted(comparison.shown, key=lambda p: p.id)
    dice.shuffle(pairs)
    first = dice.random() < 0.5
    sides = [(n % 2 == 0) == first for n in range(len(pairs))]
    dice.shuffle(sides)
    return list(zip(pairs, sides, strict=True))


def all_shown(comparison: Comparison, voter: str) -> list[Shown]:
    """Every pair as the voter sees it, in the voter's order."""
    drawn = order(comparison, voter)
    return [
        Shown(p.id, p.key, p.brief, *((p.other, p.one) if swapped else (p.one, p.other)), n, len(drawn))
        for n, (p, swapped) in enumerate(drawn, 1)
    ]


def draw(comparison: Comparison, path: Path, voter: str) -> Shown | None:
    """The voter's next pair; None when the voter has seen all.

    Raises InputError where the votes file belongs to other plans, or its result has been shown already.
    """
    done = _open(comparison, path, voting=True).of(voter)
    return next((s for s in all_shown(comparison, voter) if s.pair not in done), None)


def cast(comparison: Comparison, path: Path, voter: str, pair: str, choice: Choice) -> None:
    """Write down a vote; raises InputError for a second one about a pair, an unknown pair, and a name that is empty."""
    ballots = _open(comparison, path, voting=True)
    problems = [] if choice in CHOICES else [f"{choice!r} is no choice; choose one of {', '.join(CHOICES)}"]
    problems += [] if pair in {p.id for p in comparison.shown} else [f"{pair!r} is none of the pairs compared here"]
    problems += [] if voter.strip() else ["the voter has no name"]
    if (voter, pair) in ballots.votes:
        problems.append(f"{voter} has voted on this pair already; the first vote counts")
    if problems:
        raise InputError("This vote does not count:", problems)
    if not ballots.begun:
        add_line(path, {"begun": comparison.begun})
    add_line(path, {"vote": {"pair": pair, "voter": voter, "choice": choice}})


def waiting(comparison: Comparison, path: Path) -> list[str]:
    """What is still missing before the result may be shown; empty when it may."""
    ballots = _open(comparison, path)
    todo = {p.id for p in comparison.shown}
    if ballots.revealed or not todo:
        return []
    missing = [f"{who}: {left} to go" for who in ballots.voters if (left := len(todo - set(ballots.of(who))))]
    more = comparison.voters - len(ballots.voters)
    return missing + ([f"{more} more {'voter' if more == 1 else 'voters'}"] if more > 0 else [])


def reveal(comparison: Comparison, path: Path, close: bool = False) -> Outcome:
    """Count the votes and close the file: votes after it would not be blind. `close`: now, whatever is missing.

    Raises InputError naming who has not finished.
    """
    missing = waiting(comparison, path)
    if missing and not close:
        raise InputError(
            "The result is shown when everybody has voted on every pair. To end the vote now: --close", missing
        )
    ballots = _open(comparison, path)
    if not ballots.revealed:
        if not ballots.begun:
            add_line(path, {"begun": comparison.begun})
        add_line(path, {"revealed": True})
    return count(comparison, read_ballots(path))


def count(comparison: Comparison, ballots: Ballots) -> Outcome:
    """The outcome of some votes."""
    chosen: dict[str, list[int]] = {p.id: [] for p in comparison.shown}
    lefts = rights = 0
    for who in ballots.voters:
        swapped = {p.id: flip for p, flip in order(comparison, who)}
        for pair, choice in ballots.of(who).items():
            if pair in chosen:
                chosen[pair].append(0 if choice == "same" else 1 if (choice == "left") == swapped[pair] else -1)
                lefts, rights = lefts + (choice == "left"), rights + (choice == "right")
    seen = [p for p in comparison.shown if chosen[p.id]]
    sums = Counter((total > 0) - (total < 0) for p in seen for total in [sum(chosen[p.id])])
    identical = len(comparison.pairs) - len(comparison.shown)
    decided = sums[1] + sums[-1]
    low, high = clopper_pearson(sums[1], decided)
    rows = tuple((p.key, chosen[p.id].count(-1), chosen[p.id].count(1), chosen[p.id].count(0)) for p in seen)
    return Outcome(
        comparison.names, len(seen) + identical, identical, sums[-1], sums[1], sums[0] + identical,
        sums[1] / decided if decided else None, low, high, sign_test(sums[1], decided),
        sum(map(len, chosen.values())), len(ballots.voters), _agreement(list(chosen.values())),
        lefts / (lefts + rights) if lefts + rights else None, rows,
    )  # fmt: skip


def _agreement(chosen: Sequence[Sequence[int]]) -> float | None:
    same = [a == b for votes in chosen for a, b in combinations(votes, 2)]
    return sum(same) / len(same) if same else None


def _open(comparison: Comparison, path: Path, voting: bool = False) -> Ballots:
    """The votes, after a look at whether they are about these plans and may still grow."""
    ballots = read_ballots(path)
    changed = [
        f"{k}: {ballots.begun.get(k)} then, {v} now"
        for k, v in comparison.begun.items()
        if ballots.begun and ballots.begun.get(k) != v
    ]
    if changed:
        raise InputError(
            f"{path} holds votes of another comparison. Name another file with --votes, or go back to:", changed
        )
    if voting and ballots.revealed:
        raise InputError(
            f"The result of {path} has been shown; a vote after it would not be blind. Begin anew with another --votes."
        )
    return ballots
