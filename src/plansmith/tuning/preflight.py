"""What would be trained on, before anything is: counted, decoded and marked.

Enters: a split and a base. Leaves: a `Preflight`: per document the tokens of brief, plan and supervised, what is
over the context, the optimiser steps of the recipe, and one row with its learned part.
Try: plansmith check examples/archive
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from plansmith.prompts import conversations
from plansmith.sources.archive import Document
from plansmith.sources.split import Split
from plansmith.tuning.bases import Base
from plansmith.tuning.forecast import Forecast, fitted, forecast, shape_of
from plansmith.tuning.load import load_tokenizer
from plansmith.tuning.machine import this_machine
from plansmith.tuning.recipe import Overrides, Recipe, given, resolve
from plansmith.tuning.rows import Row, encode


@dataclass(frozen=True)
class DocumentCount:
    """Token counts of one document. `trained` is the sum over its rows, prompts included; `cut` is over the context."""

    name: str
    part: str
    brief: int
    plan: int
    sentences: int
    requirements: int
    rows: int
    trained: int
    supervised: int
    cut: int


@dataclass(frozen=True)
class Preflight:
    """Everything that `plansmith check` shows. `example` is one row as (text, learned) pieces."""

    base: str
    recipe: Recipe
    documents: tuple[DocumentCount, ...]
    steps: int
    example: tuple[tuple[str, bool], ...]
    problems: tuple[str, ...]
    machine: str
    forecast: Forecast | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def preflight(parts: Split, base: Base, overrides: Overrides | None = None) -> Preflight:
    """Count and decode what training would see; trains and writes nothing."""
    tokenizer, machine = load_tokenizer(base), this_machine()
    counts, example = [], None
    all_rows: list[Row] = []
    for part, documents in (("train", parts.train), ("test", parts.test)):
        for document in documents:
            rows = [
                encode(c, tokenizer, base.chat, document.name)
                for c in conversations(document.brief, document.plan or document.plan_text)
            ]
            all_rows += rows
            counts.append(_count(document, part, rows, tokenizer, base))
            example = example or next((row for row in rows if row.supervised > 40), rows[0])
    rows_to_train = sum(c.rows for c in counts if c.part == "train")
    recipe = fitted(
        shape_of(base), resolve(base, overrides, rows_to_train, machine), all_rows, machine, given(overrides)
    )
    steps = recipe.epochs * math.ceil(rows_to_train / recipe.batch)
    trained = {c.name for c in counts if c.part == "train"}
    return Preflight(
        base.name,
        recipe,
        tuple(counts),
        steps,
        _pieces(example, tokenizer) if example else (),
        _problems(counts, steps, base),
        machine.name,
        forecast(base, recipe, [row for row in all_rows if row.document in trained], machine),
    )


def _count(document: Document, part: str, rows: list[Row], tokenizer: Any, base: Base) -> DocumentCount:
    return DocumentCount(
        document.name,
        part,
        len(tokenizer(document.brief.text)["input_ids"]),
        len(tokenizer(document.plan_text)["input_ids"]),
        len(document.brief.sentences),
        len(document.plan.requirements) if document.plan else 0,
        len(rows),
        sum(map(len, rows)),
        sum(row.supervised for row in rows),
        sum(max(0, len(row) - base.context) for row in rows),
    )


def _pieces(row: Row, tokenizer: Any) -> tuple[tuple[str, bool], ...]:
    """The row's text in runs of learned and not learned tokens."""
    pieces: list[tuple[str, bool]] = []
    start = 0
    for i in range(1, len(row) + 1):
        if i == len(row) or row.learned[i] != row.learned[start]:
            pieces.append((tokenizer.decode(list(row.ids[start:i])), row.learned[start]))
            start = i
    return tuple(pieces)


def _problems(counts: list[DocumentCount], steps: int, base: Base) -> tuple[str, ...]:
    found = [
        f"{c.name}: {c.cut} tokens lie over the context of {base.context}; training refuses to cut them"
        for c in counts
        if c.cut
    ]
    found += [f"{c.name}: nothing would be learned from it" for c in counts if not c.supervised]
    if steps < 30:
        found.append(f"{steps} optimiser steps teach little; add documents, or raise --epochs or lower --batch")
    return tuple(found)
