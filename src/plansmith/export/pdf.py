"""The plan as a PDF: title page, contents, key figures, Gantt chart, tables, bookmarks; typeset by Typst.

Enters: a `Planned`. Leaves: the file's bytes, the same for the same plan.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to pdf

The texts go to Typst as JSON, never as markup, so nothing that a client wrote can be read as a command. Fonts are
embedded: Roboto comes with Plansmith; scripts that it lacks are taken from the machine's own fonts.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from functools import cache
from typing import Any, Literal, cast

from plansmith.errors import MissingError, PlansmithError
from plansmith.export.compose import compose
from plansmith.export.document import Block, Chart, Curves, Document, Section
from plansmith.export.planned import Planned

_UNBROKEN = re.compile(r"[^\s\u200b]{25,}")
_LABEL = 42
"""Letters of a task's title that fit beside its bar."""
_PIECE = re.compile(r".{1,12}", re.DOTALL)


def pdf(made: Planned) -> bytes:
    """The plan as a tagged PDF. Errors: MissingError where Typst or the font is not installed."""
    return _set("pages.typ", compose(made), "pdf")


def picture(document: Document, block: Block) -> bytes:
    """One block of a document as PNG, as wide as the text of a page."""
    one = replace(document, sections=(Section("", "", (block,)),), ids=frozenset(), summary=())
    return _set("picture.typ", one, "png")


def _set(pages: str, document: Document, form: Literal["pdf", "png"]) -> bytes:
    try:
        import font_roboto
        import typst
    except ImportError as error:
        raise MissingError("PDF files and charts need two more packages: pip install typst font-roboto") from error
    data = json.dumps(as_data(document), ensure_ascii=False)
    try:
        done = typst.compile(
            _template("blocks.typ") + _template(pages),
            format=form,
            ppi=220,
            font_paths=[font_roboto.font_directory],
            sys_inputs={"plan": data},
            timestamp=0,
        )
    except typst.TypstError as error:
        raise PlansmithError(f"Typst could not set the plan: {error.message}. Please report this plan.") from error
    return done


def as_data(document: Document) -> dict[str, Any]:
    """The document as JSON-able data, each block with the name of its kind; long words get places to break."""
    told = asdict(document)
    told["sections"] = [
        {"title": section.title, "blocks": [_block(block) for block in section.blocks]} for section in document.sections
    ]
    told["summary"] = [_block(block) for block in document.summary]
    told["ids"] = dict.fromkeys(sorted(document.ids), 1)
    return cast(dict[str, Any], _breakable(told))


def _block(block: Block) -> dict[str, Any]:
    told = {"block": type(block).__name__, **asdict(block)}
    if isinstance(block, Curves):
        for one in told["curves"]:
            one["points"] = [[float(n) for n in pair.split(",")] for pair in one["points"].split()]
            one["marks"] = [[name, x, label, 100 - int(name[1:])] for name, x, label in one["marks"]]
    if isinstance(block, Chart):
        for one in told["stripes"]:
            one["title"] = one["title"] if len(one["title"]) <= _LABEL else f"{one['title'][: _LABEL - 1].rstrip()}…"
    return told


def _breakable(value: Any) -> Any:
    """Words of 25 letters and more, such as addresses, may be broken anywhere: Typst breaks at blanks alone."""
    if isinstance(value, str):
        return _UNBROKEN.sub(lambda word: "\u200b".join(_PIECE.findall(word.group())), value)
    if isinstance(value, dict):
        return {key: _breakable(one) for key, one in value.items()}
    return [_breakable(one) for one in value] if isinstance(value, (list, tuple)) else value


@cache
def _template(name: str) -> bytes:
    from importlib.resources import files

    return (files("plansmith.export") / name).read_bytes()
