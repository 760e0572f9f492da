"""Commands that write: plan, ask."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable

    from plansmith.plan import Brief
    from plansmith.tuning.runs import Run
    from plansmith.writing.engine import Engine
    from plansmith.writing.write import Event, Written

RunName = Annotated[
    str, Parameter(name="--run", help="Name of a tuned model (see: plansmith runs); by default the newest.")
]
Runs = Annotated[Path, Parameter(help="Folder of the runs.")]
STEP_SLOTS, STEP_CONTEXT = 8, 16_384


def plan(
    brief: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    *,
    run: RunName = "",
    base: Annotated[str, Parameter(help="Write with this untuned base instead of a run.")] = "",
    output: Annotated[
        Path | None,
        Parameter(name=("--output", "-o"), help="File to write; its suffix, .md or .json, decides the form."),
    ] = None,
    force: Annotated[bool, Parameter(negative=(), help="Replace the output file if it exists.")] = False,
    system: Annotated[str, Parameter(help="Another system prompt.")] = "",
    whole: Annotated[
        bool | None,
        Parameter(help="Write it with one prompt, in the team's own headings; by default as the run has learned."),
    ] = None,
    runs: Runs = Path("runs"),
    as_json: Annotated[
        bool, Parameter(name="--json", negative=(), help="Print the plan as JSON, for programs.")
    ] = False,
) -> None:
    """Write the development plan for a client's brief, in steps, each sentence traced.

    A run that learned from plans in the team's own form writes whole, in that form, and nothing of it is checked.

    Example: plansmith plan examples/brief.md -o plan.md

    Parameters
    ----------
    brief
        The client's text: .md, .txt, .docx, .odt, .pdf, .html or .eml, or - for standard input.
    """
    from plansmith.cli.show import print_plan, writing_progress
    from plansmith.plan import read_brief, render_json, render_plan

    form = _form(output, force)
    if _writes_whole(run, base, runs) if whole is None else whole:
        _plan_whole(brief, run, base, runs, system, output, as_json)
        return
    model = open_engine(run, base, runs, STEP_SLOTS, STEP_CONTEXT)
    try:
        text = read_brief(_told(brief))
        with writing_progress(quiet=as_json) as watch:
            written = write_with(text, model, "" if brief.stem in ("-", "brief") else brief.stem, system, watch)
    finally:
        model[0].close()
    if output:
        from plansmith.files import write_text

        write_text(output, render_json(written.plan) if form == ".json" else render_plan(written.plan))
        write_log(written, output.with_suffix(".log.jsonl"))
    if as_json:
        print(render_json(written.plan))
    elif output:
        print_plan(written, str(output))
    else:
        print(render_plan(written.plan))


def _told(brief: Path) -> str:
    """The brief's text; what was not taken from its file is said on standard error."""
    from plansmith.cli.console import console
    from plansmith.sources.read import read_document

    source = read_document(brief)
    for note in source.notes:
        console(stderr=True).print(f"Note: {note}", markup=False)
    return source.text


def _writes_whole(run: str, base: str, runs: Path) -> bool:
    """Whether the run that will write has learned from more plans in the team's own form than in ours."""
    from plansmith.tuning.runs import list_runs, open_run

    if base or not (run or list_runs(runs)):
        return False
    data = open_run(run or list_runs(runs)[-1], runs).story["data"]
    return bool(data.get("whole", 0) * 2 > len(data["train"]))


def _plan_whole(brief: Path, run: str, base: str, runs: Path, system: str, output: Path | None, as_json: bool) -> None:
    """Write one text under the team's own headings, streaming where it goes to the terminal."""
    from plansmith.cli.console import console
    from plansmith.errors import InputError
    from plansmith.files import write_text
    from plansmith.plan import read_brief
    from plansmith.writing.whole import write_whole

    if output and output.suffix == ".json":
        raise InputError(f"{output}: a plan in the team's own form is text; write it to a .md file.")
    text = read_brief(_told(brief))
    if not text.sentences:
        raise InputError(f"{brief} holds no sentence to plan.")
    engine, _ = open_engine(run, base, runs, 1, 8192)
    try:
        answer = write_whole(text, engine, system, None if as_json else _print_at_once)
    finally:
        engine.close()
    if output:
        write_text(output, answer.text.strip() + "\n")
    if as_json:
        print(
            json.dumps({"text": answer.text, "tokens": answer.tokens, "finished": answer.finished}, ensure_ascii=False)
        )
        return
    print()
    out = console(stderr=True)
    if not answer.finished:
        out.print("[yellow]The model did not come to an end; what it wrote was cut.[/]")
    out.print("[dim]Written whole, as the run has learned: nothing of it was checked against the brief.[/]")
    if output:
        out.print(f"Written: [bold]{output}[/]")


def write_log(written: Written, target: Path) -> None:
    """What was asked, answered and rejected, a JSON line each."""
    from plansmith.files import write_text

    write_text(target, "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in written.log))


def ask(
    prompt: Annotated[str, Parameter(allow_leading_hyphen=True)],
    *,
    system: Annotated[str, Parameter(help="System prompt.")] = "",
    run: RunName = "",
    base: Annotated[str, Parameter(help="Ask this untuned base instead of a run.")] = "",
    tokens: Annotated[int, Parameter(help="Most tokens to write [1 to 4096].")] = 400,
    temperature: Annotated[
        float, Parameter(help="0 takes the likeliest token each time; higher is freer [0 to 2].")
    ] = 0.0,
    seed: Annotated[int, Parameter(help="Seed of the sampling.")] = 0,
    runs: Runs = Path("runs"),
    as_json: Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON, for programs.")] = False,
) -> None:
    """Generate text for a prompt written by hand, streaming, with the newest run or an untuned base.

    Example: plansmith ask "Write a development plan for a bakery's web shop." --system "You are a project manager."

    Parameters
    ----------
    prompt
        What to ask; - reads it from standard input.
    """
    from plansmith import prompts
    from plansmith.errors import InputError
    from plansmith.sources.read import read_text
    from plansmith.tuning.bases import spell
    from plansmith.writing.engine import Request

    problems = [f"--tokens {tokens}: must be from 1 to 4096"] if not 1 <= tokens <= 4096 else []
    problems += [f"--temperature {temperature}: must be from 0 to 2"] if not 0 <= temperature <= 2 else []
    text = read_text(Path("-")) if prompt == "-" else prompt
    problems += ["the prompt is empty"] if not text.strip() else []
    if problems:
        raise InputError("This cannot be asked:", problems)
    engine, _ = open_engine(run, base, runs, 1, 8192)
    try:
        messages = [prompts.system(system or prompts.SYSTEM), prompts.Message("user", text)]
        request = Request(spell(messages, engine.chat, True)[0], "", tokens, temperature, 1.1, seed)
        answer = engine.complete(request, None if as_json else _print_at_once)
    finally:
        engine.close()
    if as_json:
        print(
            json.dumps({"text": answer.text, "tokens": answer.tokens, "finished": answer.finished}, ensure_ascii=False)
        )
    else:
        print()


def _print_at_once(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def open_engine(run: str, base: str, runs: Path, slots: int, context: int) -> tuple[Engine, Run | None]:
    """The engine of a run (the newest by default) or, if named, of an untuned base. Nothing imports torch for a GGUF."""
    from plansmith.errors import InputError, MissingError
    from plansmith.tuning.bases import FORMS, find_base
    from plansmith.tuning.runs import list_runs, open_run
    from plansmith.writing.engine import LlamaEngine, TransformersEngine

    if run and base:
        raise InputError("Give --run or --base, not both.")
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
    text: Brief, model: tuple[Engine, Run | None], title: str, system: str, watch: Callable[[Event], None]
) -> Written:
    """Write a plan with an opened engine and what its run knows of past projects."""
    from dataclasses import replace

    from plansmith import prompts
    from plansmith.writing.write import write_plan

    engine, run = model
    past, foreign = (run.past_tasks(), run.client_words()) if run else ([], [])
    return write_plan(
        text, engine, past, foreign, title.replace("-", " ").replace("_", " "), replace(prompts.WORDING, system=system or prompts.SYSTEM), watch
    )


def _form(output: Path | None, force: bool) -> str:
    from plansmith.errors import InputError

    if output is None:
        return ".md"
    if output.suffix not in (".md", ".json"):
        raise InputError(f"{output}: a plan is written as .md or .json; {output.suffix or 'no suffix'} is neither.")
    if output.exists() and not force:
        raise InputError(f"{output} exists already and is not overwritten. Choose another name, or add --force.")
    return output.suffix
