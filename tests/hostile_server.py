"""A strict OpenAI-compatible server for tests: says what its script says, and fails in the ways in which servers fail."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeServer:
    """`answer` gives the text for a body; `faults` are played first, one a request: a status, or a word.

    Words: hang, drop, cut (the answer breaks off), garbage, html, redirect, inner (an error within the answer).
    `obeys`: the field of a grammar that binds the answers, as a server with guided decoding would.
    """

    def __init__(
        self, answer: Callable[[dict[str, Any]], str], faults: list[object] | None = None, obeys: str = ""
    ) -> None:
        self.answer, self.faults, self.obeys = answer, faults if faults is not None else [], obeys
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.keys: list[str] = []
        self.models = ["small"]
        self.under_way = self.most = 0
        self.slowness = 0.0
        self.retry_after = "0"
        self.finish = "stop"
        self.template: Callable[[list[dict[str, str]]], str] | None = None
        self.released = threading.Event()
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None: ...

            def do_GET(self) -> None:
                fake.keys.append(self.headers.get("Authorization", ""))
                self.reply(200, {"data": [{"id": name} for name in fake.models]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path == "/apply-template":
                    if fake.template:
                        self.reply(200, {"prompt": fake.template(body["messages"])})
                    else:
                        self.reply(404, {"error": "not found"})
                elif self.path in ("/v1/completions", "/v1/chat/completions"):
                    self.complete(body)
                else:
                    self.reply(404, {"error": {"message": "no such path"}})

            def complete(self, body: dict[str, Any]) -> None:
                with fake._lock:
                    fake.asked.append((self.path, body))
                    fault = fake.faults.pop(0) if fake.faults else None
                    fake.under_way += 1
                    fake.most = max(fake.most, fake.under_way)
                try:
                    time.sleep(fake.slowness)
                    self.play(fault, body)
                finally:
                    with fake._lock:
                        fake.under_way -= 1

            def play(self, fault: object, body: dict[str, Any]) -> None:
                if isinstance(fault, int):
                    self.reply(fault, {"error": {"message": f"told {fault}"}}, {"Retry-After": fake.retry_after})
                elif fault == "hang":
                    fake.released.wait(20)
                    self.close_connection = True
                elif fault == "drop":
                    self.close_connection = True
                elif fault == "redirect":
                    self.reply(302, {}, {"Location": "http://elsewhere.example/"})
                elif fault == "html":
                    self.send_text("text/html", "<html>Log in</html>")
                elif fault == "garbage":
                    self.send_text("text/event-stream", "data: {not json\n\n")
                elif fault == "inner":
                    self.send_text("text/event-stream", 'data: {"error": {"message": "out of slots"}}\n\n')
                else:
                    self.stream(fake.said(body), cut=fault == "cut", chat="messages" in body)

            def stream(self, text: str, cut: bool, chat: bool) -> None:
                pieces = [text[i : i + 7] for i in range(0, len(text), 7)] or [""]
                events = []
                for piece in pieces[: len(pieces) // 2 if cut else None]:
                    choice: dict[str, Any] = {"delta": {"content": piece}} if chat else {"text": piece}
                    events.append({"choices": [{**choice, "finish_reason": None}]})
                if not cut:
                    events.append(
                        {
                            "choices": [{"text": "", "delta": {}, "finish_reason": fake.finish}],
                            "usage": {"completion_tokens": len(pieces)},
                        }
                    )
                body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
                self.send_text("text/event-stream", body + ("" if cut else "data: [DONE]\n\n"))

            def reply(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
                self.send_text("application/json", json.dumps(body), status, headers)

            def send_text(self, kind: str, text: str, status: int = 200, headers: dict[str, str] | None = None) -> None:
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None: ...

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=lambda: self._server.serve_forever(0.02), daemon=True).start()

    def said(self, body: dict[str, Any]) -> str:
        """What the model says: bound by a grammar where the server obeys that field."""
        if self.obeys and self.obeys in body:
            told = body[self.obeys]
            told = told["grammar"] if isinstance(told, dict) else told
            if told.startswith('root ::= "plansmith-'):
                return str(told.split('"')[1])
        return self.answer(body)

    def __enter__(self) -> FakeServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
