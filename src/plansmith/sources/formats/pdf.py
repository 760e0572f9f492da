"""PDF → text.

Enters: bytes. Leaves: a `Reading`; places are "page 3". A scan without text is refused.
Try: python -c "from plansmith.sources.read import read_text; from pathlib import Path; print(read_text(Path('examples/free/crane-hire/plan.pdf')))"

pdfium gives letters with their places and sizes (`pdfletters`); lines, columns, lists, tables and headings are
found from those (`pdflines`, `pdftables`, `pdfblocks`). Scripts and actions are never run, attachments not opened.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from plansmith.sources.formats.blocks import Reading, Refusal, clean, compose, counted, quoted
from plansmith.sources.formats.pdfblocks import Pages
from plansmith.sources.formats.pdfletters import Page, read_page
from plansmith.sources.formats.pdflines import furniture

MAX_PAGES = 400
_SCAN = (
    "it holds pictures of pages, no text (a scan). Recognise its text first, for example with: ocrmypdf in.pdf out.pdf"
)
_GARBLED = (
    "its fonts do not tell which letters they show, so its text is garbled. Export it again from the program that "
    "made it, or recognise its text with: ocrmypdf --force-ocr in.pdf out.pdf"
)
_ACTIONS = re.compile(rb"/(?:Launch|JavaScript|SubmitForm|ImportData|RichMedia)\b")
_WIDGET, _POPUP, _LINK = 20, 16, 2


def read(data: bytes) -> Reading:
    """PDF → text; raises Refusal."""
    import pypdfium2
    import pypdfium2.raw as raw

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        code = getattr(error, "err_code", 0)
        if code == raw.FPDF_ERR_PASSWORD:
            raise Refusal("it is protected by a password. Save it without one") from error
        if code == raw.FPDF_ERR_SECURITY:
            raise Refusal("it is protected in a way that is not known here. Save it without protection") from error
        raise Refusal("it is no sound PDF, or cut short. Fetch it again, or export it anew") from error
    try:
        return _Reader(document, raw, data).read()
    finally:
        document.close()


@dataclass
class _Reader:
    document: Any
    raw: Any
    data: bytes
    notes: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def read(self) -> Reading:
        count = len(self.document)
        if not count:
            raise Refusal("it has no pages. Export it anew")
        if count > MAX_PAGES:
            raise Refusal(f"it has {count:,} pages; the limit is {MAX_PAGES}. Give the pages that matter")
        pages = [self._page(at) for at in range(count)]
        self._judge(pages)
        for where, texts in furniture(pages).items():
            for text, times in texts.items():
                self.notes.append(f"left out at the {where} of {counted(times, 'page')}: {quoted(text)}")
        made = Pages(pages)
        blocks = made.blocks()
        if made.contents:
            self.notes.append(f"the table of contents ({counted(made.contents, 'line')}) left out")
        self._tell(pages)
        return compose(blocks, self.notes)

    def _page(self, at: int) -> Page:
        pdfium_page = self._load(at)
        if pdfium_page is None:
            self.notes.append(f"page {at + 1} is damaged and was not read")
            return Page(at + 1)
        try:
            page = read_page(pdfium_page, at + 1, self.raw)
            self._annotations(pdfium_page, at + 1)
        finally:
            pdfium_page.close()
        return page

    def _load(self, at: int) -> Any:
        import pypdfium2

        try:
            return self.document[at]
        except pypdfium2.PdfiumError:
            return None

    def _judge(self, pages: list[Page]) -> None:
        """Refuse scans and garbled fonts; note single pages without text."""
        letters = sum(page.letters for page in pages)
        pictures = sum(page.pictures for page in pages)
        if letters < 12 * len(pages) and pictures:
            raise Refusal(_SCAN)
        if not letters:
            if all(page.damaged for page in pages):
                raise Refusal("none of its pages can be read. Fetch it again, or export it anew")
            raise Refusal("it holds no text. If its letters are drawn, recognise them with: ocrmypdf in.pdf out.pdf")
        if sum(page.unknown for page in pages) > letters * 0.3:
            raise Refusal(_GARBLED)
        for page in pages:
            if not page.letters and not page.damaged:
                what = "only a picture, no text" if page.pictures else "no text"
                self.notes.append(f"page {page.number} holds {what}")
            elif page.pictures:
                self.seen["picture"] += page.pictures

    def _tell(self, pages: list[Page]) -> None:
        for page in pages:
            if page.turned:
                self.notes.append(f"turned text on page {page.number} left out: {quoted(' '.join(page.turned))}")
            if page.outside:
                self.notes.append(f"text beyond the edge of page {page.number} left out: {quoted(page.outside)}")
        unknown = sum(page.unknown for page in pages)
        if unknown:
            self.notes.append(f"{counted(unknown, 'letter')} could not be told from the font and may be wrong")
        if self.seen["picture"]:
            self.notes.append(f"{counted(self.seen['picture'], 'picture')} not read")
        if attached := self.raw.FPDFDoc_GetAttachmentCount(self.document.raw):
            self.notes.append(f"{counted(attached, 'attached file')} not read")
        scripts = max(self.raw.FPDFDoc_GetJavaScriptActionCount(self.document.raw), 0)
        if scripts or _ACTIONS.search(self.data):
            self.notes.append("it holds scripts or actions, which were not run")
        if self.raw.FPDF_GetFormType(self.document.raw) in (2, 3):
            self.notes.append("it is an XFA form, of which only the printed pages were read")

    def _annotations(self, page: Any, number: int) -> None:
        """Comments and filled form fields are no part of a page's text: both are reported."""
        raw = self.raw
        for at in range(min(raw.FPDFPage_GetAnnotCount(page.raw), 300)):
            annotation = raw.FPDFPage_GetAnnot(page.raw, at)
            if not annotation:
                continue
            try:
                kind = raw.FPDFAnnot_GetSubtype(annotation)
                if kind == _WIDGET:
                    said = self._string(annotation, b"V")
                    if said:
                        name = self._string(annotation, b"T")
                        self.notes.append(f"form field {quoted(name)} on page {number} not in the text: {quoted(said)}")
                elif kind not in (_POPUP, _LINK) and (said := self._string(annotation, b"Contents")):
                    self.notes.append(f"comment on page {number} left out: {quoted(said)}")
            finally:
                raw.FPDFPage_CloseAnnot(annotation)

    def _string(self, annotation: Any, key: bytes) -> str:
        size = self.raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
        if size <= 2 or size > 100_000:
            return ""
        buffer = (self.raw.FPDF_WCHAR * (size // 2 + 1))()
        self.raw.FPDFAnnot_GetStringValue(annotation, key, buffer, size)
        return clean(ctypes.string_at(buffer, size - 2).decode("utf-16-le", "replace"))
