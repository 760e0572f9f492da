"""Was the tuning worth it? Folds, arms and scores, from an archive and a run to a `Proof`.

Enters: an archive, a run (its base and recipe), how many folds and seeds. Leaves: a `Proof`, all of it plain data.
Try: plansmith evaluate first --archive examples/archive

Every project is held out once: the base is tuned anew without its client, by the run's recipe, and all arms write its
plan. With one fold nothing is trained: the run itself writes for the projects that it has not seen.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plansmith.errors import InputError
from plansmith.files import write_text
from plansmith.plan import Plan
from plansmith.proof.arms import ARMS, Arm, open_arm
from plansmith.proof.folds import Fold, FoldResult, Loss, Opener, Output, Setting, Tell, run_fold
from plansmith.proof.hours import usual_hours
from plansmith.proof.score import Scores, own_work, score_plan, score_text, unreadable
from plansmith.proof.verdict import Difference, Scored, beside, differences, verdict
from plansmith.sources.archive import Archive, Document
from plansmith.sources.split import client_key, folds
from plansmith.tuning.bases import find_base
from plansmith.tuning.runs import Run

DEFAULT_FOLDS = (2, 4)
"""Of a split into four, two folds: eight of sixteen projects, which an exact test can tell apart, in half the time."""
SHOWN = ("coverage", "restraint", "faithfulness", "numbers", "story_quality", "story_fit", "own_work", "chrf")


@dataclass(frozen=True)
class Proof:
    """What came of it. `about`: data, recipe, versions and how to repeat it."""

    about: dict[str, Any]
    outputs: tuple[Output, ...]
    scored: tuple[Scored, ...]
    losses: tuple[Loss, ...]
    compared: tuple[tuple[Difference, ...], ...]
    verdicts: tuple[str, ...]
    leaks: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """JSON: everything but the plans' texts, which lie beside it in plans/."""
        return {
            "verdicts": list(self.verdicts),
            "differences": [d.as_dict() for group in self.compared for d in group],
            "scores": [dataclasses.asdict(s) for s in self.scored],
            "losses": [dataclasses.asdict(loss) for loss in self.losses],
            "outputs": [{k: v for k, v in dataclasses.asdict(o).items() if k != "text"} for o in self.outputs],
            "leaks": self.leaks,
            **self.about,
        }


def make_folds(archive: Archive, run: Run, count: int | None = None) -> list[Fold]:
    """`count` folds over the archive's clients; 1: what the run itself has not seen; 0: one for each client.

    None: two folds of a split into four, so that half of the projects are tested on.

    Raises InputError where a fold cannot be made, or nothing is left that the run has not seen.
    """
    if count == 1:
        return [_own_fold(archive, run)]
    groups = len({client_key(d.client) for d in archive.documents})
    wanted, number = (
        (min(DEFAULT_FOLDS[0], groups), min(DEFAULT_FOLDS[1], groups)) if count is None else (groups, count or groups)
    )
    found = [Fold(n, parts.train, parts.test, archive.sha256) for n, parts in enumerate(folds(archive, number), 1)]
    return found[:wanted]


def _own_fold(archive: Archive, run: Run) -> Fold:
    known = run.story["data"]["train"]
    hashes = set(known.values())
    trained = tuple(d for d in archive.documents if d.sha256 in hashes)
    clients = {client_key(d.client) for d in trained}
    free = tuple(
        d
        for d in archive.documents
        if d.sha256 not in hashes and d.name not in known and client_key(d.client) not in clients
    )
    if not free:
        raise InputError(
            f"The run {run.name} has learned from every client in {archive.folder}; nothing is left to test on.",
            ["use --folds 3, which trains anew without the clients that are tested on"],
        )
    return Fold(0, trained, free, archive.sha256)


def setting_of(run: Run, seeds: int, arms: Sequence[Arm] = ARMS) -> Setting:
    """The run's base and recipe, for trainings like it."""
    about = run.story["base"]
    base = find_base(about.get("source") or about["name"])
    recipe = {k: v for k, v in run.story["recipe"].items() if k not in ("seed", "measure", "patience")}
    return Setting(base, recipe, seeds, tuple(arms))


def evaluate(
    archive: Archive,
    run: Run,
    place: Path,
    count: int | None = None,
    seeds: int = 1,
    arms: Sequence[Arm] = ARMS,
    tell: Tell = print,
    opener: Opener = open_arm,
    cluster: str = "",
) -> Proof:
    """All folds, one after another or, with a Ray `cluster` address, side by side; goes on where it was stopped."""
    setting, todo = setting_of(run, 1 if count == 1 else seeds, arms), make_folds(archive, run, count)
    begin(place, archive, run, setting, count)
    if cluster:
        from plansmith.proof.cluster import run_folds

        results = run_folds(todo, setting, place, cluster, tell)
    else:
        given = run if count == 1 else None
        results = [run_fold(fold, setting, place, tell, opener, given) for fold in todo]
    return proof_of(archive, run, todo, results, setting, count)


def begin(place: Path, archive: Archive, run: Run, setting: Setting, count: int | None) -> None:
    """Note what the proof is of; raises InputError where the folder holds another one's parts."""
    now = {
        "archive": archive.sha256, "base": setting.base.name, "recipe": setting.recipe, "folds": count, "run": run.name,
    }  # fmt: skip
    path = place / "begun.json"
    if path.is_file():
        then = json.loads(path.read_text(encoding="utf-8"))
        changed = [f"{k}: {then.get(k)} then, {v} now" for k, v in now.items() if then.get(k) != v]
        if changed:
            raise InputError(f"{place} holds parts of another proof. Delete it, or choose another --out.", changed)
    else:
        write_text(path, json.dumps(now, indent=2, ensure_ascii=False) + "\n")


def proof_of(
    archive: Archive, run: Run, todo: Sequence[Fold], results: Sequence[FoldResult], setting: Setting, count: int | None
) -> Proof:
    """Score everything that was written, compare the arms, look for leaks."""
    from plansmith.proof.leaks import find_leaks
    from plansmith.tuning.load import versions

    outputs = tuple(o for r in results for o in r.outputs)
    losses = tuple(loss for r in results for loss in r.losses)
    scored = tuple(s for fold, r in zip(todo, results, strict=True) for s in score_all(fold, r.outputs))
    others = [a for a in setting.arms if a != "tuned"] if "tuned" in setting.arms else []
    compared = [tuple(differences(scored, "tuned", other)) for other in others]
    if {"examples", "base"} <= set(setting.arms):
        compared.append(tuple(differences(scored, "examples", "base")))
    verdicts = [" ".join(filter(None, (verdict(c), beside(c)))) for c in compared]
    about = {
        "run": run.name,
        "base": setting.base.name,
        "folds": count,
        "split": f"{len(todo)} of {DEFAULT_FOLDS[1]} folds" if count is None else f"{len(todo)} folds",
        "seeds": setting.seeds,
        "arms": list(setting.arms),
        "recipe": setting.recipe,
        "archive_sha256": archive.sha256,
        "documents": {d.name: d.sha256 for f in todo for d in f.test},
        "fold_of": {d.name: f.number for f in todo for d in f.test},
        "versions": versions(),
        "note": _selection_note(setting),
    }
    return Proof(about, outputs, scored, losses, tuple(compared), tuple(verdicts), find_leaks(todo, outputs))


def _selection_note(setting: Setting) -> str:
    epochs = int(setting.recipe.get("epochs", 1))
    if epochs < 2:
        return "Each training ends with its one epoch; nothing was chosen by the projects that are tested on."
    return f"The epoch kept was the best of {epochs} on the tested projects themselves; that flatters the tuned arm a little."


def score_all(fold: Fold, outputs: Sequence[Output]) -> list[Scored]:
    """Scores of a fold's outputs; what could not be written counts as invalid and covers nothing."""
    documents = {d.name: d for d in fold.test}
    guess = usual_hours(d.plan for d in fold.train if d.plan)
    house = _house(fold.train) if any(o.whole for o in outputs) else None
    found = []
    for o in outputs:
        d = documents[o.document]
        found.append(Scored(o.arm, o.document, client_key(d.client), o.seed, _score(o, d, guess, house).values))
    return found


def _score(o: Output, d: Document, guess: Any, house: Any) -> Scores:
    if o.failed:
        return Scores({**unreadable().values, "heard": 0.0, **({} if o.whole else {"coverage": 0.0})}, {})
    if o.whole:
        return score_text(o.text, d.brief, d.plan_text, house)
    plan = Plan.model_validate_json(o.text)
    scores = score_plan(plan, d.brief, d.plan, guess)
    more: dict[str, float] = {}
    if own := own_work(plan):
        more["own_work"] = own[0]
    if o.facts.get("requirements"):
        more["own_words"] = 1 - o.facts["quoted"] / o.facts["requirements"]
    if o.facts.get("answers"):
        more["kept_answers"] = max(0.0, 1 - o.facts["rejected"] / o.facts["answers"])
    return Scores({**scores.values, **more}, scores.of)


def _house(documents: Sequence[Document]) -> Any:
    from plansmith.sources.freeplans.house import learn_house

    return learn_house(d.plan_text for d in documents if d.plan is None)


def bits_per_byte(loss: Loss) -> tuple[float, float]:
    """Held-out loss before and after, in bits a byte of the text to be written."""
    import math

    return tuple(v * loss.tokens / (math.log(2) * loss.bytes) for v in (loss.before, loss.after))  # type: ignore[return-value]
