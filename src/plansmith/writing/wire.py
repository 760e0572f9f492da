"""HTTP to an OpenAI-compatible server: time-outs, retries, and a plain message for each way in which it can fail.

Enters: a path and a JSON body. Leaves: the whole answer, however many tries it took. Tried again, with waits that
double and are jittered: no connection, silence, a broken-off or garbled answer, and the statuses 408, 409, 429 and 5xx (a
`Retry-After` is honoured). Everything else is told at once.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from plansmith.writing.engine import Completion, EngineError, OnText

if TYPE_CHECKING:
    import httpx2


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for, in seconds, and how often it is tried."""

    connect: float = 10.0
    silence: float = 120.0
    """Until the next piece of an answer; a server under load may queue a request that long."""
    answer: float = 1200.0
    """Until the answer is whole."""
    tries: int = 5
    first_wait: float = 0.5
    longest_wait: float = 30.0
    longest_asked: float = 300.0
    """The longest `Retry-After` that is waited for."""


class RefusedError(EngineError):
    """The server understood and said no: asking again would not help."""


class _PassingError(Exception):
    """A failure that may be over at the next try."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Wire:
    """The connection to one server. Used from one event loop only."""

    def __init__(self, url: str, key: str, parallel: int, patience: Patience, trust_env: bool) -> None:
        self.url, self._key, self._parallel, self._patience, self._trust = url, key, parallel, patience, trust_env
        self._client: httpx2.AsyncClient | None = None
        self._gate = asyncio.Semaphore(parallel)
        self._dice = random.Random()

    async def ask(self, path: str, body: dict[str, Any], on_text: OnText | None = None) -> Completion:
        """The answer to one request; raises RefusedError or EngineError. A streamed answer is not begun twice."""
        begun = False

        def watched(text: str) -> None:
            nonlocal begun
            begun = True
            if on_text:
                on_text(text)

        for number in range(self._patience.tries):
            try:
                async with self._gate:
                    return await self._once(path, body, watched)
            except _PassingError as error:
                if number + 1 == self._patience.tries or (begun and on_text):
                    raise EngineError(self._told(str(error), number + 1)) from error
                await asyncio.sleep(self._pause(number, error.wait))
                begun = False
        raise AssertionError("a loop of at least one try ends above")

    async def models(self) -> list[str]:
        """The names of the models served; empty where the server keeps no list."""
        for number in range(self._patience.tries):
            try:
                response = await self._send("GET", self.url + "/models")
                if response.status_code in (404, 405, 501):
                    return []
                self._check(response.status_code, response.text, response.headers)
                try:
                    return [str(entry["id"]) for entry in response.json()["data"]]
                except (ValueError, KeyError, TypeError):
                    raise RefusedError(
                        f"{self.url}/models answered {response.status_code} with no list of models: "
                        f"{_shown(response.text)} Is this the address of an OpenAI-compatible API? It often ends in /v1."
                    ) from None
            except _PassingError as error:
                if number + 1 == self._patience.tries:
                    raise EngineError(self._told(str(error), number + 1)) from error
                await asyncio.sleep(self._pause(number, error.wait))
        raise AssertionError("a loop of at least one try ends above")

    async def spelled(self, model: str, messages: list[dict[str, str]]) -> str:
        """The conversation as the server spells it, where llama.cpp or vLLM tell; else empty."""
        root = self.url.removesuffix("/v1")
        try:
            told = await self._send("POST", f"{root}/apply-template", {"messages": messages})
            if told.status_code == 200:
                return str(told.json()["prompt"])
            told = await self._send(
                "POST", f"{root}/tokenize", {"model": model, "messages": messages, "add_generation_prompt": True}
            )
            if told.status_code == 200:
                tokens = {"model": model, "tokens": told.json()["tokens"]}
                return str((await self._send("POST", f"{root}/detokenize", tokens)).json()["prompt"])
        except (_PassingError, RefusedError, ValueError, KeyError, TypeError):
            pass  # a server without these is spoken to in messages
        return ""

    async def close(self) -> None:
        """Close every connection."""
        if self._client:
            await self._client.aclose()

    def _open(self) -> httpx2.AsyncClient:
        import httpx2

        if self._client is None:
            p = self._patience
            self._client = httpx2.AsyncClient(
                headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
                timeout=httpx2.Timeout(p.silence, connect=p.connect, pool=None),
                limits=httpx2.Limits(max_connections=self._parallel + 1, max_keepalive_connections=self._parallel),
                trust_env=self._trust,
                follow_redirects=False,
            )
        return self._client

    async def _send(self, method: str, url: str, body: dict[str, Any] | None = None) -> Any:
        import httpx2

        try:
            async with asyncio.timeout(self._patience.silence):
                return await self._open().request(method, url, json=body)
        except (httpx2.TransportError, TimeoutError) as error:
            raise _PassingError(_why(error, self._patience.silence)) from error

    async def _once(self, path: str, body: dict[str, Any], on_text: OnText) -> Completion:
        import httpx2

        try:
            async with (
                asyncio.timeout(self._patience.answer),
                self._open().stream("POST", self.url + path, json=body) as response,
            ):
                if response.status_code != 200:
                    text = (await response.aread()).decode("utf-8", "replace")
                    self._check(response.status_code, text, response.headers)
                return await self._read(response, on_text)
        except TimeoutError as error:
            raise _PassingError(f"no whole answer within {self._patience.answer:g} s") from error
        except httpx2.TransportError as error:
            raise _PassingError(_why(error, self._patience.silence)) from error
        except (httpx2.DecodingError, httpx2.StreamError) as error:
            raise _PassingError(f"a garbled answer ({error})") from error

    async def _read(self, response: Any, on_text: OnText) -> Completion:
        pieces, finish, tokens, ended, other = [], "", 0, False, ""
        async for line in response.aiter_lines():
            if not line.startswith("data:"):
                other = other or line.strip().removeprefix(":")
                continue
            data = line[5:].strip()
            if data == "[DONE]":
                ended = True
                break
            try:
                chunk = json.loads(data)
                if error := chunk.get("error"):
                    told = error.get("message", error) if isinstance(error, dict) else error
                    raise _PassingError(f"an error within the answer: {_shown(str(told))}")
                tokens = (chunk.get("usage") or {}).get("completion_tokens") or tokens
                for choice in chunk.get("choices") or []:
                    piece = choice.get("text") or (choice.get("delta") or {}).get("content") or ""
                    finish = choice.get("finish_reason") or finish
                    if piece:
                        pieces.append(piece)
                        on_text(piece)
            except (ValueError, AttributeError, TypeError) as error:
                raise _PassingError(f"200 with a line that is no completion: {_shown(data)}") from error
        if not ended and not finish:
            if not pieces:
                raise _PassingError(f"200 with no completion in it: {_shown(other)}")
            raise _PassingError(f"the answer broke off after {len(pieces)} pieces")
        return Completion("".join(pieces), tokens or len(pieces), finish not in ("length", "content_filter"))

    def _check(self, status: int, text: str, headers: Any) -> None:
        if status in (200, 201):
            return
        said = _message(text)
        if status in (408, 409, 425, 429) or status >= 500:
            wait = _retry_after(headers.get("retry-after", ""))
            if wait is not None and wait > self._patience.longest_asked:
                raise RefusedError(
                    f"{self.url} answered {status} and wants to be left alone for {wait:.0f} s. {said}".strip()
                )
            raise _PassingError(f"{status} {said}".strip(), wait)
        if status in (401, 403):
            own = "the key was refused" if self._key else "it wants a key"
            raise RefusedError(f"{self.url} answered {status}: {own}. Set PLANSMITH_API_KEY. {said}".strip())
        if 300 <= status < 400:
            raise RefusedError(
                f"{self.url} answered {status} and points to {headers.get('location', 'nowhere')}. Name that address, if you trust it."
            )
        raise RefusedError(f"{self.url} answered {status}: {said or 'no reason given'}")

    def _pause(self, number: int, asked: float | None) -> float:
        if asked is not None:
            return asked + self._dice.uniform(0, 0.1 * asked)
        full = min(self._patience.longest_wait, self._patience.first_wait * 2**number)
        return self._dice.uniform(full / 2, full)

    def _told(self, why: str, tries: int) -> str:
        times = f" ({tries} tries)" if tries > 1 else ""
        return f"The server {self.url} failed: {why}{times}. Look at its log; what is finished is kept."


def _why(error: Exception, silence: float) -> str:
    import httpx2

    if isinstance(error, (httpx2.ReadTimeout, TimeoutError)):
        return f"silent for {silence:g} s"
    if isinstance(error, httpx2.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx2.ConnectError):
        return f"no connection ({error}); is it running?"
    return f"the connection broke ({str(error) or type(error).__name__})"


def _message(text: str) -> str:
    """What the server says in its error, in whichever of the usual places."""
    try:
        found = json.loads(text)
        found = found.get("error", found) if isinstance(found, dict) else found
        text = str(found.get("message", found) if isinstance(found, dict) else found)
    except (ValueError, AttributeError):
        pass
    return _shown(text) if text.strip() else ""


def _shown(text: str) -> str:
    return " ".join(text.split())[:200]


def _retry_after(value: str) -> float | None:
    """Seconds that the server asks to wait: a number, or a date."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
