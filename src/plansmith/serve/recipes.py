"""A recipe as a form, as a job and as a command: the same settings, read from where they are declared.

Enters: what a form said. Leaves: the arguments of a training, or the command line that does the same.
"""

from __future__ import annotations

import shlex
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any, get_args, get_origin

from plansmith.errors import InputError
from plansmith.serve.archives import archive_of, archives
from plansmith.serve.settings import Place


def settings() -> list[dict[str, Any]]:
    """Every setting of a recipe with its kind, choices, range and default: read from where it is declared."""
    from typing import get_type_hints

    from plansmith.tuning.bases import BASES
    from plansmith.tuning.recipe import RANGES, Overrides, resolve

    usual = resolve(BASES[0]).as_dict()
    hints = get_type_hints(Overrides, include_extras=True)
    found = []
    for field in fields_of(Overrides):
        annotated = hints[field.name]
        kinds, parameter = get_args(annotated)[0], get_args(annotated)[1]
        plain = next(kind for kind in get_args(kinds) if kind is not type(None))
        choices = list(get_args(plain)) if get_origin(plain) is not None else ["yes", "no"] if plain is bool else []
        low, high = RANGES.get(field.name, (None, None))
        found.append({
            "name": field.name, "flag": field.name.replace("_", "-"), "choices": choices, "number": plain in (int, float),
            "low": low, "high": high, "usual": usual.get(field.name), "help": parameter.help or "",
        })  # fmt: skip
    return found


def _given(said: dict[str, str]) -> dict[str, Any]:
    """The settings that a form names, in their kinds; raises InputError with all that are none."""
    found: dict[str, Any] = {}
    problems = []
    for one in settings():
        text = str(said.get(one["name"], "")).strip()
        if not text or text == "None":
            continue
        if one["choices"] == ["yes", "no"]:
            found[one["name"]] = text in ("yes", "True")
        elif one["choices"]:
            found[one["name"]] = text
            if text not in one["choices"]:
                problems.append(f"{one['flag']} {text[:20]!r}: choose one of {', '.join(one['choices'])}")
        else:
            try:
                whole = one["name"] not in ("learning_rate", "weight_decay")
                found[one["name"]] = int(text) if whole else float(text.replace(",", "."))
            except ValueError:
                problems.append(f"{one['flag']} {text[:20]!r}: must be a number")
    if problems:
        raise InputError("These training settings cannot be used:", problems)
    return found


def wanted(place: Place, said: dict[str, str]) -> dict[str, Any]:
    """The arguments of a training or a look at one; raises InputError with what cannot be used."""
    from plansmith.tuning.bases import BASES, find_base
    from plansmith.tuning.recipe import Overrides, resolve

    settings = _given(said)
    base = said.get("base", BASES[0].name)
    if base not in [known.name for known in BASES]:
        raise InputError("Choose a base of the list; others are trained with: plansmith train --base")
    resolve(find_base(base), Overrides(**settings))  # refuses what is out of range
    folder = archive_of(place, said.get("archive", ""))
    return {
        "archive": str(folder), "base": base, "name": said.get("name", "").strip()[:80], "settings": settings, "test": [],
    }  # fmt: skip


def command_of(place: Place, said: dict[str, Any], folder: str = "") -> str:
    """The command line of a form, as a person would type it in the workspace."""
    from plansmith.tuning.bases import DEFAULT

    known = archives(place)
    path = Path(folder) if folder else known.get(str(said.get("archive", "")))
    parts = ["plansmith", "train", shown(place, path) or "ARCHIVE", "--name", str(said.get("name") or "NAME")]
    if said.get("base", DEFAULT) != DEFAULT:
        parts += ["--base", str(said["base"])]
    try:
        named = _given({key: str(value) for key, value in said.items()})
    except InputError:
        named = {}
    for name, value in named.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            parts.append(flag if value else flag.replace("--", "--no-", 1))
        else:
            parts += [flag, f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join(parts)


def again_with(run: Any) -> str:
    return f"plansmith train ARCHIVE --recipe {shlex.quote(str(Path('runs') / run.name / 'recipe.yaml'))}"


def shown(place: Place, folder: Path | None) -> str:
    """A folder as a command in the workspace names it."""
    if folder is None:
        return ""
    try:
        return folder.relative_to(place.workspace).as_posix()
    except ValueError:
        return str(folder)
