"""The process apart in which untrusted files are parsed: limited in memory and time, without network or writing.

Enters: requests on standard input, one line of JSON (`kind`, `size`) and the file's bytes. Leaves: one line of JSON
each on standard output: text, places and notes, or why the file is refused. Started by `child`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import IO, Any

SECONDS = 5
MEGABYTES = 512
ROOMS = {"docx": "docx", "odt": "odt", "pdf": "pdf", "html": "html", "eml": "eml"}
MEMORY = f"reading it takes more than {MEGABYTES} MB of memory. Split it, or save it without its pictures"


def serve() -> None:
    """Answer requests until standard input ends."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get among the replies
    rooms = {kind: importlib.import_module(f"plansmith.sources.formats.{room}") for kind, room in ROOMS.items()}
    for name in ("lxml.etree", "charset_normalizer", "pypdfium2", "email.mime.base"):
        importlib.import_module(name)
    sys.setrecursionlimit(3_000)
    limit_memory()
    sys.addaudithook(_forbid)
    _send(replies, {"ready": True})
    while line := requests.readline(10_000):
        request = json.loads(line)
        data = requests.read(request["size"])
        limit_time()
        reply = answer(rooms[request["kind"]], data)
        del data
        _send(replies, reply)


def answer(room: Any, data: bytes) -> dict[str, Any]:
    """What one room makes of a file, as a reply."""
    from plansmith.sources.formats.blocks import Refusal

    try:
        reading = room.read(data)
    except Refusal as refusal:
        return {"refused": str(refusal)}
    except MemoryError:
        return {"refused": MEMORY, "spent": True}
    except RecursionError:
        return {"refused": "its parts are nested too deeply. Copy its text into a plain file"}
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error)[:100]}"
        return {
            "refused": f"it is damaged ({reason}). Open it in the program that made it and save it again",
            "unforeseen": reason,
        }
    return {
        "text": reading.text,
        "places": [[p.start, p.end, p.name] for p in reading.places],
        "notes": list(reading.notes),
    }


def limit_memory() -> None:
    """No more than MEGABYTES of address space, no core file, no file written. Without `resource`: nothing."""
    try:
        import resource
    except ImportError:
        return
    for name, most in (
        ("RLIMIT_AS", MEGABYTES * 1_000_000),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
    ):
        # a system that does not know or grant a limit keeps the others; the clock in the parent always holds
        try:
            kind = getattr(resource, name)
            hard = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
        except (AttributeError, ValueError, OSError):
            continue


def limit_time() -> None:
    """SECONDS of processor time from now on."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    most = int(used.ru_utime + used.ru_stime) + SECONDS + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def _forbid(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what reading a file never needs, should a library be talked into it."""
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.fork", "os.system", "ftplib.")):
        raise PermissionError(f"{event} is forbidden here")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        raise PermissionError("writing is forbidden here")


def _send(replies: IO[bytes], reply: dict[str, Any]) -> None:
    replies.write(json.dumps(reply).encode("utf-8") + b"\n")
    replies.flush()
