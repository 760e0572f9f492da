"""Questions and risks that code can see: vague words, contradictions, missing figures, dependence on others, dates, money.

Enters: a brief and its requirements. Leaves: `Question`s that name what they block, and `Risk`s that cite their sentences.
Try: plansmith plan examples/brief.md -o plan.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from plansmith.locale import day, price, table
from plansmith.plan import (
    Brief,
    Question,
    Requirement,
    Risk,
    content_words,
    fold,
    negated,
    numbers,
    restricted,
    roles_in,
)
from plansmith.plan.words import pattern

MOST_QUESTIONS = 8
_EXCERPT = 90
# What a requirement names → the risk that comes with it: probability, impact, and the words (both languages).
_RISKS = {
    "outside": (2, 4, r"\bapis?\b|pay(?:ment|ments)? by card|card payments?|payments?|paid by card|by card|paypal|stripe|sms|text messages?"
                r"|google \w+|facebook|whatsapp|maps?|bank|external (?:site|service|system)s?|third.part\w+|push notifications?"
                r"|plata cu cardul|plati\w*|serviciu extern|harta|banca"),
    "existing": (3, 3, r"spreadsheets?|excel|existing (?:\w+ )?(?:data|database|system|records)|old (?:system|program|software|database)"
                 r"|import(?:s|ed|ing)?|oracle\b[\w ]*|legacy|current (?:system|database)|migrat\w+|foaie de calcul|sistemul? (?:vechi|existent|actual)"),
    "devices": (2, 3, r"scan\w*|qr(?:[ -]codes?)?|barcodes?|camera|printer|print(?:ed)?|tablets?|sensors?|bluetooth|gps|tags?|kiosk"
                r"|scaneaz\w+|imprimant\w+|tablet\w*|senzor\w*"),
    "personal": (2, 5, r"addresses|address|date of birth|medical|health|patients?|children|child|pupils?|photos? of (?:people|children|members)"
                 r"|passports?|personal (?:data|identity information|information)|pii|deposits?|salar(?:y|ies)|phone numbers?|diagnos\w+"
                 r"|date personale|adres\w+|medical\w*|pacient\w*|copi(?:i|ilor|lul)|fis[aei] (?:animalului|pacientului|medicala)"),
    "offline": (3, 3, r"offline|no (?:signal|network|internet|reception)|without (?:signal|network|internet|reception)|fara (?:semnal|internet|retea)"),
    "limit": (2, 4, r"(?:less than|within|under|at most|up to|no more than|in) \d+ ?(?:seconds?|ms|milliseconds?|minutes?)"
              r"|\d+ (?:users|people|visitors) at (?:once|the same time)|(?:sub|cel mult|maxim) \d+ (?:de )?(?:secunde|minute)"),
    "imposed": (2, 3, r"linux|mysql|postgres\w*|apache|php|wordpress|java\b|python|ruby|nodejs|node\.js|rest\b|json|oracle|sharepoint|aws|azure"
                r"|standards?|polic(?:y|ies)|gdpr|accessib\w+|wcag|on.premises?"),
}  # fmt: skip
_CONDITION = re.compile(r"\b(?:if|when|unless|until|while|before|after|daca|cand)\b")
_PASSIVE = re.compile(
    r"\b(?:can|may|could) (?:also )?be \w+(?:ed|en|ne|wn|ught|ut|ld|id)\b(?! by)|\b(?:poate|pot) fi \w+"
)


def questions(
    brief: Brief, requirements: Sequence[Requirement], money: Sequence[str], days: Sequence[str]
) -> list[Question]:
    """What the client has to answer before it can be built, the gravest first; at most eight. Ids are given later."""
    language = brief.language
    found = [*_contradictions(requirements, language)]
    if len(money) > 1:
        found.append(_question(language, "budgets", (), found=", ".join(money)))
    if len(days) > 1:
        found.append(_question(language, "deadlines", (), found=", ".join(days)))
    found += _vague(requirements, language)
    found += [
        _question(language, "who", (r.id,), text=_short(r.text))
        for r in requirements
        if r.kind == "functional" and _PASSIVE.search(fold(r.text)) and not roles_in(r.text, language)
    ][:2]
    return found[:MOST_QUESTIONS]


def _contradictions(requirements: Sequence[Requirement], language: str) -> Iterator[Question]:
    """Pairs of requirements about the same thing that name other figures, or of which one denies what the other says."""
    said = [(r, set(content_words(r.text, language)), numbers(r.text)) for r in requirements if r.kind != "constraint"]
    for (a, mine, figures), (b, theirs, others) in combinations(said, 2):
        if len(mine) < 3 or len(theirs) < 3:
            continue
        shared = len(mine & theirs) / min(len(mine), len(theirs))
        if shared >= 0.6 and figures and others and figures != others and not figures & others:
            key = "numbers"
        elif (
            shared >= 0.75
            and min(len(mine), len(theirs)) >= 0.6 * max(len(mine), len(theirs))
            and not (_CONDITION.search(fold(a.text)) or _CONDITION.search(fold(b.text)))
            and _denies(a.text) != _denies(b.text)
        ):
            key = "turned"
        else:
            continue
        yield _question(language, key, (a.id, b.id), one=a.id, two=b.id, text=_short(a.text), other=_short(b.text))


def _denies(text: str) -> bool:
    return negated(text) or restricted(text)


def _vague(requirements: Sequence[Requirement], language: str) -> list[Question]:
    """A question for each requirement with a word that cannot be measured; quality first, one question a word."""
    found, asked = [], set()
    for r in sorted(requirements, key=lambda r: (r.kind != "quality", r.priority != "must")):
        if r.kind == "constraint" or numbers(r.text):
            continue
        text = fold(r.text)
        exact = pattern("vague", "exact", language).sub(lambda m: "_" * len(m.group()), text)
        for kind in ("subjective", "comparative", "ambiguous", "loophole", "open_ended"):
            match = pattern("vague", kind, language).search(exact)
            # "some", "all", "few" are everyday words: only what says how good or how fast must be measured
            goes_on = match and re.match(r" [a-z]", exact[match.end() :])
            if match and match.group() == "and more" and goes_on:  # "and more importantly"
                continue
            if match and match.group() not in asked and match.group() not in _EVERYDAY:
                asked.add(match.group())
                found.append(
                    _question(language, kind, (r.id,), word=r.text[match.start() : match.end()], text=_short(r.text))
                )
                break
    return found


_EVERYDAY = frozenset(
    [
        "some",
        "many",
        "few",
        "most",
        "often",
        "usually",
        "for example",
        "e.g",
        "good",
        "best",
        "normally",
        "clean",
        "bun",
        "buna",
        "bune",
        "buni",
        "bine",
    ]
)


def risks(
    brief: Brief, requirements: Sequence[Requirement], budget: tuple[float, str] | None, deadline: Any
) -> list[Risk]:
    """What endangers the plan, read from what the requirements and the brief name. Ids are given later."""
    say, language = table(brief.language, "writing")["risk"], brief.language
    made: list[Risk] = []
    for kind, (probability, impact, words) in _RISKS.items():
        shape = re.compile(rf"(?<![\w'])(?:{words})(?![\w'])")
        cited: list[str] = []
        named: list[str] = []
        for sentence in brief.sentences:
            if sentence.form == "header":
                continue
            hits = [sentence.text[m.start() : m.end()].strip() for m in shape.finditer(fold(sentence.text))]
            wanted = any(sentence.id in r.source for r in requirements)
            if hits and (wanted or kind == "existing"):
                cited.append(sentence.id)
                named += hits
        if cited:
            distinct = list({fold(n): n for n in reversed(named)}.values())[::-1][:3]
            made.append(_risk(say[kind], probability, impact, ", ".join(distinct), tuple(cited[:4])))
    cite = tuple(s for r in requirements if r.kind == "constraint" for s in r.source)
    if deadline:
        made.append(_risk(say["deadline"], 3, 4, day(language, deadline), cite[-2:]))
    if budget:
        made.append(_risk(say["budget"], 3, 4, price(language, *budget), cite[-2:]))
    return made


def personal(brief: Brief) -> bool:
    """Whether the brief names data about persons."""
    return any(re.search(rf"(?<![\w'])(?:{_RISKS['personal'][2]})(?![\w'])", fold(s.text)) for s in brief.sentences)


def _risk(text: dict[str, str], probability: int, impact: int, found: str, source: tuple[str, ...]) -> Risk:
    event = text["event"].format(found=found)
    return Risk(id="K1", event=event, response=text["response"], probability=probability, impact=impact, source=source)


def _question(language: str, key: str, blocks: tuple[str, ...], **values: str) -> Question:
    return Question(id="Q1", text=table(language, "writing")["ask"][key].format(**values), blocks=blocks)


def _short(text: str) -> str:
    text = text.rstrip(" .")
    return text if len(text) <= _EXCERPT else text[: text.rfind(" ", 0, _EXCERPT)].rstrip(",;:") + " …"
