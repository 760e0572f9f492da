"""The votes of a blind comparison: a JSON Lines file that only grows.

Enters: a path and what was voted. Leaves: a line for each, written in one piece; and, read back, a `Ballots`.
Try: plansmith compare A.md B.md --votes votes.jsonl

A line says left or right, never which plan: who reads the file learns nothing. The first line of a voter about a pair
counts; what comes after the result was shown does not. A line that a crash cut off is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

from plansmith.errors import InputError
from plansmith.proof.journal import read_lines

Choice = Literal["left", "right", "same"]
CHOICES: tuple[Choice, ...] = get_args(Choice)


@dataclass(frozen=True)
class Ballots:
    """What a votes file says. `votes`: choice by (voter, pair); `begun`: what is compared, empty for a new file."""

    begun: Mapping[str, Any] = field(default_factory=dict)
    votes: Mapping[tuple[str, str], Choice] = field(default_factory=dict)
    revealed: bool = False

    def of(self, voter: str) -> dict[str, Choice]:
        """Choices of one voter, by pair."""
        return {pair: choice for (who, pair), choice in self.votes.items() if who == voter}

    @property
    def voters(self) -> tuple[str, ...]:
        """Who has voted, in the order of their first votes."""
        return tuple(dict.fromkeys(who for who, _ in self.votes))


def read_ballots(path: Path) -> Ballots:
    """The votes so far; raises InputError naming every line that is none."""
    begun: dict[str, Any] = {}
    votes: dict[tuple[str, str], Choice] = {}
    revealed, problems = False, []
    for number, line, entry in read_lines(path):
        try:
            if "vote" in entry:
                who, pair, choice = _vote(entry["vote"])
                if not revealed:
                    votes.setdefault((who, pair), choice)
            elif "begun" in entry:
                begun = begun or dict(entry["begun"])
            elif "revealed" in entry:
                revealed = True
            else:
                raise KeyError(line)
        except (ValueError, KeyError, TypeError):
            problems.append(f"line {number}: {line[:60]!r} is no vote")
    if problems:
        raise InputError(f"{path} holds lines that are no votes. Mend or remove them, or name another file:", problems)
    return Ballots(begun, votes, revealed)


def _vote(said: Mapping[str, Any]) -> tuple[str, str, Choice]:
    if said["choice"] not in CHOICES:
        raise ValueError(said["choice"])
    return str(said["voter"]), str(said["pair"]), cast("Choice", said["choice"])
