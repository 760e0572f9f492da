"""A team's past projects: briefs and their plans, read from a folder (see `layout` for which file is which).

Enters: a folder. Leaves: an `Archive` of `Document`s, or all problems of all projects at once.
Try: plansmith check examples/archive
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from plansmith.errors import InputError, PlansmithError
from plansmith.plan import Brief, Plan, parse_json, parse_plan, read_brief, render_plan
from plansmith.sources.layout import PROVENANCE, Guess, Layout, Project, find_projects, holds
from plansmith.sources.read import SUFFIXES, read_document, read_text
from plansmith.sources.recognise import is_ours

_TOLD = ("source", "sha256", "date", "row", "revision")


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
    notes: tuple[str, ...] = ()
    """What was not taken from its two files, such as pictures of text."""

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
    skipped: tuple[str, ...] = ()
    """Hidden and system files, and what `.plansmith-ignore` leaves out."""
    unused: tuple[str, ...] = ()
    """Files beside a brief and its plan that are neither."""

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


def read_archive(folder: Path, accept_guess: bool = False) -> Archive:
    """Read every project of an archive; raises InputError with the problems of all of them.

    Files that only their contents make a brief and a plan are a problem as well, unless `accept_guess`.
    """
    found = survey(folder)
    problems = list(found.problems)
    if not accept_guess:
        problems += [_unconfirmed(guess) for guess in found.guesses]
    projects = found.projects + ([g.project for g in found.guesses] if accept_guess else [])
    documents: list[Document] = []
    for project in sorted(projects, key=lambda p: p.name):
        try:
            documents.append(read_project(project, folder))
        except PlansmithError as error:
            problems += [f"{project.name}: {line}" for line in (error.problems or [error.message])]
    if problems:
        raise InputError(f"{len(problems)} problem{'s' * (len(problems) > 1)} in the archive {folder}:", problems)
    if not documents:
        raise InputError(f"The archive {folder} holds no projects. {holds(SUFFIXES)}.")
    return Archive(folder, tuple(documents), tuple(found.skipped), tuple(found.unused))


def survey(folder: Path) -> Layout:
    """Which files are whose brief and plan, without reading them where their names suffice."""
    return find_projects(folder, read_text, SUFFIXES)


def _unconfirmed(guess: Guess) -> str:
    brief, plan = guess.project.brief.name, guess.project.plan.name
    how = "reads" if guess.sure else "may be meant"
    return (
        f"{guess.project.name}: {brief} {how} as the brief and {plan} as the plan, by their contents only. "
        f"Confirm it in archive.yaml (plansmith check ARCHIVE --propose prints one), or take it with --accept-guess."
    )


def read_project(project: Project, folder: Path) -> Document:
    """One project of an archive as its layout found it; raises InputError with what is wrong with its files."""
    brief_file, plan_file = project.brief, project.plan
    source = read_document(brief_file)
    brief = read_brief(source.text)
    if not brief.sentences:
        raise InputError(f"{brief_file.name} holds no sentence. Put the client's text there.")
    if project.named.language:
        brief = replace(brief, language=project.named.language)
    planned = read_document(plan_file)
    text = planned.text
    plan = _read_plan(text, plan_file, project.named.form, brief)
    if plan is None and not text.strip():
        raise InputError(f"{plan_file.name} is empty. Put the team's plan there.")
    client = project.named.client or (plan.client if plan else "") or project.name
    provenance = _provenance(project, folder)
    told = [(brief_file, source.notes), (plan_file, planned.notes)]
    notes = tuple(f"{file.name}: {note}" for file, found in told for note in found)
    return Document(project.name, brief, plan, render_plan(plan) if plan else text, client, provenance, notes)


def _read_plan(text: str, file: Path, form: str, brief: Brief) -> Plan | None:
    """The plan in our form, or None where it is the team's own text; archive.yaml's `form` decides if it is there."""
    suffix = file.suffix.lower()
    if form == "free" or not (form or is_ours(text, suffix)):
        if suffix == ".json":
            raise InputError(f"{file.name} holds none of a plan's lists, so it is no plan. Give a text, or our JSON.")
        return None
    try:
        plan = parse_json(text) if suffix == ".json" else parse_plan(text)
    except PlansmithError as error:
        problems = [f"{file.name}: {p}" for p in error.problems or [error.message]]
        if not form:
            problems.append(
                f"{file.name} looks like a plan in our form; if it is the team's own, say form: free in archive.yaml"
            )
        raise InputError(error.message, problems) from error
    if not plan.requirements:
        raise InputError(f"{file.name} holds no requirements; there is nothing to learn from it.")
    unknown = {s for item in plan.items() for s in item.source} - {s.id for s in brief.sentences}
    if unknown:
        raise InputError(
            f"{file.name} cites {', '.join(sorted(unknown))}, but the brief ends at S{len(brief.sentences)}."
        )
    return plan


def _provenance(project: Project, folder: Path) -> Provenance:
    """What the import wrote beside the two files, or else the files themselves."""
    written = project.brief.parent / PROVENANCE
    if written.is_file() and project.brief.parent != folder:
        try:
            told = json.loads(read_text(written))
            return Provenance(**{key: str(told[key]) for key in _TOLD if told.get(key) not in (None, "")})
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(
                f"{PROVENANCE} is no record of an import ({error}); delete it, or import the project again."
            ) from error
    digest = hashlib.sha256()
    for file in (project.brief, project.plan):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    newest = max(file.stat().st_mtime for file in (project.brief, project.plan))
    source = f"{project.brief.relative_to(folder).as_posix()}, {project.plan.relative_to(folder).as_posix()}"
    day = dt.datetime.fromtimestamp(newest, dt.UTC).date().isoformat()
    return Provenance(source, digest.hexdigest(), day)
