"""The child process in which llama.cpp tries an exported GGUF: its own template, its losses, one answer.

Enters: a GGUF's path; on standard input one JSON object {"chats", "rows", "ask"}. Leaves: one on standard output, {"chats": token ids
of each conversation through the file's own template, "losses": nats of each wanted token of each row, "answer", "finished"}, or
{"error"}. A crash of llama.cpp ends this process and nothing else. Started by `publish_parity`.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

SLOTS = 4
"""Rows whose losses are computed side by side."""


def main(model: str, context: int, threads: int) -> None:
    """Answer one request about `model`."""
    # llama.cpp prints where it likes: keep the real standard output for the answer alone
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asked = json.load(sys.stdin)
    try:
        ask = _server(model, context, threads)
        told: dict[str, Any] = {
            "chats": [_template_ids(ask, messages) for messages in asked["chats"]],
            "losses": _all_losses(ask, asked["rows"]),
            **_answer(ask, asked["ask"]),
        }
    except Exception as error:
        told = {"error": f"{type(error).__name__}: {error}"[:500]}
    out.write(json.dumps(told))
    out.flush()
    os._exit(0)  # llama.cpp's threads do not always end


def _server(model: str, context: int, threads: int) -> Any:
    import xllamacpp

    key = secrets.token_hex(32)
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_ctx = context
    params.n_parallel = SLOTS
    params.kv_unified = True
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.warmup = False
    params.verbosity = -1
    params.offline = True
    params.cache_ram_mib = 0
    params.api_keys = [key]  # xllamacpp always opens a port on loopback; only this process knows the key
    server = xllamacpp.Server(params)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(path: str, body: dict[str, Any], server: Any = server) -> Any:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        request = urllib.request.Request(server.listening_address + path, json.dumps(body).encode(), headers)
        with opener.open(request) as answer:
            return json.load(answer)

    return ask


def _template_ids(ask: Any, messages: list[dict[str, str]]) -> list[int]:
    prompt = ask("/apply-template", {"messages": messages})["prompt"]
    ids: list[int] = ask("/tokenize", {"content": prompt, "add_special": True, "parse_special": True})["tokens"]
    return ids


def _all_losses(ask: Any, rows: list[dict[str, Any]]) -> list[list[float]]:
    """The losses of every row; each slot keeps to its own rows, so that what it has computed stays with it."""
    with ThreadPoolExecutor(SLOTS) as pool:
        shares = [
            pool.submit(lambda slot=slot: [_losses(ask, r["ids"], r["positions"], slot) for r in rows[slot::SLOTS]])  # type: ignore[misc]
            for slot in range(SLOTS)
        ]
        found = [share.result() for share in shares]
    return [found[n % SLOTS][n // SLOTS] for n in range(len(rows))]


def _losses(ask: Any, ids: list[int], positions: list[int], slot: int) -> list[float]:
    """Nats of the token at each position, given those before it: it is forced, and its own probability asked for.

    llama.cpp reports the probability before bias and sampling; from one position to the next only new tokens are computed.
    """
    found = []
    for position in positions:
        told = ask(
            "/completion",
            {
                "prompt": ids[:position],
                "id_slot": slot,
                "n_predict": 1,
                "n_probs": 1,
                "logit_bias": [[ids[position], 1e6]],
                "temperature": 0,
                "samplers": [],
                "cache_prompt": True,
            },
        )["completion_probabilities"][0]
        if told["id"] != ids[position]:
            raise ValueError(f"llama.cpp wrote token {told['id']} where {ids[position]} was forced")
        found.append(-float(told["logprob"]))
    return found


def _answer(ask: Any, messages: list[dict[str, str]]) -> dict[str, Any]:
    body = {"messages": messages, "max_tokens": 96, "temperature": 0}
    choice = ask("/v1/chat/completions", body)["choices"][0]
    return {"answer": choice["message"]["content"] or "", "finished": choice["finish_reason"] == "stop"}


if __name__ == "__main__":
    main(sys.argv[1], *(int(value) for value in sys.argv[2:4]))
