"""Dates that a text holds, complete or not, read by code in English and Romanian.

Enters: any text. Leaves: each date expression with its place, and its calendar date where the words alone decide it:
"1 November 2026" is a date; "by March", "20 August", "in 3 months" and "Q3" are not, and 3/4/2026 is two.
Try: python -c "from plansmith.plan import dates; print(dates('ready by 1 noiembrie 2026'))"
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache, lru_cache

from plansmith.plan.words import alternation, fold, lexicon, listed


@dataclass(frozen=True)
class DateFound:
    """A date expression; `date` is None where no full calendar date follows from it."""

    date: dt.date | None
    text: str
    start: int
    end: int


def dates(text: str) -> list[DateFound]:
    """All date expressions of a text in order of appearance; where two overlap, the longer one stays."""
    return list(_found(text))


@lru_cache(maxsize=1024)
def _found(text: str) -> tuple[DateFound, ...]:
    folded = fold(text)
    found: list[DateFound] = []
    for shape in _shapes():
        for match in shape.finditer(folded):
            if match.groupdict().get("month") == "march" and text[match.start("month")] == "m":
                continue  # the verb
            found.append(
                DateFound(
                    _calendar(match), text[match.start("at") : match.end("at")], match.start("at"), match.end("at")
                )
            )
    found.sort(key=lambda d: (d.start - d.end, d.start))
    kept: list[DateFound] = []
    for one in found:
        if all(one.end <= k.start or one.start >= k.end for k in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda d: d.start))


@cache
def months() -> dict[str, int]:
    """Month names and abbreviations of all languages, without diacritics, to 1…12."""
    return {
        name: i
        for code in ("ro", "en")
        for i, names in enumerate(lexicon(code)["dates"]["months"], 1)
        for name in names.split()
    }


@cache
def _shapes() -> tuple[re.Pattern[str], ...]:
    month = rf"(?P<month>{alternation(tuple(months()))})\.?"
    day, year = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?", r"(?P<year>(?:19|20)\d\d)"
    weekday = rf"(?:(?:{alternation(listed('dates', 'weekdays'))}),?\s+)?"
    before = alternation(listed("dates", "before_month"))
    shapes = (
        rf"(?<![\w.-])(?P<at>{year}-(?P<month>[01]\d)-(?P<day>[0-3]\d))(?![\w-])",
        r"(?<![\w./])(?P<at>(?P<day>[0-3]?\d)(?P<sep>[./-])(?P<month>[01]?\d)(?P=sep)(?P<year>(?:19|20)\d\d))(?!\w)",
        rf"(?<![\w.])(?P<at>{weekday}{day}\s+(?:of\s+)?{month},?\s+{year})(?!\w)",
        rf"(?<!\w)(?P<at>{weekday}{month}\s+(?:the\s+)?{day},?\s+{year})(?!\w)",
        rf"(?<![\w.])(?P<at>{weekday}{day}(?<!\d\d\d)\s+(?:of\s+)?{month})(?!\w)",
        # "You may 2": "may" and "mai" (Romanian: more) are months only with a day before them.
        rf"(?<!\w)(?P<at>(?!may\b|mai\b){month}\s+(?:the\s+)?{day})(?![\w:%]|\s*%)",
        rf"(?<!\w)(?P<at>{month},?\s+{year})(?!\w)",
        rf"(?<!\w)(?:{before})\s+(?P<at>{month})(?!\w)(?!\s+(?:mult|multe|multi|putin|mare|mic|bine|usor|repede|be)\b)",
        *(rf"(?<!\w)(?P<at>{rough})(?!\w)" for rough in _rough()),
        rf"(?<!\w)(?:{alternation(listed('dates', 'before_year'))})\s+(?P<at>(?:19|20)\d\d)(?![\w%:]|[.,]\d)",
    )
    return tuple(re.compile(s) for s in shapes)


def _rough() -> tuple[str, ...]:
    """Expressions from which no day follows: "in 3 months", "Q3 2027", "before Easter", "next spring"."""
    year, season = r"(?:19|20)\d\d", alternation(listed("dates", "seasons"))
    span, soon = alternation(listed("dates", "spans")), alternation(listed("dates", "soon"))
    until = alternation(listed("dates", "until"))
    return (
        rf"(?:{soon})\s+(?:about\s+|cel mult\s+)?[\w-]+\s+(?:de\s+)?(?:{span})(?:'?\s+time)?",
        rf"(?:the\s+)?(?:first|second|third|fourth|last)\s+quarter(?:\s+of\s+{year})?",
        rf"q[1-4](?:[ /]?{year})?|[th][1-4][ /]{year}",
        rf"(?:{season})\s+(?:of\s+|lui\s+)?{year}|(?:{until})\s+(?:the\s+)?(?:{season})",
        alternation(listed("dates", "rough")),
    )


def _calendar(match: re.Match[str]) -> dt.date | None:
    named = match.groupdict()
    if not (named.get("year") and named.get("month") and named.get("day")):
        return None
    day, year = int(named["day"]), int(named["year"])
    month = months().get(named["month"]) or int(named["month"])
    if named.get("sep") == "/" and day != month:
        if day <= 12 and month <= 12:
            return None  # day first in London, month first in Boston
        if month > 12:
            day, month = month, day
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
