"""What routes need of a request: what the server shares, a job, a form, an uploaded text.

Enters: a request. Leaves: the thing, or an error that says what is wrong with the request.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from plansmith.errors import InputError, MissingError
from plansmith.serve.jobs import Job
from plansmith.serve.settings import Place


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
