"""Whether a piece of the model's text may stand in a plan: nothing invented, nothing repeated, nothing turned.

Enters: a text and the brief. Leaves: the reasons against it, empty where there are none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from itertools import pairwise

from plansmith.plan import Brief, amounts, content_words, dates, missing_names, missing_numbers

_MOST_OF_ONE_WORD = 3


class Evidence:
    """What the brief holds that a plan may repeat, and what only other clients' projects hold (`foreign` stems)."""

    def __init__(self, brief: Brief, foreign: Collection[str] = ()) -> None:
        self.brief = brief
        self.foreign = frozenset(foreign) - set(content_words(brief.text, brief.language))

    def inventions(self, text: str) -> list[str]:
        """Amounts of money, dates, names and other clients' words that the brief does not hold."""
        given = self.brief.text
        found = []
        if amounts(text) and missing_numbers(text, given):
            found.append("an amount that the brief does not hold")
        if any(d.text.lower() not in given.lower() for d in dates(text)):
            found.append("a date that the brief does not hold")
        found += [f"the name {n}, which the brief does not hold" for n in missing_names(text, given)]
        return found + [f"“{w}” belongs to another client's project" for w in self.strangers(text)]

    def inventions_and_numbers(self, text: str) -> list[str]:
        """As `inventions`, and numbers of any kind."""
        return [
            *self.inventions(text),
            *(f"the number {n}, which the brief does not hold" for n in missing_numbers(text, self.brief.text)),
        ]

    def strangers(self, text: str) -> list[str]:
        """Words of the text that stand in one or two past projects only, and not in this brief."""
        return [w for w in content_words(text, self.brief.language) if w in self.foreign]


def repeats(text: str, language: str) -> bool:
    """Whether the text goes round in circles: one content word three times, or one pair of words twice."""
    words = content_words(text, language)
    pairs = list(pairwise(words))
    return max(Counter(words).values(), default=0) >= _MOST_OF_ONE_WORD or len(set(pairs)) < len(pairs)


def broken(text: str) -> bool:
    """Whether the text was cut off or is no words at all."""
    return len(re.findall(r"[^\W\d_]{2,}", text)) < 2 or bool(
        re.search(r"\b(?:a|an|the|of|to|with|and|or|for|by|in|on)\.?$", text.strip())
    )
