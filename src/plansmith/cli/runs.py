"""Commands about runs: list them, compare two, draw one's report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

Folder = Annotated[Path, Parameter(name="--runs", help="Folder of the runs.")]
Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON, for programs.")]

runs = App(
    name="runs",
    help="List the tuned models, compare two of them, or draw one's report. Example: plansmith runs compare first second",
)


@runs.default
def list_all(*, folder: Folder = Path("runs"), as_json: Json = False) -> None:
    """List the tuned models with their base, data and held-out loss, and what was begun and not finished.

    Example: plansmith runs
    """
    from plansmith.cli.show import print_runs
    from plansmith.tuning.runs import list_runs, list_unfinished, open_run

    found, unfinished = [open_run(name, folder) for name in list_runs(folder)], list_unfinished(folder)
    if as_json:
        rows = [{"run": run.name, **run.story} for run in found] + [{"run": n, "unfinished": True} for n in unfinished]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        print_runs(found, unfinished, folder)


@runs.command
def compare(one: str, other: str, *, folder: Folder = Path("runs"), as_json: Json = False) -> None:
    """Show two runs side by side: what was learned from, with which settings, and what came of it.

    Held-out losses are set against each other only where both runs held out the same projects.
    Example: plansmith runs compare first second

    Parameters
    ----------
    one
        Name of a run.
    other
        Name of the run to compare it with.
    """
    from plansmith.cli.show import print_comparison
    from plansmith.tuning.compare import compared
    from plansmith.tuning.runs import open_run

    found = compared(open_run(one, folder), open_run(other, folder))
    if as_json:
        print(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
    else:
        print_comparison(found)


@runs.command
def report(
    name: str,
    *,
    output: Annotated[Path | None, Parameter(name=("-o", "--output"), help="HTML file; by default in the run.")] = None,
    folder: Folder = Path("runs"),
    as_json: Json = False,
) -> None:
    """Write a page about one run: loss curves, settings, data and versions, in one HTML file that needs no network.

    Example: plansmith runs report first -o first.html

    Parameters
    ----------
    name
        Name of the run.
    """
    from plansmith.cli.console import console
    from plansmith.files import write_text
    from plansmith.tuning.report import report_page
    from plansmith.tuning.runs import open_run

    run = open_run(name, folder)
    target = output or run.folder / "report.html"
    write_text(target, report_page(run))
    told: dict[str, Any] = {"run": name, "report": str(target)}
    if as_json:
        print(json.dumps(told))
    else:
        console().print(f"Written: [bold]{target}[/]")
