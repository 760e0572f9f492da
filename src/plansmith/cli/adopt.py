"""The command that proposes a plan in our form from a plan in the team's own: adopt.

Enters: a plan as people write it, and perhaps the brief. Leaves: a plan file with open points, and a report.
Try: plansmith adopt examples/free/kiln-club/plan.docx -o plan.md
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable

    from plansmith.sources.freeplans.adopt import Adopted
    from plansmith.sources.freeplans.found import Spot
    from plansmith.sources.read import SourceText

_SHOWN = 15
"""Lines that were not understood which the terminal shows; --json has all."""


def adopt(
    plan: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    *,
    output: Annotated[
        Path | None,
        Parameter(name=("--output", "-o"), help="File to write, .md or .json; left out, the plan is printed."),
    ] = None,
    brief: Annotated[Path | None, Parameter(help="The client's text; items that clearly say it cite it.")] = None,
    hours_per_day: Annotated[
        float | None, Parameter(help="Hours of a working day, for efforts in days, where the plan does not say.")
    ] = None,
    force: Annotated[bool, Parameter(negative=(), help="Replace the output file if it exists.")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative=(), help="Print the report as JSON.")] = False,
) -> None:
    """Propose a plan in Plansmith's form from a plan in your own, each item with the place that it came from.

    Reads requirements, tasks with hours, roles, dates, milestones, risks, assumptions and questions out of lists and
    tables. Nothing is invented: what the plan does not say is listed as a question for you.
    Example: plansmith adopt examples/free/kiln-club/plan.docx -o plan.md

    Parameters
    ----------
    plan
        A plan as your team writes it: .docx, .odt, .pdf, .html, .eml, .md or .txt.
    """
    from plansmith.errors import InputError
    from plansmith.plan import read_brief, render_json, render_plan
    from plansmith.sources.freeplans.adopt import adopt as propose
    from plansmith.sources.freeplans.readout import read_out
    from plansmith.sources.read import read_document
    from plansmith.sources.recognise import is_ours

    if hours_per_day is not None and not 0 < hours_per_day <= 24:
        raise InputError(f"--hours-per-day {hours_per_day:g}: a day has between 0 and 24 hours; write such as 8.")
    replaced = _may_write(plan, output, force)
    source = read_document(plan)
    if is_ours(source.text, ".md"):
        raise InputError(f"{plan} is in Plansmith's form already. Check it: plansmith lint {plan}")
    client = read_brief(read_document(brief).text) if brief else None
    name = plan.name if str(plan) != "-" else "standard input"
    done = propose(read_out(source.text), name, place_of=_places(source), brief=client, hours_per_day=hours_per_day)
    text = render_json(done.plan) if output and output.suffix.lower() == ".json" else render_plan(done.plan)
    if output:
        from plansmith.files import write_text

        write_text(output, text)
    if as_json:
        print(json.dumps(done.as_dict(), ensure_ascii=False, indent=2))
        return
    if not output:
        sys.stdout.write(text)
    _report(done, source, output, replaced)


def _may_write(plan: Path, output: Path | None, force: bool) -> bool:
    """Whether the output replaces a file; raises InputError for a wrong suffix and for a file that must be kept."""
    from plansmith.errors import InputError

    if output is None:
        return False
    if output.suffix.lower() not in (".md", ".json"):
        raise InputError(f"{output}: a plan is written as .md or .json; {output.suffix or 'no suffix'} is neither.")
    if not output.exists():
        return False
    if plan.exists() and output.samefile(plan):
        raise InputError(f"{output} is the plan that is read. Choose another name for what is written.")
    if not force:
        raise InputError(f"{output} exists already and is not overwritten. Choose another name, or add --force.")
    return True


def _places(source: SourceText) -> Callable[[Spot], str]:
    """How a place is called: a line of a text, a page or paragraph of a document, and the column of a table."""

    def name(spot: Spot) -> str:
        if source.kind in ("md", "txt"):
            return str(spot)
        where = source.place_of(spot.start) or f"line {spot.line}"
        return f"{where}, row {spot.row}, column {spot.cell}" if spot.cell else where

    return name


def _report(done: Adopted, source: SourceText, output: Path | None, replaced: bool) -> None:
    from plansmith.cli.console import console

    out, places = console(stderr=output is None), _places(source)
    read = done.readout
    out.print(f"Read {read.lines} lines, {read.tables} tables, {read.figures} efforts.", markup=False)
    said = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in done.filled.items())
    out.print(f"Fields read: {said or 'none'}.", markup=False)
    for total in read.totals:
        verdict = {True: "adds up", False: "does not add up", None: "cannot be checked"}[total.agrees]
        out.print(f"{total.text} ({places(total.spot)}): {verdict}, {total.items} items.", markup=False)
    for note in source.notes:
        out.print(f"Note: {note}.", markup=False)
    if read.unread:
        out.print(f"Not understood ({len(read.unread)}):", markup=False)
        for miss in read.unread[:_SHOWN]:
            text = miss.text if len(miss.text) <= 70 else f"{miss.text[:69]}…"
            out.print(f'  {places(miss.spot)}: {miss.what}: "{text}"', markup=False)
        if len(read.unread) > _SHOWN:
            out.print(f"  and {len(read.unread) - _SHOWN} more; see --json.", markup=False)
    out.print(f"For you to say ({len(done.open)}), as questions at the end of the plan's questions:", markup=False)
    for point in done.open:
        out.print(f"  {point.text}", markup=False)
    if output:
        out.print(f"{'Replaced' if replaced else 'Wrote'} {output}. Next: plansmith lint {output}", markup=False)
