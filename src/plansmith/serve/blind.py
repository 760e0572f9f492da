"""Blind pairs in the browser: two plans of a brief side by side, a vote, and the names when all have voted.

Enters: requests of voters. Leaves: pages; `blind/NAME/` of the workspace with comparison.json, which holds the texts as they
were when the comparison was begun, and votes.jsonl, as `plansmith compare` writes it. What is drawn, counted and told is
`plansmith.proof.blind`'s business.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from plansmith.errors import InputError, MissingError, PlansmithError
from plansmith.files import write_text
from plansmith.locale import table
from plansmith.serve.archives import archive_of, archives
from plansmith.serve.asked import fields, form_of, served_by
from plansmith.serve.render import page
from plansmith.serve.settings import Place
from plansmith.serve.texts import language_of
from plansmith.serve.workspace import Workspace, slug

if TYPE_CHECKING:
    from plansmith.proof.blind import Comparison

router = APIRouter()
VOTERS = 50
"""Most voters that a comparison may wait for."""


@router.get("/blind")
def comparisons(request: Request) -> Response:
    """The comparisons there are, and a form for one more."""
    served = served_by(request)
    told, damaged = [], []
    for name in _names(served.place):
        try:
            compared, votes = _opened(served.place, name)
            told.append((name, compared, _ballots(votes)))
        except PlansmithError:
            damaged.append(name)
    return page(
        request, "blind.html", found=told, damaged=damaged, plans=served.workspace.entries(), proofs=sorted(_proofs(served.place)),
        known=list(archives(served.place)), most=VOTERS,
    )  # fmt: skip


@router.post("/blind")
async def begin(request: Request) -> Response:
    """Begin a comparison of two plans, or of what two arms of a proof wrote."""
    said = fields(await form_of(request))
    name = await run_in_threadpool(_begin, served_by(request).place, said)
    return Response(status_code=204, headers={"HX-Redirect": f"/blind/{name}"})


@router.get("/blind/{name}")
def pair(request: Request, name: str, voter: str = "") -> Response:
    """The voter's next pair; without a voter the question who votes; at the end what was preferred."""
    from plansmith.proof.blind import count, draw, waiting
    from plansmith.proof.blindpage import markdown
    from plansmith.proof.blindread import side_by_side

    compared, votes = _opened(served_by(request).place, name)
    ballots, voter = _ballots(votes), voter.strip()[:60]
    common: dict[str, Any] = {"name": name, "voter": voter, "words": table(language_of(request), "blind")["page"]}
    if ballots.revealed:
        return page(request, "blind_result.html", outcome=count(compared, ballots), **common)
    shown = draw(compared, votes, voter) if voter else None
    if shown is None:
        missing = waiting(compared, votes)
        return page(request, "blind_wait.html", missing=missing, ballots=ballots, compared=compared, **common)
    to_html = markdown()
    parts = [(title, to_html(one), to_html(two)) for title, one, two in side_by_side(shown.left, shown.right)]
    return page(request, "blind_pair.html", shown=shown, parts=parts, **common)


@router.post("/blind/{name}/vote")
async def vote(request: Request, name: str) -> Response:
    """Write down a vote; the first one about a pair counts."""
    from plansmith.proof.blind import cast

    said = fields(await form_of(request))
    voter = said.get("voter", "").strip()[:60]

    def write() -> None:
        compared, votes = _opened(served_by(request).place, name)
        cast(compared, votes, voter, said.get("pair", ""), said.get("choice", ""))  # type: ignore[arg-type]

    await run_in_threadpool(write)
    return Response(status_code=204, headers={"HX-Redirect": f"/blind/{quote(name)}?voter={quote(voter)}"})


@router.post("/blind/{name}/end")
async def end(request: Request, name: str) -> Response:
    """Count the votes and tell the names; with `close` whoever is missing is not waited for."""
    from plansmith.proof.blind import reveal

    said = fields(await form_of(request))

    def close() -> None:
        compared, votes = _opened(served_by(request).place, name)
        reveal(compared, votes, said.get("close") == "yes")

    await run_in_threadpool(close)
    return Response(status_code=204, headers={"HX-Redirect": f"/blind/{quote(name)}"})


def _begin(place: Place, said: dict[str, str]) -> str:
    """Make a comparison's folder; returns its name."""
    from plansmith.proof.blind import Comparison
    from plansmith.proof.blindread import read_rivals

    one, other, number = said.get("one", ""), said.get("other", ""), said.get("voters", "1").strip()
    problems = ["choose two different sides"] if one == other else []
    problems += [f"{number[:9]!r} voters: write 1 to {VOTERS}"] if number not in map(str, range(1, VOTERS + 1)) else []
    problems += ["compare two plans, or what two arms wrote"] if one.split(":")[0] != other.split(":")[0] else []
    if problems:
        raise InputError("This cannot be compared:", problems)
    if one.startswith("plan:"):
        here = Workspace(place)
        names = one.removeprefix("plan:"), other.removeprefix("plan:")
        first, second = (here.open(plan) for plan in names)
        if first.brief.split() != second.brief.split():
            raise InputError("These two plans answer different briefs. Choose two plans of the same one.")
        brief = here.find(names[0]) / "brief.md"
        paths = [here.find(plan) / "plan.md" for plan in names]
        pairs, _ = read_rivals(paths[0], paths[1], brief if brief.is_file() else None)
        heading = next((line.strip("# ") for line in first.brief.splitlines() if line.strip("# ")), "")
        pairs = tuple(replace(found, key=shorten(heading, 48, placeholder=" …") or found.key) for found in pairs)
    else:
        proofs = _proofs(place)
        unknown = [side for side in (one, other) if side.removeprefix("proof:") not in proofs]
        if unknown:
            raise MissingError("There is no such plan here, and no model's proof holds such plans.")
        names = one.removeprefix("proof:"), other.removeprefix("proof:")
        folder = archive_of(place, said["archive"]) if said.get("archive") else None
        pairs, _ = read_rivals(proofs[names[0]], proofs[names[1]], folder)
    compared = Comparison(names, pairs, 0, int(number))
    if not compared.shown:
        raise InputError("The two are the same text: there is nothing to choose.")
    stem = slug(said.get("title", "")) or "comparison"
    name, copy = stem, 1
    while (place.workspace / "blind" / name).exists():
        copy += 1
        name = f"{stem}-{copy}"
    text = json.dumps(asdict(compared), indent=1, ensure_ascii=False)
    write_text(place.workspace / "blind" / name / "comparison.json", text + "\n")
    return name


def _names(place: Place) -> list[str]:
    """Names of the comparisons, the newest first."""
    found = [(p.stat().st_mtime, p.parent.name) for p in (place.workspace / "blind").glob("*/comparison.json")]
    return [name for _, name in sorted(found, reverse=True)]


def _opened(place: Place, name: str) -> tuple[Comparison, Path]:
    """A comparison and its votes file; raises MissingError for a name that is not in the folder."""
    from plansmith.proof.blind import Comparison, Rivals

    if name not in _names(place):
        raise MissingError("There is no comparison of that name here.")
    folder = place.workspace / "blind" / name
    try:
        held: dict[str, Any] = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
        pairs = tuple(Rivals(**one) for one in held["pairs"])
        compared = Comparison((held["names"][0], held["names"][1]), pairs, held["seed"], held["voters"])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(f"blind/{name}/comparison.json cannot be read as a comparison. Remove its folder.") from error
    return compared, folder / "votes.jsonl"


def _ballots(votes: Path) -> Any:
    from plansmith.proof.votes import read_ballots

    return read_ballots(votes)


def _proofs(place: Place) -> dict[str, Path]:
    """What the proofs of the models have written: RUN/ARM-SEED → folder."""
    found = sorted(p for p in place.runs.glob("*/proof/plans/*") if p.is_dir() and any(p.iterdir()))
    return {f"{p.parts[-4]}/{p.name}": p for p in found}
