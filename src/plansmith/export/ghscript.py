"""A plan as a shell script of `gh` calls, for those who want to read what is done before it is done.

Enters: a `Planned`. Leaves: the script. Needs `gh` (https://cli.github.com), logged in; any POSIX shell runs it.
Try: plansmith export plan.md --to github -o plan.sh; GH_REPO=OWNER/NAME DRY_RUN=1 sh plan.sh

A second run creates nothing twice: the script first reads the marks of the issues that are there. It changes what has
changed in the plan, as the direct export does, but writes text and labels anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from shlex import quote

from plansmith.export.issues import wanted
from plansmith.export.planned import Planned

_HEAD = r"""#!/bin/sh
# Issues of a plan, by gh (https://cli.github.com). Say what would be done: DRY_RUN=1 sh THIS-FILE
# Into another repository than that of this folder: GH_REPO=OWNER/NAME sh THIS-FILE
set -eu
command -v gh >/dev/null || { echo "Error: gh is not installed: https://cli.github.com" >&2; exit 3; }
KEY=__KEY__
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
repo=${GH_REPO:-$(gh repo view --json nameWithOwner --jq .nameWithOwner)}
dry=${DRY_RUN:-}

read_marks() { # PATH FIELD: id, digest, number, database id of everything with this plan's mark, the oldest first
  gh api --paginate "repos/$repo/$1?state=all&per_page=100&direction=asc" --jq \
    ".[] | select(has(\"pull_request\") | not) | select((.$2 // \"\") | test(\"<!-- plansmith $KEY \")) |
     [(.$2 | capture(\"<!-- plansmith $KEY (?<i>[A-Z][0-9]+) (?<d>[0-9a-f]+) -->\") | .i, .d), .number, .id] | @tsv"
}
{ read_marks milestones description; read_marks issues body; } >"$work/marks"
gh api --paginate "repos/$repo/labels?per_page=100" --jq '.[].name' >"$work/labels"

field() { awk -F '\t' -v id="$1" -v n="$2" '$1 == id { print $n; exit }' "$work/marks"; }
note() { printf '%s %s\n' "$1" "$2"; [ -n "$dry" ] || [ "$1" = keep ] || sleep "${PAUSE:-1}"; }
label() { # NAME COLOUR
  if ! grep -qixF -- "$1" "$work/labels"; then
    [ -n "$dry" ] || gh api "repos/$repo/labels" -f "name=$1" -f "color=$2" --silent
    note create "label $1"
  fi
}
put() { # PATH ID DIGEST NAME, and what to send as JSON on standard input
  cat >"$work/data"
  number=$(field "$2" 3)
  if [ -z "$number" ]; then
    if [ -z "$dry" ]; then
      gh api "repos/$repo/$1" --input "$work/data" --jq '[.number, .id] | @tsv' >"$work/made"
      printf '%s\t%s\t%s\n' "$2" "$3" "$(cat "$work/made")" >>"$work/marks"
    fi
    note create "$4"
  elif [ "$(field "$2" 2)" != "$3" ]; then
    [ -n "$dry" ] || gh api -X PATCH "repos/$repo/$1/$number" --input "$work/data" --silent
    note update "$4"
  else
    note keep "$4"
  fi
}
issue() { # ID DIGEST MILESTONE NAME, and the JSON that begins with "milestone": null, where the number goes
  place=$(field "${3:-none}" 3)
  if [ -n "$place" ]; then sed "1s/^{\"milestone\": null/{\"milestone\": $place/"; else cat; fi | put issues "$1" "$2" "$4"
}
under() { # PARENT CHILD...
  parent=$(field "$1" 3); name=$1; shift
  [ -z "$parent" ] || gh api --paginate "repos/$repo/issues/$parent/sub_issues?per_page=100" --jq '.[].id' >"$work/has"
  for child in "$@"; do
    id=$(field "$child" 4)
    if [ -n "$parent" ] && [ -n "$id" ] && grep -qx "$id" "$work/has"; then continue; fi
    if [ -z "$dry" ]; then
      gh api "repos/$repo/issues/$parent/sub_issues" -F "sub_issue_id=$id" --silent ||
        { echo "leave $child outside $name: GitHub refused it" >&2; continue; }
    fi
    note create "sub-issue $child of $name"
  done
}
"""


def github(made: Planned) -> bytes:
    """The script, in UTF-8."""
    return ("\n".join(_lines(made)) + "\n").encode()


def _lines(made: Planned) -> Iterator[str]:
    want = wanted(made)
    yield _HEAD.replace("__KEY__", quote(want.key))
    for label in want.labels:
        yield f"label {quote(label.name)} {label.colour}"
    for milestone in want.milestones:
        data = {"title": milestone.title, "description": milestone.text}
        data |= {"due_on": f"{milestone.due}T12:00:00Z"} if milestone.due else {}
        name = quote(f"milestone {milestone.title}")
        yield f"printf '%s\\n' {_json(data)} | put milestones {milestone.id} {milestone.digest} {name}"
    for one in want.issues:
        issue = {"milestone": None, "title": one.title, "body": one.text, "labels": list(one.labels)}
        name = quote(f"issue {one.title}")
        place = one.milestone or "''"
        yield f"printf '%s\\n' {_json(issue)} | issue {one.id} {one.digest} {place} {name}"
    under: dict[str, list[str]] = {}
    for one in want.issues:
        if one.parent:
            under.setdefault(one.parent, []).append(one.id)
    yield from (f"under {parent} {' '.join(some)}" for parent, some in under.items())


def _json(data: Mapping[str, object]) -> str:
    """One line of JSON as one word of the shell."""
    return quote(json.dumps(data, ensure_ascii=False))
