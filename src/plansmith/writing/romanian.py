"""Story and criterion of a Romanian requirement, in forms that are right whatever its verb is.

Enters: a requirement's text and the brief's roles. Leaves: role, want and benefit, or a criterion; None where the
client's sentence has to be quoted.
Try: python -c "from plansmith.writing.romanian import *; print(romanian_story('Clienții pot plăti cu cardul.', ['client']))"

A verb is only moved to where its form is right: an infinitive behind "să pot" and "poate", a subjunctive of the third
person behind "poate să", where singular and plural are alike; into the first person where a rule (-ească → -esc,
-eze → -ez) or words/ro.toml, table [inflected], tells it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from plansmith.plan import fold, roles_in
from plansmith.plan.words import lexicon

_WISHED = (
    r"(?:(?:as vrea|am vrea|vreau|vrem|doresc|dorim|as dori|am dori|cer|cerem|ne dorim|imi doresc|ne-ar placea|mi-ar placea"
    r"|ar fi (?:\w+ )?(?:bine|frumos|util|ideal|de dorit)|este (?:necesar|important|nevoie)|e (?:necesar|important|nevoie)|e nevoie"
    r"|trebuie|mai vrem|mai vreau)\s+(?:si )?ca\s+)?"
)
_FEW = r"(?:(?P<few>doar|numai|exclusiv)\s+)?"
_WHO = r"(?P<who>[^,.;:]{2,40}?)"
_MAY = r"(?:pot|poate|vor putea|va putea|ar putea)"
_CAN = re.compile(rf"{_WISHED}{_FEW}{_WHO} (?P<no>nu )?(?P<own>isi |se )?{_MAY} (?!fi |sa )(?P<what>\w.{{3,}})$")
_ABLE = re.compile(
    rf"{_WISHED}{_FEW}{_WHO} (?P<no>nu )?(?:(?:ar )?trebui[ea]? )?(?P<not>sa nu|sa)(?P<own> isi|-si| se|) (?:mai )?poata "
    r"(?!fi |sa )(?P<what>\w.{3,})$"
)
_SHALL = re.compile(
    rf"{_WISHED}{_FEW}{_WHO} (?P<no>nu )?(?P<by>(?:ar )?trebui[ea]? |(?:are|au) (?:voie|dreptul) |{_MAY} |vor |vrea |doresc |doreste |)(?P<what>sa[ -].{{4,}})$"
)
_NOBODY = re.compile(
    r"nimeni (?:in afara de|afara de|cu exceptia) (?P<who>[^,]{2,40}?),? nu (?:(?:are voie|are dreptul) sa (?P<shall>.{4,})|(?:poate|va putea) (?!fi |sa )(?P<can>.{4,}))$"
)
_AS = re.compile(
    r"ca (?:si |un |o )?(?P<who>[^,.;:]{2,40}?),? (?:(?:vreau|as vrea|doresc|as dori) (?P<wish>.{4,})|pot (?P<can>.{4,}))$"
)
_SO_THAT = re.compile(r",? (?:ca sa|pentru ca sa|astfel incat sa) (?P<benefit>.{4,})$")
_WHEN = re.compile(r"(?:cand|daca|atunci cand) (?P<when>[^,]{6,120}), (?:atunci )?(?P<then>.{6,})$")
_WISHES = re.compile(r"\b(?:vreau|vrem|dorim|doresc|as vrea|am vrea|rugam|rog)\b")
_UNIT = re.compile(r"\bs[ăa](?P<own>-[șşs]i|)\s(?P<small>(?:(?:mai|își|îşi|isi|se|le|o|îi|îl|ii|il)\s)*)(?P<verb>\w+)")
_OTHERS = re.compile(r"\b(?:pot|poate|putea|vor|va|voi|trebuie|ar|iar|dar)\b")
_SECOND = re.compile(rf"{_OTHERS.pattern}|\b(?:sa|poata|nu|isi|lor|sai|sale)\b|-si\b")
"""Words that bring another verb, or only fit the client's own subject: what holds one is quoted."""
_ADVERBS = frozenset(
    ["oricand", "usor", "rapid", "apoi", "online", "direct", "mai", "si", "doar", "le", "o", "ii", "il"]
)
_BEFORE = frozenset(
    [
        "un",
        "o",
        "orice",
        "fiecare",
        "toti",
        "toate",
        "cei",
        "cele",
        "niste",
        "noii",
        "toata",
        "unii",
        "unele",
        "si",
        "iar",
        "doar",
        "numai",
    ]
)
_ASIDE = frozenset(["care", "fara", "cu", "pentru", "la", "in", "din", "prin", "dintre", "ce"])
_MINE = {"isi": "îmi", "se": "mă"}


@dataclass(frozen=True)
class _Said:
    """Who does what: `what` in the infinitive, or (`shall`) in the subjunctive with its "să"."""

    role: str
    what: str
    own: str = ""
    shall: bool = False
    denied: bool = False
    only: bool = False


def romanian_story(text: str, roles: Sequence[str]) -> tuple[str, str, str] | None:
    """Role, want in the first person, and benefit (mostly empty) of a requirement; None where it must be quoted."""
    text = text.strip().rstrip(".")
    folded = fold(text)
    if match := _AS.match(folded):
        name = "wish" if match["wish"] else "can"
        want, benefit = text[match.start(name) : match.end(name)], ""
        if tail := _SO_THAT.search(fold(want)):
            want, benefit = want[: tail.start()], want[tail.start("benefit") :]
        if re.match(r"ca\b", fold(want)):  # "vreau ca pacienții să …" tells of others
            return None
        role = text[match.start("who") : match.end("who")]
        return role if role.isupper() else role.lower(), want if name == "wish" else f"să pot {want}", benefit
    said = _read(text, roles)
    if not said or said.denied or _SECOND.search(_alone(said)):
        return None
    if not said.shall:
        return said.role, f"să {_MINE[said.own]} pot {said.what}" if said.own else f"să pot {said.what}", ""
    want = _first_person(said.what)
    return (said.role, want, "") if want else None


def romanian_actor(text: str, roles: Sequence[str]) -> bool:
    """Whether a requirement says what one of these roles can do or must be able to do, in whatever form."""
    return _read(text.strip().rstrip("."), roles) is not None


def romanian_criterion(text: str, role: str, roles: Sequence[str]) -> tuple[str, str, str] | None:
    """Given, when and then in the client's own words; None where only the whole sentence can be named."""
    text = text.strip().rstrip(".")
    folded = fold(text)
    product = "produsul terminat"
    if match := _NOBODY.match(folded):
        name = "shall" if match["shall"] else "can"
        who, what = (text[match.start(n) : match.end(n)] for n in ("who", name))
        if name == "shall":
            return f"cineva care nu este {who}", f"încearcă să {what}", "este refuzat"
        return (
            None
            if _SECOND.search(fold(what))
            else (f"cineva care nu este {who}", "folosește produsul", f"nu poate {what}")
        )
    if match := _WHEN.match(folded):
        when, then = (text[match.start(n) : match.end(n)] for n in ("when", "then"))
        return None if _WISHES.search(fold(then)) else (product, when, then)
    said = _read(text, roles or [role])
    if not said or (_OTHERS if said.shall else _SECOND).search(_alone(said)):
        return None
    own = {"isi": "își ", "se": "se "}.get(said.own, "")
    uses = f"cineva ({said.role}) îl folosește"
    if said.denied and said.shall:
        return product, f"cineva ({said.role}) încearcă {said.what}", "este refuzat"
    if said.denied:
        return product, uses, f"nu {own}poate {said.what}"
    if said.only and said.shall:
        return f"cineva care nu este {said.role}", f"încearcă {said.what}", "este refuzat"
    if said.only:
        return f"cineva care nu este {said.role}", "folosește produsul", f"nu {own}poate {said.what}"
    return product, uses, f"poate {said.what}" if said.shall else f"{own}poate {said.what}"


def in_quotes(text: str) -> str:
    """A sentence that will stand in „…”: without its full stop, and its own quotes as Romanian nests them."""
    return text.strip().rstrip(" .").replace("„", "«").replace("”", "»").replace("“", "«")


def _alone(said: _Said) -> str:
    """What is done, folded, without the verbs that are moved with it."""
    return fold(_UNIT.sub(" ", said.what) if said.shall else said.what)


def _read(text: str, roles: Sequence[str]) -> _Said | None:
    """The role and what it does, where the sentence has one subject and one verb in a form that is known."""
    folded = fold(text)
    for shape in (_ABLE, _CAN, _SHALL):
        match = shape.match(folded)
        role = _subject(text[match.start("who") : match.end("who")], roles) if match else ""
        if not match or not role:
            continue
        what, shall = text[match.start("what") :], shape is _SHALL
        denied = bool(match["no"]) or (shape is _ABLE and match["not"] == "sa nu")
        if shall and re.match(r"sa (?:nu|fie)\b", fold(what)):
            return None  # what must not be, or be done by others
        if shall and denied and not re.match(r"(?:are|au|pot|poate) ", match["by"]):
            return None  # "nu trebuie să plătească": need not, or must not?
        if not shall and not _infinitive(what):
            return None
        own = "" if shall else re.sub(r"\W", "", match["own"] or "")
        return _Said(role, what, {"si": "isi"}.get(own, own), shall, denied, bool(match["few"]))
    return None


def _subject(who: str, roles: Sequence[str]) -> str:
    """The role that a subject is: "toți clienții", not "pentru clienți" and not "clienții fără cont"."""
    named = [r for r in roles_in(who, "ro") if fold(r) in {fold(known) for known in roles}]
    words = [fold(w) for w in who.split()]
    while words and words[0] in _BEFORE:
        words.pop(0)
    if not named or not words or set(words) & {*_ASIDE, "nimeni", "nu", "sa"}:
        return ""
    return named[0] if words[0][:3] == fold(named[0])[:3] else ""


def _infinitive(what: str) -> bool:
    words = [w for w in re.findall(r"\w+", fold(what)) if w not in _ADVERBS]
    return bool(words) and words[0].endswith(("a", "e", "i"))


@cache
def _firsts() -> dict[str, str]:
    return dict(pair.split("=") for pair in lexicon("ro")["inflected"]["first"].split())


def _first_person(what: str) -> str:
    """ "să vadă notele și să primească un mesaj" as "să văd notele și să primesc un mesaj"; empty where it is not known."""
    pieces, at = [], 0
    for match in _UNIT.finditer(what):
        verb = _first(match["verb"])
        before = fold(what[: match.start()]).rstrip()
        if not verb or (before and not re.search(r"(?:,|\bsi|\bsau)$", before)):
            return ""
        small = " ".join(_MINE.get(fold(word), word) for word in match["small"].split())
        pieces += [
            what[at : match.start()],
            "să",
            "-mi" if match["own"] else "",
            " ",
            f"{small} " if small else "",
            verb,
        ]
        at = match.end()
    return "".join([*pieces, what[at:]]) if pieces else ""


def _first(verb: str) -> str:
    plain = fold(verb)
    if known := _firsts().get(plain):
        return known
    for ending, mine in (("easca", "esc"), ("iasca", "iesc"), ("eze", "ez")):
        if plain.endswith(ending):
            return verb[: len(verb) - len(ending)] + mine
    return ""
