"""An agency's own Word file with the plan filled into its fields.

Enters: a `Planned` and a .docx with fields in double braces. Leaves: the document, in the agency's own styles.
Try: plansmith export plan.md --to docx --template agency.docx

Three kinds of fields (docs/formats.md lists them): {{title}} stands for a text, anywhere, in headers and footers too;
{{tasks}}, alone in a paragraph, for a chapter; {{task.title}}, in a row of a table, for each task, row by row.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import docx
from docx.oxml.ns import qn

from plansmith.errors import InputError
from plansmith.export.compose import CHAPTERS, compose
from plansmith.export.fields import FIELDS, ROWS, row_values, values
from plansmith.export.planned import Planned
from plansmith.export.word import drawing
from plansmith.export.wordparts import clean
from plansmith.export.wordstyles import add_styles

_FIELD = re.compile(r"\{\{\s*([\w.]*)\s*\}\}")


def filled(made: Planned, path: Path) -> Any:
    """The template with every field filled in. Errors: InputError for a file that is no .docx, or unknown fields."""
    document = _opened(path)
    parts = list(_parts(document))
    if problems := list(_problems(parts)):
        raise InputError(f"{path} cannot be filled in:", problems)
    add_styles(document)
    told = compose(made)
    draw = drawing(document, told)
    sections = {section.key: section for section in told.sections}
    for part in parts:
        for row in list(part.iter(qn("w:tr"))):
            _repeat(row, made)
    for paragraph in [p for part in parts for p in part.iter(qn("w:p"))]:
        name = _alone(paragraph)
        if name in CHAPTERS:
            _replace(paragraph, draw.blocks(sections[name]) if name in sections else ())
        elif name == "plan":
            _replace(paragraph, (one for section in told.sections for one in draw.section(section)))
    known = values(made)
    for part in parts:
        for paragraph in part.iter(qn("w:p")):
            _fill(paragraph, known)
    return document


def _opened(path: Path) -> Any:
    if not path.is_file():
        raise InputError(f"The template {path} does not exist. Give the path of a .docx file.")
    try:
        return docx.Document(str(path))
    except Exception as error:  # python-docx raises whatever the broken file trips over
        raise InputError(f"The template {path} is no Word file (.docx): {error}. Save it as .docx in Word.") from error


def _parts(document: Any) -> Iterator[Any]:
    """The roots that hold paragraphs: body, headers, footers."""
    yield document.element.body
    seen = set()
    for section in document.sections:
        for kind in ("header", "footer"):
            for variant in ("", "first_page_", "even_page_"):
                part = getattr(section, f"{variant}{kind}")
                if not part.is_linked_to_previous and id(part._element) not in seen:
                    seen.add(id(part._element))
                    yield part._element


def _text(paragraph: Any) -> str:
    return "".join(one.text or "" for one in paragraph.iter(qn("w:t")))


def _alone(paragraph: Any) -> str:
    """The name of the field that is all a paragraph holds."""
    found = _FIELD.fullmatch(_text(paragraph).strip())
    return found.group(1).lower() if found else ""


def _problems(parts: list[Any]) -> Iterator[str]:
    fields = [*FIELDS, *CHAPTERS, "plan"]
    fields += [f"{kind}.{name}" for kind, names in ROWS.items() for name in names]
    said, any_field = set(), False
    for paragraph in (p for part in parts for p in part.iter(qn("w:p"))):
        for match in _FIELD.finditer(_text(paragraph)):
            name, any_field = match.group(1).lower(), True
            if name in said:
                continue
            said.add(name)
            if name not in fields:
                near = difflib.get_close_matches(name, fields, 1)
                hint = f"Did you mean {{{{{near[0]}}}}}?" if near else "docs/formats.md lists the fields."
                yield f"{match.group()} is no field. {hint}"
            elif name in (*CHAPTERS, "plan") and _alone(paragraph) != name:
                yield f"{match.group()} stands for a whole chapter, so it must be alone in its paragraph: {_text(paragraph)[:60]!r}"
            elif "." in name and next(paragraph.iterancestors(qn("w:tr")), None) is None:
                yield f"{match.group()} is repeated for each item, so it must stand in a row of a table"
    if not any_field:
        yield "it has no fields, such as {{title}} or {{tasks}}; docs/formats.md lists them"


def _repeat(row: Any, made: Planned) -> None:
    """A row with fields of items becomes one row for each item; with none, the row goes."""
    names = {match.group(1).lower() for match in _FIELD.finditer("".join(_text(p) + "\n" for p in row.iter(qn("w:p"))))}
    kinds = {name.partition(".")[0] for name in names if "." in name}
    if not kinds or next(row.iterdescendants(qn("w:tr")), None) is not None:
        return
    for item in row_values(made, kinds):
        copy = deepcopy(row)
        for paragraph in copy.iter(qn("w:p")):
            _fill(paragraph, item)
        row.addprevious(copy)
    table = row.getparent()
    table.remove(row)


def _replace(paragraph: Any, elements: Any) -> None:
    made = list(elements)
    for one in made:
        paragraph.addprevious(one)
    if paragraph.getparent().tag == qn("w:tc") and (not made or made[-1].tag == qn("w:tbl")):
        _empty(paragraph)  # a cell must end in a paragraph
    elif paragraph.find(f".//{qn('w:sectPr')}") is not None:
        _empty(paragraph)  # it carries a section's page layout
    else:
        paragraph.getparent().remove(paragraph)


def _empty(paragraph: Any) -> None:
    for run in list(paragraph.iter(qn("w:r"))):
        run.getparent().remove(run)


def _fill(paragraph: Any, known: Mapping[str, str]) -> None:
    """Replace the fields of one paragraph; a field that Word split into several runs takes the format of its first."""
    texts = list(paragraph.iter(qn("w:t")))
    whole = "".join(one.text or "" for one in texts)
    matches = [match for match in _FIELD.finditer(whole) if match.group(1).lower() in known]
    for match in reversed(matches):
        put, place = clean(known[match.group(1).lower()]), 0
        for one in texts:
            text = one.text or ""
            first, last = max(match.start() - place, 0), min(match.end() - place, len(text))
            place += len(text)
            if first < last:
                one.text = text[:first] + put + text[last:]
                one.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
                put = ""
