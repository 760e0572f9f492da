"""The plan as a Word document, in our design or in the agency's own template.

Enters: a `Planned`. Leaves: the file's bytes, the same for the same plan.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to docx
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

from plansmith.errors import MissingError
from plansmith.export.compose import compose
from plansmith.export.document import Block, Document
from plansmith.export.planned import Planned
from plansmith.locale import table


def docx(made: Planned) -> bytes:
    """The plan as a Word document; with a template, its fields filled in.

    Errors: MissingError where python-docx is not installed; InputError for a template with unknown fields.
    """
    try:
        import docx as library
    except ImportError as error:
        raise MissingError("Word files need the package python-docx: pip install python-docx") from error
    if made.template:
        from plansmith.export.template import filled

        return saved(filled(made, made.template), made)
    from plansmith.export.wordstyles import add_styles, our_design

    told, document = compose(made), library.Document()
    our_design(document, told.language)
    add_styles(document)
    body = document.element.body
    for one in _pages(told, drawing(document, told)):
        body.sectPr.addprevious(one)
    _frame(document, told)
    return saved(document, made)


def drawing(document: Any, told: Document) -> Any:
    """What draws blocks into a document, as wide as its text."""
    from plansmith.export.wordblocks import Drawing
    from plansmith.export.wordparts import clean

    section = document.sections[-1]
    width = section.page_width - section.left_margin - section.right_margin
    words = table(told.language, "export")["document"]

    def picture(block: Block, description: str) -> Any:
        from plansmith.export import pdf

        paragraph = document.add_paragraph()
        shape = paragraph.add_run().add_picture(io.BytesIO(pdf.picture(told, block)), width=width)
        shape._inline.docPr.set("descr", clean(description))
        for side in ("distT", "distB", "distL", "distR"):  # without them, LibreOffice sets the picture in by 3 mm
            shape._inline.set(side, "0")
        paragraph._p.getparent().remove(paragraph._p)
        return paragraph._p

    return Drawing(told, round(width / 635), picture, (words["chart"], words["chart_part"]))


def _pages(told: Document, draw: Any) -> Any:
    from plansmith.export.wordparts import el, link, paragraph, run

    yield paragraph("PlanOver", [run(told.kind)])
    yield paragraph("Title", [run(told.title)])
    if told.client:
        yield paragraph("PlanClient", [run(told.client)])
    if told.issued:
        yield paragraph("PlanSmall", [run(told.issued)])
    for text in told.summary:
        yield paragraph("ListBullet" if text.style == "entry" else "PlanLead", draw.line(text.line))
    if told.sections:
        yield paragraph("PlanContents", [run(told.contents)])
        entries = [paragraph("TOC1", [link(one.title, f"_Toc_{one.key}", "")]) for one in told.sections]
        instruction = el("instrText")
        instruction.text = ' TOC \\o "1-1" \\h \\z \\u '
        begin = (el("fldChar", fldCharType="begin", dirty="true"), instruction, el("fldChar", fldCharType="separate"))
        for part in reversed(begin):
            entries[0].insert(1, el("r", part))
        entries[-1].append(el("r", el("fldChar", fldCharType="end")))
        yield from entries
    for number, section in enumerate(told.sections):
        parts = list(draw.section(section))
        if not number:
            parts[0].pPr.append(el("pageBreakBefore"))
            parts[0].pPr.append(el("spacing", before=0))
        yield from parts


def _frame(document: Any, told: Document) -> None:
    """Header and footer of all pages but the first, and the properties that file managers show."""
    from docx.enum.text import WD_TAB_ALIGNMENT

    from plansmith.export.wordparts import clean, field, run, tab

    section = document.sections[0]
    width = section.page_width - section.left_margin - section.right_margin
    before, _, rest = told.page.partition("{n}")
    between, _, after = rest.partition("{total}")
    numbers = [run(before), *field("PAGE"), run(between), *field("NUMPAGES"), run(after)]
    for part, runs in (
        (section.header, [run(told.title), tab(), run(told.kind)]),
        (section.footer, [run(told.client), tab(), *numbers]),
    ):
        paragraph = part.paragraphs[0]
        stops = paragraph.paragraph_format.tab_stops
        stops.add_tab_stop(width, WD_TAB_ALIGNMENT.RIGHT)
        for stop in document.styles[paragraph.style.name].paragraph_format.tab_stops:
            stops.add_tab_stop(stop.position, WD_TAB_ALIGNMENT.CLEAR)
        paragraph._p.extend(runs)
    document.core_properties.title = clean(told.title)[:255]
    document.core_properties.language = told.language


def saved(document: Any, made: Planned) -> bytes:
    """A document as bytes without the time of day in them."""
    return packed(document, made.stamp)


def packed(document: Any, stamp: dt.datetime) -> bytes:
    """A document as bytes that carry this moment as their own."""
    properties = document.core_properties
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = stamp
    raw, still = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as package, zipfile.ZipFile(still, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in package.namelist():
            copy.writestr(zipfile.ZipInfo(name), package.read(name), zipfile.ZIP_DEFLATED)
    return still.getvalue()
