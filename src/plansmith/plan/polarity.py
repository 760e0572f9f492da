"""Does a restatement turn the meaning round? Negations, restrictions, limits and opposite verbs, clause by clause.

Enters: a statement and the text that it restates. Leaves: reasons, none where the meaning points the same way.
Try: python -c "from plansmith.plan.polarity import turned; print(turned('Staff can pay.', 'Staff cannot pay.'))"

A negation counts only in the clause that the statement restates: "one printed list, he won't look at a screen" is
restated without a negation. Clauses are matched by the content words that they share.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from plansmith.plan.facts import find_numbers
from plansmith.plan.reasons import Reason
from plansmith.plan.wording import content_words, mask, negated, restricted
from plansmith.plan.words import LANGUAGES, alternation, fold, lexicon, listed, pattern

_POINTS = re.compile(
    r"\b(?:that|this|such an?) (?:ability|right|option|permission|access|power)\b|\baceast[ae] posibilitate\b"
)


@dataclass(frozen=True)
class Clause:
    """A part of a sentence with one predicate: its stems, and whether it denies or restricts.

    `unwanted`: it only names what is not wanted ("rather than a list"), which is to deny it.
    """

    text: str
    stems: frozenset[str]
    denies: bool
    restricts: bool
    unwanted: bool


@lru_cache(maxsize=1024)
def clauses(text: str, language: str = "en") -> tuple[Clause, ...]:
    """Split a text where a new predicate begins: at signs, at conjunctions, at "and" before a new verb."""
    folded, cuts = mask(fold(text), pattern("meaning", "restrictions")), [0]  # not at the "but" of "nobody but"
    for match in _cuts().finditer(folded):
        # "Nobody but Ann and Bob may …": an "and" parts two predicates only where one stands before it.
        if match.lastgroup != "joined" or _modal().search(folded[cuts[-1] : match.start()]):
            cuts.append(match.start())
    parts = [text[a:b].strip(" ,;:.") for a, b in zip(cuts, [*cuts[1:], len(text)], strict=True)]
    return tuple(_clause(part, language) for part in parts if any(c.isalnum() for c in part))


def turned(statement: str, given: str, language: str = "en") -> list[Reason]:
    """Reasons why `statement` points another way than `given`: denial or restriction lost or added, opposites."""
    theirs = clauses(given, language)
    swap = _swapped(statement, given)
    found: list[Reason] = []
    for mine in clauses(statement, language):
        if match := _matching(mine, theirs):
            found += _denial(mine, match, theirs) + _restriction(mine, match, theirs)
    denial = [f for f in found if f.code.startswith("negation")]
    refuses = pattern("meaning", "refusals").search(fold(f"{statement} {given}"))
    if swap and denial and not refuses:  # "is not kept" restated as "is deleted"
        return [f for f in dict.fromkeys(found) if f not in denial]
    elif swap and not denial:
        found.append(swap)
    return list(dict.fromkeys(found)) + _limits(statement, given) + _contrast(statement, given, language)


def _contrast(statement: str, given: str, language: str) -> list[Reason]:
    """What the client names only because it is not wanted ("a map rather than a list"), stated as if it were."""
    parts = clauses(given, language)
    if not any(c.unwanted for c in parts):
        return []
    if pattern("revise", "instead").search(fold(statement)) or negated(statement) or restricted(statement):
        return []
    words: dict[bool, set[str]] = {True: set(), False: set()}
    for clause in parts:
        words[clause.unwanted] |= _telling(clause.text, language)
    unwanted = words[True] - words[False]
    said = next((w for w in re.findall(r"[\w-]+", statement) if unwanted & _telling(w, language)), "")
    return [Reason("contrast_lost", said)] if said else []


def _telling(text: str, language: str) -> set[str]:
    """Stems of the content words, and the longer of the others: "each" may be all that differs from "all"."""
    others = {w for w in re.findall(r"\w{4,}", fold(text)) if not content_words(w, language)}
    return {*content_words(text, language), *others}


def _clause(text: str, language: str) -> Clause:
    folded = fold(text)
    unwanted = bool(pattern("revise", "instead").match(folded))
    denies = negated(text) or unwanted or bool(pattern("meaning", "refusals").search(folded))
    return Clause(text, frozenset(content_words(text, language)), denies, restricted(text), unwanted)


@cache
def _modal() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'])(?:{alternation(listed('meaning', 'modals'))}|\w+s|\w+ed)(?![\w'])")


@cache
def _cuts() -> re.Pattern[str]:
    starts, modals = alternation(listed("meaning", "clause_starts")), alternation(listed("meaning", "modals"))
    joined = rf"(?P<joined>(?<![\w'])(?:and|or|si|sau)\s(?:\w+\s){{0,3}}(?:{modals})(?![\w']))"
    return re.compile(rf"[;:!?—–]\s|\.\s|,\s|(?<![\w'])(?:{starts})(?![\w'])|{joined}")


def _matching(mine: Clause, theirs: tuple[Clause, ...]) -> list[Clause]:
    """The clauses that share most content words with `mine`; none where they share nothing."""
    shared = [len(mine.stems & c.stems) for c in theirs]
    best = max(shared, default=0)
    return [c for c, n in zip(theirs, shared, strict=True) if n == best] if best else []


def _near(mine: Clause, match: list[Clause], theirs: tuple[Clause, ...]) -> list[Clause]:
    """The matching clauses, others that share two words, and those that only point back ("cannot exceed it")."""
    return [
        c for c in theirs if c in match or not c.stems or len(mine.stems & c.stems) >= 2 or _POINTS.search(fold(c.text))
    ]


def _denial(mine: Clause, match: list[Clause], theirs: tuple[Clause, ...]) -> list[Reason]:
    lost = not mine.denies and all(c.denies and not c.restricts for c in match)
    added = mine.denies and not mine.restricts and not any(c.denies or c.restricts for c in _near(mine, match, theirs))
    if (lost or added) and any(_same_limit(mine.text, c.text) for c in match):
        return []  # "not more than 5" restated as "at most 5"
    return [Reason("negation_lost")] if lost else [Reason("negation_added")] if added else []


def _restriction(mine: Clause, match: list[Clause], theirs: tuple[Clause, ...]) -> list[Reason]:
    if not mine.restricts and not mine.denies and all(c.restricts for c in match):
        return [Reason("restriction_lost")]
    if mine.restricts and not any(c.restricts or c.denies for c in _near(mine, match, theirs)):
        return [Reason("restriction_added")]
    return []


@cache
def _opposites() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    pairs = [pair for code in LANGUAGES for pair in lexicon(code)["meaning"]["opposites"]]
    both = [*pairs, *((other, one) for one, other in pairs)]
    return tuple((frozenset(one.split()), frozenset(other.split())) for one, other in both)


def _swapped(statement: str, given: str) -> Reason | None:
    """The first word of the statement whose opposite the client uses instead of it."""
    said_words, meant_words = (set(re.findall(r"[\w-]+", fold(text))) for text in (statement, given))
    for said, meant in _opposites():
        # None of the client's words on the statement's side, none of the statement's words on the client's.
        if said & said_words and meant & meant_words and not meant & said_words and not said & meant_words:
            return Reason("opposite", _first(statement, said), _first(given, meant))
    return None


def _first(text: str, words: frozenset[str]) -> str:
    """The first word of the text that is one of these, as it is written."""
    hits = (m for m in re.finditer(r"[\w-]+", fold(text)) if m.group() in words)
    return next((text[m.start() : m.end()] for m in hits), "")


def _limits(statement: str, given: str) -> list[Reason]:
    """Upper limits restated as lower ones, and the other way round."""
    mine, theirs = _limit_of(statement), _limit_of(given)
    codes = {"most": "upper_limit", "least": "lower_limit"}
    return [
        Reason(codes[theirs[number][0]], number)
        for number, (way, _) in mine.items()
        if number in theirs and theirs[number][0] != way
    ]


def _same_limit(one: str, other: str) -> bool:
    """The same limit, once with a negation ("never more than 5") and once without ("at most 5")."""
    mine, theirs = _limit_of(one), _limit_of(other)
    return any(n in theirs and theirs[n][0] == way and theirs[n][1] != flipped for n, (way, flipped) in mine.items())


@cache
def _ways() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    after = {"most": r"at most|or (?:less|fewer)|cel mult", "least": r"at least|or more|cel putin|sau mai mult"}
    more = {"most": ("before", "until", "inainte de"), "least": ("after", "beyond", "dupa")}
    return {
        way: (
            re.compile(rf"(?<![\w'])(?:{alternation((*listed('meaning', f'at_{way}'), *more[way]))})(?![\w'])"),
            re.compile(rf"\W*(?:\w+\s){{0,2}}(?:{after[way]})"),
        )
        for way in ("most", "least")
    }


def _limit_of(text: str) -> dict[str, tuple[str, bool]]:
    """Numbers that are limits: `most` or `least`, and whether a negation made it so ("never more than 5")."""
    folded, previous = fold(text), 0
    found: dict[str, tuple[str, bool]] = {}
    for number in find_numbers(text):
        before, after = folded[max(previous, number.start - 28) : number.start], folded[number.end : number.end + 24]
        way = _way(before, after)
        if way:
            over = re.search(r"(?:more than|over|above|exceeds?|mai mult de|peste)\W*$", before)
            denied = bool(over and way == "least" and negated(folded[max(0, number.start - 60) : number.start]))
            found[number.value] = ("most" if denied else way, denied)
        previous = number.end
    return found


def _way(before: str, after: str) -> str:
    """`most` or `least` by the limiting words around a number; of two the longer wins ("no fewer than")."""
    hits = []
    for way, (ahead, behind) in _ways().items():
        hits += [(len(m.group()), way) for m in ahead.finditer(before)]
        hits += [(1, way)] if behind.match(after) else []
    return max(hits)[1] if hits else ""
