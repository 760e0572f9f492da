"""Misspelt words of a model: neither the client's nor in a dictionary, and a letter or two from one of the client's.

Enters: a text, the client's words and a language. Leaves: each misspelt word with the client's word that was meant.
Try: python -c "from plansmith.writing.spelling import *; print(misspelt('Lend a chainaw', {'chainsaw'}, 'en'))"
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache, partial

from plansmith.plan import fold

_WORD = re.compile(r"[^\W\d_]{5,}")
_FARTHEST = 2


def misspelt(text: str, known: Collection[str], language: str) -> dict[str, str]:
    """Misspelt words of the text, each with the word of `known` (folded) that is nearest."""
    from rapidfuzz.distance import DamerauLevenshtein

    found: dict[str, str] = {}
    for word in dict.fromkeys(_WORD.findall(text)):
        plain = fold(word)
        if plain in known or word in found:
            continue
        most = 1 if len(plain) < 8 else _FARTHEST
        near = [
            (distance, other)
            for other in known
            if abs(len(other) - len(plain)) <= most
            and (distance := DamerauLevenshtein.distance(plain, other, score_cutoff=most)) <= most
        ]
        near = [n for n in near if language != "ro" or not _ends_otherwise(plain, n[1])]
        if near and not _is_word(word, language):
            found[word] = min(near)[1]
    return found


def _ends_otherwise(one: str, other: str) -> bool:
    """Whether two words differ in their ending only: in Romanian mostly forms of one word, "accesat" and "accesa"."""
    least = min(len(one), len(other))
    return one[: max(4, least - 2)] == other[: max(4, least - 2)]


def mended(text: str, wrong: dict[str, str]) -> str:
    """The text with each misspelt word replaced by the client's; a capital stays a capital."""
    for word, right in wrong.items():
        text = re.sub(rf"\b{word}\b", partial(_cased, right), text, flags=re.IGNORECASE)
    return text


def _cased(right: str, match: re.Match[str]) -> str:
    return right.capitalize() if match.group()[:1].isupper() else right


@lru_cache(maxsize=4096)
def _is_word(word: str, language: str) -> bool:
    """Whether a dictionary of English or, for a Romanian plan, Romanian has it, as a word or as two joined ones."""
    import simplemma

    languages = ("en", "ro") if language == "ro" else ("en",)
    if any(simplemma.is_known(form, lang=code) for code in languages for form in {word, word.lower()}):
        return True
    parts = ((word[:at], word[at:]) for at in range(3, len(word) - 2))
    return any(all(simplemma.is_known(part.lower(), lang="en") for part in pair) for pair in parts)
