"""Sending a plan's issues to a GitHub repository: what `plansmith export --to github --repo` does.

Enters: a plan, a repository, and GITHUB_TOKEN from the environment. Leaves: one line for each step, or JSON.
Try: plansmith export plan.md --to github --repo OWNER/NAME --dry-run
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plansmith.export.githubsync import Step
    from plansmith.plan import Plan

_DID = {"create": "created", "update": "updated", "keep": "unchanged", "leave": "left where people put it"}
_DID |= {"gone": "no longer in the plan, and left open"}


def send_issues(plan: Plan, repo: str, key: str, dry_run: bool, as_json: bool) -> None:
    """Create and update the issues of a plan in a repository; with `dry_run` only say what would be done."""
    from plansmith.export.githubapi import API, GitHub
    from plansmith.export.githubsync import send
    from plansmith.export.issues import wanted
    from plansmith.export.planned import planned

    want = wanted(planned(plan, dt.date.today()), key)
    hub = GitHub(repo, os.environ.get("GITHUB_TOKEN", ""), os.environ.get("GITHUB_API_URL", "") or API)
    steps = send(want, hub, dry_run, (lambda step: None) if as_json else _tell)
    if as_json:
        print(json.dumps([asdict(step) for step in steps], ensure_ascii=False, indent=2))
        return
    counts = Counter[str](step.did for step in steps)
    told = ", ".join(f"{counts[did]} {word}" for did, word in _DID.items() if counts[did])
    print(f"{'Would be' if dry_run else 'Done'}: {told or 'nothing to do'}.")


def _tell(step: Step) -> None:
    if step.did != "keep":
        print(f"{step.did} {step.what} {f'#{step.number} ' if step.number else ''}{step.name}", flush=True)
