"""Numbers, ranges and amounts of money that a text holds, read by code in English and Romanian.

Enters: any text. Leaves: numbers in one normal form ("9,000", "9.000", "9k" and "nine thousand" are all
"9000"; times are "16:00", shares "20%"), ranges, and money with its ISO 4217 currency.
Try: python -c "from plansmith.plan import amounts; print(amounts('about €10-15k'))"

Own code, because the libraries at hand read one language, one number at a time, or take a second to import.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from plansmith.plan.numerals import numeric_words, spelled
from plansmith.plan.words import alternation, fold, table, word_set


@dataclass(frozen=True)
class Number:
    """A number in a text: `value` in normal form; `form` digits, word, ordinal, time or percent."""

    value: str
    start: int
    end: int
    form: str


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, both included, as "1-5", "from 1 to 5" or "between one and five" say."""

    low: str
    high: str
    start: int
    end: int


_RUN = re.compile(
    r"(?<![\w.,])(?:\d{1,3}(?: \d{3})+(?![\d])(?:,\d{1,2}(?!\d))?|\d+(?:[.,']\d+)*)"
    r"(?:(?P<clock>:[0-5]\d(?!\d)|h[0-5]\d(?!\d))|(?P<ordinal>(?:st|nd|rd|th)\b)|(?P<kilo>\s?k\b)|(?P<mega>m(?:n|io)?\b))?"
)
_AFTER = re.compile(
    r"\s?(?:(?P<half>am|pm|a\.m\.|p\.m\.|o'clock)(?![\w])|(?P<percent>%|percent\b|per cent\b|la suta\b|procente\b))"
)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:([.,' ])\d{3})(?:\1\d{3})*(?:[.,]\d{1,2})?")
_SCALE_AFTER = re.compile(
    r"\s(?:de\s)?("
    + alternation(
        (
            "thousand",
            "million",
            "billion",
            "hundred",
            "dozen",
            "mii",
            "mie",
            "mil",
            "milioane",
            "milion",
            "sute",
            "suta",
        )
    )
    + r")\b"
)
_SCALE = {
    "thousand": 1e3,
    "mii": 1e3,
    "mie": 1e3,
    "mil": 1e3,
    "million": 1e6,
    "milioane": 1e6,
    "milion": 1e6,
    "billion": 1e9,
    "hundred": 100,
    "sute": 100,
    "suta": 100,
    "dozen": 12,
}
_BEFORE_HOUR = re.compile(r"\b(?:ora|orele)\s$")
_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75}
_HALF_HOUR = re.compile(r"\b(?:half(?:[ -]an)?[ -]hour(?:ly)?|jumatate\s+de\s+ora|jumatati\s+de\s+ora)\b")
_QUARTER_HOUR = re.compile(r"\b(?:quarter[ -](?:of\s+an\s+)?hour|sfert\s+de\s+ora)\b")
_NOT_ORDINAL = re.compile(r"(?:\d|\b(?:per|every|each|a|one|two|three|five|ten|split|within|of a|under a))[ -]$")


def normal(value: float) -> str:
    """A number in normal form: no separators, no trailing zeros."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def numbers(text: str) -> set[str]:
    """All numbers of a text in normal form; a range gives both its ends, "half" gives 0.5, "4 pm" gives 16:00."""
    return {n.value for n in find_numbers(text)}


def find_numbers(text: str) -> list[Number]:
    """All numbers of a text with their places, in order of appearance."""
    return list(_found(text))


@lru_cache(maxsize=2048)
def _found(text: str) -> tuple[Number, ...]:
    folded = fold(text)
    found = _digit_numbers(folded)
    taken = {place for n in found for place in range(n.start, n.end)}
    found += [n for n in _word_numbers(folded) if n.start not in taken]  # not the "thousand" of "15 thousand"
    for shape, minutes in ((_HALF_HOUR, "30"), (_QUARTER_HOUR, "15")):
        found += [Number(minutes, m.start(), m.end(), "word") for m in shape.finditer(folded)]
    found += [Number(normal(_FRACTIONS[c]), i, i + 1, "digits") for i, c in enumerate(text) if c in _FRACTIONS]
    return tuple(sorted(found, key=lambda n: (n.start, n.end)))


def _digit_numbers(folded: str) -> list[Number]:
    found: list[Number] = []
    for run in _RUN.finditer(folded):
        tail = folded[run.end() :]
        letters = re.match(r"[a-z]+", tail)
        if (
            letters
            and letters.group() not in word_set("numbers", "units_after")
            and letters.group() not in ("am", "pm")
        ):
            continue  # "18F", "2FA", "3D": a name, not a number
        found += _one_run(folded, run)
    return _share_scale(folded, found)


def _one_run(folded: str, run: re.Match[str]) -> list[Number]:
    raw = re.match(r"[\d.,' ]+", run.group()).group().rstrip()  # type: ignore[union-attr]  # a run begins with a digit
    start, end = run.span()
    if run["clock"] and raw.isdigit():
        return [Number(f"{int(raw) % 24:02d}:{run['clock'][1:]}", start, end, "time")]
    after = _AFTER.match(folded, end)
    half = (after and after["half"]) or ""
    if half or (not (after and after["percent"]) and _BEFORE_HOUR.search(folded[:start])):
        clock = _clock(raw, half)
        return [Number(clock, start, after.end() if after and half else end, "time")] if clock else []
    if not _THOUSANDS.fullmatch(raw) and (raw.count(".") + raw.count(",") > 1):
        parts = [Number(str(int(p)), start, end, "digits") for p in re.split(r"[.,']", raw) if p]
        date = re.fullmatch(r"\d{1,2}\.\d{1,2}\.(?:\d\d){1,2}|\d{4}\.\d\d\.\d\d", raw)
        return parts if date or "." not in raw else [Number(raw, start, end, "digits")]
    value = _value(raw)
    if run["ordinal"]:
        return [Number(normal(value), start, end, "ordinal")]
    if after and after["percent"]:
        return [Number(normal(value) + "%", start, after.end(), "percent")]
    if run["kilo"] or (run["mega"] and re.search(r"(?:[£€$]|\b(?:eur|usd|gbp|ron))\s?$", folded[:start])):
        return [Number(normal(value * (1e3 if run["kilo"] else 1e6)), start, end, "digits")]
    if scale := _SCALE_AFTER.match(folded, end):
        return [Number(normal(value * _SCALE[scale[1]]), start, scale.end(), "digits")]
    return [Number(normal(value), start, end - len(run["mega"] or ""), "digits")]


def _value(raw: str) -> float:
    if match := _THOUSANDS.fullmatch(raw):
        tail = re.search(r"[.,](\d{1,2})$", raw)
        whole = raw[: tail.start()] if tail and match[1] else raw
        return float(re.sub(r"\D", "", whole)) + (float("0." + tail[1]) if tail else 0)
    return float(raw.replace(" ", "").replace("'", "").replace(",", "."))


def _clock(raw: str, half: str) -> str:
    hour, _, minute = raw.replace(",", ".").partition(".")
    if not hour.isdigit() or int(hour) > 24 or (minute and (len(minute) != 2 or not minute.isdigit())):
        return ""
    number = int(hour) % 24
    if half.startswith("p") and number < 12:
        number += 12
    elif half.startswith("a") and number == 12:
        number = 0
    return f"{number:02d}:{minute or '00'}"


def _share_scale(folded: str, found: list[Number]) -> list[Number]:
    """In "10-15k" and "10 to 15 thousand" the first number has the scale of the second."""
    shared = list(found)
    for i, (low, high) in enumerate(pairwise(found)):
        if low.form == high.form == "digits" and re.fullmatch(
            r"\s?(?:-|–|—|to|or|la|sau)\s?[£€$]?\s?", folded[low.end : high.start]
        ):
            written = re.match(r"\d+(?:[.,]\d{1,2})?(?![\d.,'])", folded[high.start :])
            small = _value(written.group()) if written else 0
            if small and float(high.value) / small >= 1000 and float(low.value) < small:
                shared[i] = Number(normal(float(low.value) * float(high.value) / small), low.start, low.end, "digits")
    return shared


def _is_unit(folded: str, start: int, end: int) -> bool:
    """Whether "second" is a unit of time: "5 second", "per second", but not "every second week"."""
    return bool(_NOT_ORDINAL.search(folded[:start])) and not re.match(r" (?:day|week|month|year|time)\b", folded[end:])


def _word_numbers(folded: str) -> list[Number]:
    words = [(m.group(), m.start(), m.end()) for m in re.finditer(r"[a-z]+(?:'[a-z]+)?", folded)]
    ordinals, parts = table("numbers", "ordinals"), table("numbers", "parts")
    found, i = [], 0
    while i < len(words):
        word, start, end = words[i]
        if word not in numeric_words():
            i += 1
            continue
        value, used = spelled(folded, words, i)
        if used:
            end = words[i + used - 1][2]
            percent = _AFTER.match(folded, end)
            if percent and percent["half"]:
                found.append(
                    Number(_clock(normal(value), percent["half"]) or normal(value), start, percent.end(), "time")
                )
            elif percent:
                found.append(Number(normal(value) + "%", start, percent.end(), "percent"))
            else:
                found.append(Number(normal(value), start, end, "word"))
        elif word in ordinals and not (word == "second" and _is_unit(folded, start, end)):
            found.append(Number(str(ordinals[word]), start, end, "ordinal"))
        elif word in parts:
            found.append(Number(normal(parts[word]), start, end, "word"))
        i += used or 1
    return found


_BETWEEN = re.compile(r"\b(?:between|intre)\s(?:\w+\s){0,2}[£€$]?$")
_FROM_TO = re.compile(r"\s?(?:-|–|—|to|through|thru|up to|pana la|la|until)\s?[£€$]?\s?")


def ranges(text: str) -> list[Range]:
    """Ranges such as "1-5", "1 to 5", "between one and five", "de la 1 la 5", with their places."""
    folded, found = fold(text), []
    plain = [n for n in find_numbers(text) if n.form in ("digits", "word", "time", "percent")]
    for low, high in pairwise(plain):
        middle = folded[low.end : high.start]
        joined = _FROM_TO.fullmatch(middle) or (
            re.fullmatch(r"\s(?:and|si)\s[£€$]?", middle) and _BETWEEN.search(folded[: low.start])
        )
        # Part of a date ("2026-11-01"), a telephone number or a code is not a range.
        lone = not re.match(r"-\d", folded[high.end :]) and not re.search(r"\d-$", folded[: low.start])
        if joined and lone and order(low.value) < order(high.value):
            found.append(Range(low.value, high.value, low.start, high.end))
    return found


def order(value: str) -> float:
    figures = value.rstrip("%").replace(":", ".")
    return float(figures) if figures.count(".") < 2 else -1.0


def missing_numbers(statement: str, given: str) -> list[str]:
    """Numbers of `statement` that `given` does not hold, as the statement writes them.

    "One" and "first" in words are articles more often than counts and are not asked for; "4 pm" is held by "16:00"
    and, without minutes, by a bare 4 or 16.
    """
    held = numbers(given)
    bare = {v for v in held if v.isdigit()}
    lost = []
    for number in find_numbers(statement):
        if number.value in held or (number.value == "1" and number.form in ("word", "ordinal")):
            continue
        hour, _, minute = number.value.partition(":")
        if minute == "00" and ({str(int(hour)), str((int(hour) - 12) % 24)} & bare):
            continue
        if number.value.isdigit() and (f"{int(number.value) % 24:02d}:00" in held and int(number.value) <= 24):
            continue
        if {"0.5": "30", "30": "0.5"}.get(number.value) in held:  # "half an hour"
            continue
        lost.append(statement[number.start : number.end].strip())
    return list(dict.fromkeys(lost))
