"""The command that takes a plan to where people work: documents, trackers, planners.

Enters: a plan file and the names of formats. Leaves: one file, or one folder, for each.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to docx,pdf,xlsx
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from plansmith.cli.plans import AsJson, BriefFile, PlanFile, read_plan, with_brief

if TYPE_CHECKING:
    from plansmith.export import Exported
    from plansmith.plan import Plan


def export(
    plan: PlanFile,
    *,
    to: Annotated[str, Parameter(help="Formats, parted by commas: docx,pdf,xlsx. 'list' shows them all.")],
    output: Annotated[
        Path | None,
        Parameter(name=("--output", "-o"), help="A folder, or, of one format, a file; left out, beside the plan."),
    ] = None,
    brief: BriefFile = None,
    template: Annotated[
        Path | None, Parameter(help="Your agency's own Word file, whose fields are filled in (docs/formats.md).")
    ] = None,
    repo: Annotated[
        str | None,
        Parameter(help="OWNER/NAME on GitHub: with --to github, write the issues there instead of a script."),
    ] = None,
    dry_run: Annotated[bool, Parameter(negative=(), help="With --repo: only say what would be done there.")] = False,
    key: Annotated[str, Parameter(help="With --repo: which plan's issues these are; left out, from its title.")] = "",
    force: Annotated[bool, Parameter(negative=(), help="Replace files that exist.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a plan in other formats: for people, for trackers, for planners.

    Example: plansmith export examples/archive/01-bakery-preorders/plan.md --to docx,pdf,xlsx -o out/

    With --repo the issues are written on GitHub itself, with the token in GITHUB_TOKEN; a second run creates nothing
    twice. First look: plansmith export plan.md --to github --repo OWNER/NAME --dry-run

    Parameters
    ----------
    plan
        A plan: a .md or .json file, or - for Markdown from standard input.
    """
    from plansmith.errors import InputError
    from plansmith.export import export_plan

    names = to.split(",")
    if "list" in names:
        _print_formats(as_json)
        return
    if repo or dry_run or key:
        _to_github(names, repo, output, with_brief(read_plan(plan), plan, brief), key, dry_run, as_json)
        return
    if output is None and str(plan) == "-":
        raise InputError("A plan from standard input has no file name to follow: add -o FOLDER or -o FILE.")
    read = with_brief(read_plan(plan), plan, brief)
    written = export_plan(
        read, names, _place(plan, output, names), today=dt.date.today(), template=template, force=force
    )
    if as_json:
        print(json.dumps([_as_dict(one) for one in written], ensure_ascii=False, indent=2))
        return
    for one in written:
        print(f"Written: {one.path}" + (f"/ ({one.files} files)" if one.path.is_dir() else ""))


def _to_github(
    names: list[str], repo: str | None, output: Path | None, plan: Plan, key: str, dry_run: bool, as_json: bool
) -> None:
    from plansmith.cli.github import send_issues
    from plansmith.errors import InputError

    problems = [] if repo else ["--dry-run and --key go with --repo OWNER/NAME; add it, or leave them out"]
    if [name.strip() for name in names] != ["github"]:
        problems.append(f"--repo goes with --to github alone, not with --to {','.join(names)}; make two calls")
    problems += [f"--repo writes no file, so {output} has no use; leave -o out"] if output else []
    if problems or repo is None:
        raise InputError("Nothing was exported:", problems)
    send_issues(plan, repo, key, dry_run, as_json)


def _place(plan: Path, output: Path | None, names: list[str]) -> Path:
    """Where the files go, without their suffix; `output` is a file if it ends as a format's files do, else a folder."""
    from plansmith.errors import InputError
    from plansmith.export import FORMATS

    stem = "plan" if str(plan) == "-" else plan.stem
    if output is None:
        return plan.with_name(stem)
    ends = {one.name: "." + one.suffix.rpartition(".")[2] for one in FORMATS if not one.folder}
    suffix = output.suffix.lower()
    if output.is_dir() or suffix not in ends.values():
        return output / stem
    wrong = [name for name in names if ends.get(name, suffix) != suffix]
    if len(names) > 1 or wrong:
        raise InputError(
            f"{output} is the name of one {suffix} file, but {', '.join(names)} is to be written: give a folder"
            + (f", or a name that ends in {ends[wrong[0]]}." if len(names) == 1 else ", such as -o out/.")
        )
    return output


def _print_formats(as_json: bool) -> None:
    from plansmith.export import FORMATS

    if as_json:
        rows = [{"format": one.name, "suffix": one.suffix, "folder": one.folder, "says": one.says} for one in FORMATS]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for one in FORMATS:
        print(f"{one.name:<12} {one.suffix + ('/' if one.folder else ''):<14} {one.says}")


def _as_dict(one: Exported) -> dict[str, str | int]:
    return {"format": one.format, "path": str(one.path), "files": one.files, "bytes": one.size}
