"""The command that plans: one brief or many, in steps or whole.

Enters: briefs and a model. Leaves: plans and their logs as files, or one on standard output.
Try: plansmith plan examples/brief.md --base smollm2-135m
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from plansmith.cli.engines import (
    STEP_CONTEXT,
    STEP_SLOTS,
    RunName,
    Runs,
    ServedModel,
    Url,
    form_of,
    open_engine,
    print_at_once,
    told,
    write_log,
    write_with,
    writes_whole,
)

if TYPE_CHECKING:
    from plansmith.prompts import Wording
    from plansmith.tuning.runs import Run
    from plansmith.writing.engine import Engine


def plan(
    brief: Annotated[list[Path], Parameter(allow_leading_hyphen=True, negative=())],
    /,
    *,
    run: RunName = "",
    base: Annotated[str, Parameter(help="Write with this untuned base instead of a run.")] = "",
    engine: Url = "",
    engine_model: ServedModel = "",
    output: Annotated[
        Path | None,
        Parameter(
            name=("--output", "-o"),
            help="File to write; its suffix, .md or .json, decides the form. For several briefs, a folder.",
        ),
    ] = None,
    jobs: Annotated[int, Parameter(help="Briefs that are planned at once [1 to 64].")] = 1,
    resume: Annotated[
        bool, Parameter(negative=(), help="Go on with what an interrupted call has begun, keep what it has finished.")
    ] = False,
    force: Annotated[bool, Parameter(negative=(), help="Replace the output file if it exists.")] = False,
    system: Annotated[str, Parameter(help="Another system prompt.")] = "",
    prompts: Annotated[
        Path | None, Parameter(help="Your own words for the steps: a YAML file (docs/how-it-works.md).")
    ] = None,
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

    A run that learned from plans in the team's own form writes whole, in that form; what
    the checks find in it is listed.

    Example: plansmith plan examples/brief.md -o plan.md

    Example: plansmith plan briefs/*.md -o plans --jobs 4 --engine http://127.0.0.1:8080/v1

    Parameters
    ----------
    brief
        The client's text: .md, .txt, .docx, .odt, .pdf, .html or .eml, or - for standard input. Several at once
        become several plans.
    """
    import sys
    from contextlib import nullcontext

    _check(brief, engine, engine_model, base, jobs, resume, output)
    if sys.stderr.isatty() and not as_json:  # what is imported next takes a second
        print(f"Reading {brief[0]}{' and others' if len(brief) > 1 else ''} …", file=sys.stderr, flush=True)

    from plansmith.cli.notices import note_language
    from plansmith.cli.show import print_plan, writing_progress
    from plansmith.plan import read_brief, render_json, render_plan
    from plansmith.writing.steplog import check_begun, remembering
    from plansmith.writing.wording import read_wording

    say = read_wording(prompts, system)
    in_one = writes_whole(run, "server" if engine and not run else base, runs) if whole is None else whole
    if len(brief) > 1 or (output and (output.is_dir() or not output.suffix)):
        _plan_several(brief, run, base, runs, say, output, in_one, engine, engine_model, jobs, resume, force, as_json)
        return
    (brief_path,) = brief
    form = form_of(output, force)
    if in_one:
        _plan_whole(brief_path, run, base, runs, say, output, as_json, engine, engine_model)
        return
    if output:
        check_begun(output, resume, force)
    model = open_engine(run, base, runs, STEP_SLOTS, STEP_CONTEXT, engine, engine_model)
    try:
        text = read_brief(told(brief_path))
        note_language(text, model[1], base, engine)
        steps = remembering(model[0], output, resume, force) if output else nullcontext(model[0])
        with writing_progress(quiet=as_json) as watch, steps as asked:
            written = write_with(text, (asked, model[1]), _title(brief_path), say, watch)
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


def _check(
    briefs: list[Path], engine: str, engine_model: str, base: str, jobs: int, resume: bool, output: Path | None
) -> None:
    """Raise InputError naming every option that cannot be used as given."""
    from plansmith.errors import InputError

    problems = [
        f"{brief} is no option of plan." for brief in briefs if str(brief).startswith("-") and str(brief) != "-"
    ]
    problems += [] if 1 <= jobs <= 64 else [f"--jobs {jobs}: must be from 1 to 64"]
    problems += ["--base and --engine: the server brings its own model; give one of them"] if engine and base else []
    problems += ["--engine-model: name the server with --engine"] if engine_model and not engine else []
    problems += ["--resume: finished steps are kept beside a file; name it with -o"] if resume and not output else []
    problems += ["several briefs need a folder for their plans: -o FOLDER"] if len(briefs) > 1 and not output else []
    if problems:
        raise InputError("This cannot be planned:", problems)


def _title(brief: Path) -> str:
    return "" if brief.stem in ("-", "brief") else brief.stem


def _plan_several(
    briefs: list[Path],
    run: str,
    base: str,
    runs: Path,
    say: Wording,
    output: Path | None,
    in_one: bool,
    url: str,
    model: str,
    jobs: int,
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    from dataclasses import asdict

    from plansmith.cli.many import plan_many
    from plansmith.files import write_text
    from plansmith.plan import read_brief, render_plan
    from plansmith.writing.whole import write_whole

    def write(brief: Path, opened: tuple[Engine, Run | None], target: Path) -> None:
        text = read_brief(told(brief))
        if in_one:
            write_text(target, write_whole(text, opened[0], say, None).text.strip() + "\n")
            return
        written = write_with(text, opened, _title(brief), say, lambda event: None)
        write_text(target, render_plan(written.plan))
        write_log(written, target.with_suffix(".log.jsonl"))

    slots, context = (jobs, 8192 * jobs) if in_one else (STEP_SLOTS, STEP_CONTEXT)
    plan_many(
        briefs,
        output or Path(),
        lambda: open_engine(run, base, runs, slots, context, url, model, jobs),
        write,
        {"prompts": asdict(say), "whole": in_one, "run": run},
        jobs,
        resume,
        force,
        as_json,
    )


def _plan_whole(
    brief: Path,
    run: str,
    base: str,
    runs: Path,
    say: Wording,
    output: Path | None,
    as_json: bool,
    url: str = "",
    model: str = "",
) -> None:
    """Write one text under the team's own headings, streaming where it goes to the terminal."""
    from plansmith.cli.console import console
    from plansmith.cli.notices import note_faults, note_language
    from plansmith.errors import InputError
    from plansmith.files import write_text
    from plansmith.plan import read_brief
    from plansmith.writing.audit import audit_whole
    from plansmith.writing.clean import Evidence
    from plansmith.writing.whole import write_whole

    if output and output.suffix == ".json":
        raise InputError(f"{output}: a plan in the team's own form is text; write it to a .md file.")
    text = read_brief(told(brief))
    if not text.sentences:
        raise InputError(f"{brief} holds no sentence to plan.")
    engine, opened = open_engine(run, base, runs, 1, 8192, url, model)
    try:
        note_language(text, opened, base, url)
        answer = write_whole(text, engine, say, None if as_json else print_at_once)
    finally:
        engine.close()
    if output:
        write_text(output, answer.text.strip() + "\n")
    foreign, copied = (opened.client_words(), opened.copied_marks()) if opened else ([], frozenset())
    faults = audit_whole(answer.text, Evidence(text, foreign, copied, (say.system, say.whole), careful=False))
    if as_json:
        found = {"text": answer.text, "tokens": answer.tokens, "finished": answer.finished}
        print(json.dumps({**found, "faults": [fault.as_dict() for fault in faults]}, ensure_ascii=False))
        return
    print()
    out = console(stderr=True)
    if not answer.finished:
        out.print("[yellow]The model did not come to an end; what it wrote was cut.[/]")
    note_faults(faults)
    if output:
        out.print(f"Written: [bold]{output}[/]")
