"""The letter with the open questions as a Word document, with a box to write each answer into.

Enters: a `Letter` and the moment that the file carries. Leaves: the file's bytes, the same for the same letter.
Try: plansmith ask-client examples/archive/01-bakery-preorders/plan.md -o letter.docx
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from plansmith.errors import MissingError
from plansmith.plan.letter import Letter


def letter_docx(told: Letter, stamp: dt.datetime) -> bytes:
    """The letter as a Word document. Errors: MissingError where python-docx is not installed."""
    try:
        import docx as library
    except ImportError as error:
        raise MissingError("Word files need the package python-docx: pip install python-docx") from error
    from plansmith.export.word import packed
    from plansmith.export.wordparts import clean, paragraph, run
    from plansmith.export.wordstyles import add_styles, our_design

    document = library.Document()
    our_design(document, told.language)
    add_styles(document)
    document.sections[0].different_first_page_header_footer = False
    document.styles["Title"].font.size = library.shared.Pt(20)
    made = [paragraph("Title", [run(told.title)])]
    made += [paragraph("", [run(text)]) for text in told.opening]
    for number, asked in enumerate(told.questions, 1):
        made.append(paragraph("Heading2", [run(f"{number}. {asked.text}")], keep=True))
        made += [paragraph("", [run(f"{label}: ", "PlanQuiet"), run(text)], keep=True) for label, text in asked.points]
        made.append(paragraph("", [run(asked.answer, bold=True)], keep=True))
        made += [_room(last) for last in (False, False, True)]
    if told.assumptions:
        made.append(paragraph("Heading2", [run(told.assumptions_title)], keep=True))
        made.append(paragraph("", [run(told.assumptions_say)], keep=True))
        made += [paragraph("ListBullet", [run(text)]) for text in told.assumptions]
    if told.closing:
        made.append(paragraph("PlanLead", [run(told.closing)]))
    for one in made:
        document.element.body.sectPr.addprevious(one)
    document.core_properties.title = clean(told.title)[:255]
    document.core_properties.language = told.language
    return packed(document, stamp)


def _room(last: bool) -> Any:
    """An empty line of the box for an answer; lines with equal borders are one box to Word."""
    from plansmith.export.wordparts import el, paragraph
    from plansmith.export.wordstyles import ACCENT

    made = paragraph("", [], keep=not last)
    sides = [el(side, val="single", sz=6, space=4, color=ACCENT) for side in ("top", "left", "bottom", "right")]
    properties = made.get_or_add_pPr()
    properties.append(el("pBdr", *sides))
    properties.append(el("spacing", before=0, after=200 if last else 0))
    return made
