"""Plans to be compared, read from files, and shown in one neutral form.

Enters: two plan files, or two folders of them, and perhaps their briefs. Leaves: `Rivals`, and sections of a plan as
Markdown in which nothing tells who wrote it: no file name, no front matter, no changelog.
Try: plansmith compare runs/first/proof/plans/base-0 runs/first/proof/plans/tuned-0 --brief examples/archive
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, PlansmithError
from plansmith.proof.blind import Rivals

_PLANS, _BRIEFS = (".md", ".markdown", ".txt", ".json"), (".md", ".txt", ".docx", ".odt", ".pdf", ".html", ".eml")


def read_rivals(one: Path, other: Path, brief: Path | None) -> tuple[tuple[Rivals, ...], tuple[str, ...]]:
    """The pairs of two files or two folders, and the names of plans that only one folder holds.

    In folders, plans of the same name belong together: NAME.md, NAME.json or NAME/plan.md. `brief`: the client's text,
    or a folder of them: NAME.md or NAME/brief.md. Raises InputError where nothing can be paired.
    """
    lost = [
        f"{path}: there is no such file or folder" for path in (one, other, *filter(None, [brief])) if not path.exists()
    ]
    if lost:
        raise InputError("This cannot be compared:", lost)
    if one.is_dir() != other.is_dir():
        raise InputError(f"Compare two plans or two folders of plans, not {one} with {other}.")
    if not one.is_dir():
        name = brief.stem if brief else "plan"  # not the plans' own names, which would tell
        return (Rivals(name, _plan(one), _plan(other), _told(brief, "")),), ()
    mine, theirs = _plans(one), _plans(other)
    shared = sorted(mine.keys() & theirs.keys())
    if not shared:
        raise InputError(
            f"No plan in {one} has one of the same name in {other}.",
            [
                f"{folder}: {', '.join(sorted(found)[:6]) or 'no plans'}"
                for folder, found in ((one, mine), (other, theirs))
            ],
        )
    pairs = tuple(Rivals(name, _plan(mine[name]), _plan(theirs[name]), _told(brief, name)) for name in shared)
    return pairs, tuple(sorted(mine.keys() ^ theirs.keys()))


def _plans(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            inner = next((path / f"plan{suffix}" for suffix in _PLANS if (path / f"plan{suffix}").is_file()), None)
            if inner:
                found[path.name] = inner
        elif path.suffix.lower() in _PLANS and not path.name.startswith(".") and not path.name.endswith(".log.jsonl"):
            found.setdefault(path.stem, path)  # .json comes before .md, and both say the same
    return found


def _plan(path: Path) -> str:
    """A plan's text: of a file, or of what a proof has written. Ours becomes Markdown in one form."""
    from plansmith.plan import parse_json, parse_plan, render_plan
    from plansmith.sources.read import read_text
    from plansmith.sources.recognise import is_ours

    text, suffix = read_text(path), path.suffix.lower()
    if suffix == ".json":
        data: Any = None
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(f"{path} is no JSON ({error}).") from error
        if isinstance(data, dict) and "arm" in data and "text" in data:  # plansmith.proof.folds.Output
            if data.get("failed"):
                return f"*There is no plan: {data['failed']}*\n"
            if data.get("whole"):
                return _bare(str(data["text"]))
            text = str(data["text"])
    if not is_ours(text, suffix):
        return _bare(text)
    try:
        plan = parse_json(text) if suffix == ".json" else parse_plan(text)
    except PlansmithError as error:
        if suffix == ".json":
            raise InputError(f"{path}: {error.message}", error.problems) from error
        return _bare(text)  # a plan with mistakes is compared as it stands
    return _bare(render_plan(plan.model_copy(update={"changelog": ()})))


def _told(brief: Path | None, name: str) -> str:
    from plansmith.sources.read import read_text

    if brief is None:
        return ""
    if brief.is_file():
        return read_text(brief)
    places = [brief / name / f"brief{s}" for s in _BRIEFS] + [brief / f"{name}{s}" for s in _BRIEFS]
    found = next((p for p in places if p.is_file()), None)
    return read_text(found) if found else ""


def _bare(text: str) -> str:
    """Without front matter."""
    text = text.removeprefix("\ufeff").strip()
    return re.sub(r"\A---\n.*?\n---\n+", "", text, flags=re.DOTALL).strip() + "\n"


def side_by_side(left: str, right: str) -> list[tuple[str, str, str]]:
    """(heading, left, right) of each section of either plan, in the order of the left one and then of the right one."""
    mine, theirs = _sections(left), _sections(right)
    titles = [*mine, *(t for t in theirs if t not in mine)]
    return [(t, mine.get(t, ""), theirs.get(t, "")) for t in titles]


def _sections(text: str) -> dict[str, str]:
    """Body by heading of the second level; what stands before the first has the heading ''."""
    found: dict[str, str] = {}
    for part in re.split(r"^(?=## )", text, flags=re.MULTILINE):
        head, _, body = part.partition("\n") if part.startswith("## ") else ("", "", part)
        title = head.removeprefix("## ").strip()
        found[title] = f"{found[title]}\n{body.strip()}" if title in found else body.strip()
    return {t: b for t, b in found.items() if t or b}
