"""What an instruction asks of a plan: withdraw, replace, change a figure, set budget or deadline, or add a wish. By code.

Enters: the client's words and the plan's language. Leaves: one `Order` for each thing that they ask.
Try: python -c "from plansmith.plan.revise_read import *; print(read_orders('The client drops online payment.'))"

Both languages are read together. The words are in words/*.toml, table [revise].
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from plansmith.plan.brief import Sentence, read_brief
from plansmith.plan.cues import is_deadline, requirement_cue
from plansmith.plan.dates import dates
from plansmith.plan.facts import find_numbers
from plansmith.plan.money import amounts
from plansmith.plan.words import alternation, fold, listed, pattern, word_set

Kind = Literal["drop", "replace", "figure", "budget", "deadline", "priority", "restore", "wish", "unclear"]


@dataclass(frozen=True)
class Order:
    """One thing that a sentence asks. `about`: words for what it concerns; `wish`: what is wanted, if anything.

    `old`, `new`: the old figure in normal form and the new one as the client writes it; `new` also a new priority.
    """

    kind: Kind
    sentence: Sentence
    about: str = ""
    wish: str = ""
    old: str = ""
    new: str = ""
    said: str = ""
    """The clause that says it, where the sentence says more."""


def read_orders(text: str) -> list[Order]:
    """What each sentence of an instruction asks, in order."""
    return [order for sentence in read_brief(text).sentences for order in _orders(sentence)]


def _orders(sentence: Sentence) -> Iterator[Order]:
    parts = [_told(sentence, part) for part in _clauses(sentence.text)]
    told = [part for part in parts if part]
    if len(parts) == 2 == len(told) and [p.kind for p in told] == ["drop", "wish"] and _instead(sentence.text):
        yield Order("replace", sentence, about=told[0].about, wish=told[1].wish)
    elif len(parts) > 1 and len(told) == len(parts):
        yield from told
    else:
        yield _told(sentence, sentence.text) or _else(sentence)


def _told(sentence: Sentence, text: str) -> Order | None:
    """The first reading that fits a sentence or a clause of it."""
    text = text.strip(" ,;.")
    for read in (_money, _day, _figure, _rank, _swap, _back, _drop, _add):
        if found := read(text):
            return replace(found, sentence=sentence, said=text if text != sentence.text.strip(" ,;.") else "")
    return None


def _else(sentence: Sentence) -> Order:
    """A sentence that asks for something, as a brief does; or nothing that is understood."""
    if requirement_cue(sentence) and not _of_the_plan(sentence.text):
        return Order("wish", sentence, wish=sentence.text)
    return Order("unclear", sentence, about=sentence.text)


def _of_the_plan(text: str) -> bool:
    """Whether a sentence is about the plan itself, an item by its id, the budget or the deadline: no wish for the product."""
    folded, figures = fold(text), alternation(listed("revise", "figures"))
    whose = rf"(?:(?:{alternation(listed('revise', 'whose'))})\s+)*"
    return bool(
        re.search(r"(?<!\w)[RUTMKAQD][1-9]\d{0,5}(?!\w)", text)
        or re.match(rf"{_lead()}(?:{_steered()})?{whose}(?:{figures})(?!\w)", folded)
        or re.match(
            rf".{{0,30}}(?<!\w)(?:no longer|no|any|without|nu mai|niciun|fara)\s(?:\w+\s){{0,2}}(?:{figures})", folded
        )
    )


_NONE = Sentence("S1", "", 0, 0)


def _money(text: str) -> Order | None:
    told = [a for a in amounts(text) if a.value]
    if not told or not pattern("revise", "budget").search(fold(text)) or not _of_the_project(text):
        return None
    return Order("budget", _NONE)


def _day(text: str) -> Order | None:
    added = _add(text)
    moved = bool(
        added and _whole(fold(added.wish)) and (shifted(text) or dates(text))
    )  # "they want it two weeks later"
    named = moved or pattern("revise", "deadline").search(fold(text)) or is_deadline(text)
    return Order("deadline", _NONE) if named and (dates(text) or shifted(text)) and _of_the_project(text) else None


def shifted(text: str) -> tuple[int, str, int] | None:
    """How far a day is moved, "by two weeks", "a month later": number, unit (day, week, month), and 1, -1 or 0 for not told."""
    folded = fold(text)
    later, earlier = (bool(pattern("revise", way).search(folded)) for way in ("later", "earlier"))
    counted = [(n.end, int(n.value)) for n in find_numbers(text) if n.value.isdigit()]
    counted += [(m.end(), 1) for m in re.finditer(r"(?<!\w)(?:an?|o|un)(?!\w)", folded)]
    for end, number in counted:
        for unit in ("day", "week", "month"):
            if re.match(rf"\s+(?:de\s+)?(?:{alternation(listed('revise', f'{unit}_units'))})(?!\w)", folded[end:]):
                return number, unit, later - earlier
    return None


def _figure(text: str) -> Order | None:
    """ "5 seconds instead of 3", "not 7 but 14 days", "from 7 to 14 days"."""
    folded, figures = fold(text), [n for n in find_numbers(text) if n.form in ("digits", "word", "percent", "time")]
    if len(figures) != 2:
        return None
    one, two = figures
    middle, before = folded[one.end : two.start], folded[: one.start]
    swap = alternation(listed("revise", "instead"))
    if re.search(rf"(?<!\w)(?:{swap})(?!\w)", before) or re.search(r"\b(?:not|nu) (?:\w+ ){0,3}?$", before):
        old, new = one, two
    elif re.search(rf"(?<!\w)(?:{swap})(?!\w)", middle) or re.search(r",? (?:not|nu) ", middle):
        old, new = two, one
    elif (
        re.search(r"\b(?:from|de la) (?:\w+ ){0,2}?$", before)
        and re.search(r"\b(?:to|la) ", middle)
        and pattern("revise", "moves").search(folded)  # not "rate it from 1 to 5"
    ):
        old, new = one, two
    elif re.match(rf"{_lead()}{_subject()}{_steered()}", folded) and re.search(r"\b(?:to|into|la|in|cu)\s+$", middle):
        old, new = one, two  # "change the 7 days to 14"
    else:
        return None
    words = f"{text[: one.start]} {text[one.end : two.start]} {text[two.end :]}"
    return Order("figure", _NONE, about=words, old=old.value, new=text[new.start : new.end])


def _rank(text: str) -> Order | None:
    """ "The map is now a must", "The report is only nice to have"."""
    folded, becomes = fold(text), alternation(listed("revise", "becomes"))
    for rank in ("must", "should", "could"):
        words = alternation(listed("revise", f"rank_{rank}"))
        shape = (
            rf"{_lead()}(?P<a>.+?)\s+(?:{becomes})\s+(?:(?:now|only|just|acum|doar|numai)\s+)*(?:{words})(?:\s+now)?$"
        )
        made = rf"{_lead()}{_subject()}(?:{alternation(listed('revise', 'ranks'))})\s+(?P<a>.+?)\s+(?:(?:as|ca|drept|into)\s+)?(?:{words})(?:\s+(?:now|please))?$"
        if match := re.match(made, folded) or re.match(shape, folded):
            about = text[match.start("a") : match.end("a")]
            if denied := re.search(r"\s+nu$", fold(about)):  # "raportul nu este important"
                about, rank = about[: denied.start()], "could"
            return Order("priority", _NONE, about=tidy(about), new=rank)
    return None


def _swap(text: str) -> Order | None:
    """ "Instead of A, B", "B instead of A", "replace A with B"."""
    folded, swap = fold(text), alternation(listed("revise", "instead"))
    opened = re.match(rf"{_lead()}(?:{swap})\s+(?P<a>[^,]+),\s+(?P<b>.+)$", folded)
    closed = re.match(rf"(?P<b>.+?),?\s+(?:{swap})\s+(?P<a>.+)$", folded)
    verb, by = alternation(listed("revise", "replace")), alternation(listed("revise", "by"))
    said = re.match(rf"{_lead()}{_subject()}(?:{verb})\s+(?P<a>.+?)\s+(?:{by})\s+(?P<b>.+)$", folded)
    named = re.match(
        rf"{_lead()}{_subject()}(?:{alternation(listed('revise', 'reword'))})\s+(?:requirement |cerinta )?(?P<a>r[1-9]\d{{0,5}})(?:\s+(?:to|into|in|astfel|as follows))?(?:\s+(?:read|say))?\s*:?\s+(?P<b>\S+ \S+ .+)$",
        folded,
    )
    found = named or said or opened or closed
    if not found:
        return None
    about, wish = text[found.start("a") : found.end("a")], text[found.start("b") : found.end("b")]
    added = _add(wish)
    return Order("replace", _NONE, about=tidy(about), wish=added.wish if added else _trimmed(wish))


def _back(text: str) -> Order | None:
    """ "Bring the map back", "The client wants the map after all"."""
    folded, again = fold(text), alternation(listed("revise", "again"))
    verb = alternation(listed("revise", "restore"))
    said = re.match(rf"{_lead()}{_subject()}(?:{verb})\s+(?P<a>.+?)(?:\s+(?:{again}))?[\s.!]*$", folded)
    wish = re.match(rf"(?P<a>.+?)\s+(?:{again})[\s.!]*$", folded)
    if said:
        return Order("restore", _NONE, about=tidy(text[said.start("a") : said.end("a")]))
    told = _add(text[: wish.end("a")]) if wish else None
    return Order("restore", _NONE, about=tidy(told.wish), wish=told.wish) if told else None


def _drop(text: str) -> Order | None:
    folded, verb, end = fold(text), alternation(listed("revise", "drop")), alternation(listed("revise", "gone"))
    said = re.match(rf"{_lead()}{_subject()}(?:{verb})\s+(?P<a>.+)$", folded)
    passive = re.match(rf"{_lead()}(?P<a>.+?)\s+(?:{end})(?!\w)(?P<rest>.*)$", folded)
    needless = re.match(rf"(?:\S+\s+){{1,4}}?(?:{alternation(listed('revise', 'needless'))})\s+(?P<a>.+)$", folded)
    told = said or needless
    about = tidy(text[told.start("a") :]) if told else ""
    if about and not _CLAUSE.search(fold(about)):
        return Order("drop", _NONE, about=about)
    if passive and len(passive["a"].split()) <= 8 and not _CLAUSE.search(passive["a"]) and _idle(passive["rest"]):
        return Order("drop", _NONE, about=tidy(text[passive.start("a") : passive.end("a")]))
    return None


_CLAUSE = re.compile(r"\b(?:if|when|daca|cand|must|should|can|trebuie|poate|pot)\b")


def _idle(rest: str) -> bool:
    """Whether what follows says only when or why, and not from which list a thing is removed."""
    tail = alternation(listed("revise", "tail"))
    return not rest.strip(" .!,;") or bool(re.match(rf"[\s,]+(?:{tail})[\s.!]*$", rest))


def _add(text: str) -> Order | None:
    folded, verb = fold(text), alternation(listed("revise", "add"))
    match = re.match(rf"{_lead()}{_subject()}(?:{verb})\s+(?P<a>.+)$", folded)
    return Order("wish", _NONE, wish=_trimmed(text[match.start("a") :])) if match else None


def _of_the_project(text: str) -> bool:
    """Whether money or a day is told of the project, and not of what people do with the product or of each year."""
    folded = fold(text)
    whose = alternation((*listed("revise", "project"), *listed("revise", "speaker")))
    begins = re.match(
        rf"{_lead()}(?:{_steered()})?(?:(?:{alternation(listed('revise', 'whose'))})\s+)*(?:{whose})(?!\w)", folded
    )
    return bool(begins) and not pattern("revise", "repeated").search(folded) and not _wishes(text)


def _wishes(text: str) -> bool:
    """Whether it is told as a wish for the product: "The client also wants …"."""
    found = _add(text)
    wish = fold(found.wish) if found else ""
    if _whole(wish) and (shifted(wish) or re.search(r"\s(?:by|before|on|until|no later than|pana|inainte)\s", wish)):
        return False  # "we need it by 1 March"
    return bool(found and not re.match(r"(?:to |sa )?(?:spend|go live|launch|cheltui|lans)", wish))


def _whole(wish: str) -> bool:
    """Whether a wish is about all of the product, and not about a part of it: "it by 1 March", "the app two weeks later"."""
    things = r"(?:the )?(?:whole )?(?:thing|app|site|website|system|product|platform|shop|lot)"
    romanian = r"ea|el|tot|totul|toate|aplicatia|site-ul|sistemul|platforma"
    ready = r"(?: (?:to be|to go|sa fie|up and|fully))?(?: (?:ready|live|finished|done|running|working|gata|terminat\w*|functional\w*))?"
    soon = r"(?:by|before|on|until|no later|pana|inainte|cu|an?|o|un|\w+ (?:de )?(?:days?|weeks?|months?|zile|saptamani|luni))"
    return bool(re.match(rf"(?:ca )?(?:it|this|everything|all(?: of it)?|{things}|{romanian})\b{ready} {soon}\b", wish))


def tidy(phrase: str) -> str:
    """The words for what is meant, without articles before and "any more" behind."""
    phrase = phrase.strip(" .,;!?")
    folded, tail = fold(phrase), alternation(listed("revise", "tail"))
    while match := re.search(rf"[\s,]+(?:{tail})$", folded):
        phrase, folded = phrase[: match.start()], folded[: match.start()]
    if match := re.match(r"(?:the|all|any|of|idea of|de|la|toate|orice)\s+", folded):
        return tidy(phrase[match.end() :])
    return phrase.strip(" .,;!?")


def _trimmed(wish: str) -> str:
    wish = re.sub(r"^(?:that|instead|in schimb|în schimb|că)\s+", "", wish.strip(), flags=re.IGNORECASE)
    return re.sub(
        r"[\s,]+(?:instead|too|as well|in schimb|please|va rog|vă rog)$", "", wish.strip(" .?"), flags=re.IGNORECASE
    )


@cache
def _lead() -> str:
    return rf"(?:(?:{alternation(listed('revise', 'opening'))})[,!]?\s+)*"


@cache
def _steered() -> str:
    """An order to move a figure: "increase ", "postpone "."""
    return rf"(?:{alternation(listed('revise', 'steer'))})\s+"


@cache
def _subject() -> str:
    who, between = alternation(listed("revise", "speaker")), alternation(listed("revise", "between"))
    return rf"(?:(?:{who})\s+)?(?:(?:{between})\s+)*"


def _clauses(text: str) -> list[str]:
    """Parts of a sentence that are joined as sentences of their own can be."""
    joint = re.compile(r"\s*;\s+(?:(?:and|but|si|iar|dar)\s+)?|,?\s+(?:and|but|si|iar|dar)\s+")
    spots, at, folded = [], 0, fold(text)
    for match in joint.finditer(folded):
        rest = text[match.end() :]
        orders = _bare(rest) and not _bare(text)  # "to add and remove favourites": no order to us
        if _starts(rest) and _starts(text[at : match.start()]) and not orders:
            spots.append(text[at : match.start()])
            at = match.end()
    return [*spots, text[at:]]


def _bare(text: str) -> bool:
    """Whether a clause begins with the bare verb, as an order does: "Drop the map", not "they drop the map"."""
    return bool(re.match(rf"{_lead()}(?:{alternation(listed('revise', 'order'))})(?!\w)", fold(text)))


def _starts(text: str) -> bool:
    """Whether a clause says by itself what is dropped, added or set."""
    return any(read(text.strip(" ,;.")) for read in (_money, _day, _figure, _rank, _back, _drop, _add))


def _instead(text: str) -> bool:
    return bool(re.search(r"\b(?:instead|in schimb|in loc)\b", fold(text)))


def generic(word: str) -> bool:
    """Whether a word says nothing about which requirement is meant: "feature", "the app"."""
    return fold(word) in word_set("revise", "generic")
