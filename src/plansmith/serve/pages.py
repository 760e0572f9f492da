"""The first page: a new plan and the plans there are; language and light.

Enters: requests of people. Leaves: pages. Jobs (`watch`), plans (`plans`) and learning (`learn`, `runs`) have their own rooms.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response

from plansmith.errors import InputError
from plansmith.locale import LANGUAGES
from plansmith.serve import models, texts
from plansmith.serve.asked import fields, form_of, read_upload, served_by
from plansmith.serve.jobs import Job
from plansmith.serve.render import THEME, page

router = APIRouter()
_YEAR = 365 * 24 * 3600


@router.get("/")
def home(request: Request, model: str = "") -> Response:
    """A new plan, and the plans there are; `model` chooses what writes it."""
    served = served_by(request)
    at_work = [job for job in served.jobs.all("plan") if job.open and job.args.get("plan")]
    return page(
        request, "home.html", plans=served.workspace.entries(), models=models.known(served.place), at_work=at_work,
        writing={job.args["plan"] for job in at_work}, chosen=model,
    )  # fmt: skip


@router.post("/plans")
async def new_plan(request: Request) -> Response:
    """Take a brief, as text or as a file, and put the job of writing its plan into the queue."""
    served = served_by(request)
    form = await form_of(request)
    said = fields(form)
    text, title, notes = said.get("text", ""), said.get("title", "").strip(), list[str]()
    upload = form.get("file")
    if isinstance(upload, UploadFile) and upload.filename:
        text, stem, notes = await read_upload(served.place, upload)
        title = title or ("" if stem.lower() in ("brief", "cerere") else stem.replace("-", " ").replace("_", " "))
    language = said.get("language", "")
    args: dict[str, Any] = {
        **models.chosen(served.place, said.get("model", "")),
        "system": said.get("system", "")[:4000],
        "language": language if language in LANGUAGES else "",
        "title": title[:120],
        "notes": notes,
    }

    def begin() -> Job:
        from plansmith.plan import read_brief

        if not (brief := read_brief(text)).sentences:
            raise InputError("The brief holds no sentence. Paste the client's text, or choose a file.")
        name = served.workspace.new(title or brief.title or brief.sentences[0].text[:60], text)
        try:
            job: Job = served.jobs.add("plan", name, {**args, "plan": name})
        except Exception:
            served.workspace.remove(name)
            raise
        return job

    job = await run_in_threadpool(begin)
    served.runner.wake()
    return Response(status_code=204, headers={"HX-Redirect": f"/jobs/{job.id}"})


@router.post("/settings")
async def settings(request: Request) -> Response:
    """Language and light, kept in the browser."""
    said = fields(await form_of(request))
    answer = Response(status_code=204, headers={"HX-Refresh": "true"})
    secure = served_by(request).place.secure
    if said.get("language") in LANGUAGES:
        answer.set_cookie(texts.COOKIE, said["language"], max_age=_YEAR, samesite="lax", httponly=True, secure=secure)
    if said.get("theme") in ("light", "dark", "system"):
        theme = "" if said["theme"] == "system" else said["theme"]
        answer.set_cookie(THEME, theme, max_age=_YEAR, samesite="lax", httponly=True, secure=secure)
    return answer


@router.get("/health")
def health() -> Response:
    """Says that the server answers."""
    return JSONResponse({"status": "ok"})
