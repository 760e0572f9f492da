"""Whether a piece of the model's text may stand in a plan: nothing invented, nothing repeated, nothing turned.

Enters: a text and the brief. Leaves: the reasons against it, empty where there are none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from functools import cache, cached_property
from itertools import pairwise

from plansmith.plan import Brief, amounts, content_words, dates, fold, missing_names, missing_numbers
from plansmith.plan.copies import run_marks
from plansmith.plan.wording import name_words
from plansmith.plan.words import listed, word_set
from plansmith.writing.spelling import mended, misspelt

_MOST_OF_ONE_WORD = 3
MARKUP = re.compile(r"<\|?/?[a-z_ ]+\|?>|```|\[/?INST\]|<</?SYS>>|^#{1,6} |\*\*[RUTMKAQDC]\d", re.IGNORECASE)


class Evidence:
    """What the brief holds that a plan may repeat, and what a plan must not hold.

    `foreign`: stems that only other clients' projects hold; `copied`: marks of the runs of words that past plans
    hold; `said`: texts of the prompts. `careful`: of a small model only the client's words and words of the trade
    are taken, because what else it says is mostly beside the point.
    """

    def __init__(
        self,
        brief: Brief,
        foreign: Collection[str] = (),
        copied: Collection[str] = (),
        said: Collection[str] = (),
        careful: bool = True,
    ) -> None:
        self.brief, self.careful = brief, careful
        self.foreign = frozenset(foreign) - set(content_words(brief.text, brief.language))
        self._copied = frozenset(copied)
        self._said = [fold(text).strip(" .") for text in said if len(text.split()) > 2]

    @property
    def mute(self) -> bool:
        """Whether nothing that the model writes is taken: a small one writes no Romanian."""
        return self.careful and self.brief.language == "ro"

    @cached_property
    def words(self) -> frozenset[str]:
        """The client's words, folded, of five letters or more."""
        return frozenset(re.findall(r"[^\W\d_]{5,}", fold(self.brief.text)))

    @cached_property
    def _written(self) -> dict[str, str]:
        """The client's words as they are written, by their folded form; diacritics belong to them."""
        return {fold(word): word.lower() for word in re.findall(r"[^\W\d_]{5,}", self.brief.text)}

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of the client's content words."""
        return frozenset(content_words(self.brief.text, self.brief.language))

    @cached_property
    def name_stems(self) -> frozenset[str]:
        """Stems that the brief holds in names only: "road" of "Stroud Road"."""
        names = name_words(self.brief.text)
        plain = " ".join(w for w in re.findall(r"[^\W\d_]+", self.brief.text) if w not in set(names))
        language = self.brief.language
        return frozenset(content_words(" ".join(names), language)) - set(content_words(plain, language))

    @cached_property
    def _own_runs(self) -> frozenset[str]:
        return run_marks(self.brief.text)

    def inventions(self, text: str) -> list[str]:
        """Amounts, dates, names, other clients' words, copies and prompt text that the brief does not hold."""
        given = self.brief.text
        found = []
        if amounts(text) and missing_numbers(text, given):
            found.append("an amount that the brief does not hold")
        if any(d.text.lower() not in given.lower() for d in dates(text)):
            found.append("a date that the brief does not hold")
        found += [f"the name {n}, which the brief does not hold" for n in missing_names(text, given)]
        found += [f"“{w}” belongs to another client's project" for w in self.strangers(text)]
        return found + self.copies(text)

    def inventions_and_numbers(self, text: str) -> list[str]:
        """As `inventions`, and numbers of any kind but "one" and "two"."""
        numbers = [n for n in missing_numbers(text, self.brief.text) if n not in ("one", "two", "first", "1", "2")]
        return [*self.inventions(text), *(f"the number {n}, which the brief does not hold" for n in numbers)]

    def copies(self, text: str) -> list[str]:
        """Reasons where the text is a past plan's, the prompt's, or chat markup."""
        found = ["eight words in a row from a past plan"] if self._copied & (run_marks(text) - self._own_runs) else []
        plain = fold(text)
        found += (
            ["words of the prompt"] if any(s in plain for s in self._said if s not in fold(self.brief.text)) else []
        )
        return found + (["markup"] if MARKUP.search(text) else [])

    def strangers(self, text: str) -> list[str]:
        """Words of the text that stand in one or two past projects only, and not in this brief."""
        return [w for w in content_words(text, self.brief.language) if w in self.foreign]

    def beside_the_point(self, text: str) -> list[str]:
        """Of a small model's text: words that are neither the client's nor of the trade."""
        if not self.careful:
            return []
        language = self.brief.language
        known = self.stems | trade(language)
        return [f"“{w}” is not the client's word" for w in content_words(text, language) if w not in known]

    def mended(self, text: str) -> str:
        """The text with words that are misspelt forms of the client's written as the client writes them."""
        wrong = misspelt(text, self.words, self.brief.language)
        return mended(text, {word: self._written.get(right, right) for word, right in wrong.items()}) if wrong else text


@cache
def trade(language: str) -> frozenset[str]:
    """Stems of the words of the trade."""
    words = (
        *listed("craft", "words", language),
        *listed("craft", "build", language),
        *listed("craft", "guard", language),
    )
    return frozenset(content_words(" ".join(words), language))


@cache
def builders(language: str) -> frozenset[str]:
    """Verbs with which a task begins."""
    return word_set("craft", "build", language)


def guards(text: str, language: str) -> bool:
    """Whether a task's title is about refusing, checking or limiting."""
    return bool(set(re.findall(r"[^\W\d_]+", fold(text))) & word_set("craft", "guard", language))


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
