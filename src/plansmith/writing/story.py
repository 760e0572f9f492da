"""The story of a requirement, as far as code can read it from the client's own words.

Enters: a requirement's text and the brief's roles. Leaves: role, want and, where the client said it, the benefit.
A small model that need not restate the wish cannot turn it round.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from plansmith.prompts import article
from plansmith.writing.romanian import romanian_story

_AS_A = re.compile(
    r"^As (?:an? |the )?(?P<role>[^,]{2,60}), (?:I|we)(?: would|'d|’d)? "
    r"(?:(?:like|want|need|wish)(?: (?P<able>to))?(?: (?:both )?be able to)?|(?P<can>can|must|should|may)(?: be able to)?) (?P<rest>.+)$",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"^(?P<who>(?:(?:an?|the|each|every|all|our|any|my) )?[\w'’/ -]{2,45}?) "
    r"(?:(?:can|could|may|will|shall|must|should|would)(?: also)? be able to|(?:can|could|may|wants? to|needs? to|would like to|wishes to|has to|have to|must|should|shall|ought to)(?: also)?) "
    r"(?!not\b|never\b|only\b|be \w+(?:ed|en|wn|ne)\b|have been\b)(?P<what>.+)$",
    re.IGNORECASE,
)
_PRESENT = re.compile(
    r"^(?P<who>(?:(?:an?|the|each|every|all|our|any|my) )?[\w'’/-]+(?: [\w'’/-]+){0,3}?) (?!(?:is|are|was|were|has|have|does|do|never|must|should|shall|can|will)\b)"
    r"(?P<verb>[a-z]{2,})(?P<what> .+)$",
    re.IGNORECASE,
)
_SYSTEM = re.compile(
    r"^(?:the |this |our |an? )?(?:system|app|application|site|website|page|software|platform|api|product|tool|it)\b",
    re.IGNORECASE,
)
# "You must implement …" is said to the developer.
_ORDER = re.compile(r"^you (?:must|should|shall|need to|have to|ought to) (?!be able)", re.IGNORECASE)
_SO_THAT = re.compile(r",? so(?: that)? (?P<benefit>.+)$")
_LONGEST = 40


@dataclass(frozen=True)
class Opening:
    """The part of a story that the client's words give. `so_that` is empty where they give no benefit."""

    role: str
    want: str
    so_that: str = ""

    @property
    def text(self) -> str:
        """The words to put into the model's mouth."""
        head = f"As {article(self.role)} {self.role}, I want {self.want}, so that"
        return f"{head} {self.so_that}." if self.so_that else head


def read_opening(requirement: str, roles: Sequence[str]) -> Opening | None:
    """Role and want of a requirement such as "A customer can order bread"; None where its form does not give them."""
    text = requirement.strip().rstrip(".")
    if told := romanian_story(text, roles):
        return Opening(*told)
    if match := _AS_A.match(text):
        want, benefit = _part_benefit(match["rest"])
        return Opening(match["role"].strip(), shorten(f"to {want}" if match["able"] or match["can"] else want), benefit)
    if _SYSTEM.match(text):
        return None
    match = _WISH.match(text)
    if not match:
        return _read_present(text, roles)
    role = _known_role(match["who"], roles)
    if role is None or _ORDER.match(text):
        return None
    want, benefit = _part_benefit(match["what"])
    want = re.sub(r"^be able to ", "", want)
    want = re.sub(r"^expect (?=(?:that|the|to)\b)", "", want) if want.startswith("expect ") else f"to {want}"
    return Opening(role, shorten(want), benefit)


def _read_present(text: str, roles: Sequence[str]) -> Opening | None:
    """ "Staff see the orders", "User clicks a title": a known role and what it does."""
    match = _PRESENT.match(text)
    role = _known_role(match["who"], roles) if match else None
    if not match or role is None:
        return None
    plural = match["who"].lower().endswith("s") or role in ("staff member", "staff", "people")
    verb = match["verb"]
    if verb.lower() in ("want", "wants", "need", "needs"):
        return Opening(role, shorten(match["what"].strip()))
    if verb.endswith("s") and not verb.endswith("ss") and not plural:
        verb = re.sub(r"ies$", "y", verb) if verb.endswith("ies") else re.sub(r"((?:[sxzo]|ch|sh))es$|s$", r"\1", verb)
    elif not plural and role != "user":
        return None  # not a verb in the third person: the words are something else
    want, benefit = _part_benefit(f"{verb}{match['what']}")
    return Opening(role, shorten(f"to {want}"), benefit)


def _part_benefit(text: str) -> tuple[str, str]:
    if match := _SO_THAT.search(text):
        return text[: match.start()].strip(), match["benefit"].strip()
    return text.strip(), ""


def _known_role(who: str, roles: Sequence[str]) -> str | None:
    words = re.sub(r"^(?:an?|the|each|every|all|our|any|my) ", "", who.strip(), flags=re.IGNORECASE)
    for role in sorted(roles, key=len, reverse=True):
        if f"{words.lower()} member" == role.lower() or words.lower() in (
            role.lower(),
            f"{role.lower()}s",
            f"{role.lower()}es",
            re.sub("y$", "ies", role.lower()),
        ):
            return role
    return "user" if words.lower() in ("user", "users", "people", "everyone", "anyone", "you") else None


def shorten(text: str, most: int = _LONGEST) -> str:
    """At most so many words: parentheses go first, then what follows the last comma that fits."""
    if len(text.split()) <= most:
        return text.strip(" ,;:")
    text = re.sub(r"\s*\([^()]*\)", "", text)
    if len(text.split()) > most:
        head = " ".join(text.split()[:most])
        text = head[: head.rfind(",")] if head.rfind(",") > 30 else head
    return re.sub(
        r"(?:,? (?:and|or|the|a|an|to|of|with|in|on|at|for|by|that|which|has|have|is|are))+$", "", text.strip(" ,;:")
    )
