"""Text out of a file of any format that people keep briefs and plans in, or a clear word why not.

Enters: a path, or `-` for standard input. Leaves: the text, for Markdown and plain text as it stands, otherwise as
Markdown with headings, lists and tables kept; and where each block of it stands in the original.
Try: echo "Customers can order bread." | plansmith plan -

Formats other than text are parsed in a process apart (formats/child), with limits of memory and time.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from plansmith.errors import InputError
from plansmith.sources.formats.blocks import Place, Reading, Refusal

KINDS = {
    ".md": "md",
    ".txt": "txt",
    ".markdown": "md",
    ".docx": "docx",
    ".odt": "odt",
    ".pdf": "pdf",
    ".html": "html",
    ".htm": "html",
    ".eml": "eml",
}
SUFFIXES = tuple(KINDS)
MAX_BYTES = 20_000_000
"""Of a text."""
MAX_FILE = 50_000_000
"""Of a document, which may hold pictures."""
_NAMES = {
    "docx": "a Word document",
    "odt": "an OpenDocument text",
    "pdf": "a PDF file",
    "html": "a web page",
    "eml": "a mail",
}
_OLD = {
    ".doc": "the old Word format; open it in a word processor and save it as .docx",
    ".docm": "Word with macros; save it as .docx without them",
    ".dotx": "a Word template; save it as .docx",
    ".dotm": "a Word template with macros; save it as .docx without them",
    ".rtf": "Rich Text; save it as .docx or .txt",
    ".msg": "an Outlook mail; save it as .eml or .html",
    ".mht": "a web archive; save the page as .html",
    ".mhtml": "a web archive; save the page as .html",
    ".pages": "Apple Pages; export it as .docx",
    ".xlsx": "a spreadsheet; save the sheet as .csv, or copy it into a document",
    ".xls": "a spreadsheet; save the sheet as .csv, or copy it into a document",
    ".ods": "a spreadsheet; save the sheet as .csv, or copy it into a document",
    ".pptx": "slides; export them as .pdf",
    ".odp": "slides; export them as .pdf",
    ".zip": "a ZIP archive; unpack it and give the files in it",
}


@dataclass(frozen=True)
class SourceText:
    """A file as text. `places` name where its blocks stand in the original, `notes` what was not taken from it."""

    text: str
    places: tuple[Place, ...]
    kind: str
    """md, txt, docx, odt, pdf, html or eml."""
    sha256: str
    """Of the file's bytes."""
    notes: tuple[str, ...] = ()

    def place_of(self, position: int) -> str:
        """The place of the character at `position`; of the block before it where it stands between two."""
        name = ""
        for place in self.places:
            if place.start > position:
                break
            name = place.name
        return name


def read_text(path: Path) -> str:
    """The text of a file; raises InputError for a missing, too large, damaged, hostile or wrongly encoded one."""
    return read_document(path).text


def read_document(path: Path) -> SourceText:
    """A file as text, with places and notes; raises InputError naming the file, what is wrong and what to do."""
    if str(path) == "-":
        data, name, suffix = sys.stdin.buffer.read(MAX_FILE + 1), "standard input", ""
    else:
        suffix = path.suffix.lower()
        if suffix in _OLD and path.is_file():
            raise InputError(f"{path} is {_OLD[suffix]}.")
        data, name = _bytes(path), str(path)
    kind = _kind(data, suffix, name)
    digest = hashlib.sha256(data).hexdigest()
    if kind in ("md", "txt"):
        text, notes = _plain(data, name, kind if suffix else "md")
        return SourceText(text, _lines(text), kind, digest, notes)
    reading = _apart(kind, data, name)
    return SourceText(reading.text, reading.places, kind, digest, reading.notes)


def decode(data: bytes, name: str) -> str:
    """Bytes as text; raises InputError naming what they look like instead."""
    if len(data) > MAX_BYTES:
        raise InputError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB; a brief is a text of some pages.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    for magic, what in (
        (b"PK\x03\x04", "a Word, OpenDocument or ZIP file"),
        (b"%PDF", "a PDF file"),
        (b"{\\rtf", "an RTF file"),
        (b"\xd0\xcf\x11\xe0", "a file of an old Office program"),
    ):
        if data.startswith(magic):
            raise InputError(f"{name} is {what}; give it its true suffix, or save it as plain text (.txt, .md).")
    if b"\x00" in data:
        raise InputError(f"{name} is a binary file, not text. Give a plain text or Markdown file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not UTF-8 text (byte {error.start} is 0x{data[error.start]:02x}). Save it as UTF-8."
        ) from error


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise InputError(f"{path} is a folder; a file is needed.")
    try:
        # O_NONBLOCK: opening a pipe that nobody writes to must not wait for ever
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError as error:
        what = "is a link to a file that is gone" if path.is_symlink() else ""
        raise InputError(f"{path} {what}; copy the file itself." if what else f"There is no file {path}.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read {path}: {getattr(error, 'strerror', None) or error}.") from error
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise InputError(f"{path} is a device or a pipe, not a file. Copy its contents into a file first.")
        try:
            data = file.read(MAX_FILE + 1)
        except OSError as error:
            raise InputError(f"Cannot read {path}: {error.strerror}.") from error
    if len(data) > MAX_FILE:
        raise InputError(
            f"{path} is larger than {MAX_FILE // 1_000_000} MB. Save it without its pictures, or split it."
        )
    return data


def _kind(data: bytes, suffix: str, name: str) -> str:
    """The kind of a file; raises InputError where its contents are of another kind than its suffix says."""
    said, true = KINDS.get(suffix, "txt" if suffix else ""), _true_kind(data)
    if true == "ole":
        if b"E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e" in data:
            raise InputError(f"{name} is protected by a password. Save it without one.")
        raise InputError(f"{name} is in an old Office format, whatever its suffix. Save it as .docx.")
    if true == "rtf":
        raise InputError(f"{name} is Rich Text, an RTF file. Save it as .docx or .txt.")
    if not suffix:
        return true if true in _NAMES else "md"
    if said in ("docx", "odt", "pdf") and true != said:
        if not data.strip(b"\x00\r\n\t "):
            raise InputError(f"{name} is empty. Fetch the file again.")
        what = _NAMES.get(true, "a ZIP archive of another kind" if true == "zip" else f"no {said.upper()} file")
        remedy = f"Rename it to .{true}" if true in _NAMES else f"Save it again as .{said}, or give it its true suffix"
        raise InputError(f"{name} is {what}, although its name ends in {suffix}. {remedy}.")
    if said in ("md", "txt", "html", "eml") and true in ("docx", "odt", "pdf", "zip"):
        remedy = f"Rename it to .{true}" if true != "zip" else "Unpack it and give the files in it"
        raise InputError(f"{name} is {_NAMES.get(true, 'a Word, OpenDocument or ZIP file')}. {remedy}.")
    return said


def _true_kind(data: bytes) -> str:
    """What a file's first bytes say; empty for a text of any kind."""
    if data.startswith(b"PK\x03\x04"):
        head = data[:200]
        if b"mimetypeapplication/vnd.oasis.opendocument.text" in head or (
            b"content.xml" in data and b"word/" not in data
        ):
            return "odt"
        return "docx" if b"word/" in data or b"[Content_Types].xml" in data else "zip"
    if data.startswith((b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if data[:1024].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    return "rtf" if data.startswith(b"{\\rtf") else ""


def _apart(kind: str, data: bytes, name: str) -> Reading:
    from plansmith.sources.formats.child import read_apart

    if kind in ("html", "eml") and len(data) > MAX_BYTES and kind == "html":
        raise InputError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB. Save the part that matters.")
    if kind == "html" and b"\x00" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{name} holds NUL bytes, so it is no web page. Save the page again.")
    try:
        reading = read_apart(kind, data)
    except Refusal as refusal:
        raise InputError(f"{name} cannot be read: {refusal}.") from refusal
    if not reading.text.strip():
        told = f" ({'; '.join(reading.notes)})" if reading.notes else ""
        raise InputError(f"{name} holds no text{told}. Put the text itself into it, not a picture of it.")
    return reading


def _plain(data: bytes, name: str, kind: str) -> tuple[str, tuple[str, ...]]:
    """The text as it stands. Plain text that is not UTF-8 is guessed, which is said; Markdown must be UTF-8."""
    try:
        return decode(data, name), ()
    except InputError as error:
        if kind != "txt" or not isinstance(error.__cause__, UnicodeDecodeError):
            raise
    from plansmith.sources.formats.encoding import guess

    text, encoding = guess(data)
    if sum(ord(c) < 32 and c not in "\t\n\r\f" for c in text) > len(text) // 100:
        raise InputError(f"{name} is a binary file, not text. Give a plain text or Markdown file.")
    return text, (f"not UTF-8; read as {encoding}, look at its letters",)


def _lines(text: str) -> tuple[Place, ...]:
    """The blocks of a text, parted by empty lines, with the numbers of their lines."""
    places = []
    line, counted = 1, 0
    for match in re.finditer(r"\S[^\n]*(?:\n[ \t]*\S[^\n]*)*", text):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        last = line + match[0].count("\n")
        places.append(Place(match.start(), match.end(), f"line {line}" if last == line else f"lines {line}-{last}"))
    return tuple(places)
