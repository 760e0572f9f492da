"""Commands that prove: evaluate a run, score a plan.

Enters: a run and an archive, or a plan file and its brief. Leaves: verdict or figures on standard output, and the report.
Try: plansmith score examples/archive/01-bakery-preorders/plan.md --brief examples/archive/01-bakery-preorders/brief.md
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

if TYPE_CHECKING:
    from plansmith.proof.evaluate import Proof
    from plansmith.tuning.runs import Run

Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON, for programs.")]


def evaluate(
    run: str,
    *,
    archive: Annotated[
        Path, Parameter(help="The past projects, those that the run learned from and the others.")
    ] = Path("examples/archive"),
    folds: Annotated[
        int | None,
        Parameter(
            help="Trainings, each without other clients [2 to their number]; 0: one for each client; 1: none, the run "
            "itself writes for what it has not seen; left out: two folds of four, so half of the projects are tested on."
        ),
    ] = None,
    seeds: Annotated[int, Parameter(help="Trainings of each fold, with different seeds [1 to 20].")] = 1,
    canaries: Annotated[
        int,
        Parameter(
            help="Plant so many secrets into a copy of the archive, train on it, and try to get them out [0 to 20]."
        ),
    ] = 0,
    forecast: Annotated[bool, Parameter(negative=(), help="Only say how long it would take.")] = False,
    ray: Annotated[str, Parameter(help="Address of a Ray cluster for the folds, or local.")] = "",
    out: Annotated[Path | None, Parameter(help="Folder of the proof; by default proof/ in the run's.")] = None,
    runs: Annotated[Path, Parameter(help="Folder of the runs.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """Prove whether tuning helped: plans of the tuned model, the untuned base, and the base with examples, for clients that none has seen.

    Trains anew by the run's recipe, goes on where it was stopped, and writes a report (HTML, Markdown, JSON).
    Example: plansmith evaluate first --archive examples/archive

    Parameters
    ----------
    run
        Name of a tuned run; its base and recipe are what is proven.
    """
    from plansmith.cli.console import console
    from plansmith.errors import InputError
    from plansmith.proof.evaluate import evaluate as prove
    from plansmith.proof.evaluate import make_folds, setting_of
    from plansmith.proof.forecast import expect
    from plansmith.proof.report import write_report
    from plansmith.sources.archive import read_archive
    from plansmith.tuning.runs import open_run

    problems = [f"--folds {folds}: must be 0 or more"] if folds is not None and folds < 0 else []
    problems += [f"--seeds {seeds}: must be from 1 to 20"] if not 1 <= seeds <= 20 else []
    problems += [f"--canaries {canaries}: must be from 0 to 20"] if not 0 <= canaries <= 20 else []
    if problems:
        raise InputError("This cannot be evaluated:", problems)
    opened, documents = open_run(run, runs), read_archive(archive)
    told = console(stderr=True)
    todo, setting = make_folds(documents, opened, folds), setting_of(opened, 1 if folds == 1 else seeds)
    expected = expect(todo, setting, opened, retrain=folds != 1)
    told.print(f"{len(todo)} folds: {expected} on a machine like that of the run." if folds != 1 else f"{expected}.")
    if forecast:
        if as_json:
            print(
                json.dumps(
                    {"seconds": round(expected.seconds), "plans": expected.plans, "trainings": expected.trainings}
                )
            )
        return
    place = out or opened.folder / "proof"
    proof = prove(documents, opened, place, folds, seeds, tell=lambda text: told.print(text, markup=False), cluster=ray)
    if canaries:
        from plansmith.proof.canaries import plant_and_look

        found = plant_and_look(documents, setting, canaries, place, lambda text: told.print(text, markup=False))
        proof.leaks["canaries"] = found
    report = write_report(proof, documents, opened, place)
    if as_json:
        print(json.dumps({"report": str(report), **proof.as_dict()}, indent=2, ensure_ascii=False))
    else:
        print_proof(proof)
        console().print(f"Report: [bold]{report}[/], and report.md, report.json beside it.")


def print_proof(proof: Proof) -> None:
    """Verdicts first, then a table of means by arm with the difference to each other arm."""
    from rich.table import Table

    from plansmith.cli.console import console
    from plansmith.proof.arms import TITLES
    from plansmith.proof.measures import BY_NAME

    out = console()
    for said in proof.verdicts:
        out.print(said, markup=False)
    table = Table(box=None, pad_edge=False)
    table.add_column("measure")
    first = proof.compared[0] if proof.compared else ()
    groups = [g for g in proof.compared if g and g[0].arm == "tuned"]
    for title in (*([TITLES["tuned"]] if first else []), *(TITLES[g[0].other] for g in groups)):
        table.add_column(title, justify="right")
    for g in groups:
        table.add_column(f"tuned - {TITLES[g[0].other]} [95 %]", justify="right")
    for d in first:
        same = [next((x for x in g if x.measure == d.measure), None) for g in groups]
        cells = [f"{d.mine:.2f}", *(f"{x.theirs:.2f}" if x else "" for x in same)]
        cells += [f"{x.pair.mean:+.2f} ({x.pair.low:+.2f}, {x.pair.high:+.2f})" if x else "" for x in same]
        table.add_row(BY_NAME[d.measure].title, *cells)
    out.print(table)


def short_verdict(run: Run, archive: Path) -> None:
    """The demo's proof: the run and its untuned base write for the held-out projects; nothing is trained."""
    from plansmith.cli.console import console
    from plansmith.proof.evaluate import evaluate as prove
    from plansmith.sources.archive import read_archive

    out = console(stderr=True)
    proof = prove(
        read_archive(archive),
        run,
        run.folder / "proof-short",
        1,
        1,
        ("base", "tuned"),
        lambda text: out.print(text, markup=False),
    )
    print_proof(proof)


def score(
    plan: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    *,
    brief: Annotated[Path | None, Parameter(help="The client's text that the plan answers.")] = None,
    reference: Annotated[Path | None, Parameter(help="A plan of the same brief to compare with.")] = None,
    archive: Annotated[
        Path | None, Parameter(help="Past projects: their usual hours and their house form are compared with.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure a plan by code: coverage, faithfulness, invented facts, stories, schedule, hours. See docs/measures.md.

    Example: plansmith score plan.md --brief brief.md --reference reference.md

    Parameters
    ----------
    plan
        A plan: a .md or .json file in our form, or a text in the team's own; - reads Markdown from standard input.
    """
    from rich.table import Table

    from plansmith.cli.console import console
    from plansmith.plan import read_brief
    from plansmith.proof.measures import MEASURES
    from plansmith.sources.read import read_text

    words = read_brief(read_text(brief)) if brief else None
    scores = _scores(plan, words, reference, archive)
    if as_json:
        print(json.dumps({"plan": str(plan), **scores.as_dict()}, indent=2, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("measure", "value", "counted"):
        table.add_column(title, justify="left" if title == "measure" else "right")
    for m in MEASURES:
        if m.name in scores.values:
            table.add_row(m.title, f"{scores.values[m.name]:.2f} {m.unit}".strip(), str(scores.of.get(m.name, "")))
    console().print(table)


def _scores(plan: Path, words: Any, reference: Path | None, archive: Path | None) -> Any:
    from plansmith.errors import PlansmithError
    from plansmith.plan import parse_json, parse_plan
    from plansmith.proof.hours import usual_hours
    from plansmith.proof.score import score_plan, score_text, unreadable
    from plansmith.sources.archive import read_archive
    from plansmith.sources.read import read_text
    from plansmith.sources.recognise import is_ours

    def parsed(path: Path) -> Any:
        text = read_text(path)
        return parse_json(text) if path.suffix.lower() == ".json" else parse_plan(text)

    past = read_archive(archive) if archive else None
    text = read_text(plan)
    if not is_ours(text, plan.suffix.lower()):
        from plansmith.sources.freeplans.house import learn_house

        house = learn_house(d.plan_text for d in past.free) if past and past.free else None
        return score_text(text, words, read_text(reference) if reference else "", house)
    other = parsed(reference) if reference else None
    try:
        mine = parse_json(text) if plan.suffix.lower() == ".json" else parse_plan(text)
    except PlansmithError:
        return unreadable()
    guess = usual_hours(d.plan for d in past.typed if d.plan) if past else None
    return score_plan(mine, words, other, guess)
