"""How a document words what an item carries: references, labelled notes, states.

Enters: a plan and one of its items. Leaves: lines for blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from plansmith.export.document import Line, Ref, Text
from plansmith.locale import table, words
from plansmith.plan import Plan

_LONGEST = 24
"""Tasks of a chain that are shown one by one."""


def own(plan: Plan) -> dict[str, str]:
    """The words that only documents need."""
    return table(plan.language, "export")["document"]


def refs(ids: Iterable[str], between: str = ", ") -> Line:
    """Ids as references, parted."""
    found: list[str | Ref] = []
    for id in ids:
        found += [between, Ref(id)] if found else [Ref(id)]
    return tuple(found)


def runs(ids: Iterable[str]) -> Line:
    """Ids as references, four and more that follow one another as first–last."""
    groups: list[list[str]] = []
    for id in ids:
        if groups and (id[0], int(id[1:])) == (groups[-1][-1][0], int(groups[-1][-1][1:]) + 1):
            groups[-1].append(id)
        else:
            groups.append([id])
    found: list[str | Ref] = []
    for group in groups:
        shown: Line = refs(group) if len(group) < 4 else (Ref(group[0]), "–", Ref(group[-1]))
        found += [", ", *shown] if found else shown
    return tuple(found)


def chain(ids: Sequence[str]) -> Line:
    """Ids that follow from one another; the middle of a long chain is left out."""
    if len(ids) <= _LONGEST:
        return refs(ids, " → ")
    return (*refs(ids[: _LONGEST - 4], " → "), " → … → ", *refs(ids[-3:], " → "))


def prose(text: str) -> Iterator[Text]:
    """Paragraphs and entries of a prose field."""
    for part in text.split("\n\n"):
        if part:
            yield Text((part[2:],), "entry") if part.startswith("- ") else Text((part,))


def titled(text: str) -> str:
    """With a capital letter first."""
    return text[:1].upper() + text[1:]


def notes(plan: Plan, **texts: str | Line) -> tuple[tuple[str, Line], ...]:
    """Labelled texts, by the key that names their label; empty ones are left out."""
    say = words(plan.language)
    return tuple(
        (titled(say[f"keys.{key}"]), (text,) if isinstance(text, str) else text) for key, text in texts.items() if text
    )


def state(plan: Plan, item: Any) -> Line:
    """Why an item no longer holds; nothing for a live one."""
    say = words(plan.language)
    if item.status == "superseded":
        return (f"{say['keys.superseded']} ", *refs(item.superseded_by))
    return (say["values.dropped"],) if item.status == "dropped" else ()
