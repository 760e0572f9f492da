"""Commands that learn: check, train, runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from plansmith.tuning.bases import DEFAULT
from plansmith.tuning.recipe import Overrides

Base = Annotated[
    str, Parameter(help="smollm2-135m, llama-2-7b, llama-2-13b, llama-2-70b, a Hub id (owner/name) or a folder.")
]
Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON, for programs.")]


def check(archive: Path, *, base: Base = DEFAULT, settings: Overrides | None = None, as_json: Json = False) -> None:
    """Show what would be trained on: per document the tokens of brief, plan and supervised, the split, the cost.

    Nothing is trained and nothing is written. Example: plansmith check examples/archive

    Parameters
    ----------
    archive
        Folder with one folder a project, each holding brief.md and plan.md.
    """
    from plansmith.cli.show import print_check
    from plansmith.sources.archive import read_archive
    from plansmith.sources.split import split
    from plansmith.tuning.bases import find_base
    from plansmith.tuning.preflight import preflight
    from plansmith.tuning.recipe import resolve

    chosen = find_base(base)
    seed = resolve(chosen, settings).seed
    found = preflight(split(read_archive(archive), seed), chosen, settings)
    if as_json:
        print(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
    else:
        print_check(found)


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
        archive, base, name or free_name(runs), runs, settings, test or [], training_progress, resume=resume
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
        return tune(documents, split(documents, seed, test), chosen, settings, name, runs, watch, resume)


def runs(
    *,
    folder: Annotated[Path, Parameter(name="--runs", help="Folder of the runs.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """List the tuned models with their base, data and held-out loss. Example: plansmith runs"""
    from plansmith.cli.show import print_runs
    from plansmith.tuning.runs import list_runs, open_run

    found = [open_run(name, folder) for name in list_runs(folder)]
    if as_json:
        print(json.dumps([{"run": run.name, **run.story} for run in found], indent=2, ensure_ascii=False))
    else:
        print_runs(found, folder)
