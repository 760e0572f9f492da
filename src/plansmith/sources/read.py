"""Text out of a file, or a clear word why not.

Enters: a path, or `-` for standard input. Leaves: the text, decoded as UTF-8 (or UTF-16 with a byte order mark).
Try: echo "Customers can order bread." | plansmith plan -
"""

from __future__ import annotations

import sys
from pathlib import Path

from plansmith.errors import InputError

SUFFIXES = (".md", ".txt", ".markdown")
MAX_BYTES = 20_000_000


def read_text(path: Path) -> str:
    """The text of a file; raises InputError for a missing, too large, binary or wrongly encoded one."""
    if str(path) == "-":
        return decode(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input")
    if path.is_dir():
        raise InputError(f"{path} is a folder; a file is needed.")
    if not path.exists():
        raise InputError(f"There is no file {path}.")
    try:
        with path.open("rb") as file:
            return decode(file.read(MAX_BYTES + 1), str(path))
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error


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
    ):
        if data.startswith(magic):
            raise InputError(f"{name} is {what}; save it as plain text or Markdown (.txt, .md) first.")
    if b"\x00" in data:
        raise InputError(f"{name} is a binary file, not text. Give a plain text or Markdown file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not UTF-8 text (byte {error.start} is 0x{data[error.start]:02x}). Save it as UTF-8."
        ) from error
