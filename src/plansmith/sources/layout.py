"""Which files of a folder are whose brief and plan.

Enters: an archive's folder. Leaves: a `Layout`: projects with their two files, what was left out, what is guessed,
and every problem of every project.
Try: plansmith check examples/archive

Three ways, in this order: archive.yaml says it; the names say it (brief.* and plan.* in a folder of its own, or
acme-brief.docx beside acme-plan.docx); or the contents hint at it. What is only hinted at is proposed, never used
before a person has confirmed it.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from plansmith.errors import InputError, PlansmithError
from plansmith.sources.filenames import bare_stem, hidden, ignore_patterns, role_of
from plansmith.sources.mapping import FILE, Named, Names, read_names
from plansmith.sources.recognise import plan_signs

IGNORE = ".plansmith-ignore"
PROVENANCE = "provenance.json"
_NO_PROJECTS = (FILE, PROVENANCE, "redaction.json", "readme.md", "readme.txt")


@dataclass(frozen=True)
class Project:
    """The two files of one past project, and what archive.yaml says of it."""

    name: str
    brief: Path
    plan: Path
    named: Named = field(default_factory=Named)


@dataclass(frozen=True)
class Guess:
    """Two files that look like a brief and its plan. `signs` tell how much each reads like a plan (above 0)."""

    project: Project
    signs: tuple[float, float]

    @property
    def sure(self) -> bool:
        """Whether the two are far apart; otherwise look closely before confirming."""
        return self.signs[1] - self.signs[0] >= 5 and self.signs[0] < 0


@dataclass
class Layout:
    """What a folder holds. `skipped` are files and folders that are no part of a project, `unused` those beside one."""

    folder: Path
    projects: list[Project] = field(default_factory=list)
    guesses: list[Guess] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


def find_projects(folder: Path, read: Callable[[Path], str], suffixes: tuple[str, ...]) -> Layout:
    """The projects of an archive. `read` turns a file into text, asked only where names do not decide.

    Problems are gathered, not raised; InputError only where there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"There is no archive at {folder}. {holds(suffixes)}.")
    return _Finder(folder, read, suffixes).find()


def holds(suffixes: tuple[str, ...]) -> str:
    """What an archive is, in one sentence without its full stop."""
    kinds = ", ".join(suffixes)
    return f"An archive holds one folder a project, each with a file named brief and one named plan ({kinds})"


def propose(found: Layout) -> Names:
    """The archive.yaml that confirms every guess."""
    projects = {}
    for guess in sorted(found.guesses, key=lambda g: g.project.name):
        p = guess.project
        within = found.folder / p.name
        start = within if within.is_dir() else found.folder
        paths = (p.brief.relative_to(start).as_posix(), p.plan.relative_to(start).as_posix())
        projects[p.name] = Named(paths[0], paths[1])
    return Names(projects)


class _Finder:
    def __init__(self, folder: Path, read: Callable[[Path], str], suffixes: tuple[str, ...]) -> None:
        self.folder, self.read, self.suffixes = folder, read, suffixes
        self.found = Layout(folder)
        self.names = self._read_names()
        self.patterns = (*self.names.ignore, *ignore_patterns(folder / IGNORE))
        self.taken: set[Path] = set()
        self.listed: dict[Path, list[Path]] = {}

    def find(self) -> Layout:
        for name, named in self.names.projects.items():
            self._from_names(name, named)
        done = {p.name for p in self.found.projects} | set(self.names.projects)
        entries = self._entries(self.folder)
        for entry in entries:
            if entry.is_dir() and entry.name not in done and not self._covered(entry):
                self._from_folder(entry)
        self._from_flat([e for e in entries if not e.is_dir() and e not in self.taken])
        self._refuse_twice()
        for group in (self.found.projects, self.found.guesses):
            group.sort(key=lambda p: p.name if isinstance(p, Project) else p.project.name)
        return self.found

    def _read_names(self) -> Names:
        path = self.folder / FILE
        if not path.is_file():
            return Names()
        try:
            return read_names(self.read(path))
        except PlansmithError as error:
            self.found.problems += error.problems or [error.message]
            return Names()

    # archive.yaml

    def _from_names(self, name: str, named: Named) -> None:
        within = self.folder / name
        inside = within.is_dir() and "/" not in name and name not in (".", "..")
        files: dict[str, Path] = {}
        for role in ("brief", "plan"):
            said = getattr(named, role)
            if said:
                path = self._place(name, role, said, within if inside else None)
            elif inside:
                path = self._by_stem(name, within, role)
            else:
                path = None
                self._problem(name, f"{FILE} names no {role} file, and there is no folder {name}")
            if path:
                files[role] = path
        if len(files) == 2:
            self._take(Project(name, files["brief"], files["plan"], named))
            if inside:
                self._note_unused(within)

    def _place(self, name: str, role: str, said: str, within: Path | None) -> Path | None:
        places = [start / said for start in (within, self.folder) if start]
        if os.path.isabs(said) or ".." in Path(said.replace("\\", "/")).parts:
            self._problem(name, f'{FILE} names the {role} "{said}", which leads out of the archive; copy the file in')
            return None
        path = next((p for p in places if p.is_file()), None)
        if path is None:
            self._problem(name, f'{FILE} names the {role} "{said}", but there is no such file')
        elif not self._stays_inside(path):
            self._problem(name, f"{said} is a link that leads out of the archive; copy the file in")
        else:
            return path
        return None

    # a folder of its own

    def _from_folder(self, project: Path) -> None:
        files = [f for f in self._files(project) if f not in self.taken]
        if not files:
            self._problem(
                project.name,
                f"the folder holds no file to read. Expected a brief and a plan ({', '.join(self.suffixes)}); "
                f"if it is no project, write its name into {IGNORE}",
            )
            return
        roles = {role: [f for f in files if role_of(f) == (role, "")] for role in ("brief", "plan")}
        if any(roles.values()) or len(files) < 2:
            chosen = {role: self._only(project.name, role, found) for role, found in roles.items()}
            if chosen["brief"] and chosen["plan"]:
                self._take(Project(project.name, chosen["brief"], chosen["plan"]))
                self._note_unused(project)
            return
        named = {role: [f for f in files if role_of(f)[0] == role] for role in ("brief", "plan")}
        if len(named["brief"]) == len(named["plan"]) == 1:
            self._take(Project(project.name, named["brief"][0], named["plan"][0]))
            self._note_unused(project)
            return
        self._guess(project.name, files)

    def _by_stem(self, name: str, project: Path, role: str) -> Path | None:
        return self._only(name, role, [f for f in self._files(project) if role_of(f) == (role, "")])

    def _only(self, name: str, role: str, found: list[Path]) -> Path | None:
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(f.name for f in found)
            self._problem(name, f"more than one {role} file ({listed}). Keep one, or name it in {FILE}")
        else:
            expected = ", ".join(role + s for s in self.suffixes)
            self._problem(name, f"no {role} file. Expected one of: {expected}; or name the file in {FILE}")
        return None

    # files side by side

    def _from_flat(self, files: list[Path]) -> None:
        files = [f for f in files if self._readable(f)]
        pairs: dict[str, dict[str, list[Path]]] = {}
        rest: dict[str, list[Path]] = {}
        for file in files:
            role, name = role_of(file)
            if role and name:
                pairs.setdefault(name, {"brief": [], "plan": []})[role].append(file)
            else:
                rest.setdefault(bare_stem(file), []).append(file)
        for name, roles in pairs.items():
            if (self.folder / name).is_dir():
                listed = ", ".join(f.name for found in roles.values() for f in found)
                self._problem(name, f"stands as a folder and as files ({listed}); keep one, or rename the files")
                continue
            chosen = {
                role: found[0] if len(found) == 1 else self._flat_problem(name, role, found)
                for role, found in roles.items()
            }
            if chosen["brief"] and chosen["plan"]:
                self._take(Project(name, chosen["brief"], chosen["plan"]))
        for name, group in rest.items():
            if len(group) > 1 and name:
                self._guess(name, group)
            else:
                self.found.unused += [f.name for f in group]

    def _flat_problem(self, name: str, role: str, found: list[Path]) -> Path | None:
        if found:
            self._problem(name, f"more than one {role} file ({', '.join(f.name for f in found)}); keep one")
        else:
            self._problem(name, f"no {role} file. Expected {name}-{role} with one of: {', '.join(self.suffixes)}")
        return None

    # what the contents hint at

    def _guess(self, name: str, files: list[Path]) -> None:
        signs = []
        for file in files:
            try:
                signs.append((plan_signs(self.read(file)), file))
            except PlansmithError as error:
                self.found.problems += [f"{name}: {line}" for line in (error.problems or [error.message])]
        if len(signs) < 2:
            if len(files) > len(signs):
                return
            self._problem(name, f"no brief and no plan among {', '.join(f.name for f in files)}")
            return
        signs.sort(key=lambda pair: (pair[0], pair[1].name))
        (low, brief), (high, plan) = signs[0], signs[-1]
        self.found.guesses.append(Guess(Project(name, brief, plan), (round(low, 1), round(high, 1))))
        self.taken |= {brief, plan}

    # common to all

    def _take(self, project: Project) -> None:
        for file in (project.brief, project.plan):
            if not self._stays_inside(file):
                self._problem(project.name, f"{file.name} is a link that leads out of the archive; copy the file in")
                return
        if project.brief == project.plan:
            self._problem(project.name, f"{project.brief.name} cannot be brief and plan at once")
            return
        self.found.projects.append(project)
        self.taken |= {project.brief, project.plan}

    def _problem(self, name: str, what: str) -> None:
        self.found.problems.append(f"{name}: {what}.")

    def _stays_inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self.folder.resolve())

    def _covered(self, folder: Path) -> bool:
        """Whether archive.yaml has taken files of this folder for projects of other names."""
        return any(folder in file.parents for file in self.taken)

    def _refuse_twice(self) -> None:
        owner: dict[Path, str] = {}
        for project in self.found.projects:
            for file in (project.brief, project.plan):
                if file in owner:
                    self._problem(project.name, f"{file.name} belongs to {owner[file]} already")
                owner[file] = project.name

    def _entries(self, folder: Path) -> list[Path]:
        """What stands in a folder, in order, without what is hidden, of the system, or left out on purpose."""
        if folder not in self.listed:
            kept = self.listed[folder] = []
            for entry in sorted(folder.iterdir()):
                shown = entry.relative_to(self.folder).as_posix()
                if entry.name == IGNORE or (entry.name.lower() in _NO_PROJECTS and not entry.is_dir()):
                    continue
                if hidden(entry.name) or self._left_out(shown):
                    self.found.skipped.append(shown)
                else:
                    kept.append(entry)
        return self.listed[folder]

    def _files(self, project: Path) -> list[Path]:
        return [f for f in self._entries(project) if not f.is_dir() and self._readable(f)]

    def _readable(self, file: Path) -> bool:
        return file.suffix.lower() in (*self.suffixes, ".json") and (
            file.suffix.lower() != ".json" or bool(role_of(file)[0])
        )

    def _left_out(self, shown: str) -> bool:
        return any(fnmatch.fnmatch(shown, p) or fnmatch.fnmatch(shown.rsplit("/", 1)[-1], p) for p in self.patterns)

    def _note_unused(self, project: Path) -> None:
        for entry in self._entries(project):
            if entry not in self.taken:
                self.found.unused.append(entry.relative_to(self.folder).as_posix())
