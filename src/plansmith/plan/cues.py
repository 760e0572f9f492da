"""What sort of sentence a client's sentence is: a requirement or not, how urgent, of which kind. By code, no model.

Enters: a `Sentence` with its heading and lead-in. Leaves: the name of the cue that makes it a requirement, the reason
why it is none, its MoSCoW priority and its kind; each None where nothing says so.
Try: python -c "from plansmith.plan import *; print(requirement_cue(read_brief('Parents can pay.').sentences[0]))"

Recall before precision: a cue is a reason to look, not a proof. Both languages are read together, because clients
mix them. The words are in words/*.toml, tables [headings], [cues] and [kinds].
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from plansmith.plan.dates import dates
from plansmith.plan.money import amounts
from plansmith.plan.words import alternation, fold, listed, pattern

if TYPE_CHECKING:
    from plansmith.plan.brief import Sentence
    from plansmith.plan.types import Kind, Priority

_STORY = re.compile(r"(?:as (?:an?|the)|ca)\s[^,]{2,60}?,?\s(?:i|we|vreau|as|vrem|doresc|pot)\b")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+")
# "You have to walk up 20 flights": how things are, not what the software must do.
_ANYBODY = re.compile(r"\byou (?:have|had|need) to (?!be able|implement|use|build)")
_CLAUSE = re.compile(
    r"(?<=\S)\s(?:that|which|who|whom|whose|what|where|how|if|when|whether|because|care|unde|daca|cand|cum)\s"
)
_EXAMPLE = re.compile(r"(?:for example|for instance|e\.?g|de exemplu)\b")
_BARE_MODALS = ("may", "might", "could", "should", "shouldn't")
_CONTACT_LINE = re.compile(r"[\s+()\d./-]{6,}")
_RELATIVE = re.compile(r"\d* ?(?:in|within|over|peste|within about)\b|next\b|anul|luna")
_NUMERAL = r"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|fifty|hundred)\b)"
_NUMERAL_RO = r"\b(?:doi|doua|trei|patru|cinci|zece|suta|o)\b"


def requirement_cue(sentence: Sentence) -> str | None:
    """The cue that makes a sentence a requirement, or None.

    *story*, *need* (must, need), *wish* (should, would like), *money*, *deadline*, *limit*, *imperative* ("Create …"),
    *rule* (never, only X sees), *modal* (can, will), *listed* (an item under "Features"), *screen* (clicks, by itself),
    *product* ("The app shows …").
    """
    return None if not_product(sentence) else _cue(sentence)


def _cue(sentence: Sentence) -> str | None:
    text = fold(sentence.text)
    # "We can meet on Friday", "please excuse my spelling": talk with the developer, unless a must stands in it.
    talk = _has("cues", "talk", text)
    tests = (
        ("story", _STORY.match(text)),
        ("need", _has("cues", "need", _ANYBODY.sub(" ", text)) and not (talk and len(text.split()) < 12)),
        ("wish", _has("cues", "wish", text) and not talk),
        ("money", _money(sentence.text, "budget") or _money(sentence.text, "money_rule")),
        ("deadline", is_deadline(sentence.text)),
        ("limit", _limit().search(text) or _has("cues", "limit_units", text)),
        ("imperative", _imperative().match(text) and not talk),
        ("rule", _has("cues", "rule", text) and not talk),
        ("modal", _has("cues", "modal", text) and not talk),
        ("listed", sentence.form in ("item", "row") and _wanted_place(sentence)),
        ("screen", _has("cues", "screen", text) and not _has("cues", "as_it_is", text)),
        ("product", _product().search(text) and not _has("cues", "as_it_is", text)),
    )
    return next((name for name, holds in tests if holds), None)


def not_product(sentence: Sentence) -> str | None:
    """Why a sentence is certainly not about the product, or None.

    *header*, *link*, *greeting*, *label* ("Tier: 1"), *signature*, *lead-in* ("The app must:"), *heading* (under
    "Useful links"), *example* ("for example …"), *background* ("you have to walk"), *contract* (talk about the bid, sprints, a meeting). A budget or deadline is never dismissed so.
    """
    text, plain = sentence.text, fold(sentence.text).strip(" .,!;")
    without_links = _LINK.sub("", plain).strip(" .,:;-()[]<>")
    valuable = _money(text, "budget") or is_deadline(text)
    tests = (
        ("header", sentence.form == "header"),
        ("link", _CONTACT_LINE.fullmatch(plain) or (_LINK.search(plain) and len(without_links.split()) <= 2)),
        ("greeting", _greets(plain)),
        ("label", _starts("label", plain, r"\s*:") and len(plain.split()) <= 8),
        ("signature", _signs(sentence, plain)),
        ("lead-in", _leads_in(sentence)),
        ("heading", not valuable and _under(sentence.heading, "unwanted") and not _has("cues", "firm", plain)),
        ("example", _EXAMPLE.match(plain) and sentence.form != "row"),
        ("background", not valuable and _ANYBODY.search(plain) and not _cue(sentence)),
        ("contract", not valuable and _has("cues", "contract", plain)),
    )
    return next((name for name, holds in tests if holds), None)


def priority_hint(sentence: Sentence) -> Priority | None:
    """MoSCoW priority that the words of a sentence, its lead-in or its heading tell, or None."""
    text = fold(sentence.text)
    order: tuple[Priority, ...] = ("wont", "could", "must", "should")
    certain, main = _has("cues", "must", text), _main_clause(text)
    for priority in order:
        for hit in pattern("cues", priority).finditer(text):
            # "may not", "so that it could": beside a must, a bare may, might or could is only a verb; so is "should" in
            # "parents see what their child should bring".
            verb_only = certain and hit.group() in ("may", "might", "could")
            if not verb_only and not (hit.group() in _BARE_MODALS and hit.start() >= main):
                return priority
    for place in (sentence.lead_in, sentence.heading):
        for priority in order:
            if place and (_under(place, priority) or _has("cues", priority, fold(place))):
                return priority
    return None


def _main_clause(text: str) -> int:
    """Where the main clause of a folded sentence ends: before the first clause that only says which or when."""
    clause = _CLAUSE.search(text)
    if not clause:
        return len(text)
    head = text[: clause.start()]
    said = any(_has("cues", name, head) for name in ("need", "wish", "modal", "could")) or _imperative().match(head)
    return clause.start() if said else len(text)


def kind_hint(sentence: Sentence) -> Kind | None:
    """*constraint* (money, deadline, technology, hosting, law), *quality* (speed, security, languages, …) or None."""
    text = fold(sentence.text)
    if _money(sentence.text, "budget") or is_deadline(sentence.text) or _under(sentence.heading, "constraint"):
        return "constraint"
    if _has("kinds", "constraint", text):
        return "constraint"
    plain_function = _has("kinds", "functional", text)
    if _under(sentence.heading, "quality") or (_has("kinds", "quality", text) and not plain_function):
        return "quality"
    return None


def is_deadline(text: str) -> bool:
    """Whether a text says when something must be ready: a date near "by", "launch", "ready"; not "opened in 1962"."""
    folded = fold(text)
    for found in dates(text):
        near = folded[max(0, found.start - 40) : found.end + 25]
        words = pattern("cues", "ready") if _RELATIVE.match(fold(found.text)) else pattern("dates", "deadline")
        if words.search(near) and not _has("cues", "past", near):
            return True
    return _has("cues", "deadline_words", folded)


def _has(section: str, name: str, text: str) -> bool:
    return bool(pattern(section, name).search(text))


@cache
def _opening(name: str, after: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{alternation(listed('cues', name))})(?!\w){after}")


def _starts(name: str, plain: str, after: str = "") -> re.Match[str] | None:
    return _opening(name, after).match(plain)


def _greets(plain: str) -> bool:
    match = _starts("greeting", plain, r"[\s,!]*")
    return bool(match and len(plain[match.end() :].split()) <= 4 and not re.search(r"\b(?:we|i|noi|eu)\b", plain))


def _leads_in(sentence: Sentence) -> bool:
    """ "The app must:" says nothing by itself; "User can see a window with these parts:" does."""
    if not sentence.text.endswith(":"):
        return False
    return len(sentence.text.split()) < 6 or _has("cues", "lead_in_ends", fold(sentence.text)) or not _cue(sentence)


def _signs(sentence: Sentence, plain: str) -> bool:
    words = sentence.text.split()
    if _starts("farewell", plain) and len(words) <= 10:
        return True
    # One to four capitalised words without a full stop, outside lists: "Priya", "Maria Pop, director".
    names = [w for w in words if w[:1].isupper()]
    bare = sentence.form == "sentence" and not sentence.lead_in and sentence.text[-1:] not in ".!?:;"
    return bare and 1 <= len(words) <= 4 and len(names) >= len(words) - 1 and not _imperative().match(plain)


@cache
def _imperative() -> re.Pattern[str]:
    opening, verbs = alternation(listed("cues", "first_words")), alternation(listed("cues", "imperative"))
    each = r"(?:(?:for|pentru) (?:each|every|all|fiecare) [\w ]{2,40}?,?\s)?"
    return re.compile(rf"(?:(?:{opening})[,:]?\s+)?{each}(?:{verbs})(?![\w'])(?!\s*:)")


@cache
def _product() -> re.Pattern[str]:
    things = alternation(listed("cues", "product"))
    adverb, past = r"(?:\s(?:also|then|only|automatically|always))?", r"(?<!\swas)(?<!\shas)(?<!\sis)"
    return re.compile(rf"(?<!\w)(?:{things}){adverb}\s(?:\w+(?:s|eaza|este)|will|does|sa|va){past}(?!\w)")


@cache
def _limit() -> re.Pattern[str]:
    words = alternation((*listed("meaning", "at_most"), *listed("meaning", "at_least")))
    return re.compile(rf"(?<![\w'])(?:{words})(?![\w'])[^.]{{0,25}}?(?:{_NUMERAL}|{_NUMERAL_RO})")


def _money(text: str, name: str) -> bool:
    """Whether an amount stands beside words of a budget or of a rule, not in a story of the past."""
    return bool(amounts(text)) and _has("cues", name, fold(text)) and not _has("cues", "money_past", fold(text))


def _wanted_place(sentence: Sentence) -> bool:
    return bool(sentence.lead_in) or _under(sentence.heading, "wanted")


def _under(heading: str, name: str) -> bool:
    """Whether a heading is, begins with or ends with one of the listed headings ("3.2 Useful links")."""
    plain = re.sub(r"^[\W\d_]+|[\W_]+$", "", fold(heading))
    return bool(plain and _heading(name).search(plain))


@cache
def _heading(name: str) -> re.Pattern[str]:
    words = alternation(listed("headings", name))
    return re.compile(rf"^(?:{words})(?![\w-])|(?<![\w-])(?:{words})$")
