"""The child process in which llama.cpp runs, so that a crash of it is an error message and not a lost application.

Enters: JSON lines on standard input, {"id", "body", "stream"} or {"cancel": id}. Leaves: JSON lines on standard
output, {"id", "text"} while streaming, then {"id", "done", …} or {"id", "error"}; {"ready": true} comes first.
Started by `engine.LlamaEngine`; by hand: python -m plansmith.writing.llama MODEL.gguf 1 2048 2
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import threading
import time
from typing import Any, TextIO


def main(model: str, slots: int, context: int, threads: int) -> None:
    """Serve completions of `model` until standard input closes."""
    # llama.cpp prints where it likes: keep the real standard output for the protocol alone.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lock = threading.Lock()
    try:
        server = _server(model, slots, context, threads)
    except Exception as error:
        _say(out, lock, {"ready": False, "error": str(error)})
        return
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _say(out, lock, {"ready": True})
    cancelled: set[int] = set()
    for line in sys.stdin:
        message = json.loads(line)
        if "cancel" in message:
            cancelled.add(message["cancel"])
        else:
            threading.Thread(target=_complete, args=(server, message, cancelled, out, lock), daemon=True).start()
    os._exit(0)  # requests under way end with the parent


def _end_with(parent: int) -> None:
    """End this process soon after its parent: a killed parent may leave standard input open in a process it forked."""
    while os.getppid() == parent:
        time.sleep(2)
    os._exit(0)


def _server(model: str, slots: int, context: int, threads: int) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_ctx = context
    params.n_parallel = slots
    # The same prompt must get the same answer, whatever the other slots do. Each slot keeps its own memory; and of
    # llama.cpp's ways to compute attention on a CPU, which it chooses by how many tokens come at once and differ in their
    # last bits, keys in bfloat16 leave one, row by row (docs/scaling.md has figures).
    params.kv_unified = False
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
    params.cache_type_k = xllamacpp.ggml_type.GGML_TYPE_BF16
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.warmup = False
    params.verbosity = -1
    params.offline = True
    params.cache_ram_mib = 0
    # xllamacpp 2026.10 always opens a port on loopback; a key that nobody knows closes it to others.
    params.api_keys = [secrets.token_hex(32)]
    return xllamacpp.Server(params)


def _complete(server: Any, message: dict[str, Any], cancelled: set[int], out: TextIO, lock: threading.Lock) -> None:
    number, pieces, last = message["id"], [], {}

    def receive(chunk: Any) -> bool:
        nonlocal last
        chunk = json.loads(chunk) if isinstance(chunk, (str, bytes)) else chunk
        if "choices" in chunk:
            piece = chunk["choices"][0]["text"]
            pieces.append(piece)
            if message.get("stream") and piece:
                _say(out, lock, {"id": number, "text": piece})
        last = chunk
        return number in cancelled

    try:
        refused = server.handle_completions({**message["body"], "stream": True}, receive)
    except Exception as error:
        _say(out, lock, {"id": number, "error": str(error)})
        return
    failure = last.get("error") or (refused or {}).get("error")
    if failure:
        _say(out, lock, {"id": number, "error": str(failure.get("message", failure))})
        return
    finish = (last.get("choices") or [{}])[0].get("finish_reason")
    usage = last.get("usage", {})
    _say(
        out,
        lock,
        {
            "id": number,
            "done": True,
            "text": "".join(pieces),
            "finish": finish,
            "tokens": usage.get("completion_tokens", 0),
        },
    )


def _say(out: TextIO, lock: threading.Lock, message: dict[str, Any]) -> None:
    with lock:
        out.write(json.dumps(message) + "\n")
        out.flush()


if __name__ == "__main__":
    main(sys.argv[1], *(int(value) for value in sys.argv[2:5]))
