"""plan for several briefs: the door to `writing.many`."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from plansmith.tuning.runs import Run
    from plansmith.writing.engine import Engine
    from plansmith.writing.many import Job, Outcome


def plan_many(
    briefs: list[Path],
    folder: Path,
    opened: Callable[[], tuple[Engine, Run | None]],
    write: Callable[[Path, tuple[Engine, Run | None], Path], None],
    settings: dict[str, Any],
    jobs: int,
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Write a plan a brief into `folder`; raises PlansmithError naming every one that failed, after all are tried."""
    from plansmith.errors import InputError, PlansmithError, StoppedError
    from plansmith.writing.many import LEDGER, finished, list_jobs, write_many
    from plansmith.writing.steplog import StepLog, remembering

    if any(str(brief) == "-" for brief in briefs):
        raise InputError("Standard input is one brief: plan it alone.")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; several plans need a folder: -o FOLDER")
    _refuse_existing(list_jobs(briefs, folder, {}), resume or force)
    engine = opened()
    ledger = StepLog(folder / LEDGER)
    try:
        work = list_jobs(briefs, folder, {**settings, "engine": engine[0].identity})
        keep = finished(work, ledger) if resume else set()

        def one(job: Job) -> None:
            with remembering(engine[0], job.target, resume, force=True) as memory:
                write(job.brief, (memory, engine[1]), job.target)

        with _progress(len(work), as_json) as watch:
            outcomes = write_many(work, one, jobs, ledger, keep, watch)
    except KeyboardInterrupt:
        raise StoppedError(
            signal.SIGINT, f"Stopped. What is finished is in {folder}; the same command with --resume goes on."
        ) from None
    finally:
        engine[0].close()
    states = [outcome.state for outcome in outcomes]
    if as_json:
        print(json.dumps([outcome.as_dict() for outcome in outcomes], indent=2, ensure_ascii=False))
    else:
        print(f"{states.count('written')} plans written to {folder}, {states.count('kept')} were there already.")
    if lost := [outcome for outcome in outcomes if outcome.state in ("failed", "left")]:
        raise PlansmithError(
            f"{len(lost)} of {len(outcomes)} plans were not written; the same command with --resume tries only these again:",
            [f"{outcome.job.brief}: {' '.join(outcome.reason.split())}" for outcome in lost],
        )


def _refuse_existing(jobs: list[Job], allowed: bool) -> None:
    from plansmith.errors import InputError

    there = [f"{job.target} ({job.brief})" for job in jobs if job.target.exists()]
    if there and not allowed:
        raise InputError(
            "These plans exist already and are not overwritten. --resume keeps what is finished, --force writes anew:",
            there,
        )


@contextmanager
def _progress(total: int, quiet: bool) -> Iterator[Callable[[Outcome, int], None]]:
    """One line that changes in a terminal; a line for each finished plan where there is none."""
    from plansmith.cli.console import console

    out = console(stderr=True)
    if quiet:
        yield lambda outcome, done: None
    elif not out.is_terminal:
        yield lambda outcome, done: out.print(
            f"{done}/{total} {outcome.state} {outcome.job.target} {outcome.seconds:.1f} s", markup=False
        )
    else:
        with out.status(f"0/{total} plans") as status:
            failed: list[str] = []

            def watch(outcome: Outcome, done: int) -> None:
                failed.extend([outcome.job.brief.name] if outcome.state == "failed" else [])
                status.update(f"{done}/{total} plans, {len(failed)} failed  [dim]{outcome.job.target.name}[/]")

            yield watch
