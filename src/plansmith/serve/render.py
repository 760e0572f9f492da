"""Templates into pages: every text escaped, in the reader's language, with the session's CSRF token.

Enters: a request, a template's name and its values. Leaves: an HTML response.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from plansmith.locale import day, figure, words
from plansmith.serve.texts import language_of, teller

THEME = "plansmith_theme"


@cache
def environment() -> Environment:
    """The templates; a value that is not given is an error, never an empty place."""
    made = Environment(
        loader=PackageLoader("plansmith.serve", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["clock"] = clock
    return made


def fragment(name: str, language: str, /, **values: Any) -> str:
    """A template as text, for a stream of events."""
    return environment().get_template(name).render(**common(language), **values)


def common(language: str) -> dict[str, Any]:
    """What every template may use."""
    return {
        "lang": language,
        "t": teller(language),
        "say": words(language),
        "figure": lambda value: figure(language, value),
        "day": lambda date: day(language, date, "medium"),
        "moment": lambda at: moment(language, at),
    }


def page(
    request: Request, name: str, /, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """A page or a part of one."""
    language = language_of(request)
    theme = request.cookies.get(THEME, "")
    told = {
        **common(language),
        "csrf": request.scope.get("state", {}).get("csrf", ""),
        "path": request.scope["path"],
        "theme": theme if theme in ("light", "dark") else "",
        "demand_token": request.app.state.served.place.demand_token,
        **values,
    }
    return HTMLResponse(environment().get_template(name).render(**told), status, headers)


def moment(language: str, at: float | dt.datetime) -> str:
    """A time as people say it: the hour if it is today, else the day."""
    when = at if isinstance(at, dt.datetime) else dt.datetime.fromtimestamp(at)
    if when.date() == dt.date.today():
        return f"{when:%H:%M}"
    return day(language, when.date(), "medium")


def clock(seconds: float | None) -> str:
    """Seconds as 4:05 or 1:02:03."""
    if seconds is None:
        return "–"
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
