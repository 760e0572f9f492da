"""The pages of learning: archives, training, models.

Enters: requests of people. Leaves: pages. The training itself is a job's child; its losses are read from its log.
"""

from __future__ import annotations

import asyncio
import json
import shlex
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any, get_args, get_origin

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from plansmith.errors import InputError, MissingError, PlansmithError
from plansmith.serve.archives import add_project, archive_of, archives, look, may_add, new_archive, redacted
from plansmith.serve.jobs import Job
from plansmith.serve.pages import fields, form_of, job_of, served_by
from plansmith.serve.present import curve
from plansmith.serve.render import fragment, page
from plansmith.serve.settings import Place
from plansmith.serve.texts import language_of

router = APIRouter()
FIRST = ("epochs", "learning_rate", "rank", "batch")
"""Settings that the form shows at once; the others are folded away."""
REPORT = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


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
        may_add=bool(chosen) and may_add(place, known[chosen]), folder=_shown(place, known.get(chosen)),
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
        base=DEFAULT, name=free_name(place.runs), settings=_settings(), first=FIRST, jobs=jobs[:12],
        unfinished=[name for name in list_unfinished(place.runs) if name not in told],
        command=_command(place, {"archive": archive or next(iter(archives(place)), ""), "name": free_name(place.runs)}),
    )  # fmt: skip


@router.post("/train/command")
async def command(request: Request) -> Response:
    """The command that would do the same."""
    said = fields(await form_of(request))
    return page(request, "command.html", command=_command(served_by(request).place, said))


@router.post("/train/forecast")
async def forecast(request: Request) -> Response:
    """Look at what would be learned, and how long it takes: a job, since it loads the tokenizer."""
    served = served_by(request)
    said = fields(await form_of(request))
    args = await run_in_threadpool(_wanted, served.place, said)
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
        args = _wanted(served.place, said)
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
        command=_command(served.place, {**job.args["settings"], "archive": "", "base": job.args["base"], "name": job.args["name"]}, job.args["archive"]),
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
        curve=curve(_losses(run), run.story["result"]["steps"]), command=_again(run), known=list(archives(place)),
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
            args = {"run": run.name, "archive": folder, "forms": ",".join(chosen)}
        else:
            raise MissingError("There is no such work on a model.")
        if any(job.open and job.kind == work for job in _jobs_of(request, name)):
            raise InputError("This is being done already.")
        served.jobs.add(work, run.name, args)

    await run_in_threadpool(begin)
    served.runner.wake()
    return Response(status_code=204, headers={"HX-Refresh": "true"})


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


def _settings() -> list[dict[str, Any]]:
    """Every setting of a recipe with its kind, choices, range and default: read from where it is declared."""
    from typing import get_type_hints

    from plansmith.tuning.bases import BASES
    from plansmith.tuning.recipe import RANGES, Overrides, resolve

    usual = resolve(BASES[0]).as_dict()
    hints = get_type_hints(Overrides, include_extras=True)
    found = []
    for field in fields_of(Overrides):
        annotated = hints[field.name]
        kinds, parameter = get_args(annotated)[0], get_args(annotated)[1]
        plain = next(kind for kind in get_args(kinds) if kind is not type(None))
        choices = list(get_args(plain)) if get_origin(plain) is not None else ["yes", "no"] if plain is bool else []
        low, high = RANGES.get(field.name, (None, None))
        found.append({
            "name": field.name, "flag": field.name.replace("_", "-"), "choices": choices, "number": plain in (int, float),
            "low": low, "high": high, "usual": usual.get(field.name), "help": parameter.help or "",
        })  # fmt: skip
    return found


def _given(said: dict[str, str]) -> dict[str, Any]:
    """The settings that a form names, in their kinds; raises InputError with all that are none."""
    found: dict[str, Any] = {}
    problems = []
    for one in _settings():
        text = str(said.get(one["name"], "")).strip()
        if not text or text == "None":
            continue
        if one["choices"] == ["yes", "no"]:
            found[one["name"]] = text in ("yes", "True")
        elif one["choices"]:
            found[one["name"]] = text
            if text not in one["choices"]:
                problems.append(f"{one['flag']} {text[:20]!r}: choose one of {', '.join(one['choices'])}")
        else:
            try:
                whole = one["name"] not in ("learning_rate", "weight_decay")
                found[one["name"]] = int(text) if whole else float(text.replace(",", "."))
            except ValueError:
                problems.append(f"{one['flag']} {text[:20]!r}: must be a number")
    if problems:
        raise InputError("These training settings cannot be used:", problems)
    return found


def _wanted(place: Place, said: dict[str, str]) -> dict[str, Any]:
    """The arguments of a training or a look at one; raises InputError with what cannot be used."""
    from plansmith.tuning.bases import BASES, find_base
    from plansmith.tuning.recipe import Overrides, resolve

    settings = _given(said)
    base = said.get("base", BASES[0].name)
    if base not in [known.name for known in BASES]:
        raise InputError("Choose a base of the list; others are trained with: plansmith train --base")
    resolve(find_base(base), Overrides(**settings))  # refuses what is out of range
    folder = archive_of(place, said.get("archive", ""))
    return {
        "archive": str(folder), "base": base, "name": said.get("name", "").strip()[:80], "settings": settings, "test": [],
    }  # fmt: skip


def _command(place: Place, said: dict[str, Any], folder: str = "") -> str:
    """The command line of a form, as a person would type it in the workspace."""
    from plansmith.tuning.bases import DEFAULT

    known = archives(place)
    path = Path(folder) if folder else known.get(str(said.get("archive", "")))
    parts = ["plansmith", "train", _shown(place, path) or "ARCHIVE", "--name", str(said.get("name") or "NAME")]
    if said.get("base", DEFAULT) != DEFAULT:
        parts += ["--base", str(said["base"])]
    try:
        given = _given({key: str(value) for key, value in said.items()})
    except InputError:
        given = {}
    for name, value in given.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            parts.append(flag if value else flag.replace("--", "--no-", 1))
        else:
            parts += [flag, f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join(parts)


def _again(run: Any) -> str:
    return f"plansmith train ARCHIVE --recipe {shlex.quote(str(Path('runs') / run.name / 'recipe.yaml'))}"


def _shown(place: Place, folder: Path | None) -> str:
    """A folder as a command in the workspace names it."""
    if folder is None:
        return ""
    try:
        return folder.relative_to(place.workspace).as_posix()
    except ValueError:
        return str(folder)
