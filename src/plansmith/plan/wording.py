"""Words that carry meaning: names, negations, restrictions, and content words as stems, in English and Romanian.

Enters: any text. Leaves: the names in it, whether it denies or restricts something, and its content words.
Try: python -c "from plansmith.plan import proper_names; print(proper_names('Pay with PayPal, as GDPR asks.'))"
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache, lru_cache
from typing import Any

from plansmith.plan.dates import months
from plansmith.plan.words import fold, pattern, word_set

_TOKEN = re.compile(r"[^\W_](?:[\w&'’]|[.+-](?=[^\W_]))*")
_SENTENCE_START = re.compile(
    r"(?:^|(?<!\b[A-Z])(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bSt)(?<!\bMrs)\.|[!?:;…•\n\"“„«(\[|]|(?<!\w)['‘]|\s[-–—*])\s*[\"'“‘„«(\[]*\s*$"
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_NT = re.compile(r"\w+n't\b|\b(?:n|nu)-[a-z]+")


def proper_names(text: str) -> tuple[str, ...]:
    """Names in order of appearance: acronyms, product names, and capitalised words that do not begin a sentence.

    Neighbouring names form one ("Forest Service"). Weekdays and months are dates, not names.
    """
    runs: list[str] = []
    end = -1
    for match in _TOKEN.finditer(text):
        word = re.sub(r"['’]s?$|[.&+-]+$", "", match.group())
        if not _is_name(word, text, match.start()):
            continue
        # "Forest Service" is one name; "Leeds, London" and "Leeds. London" are two.
        if runs and text[end : match.start()] == " ":
            runs[-1] = f"{runs[-1]} {word}"
        else:
            runs.append(word)
        end = match.start() + len(word)
    return tuple(dict.fromkeys(runs))


def _is_name(word: str, text: str, start: int) -> bool:
    if word.islower():
        return False
    plain = fold(word)
    letters = [c for c in word if c.isalpha()]
    if (
        not letters
        or plain in word_set("names", "never")
        or plain in months()
        or plain in word_set("dates", "weekdays")
    ):
        return False
    if _shouted(word, text):
        return False
    if sum(c.isupper() for c in letters) >= 2:
        return True
    if any(c.isdigit() for c in word) and any(c.isupper() for c in letters):
        return True
    if word[0].islower() and any(c.isupper() for c in letters):
        return True  # iPhone, eMAG
    return word[0].isupper() and len(letters) > 1 and not _SENTENCE_START.search(text[max(0, start - 40) : start])


def _shouted(word: str, text: str) -> bool:
    """Whether the word is capital because whole words around it are ("PLEASE DO NOT FORGET")."""
    words = [w for w in _WORD.findall(text) if len(w) > 1]
    loud = [w for w in words if w.isupper()]
    return word.isupper() and len(loud) >= 3 and len(loud) * 2 > len(words)


def name_words(text: str) -> tuple[str, ...]:
    """Single words of the names of a text."""
    return tuple(dict.fromkeys(word for name in proper_names(text) for word in name.split()))


def missing_names(statement: str, given: str) -> list[str]:
    """Words of names in `statement` that do not occur in `given`, in any case or inflection."""
    return [w for w in name_words(statement) if not _holds(_words(given), fold(w))]


@lru_cache(maxsize=64)  # the whole brief is asked for once an item
def _words(text: str) -> frozenset[str]:
    held = {t.group() for t in _TOKEN.finditer(fold(text))}
    return frozenset(held | {part for word in held for part in re.split(r"[-.'&+]", word)})


def _holds(held: frozenset[str], word: str) -> bool:
    if word in held or word.rstrip("s") in held or word + "s" in held:
        return True
    # Romanian names are inflected: "Clujului", "Bucureștiul".
    return len(word) > 3 and any(
        len(h) > 3 and (h.startswith(word) or word.startswith(h)) and abs(len(h) - len(word)) <= 4 for h in held
    )


def missing_date_words(statement: str, given: str) -> list[str]:
    """Months and weekdays named in `statement` and not in `given` (whatever their case and abbreviation)."""
    return [w for w in _date_words(statement) if w[:3] not in {g[:3] for g in _date_words(given)}]


def _date_words(text: str) -> list[str]:
    found = []
    for match in _WORD.finditer(text):
        word = fold(match.group())
        if (
            word in ("may", "march", "mai", "sun", "mar", "mon", "wed", "luni", "ian", "noi", "vara")
            and not word.isdigit()
        ):
            continue  # a verb, "more", "months", "we": too often not a date
        if word in months() or word in word_set("dates", "weekdays"):
            found.append(word)
    return found


def negations(text: str) -> int:
    """How many times a text denies something; "not only", "no more than" and "nobody but" do not deny."""
    return len(negation_spots(text))


def negated(text: str) -> bool:
    """Whether a text denies something."""
    return bool(negation_spots(text))


def negation_spots(text: str) -> list[int]:
    """Where the negations of a text begin."""
    folded = fold(text)
    masked = mask(folded, pattern("meaning", "not_negations"), pattern("meaning", "restrictions"))
    spots = [m.start() for m in pattern("meaning", "negations").finditer(masked)]
    spots += [m.start() for m in _NT.finditer(masked)]
    return sorted(set(spots))


def restriction_spots(text: str) -> list[int]:
    """Where the words that restrict ("only", "except", "doar") begin."""
    masked = mask(fold(text), pattern("meaning", "not_restrictions"))
    return [m.start() for m in pattern("meaning", "restrictions").finditer(masked)]


def restricted(text: str) -> bool:
    """Whether a text restricts what it says: only, except, unless, nobody but, doar, numai."""
    return bool(restriction_spots(text))


def mask(folded: str, *shapes: re.Pattern[str]) -> str:
    for shape in shapes:
        folded = shape.sub(lambda m: "_" * len(m.group()), folded)
    return folded


_STEMMING = threading.Lock()


@cache
def _stemmer(language: str) -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("romanian" if language == "ro" else "english")


@lru_cache(maxsize=65_536)
def stem(word: str, language: str = "en") -> str:
    """Stem of one word, lower case and without diacritics."""
    # snowballstemmer 3 knows the comma-below letters; the cedilla ones are mapped, and the result folded.
    lower = unicodedata.normalize("NFC", word.lower()).replace("ş", "ș").replace("ţ", "ț")
    with _STEMMING:  # a stemmer keeps the word it works on in itself
        return fold(str(_stemmer(language).stemWord(lower)))


def content_words(text: str, language: str = "en") -> list[str]:
    """Stems of the words that carry meaning, in order; stop words, numbers and signs are left out."""
    return list(_content(text, language))


@lru_cache(maxsize=2048)
def _content(text: str, language: str) -> tuple[str, ...]:
    stop = word_set("stop", "words", language if language == "ro" else "en")
    words = (m.group() for m in _WORD.finditer(text.replace("’", "'")))
    bare = (re.sub(r"'(?:s|t|d|ll|re|ve|m)?$", "", w) for w in words)
    return tuple(stem(w, language) for w in bare if len(w) > 1 and fold(w) not in stop)
