"""Which documents are learned from and which are held out to test on: by client, so that none is on both sides.

Enters: an archive and a seed. Leaves: a `Split`: 14/2 of 16, otherwise one document in eight held out; or the splits
of a proof, which hold out each client once.
Try: plansmith check examples/archive
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plansmith.errors import InputError
from plansmith.locale import fold
from plansmith.sources.archive import Archive, Document
from plansmith.sources.twins import Twin, find_twins

SHARE = 1 / 8


@dataclass(frozen=True)
class Split:
    """Documents to learn from (`train`) and documents that the model never sees (`test`).

    `archive` is the archive's hash, `named` what a person asked to hold out, `notes` what to look at.
    """

    train: tuple[Document, ...]
    test: tuple[Document, ...]
    seed: int
    archive: str = ""
    named: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """What a run keeps of its split: names and hashes, no text and no client's name."""
        return {
            "archive_sha256": self.archive,
            "seed": self.seed,
            "named": list(self.named),
            "train": {d.name: d.sha256 for d in self.train},
            "test": {d.name: d.sha256 for d in self.test},
        }


@dataclass(frozen=True)
class SplitChange:
    """How a split differs from an earlier one, by names of documents."""

    joined: tuple[str, ...]
    left: tuple[str, ...]
    to_train: tuple[str, ...]
    to_test: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.to_train or self.to_test)


def split(archive: Archive, seed: int = 0, test: Sequence[str] = ()) -> Split:
    """Hold out one document in eight, at least one, whole clients only; or those documents and clients in `test`.

    The choice depends on names and seed only, so a document that joins moves few others.
    Raises InputError for an unknown name, for a single client, and where nearly the same stands on both sides.
    """
    groups = clients(archive.documents)
    _need_two(archive, groups)
    notes: list[str] = []
    if test:
        held = _named(archive, groups, test, notes)
        if len(held) == len(archive.documents):
            raise InputError("Every project is named as a test project; none is left to learn from.")
    else:
        held = _chosen(groups, seed, max(1, round(len(archive.documents) * SHARE)))
    return _parts(archive, seed, held, find_twins(archive.documents), tuple(test), notes)


def leave_one_out(archive: Archive) -> Iterator[Split]:
    """One split for each client, which holds out that client's documents."""
    groups = clients(archive.documents)
    yield from _each(archive, list(groups.values()), 0)


def folds(archive: Archive, k: int, seed: int = 0) -> Iterator[Split]:
    """`k` splits (2 to the number of clients) that hold out every document once, whole clients only, of like size."""
    groups = clients(archive.documents)
    if not 2 <= k <= len(groups):
        raise InputError(f"{k} folds cannot be made of {len(groups)} clients. Choose from 2 to {len(groups)}.")
    sets: list[list[Document]] = [[] for _ in range(k)]
    for group in sorted(_ranked(groups, seed), key=len, reverse=True):
        min(sets, key=len).extend(group)
    yield from _each(archive, sets, seed)


def clients(documents: Iterable[Document]) -> dict[str, list[Document]]:
    """The documents of each client, in their order; a client is recognised without regard to case and marks."""
    found: dict[str, list[Document]] = {}
    for document in documents:
        found.setdefault(client_key(document.client), []).append(document)
    return found


def client_key(name: str) -> str:
    """How clients are compared: letters and digits only, without case and accents."""
    return " ".join("".join(c if c.isalnum() else " " for c in fold(name)).split()) or name


def changed(before: Mapping[str, Iterable[str]], now: Split) -> SplitChange:
    """How `now` differs from an earlier split, given as {"train": names, "test": names} (run.json keeps it)."""
    train, test = {d.name for d in now.train}, {d.name for d in now.test}
    old_train, old_test = set(before.get("train", ())), set(before.get("test", ()))
    there, then = train | test, old_train | old_test
    parts = (there - then, then - there, train & old_test, test & old_train)
    return SplitChange(*(tuple(sorted(part)) for part in parts))


def _need_two(archive: Archive, groups: Mapping[str, list[Document]]) -> None:
    one_to_test = "at least two are needed, one to learn from and one to test on."
    if len(archive.documents) < 2:
        raise InputError(f"The archive {archive.folder} holds one project; {one_to_test}")
    if len(groups) < 2:
        raise InputError(
            f"All {len(archive.documents)} projects of {archive.folder} are of one client "
            f"({archive.documents[0].client}); {one_to_test} Say in archive.yaml whose each project is."
        )


def _ranked(groups: Mapping[str, list[Document]], seed: int) -> list[list[Document]]:
    """Clients in an order that depends on their first document's name and the seed only."""

    def rank(group: list[Document]) -> bytes:
        return hashlib.sha256(f"{seed}:{min(d.name for d in group)}".encode("utf-8", "surrogatepass")).digest()

    return sorted(groups.values(), key=rank)


def _chosen(groups: Mapping[str, list[Document]], seed: int, wanted: int) -> set[str]:
    """Names of so many documents, or fewer where a client would be torn apart; never all and never none."""
    ranked, held = _ranked(groups, seed), set[str]()
    for group in ranked:
        if len(held) + len(group) <= wanted:
            held |= {d.name for d in group}
    return held or {d.name for d in min(ranked, key=len)}


def _named(archive: Archive, groups: Mapping[str, list[Document]], test: Sequence[str], notes: list[str]) -> set[str]:
    """The documents that a person named, themselves or by client, and the others of the same clients."""
    by_name = {d.name: d for d in archive.documents}
    unknown = [n for n in test if n not in by_name and client_key(n) not in groups]
    if unknown:
        known = [*by_name, *(group[0].client for group in groups.values() if group[0].client not in by_name)]
        near = [f"{n}: did you mean {close[0]}?" for n in unknown if (close := difflib.get_close_matches(n, known, 1))]
        raise InputError(
            f"No project or client named {', '.join(unknown)} in {archive.folder}.",
            [*near, *(f"known: {n}" for n in known)],
        )
    held = {d.name for n in test for d in ([by_name[n]] if n in by_name else groups[client_key(n)])}
    for group in groups.values():
        others = [d.name for d in group if d.name not in held]
        if others and len(others) < len(group):
            notes.append(f"{', '.join(others)} of the client {group[0].client} is held out with the named projects")
            held |= set(others)
    return held


def _each(archive: Archive, sets: Sequence[Sequence[Document]], seed: int) -> Iterator[Split]:
    _need_two(archive, clients(archive.documents))
    twins = find_twins(archive.documents)
    for held in sets:
        yield _parts(archive, seed, {d.name for d in held}, twins, (), [])


def _parts(
    archive: Archive, seed: int, held: set[str], twins: Sequence[Twin], named: tuple[str, ...], notes: list[str]
) -> Split:
    """The two sides; raises InputError where a text, or nearly the same one, stands on both."""
    across = [t for t in twins if (t.first in held) != (t.second in held)]
    if across:
        pairs = dict.fromkeys(tuple(sorted((t.first, t.second))) for t in across)
        raise InputError(
            "The same text, or nearly the same brief or plan, stands among the projects to learn from and those to "
            "test on; the test would be worth nothing.",
            [
                *map(str, across),
                *(f"give {a} and {b} one client in archive.yaml, or leave one of them out" for a, b in pairs),
            ],
        )
    notes = [*notes, *(f"{t}; both are learned from" for t in twins if t.first not in held)]
    return Split(
        tuple(d for d in archive.documents if d.name not in held),
        tuple(d for d in archive.documents if d.name in held),
        seed,
        archive.sha256,
        named,
        tuple(notes),
    )
