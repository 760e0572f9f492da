"""Which documents are learned from and which are held out to test on.

Enters: the documents of an archive and a seed. Leaves: a `Split`: 14/2 of 16, otherwise one in eight held out.
Try: plansmith check examples/archive
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from plansmith.errors import InputError
from plansmith.sources.archive import Archive, Document

SHARE = 1 / 8


@dataclass(frozen=True)
class Split:
    """Documents to learn from (`train`) and documents that the model never sees (`test`)."""

    train: tuple[Document, ...]
    test: tuple[Document, ...]
    seed: int


def split(archive: Archive, seed: int = 0, test: Sequence[str] = ()) -> Split:
    """Hold out one document in eight, at least one; or those named in `test`.

    The choice depends on the documents' names and the seed only, so a document that joins moves few others.
    Raises InputError for an unknown name, for a single document, and where a text stands on both sides.
    """
    documents = archive.documents
    if len(documents) < 2:
        raise InputError(
            f"The archive {archive.folder} holds one project; at least two are needed, one to learn from and one to test on."
        )
    names = {d.name for d in documents}
    if unknown := [n for n in test if n not in names]:
        raise InputError(
            f"No project named {', '.join(unknown)} in {archive.folder}.", [f"known: {n}" for n in sorted(names)]
        )
    if test:
        held = set(test)
    else:
        ranked = sorted(documents, key=lambda d: hashlib.sha256(f"{seed}:{d.name}".encode()).digest())
        held = {d.name for d in ranked[: max(1, round(len(documents) * SHARE))]}
    parts = Split(
        tuple(d for d in documents if d.name not in held), tuple(d for d in documents if d.name in held), seed
    )
    if not parts.train:
        raise InputError("Every project is named as a test project; none is left to learn from.")
    _refuse_twins(parts)
    return parts


def _refuse_twins(parts: Split) -> None:
    trained = {d.brief.sha256: d.name for d in parts.train}
    if twins := [
        f"{d.name} has the brief of {trained[d.brief.sha256]}" for d in parts.test if d.brief.sha256 in trained
    ]:
        raise InputError("The same brief stands among the projects to learn from and those to test on.", twins)
