"""The run folder: all that passes from tuning to writing, and the whole story of a run.

`runs/NAME/` holds run.json (base, recipe, split, data hash, versions, result), recipe.yaml (the settings, to be used
again), metrics.jsonl (one line an optimiser step or a measurement), adapter/ (safetensors), model.gguf where the base is one, tasks.jsonl (the archive's
tasks with their hours, from which new estimates are drawn) and words.txt (stems that only one or two projects hold)
and copies.txt (hashes by which a copied text is known).
Try: plansmith train examples/archive --name first && cat runs/first/run.json
"""

from __future__ import annotations

import difflib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, MissingError
from plansmith.files import write_text
from plansmith.sources.pasttasks import PastTask

RUNS = Path("runs")
BEGUN = "training.json"
"""Stands in a run's folder until it is finished: what it was begun with."""


@dataclass(frozen=True)
class Run:
    """A finished tuning run. `story` is run.json as it stands."""

    folder: Path
    story: dict[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def adapter(self) -> Path:
        return self.folder / "adapter"

    @property
    def gguf(self) -> Path | None:
        """The tuned model as GGUF, or None where the base is not one."""
        path = self.folder / "model.gguf"
        return path if path.is_file() else None

    @property
    def best_loss(self) -> float:
        """The held-out loss of the adapter that was kept."""
        result = self.story["result"]
        return float(result["held_out_loss"][result["held_out_steps"].index(result["best_step"])])

    @property
    def forgotten(self) -> list[str]:
        """Documents that the run learned from and whose client was forgotten since."""
        return [mark["document"] for mark in self.story.get("forgotten", []) if mark["part"] == "train"]

    def client_words(self) -> list[str]:
        """Stems that belong to single clients of the archive."""
        path = self.folder / "words.txt"
        return path.read_text(encoding="utf-8").split() if path.is_file() else []

    def copied_marks(self) -> frozenset[str]:
        """Marks of the runs of words of the projects that were learned from; none in a run of before they were kept."""
        path = self.folder / "copies.txt"
        return frozenset(path.read_text(encoding="utf-8").split()) if path.is_file() else frozenset()

    def past_tasks(self) -> list[PastTask]:
        """The tasks of the projects that were learned from."""
        lines = (self.folder / "tasks.jsonl").read_text(encoding="utf-8").splitlines()
        return [PastTask(**json.loads(line)) for line in lines]


def open_run(name: str, runs: Path = RUNS) -> Run:
    """The finished run of that name; raises MissingError naming those there are."""
    folder = runs / name
    try:
        return Run(folder, json.loads((folder / "run.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        known = list_runs(runs)
        near = difflib.get_close_matches(name, known, 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        there = (
            f"There are: {', '.join(known)}." if known else "There are none yet; make one with: plansmith train ARCHIVE"
        )
        raise MissingError(f"There is no run named {name!r} in {runs}/. {hint}{there}") from None
    except (json.JSONDecodeError, NotADirectoryError) as error:
        raise InputError(f"{folder}/run.json is damaged ({error}). Train the run again.") from error


def list_runs(runs: Path = RUNS) -> list[str]:
    """Names of the finished runs, newest last."""
    if not runs.is_dir():
        return []
    found = [p for p in runs.iterdir() if not p.name.startswith(".") and (p / "run.json").is_file()]
    return [p.name for p in sorted(found, key=lambda p: (p / "run.json").stat().st_mtime)]


def mark_forgotten(run: Run, documents: Mapping[str, str], date: str) -> list[str]:
    """Note in run.json that documents (name → sha256) of a forgotten client were learned from; returns their names.

    Their tasks leave tasks.jsonl, so no new estimate is drawn from them. The weights keep what they learned: only
    deleting the run removes that. Each file is replaced as a whole; a second call changes nothing.
    """
    data = run.story.get("data", {})
    known = {**data.get("train", {}), **data.get("test", {})}
    hashes = {sha for sha in documents.values() if sha}
    names = sorted(name for name, sha in known.items() if name in documents or sha in hashes)
    if not names:
        return []
    tasks = run.folder / "tasks.jsonl"
    if tasks.is_file():
        lines = tasks.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if line.strip() and json.loads(line)["document"] not in names]
        if len(kept) != len(lines):
            write_text(tasks, "".join(kept))
    marks = [*run.story.get("forgotten", [])]
    marked = {mark["document"] for mark in marks}
    for name in names:
        if name not in marked:
            part = "train" if name in data.get("train", {}) else "test"
            marks.append({"document": name, "part": part, "date": date})
    if len(marks) != len(marked):
        run.story["forgotten"] = marks
        path = run.folder / "run.json"
        made = path.stat()
        write_text(path, json.dumps(run.story, indent=2, ensure_ascii=False) + "\n")
        # runs are listed by the time at which they were finished
        os.utime(path, ns=(made.st_atime_ns, made.st_mtime_ns))
    return names


def free_name(runs: Path = RUNS) -> str:
    """run-1, run-2, …: the first that is not taken."""
    number = 1
    while (runs / f"run-{number}").exists():
        number += 1
    return f"run-{number}"


def check_name(name: str, runs: Path = RUNS, resume: bool = False) -> Path:
    """The folder of a run to be made or, with `resume`, of an unfinished one to go on with.

    Raises InputError for a name that is no plain folder name, that is taken, or that has nothing to go on with.
    """
    if not name or name.startswith(".") or not all(c.isalnum() or c in "-_." for c in name):
        raise InputError(f"{name!r} cannot name a run: use letters, digits, '-', '_' and '.', not at the start.")
    folder = runs / name
    unfinished = (folder / BEGUN).is_file() and not (folder / "run.json").is_file()
    if resume and not unfinished:
        state = "is finished" if (folder / "run.json").is_file() else "does not exist"
        others = list_unfinished(runs)
        there = f" Unfinished runs: {', '.join(others)}." if others else " There is no unfinished run."
        raise InputError(f"The run {folder} {state}; there is nothing to resume.{there}")
    if unfinished and not resume and os.environ.get("RANK", "0") == "0":
        raise InputError(
            f"The run {folder} was begun and not finished. Go on with --resume, choose another --name, or delete it."
        )
    # a run killed before it was begun leaves only hidden files behind
    taken = folder.exists() and not (folder.is_dir() and all(p.name.startswith(".") for p in folder.iterdir()))
    if taken and not unfinished:
        raise InputError(
            f"The run {folder} exists already and is not overwritten. Choose another --name, or delete it."
        )
    return folder


def list_unfinished(runs: Path = RUNS) -> list[str]:
    """Names of the runs that were begun and can be resumed."""
    if not runs.is_dir():
        return []
    return sorted(p.name for p in runs.iterdir() if (p / BEGUN).is_file() and not (p / "run.json").is_file())


@contextmanager
def opened_alone(folder: Path) -> Iterator[None]:
    """Hold a run's folder, making it if need be; raises InputError while another training holds it."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout:
        raise InputError(f"Another training is at work in {folder}. Wait for it, or choose another --name.") from None
    except PermissionError as error:
        raise InputError(f"Cannot write {folder}: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            (folder / ".lock").unlink(missing_ok=True)
            folder.rmdir()  # only if nothing was put into it


def started(folder: Path, begun: dict[str, Any]) -> dict[str, Any]:
    """What the run was begun with: as recorded in its folder, or `begun`, recorded now."""
    path = folder / BEGUN
    if path.is_file():
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except json.JSONDecodeError as error:
            raise InputError(f"{path} is damaged ({error}). Delete the folder and train anew.") from error
    if os.environ.get("RANK", "0") == "0":
        write_text(path, json.dumps(begun, indent=2, ensure_ascii=False) + "\n")
    return begun


def finish(folder: Path, story: dict[str, Any]) -> Run:
    """Write run.json, by which a run is finished, and drop what only an unfinished one needs."""
    write_text(folder / "run.json", json.dumps(story, indent=2, ensure_ascii=False) + "\n")
    (folder / BEGUN).unlink(missing_ok=True)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return Run(folder, story)


def client_words(documents: Iterable[tuple[str, str, str]]) -> list[str]:
    """Stems of a client's own words, which must not reach another: from the (brief, plan, language) of each project.

    A stem counts when a brief holds it and at most two projects do; words of planning, which only plans hold, do not.
    """
    from collections import Counter

    from plansmith.plan import content_words

    counts: Counter[str] = Counter()
    own: set[str] = set()
    for brief, plan, language in documents:
        said = set(content_words(brief, language))
        own |= said
        counts.update(said | set(content_words(plan, language)))
    return sorted(stem for stem in own if counts[stem] <= 2)


def write_client_words(stems: Iterable[str], folder: Path) -> None:
    (folder / "words.txt").write_text("".join(f"{stem}\n" for stem in stems), encoding="utf-8")


def write_copied_marks(texts: Iterable[str], folder: Path) -> None:
    """Keep by which runs of eight words a copy of these texts would be known; the words themselves are not kept."""
    from plansmith.plan.copies import run_marks

    marks = sorted({mark for text in texts for mark in run_marks(text)})
    write_text(folder / "copies.txt", "".join(f"{mark}\n" for mark in marks))


def write_past_tasks(tasks: Iterable[PastTask], folder: Path) -> None:
    lines = (json.dumps(asdict(task), ensure_ascii=False) for task in tasks)
    (folder / "tasks.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
