"""Coming in with the token or with the link that was printed at the start, and going out.

Enters: a token, or a link's key. Leaves: a session's cookie, or the log-in page with what was wrong.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from plansmith.serve.asked import fields, form_of, served_by
from plansmith.serve.render import page

router = APIRouter()


@router.get("/enter")
def enter(request: Request, key: str = "") -> Response:
    """The link that is printed at the start: good once, for whoever holds it first."""
    served = served_by(request)
    if request.scope["state"]["session"]:
        return RedirectResponse("/", 303)  # a browser that looks ahead may have used it for the same person
    if not served.keys.use_link(key):
        return page(request, "login.html", status=401, goes="/", wrong="used")
    return _entered(served, "/")


@router.get("/login")
def login(request: Request, next: str = "/") -> Response:
    return page(request, "login.html", goes=_inside(next), wrong="")


@router.post("/login")
async def log_in(request: Request) -> Response:
    served = served_by(request)
    said = fields(await form_of(request))
    goes = _inside(said.get("next", "/"))
    if served.place.demand_token and not served.keys.right(said.get("token", "").strip()):
        return page(request, "login.html", status=401, goes=goes, wrong="wrong")
    return _entered(served, goes)


@router.post("/logout")
async def log_out(request: Request) -> Response:
    answer = Response(status_code=204, headers={"HX-Redirect": "/login"})
    answer.delete_cookie(served_by(request).keys.cookie)
    return answer


def _entered(served: Any, goes: str) -> Response:
    answer = RedirectResponse(goes, 303)
    answer.set_cookie(
        served.keys.cookie, served.keys.session(), max_age=30 * 24 * 3600, samesite="lax", httponly=True,
        secure=served.place.secure,
    )  # fmt: skip
    return answer


def _inside(path: str) -> str:
    """A path of this server; anything that could lead elsewhere becomes the home page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain else "/"
