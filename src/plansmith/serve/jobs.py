"""Jobs that outlive the server: a queue in SQLite, one child process a job, a lease that says who is at work.

Enters: a kind of work and its arguments. Leaves: a `Job` with its state, log and result.

The child itself renews its lease and writes its end, so a server that dies loses nothing: its children go on, and what
died with it (a machine that lost its power) is begun again by the next server, a training from its last checkpoint.
The log is a file of JSON lines that the child appends to; whoever reads along keeps the number of the last line.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plansmith.errors import PlansmithError

LEASE = 12.0
"""Seconds after which a job whose child says nothing is given to another."""
TRIES = 3
"""Times in a row that a job is begun before it counts as failed."""
KEPT = 200
"""Finished jobs that are remembered."""

_TABLE = """
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, args TEXT NOT NULL, state TEXT NOT NULL,
  created REAL NOT NULL, started REAL, finished REAL, attempt INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, lease REAL,
  pid INTEGER, pid_born REAL, message TEXT NOT NULL DEFAULT '', result TEXT
);
CREATE INDEX IF NOT EXISTS by_state ON jobs (state, created);
"""


@dataclass(frozen=True)
class Job:
    """One piece of work. `state`: queued, running, done, failed, stopped (can go on) or cancelled."""

    id: str
    kind: str
    name: str
    args: dict[str, Any]
    state: str
    created: float
    started: float | None
    finished: float | None
    attempt: int
    tries: int
    pid: int | None
    pid_born: float | None
    message: str
    result: dict[str, Any]

    @property
    def open(self) -> bool:
        return self.state in ("queued", "running")


class BusyError(PlansmithError):
    """The queue is full; `after` seconds from now there may be room."""

    def __init__(self, waiting: int, after: int) -> None:
        super().__init__(f"{waiting} jobs are waiting already. Try again in {after} seconds.")
        self.after = after


class Jobs:
    """The table of jobs in a workspace's hidden folder. Safe for many processes and threads."""

    def __init__(self, folder: Path, bound: int = 32) -> None:
        self.folder, self.bound = folder, bound
        (folder / "jobs").mkdir(parents=True, exist_ok=True)
        self._made = False
        self._kept = threading.local()

    def _read(self) -> sqlite3.Connection:
        """A connection that only looks, kept for the thread: pages ask often how far a job is."""
        found: sqlite3.Connection | None = getattr(self._kept, "connection", None)
        if found is None:
            with self._open():
                pass  # the table is made
            found = sqlite3.connect(self.folder / "jobs.db", timeout=20, isolation_level=None)
            found.row_factory = sqlite3.Row
            self._kept.connection = found
        return found

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.folder / "jobs.db", timeout=20, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            if not self._made:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.executescript(_TABLE)
                self._made = True
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        finally:
            connection.close()

    def add(self, kind: str, name: str, args: dict[str, Any]) -> Job:
        """Put a job into the queue; raises BusyError when it is full."""
        key = secrets.token_hex(8)
        self.place(key).mkdir(parents=True)
        with self._open() as db:
            waiting = db.execute("SELECT count(*) FROM jobs WHERE state = 'queued'").fetchone()[0]
            if waiting < self.bound:
                db.execute(
                    "INSERT INTO jobs (id, kind, name, args, state, created) VALUES (?, ?, ?, ?, 'queued', ?)",
                    (key, kind, name, json.dumps(args, ensure_ascii=False), time.time()),
                )
        if waiting >= self.bound:
            shutil.rmtree(self.place(key), ignore_errors=True)
            raise BusyError(waiting, 10)
        return self.get(key)

    def need_room(self, coming: int = 0) -> None:
        """Raise BusyError when the queue is full, or will be with those that are `coming`: a refusal costs nothing."""
        waiting = self._read().execute("SELECT count(*) FROM jobs WHERE state = 'queued'").fetchone()[0]
        if waiting + coming >= self.bound:
            raise BusyError(waiting + coming, 10)

    def get(self, key: str) -> Job:
        """The job; raises KeyError for an id that there is not."""
        db = self._read()
        row = db.execute("SELECT * FROM jobs WHERE id = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return _job(row)

    def all(self, *kinds: str) -> list[Job]:
        """Jobs of these kinds (all kinds if none is named), the newest first."""
        marks = ", ".join("?" * len(kinds))
        where = f"WHERE kind IN ({marks})" if kinds else ""
        db = self._read()
        rows = db.execute(f"SELECT * FROM jobs {where} ORDER BY created DESC", kinds).fetchall()
        return [_job(row) for row in rows]

    def ahead(self, job: Job) -> int:
        """How many jobs wait before this one."""
        db = self._read()
        found = db.execute("SELECT count(*) FROM jobs WHERE state = 'queued' AND created < ?", (job.created,))
        return int(found.fetchone()[0])

    def place(self, key: str) -> Path:
        """The folder of a job's log and files; `key` is one of ours, never a name from outside."""
        return self.folder / "jobs" / key

    def claim(self, kinds: Sequence[str], side_by_side: int) -> Job | None:
        """Take the oldest waiting job of these kinds if one of their places at work is free."""
        marks = ", ".join("?" * len(kinds))
        with self._open() as db:
            at_work = db.execute(
                f"SELECT count(*) FROM jobs WHERE state = 'running' AND kind IN ({marks})", kinds
            ).fetchone()[0]
            row = db.execute(
                f"SELECT id FROM jobs WHERE state = 'queued' AND kind IN ({marks}) ORDER BY created LIMIT 1", kinds
            ).fetchone()
            if at_work >= side_by_side or row is None:
                return None
            now = time.time()
            db.execute(
                "UPDATE jobs SET state = 'running', attempt = attempt + 1, tries = tries + 1, started = coalesce(started, ?), lease = ?, "
                "pid = NULL, pid_born = NULL WHERE id = ?",
                (now, now + LEASE, row["id"]),
            )
            return _job(db.execute("SELECT * FROM jobs WHERE id = ?", (row["id"],)).fetchone())

    def born(self, job: Job, pid: int, when: float) -> None:
        """Note the child that works on a job, by number and time of birth, since numbers are used again."""
        with self._open() as db:
            db.execute(
                "UPDATE jobs SET pid = ?, pid_born = ? WHERE id = ? AND attempt = ?", (pid, when, job.id, job.attempt)
            )

    def renew(self, key: str, attempt: int) -> bool:
        """Hold the lease on; False where the job is no longer this child's."""
        with self._open() as db:
            done = db.execute(
                "UPDATE jobs SET lease = ? WHERE id = ? AND attempt = ? AND state = 'running'",
                (time.time() + LEASE, key, attempt),
            )
            return done.rowcount == 1

    def end(self, key: str, attempt: int, state: str, message: str = "", result: dict[str, Any] | None = None) -> bool:
        """Write how a job ended, if it is still this child's."""
        told = json.dumps(result or {}, ensure_ascii=False)
        with self._open() as db:
            done = db.execute(
                "UPDATE jobs SET state = ?, message = ?, result = ?, finished = ?, lease = NULL "
                "WHERE id = ? AND attempt = ? AND state = 'running'",
                (state, message, told, time.time(), key, attempt),
            )
            return done.rowcount == 1

    def cancel(self, key: str) -> Job | None:
        """End a job that waits or is at work; returns it as it was, or None if it had ended."""
        with self._open() as db:
            row = db.execute("SELECT * FROM jobs WHERE id = ? AND state IN ('queued', 'running')", (key,)).fetchone()
            if row is None:
                return None
            db.execute(
                "UPDATE jobs SET state = 'cancelled', finished = ?, lease = NULL WHERE id = ?", (time.time(), key)
            )
        return _job(row)

    def again(self, key: str) -> Job:
        """Put a job that was stopped, cancelled or failed back into the queue; its log goes on."""
        with self._open() as db:
            db.execute(
                "UPDATE jobs SET state = 'queued', attempt = attempt + 1, tries = 0, message = '', result = NULL, finished = NULL, "
                "pid = NULL, created = ? WHERE id = ? AND state IN ('stopped', 'cancelled', 'failed')",
                (time.time(), key),
            )
        return self.get(key)

    def back(self, job: Job, why: str) -> None:
        """A child that is gone without a word: the job waits again, or has failed if that happened too often."""
        state = "failed" if job.tries >= TRIES else "queued"
        with self._open() as db:
            db.execute(
                "UPDATE jobs SET state = ?, message = ?, lease = NULL, pid = NULL, "
                "finished = CASE ? WHEN 'failed' THEN ? END WHERE id = ? AND attempt = ? AND state = 'running'",
                (state, why, state, time.time(), job.id, job.attempt),
            )

    def at_work(self) -> list[tuple[Job, float]]:
        """Jobs at work with the time at which their lease ends."""
        db = self._read()
        rows = db.execute("SELECT * FROM jobs WHERE state = 'running'").fetchall()
        return [(_job(row), row["lease"] or 0.0) for row in rows]

    def forget(self, key: str) -> None:
        """Remove a job and its files."""
        with self._open() as db:
            db.execute("DELETE FROM jobs WHERE id = ?", (key,))
        shutil.rmtree(self.place(key), ignore_errors=True)

    def tidy(self) -> None:
        """Forget the oldest finished jobs beyond those that are kept."""
        db = self._read()
        rows = db.execute(
            "SELECT id FROM jobs WHERE state NOT IN ('queued', 'running', 'stopped') ORDER BY created DESC "
            "LIMIT -1 OFFSET ?",
            (KEPT,),
        ).fetchall()
        for row in rows:
            self.forget(row["id"])

    def log(self, key: str, after: int = 0) -> list[dict[str, Any]]:
        """The entries of a job's log after so many, whole lines only."""
        path = self.place(key) / "log.jsonl"
        if not path.is_file():
            return []
        data = path.read_bytes()
        lines = data[: data.rfind(b"\n") + 1].splitlines()
        return [json.loads(line) for line in lines[after:]]


def _job(row: sqlite3.Row) -> Job:
    return Job(
        row["id"],
        row["kind"],
        row["name"],
        json.loads(row["args"]),
        row["state"],
        row["created"],
        row["started"],
        row["finished"],
        row["attempt"],
        row["tries"],
        row["pid"],
        row["pid_born"],
        row["message"],
        json.loads(row["result"]) if row["result"] else {},
    )
