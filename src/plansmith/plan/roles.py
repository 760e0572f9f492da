"""The people of a brief, in the client's own words: customer, baker, API user, părinte.

Enters: a brief, or one text. Leaves: role names, singular, lower case (acronyms kept), in order of appearance.
Try: python -c "from plansmith.plan import roles_in; print(roles_in('Parents can pay. Let staff print.'))"

Who is a person is decided by the words around a noun ("As a …", "… who", "let … order", "… can choose") and, where
those leave it open ("… must …", "for …"), by its ending and a list of common people; things ("the order page
must …") are left out. The list helps; it does not limit.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from plansmith.plan.words import alternation, fold, listed, table, word_set

if TYPE_CHECKING:
    from plansmith.plan.brief import Brief

_WORD = r"[^\W\d_][\w'&/-]*"


def roles(brief: Brief) -> tuple[str, ...]:
    """The client's own words for people, singular, in order of first appearance."""
    found: dict[str, str] = {}
    for sentence in brief.sentences:
        for role in roles_in(sentence.text, brief.language) if sentence.form != "header" else ():
            found.setdefault(fold(role), role)
    return tuple(found.values())


@lru_cache(maxsize=1024)
def roles_in(text: str, language: str = "en") -> tuple[str, ...]:
    """The people that one text names, singular, in order of appearance."""
    folded = fold(text)
    hits: dict[int, str] = {}
    for strong, shape in _shapes(language):
        for match in shape.finditer(folded):
            role = _role(text[match.start("who") : match.end("who")], strong, language)
            if role:
                hits.setdefault(match.end("who") - len(role), role)
    for match in _known(language).finditer(folded):
        role = _role(text[match.start() : match.end()], False, language)
        inside = any(at <= match.start() < at + len(name) + 3 for at, name in hits.items())
        if role and not inside:
            hits[match.start()] = role
    if language == "ro" and re.search("[ăâîșțşţ]", text):  # "recepționera" is the one meant: "o recepționeră"
        hits = {at: re.sub(r"(?<!e)a$", "ă", role) for at, role in hits.items()}
    ordered = dict.fromkeys(hits[at] for at in sorted(hits))
    # "API user" says more than "user" in the same sentence.
    generic = word_set("people", "generic")
    return tuple(r for r in ordered if r not in generic or not any(o.endswith(" " + r) for o in ordered))


def head(role: str, language: str = "en") -> str:
    """The noun of a role that other words only narrow: "user" of "API user"."""
    words = role.split() or [""]
    return words[0] if language == "ro" else words[-1]


@cache
def _shapes(language: str) -> tuple[tuple[bool, re.Pattern[str]], ...]:
    """Patterns over folded text, and whether what they find is certainly a person."""
    strong, weak = _romanian() if language == "ro" else _english()
    return tuple((sure, re.compile(shape)) for sure, group in ((True, strong), (False, weak)) for shape in group)


def _one_of(name: str, language: str) -> str:
    return f"(?:{alternation(listed('people', name, language))})(?![\\w'])"


def _english() -> tuple[tuple[str, ...], tuple[str, ...]]:
    who = rf"(?P<who>(?:{_one_of('determiners', 'en')}\s+)*{_WORD}(?:\s+{_WORD}){{0,3}}?)"
    start = rf"(?:^|[.,;:(]\s*|\b{_one_of('before_subject', 'en')}\s+)"
    adverb = r"(?:\s+(?:also|always|only|then|usually|often|still|just|really|already|themselves))?"
    end = rf"(?=\s*[,.;:!?)]|\s+{_one_of('after_role', 'en')}|\s*$)"
    passive = r"(?!\s+be\s+\w+(?:ed|en|ne|wn|ught|ut|ld|id|pt|nt)\b)"
    strong = (
        rf"\bas\s+{who}{end}",
        rf"{start}{who}{adverb}\s+{_one_of('acts', 'en')}{passive}",
        rf"\b{_one_of('asking', 'en')}\s+{who}\s+(?:to\s+|{_WORD}\b)",
        rf"{start}{who},?\s+(?:who|whose|whom)\b",
    )
    return strong, (rf"{start}{who}{adverb}\s+{_one_of('does', 'en')}", rf"\b{_one_of('towards', 'en')}\s+{who}{end}")


def _romanian() -> tuple[tuple[str, ...], tuple[str, ...]]:
    who = rf"(?P<who>(?:{_one_of('determiners', 'ro')}\s+)?{_WORD}(?:\s+{_WORD})?)"
    end = rf"(?=\s*[,.;:!?)]|\s+{_one_of('after_role', 'ro')}|\s*$)"
    strong = (
        rf"\bca\s+(?:si\s+)?{who}(?=\s*,|\s+(?:vreau|vrem|doresc|as|pot|trebuie)\b)",
        rf"{who}\s+{_one_of('acts', 'ro')}(?!\s*fi\b)",
        rf"\b{_one_of('asking', 'ro')}\s+(?:ca\s+|pe\s+)?{who}\s+(?:sa|cand|prin)\b",
        rf"{who},?\s+(?:carora|caruia|carui)\b",
    )
    return strong, (rf"{who}\s+{_one_of('does', 'ro')}", rf"\b{_one_of('towards', 'ro')}\s+{who}{end}")


@cache
def _known(language: str) -> re.Pattern[str]:
    """Common people wherever they stand, in the singular and the regular plural."""
    words = alternation(tuple(dict.fromkeys(w for w in listed("people", "known", language) if w.isalpha())))
    irregular = alternation(tuple(fold(w) for w in table("people", "irregular")))
    ending = r"(?:ul|ului|ii|ilor|i|e|ele|elor|a|ei)?" if language == "ro" else r"(?:s|es)?"
    return re.compile(rf"(?<![\w-])(?:(?:{irregular})|(?:{words}){ending})(?![\w-])")


def _role(phrase: str, strong: bool, language: str) -> str:
    """A role from a noun phrase, or nothing where it names a thing or is no noun phrase."""
    code = "ro" if language == "ro" else "en"
    never = word_set("people", "never_in_role", code)
    phrase = re.sub(r"['’]s\b", "", phrase)
    words = [w.strip("'’-/") for w in phrase.split()]
    for at in range(len(words) - 1, -1, -1):  # "continuously meet user": the role begins after the last other word
        plain = fold(words[at])
        if (
            plain in never
            or plain.isdigit()
            or plain in word_set("people", "determiners", code)
            or _verb(plain, at, words)
        ):
            if plain in word_set("people", "before_verb", code):
                return ""  # "who rent gear": what follows is no noun
            words = words[at + 1 :]
            break
    if code == "ro":  # the noun stands first: "elevii noștri"; of "doar medicul" the second word is the person
        words = next(([w] for w in words if _person(_single(w, code), strong, code)), [])
    if not 1 <= len(words) <= 3 or any(fold(w) in never or "'" in fold(w) for w in words):
        return ""
    counted = words != phrase.split()  # "a rigger", "riggers": not "regular", "well"
    words[-1] = _single(words[-1], code)
    counted = counted or words != phrase.split()
    if not _person(words[-1], strong and counted, code):
        return ""
    return " ".join(w if w.isupper() and len(w) > 1 else w.lower() for w in words)


def _verb(word: str, at: int, words: list[str]) -> bool:
    verbs = word_set("cues", "imperative") | word_set("people", "verbs")
    last = at == len(words) - 1
    return not last and (word in verbs or (word.endswith("s") and word[:-1] in verbs) or word.endswith("ly"))


def _person(word: str, strong: bool, code: str) -> bool:
    plain = fold(word)
    if plain in word_set("people", "things", code) or len(plain) < 2 or any(c.isdigit() for c in plain):
        return False
    if plain in word_set("people", "known", code):
        return True
    if not strong or plain.endswith(listed("people", "not_endings", code)):
        return False
    return code != "ro" or plain.endswith(listed("people", "suffixes", "ro"))


def _single(word: str, language: str) -> str:
    """A noun in the singular: English plural -s, Romanian plural and definite article."""
    plain = fold(word)
    if plain in table("people", "irregular"):
        return str(table("people", "irregular")[plain])
    if word.isupper() and len(word) > 1:
        return word
    if language == "ro":
        return _single_ro(word.lower().replace("ţ", "ț").replace("ş", "ș"))
    if plain.endswith("ies") and len(plain) > 4:
        return word[:-3] + "y"
    if plain.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    return word[:-1] if plain.endswith("s") and not plain.endswith(("ss", "us", "is")) else word


# Plural and article endings and what stands there in the singular without article; the longest comes first.
_ENDINGS_RO = {
    "ților": "t",
    "tilor": "t",
    "știi": "st",
    "ilor": "",
    "ului": "",
    "elor": "ă",
    "ele": "ă",
    "ții": "t",
    "ul": "",
}


def _single_ro(word: str) -> str:
    for ending, singular in _ENDINGS_RO.items():
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            return word[: -len(ending)] + singular
    if word.endswith(("ți", "ii")):
        return word[:-2] + ("t" if word.endswith("ți") else "")
    known = word_set("people", "known", "ro")
    for cut, singular in ((1, ""), (1, "a"), (1, "ă"), (2, "")):
        if fold(word) not in known and fold(word[:-cut] + singular) in known:
            return word[:-cut] + singular
    return word
