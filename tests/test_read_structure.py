"""The structure of documents, exactly: what becomes of changes, boxes, columns, tables and turned pages."""

from __future__ import annotations

import io
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from documents import LOREM, docx, docx_of, drawn_pdf, eml, html, minimal_odt, odt, pdf
from hostile import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from plansmith.errors import InputError
from plansmith.plan import read_brief
from plansmith.sources.formats import child
from plansmith.sources.formats.blocks import Block, compose
from plansmith.sources.formats.encoding import guess
from plansmith.sources.read import SourceText, read_document
from plansmith.sources.recognise import is_ours


def reading(folder: Path, name: str, data: bytes) -> SourceText:
    (folder / name).write_bytes(data)
    return read_document(folder / name)


def run(text: str, settings: str = "") -> str:
    return f'<w:r><w:rPr>{settings}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(inner: str) -> str:
    return f"<w:p>{inner}</w:p>"


# Word


def test_word_is_read_exactly(tmp_path: Path) -> None:
    found = reading(tmp_path, "a.docx", docx())
    assert found.text == (
        "# Programări la service\n\n"
        "Clienții trebuie să își poată programa mașina; șeful vrea și o țintă de 20 pe zi.\n\n"
        "## Cerințe\n\n- Clientul alege ziua.\n- Mecanicul vede lista.\n  - Numai pe telefon.\n\n"
        "## Pași\n\n1. Schițe\n2. Probă\n\n"
        "| Etapă | Ore |\n|---|---|\n| Schițe | 12 |\n| A\\|B | 30 |\n"
    )
    assert found.notes == ('page header left out: "Confidențial"',)
    assert found.place_of(found.text.index("Mecanicul")) == "paragraph 5"
    assert found.place_of(found.text.index("| Schițe")) == "table 1"
    assert found.place_of(found.text.index("| A")) == "table 1"
    brief = read_brief(found.text)
    assert (brief.title, brief.language) == ("Programări la service", "ro")
    assert [s.text for s in brief.sentences if s.form == "row"] == ["Etapă: Schițe; Ore: 12", "Etapă: A|B; Ore: 30"]


def test_word_changes_comments_boxes_and_notes_are_taken_or_told(tmp_path: Path) -> None:
    inner = f"<w:txbxContent>{paragraph(run('In the box.'))}</w:txbxContent>"
    box = (
        f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>{inner}</wps:txbx></w:drawing>"
        f"</mc:Choice><mc:Fallback><w:pict>{inner}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    field = mark.format("begin") + "<w:r><w:instrText>DATE</w:instrText></w:r>" + mark.format("separate")
    field += run("3 May") + mark.format("end")
    changed = f"<w:ins>{run('can ')}</w:ins><w:del><w:r><w:delText>may </w:delText></w:r></w:del>"
    body = "".join(
        [
            paragraph(run("Staff ") + changed + run("print.")),
            paragraph(run("By ") + field + '<w:r><w:footnoteReference w:id="2"/></w:r>' + run(".") + box),
            paragraph(run("Seen.") + run("secret", "<w:vanish/>") + "<w:r><w:br/></w:r>" + run("Below")),
            paragraph('<w:hyperlink r:id="rId77">' + run("terms") + "</w:hyperlink>"),
            f"<w:sdt><w:sdtContent>{paragraph(run('In a control.'))}</w:sdtContent></w:sdt>",
        ]
    )
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    note = f'<w:footnotes {w}><w:footnote w:id="2">{paragraph(run("Or June."))}</w:footnote></w:footnotes>'
    comment = f'<w:comments {w}><w:comment w:author="Ana">{paragraph(run("Sure?"))}</w:comment></w:comments>'
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId77" Target="https://a.example/t" TargetMode="External"/></Relationships>'
    )
    parts = {"word/footnotes.xml": note, "word/comments.xml": comment, "word/_rels/document.xml.rels": relations}
    found = reading(tmp_path, "a.docx", docx_of(body, parts))
    assert found.text == (
        "Staff can print.\n\nBy 3 May[^1].\n\nIn the box.\n\nSeen.\nBelow\n\nterms (https://a.example/t)\n\n"
        "In a control.\n\n[^1]: Or June.\n"
    )
    said = "\n".join(found.notes)
    for what in ("Ana", "Sure?", "1 tracked insertion ", "1 tracked deletion ", "1 text box ", "secret", "header"):
        assert what in said
    assert found.place_of(found.text.index("In the box")) == "text box in paragraph 2"


def test_bold_paragraphs_are_headings_where_no_style_is(tmp_path: Path) -> None:
    body = "".join(
        [
            paragraph(run("Offer for a shop", '<w:b/><w:sz w:val="36"/>')),
            paragraph(run("Scope:", "<w:b/>")),
            paragraph(run("• Orders by phone")),
            paragraph(run("• Printed lists")),
            paragraph(run("Effort", "<w:b/>")),
            paragraph(run("In all ") + run("40 hours", "<w:b/>")),
        ]
    )
    found = reading(tmp_path, "a.docx", docx_of(body))
    assert found.text == (
        "# Offer for a shop\n\n## Scope\n\n- Orders by phone\n- Printed lists\n\n## Effort\n\nIn all 40 hours\n"
    )


def test_merged_cells_and_tables_that_only_arrange(tmp_path: Path) -> None:
    def cell(text: str, settings: str = "") -> str:
        return f"<w:tc><w:tcPr>{settings}</w:tcPr>{paragraph(run(text))}</w:tc>"

    rows = [
        cell("Phase") + cell("Hours", '<w:gridSpan w:val="2"/>'),
        cell("One", '<w:vMerge w:val="restart"/>') + cell("web") + cell("5"),
        cell("", "<w:vMerge/>") + cell("test") + cell("3"),
    ]
    table = "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"
    frame = f"<w:tbl><w:tr>{cell('Only a frame.')}</w:tr></w:tbl>"
    text = reading(tmp_path, "a.docx", docx_of(table + frame)).text
    assert text == "| Phase | Hours |  |\n|---|---|---|\n| One | web | 5 |\n|  | test | 3 |\n\nOnly a frame.\n"


def test_a_plan_in_our_form_survives_word(tmp_path: Path) -> None:
    from docx import Document

    document = Document()
    document.add_heading("Shop", 0)
    document.add_heading("Requirements", 1)
    line = document.add_paragraph(style="List Bullet")
    line.add_run("R1").bold = True
    line.add_run(" Staff can print lists.")
    document.add_paragraph("must · functional · S1", style="List Bullet 2")
    buffer = io.BytesIO()
    document.save(buffer)
    text = reading(tmp_path, "plan.docx", buffer.getvalue()).text
    assert "- **R1** Staff can print lists.\n  - must · functional · S1\n" in text
    assert is_ours(text)


# OpenDocument


def test_opendocument_is_read_exactly(tmp_path: Path) -> None:
    found = reading(tmp_path, "a.odt", odt())
    assert found.text == (
        "# Evidența contractelor\n\n## Ce vrem\n\n"
        "Angajații văd contractele[^1], iar șefii le semnează.\n\n- Caută\n  - după nume\n- Tipărește\n\n"
        "1. Schițe\n2. Probă\n\n| Rol | Ore |\n|---|---|\n| Web | 40 |\n\n[^1]: Doar ale lor.\n"
    )
    said = "\n".join(found.notes)
    assert "sigur?" in said
    assert "deletion" in said


def test_opendocument_boxes_and_links(tmp_path: Path) -> None:
    body = (
        '<text:p>See <text:a xlink:href="https://a.example/x">the terms</text:a>'
        "<draw:frame><draw:text-box><text:p>Boxed</text:p></draw:text-box></draw:frame></text:p>"
    )
    found = reading(tmp_path, "a.odt", minimal_odt(body))
    assert found.text == "See the terms (https://a.example/x)\n\nBoxed\n"
    assert any("text box" in note for note in found.notes)


# PDF


def test_a_table_over_three_pages_is_one(tmp_path: Path) -> None:
    found = reading(tmp_path, "a.pdf", pdf())
    lines = found.text.split("\n")
    assert [line for line in lines if line.startswith("#")] == [
        "# Warehouse lists",
        "## Background",
        "## Wishes",
        "## Steps",
    ]
    assert f"- {' '.join(LOREM)}" in lines
    assert [line for line in lines if line.startswith("| Task")] == [
        "| Task | Hours |",
        *[f"| Task {n} | {n} |" for n in range(1, 70)],
    ]
    assert found.notes == ('left out at the head of 3 pages: "Acme Ltd, confidential"',)


def lines_drawn(lines: list[str], leading: float = 12) -> bytes:
    def draw(canvas: Any) -> None:
        canvas.setFont("Helvetica", 10)
        for n, line in enumerate(lines):
            canvas.drawString(60, 760 - leading * n, line)

    return drawn_pdf(draw)


def test_a_title_above_two_columns(tmp_path: Path) -> None:
    left = [f"left {n} has five words" for n in range(12)]
    right = [f"right {n} has five words" for n in range(12)]

    def draw(canvas: Any) -> None:
        canvas.setFont("Helvetica", 18)
        canvas.drawString(60, 780, "A title across both of the columns")
        canvas.setFont("Helvetica", 10)
        for n, (one, two) in enumerate(zip(left, right, strict=True)):
            canvas.drawString(60, 740 - 13 * n, one)
            canvas.drawString(220, 740 - 13 * n, two)

    text = reading(tmp_path, "a.pdf", drawn_pdf(draw)).text
    assert " ".join(text.split()).endswith(" ".join(left + right))
    assert text.startswith("# A title across both")


def test_aligned_cells_are_a_table(tmp_path: Path) -> None:
    rows = [("Task", "Role", "Hours"), ("Design of screens", "design", "12"), ("Server", "backend", "30")]
    rows.append(("Trial", "qa", "8"))

    def draw(canvas: Any) -> None:
        canvas.setFont("Helvetica", 10)
        canvas.drawString(60, 760, "This is what we have in mind for the first weeks of the year.")
        for n, row in enumerate(rows):
            for x, cell in zip((60, 220, 330), row, strict=True):
                canvas.drawString(x, 730 - 14 * n, cell)
        canvas.drawString(60, 660, "All hours are estimates.")

    text = reading(tmp_path, "a.pdf", drawn_pdf(draw)).text
    assert (
        "| Task | Role | Hours |\n|---|---|---|\n| Design of screens | design | 12 |\n| Server | backend | 30 |" in text
    )
    assert text.endswith("| Trial | qa | 8 |\n\nAll hours are estimates.\n")


def test_words_broken_at_line_ends_are_joined(tmp_path: Path) -> None:
    lines = ["The company wants its documen-", "tation to be found by e-", "mail, and the self-"]
    lines += ["service desk too. Documentation is", "what they ask for at most of the times."]
    assert reading(tmp_path, "a.pdf", lines_drawn(lines)).text == (
        "The company wants its documentation to be found by e-mail, and the self-service desk too. "
        "Documentation is what they ask for at most of the times.\n"
    )


def test_nested_items_and_typed_numbers(tmp_path: Path) -> None:
    def draw(canvas: Any) -> None:
        canvas.setFont("Helvetica", 10)
        for n, (x, text) in enumerate(
            [
                (60, "• Orders"),
                (80, "– by phone, which most of the"),
                (90, "older customers prefer"),
                (60, "• Lists"),
                (60, "1. Look"),
                (60, "2. Build"),
            ]
        ):
            canvas.drawString(x, 760 - 13 * n, text)

    text = reading(tmp_path, "a.pdf", drawn_pdf(draw)).text
    assert text == ("- Orders\n  - by phone, which most of the older customers prefer\n- Lists\n\n1. Look\n2. Build\n")


def platypus(story: list[Any]) -> bytes:
    from reportlab.platypus import SimpleDocTemplate

    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, invariant=1).build(story)
    return buffer.getvalue()


def test_rules_between_rows_part_them_whatever_is_wrapped(tmp_path: Path) -> None:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, Table

    style = getSampleStyleSheet()["BodyText"]
    work = "Design of all the screens that members see on their phones and the desk sees on its screen"
    rows = [["Phase", "Work", "Hours"], *[[f"Phase {n}", Paragraph(work, style), str(n * 10)] for n in (1, 2)]]
    lines = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.3, (0.5, 0.5, 0.5))]
    text = reading(tmp_path, "a.pdf", platypus([Table(rows, colWidths=[70, 200, 60], style=lines)])).text
    assert text == (f"| Phase | Work | Hours |\n|---|---|---|\n| Phase 1 | {work} | 10 |\n| Phase 2 | {work} | 20 |\n")


def test_a_table_as_books_have_it(tmp_path: Path) -> None:
    from reportlab.platypus import Table

    rows = [["Item", "Price", "Notes"], ["Court hour", "£12.00", "members only"], ["Coach", "£30.00", ""]]
    rows += [["Lights", "£2.50", "per half hour"]]
    lines = [
        (kind, (0, at), (-1, at), 1, (0, 0, 0)) for kind, at in (("LINEABOVE", 0), ("LINEBELOW", 0), ("LINEBELOW", -1))
    ]
    text = reading(tmp_path, "a.pdf", platypus([Table(rows, style=lines)])).text
    assert text == (
        "| Item | Price | Notes |\n|---|---|---|\n| Court hour | £12.00 | members only |\n| Coach | £30.00 |  |\n"
        "| Lights | £2.50 | per half hour |\n"
    )


@given(st.data())
def test_no_word_of_a_page_is_lost(data: st.DataObject) -> None:
    """Whatever stands where: words are put in some order, never dropped and never doubled."""
    from plansmith.sources.formats.pdfblocks import Pages
    from plansmith.sources.formats.pdfletters import Page, Rule, Word

    place = st.integers(0, 600)
    pages = []
    for number in (1, 2):
        page = Page(number, 600, 600)
        for n in range(data.draw(st.integers(0, 25))):
            x, y = data.draw(place), data.draw(st.sampled_from((100, 112, 124, 136, 300, 301, 590)))
            text = data.draw(st.sampled_from((f"w{number}x{n}", f"W{number}x{n}.", f"k{number}x{n}-")))
            page.words.append(Word(text, x, x + 30, y, data.draw(st.sampled_from((9.0, 10.0, 16.0))), n % 5 == 0))
        for _ in range(data.draw(st.integers(0, 8))):
            x, y, length = data.draw(place), data.draw(place), data.draw(st.integers(6, 300))
            page.rules.append(Rule(x, y, x + length, y) if data.draw(st.booleans()) else Rule(x, y, x, y + length))
        pages.append(page)
    words = sorted(re.sub(r"\W", "", w.text) for page in pages for w in page.words)
    made = compose(Pages(pages).blocks()).text
    for word in words:
        assert word in re.sub(r"[^\w]", "", made)
    assert sum(map(len, words)) == len(re.sub(r"\W", "", re.sub(r"(?m)^\s*\d+\. ", "", made)))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_pages_are_read_upright(turn: int, tmp_path: Path) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf())
    for page in document:
        width, height = page.get_size()
        page.set_rotation(turn)
        # the page's contents are turned against it, as scanners and office programs do
        back = pypdfium2.PdfMatrix().rotate(turn, ccw=True)
        corners = [back.on_point(x, y) for x, y in ((0, 0), (width, 0), (0, height), (width, height))]
        back = back.translate(-min(c[0] for c in corners), -min(c[1] for c in corners))
        for item in page.get_objects():
            item.transform(back)
        wide = max(c[0] for c in corners) - min(c[0] for c in corners)
        high = max(c[1] for c in corners) - min(c[1] for c in corners)
        page.set_mediabox(0, 0, wide, high)
        page.set_cropbox(0, 0, wide, high)
        page.gen_content()
    buffer = io.BytesIO()
    document.save(buffer)
    text = reading(tmp_path, "a.pdf", buffer.getvalue()).text
    assert text.startswith("# Warehouse lists\n\n## Background")
    assert "- Drivers must see their tour." in text


def test_what_a_pdf_holds_beside_text_is_told(tmp_path: Path) -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    def draw(canvas: Any) -> None:
        canvas.setFont("Helvetica", 10)
        canvas.drawString(60, 700, "A page with words enough to be no scan of a page, whatever else it holds.")
        canvas.saveState()
        canvas.translate(200, 300)
        canvas.rotate(45)
        canvas.drawString(0, 0, "DRAFT")
        canvas.restoreState()
        canvas.textAnnotation("Is this right?", Rect=[100, 100, 120, 120])
        canvas.acroForm.textfield(name="budget", value="9000", x=60, y=500)
        canvas.showPage()
        canvas.drawImage(ImageReader(Image.new("L", (9, 9))), 50, 50, 300, 300)
        canvas.showPage()

    found = reading(tmp_path, "a.pdf", drawn_pdf(draw))
    said = "\n".join(found.notes)
    for what in ("page 2 holds only a picture, no text", "DRAFT", "Is this right?", "9000"):
        assert what in said
    assert "DRAFT" not in found.text


def test_nothing_is_lost_at_the_edges_of_pages(tmp_path: Path) -> None:
    """Rows that differ only in their numbers are rows, not running footers."""

    def draw(canvas: Any) -> None:
        for page in range(3):
            canvas.setFont("Helvetica", 10)
            for n in range(50):
                canvas.drawString(60, 800 - 15 * n, f"Sprint {page * 50 + n} takes {(page * 7 + n) % 9} days")
            canvas.drawString(280, 20, f"{page + 1} / 3")
            canvas.showPage()

    text = reading(tmp_path, "a.pdf", drawn_pdf(draw)).text
    assert all(f"Sprint {n} " in text for n in range(150))
    assert "/ 3" not in text


def test_scripts_in_a_pdf_with_text_are_told_and_not_run(tmp_path: Path) -> None:
    data = pdf().replace(b"/Type /Catalog", b"/OpenAction << /S /JavaScript /JS (app.alert) >> /Type /Catalog")
    found = reading(tmp_path, "a.pdf", data)
    assert "Warehouse lists" in found.text
    assert any("not run" in note for note in found.notes)


# web pages and mails


def test_html_is_read_exactly(tmp_path: Path) -> None:
    found = reading(tmp_path, "a.html", html())
    assert found.text == (
        "# Aplicație pentru curieri\n\nCurierii trebuie să scaneze\ncoletele. Vezi termenii "
        "(https://exemplu.example/termeni).\n\n## Funcții\n\n- Scanare\n  - cu camera\n- Semnătură\n\n"
        "3. Probă\n4. Lansare\n\n| Etapă | Ore |\n|---|---|\n| Schițe | 12 |\n| Total 12 |  |\n\n"
        "> Ca la concurență.\n\n- AWB: scrisoarea de transport\n"
    )
    said = "\n".join(found.notes)
    for what in ("navigation", "ignore all instructions", "picture"):
        assert what in said


def test_mail_replies_and_signature_are_marked(tmp_path: Path) -> None:
    found = reading(tmp_path, "a.eml", eml())
    assert "\n\n---\n\nȘtefan Țăran\n" in found.text
    assert "\n\n> Ce buget aveți?\n\n> > Depinde.\n" in found.text
    assert found.place_of(found.text.index("Firma SRL")) == "signature"
    assert found.place_of(found.text.index("> Ce buget")) == "earlier mail"
    brief = read_brief(found.text)
    assert brief.title == "Aplicație pentru ședințe"
    assert [s.form for s in brief.sentences[:3]] == ["header"] * 3


def test_mail_of_html_only_and_a_forwarded_one(tmp_path: Path) -> None:
    inner = EmailMessage()
    inner["Subject"] = "Cerere"
    inner["From"] = "a@b.example"
    inner.set_content("Dorim o aplicație.")
    outer = EmailMessage()
    outer["Subject"] = "Fwd: Cerere"
    outer["From"] = "c@d.example"
    page = "<p>Vezi <b>mai jos</b> şi răspunde</p>".encode("cp1250")
    outer.set_content(page, "text", "html", cte="base64", params={"charset": "windows-1250"})
    outer.add_attachment(inner)
    text = reading(tmp_path, "a.eml", outer.as_bytes()).text
    assert "Vezi mai jos şi răspunde" in text
    assert "## Cerere\n\nFrom: a@b.example\n\nDorim o aplicație." in text


def test_flowed_lines_of_a_mail_are_joined(tmp_path: Path) -> None:
    data = (
        b"Subject: x\r\nContent-Type: text/plain; format=flowed\r\n\r\nWe want \r\nan app.\r\n\r\n- one \r\n- two\r\n"
    )
    assert "We want an app.\n" in reading(tmp_path, "a.eml", data).text


# encodings, limits, blocks


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Les clients peuvent réserver à l’avance – c’est là où ça coûte 30 €, déjà élevé pour l’été.", "cp1252"),
        ("Die Kunden müssen Plätze für Gäste wählen können.", "cp1252"),
        ("Vrem să vedem clienţii şi comenzile în mai.", "cp1250"),
        ("Klienci mogą zamówić więcej miejsc, żeby wpłacić później.", "cp1250"),
        ("Bună ziua, vrem să vedem ședințele.", "utf-16"),
    ],
)
def test_old_encodings_are_told_apart(text: str, encoding: str) -> None:
    assert guess(text.encode(encoding))[0] == text


def test_one_broken_byte_does_not_spoil_the_rest() -> None:
    text = "Bună ziua, vrem să vedem ședințele și țintele noastre."
    data = text.encode() + b"\xff"
    assert guess(data) == (text + "\ufffd", "utf-8 with broken bytes")


def test_a_slow_file_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "SECONDS", 0.001)
    one = child.Child()
    try:
        with pytest.raises(child.Refusal, match="seconds"):
            one.read("pdf", pdf())
    finally:
        one.stop()


def test_after_a_file_that_took_all_memory_the_next_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_document(HOSTILE["stream bomb in PDF"][0](tmp_path))
    assert "Warehouse" in reading(tmp_path, "b.pdf", pdf()).text


INLINE = st.text(st.characters(categories=["L", "N", "P", "Zs"], max_codepoint=0x24F), min_size=1, max_size=40)
CELLS = st.lists(st.lists(INLINE, min_size=2, max_size=4), max_size=4)
BLOCK = st.one_of(
    st.builds(lambda t: Block("paragraph", t, "p"), INLINE),
    st.builds(lambda t, n: Block("heading", t, "h", n), INLINE, st.integers(1, 6)),
    st.builds(lambda t, n, k: Block("item", t, "i", n, k), INLINE, st.integers(0, 3), st.none() | st.integers(1, 30)),
    st.builds(lambda rows: Block("table", "", "t", rows=rows), CELLS),
)


@given(st.lists(BLOCK, max_size=12))
def test_no_word_is_lost_between_blocks_and_brief(blocks: list[Block]) -> None:
    made = compose(blocks)
    for block in blocks:
        for said in [block.text, *(cell for row in block.rows for cell in row)]:
            for word in re.findall(r"[^\W_]{2,}", said):
                assert word in made.text or word in re.sub(r"\W", "", made.text)
    read_brief(made.text)
    for place in made.places:
        assert made.text[place.start : place.end].strip()
