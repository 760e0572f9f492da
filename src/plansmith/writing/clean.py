"""Whether a piece of the model's text may stand in a plan: nothing invented, nothing repeated, nothing turned.

Enters: a text and the brief. Leaves: the reasons against it, empty where there are none.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property

from plansmith.plan import Brief, amounts, content_words, dates, missing_numbers, proper_names

_MOST_OF_ONE_WORD = 3


class Evidence:
    """What the brief holds that a plan may repeat: amounts, dates, names, words."""

    def __init__(self, brief: Brief) -> None:
        self.brief = brief
        self.text = brief.text

    @cached_property
    def words(self) -> set[str]:
        return set(content_words(self.text, self.brief.language))

    @cached_property
    def _names(self) -> set[str]:
        return {name.lower() for name in proper_names(self.text)}

    def inventions(self, text: str) -> list[str]:
        """Amounts of money, dates and names that the brief does not hold."""
        found = []
        if amounts(text) and missing_numbers(text, self.text):
            found.append("an amount that the brief does not hold")
        if any(d.text.lower() not in self.text.lower() for d in dates(text)):
            found.append("a date that the brief does not hold")
        found += [f"the name {n}, which the brief does not hold" for n in proper_names(text) if n.lower() not in self.text.lower()]
        return found

    def inventions_and_numbers(self, text: str) -> list[str]:
        """As `inventions`, and numbers of any kind."""
        return [*self.inventions(text), *(f"the number {n}, which the brief does not hold" for n in missing_numbers(text, self.text))]


def repeats(text: str, language: str) -> bool:
    """Whether the text goes round in circles: one content word three times, or one pair of words twice."""
    words = content_words(text, language)
    pairs = list(zip(words, words[1:], strict=False))
    return max(Counter(words).values(), default=0) >= _MOST_OF_ONE_WORD or len(set(pairs)) < len(pairs)


def broken(text: str) -> bool:
    """Whether the text was cut off or is no words at all."""
    return len(re.findall(r"[^\W\d_]{2,}", text)) < 2 or bool(re.search(r"\b(?:a|an|the|of|to|with|and|or|for|by|in|on)\.?$", text.strip()))
