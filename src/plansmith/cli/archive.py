"""Commands about where past projects come from and go to: import, push-dataset.

Enters: a folder, a dataset file, or a dataset on the Hub. Leaves: an archive; or a dataset on the Hub.
Try: plansmith import data.jsonl -o archive --dry-run
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

if TYPE_CHECKING:
    from plansmith.sources.importing import Imported, Source, Watch

Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON, for programs.")]
_SHOWN = 30
"""Lines of refused rows that the terminal shows; --json has all."""


def import_(
    source: str,
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"), help="Folder of the archive; may exist.")],
    client_column: Annotated[str, Parameter(help="Column that says whose project a row is.")] = "",
    brief_column: Annotated[str, Parameter(help="Column with the client's text, if no form is recognised.")] = "",
    plan_column: Annotated[str, Parameter(help="Column with the plan, if no form is recognised.")] = "",
    revision: Annotated[str, Parameter(help="Hub: branch, tag or commit.")] = "",
    split: Annotated[str, Parameter(help="Hub: which split; by default the only one, or train.")] = "",
    config: Annotated[str, Parameter(help="Hub: which configuration.")] = "",
    accept_guess: Annotated[
        bool, Parameter(negative=(), help="Take briefs and plans that only their contents tell apart.")
    ] = False,
    dry_run: Annotated[bool, Parameter(negative=(), help="Show what would be imported; write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Turn past projects of any form into an archive: a folder a project, with brief.md, plan.md and provenance.json.

    Takes a folder of projects; a JSON Lines, JSON, CSV or Parquet file with brief/plan, prompt/completion, Alpaca,
    OpenAI or ShareGPT columns, or Llama-2 texts; or a dataset on the Hub (hub:owner/name), the only case that uses the
    network. What is there already is skipped, what differs is never overwritten, so an interrupted import is simply
    started again. Exit code 2 if something was refused; the rest is kept.
    Example: plansmith import data.jsonl -o archive --client-column customer

    Parameters
    ----------
    source
        A folder, a dataset file, or hub:owner/name (hub:owner/name@revision).
    """
    from plansmith.errors import InputError, StoppedError
    from plansmith.sources.columns import Wanted
    from plansmith.sources.hub import hub_id, read_hub
    from plansmith.sources.importing import import_source, open_source, table_source

    wanted = Wanted(client_column, brief_column, plan_column)
    named = hub_id(source)
    if named:
        got = read_hub(named, revision, split, config, wanted)
        found = table_source([(got.table, named.id.split("/")[-1], got.date, got.commit)])
    elif revision or split or config:
        raise InputError(f"--revision, --split and --config are for the Hub; write hub:{source} if it is there.")
    else:
        path = Path(source)
        _refuse_nested(path, output)
        found = open_source(path, wanted, accept_guess)
    if not as_json:
        _print_source(found)
    try:
        with _progress(len(found.items), as_json) as watch:
            done = import_source(found, output, dry_run, watch)
    except KeyboardInterrupt as stop:
        told = "Interrupted. What is imported is whole; the same command goes on from there."
        raise StoppedError(signal.SIGINT, "Interrupted." if dry_run else told) from stop
    if as_json:
        report = {"dry_run": dry_run, "tables": [t.as_dict() for t in found.tables], **done.as_dict()}
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _print_imported(done, dry_run)
    if done.refused:
        sys.stdout.flush()
        sys.exit(2)


def push_dataset(
    archive: Path,
    name: str,
    *,
    public: Annotated[bool, Parameter(negative=(), help="Let everybody see it; private otherwise.")] = False,
    allow_personal_data: Annotated[
        bool, Parameter(negative=(), help="Publish although names, addresses or numbers of people are in it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Publish an archive as a dataset on the Hugging Face Hub: private, with a card, in one commit.

    Refused while the archive holds personal data. The token comes from HF_TOKEN.
    Example: plansmith push-dataset archive ana/our-projects

    Parameters
    ----------
    archive
        Folder with one folder a project.
    name
        user/name of the dataset.
    """
    from dataclasses import asdict

    from plansmith.sources.archive import read_archive
    from plansmith.sources.pushing import push_archive

    pushed = push_archive(read_archive(archive), name, public, allow_personal_data)
    if as_json:
        print(json.dumps(asdict(pushed), ensure_ascii=False, indent=2))
        return
    print(f"{pushed.documents} projects published, {'private' if pushed.private else 'public'}: {pushed.url}")
    print(f"Commit {pushed.commit}")
    for note in pushed.notes:
        print(f"Note: {note}.")


def _refuse_nested(source: Path, output: Path) -> None:
    from plansmith.errors import InputError

    if source.is_dir() and output.resolve().is_relative_to(source.resolve()):
        raise InputError(f"{output} lies in {source}, which is read; choose a folder outside it.")


def _print_source(found: Source) -> None:
    """What was recognised, before it is used."""
    from plansmith.cli.console import console

    out = console()
    if not found.tables:
        out.print(f"{found.what}: {len(found.items)} projects", markup=False)
    for table in found.tables:
        told: dict[str, Any] = table.as_dict()
        rows = f"{table.count} row{'s' * (table.count != 1)}, {len(table.pairs)} to be used"
        out.print(f"{table.source}: {table.kind}, {rows}", markup=False)
        out.print(f"  read as  {table.form.name}; columns: {', '.join(table.columns)}", markup=False)
        out.print(f"  brief    {told['first']['brief']}", markup=False)
        out.print(f"  plan     {told['first']['plan']}", markup=False)
        for note in table.notes:
            out.print(f"  note     {note}", markup=False)


def _print_imported(done: Imported, dry_run: bool) -> None:
    from plansmith.cli.console import console

    out = console()
    total = len(done.written) + len(done.there)
    would = "would be " if dry_run else ""
    out.print(
        f"{done.folder}: {len(done.written)} project{'s' * (len(done.written) != 1)} {would}written, "
        f"{len(done.there)} there already; of {total} plans {done.ours} in Plansmith's form, "
        f"{total - done.ours} in the team's own.",
        markup=False,
    )
    for note in done.notes[:_SHOWN]:
        out.print(f"Note: {note}.", markup=False)
    if done.refused:
        out.print(f"{len(done.refused)} refused, the rest is kept:", markup=False)
        for line in done.refused[:_SHOWN]:
            out.print(f"  - {line}", markup=False)
        if len(done.refused) > _SHOWN:
            out.print(f"  … and {len(done.refused) - _SHOWN} more; --json lists all", markup=False)


@contextmanager
def _progress(total: int, quiet: bool) -> Iterator[Watch]:
    """A bar with the time left; without a terminal a line every ten seconds."""
    from plansmith.cli.console import console
    from plansmith.cli.show import clock

    out = console(stderr=True)
    if quiet or not out.is_terminal:
        begun = told = time.monotonic()

        def line(done: int, of: int, name: str) -> None:
            nonlocal told
            now = time.monotonic()
            if not quiet and now - told >= 10:
                told = now
                left = (now - begun) / done * (of - done)
                out.print(f"  {done}/{of} projects · {clock(left)} left", markup=False)

        yield line
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("importing"), BarColumn(30), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("left"))
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda done, of, name: bar.update(task, completed=done)
