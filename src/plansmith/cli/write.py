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
    from contextlib import nullcontext

    from plansmith.cli.notices import note_language
    from plansmith.cli.show import print_plan, writing_progress
    from plansmith.plan import read_brief, render_json, render_plan
    from plansmith.writing.steplog import check_begun, remembering
    from plansmith.writing.wording import read_wording

    say = read_wording(prompts, system)
    _check(brief, engine, engine_model, base, jobs, resume, output)
    in_one = _writes_whole(run, "server" if engine and not run else base, runs) if whole is None else whole
    if len(brief) > 1 or (output and (output.is_dir() or not output.suffix)):
        _plan_several(brief, run, base, runs, say, output, in_one, engine, engine_model, jobs, resume, force, as_json)
        return
    (brief_path,) = brief
    form = _form(output, force)
    if in_one:
        _plan_whole(brief_path, run, base, runs, say, output, as_json, engine, engine_model)
        return
    if output:
        check_begun(output, resume, force)
    model = open_engine(run, base, runs, STEP_SLOTS, STEP_CONTEXT, engine, engine_model)
    try:
        text = read_brief(_told(brief_path))
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
        text = read_brief(_told(brief))
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
    text = read_brief(_told(brief))
    if not text.sentences:
        raise InputError(f"{brief} holds no sentence to plan.")
    engine, opened = open_engine(run, base, runs, 1, 8192, url, model)
    try:
        note_language(text, opened, base, url)
        answer = write_whole(text, engine, say, None if as_json else _print_at_once)
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
    engine: Url = "",
    engine_model: ServedModel = "",
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
    model, _ = open_engine(run, base, runs, 1, 8192, engine, engine_model)
    try:
        messages = [prompts.system(system or prompts.SYSTEM), prompts.Message("user", text)]
        request = Request(spell(messages, model.chat, True)[0], "", tokens, temperature, 1.1, seed)
        answer = model.complete(request, None if as_json else _print_at_once)
    finally:
        model.close()
    if as_json:
        print(
            json.dumps({"text": answer.text, "tokens": answer.tokens, "finished": answer.finished}, ensure_ascii=False)
        )
    else:
        print()


def _print_at_once(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


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


def _form(output: Path | None, force: bool) -> str:
    from plansmith.errors import InputError

    if output is None:
        return ".md"
    if output.suffix not in (".md", ".json"):
        raise InputError(f"{output}: a plan is written as .md or .json; {output.suffix or 'no suffix'} is neither.")
    if output.exists() and not force:
        raise InputError(f"{output} exists already and is not overwritten. Choose another name, or add --force.")
    return output.suffix
