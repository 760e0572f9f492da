"""Dates that a text holds, complete or not, read by code in English and Romanian.

Enters: any text. Leaves: each date expression with its place, and its calendar date where the words alone decide it:
"1 November 2026" is a date; "by March", "20 August", "in 3 months" and "Q3" are not, and 3/4/2026 is two.
Try: python -c "from plansmith.plan import dates; print(dates('ready by 1 noiembrie 2026'))"
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache

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
    return sorted(kept, key=lambda d: d.start)


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
    span, season = alternation(listed("dates", "spans")), alternation(listed("dates", "seasons"))
    shapes = (
        rf"(?<![\w.-])(?P<at>{year}-(?P<month>[01]\d)-(?P<day>[0-3]\d))(?![\w-])",
        r"(?<![\w./])(?P<at>(?P<day>[0-3]?\d)(?P<sep>[./-])(?P<month>[01]?\d)(?P=sep)(?P<year>(?:19|20)\d\d))(?!\w)",
        rf"(?<![\w.])(?P<at>{weekday}{day}\s+(?:of\s+)?{month},?\s+{year})(?!\w)",
        rf"(?<!\w)(?P<at>{weekday}{month}\s+(?:the\s+)?{day},?\s+{year})(?!\w)",
        # "mai" (Romanian: more) and "may" are months only with a day before them, never with a number after.
        rf"(?<![\w.])(?P<at>{weekday}{day}(?<!\d\d\d)\s+(?:of\s+)?{month})(?!\w)",
        rf"(?<!\w)(?P<at>(?!may\b|mai\b){month}\s+(?:the\s+)?{day})(?![\w:%]|\s*%)",
        rf"(?<!\w)(?P<at>{month},?\s+{year})(?!\w)",
        rf"(?<!\w)(?:{before})\s+(?P<at>{month})(?!\w)(?!\s+(?:mult|multe|multi|putin|mare|mic|bine|usor|repede|be)\b)",
        rf"(?<!\w)(?P<at>(?:in|within|over the next|in the next|peste|in termen de|in urmatoarele)\s+(?:about\s+|cel mult\s+)?[\w-]+\s+(?:de\s+)?(?:{span})(?:'?\s+time)?)(?!\w)",
        r"(?<!\w)(?P<at>(?:the\s+)?(?:first|second|third|fourth|last)\s+quarter(?:\s+of\s+(?:19|20)\d\d)?|q[1-4](?:[ /]?(?:19|20)\d\d)?|t[1-4][ /](?:19|20)\d\d|h[12][ /](?:19|20)\d\d)(?!\w)",
        rf"(?<!\w)(?P<at>(?:{season})\s+(?:of\s+|lui\s+)?(?:19|20)\d\d|(?:by|before|until|in time for|for|after|pana la|pana in|inainte de|de)\s+(?:the\s+)?(?:{season}))(?!\w)",
        r"(?<!\w)(?P<at>(?:the\s+)?(?:end|start|beginning|middle)\s+of\s+(?:the|this|next)\s+(?:year|month|quarter|season|week)|next\s+(?:year|month|quarter|week|spring|summer|autumn|winter)|(?:sfarsitul|inceputul|finalul)\s+(?:anului|lunii|verii|toamnei|iernii)|(?:luna|anul|saptamana|vara|toamna|iarna|primavara)\s+viitoare|anul\s+viitor)(?!\w)",
        r"(?<!\w)(?:in|by|until|since|before|after|during|from|din|pana in|inainte de|anul)\s+(?P<at>(?:19|20)\d\d)(?![\w%:]|[.,]\d)",
    )
    return tuple(re.compile(s) for s in shapes)


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
