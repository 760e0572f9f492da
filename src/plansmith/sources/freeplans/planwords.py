"""The words by which the parts of a team's own plan are recognised: headings, columns, units, labels; English, Romanian.

Enters: a heading, a column's head, a cell. Leaves: what it stands for, or nothing. The lists are words/plans.*.toml.
Try: python -c "from plansmith.sources.freeplans.planwords import heading_kind; print(heading_kind('3. Riscuri și măsuri'))"
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from plansmith.plan import alternation, fold

NUMBERING = re.compile(
    r"^(?:(?:chapter|section|part|capitolul|sectiunea|partea)\s+)?(?:\d{1,3}(?:\.\d{1,3})*[.):]?|[ivx]{1,5}[.)]|[a-h][.)])\s+"
)
"""Of a folded heading: 2., 2.1, IV., a), Chapter 3."""
_DECORATION = " \t*_`~:.;–—-#>|"


LANGUAGES = ("en", "ro")


@cache
def _lists() -> dict[str, dict[str, tuple[str, ...]]]:
    import tomllib
    from importlib.resources import files

    merged: dict[str, dict[str, tuple[str, ...]]] = {}
    for code in LANGUAGES:
        text = (files("plansmith.sources.freeplans") / "words" / f"plans.{code}.toml").read_text(encoding="utf-8")
        table: dict[str, dict[str, Any]] = tomllib.loads(text)
        for section, entries in table.items():
            known = merged.setdefault(section, {})
            for name, words in entries.items():
                found = words.split() if isinstance(words, str) else words
                known[name] = tuple(dict.fromkeys((*known.get(name, ()), *map(fold, found))))
    return merged


@cache
def listed(section: str, name: str) -> tuple[str, ...]:
    """The words of a list, of both languages."""
    return _lists()[section][name]


@cache
def names(section: str) -> tuple[str, ...]:
    """The lists of a section."""
    return tuple(_lists()[section])


@cache
def _exact(section: str) -> dict[str, str]:
    return {word: name for name in reversed(names(section)) for word in listed(section, name)}


@cache
def _within(section: str) -> re.Pattern[str]:
    alone = frozenset(listed("rows", "exact_only")) if section == "columns" else frozenset()
    words = tuple(w for w in _exact(section) if len(w) > 1 and w not in alone)
    return re.compile(rf"(?<![\w]){_any(words)}(?!\w)")


def _any(words: tuple[str, ...]) -> str:
    return f"(?:{alternation(tuple(words))})"


@cache
def pattern(section: str, name: str) -> re.Pattern[str]:
    """Any word of a list, in folded text, as whole words."""
    return re.compile(rf"(?<!\w){_any(listed(section, name))}(?!\w)")


def bare(text: str) -> str:
    """A heading or a column's head as it is compared: folded, without numbering, marks and what is in brackets."""
    folded = fold(text).strip(_DECORATION)
    folded = NUMBERING.sub("", folded)
    folded = re.sub(r"[([][^()\[\]]*[)\]]", " ", folded)
    return " ".join(folded.split()).strip(_DECORATION)


@lru_cache(maxsize=4096)
def meaning(section: str, text: str, exact: bool = False) -> str:
    """The name of the list that a text belongs to; with `exact` the whole text must be in it. Empty: none."""
    plain = bare(text)
    known = _exact(section)
    if plain in known:
        return known[plain]
    stripped = fold(text).strip()
    if stripped in known:
        return known[stripped]
    if exact or len(plain) > 80:
        return ""
    hits = sorted(_within(section).findall(plain), key=len, reverse=True)
    return known[" ".join(hits[0].split())] if hits and " ".join(hits[0].split()) in known else ""


def heading_kind(text: str, exact: bool = False) -> str:
    """requirements, out_of_scope, tasks, timeline, risks, assumptions, questions, team, cost, …; empty: unknown."""
    return meaning("headings", text, exact)


def column_kind(text: str) -> tuple[str, str]:
    """What a column holds, and the unit that its head names; empty where nothing says so."""
    unit = unit_named(text)
    kind = meaning("columns", text)
    if kind == "" and unit in ("h", "day", "point") and not _priced(text):
        kind = "effort"
    if kind == "duration" and unit == "h":
        kind = "effort"
    return kind, unit


def _priced(text: str) -> bool:
    from plansmith.plan import amounts

    return any(amounts(f"1 {word}") for word in re.findall(r"[£€$]|[^\W\d_]+", text))


@cache
def unit_pattern() -> str:
    """An expression for any unit of effort."""
    return _any(tuple(w for name in names("units") for w in listed("units", name)))


def unit_of(word: str) -> str:
    """h, day, week, month or point."""
    return _exact("units").get(" ".join(word.split()), "")


@cache
def _unit_shape() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?P<unit>{unit_pattern()})(?!\w)")


def unit_named(text: str) -> str:
    """The unit that a column's head or a caption names: "Effort (h)", "Zile-om", "all figures in hours"."""
    found = _unit_shape().search(fold(text))
    return unit_of(found["unit"]) if found else ""


@cache
def _row_start(name: str) -> re.Pattern[str]:
    return re.compile(rf"{_any(listed('rows', name))}(?!\w)")


def row_kind(text: str) -> str:
    """total, subtotal, reserve or tax, for the first cell of a row or the beginning of a line; empty: none."""
    folded = fold(text).strip(_DECORATION + "=")
    if folded.endswith(" total") and len(folded.split()) <= 6:  # "Phase 1 total"
        return "subtotal"
    for name in ("subtotal", "total", "reserve", "tax"):
        match = _row_start(name).match(folded)
        rest = folded[match.end() :].strip(" *_") if match else ""
        if match and (len(rest.split()) <= 3 or rest[0] in ":=|(–-" or rest[0].isdigit()):
            return name
    return ""


def undecided(text: str) -> bool:
    """Whether a cell says that nothing is decided: TBD, "de stabilit", "?"."""
    plain = fold(text).strip(" *_()[]")
    return plain in listed("rows", "undecided") or bool(re.fullmatch(r"\?+", plain))


@cache
def _role_names() -> frozenset[str]:
    return frozenset(listed("roles", "words"))


def role_words(text: str) -> bool:
    """Whether a short text consists of words for roles only: "backend", "project manager", "UX/UI"."""
    words = [w for w in re.split(r"[\s/&+,.]+|(?:and|si)\s", fold(text).strip(" *_()")) if w]
    return 0 < len(words) <= 4 and _role_names().issuperset(words) and words != ["de"]


@cache
def _label_shape() -> re.Pattern[str]:
    return re.compile(rf"[*_]*(?P<word>{_any(tuple(_exact('labels')))})[*_]*\s*[:=–][*_]*\s*")


def label(text: str) -> tuple[str, int]:
    """The label that a text begins with ("Effort: 4 h"), and where what it labels begins; ("", 0): none."""
    match = _label_shape().match(fold(text[:200]))
    return (_exact("labels")[" ".join(match["word"].split())], match.end()) if match else ("", 0)


def scale(text: str) -> int | None:
    """1 to 5 for "low", "medie", "4/5"; None where the words say no more."""
    plain = fold(text).strip(" .;,*_()")
    if found := re.fullmatch(r"([1-5])(?:\s?(?:/|of|out of|din)\s?5)?", plain):
        return int(found[1])
    return int(_exact("scale")[plain]) if plain in _exact("scale") else None


@cache
def scale_pattern() -> str:
    """An expression for a word or figure of a scale."""
    return rf"(?:{_any(tuple(_exact('scale')))}|[1-5](?:\s?/\s?5)?)"


def priority(text: str) -> str:
    """must, should, could or wont; empty: none."""
    return _exact("priority").get(fold(text).strip(" .;,*_()"), "")
