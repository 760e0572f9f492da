"""The plan's page: looking at it, changing it, its history, taking it away.

Enters: requests of people about one plan. Leaves: its page or the part that changed. Every change names the version that
it was made from; it is refused where the plan is another by now.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from plansmith.errors import InputError, MissingError, PlansmithError
from plansmith.plan import Plan, describe, diff_plans, parse_plan
from plansmith.serve import edits
from plansmith.serve.asked import fields, form_of, served_by
from plansmith.serve.present import plan_page, what_changed
from plansmith.serve.render import page
from plansmith.serve.takeaway import checked, exported, formats, planned_in
from plansmith.serve.texts import language_of, say
from plansmith.serve.workspace import Opened, Version

router = APIRouter()
VIEWS = ("plan", "timetable", "risks", "checks", "setup", "history")


@router.get("/plans/{name}")
def look(request: Request, name: str, view: str = "plan") -> Response:
    """The plan; while it is being written, the page of that job."""
    served = served_by(request)
    served.workspace.find(name)
    try:
        opened = served.workspace.open(name)
    except MissingError:
        job = next((job for job in served.jobs.all("plan") if job.args.get("plan") == name), None)
        if job is None or job.state == "done":
            raise
        return Response(status_code=303, headers={"Location": f"/jobs/{job.id}"})
    return _page(request, opened, view, "plan.html")


@router.get("/plans/{name}/part")
def part(request: Request, name: str, view: str = "plan") -> Response:
    """The plan without the page around it."""
    return _page(request, served_by(request).workspace.open(name), view, "plan_part.html")


@router.get("/plans/{name}/edit/{key}")
def edit_form(request: Request, name: str, key: str, view: str = "plan", version: str = "") -> Response:
    """The form of an item, or of the plan's own fields (`plan`), or of the whole text (`text`)."""
    served = served_by(request)
    opened = served.workspace.open(name)
    common = {"opened": opened, "view": _view(view), "key": key, "version": version or opened.version}
    if key == "text":
        return page(request, "edit_text.html", **common)
    plan = planned_in(opened)
    item = edits.item_of(plan, key)
    shown = [(field, kind, edits.written(kind, getattr(item, field))) for field, kind in edits.FIELDS[key[0]]]
    return page(request, "edit_item.html", item=item, shown=shown, adding="", parent="", **common)


@router.get("/plans/{name}/new/{letter}")
def new_form(request: Request, name: str, letter: str, view: str = "plan", parent: str = "") -> Response:
    """An empty form for one more item."""
    opened = served_by(request).workspace.open(name)
    if letter not in edits.LISTS:
        raise InputError("Such an item cannot be added here.")
    empty = {"scale": "3", "priority": "must", "kind": "functional"}
    shown = [(field, kind, empty.get(kind, "")) for field, kind in edits.FIELDS[letter]]
    return page(
        request, "edit_item.html", opened=opened, view=_view(view), key=letter, version=opened.version, item=None,
        shown=shown, adding=letter, parent=parent[:8],
    )  # fmt: skip


@router.post("/plans/{name}/edit/{key}")
async def edit(request: Request, name: str, key: str) -> Response:
    """Save an item, the plan's own fields, or the whole text; answers with the plan as it is then."""
    served = served_by(request)
    said = fields(await form_of(request))
    language = language_of(request)

    def change() -> tuple[Opened, str]:
        opened = served.workspace.open(name)
        if key == "text":
            new: Plan | str = said.get("markdown", "")
            after = served.workspace.save(name, checked(str(new), opened), said.get("version", ""), "text")
        else:
            before = planned_in(opened)
            new = edits.change_plan(before, said) if key == "plan" else edits.change_item(before, key, said)
            after = served.workspace.save(name, new, said.get("version", ""), f"edit {key}")
        return after, _what(opened, after, language)

    after, told = await run_in_threadpool(change)
    return _saved(request, after, said, told, key)


@router.post("/plans/{name}/new/{letter}")
async def add(request: Request, name: str, letter: str) -> Response:
    """Add an item."""
    served = served_by(request)
    said = fields(await form_of(request))
    language = language_of(request)

    def change() -> tuple[Opened, str, str]:
        opened = served.workspace.open(name)
        new, key = edits.add_item(planned_in(opened), letter, said)
        after = served.workspace.save(name, new, said.get("version", ""), f"add {key}")
        return after, _what(opened, after, language), key

    after, told, key = await run_in_threadpool(change)
    return _saved(request, after, said, told, key)


@router.post("/plans/{name}/status/{key}")
async def status(request: Request, name: str, key: str) -> Response:
    """Drop an item or take it back; its number stays its own."""
    served = served_by(request)
    said = fields(await form_of(request))
    language = language_of(request)

    def change() -> tuple[Opened, str]:
        opened = served.workspace.open(name)
        goes = said.get("status", "")
        new = edits.set_status(planned_in(opened), key, goes)
        why = f"{'drop' if goes == 'dropped' else 'take back'} {key}"
        after = served.workspace.save(name, new, said.get("version", ""), why)
        return after, _what(opened, after, language)

    after, told = await run_in_threadpool(change)
    return _saved(request, after, said, told, key)


@router.post("/plans/{name}/step/{way}")
async def step(request: Request, name: str, way: str) -> Response:
    """Undo, redo, or go back to a version of the history."""
    served = served_by(request)
    said = fields(await form_of(request))
    language = language_of(request)

    def change() -> tuple[Opened, str]:
        here, version = served.workspace, said.get("version", "")
        opened = here.open(name)
        if way == "undo":
            after = here.undo(name, version)
        elif way == "redo":
            after = here.redo(name, version)
        elif way.isdecimal() and len(way) < 9:
            after = here.restore(name, int(way), version)
        else:
            raise InputError("There is no such step.")
        return after, _what(opened, after, language)

    after, told = await run_in_threadpool(change)
    return _saved(request, after, said, told, "")


@router.get("/plans/{name}/versions/{number}")
def version(request: Request, name: str, number: int) -> Response:
    """What a version of the history changed, in words."""
    served = served_by(request)
    language = language_of(request)
    known = {one.number: one for one in served.workspace.history(name)}
    if number not in known:
        raise MissingError("There is no such version of this plan.")
    one = known[number]
    text = served.workspace.old(name, number)
    before = served.workspace.old(name, number - 1) if number > 1 else ""
    return page(request, "version.html", one=one, why=why_text(one, language), told=_difference(before, text, language))


@router.get("/plans/{name}/export/{wanted}")
async def export(request: Request, name: str, wanted: str) -> Response:
    """The plan in a format, as a download."""
    opened = served_by(request).workspace.open(name)
    data, suffix = await run_in_threadpool(exported, opened, wanted)
    kinds = {"html": "text/html", "md": "text/markdown", "json": "application/json", "zip": "application/zip"}
    kind = kinds.get(suffix.rpartition(".")[2], "application/octet-stream")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name + suffix)}"}
    return Response(data, media_type=kind, headers=headers)


@router.post("/plans/{name}/remove")
async def remove(request: Request, name: str) -> Response:
    """Put the plan out of sight."""
    await run_in_threadpool(served_by(request).workspace.remove, name)
    return Response(status_code=204, headers={"HX-Redirect": "/"})


def why_text(one: Version, language: str) -> str:
    """Why a version was made, in words."""
    what, _, of = one.why.partition(" ")
    if one.why.startswith("take back"):
        what, of = "take_back", one.why.removeprefix("take back ")
    if what == "edit" and of == "plan":
        what, of = "setup", ""
    if what == "restore":
        what = "restored"
    return say(language, f"history.{what}", of=of) if of else say(language, f"history.{what}")


def _page(request: Request, opened: Opened, view: str, template: str, **more: Any) -> Response:
    language, here = language_of(request), served_by(request).workspace
    if opened.plan is None:
        return page(request, "free.html", opened=opened)
    back, forth = here.steps(opened.name)
    values = {
        "view": _view(view),
        "views": VIEWS,
        "formats": formats(),
        "undo": back,
        "redo": forth,
        "toast": "",
        "touched": "",
    }
    values |= plan_page(opened, language)
    if values["view"] == "history":
        values["history"] = [(one, why_text(one, language)) for one in here.history(opened.name)]
    if values["view"] == "setup":
        plan = opened.plan
        held = {**dict(plan), **dict(plan.calendar)}
        values["setup"] = [(name, kind, edits.written(kind, held[name])) for name, kind in edits.PLAN_FIELDS]
    return page(request, template, **(values | more))


def _saved(request: Request, after: Opened, said: dict[str, str], told: str, key: str) -> Response:
    if after.plan is None:
        return Response(status_code=204, headers={"HX-Refresh": "true"})
    return _page(request, after, said.get("view", ""), "plan_part.html", toast=told, touched=key)


def _what(before: Opened, after: Opened, language: str) -> str:
    if before.plan is None or after.plan is None:
        return say(language, "edit.saved")
    if before.version == after.version:
        return say(language, "edit.same")
    return f"{say(language, 'edit.saved')} {what_changed(before.plan, after.plan, language)}"


def _difference(before: str, after: str, language: str) -> str:
    if not before:
        return say(language, "history.nothing_before")
    try:
        changes = diff_plans(parse_plan(before), parse_plan(after).model_copy(update={"language": language}))
        return describe(changes)
    except PlansmithError:
        import difflib

        return "\n".join(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))


def _view(name: str) -> str:
    return name if name in VIEWS else "plan"
