"""What sort of sentence a client's sentence is: a requirement or not, how urgent, of which kind. By code, no model.

Enters: a `Sentence` with its heading and lead-in. Leaves: the name of the cue that makes it a requirement, the reason
why it is none, its MoSCoW priority and its kind; each None where nothing says so.
Try: python -c "from plansmith.plan import *; print(requirement_cue(read_brief('Parents can pay.').sentences[0]))"

Recall before precision: a cue is a reason to look, not a proof. Both languages are read together, because clients
mix them. The words are in words/*.toml, [cues] and [kinds].
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from plansmith.plan.dates import dates
from plansmith.plan.facts import amounts
from plansmith.plan.words import alternation, fold, listed, pattern

if TYPE_CHECKING:
    from plansmith.plan.brief import Sentence
    from plansmith.plan.types import Kind, Priority

_STORY = re.compile(r"^(?:as (?:an?|the)|ca)\s[^,]{2,60}?,?\s(?:i|we|vreau|as|vrem|doresc|pot)\b")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+")
_CONTACT_LINE = re.compile(r"^[\s+()\d./-]{6,}$")
_LIMIT_UNITS = re.compile(
    r"\d\s?(?:%|percent|seconds?\b|secunde\b|ms\b|mb\b|gb\b)|\d+ (?:users|people|visitors|utilizatori|persoane) (?:at (?:once|the same time)|simultan|in acelasi timp)"
)
_NUMERAL = r"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|fifty|hundred|doi|doua|trei|patru|cinci|zece|suta|o)\b)"


def requirement_cue(sentence: Sentence) -> str | None:
    """The cue that makes a sentence a requirement, or None.

    *story*, *need* (must, need), *wish* (should, would like), *rule* (never, only), *money*, *deadline*, *limit*,
    *modal* (can, will), *imperative* ("Create …"), *listed* (an item under "Features"), *product* ("The app shows …").
    """
    if not_product(sentence):
        return None
    text = fold(sentence.text)
    # A short remark to the developer ("we can meet on Friday") is talk, unless a real wish stands in it.
    talk = bool(pattern("cues", "talk").search(text))
    for name, holds in (
        ("story", bool(_STORY.match(text))),
        ("need", bool(pattern("cues", "need").search(text))),
        ("wish", bool(pattern("cues", "wish").search(text)) and not (talk and len(text.split()) < 12)),
        ("money", _budget(sentence.text) or _money_rule(sentence.text)),
        ("deadline", _deadline(sentence.text)),
        ("limit", bool(_limit().search(text) or _LIMIT_UNITS.search(text))),
        ("imperative", not talk and bool(_imperative().match(text))),
        ("rule", not talk and bool(pattern("cues", "rule").search(text))),
        ("modal", not talk and bool(pattern("cues", "modal").search(text))),
        ("listed", sentence.form in ("item", "row") and _wanted_place(sentence)),
        ("product", bool(_product().search(text))),
    ):
        if holds:
            return name
    return None


def not_product(sentence: Sentence) -> str | None:
    """Why a sentence is certainly not about the product, or None.

    *header*, *greeting*, *signature*, *link*, *label* ("Tier: 1"), *heading* (under "Useful links"), *contract* (talk
    about the bid, the contract, sprints or a meeting). Money and deadlines are never dismissed as contract.
    """
    text, plain = sentence.text, fold(sentence.text).strip(" .,!;")
    if sentence.form == "header":
        return "header"
    rest = _LINK.sub("", plain).strip(" .,:;-()[]<>")
    if _CONTACT_LINE.match(plain) or (rest != plain and len(rest.split()) <= 2):
        return "link"
    if _greets(plain):
        return "greeting"
    if re.match(rf"(?:{alternation(listed('cues', 'label'))})\s*:", plain) and len(plain.split()) <= 8:
        return "label"
    if _signs(sentence, plain):
        return "signature"
    valuable = _budget(text) or _deadline(text)
    if _under(sentence.heading, "unwanted") and not valuable and not _firm(plain):
        return "heading"
    if pattern("cues", "contract").search(plain) and not valuable:
        return "contract"
    return None


def priority_hint(sentence: Sentence) -> Priority | None:
    """MoSCoW priority that the words of a sentence, its lead-in or its heading tell, or None."""
    text = fold(sentence.text)
    order: tuple[tuple[str, Priority], ...] = (
        ("wont", "wont"),
        ("could", "could"),
        ("must", "must"),
        ("should", "should"),
    )
    certain = pattern("cues", "must").search(text)
    for name, priority in order:
        hit = pattern("cues", name).search(text)
        # "may not", "must … if possible": a prohibition is a must; "could" inside a must sentence is only a verb.
        if hit and not (name == "could" and certain and hit.group() in ("may", "might", "could")):
            return priority
    for place in (sentence.lead_in, sentence.heading):
        for name, priority in (("wont", "wont"), ("could", "could"), ("must", "must"), ("should", "should")):
            if place and (_under(place, name) or pattern("cues", name).search(fold(place))):
                return priority
    return None


def kind_hint(sentence: Sentence) -> Kind | None:
    """*constraint* (money, deadline, technology, hosting, law), *quality* (speed, security, languages, …) or None."""
    text = fold(sentence.text)
    if _budget(sentence.text) or _deadline(sentence.text) or _under(sentence.heading, "constraint"):
        return "constraint"
    if pattern("kinds", "constraint").search(text):
        return "constraint"
    if _under(sentence.heading, "quality") or (
        pattern("kinds", "quality").search(text) and not pattern("kinds", "functional").search(text)
    ):
        return "quality"
    return None


def _greets(plain: str) -> bool:
    match = re.match(rf"(?:{alternation(listed('cues', 'greeting'))})(?!\w)[\s,!]*", plain)
    return bool(match) and len(plain[match.end() :].split()) <= 4 and "we " not in plain  # type: ignore[union-attr]


def _signs(sentence: Sentence, plain: str) -> bool:
    words = sentence.text.split()
    if re.match(rf"(?:{alternation(listed('cues', 'farewell'))})(?!\w)", plain) and len(words) <= 10:
        return True
    # A line of one to four capitalised words without a full stop, outside lists: "Priya", "Maria Pop, director".
    names = [w for w in words if w[:1].isupper()]
    bare = sentence.form == "sentence" and not sentence.lead_in and sentence.text[-1:] not in ".!?:;"
    return bare and 1 <= len(words) <= 4 and len(names) >= len(words) - 1 and not _imperative().match(plain)


def _firm(plain: str) -> bool:
    """A clear wish, strong enough to count under a heading such as "Background"."""
    return bool(
        re.search(
            r"(?<!\w)(?:must|shall|(?:we|i) (?:want|need|would like)|we'd like|trebuie|vrem|vreau|dorim|avem nevoie)(?!\w)",
            plain,
        )
    )


@cache
def _imperative() -> re.Pattern[str]:
    opening = r"(?:also|then|please|and|plus|optionally|bonus|finally|in addition|additionally|todo|apoi|va rugam(?: sa)?|de asemenea)"
    verbs = alternation(listed("cues", "imperative"))
    return re.compile(
        rf"^(?:{opening}[,:]?\s+)?(?:(?:for|pentru) (?:each|every|all|fiecare) [\w ]{{2,40}}?,?\s)?(?:{verbs})(?![\w'])(?!\s*:)"
    )


@cache
def _product() -> re.Pattern[str]:
    things = alternation(listed("cues", "product"))
    return re.compile(
        rf"(?<!\w)(?:the|this|our|an?|that|new|its)?\s?(?:{things})(?:\s(?:also|then|only|automatically|always))?\s(?:\w+(?:s|eaza|este|a)|will|does|sa|va)(?<!\swas)(?<!\shas)(?<!\sis)(?!\w)"
    )


@cache
def _limit() -> re.Pattern[str]:
    words = alternation((*listed("meaning", "at_most"), *listed("meaning", "at_least")))
    return re.compile(rf"(?<![\w'])(?:{words})(?![\w'])[^.]{{0,25}}?{_NUMERAL}")


def _budget(text: str) -> bool:
    folded = fold(text)
    return (
        bool(amounts(text))
        and bool(pattern("cues", "budget").search(folded))
        and not pattern("cues", "money_past").search(folded)
    )


def _money_rule(text: str) -> bool:
    folded = fold(text)
    return (
        bool(amounts(text))
        and bool(pattern("cues", "money_rule").search(folded))
        and not pattern("cues", "money_past").search(folded)
    )


def _deadline(text: str) -> bool:
    """A date with a word such as "by", "ready" or "launch" close before or after it; not "opened it in 1962"."""
    folded = fold(text)
    for found in dates(text):
        near = folded[max(0, found.start - 40) : found.end + 25]
        past = re.search(r"(?:19\d\d|\bsince\b|\bopened\b|\bfounded\b|\bstarted in\b|\bdin\s(?:19|20)\d\d)", near)
        if not past and pattern("dates", "deadline").search(near):
            return True
    return bool(re.search(r"\b(?:deadline|termen(?:ul)? limita)\b", folded))


def _wanted_place(sentence: Sentence) -> bool:
    return (
        any(place and _under(place, "wanted") for place in (sentence.lead_in, sentence.heading))
        or sentence.lead_in != ""
    )


def _under(heading: str, name: str) -> bool:
    """Whether a heading is, begins with or ends with one of the listed headings ("3.2 Useful links")."""
    plain = re.sub(r"^[\W\d_]+|[\W_]+$", "", fold(heading))
    words = alternation(listed("headings", name))
    return bool(plain) and bool(
        re.match(rf"(?:{words})(?![\w-])", plain) or re.search(rf"(?<![\w-])(?:{words})$", plain)
    )
