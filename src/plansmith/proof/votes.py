"""The votes of a blind comparison: a JSON Lines file that only grows.

Enters: a path and what was voted. Leaves: a line for each, written in one piece; and, read back, a `Ballots`.
Try: plansmith compare A.md B.md --votes votes.jsonl

A line says left or right, never which plan: who reads the file learns nothing. The first line of a voter about a pair
counts; what comes after the result was shown does not. A line that a crash cut off is passed over.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

from plansmith.errors import InputError, ResourceError

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
    if not path.exists():
        return Ballots()
    try:
        lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    except OSError as error:
        raise InputError(f"{path} cannot be read as votes ({error}). Name another file with --votes.") from error
    begun: dict[str, Any] = {}
    votes: dict[tuple[str, str], Choice] = {}
    revealed, problems = False, []
    for number, line in enumerate(lines, 1):
        if not line.strip() or _cut(line):
            continue
        try:
            entry = json.loads(line)
            if not isinstance(entry, dict):
                raise TypeError(line)
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


def _cut(line: str) -> bool:
    """Whether it is the beginning of one of our lines and not its end."""
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        return line.startswith("{") and (error.pos >= len(line) or error.msg.startswith("Unterminated"))
    return False


def _vote(said: Mapping[str, Any]) -> tuple[str, str, Choice]:
    if said["choice"] not in CHOICES:
        raise ValueError(said["choice"])
    return str(said["voter"]), str(said["pair"]), cast("Choice", said["choice"])


def add_line(path: Path, entry: Mapping[str, Any]) -> None:
    """Append one line, whole, and wait until it is on the disk; after a torn line it begins a new one."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    data = (json.dumps({**entry, "at": now}, ensure_ascii=False) + "\n").encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if _torn(path):
            data = b"\n" + data
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            written = os.write(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise InputError(f"The vote cannot be written to {path}: {error.strerror}.") from error
    if written < len(data):
        raise ResourceError(f"The disk is full: the vote was not written to {path}. Free some space and vote again.")


def _torn(path: Path) -> bool:
    if not path.is_file() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"
