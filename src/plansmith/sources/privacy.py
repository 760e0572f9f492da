"""Personal data in texts: found, and replaced by placeholders.

Enters: texts. Leaves: `Finding`s with their places; or the texts with "Person 1", "e-mail 1" … in their stead, the
same person by the same placeholder, and a report that names no one.
Try: plansmith check examples/archive --redact copy

No model is asked and nothing is downloaded: names come by cues and lists (`people`), numbers by their check digits
(`numbers`), telephones by Google's rules. It helps a person to look, and does not replace the looking.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from plansmith.locale import fold
from plansmith.sources.numbers import card_ok, cnp_ok, iban_ok
from plansmith.sources.people import find_people

Kind = Literal["person", "email", "phone", "iban", "cnp", "card", "address"]
KINDS: tuple[Kind, ...] = ("iban", "cnp", "card", "email", "phone", "address", "person")
"""In the order in which they win where two overlap."""
LEAST = 0.6
"""Certainty from which a finding is replaced."""
_PLACEHOLDERS: dict[Kind, str] = {
    "person": "Person", "email": "e-mail", "phone": "phone", "iban": "IBAN", "cnp": "CNP", "card": "card", "address": "address",
}  # fmt: skip
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,6}[A-Za-z]{2,24}(?![\w-])")
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{2,4}){3,8}(?:[ -]?[A-Z0-9])?(?![A-Z0-9])")
_CNP = re.compile(r"(?<![\d.,-])[1-9]\d{12}(?![\d-])")
_CARD = re.compile(r"(?<![\d.,-])[2-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,7}(?![\d-])")
_UP = r"[A-ZĂÂÎȘŞȚŢ][\w'’.-]{1,20}"
_ADDRESSES = tuple(
    re.compile(shape)
    for shape in (
        rf"(?<!Person )(?<![\w.,])\d{{1,4}}[A-Za-z]?,? (?:{_UP} ){{1,3}}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Close|Crescent|Terrace|"
        r"Row|Square|Way|Court|Place|Gardens|Hill|Boulevard|Blvd)\b\.?",
        rf"(?i:\b(?:str(?:ada|\.)|b-?d(?:ul)?\.?|bulevardul|calea|aleea|șos(?:eaua|\.)|șoseaua|soseaua|piața|piata|intrarea|splaiul))"
        rf" ?(?:{_UP}[ ,]{{1,2}}){{1,5}}(?i:nr\.?|numărul|numarul) ?\d{{1,4}}[A-Za-z]?"
        r"(?:,? ?(?i:bl|sc|et|ap)\.? ?[\w-]{1,5}){0,4}",
        r"\b[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b",
    )
)
_REGIONS = {"en": ("GB", "US", "IE"), "ro": ("RO", "MD")}


@dataclass(frozen=True)
class Finding:
    """A piece of personal data: `text` is exactly what stands from `start` to `end`; `certainty` is from 0 to 1."""

    kind: Kind
    text: str
    start: int
    end: int
    certainty: float


@dataclass(frozen=True)
class Redaction:
    """Redacted texts by their keys, how many of each kind were replaced in each, and what a person should look at.

    `doubts` counts the findings that were too uncertain to replace.
    """

    texts: dict[str, str]
    replaced: dict[str, dict[str, int]]
    placeholders: dict[str, int]
    doubts: dict[str, int]

    def report(self) -> dict[str, Any]:
        """Counts only: the report itself holds no personal data."""
        return {"placeholders": self.placeholders, "replaced": self.replaced, "to_look_at": self.doubts}


def find_personal(text: str, language: str = "en") -> tuple[Finding, ...]:
    """All personal data of a text, in order, none overlapping; `language` (en, ro) says whose local phone numbers."""
    found: list[Finding] = []
    taken = bytearray(len(text) + 1)
    for kind in KINDS:
        for start, end, certainty in _FINDERS[kind](text, language):
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                found.append(Finding(kind, text[start:end], start, end, certainty))
    return tuple(sorted(found, key=lambda f: f.start))


def redact(texts: Mapping[str, tuple[str, str, str]], least: float = LEAST) -> Redaction:
    """Replace personal data in texts given as key → (client, language, text).

    A full name, a number or an address is one placeholder everywhere. A bare given name or surname is the same person
    within one client's texts only: two clients may each have a Tom. Findings below `least` certainty stay and count
    as doubts.
    """
    found = {key: find_personal(text, language) for key, (_, language, text) in texts.items()}
    full = _full_names(texts, found, least)
    numbers: dict[tuple[str, ...], int] = {}
    next_number: Counter[str] = Counter()
    redacted, replaced, doubts = {}, {}, {}
    for key, (client, _, text) in texts.items():
        pieces, at, counts, unsure = [], 0, Counter[str](), 0
        for finding in _everywhere(text, found[key], full.get(client, {})):
            if finding.certainty < least:
                unsure += 1
                continue
            who = _identity(finding, client, full)
            if who not in numbers:
                next_number[finding.kind] += 1
                numbers[who] = next_number[finding.kind]
            pieces += [text[at : finding.start], f"{_PLACEHOLDERS[finding.kind]} {numbers[who]}"]
            at = finding.end
            counts[finding.kind] += 1
        redacted[key] = "".join([*pieces, text[at:]])
        replaced[key], doubts[key] = dict(counts), unsure
    return Redaction(redacted, replaced, dict(next_number), {k: n for k, n in doubts.items() if n})


def _full_names(
    texts: Mapping[str, tuple[str, str, str]], found: Mapping[str, tuple[Finding, ...]], least: float
) -> dict[str, dict[str, str]]:
    """By client: each single name → the full name that it belongs to (itself where there is none)."""
    names: dict[str, dict[str, str]] = {}
    for key, (client, _, _) in texts.items():
        own = names.setdefault(client, {})
        for finding in found[key]:
            if finding.kind == "person" and finding.certainty >= least:
                whole = _folded(finding.text)
                for part in whole.split():
                    if len(part) > 2 and len(whole.split()) >= len(own.get(part, "").split()):
                        own[part] = whole
    return names


def _identity(finding: Finding, client: str, full: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    folded = _folded(finding.text)
    if finding.kind != "person":
        return finding.kind, re.sub(r"\W", "", folded)
    words = folded.split()
    whole = folded if len(words) > 1 else full.get(client, {}).get(folded, folded)
    # Popescu Ion and Ion Popescu are one
    return ("person", *sorted(whole.split())) if len(whole.split()) > 1 else ("person", client, whole)


def _everywhere(text: str, found: tuple[Finding, ...], names: Mapping[str, str]) -> Iterator[Finding]:
    """The findings of a text, and the names that other texts of the same client gave away."""
    taken = bytearray(len(text) + 1)
    every = list(found)
    for finding in found:
        taken[finding.start : finding.end] = b"\x01" * (finding.end - finding.start)
    for match in re.finditer(r"[^\W\d_]+(?:-[^\W\d_]+)?", text):
        word = match[0]
        if word[0].isupper() and _folded(word) in names and not any(taken[match.start() : match.end()]):
            every.append(Finding("person", word, match.start(), match.end(), LEAST))
    yield from sorted(every, key=lambda f: f.start)


def _folded(name: str) -> str:
    return " ".join(re.findall(r"[\w@+]+(?:[-.][\w@]+)*", fold(name)))


def _emails(text: str, language: str) -> Iterator[tuple[int, int, float]]:
    yield from ((m.start(), m.end(), 1.0) for m in _EMAIL.finditer(text))


def _ibans(text: str, language: str) -> Iterator[tuple[int, int, float]]:
    for match in _IBAN.finditer(text):
        start, end = match.span()
        # words in capitals behind the number may have been taken along
        while end - start >= 15:
            if iban_ok(text[start:end]):
                yield start, end, 1.0
                break
            cut = max(text.rfind(" ", start, end), text.rfind("-", start, end))
            if cut <= start:
                break
            end = cut
        else:
            continue
        if end == match.end() and not iban_ok(match[0]) and _labelled(text, start, "iban"):
            yield match.start(), match.end(), 0.7


def _cnps(text: str, language: str) -> Iterator[tuple[int, int, float]]:
    for match in _CNP.finditer(text):
        if cnp_ok(match[0]):
            yield match.start(), match.end(), 1.0
        elif _labelled(text, match.start(), "cnp"):
            yield match.start(), match.end(), 0.7


def _cards(text: str, language: str) -> Iterator[tuple[int, int, float]]:
    yield from ((m.start(), m.end(), 0.95) for m in _CARD.finditer(text) if card_ok(m[0]))


def _labelled(text: str, start: int, label: str) -> bool:
    return label in text[max(0, start - 15) : start].lower()


def _phones(text: str, language: str) -> Iterator[tuple[int, int, float]]:
    import phonenumbers

    for line in re.finditer(r"[^\n]{1,2000}", text):
        if not re.search(r"\d[\d ()./-]{6}", line[0]):
            continue
        for region in _REGIONS.get(language, _REGIONS["en"]):
            # tries bound the work on a line that is nothing but digits
            for match in phonenumbers.PhoneNumberMatcher(line[0], region, phonenumbers.Leniency.VALID, 50):
                international = match.raw_string.startswith(("+", "00"))
                yield line.start() + match.start, line.start() + match.end, 0.95 if international else 0.8


def _addresses(text: str, language: str) -> Iterator[tuple[int, int, float]]:
    for shape in _ADDRESSES:
        yield from ((m.start(), m.end(), 0.8) for m in shape.finditer(text))


def _people(text: str, language: str) -> Iterator[tuple[int, int, float]]:
    yield from find_people(text, language)


_FINDERS = {
    "iban": _ibans, "cnp": _cnps, "card": _cards, "email": _emails, "phone": _phones, "address": _addresses, "person": _people,
}  # fmt: skip
