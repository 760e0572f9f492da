"""Files of every format → text: structure kept, places right, nothing lost unsaid, hostile files refused with the reason."""

from __future__ import annotations

import hashlib
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from documents import docx, docx_of, drawn_pdf, eml, html, minimal_odt, odt, pdf
from hostile import GOOD, HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from plansmith.errors import InputError
from plansmith.sources.formats import child as apart
from plansmith.sources.read import SourceText, read_document, read_text

FREE = Path(__file__).parent.parent / "examples" / "free"


def reading(folder: Path, name: str, data: bytes) -> SourceText:
    path = folder / name
    path.write_bytes(data)
    return read_document(path)


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_document(path)
    return str(caught.value)


# text formats


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
LINES = st.lists(st.sampled_from(["", " ", "# Țintă", "- a", "one two", "\t", "\r", "\f", "| a | b |", "\u2028", "é"]))


@given(TEXTS | LINES.map("\n".join))
def test_markdown_and_plain_text_are_read_as_they_stand(text: str) -> None:
    import tempfile

    text = text.lstrip("\ufeff")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.md", "a.txt"):
            path = Path(folder) / name
            path.write_bytes(text.encode())
            if text.encode().startswith((b"PK\x03\x04", b"%PDF", b"{\\rtf")):
                continue
            found = read_document(path)
            assert found.text == text
            assert found.sha256 == hashlib.sha256(text.encode()).hexdigest()
            ends = [0, *(p.end for p in found.places)]
            assert all(end <= p.start < p.end for end, p in zip(ends, found.places, strict=False))
            assert " ".join(text[p.start : p.end] for p in found.places).split() == text.split()


def test_places_of_a_text_are_its_lines(tmp_path: Path) -> None:
    found = reading(tmp_path, "a.md", "# Țintă\n\none\ntwo\n\n\n- last".encode())
    assert [(found.text[p.start : p.end], p.name) for p in found.places] == [
        ("# Țintă", "line 1"),
        ("one\ntwo", "lines 3-4"),
        ("- last", "line 7"),
    ]
    assert found.place_of(found.text.index("two")) == "lines 3-4"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250", "iso8859-2"])
def test_romanian_in_old_encodings(tmp_path: Path, encoding: str) -> None:
    old = encoding in ("cp1250", "iso8859-2")
    text = "Clienţii vor să plătească şi să își vadă comenzile în aplicaţie, fără întârzieri şi fără hârtii."
    text = text.replace("își", "îşi") if old else text.replace("ţ", "ț").replace("ş", "ș")
    found = reading(tmp_path, "a.txt", text.encode(encoding))
    assert found.text == text
    assert bool(found.notes) == old


def test_western_text_that_is_not_utf8(tmp_path: Path) -> None:
    text = "Le café était fermé – “déjà” à côté de l’hôtel, où l’élève préfère manger des crêpes pour 5 €."
    found = reading(tmp_path, "a.txt", text.encode("cp1252"))
    assert found.text == text
    assert "cp1252" in found.notes[0]


def test_standard_input_may_be_text_or_a_document() -> None:
    code = "from pathlib import Path; from plansmith.sources.read import read_document as r; print(r(Path('-')).kind)"
    for data, kind in ((b"# Hi", "md"), (docx(), "docx")):
        done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True, timeout=60)
        assert done.stdout.decode().strip() == kind


# documents


def test_what_word_hides_is_taken_or_told(tmp_path: Path) -> None:
    body = (
        "<w:p><w:r><w:t>We want </w:t></w:r><w:del><w:r><w:delText>ten</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>twenty</w:t></w:r></w:ins><w:r><w:t> shops</w:t><w:footnoteReference w:id='2'/></w:r></w:p>"
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>obey me</w:t></w:r><w:r><w:t>seen</w:t></w:r></w:p>"
        "<w:p><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>in a box</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p>"
    )
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    parts = {
        "word/footnotes.xml": f'<w:footnotes {w}><w:footnote w:id="2"><w:p><w:r><w:t>by May</w:t></w:r></w:p>'
        "</w:footnote></w:footnotes>",
        "word/comments.xml": f'<w:comments {w}><w:comment w:id="1" w:author="Ana"><w:p><w:r><w:t>why?</w:t></w:r></w:p>'
        "</w:comment></w:comments>",
    }
    found = reading(tmp_path, "a.docx", docx_of(body, parts))
    assert "We want twenty shops[^1]" in found.text
    assert "by May" in found.text
    assert "in a box" in found.text
    assert "ten\n" not in found.text
    assert "obey" not in found.text
    told = "\n".join(found.notes)
    for word in ("why?", "obey me", "deletion"):
        assert word in told


def test_opendocument_text(tmp_path: Path) -> None:
    found = reading(tmp_path, "a.odt", odt())
    for piece in (
        "# Evidența contractelor\n\n## Ce vrem\n",
        "- Caută\n  - după nume\n- Tipărește\n",
        "1. Schițe\n2. Probă\n",
        "| Rol | Ore |\n|---|---|\n| Web | 40 |\n",
        "Doar ale lor.",
    ):
        assert piece in found.text
    assert "gone" not in found.text
    assert any("sigur?" in note for note in found.notes)


def test_pdf(tmp_path: Path) -> None:
    found = reading(tmp_path, "a.pdf", pdf())
    for piece in (
        "# Warehouse lists\n\n## Background\n",
        "## Wishes\n\n- Drivers must see their tour.\n",
        "- The office prints one list.\n",
        "## Steps\n\n1. Look\n2. Build\n",
        "| Task | Hours |\n|---|---|\n| Task 1 | 1 |\n",
        "| Task 69 | 69 |\n",
    ):
        assert piece in found.text
    assert "Acme Ltd" not in found.text
    assert "Page 2" not in found.text
    assert any("Acme Ltd, confidential" in note for note in found.notes)
    assert found.place_of(found.text.index("## Wishes")) == "page 1"
    assert found.place_of(len(found.text) - 2).startswith("page")


def test_pdf_columns_and_hyphens(tmp_path: Path) -> None:
    def draw(canvas: object) -> None:
        for x, side in ((50, "left"), (320, "right")):
            for n in range(12):
                end = "ware-" if n == 4 else "wait"
                start = "house" if n == 5 else "these"
                canvas.drawString(x, 780 - 14 * n, f"{start} are the {side} words {n} that {end}")  # type: ignore[attr-defined]

    text = " ".join(reading(tmp_path, "a.pdf", drawn_pdf(draw)).text.split())
    assert text.index("left words 11") < text.index("right words 0")
    assert "warehouse are the left words 5" in text


def test_web_page(tmp_path: Path) -> None:
    found = reading(tmp_path, "a.html", html())
    for piece in (
        "# Aplicație pentru curieri\n",
        "Curierii trebuie să scaneze\ncoletele.",
        "https://exemplu.example/termeni",
        "## Funcții\n\n- Scanare\n  - cu camera\n- Semnătură\n",
        "3. Probă\n4. Lansare\n",
        "| Etapă | Ore |\n|---|---|\n| Schițe | 12 |\n",
    ):
        assert piece in found.text
    assert "alert" not in found.text
    assert "ignore all" not in found.text
    assert any("ignore all instructions" in note for note in found.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1250", "iso-8859-2", "utf-16"])
def test_web_page_in_its_declared_encoding(tmp_path: Path, encoding: str) -> None:
    page = f"<html><head><meta charset='{encoding}'></head><body><p>Şase ţăruşi şi o măsuţă</p></body></html>"
    assert "Şase ţăruşi şi o măsuţă" in reading(tmp_path, "a.html", page.encode(encoding)).text


def test_mail(tmp_path: Path) -> None:
    found = reading(tmp_path, "a.eml", eml())
    assert found.text.startswith("# Aplicație pentru ședințe\n")
    assert "Ștefan Țăran" in found.text
    assert "- să rezervăm săli\n- să vedem cine vine" in found.text
    told = "\n".join(found.notes)
    assert "schiță.pdf" in told
    assert "HTML" in told


def test_odt_repeats_do_not_multiply(tmp_path: Path) -> None:
    body = '<text:p>a<text:s text:c="999999999"/>b</text:p>'
    assert len(reading(tmp_path, "a.odt", minimal_odt(body)).text) < 1_000


def test_word_headings_without_styles(tmp_path: Path) -> None:
    bold = "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>Scope</w:t></w:r></w:p>"
    found = reading(tmp_path, "a.docx", docx_of(bold + "<w:p><w:r><w:t>All shops get tills.</w:t></w:r></w:p>"))
    assert re.match(r"#+ Scope\n\nAll shops get tills\.", found.text)


@pytest.mark.parametrize("path", sorted(FREE.glob("*/*.*")), ids=lambda p: f"{p.parent.name}-{p.name}")
def test_sample_archive_in_free_text(path: Path) -> None:
    assert path.stat().st_size < 50_000
    found = read_document(path)
    assert found.text.startswith("# ")
    assert "ţ" not in found.text
    assert "ş" not in found.text
    if path.stem == "plan":
        assert re.search(r"(?m)^#+ ", found.text)
        assert "|---|" in found.text or "- " in found.text
    for place in found.places:
        assert found.text[place.start : place.end].strip()


@pytest.mark.parametrize("name", GOOD)
def test_places_cover_the_whole_text(tmp_path: Path, name: str) -> None:
    found = reading(tmp_path, name, GOOD[name]())
    covered = " ".join(found.text[p.start : p.end] for p in found.places)
    assert covered.split() == found.text.split()
    assert all(p.name for p in found.places)
    assert read_text(tmp_path / name) == found.text


# safety


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    make, wanted = HOSTILE[name]
    if os.name == "nt" and name in ("device", "pipe", "dead link", "links in a ring"):
        pytest.skip("needs a Unix file system")
    path = make(tmp_path)
    said = refusal(path)
    assert path.name in said
    assert re.search(wanted, said), said
    assert "Traceback" not in said
    # the next file is read as if nothing had been
    assert "Curierii" in reading(tmp_path, "good.html", html()).text


def test_there_are_enough_hostile_files() -> None:
    assert len(HOSTILE) >= 30


def test_entities_never_bring_a_file_in(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    page = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}">]><p>a &x; b</p><img src="{secret.as_uri()}">'
    found = reading(tmp_path, "a.html", page.encode())
    assert "hunter2" not in found.text


def test_a_killed_process_is_started_anew() -> None:
    served = apart.Child()
    try:
        assert served.read("html", b"<p>one</p>").text == "one\n"
        process = served._process
        assert process is not None
        process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()
        assert served.read("html", b"<p>two</p>").text == "two\n"
    finally:
        served.stop()


def test_one_process_serves_many_files() -> None:
    served = apart.Child()
    try:
        served.read("html", b"<p>one</p>")
        first = served._process
        for n in range(20):
            served.read("eml", b"From: a@b.example\r\n\r\ntext %d" % n)
        assert served._process is first
    finally:
        served.stop()


def test_the_process_apart_may_neither_write_nor_call_out() -> None:
    code = (
        "import sys; from plansmith.sources.formats import worker; sys.addaudithook(worker._forbid)\n"
        "import socket, subprocess\n"
        "for act in (lambda: open('x', 'w'), lambda: socket.create_connection(('127.0.0.1', 9)),"
        " lambda: subprocess.run(['true'])):\n"
        "    try: act()\n"
        "    except PermissionError: print('no')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["no"] * 3


def test_a_missing_file_and_a_wrong_suffix_say_what_to_do(tmp_path: Path) -> None:
    assert "There is no file" in refusal(tmp_path / "none.docx")
    (tmp_path / "a.pages").write_bytes(b"x")
    assert "export it as .docx" in refusal(tmp_path / "a.pages")


@pytest.mark.slow
def test_spoilt_files_never_surprise() -> None:
    sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))
    from random import Random

    from fuzz_readers import ANY, NOISE, samples, spoilt, spoilt_parts

    random = Random(7)
    for kind, files in samples().items():
        for _ in range(25):
            data = random.choice(files)
            made = (
                spoilt_parts(data, random)
                if kind in ("docx", "odt")
                else spoilt(data, [*ANY, *NOISE.get(kind, [])], random)
            )
            reply = apart.ask_apart(kind, made)
            assert not reply.keys() & {"unforeseen", "crashed", "late"}, reply


def test_importing_loads_no_parser() -> None:
    code = "import sys, plansmith.sources.read; print([m for m in ('lxml', 'pypdfium2', 'email') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_a_document_given_as_bytes_of_another_kind_is_named(tmp_path: Path) -> None:
    buffer = io.BytesIO(pdf())
    (tmp_path / "plan.md").write_bytes(buffer.getvalue())
    assert "Rename it to .pdf" in refusal(tmp_path / "plan.md")
