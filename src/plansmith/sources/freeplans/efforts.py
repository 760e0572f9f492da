"""Efforts that a text states: "12 h", "4-6 ore", "1,5 zile-om", "4 / 6 / 10 h", with the place of each figure.

Enters: a text, and for bare figures the unit that their column names. Leaves: efforts as they are written. Days become
hours only with hours per day that somebody states.
Try: python -c "from plansmith.sources.freeplans.efforts import *; print(efforts_in('Login page (web): 4-6 h'))"

One figure stands for all three points of an estimate, as it says nothing of the spread. Of a range the ends are taken
as optimistic and pessimistic and the middle between them as most likely: where only two bounds are known, each value
between them is as likely as another and the midpoint is expected (JCGM 100:2008, GUM, 4.3.7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from plansmith.plan import alternation, fold
from plansmith.sources.freeplans.planwords import listed, unit_of, unit_pattern

MOST = 100_000.0
"""Hours; larger figures are no effort."""
_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75}
_NUMBER = r"(?:\d{1,3}(?:[.,'\u00a0\u202f]\d{3})+|\d{1,6}(?:[.,]\d{1,2})?[½¼¾]?|[½¼¾])"
_OPENERS = ":([–—|·=~≈-,;/"
_CLOSERS = ")],;.:–—|·(["


@dataclass(frozen=True)
class Figure:
    """A number as written: `text[start:end]` says `value`."""

    value: float
    start: int
    end: int


@dataclass(frozen=True)
class Effort:
    """One to three figures, from optimistic to pessimistic; `unit`: h, day, week, month, point, or empty."""

    figures: tuple[Figure, ...]
    unit: str
    start: int
    end: int

    @property
    def points(self) -> tuple[float, float, float]:
        """Optimistic, most likely, pessimistic in the unit as written; see the module's words on one and two."""
        values = [f.value for f in self.figures]
        if len(values) == 1:
            return values[0], values[0], values[0]
        if len(values) == 2:
            return values[0], (values[0] + values[1]) / 2, values[1]
        return values[0], values[1], values[2]

    def hours(self, hours_per_day: float | None = None) -> tuple[float, float, float] | None:
        """The three points in hours; None for days without hours per day, and for every other unit."""
        factor = {"h": 1.0, "day": hours_per_day}.get(self.unit)
        if factor is None or any(f.value * factor > MOST for f in self.figures):
            return None
        o, m, p = (round(point * factor, 4) for point in self.points)
        return o, m, p


def number_value(text: str) -> float:
    """The value of a figure as `_NUMBER` finds it: 1,200 and 1.200 are thousands, 1,5 and 1.5 are not."""
    bare, extra = text, 0.0
    if bare[-1:] in _FRACTIONS:
        extra, bare = _FRACTIONS[bare[-1]], bare[:-1]
    if not bare:
        return extra
    if re.fullmatch(r"[1-9]\d{0,2}(?:[.,'\u00a0\u202f]\d{3})+", bare):
        return float(re.sub(r"\D", "", bare)) + extra
    return float(re.sub(r"['\u00a0\u202f]", "", bare).replace(",", ".", 1).replace(",", "")) + extra


@cache
def _shape() -> re.Pattern[str]:
    unit = rf"\s?-?(?:{unit_pattern()})(?!\w)"
    to = rf"\s?(?:-|–|—|…|\.{{2,3}}|\s(?:{alternation(listed('rows', 'to'))})\s)\s?"
    return re.compile(
        rf"(?<![\w.,/+±£€$-])(?<![±+]\s)(?P<a>{_NUMBER})(?P<ua>{unit})?"
        rf"(?:(?:\s?/\s?(?P<b3>{_NUMBER})\s?/\s?(?P<c3>{_NUMBER}))|(?:{to}(?P<b>{_NUMBER})(?:{to}(?P<c>{_NUMBER}))?))?"
        rf"(?P<u>{unit})?(?![\w%£€$]|\s?[%£€$+±]|[.,:/-]\d)"
    )


def efforts_in(text: str, unit: str = "", start: int = 0) -> list[Effort]:
    """All efforts of a text, the places counted from `start`; figures without a unit only where `unit` is given.

    Digits count; words such as "two days" do not. A figure with ± or + is no effort that one could add up.
    """
    # fold keeps every character in its place, but not what kind of blank it was: thousands need that
    folded = "".join(o if o in "\u00a0\u202f" else c for c, o in zip(fold(text), text, strict=True))
    found = []
    for match in _shape().finditer(folded):
        said = (match["u"] or match["ua"] or "").strip(" -\u00a0\u202f")
        known = unit_of(said) if said else unit
        names = ("a", "b3", "c3") if match["b3"] else ("a", "b", "c")
        figures = [
            Figure(number_value(match[n]), start + match.start(n), start + match.end(n)) for n in names if match[n]
        ]
        one_unit = not (match["u"] and match["ua"]) or unit_of(match["ua"].strip(" -")) == known
        # "1 200 h" with a plain blank may be twelve hundred, or two hundred for phase 1
        unclear = len(match["a"]) == 3 and re.search(r"(?<!\w)\d{1,3} $", folded[: match.start()])
        ordered = not unclear and all(a.value <= b.value for a, b in pairwise(figures))
        if known and one_unit and ordered:
            found.append(Effort(tuple(figures), known, start + match.start(), start + match.end()))
    return found


def stated_effort(text: str, start: int = 0, *, loose: bool = False) -> list[Effort]:
    """The efforts that a list item or line states for itself: at its end, its beginning, or set off by marks.

    "Login page: 12 h" and "(2 zile) Schițe" state one; "answered within 24 hours" and "reminder 7 days ahead" do not.
    `loose`: in a list of tasks hours at the end need no mark: "Login page 12 h".
    """
    folded = fold(text)
    found = []
    for effort in efforts_in(text, "", start):
        before, after = folded[: effort.start - start], folded[effort.end - start :]
        opened, at_end = _opened(before), not after.strip(" .)]*_;,")
        closed = at_end or after.lstrip(" *_")[:1] in tuple(_CLOSERS) or bool(re.match(r"\s+-\s", after))
        if closed and (opened or (loose and at_end and effort.unit == "h" and not _bound().search(before))):
            found.append(effort)
    return found


def _opened(before: str) -> bool:
    """Whether what stands before a figure sets it off: nothing, a mark, or a word such as "approx." or "effort"."""
    before = before.rstrip(" *_~≈")
    bare = _about().sub("", before).rstrip(" *_~≈")
    return not bare or bare[-1] in _OPENERS or before[-1] in _OPENERS


def only_about(text: str) -> bool:
    """Whether a text holds nothing but words that stand before an effort: "approx.", "estimated"."""
    return not _about().sub("", fold(text).strip()).strip()


@cache
def _about() -> re.Pattern[str]:
    return re.compile(rf"(?:(?<!\w)(?:{alternation(listed('rows', 'approximately'))})[:\s]*)+$")


@cache
def _bound() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{alternation(listed('rows', 'not_before'))})\s*$")


@cache
def _day_shapes() -> tuple[re.Pattern[str], ...]:
    day, hour = alternation(listed("units", "day")), alternation(listed("units", "h"))
    a_day, number = alternation(listed("rows", "per_day")), _NUMBER
    return (
        re.compile(rf"(?<![\w.,])(?:1|one|o|un|a)\s?-?\s?(?:{day})\s?(?:=|:|means|is|are|inseamna|este)\s?(?:de\s)?(?P<n>{number})\s?-?(?:{hour})(?!\w)"),
        re.compile(rf"(?<![\w.,-])(?P<n>{number})\s?-?(?:{hour})\s?(?:{a_day}|/\s?(?:day|zi))(?!\w)"),
        re.compile(rf"(?<!\w)(?:{day})\s?(?:of|de|a|\(|à)\s?(?:cate\s)?(?P<n>{number})\s?-?(?:{hour})(?!\w)"),
    )  # fmt: skip


def hours_per_day(text: str) -> Figure | None:
    """How many hours a day has, where a text says so once: "1 MD = 8 h", "8 ore pe zi", "days of 7.5 hours".

    None where it does not, or says different things.
    """
    folded = fold(text)
    found = [
        Figure(number_value(m["n"]), m.start("n"), m.end("n"))
        for shape in _day_shapes()
        for m in shape.finditer(folded)
    ]
    fitting = [f for f in found if 0 < f.value <= 24]
    return min(fitting, key=lambda f: f.start) if len({f.value for f in fitting}) == 1 else None
