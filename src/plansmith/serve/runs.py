"""The tuned models: their list, two side by side, one with its report and proof, and handing it on.

Enters: requests of people about models. Leaves: pages. Proving and publishing are jobs.
"""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from plansmith.errors import InputError, MissingError, PlansmithError
from plansmith.serve.archives import archive_of, archives
from plansmith.serve.asked import fields, form_of, served_by
from plansmith.serve.jobs import Job
from plansmith.serve.present import curve
from plansmith.serve.recipes import again_with
from plansmith.serve.render import page
from plansmith.serve.settings import Place

router = APIRouter()

REPORT = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


@router.get("/runs")
def runs_page(request: Request) -> Response:
    """The tuned models."""
    from plansmith.tuning.runs import list_runs, open_run

    place: Place = served_by(request).place
    found, damaged = [], []
    for name in reversed(list_runs(place.runs)):
        try:
            run = open_run(name, place.runs)
            found.append((run, run.best_loss, (run.folder / "run.json").stat().st_mtime))
        except (PlansmithError, KeyError, ValueError, IndexError):
            damaged.append(name)
    return page(request, "runs.html", runs=found, damaged=damaged)


@router.get("/runs/compare")
def compare(request: Request, one: str = "", other: str = "") -> Response:
    """Two models side by side."""
    from plansmith.tuning.compare import compared

    place = served_by(request).place
    found = compared(_run(place, one), _run(place, other))
    return page(request, "compare.html", found=found)


@router.get("/runs/{name}")
def run_page(request: Request, name: str) -> Response:
    """One model: what it learned from, how, and what came of it."""
    place = served_by(request).place
    run = _run(place, name)
    return page(
        request, "run.html", run=run, story=run.story, result=run.story["result"], best=run.best_loss,
        curve=curve(_losses(run), run.story["result"]["steps"]), command=again_with(run), known=list(archives(place)),
        jobs=_jobs_of(request, name), proven=(run.folder / "proof" / "report.html").is_file(),
    )  # fmt: skip


@router.get("/runs/{name}/report")
async def report(request: Request, name: str) -> Response:
    """The report of a run as one page, the same that `plansmith runs report` writes."""
    from plansmith.tuning.report import report_page

    run = _run(served_by(request).place, name)
    text = await run_in_threadpool(report_page, run)
    return Response(text, media_type="text/html", headers={"Content-Security-Policy": REPORT})


@router.get("/runs/{name}/proof")
def proof(request: Request, name: str) -> Response:
    """The report of the run's proof, as `plansmith evaluate` writes it."""
    path = _run(served_by(request).place, name).folder / "proof" / "report.html"
    if not path.is_file():
        raise MissingError("This model is not evaluated yet.")
    return Response(path.read_bytes(), media_type="text/html", headers={"Content-Security-Policy": REPORT})


@router.get("/runs/{name}/jobs")
def run_jobs(request: Request, name: str) -> Response:
    """What is being done with a model."""
    run = _run(served_by(request).place, name)
    return page(
        request, "run_jobs.html", run=run, jobs=_jobs_of(request, name),
        proven=(run.folder / "proof" / "report.html").is_file(),
    )  # fmt: skip


@router.post("/runs/{name}/{work}")
async def work_on(request: Request, name: str, work: str) -> Response:
    """Evaluate a model, or write it as files for other programs: a job of its own."""
    served = served_by(request)
    said = fields(await form_of(request))

    def begin() -> None:
        run = _run(served.place, name)
        folder = str(archive_of(served.place, said.get("archive", "")))
        if work == "evaluate":
            args = {"run": run.name, "archive": folder, "folds": 1 if said.get("folds") == "1" else None}
        elif work == "publish":
            chosen = [form for form in ("adapter", "merged", "gguf", "ollama") if form in said]
            if not chosen:
                raise InputError("Choose at least one form to write.")
            args = {"run": run.name, "archive": folder, "forms": ",".join(chosen)} | _hub(run, said)
        else:
            raise MissingError("There is no such work on a model.")
        if any(job.open and job.kind == work for job in _jobs_of(request, name)):
            raise InputError("This is being done already.")
        if args.get("token"):
            served.runner.add_with(work, run.name, args, said["hub_token"].strip())
        else:
            served.jobs.add(work, run.name, args)

    await run_in_threadpool(begin)
    served.runner.wake()
    return Response(status_code=204, headers={"HX-Refresh": "true"})


def _hub(run: Any, said: dict[str, str]) -> dict[str, Any]:
    """What a form says of an upload to the Hub; its token is told to the child alone."""
    from plansmith.tuning.publish_hub import check_before

    name, token = said.get("hub", "").strip(), said.get("hub_token", "").strip()
    if not name and token:
        raise InputError("A token was given, but no name on the Hub. Write user/name, or leave both empty.")
    if name:
        check_before(name, run.forgotten)
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise InputError("This is no token of the Hub: it has characters that no token has. Copy it once more.")
    return {"hub": name, "public": "public" in said, "token": bool(token)} if name else {}


def _jobs_of(request: Request, name: str) -> list[Job]:
    found: list[Job] = served_by(request).jobs.all("evaluate", "publish")
    return [job for job in found if job.name == name][:6]


def _run(place: Place, name: str) -> Any:
    from plansmith.tuning.runs import list_runs, open_run

    if name not in list_runs(place.runs):
        raise MissingError("There is no model of that name here.")
    return open_run(name, place.runs)


def _losses(run: Any) -> list[dict[str, Any]]:
    path = run.folder / "metrics.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = [line for line in map(json.loads, lines) if "loss" in line]
    result = run.story["result"]
    held = zip(result["held_out_steps"], result["held_out_loss"], strict=False)
    return [*found, *({"step": step, "held_out": loss} for step, loss in held)]
