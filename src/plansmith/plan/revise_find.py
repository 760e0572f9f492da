"""Which requirements a client means, found by words: certain ones, or candidates for a person to choose from.

Enters: a plan and the words for what is meant ("online payment"). Leaves: `Found`.
Try: plansmith revise examples/archive/01-bakery-preorders/plan.md "The client drops the deposit."

One requirement is certain where it alone holds the phrase's main word and half of its words, and says little else.
All others are candidates, ranked by the weight of the words that they share (inverse document frequency).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from plansmith.plan.revise_read import generic
from plansmith.plan.types import Plan, Requirement
from plansmith.plan.wording import negated, restricted, stem
from plansmith.plan.words import alternation, fold, listed, word_set

_ENDINGS = {
    "en": ("ment", "ments", "ing", "ed", "er", "or", "ion", "ation", "s", "e", "al", "abl", "at", "i", "y", "r", "d"),
    "ro": ("a", "e", "i", "ul", "re", "are", "ire", "ere", "ii", "elor", "ilor", "ei", "at", "t", "eaz", "esc", "aril"),
}
_LEAST, _LEAST_JOINED = 0.12, 0.4
"""Share of a requirement's words that the phrase must hold, so that all of it is meant; more where it joins two things."""
_HALF = 0.5
_MOST = 6
_ID = re.compile(r"(?<!\w)R[1-9]\d{0,5}(?!\w)")


@dataclass(frozen=True)
class Candidate:
    """A requirement, the phrase's words that it holds, and their weight as a share of the phrase's."""

    id: str
    text: str
    shared: tuple[str, ...]
    score: float


@dataclass(frozen=True)
class Found:
    """`certain`: ids that are meant without doubt. `candidates`: what else it could be, the likeliest first."""

    certain: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    missed: tuple[str, ...] = ()
    """Words of the phrase that the certain ones do not hold."""


def find(plan: Plan, phrase: str, status: Collection[str] = ("live",)) -> Found:
    """The requirements of this status that a phrase means; ids that it names are taken at their word."""
    live = [r for r in plan.requirements if r.status in status]
    named = [i for i in _ID.findall(phrase) if i in {r.id for r in live}]
    if named:
        return Found(tuple(dict.fromkeys(named)), ())
    found = _one(plan, live, phrase)
    parts = [p for p in re.split(r",\s*(?:and |si )?|\s+(?:and|si|și)\s+", phrase) if p.strip()]
    if len(parts) < 2 or (found.certain and not found.missed):
        return found
    each = [_one(plan, live, part) for part in parts]
    if all(one.certain for one in each):
        return Found(tuple(dict.fromkeys(i for one in each for i in one.certain)), ())
    sure = {i for one in (found, *each) for i in one.certain}
    seen = {r.id: Candidate(r.id, r.text, (), 1.0) for r in live if r.id in sure}
    seen |= {
        c.id: c for one in (*each, found) for c in one.candidates
    }  # the whole phrase knows more words than its parts
    return Found((), tuple(sorted(seen.values(), key=lambda c: -c.score))[:_MOST])


def nearest(plan: Plan, text: str, status: str = "live") -> list[str]:
    """Requirements that are most like a text, each with its id, the likeliest first: by its words, else by its letters."""
    from rapidfuzz import fuzz

    texts = {r.id: r.text for r in plan.requirements if r.status == status}
    held = [c.id for c in find(plan, text, (status,)).candidates]
    like = held or sorted(texts, key=lambda i: -fuzz.partial_ratio(fold(text), fold(texts[i])))
    return [f"{i} {texts[i]}" for i in like[:_MOST]]


def speaking(plan: Plan, phrase: str) -> list[tuple[str, str]]:
    """Live requirements that hold the word that a phrase is about, each id with this word."""
    wanted = [w for w in tokens(phrase, plan.language) if not generic(w[1])]
    if not wanted or _ID.search(phrase):
        return []
    main, word = _main(phrase, wanted, plan.language)
    live = (r for r in plan.requirements if r.status == "live")
    return [(r.id, word) for r in live if any(same(main, t, plan.language) for t, _ in tokens(r.text, plan.language))]


def _one(plan: Plan, live: Sequence[Requirement], phrase: str) -> Found:
    language = plan.language
    wanted = tokens(phrase, language)
    telling = [w for w in wanted if not generic(w[1])]
    wanted = telling or wanted
    if not wanted:
        return Found((), ())
    quotes = {q.id: q.text for q in plan.quotes}
    own = {r.id: [t for t, _ in tokens(r.text, language)] for r in live}
    wide = {r.id: own[r.id] + [t for s in r.source for t, _ in tokens(quotes.get(s, ""), language)] for r in live}
    counts = Counter(t for r in live for t, _ in wanted if any(same(t, w, language) for w in own[r.id]))
    weight = {t: math.log(1 + len(live) / (1 + counts[t])) for t, _ in wanted}
    total = sum(weight.values())
    rule = any(fold(w) in word_set("revise", "rule") for w in re.findall(r"[^\W\d_]+", phrase))
    main = _main(phrase, wanted, language)
    sure: list[tuple[Requirement, float]] = []
    near: list[Candidate] = []
    for r in live:
        held = [w for w in wanted if any(same(w[0], t, language) for t in own[r.id])]
        loose = [w for w in wanted if any(_near(w[0], t, language) for t in wide[r.id])]
        if not loose:
            continue
        score = sum(weight[t] for t, _ in held) / total
        near.append(Candidate(r.id, r.text, tuple(dict.fromkeys(w for _, w in loose)), round(score, 3)))
        part = sum(any(same(t, w, language) for w, _ in wanted) for t in own[r.id]) / max(1, len(own[r.id]))
        joined = bool(re.search(r"\s(?:and|si)\s|;", fold(r.text)))
        turned = (negated(r.text) or restricted(r.text)) and not (rule or negated(phrase) or restricted(phrase))
        if turned or _beside(
            r.text, main[0], language
        ):  # "without the members' data" is no wish to give up the rule that nobody may see them
            continue
        if telling and main in held and score >= _HALF and part >= (_LEAST_JOINED if joined else _LEAST):
            sure.append((r, score))
    near.sort(key=lambda c: (-c.score, int(c.id[1:])))
    rivals = [c for c in near if main[1] in c.shared and c.score >= _HALF]
    if len(sure) == 1 and all(c.id == sure[0][0].id for c in rivals):
        missed = tuple(w for t, w in wanted if not any(same(t, o, language) for o in own[sure[0][0].id]))
        return Found((sure[0][0].id,), (), missed)
    return Found((), tuple(near[:_MOST]))


def _beside(text: str, main: str, language: str) -> bool:
    """Whether the word stands only beside what the requirement is about: "with its batch number", "on the old tablet"."""
    behind = rf"(?<!\w)(?:{alternation(listed('revise', 'beside', language))})\s+(?:(?!(?:and|or|si|sau)\b)[\w'’-]+\s+){{0,3}}$"
    spots = [m.start() for m in re.finditer(r"[^\W\d_]{2,}", text) if same(stem(m.group(), language), main, language)]
    return bool(spots) and all(re.search(behind, fold(text[:spot])) for spot in spots)


def tokens(text: str, language: str) -> list[tuple[str, str]]:
    """(stem, word) of the words that carry meaning."""
    stop = word_set("stop", "words", "ro" if language == "ro" else "en")
    words = re.findall(r"[^\W\d_]+", text)
    return [(stem(w, language), w) for w in words if len(w) > 1 and fold(w) not in stop]


def same(one: str, other: str, language: str) -> bool:
    """Whether two stems are one word in two forms: pay and payment, reserv and reservation."""
    short, long = sorted((one, other), key=len)
    if short == long:
        return True
    least = 4 if language == "ro" else 3
    return len(short) >= least and long.startswith(short) and long[len(short) :] in _ENDINGS.get(language, ())


def _near(one: str, other: str, language: str) -> bool:
    """Whether two stems may be forms of one word; enough to be shown, not to be taken: votar and vot, programar and programăr."""
    least = min(len(one), len(other))
    shared = next((at for at in range(least) if one[at] != other[at]), least)
    alike = shared >= (3 if language == "ro" else 4) and max(len(one), len(other)) - shared <= min(3, shared)
    return alike or same(one, other, language)


def _main(phrase: str, wanted: Sequence[tuple[str, str]], language: str) -> tuple[str, str]:
    """The word that the others only narrow: the last before "of", "for", "by"; in Romanian the first."""
    if language == "ro":
        return wanted[0]
    first = re.split(r"\s(?:of|for|by|with|about|in|on|at|to|from|that|which|when|per|between|among)\s", phrase)[0]
    inside = tokens(first, language)
    return next((w for w in reversed(inside) if w in wanted), wanted[0])
