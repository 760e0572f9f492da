"""What was finished, a JSON line each, so that Ctrl-C, a lost engine or a power cut costs at most one step.

Enters: a finished step or plan. Leaves: a line that is on the disk before the work goes on. A line that a crash tore
is left out when the file is read again.
Try: plansmith plan brief.md -o plan.md, Ctrl-C, then the same with --resume
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, ResourceError, StoppedError
from plansmith.writing.engine import Completion, Engine, EngineError, OnText, Request


class StepLog:
    """A file of JSON lines that only grows; may be appended to from many threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._whole = False

    def read(self) -> list[dict[str, Any]]:
        """The entries, oldest first; a torn last line is no entry. Raises InputError where it is another kind of file."""
        return [entry for entry, _ in self._lines()]

    def append(self, entry: dict[str, Any]) -> None:
        """Add one entry and wait until it is on the disk; raises ResourceError when the disk is full."""
        with self._lock:
            try:
                if not self._whole:
                    self._drop_torn_end()
                with self.path.open("ab") as out:
                    out.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
                    out.flush()
                    os.fsync(out.fileno())
            except OSError as error:
                raise ResourceError(f"{self.path} could not be written: {error.strerror}.") from error

    def remove(self) -> None:
        """Take the file away, once what it kept is no longer needed."""
        self.path.unlink(missing_ok=True)

    def _lines(self) -> Iterator[tuple[dict[str, Any], int]]:
        """Each entry with the position behind it."""
        if not self.path.is_file():
            return
        position = 0
        for line in self.path.read_bytes().splitlines(keepends=True):
            position += len(line)
            try:
                entry = json.loads(line)
            except (json.JSONDecodeError, UnicodeDecodeError):
                entry = None
            if isinstance(entry, dict) and line.endswith(b"\n"):
                yield entry, position
            elif line.endswith(b"\n"):
                raise InputError(f"{self.path} holds no finished steps: delete it, or add --force to begin anew.")

    def _drop_torn_end(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.is_file():
            end = max((position for _, position in self._lines()), default=0)
            os.truncate(self.path, end)
        self._whole = True


def step_key(request: Request, identity: str) -> str:
    """Names a step by all that decides its answer: prompt, grammar, settings and the model's `identity`."""
    told = json.dumps([identity, asdict(request)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


class Remembering:
    """An engine that asks another one, keeps each answer in a log, and never asks what the log already answers."""

    def __init__(self, engine: Engine, log: StepLog) -> None:
        self.chat, self.slots, self.identity = engine.chat, engine.slots, engine.identity
        self._engine, self._log = engine, log
        self._known = {e["key"]: Completion(e["text"], e["tokens"], e["finished"]) for e in log.read() if "key" in e}
        self.kept = len(self._known)
        """Finished steps, those of an interrupted call included."""

    def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """The answer from the log, or the engine's, which is in the log before it is returned."""
        key = step_key(request, self.identity)
        if known := self._known.get(key):
            if on_text:
                on_text(known.text)
            return known
        answer = self._engine.complete(request, on_text)
        self._log.append({"key": key, **asdict(answer)})
        self.kept += 1
        return answer

    def told(self) -> str:
        """What a user whose plan was interrupted needs to know."""
        steps = "1 finished step is" if self.kept == 1 else f"{self.kept} finished steps are"
        return f"{steps} kept; the same command with --resume goes on from there." if self.kept else ""

    def close(self) -> None:
        """Close the engine; the log stays."""
        self._engine.close()


@contextmanager
def remembering(engine: Engine, target: Path, resume: bool, force: bool = False) -> Iterator[Engine]:
    """The engine with a step log beside `target`, which goes when the work succeeds and stays when it is interrupted.

    Raises what `check_begun` raises; Ctrl-C and the engine's failures say how many steps are kept.
    """
    check_begun(target, resume, force)
    log = StepLog(steps_of(target))
    if not resume:
        log.remove()
    memory = Remembering(engine, log)
    try:
        yield memory
    except KeyboardInterrupt:
        raise StoppedError(signal.SIGINT, f"Stopped. {memory.told()}".strip()) from None
    except EngineError as error:
        raise EngineError(f"{error} {memory.told()}".strip()) from error
    except InputError:
        log.remove()  # nothing to go on with: the brief itself has to change
        raise
    log.remove()


def check_begun(target: Path, resume: bool, force: bool) -> None:
    """Raise InputError where an interrupted plan's steps are there and it was not said what shall become of them."""
    log = StepLog(steps_of(target))
    if log.path.is_file() and not resume and not force:
        raise InputError(
            f"{target} was begun and interrupted; {len(log.read())} finished steps are kept. "
            "Go on with --resume, or begin anew with --force."
        )


def steps_of(target: Path) -> Path:
    """Where the finished steps of a plan are kept until the plan is: `.plan.md.steps.jsonl` beside `plan.md`."""
    return target.with_name(f".{target.name}.steps.jsonl")
