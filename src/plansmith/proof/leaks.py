"""Does a plan repeat other clients? Longest common runs of words, other clients' names, the nearest past plan.

Enters: folds and what was written for them. Leaves: what was found, worst first, as plain data.
Try: plansmith evaluate first

A run of words counts only where the client's own brief does not hold it. One that three past projects or more share is
the house's phrase; one that a single project holds may be its client's secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from plansmith.plan import Plan, fold, missing_names, proper_names
from plansmith.proof.folds import Fold, Output
from plansmith.proof.score import plan_text
from plansmith.sources.archive import Document
from plansmith.sources.twins import likeness, runs_of_words

LEAST = 6
"""Words of a common run that is worth being looked at."""
HOUSE = 3
"""Past projects from which on a phrase is the house's."""
_MOST = 5


@dataclass(frozen=True)
class Overlap:
    """Words that an output shares, in this order, with past projects."""

    words: int
    text: str
    projects: tuple[str, ...]


def find_leaks(todo: Sequence[Fold], outputs: Sequence[Output]) -> dict[str, Any]:
    """Per output: overlaps, names, nearest past plan; and per arm the worst of each."""
    rows: list[dict[str, Any]] = []
    for f in todo:
        briefs = {d.name: d for d in f.test}
        past = [(d.name, _words(f"{d.brief.text}\n{d.plan_text}")) for d in f.train]
        index = _index(past)
        for o in (o for o in outputs if o.document in briefs and o.text):
            text = output_text(o)
            near = nearest(text, f.train)
            rows.append(
                {
                    "arm": o.arm, "document": o.document, "seed": o.seed,
                    "overlaps": [asdict(x) for x in overlaps(text, briefs[o.document].brief.text, past, index)[:_MOST]],
                    "names": foreign_names(text, briefs[o.document].brief.text, f.train),
                    "nearest": near[0] if near else "", "likeness": round(near[1], 3) if near else 0.0,
                }
            )  # fmt: skip
    arms: dict[str, Any] = {}
    for arm in dict.fromkeys(r["arm"] for r in rows):
        own = [r for r in rows if r["arm"] == arm]
        single = [x["words"] for r in own for x in r["overlaps"] if len(x["projects"]) < HOUSE]
        arms[arm] = {
            "longest_run": max(single, default=0),
            "runs": len(single),
            "names": sorted({n for r in own for n in r["names"]}),
            "nearest": max((r["likeness"] for r in own), default=0.0),
        }
    return {"arms": arms, "outputs": rows}


def output_text(o: Output) -> str:
    """What an output says, without ids and numbers of its form."""
    return o.text if o.whole else plan_text(Plan.model_validate_json(o.text))


def overlaps(text: str, brief: str, past: Sequence[tuple[str, Sequence[str]]], index: Any = None) -> list[Overlap]:
    """The longest common runs of words with past projects that the client's own brief does not hold, longest first."""
    index = _index(past) if index is None else index
    own = " " + " ".join(_words(brief)) + " "
    found: list[Overlap] = []
    for line in text.splitlines():
        mine = _words(line)
        at = 0
        while at + LEAST <= len(mine):
            length, projects = _longest(mine, at, past, index)
            said = " ".join(mine[at : at + length])
            if length >= LEAST and f" {said} " not in own:
                found.append(Overlap(length, said, tuple(projects)))
                at += length - LEAST + 1
            else:
                at += 1
    unique = {o.text: o for o in sorted(found, key=lambda o: (-o.words, len(o.projects), o.text))}
    return sorted(unique.values(), key=lambda o: (len(o.projects) >= HOUSE, -o.words, o.text))


def foreign_names(text: str, brief: str, past: Sequence[Document]) -> list[str]:
    """Names that past clients' briefs hold and this one's does not."""
    theirs = {fold(n) for d in past for n in (*proper_names(d.brief.text), *proper_names(f"by {d.client}"))}
    words = {w for name in theirs for w in name.split()}
    return sorted({n for n in missing_names(text, brief) if fold(n) in theirs or fold(n) in words})


def nearest(text: str, past: Sequence[Document]) -> tuple[str, float] | None:
    """The past plan that shares most runs of three words, and the share (Jaccard)."""
    mine = runs_of_words(text)
    scored = ((likeness(mine, runs_of_words(d.plan_text)), d.name) for d in past)
    best = max(scored, default=None)
    return (best[1], best[0]) if best else None


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'-]+", fold(text))


def _index(past: Sequence[tuple[str, Sequence[str]]]) -> dict[tuple[str, ...], list[tuple[int, int]]]:
    places: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for n, (_, words) in enumerate(past):
        for i in range(len(words) - LEAST + 1):
            places.setdefault(tuple(words[i : i + LEAST]), []).append((n, i))
    return places


def _longest(
    mine: Sequence[str], at: int, past: Sequence[tuple[str, Sequence[str]]], index: Any
) -> tuple[int, list[str]]:
    best, projects = 0, set[str]()
    for length, name in _matches(mine, at, past, index):
        if length > best:
            best, projects = length, {name}
        elif length == best:
            projects.add(name)
    return best, sorted(projects)


def _matches(mine: Sequence[str], at: int, past: Any, index: Any) -> Iterator[tuple[int, str]]:
    for n, i in index.get(tuple(mine[at : at + LEAST]), ()):
        name, words = past[n]
        length = LEAST
        while at + length < len(mine) and i + length < len(words) and mine[at + length] == words[i + length]:
            length += 1
        yield length, name
