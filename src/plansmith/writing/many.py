"""Plans for many briefs: some at once, each written whole or not at all, what is finished never written twice.

Enters: jobs and a function that writes one. Leaves: an outcome a job, and a ledger from which a later call goes on.
Try: plansmith plan briefs/*.md -o plans --jobs 4, and again with --resume
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, PlansmithError
from plansmith.writing.engine import EngineError
from plansmith.writing.steplog import StepLog

LEDGER = "plans.jsonl"
"""Beside the plans: a line for each brief that was worked on, the newest last."""
_HOPELESS = 3
"""Failures of the engine in a row after which no further brief is begun."""


@dataclass(frozen=True)
class Job:
    """A brief to be planned. `key` names the brief's content and all settings: the same key, the same plan."""

    brief: Path
    target: Path
    key: str


@dataclass(frozen=True)
class Outcome:
    """What became of a job: written, kept (from an earlier call), failed, or left (not begun)."""

    job: Job
    state: str
    reason: str = ""
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The line of the ledger."""
        told = {"brief": str(self.job.brief), "plan": str(self.job.target), "state": self.state, "key": self.job.key}
        return {**told, "reason": self.reason, "seconds": round(self.seconds, 1)}


def list_jobs(briefs: Sequence[Path], folder: Path, settings: dict[str, Any]) -> list[Job]:
    """A job a brief, its plan named after the brief (after its folder, where that is called `brief`).

    Raises InputError naming all briefs that are not there and all that would get the same name.
    """
    problems = [f"{brief} is not there." for brief in briefs if not brief.is_file()]
    names: dict[str, list[Path]] = {}
    for brief in dict.fromkeys(briefs):
        stem = brief.absolute().parent.name if brief.stem == "brief" else brief.stem
        names.setdefault(stem, []).append(brief)
    problems += [
        f"{', '.join(map(str, alike))} would all become {folder / name}.md: rename them, or plan them in several calls."
        for name, alike in names.items()
        if len(alike) > 1
    ]
    if problems:
        raise InputError("These briefs cannot be planned together:", problems)
    told = json.dumps(settings, sort_keys=True, default=str).encode()
    return [
        Job(brief, folder / f"{name}.md", hashlib.sha256(told + b"\0" + brief.read_bytes()).hexdigest())
        for name, (brief,) in names.items()
    ]


def finished(jobs: Sequence[Job], ledger: StepLog) -> set[str]:
    """Keys of the jobs that an earlier call with these settings has finished, and whose plan is still there."""
    done = {(e.get("key"), e.get("plan")) for e in ledger.read() if e.get("state") == "written"}
    return {job.key for job in jobs if (job.key, str(job.target)) in done and job.target.is_file()}


def write_many(
    jobs: Sequence[Job],
    write: Callable[[Job], None],
    parallel: int,
    ledger: StepLog,
    keep: set[str],
    watch: Callable[[Outcome, int], None] = lambda outcome, done: None,
) -> list[Outcome]:
    """Write the plans that are not among `keep`, `parallel` at once; one that fails does not stop the others.

    Where the engine fails several times in a row, the rest is left: it would fail as well.
    """
    row = 0

    def work(job: Job) -> Outcome:
        nonlocal row
        if row >= _HOPELESS:
            return Outcome(job, "left", "the engine had failed several times in a row")
        began = time.monotonic()
        try:
            write(job)
        except EngineError as error:
            row += 1
            return Outcome(job, "failed", str(error), time.monotonic() - began)
        except PlansmithError as error:
            return Outcome(job, "failed", str(error), time.monotonic() - began)
        except Exception as error:  # an error of ours in one plan must not cost the others theirs
            return Outcome(job, "failed", f"{type(error).__name__}: {error}", time.monotonic() - began)
        row = 0
        return Outcome(job, "written", "", time.monotonic() - began)

    outcomes = {job: Outcome(job, "kept") for job in jobs if job.key in keep}
    with _pool(parallel) as pool:
        futures: list[Future[Outcome]] = [pool.submit(work, job) for job in jobs if job not in outcomes]
        for future in as_completed(futures):
            outcome = future.result()
            outcomes[outcome.job] = outcome
            if outcome.state != "left":
                ledger.append(outcome.as_dict())
            watch(outcome, len(outcomes))
    return [outcomes[job] for job in jobs]


@contextmanager
def _pool(parallel: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that are not waited for when the user interrupts; closing the engine ends what they do."""
    pool = ThreadPoolExecutor(max_workers=parallel)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
