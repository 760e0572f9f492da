"""Does a restated requirement say what the client's sentence says? Reasons against it, found by code.

Enters: a statement, the `Sentence` that it restates and, if there is one, the whole `Brief`. Leaves: reasons in words;
an empty list means that code found none, not that a person need not read it.
Try: python -c "from plansmith.plan import *; print(unfaithful('Rate 1 or 5.', read_brief('Rate 1-5.').sentences[0]))"

Checked: numbers, units, dates, money, names, ranges, roles, share of the client's words, (room `polarity`) negation,
restriction, limits and opposite verbs, and (room `stranded`) Romanian verbs that lost their "să".
"""

from __future__ import annotations

import re
from collections.abc import Set
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from plansmith.plan.dates import dates
from plansmith.plan.facts import find_numbers, missing_numbers, numbers, ranges
from plansmith.plan.money import amounts
from plansmith.plan.polarity import clauses, turned
from plansmith.plan.reasons import Reason, reason_text
from plansmith.plan.roles import head, roles_in
from plansmith.plan.stranded import stranded
from plansmith.plan.wording import content_words, missing_date_words, missing_names, stem
from plansmith.plan.words import LANGUAGES, fold, lexicon, listed, pattern, word_set

if TYPE_CHECKING:
    from plansmith.plan.brief import Brief, Sentence

_PASSIVE = re.compile(
    r"\b(?:be|been|is|are|was|were|get|gets)\s(?:\w+\s)?\w+(?:ed|en|ne|wn|ught|ut|ld|id)\s(?:.*\s)?by\b|\bde catre\b"
)

NEW_SHARE = 0.4
"""Largest share of new content words; of 138 restatements by people in the sample archive none has more."""
NEW_WORDS = 2
"""Most new content words that the brief does not hold anywhere; measured in the same way."""


def unfaithful(statement: str, sentence: Sentence, language: str = "en", brief: Brief | None = None) -> list[str]:
    """Reasons, in words of the language, why `statement` does not say what `sentence` says; empty: none found."""
    return [reason_text(reason, language) for reason in differences(statement, sentence, language, brief)]


def differences(statement: str, sentence: Sentence, language: str = "en", brief: Brief | None = None) -> list[Reason]:
    """What `statement` says otherwise than `sentence` (with its heading and lead-in); empty: nothing found.

    With the brief, a role or name may also come from elsewhere in it where the sentence has only "they" or "we".
    """
    given = " ".join(part for part in (sentence.heading, sentence.lead_in, sentence.text) if part)
    elsewhere = brief.text if brief else given
    return [
        *(Reason("number", n) for n in missing_numbers(statement, given)),
        *_units(statement, given),
        *_dates(statement, given),
        *_currencies(statement, given),
        *(Reason("name", n) for n in missing_names(statement, f"{given} {elsewhere}")),
        *_ranges(statement, given),
        *_roles(statement, given, language, brief),
        *turned(statement, f"{sentence.lead_in} {sentence.text}" if sentence.lead_in else sentence.text, language),
        *_new_words(statement, given, language, brief),
        *(Reason("verb", v) for v in (stranded(statement, given) if language == "ro" else [])),
    ]


@cache
def _unit_of() -> dict[str, str]:
    return {
        word: group.split()[0]
        for code in LANGUAGES
        for group in lexicon(code)["meaning"]["units"]
        for word in group.split()
    }


def _measures(text: str) -> dict[str, set[str]]:
    """Numbers that carry a unit, to their units."""
    folded, found = fold(text), {}  # type: ignore[var-annotated]
    for number in find_numbers(text):
        word = re.match(r"[\s-]?(?:de\s|more\s|working\s)?(%|[a-z]+)", folded[number.end :])
        if word and word[1] in _unit_of():
            found.setdefault(number.value, set()).add(_unit_of()[word[1]])
    return found


def _units(statement: str, given: str) -> list[Reason]:
    mine, theirs = _measures(statement), _measures(given)
    return [
        Reason("unit", f"{number} {unit}", ", ".join(f"{number} {u}" for u in sorted(theirs[number])))
        for number, units in mine.items()
        for unit in units
        if number in theirs and unit not in theirs[number]
    ]


def _dates(statement: str, given: str) -> list[Reason]:
    theirs = {d.date for d in dates(given) if d.date}
    full = [d for d in dates(statement) if d.date]
    wrong = [d.text for d in full if theirs and d.date not in theirs]
    return [Reason("date", d) for d in [*wrong, *missing_date_words(statement, given)]]


def _currencies(statement: str, given: str) -> list[Reason]:
    theirs = {(a.value, a.currency) for a in amounts(given)}
    values = {value for value, _ in theirs}
    return [
        Reason("currency", f"{a.value:g} {a.currency}")
        for a in amounts(statement)
        if a.value in values and (a.value, a.currency) not in theirs
    ]


def _ranges(statement: str, given: str) -> list[Reason]:
    held, mine = numbers(statement), {(r.low, r.high) for r in ranges(statement)}
    return [
        Reason("range", r.low, r.high)
        for r in ranges(given)
        if (r.low, r.high) not in mine and {r.low, r.high} <= held and not _from_until(statement)
    ]


def _from_until(statement: str) -> bool:
    """ "At least 1 and at most 5", "after 9 and before 17": the range in other words."""
    return bool(re.search(r"\b(?:at least|after|minimum|cel putin|dupa)\b", fold(statement)))


def _roles(statement: str, given: str, language: str, brief: Brief | None) -> list[Reason]:
    """Roles that the sentence does not name; with "they" or "we" in it, any role of the brief may stand for them."""
    here, everywhere = _stems(given, language), _stems(brief.text, language) if brief else None
    mine, generic = _stems(statement, language), word_set("people", "generic")
    theirs = roles_in(given, language)
    named = [r for r in theirs if fold(r) not in word_set("people", "vague")]
    replaced = [r for r in named if stem(head(r, language), language) not in mine]
    told = re.match(r"(?:as an? |as the |ca )", fold(given))  # "As a nurse, I …" says who "I" is
    pronoun = not told and pattern("people", "pronouns").search(fold(given))
    found = []
    for role in roles_in(statement, language):
        word = stem(head(role, language), language)
        usual = fold(head(role, language)) in generic  # "they" restated as "a customer" is common and harmless
        # "oaspeții" has another stem than the "oaspete" that is read from it
        if role in theirs or _near(word, here) or (usual and (pronoun or not replaced)):
            continue
        unknown = everywhere is not None and not usual and not _near(word, everywhere)
        if unknown or (named and not pronoun and (replaced or everywhere is None)):
            found.append(Reason("role_unknown" if unknown else "role", role))
    return found + _swapped(statement, given, language)


def _swapped(statement: str, given: str, language: str) -> list[Reason]:
    """ "Drivers must not see the customer's number" restated as "customers must not see the driver's number"."""
    here, mine = _stems(given, language), _stems(statement, language)
    for role, verb in _subjects(statement, language):
        for other, same in _subjects(given, language):
            if verb != same or role == other or other in _stems(role, language):
                continue
            if role in here and other in mine:
                return [Reason("places", *_as_written([role, other], f"{statement} {given}", language))]
            if role not in here and other not in mine and not _vague(other, language):
                return [Reason("instead", *_as_written([role, other], f"{statement} {given}", language))]
    return []


def _vague(word: str, language: str) -> bool:
    return word in {stem(w, language) for w in listed("people", "vague")}


def _subjects(text: str, language: str) -> list[tuple[str, str]]:
    """Pairs of a person at the start of a clause and the verb after it, both as stems."""
    found = []
    for clause in clauses(text, language):
        people = {stem(head(r, language), language) for r in roles_in(clause.text, language)}
        words = content_words(clause.text, language)[:4]
        at = next((i for i, w in enumerate(words) if w in people), -1)
        if 0 <= at < len(words) - 1 and not _PASSIVE.search(fold(clause.text)):
            found.append((words[at], words[at + 1]))
    return found


@lru_cache(maxsize=256)
def _stems(text: str, language: str) -> frozenset[str]:
    found = {stem(w, language) for w in re.findall(r"[^\W\d_]+", text)}
    same = [{stem(w, language) for w in group.split()} for group in listed("people", "same")]
    return frozenset(found.union(*(group for group in same if group & found)))


def _new_words(statement: str, given: str, language: str, brief: Brief | None) -> list[Reason]:
    held, anywhere = set(content_words(given, language)), set(content_words(brief.text, language)) if brief else set()
    carriers = {stem(w, language) for w in listed("meaning", "carriers", language if language in LANGUAGES else "en")}
    people = {stem(h, language) for r in roles_in(statement, language) for h in r.split()}
    mine = content_words(statement, language)
    asked = [w for w in mine if w not in carriers and w not in people]
    new = [w for w in asked if not _near(w, held)]
    weight = sum(0.8 if w in anywhere else 1.0 for w in new)
    if not mine:
        return [Reason("empty")]
    too_many = len(asked) > 1 and (
        weight / len(asked) > NEW_SHARE or len([w for w in new if w not in anywhere]) > NEW_WORDS
    )
    return [Reason("words", ", ".join(_as_written(new, statement, language)))] if too_many else []


def _as_written(stems: list[str], text: str, language: str) -> list[str]:
    """The words of the text that have these stems."""
    forms: dict[str, str] = {}
    for word in re.findall(r"[^\W\d_]+", text):
        forms.setdefault(stem(word, language), word)
    return [forms.get(s, s) for s in stems]


def _near(word: str, held: Set[str]) -> bool:
    """The same word, or another form of it that the stemmer keeps apart ("accept", "acceptance")."""
    return word in held or any(
        len(word) > 4 and len(h) > 4 and (h.startswith(word[:5]) and word.startswith(h[:5])) for h in held
    )
