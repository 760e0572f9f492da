"""A team's past projects: a folder with one sub-folder a project, each holding a brief and its plan.

Enters: a folder. Leaves: an `Archive` of `Document`s, or all problems of all projects at once.
Try: plansmith check examples/archive
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from plansmith.errors import InputError, PlansmithError
from plansmith.plan import Brief, Plan, parse_json, parse_plan, read_brief, render_plan
from plansmith.sources.read import SUFFIXES, read_text

_HOLDS = "An archive holds one folder a project, each with brief.md (or .txt) and plan.md (or .json)"


@dataclass(frozen=True)
class Provenance:
    """Where a document came from: file or dataset with row and revision, the SHA-256 of its bytes, ISO date."""

    source: str
    sha256: str
    date: str
    row: str = ""
    revision: str = ""


@dataclass(frozen=True)
class Document:
    """One past project: what the client wrote and what the team planned. `name` is its folder's name.

    `plan` is None where the team planned in its own form; `plan_text` is the plan as text in both cases.
    """

    name: str
    brief: Brief
    plan: Plan | None
    plan_text: str
    client: str
    provenance: Provenance | None = None

    @cached_property
    def sha256(self) -> str:
        """Hash of brief and plan, by which a trained pair is recognised later."""
        plan = self.plan.model_dump_json() if self.plan else self.plan_text
        return hashlib.sha256(f"{self.brief.text}\x00{plan}".encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Archive:
    """Past projects in the order of their names."""

    folder: Path
    documents: tuple[Document, ...]

    @property
    def typed(self) -> tuple[Document, ...]:
        """The projects whose plan is in our form."""
        return tuple(d for d in self.documents if d.plan)

    @property
    def free(self) -> tuple[Document, ...]:
        """The projects whose plan is the team's own text."""
        return tuple(d for d in self.documents if not d.plan)

    @cached_property
    def sha256(self) -> str:
        """Hash over all documents, independent of where the archive lies."""
        return hashlib.sha256("".join(f"{d.name}{d.sha256}" for d in self.documents).encode()).hexdigest()


def read_archive(folder: Path) -> Archive:
    """Read every project of an archive; raises InputError with the problems of all of them."""
    if not folder.is_dir():
        raise InputError(f"There is no archive at {folder}. {_HOLDS}.")
    problems: list[str] = []
    documents: list[Document] = []
    for project in sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")):
        try:
            documents.append(_read_project(project))
        except PlansmithError as error:
            problems += [f"{project.name}: {line}" for line in (error.problems or [error.message])]
    if problems:
        raise InputError(f"{len(problems)} problem{'s' * (len(problems) > 1)} in the archive {folder}:", problems)
    if not documents:
        raise InputError(f"The archive {folder} holds no projects. {_HOLDS}.")
    return Archive(folder, tuple(documents))


def _read_project(project: Path) -> Document:
    brief_file, plan_file = _one_file(project, "brief", SUFFIXES), _one_file(project, "plan", (".md", ".json"))
    brief = read_brief(read_text(brief_file))
    if not brief.sentences:
        raise InputError(f"{brief_file.name} holds no sentence. Put the client's text there.")
    text = read_text(plan_file)
    try:
        plan = parse_json(text) if plan_file.suffix == ".json" else parse_plan(text)
    except PlansmithError as error:
        raise InputError(
            error.message, [f"{plan_file.name}: {p}" for p in error.problems or [error.message]]
        ) from error
    if not plan.requirements:
        raise InputError(f"{plan_file.name} holds no requirements; there is nothing to learn from it.")
    unknown = {s for item in plan.items() for s in item.source} - {s.id for s in brief.sentences}
    if unknown:
        raise InputError(
            f"{plan_file.name} cites {', '.join(sorted(unknown))}, but {brief_file.name} ends at S{len(brief.sentences)}."
        )
    return Document(project.name, brief, plan, render_plan(plan), plan.client or project.name)


def _one_file(project: Path, stem: str, suffixes: tuple[str, ...]) -> Path:
    found = sorted(p for p in project.iterdir() if p.stem == stem and p.suffix.lower() in suffixes)
    if len(found) != 1:
        what = "no" if not found else "more than one"
        raise InputError(f"{what} {stem} file. Expected one of: {', '.join(stem + s for s in suffixes)}.")
    return found[0]
