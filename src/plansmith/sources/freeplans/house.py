"""The form in which a team writes its plans: the headings that its plans share, in their order.

Enters: the texts of free plans. Leaves: a `HouseForm`; and, for a plan written later, how much of the form is in it.
Try: python -c "from plansmith.sources.freeplans.house import *; print(learn_house(['# A\\n## Scope', '# B\\n## 1. Scopes']))"

Headings are compared without numbering, case and accents, by the likeness as strings of their words and of the
stems of these (so Risk and Risks are one). Words that mean the same but look different stay apart: that would be a guess.
"""

from __future__ import annotations

import re
import statistics
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from plansmith.plan import content_words, read_brief
from plansmith.sources.freeplans.markup import Block, blocks, plain
from plansmith.sources.freeplans.planwords import NUMBERING, bare

ALIKE = 88.0
"""RapidFuzz ratio of their stems from which two headings are one."""
LEAST = 0.5
"""Share of the documents of a language that must have a heading for it to be of the house."""
_LANGUAGE = 20_000
_AND = "\n"


@dataclass(frozen=True)
class HouseHeading:
    """A heading that a team's plans share: as it is mostly written, in which share of them, and where."""

    title: str
    share: float
    """Of the documents in its language, from 0 to 1."""
    position: float
    """Mean place among a document's headings, from 0 (first) to 1 (last)."""
    level: int
    """1 for the headings right below the title."""
    language: str


@dataclass(frozen=True)
class HouseForm:
    """The common headings of an archive, in their order within each language."""

    headings: tuple[HouseHeading, ...] = ()
    documents: dict[str, int] = field(default_factory=dict)
    """How many plans of each language it was learned from."""

    def of(self, language: str) -> tuple[HouseHeading, ...]:
        """The headings of one language, in order."""
        return tuple(h for h in self.headings if h.language == language)

    def as_dict(self) -> dict[str, Any]:
        """The form as JSON."""
        return {"documents": dict(self.documents), "headings": [asdict(h) for h in self.headings]}

    @staticmethod
    def from_dict(told: dict[str, Any]) -> HouseForm:
        """The form of `as_dict`. Errors: KeyError and TypeError for what is none."""
        return HouseForm(tuple(HouseHeading(**h) for h in told["headings"]), dict(told["documents"]))


@dataclass(frozen=True)
class HouseFit:
    """How much of the house's form a plan has. `more`: its headings that the house does not share."""

    present: tuple[str, ...]
    missing: tuple[str, ...]
    more: tuple[str, ...]
    in_order: int
    """Most present headings that stand in the house's order."""

    @property
    def complete(self) -> float:
        """Share of the house's headings that are there; 1 for a house without any."""
        known = len(self.present) + len(self.missing)
        return len(self.present) / known if known else 1.0

    @property
    def ordered(self) -> float:
        """Share of the headings that are there which stand in order; 1 where none is."""
        return self.in_order / len(self.present) if self.present else 1.0


@dataclass(frozen=True)
class _Heading:
    title: str
    key: str
    level: int
    place: float


def learn_house(texts: Iterable[str], least: float = LEAST) -> HouseForm:
    """The headings that at least the share `least` of the texts of a language have, and two of them if there are two."""
    outlines: dict[str, list[list[_Heading]]] = {}
    for text in texts:
        language = read_brief(text[:_LANGUAGE]).language
        outlines.setdefault(language, []).append(_outline(text, language))
    headings: list[HouseHeading] = []
    for language in sorted(outlines):
        headings += _common(outlines[language], language, least)
    return HouseForm(tuple(headings), {language: len(outlines[language]) for language in sorted(outlines)})


def fit_house(form: HouseForm, text: str, language: str = "") -> HouseFit:
    """Which headings of the house a plan has, and how many of them in the house's order."""
    language = language or read_brief(text[:_LANGUAGE]).language
    house = form.of(language)
    keys = [_key(h.title, language) for h in house]
    own = _outline(text, language)
    at: dict[int, int] = {}
    more = []
    for place, heading in enumerate(own):
        found = next((n for n, key in enumerate(keys) if n not in at and _same(key, heading.key)), None)
        if found is None:
            more.append(heading.title)
        else:
            at[found] = place
    present = [h.title for n, h in enumerate(house) if n in at]
    missing = [h.title for n, h in enumerate(house) if n not in at]
    return HouseFit(tuple(present), tuple(missing), tuple(more), _rising([at[n] for n in sorted(at)]))


def _outline(text: str, language: str) -> list[_Heading]:
    """The headings of a text without its title, each once; levels counted from those right below the title."""
    found = [b for b in blocks(text) if b.kind == "heading" and plain(b.text)]
    if _is_title(found):
        found = found[1:]
    depths = sorted({b.level for b in found})
    last = max(len(found) - 1, 1)
    outline: dict[str, _Heading] = {}
    for place, block in enumerate(found):
        title = shown(block.text)
        key = _key(title, language)
        if key:
            outline.setdefault(key, _Heading(title, key, depths.index(block.level) + 1, place / last))
    return list(outline.values())


def _is_title(headings: Sequence[Block]) -> bool:
    """Whether the first heading is the text's title: above all others, or the only one of its level at the top."""
    first, rest = headings[:1], headings[1:]
    return bool(first and rest) and all(b.level > first[0].level for b in rest)


def shown(text: str) -> str:
    """A heading as it is shown: without numbering, marks and a colon; capitals throughout are kept as they are."""
    title = plain(text).strip(" *_:")
    match = NUMBERING.match(title.lower())
    return title[match.end() :].strip(" *_:") if match and title[match.end() :].strip(" *_:") else title


def _key(title: str, language: str) -> str:
    """The stems of a heading's words, and the words; "out of" stays, as it tells a heading from "scope"."""
    words = bare(title)
    return f"{' '.join(next(iter(content_words(w, language)), w) for w in words.split())}{_AND}{words}" if words else ""


def _same(first: str, second: str) -> bool:
    from rapidfuzz import fuzz

    if re.findall(r"\d+", first) != re.findall(r"\d+", second):
        return False
    return any(fuzz.ratio(a, b) >= ALIKE for a, b in zip(first.split(_AND), second.split(_AND), strict=True))


def _common(outlines: Sequence[Sequence[_Heading]], language: str, least: float) -> list[HouseHeading]:
    """Headings grouped by likeness, the most frequent first, each document counted once."""
    written = Counter(h.key for outline in outlines for h in outline)
    groups: dict[str, str] = {}
    for key, _ in sorted(written.items(), key=lambda pair: (-pair[1], pair[0])):
        groups[key] = next((head for head in dict.fromkeys(groups.values()) if _same(head, key)), key)
    members: dict[str, list[_Heading]] = {}
    for outline in outlines:
        seen: set[str] = set()
        for heading in outline:
            group = groups[heading.key]
            if group not in seen:
                seen.add(group)
                members.setdefault(group, []).append(heading)
    found = []
    for alike in members.values():
        if len(alike) < min(2, len(outlines)) or len(alike) < least * len(outlines):
            continue
        titles = Counter(h.title for h in alike)
        title = min(titles, key=lambda t: (-titles[t], t.isupper(), t))
        place = round(statistics.fmean(h.place for h in alike), 4)
        level = Counter(h.level for h in alike).most_common(1)[0][0]
        found.append(HouseHeading(title, round(len(alike) / len(outlines), 4), place, level, language))
    return sorted(found, key=lambda h: (h.position, h.title))


def _rising(places: Sequence[int]) -> int:
    """Length of the longest rising subsequence (patience sorting)."""
    tops: list[int] = []
    for place in places:
        at = bisect_left(tops, place)
        tops[at : at + 1] = [place]
    return len(tops)
