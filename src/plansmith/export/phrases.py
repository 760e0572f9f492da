"""How a document words what an item carries: references, labelled notes, states.

Enters: a plan and one of its items. Leaves: lines for blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from plansmith.export.document import Line, Ref, Text
from plansmith.locale import table, words
from plansmith.plan import Plan


def own(plan: Plan) -> dict[str, str]:
    """The words that only documents need."""
    return table(plan.language, "export")["document"]


def refs(ids: Iterable[str], between: str = ", ") -> Line:
    """Ids as references, parted."""
    found: list[str | Ref] = []
    for id in ids:
        found += [between, Ref(id)] if found else [Ref(id)]
    return tuple(found)


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
