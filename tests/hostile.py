"""Files made to do harm, or spoilt: each with the word that its refusal must hold.

Enters: a folder. Leaves: `HOSTILE`: name → (maker of the file, what the refusal says).
"""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from documents import W, docx, eml, html, minimal_odt, odt, pdf, raw_pdf, word

CONTENT_TYPES = "[Content_Types].xml"


def zipped(files: dict[str, bytes | str], **extra: object) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def repacked(data: bytes, changes: dict[str, bytes | str]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        files: dict[str, bytes | str] = {name: old.read(name) for name in old.namelist()}
    return zipped(files | changes)


def big_xml(size: int) -> bytes:
    return (
        f'<w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>'.encode()
        + b"a" * size
        + b"</w:t></w:r></w:p></w:body></w:document>"
    )


def zip_bomb() -> bytes:
    return repacked(docx(), {"word/document.xml": big_xml(60_000_000)})


def lying_bomb() -> bytes:
    """The directory says that the part is small; it is not."""
    data = bytearray(repacked(docx(), {"word/document.xml": big_xml(80_000_000)}))
    real, small = struct.pack("<I", len(big_xml(80_000_000))), struct.pack("<I", 5_000)
    return bytes(data).replace(real, small)


def many_parts() -> bytes:
    return repacked(docx(), {f"word/media/{n}.png": b"" for n in range(4_000)})


def quine_bomb() -> bytes:
    """Entries that all point at the same packed megabytes, as in 42.zip's successor."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"\0" * 30_000_000) + packer.flush()
    crc = zlib.crc32(b"\0" * 30_000_000)
    body = (
        struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 33, crc, len(packed), 30_000_000, 5, 0) + b"word/" + packed
    )
    central = b""
    for n in range(200):
        name = f"word/{n}".encode()
        central += (
            struct.pack(
                "<IHHHHHHIIIHHHHHII",
                0x02014B50,
                20,
                20,
                0,
                8,
                0,
                33,
                crc,
                len(packed),
                30_000_000,
                len(name),
                0,
                0,
                0,
                0,
                0,
                0,
            )
            + name
        )
    return body + central + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 200, 200, len(central), len(body), 0)


def nested_zip() -> bytes:
    inner = zipped({"a.txt": b"0" * 500_000})
    for level in range(6):
        inner = zipped({f"{level}-{n}.zip": inner for n in range(4)})
    return inner


def laughs(root: str = "w:document") -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return (
        f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY l0 "ha">{entities}]>'
        f'<w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>&l9;</w:t></w:r></w:p></w:body></w:document>'
    )


def outside_entity(target: str) -> str:
    return (
        f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "{target}">]>'
        f'<w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>'
    )


def outside_dtd() -> str:
    return f'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><w:document xmlns:w="{W}"><w:body/></w:document>'


def linked_part() -> bytes:
    buffer = io.BytesIO(docx())
    with zipfile.ZipFile(buffer, "a") as archive:
        info = zipfile.ZipInfo("word/media/secret")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def twice_named() -> bytes:
    import warnings

    buffer = io.BytesIO(docx())
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("word/document.xml", word("<w:p><w:r><w:t>another text</w:t></w:r></w:p>"))
    return buffer.getvalue()


def locked_zip() -> bytes:
    data = bytearray(docx())
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := data.find(magic, start)) >= 0:
            data[start + at] |= 1
            start += 4
    return bytes(data)


def locked_docx() -> bytes:
    """What Word writes for a password: an OLE file with the real document encrypted in it."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 900


def macros() -> bytes:
    return repacked(docx(), {"word/vbaProject.bin": b"\xd0\xcf\x11\xe0" + b"\0" * 100})


def deep_word() -> bytes:
    deep = "<w:sdt><w:sdtContent>" * 5_000 + "</w:sdtContent></w:sdt>" * 5_000
    return repacked(docx(), {"word/document.xml": word(deep)})


def deep_tables() -> bytes:
    deep = "<w:tbl><w:tr><w:tc>" * 60 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 60
    return repacked(docx(), {"word/document.xml": word(deep * 3_000)})


def giant_table() -> bytes:
    row = "<w:tr>" + "<w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc>" * 50 + "</w:tr>"
    return repacked(docx(), {"word/document.xml": word(f"<w:tbl>{row * 5_000}</w:tbl>")})


def locked_odt() -> bytes:
    sealed = '<manifest:manifest xmlns:manifest="m"><manifest:encryption-data/></manifest:manifest>'
    return repacked(minimal_odt("<text:p>x</text:p>"), {"META-INF/manifest.xml": sealed})


def looping_pages() -> bytes:
    return raw_pdf(
        ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"],
    )


def huge_count() -> bytes:
    return raw_pdf(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 2000000000 >>"])


def many_pages() -> bytes:
    kids = " ".join("3 0 R" for _ in range(5_000))
    return raw_pdf(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            f"<< /Type /Pages /Kids [{kids}] /Count 5000 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
        ]
    )


def one_page_pdf(stream: bytes) -> bytes:
    """A page with this stream, object 4, as its contents."""
    return raw_pdf(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R >>",
            stream,
        ]
    )


def stream_bomb() -> bytes:
    """A page whose contents unpack to 2 GB through three filters."""
    data = b" " * 400_000_000
    for _ in range(2):
        data = zlib.compress(data, 9)
    stream = f"<< /Length {len(data)} /Filter [/FlateDecode /FlateDecode] >>\nstream\n".encode() + data + b"\nendstream"
    return one_page_pdf(stream)


def endless_drawing() -> bytes:
    data = zlib.compress(b"q 0 0 m 9 9 l S Q\n" * 3_000_000, 9)
    stream = f"<< /Length {len(data)} /Filter /FlateDecode >>\nstream\n".encode() + data + b"\nendstream"
    return one_page_pdf(stream)


def scan() -> bytes:
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for _ in range(2):
        canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0, 590, 840)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def harmful_actions() -> bytes:
    """Nothing but a script that runs on opening and starts a program."""
    return raw_pdf(
        [
            "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert(1)) /Next 4 0 R >> >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
            "<< /S /Launch /F (cmd.exe) >>",
        ]
    )


def deep_html() -> bytes:
    return b"<div>" * 100_000 + b"text" + b"</div>" * 100_000


def many_mails() -> bytes:
    part = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    return b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 10_000 + b"--b--\r\n"


def mail_in_mail(depth: int = 400) -> bytes:
    return b"From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n" * depth + b"From: a@b.example\r\n\r\nhello"


def nested_multipart(depth: int = 300) -> bytes:
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n"
    for n in range(depth):
        head += f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n".encode()
    return head + b"x\r\n"


def sealed_mail() -> bytes:
    return b"From: a@b.example\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nMIIB\r\n"


def written(name: str, data: Callable[[], bytes]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(data())
        return folder / name

    return make


def device(folder: Path) -> Path:
    (folder / "brief.txt").symlink_to("/dev/zero")
    return folder / "brief.txt"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "brief.pdf")
    return folder / "brief.pdf"


def dead_link(folder: Path) -> Path:
    (folder / "brief.docx").symlink_to(folder / "nowhere.docx")
    return folder / "brief.docx"


def ring_of_links(folder: Path) -> Path:
    (folder / "a.md").symlink_to(folder / "b.md")
    (folder / "b.md").symlink_to(folder / "a.md")
    return folder / "a.md"


def too_large(folder: Path) -> Path:
    path = folder / "brief.pdf"
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(3_000_000_000)  # sparse: takes no room on the disk
    return path


def folder_named_so(folder: Path) -> Path:
    (folder / "brief.docx").mkdir()
    return folder / "brief.docx"


HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "zip bomb": (written("a.docx", zip_bomb), "bomb"),
    "zip bomb with a lying directory": (written("a.docx", lying_bomb), "damaged|bomb|MB"),
    "zip bomb of overlapping entries": (written("a.docx", quine_bomb), "bomb"),
    "zip with thousands of parts": (written("a.docx", many_parts), "parts"),
    "nested zips": (written("a.docx", nested_zip), "ZIP"),
    "plain zip as docx": (written("a.docx", lambda: zipped({"brief.txt": "hi"})), "ZIP"),
    "billion laughs in docx": (
        written("a.docx", lambda: repacked(docx(), {"word/document.xml": laughs()})),
        "entities",
    ),
    "billion laughs in odt": (written("a.odt", lambda: repacked(odt(), {"content.xml": laughs("x")})), "entities"),
    "laughs in styles": (written("a.docx", lambda: repacked(docx(), {"word/styles.xml": laughs()})), "entities"),
    "entity of a local file": (
        written("a.docx", lambda: repacked(docx(), {"word/document.xml": outside_entity("file:///etc/passwd")})),
        "entities",
    ),
    "entity from the network": (
        written("a.odt", lambda: repacked(odt(), {"content.xml": outside_entity("http://127.0.0.1:9/x")})),
        "entities",
    ),
    "outside document type": (
        written("a.docx", lambda: repacked(docx(), {"word/document.xml": outside_dtd()})),
        "entities",
    ),
    "zip slip": (written("a.docx", lambda: repacked(docx(), {"../../evil.sh": "x"})), "leave the folder"),
    "absolute part": (written("a.odt", lambda: repacked(odt(), {"/etc/cron.d/x": "x"})), "leave the folder"),
    "drive letter part": (written("a.docx", lambda: repacked(docx(), {"C:\\x.exe": "x"})), "leave the folder"),
    "link among the parts": (written("a.docx", linked_part), "link"),
    "two parts of one name": (written("a.docx", twice_named), "same name"),
    "zip with password": (written("a.docx", locked_zip), "password"),
    "docx with password": (written("a.docx", locked_docx), "password"),
    "odt with password": (written("a.odt", locked_odt), "password"),
    "old Word file": (written("a.docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2_000), "old Office"),
    "docm": (written("a.docm", macros), "macros"),
    "macros as docx": (written("a.docx", macros), "macros"),
    "truncated docx": (written("a.docx", lambda: docx()[:-2_000]), "broken|cut short"),
    "docx cut to its first bytes": (written("a.docx", lambda: docx()[:40]), "ZIP|broken"),
    "deeply nested docx": (written("a.docx", deep_word), "deep"),
    "tables in tables": (written("a.docx", deep_tables), "deep|bomb"),
    "giant table": (written("a.docx", giant_table), "cells"),
    "docx that is no XML": (
        written("a.docx", lambda: repacked(docx(), {"word/document.xml": b"\x00\xff" * 400})),
        "no sound XML",
    ),
    "PDF with password": (written("a.pdf", lambda: pdf(password="secret")), "password"),
    "truncated PDF": (written("a.pdf", lambda: pdf()[:300]), "cut short|no pages|no text"),
    "PDF of nothing": (written("a.pdf", lambda: b"%PDF-1.7\n%%EOF"), "no sound PDF"),
    "page tree in a circle": (written("a.pdf", looping_pages), "pages|read|sound|text"),
    "two billion pages": (written("a.pdf", huge_count), "pages|sound|read"),
    "five thousand pages": (written("a.pdf", many_pages), "5,000 pages"),
    "stream bomb in PDF": (written("a.pdf", stream_bomb), "memory|seconds|crashed|no text"),
    "endless drawing": (written("a.pdf", endless_drawing), "memory|seconds|pieces"),
    "scan": (written("a.pdf", scan), "ocrmypdf"),
    "PDF of actions only": (written("a.pdf", harmful_actions), "no text"),
    "PDF named docx": (written("a.docx", pdf), "Rename it to .pdf"),
    "docx named pdf": (written("a.pdf", docx), "Rename it to .docx"),
    "docx named txt": (written("a.txt", docx), "Rename it to .docx"),
    "picture named pdf": (written("a.pdf", lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 500), "no PDF"),
    "program named docx": (written("a.docx", lambda: b"MZ\x90\0" + b"\0" * 500), "no DOCX"),
    "page named docx": (written("a.docx", html), "no DOCX"),
    "polyglot of PDF and ZIP": (written("a.docx", lambda: pdf() + docx()), "Rename it to .pdf"),
    "RTF named docx": (written("a.docx", lambda: b"{\\rtf1 hello}"), "Rich Text"),
    "RTF": (written("a.rtf", lambda: b"{\\rtf1 hello}"), "Rich Text"),
    "HTML nested deeply": (written("a.html", deep_html), "deep"),
    "NULs in HTML": (written("a.html", lambda: b"<p>a\0b</p>" * 50), "NUL"),
    "NULs in text": (written("a.txt", lambda: b"hello\0world"), "binary"),
    "invalid UTF-8 in Markdown": (written("a.md", lambda: b"caf\xe9 au lait"), "UTF-8"),
    "noise as text": (written("a.txt", lambda: bytes(range(1, 256)) * 40), "binary"),
    "mail of 10,000 parts": (written("a.eml", many_mails), "parts"),
    "mail in mail in mail": (written("a.eml", mail_in_mail), "nested|deep"),
    "multipart in multipart": (written("a.eml", nested_multipart), "nested|deep"),
    "encrypted mail": (written("a.eml", sealed_mail), "encrypted"),
    "mail without headers": (written("a.eml", lambda: b"hello there\n\nno headers"), "headers"),
    "empty docx": (written("a.docx", lambda: b""), "empty"),
    "empty pdf": (written("a.pdf", lambda: b"\0" * 4_000), "empty"),
    "empty html": (written("a.html", lambda: b"<html><script>x()</script></html>"), "no text"),
    "device": (device, "device"),
    "pipe": (pipe, "pipe"),
    "dead link": (dead_link, "link to a file that is gone"),
    "links in a ring": (ring_of_links, "Cannot read"),
    "three gigabytes": (too_large, "larger than"),
    "folder": (folder_named_so, "folder"),
}

GOOD = {"a.docx": docx, "a.odt": odt, "a.pdf": pdf, "a.html": html, "a.eml": eml}
