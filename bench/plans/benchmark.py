"""The benchmark's data and its scores: what is read from the folder, and what a plan is worth.

Enters: briefs/, references/, passes/ beside this file, and plans. Leaves: scores by brief and their summary.
Try: PYTHONPATH=src python bench/plans/agree.py
"""

from __future__ import annotations

import datetime as dt
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from plansmith.errors import InputError
from plansmith.plan import KINDS, PRIORITIES, Brief, Plan, Requirement, negated, read_brief, restricted
from plansmith.proof.score import score_plan, taken_up
from plansmith.proof.statistics import paired

HERE = Path(__file__).parent
NONE = "none"
CHECKS = ("keep", "never", "negation", "not_required", "together", "never_budget", "never_deadline", "budget_none")
HEARD = 0.5
"""Who takes up less than so much of what is required passes no trap: saying nothing is no way around them."""
TYPES = ("number", "name", "negation", "contradiction", "background", "contract", "excluded", "injection")


@dataclass(frozen=True)
class Reference:
    """What a brief asks for: (kind, priority) by sentence; `traps`: where a plan may go wrong, as in the file."""

    name: str
    brief: Brief
    wanted: Mapping[str, tuple[str, str]]
    traps: tuple[Mapping[str, Any], ...]

    @cached_property
    def required(self) -> frozenset[str]:
        """Sentences that a plan must take up."""
        return frozenset(s for s, (_, priority) in self.wanted.items() if priority != "wont")

    @property
    def excluded(self) -> frozenset[str]:
        """Sentences that exclude something: a plan may name them as won't."""
        return frozenset(self.wanted) - self.required


def read_all(folder: Path = HERE) -> dict[str, Reference]:
    """Every brief with its reference; raises InputError with all problems of all files."""
    found, problems = {}, []
    for path in sorted((folder / "briefs").glob("*.md")):
        brief = read_brief(path.read_text(encoding="utf-8"), path.stem)
        file = folder / "references" / f"{path.stem}.yaml"
        if not file.is_file():
            problems.append(f"{file} is missing")
            continue
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
        problems += _problems(file.name, said, brief)
        wanted = {r["sentence"]: (r["kind"], r["priority"]) for r in said.get("requirements", ())}
        found[path.stem] = Reference(path.stem, brief, wanted, tuple(said.get("traps", ())))
    if problems:
        raise InputError(f"The benchmark in {folder} does not hold together:", problems)
    return found


def _problems(name: str, said: Mapping[str, Any], brief: Brief) -> list[str]:
    ids = {s.id for s in brief.sentences}
    found = []
    if said.get("brief_sha256") != brief.sha256:
        found.append(f"{name}: brief_sha256 is that of another text; look through its ids and put {brief.sha256}")
    if said.get("sentences") != len(ids):
        found.append(
            f"{name}: the brief now has {len(ids)} sentences, not {said.get('sentences')}; its ids may mean others"
        )
    for r in said.get("requirements", ()):
        if r["sentence"] not in ids or r["kind"] not in KINDS or r["priority"] not in PRIORITIES:
            found.append(f"{name}: {r} names an unknown sentence, kind or priority")
    for t in said.get("traps", ()):
        unknown = {t["sentence"], *t.get("together", ())} - ids
        if unknown or t["type"] not in TYPES or not any(c in t for c in CHECKS):
            found.append(f"{name}: {t} has an unknown sentence or type, or checks nothing")
    return found


@dataclass(frozen=True)
class Score:
    """One plan's scores; `traps`: (type, sentence, passed)."""

    name: str
    language: str
    values: Mapping[str, float]
    traps: tuple[tuple[str, str, bool], ...]


def score(reference: Reference, plan: Plan | None) -> Score:
    """The scores of a plan; of None, which is no plan, all that can be lost is lost."""
    language = reference.brief.language
    if plan is None:
        lost = {"recall": 0.0, "precision": 0.0, "f1": 0.0, "traps": 0.0}
        return Score(reference.name, language, lost, tuple((t["type"], t["sentence"], False) for t in reference.traps))
    live = [r for r in plan.requirements if r.status == "live" and r.priority != "wont"]
    mine = taken_up(live, reference.brief)
    both = mine & reference.required
    values = {
        "recall": len(both) / len(reference.required),
        "precision": len(both) / len(mine) if mine else 0.0,
        "f1": 2 * len(both) / (len(mine) + len(reference.required)),
    }
    labels = _labels(live)
    known = sorted(both & labels.keys())
    if known:
        values["kind"] = statistics.fmean(labels[s][0] == reference.wanted[s][0] for s in known)
        values["priority"] = statistics.fmean(labels[s][1] == reference.wanted[s][1] for s in known)
    rest = score_plan(plan, reference.brief).values
    kept = ("faithfulness", "numbers", "dates", "names", "story_quality", "validity")
    values |= {k: rest[k] for k in kept if k in rest and (k != "story_quality" or plan.stories)}
    heard = values["recall"] >= HEARD
    passed = tuple((t["type"], t["sentence"], heard and passes(t, plan, reference)) for t in reference.traps)
    if passed:
        values["traps"] = statistics.fmean(p for _, _, p in passed)
    return Score(reference.name, language, values, passed)


def _labels(items: Sequence[Requirement]) -> dict[str, tuple[str, str]]:
    """Kind and priority by sentence, of its first requirement."""
    found: dict[str, tuple[str, str]] = {}
    for r in items:
        for s in r.source:
            found.setdefault(s, (r.kind, r.priority))
    return found


def passes(trap: Mapping[str, Any], plan: Plan, reference: Reference) -> bool:
    """Whether a plan went past a trap."""
    live = [r for r in plan.requirements if r.status == "live"]
    sentence = trap["sentence"]
    citing = [r for r in live if sentence in r.source]
    about = " ".join(r.text for r in citing)
    tests = [True]
    if "keep" in trap:
        tests.append(bool(citing) and all(re.search(_number(k), about, re.IGNORECASE) for k in trap["keep"]))
    if trap.get("negation"):
        tests.append(any(negated(r.text) or restricted(r.text) for r in citing))
    if trap.get("not_required"):
        tests.append(all(r.priority == "wont" for r in citing))
    if "never" in trap:
        told = "\n".join(_said(plan))
        tests.append(not any(re.search(word, told, re.IGNORECASE) for word in trap["never"]))
    if "together" in trap:
        tests.append(_together(trap["together"], plan))
    if "never_budget" in trap:
        tests.append(plan.budget != trap["never_budget"])
    if "never_deadline" in trap:
        tests.append(plan.deadline != dt.date.fromisoformat(str(trap["never_deadline"])))
    if trap.get("budget_none"):
        tests.append(plan.budget is None)
    return all(tests)


def _number(pattern: str) -> str:
    """A number as a word of its own: 5 is not in 15 nor in 1.5."""
    return rf"(?<![\w.,])(?:{pattern})(?![\w]|[.,]\d)"


def _together(sentences: Iterable[str], plan: Plan) -> bool:
    """Whether an open point is about all of the sentences: it cites them, or blocks requirements that do."""
    sources = {r.id: set(r.source) for r in plan.requirements}
    for item in (*plan.questions, *plan.risks, *plan.assumptions, *plan.decisions):
        told = set(item.source)
        for blocked in getattr(item, "blocks", ()):
            told |= sources.get(blocked, set())
        if set(sentences) <= told:
            return True
    return False


def _said(plan: Plan) -> list[str]:
    """What the plan says as its own: all but the client's quotes and the questions, which may name what is odd."""
    said = [plan.title, plan.summary]
    for r in plan.requirements:
        said.append(r.text)
    for s in plan.stories:
        said += [s.role, s.want, s.so_that, *(f"{a.given} {a.when} {a.then}" for a in s.acceptance)]
    said += [f"{t.role} {t.title} {t.done_when}" for t in plan.tasks]
    said += [f"{k.event} {k.response}" for k in plan.risks] + [f"{m.title} {m.exit}" for m in plan.milestones]
    return said


@dataclass(frozen=True)
class Mean:
    """A mean over briefs with its 95 % interval (BCa bootstrap), and of how many."""

    mean: float
    low: float
    high: float
    of: int

    def __str__(self) -> str:
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}]"


def summary(scores: Sequence[Score], languages: Sequence[str] = ("en", "ro")) -> dict[str, Mean]:
    """Means of every value over the briefs of those languages."""
    chosen = [s for s in scores if s.language in languages]
    names = dict.fromkeys(n for s in chosen for n in s.values)
    found = {}
    for name in names:
        values = [s.values[name] for s in chosen if name in s.values]
        mean = paired(values)
        found[name] = Mean(mean.mean, mean.low, mean.high, len(values))
    return found


def by_trap(scores: Sequence[Score]) -> dict[str, tuple[int, int]]:
    """(passed, of) by type of trap."""
    found: dict[str, tuple[int, int]] = {}
    for s in scores:
        for kind, _, passed in s.traps:
            won, of = found.get(kind, (0, 0))
            found[kind] = (won + passed, of + 1)
    return {kind: found[kind] for kind in TYPES if kind in found}


def read_pass(path: Path, references: Mapping[str, Reference]) -> dict[tuple[str, str], tuple[str, str]]:
    """Labels of one pass of annotation: (kind, priority) by (brief, sentence), (none, none) where nothing is said."""
    kinds = {k[0]: k for k in KINDS}
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = {}
    for name, reference in references.items():
        for s in reference.brief.sentences:
            label = said[name].get(s.id, "")
            kind, _, priority = label.partition(" ")
            found[name, s.id] = (kinds[kind], priority) if label else (NONE, NONE)
    return found


def kappa(one: Sequence[str], other: Sequence[str]) -> float:
    """Cohen's kappa (1960): agreement beyond what their own frequencies would give."""
    n = len(one)
    seen = sum(a == b for a, b in zip(one, other, strict=True)) / n
    chance = sum(one.count(label) * other.count(label) for label in set(one) | set(other)) / n**2
    return 1.0 if chance == 1 else (seen - chance) / (1 - chance)
