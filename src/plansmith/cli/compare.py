"""The command that lets people compare plans blindly.

Enters: two plans or two folders of plans. Leaves: pairs on the terminal or as a page, votes in a file, and at the end what
was preferred, with its interval.
Try: plansmith compare examples/archive/01-bakery-preorders/plan.md plan.md --brief examples/archive/01-bakery-preorders/brief.md
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from plansmith.proof.blind import Comparison, Outcome, Shown

_KEYS = {"a": "left", "b": "right", "n": "same", "l": "left", "r": "right", "s": "same"}
_SIDE_BY_SIDE = 100
"""Columns from which two plans stand beside each other."""
_ENOUGH = 10
"""Votes from which it is told how often the left plan was chosen."""


def compare(
    one: Path,
    other: Path,
    *,
    brief: Annotated[
        Path | None, Parameter(help="The client's text; for folders, a folder with NAME.md or NAME/brief.md.")
    ] = None,
    votes: Annotated[Path, Parameter(help="File of the votes; the same command goes on where it ends.")] = Path(
        "votes.jsonl"
    ),
    voter: Annotated[str, Parameter(help="Who votes; each voter has an order of their own.")] = "me",
    voters: Annotated[int, Parameter(help="So many must have voted before the result is shown [1 to 100].")] = 1,
    seed: Annotated[int, Parameter(help="Seed of the order.")] = 0,
    page: Annotated[
        Path | None, Parameter(help="Write the voter's pairs as one HTML file instead of asking here.")
    ] = None,
    take: Annotated[Path | None, Parameter(help="Take over the votes that were saved from such a page.")] = None,
    close: Annotated[bool, Parameter(negative=(), help="End the vote now, and show the result.")] = False,
    force: Annotated[bool, Parameter(negative=(), help="Replace the page if it exists.")] = False,
    as_json: Annotated[
        bool, Parameter(name="--json", negative=(), help="Print JSON and ask nothing: the result, or what is missing.")
    ] = False,
) -> None:
    """Compare plans of the same briefs without knowing which is which; the names are told when all have voted.

    Who prefers which is counted by pairs, ties apart, with an exact binomial interval (Clopper-Pearson). What a proof
    has written can be compared too: plansmith compare runs/first/proof/plans/base-0 runs/first/proof/plans/tuned-0

    Example: plansmith compare one.md other.md --brief brief.md

    Parameters
    ----------
    one
        A plan (.md, .json, or a text in the team's own form), or a folder of plans.
    other
        The plan or the folder to compare it with.
    """
    from plansmith.cli.console import console
    from plansmith.errors import InputError
    from plansmith.proof.blind import Comparison, draw, reveal, waiting
    from plansmith.proof.blindread import read_rivals

    problems = [f"--voters {voters}: must be from 1 to 100"] if not 1 <= voters <= 100 else []
    problems += ["--voter: give a name"] if not voter.strip() else []
    problems += [f"--page {page}: a page is written as .html"] if page and page.suffix not in (".html", ".htm") else []
    problems += (
        [f"{page} exists already; choose another, or add --force"] if page and page.exists() and not force else []
    )
    if problems:
        raise InputError("This cannot be compared:", problems)
    pairs, alone = read_rivals(one, other, brief)
    comparison = Comparison(_names(one, other), pairs, seed, voters)
    told = console(stderr=True)
    if alone:
        told.print(f"Only one folder holds {', '.join(alone)}; left out.", markup=False)
    waiting(comparison, votes)  # refuses another comparison's votes before anybody reads a plan
    if page:
        _write_page(comparison, voter, page, f"plansmith compare ONE OTHER --votes {votes} --take {voter}-votes.jsonl")
        told.print(f"Written: [bold]{page}[/]. It holds the pairs for {voter}; votes are saved from its last screen.")
        return
    if take:
        told.print(f"{_take(comparison, votes, take)} votes taken over from {take}.", markup=False)
    elif not as_json and not close and draw(comparison, votes, voter) and not _ask_all(comparison, votes, voter):
        return
    missing = waiting(comparison, votes)
    if missing and not close:
        if as_json:
            print(json.dumps({"pairs": len(comparison.shown), "missing": missing, "result": None}, ensure_ascii=False))
        else:
            told.print(f"The result is shown when all have voted. Missing: {'; '.join(missing)}.", markup=False)
        return
    outcome = reveal(comparison, votes, close)
    if as_json:
        found = {"verdict": outcome.verdict, "interval": "Clopper-Pearson, 95 %", **outcome.as_dict()}
        print(json.dumps({"pairs": len(comparison.shown), "missing": missing, "result": found}, ensure_ascii=False))
    else:
        print_outcome(outcome)


def _names(one: Path, other: Path) -> tuple[str, str]:
    """The paths without the folders that they share."""
    mine, theirs = one.parts, other.parts
    shared = 0
    while shared < min(len(mine), len(theirs)) - 1 and mine[shared] == theirs[shared]:
        shared += 1
    return str(Path(*mine[shared:])), str(Path(*theirs[shared:]))


def _write_page(comparison: Comparison, voter: str, page: Path, command: str) -> None:
    from plansmith.files import write_text
    from plansmith.proof.blindpage import ballot_page

    write_text(page, ballot_page(comparison, voter, command, f"{voter}-votes.jsonl"))


def _take(comparison: Comparison, votes: Path, saved: Path) -> int:
    """Cast every vote of a saved file; those that count already are passed over, so that taking twice does no harm."""
    from plansmith.errors import InputError
    from plansmith.proof.blind import cast
    from plansmith.proof.votes import read_ballots

    if not saved.is_file():
        raise InputError(f"There is no file {saved}. Save the votes from the last screen of the page first.")
    found, known = read_ballots(saved), read_ballots(votes).votes
    changed = [f"{who}, pair {p}" for (who, p), c in found.votes.items() if known.get((who, p), c) != c]
    if changed:
        raise InputError(f"{saved} votes otherwise than {votes} on pairs that were voted on before:", changed)
    new = {key: choice for key, choice in found.votes.items() if key not in known}
    for (who, pair), choice in new.items():
        cast(comparison, votes, who, pair, choice)
    return len(new)


def _ask_all(comparison: Comparison, votes: Path, voter: str) -> bool:
    """Show and ask until the voter is through (True) or stops (False)."""
    from plansmith.cli.console import console
    from plansmith.proof.blind import cast, draw

    out = console()
    while shown := draw(comparison, votes, voter):
        _print_pair(shown)
        while True:
            try:
                said = out.input("Which is better? [a] left  [b] right  [n] no difference  [q] stop: ", markup=False)
            except EOFError:
                said = "q"
            if said.strip().lower()[:1] == "q":
                out.print(f"\n{shown.number - 1} of {shown.of} pairs voted on. The same command goes on.")
                return False
            if choice := _KEYS.get(said.strip().lower()[:1]):
                break
            out.print(f"{said.strip()!r} is none of a, b, n and q.", markup=False)
        cast(comparison, votes, voter, shown.pair, choice)  # type: ignore[arg-type]
    return True


def _print_pair(shown: Shown) -> None:
    from rich.markdown import Markdown
    from rich.padding import Padding
    from rich.table import Table

    from plansmith.cli.console import console
    from plansmith.proof.blindread import side_by_side

    out = console()
    out.rule(f"Pair {shown.number} of {shown.of}: {shown.key}")
    if shown.brief:
        out.print("The client:", style="bold")
        out.print(Padding(shown.brief.strip(), (0, 0, 1, 2)), markup=False)
    parts = side_by_side(shown.left, shown.right)
    if out.width >= _SIDE_BY_SIDE:
        table = Table(expand=True, show_lines=True)
        table.add_column("A, left", ratio=1)
        table.add_column("B, right", ratio=1)
        for title, left, right in parts:
            head = f"## {title}\n\n" if title else ""
            table.add_row(Markdown(head + (left or "*nothing*")), Markdown(head + (right or "*nothing*")))
        out.print(table)
        return
    for name, text in (("A, left", shown.left), ("B, right", shown.right)):
        out.rule(name, style="dim")
        out.print(Markdown(text))


def print_outcome(outcome: Outcome) -> None:
    """The verdict, then the pairs with the names."""
    from rich.table import Table

    from plansmith.cli.console import console

    out = console()
    out.print(outcome.verdict, markup=False)
    if outcome.agreement is not None:
        out.print(f"{outcome.voters} voters; two of them said the same of a pair in {outcome.agreement:.0%} of cases.")
    if outcome.left is not None and outcome.votes >= _ENOUGH:
        out.print(f"The left plan was chosen in {outcome.left:.0%} of the decided votes; by position alone, half.")
    table = Table(box=None, pad_edge=False)
    for title in ("pair", *outcome.names, "no difference"):
        table.add_column(title, justify="left" if title == "pair" else "right")
    for key, mine, theirs, same in outcome.by_pair:
        table.add_row(key, str(mine), str(theirs), str(same))
    out.print(table)
