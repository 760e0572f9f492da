"""Taking a client out of an archive.

Enters: an archive's folder and a client's or project's name. Leaves: what would go (`find_client`), or its absence.
Try: plansmith forget "Acme" --archive archive --dry-run

Projects that cannot be read are found as well: a damaged file must not keep a client from being forgotten.
"""

from __future__ import annotations

import difflib
import shutil
from dataclasses import dataclass
from pathlib import Path

from plansmith.errors import InputError, PlansmithError
from plansmith.files import write_text
from plansmith.sources.archive import read_project, survey
from plansmith.sources.layout import Layout, Project
from plansmith.sources.mapping import FILE, Names, read_names, write_names
from plansmith.sources.read import read_text
from plansmith.sources.split import client_key


@dataclass(frozen=True)
class Leaving:
    """A project to be forgotten: what is deleted, and the hash by which runs know it (empty where it is unreadable)."""

    name: str
    client: str
    paths: tuple[Path, ...]
    sha256: str


def find_client(folder: Path, client: str) -> tuple[Leaving, ...]:
    """The projects of a client, given by its name or by that of one project; InputError names the nearest."""
    found = survey(folder)
    projects = found.projects + [g.project for g in found.guesses]
    every = [_leaving(found, projects, project) for project in projects]
    owner = next((e.client for e in every if e.name == client), client)
    chosen = tuple(e for e in every if client_key(e.client) == client_key(owner))
    if not chosen:
        known = sorted({e.client for e in every} | {e.name for e in every})
        part_of = [name for name in known if client_key(client) in client_key(name)]
        near = difflib.get_close_matches(client, known, 1) or part_of
        hint = f"Did you mean {near[0]}? " if near else ""
        raise InputError(f"No client or project named {client} in {folder}. {hint}Known: {'; '.join(known)}.")
    return chosen


def remove(folder: Path, leaving: tuple[Leaving, ...]) -> None:
    """Delete the projects' files and their entries in archive.yaml."""
    for project in leaving:
        for path in project.paths:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    mapped = folder / FILE
    if mapped.is_file():
        names, gone = read_names(read_text(mapped)), {project.name for project in leaving}
        if gone & names.projects.keys():
            kept = {name: named for name, named in names.projects.items() if name not in gone}
            write_text(mapped, write_names(Names(kept, names.ignore)))


def _leaving(found: Layout, projects: list[Project], project: Project) -> Leaving:
    client, sha256 = project.named.client or project.name, ""
    try:
        document = read_project(project, found.folder)
        client, sha256 = document.client, document.sha256
    except PlansmithError:
        pass
    home = project.brief.parent
    alone = home not in (found.folder, *found.folder.parents) and home == project.plan.parent
    if alone and not any(
        home in other.brief.parents or home in other.plan.parents for other in projects if other is not project
    ):
        return Leaving(project.name, client, (home,), sha256)
    return Leaving(project.name, client, (project.brief, project.plan), sha256)
