"""Amounts of money that a text holds, read by code in English and Romanian.

Enters: any text. Leaves: each amount with its ISO 4217 currency and its place.
Try: python -c "from plansmith.plan import amounts; print(amounts('about €10-15k'))"
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from plansmith.plan.dates import dates
from plansmith.plan.facts import Number, find_numbers, normal, order, ranges
from plansmith.plan.words import alternation, fold, listed, table, word_set


@dataclass(frozen=True)
class Amount:
    """An amount of money; `currency` is its ISO 4217 code, empty where the words do not decide it ("crowns")."""

    value: float
    currency: str
    start: int
    end: int


_SYMBOLS = {
    "£": "GBP",
    "€": "EUR",
    "$": "USD",
    "us$": "USD",
    "a$": "AUD",
    "c$": "CAD",
    "¥": "JPY",
    "₹": "INR",
    "zł": "PLN",
    "fr.": "CHF",
    "kc": "CZK",
}


@cache
def _money_words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    codes = "|".join(listed("money", "codes", "en"))
    signs = "|".join(re.escape(s) for s in sorted(_SYMBOLS, key=len, reverse=True))
    words = alternation(tuple(fold(w) for w in table("currencies", "")))
    before = re.compile(rf"(?:(?<![a-z])({codes}|us\$|a\$|c\$)|({signs}))\s?$")
    # "10 pounds of flour" is a weight.
    after = re.compile(rf"[\s-]?(?:de\s)?(?:({codes})(?![a-z])|({signs})|({words})(?![\w])(?!\sof\b))")
    return before, after


_BUDGET = re.compile(r"\b(?:budget|buget\w*|money|costs? (?:up to|at most))\b")


def amounts(text: str) -> list[Amount]:
    """Amounts of money in order of appearance; in a range ("€10-15k") both ends carry the currency."""
    folded, found = fold(text), []
    before, after = _money_words()
    plain = [n for n in find_numbers(text) if n.form in ("digits", "word") and n.value.count(".") < 2]
    for number in plain:
        left, right = before.search(folded[max(0, number.start - 5) : number.start]), after.match(folded, number.end)
        match = left or right
        if match:
            word = next(g for g in match.groups() if g)
            start = number.start - (len(left.group()) if left else 0)
            end = right.end() if right and not left else number.end
            found.append(Amount(float(number.value), _currency(word), start, end))
    if not found and _BUDGET.search(folded):  # "Budget: 12k": the currency has to be asked for
        found = [
            Amount(float(n.value), "", n.start, n.end) for n in plain if float(n.value) >= 100 and not _dated(text, n)
        ]
    for span in ranges(text):
        ends = [a for a in found if span.start - 4 <= a.start <= span.end]
        if len(ends) == 1 and order(span.low) >= 0 and ":" not in span.low + span.high:
            for value in {span.low, span.high} - {normal(ends[0].value)}:
                found.append(Amount(float(value.rstrip("%")), ends[0].currency, span.start, span.end))
    return sorted(found, key=lambda a: (a.start, a.value))


def _dated(text: str, number: Number) -> bool:
    return any(d.start <= number.start < d.end for d in dates(text))


def _currency(word: str) -> str:
    if word in word_set("money", "codes", "en"):
        return word.upper()
    return _SYMBOLS.get(word, "") or str(table("currencies", "").get(" ".join(word.split()), ""))
