"""An acceptance criterion in the client's own words, read from the form of the sentence by code.

Enters: a requirement's text, the role and wish of its story. Leaves: (given, when, then).
A small model's criterion is often about something else; this one is plain, and right.
"""

from __future__ import annotations

import re

from plansmith.locale import words
from plansmith.prompts import article
from plansmith.writing.romanian import in_quotes, romanian_criterion
from plansmith.writing.story import Opening

_NOT = r"(?:should|must|may|can|shall|could|will)(?:n['’]t| ?not)|cannot"
_REFUSED = re.compile(
    rf"^(?P<who>(?!nobody|no one|we\b|i\b|it\b|they\b).{{3,80}}?) (?:{_NOT})(?: be able to)? (?!be\b)(?P<what>.{{4,}})$",
    re.I,
)
_NOBODY = re.compile(
    r"^(?:nobody|no[ -]one) (?:but|except|other than|else than) (?P<who>.{2,50}?) (?:may|can|should|must|is allowed to|are allowed to)(?: be able to)? (?P<what>.{4,})$",
    re.I,
)
_ONLY = re.compile(
    r"^only (?P<who>.{2,50}?) (?:may|can|should|must|is allowed to|are allowed to)(?: be able to)? (?P<what>.{4,})$",
    re.I,
)
_NEVER = re.compile(r"^(?:we|you|the (?:app|system|site|website)) (?:must |should |can )?never (?P<what>.{4,})$", re.I)
_WHEN = re.compile(
    r"^(?P<word>when|whenever|if|once|as soon as) (?P<when>[^,]{6,120}), (?:then )?(?P<then>.{6,})$", re.I
)
_WANTS = re.compile(r"^(.{2,50}?) (?:wants? to|would like to|wishes to|needs? to)(?: be able to)? ", re.I)


def own_criterion(text: str, opening: Opening | None, role: str, language: str) -> tuple[str, str, str]:
    """Given, when and then of a requirement, in its own words."""
    say = {key.removeprefix("written."): value for key, value in words(language).items() if key.startswith("written.")}
    if language == "ro":
        known = [*([opening.role] if opening else []), role]
        holds = say["this_holds"].format(text=in_quotes(text))
        return romanian_criterion(text, role, known) or (
            say["finished_product"],
            say["tries_it"].format(role=role),
            holds,
        )
    bare = _small(text)
    if language == "en" and (found := _read(bare, opening)):
        return found
    tries = say["tries_it"].format(role=f"{article(role)} {role}" if language == "en" else role)
    return say["finished_product"], tries, say["this_holds"].format(text=bare)


def _read(text: str, opening: Opening | None) -> tuple[str, str, str] | None:
    product = "the finished product"
    if match := _NOBODY.match(text) or _ONLY.match(text):
        return f"somebody who is not {_single(match['who'])}", f"they try to {match['what']}", "it is refused"
    if match := _NEVER.match(text):
        return product, f"somebody tries to {match['what']}", "it is refused"
    if match := _WHEN.match(text):
        return product, match["when"], _WANTS.sub(r"\1 can ", match["then"])
    if match := _REFUSED.match(text):
        return _small(match["who"]), f"they try to {match['what']}", "it is refused"
    if opening and (seen := re.match(r"to (see|view|hear|browse) (?P<what>.+)", opening.want)):
        return product, f"{article(opening.role)} {opening.role} uses it", f"they can {seen[1]} {seen['what']}"
    if opening and " expect " in text:
        uses, want = f"{article(opening.role)} {opening.role} uses it", opening.want
        if want.startswith("that "):
            return product, uses, want.removeprefix("that ")
        if does := re.match(r"(?P<what>(?:the|an?|each|every) .{2,40}?) to (?P<does>[a-z]{2,} .+)", want):
            return product, uses, f"{does['what']} can be seen to {does['does']}"
    if opening and opening.want.startswith("to "):
        return product, f"{article(opening.role)} {opening.role} tries {opening.want}", "it succeeds"
    return None


def _single(who: str) -> str:
    """ "the baker" stays; "baker" gets its article."""
    return (
        who
        if re.match(r"(?:an?|the|our|my|his|her|their)\b", who, re.I) or who.endswith("s")
        else f"{article(who)} {who}"
    )


def _small(text: str) -> str:
    """The text as part of a sentence: no full stop, its first word small unless it is a name."""
    text = text.rstrip(" .")
    first = text.split(" ", 1)[0]
    return text if (first.isupper() and len(first) > 1) or first == "I" else text[:1].lower() + text[1:]
