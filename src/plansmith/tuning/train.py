"""A run, from archive to folder: rows, training, GGUF, and the whole story of it.

Enters: an archive's split, a base and settings. Leaves: a run folder with adapter, GGUF, losses and run.json. Until it is
finished the folder holds training.json and checkpoints instead of run.json, and `resume` goes on from there.
Try: plansmith train examples/archive --name first
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, ResourceError, StoppedError
from plansmith.files import need_space, write_text
from plansmith.prompts import conversations
from plansmith.sources.archive import Archive, Document
from plansmith.sources.freeplans.readout import free_tasks, read_out
from plansmith.sources.pasttasks import PastTask, past_tasks
from plansmith.sources.split import Split
from plansmith.tuning import checkpoint
from plansmith.tuning.bases import BASES, Base
from plansmith.tuning.forecast import allocated, fitted, forecast, shape_of
from plansmith.tuning.gguf import write_gguf
from plansmith.tuning.load import load_tokenizer, versions
from plansmith.tuning.loop import SAVE_EVERY, Progress, Watch, fit
from plansmith.tuning.recipe import Overrides, Recipe, given, resolve
from plansmith.tuning.rows import Row, encode_all
from plansmith.tuning.runs import (
    Run,
    check_name,
    client_words,
    finish,
    opened_alone,
    started,
    write_client_words,
    write_copied_marks,
    write_past_tasks,
)
from plansmith.tuning.stop import Stop


def train(
    archive: Archive,
    parts: Split,
    base: Base,
    overrides: Overrides | None,
    name: str,
    runs: Path,
    watch: Watch,
    resume: bool = False,
    save_every: float = SAVE_EVERY,
    track: str = "",
) -> Run:
    """Tune `base` on the split's train documents and write the finished run.

    With `resume`, go on with the unfinished run of that name, by its own recipe. What was learned when training is
    stopped or fails stays in the run's checkpoints; a run that has learned nothing yet leaves nothing behind.
    Raises ResourceError for too little disk or memory and for a training that diverges, StoppedError for a signal,
    InputError for a taken name, another archive than the one begun with, rows over the context or without a label.
    """
    from plansmith.tuning.machine import release, this_machine

    folder = check_name(name, runs, resume)
    need_space(runs, 60 + 40e-9 * 1e3 * base.parameters if not base.gguf else 400, f"the run {folder}")
    main = os.environ.get("RANK", "0") == "0"
    with Stop() as stop, opened_alone(folder) if main else nullcontext():
        try:
            watch(Progress("load"))
            tokenizer = load_tokenizer(base)
            rows = training_rows(parts.train, tokenizer, base)
            held_out = training_rows(parts.test, tokenizer, base)
            del tokenizer
            machine = this_machine()
            recipe = resolve(base, overrides, len(rows), machine)
            recipe = fitted(shape_of(base), recipe, [*rows, *held_out], machine, given(overrides))
            begun = {
                "base": base.name,
                "recipe": recipe.as_dict(),
                "data": archive.sha256,
                "split": parts.as_dict(),
            }
            recipe = _same_training(started(folder, begun), begun, overrides, name)
            stop.check()
            log = (
                _Log(folder / "metrics.jsonl", watch, checkpoint.newest_step(folder / "checkpoints")) if main else _mute
            )
            peak = allocated(base, recipe, [*rows, *held_out], machine)
            result = fit(base, recipe, rows, held_out, folder, log, stop.check, save_every, track, peak)
            release()
            expected = forecast(base, recipe, [*rows, *held_out], machine)
            story = _story(archive, parts, base, recipe, rows, result | {"forecast": expected and expected.as_dict()})
            if not main:
                return Run(folder, story)
            if base.gguf:
                watch(Progress("gguf"))
                weights = weights_trained_against(base, recipe)
                write_gguf(
                    Path(base.source), folder / "adapter", folder / "model.gguf", f"{base.name} tuned: {name}", weights
                )
            write_past_tasks(_past_tasks(parts.train), folder)
            texts = ((d.brief.text, d.plan_text, d.plan.language if d.plan else d.brief.language) for d in parts.train)
            write_client_words(client_words(texts), folder)
            write_copied_marks((d.plan_text for d in parts.train), folder)
            write_text(folder / "recipe.yaml", _as_yaml(recipe))
            return finish(folder, story)
        except BaseException as error:
            if main and not checkpoint.newest_step(folder / "checkpoints"):
                shutil.rmtree(folder, ignore_errors=True)
                raise
            raise _with_the_way_on(error, name, runs, folder) from error
    raise AssertionError("unreachable")


def training_rows(documents: Sequence[Document], tokenizer: Any, base: Base) -> list[Row]:
    """The token rows of every conversation of the documents, in the base's chat form."""
    pairs = ((d.name, c) for d in documents for c in conversations(d.brief, d.plan or d.plan_text))
    rows = encode_all(pairs, tokenizer, base.chat, base.context)
    if mute := [f"{row.document}: a row of {len(row)} tokens" for row in rows if not row.supervised]:
        raise InputError("Rows with nothing to learn in them would only blur the loss:", mute)
    return rows


def _mute(_: Progress) -> None:
    """The log of a process that is not the main one."""


def _past_tasks(documents: Sequence[Document]) -> list[PastTask]:
    """The tasks of all plans with what they took, whatever their form."""
    typed = past_tasks((d.name, d.plan) for d in documents if d.plan)
    return typed + [task for d in documents if not d.plan for task in free_tasks(read_out(d.plan_text), d.name)]


class _Log:
    """metrics.jsonl, and whoever watches. What was logged after `step`, from where training goes on, is dropped."""

    def __init__(self, path: Path, watch: Watch, step: int) -> None:
        self.path, self.watch = path, watch
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()
            write_text(path, "".join(f"{line}\n" for line in lines if json.loads(line).get("step", 0) <= step))

    def __call__(self, progress: Progress) -> None:
        if progress.loss is not None or progress.held_out is not None:
            line = {k: v for k, v in asdict(progress).items() if v not in (None, "") and k != "left"}
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        self.watch(progress)


def _same_training(known: dict[str, Any], now: dict[str, Any], overrides: Overrides | None, name: str) -> Recipe:
    """The recipe of the run as it was begun; raises InputError where something else is asked for now."""
    wanted = {**known["recipe"], **given(overrides)}
    changed = [
        f"{key}: {known['recipe'][key]} then, {value} now"
        for key, value in wanted.items()
        if value != known["recipe"][key]
    ]
    changed += [
        f"{what}: not the one that the run was begun with"
        for what in ("base", "data", "split")
        if known[what] != now[what]
    ]
    if changed:
        raise InputError(f"The run {name} was begun otherwise; it can only go on as it was begun.", changed)
    return Recipe(**known["recipe"])


def weights_trained_against(base: Base, recipe: Recipe) -> dict[str, Any] | None:
    """The weights that a 4-bit training saw, which the adapter has to be merged into; None for the base's own."""
    if recipe.quantization == "none":
        return None
    from plansmith.tuning.load import load_model
    from plansmith.tuning.nf4 import dequantised

    return {name: weight.cpu().numpy() for name, weight in dequantised(load_model(base, recipe)).items()}


def _with_the_way_on(error: BaseException, name: str, runs: Path, folder: Path) -> BaseException:
    """The error, saying that nothing is lost and how to go on."""
    step = checkpoint.newest_step(folder / "checkpoints")
    where = "" if runs == Path("runs") else f" --runs {runs}"
    on = f"The state after step {step} is kept in {folder}."
    if isinstance(error, StoppedError):
        again = f"Go on with the same command and --name {name}{where} --resume."
        return StoppedError(error.signal, f"Stopped. {on} {again}")
    if isinstance(error, ResourceError):
        return ResourceError(f"{error.message} {on}", error.problems)
    if isinstance(error, MemoryError | RuntimeError) and _out_of_memory(error):
        return ResourceError(f"Out of memory. {on} Train anew with --checkpointing or a smaller --part-tokens.")
    return error


def _out_of_memory(error: BaseException) -> bool:
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "can't allocate" in text


def _as_yaml(recipe: Recipe) -> str:
    import yaml

    return (
        f"# Use again with: plansmith train ARCHIVE --recipe FILE\n{yaml.safe_dump(recipe.as_dict(), sort_keys=False)}"
    )


def _story(
    archive: Archive, parts: Split, base: Base, recipe: Recipe, rows: list[Row], result: dict[str, Any]
) -> dict[str, Any]:
    known = {b.name for b in BASES}
    return {
        "base": {
            "name": base.name,
            # a base of one's own is found again by its place
            **(
                {}
                if base.name in known
                else {"source": str(Path(base.source).absolute()) if Path(base.source).exists() else base.source}
            ),
            "licence": base.licence,
            "chat": base.chat.name,
        },
        "recipe": recipe.as_dict(),
        "data": {
            "sha256": archive.sha256,
            "seed": parts.seed,
            "train": {d.name: d.sha256 for d in parts.train},
            "test": {d.name: d.sha256 for d in parts.test},
            "whole": sum(not d.plan for d in parts.train),
            "rows": len(rows),
            "tokens": sum(map(len, rows)),
            "supervised": sum(row.supervised for row in rows),
        },
        "result": result,
        "versions": versions(),
    }
