"""The pages of learning: archives and trainings.

Enters: requests of people. Leaves: pages. The training itself is a job's child; its losses are read from its log.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from plansmith.errors import InputError, MissingError
from plansmith.serve.archives import add_project, archive_of, archives, look, may_add, new_archive, redacted
from plansmith.serve.asked import fields, form_of, job_of, served_by
from plansmith.serve.jobs import Job
from plansmith.serve.present import curve
from plansmith.serve.recipes import command_of, settings, shown, wanted
from plansmith.serve.render import fragment, page
from plansmith.serve.texts import language_of

router = APIRouter()
FIRST = ("epochs", "learning_rate", "rank", "batch")
"""Settings that the form shows at once; the others are folded away."""


@router.get("/archive")
def archive_page(request: Request, name: str = "") -> Response:
    """An archive: its documents, and how they are split; the first one if none is named."""
    place = served_by(request).place
    known = archives(place)
    if name:
        archive_of(place, name)
    chosen = name or next(iter(known), "")
    return page(
        request, "archive.html", known=list(known), chosen=chosen,
        may_add=bool(chosen) and may_add(place, known[chosen]), folder=shown(place, known.get(chosen)),
    )  # fmt: skip


@router.get("/archive/look")
def archive_look(request: Request, name: str) -> Response:
    """What is in an archive, read as training would: seconds for many or long documents."""
    return page(request, "archive_look.html", seen=look(archive_of(served_by(request).place, name)))


@router.post("/archive")
async def make_archive(request: Request) -> Response:
    said = fields(await form_of(request))
    name = await run_in_threadpool(new_archive, served_by(request).place, said.get("name", ""))
    return Response(status_code=204, headers={"HX-Redirect": f"/archive?name={name}"})


@router.post("/archive/project")
async def add(request: Request) -> Response:
    """Add a past project: a brief and its plan, as files."""
    place = served_by(request).place
    form = await form_of(request)
    said = fields(form)
    folder = archive_of(place, said.get("archive", ""))
    files = {}
    for what in ("brief", "plan"):
        upload = form.get(what)
        if isinstance(upload, UploadFile) and upload.filename:
            suffix = Path(upload.filename.replace("\\", "/").rpartition("/")[2]).suffix.lower()
            files[what] = (suffix, await upload.read())
    await run_in_threadpool(add_project, place, folder, said.get("title", ""), files)
    return Response(status_code=204, headers={"HX-Refresh": "true"})


@router.post("/archive/redact")
async def redact(request: Request) -> Response:
    said = fields(await form_of(request))
    name = await run_in_threadpool(redacted, served_by(request).place, said.get("archive", ""))
    return Response(status_code=204, headers={"HX-Redirect": f"/archive?name={name}"})


@router.get("/train")
def train_page(request: Request, archive: str = "") -> Response:
    """The recipe as a form, and the trainings so far."""
    from plansmith.tuning.bases import BASES, DEFAULT
    from plansmith.tuning.runs import free_name, list_unfinished

    served = served_by(request)
    place = served.place
    jobs = served.jobs.all("train")
    told = {job.args["name"] for job in jobs if job.state != "done"}
    return page(
        request, "train.html", known=list(archives(place)), archive=archive, bases=[base.name for base in BASES],
        base=DEFAULT, name=free_name(place.runs), settings=settings(), first=FIRST, jobs=jobs[:12],
        unfinished=[name for name in list_unfinished(place.runs) if name not in told],
        command=command_of(place, {"archive": archive or next(iter(archives(place)), ""), "name": free_name(place.runs)}),
    )  # fmt: skip


@router.post("/train/command")
async def command(request: Request) -> Response:
    """The command that would do the same."""
    said = fields(await form_of(request))
    return page(request, "command.html", command=command_of(served_by(request).place, said))


@router.post("/train/forecast")
async def forecast(request: Request) -> Response:
    """Look at what would be learned, and how long it takes: a job, since it loads the tokenizer."""
    served = served_by(request)
    said = fields(await form_of(request))
    args = await run_in_threadpool(wanted, served.place, said)
    job = await run_in_threadpool(served.jobs.add, "check", "forecast", args)
    served.runner.wake()
    return page(request, "forecast.html", job=job)


@router.get("/train/forecast/{key}")
async def forecast_done(request: Request, key: str) -> Response:
    job = job_of(request, key)
    for _ in range(20):
        if not job.open:
            break
        await asyncio.sleep(0.25)
        job = job_of(request, key)
    return page(request, "forecast.html", job=job)


@router.post("/train")
async def start(request: Request) -> Response:
    """Put a training into the queue."""
    from plansmith.tuning.runs import check_name

    served = served_by(request)
    said = fields(await form_of(request))

    def begin() -> Job:
        args = wanted(served.place, said)
        check_name(args["name"], served.place.runs)
        if any(job.open and job.args["name"] == args["name"] for job in served.jobs.all("train")):
            raise InputError("A training of that name is waiting or at work. Choose another name.")
        job: Job = served.jobs.add("train", args["name"], args)
        return job

    job = await run_in_threadpool(begin)
    served.runner.wake()
    return Response(status_code=204, headers={"HX-Redirect": f"/train/{job.id}"})


@router.get("/train/{key}")
def training(request: Request, key: str) -> Response:
    """A training at work, or what became of it."""
    served, job = served_by(request), job_of(request, key)
    if job.kind != "train":
        raise MissingError("This is no training.")
    seen = len(served.jobs.log(key))
    return page(
        request, "training.html", job=job, seen=seen, part=training_part(served, job, language_of(request)),
        command=command_of(served.place, {**job.args["settings"], "archive": "", "base": job.args["base"], "name": job.args["name"]}, job.args["archive"]),
    )  # fmt: skip


@router.post("/train/{key}/stop")
async def stop(request: Request, key: str) -> Response:
    """Stop where the training can go on later."""
    await run_in_threadpool(served_by(request).runner.stop, job_of(request, key).id)
    return Response(status_code=204, headers={"HX-Refresh": "true"})


def training_part(served: Any, job: Job, language: str) -> str:
    """The state of a training: figures and losses, as a part of its page."""
    lines = [entry for entry in served.jobs.log(job.id) if entry.get("what") == "training"]
    by_step: dict[tuple[int, bool], dict[str, Any]] = {}
    for line in lines:  # steps that were done again after a stop stand twice
        if "loss" in line or "held_out" in line:
            by_step[line.get("step", 0), "held_out" in line] = line
    seen = sorted(by_step.values(), key=lambda line: line.get("step", 0))
    last = {"stage": "", "epoch": 0, "step": 0, "left": None, **(lines[-1] if lines else {})}
    steps = max((line.get("steps", 0) for line in lines), default=0)
    best = min((line["held_out"] for line in seen if "held_out" in line), default=None)
    first = next((line["held_out"] for line in seen if "held_out" in line), None)
    return fragment(
        "part_training.html", language, job=job, last=last, curve=curve(seen, steps), steps=steps, best=best, first=first,
        speed=next((line["tokens_per_second"] for line in reversed(lines) if line.get("tokens_per_second")), None),
        memory=next((line["memory"] for line in reversed(lines) if line.get("memory")), None),
    )  # fmt: skip
