"""Commands about finished plans, all without a model: show, render, diff, lint.

Enters: plan files (.md or .json) and perhaps the brief. Leaves: text or JSON on standard output, or an HTML file.
Try: plansmith show examples/archive/01-bakery-preorders/plan.md
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

if TYPE_CHECKING:
    from plansmith.plan import Brief, Plan

PlanFile = Annotated[Path, Parameter(allow_leading_hyphen=True)]
"""Takes - as a file name, for standard input."""
AsJson = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON, for programs.")]
BriefFile = Annotated[
    Path | None, Parameter(help="The client's text, so that citations can be read: a .md or .txt file.")
]


def show(plan: PlanFile, *, as_json: AsJson = False) -> None:
    """Show a plan in the terminal: summary, key figures, critical path, and a Gantt chart.

    Example: plansmith show examples/archive/01-bakery-preorders/plan.md

    Parameters
    ----------
    plan
        A plan: a .md or .json file, or - for Markdown from standard input.
    """
    from plansmith.plan import schedule, simulate

    read = read_plan(plan)
    done = schedule(read, dt.date.today())
    if as_json:
        _print_json(done.as_dict())
        return
    from plansmith.cli.chart import print_plan_view

    print_plan_view(read, done, simulate(read, done) if done.tasks else None)


def render(
    plan: PlanFile,
    *,
    output: Annotated[
        Path | None, Parameter(name=("--output", "-o"), help="File to write, .html; left out, beside the plan.")
    ] = None,
    brief: BriefFile = None,
    force: Annotated[bool, Parameter(negative=(), help="Replace the output file if it exists.")] = False,
) -> None:
    """Make one HTML file of a plan, for the client: no network, no scripts, readable on a phone and on paper.

    Example: plansmith render examples/archive/01-bakery-preorders/plan.md -o plan.html

    Parameters
    ----------
    plan
        A plan: a .md or .json file, or - for Markdown from standard input.
    """
    from plansmith.errors import InputError
    from plansmith.files import write_text
    from plansmith.plan import render_html, schedule, simulate

    if output is None and str(plan) == "-":
        raise InputError("A plan from standard input has no file name to follow: add -o plan.html.")
    output = output or plan.with_suffix(".html")
    if output.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{output}: a page is written as .html; {output.suffix or 'no suffix'} is something else.")
    if output.exists() and not force:
        raise InputError(f"{output} exists already and is not overwritten. Choose another name, or add --force.")
    read = read_plan(plan)
    read = with_brief(read, plan, brief)
    done = schedule(read, dt.date.today())
    write_text(output, render_html(read, done, simulate(read, done) if done.tasks else None))
    print(f"Written: {output}")


def diff(old: Path, new: Path, *, as_json: AsJson = False) -> None:
    """Compare two versions of a plan by id: what changed, what hung on it, and what it does to dates and price.

    Example: plansmith diff old.md new.md

    Parameters
    ----------
    old
        The earlier plan: a .md or .json file.
    new
        The later plan: a .md or .json file.
    """
    from plansmith.plan import describe, diff_plans

    changes = diff_plans(read_plan(old), read_plan(new), dt.date.today())
    if as_json:
        _print_json(changes.as_dict())
    else:
        print(describe(changes))


def lint(
    plan: PlanFile,
    *,
    brief: BriefFile = None,
    explain: Annotated[bool, Parameter(negative=(), help="Say of each check that found something what it is.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a plan: broken links, gaps in the chain from requirement to milestone, invented figures, vague words.

    Exit code 1 when there are errors. Example: plansmith lint examples/archive/01-bakery-preorders/plan.md

    Parameters
    ----------
    plan
        A plan: a .md or .json file, or - for Markdown from standard input.
    """
    import sys
    from dataclasses import asdict

    from plansmith.plan import check_plan

    read = read_plan(plan)
    findings = check_plan(read, _read_brief(brief) if brief else None)
    if as_json:
        _print_json([asdict(finding) for finding in findings])
    else:
        from plansmith.cli.chart import print_findings

        print_findings(findings, read.language, explain, compared=bool(brief or read.quotes))
    if any(finding.severity == "error" for finding in findings):
        sys.exit(1)


def read_plan(path: Path) -> Plan:
    """The plan in a file, its form chosen by the suffix; every problem of the file is named with its place."""
    from plansmith.errors import InputError
    from plansmith.plan import PlanError, parse_json, parse_plan
    from plansmith.sources.read import read_text

    if path.is_dir() and (path / "plan.md").is_file():
        raise InputError(f"{path} is a folder; give the plan in it: {path / 'plan.md'}")
    if str(path) != "-" and path.suffix.lower() not in (".md", ".markdown", ".txt", ".json") and path.is_file():
        raise InputError(f"{path}: a plan is a .md or .json file; {path.suffix or 'no suffix'} is neither.")
    text = read_text(path)
    try:
        return parse_json(text) if path.suffix.lower() == ".json" else parse_plan(text)
    except PlanError as error:
        if path.suffix.lower() != ".json" and not _has_form(text):
            raise InputError(
                f"{path} is no plan: it has no title and no headings. If it is a client's text, write the plan for it "
                f"first: plansmith plan {path} -o plan.md"
            ) from error
        raise InputError(f"{path}: {error.message}", error.problems) from error


def with_brief(plan: Plan, path: Path, brief: Path | None) -> Plan:
    """The plan of a file with its client's sentences in it; InputError for the brief of another plan."""
    from plansmith.errors import InputError
    from plansmith.plan import with_quotes

    if brief is None:
        return plan
    words = _read_brief(brief)
    if plan.brief_sha256 not in ("", words.sha256):
        raise InputError(
            f"{brief} is not the brief that {path} was written for (brief_sha256 differs): its sentence numbers may "
            "mean other sentences. Give that brief, or take brief_sha256 out of the plan."
        )
    return with_quotes(plan, words)


def _has_form(text: str) -> bool:
    """Whether anything in a text looks like the form of a plan."""
    return text.lstrip("\ufeff \n").startswith("---") or any(
        line.lstrip().startswith("#") for line in text.splitlines()
    )


def _read_brief(path: Path) -> Brief:
    from plansmith.plan import read_brief
    from plansmith.sources.read import read_text

    return read_brief(read_text(path))


def _print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2))
