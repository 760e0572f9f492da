"""The two sentence forms of a plan: the user story and the Given/When/Then scenario, in each language.

Enters: a sentence as a person writes it, or its parts. Leaves: the parts, or the sentence; commas inside a part are
escaped only where the sentence would be parted at them.
Try: python -c "from plansmith.plan.sentences import *; print(read_story('As a baker, I want one list.', 'en'))"
"""

from __future__ import annotations

import re
from functools import cache

from plansmith.locale import LANGUAGES, pattern, table, words
from plansmith.plan.escape import find, guard, inline, mask, unescape
from plansmith.plan.types import Language, Scenario, Story

_ARTICLE = re.compile(r"an? ", re.IGNORECASE)
_VOWEL = re.compile(r"[aei]|o(?!ne\b)|u(?!s|ni(?!n)|t)", re.IGNORECASE)
_SPELT_VOWEL = "AEFHILMNORSX"  # letters whose names begin with a vowel: an HR manager


@cache
def _after_comma(key: str, language: str) -> re.Pattern[str]:
    return re.compile(rf",\s*(?P<word>{pattern('forms', key, language)})\s", re.IGNORECASE)


@cache
def _alone(key: str, language: str) -> re.Pattern[str]:
    return re.compile(rf"\s(?P<word>{pattern('forms', key, language)})\s", re.IGNORECASE)


@cache
def _first(key: str, language: str) -> re.Pattern[str]:
    return re.compile(rf"{pattern('forms', key, language)}\s", re.IGNORECASE)


def _languages(language: str) -> tuple[str, ...]:
    return (language, *(other for other in LANGUAGES if other != language))


def _part(sentence: str, key: str, language: str) -> tuple[str, str] | None:
    """What stands before and after a keyword: the first one after a comma, or else the first one."""
    match = find(sentence, _after_comma(key, language)) or find(sentence, _alone(key, language))
    return (sentence[: match.start()].strip(), sentence[match.end() :].strip()) if match else None


def _open(sentence: str) -> str:
    """The sentence without its full stop."""
    return sentence[:-1].rstrip() if mask(sentence).endswith(".") else sentence


def _closed(escaped: str, text: str) -> str:
    """The sentence with a full stop; one that is part of the text is escaped, so that it stays."""
    if text.endswith("."):
        return f"{escaped[:-1]}\\."
    return escaped if text.endswith(("!", "?", "…")) else f"{escaped}."


def read_story(sentence: str, language: Language) -> dict[str, str] | None:
    """Role, wish and reason of a story; `None` if the sentence is none."""
    for code in _languages(language):
        start = _first("as", code).match(sentence)
        parted = _part(sentence[start.end() :], "want", code) if start else None
        if parted is None:
            continue
        role, rest = parted
        want, reason = _part(rest, "so_that", code) or (rest, "")
        role = _ARTICLE.sub("", role, count=1) if code == "en" and _ARTICLE.match(role) else role
        want, reason = (want, _open(reason)) if reason else (_open(want), "")
        return {"role": unescape(role), "want": unescape(want), "so_that": unescape(reason)}
    return None


def write_story(story: Story, language: Language) -> str:
    """The story as one sentence of Markdown."""
    say = words(language)
    role = guard(inline(story.role), _after_comma("want", language))
    want = guard(inline(story.want), _after_comma("so_that", language))
    if not story.so_that:  # then a reason inside the wish must not be taken for the story's own
        want = _alone("so_that", language).sub(lambda m: f" {m['word'].replace(' ', '&#32;')} ", want)
    article = _article(story.role) if language == "en" else ""
    wish = f"{say['forms.as']} {article}{role}, {say['forms.want']} {want}"
    if not story.so_that:
        return _closed(wish, story.want)
    return _closed(f"{wish}, {say['forms.so_that']} {inline(story.so_that)}", story.so_that)


def _article(role: str) -> str:
    if role.casefold().startswith("the "):
        return ""
    spelt = role[:2].isupper()
    vowel = role[0] in _SPELT_VOWEL if spelt else _VOWEL.match(role)
    return "an " if vowel else "a "


def begins_scenario(text: str) -> bool:
    """Whether a detail of a story is meant as an acceptance criterion."""
    return any(_first(key, code).match(text) for code in LANGUAGES for key in ("given", "when"))


def read_scenario(sentence: str, language: Language) -> dict[str, str] | None:
    """The three parts of a scenario; `None` if the sentence lacks one of them."""
    for code in _languages(language):
        start = _first("given", code).match(sentence)
        first = _part(sentence[start.end() :], "when", code) if start else None
        second = _part(first[1], "then", code) if first else None
        if first and second:
            parts = {"given": first[0], "when": second[0], "then": _open(second[1])}
            return {key: unescape(part) for key, part in parts.items()}
    return None


def write_scenario(scenario: Scenario, language: Language) -> str:
    """The scenario as one sentence of Markdown."""
    say = words(language)
    given = guard(inline(scenario.given), _after_comma("when", language))
    when = guard(inline(scenario.when), _after_comma("then", language))
    agreeing = table(language).get("agreement", {}).get(scenario.given.split(" ")[0].casefold(), say["forms.given"])
    sentence = f"{agreeing} {given}, {say['forms.when']} {when}, {say['forms.then']} {inline(scenario.then)}"
    return _closed(sentence, scenario.then)
