"""Whoever gives jobs to child processes, and ends them.

Enters: the table of jobs. Leaves: children at work, no more at once than allowed. One thread of the server does it;
several servers over one workspace do not get in each other's way.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from plansmith.serve.jobs import Job, Jobs
from plansmith.serve.settings import Place

WRITING, LEARNING, LOOKING = ("plan",), ("train", "evaluate", "publish"), ("check",)
"""Kinds of jobs that share places at work: a plan does not wait for a training, nor a look at an archive for either."""
_LOOK = 0.25
"""Seconds between two looks at the table."""
_PATIENCE = 40.0
"""Seconds that a training may take to write its checkpoint when it is asked to stop."""


class Runner:
    """Starts children for waiting jobs and watches them."""

    def __init__(self, place: Place, jobs: Jobs) -> None:
        self.place, self.jobs = place, jobs
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._secrets: dict[str, str] = {}
        """What a job's child is told on its standard input and nobody else ever: by job, until it is begun."""
        self._wake = threading.Event()
        self._ended = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look after the jobs; what a dead server left behind is taken up first."""
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking; children at work go on and write their end themselves."""
        self._ended = True
        self._wake.set()
        if self._thread:
            self._thread.join(5)

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    def add_with(self, kind: str, name: str, args: dict[str, Any], secret: str) -> Job:
        """Put a job into the queue whose child is told a secret; it is kept in memory, never written."""
        with self._lock:  # no other thread begins it before the secret is there
            job = self.jobs.add(kind, name, args)
            self._secrets[job.id] = secret
        self._wake.set()
        return job

    def cancel(self, key: str) -> bool:
        """End a job at once, its child and everything that it started; False if it had ended."""
        job = self.jobs.cancel(key)
        if job is None:
            return False
        self._secrets.pop(key, None)
        _kill(job)
        self._wake.set()
        return True

    def stop(self, key: str) -> bool:
        """Ask a training to stop where it can go on later; what waits is cancelled."""
        job = self.jobs.get(key)
        if not job.open:
            return False
        if job.state == "queued" or job.pid is None:
            return self.cancel(key)
        if not _alive(job):
            return False
        os.kill(job.pid, signal.SIGTERM)
        threading.Thread(target=self._end_later, args=(job,), daemon=True).start()
        return True

    def _end_later(self, job: Job) -> None:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            if not _alive(job):
                return
            time.sleep(0.5)
        self.cancel(job.id)

    def _loop(self) -> None:
        tidied = 0.0
        while not self._ended:
            try:
                self._reap()
                for kinds, places in ((LEARNING, 1), (LOOKING, 1), (WRITING, self.place.side_by_side)):
                    while self._begin_next(kinds, places):
                        pass
                if time.monotonic() - tidied > 600 or not tidied:
                    tidied = time.monotonic()
                    self.jobs.tidy()
            except Exception as error:
                # a full disk or a locked table must not end the thread that everything waits for
                print(f"plansmith serve: {error}", file=sys.stderr)
                time.sleep(2)
            self._wake.wait(_LOOK)
            self._wake.clear()

    def _reap(self) -> None:
        """Take note of children that are gone: of ours by their handle, of others by pid and lease."""
        for key, child in list(self._children.items()):
            if child.poll() is not None:
                del self._children[key]
        for job, lease in self.jobs.at_work():
            if job.id in self._children:
                continue
            if job.pid is not None and not _alive(job):
                self.jobs.back(job, _last_words(self.jobs, job))
            elif lease < time.time():
                _kill(job)
                self.jobs.back(job, "Its process did not answer any more.")

    def _begin_next(self, kinds: tuple[str, ...], places: int) -> bool:
        with self._lock:
            job = self.jobs.claim(kinds, places)
            secret = self._secrets.pop(job.id, "") if job else ""
        if job:
            self._begin(job, secret)
        return job is not None

    def _begin(self, job: Job, secret: str) -> None:
        import psutil

        errors = self.jobs.place(job.id) / "errors.txt"
        command = [*self.place.worker, str(self.place.workspace), job.id, str(job.attempt)]
        with errors.open("ab") as file:
            child = subprocess.Popen(
                command, stdin=subprocess.PIPE if secret else subprocess.DEVNULL, stdout=file, stderr=file,
                start_new_session=True,
            )  # fmt: skip
        if child.stdin:
            with suppress(OSError), child.stdin:
                child.stdin.write(secret.encode() + b"\n")
        self._children[job.id] = child
        with suppress(psutil.NoSuchProcess):
            self.jobs.born(job, child.pid, psutil.Process(child.pid).create_time())
        with suppress(psutil.NoSuchProcess):
            if self._unwanted(job):  # cancelled while it was being started
                _end_family(psutil.Process(child.pid))

    def _unwanted(self, job: Job) -> bool:
        try:
            return self.jobs.get(job.id).state == "cancelled"
        except KeyError:
            return True


def _alive(job: Job) -> bool:
    """Whether the job's own child lives, and not another process that was given its number."""
    import psutil

    if job.pid is None:
        return False
    try:
        found = psutil.Process(job.pid)
        same = job.pid_born is None or abs(found.create_time() - job.pid_born) < 1
        return same and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _kill(job: Job) -> None:
    """End the job's child and its children, at once."""
    import psutil

    if job.pid is None or not _alive(job):
        return
    with suppress(psutil.NoSuchProcess):
        _end_family(psutil.Process(job.pid))


def _end_family(child: Any) -> None:
    import psutil

    family = [child, *child.children(recursive=True)]
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(family, timeout=2)


def _last_words(jobs: Jobs, job: Job) -> str:
    """What a child that died said last; never more than a line, and no traceback."""
    path = jobs.place(job.id) / "errors.txt"
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines() if path.is_file() else []
    return f"Its process ended without a result. {lines[-1][:300] if lines else ''}".strip()
