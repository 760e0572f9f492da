"""The plans of a workspace: folders that the command line sees too, with every version kept.

Enters: the workspace. Leaves: plans to read; new versions, written whole or not at all, never over one that somebody
else has written in the meantime.

`plans/NAME/` holds brief.md, plan.md, plan.log.jsonl and history/: 1.md, 2.md, … with history.jsonl, a line a version:
its number, the version that it was made from, the SHA-256 of its text, when, and why. A plan.md that was changed by
another program becomes a version of its own when it is next looked at. Names from outside are compared with those in
the folder; none ever becomes a path.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import threading
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, MissingError, PlansmithError
from plansmith.files import write_text
from plansmith.plan import Plan, PlanError, parse_plan, render_plan
from plansmith.serve.settings import Place

_LOCK = threading.RLock()
_LONGEST_NAME = 48


class ConflictError(PlansmithError):
    """Somebody else has changed the plan since it was read."""


@dataclass(frozen=True)
class Version:
    """A version of a plan. `parent`: the one that it was made from, 0 for the first. `undoes`: the one it goes back from."""

    number: int
    parent: int
    sha256: str
    at: str
    why: str
    undoes: int = 0


@dataclass(frozen=True)
class Opened:
    """A plan as it stands on the disk. `plan` is None where it is the team's own text (or cannot be read: `problems`)."""

    name: str
    text: str
    plan: Plan | None
    brief: str
    version: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A plan in the list."""

    name: str
    title: str
    changed: dt.datetime
    language: str
    requirements: int
    tasks: int
    written: bool
    free: bool


class Workspace:
    """The plans of a place."""

    def __init__(self, place: Place) -> None:
        self.folder = place.plans

    def names(self) -> list[str]:
        """Names of the plans, those changed last first."""
        if not self.folder.is_dir():
            return []
        found = [p for p in self.folder.iterdir() if p.is_dir() and not p.is_symlink() and not p.name.startswith(".")]
        held = [(p, _newest(p)) for p in found]
        return [p.name for p, at in sorted(held, key=lambda one: -one[1]) if at]

    def entries(self) -> list[Entry]:
        """All plans with what a list shows of them."""
        return [self._entry(name) for name in self.names()]

    def _entry(self, name: str) -> Entry:
        folder = self.folder / name
        changed = dt.datetime.fromtimestamp(_newest(folder))
        if not (folder / "plan.md").is_file():
            return Entry(name, _title(_read(folder / "brief.md")) or name, changed, "", 0, 0, False, False)
        opened = self.open(name)
        if opened.plan is None:
            return Entry(name, _title(opened.text) or name, changed, "", 0, 0, True, True)
        plan = opened.plan
        return Entry(
            name, plan.title, changed, plan.language, len(plan.requirements), len(plan.tasks), True, False
        )  # fmt: skip

    def find(self, name: str) -> Path:
        """The folder of a plan; raises MissingError for a name that is not in the folder."""
        for known in self.names():
            if known == name:
                return self.folder / known
        raise MissingError("There is no plan of that name in this workspace.")

    def new(self, title: str, brief: str) -> str:
        """Make a plan's folder with its brief; returns its name, made from the title."""
        if not brief.strip():
            raise InputError("The brief is empty. Paste the client's text, or choose a file.")
        with _LOCK:
            stem = slug(title) or "plan"
            name, number = stem, 1
            while (self.folder / name).exists():
                number += 1
                name = f"{stem}-{number}"
            (self.folder / name).mkdir(parents=True)
            write_text(self.folder / name / "brief.md", brief)
        return name

    def brief(self, name: str) -> str:
        """The client's text of a plan, empty where it has none."""
        return _read(self.find(name) / "brief.md")

    def open(self, name: str) -> Opened:
        """Read a plan; one that is changed by another program is noted as a version."""
        folder = self.find(name)
        path = folder / "plan.md"
        if not path.is_file():
            raise MissingError("This plan is not written yet.")
        text = _read(path)
        with _LOCK:
            self._note(folder, text, "outside")
        plan, problems = _parsed(text)
        return Opened(name, text, plan, self.brief(name), version_of(text), problems)

    def save(self, name: str, plan: Plan | str, version: str, why: str) -> Opened:
        """Write a new version; raises ConflictError where the plan is not the version that it was made from."""
        text = plan if isinstance(plan, str) else render_plan(plan)
        with _LOCK:
            folder = self.find(name)
            now = _read(folder / "plan.md")
            if version_of(now) != version:
                raise ConflictError(
                    "The plan was changed in the meantime, in another window or by another program. "
                    "Nothing of yours was saved. Load the plan again, then repeat your change."
                )
            self._note(folder, now, "outside")
            if text != now:
                write_text(folder / "plan.md", text)
                self._note(folder, text, why)
        return self.open(name)

    def written(self, name: str, text: str, log: tuple[dict[str, Any], ...]) -> None:
        """A plan that a model has just written."""
        with _LOCK:
            folder = self.find(name)
            if log:
                lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in log)
                write_text(folder / "plan.log.jsonl", lines)
            write_text(folder / "plan.md", text)
            self._note(folder, text, "written")

    def history(self, name: str) -> list[Version]:
        """All versions, the newest first."""
        return list(reversed(_versions(self.find(name))))

    def old(self, name: str, number: int) -> str:
        """The text of a version."""
        folder = self.find(name)
        if not any(version.number == number for version in _versions(folder)):
            raise MissingError("There is no such version of this plan.")
        return _read(folder / "history" / f"{number}.md")

    def undo(self, name: str, version: str) -> Opened:
        """Go back to the version that the present one was made from; again and again, to the first."""
        now = self._present(name)
        if now.parent == 0:
            raise InputError("There is nothing to undo: this is the first version.")
        return self._go(name, now.parent, version, now.number, "undo")

    def redo(self, name: str, version: str) -> Opened:
        """Go forward again to what was undone."""
        now = self._present(name)
        if not now.undoes:
            raise InputError("There is nothing to redo.")
        return self._go(name, now.undoes, version, 0, "redo")

    def restore(self, name: str, number: int, version: str) -> Opened:
        """Make an old version the present one; what is between stays in the history."""
        return self.save(name, self.old(name, number), version, f"restore {number}")

    def steps(self, name: str) -> tuple[bool, bool]:
        """Whether there is something to undo, and to redo."""
        now = self._present(name)
        return now.parent > 0, now.undoes > 0

    def remove(self, name: str) -> None:
        """Put a plan out of sight: its folder goes to plans/.removed/, from where a person can take it back."""
        with _LOCK:
            folder = self.find(name)
            target = self.folder / ".removed" / f"{folder.name}-{dt.datetime.now():%Y%m%d-%H%M%S-%f}"
            target.parent.mkdir(exist_ok=True)
            folder.replace(target)

    def _present(self, name: str) -> Version:
        self.open(name)
        return _versions(self.find(name))[-1]

    def _go(self, name: str, to: int, version: str, undone: int, why: str) -> Opened:
        """Take an earlier version's text and its place in the chain of versions."""
        with _LOCK:
            folder = self.find(name)
            known = {one.number: one for one in _versions(folder)}
            opened = self.save(name, self.old(name, to), version, f"{why} {undone or to}")
            lines = _versions(folder)
            was = known[to]
            # the copy stands where the version stood that it copies, so that undo goes on from there
            last = Version(
                lines[-1].number, was.parent, lines[-1].sha256, lines[-1].at, lines[-1].why, undone or was.undoes
            )
            _write_versions(folder, [*lines[:-1], last])
        return opened

    def _note(self, folder: Path, text: str, why: str) -> None:
        """Add a version if the text is not the last one's."""
        known = _versions(folder)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if known and known[-1].sha256 == digest:
            return
        number = known[-1].number + 1 if known else 1
        why = "first" if why == "outside" and not known else why
        at = dt.datetime.now().isoformat(timespec="seconds")
        write_text(folder / "history" / f"{number}.md", text)
        _write_versions(folder, [*known, Version(number, known[-1].number if known else 0, digest, at, why)])


def slug(title: str) -> str:
    """A folder's name made from a title: ASCII letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_NAME].strip("-")


def version_of(text: str) -> str:
    """What a page remembers of the text that it was made from."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _parsed(text: str) -> tuple[Plan | None, tuple[str, ...]]:
    from plansmith.sources.recognise import is_ours

    try:
        return parse_plan(text), ()
    except PlanError as error:
        return None, tuple(error.problems or [error.message]) if is_ours(text, ".md") else ()


def _versions(folder: Path) -> list[Version]:
    lines = _read(folder / "history" / "history.jsonl").splitlines()
    return [Version(**json.loads(line)) for line in lines if line.strip()]


def _write_versions(folder: Path, versions: list[Version]) -> None:
    lines = "".join(json.dumps(asdict(version), ensure_ascii=False) + "\n" for version in versions)
    write_text(folder / "history" / "history.jsonl", lines)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _newest(folder: Path) -> float:
    times = [p.stat().st_mtime for name in ("plan.md", "brief.md") if (p := folder / name).is_file()]
    return max(times, default=0.0)


def _title(text: str) -> str:
    return next((line.lstrip("# ").strip() for line in text.splitlines() if line.strip()), "")[:90]
