"""The people of a brief, in the client's own words: customer, baker, API user, părinte.

Enters: a brief, or one text. Leaves: role names, singular, lower case (acronyms kept), in order of appearance.
Try: python -c "from plansmith.plan import roles, read_brief; print(roles(read_brief('Parents can pay. Let staff print.')))"

Who is a person is decided by the words around a noun ("As a …", "… who", "let … order", "… can choose") and, where
those leave it open ("… must …", "for …"), by its ending and a list of common people; things ("the order page
must …") are left out. The list helps; it does not limit.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from plansmith.plan.words import alternation, fold, listed, table, word_set

if TYPE_CHECKING:
    from plansmith.plan.brief import Brief

_W = r"[^\W\d_][\w'’&/-]*"
_DETERMINER = r"(?:an?|the|each|every|any|all|our|my|your|their|his|her|its|some|many|most|both|several|new|only|other|these|those|existing|(?:two|three|four|five|ten)|\d+)"
_NOUNS = rf"(?P<who>(?:{_DETERMINER}\s+)*{_W}(?:\s+{_W}){{0,3}}?)"
_ADVERB = r"(?:\s+(?:also|always|only|then|usually|often|still|just|really|already|themselves))?"
_NEXT = r"(?=\s*[,.;:!?)]|\s+(?:who|can|could|must|should|will|may|need|needs|want|wants|to|in|on|at|with|and|or|that|when|by|from|i)\b|\s*$)"
_STRONG_EN = (
    rf"\bas\s+{_NOUNS}{_NEXT}",
    rf"(?:^|[.,;:(]\s*|\b(?:and|that|if|when|where|so|because|but|for|from|by|with|to|which|or|means)\s+){_NOUNS}{_ADVERB}\s+(?:can|could|cannot|can't|wants?|(?:would|'d)\s+(?:like|love|prefer)|wish(?:es)?|(?:is|are)\s+(?:able|allowed)\s+to|has\s+the\s+right)(?!\s+be\s+\w+(?:ed|en|ne|wn|ught|ut|ld|id|pt|nt)\b)\b",
    rf"\b(?:let|lets|letting|allow|allows|allowing|enable|enables|enabling|help|helps|permit|permits|remind|reminds|notify|notifies|invite|invites|ask|asks|tell|tells|show|shows)\s+{_NOUNS}\s+(?:to\s+|{_W}\b)",
    rf"(?:^|\b(?:and|for|of|by|from|with|to|that|if|when|like|because|the|about)\s+|[.,;:(]\s*){_NOUNS},?\s+(?:who|whose|whom)\b",
)
_WEAK_EN = (
    rf"(?:^|[.,;:(]\s*|\b(?:and|that|if|when|where|so|because|but|for)\s+){_NOUNS}{_ADVERB}\s+(?:must|should|shall|will|may|might|needs?|has|have|gets?|is|are|pays?|sees?|picks?|chooses?|books?|sends?|receives?|signs?|clicks?|enters?|opens?|uses?|fills?|calls?|would|won't|don't|doesn't|never)\b",
    rf"\b(?:for|by|to|from|with|of|between|and|or|because|remind|notify|tell|ask|charge|pay|invite|email|show|give|sends?|only)\s+{_NOUNS}(?=\s*[,.;:!?)]|\s+(?:and|or|to|with|in|on|at|who|when|by|from|of|if|that|can|must|should|an?|the|this|their|his|her|its)\b|\s*$)",
)
_STRONG_RO = (
    rf"\b[Cc]a\s+(?:și\s+|un\s+|o\s+)?(?P<who>{_W}(?:\s+{_W})?)(?=\s*,|\s+(?:vreau|vrem|doresc|as|aș|pot|trebuie))",
    rf"(?P<who>{_W}(?:\s+{_W})?)\s+(?:(?:să\s+|sa\s+)?(?:poată|poata)|(?:nu\s+)?(?:pot|poate)|(?:vor|vrea|doresc|dorește|doreste)\s)(?!\s*fi\b)",
    rf"\b(?:permit[ăae]?|permită|lase|lăsăm|lasa|ajut[ăe]|anunț[ăe]|notific[ăe]|invit[ăe])\s+(?:ca\s+|pe\s+)?(?P<who>{_W})\s+(?:să|sa|când|cand|prin)\b",
    rf"(?P<who>{_W}),?\s+(?:cărora|carora|căruia|caruia|cărui)\b",
)
_WEAK_RO = (
    rf"(?P<who>{_W}(?:\s+{_W})?)\s+(?:trebuie|va|vor|are|au|este|sunt|primește|primesc|plătește|plătesc|alege|aleg|vede|văd|ar|fac|face|care|nu|își|îşi|se|sună|vin|vine|ne|o|le)\b",
    rf"\b(?:pentru|de către|de catre|către|catre|la|de|și|si|sau|cu|pe|ca|prin)\s+(?P<who>{_W})(?=\s*[,.;:!?)]|\s+(?:și|si|sau|să|sa|care|cu|din|de|la|pe|când|pot|poate|trebuie|nu)\b|\s*$)",
)
_PRONOUNS = frozenset(
    "i we you he she it they this that these those there who which what one everything something nothing anything "
    "someone each all any such others another none both many most few people's me us them him her noi voi ei ele el "
    "ea eu tu acesta aceasta acestea asta nu se si care ce cine unde cand daca ar va sa".split()
)
_NOT_IN_ROLE = frozenset(
    "the a an and or of to in on for with by from as at if when so that because but who how what where which can could must "
    "should will may need want would like not only every each any all our my your their also then be is are was were have has "
    "do does did get gets let lets allow help make makes it they we you he she this these those there here before after once "
    "until while than up out about into per via whose whom without within under over more less very just too even still again "
    "already yet never always usually often sometimes please i".split()
)


def roles(brief: Brief) -> tuple[str, ...]:
    """The client's own words for people, singular, in order of first appearance."""
    found: dict[str, None] = {}
    for sentence in brief.sentences:
        if sentence.form != "header":
            found.update(dict.fromkeys(roles_in(sentence.text, brief.language)))
    return tuple(found)


def roles_in(text: str, language: str = "en") -> tuple[str, ...]:
    """The people that one text names, singular, in order of appearance."""
    hits: dict[int, str] = {}
    for strong, shape in _shapes(language):
        for match in shape.finditer(text.replace("’", "'")):
            role = _role(match["who"], strong, language)
            if role:
                hits.setdefault(match.start("who"), role)
    for match in _known(language).finditer(fold(text)):
        role = _role(text[match.start() : match.end()], False, language)
        inside = any(at <= match.start() < at + len(name) + 3 for at, name in hits.items())
        if role and not inside:
            hits[match.start()] = role
    ordered = dict.fromkeys(hits[at] for at in sorted(hits))
    return tuple(
        r
        for r in ordered
        if not any(r != o and o.endswith(" " + r) and r in word_set("people", "generic") for o in ordered)
    )


@cache
def _shapes(language: str) -> tuple[tuple[bool, re.Pattern[str]], ...]:
    strong, weak = (_STRONG_RO, _WEAK_RO) if language == "ro" else (_STRONG_EN, _WEAK_EN)
    return tuple(
        (s, re.compile(shape, re.IGNORECASE)) for s, group in ((True, strong), (False, weak)) for shape in group
    )


@cache
def _known(language: str) -> re.Pattern[str]:
    """Common people wherever they stand, in the singular and the regular plural."""
    words = alternation(tuple(dict.fromkeys(w for w in listed("people", "known", language) if w.isalpha())))
    irregular = alternation(tuple(fold(w) for w in table("people", "irregular")))
    ending = r"(?:ul|ului|ii|ilor|i|e|ele|elor|a|ei)?" if language == "ro" else r"(?:s|es)?"
    return re.compile(rf"(?<![\w-])(?:(?:{irregular})|(?:{words}){ending})(?![\w-])")


def _role(phrase: str, strong: bool, language: str) -> str:
    """A role from a noun phrase, or nothing where it names a thing or is no noun phrase."""
    phrase = re.sub(r"'s\b", "", phrase)
    words = [w.strip("'-/") for w in phrase.split()]
    while words and (fold(words[0]) in _NOT_IN_ROLE or re.fullmatch(_DETERMINER, words[0], re.IGNORECASE)):
        words.pop(0)
    if language == "ro" and words and not _person(_single(words[0], language), strong, language):
        words = words[1:]
    if not words or len(words) > 3 or any(fold(w) in _NOT_IN_ROLE or fold(w) in _PRONOUNS for w in words):
        return ""
    words[-1 if language != "ro" else 0] = _single(words[-1 if language != "ro" else 0], language)
    head = words[-1] if language != "ro" else words[0]
    counted = (
        len(words) < len(phrase.split()) or words != phrase.split()
    )  # "a rigger", "riggers": not "regular", "well"
    if not _person(head, strong and counted, language):
        return ""
    words = words if language != "ro" else words[:1]
    return " ".join(w if w.isupper() and len(w) > 1 else w.lower() for w in words)


def _person(word: str, strong: bool, language: str) -> bool:
    plain = fold(word)
    code = "ro" if language == "ro" else "en"
    if (
        plain in word_set("people", "things", code)
        or plain in _PRONOUNS
        or len(plain) < 2
        or any(c.isdigit() for c in plain)
    ):
        return False
    if plain in word_set("people", "known", code):
        return True
    if plain.endswith(
        (
            "tion",
            "ment",
            "ity",
            "ness",
            "ing",
            "ware",
            "ship",
            "ance",
            "ence",
            "ly",
            "ism",
            "age",
            "tie",
            "tate",
            "are",
            "ere",
        )
    ):
        return False
    return (
        strong and not plain.endswith("ed")
        if language != "ro"
        else strong and plain.endswith(listed("people", "suffixes", "ro"))
    )


def _single(word: str, language: str) -> str:
    """A noun in the singular: English plural -s, Romanian plural and definite article."""
    plain = fold(word)
    if plain in table("people", "irregular"):
        return str(table("people", "irregular")[plain])
    if word.isupper() and len(word) > 1:
        return word
    if language == "ro":
        return _single_ro(word.lower())
    if plain.endswith("ies") and len(plain) > 4:
        return word[:-3] + "y"
    if plain.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    return word[:-1] if plain.endswith("s") and not plain.endswith(("ss", "us", "is")) else word


def _single_ro(word: str) -> str:
    for ending, ersatz in (
        ("ților", "t"),
        ("tilor", "t"),
        ("ții", "t"),
        ("ților", "t"),
        ("știi", "st"),
        ("ilor", ""),
        ("ului", ""),
        ("ul", ""),
        ("ții", "t"),
        ("ii", ""),
        ("elor", "ă"),
        ("ele", "ă"),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            return word[: -len(ending)] + ersatz
    if word.endswith("ți"):
        return word[:-2] + "t"
    known = word_set("people", "known", "ro")
    for cut, ersatz in ((1, ""), (1, "a"), (1, "ă"), (2, "")):
        if fold(word) not in known and fold(word[:-cut] + ersatz) in known:
            return word[:-cut] + ersatz
    return word
