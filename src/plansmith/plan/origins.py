"""Where an item comes from when nothing else is said: what reading fills in and writing leaves out.

Enters: an item's section, what it refers to, and the sentences of the requirements and stories. Leaves: the usual
sentences and the usual origin.
Try: python -c "from plansmith.plan.origins import *; print(usual_source('tasks', ('U1',), {'U1': ('S2',)}))"
"""

from __future__ import annotations

from collections.abc import Mapping

from plansmith.plan.types import Origin

REFERENCES = {"stories": "requirements", "tasks": "serves"}
"""Section → the field whose items hand down their sentences."""


def usual_source(section: str, ids: tuple[str, ...], cited: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The sentences of the items that it is for, each once; none for what is for nothing.

    `cited`: the sentences of each requirement and, for tasks, of each story.
    """
    if section not in REFERENCES:
        return ()
    return tuple(dict.fromkeys(sentence for i in ids for sentence in cited.get(i, ())))


def usual_origin(section: str, source: tuple[str, ...]) -> Origin:
    """A requirement that cites a sentence is stated, assumptions are assumed, all else is inferred."""
    if section == "requirements" and source:
        return "stated"
    return "assumed" if section == "assumptions" else "inferred"
