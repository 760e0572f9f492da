"""Commands that change a finished plan by what the client says: revise, ask-client, answer.

Enters: a plan and what the client says now. Leaves: the changed plan, what changed on standard output.
Try: plansmith revise examples/archive/01-bakery-preorders/plan.md "The client drops the deposit."
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from plansmith.cli.engines import RunName, Runs, ServedModel, Url, form_of, told
from plansmith.cli.plans import AsJson, BriefFile, PlanFile

if TYPE_CHECKING:
    from plansmith.plan import Brief
    from plansmith.tuning.runs import Run
    from plansmith.writing.engine import Engine
    from plansmith.writing.revise import Revised
    from plansmith.writing.write import Written

Output = Annotated[
    Path | None,
    Parameter(name=("--output", "-o"), help="File for the changed plan, .md or .json; without it, only shown."),
]
Force = Annotated[bool, Parameter(negative=(), help="Replace the output file if it exists, the plan itself too.")]
Base = Annotated[str, Parameter(help="Write new wishes with this untuned base instead of a run.")]


def revise(
    plan: PlanFile,
    instruction: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    brief: BriefFile = None,
    drop: Annotated[str, Parameter(help="Requirements that are withdrawn, whatever the words: R3,R7.")] = "",
    about: Annotated[str, Parameter(help="Requirements that it is about, where the words leave it open: R3.")] = "",
    output: Output = None,
    force: Force = False,
    run: RunName = "",
    base: Base = "",
    engine: Url = "",
    engine_model: ServedModel = "",
    runs: Runs = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Change a plan as the client says now, only where it must be: ids stay, the difference is shown.

    Withdrawing, replacing and new figures are done by code; a new wish is written by the model.

    Example: plansmith revise plan.md "The client drops online payment" -o plan-2.md

    Example: plansmith revise plan.md "The deadline is now 1 March 2027." -o plan-2.md

    Parameters
    ----------
    plan
        A plan: a .md or .json file, or - for Markdown from standard input.
    instruction
        The client's words, as they were said; or a file that holds them (.md, .txt, .docx, .odt, .pdf, .html or
        .eml), or - for standard input.
    """
    from plansmith.cli.plans import read_plan, with_brief
    from plansmith.errors import InputError
    from plansmith.writing.revise import revise as change

    if str(plan) == "-" and instruction == "-":
        raise InputError("Plan and instruction cannot both come from standard input; give one of them as a file.")
    form = form_of(output, force)
    said = told(Path(instruction)) if _is_file(instruction) else instruction
    if not said.strip():
        raise InputError("The instruction is empty: say what changes, in the client's words.")
    read = with_brief(read_plan(plan), plan, brief)
    with writing(run, base, runs, engine, engine_model, as_json) as write:
        revised = change(read, said, write, dt.date.today(), _ids(drop), _ids(about))
    hand_out(revised, plan, output, form, as_json)


def ask_client(
    plan: PlanFile,
    *,
    output: Annotated[
        Path | None, Parameter(name=("--output", "-o"), help="File for the letter, .md or .docx; without it, shown.")
    ] = None,
    force: Annotated[bool, Parameter(negative=(), help="Replace the output file if it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the open questions as a letter to the client, in the plan's language, with room for the answers.

    Those that hold up most come first: what each is about, the work and the days that hang on it,
    by when it is needed, and what is assumed until then.

    Example: plansmith ask-client plan.md -o letter.docx

    Parameters
    ----------
    plan
        A plan: a .md or .json file, or - for Markdown from standard input.
    """
    from dataclasses import asdict

    from plansmith.cli.plans import read_plan
    from plansmith.errors import InputError
    from plansmith.files import write_bytes, write_text
    from plansmith.plan.letter import letter, letter_markdown

    if output and output.suffix.lower() not in (".md", ".docx"):
        raise InputError(f"{output}: a letter is written as .md or .docx; {output.suffix or 'no suffix'} is neither.")
    if output and output.exists() and not force:
        raise InputError(f"{output} exists already and is not overwritten. Choose another name, or add --force.")
    today = dt.date.today()
    told = letter(read_plan(plan), today)
    if output and output.suffix.lower() == ".docx":
        from plansmith.export.letter import letter_docx

        write_bytes(output, letter_docx(told, dt.datetime(today.year, today.month, today.day)))
    elif output:
        write_text(output, letter_markdown(told))
    if as_json:
        print(json.dumps(asdict(told), ensure_ascii=False, indent=2))
    elif output:
        print(f"Written: {output}")
    else:
        print(letter_markdown(told), end="")


def answer(
    plan: PlanFile,
    answers: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *,
    brief: BriefFile = None,
    output: Output = None,
    force: Force = False,
    run: RunName = "",
    base: Base = "",
    engine: Url = "",
    engine_model: ServedModel = "",
    runs: Runs = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Take the client's answers into the plan: questions are answered in the client's words, what they blocked follows.

    Example: plansmith answer plan.md letter.docx -o plan-2.md

    Parameters
    ----------
    plan
        A plan: a .md or .json file, or - for Markdown from standard input.
    answers
        The letter as it came back, or lines such as "Q3: only the treasurer": .md, .txt, .docx, .odt, .pdf, .html or
        .eml, or - for standard input. Without it, the answers that somebody wrote into the plan itself are taken.
    """
    from plansmith.cli.plans import read_plan, with_brief
    from plansmith.errors import InputError
    from plansmith.plan.letter import read_answers
    from plansmith.writing.revise_answers import given_answers, take_answers

    if str(plan) == "-" and str(answers) == "-":
        raise InputError("Plan and answers cannot both come from standard input; give one of them as a file.")
    form = form_of(output, force)
    read = with_brief(read_plan(plan), plan, brief)
    said = read_answers(told(answers), [q.text for q in read.questions]) if answers else given_answers(read)
    if not said:
        where = f"{answers} holds no answer." if answers else f"{plan} holds no answer that is not in the plan yet."
        raise InputError(f"{where} Write each one as “Q3: …”, or in its place in the letter of plansmith ask-client.")
    with writing(run, base, runs, engine, engine_model, as_json) as write:
        taken = take_answers(read, said, write, dt.date.today())
    hand_out(taken, plan, output, form, as_json)


def hand_out(revised: Revised, plan: Path, output: Path | None, form: str, as_json: bool) -> None:
    """Write the changed plan, with the log of the old one carried on, and tell what changed."""
    from plansmith.cli.console import console
    from plansmith.files import write_text
    from plansmith.plan import describe, render_json, render_plan

    if output:
        write_text(output, render_json(revised.plan) if form == ".json" else render_plan(revised.plan))
        _carry_on(revised, plan.with_suffix(".log.jsonl"), output.with_suffix(".log.jsonl"))
    if as_json:
        told = {
            "plan": json.loads(render_json(revised.plan)),
            "diff": revised.diff.as_dict(),
            "notes": list(revised.notes),
        }
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return
    print(describe(revised.diff))
    out = console(stderr=True)
    for note in revised.notes:
        out.print(f"Note: {note}", markup=False, highlight=False)
    if output:
        out.print(f"Written: {output}", markup=False, highlight=False)
    else:
        out.print("Nothing is written yet: add -o FILE, or -o with the plan's own name and --force.", markup=False)


def _carry_on(revised: Revised, before: Path, after: Path) -> None:
    """The log that plansmith explain reads: what was written before, and what was asked now."""
    from plansmith.files import write_text

    known = before.read_text(encoding="utf-8") if before.is_file() else ""
    asked = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in revised.log)
    if (known and before != after) or asked:
        write_text(after, known + asked)


@contextmanager
def writing(
    run: str, base: str, runs: Path, engine: str, engine_model: str, quiet: bool
) -> Iterator[Callable[[Brief], Written]]:
    """What writes the plan of a brief; the model is opened when it is first needed, and closed in the end."""
    from plansmith.cli.engines import STEP_CONTEXT, STEP_SLOTS, open_engine, write_with
    from plansmith.cli.show import writing_progress

    opened: list[tuple[Engine, Run | None]] = []

    def write(brief: Brief) -> Written:
        if not opened:
            opened.append(open_engine(run, base, runs, STEP_SLOTS, STEP_CONTEXT, engine, engine_model))
        with writing_progress(quiet) as watch:
            return write_with(brief, opened[0], brief.title, "", watch)

    try:
        yield write
    finally:
        for model, _ in opened:
            model.close()


def _is_file(text: str) -> bool:
    """Whether an argument names a file with words in it, or standard input, and is not the words themselves."""
    from plansmith.sources.read import SUFFIXES

    return text == "-" or (
        len(text) < 4096 and "\n" not in text and text.lower().endswith(SUFFIXES) and Path(text).is_file()
    )


def _ids(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.upper() for part in text.replace(",", " ").split()))
