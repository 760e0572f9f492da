"""The pages around plans: home with the new plan, a job being done, language and light, log-in.

Enters: requests of people. Leaves: pages. Plans have their own room (`plans`), so has learning (`learn`).
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from plansmith.errors import InputError, MissingError
from plansmith.locale import LANGUAGES
from plansmith.serve import texts
from plansmith.serve.access import SESSION
from plansmith.serve.jobs import Job
from plansmith.serve.render import THEME, fragment, page
from plansmith.serve.settings import Place
from plansmith.serve.stream import entries, event
from plansmith.serve.texts import language_of

router = APIRouter()
_YEAR = 365 * 24 * 3600


def served_by(request: Request) -> Any:
    """What the routes share."""
    return request.app.state.served


def job_of(request: Request, key: str) -> Job:
    """A job by its id; 404 where there is none."""
    try:
        found: Job = served_by(request).jobs.get(key)
    except KeyError:
        raise MissingError("There is no such job any more.") from None
    return found


async def form_of(request: Request) -> FormData:
    """The form of a request, its parts bounded."""
    place: Place = served_by(request).place
    try:
        return await request.form(max_files=place.files, max_fields=400, max_part_size=4_000_000)
    except HTTPException as error:
        raise InputError(f"The form cannot be read: {error.detail}") from error


def fields(form: FormData) -> dict[str, str]:
    """The form's texts, line ends as Python has them."""
    return {k: v.replace("\r\n", "\n").replace("\x00", "") for k, v in form.items() if isinstance(v, str)}


def models(place: Place) -> list[dict[str, str]]:
    """What a plan can be written with: tuned models, the newest first, then the embedded base."""
    from plansmith.errors import PlansmithError
    from plansmith.tuning.bases import DEFAULT, embedded_model
    from plansmith.tuning.runs import list_runs

    found = [{"value": f"run:{name}", "name": name, "kind": "run"} for name in reversed(list_runs(place.runs))]
    try:
        embedded_model()
        found.append({"value": f"base:{DEFAULT}", "name": DEFAULT, "kind": "base"})
    except PlansmithError:
        pass
    return found


def chosen_model(place: Place, value: str) -> dict[str, str]:
    """The job's arguments for a model of the list; raises InputError for anything else."""
    known = {model["value"]: model for model in models(place)}
    if not value and known:
        value = next(iter(known))
    if value not in known:
        raise InputError("There is no such model here. Train one first, or install the embedded one.")
    return {known[value]["kind"]: known[value]["name"]}


async def read_upload(place: Place, upload: UploadFile) -> tuple[str, str, list[str]]:
    """An uploaded text: (its text, a title from its name, notes on what was left out).

    The file gets a name of ours; of the browser's name only a known suffix is used.
    """
    from plansmith.sources.read import SUFFIXES, read_document

    given = (upload.filename or "").replace("\\", "/").rpartition("/")[2]
    suffix = Path(given).suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(sorted(SUFFIXES))
        raise InputError(f"A file of the kind {suffix[:12] or '(no suffix)'} cannot be read. Use one of {known}.")
    folder = place.hidden / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{secrets.token_hex(8)}{suffix}"
    try:
        with path.open("wb") as file:
            while part := await upload.read(1 << 20):
                file.write(part)
        try:
            source = await run_in_threadpool(read_document, path)
        except InputError as error:
            message = error.message.replace(str(path), "The file").replace(path.name, "The file")
            raise InputError(message, error.problems) from error
    finally:
        path.unlink(missing_ok=True)
    return source.text, Path(given).stem[:80], [str(note) for note in source.notes]


@router.get("/")
def home(request: Request, model: str = "") -> Response:
    """A new plan, and the plans there are; `model` chooses what writes it."""
    served = served_by(request)
    at_work = [job for job in served.jobs.all("plan") if job.open and job.args.get("plan")]
    return page(
        request, "home.html", plans=served.workspace.entries(), models=models(served.place), at_work=at_work,
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
        **chosen_model(served.place, said.get("model", "")),
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


@router.get("/jobs/{key}")
def job_page(request: Request, key: str) -> Response:
    """A job being done, with everything that it has said so far."""
    served, job = served_by(request), job_of(request, key)
    if job.kind == "train":
        return RedirectResponse(f"/train/{job.id}", 303)
    if job.kind != "plan" or not job.args.get("plan"):
        raise MissingError("This job has no page.")
    if job.state == "done":
        return RedirectResponse(f"/plans/{job.args['plan']}", 303)
    from plansmith.plan import read_brief
    from plansmith.serve.present import pieces

    log = served.jobs.log(key)
    brief = read_brief(served.workspace.brief(job.args["plan"]))
    return page(
        request, "writing.html", job=job, log=log, seen=len(log), progress=progress(log), pieces=pieces(brief),
        heading=job.args.get("title") or brief.title or (brief.sentences[0].text[:70] if brief.sentences else job.name),
        ahead=served.jobs.ahead(job), sentences=len(brief.sentences), free=is_free(log),
    )  # fmt: skip


def is_free(log: list[dict[str, Any]]) -> bool:
    """Whether the plan is being written whole, as the team's own text."""
    return any(entry.get("what") == "begin" and entry.get("whole") for entry in log)


def progress(log: list[dict[str, Any]]) -> dict[str, Any]:
    """How far a plan is: its last attempt's stage, done and total, and percent of the whole."""
    told = {"stage": "", "done": 0, "total": 0, "percent": 0}
    for entry in log:
        what = entry.get("what")
        if what == "begin":
            told = {"stage": "begin", "done": 0, "total": entry.get("sentences", 0), "percent": 2}
        elif what in ("sentence", "requirement"):
            share = entry["done"] / max(1, entry["total"])
            percent = 4 + 32 * share if what == "sentence" else 38 + 48 * share
            told = {"stage": what, "done": entry["done"], "total": entry["total"], "percent": round(percent)}
            if what == "requirement" and entry["done"] == entry["total"]:
                told = {"stage": "rest", "done": 0, "total": 0, "percent": 90}
        elif what == "text":
            told = {"stage": "text", "done": 0, "total": 0, "percent": 50}
    return told


@router.get("/jobs/{key}/events")
async def job_events(request: Request, key: str, after: int = 0) -> Response:
    """The job's log from there on, as events that the page puts in their places."""
    served, job = served_by(request), job_of(request, key)
    last = request.headers.get("last-event-id", "")
    seen = int(last) if last.isdigit() and len(last) < 9 else max(0, after)
    language = language_of(request)
    told = _training_events if job.kind == "train" else _writing_events
    return StreamingResponse(
        told(served, key, seen, language), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _writing_events(served: Any, key: str, seen: int, language: str) -> AsyncIterator[str]:
    log = served.jobs.log(key)[:seen]
    async for one in entries(served.jobs, key, seen):
        if one is None:
            yield ": quiet\n\n"
        elif isinstance(one, Job):
            yield event("state", fragment("part_state.html", language, job=one, ahead=served.jobs.ahead(one)))
            if not one.open:
                yield event("end", fragment("part_end.html", language, job=one))
        else:
            number, entry = one
            log.append(entry)
            yield event("progress", fragment("part_progress.html", language, progress=progress(log)), number)
            if entry.get("what") == "sentence":
                yield event("heard", fragment("part_heard.html", language, entry=entry), number)
            if entry.get("what") == "text":
                yield event("text", fragment("part_text.html", language, entry=entry), number)


async def _training_events(served: Any, key: str, seen: int, language: str) -> AsyncIterator[str]:
    from plansmith.serve.learn import training_part

    last, told = seen, 0.0
    async for one in entries(served.jobs, key, seen):
        if one is None:
            yield ": quiet\n\n"
        elif isinstance(one, Job):
            yield event("training", training_part(served, one, language), last)
            if not one.open:
                yield event("end", fragment("part_end.html", language, job=one))
        else:
            last, entry = one
            now = float(entry.get("at", 0))
            if now - told >= 1 or "held_out" in entry:  # a drawing a second is enough
                told = now
                yield event("training", training_part(served, served.jobs.get(key), language), last)


@router.post("/jobs/{key}/cancel")
async def cancel_job(request: Request, key: str) -> Response:
    served, job = served_by(request), job_of(request, key)
    await run_in_threadpool(served.runner.cancel, job.id)
    return Response(status_code=204, headers={"HX-Refresh": "true"})


@router.post("/jobs/{key}/again")
async def again(request: Request, key: str) -> Response:
    """Go on with a job that was stopped, cancelled or failed."""
    served, job = served_by(request), job_of(request, key)
    await run_in_threadpool(served.jobs.again, job.id)
    served.runner.wake()
    goes = {"HX-Redirect": f"/jobs/{job.id}"} if job.kind in ("plan", "train") else {"HX-Refresh": "true"}
    return Response(status_code=204, headers=goes)


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


@router.get("/login")
def login(request: Request, next: str = "/") -> Response:
    return page(request, "login.html", goes=_inside(next), wrong=False)


@router.post("/login")
async def log_in(request: Request) -> Response:
    served = served_by(request)
    said = fields(await form_of(request))
    goes = _inside(said.get("next", "/"))
    if served.place.demand_token and not served.keys.right(said.get("token", "").strip()):
        return page(request, "login.html", status=401, goes=goes, wrong=True)
    answer = RedirectResponse(goes, 303)
    answer.set_cookie(
        SESSION, served.keys.session(), max_age=30 * 24 * 3600, samesite="lax", httponly=True,
        secure=served.place.secure,
    )  # fmt: skip
    return answer


@router.post("/logout")
async def log_out(request: Request) -> Response:
    answer = Response(status_code=204, headers={"HX-Redirect": "/login"})
    answer.delete_cookie(SESSION)
    return answer


def _inside(path: str) -> str:
    """A path of this server; anything that could lead elsewhere becomes the home page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain else "/"


@router.get("/health")
def health() -> Response:
    """Says that the server answers."""
    return JSONResponse({"status": "ok"})
