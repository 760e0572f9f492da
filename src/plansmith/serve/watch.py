"""A job being done, watched: its page, its events as they come, ending it and going on with it.

Enters: a job's id. Leaves: its page, or a stream of parts that the page puts in their places.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from textwrap import shorten
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response, StreamingResponse

from plansmith.errors import MissingError
from plansmith.serve.asked import job_of, served_by
from plansmith.serve.jobs import Job
from plansmith.serve.render import fragment, page
from plansmith.serve.stream import entries, event
from plansmith.serve.texts import language_of

router = APIRouter()


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
        heading=job.args.get("title") or brief.title or (shorten(brief.sentences[0].text, 70, placeholder=" …") if brief.sentences else job.name),
        ahead=served.jobs.ahead(job), sentences=len(brief.sentences), free=is_free(log),
    )  # fmt: skip


@router.get("/jobs/{key}/events")
async def job_events(request: Request, key: str, after: int = 0) -> Response:
    """The job's log from there on, as events that the page puts in their places."""
    served, job = served_by(request), job_of(request, key)
    last = request.headers.get("last-event-id", "")
    seen = int(last) if last.isdecimal() and len(last) < 9 else max(0, after)
    language = language_of(request)
    told = _training_events if job.kind == "train" else _writing_events
    return StreamingResponse(
        told(served, key, seen, language), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


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
