"""How good is a plan? Deterministic measures against the brief and, where there is one, the reference plan.

Enters: a `Plan` (or free text), its `Brief`, perhaps the reference and the archive's usual hours. Leaves: `Scores`.
Try: plansmith score plan.md --brief brief.md --reference reference.md

Everything that is counted is found by `plansmith.plan`'s checks; here it is only set against how much could be wrong.
Checks that the plan silences count all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from plansmith.plan import Brief, Plan, Requirement, Story, check_plan, content_words, fold, requirement_cue
from plansmith.proof.health import health
from plansmith.proof.hours import Guess, estimate_error

_INVALID = (
    *("unknown-reference", "retired-reference", "circular-dependency", "unknown-sentence", "placeholder"),
    *("empty-milestone", "quote-differs"),
)
_STORY = (
    *("story-role", "story-atomic", "story-minimal", "story-uniform", "so-that-repeats"),
    "acceptance-not-observable",
)
_ESTIMATE = ("estimate-order", "estimate-spread", "long-task", "task-without-estimate")


@dataclass(frozen=True)
class Scores:
    """Value by name of the measure; what does not apply to the plan is not there. `of`: how many things were counted."""

    values: dict[str, float]
    of: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        return {"values": {k: round(v, 4) for k, v in self.values.items()}, "of": self.of}


@dataclass(frozen=True)
class _Seen:
    """A plan with the ids of the items that each check objects to."""

    plan: Plan
    brief: Brief | None
    found: dict[str, list[str]]

    def hit(self, *codes: str) -> set[str]:
        return {item for code in codes for item in self.found.get(code, ())}

    @property
    def live(self) -> list[Any]:
        return [i for i in self.plan.items() if i.status == "live"]

    @property
    def requirements(self) -> list[Requirement]:
        return [r for r in self.plan.requirements if r.status == "live" and r.priority != "wont"]

    @property
    def stories(self) -> list[Story]:
        return [s for s in self.plan.stories if s.status == "live"]


def score_plan(
    plan: Plan, brief: Brief | None = None, reference: Plan | None = None, guess: Guess | None = None
) -> Scores:
    """The measures that apply. `guess`: the archive's usual hours for a sentence, which `sa` is set against."""
    found: dict[str, list[str]] = {}
    for finding in check_plan(plan.model_copy(update={"silenced": ()}), brief):
        found.setdefault(finding.code, []).append(finding.item)
    seen = _Seen(plan, brief, found)
    counted: dict[str, tuple[float, int] | None] = {
        "validity": _rest(seen.hit(*_INVALID), len(seen.live)),
        "heard": _heard(seen),
        "faithfulness": _faithfulness(seen),
        **_fidelity(seen),
        "chain": _chain(seen),
        "story_quality": _rest(seen.hit(*_STORY), len(seen.stories)),
        "benefits": _rest(seen.hit("story-benefit"), len(seen.stories)),
        "story_fit": _story_fit(seen),
        "schedule": health(plan, unstaffed=bool(seen.hit("unstaffed-role"))),
        "estimates": _estimates(seen),
        "uniqueness": _rest(seen.found.get("duplicate", ()), len(seen.live)),
        "clarity": _rest(seen.hit("vague-word"), sum(isinstance(i.id, str) and i.id[0] in "RUTM" for i in seen.live)),
    }
    if reference:
        counted |= _against(plan, brief, reference, guess)
    kept = {name: pair for name, pair in counted.items() if pair is not None}
    return Scores({name: value for name, (value, _) in kept.items()}, {name: of for name, (_, of) in kept.items()})


def unreadable() -> Scores:
    """The score of a text that cannot be read as a plan."""
    return Scores({"validity": 0.0}, {"validity": 1})


def score_text(text: str, brief: Brief | None, reference: str = "", house: Any = None) -> Scores:
    """The measures of a plan in the team's own form; `house`: the form that its archive shares."""
    values: dict[str, float] = {}
    of: dict[str, int] = {}
    if brief:
        held = set(content_words(text, brief.language))
        asked = [set(content_words(s.text, brief.language)) for s in brief.sentences if requirement_cue(s)]
        asked = [words for words in asked if words]
        if asked:
            values["heard"] = sum(2 * len(w & held) >= len(w) for w in asked) / len(asked)
            of["heard"] = len(asked)
    if house is not None:
        from plansmith.sources.freeplans.house import fit_house

        fit = fit_house(house, text, brief.language if brief else "")
        values["house"], of["house"] = fit.complete * fit.ordered, len(fit.present) + len(fit.missing)
    if reference:
        values["chrf"], of["chrf"] = chrf(text, reference), 1
    return Scores(values, of)


def chrf(text: str, reference: str) -> float:
    """chrF++ from 0 to 1."""
    from sacrebleu.metrics.chrf import CHRF

    return float(CHRF(word_order=2).sentence_score(text, [reference]).score) / 100


def own_work(plan: Plan) -> tuple[float, int] | None:
    """Share of stories in which nothing is one of the stock phrases that code puts in place of what failed."""
    import re

    from plansmith.locale import words

    stock = []
    for key in ("this_to_hold", "this_holds", "tries_it", "finished_product", "build", "enforce"):
        phrase = words(plan.language).get(f"written.{key}", "")
        if phrase:
            stock.append(re.sub(r"\\\{\w+\\\}", ".+", re.escape(phrase)))
    shape = re.compile("|".join(stock) or r"(?!)", re.IGNORECASE)
    tasks: dict[str, list[str]] = {}
    for task in plan.tasks:
        for served in task.serves:
            tasks.setdefault(served, []).append(task.title)
    stories = [s for s in plan.stories if s.status == "live"]
    own = 0
    for story in stories:
        parts = [story.want, *tasks.get(story.id, ())]
        parts += [text for a in story.acceptance for text in (a.given, a.when, a.then)]
        let = words(plan.language).get("written.let", "").format(role=_with_article(story.role), want=_bare(story.want))
        own += not any(shape.fullmatch(part.strip(" .")) or fold(part) == fold(let) for part in parts)
    return (own / len(stories), len(stories)) if stories else None


def _with_article(role: str) -> str:
    from plansmith.prompts import article

    return f"{article(role)} {role}"


def _bare(want: str) -> str:
    return want.removeprefix("to ")


def cited(plan: Plan) -> set[str]:
    """The sentences that the plan's live requirements cite."""
    return {s for r in plan.requirements if r.status == "live" for s in r.source}


ABOUT = 0.2
"""Least share of an item's content words that its sentences hold; requirements of the sample archive have more."""


def taken_up(items: Iterable[Any], brief: Brief) -> set[str]:
    """The sentences that a live item cites and is about: a number alone proves nothing."""
    told = {s.id: content_words(f"{s.heading} {s.lead_in} {s.text}", brief.language) for s in brief.sentences}
    found: set[str] = set()
    for item in items:
        said = next((t for f in ("text", "want", "title", "event") if (t := getattr(item, f, ""))), "")
        words = set(content_words(said, brief.language))
        held = {w for s in item.source for w in told.get(s, ())}
        if item.status == "live" and words and len(words & held) >= ABOUT * len(words):
            found |= set(item.source)
    return found


def plan_text(plan: Plan) -> str:
    """What the items say, a line each, in the plan's order: what likeness is measured on."""
    lines = [plan.title, plan.summary, *(r.text for r in plan.requirements)]
    for s in plan.stories:
        lines.append(f"{s.role}: {s.want}; {s.so_that}")
        lines += [f"{a.given}; {a.when}; {a.then}" for a in s.acceptance]
    lines += [f"{t.role}: {t.title}" for t in plan.tasks]
    lines += [f"{k.event} {k.response}" for k in plan.risks] + [q.text for q in plan.questions]
    lines += [f"{d.title}: {d.context} {' '.join(o.title for o in d.options)}" for d in plan.decisions]
    return "\n".join(lines)


def _rest(bad: Collection[str] | Iterable[str], of: int) -> tuple[float, int] | None:
    """The share that is left when the bad ones are taken out."""
    return (max(0.0, 1 - len(list(bad)) / of), of) if of else None


def _heard(seen: _Seen) -> tuple[float, int] | None:
    asked = [s.id for s in seen.brief.sentences if requirement_cue(s)] if seen.brief else []
    taken = taken_up(seen.live, seen.brief) if seen.brief else set()
    return (sum(s in taken for s in asked) / len(asked), len(asked)) if asked else None


def _faithfulness(seen: _Seen) -> tuple[float, int] | None:
    known = {s.id for s in seen.brief.sentences} if seen.brief else set()
    of = sum(r.origin == "stated" and len(r.source) == 1 and r.source[0] in known for r in seen.requirements)
    return _rest(seen.hit("not-faithful") & {r.id for r in seen.requirements}, of)


def _fidelity(seen: _Seen) -> dict[str, tuple[float, int] | None]:
    known = {s.id for s in seen.brief.sentences} if seen.brief else {q.id for q in seen.plan.quotes}
    stated = sum(i.origin == "stated" and bool(set(i.source) & known) for i in seen.live)
    if not known:
        return {}
    # budget and deadline stand in the plan's head, the items of a finding about them are empty
    with_budget, with_deadline = stated + (seen.plan.budget is not None), stated + (seen.plan.deadline is not None)
    return {
        "numbers": _rest(seen.hit("new-number", "new-money", "budget-not-in-brief"), with_budget),
        "dates": _rest(seen.hit("new-date", "deadline-not-in-brief"), with_deadline),
        "names": _rest(seen.hit("new-name"), stated),
    }


def _chain(seen: _Seen) -> tuple[float, int] | None:
    bare = seen.hit("story-without-acceptance")
    broken = {r for s in seen.stories if s.id in bare for r in s.requirements}
    broken |= seen.hit("must-chain", "orphan-requirement")
    return _rest(broken & {r.id for r in seen.requirements}, len(seen.requirements))


def _story_fit(seen: _Seen) -> tuple[float, int] | None:
    language = seen.plan.language
    wanted = {r.id: set(content_words(r.text, language)) for r in seen.requirements}
    if len(wanted) < 2:
        return None
    fitting = counted = 0
    for story in seen.stories:
        own = [wanted[r] for r in story.requirements if wanted.get(r)]
        if not own:
            continue
        words = f"{story.want} {story.so_that} " + " ".join(f"{a.given} {a.when} {a.then}" for a in story.acceptance)
        said = set(content_words(words, language))
        best = max(len(said & w) / len(w) for w in own)
        others = max(
            (len(said & w) / len(w) for r, w in wanted.items() if w and r not in story.requirements), default=0
        )
        fitting, counted = fitting + (best > 0 and best >= others), counted + 1
    return (fitting / counted, counted) if counted else None


def _estimates(seen: _Seen) -> tuple[float, int] | None:
    tasks = [t for t in seen.plan.tasks if t.status == "live"]
    bad = seen.hit(*_ESTIMATE)
    if "same-estimates" in seen.found:
        from collections import Counter

        same = Counter(t.estimate for t in tasks if t.estimate).most_common(1)[0][0]
        bad |= {t.id for t in tasks if t.estimate == same}
    return _rest(bad, len(tasks))


def _against(
    plan: Plan, brief: Brief | None, reference: Plan, guess: Guess | None
) -> dict[str, tuple[float, int] | None]:
    mine, theirs = cited(plan), cited(reference)
    both = len((taken_up(plan.requirements, brief) if brief else mine) & theirs)
    return {
        "coverage": (both / len(theirs), len(theirs)) if theirs else None,
        "restraint": (both / len(mine), len(mine)) if mine else None,
        **estimate_error(plan, reference, guess),
        "chrf": (chrf(plan_text(plan), plan_text(reference)), 1),
    }
