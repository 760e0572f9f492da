"""Runs `worker` in a process apart and asks it to read files.

Enters: a kind of file and its bytes. Leaves: a `Reading`, or a `Refusal`; also where the process dies or is killed.
Try: python -c "from plansmith.sources.formats.child import read_apart; print(read_apart('html', b'<h1>Hi</h1>').text)"

One process serves many files and is started anew after a crash, after too much time, and in a forked program.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from typing import Any

from plansmith.errors import ResourceError
from plansmith.sources.formats.blocks import Place, Reading, Refusal
from plansmith.sources.formats.worker import MEMORY, SECONDS

_START_SECONDS = 60
_LONGEST = 100_000_000
"""Bytes of a reply; the text of MAX_TEXT letters, escaped, stays below."""
_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_CODE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from plansmith.sources.formats.worker import serve; serve()"
)
_SLOW = f"reading it takes more than {SECONDS} seconds. Split it, or save its text in a simpler format"
_CRASH = "the program that reads it crashed on it, so it is damaged or made to do harm. Save it anew, or as plain text"


class Child:
    """One worker process and the lock under which it is asked."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._served = 0
        self._lock = threading.Lock()
        self._late = False

    def read(self, kind: str, data: bytes) -> Reading:
        """A file as text; raises Refusal."""
        reply = self.ask(kind, data)
        if "refused" in reply:
            raise Refusal(reply["refused"])
        return Reading(reply["text"], tuple(Place(*p) for p in reply["places"]), tuple(reply["notes"]))

    def ask(self, kind: str, data: bytes) -> dict[str, Any]:
        """The worker's reply; a file that a worn process cannot read is tried once more in a fresh one."""
        with self._lock:
            worn = self._process is not None and self._served > 0
            reply = self._ask(kind, data)
            if worn and reply.get("spent") and not reply.get("late"):
                reply = self._ask(kind, data)
            return reply

    def _ask(self, kind: str, data: bytes) -> dict[str, Any]:
        process = self._running()
        self._served += 1
        header = json.dumps({"kind": kind, "size": len(data)}).encode() + b"\n"
        reply = self._reply(process, SECONDS, header + data)
        if reply is None:
            reply = self._explain(process)
        if reply.get("spent"):
            self.stop()
        return reply

    def _reply(self, process: subprocess.Popen[bytes], seconds: float, message: bytes = b"") -> dict[str, Any] | None:
        """The reply to a message, or None when the process ended, by itself or because its time was over."""
        assert process.stdin is not None
        assert process.stdout is not None
        self._late = False

        def end() -> None:
            self._late = True
            process.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            with contextlib.suppress(OSError):  # a dead process shows in its missing reply
                process.stdin.write(message)
                process.stdin.flush()
            line = process.stdout.readline(_LONGEST)
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            return None
        try:
            return dict(json.loads(line))
        except (ValueError, TypeError):
            return None

    def _explain(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        try:
            code = process.wait(timeout=2)
        except subprocess.TimeoutExpired:  # it lives, but what it says is no reply
            process.kill()
            code = process.wait()
        slow = self._late or code == -getattr(_signals(), "SIGXCPU", 0) != 0
        if slow:
            return {"refused": _SLOW, "spent": True, "late": True}
        return {"refused": MEMORY if code == 134 or code == -6 else _CRASH, "spent": True, "crashed": code}

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._owner == os.getpid() and self._process.poll() is None:
            return self._process
        if self._owner == os.getpid():
            self.stop()
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-c", _CODE, json.dumps([place for place in sys.path if place])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            raise ResourceError(f"No process could be started to read files in ({error.strerror}).") from error
        self._process, self._owner, self._served = process, os.getpid(), 0
        if not (self._reply(process, _START_SECONDS) or {}).get("ready"):
            self.stop()
            raise ResourceError(
                "The process that reads files did not start. "
                "Check that lxml, pypdfium2 and charset-normalizer are installed (pip install plansmith)."
            )
        return process

    def stop(self) -> None:
        """End the process; the next file starts another."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _signals() -> Any:
    import signal

    return signal


_CHILD = Child()
atexit.register(_CHILD.stop)


def read_apart(kind: str, data: bytes) -> Reading:
    """Read a file's bytes in the process apart; raises Refusal."""
    return _CHILD.read(kind, data)


def ask_apart(kind: str, data: bytes) -> dict[str, Any]:
    """The bare reply, with what a fuzzer wants to know: `unforeseen` errors and `crashed` processes."""
    return _CHILD.ask(kind, data)
