"""The user's own prompts: a YAML file with other words for the steps.

Enters: a file, and the text of --system. Leaves: a `Wording`. What the file leaves out stays as the model learned it.
Try: plansmith plan brief.md --prompts prompts.yaml   (keys: system, sentence, requirement, summary, question, …)
"""

from __future__ import annotations

import difflib
from dataclasses import fields, replace
from pathlib import Path

from plansmith.errors import InputError, MissingError
from plansmith.prompts import WORDING, Wording

_SLOT = {"requirement": "{requirement}", "again": "{reasons}"}


def read_wording(path: Path | None, system: str = "") -> Wording:
    """The wording of a file, with the system prompt of the command line above that of the file.

    Raises MissingError where there is no such file, InputError with all problems where it cannot be used.
    """
    said = _read(path) if path else {}
    if system:
        said["system"] = system
    return replace(WORDING, **said)


def _read(path: Path) -> dict[str, str]:
    import yaml

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingError(f"There is no file {path}. Give --prompts a YAML file.") from None
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        first = str(error).splitlines()[0]
        raise InputError(f"{path} is no readable YAML file ({first}).") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} must hold keys and texts, such as: system: You are a project manager.")
    known, problems = [f.name for f in fields(Wording)], []
    for key, text in found.items():
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            problems.append(
                f"{key} is no step. " + (f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}.")
            )
        elif not isinstance(text, str) or not text.strip():
            problems.append(f"{key} must be a text that is not empty, not {text!r}")
        elif _SLOT.get(key, "") not in text:
            problems.append(f"{key} must hold {_SLOT[key]}, where the plan puts its own words")
    if problems:
        raise InputError(f"{path} cannot be used:", problems)
    return {key: text.strip() for key, text in found.items()}
