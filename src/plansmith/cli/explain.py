"""The command that tells how an item of a plan came about.

Enters: a plan that `plansmith plan` wrote, with its log beside it, and an item's id. Leaves: a page on the terminal.
Try: plansmith explain plan.md R3
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from plansmith.cli.plans import AsJson, PlanFile, read_plan


def explain(
    plan: PlanFile,
    item: str,
    *,
    log: Annotated[Path | None, Parameter(help="The plan's log; left out, PLAN.log.jsonl beside the plan.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the client's sentence behind an item, what was asked, answered and rejected, and the past tasks behind hours.

    The log names past projects: it is for the team, not for the client.

    Example: plansmith explain plan.md R3

    Parameters
    ----------
    plan
        A plan that plansmith plan wrote.
    item
        An id: R3, U2, T7, Q1, or S4 for a sentence of the client.
    """
    from plansmith.writing.explain import explain as explained
    from plansmith.writing.explain import read_log

    found = explained(read_plan(plan), read_log(log or plan.with_suffix(".log.jsonl")), item)
    if as_json:
        print(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
        return
    from rich.text import Text

    from plansmith.cli.console import console

    out = console()
    out.print(Text.assemble((found.id, "bold"), f" {found.text}  ", (found.origin, "dim")))
    for sentence, text in found.quotes:
        out.print(Text.assemble("  the client, ", (sentence, "bold"), ": ", (text, "italic")))
    if found.related:
        out.print(Text(f"  with {', '.join(found.related)}", style="dim"))
    for number, step in enumerate(found.steps, 1):
        if step.reasons:
            out.print(Text.assemble(f"  {number:>2} ", (f"{step.asked}: ", "yellow"), step.answer))
            out.print(Text(f"     because it has: {'; '.join(step.reasons)}", style="dim"))
        else:
            out.print(Text.assemble(f"  {number:>2} ", ("asked ", "dim"), " / ".join(step.asked.splitlines())))
            out.print(Text.assemble("     ", ("answered ", "dim"), " / ".join(step.answer.splitlines())))
    for task, near in found.neighbours:
        hours = f"{near['hours']:g} h"
        out.print(
            Text.assemble(
                f"  {task} like ",
                (hours, "bold"),
                f" {near['title']} ",
                (f"({near['role']}, {near['project']})", "dim"),
            )
        )
