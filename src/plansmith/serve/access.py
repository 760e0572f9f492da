"""Who comes in: one gate before every route, so that no route can be forgotten.

Enters: each request, before any route sees it. Leaves: the request, with its session, or a refusal.

In this order: the Host must be a name of this server (against rebound DNS names), an Origin must be its own, the token
or the session's cookie must be right (where one is demanded), a change needs the session's CSRF token, and the body
must not be larger or slower than allowed. Paths are compared as the server routes them, never as a URL spells them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, urlsplit

from plansmith.serve.keys import Keys, same
from plansmith.serve.settings import Place

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = ("/login", "/enter", "/health")
"""Paths that need no token; so do the static files."""
PROGRAMS = ("/v1/", "/api/")
"""Paths for programs: errors are JSON, and a change needs no CSRF token but a JSON body or the token itself."""
_SAFE = ("GET", "HEAD", "OPTIONS")
_MONTH = 30 * 24 * 3600
HEADERS = (
    (b"content-security-policy", b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     b"connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)  # fmt: skip


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(self, app: Application, place: Place, keys: Keys) -> None:
        self.app, self.place, self.keys = app, place, keys
        self._hosts = {host.lower() for host in place.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets here
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = _headers(scope)
        path = str(scope["path"])
        refused = self._foreign(scope, headers)
        if refused:
            await _answer(send, path, 403, refused)
            return
        session = _cookie(headers, self.keys.cookie)
        session = session if self.keys.valid(session) else ""
        bearer = _bearer(headers)
        by_token = bool(bearer) and self.keys.right(bearer)
        new_session = ""
        if self.place.demand_token and not (by_token or session or path in OPEN or _static(path)):
            await self._ask_for_token(scope, headers, send, path)
            return
        if not session and not self.place.demand_token and not path.startswith(PROGRAMS):
            session = new_session = self.keys.session()
        if not by_token and (refused := self._forged(scope, headers, path, session)):
            await _answer(send, path, 403, refused)
            return
        scope.setdefault("state", {})["session"] = session
        scope["state"]["csrf"] = self.keys.csrf(session) if session else ""
        await self._bounded(scope, headers, receive, send, path, new_session)

    def cookie(self, session: str) -> str:
        """The Set-Cookie line of a session."""
        secure = "; Secure" if self.place.secure else ""
        return f"{self.keys.cookie}={session}; Path=/; Max-Age={_MONTH}; HttpOnly; SameSite=Lax{secure}"

    def _foreign(self, scope: Scope, headers: dict[str, list[str]]) -> str:
        """Why a request is not meant for this server, or empty."""
        hosts = headers.get("host", [])
        if len(hosts) != 1 or _name(hosts[0]) not in self._hosts:
            return (
                "This server does not answer to that host name. Call it by the address that it printed at its start, "
                "or start it with --host-name NAME."
            )
        origins = headers.get("origin", [])
        if any(_host_of(origin) != hosts[0].lower() for origin in origins):
            return "The request comes from a page of another site, so it is refused."
        site = headers.get("sec-fetch-site", ["none"])[-1]
        going = scope["method"] == "GET" and headers.get("sec-fetch-mode", [""])[-1] == "navigate"
        if site in ("cross-site", "same-site") and not going:
            return "The request comes from a page of another site, so it is refused."
        return ""

    def _forged(self, scope: Scope, headers: dict[str, list[str]], path: str, session: str) -> str:
        """Why a change cannot be trusted to come from our own page or from a program."""
        if scope["method"] in _SAFE or path == "/login":
            return ""
        given = headers.get("x-csrf-token", [""])[-1]
        if session and same(self.keys.csrf(session), given):
            return ""
        json_body = headers.get("content-type", [""])[-1].split(";")[0].strip().lower() == "application/json"
        if path.startswith(PROGRAMS) and not self.place.demand_token and (json_body or scope["method"] == "DELETE"):
            return ""  # a page of another site cannot send JSON or DELETE without being asked for its Origin first
        return "The page is too old or the request was not sent by it. Load the page again."

    async def _ask_for_token(self, scope: Scope, headers: dict[str, list[str]], send: Send, path: str) -> None:
        wants_page = "text/html" in ",".join(headers.get("accept", []))
        if scope["method"] == "GET" and wants_page and not path.startswith(PROGRAMS):
            place = quote(path, safe="/") if path.startswith("/") and not path.startswith("//") else "/"
            await _start(send, 303, [(b"location", f"/login?next={place}".encode())])
            await send({"type": "http.response.body", "body": b""})
            return
        await _answer(send, path, 401, "The token is missing or wrong. Send it as: Authorization: Bearer TOKEN.")

    async def _bounded(
        self, scope: Scope, headers: dict[str, list[str]], receive: Receive, send: Send, path: str, new_session: str
    ) -> None:
        """Hand the request on, counting and timing its body; add the headers that every answer carries."""
        length = headers.get("content-length", ["0"])[-1]
        if not length.isdecimal() or int(length) > self.place.body:
            await _answer(send, path, 413, self._too_large())
            return
        begun = asyncio.get_running_loop().time()
        taken, complete, answered = 0, False, False
        refused: list[tuple[int, str]] = []

        def refuse(status: int, message: str) -> _BodyError:
            refused.append((status, message))
            return _BodyError(message)

        async def counted() -> Message:
            nonlocal taken, complete
            if complete:
                return await receive()
            left = self.place.body_seconds - (asyncio.get_running_loop().time() - begun)
            try:
                message = await asyncio.wait_for(receive(), max(0.01, left))
            except TimeoutError:
                raise refuse(408, "The request came too slowly. Try again on a faster connection.") from None
            taken += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if taken > self.place.body:
                raise refuse(413, self._too_large())
            return message

        async def adorned(message: Message) -> None:
            nonlocal answered
            if refused and not answered:
                return  # whatever the application makes of a broken body, our own answer says why
            if message["type"] == "http.response.start":
                answered = True
                found = list(message.get("headers", []))
                names = {name.lower() for name, _ in found}
                found += [(name, value) for name, value in HEADERS if name not in names]
                if b"cache-control" not in names:
                    found.append((b"cache-control", b"no-store"))
                if new_session and not _static(path):
                    found.append((b"set-cookie", self.cookie(new_session).encode()))
                message = {**message, "headers": found}
            await send(message)

        with suppress(_BodyError):
            await self.app(scope, counted, adorned)
        if refused and not answered:
            await _answer(send, path, *refused[0])

    def _too_large(self) -> str:
        return f"The request is larger than {self.place.body // 1_000_000} MB. Send fewer or smaller files."


class _BodyError(Exception):
    """The body of a request is larger or slower than allowed."""


async def _answer(send: Send, path: str, status: int, message: str) -> None:
    """A refusal: JSON as OpenAI's clients know it for programs, plain text for people."""
    if path.startswith(PROGRAMS):
        kind = "authentication_error" if status == 401 else "invalid_request_error"
        told = {"error": {"message": message, "type": kind, "param": None, "code": None}}
        body, content = json.dumps(told).encode(), b"application/json"
    else:
        body, content = message.encode(), b"text/plain; charset=utf-8"
    headers = [(b"content-type", content), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await _start(send, status, headers)
    await send({"type": "http.response.body", "body": body})


async def _start(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    all_headers = [*headers, *HEADERS, (b"cache-control", b"no-store"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": all_headers})


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _name(host: str) -> str:
    """The host's name without its port."""
    host = host.strip().lower()
    if host.startswith("["):
        name, end, _ = host.partition("]")
        return name + end
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and ":" in host else host


def _host_of(origin: str) -> str:
    """Host and port of an Origin header; empty for one that is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _cookie(headers: dict[str, list[str]], name: str) -> str:
    for line in headers.get("cookie", []):
        try:
            found = SimpleCookie(line).get(name)
        except CookieError:
            continue
        if found:
            return found.value
    return ""


def _bearer(headers: dict[str, list[str]]) -> str:
    scheme, _, token = headers.get("authorization", [""])[-1].partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _static(path: str) -> bool:
    return path.startswith("/static/")
