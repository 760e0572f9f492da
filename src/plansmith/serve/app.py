"""The application: every route behind one gate, errors told in words, jobs looked after.

Enters: a `Place`. Leaves: an ASGI application; `plansmith serve` runs it with uvicorn.
Try: plansmith serve
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from plansmith import __version__
from plansmith.errors import InputError, MissingError, PlansmithError, ResourceError
from plansmith.serve.access import PROGRAMS, Gate
from plansmith.serve.jobs import BusyError, Jobs
from plansmith.serve.keys import Keys
from plansmith.serve.runner import Runner
from plansmith.serve.settings import Place
from plansmith.serve.workspace import ConflictError, Workspace


class Served:
    """What the routes share, in `request.app.state.served`."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.keys = Keys(place.hidden)
        self.jobs = Jobs(place.hidden, place.queue)
        self.runner = Runner(place, self.jobs)
        self.workspace = Workspace(place)
        self.beginning = 0
        """Requests of programs that are being put into the queue."""
        self._few: CapacityLimiter | None = None

    def few(self) -> CapacityLimiter:
        """Lets two threads at a time put jobs into the queue."""
        self._few = self._few or CapacityLimiter(2)
        return self._few


def create_app(place: Place, served: Served | None = None) -> Any:
    """The ASGI application of a place."""
    from plansmith.serve import api, blind, chat, learn, login, pages, plans, runs, watch

    served = served or Served(place)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        served.runner.start()
        threading.Thread(target=_warm, name="warm", daemon=True).start()
        yield
        served.runner.close()

    app = FastAPI(
        title="Plansmith",
        version=__version__,
        description="Writes development plans for clients' briefs with a model tuned on your own past projects.",
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.served = served
    for room in (login, pages, watch, plans, learn, runs, blind):
        app.include_router(room.router, include_in_schema=False)
    for room in (api, chat):
        app.include_router(room.router)
    app.mount("/static", StaticFiles(directory=str(Path(str(files("plansmith.serve") / "static")))), name="static")
    app.add_exception_handler(PlansmithError, _told)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unforeseen)
    return Gate(app, place, served.keys)


def _warm() -> None:
    """Load what the first request would wait for: sentences, words of both languages, templates."""
    from plansmith.plan import read_brief
    from plansmith.serve.render import environment

    read_brief("We must. Trebuie.")
    environment().get_template("home.html")


def status_of(error: PlansmithError) -> int:
    """The HTTP status of an error of the family."""
    if isinstance(error, BusyError):
        return 429
    if isinstance(error, ConflictError):
        return 409
    if isinstance(error, MissingError):
        return 404
    if isinstance(error, InputError):
        return 422
    return 507 if isinstance(error, ResourceError) else 500


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, PlansmithError)
    headers = {"Retry-After": str(error.after)} if isinstance(error, BusyError) else {}
    return _answer(request, status_of(error), error.message, error.problems, headers)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    return _answer(request, error.status_code, str(error.detail), [], headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}" for one in error.errors()]
    return _answer(request, 422, "The request cannot be used as it is:", problems, {})


async def _unforeseen(request: Request, error: Exception) -> Response:
    return _answer(request, 500, "Something unforeseen went wrong. The server's own output says what.", [], {})


def _answer(request: Request, status: int, message: str, problems: list[str], headers: dict[str, str]) -> Response:
    """An error in the form that the caller reads: OpenAI's JSON for programs, a notice or a page for people."""
    path = request.scope["path"]
    if path.startswith(PROGRAMS):
        kind = {401: "authentication_error", 429: "rate_limit_error"}.get(
            status, "server_error" if status >= 500 else "invalid_request_error"
        )
        text = " ".join([message, *problems]).encode("utf-8", "replace").decode()  # half characters cannot be sent
        told: dict[str, Any] = {"error": {"message": text, "type": kind, "param": None, "code": None}}
        return JSONResponse(told, status, headers)
    if path.startswith("/static/"):
        return PlainTextResponse(message, status, headers)
    from plansmith.serve.render import page

    name = "notice.html" if request.headers.get("hx-request") else "error.html"
    return page(request, name, status=status, headers=headers, message=message, problems=problems, status_code=status)
