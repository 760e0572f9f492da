"""Make an example of an agency's Word template: its own colours and letters, Plansmith's fields.

Try: python examples/make_template.py agency.docx && plansmith export plan.md --to docx --template agency.docx
"""

from __future__ import annotations

import sys
from typing import Any

from docx import Document
from docx.shared import Pt, RGBColor

PLUM = RGBColor(0x6B, 0x1F, 0x5C)


def main(path: str) -> None:
    """Write the template."""
    document = Document()
    for name, size in (("Normal", 10.5), ("Title", 28), ("Heading 1", 17), ("Heading 2", 12)):
        style: Any = document.styles[name]
        style.font.name, style.font.size = "Georgia", Pt(size)
        if name != "Normal":
            style.font.color.rgb = PLUM
    section = document.sections[0]
    section.header.paragraphs[0].text = "Studio Plum · {{document}}"
    section.footer.paragraphs[0].text = "{{title}} for {{client}}"
    document.add_heading("{{title}}", 0)
    document.add_paragraph("Prepared for {{client}}. Work takes {{effort}}, {{duration}}, and ends on {{finish}}.")
    document.add_paragraph("{{summary}}")
    document.add_heading("What you asked for", 1)
    document.add_paragraph("{{requirements}}")
    document.add_heading("How we get there", 1)
    document.add_paragraph("{{timetable}}")
    table = document.add_table(2, 4, style="Light Grid Accent 4")
    heads = ("", "Task", "Hours", "When")
    fields = ("{{task.id}}", "{{task.title}}", "{{task.hours}}", "{{task.dates}}")
    for row, texts in zip(table.rows, (heads, fields), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_heading("What may go wrong", 1)
    document.add_paragraph("{{risks}}")
    document.add_heading("What we need to know", 1)
    document.add_paragraph("{{questions}}")
    document.save(path)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "agency.docx")
