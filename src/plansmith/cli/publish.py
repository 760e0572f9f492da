"""Commands that hand a tuned model on and bring one back: publish, pull."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

if TYPE_CHECKING:
    from plansmith.tuning.publish import Export

Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON, for programs.")]
Runs = Annotated[Path, Parameter(help="Folder of the runs.")]


def publish(
    run: str,
    *,
    output: Annotated[
        Path | None, Parameter(name=("--output", "-o"), help="New folder to write; published/RUN if left out.")
    ] = None,
    forms: Annotated[
        str, Parameter(name="--as", help="What to write, with commas between: adapter, merged, gguf, ollama.")
    ] = "adapter,gguf,ollama",
    quant: Annotated[
        str,
        Parameter(help="Kinds of GGUF, with commas between: q8_0, f16, q6_k, q4_k_m, q4_0. Ollama takes the first."),
    ] = "q8_0",
    archive: Annotated[
        Path | None,
        Parameter(help="The archive: losses are compared on its held-out projects, and no text of it may go out."),
    ] = None,
    hub: Annotated[str, Parameter(help="Upload it to the Hub as this user/name; needs --archive.")] = "",
    public: Annotated[bool, Parameter(negative=(), help="Let everybody see it; private otherwise.")] = False,
    licence: Annotated[
        str, Parameter(help="Licence of a base that Plansmith does not know: apache-2.0, mit or llama2.")
    ] = "",
    licence_file: Annotated[Path | None, Parameter(help="The licence's text, where the base comes without it.")] = None,
    runs: Runs = Path("runs"),
    as_json: Json = False,
) -> None:
    """Hand a tuned model on: adapter, merged model, GGUF, Ollama; in a folder and, with --hub, on the Hugging Face Hub.

    Nothing is kept before it has passed a gate: the same prompts give the same tokens as in training, the held-out loss of merged
    model, F16 and Q8_0 is within 1 % of the adapter's, and llama.cpp answers. A second call takes what is there and sends what is missing.

    Example: plansmith publish first -o out --archive examples/archive --hub ana/first

    Parameters
    ----------
    run
        Name of the run (see: plansmith runs).
    """
    from plansmith.cli.console import console
    from plansmith.errors import InputError
    from plansmith.tuning.publish import documents_of
    from plansmith.tuning.publish import publish as publish_run
    from plansmith.tuning.runs import open_run

    opened = open_run(run, runs)
    given, terms = None, None
    if hub:
        from plansmith.tuning.publish_hub import check_before

        check_before(hub, opened.forgotten)
        if archive is None:
            raise InputError(
                "--hub needs --archive ARCHIVE: what is uploaded is checked for texts of the archive first."
            )
    if hub or licence or licence_file:
        from plansmith.tuning.bases import find_base
        from plansmith.tuning.licences import licence_for

        base = opened.story["base"]
        terms = licence_for(find_base(base.get("source") or base["name"]), licence, licence_file)
    if archive:
        from plansmith.sources.archive import read_archive

        given = read_archive(archive)
    train, test = documents_of(opened, given, all_needed=bool(hub))
    out = console(stderr=True)
    told = None if as_json else lambda line: out.print(f"  {line}", markup=False)
    export = publish_run(
        opened,
        output or Path("published") / run,
        _listed(forms),
        _listed(quant),
        test,
        told or (lambda line: None),
        terms,
    )
    done = None
    if hub and terms:
        from plansmith.tuning.publish_hub import upload

        if told:
            told(f"checking and uploading to {hub}")
        done = upload(export, hub, terms, [*train, *test], public)
    if as_json:
        from dataclasses import asdict

        print(json.dumps({**_as_dict(export), "hub": asdict(done) if done else None}, indent=2, ensure_ascii=False))
        return
    _print_export(export)
    if done:
        print(f"On the Hub, {'private' if done.private else 'public'}: {done.url} (commit {done.commit[:12]})")
        for note in done.notes:
            print(f"Note: {note}.")
    else:
        print("Nothing was uploaded. Try it: " + _first_use(export))


def pull(
    name: str,
    *,
    revision: Annotated[str, Parameter(help="Branch, tag or commit.")] = "",
    as_name: Annotated[str, Parameter(name="--as", help="Name of the run here; the model's own if left out.")] = "",
    quant: Annotated[str, Parameter(help="Which GGUF to take; by default q8_0 if there is one.")] = "",
    most_gb: Annotated[float, Parameter(help="Largest download, in GB (10^9 bytes).")] = 40.0,
    runs: Runs = Path("runs"),
    as_json: Json = False,
) -> None:
    """Bring a run that was published with Plansmith from the Hub, verify it, and make it usable here.

    Only safetensors and GGUF are loaded; nothing in the repository is run, and no path or id in it is followed.

    Example: plansmith pull ana/first && plansmith plan examples/brief.md --run first

    Parameters
    ----------
    name
        user/name of the model.
    """
    from plansmith.tuning.publish_pull import pull as pull_run

    done = pull_run(name, revision, runs, as_name, quant, most_gb)
    if as_json:
        told = {"run": done.folder.name, "folder": str(done.folder), "commit": done.commit, "gguf": done.gguf}
        print(json.dumps({**told, "left_aside": done.left_aside}, indent=2, ensure_ascii=False))
        return
    print(f"{done.folder}: verified, commit {done.commit}")
    if done.left_aside:
        print(f"Left on the Hub, since it is no part of a run: {', '.join(done.left_aside[:10])}.")
    where = "" if runs == Path("runs") else f" --runs {runs}"
    print("Hours are not drawn from past tasks, which are never published.")
    print(f"Write with it: plansmith plan BRIEF --run {done.folder.name}{where}")


def _listed(text: str) -> list[str]:
    return [part.strip().lower() for part in text.split(",") if part.strip()]


def _as_dict(export: Export) -> dict[str, Any]:
    return {
        "run": export.run.name,
        "folder": str(export.folder),
        "forms": export.forms,
        "kinds": export.kinds,
        "files": export.files,
        "parity": export.parity,
        "made_now": export.made_now,
    }


def _print_export(export: Export) -> None:
    from rich.table import Table

    from plansmith.cli.console import console

    out, parity = console(), export.parity
    source = (
        f"{parity['documents']} held-out projects" if parity["held_out"] else "sentences of our own (give --archive)"
    )
    state = "written" if export.made_now else "there already, whole"
    out.print(
        f"{export.folder}: {len(export.files)} files, {sum(export.files.values()) / 1e6:,.0f} MB, {state}", markup=False
    )
    out.print(
        f"{parity['prompts']} prompts spelled alike in {', '.join(parity['spelled_by'])}; losses over {parity['tokens']} "
        f"tokens of {source}:",
        markup=False,
    )
    table = Table(box=None, pad_edge=False)
    for column in ("form", "loss", "difference", "95 % interval", "bound"):
        table.add_column(column, justify="left" if column == "form" else "right")
    table.add_row("adapter", f"{parity['adapter_loss']:.4f}", "", "", "")
    for m in parity["measured"]:
        bound = f"{m['limit']:.0%}" if m["limit"] else "told only"
        table.add_row(
            m["form"], f"{m['loss']:.4f}", f"{m['difference']:+.2%}", f"{m['low']:+.2%} to {m['high']:+.2%}", bound
        )
    out.print(table)


def _first_use(export: Export) -> str:
    if "ollama" in export.forms:
        return f"cd {export.folder} && ollama create {export.run.name.lower()} -f Modelfile"
    if export.kinds:
        return f"llama-cli -m {export.folder}/gguf/model-{export.kinds[0]}.gguf"
    return f"see {export.folder}/README.md"
