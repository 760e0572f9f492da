"""What the commands that write share: the options that name a model, opening it, reading a brief, keeping the log.

Enters: --run, --base or --engine as given. Leaves: an opened engine and its run, or an error that says what to do.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable

    from plansmith.plan import Brief
    from plansmith.prompts import Wording
    from plansmith.tuning.runs import Run
    from plansmith.writing.engine import Engine
    from plansmith.writing.write import Event, Written

RunName = Annotated[
    str, Parameter(name="--run", help="Name of a tuned model (see: plansmith runs); by default the newest.")
]
Runs = Annotated[Path, Parameter(help="Folder of the runs.")]
Url = Annotated[
    str,
    Parameter(
        name="--engine",
        help="Address of an OpenAI-compatible server (llama.cpp, vLLM, Ollama) that writes instead of this machine; "
        "its key, if it wants one, from PLANSMITH_API_KEY.",
    ),
]
ServedModel = Annotated[
    str, Parameter(name="--engine-model", help="Name of the model on that server, if it has several.")
]
STEP_SLOTS, STEP_CONTEXT = 8, 24_576


def open_engine(
    run: str, base: str, runs: Path, slots: int, context: int, url: str = "", served: str = "", jobs: int = 1
) -> tuple[Engine, Run | None]:
    """The engine of a run (the newest by default), of an untuned base, or a server. Nothing imports torch for a GGUF.

    With a server, a named run lends its past tasks, and the server is taken to serve what that run has tuned.
    """
    from plansmith.errors import InputError, MissingError
    from plansmith.tuning.bases import FORMS, find_base
    from plansmith.tuning.runs import list_runs, open_run
    from plansmith.writing.engine import LlamaEngine, TransformersEngine

    if run and base:
        raise InputError("Give --run or --base, not both.")
    if url:
        from plansmith.writing.server import ServerEngine

        lent = open_run(run, runs) if run else None
        return ServerEngine(url, served, min(slots * jobs, 256), explain=lent is None), lent
    if not base:
        known = list_runs(runs)
        if not run and not known:
            raise MissingError(
                f"There is no tuned model in {runs}/ yet. Make one with: plansmith train ARCHIVE, or write with --base smollm2-135m"
            )
        opened = open_run(run or known[-1], runs)
        if opened.gguf:
            return LlamaEngine(opened.gguf, FORMS[opened.story["base"]["chat"]], slots, context), opened
        return TransformersEngine(
            find_base(opened.story["base"].get("source") or opened.story["base"]["name"]), opened.adapter
        ), opened
    chosen = find_base(base)
    if chosen.gguf:
        return LlamaEngine(Path(chosen.source), chosen.chat, slots, context), None
    return TransformersEngine(chosen), None


def write_with(
    text: Brief, model: tuple[Engine, Run | None], title: str, say: Wording | str, watch: Callable[[Event], None]
) -> Written:
    """Write a plan with an opened engine and what its run knows of past projects."""
    from dataclasses import replace

    from plansmith import prompts
    from plansmith.writing.write import write_plan

    engine, run = model
    say = replace(prompts.WORDING, system=say or prompts.SYSTEM) if isinstance(say, str) else say
    past, foreign, copied = (run.past_tasks(), run.client_words(), run.copied_marks()) if run else ([], [], [])
    return write_plan(
        text,
        engine,
        past,
        foreign,
        title.replace("-", " ").replace("_", " "),
        say,
        watch,
        copied,
    )


def writes_whole(run: str, base: str, runs: Path) -> bool:
    """Whether the run that will write has learned from more plans in the team's own form than in ours."""
    from plansmith.tuning.runs import list_runs, open_run

    if base or not (run or list_runs(runs)):
        return False
    data = open_run(run or list_runs(runs)[-1], runs).story["data"]
    return bool(data.get("whole", 0) * 2 > len(data["train"]))


def told(brief: Path) -> str:
    """The brief's text; what was not taken from its file is said on standard error."""
    from plansmith.cli.console import console
    from plansmith.sources.read import read_document

    source = read_document(brief)
    for note in source.notes:
        console(stderr=True).print(f"Note: {note}", markup=False)
    return source.text


def form_of(output: Path | None, force: bool) -> str:
    from plansmith.errors import InputError

    if output is None:
        return ".md"
    if output.suffix not in (".md", ".json"):
        raise InputError(f"{output}: a plan is written as .md or .json; {output.suffix or 'no suffix'} is neither.")
    if output.exists() and not force:
        raise InputError(f"{output} exists already and is not overwritten. Choose another name, or add --force.")
    return output.suffix


def write_log(written: Written, target: Path) -> None:
    """What was asked, answered and rejected, a JSON line each."""
    from plansmith.files import write_text

    write_text(target, "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in written.log))


def print_at_once(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
