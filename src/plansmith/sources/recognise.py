"""What a text is: a client's brief or a team's plan, and whether a plan is in our own form.

Enters: a text. Leaves: `plan_signs`, a number above 0 for a plan and below for a brief, and `is_ours`.
Try: python -c "from plansmith.sources.recognise import plan_signs; print(plan_signs('We would like an app.'))"

Nothing here decides: what is recognised by its content is shown and used only when a person has confirmed it.
"""

from __future__ import annotations

import json
import re
import unicodedata

from plansmith.locale import fold, readings

_LOOK = 60_000
"""Characters that are looked at; what a text is shows on its first pages."""
_OUR_ITEM = re.compile(r"[ ]{0,1}[-*+] (?:\*\*|__)[A-Z][1-9][0-9]{0,5}(?:\*\*|__)(?!\w)")
_OUR_KEY = re.compile(r"plansmith\s*:")
_OUR_LISTS = ("requirements", "stories", "tasks")

# How much each sign weighs, per 100 words of the text; folded text, so no diacritics. Positive: a plan.
_SIGNS = (
    (3.0, r"\b\d+(?:[.,]\d+)?\s*(?:h|hrs?|hours?|ore|man-?days?|person-?days?|pd|zile-om|days|zile)\b"),
    (3.0, r"(?m)^#{1,4}\s.*\b(?:milestones?|risks?|tasks?|estimates?|timeline|deliverables?|phases?|sprints?|scope|"
          r"architecture|testing|roll-?out|team|assumptions|etap[ae]|riscuri|sarcini|estimar[ei]|livrabile|faz[ae]|calendar|"
          r"echipa|arhitectura|testare|plan(?:ul)?)\b"),
    (2.0, r"(?m)^\s*(?:[-*+]\s+)?(?:\*\*)?(?:[A-Z]{1,4}-?\d{1,4}|\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)[.):*]*\s"),
    (1.5, r"\b(?:milestone|sprint|deliverables?|backlog|mvp|acceptance|deployment|kick-?off|user stor(?:y|ies)|wireframes?|"
          r"back-?end|front-?end|api|database|ci/cd|unit tests?|code review|livrare|livrabil|implementare|configurare|testare|"
          r"baza de date|proiectare|etapa|estimare|given|dat fiind)\b"),
    (1.0, r"(?m)^\s*\|.*\d.*\|\s*$"),
    (1.0, r"(?m)^\s*(?:[-*+]\s+)?(?:\d+[.)]\s+)?(?:set ?up|implement|build|design|configure|integrate|deploy|write|test|create|"
          r"implementare|proiectare|configurare|integrare|testare|realizare|dezvoltare)\b"),
    (-2.5, r"\b(?:i|we|my|our|us|i'd|i'm|we'd|we're|me|noi|vrem|dorim|vreau|doresc|nostru|noastra|nostri|noastre|avem|suntem|"
           r"am vrea|ne-ar placea|mi-ar placea|imi|ne)\b"),
    (-2.0, r"\b(?:would like|would love|want(?:s|ed)?|need(?:s|ed)?|hope|please|thank|thanks|multumesc|multumim|va rog|"
           r"va rugam|avem nevoie)\b"),
    (-3.0, r"(?m)^\s*(?:hi|hello|dear|good (?:morning|afternoon)|buna(?: ziua)?|salut|draga|stimat[aei]?|from:|subject:|de la:|subiect:)"
           r"(?:\s|,|$)"),
    (-2.0, r"(?m)^\s*(?:(?:kind|best|warm) regards|yours|sincerely|cheers|cu (?:stima|respect|drag)|toate cele bune)\b"),
    (-1.0, r"\b(?:must|should|shall|could|trebuie|ar trebui|sa poata)\b"),
)  # fmt: skip
_WEIGHED = tuple((weight, re.compile(shape, re.IGNORECASE)) for weight, shape in _SIGNS)


def plan_signs(text: str) -> float:
    """How much a text reads like a plan (above 0) rather than a brief (below 0); the weights are per 100 words."""
    text = _bare(text[:_LOOK])
    words = max(len(text.split()), 20)
    return sum(weight * len(shape.findall(text)) for weight, shape in _WEIGHED) / words * 100


def _bare(text: str) -> str:
    """Lower case without diacritics, the lines kept."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn").lower()


def is_ours(text: str, suffix: str = ".md") -> bool:
    """Whether a plan is meant in our own form, so that its mistakes are mistakes and not the team's own style.

    Markdown: its front matter says `plansmith:`, or an item with our bold id stands below one of our headings.
    JSON: an object with one of our lists.
    """
    if suffix == ".json":
        return _our_json(text)
    lines = text.removeprefix("\ufeff").splitlines()
    return _front_says_so(lines) or _has_our_items(lines)


def _our_json(text: str) -> bool:
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        # broken JSON cannot be read as anything else: its mistakes are to be seen
        return True
    return isinstance(data, dict) and any(isinstance(data.get(name), list) for name in _OUR_LISTS)


def _front_says_so(lines: list[str]) -> bool:
    start = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    if start == len(lines) or lines[start].rstrip() != "---":
        return False
    for line in lines[start + 1 : start + 60]:
        if line.rstrip() in ("---", "..."):
            return False
        if _OUR_KEY.match(line):
            return True
    return False


def _has_our_items(lines: list[str]) -> bool:
    known, below = readings("headings"), False
    for line in lines:
        if line.startswith("##"):
            below = fold(line.strip("# *_:\t")) in known
        elif below and _OUR_ITEM.match(line):
            return True
    return False
