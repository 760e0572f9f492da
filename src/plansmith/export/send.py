"""Writing a plan in several formats at once: all of them or none, each file whole, nothing overwritten unasked.

Enters: a `Plan`, names of formats and a place. Leaves: the files, and a list of what was written.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to docx,pdf,xlsx -o out/
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from plansmith.errors import InputError
from plansmith.export.formats import FORMATS, Content, Format
from plansmith.export.planned import planned
from plansmith.files import write_bytes
from plansmith.plan import Plan


@dataclass(frozen=True)
class Exported:
    """A file that was written, or a folder with `files` files in it; `size` in bytes."""

    format: str
    path: Path
    files: int
    size: int


def export_plan(
    plan: Plan,
    names: Sequence[str],
    place: Path,
    *,
    today: dt.date | None = None,
    template: Path | None = None,
    force: bool = False,
) -> list[Exported]:
    """Write a plan in each of the named formats.

    `place`: the path of the files without their suffix, or, of a single format, the file itself. `today`: the first
    day if the plan names none. `template`: a Word file to fill, for docx. Every file is made before the first one is
    written. Errors: InputError with all problems together: unknown formats, files that exist (unless `force`), a plan
    that a format cannot hold.
    """
    chosen, problems = _chosen(names)
    targets = [(one, target(one, place, alone=len(chosen) == 1)) for one in chosen]
    if template and "docx" not in [one.name for one in chosen]:
        problems.append(f"the template {template} is a Word file, and docx is not among the formats; add docx to --to")
    problems += [
        f"{path} exists already and is not overwritten; choose another name, or add --force"
        for _, path in targets
        if path.exists() and not force
    ]
    if problems:
        raise InputError("Nothing was exported:", problems)
    made = planned(plan, today, template)
    contents: list[tuple[Format, Path, Content]] = []
    for one, path in targets:
        try:
            contents.append((one, path, one.write(made)))
        except InputError as error:
            problems += [f"{one.name}: {error.message}", *error.problems]
    if problems:
        raise InputError("Nothing was exported:", problems)
    return [_written(one, path, content) for one, path, content in contents]


def target(one: Format, place: Path, alone: bool) -> Path:
    """Where a format is written: the place itself if it is the only one and named so, else the place and a suffix."""
    if alone and not one.folder and place.suffix and one.suffix.endswith(place.suffix.lower()):
        return place
    return place.with_name(place.name + one.suffix)


def _chosen(names: Sequence[str]) -> tuple[list[Format], list[str]]:
    known = {one.name: one for one in FORMATS}
    wanted = list(dict.fromkeys(name.strip().lower() for name in names if name.strip()))
    chosen = [known[name] for name in wanted if name in known]
    problems = [f"no format is named '{name}'.{near}" for name, near in _unknown(wanted, list(known))]
    return chosen, problems if wanted else [f"no format is named. Known: {', '.join(known)}"]


def _unknown(wanted: Sequence[str], known: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            yield name, f" Did you mean {near[0]}?" if near else f" Known: {', '.join(known)}."


def _written(one: Format, path: Path, content: Content) -> Exported:
    if isinstance(content, bytes):
        write_bytes(path, content)
        return Exported(one.name, path, 1, len(content))
    for name, data in content.items():
        write_bytes(path / name, data)
    return Exported(one.name, path, len(content), sum(map(len, content.values())))
