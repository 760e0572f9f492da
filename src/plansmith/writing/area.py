"""Whose work a task is: design, web, mobile, back end, data, testing or operations, by its words and the archive's tasks.

Enters: a task's title, its requirement and the archive. Leaves: the area. A small model says "backend" to nearly all.
Try: python bench/writing.py estimates   (share of right areas, one project left out)
"""

from __future__ import annotations

import re
from collections import Counter

from plansmith.plan import Brief, fold
from plansmith.writing.estimate import Analogies, same_role
from plansmith.writing.grammar import AREAS

_NEAR = 5
_FRONT = "front"
_RULES = (
    ("qa", r"^(?:test|try|measure|verify|rehearse|testeaz|verific)"),
    ("design", r"^(?:sketch|design|lay out|draw|prototype|schit)"),
    ("devops", r"^(?:deploy|release|install|rent|host|run two|publish)|\bservers?\b|\bback-?ups?\b"),
    ("data", r"^(?:import|migrate|load|convert)\b|spreadsheet"),
    ("backend", r"\b(?:refuse|enforce|endpoints?|api|send|e-?mails?|sms|message|limit|cap|block|database|payment|store|encrypt|export)\b"),
    (_FRONT, r"\b(?:pages?|screens?|buttons?|forms?|picker|icons?|animations?|responsive|photos?|diagram|panel|click|show|display|see|browse|scan|list)\b"),
)  # fmt: skip
_PHONE = re.compile(r"\b(?:phones?|mobile|android|ios|iphone|smartphones?|tablets?|telefo\w+)\b")
_WEB = re.compile(r"\b(?:web\w*|site|pages?|browser|online|html|pagin[aăi]\w*)\b")


def platform(brief: Brief, past: Analogies) -> str:
    """`mobile` where the brief speaks more of phones than of pages, and the team builds for them; else `web`."""
    text = fold(brief.text)
    if past.tasks and not any(same_role(task.role) == "mobile" for task in past.tasks):
        return "web"
    return "mobile" if len(_PHONE.findall(text)) > len(_WEB.findall(text)) else "web"


def area(title: str, requirement: str, said: str, past: Analogies, front: str) -> str:
    """The area of a task: by its words, else that of the most similar past tasks, else what the model `said`.

    `front`: web or mobile, whichever the product is; a plan does not mix them by chance.
    """
    found = next((name for name, shape in _RULES if re.search(shape, fold(title))), "")
    if not found:
        votes: Counter[str] = Counter()
        for place, task in enumerate(past.nearest(title, "", requirement, _NEAR), 1):
            votes[same_role(task.role)] += round(60 / place)
        # what is tested, drawn or released is told by its words; to build is somebody else's
        likely = [name for name, _ in votes.most_common() if name in AREAS and name not in ("qa", "design", "devops")]
        found = likely[0] if likely else said
    return front if found in (_FRONT, "web", "mobile") else found
