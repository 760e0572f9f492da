"""Commands that learn: check, train, runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from plansmith.tuning.bases import DEFAULT
from plansmith.tuning.recipe import Overrides

Base = Annotated[
    str, Parameter(help="smollm2-135m, llama-2-7b, llama-2-13b, llama-2-70b, a Hub id (owner/name) or a folder.")
]
Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON, for programs.")]


def check(
    archive: Path,
    *,
    base: Base = DEFAULT,
    settings: Overrides | None = None,
    propose: Annotated[
        bool,
        Parameter(negative=(), help="Print an archive.yaml for files that only their contents tell apart, and end."),
    ] = False,
    accept_guess: Annotated[bool, Parameter(negative=(), help="Take such files as proposed.")] = False,
    redact: Annotated[
        Path | None, Parameter(help="Write a copy of the archive without personal data to this new folder, and end.")
    ] = None,
    runs: Annotated[Path, Parameter(help="Folder of the runs; the newest tells how the split changed.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """Show what would be trained on: per document the tokens of brief, plan and supervised, the split, the cost.

    Nothing is trained, and nothing is written but with --redact. Example: plansmith check examples/archive

    Parameters
    ----------
    archive
        Folder with one folder a project, each holding brief.md and plan.md.
    """
    from plansmith.cli.show import print_check
    from plansmith.sources.archive import read_archive
    from plansmith.sources.inspect import inspect, summary
    from plansmith.sources.split import split
    from plansmith.tuning.bases import find_base
    from plansmith.tuning.preflight import preflight
    from plansmith.tuning.recipe import resolve

    if propose:
        _propose(archive)
        return
    documents = read_archive(archive, accept_guess)
    if redact:
        _redact(documents, redact, as_json)
        return
    chosen = find_base(base)
    seed = resolve(chosen, settings).seed
    parts = split(documents, seed)
    found = preflight(parts, chosen, settings)
    inspections = [inspect(document) for document in documents.documents]
    notes = [*summary(inspections), *parts.notes, *_split_notes(parts, runs)]
    if documents.skipped:
        notes.append(f"{len(documents.skipped)} hidden, system or ignored files were skipped")
    if documents.unused:
        notes.append(f"{len(documents.unused)} files are neither brief nor plan: {', '.join(documents.unused[:5])}")
    if as_json:
        seen = [i.as_dict() for i in inspections]
        print(json.dumps({**found.as_dict(), "inspections": seen, "notes": notes}, indent=2, ensure_ascii=False))
    else:
        print_check(found)
        for note in notes:
            print(f"Note: {note}.")


def _propose(archive: Path) -> None:
    from plansmith.sources.archive import survey
    from plansmith.sources.layout import propose
    from plansmith.sources.mapping import write_names

    found = survey(archive)
    for guess in found.guesses:
        doubt = "" if guess.sure else ", which is uncertain: look at both"
        low, high = guess.signs
        print(
            f"# {guess.project.name}: {guess.project.brief.name} reads as a brief ({low:+.1f}), "
            f"{guess.project.plan.name} as a plan ({high:+.1f}){doubt}"
        )
    if found.guesses:
        print("# If this is right, put it into archive.yaml in the archive's folder.")
        print(write_names(propose(found)), end="")
    else:
        print("# Nothing to propose: every project's files are told by their names or by archive.yaml.")


def _redact(documents: Any, out: Path, as_json: bool) -> None:
    from plansmith.sources.redacted import write_redacted

    done = write_redacted(documents, out)
    if as_json:
        print(json.dumps(done.report(), indent=2, ensure_ascii=False))
        return
    counts = ", ".join(f"{number} of kind {kind}" for kind, number in done.placeholders.items()) or "none found"
    print(
        f"Written: {out}. Replaced by placeholders: {counts}. Read it before you pass it on: lists and cues miss some names."
    )
    for key, number in done.doubts.items():
        print(f"Look at {key}: {number} words that may be names were left.")


def _split_notes(parts: Any, runs: Path) -> list[str]:
    """How the split differs from that of the newest run that shares documents with it."""
    from plansmith.sources.split import changed
    from plansmith.tuning.runs import list_runs, open_run

    names = {d.name for d in (*parts.train, *parts.test)}
    for name in reversed(list_runs(runs)):
        data = open_run(name, runs).story.get("data", {})
        if names & {*data.get("train", {}), *data.get("test", {})}:
            change = changed(data, parts)
            told = (
                ("joined", change.joined),
                ("left", change.left),
                ("now learned from", change.to_train),
                ("now held out", change.to_test),
            )
            listed = "; ".join(f"{what}: {', '.join(which)}" for what, which in told if which)
            return [f"Since the run {name}, {listed}"] if listed else []
    return []


def train(
    archive: Path,
    *,
    base: Base = DEFAULT,
    name: Annotated[str, Parameter(help="Name of the run; by default run-1, run-2, …")] = "",
    test: Annotated[
        list[str] | None, Parameter(help="A project to hold out, by its folder's name; repeat for more.")
    ] = None,
    runs: Annotated[Path, Parameter(help="Folder of the runs.")] = Path("runs"),
    recipe: Annotated[
        Path | None,
        Parameter(help="YAML file of the settings below, such as runs/NAME/recipe.yaml; flags go before it."),
    ] = None,
    resume: Annotated[bool, Parameter(negative=(), help="Go on with the unfinished run --name.")] = False,
    track: Annotated[
        Literal["tensorboard", "trackio"] | None,
        Parameter(help="Log losses there too (its package must be installed)."),
    ] = None,
    settings: Overrides | None = None,
    as_json: Json = False,
) -> None:
    """Tune a model on an archive of past projects and write runs/NAME/: adapter, model, settings, split, losses.

    What is not set comes from the recipe of the base. Example: plansmith train examples/archive --name first --epochs 2

    Parameters
    ----------
    archive
        Folder with one folder a project, each holding brief.md and plan.md.
    """
    from plansmith.cli.show import print_run, training_progress
    from plansmith.tuning.recipe import layered, read_recipe
    from plansmith.tuning.runs import free_name

    if recipe:
        settings = layered(read_recipe(recipe), settings)
    run = train_run(
        archive, base, name or free_name(runs), runs, settings, test or [], training_progress, resume, track or ""
    )
    if as_json:
        print(json.dumps({"run": run.name, "folder": str(run.folder), **run.story}, indent=2, ensure_ascii=False))
    else:
        print_run(run)


def train_run(
    archive: Path,
    base: str,
    name: str,
    runs: Path,
    settings: Overrides | None,
    test: list[str],
    progress: Any,
    resume: bool = False,
    track: str = "",
) -> Any:
    """Read, split and train, under a progress display."""
    from plansmith.sources.archive import read_archive
    from plansmith.sources.split import split
    from plansmith.tuning.bases import find_base
    from plansmith.tuning.recipe import resolve
    from plansmith.tuning.runs import check_name
    from plansmith.tuning.train import train as tune

    check_name(name, runs, resume)
    chosen = find_base(base)
    seed = resolve(chosen, settings).seed  # refuses what is out of range before anything is read
    documents = read_archive(archive)
    with progress() as watch:
        return tune(documents, split(documents, seed, test), chosen, settings, name, runs, watch, resume, track=track)
