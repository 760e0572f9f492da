"""What a careful person would want to know of each document before anything is learned from it.

Enters: documents. Leaves: an `Inspection` of each: form, language, size, personal data, and where a plan contradicts its brief.
Try: plansmith check examples/archive
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from plansmith.plan import check_plan
from plansmith.sources.archive import Document

TINY_BRIEF, TINY_PLAN = 25, 60
"""Words under which a brief or a plan is called tiny."""


@dataclass(frozen=True)
class Inspection:
    """`personal`: kind of personal data → how often; `objections`: errors of the plan's check against its brief."""

    name: str
    form: str
    language: str
    tiny: tuple[str, ...]
    personal: dict[str, int]
    objections: tuple[str, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def inspect(document: Document) -> Inspection:
    """Look at one document; reads nothing but what it holds."""
    from plansmith.sources.privacy import LEAST, find_personal

    language = document.plan.language if document.plan else document.brief.language
    texts = (document.brief.text, document.plan_text)
    personal: Counter[str] = Counter(
        f.kind for text in texts for f in find_personal(text, language) if f.certainty >= LEAST
    )
    findings = check_plan(document.plan, document.brief) if document.plan else []
    tiny = [
        f"its {what} has {len(text.split())} words"
        for what, text, least in zip(("brief", "plan"), texts, (TINY_BRIEF, TINY_PLAN), strict=True)
        if len(text.split()) < least
    ]
    return Inspection(
        document.name,
        "ours" if document.plan else "free",
        language,
        tuple(tiny),
        dict(personal),
        tuple(f"{f.code} {f.item}: {f.message}" for f in findings if f.severity == "error"),
        document.notes,
    )


def summary(found: Iterable[Inspection]) -> list[str]:
    """The inspections as sentences: counts first, then what stands out, document by document."""
    seen = list(found)
    forms, languages = Counter(i.form for i in seen), Counter(i.language for i in seen)
    form = f"{forms['ours']} in our form, {forms['free']} in the team's own"
    told = [f"Plans: {form}; languages: {', '.join(f'{n} {name}' for name, n in languages.most_common())}"]
    total: Counter[str] = Counter()
    for i in seen:
        total.update(i.personal)
    if total:
        kinds = ", ".join(f"{n} of kind {kind}" for kind, n in total.most_common())
        where = ", ".join(f"{i.name} {sum(i.personal.values())}" for i in seen if i.personal)
        told.append(f"Personal data: {kinds} ({where}); --redact OUT writes a copy with placeholders instead")
    told += [f"{i.name}: {what}" for i in seen for what in i.tiny]
    told += [f"{i.name}: the plan contradicts its brief or itself, {what}" for i in seen for what in i.objections]
    return told + [f"{i.name}: {what}" for i in seen for what in i.notes]
