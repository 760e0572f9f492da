"""Under which terms a tuned model may be handed on: decided by its base, never guessed.

Enters: a base and, for one of the user's own, what the user says. Leaves: a `Licence` with the texts that have to go along;
or a refusal with the reason.
Try: plansmith publish first -o out --hub ana/first
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from plansmith.errors import InputError, MissingError
from plansmith.tuning.bases import Base

# https://ai.meta.com/llama/license/, section 1.b.iii
NOTICE = (
    "Llama 2 is licensed under the LLAMA 2 Community License, Copyright (c) Meta Platforms, Inc. All Rights Reserved.\n"
)
USE_POLICY = "https://ai.meta.com/llama/use-policy"
_AGREEMENT = "LLAMA 2 COMMUNITY LICENSE AGREEMENT"
_FILES = ("LICENSE.txt", "LICENSE", "LICENSE.md")
_OF_BASES = {"Apache-2.0": "apache-2.0", "Llama 2 Community License": "llama2"}
KNOWN = ("apache-2.0", "mit", "llama2")
_NAMES = {"apache-2.0": "Apache License 2.0", "mit": "MIT License", "llama2": "Llama 2 Community License"}


@dataclass(frozen=True)
class Licence:
    """A licence by the Hub's tag, its name, and the files (name → text) that have to be handed on with the model."""

    tag: str
    name: str
    files: dict[str, str]
    use_policy: str = ""
    stated_by_user: bool = False


def licence_for(base: Base, stated: str = "", file: Path | None = None) -> Licence:
    """The licence of a model tuned from `base`.

    `stated`: what the user says of a base whose licence Plansmith does not know; `file`: the licence's text, where it is
    not beside the base. Raises InputError for an unknown licence, MissingError where the Llama 2 agreement is not at hand.
    """
    tag = _OF_BASES.get(base.licence, "")
    if tag and stated and stated != tag:
        raise InputError(
            f"{base.name} is under the {_NAMES[tag]}; a model tuned from it cannot be published as {stated}."
        )
    if stated and stated not in KNOWN:
        raise InputError(f"--licence {stated}: Plansmith can publish under {', '.join(KNOWN)}.")
    if not tag and not stated:
        raise InputError(
            f"The licence of {base.name} is not known to Plansmith, so it cannot say whether a model tuned from it may be "
            f"handed on. Look it up on the base's page and say it with --licence ({', '.join(KNOWN)}), or publish to a "
            "folder only."
        )
    tag = tag or stated
    if tag == "llama2":
        texts = {"LICENSE": _agreement(base, file), "Notice": NOTICE}
        return Licence(tag, _NAMES[tag], texts, USE_POLICY, bool(stated))
    if tag == "mit":
        text = _own_text(base, file)
        if not text:
            raise MissingError(
                f"The MIT licence of {base.name} names its owners: give its text with --licence-file FILE."
            )
        return Licence(tag, _NAMES[tag], {"LICENSE": text}, "", bool(stated))
    own = resources.files("plansmith.tuning") / "templates" / "apache-2.0.txt"
    changed = f"This model is a changed version of {base.name}: its weights were tuned further on a private data set.\n"
    return Licence(tag, _NAMES[tag], {"LICENSE": own.read_text(encoding="utf-8"), "NOTICE": changed}, "", bool(stated))


def licence_at_hand(base: Base) -> Licence | None:
    """The licence of a model tuned from `base`, where it is known and its text is at hand; for a folder that stays here."""
    try:
        return licence_for(base)
    except (InputError, MissingError):
        return None


def _agreement(base: Base, file: Path | None) -> str:
    """Meta asks for a copy of the agreement with each copy of the model: the one that came with the base, word for word."""
    text = _own_text(base, file)
    if _AGREEMENT not in text.upper():
        where = str(file) if file else f"the base {base.name}"
        raise MissingError(
            f"The Llama 2 Community License asks that a copy of it go along, and {where} does not hold it. "
            "Download LICENSE.txt from the base's page on the Hub and give it with --licence-file LICENSE.txt."
        )
    return text


def _own_text(base: Base, file: Path | None) -> str:
    """The licence file given, or the one in the base's folder or in the Hub's cache of it; empty where there is none."""
    if file:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"The licence {file} cannot be read: {error}.") from error
    folder = Path(base.source)
    for name in _FILES:
        if folder.is_dir() and (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8", errors="replace")
    if not folder.exists() and base.source.count("/") == 1:
        try:
            from huggingface_hub import try_to_load_from_cache
        except ImportError:
            return ""
        for name in _FILES:
            found = try_to_load_from_cache(base.source, name)
            if isinstance(found, str):
                return Path(found).read_text(encoding="utf-8", errors="replace")
    return ""
