"""Names of people in a text, found by cues and a list of given names; no model, no download.

Enters: a text. Leaves: (start, end, certainty) of every name found, certainty from 0 to 1.
Try: python -c "from plansmith.sources.people import *; print(find_people('Best regards,\\nAnn Marsh', 'en'))"

A name counts for sure beside a cue: a title, a signature, a mail header, "my name is". A given name before a
surname is nearly sure; alone it is likely; a name that is also a word (Will, May, Rose) alone is only possible.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from plansmith.locale import fold

SURE, LIKELY, POSSIBLE = 0.95, 0.8, 0.4
_CAP = r"(?<![^\W\d_])[^\W\d_a-zăâîșşțţàáäéèíóöüúçñß][^\W\d_]{0,30}(?:['’-][^\W\d_]{1,30})?"
_GAP = r"[ \t\u00a0]+"
_NAME = rf"{_CAP}(?:{_GAP}(?:[A-Z]\.{_GAP}?)?{_CAP}){{0,3}}"
_CUES = tuple(
    (re.compile(shape, re.MULTILINE), certainty)
    for shape, certainty in (
        (rf"(?<![\w-])(?i:mr|mrs|ms|miss|mx|dr|prof|dl|d-l|dna|d-na|d-ra|ing|av|arh)\.?{_GAP}(?P<n>{_NAME})", SURE),
        (rf"(?<!\w)(?:Sir|Rev\.?|[Dd]omnul(?:ui)?|[Dd]oamn(?:a|ei)|[Dd]omnișoar(?:a|ei)){_GAP}(?P<n>{_NAME})", SURE),
        (
            r"^[ \t>*_]*(?i:from|to|cc|attn|contact(?: person)?|author|prepared by|written by|sent by|signed(?: by)?|owner|"
            r"de la|către|catre|persoan[ăa] de contact|întocmit de|intocmit de|autor|semnat)"
            rf"[ \t*_]*:[ \t*_]*(?P<n>{_NAME})",
            SURE,
        ),
        (
            r"^[ \t]*(?i:(?:(?:with )?(?:kind|best|warm|many)(?:est)? (?:regards|wishes|thanks)|regards|yours(?: (?:sincerely|"
            r"faithfully|truly))?|sincerely|cheers|thanks(?: a (?:lot|million))?|thank you|all the best|best|"
            r"cu (?:stimă|stima|respect|drag|prietenie|mulțumiri|multumiri)|mulțumesc|multumesc|mulțumim|multumim|"
            r"toate cele bune|o zi bună|o zi buna|salutări|salutari))[ \t]*[,!.]?\s{1,20}(?P<n>"
            rf"{_NAME})(?=[ \t]*(?:,|\(|$|\|))",
            SURE,
        ),
        (
            r"(?i:my name is|i am called|mă numesc|ma numesc|numele meu este|mă cheamă|ma cheama)"
            rf"{_GAP}(?P<n>{_NAME})",
            SURE,
        ),
        (rf"(?:\bI['’]m|\bI am|[Tt]his is|[Ii]t['’]s|\b[Ss]unt|[Aa]ici){_GAP}(?P<n>{_NAME})(?=[ \t]*[,.]|{_GAP}(?:from|de la|din)\b)", LIKELY),
        (rf"\A\s*(?P<n>{_CAP}) here\b", SURE),
        (rf"^[ \t]*(?:[Hh]i|[Hh]ello|[Hh]ey|[Dd]ear|[Bb]ună|[Bb]una|[Ss]alut|[Dd]rag[ăa]|[Ss]timat[ăae]){_GAP}(?P<n>{_NAME})(?=[ \t]*[,!:])", SURE),
        (rf"(?P<n>{_CAP}(?:{_GAP}{_CAP})?),{_GAP}(?:our|my|his|her|soția|sotia|soțul|sotul|colega|colegul){_GAP}[a-zșț-]+", LIKELY),
        (rf"(?i:\b(?:contact|ask|call|phone|e-?mail|write to|questions to|contactați pe|contactati pe|sunați la|întrebați pe)){_GAP}(?P<n>{_CAP}{_GAP}{_CAP})", LIKELY),
        (rf"(?<=[.!?,])\s+(?P<n>{_CAP}(?:{_GAP}{_CAP})?)\s*\Z", LIKELY),
        (rf"^(?P<n>{_CAP}(?:{_GAP}{_CAP})?)(?:,{_GAP}[^\n]{{1,60}})?\s*\Z", LIKELY),
    )
)  # fmt: skip
_WORDS = re.compile(_CAP)


def find_people(text: str, language: str = "en") -> list[tuple[int, int, float]]:
    """Spans of names with their certainty, in order, none inside another. Both languages' cues are always looked for."""
    spans = [*_by_cue(text), *_by_given_name(text)]
    known = {
        fold(word)
        for start, end, certainty in spans
        if certainty >= LIKELY
        for word in _WORDS.findall(text[start:end])
        if len(word) > 2
    }
    known -= _set("maybe") | _set("no_names") | _set("things")
    spans += [
        (m.start(), m.end(), LIKELY)
        for m in _WORDS.finditer(text)
        if fold(_bare(m[0])) in known and not _of_thing(text, m)
    ]
    return _without_overlaps([(a, _trim(text, a, b), c) for a, b, c in spans])


def _by_cue(text: str) -> Iterator[tuple[int, int, float]]:
    for shape, certainty in _CUES:
        for match in shape.finditer(text):
            start, end = match.span("n")
            words = list(_WORDS.finditer(text, start, end))
            while words and fold(words[0][0]) in _set("titles"):
                words = words[1:]
            kept = []
            for word in words:
                if _no_name(word[0]) or (word[0].isupper() and certainty < SURE):
                    break
                kept.append(word)
            whole = {fold(w[0]) for w in words}
            if kept and not whole & _set("things"):
                yield kept[0].start(), kept[-1].end(), certainty


def _by_given_name(text: str) -> Iterator[tuple[int, int, float]]:
    words = list(_WORDS.finditer(text))
    for i, word in enumerate(words):
        folded = fold(_bare(word[0]))
        # Romanian gives the surname first as often: "Popescu Ion"
        sure, maybe = folded in _set("given"), folded in _set("maybe")
        double = "-" in folded and folded.split("-")[0] in _set("given")
        if not (sure or maybe or double):
            if folded.endswith(tuple(_listed("surname_endings"))) and len(folded) > 5 and not _of_thing(text, word):
                yield word.start(), word.end(), LIKELY
            continue
        run = [word, *_following(text, words, i)]
        if _before_thing(text, run) or _after_thing(text, words, i):
            continue
        if len(run) > 1:
            yield word.start(), run[-1].end(), SURE if sure or double else LIKELY
        elif (
            i
            and _adjacent(text, words[i - 1], word)
            and fold(words[i - 1][0]).endswith(tuple(_listed("surname_endings")))
        ):
            yield words[i - 1].start(), word.end(), SURE
        elif sure or double:
            yield word.start(), word.end(), LIKELY
        elif not _begins_sentence(text, word.start()) and folded not in _set("no_names"):
            yield word.start(), word.end(), POSSIBLE


def _following(text: str, words: list[re.Match[str]], i: int) -> list[re.Match[str]]:
    """Up to three capitalised words that go on right behind a given name, an initial between them allowed."""
    found: list[re.Match[str]] = []
    for before, word in zip(words[i : i + 3], words[i + 1 : i + 4], strict=False):
        if not _adjacent(text, before, word) or _no_name(word[0]) or before[0].endswith(("'s", "’s")):
            break
        found.append(word)
    return found


def _adjacent(text: str, before: re.Match[str], word: re.Match[str]) -> bool:
    return re.fullmatch(rf"{_GAP}|{_GAP}?[A-Z]?\.{_GAP}?", text[before.end() : word.start()]) is not None


def _before_thing(text: str, run: list[re.Match[str]]) -> bool:
    """Whether the name goes on into a thing's: Helen Marsh Ltd, Mary's Bakery stays a person's."""
    if any(fold(_bare(w[0])) in _set("things") for w in run[1:]):
        return True
    rest = re.match(rf"{_GAP}(?:&{_GAP})?([\w.]+)", text[run[-1].end() : run[-1].end() + 30])
    return bool(rest and rest[1][0].isupper() and fold(rest[1].rstrip(".")) in _set("things"))


def _after_thing(text: str, words: list[re.Match[str]], i: int) -> bool:
    """Whether a thing is named after the person: Spitalul Maria, Strada Mihai Eminescu, St Brannoc."""
    before = text[max(0, words[i].start() - 30) : words[i].start()]
    last = re.search(r"([\w-]+)\.?[ \t]*$", before)
    return bool(
        last and fold(last[1]) in _set("things") and (last[1][0].isupper() or fold(last[1]) in ("str", "bd", "calea"))
    )


def _of_thing(text: str, word: re.Match[str]) -> bool:
    return _before_thing(text, [word]) or _after_thing(text, [word], 0)


def _begins_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 12) : start].rstrip(' \t*_#>"“„')
    return not before or before[-1] in ".!?:\n-"


def _no_name(word: str) -> bool:
    folded = fold(_bare(word))
    return folded in _set("no_names") or folded in _set("titles")


def _bare(word: str) -> str:
    return re.sub(r"['’]s?$", "", word)


def _trim(text: str, start: int, end: int) -> int:
    """The end of a name without its 's."""
    return start + len(_bare(text[start:end]))


def _without_overlaps(spans: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    found: list[tuple[int, int, float]] = []
    best: dict[tuple[int, int], float] = {}
    for start, end, certainty in spans:
        best[start, end] = max(certainty, best.get((start, end), 0))
    for (start, end), certainty in sorted(best.items(), key=lambda s: (s[0][0], -s[0][1])):
        if start >= end:
            continue
        if found and start < found[-1][1]:
            first = found[-1]
            if certainty > first[2] or end > first[1]:
                found[-1] = (first[0], max(first[1], end), max(first[2], certainty))
        else:
            found.append((start, end, certainty))
    return found


@cache
def _listed(name: str) -> tuple[str, ...]:
    return tuple(_lists()[name].split())


@cache
def _set(name: str) -> frozenset[str]:
    return frozenset(_listed(name))


@cache
def _lists() -> dict[str, str]:
    import tomllib
    from importlib.resources import files

    return tomllib.loads((files("plansmith.sources") / "words" / "names.toml").read_text(encoding="utf-8"))
