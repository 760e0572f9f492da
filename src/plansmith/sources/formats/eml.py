"""Mails: EML → text.

Enters: bytes. Leaves: a `Reading`: the subject as heading, sender and date, the body with replies marked by `>`, the
signature below a rule, forwarded mails below headings; attachments are reported, not read.
Try: python -c "from plansmith.sources.read import read_text; from pathlib import Path; print(read_text(Path('examples/free/kiln-club/brief.eml')))"
"""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass, field
from email.message import Message

from plansmith.sources.formats import html
from plansmith.sources.formats.blocks import Block, Reading, Refusal, clean, compose, quoted
from plansmith.sources.formats.encoding import guess

MAX_PARTS = 200
MAX_DEPTH = 12
_HEADERS = ("From", "To", "Cc", "Date")
_STRUCTURED = re.compile(r"<(?:ul|ol|h[1-4]|th)\b", re.IGNORECASE)
_MARKS = re.compile(r"^(?:>[ ]?)+")
_REPLY = re.compile(
    r"^(?:On .{6,200} wrote:|(?:Pe|În) .{6,200} a scris:|-{2,} ?(?:Original Message|Mesaj original).{0,40})$"
)
_ITEM = re.compile(r"^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+\S")


def read(data: bytes) -> Reading:
    """EML → text; raises Refusal."""
    if data.lstrip()[:1] == b"":
        raise Refusal("it is empty. Save the mail again")
    head = re.split(rb"\r?\n\r?\n|\r\r", data, maxsplit=1)[0][:100_000]
    if not re.search(rb"(?im)^(?:from|to|subject|date|mime-version|content-type|received)[ \t]*:", head):
        raise Refusal("it has none of a mail's headers (From, Subject, Date). Save the mail again as .eml")
    if data.count(b"\n--") > 40 * MAX_PARTS:
        raise Refusal(f"it has more than {MAX_PARTS} parts. Forward the part that matters as a mail of its own")
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    reader = _Reader()
    reader.mail(message, 0)
    return compose(reader.blocks, reader.notes)


@dataclass
class _Reader:
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    parts: int = 0

    def mail(self, message: Message, depth: int) -> None:
        """A mail with its headers and body, at `depth` below the outermost."""
        subject = _header(message, "Subject")
        place = "forwarded mail" if depth else "headers"
        if subject or depth:
            self.blocks.append(Block("heading", subject or "Forwarded mail", place, min(depth + 1, 6)))
        for name in _HEADERS:
            if said := _header(message, name):
                self.blocks.append(Block("paragraph", f"{name}: {said}", place))
        before = len(self.blocks)
        self._part(message, depth)
        if len(self.blocks) == before and not depth and not self.notes:
            self.notes.append("the mail has no text")

    def _part(self, part: Message, depth: int) -> None:
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise Refusal(f"it has more than {MAX_PARTS} parts. Forward the part that matters as a mail of its own")
        if depth > MAX_DEPTH:
            raise Refusal(f"its parts are nested more than {MAX_DEPTH} deep. Forward the innermost mail by itself")
        kind = part.get_content_type()
        if kind in ("multipart/encrypted", "application/pgp-encrypted") or (
            kind.endswith("pkcs7-mime") and "signed" not in str(part.get_param("smime-type", ""))
        ):
            raise Refusal("the mail is encrypted. Open it in the mail program and save its text")
        if kind == "message/rfc822":
            inner = part.get_payload()
            for message in inner if isinstance(inner, list) else []:
                if isinstance(message, Message):
                    self.mail(message, depth + 1)
        elif kind == "multipart/alternative":
            self._alternative(part, depth)
        elif part.is_multipart():
            payload = part.get_payload()
            for one in payload if isinstance(payload, list) else []:
                if isinstance(one, Message):
                    self._part(one, depth + 1)
        elif self._is_attachment(part):
            self._report(part)
        elif kind == "text/html":
            self.blocks += html.read_blocks(_bytes(part), _charset(part), self.notes)
        else:
            self.blocks += self._plain(part)

    def _alternative(self, part: Message, depth: int) -> None:
        """One of several forms of the same text: HTML where it shows structure that the plain form lacks."""
        payload = part.get_payload()
        forms = [p for p in payload if isinstance(p, Message)] if isinstance(payload, list) else []
        plain = next((p for p in forms if p.get_content_type() == "text/plain"), None)
        rich = next((p for p in forms if _within(p, "text/html")), None)
        self.parts += len(forms)
        if plain is None or not clean(self._text(plain)):
            chosen = rich
        elif rich is None:
            chosen = plain
        else:
            source = _within(rich, "text/html")
            shown = bool(source and _STRUCTURED.search(_bytes(source).decode("latin-1")))
            listed = any(_ITEM.match(line) for line in self._text(plain).split("\n"))
            chosen = rich if shown and not listed else plain
        for form in forms:
            if form is chosen:
                self._part(form, depth + 1)
            elif form not in (plain, rich):
                self._report(form)
        if plain is not None and rich is not None:
            other = "HTML" if chosen is plain else "plain text"
            self.notes.append(f"the mail's second form ({other}) left out; it should say the same")

    def _plain(self, part: Message) -> list[Block]:
        blocks: list[Block] = []
        lines: list[str] = []
        depth, place = 0, "body"

        def flush() -> None:
            if text := "\n".join(lines).strip("\n"):
                blocks.append(Block("verbatim", text, place, quoted=depth))
            lines.clear()

        for line in self._text(part).split("\n"):
            if line.rstrip("\r") in ("-- ", "--") and place == "body":
                flush()
                place = "signature"
                blocks.append(Block("rule", place=place))
                continue
            marks = _MARKS.match(line)
            now = marks[0].count(">") if marks else 0
            if now != depth or not line.strip():
                flush()
            depth = now
            bare = line[marks.end() :] if marks else line
            if _REPLY.match(bare.strip()):
                flush()
                place = "earlier mail"
            if bare.strip():
                lines.append(bare)
        flush()
        return blocks

    def _text(self, part: Message) -> str:
        text, _ = guess(_bytes(part), _charset(part))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if str(part.get_param("format", "")).lower() == "flowed":
            text = re.sub(r"(?m)(?<!^--)[ ]\n(?!>|[ \t]*$|[ \t]*[-*•]|--)", " ", text)
        return text

    def _is_attachment(self, part: Message) -> bool:
        kind = part.get_content_type()
        return part.get_content_disposition() == "attachment" or kind not in (
            "text/plain",
            "text/html",
            "text/markdown",
        )

    def _report(self, part: Message) -> None:
        size = len(_bytes(part))
        name = part.get_filename() or "without a name"
        told = quoted(str(name)) if part.get_filename() else name
        self.notes.append(f"attachment {told} ({part.get_content_type()}, {size:,} bytes) not read")


def _within(part: Message, kind: str) -> Message | None:
    """The part of that kind, itself or inside it (an HTML form with its pictures)."""
    for at, one in enumerate(part.walk()):
        if at > MAX_PARTS:
            break
        if one.get_content_type() == kind:
            return one
    return None


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _charset(part: Message) -> str:
    try:
        return str(part.get_content_charset() or "")
    except (LookupError, UnicodeError):
        return ""


def _header(message: Message, name: str) -> str:
    """A header decoded (RFC 2047), on one line."""
    from email.header import decode_header

    raw = str(message.get(name, ""))[:2_000]
    said = []
    try:
        for piece, charset in decode_header(raw):
            said.append(guess(piece, charset or "")[0] if isinstance(piece, bytes) else piece)
    except (ValueError, email.errors.MessageError):
        said = [raw]
    text = "".join(said).encode("utf-8", "surrogateescape")
    return " ".join(clean(guess(text)[0]).split())
