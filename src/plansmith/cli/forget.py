"""The command forget: a client leaves the archive, and the runs that learned from it say so."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def forget(
    client: str,
    *,
    archive: Annotated[Path, Parameter(help="Folder of the past projects.")],
    runs: Annotated[Path, Parameter(help="Folder of the runs.")] = Path("runs"),
    yes: Annotated[bool, Parameter(negative=(), help="Do not ask.")] = False,
    dry_run: Annotated[bool, Parameter(negative=(), help="Show what would go, and change nothing.")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON, for programs.")] = False,
) -> None:
    """Delete a client's projects from an archive and mark the runs that learned from them.

    Past tasks of the client leave those runs; what their weights learned goes only with the run itself.
    Example: plansmith forget "Acme" --archive archive --dry-run

    Parameters
    ----------
    client
        The client's name, or the name of one of its projects.
    """
    from plansmith.errors import InputError
    from plansmith.sources.forget import find_client, remove
    from plansmith.tuning.runs import list_runs, list_unfinished, mark_forgotten, open_run

    leaving = find_client(archive, client)
    documents = {project.name: project.sha256 for project in leaving}
    opened = [open_run(name, runs) for name in list_runs(runs)]
    touched = [run for run in opened if _knows(run.story.get("data", {}), documents)]
    unfinished = list_unfinished(runs)
    told = {
        "client": leaving[0].client,
        "projects": list(documents),
        "deleted": [str(path) for project in leaving for path in project.paths],
        "runs": [run.name for run in touched],
        "unfinished_runs": unfinished,
        "done": not dry_run,
    }
    if not as_json:
        _show(told, runs)
    if dry_run:
        if as_json:
            print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    if not yes:
        if as_json or not sys.stdin.isatty():
            raise InputError(
                "Deleting cannot be undone. Give --yes to do it without being asked, or --dry-run to look."
            )
        if input("Delete these for good? [y/N] ").strip().lower() not in ("y", "yes", "d", "da"):
            print("Nothing was changed.")
            return
    # runs first: were this cut short, the client would still be found by the next call
    for run in touched:
        mark_forgotten(run, documents, dt.date.today().isoformat())
    remove(archive, leaving)
    print(json.dumps(told, indent=2, ensure_ascii=False) if as_json else f"{told['client']} is gone from {archive}.")


def _knows(data: dict[str, dict[str, str]], documents: dict[str, str]) -> bool:
    known = {**data.get("train", {}), **data.get("test", {})}
    return any(name in documents or sha in documents.values() for name, sha in known.items())


def _show(told: dict[str, object], runs: Path) -> None:
    from plansmith.cli.console import console

    out = console()
    out.print(f"Client: {told['client']}", markup=False)
    for key, title in (("deleted", "To be deleted"), ("runs", "Runs that know it, to be marked")):
        listed = told[key]
        assert isinstance(listed, list)
        out.print(f"{title}: {', '.join(listed) or 'none'}", markup=False)
    if told["runs"]:
        out.print(f"A run's weights keep what they learned; to be rid of that too, delete its folder in {runs}/.")
    if told["unfinished_runs"]:
        out.print(
            f"Unfinished runs in {runs}/ may know it as well; delete them: {told['unfinished_runs']}", markup=False
        )
