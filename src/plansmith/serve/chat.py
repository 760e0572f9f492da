"""The OpenAI-compatible door: a message with a brief gives a plan.

Enters: a request as OpenAI's clients send it. Leaves: the plan as Markdown, or as JSON where `response_format` asks for
it; streamed, first what was heard (as `reasoning_content`), then the plan. A client that goes away cancels its job.
Try: curl localhost:8321/v1/chat/completions -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' \
  -d '{"messages": [{"role": "user", "content": "We are a bakery. Customers must be able to order bread."}]}'
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPBearer
from pydantic import Field
from starlette.responses import JSONResponse, Response, StreamingResponse

from plansmith.errors import InputError, MissingError, PlansmithError
from plansmith.plan import parse_plan, read_brief, render_json
from plansmith.serve import models
from plansmith.serve.api import LONGEST, REFUSALS, Closed
from plansmith.serve.asked import served_by
from plansmith.serve.jobs import Job
from plansmith.serve.stream import Tail

router = APIRouter(prefix="/v1", dependencies=[Depends(HTTPBearer(auto_error=False))], responses=REFUSALS)
_LOOK = 0.1
_BEAT = 50
"""Looks after which a comment tells a streaming client that work goes on."""


class Part(Closed):
    """A part of a message; only text is understood."""

    type: Literal["text"]
    text: Annotated[str, Field(max_length=LONGEST)]


class Message(Closed):
    """A message. The last one of the user is the brief; system messages replace the system prompt."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str, Field(max_length=LONGEST)] | Annotated[list[Part], Field(max_length=64)] | None = None
    name: Annotated[str, Field(max_length=200)] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n\n".join(part.text for part in self.content)
        return self.content or ""


class ResponseFormat(Closed):
    """`json_object` (or `json_schema`, whose schema is not looked at) gives the plan's own JSON."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: dict[str, Any] | None = None


class StreamOptions(Closed):
    """`include_usage`: a last piece with the tokens."""

    include_usage: bool = False
    include_obfuscation: bool = False


class Asked(Closed):
    """A chat completion. How a plan is sampled is Plansmith's own business: the fields for it are taken and not used."""

    model: Annotated[str, Field(max_length=200)] = ""
    messages: Annotated[list[Message], Field(min_length=1, max_length=200)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    response_format: ResponseFormat | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: int | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    user: Annotated[str, Field(max_length=200)] | None = None


@router.get("/models")
def list_models(request: Request) -> dict[str, Any]:
    """The tuned models, the newest first, and the embedded base."""
    return {"object": "list", "data": [_model(one) for one in models.known(served_by(request).place)]}


@router.get("/models/{name:path}")
def get_model(request: Request, name: str) -> dict[str, Any]:
    """One model."""
    for one in models.known(served_by(request).place):
        if one["name"] == name:
            return _model(one)
    raise MissingError("There is no model of that id; /v1/models lists them.")


def _model(one: dict[str, str]) -> dict[str, Any]:
    return {
        "id": one["name"],
        "object": "model",
        "created": 0,
        "owned_by": "plansmith" if one["kind"] == "run" else "base",
    }


@router.post(
    "/chat/completions", response_model=None,
    responses={200: {"content": {"application/json": {}, "text/event-stream": {}}, "description": "The plan."}},
)  # fmt: skip
async def complete(request: Request, asked: Asked) -> Response:
    """Write the plan of the brief in the last message of the user."""
    served = served_by(request)
    served.jobs.need_room(served.beginning)
    served.beginning += 1
    try:  # two at a time: many threads at once would keep the loop itself from its turn
        job = await to_thread.run_sync(_begin, request, asked, limiter=served.few())
    finally:
        served.beginning -= 1
    served.runner.wake()
    model = asked.model or job.args.get("run") or job.args.get("base") or ""
    if asked.stream:
        usage = bool(asked.stream_options and asked.stream_options.include_usage)
        told = _streamed(request, job, model, _json_wanted(asked), usage)
        return StreamingResponse(told, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
    try:
        ended = await _end_of(request, job)
        if ended is None:
            return Response(status_code=499)  # nobody is there to read it
        if ended.state != "done":
            raise _failure(ended)
        text, reason = _content(ended, _json_wanted(asked))
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text, "refusal": None},
            "finish_reason": reason,
            "logprobs": None,
        }
        body = {**_head(job, model, "chat.completion"), "choices": [choice], "usage": ended.result["usage"]}
        return JSONResponse(body)
    finally:
        _drop(served, job)


def _begin(request: Request, asked: Asked) -> Job:
    said = [message.text for message in asked.messages if message.role == "user"]
    text = said[-1] if said else ""
    if not text.strip() or not read_brief(text).sentences:
        raise InputError("The last message of the user must hold the client's brief.")
    system = "\n\n".join(m.text for m in asked.messages if m.role in ("system", "developer"))
    served = served_by(request)
    args = {
        **models.arguments(served.place, asked.model),
        "brief": text,
        "system": system[:4000],
        "title": "",
        "language": "",
    }
    job: Job = served.jobs.add("plan", "", args)
    return job


async def _end_of(request: Request, job: Job) -> Job | None:
    """The job when it has ended; None when the client has gone."""
    jobs = served_by(request).jobs
    while True:
        now: Job = jobs.get(job.id)
        if not now.open:
            return now
        if await request.is_disconnected():
            return None
        await asyncio.sleep(_LOOK if now.state == "running" else 3 * _LOOK)


async def _streamed(request: Request, job: Job, model: str, as_json: bool, usage: bool) -> AsyncIterator[str]:
    served = served_by(request)
    head = _head(job, model, "chat.completion.chunk")
    tail = Tail(served.jobs.place(job.id) / "log.jsonl")

    def piece(delta: dict[str, Any], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return _data({**head, "choices": [choice], **({"usage": None} if usage else {})})

    try:
        yield piece({"role": "assistant", "content": ""})
        looks, written = 0, False
        while True:
            now: Job = served.jobs.get(job.id)
            for _, entry in tail.more():
                if entry.get("what") == "text" and not as_json:
                    written = True
                    yield piece({"content": entry["text"]})
                elif entry.get("what") == "sentence" and entry.get("text"):
                    yield piece({"reasoning_content": f"{entry['sentence']}: {entry['text']}\n"})
            if not now.open:
                break
            if await request.is_disconnected():
                return
            looks += 1
            if looks % _BEAT == 0:
                yield ": at work\n\n"
            await asyncio.sleep(_LOOK if now.state == "running" else 3 * _LOOK)
        if now.state != "done":
            error = _failure(now)
            kind = "invalid_request_error" if isinstance(error, InputError) else "server_error"
            yield _data({"error": {"message": str(error), "type": kind, "param": None, "code": None}})
            return
        text, reason = _content(now, as_json)
        for part in [] if written else re.findall(r"(?s).{1,400}", text):
            yield piece({"content": part})
        yield piece({}, reason)
        if usage:
            yield _data({**head, "choices": [], "usage": now.result["usage"]})
        yield "data: [DONE]\n\n"
    finally:
        _drop(served, job)


def _drop(served: Any, job: Job) -> None:
    """End the job if it is still open, and forget it: what it wrote has been sent, or nobody wants it."""

    def drop() -> None:
        served.runner.cancel(job.id)
        served.jobs.forget(job.id)

    # not awaited: this runs while the request is being torn down
    asyncio.get_running_loop().run_in_executor(None, drop)


def _content(job: Job, as_json: bool) -> tuple[str, str]:
    reason = "stop" if job.result.get("finished", True) else "length"
    text = str(job.result["markdown"])
    if not as_json:
        return text, reason
    if job.result.get("free"):
        return json.dumps({"text": text}, ensure_ascii=False), reason
    return render_json(parse_plan(text)), reason


def _json_wanted(asked: Asked) -> bool:
    return asked.response_format is not None and asked.response_format.type != "text"


def _failure(job: Job) -> PlansmithError:
    if job.state == "cancelled":
        return InputError("The job was cancelled.")
    message, *problems = (job.message or "The plan could not be written.").split("\n  - ")
    return InputError(message, problems) if message.startswith("No requirement") else PlansmithError(message, problems)


def _head(job: Job, model: str, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{job.id}", "object": kind, "created": int(time.time()), "model": model}


def _data(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
