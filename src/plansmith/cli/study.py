"""The command that measures which wording of a prompt helps.

Enters: a run and held-out briefs. Leaves: main effects on standard output, and study.md, study.json, answers.jsonl.
Try: plansmith study prompts --run first --forecast
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from plansmith.proof.effects import Findings


def study(
    what: Literal["prompts"],
    /,
    *,
    run: Annotated[str, Parameter(help="Name of a tuned run; it and its untuned base are asked.")],
    archive: Annotated[Path, Parameter(help="Past projects; those that the run has not seen are asked about.")] = Path(
        "examples/archive"
    ),
    briefs: Annotated[
        Path | None,
        Parameter(help="Instead: a folder of briefs that the run has not seen, such as bench/plans (with references)."),
    ] = None,
    seeds: Annotated[
        int, Parameter(help="Times that each question is asked [1 to 20]; one: the likeliest words; more: drawn.")
    ] = 1,
    full: Annotated[bool, Parameter(negative=(), help="All 24 wordings rather than the balanced half of 12.")] = False,
    arms: Annotated[Literal["both", "base", "tuned"], Parameter(help="Which models are asked.")] = "both",
    at_once: Annotated[int, Parameter(help="Requests at once [1 to 128].")] = 8,
    tokens: Annotated[int, Parameter(help="Most tokens of an answer [8 to 400].")] = 80,
    forecast: Annotated[bool, Parameter(negative=(), help="Only say how long it may take.")] = False,
    out: Annotated[Path | None, Parameter(help="Folder of the study; by default study/ in the run's.")] = None,
    runs: Annotated[Path, Parameter(help="Folder of the runs.")] = Path("runs"),
    as_json: Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON, for programs.")] = False,
) -> None:
    """Measure which wording of the sentence step helps: general or detailed, repeated, strong words, system prompt.

    A balanced design over held-out briefs, without grammars, for the tuned model and its base; main effects with
    intervals, paired over briefs. Goes on where it was stopped. See docs/study.md.

    Example: plansmith study prompts --run first --briefs bench/plans

    Parameters
    ----------
    what
        What is studied: prompts.
    """
    from plansmith.cli.console import console
    from plansmith.errors import InputError
    from plansmith.files import write_text
    from plansmith.proof import effects
    from plansmith.proof.study import Study, ask_all, held_out, read_told
    from plansmith.proof.study import forecast as expected
    from plansmith.tuning.runs import open_run

    problems = [f"--seeds {seeds}: must be from 1 to 20"] if not 1 <= seeds <= 20 else []
    problems += [f"--at-once {at_once}: must be from 1 to 128"] if not 1 <= at_once <= 128 else []
    problems += [f"--tokens {tokens}: must be from 8 to 400"] if not 8 <= tokens <= 400 else []
    if problems:
        raise InputError(f"{what.capitalize()} cannot be studied so:", problems)
    opened = open_run(run, runs)
    told = read_told(briefs) if briefs else held_out(opened, archive)
    chosen = Study(told, ("base", "tuned") if arms == "both" else (arms,), "full" if full else "half", seeds, tokens)
    say = console(stderr=True)
    seconds = expected(chosen)
    say.print(f"{chosen.requests} questions about {len(told)} briefs: some {seconds / 60:.0f} minutes on this machine.")
    if forecast:
        if as_json:
            print(json.dumps({"questions": chosen.requests, "seconds": round(seconds)}))
        return
    place = out or opened.folder / "study"
    asked = ask_all(chosen, opened, place, at_once, lambda text: say.print(text, markup=False))
    found = effects.find(
        chosen, asked, _about(chosen, run, opened.story["base"]["name"], sum(a.seconds for a in asked))
    )
    write_text(place / "study.json", json.dumps(found.as_dict(), indent=2, ensure_ascii=False) + "\n")
    write_text(place / "study.md", effects.as_markdown(found))
    if as_json:
        print(json.dumps({"report": str(place / "study.md"), **found.as_dict()}, indent=2, ensure_ascii=False))
    else:
        print_findings(found)
        console().print(f"Report: [bold]{place / 'study.md'}[/], study.json and answers.jsonl beside it.")


def _about(chosen: object, run: str, base: str, seconds: float) -> dict[str, object]:
    import datetime as dt
    import platform

    from plansmith.proof.study import TEMPERATURE, Study
    from plansmith.tuning.machine import usable_cores

    assert isinstance(chosen, Study)
    return {
        "run": run,
        "base": base,
        "briefs": ", ".join(f"{t.name} ({len(t.required)} of {len(t.brief.sentences)} by {t.by})" for t in chosen.told),
        "design": chosen.design,
        "seeds": chosen.seeds,
        "temperature": TEMPERATURE if chosen.seeds > 1 else 0,
        "questions": chosen.requests,
        "date": dt.date.today().isoformat(),
        "machine": f"{platform.machine()}, {usable_cores()} cores; {seconds / 60:.1f} minutes of asking, summed over threads",
    }


def print_findings(found: Findings) -> None:
    """A table of main effects for each arm."""
    from rich.table import Table

    from plansmith.cli.console import console
    from plansmith.proof.arms import TITLES
    from plansmith.proof.effects import MEASURES, said_of
    from plansmith.proof.wordings import FACTORS

    out = console()
    for arm in dict.fromkeys(e.arm for e in found.effects):
        table = Table(box=None, pad_edge=False, title=f"Main effects, {TITLES[arm]}", title_justify="left")
        for title in (f"{TITLES[arm]}: level − first level", *MEASURES):
            table.add_column(title)
        mine = [e for e in found.effects if e.arm == arm]
        for factor, level in dict.fromkeys((e.factor, e.level) for e in mine):
            row = {e.measure: said_of(e) for e in mine if (e.factor, e.level) == (factor, level)}
            table.add_row(f"{factor}: {level} − {FACTORS[factor][0]}", *(row.get(m, "") for m in MEASURES))
        out.print(table)
    out.print("[95 % interval over briefs]; *: off zero, exact test under 0.05 after Holm's correction.", markup=False)
