"""A job's log as server-sent events, read along from any place on, so that a page may come and go.

Enters: a job and the number of entries already seen. Leaves: events, each with the number of its entry as its id, and
`end` when the job has ended.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from plansmith.serve.jobs import Job, Jobs

LOOK = 0.15
_QUIET = 10.0
"""Seconds after which a comment keeps the connection open."""


class Tail:
    """The log of a job, read along: only what was added since is read, whole lines only."""

    def __init__(self, path: Path) -> None:
        self.path, self.at, self.count = path, 0, 0

    def more(self) -> list[tuple[int, dict[str, Any]]]:
        """New entries with their numbers, from 1."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.at)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self.at += len(whole)
        found = []
        for line in whole.splitlines():
            self.count += 1
            found.append((self.count, json.loads(line)))
        return found


async def entries(jobs: Jobs, key: str, after: int = 0) -> AsyncIterator[tuple[int, dict[str, Any]] | Job | None]:
    """Entries with their numbers as they come, the job whenever its state changes, None now and then when all is quiet.

    Ends with the job that has ended.
    """
    tail = Tail(jobs.place(key) / "log.jsonl")
    state, quiet = "", 0.0
    while True:
        try:
            job = jobs.get(key)
        except KeyError:
            return
        for number, entry in tail.more():
            quiet = 0.0
            if number > after:
                yield number, entry
        if job.state != state:
            state = job.state
            yield job
        if not job.open:
            return
        await asyncio.sleep(LOOK)
        quiet += LOOK
        if quiet >= _QUIET:
            quiet = 0.0
            yield None


def event(name: str, data: str, number: int | None = None) -> str:
    """One event in the form of the standard; lines of `data` are kept."""
    head = f"id: {number}\n" if number is not None else ""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"{head}event: {name}\n{lines}\n"
