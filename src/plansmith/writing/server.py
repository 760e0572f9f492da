"""Any OpenAI-compatible server as an engine: llama.cpp, vLLM, Ollama, a gateway before a cluster.

Enters: the URL that the user names, and requests. Leaves: completions; or one clear message with URL and status.
Nothing is sent anywhere else: no redirect is followed, and proxies do not come between this machine and itself.
Requests run on one event loop in a thread of its own, so that each can be broken off at once.
Try: plansmith plan brief.md --engine http://127.0.0.1:8080/v1 -o plan.md
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import difflib
import ipaddress
import os
import threading
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from plansmith.errors import InputError
from plansmith.prompts import Message
from plansmith.tuning.bases import FORMS, ChatForm, spell
from plansmith.writing.dialect import GUIDES, PASSWORD, Dialect, guided
from plansmith.writing.engine import Completion, EngineError, OnText, Request
from plansmith.writing.shape import fitting
from plansmith.writing.wire import Patience, RefusedError, Wire

T = TypeVar("T")
_SLOTS = 8
"""Steps of one plan that are asked at once; more plans at once (--jobs) make more requests."""
_ASKS = 3
"""Times that an answer of the wrong form is asked again, where the server cannot be bound to a grammar."""


class ServerEngine:
    """An OpenAI-compatible server; `parallel` requests at most are under way at once.

    Connecting asks the server for its models, how it spells a conversation, and whether it obeys a grammar. Raises
    InputError for a URL or a model name that cannot be used, EngineError when the server cannot be reached.
    `explain`: tell the form of answers in words too (for a model not tuned by Plansmith).
    """

    def __init__(
        self, url: str, model: str = "", parallel: int = 8, explain: bool = True, patience: Patience | None = None
    ) -> None:
        self.url = checked_url(url)
        self.slots = min(parallel, _SLOTS)
        self.careful = False  # a server's model is large: its own words are taken beside the client's
        self._patience = patience or Patience()
        self._wire = Wire(self.url, _key(), parallel, self._patience, trust_env=not is_loopback(self.url))
        self._loop = asyncio.new_event_loop()
        self._closed = False
        self._thread = threading.Thread(target=self._loop.run_forever, name="plansmith-server", daemon=True)
        self._thread.start()
        try:
            self.dialect = self._run(self._meet(model, explain))
        except BaseException:
            self.close()
            raise
        self.chat: ChatForm = self.dialect.chat
        self.identity = f"{self.url} {self.dialect}"

    def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """Complete one prompt; raises EngineError when the server fails it for good."""
        return self._run(self._complete(request, on_text))

    def close(self) -> None:
        """Break off every request under way; a waiting `complete` raises EngineError."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(RuntimeError):
            asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        self._thread.join(timeout=3)

    def __enter__(self) -> ServerEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._closed:
            work.close()
            raise EngineError(f"{self.url}: the connection was closed.")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except (concurrent.futures.CancelledError, asyncio.CancelledError):
            raise EngineError(f"{self.url}: the request was broken off.") from None
        except BaseException:
            future.cancel()
            raise

    async def _end(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._wire.close()
        await self._loop.shutdown_asyncgens()
        self._loop.call_soon(self._loop.stop)

    async def _meet(self, model: str, explain: bool) -> Dialect:
        dialect = Dialect(self._chosen(await self._wire.models(), model), explain=explain)
        dialect = replace(dialect, form=await self._form(dialect.model))
        for guide in GUIDES:
            if await self._obeys(replace(dialect, guide=guide)):
                return replace(dialect, guide=guide)
        return dialect

    def _chosen(self, known: list[str], wanted: str) -> str:
        if wanted and (wanted in known or not known):
            return wanted
        if not wanted and len(known) == 1:
            return known[0]
        if wanted:
            near = difflib.get_close_matches(wanted, known, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise InputError(f"{self.url} serves no model {wanted!r}.{hint} It serves: {', '.join(known[:20])}.")
        told = f"It serves several: {', '.join(known[:20])}." if known else "It does not say what it serves."
        raise InputError(f"{self.url}: name the model with --engine-model. {told}")

    async def _form(self, model: str) -> ChatForm | None:
        """The chat form of ours that is, letter by letter, the server's own; then prompts are those of the training."""
        talk = [
            Message("system", "Be brief."),
            Message("user", "One?"),
            Message("assistant", "1"),
            Message("user", "Two?"),
        ]
        told = await self._wire.spelled(model, [{"role": m.role, "content": m.content} for m in talk])
        for form in FORMS.values():
            ours, _ = spell(talk, form, answer_next=True)
            if told and told.removeprefix(form.opening).rstrip() == ours.removeprefix(form.opening).rstrip():
                return form
        return None

    async def _obeys(self, dialect: Dialect) -> bool:
        prompt, _ = spell([Message("user", "Say hello.")], dialect.chat, answer_next=True)
        path, body = dialect.body(Request(prompt, max_tokens=24))
        try:
            answer = await self._wire.ask(path, {**body, **guided(dialect.guide, f'root ::= "{PASSWORD}"')})
        except RefusedError:
            return False
        return answer.text.strip() == PASSWORD

    async def _complete(self, request: Request, on_text: OnText | None) -> Completion:
        answer = Completion("", 0, False)
        for number in range(_ASKS):
            again = replace(request, temperature=max(request.temperature, 0.3 * number), seed=request.seed + number)
            path, body = self.dialect.body(again if number else request)
            answer = await self._wire.ask(path, body, on_text)
            if self.dialect.guide or not (request.grammar or request.schema):
                break
            begun = self.dialect.begun(request)
            said = answer.text.strip()
            for rest in (said.removeprefix(begun), said) if begun else (said,):
                if (part := fitting(rest, request.grammar, request.schema)) is not None:
                    return replace(answer, text=part)
        if not answer.text.strip() and not answer.finished:
            raise EngineError(
                f"{self.url}: {self.dialect.model} wrote no text within {answer.tokens} tokens. If it thinks before it "
                "answers, switch that off on the server or choose another model (--engine-model)."
            )
        return answer


def checked_url(url: str) -> str:
    """The URL of the API, `/v1` added where it has no path; raises InputError for what is no http(s) URL."""
    parts = urlsplit(url.strip())
    try:
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known or parts.query or parts.fragment:
        raise InputError(f"--engine {url}: this is no address of a server. Write it like http://127.0.0.1:8080/v1")
    if parts.username or parts.password:
        raise InputError("--engine: put the key into the variable PLANSMITH_API_KEY, not into the address.")
    path = parts.path.rstrip("/") or "/v1"
    return f"{parts.scheme}://{parts.netloc}{path}"


def is_loopback(url: str) -> bool:
    """Whether the address is this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _key() -> str:
    return os.environ.get("PLANSMITH_API_KEY") or os.environ.get("OPENAI_API_KEY") or ""
