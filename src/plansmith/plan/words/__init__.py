"""Word lists for reading a text by code: one TOML file a language, edited by hand.

Enters: the name of a list. Leaves: its words, or a compiled pattern of them, for one language or for all.
Try: python -c "from plansmith.plan.words import pattern; print(pattern('meaning', 'negations').pattern)"

All lists are lower case and without diacritics, because people type Romanian without them; `fold` brings a
text into the same shape without moving a character, so that spans found in the folded text hold in the text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

LANGUAGES = ("en", "ro")
_STRAIGHT = {"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "„": '"'}
_BLANKS = "\u00a0\u202f\u2009"


class _Letters(dict[int, int]):
    """Each letter's plain lower-case form, of one character, found when it is first met."""

    def __missing__(self, code: int) -> int:
        letter = _STRAIGHT.get(chr(code), chr(code))
        base = unicodedata.normalize("NFKD", letter)
        if len(base) > 1 and all(unicodedata.combining(c) for c in base[1:]):
            letter = base[0]
        plain = " " if letter in _BLANKS else letter.lower()
        self[code] = ord(plain) if len(plain) == 1 else code
        return self[code]


_LETTERS = _Letters()


def fold(text: str) -> str:
    """Lower case, no diacritics, straight quotes, plain blanks; every character stays in its place."""
    return text.lower() if text.isascii() else text.translate(_LETTERS)


@cache
def lexicon(language: str) -> dict[str, dict[str, Any]]:
    """All lists of a language (`en` or `ro`; any other is read as English)."""
    import tomllib
    from importlib.resources import files

    name = language if language in LANGUAGES else "en"
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@cache
def table(section: str, name: str) -> dict[str, Any]:
    """A table of all languages together; where two languages share a word, English wins."""
    merged: dict[str, Any] = {}
    for language in reversed(LANGUAGES):
        merged.update(lexicon(language)[section][name] if name else lexicon(language)[section])
    return merged


@cache
def listed(section: str, name: str, language: str = "") -> tuple[str, ...]:
    """The words of a list, of one language or (language empty) of all of them; a text is split at blanks."""
    found: list[str] = []
    for code in (language,) if language else LANGUAGES:
        entry = lexicon(code)[section][name]
        found += [fold(w) for w in (entry.split() if isinstance(entry, str) else entry)]
    return tuple(dict.fromkeys(found))


@cache
def word_set(section: str, name: str, language: str = "") -> frozenset[str]:
    """Like `listed`, for asking whether a word is in it."""
    return frozenset(listed(section, name, language))


def alternation(words: tuple[str, ...]) -> str:
    """Any of the words or phrases, longest first, blanks as any white space; with `\\ ( ? [` in it an expression."""
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(w if re.search(r"[\\(?\[]", w) else re.escape(w).replace(r"\ ", r"\s+") for w in longest_first)


@cache
def pattern(section: str, name: str, language: str = "") -> re.Pattern[str]:
    """A list as a pattern over folded text, whole words only."""
    return re.compile(rf"(?<![\w'])(?:{alternation(listed(section, name, language))})(?![\w'])")
