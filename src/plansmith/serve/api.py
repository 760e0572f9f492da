"""What programs may ask for beside writing: plans of the workspace, scores, exports, jobs.

Enters: JSON, its fields checked strictly. Leaves: JSON, or a file. The description is at /api/openapi.json.
Try: curl localhost:8321/api/plans -H 'Authorization: Bearer TOKEN'
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from plansmith.errors import InputError
from plansmith.plan import Plan, PlanError, parse_json, parse_plan, read_brief, render_json
from plansmith.serve import models
from plansmith.serve.asked import job_of, served_by
from plansmith.serve.jobs import Job
from plansmith.serve.takeaway import checked, exported
from plansmith.serve.workspace import Opened

LONGEST = 2_000_000
"""Characters of a brief or a plan."""
Text = Annotated[str, Field(max_length=LONGEST)]
_token = HTTPBearer(auto_error=False, description="The server's token, where it demands one.")


class Closed(BaseModel):
    """A field that is not known is refused, never ignored."""

    model_config = ConfigDict(extra="forbid")


class Why(Closed):
    """What is wrong, in words, with everything that is wrong."""

    message: str
    type: str
    param: None
    code: None


class Refusal(Closed):
    """An error as OpenAI's clients know it."""

    error: Why


REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal, "description": says}
    for status, says in {
        400: "The body is no JSON.",
        401: "The token is missing or wrong.",
        403: "The request comes from elsewhere, or is no JSON.",
        404: "There is no such thing.",
        408: "The body came too slowly.",
        409: "It was changed in the meantime.",
        413: "The body is too large.",
        422: "It cannot be used as it is.",
        429: "The queue is full; Retry-After says when to come again.",
        507: "The disk or the memory is full.",
    }.items()
}
router = APIRouter(prefix="/api", dependencies=[Depends(_token)], responses=REFUSALS)


class NewPlan(Closed):
    """A brief to be planned."""

    brief: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    title: Annotated[str, Field(max_length=120)] = ""
    model: Annotated[str, Field(max_length=200, description="An id of /v1/models; by default the newest.")] = ""
    language: Literal["", "en", "ro"] = ""
    system: Annotated[str, Field(max_length=4000)] = ""


class Begun(Closed):
    """A plan that is being written: ask /api/jobs/JOB how far it is."""

    plan: str
    job: str


class Listed(Closed):
    """A plan in the list."""

    name: str
    title: str
    requirements: int
    tasks: int
    written: bool


class PlanText(Closed):
    """A plan with its version, which a change must name. `data` is null for a plan in a team's own form."""

    name: str
    version: str
    markdown: str
    data: dict[str, Any] | None


class Change(Closed):
    """A plan's new text and the version that it was made from."""

    version: Annotated[str, Field(max_length=64)]
    markdown: Text


class JobState(Closed):
    """How far a job is."""

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "stopped", "cancelled"]
    message: str
    result: dict[str, Any]


class ToScore(Closed):
    """A plan (Markdown or JSON), the brief that it answers, and perhaps a plan by people to compare it with."""

    plan: Text
    brief: Text = ""
    reference: Text = ""


class ToExport(Closed):
    """A plan (Markdown or JSON) and the format that it is wanted in; `plansmith export --to list` names them."""

    plan: Text
    format: Annotated[str, Field(max_length=40)]


@router.get("/plans")
def list_plans(request: Request) -> list[Listed]:
    """The plans of the workspace, those changed last first."""
    found = served_by(request).workspace.entries()
    return [Listed(**{k: v for k, v in asdict(e).items() if k in Listed.model_fields}) for e in found]


@router.post("/plans", status_code=202)
def write_plan(request: Request, asked: NewPlan) -> Begun:
    """Begin to write a plan into the workspace."""
    served = served_by(request)
    brief = read_brief(asked.brief)
    if not brief.sentences:
        raise InputError("The brief holds no sentence.")
    args = {
        **models.arguments(served.place, asked.model),
        "language": asked.language,
        "system": asked.system,
        "title": asked.title,
    }
    name = served.workspace.new(asked.title or brief.title or brief.sentences[0].text[:60], asked.brief)
    try:
        job = served.jobs.add("plan", name, {**args, "plan": name})
    except Exception:
        served.workspace.remove(name)
        raise
    served.runner.wake()
    return Begun(plan=name, job=job.id)


@router.get("/plans/{name}")
def get_plan(request: Request, name: str) -> PlanText:
    """A plan as Markdown and as data."""
    return _told(served_by(request).workspace.open(name))


@router.put("/plans/{name}")
def put_plan(request: Request, name: str, change: Change) -> PlanText:
    """Replace a plan's text; 409 where it is another by now."""
    here = served_by(request).workspace
    text = checked(change.markdown, here.open(name))
    return _told(here.save(name, text, change.version, "text"))


@router.get("/jobs/{key}")
def get_job(request: Request, key: str) -> JobState:
    """How far a job is, and what came of it."""
    return _state(job_of(request, key))


@router.delete("/jobs/{key}")
def cancel_job(request: Request, key: str) -> JobState:
    """Cancel a job; one that has ended stays as it is."""
    served_by(request).runner.cancel(job_of(request, key).id)
    return _state(job_of(request, key))


@router.post("/score")
def score(asked: ToScore) -> dict[str, Any]:
    """Measures of a plan, as `plansmith score` gives them; null where one does not apply."""
    from plansmith.proof.score import score_plan, score_text, unreadable

    brief = read_brief(asked.brief) if asked.brief.strip() else None
    try:
        plan = _parsed(asked.plan)
    except InputError as error:
        if asked.plan.lstrip().startswith("{") or not asked.plan.strip():
            return {**unreadable().as_dict(), "problems": error.problems or [error.message]}
        return score_text(asked.plan, brief, asked.reference).as_dict()
    reference = None
    if asked.reference.strip():
        reference = _parsed(asked.reference)
    return score_plan(plan, brief, reference).as_dict()


@router.post("/export", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}})
def export(asked: ToExport) -> Response:
    """A plan in another format."""
    text = asked.plan
    plan = _parsed(text)
    data, suffix = exported(Opened("plan", text, plan, "", ""), asked.format)
    headers = {"Content-Disposition": f'attachment; filename="plan{suffix}"'}
    return Response(data, media_type="application/octet-stream", headers=headers)


def _parsed(text: str) -> Plan:
    try:
        return parse_json(text) if text.lstrip("\ufeff \n\r\t").startswith("{") else parse_plan(text)
    except PlanError as error:
        raise InputError(error.message, error.problems) from error


def _told(opened: Opened) -> PlanText:
    import json

    data = json.loads(render_json(opened.plan)) if opened.plan else None
    return PlanText(name=opened.name, version=opened.version, markdown=opened.text, data=data)


def _state(job: Job) -> JobState:
    return JobState(id=job.id, kind=job.kind, state=job.state, message=job.message, result=job.result)  # type: ignore[arg-type]
