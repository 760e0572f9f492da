"""The styles of a Word document: ours in a new one, and those that an agency's template lacks.

Enters: a python-docx document. Leaves: the same one with the styles that the chapters are set in; a style that is
there already stays as it is, so a template decides how a plan looks.
"""

from __future__ import annotations

from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from plansmith.export.wordparts import RULE, el

INK, QUIET, ACCENT, BAD = "1D2125", "5D666E", "0B6670", "A63A1C"
MARGIN = Cm(1.2)
"""Where the text of an item begins, right of its id."""
FONT = "Calibri"

# id, name, based on, points, colour, bold, space before and after in points, indent in cm
PARAGRAPHS = (
    ("PlanSmall", "Plan Small", "Normal", 8.5, QUIET, False, 0, 4, 0.0),
    ("PlanItem", "Plan Item", "Normal", None, INK, True, 7, 1, 1.2),
    ("PlanStory", "Plan Story", "Normal", None, INK, False, 7, 1, 1.2),
    ("PlanTags", "Plan Tags", "Normal", 8.5, QUIET, False, 0, 2, 1.2),
    ("PlanNote", "Plan Note", "Normal", 9.5, INK, False, 0, 2, 1.2),
    ("PlanQuote", "Plan Quote", "Normal", 10, INK, False, 2, 3, 1.45),
    ("PlanPoint", "Plan Point", "Normal", 9.5, INK, False, 0, 2, 1.7),
    ("PlanCell", "Plan Cell", "Normal", 9, INK, False, 0, 0, 0.0),
    ("PlanCellSmall", "Plan Cell Small", "Normal", 8, QUIET, False, 0, 0, 0.0),
    ("PlanHead", "Plan Head", "Normal", 8, QUIET, False, 0, 0, 0.0),
    ("PlanValue", "Plan Value", "Normal", 14, INK, True, 0, 0, 0.0),
    ("PlanOver", "Plan Over", "Normal", 9, ACCENT, True, 0, 4, 0.0),
    ("PlanClient", "Plan Client", "Normal", 12, QUIET, False, 0, 4, 0.0),
    ("PlanLead", "Plan Lead", "Normal", 11.5, INK, False, 8, 4, 0.0),
    ("PlanContents", "Plan Contents", "Normal", 15, INK, True, 0, 10, 0.0),
)


def add_styles(document: Any) -> None:
    """Add the styles that a document lacks."""
    styles = document.styles
    there = {style.name for style in styles}
    for id, name, base, size, colour, bold, before, after, indent in PARAGRAPHS:
        if name in there:
            continue
        made = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        made.element.set(qn("w:styleId"), id)
        made.base_style = styles[base]
        form = made.paragraph_format
        form.space_before, form.space_after, form.left_indent = Pt(before), Pt(after), Cm(indent)
        form.line_spacing_rule = WD_LINE_SPACING.SINGLE
        if size:
            made.font.size = Pt(size)
        made.font.bold = bold
        made.font.color.rgb = RGBColor.from_string(colour)
        _shape(id, made)
    for id, name, colour, bold in (("PlanId", "Plan Id", ACCENT, True), ("PlanQuiet", "Plan Quiet", QUIET, False)):
        if name not in there:
            made = styles.add_style(name, WD_STYLE_TYPE.CHARACTER)
            made.element.set(qn("w:styleId"), id)
            made.font.color.rgb, made.font.bold = RGBColor.from_string(colour), bold
    if "Plan Table" not in there:
        styles.element.append(_table_style("Plan Table", 60, ("bottom", "insideH")))
    if "Plan Figures" not in there:
        styles.element.append(_table_style("Plan Figures", 100, ()))
    for name in ("Heading 1", "Heading 2", "List Bullet", "TOC 1"):
        if name not in there:
            made = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=True)
            made.base_style = styles["Normal"]
            made.element.set(qn("w:styleId"), name.replace(" ", ""))


def _shape(id: str, made: Any) -> None:
    form, properties = made.paragraph_format, made.element.get_or_add_pPr()
    if id in ("PlanItem", "PlanStory"):
        form.first_line_indent = -MARGIN
        form.tab_stops.add_tab_stop(MARGIN)
        form.keep_with_next = True
        _border(properties, "top", RULE, 4, 5)
    elif id == "PlanQuote":
        made.font.italic = True
        _border(properties, "left", ACCENT, 12, 6)
    elif id == "PlanPoint":
        form.first_line_indent = Cm(-0.4)
        form.tab_stops.add_tab_stop(Cm(1.7))
    elif id == "PlanOver":
        made.font.all_caps = True
        form.space_before = Pt(150)
    elif id == "PlanContents":
        form.page_break_before = True


def _border(properties: Any, side: str, colour: str, size: int, space: int) -> None:
    """A line beside a paragraph; it must stand before the paragraph's spacing in the XML."""
    line = el("pBdr", el(side, val="single", sz=size, space=space, color=colour))
    before = next((child for child in properties if child.tag in _AFTER_BORDER), None)
    if before is None:
        properties.append(line)
    else:
        before.addprevious(line)


_AFTER_BORDER = {
    qn(f"w:{name}") for name in ("shd", "tabs", "suppressAutoHyphens", "spacing", "ind", "jc", "outlineLvl")
}


def _table_style(name: str, padding: int, sides: tuple[str, ...]) -> Any:
    lines = [el(side, val="single", sz=4, space=0, color=RULE) for side in sides]
    margins = (
        el("top", w=padding, type="dxa"),
        el("left", w=0, type="dxa"),
        el("bottom", w=padding, type="dxa"),
        el("right", w=120, type="dxa"),
    )
    properties = el("tblPr", el("tblBorders", *lines), el("tblCellMar", *margins))
    spacing = el("pPr", el("spacing", before=0, after=0))
    return el(
        "style",
        el("name", val=name),
        el("basedOn", val="TableNormal"),
        el("uiPriority", val=99),
        spacing,
        properties,
        type="table",
        customStyle=1,
        styleId=name.replace(" ", ""),
    )


def our_design(document: Any, language: str) -> None:
    """Page, fonts and headings of a new document."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin, section.bottom_margin = Cm(2.4), Cm(2.2)
    section.header_distance = section.footer_distance = Cm(1.1)
    section.different_first_page_header_footer = True
    styles = document.styles
    normal = styles["Normal"]
    _font(normal, 10.5, INK)
    normal.paragraph_format.space_after, normal.paragraph_format.line_spacing = Pt(5), 1.12
    for name, size, before, after in (("Title", 30, 0, 8), ("Heading 1", 16, 24, 8), ("Heading 2", 11.5, 14, 5)):
        _font(styles[name], size, INK)
        styles[name].font.bold = True
        form = styles[name].paragraph_format
        form.space_before, form.space_after, form.keep_with_next = Pt(before), Pt(after), True
    for border in styles["Title"].element.findall(f".//{qn('w:pBdr')}"):
        border.getparent().remove(border)
    _font(styles["List Bullet"], 10.5, INK)
    styles["List Bullet"].paragraph_format.space_after = Pt(2)
    for name in ("Header", "Footer"):
        _font(styles[name], 8.5, QUIET)
    for properties in styles.element.findall(f"{qn('w:docDefaults')}//{qn('w:lang')}"):
        properties.set(qn("w:val"), {"en": "en-GB", "ro": "ro-RO"}[language])


def _font(style: Any, size: float, colour: str) -> None:
    style.font.size, style.font.name, style.font.color.rgb = Pt(size), FONT, RGBColor.from_string(colour)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    for name in ("eastAsia", "cs"):
        fonts.set(qn(f"w:{name}"), FONT)
