"""ZIP containers (DOCX, ODT) opened with care, and XML read without entities.

Enters: bytes. Leaves: a `Container` whose parts can be read, or a `Refusal`.
Try: python -c "from plansmith.sources.formats.container import Container; Container(open('examples/free/plot-queue/plan.docx','rb').read())"

Limits: entries, size and ratio of each entry and of all together as the directory declares them, and again the true
size while reading. Nothing is ever written out, nested archives are not opened.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from typing import Any

from plansmith.sources.formats.blocks import Refusal

MAX_ENTRIES = 3_000
MAX_PART = 30_000_000
"""Bytes of one XML part, unpacked."""
MAX_WHOLE = 300_000_000
"""Bytes of all parts, unpacked."""
MAX_RATIO = 250
"""Unpacked to packed size, for entries above 1 MB. XML of long tables reaches about 100."""
_MAX_DEPTH = 200
_BOMB = "It may be a bomb. Ask for the file again, or save its text as .docx anew"


class Container:
    """The parts of a ZIP file by name, all limits checked."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(b"PK\x03\x04"):
            raise Refusal("it does not begin as a ZIP container does. Open it in a word processor and save it again")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, EOFError, OverflowError, NotImplementedError, UnicodeError) as error:
            raise Refusal(
                f"its container is broken or cut short ({error}). Fetch the file again, or save it anew"
            ) from error
        self.names = tuple(entry.filename for entry in entries)
        self._check(entries)

    def _check(self, entries: list[zipfile.ZipInfo]) -> None:
        if len(entries) > MAX_ENTRIES:
            raise Refusal(f"it holds {len(entries):,} parts; more than {MAX_ENTRIES:,} are no document. {_BOMB}")
        if len(set(self.names)) < len(entries):
            raise Refusal("two of its parts bear the same name, which hides one of them. Save it anew")
        for entry in entries:
            name = entry.filename
            if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or ".." in re.split(r"[\\/]", name):
                raise Refusal(f"its part {name!r:.80} would leave the folder it is unpacked in. Do not trust this file")
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise Refusal(f"its part {name!r:.80} is a link to another file. Do not trust this file")
            if entry.flag_bits & 1:
                raise Refusal("it is protected by a password. Save it without one")
            if entry.file_size > 1_000_000 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
                ratio = entry.file_size // max(entry.compress_size, 1)
                raise Refusal(f"its part {name!r:.80} unpacks to {ratio:,} times its size. {_BOMB}")
        whole = sum(entry.file_size for entry in entries)
        if whole > MAX_WHOLE:
            raise Refusal(f"it unpacks to {whole // 1_000_000:,} MB; the limit is {MAX_WHOLE // 1_000_000}. {_BOMB}")

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def read(self, name: str) -> bytes:
        """A part, unpacked; an empty one where there is none."""
        if name not in self.names:
            return b""
        try:
            with self._zip.open(name) as part:
                data = part.read(MAX_PART + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
            raise Refusal(f"its part {name} is damaged ({error}). Fetch the file again, or save it anew") from error
        except RuntimeError as error:
            raise Refusal("it is protected by a password. Save it without one") from error
        if len(data) > MAX_PART:
            raise Refusal(f"its part {name} unpacks to more than {MAX_PART // 1_000_000} MB. {_BOMB}")
        return data

    def xml(self, name: str) -> Any:
        """The root element of a part, or None where there is none."""
        data = self.read(name)
        return parse_xml(data, name) if data else None


def parse_xml(data: bytes, name: str) -> Any:
    """XML → its root element; a document type, and so every entity, is refused."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = str(error).split("\n")[0]
        if "ntity" in reason or "amplification" in reason:
            raise Refusal(
                f"its part {name} declares entities, which documents never need. Do not trust this file"
            ) from error
        if "depth" in reason:
            raise Refusal(f"its part {name} nests elements too deeply. Do not trust this file") from error
        raise Refusal(
            f"its part {name} is no sound XML ({reason:.120}). Fetch the file again, or save it anew"
        ) from error
    if root is None:
        raise Refusal(f"its part {name} is empty. Save the file anew")
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refusal(f"its part {name} declares entities, which documents never need. Do not trust this file")
    return root


def local(element: Any) -> str:
    """An element's name without its namespace; empty for comments and entities."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def value(element: Any, name: str, default: str = "") -> str:
    """An attribute by its local name, whatever its namespace."""
    for key, found in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(found)
    return default


def number(text: str, default: int = 0) -> int:
    """A small whole number out of an attribute that may hold anything."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text) else default
