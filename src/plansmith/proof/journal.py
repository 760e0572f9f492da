"""A JSON Lines file that only grows: each line is written in one piece, and a crash costs the last line at most.

Enters: a path and an entry. Leaves: one more line on the disk; read back, the entries, without a line that was cut off.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, ResourceError


def add_line(path: Path, entry: Mapping[str, Any]) -> None:
    """Append one line with the time, and wait until it is on the disk; after a torn line it begins a new one."""
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
        raise InputError(f"Nothing can be added to {path}: {error.strerror}.") from error
    if written < len(data):
        raise ResourceError(f"The disk is full: the last line was not added to {path}. Free some space and go on.")


def read_lines(path: Path) -> Iterator[tuple[int, str, Any]]:
    """(number, text, entry) of each whole line, the entry None where the line is no JSON; nothing for a missing file."""
    if not path.exists():
        return
    try:
        lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}). Name another file.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, line, json.loads(line)
        except json.JSONDecodeError as error:
            cut = line.startswith("{") and (error.pos >= len(line) or error.msg.startswith("Unterminated"))
            if not cut:
                yield number, line, None


def _torn(path: Path) -> bool:
    if not path.is_file() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"
