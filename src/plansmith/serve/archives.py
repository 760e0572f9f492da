"""Archives that may be learned from: those in the workspace, and those named at the server's start.

Enters: the place. Leaves: folders by the names that pages use, and what a careful person would want to know of each.
`archives/NAME/` of the workspace can be added to in the browser; all others are only read.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, MissingError, PlansmithError
from plansmith.files import write_bytes
from plansmith.serve.settings import Place
from plansmith.serve.workspace import slug


@dataclass(frozen=True)
class Look:
    """What an archive holds: its documents with their inspections and parts, or the problems that keep it from use."""

    documents: tuple[Any, ...]
    inspections: tuple[Any, ...]
    parts: dict[str, str]
    told: tuple[str, ...]
    problems: tuple[str, ...]
    skipped: int


def archives(place: Place) -> dict[str, Path]:
    """Name → folder of every archive."""
    found: dict[str, Path] = {}
    own = place.workspace / "archives"
    inside = sorted(p for p in own.iterdir() if p.is_dir() and not p.name.startswith(".")) if own.is_dir() else []
    for folder in (*inside, place.workspace / "archive", place.workspace / "examples" / "archive", *place.archives):
        if folder.is_dir() and folder.resolve() not in [known.resolve() for known in found.values()]:
            name = folder.name if folder.name not in found else f"{folder.parent.name}-{folder.name}"
            found[name] = folder
    return found


def archive_of(place: Place, name: str) -> Path:
    """The folder of an archive; raises MissingError for a name that is not in the list."""
    known = archives(place)
    if name not in known:
        raise MissingError("There is no archive of that name here.")
    return known[name]


def may_add(place: Place, folder: Path) -> bool:
    """Whether projects may be added in the browser."""
    return folder.parent == place.workspace / "archives"


def look(folder: Path) -> Look:
    """Read an archive as training would; kept until a file of it changes."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    mark = tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in files)
    return _look(folder, mark)


@lru_cache(maxsize=8)
def _look(folder: Path, _mark: tuple[tuple[str, int, int], ...]) -> Look:
    from plansmith.sources.archive import read_archive
    from plansmith.sources.inspect import inspect, summary
    from plansmith.sources.split import split

    try:
        found = read_archive(folder)
        parts = split(found, 0)
    except PlansmithError as error:
        return Look((), (), {}, (), tuple(error.problems) or (error.message,), 0)
    inspections = tuple(inspect(document) for document in found.documents)
    part = {d.name: "train" for d in parts.train} | {d.name: "test" for d in parts.test}
    told = (*summary(inspections), *parts.notes)
    return Look(found.documents, inspections, part, told, (), len(found.skipped))


def new_archive(place: Place, title: str) -> str:
    """Make an empty archive; its name is made from what the person called it."""
    name = slug(title)
    if not name:
        raise InputError("Give the archive a name with letters or digits.")
    folder = place.workspace / "archives" / name
    if folder.exists():
        raise InputError("There is an archive of that name already.")
    folder.mkdir(parents=True)
    return name


def add_project(place: Place, folder: Path, title: str, files: dict[str, tuple[str, bytes]]) -> str:
    """Put a past project into an archive: `files` has `brief` and `plan`, each with its suffix and its bytes.

    What cannot be read is refused and leaves nothing behind.
    """
    from plansmith.sources.read import SUFFIXES, read_document

    if not may_add(place, folder):
        raise InputError("This archive is only read. Make one here and add the project to that.")
    problems = [f"{what} is missing" for what in ("brief", "plan") if what not in files]
    known = (*SUFFIXES, ".json")
    problems += [
        f"the {what} is a {suffix or 'file without suffix'}; use one of {', '.join(sorted(known))}"
        for what, (suffix, _) in files.items()
        if suffix not in known
    ]
    if problems:
        raise InputError("The project cannot be added:", problems)
    stem = slug(title) or "project"
    name, number = stem, 1
    while (folder / name).exists():
        number += 1
        name = f"{stem}-{number}"
    target = folder / name
    try:
        for what, (suffix, data) in files.items():
            path = target / f"{what}{suffix}"
            write_bytes(path, data)
            if suffix != ".json":
                try:
                    read_document(path)
                except InputError as error:
                    problems.append(error.message.replace(str(path), f"the {what}").replace(path.name, f"the {what}"))
        if problems:
            raise InputError("The project cannot be added:", problems)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return name


def redacted(place: Place, name: str) -> str:
    """Write a copy of an archive without personal data beside the others; returns its name."""
    from plansmith.sources.archive import read_archive
    from plansmith.sources.redacted import write_redacted

    folder = archive_of(place, name)
    stem = f"{slug(name) or 'archive'}-redacted"
    target, number = place.workspace / "archives" / stem, 1
    while target.exists():
        number += 1
        target = target.with_name(f"{stem}-{number}")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_redacted(read_archive(folder), target)
    return target.name
