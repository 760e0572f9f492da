"""One fold of a proof: train without its clients, let every arm write their plans, keep everything that came of it.

Enters: the fold's documents, base, recipe and seeds, and a folder. Leaves: `Output`s and losses, each in its own file,
so that a proof which was stopped goes on where it was; a fold takes plain data in and gives plain data back, so it may
run on another machine as well.
Try: plansmith evaluate first
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from plansmith import prompts
from plansmith.errors import InputError, PlansmithError
from plansmith.files import write_text
from plansmith.proof.arms import Arm, forget_untuned, open_arm
from plansmith.sources.archive import Document
from plansmith.sources.split import Split
from plansmith.tuning.bases import Base
from plansmith.tuning.recipe import Overrides
from plansmith.tuning.runs import BEGUN, Run, open_run
from plansmith.writing.engine import Engine

Tell = Callable[[str], None]
Opener = Callable[[Arm, Base, Run, Sequence[Document]], Engine]


@dataclass(frozen=True)
class Fold:
    """Projects to learn from and projects, of other clients, to write for."""

    number: int
    train: tuple[Document, ...]
    test: tuple[Document, ...]
    archive: str = ""


@dataclass(frozen=True)
class Setting:
    """What all folds of a proof share. `recipe`: settings of the run; `seeds`: how many trainings each fold has."""

    base: Base
    recipe: dict[str, Any]
    seeds: int
    arms: tuple[Arm, ...]


@dataclass(frozen=True)
class Output:
    """What one arm wrote for one brief. `text`: the plan as JSON, or free text. `failed`: why there is none."""

    arm: Arm
    document: str
    fold: int
    seed: int
    text: str
    whole: bool = False
    seconds: float = 0.0
    facts: dict[str, int] = field(default_factory=dict)
    failed: str = ""


@dataclass(frozen=True)
class Loss:
    """Held-out loss of one training, in nats per learned token, before and of the adapter kept; `bytes` learned text."""

    fold: int
    seed: int
    before: float
    after: float
    tokens: int
    bytes: int
    curve: tuple[tuple[int, float], ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class FoldResult:
    """All that a fold gives."""

    outputs: tuple[Output, ...]
    losses: tuple[Loss, ...]


def run_fold(
    fold: Fold, setting: Setting, place: Path, tell: Tell = print, opener: Opener = open_arm, given: Run | None = None
) -> FoldResult:
    """Train (unless a finished run is `given`) and write; what lies in `place` already is not done again."""
    losses, outputs = [], []
    for seed in range(setting.seeds):
        arms = _arms(setting, seed)
        missing = [a for a in arms if any(not _file(place, a, d.name, seed).is_file() for d in fold.test)]
        name = f"fold-{fold.number}-seed-{seed}"
        loss_file = _loss_file(place, fold, seed)
        if missing or not loss_file.is_file():
            run = given or trained(fold, setting, seed, name, place / "runs", tell)
            refuse_known(run, fold.test)
            write_text(loss_file, json.dumps(asdict(_loss(run, fold, setting, seed))))
            try:
                for arm in missing:
                    _write_all(arm, fold, setting, seed, run, place, tell, opener)
            finally:
                forget_untuned(run)
            if not given:
                # weights are large, and all that was wanted of them is written
                shutil.rmtree(run.adapter, ignore_errors=True)
                (run.folder / "model.gguf").unlink(missing_ok=True)
        told = json.loads(loss_file.read_text(encoding="utf-8"))
        losses.append(Loss(**{**told, "curve": tuple((int(s), float(v)) for s, v in told["curve"])}))
        outputs += [Output(**_read(_file(place, a, d.name, seed))) for a in arms for d in fold.test]
    return FoldResult(tuple(outputs), tuple(losses))


def finished(fold: Fold, setting: Setting, place: Path) -> bool:
    """Whether all that the fold gives lies in `place`."""
    wanted = [_loss_file(place, fold, seed) for seed in range(setting.seeds)]
    wanted += [_file(place, a, d.name, s) for s in range(setting.seeds) for a in _arms(setting, s) for d in fold.test]
    return all(path.is_file() for path in wanted)


def keep(result: FoldResult, fold: Fold, place: Path) -> None:
    """Put what a fold gave elsewhere into `place`, as if it had been made here."""
    for loss in result.losses:
        write_text(_loss_file(place, fold, loss.seed), json.dumps(asdict(loss)))
    for o in result.outputs:
        write_text(_file(place, o.arm, o.document, o.seed), json.dumps(asdict(o), ensure_ascii=False))


def _arms(setting: Setting, seed: int) -> list[Arm]:
    return [a for a in setting.arms if a == "tuned" or seed == 0]  # the base has no seed


def _loss_file(place: Path, fold: Fold, seed: int) -> Path:
    return place / "losses" / f"fold-{fold.number}-seed-{seed}.json"


def refuse_known(run: Run, documents: Sequence[Document]) -> None:
    """Raise InputError where a document to test on is one that the run learned from, whatever its name is now."""
    known = {sha: name for name, sha in run.story["data"]["train"].items()}
    names = set(run.story["data"]["train"])
    found = [f"{d.name}: learned from as {known[d.sha256]}" for d in documents if d.sha256 in known]
    found += [
        f"{d.name}: a project of this name was learned from, perhaps an earlier version of it"
        for d in documents
        if d.sha256 not in known and d.name in names
    ]
    if found:
        raise InputError(f"The run {run.name} has seen these projects; a test on them would prove nothing:", found)


def trained(fold: Fold, setting: Setting, seed: int, name: str, runs: Path, tell: Tell) -> Run:
    """The fold's run of that name: finished already, gone on with, or trained now."""
    from plansmith.tuning.train import train

    if (runs / name / "run.json").is_file():
        return open_run(name, runs)
    resume = (runs / name / BEGUN).is_file()
    tell(f"fold {fold.number}, seed {seed}: tuning on {len(fold.train)} projects{', going on' if resume else ''}")
    last = [0.0]

    def watch(progress: Any) -> None:
        if progress.held_out is None and progress.left is not None and time.monotonic() - last[0] > 20:
            last[0] = time.monotonic()
            tell(f"  step {progress.step}/{progress.steps}, {progress.left / 60:.0f} min left of this training")

    # one measurement, at the end of an epoch: choosing among several by the projects that are tested on would flatter
    overrides = Overrides(**{**setting.recipe, "seed": seed, "measure": 1, "patience": 0})
    parts = Split(fold.train, fold.test, seed, fold.archive)
    return train(_archive(fold), parts, setting.base, overrides, name, runs, watch, resume)


def _archive(fold: Fold) -> Any:
    from plansmith.sources.archive import Archive

    return Archive(Path("."), tuple(sorted((*fold.train, *fold.test), key=lambda d: d.name)))


def _loss(run: Run, fold: Fold, setting: Setting, seed: int) -> Loss:
    learned = [m.content for d in fold.test for talk in prompts.conversations(d.brief, d.plan or d.plan_text)
               for m in talk if m.learn]  # fmt: skip
    result = run.story["result"]
    curve = tuple(zip(result["held_out_steps"], result["held_out_loss"], strict=True))
    return Loss(
        fold.number, seed, result["held_out_loss"][0], run.best_loss, _learned_tokens(fold.test, setting.base),
        sum(len(text.encode()) for text in learned), curve, result["training_seconds"],
    )  # fmt: skip


def _learned_tokens(documents: Sequence[Document], base: Base) -> int:
    from plansmith.tuning.load import load_tokenizer
    from plansmith.tuning.train import training_rows

    return sum(row.supervised for row in training_rows(documents, load_tokenizer(base), base))


def _write_all(
    arm: Arm, fold: Fold, setting: Setting, seed: int, run: Run, place: Path, tell: Tell, opener: Opener
) -> None:
    engine = opener(arm, setting.base, run, fold.train)
    try:
        for document in fold.test:
            target = _file(place, arm, document.name, seed)
            if not target.is_file():
                output = write_one(arm, document, fold.number, seed, engine, run)
                tell(f"fold {fold.number}: {document.name} by {arm}, {output.seconds:.0f} s {output.failed}")
                write_text(target, json.dumps(asdict(output), ensure_ascii=False))
    finally:
        engine.close()


def write_one(arm: Arm, document: Document, fold: int, seed: int, engine: Engine, run: Run) -> Output:
    """One plan by one arm; all arms have the same past tasks, steps, grammars and checks."""
    from plansmith.writing.write import write_plan

    began = time.perf_counter()
    try:
        if document.plan is None:
            from plansmith.writing.whole import write_whole

            text = write_whole(document.brief, engine, prompts.SYSTEM).text
            return Output(arm, document.name, fold, seed, text, True, time.perf_counter() - began)
        written = write_plan(document.brief, engine, run.past_tasks(), run.client_words())
    except PlansmithError as error:
        return Output(arm, document.name, fold, seed, "", document.plan is None, failed=str(error))
    facts = {
        "requirements": len(written.plan.requirements),
        "quoted": written.quoted,
        "answers": sum("answer" in entry for entry in written.log),
        # several parts of one answer may be rejected: it counts once
        "rejected": sum("answer" in a and "note" in b for a, b in pairwise(written.log)),
    }
    plan = written.plan.model_dump_json()
    return Output(arm, document.name, fold, seed, plan, False, time.perf_counter() - began, facts)


def _file(place: Path, arm: Arm, document: str, seed: int) -> Path:
    return place / "plans" / f"{arm}-{seed}" / f"{document}.json"


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is damaged ({error}). Delete it; it is written again.") from error
