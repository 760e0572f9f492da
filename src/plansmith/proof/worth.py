"""What the measures are worth: each against planted faults, and the archive's plans against the wrong briefs.

Enters: an archive whose plans are good. Leaves: docs/measures.md.
Try: python -m plansmith.proof.worth examples/archive > docs/measures.md
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from plansmith.proof.hours import usual_hours
from plansmith.proof.measures import BY_NAME, MEASURES
from plansmith.proof.score import score_plan
from plansmith.proof.spoil import FAULTS
from plansmith.sources.archive import Document, read_archive

Means = dict[str, float]
_SEEN = 0.005
MATRIX_PLANS = 4
"""So many plans of the archive are spoilt in every way; all of them stand for the gap."""


def matrix(documents: Sequence[Document]) -> dict[str, Means]:
    """By fault: how much better (+) or worse (-) each measure is than for the plans as they were, on average."""
    guess = usual_hours(d.plan for d in documents if d.plan)
    chosen = [d for d in documents if d.plan][:MATRIX_PLANS]
    before = [score_plan(d.plan, d.brief, d.plan, guess).values for d in chosen if d.plan]
    found: dict[str, Means] = {}
    for fault in FAULTS:
        after = [score_plan(fault.spoil(d.plan, d.brief), d.brief, d.plan, guess).values for d in chosen if d.plan]
        found[fault.name] = _change(before, after)
    return found


def _change(before: Sequence[Mapping[str, float]], after: Sequence[Mapping[str, float]]) -> Means:
    changes: dict[str, list[float]] = {}
    for old, new in zip(before, after, strict=True):
        for name in old.keys() & new.keys():
            sign = 1 if BY_NAME[name].rising else -1
            changes.setdefault(name, []).append(sign * (new[name] - old[name]))
    return {name: statistics.fmean(values) for name, values in changes.items()}


def gap(documents: Sequence[Document]) -> tuple[Means, Means]:
    """Mean scores of the plans with their own briefs, and with each of three other projects' briefs and references."""
    typed = [d for d in documents if d.plan]
    guess = usual_hours(d.plan for d in typed if d.plan)
    own = [score_plan(d.plan, d.brief, d.plan, guess).values for d in typed if d.plan]
    other = [
        score_plan(d.plan, o.brief, o.plan, guess).values
        for n, d in enumerate(typed)
        for o in (typed[(n + shift) % len(typed)] for shift in (1, 5, 9))
        if d.plan
    ]
    return _means(own), _means(other)


def _means(rows: Sequence[Mapping[str, float]]) -> Means:
    names = [m.name for m in MEASURES if any(m.name in row for row in rows)]
    return {n: statistics.fmean(row[n] for row in rows if n in row) for n in names}


def measures_as_markdown(documents: Sequence[Document]) -> str:
    """docs/measures.md."""
    lines = [_HEAD, "| measure | in `--json` | formula | source |", "|---|---|---|---|"]
    for m in MEASURES:
        better = "" if m.rising else f" (lower is better; {m.unit})"
        star = " ★" if m.headline else ""
        lines.append(f"| {m.title}{star}{better} | `{m.name}` | {m.formula} | {m.source} |")
    return "\n".join([*lines, "", *_matrix_lines(documents), "", *_gap_lines(documents), "", _TAIL])


def _matrix_lines(documents: Sequence[Document]) -> list[str]:
    changes = matrix(documents)
    shown = [m for m in MEASURES if any(m.name in row for row in changes.values())]
    head = [_MATRIX.format(n=MATRIX_PLANS), f"| fault | {' | '.join(f'`{m.name}`' for m in shown)} |"]
    head.append(f"|---|{'---|' * len(shown)}")
    for fault in FAULTS:
        cells = [_cell(fault.falls, m.name, changes[fault.name].get(m.name)) for m in shown]
        head.append(f"| {fault.name} | {' | '.join(cells)} |")
    told = [f"- *{f.name}*: {', '.join(f'`{a}`' for a in f.also)} fall too, because {f.why}." for f in FAULTS if f.also]
    meant = [f"- *{f.name}*: {(f.spoil.__doc__ or '').strip()}" for f in FAULTS]
    return [*head, "", "What is planted:", "", *meant, "", "Measures that must fall besides:", "", *told]


def _cell(falls: Sequence[str], name: str, change: float | None) -> str:
    if change is None:
        return "n/a"
    text = "" if abs(change) < _SEEN else f"{change:+.2f}"
    return f"**{text or '0'}**" if name in falls else text


def _gap_lines(documents: Sequence[Document]) -> list[str]:
    own, other = gap(documents)
    head = [_GAP.format(n=len(own) and len([d for d in documents if d.plan]))]
    head += ["| measure | own brief | another's brief | gap |", "|---|---|---|---|"]
    for m in MEASURES:
        if m.name in own:
            there = f"{other[m.name]:.2f}" if m.name in other else "n/a"
            by = f"{own[m.name] - other[m.name]:+.2f}" if m.name in other else ""
            head.append(f"| {m.title} | {own[m.name]:.2f} | {there} | {by} |")
    return head


_HEAD = """# Measures

`plansmith score plan.md --brief brief.md --reference reference.md` measures a plan with code alone; `plansmith evaluate`
sets plans of several arms side by side with them. The same plan always has the same score. Every measure counts what
[the checks](checks.md) find and divides by what could have been wrong; what does not apply is left out, not counted as 1.
They see form, links and facts. Whether a plan is wise, no formula here can say: read it, or let people compare.

This page is written by `python -m plansmith.proof.worth examples/archive > docs/measures.md`, and tested against it.

## Definitions

★: a verdict may rest on it. The others are looked at besides.
"""

_MATRIX = """## Measure by planted fault

Mean change over {n} sample plans when one kind of fault is planted wherever it fits; the measures made for the fault are
bold. Empty: no change (under 0.005). Signs are turned so that - is always worse. `chrf` compares with the sample plan
itself, so it falls with every change of wording. n/a: the measure no longer applies.
"""

_GAP = """## Right brief, wrong brief

The {n} sample plans with their own briefs (and themselves as references), and with three other projects' briefs and
references each. The gap is what a measure is worth for telling a plan for this client from any good plan; measures that
look at the plan alone have none, and should have none.
"""

_TAIL = """## Where they mislead

- *Coverage* and *restraint* follow the reference's author: a sentence that one analyst takes up another leaves.
- *Faithfulness* finds turned meaning, not missing meaning, and lets through what shares the sentence's words.
- *Story quality* sees form. A dull story in good form passes; so do stock phrases, which *written by the model* sees.
- *Hours* are compared by sentence; where two plans cut the work differently between sentences, that counts as error.
- *Schedule health* of a plan without links and dates rests on few points.
- chrF++ rewards the reference's wording; two good plans may share little of it.

## How `plansmith evaluate` proves

- **Arms.** *Base*: the untuned model, in the tuned one's quantisation. *Base with examples*: the same weights, and before
  each question the three nearest conversations of the archive (BM25 over the client's sentence), up to the answer that is
  asked for. *Tuned*: the model trained by the run's recipe. All arms
  go through the same steps, grammars and checks, and draw hours from the same past tasks; code repairs or replaces what
  fails, in every arm. So measures of the finished plan show what a user gets, and *written by the model*, *answers let
  stand* and the held-out loss show how much of it the model did.
- **Clients that none has seen.** Folds hold whole clients out. A document that a run learned from is recognised by its
  hash, or by its name, and refused. The base's file must not have the hash of the tuned one's; an
  embedded base is quantised anew from its own weights, as the run's were with the adapter in them.
- **How many.** Left out, `--folds` makes four parts and trains twice: half of the projects are tested on. `--folds K`
  tests on all of them in K trainings, `--folds 0` leaves each client out once, `--folds 1` trains nothing and tests the
  run itself on what it has not seen. What is written stays in the proof's folder; the same command goes on.
- **How sure.** One difference for each client (documents and seeds of a client are averaged first: they do not count
  twice). Interval: BCa bootstrap of the mean, 10,000 resamples, 95 %. Test: all sign flips. A measure is called better or
  worse only where the interval leaves 0 out *and* the test is under 0.05; for the ★ measures after Holm's correction.
  With five clients or fewer no test can get there, and the verdict says "too few clients to say".
- **Leaks.** Runs of six words and more shared with past projects and not with the own brief, other clients' names, and the
  past plan most like each output. `--canaries N` plants N random codes into a copy in memory, trains on it, and reports
  how many come out by greedy completion and their exposure (Carlini et al. 2019) among 256 random codes. The run with the
  planted codes is deleted.
"""


if __name__ == "__main__":
    print(measures_as_markdown(read_archive(Path(sys.argv[1])).documents), end="")
