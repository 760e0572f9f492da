"""What a brief calls its project, in its own words: heading, e-mail subject, or the product that it asks for.

Enters: the sentences of a brief and its headings. Leaves: a title of the client's words, or nothing.
Try: python -c "from plansmith.plan import *; print(read_brief('We need a mobile app for dog walkers.').title)"

Strict on purpose: a title that is wrong stands on every page, a neutral one harms nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from plansmith.plan.wording import negated
from plansmith.plan.words import alternation, fold, listed, word_set

if TYPE_CHECKING:
    from plansmith.plan.brief import Sentence

_SUBJECT = re.compile(
    r"(?:^|\s)(?:subject|subiect)\s*:\s*(?P<rest>.+?)(?:\s(?:from|to|cc|sent|date|de la|către|catre|data|trimis)\s*:.*)?$",
    re.IGNORECASE,
)
_REPLY = re.compile(r"^(?:(?:re|aw|fwd?|tr|rasp|răsp|r|fw)(?:\[\d+\])?\s*:\s*|\[[^\]]{1,30}\]\s*)+", re.IGNORECASE)
_EARLY = 12
"""Sentences in which the product is looked for: a client says first what it is about."""
_MOST_WORDS = 14
_END = r"(?=\s*(?:[.,;:!?()–—\"”]|\s-\s|$)|\s+(?:{stops})(?![\w-]))"


def title_of_brief(top: Sequence[str], below: Sequence[str], text: str, sentences: Sequence[Sentence]) -> str:
    """The first heading that names the project, else the subject of an e-mail, else the product; empty for none.

    `top`: headings of the first level; `below`: the others, of which one counts only where it stands before all text and
    the rest name parts of any brief: "Customers" beside "Staff" is no title.
    """
    named = [h for h in (_bare(h) for h in top) if h and not names_a_part(h)]
    lower = [h for h in dict.fromkeys(below) if not names_a_part(h)]
    if not named and len(lower) == 1 and sentences and sentences[0].heading == lower[0]:
        named = [_bare(lower[0])]
    if named:
        return named[0]
    for s in sentences:
        if s.form == "header" and (match := _SUBJECT.search(s.text)):
            subject = _bare(match["rest"])
            if _says_something(subject):
                return subject
    if sentences and _stands_alone(sentences[0], text):
        return _bare(sentences[0].text)
    return next((name for s in sentences[:_EARLY] if s.form != "header" and (name := product_named(s.text))), "")


def names_a_part(heading: str) -> bool:
    """Whether a heading names a part of any brief ("What we need", "Background") and no project."""
    plain = re.sub(r"^[\W\d_]+|[\W_]+$", "", fold(heading))
    return not plain or any(plain in word_set("headings", name) for name in _PARTS)


_PARTS = ("wanted", "unwanted", "constraint", "quality", "must", "should", "could", "wont", "parts")


def product_named(text: str) -> str:
    """The product that a sentence asks for, as it names it: "mobile app for dog walkers"; empty where it does not."""
    folded = fold(text)
    for shape in _products() if not negated(text) else ():
        for match in shape.finditer(folded):
            name = text[match.start("name") : match.end("name")]
            if len(name.split()) <= _MOST_WORDS and _says_something(name) and not _goes_on(folded[match.end() :]):
                return _bare(name)
    return ""


def _stands_alone(sentence: Sentence, text: str) -> bool:
    """Whether a brief begins with a line that is a heading in all but its marks: "Dog walking app", then a blank line."""
    plain, words = fold(sentence.text), len(sentence.text.split())
    thing = alternation((*listed("naming", "product", "en"), *listed("naming", "product", "ro")))
    return (
        sentence.form == "sentence"
        and 2 <= words <= 9
        and sentence.text[-1:] not in ".!?:;,"
        and bool(re.match(r"[ \t]*\r?\n[ \t]*\r?\n", text[sentence.end :]))
        and bool(re.search(rf"(?<![\w-])(?:{thing})(?![\w-])", plain))
        and not re.search(r"(?<!\w)(?:we|i|you|hi|hello|dear|noi|eu|buna|salut|need|want|vrem|vreau)(?!\w)", plain)
        and _says_something(plain)
    )


def _goes_on(rest: str) -> bool:
    """Whether what follows is the rest of a list: "an app for booking, paying and rating"."""
    stops = alternation((*listed("naming", "stops", "en"), *listed("naming", "stops", "ro")))
    return bool(re.match(rf"\s*,\s*(?!(?:{stops})(?![\w-]))[\w ]{{2,30}}?\s*(?:,|and |or |si |sau )", rest))


@cache
def _products() -> tuple[re.Pattern[str], ...]:
    found = []
    for code in ("en", "ro"):
        thing, plain = (f"(?:{alternation(listed('naming', name, code))})" for name in ("product", "plain"))
        asked = f"(?:{alternation(listed('naming', 'asked', code))})"
        end = _END.format(stops=alternation(listed("naming", "stops", code)))
        word = rf"(?!(?:{alternation(listed('naming', 'stops', code))})(?![\w-]))[\w'’&-]+"
        if code == "en":
            article = r"(?:(?:an?|our own|some kind of|some sort of|a kind of) )"
            what = rf"(?:(?:{plain}) )*?(?P<name>(?:{word} ){{0,3}}?{thing} for (?:{word})(?: {word}){{0,6}}?){end}"
        else:
            article = r"(?:(?:de )?(?:un|o) )"
            what = rf"(?P<name>{thing}(?: (?!pentru )(?:de )?{word}){{0,3}}? pentru (?:{word})(?: {word}){{0,6}}?){end}"
        found.append(re.compile(rf"(?:(?<![\w-]){asked} (?:{article})|^{article}){what}"))
    return tuple(found)


def _bare(title: str) -> str:
    title = _REPLY.sub("", title.strip()).strip(" .:;,-–—")
    return title[:1].upper() + title[1:] if title.split(" ", 1)[0].islower() else title


def _says_something(name: str) -> bool:
    """Whether a title has a word of its own beside "new project" and "hello"."""
    words = re.findall(r"[^\W\d_]{2,}", fold(name))
    dull = word_set("naming", "dull") | word_set("stop", "words")
    return len(name) <= 120 and any(w not in dull for w in words)
