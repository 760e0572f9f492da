"""How fast files are read: documents of 5 pages (2,500 words) in every format.

Try: PYTHONPATH=src python bench/reading.py        (at least 50 a second are asked for Markdown and plain text)

Each number is the best of three passes over the same files, read one after another, hashing and decoding included, by the
processor time of this process and of the process apart, so that other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import io
import random
import tempfile
import time
import zipfile
from html import escape
from pathlib import Path

import psutil

from plansmith.sources.read import read_document

WORDS = 2_500
STEMS = ("order", "stock", "route", "șofer", "price", "guest", "comandă", "print", "shift", "țintă", "depot", "receipt")


def text_of(seed: int) -> list[tuple[str, str]]:
    """(kind, text) of a brief of 5 pages: headings, paragraphs, items."""
    rng, blocks, words = random.Random(seed), [("h", f"Brief {seed}")], 0
    while words < WORDS:
        said = [
            f"The {' '.join(rng.choice(STEMS) for _ in range(rng.randint(6, 14)))} {n}."
            for n in range(rng.randint(3, 6))
        ]
        blocks.append(("p", " ".join(said)))
        words += sum(len(s.split()) for s in said)
        if rng.random() < 0.3:
            blocks += [("h", f"Part {len(blocks)}"), *(("i", s) for s in said[:3])]
            words += 20
    return blocks


def markdown(blocks: list[tuple[str, str]]) -> bytes:
    marks = {"h": "# ", "p": "", "i": "- "}
    return "\n\n".join(marks[kind] + text for kind, text in blocks).encode()


def html(blocks: list[tuple[str, str]]) -> bytes:
    tags = {"h": "h2", "p": "p", "i": "li"}
    body = "".join(f"<{tags[kind]}>{escape(text)}</{tags[kind]}>\n" for kind, text in blocks)
    return f"<!doctype html><meta charset=utf-8><body>{body}".encode()


def mail(blocks: list[tuple[str, str]]) -> bytes:
    head = "From: a@b.example\r\nSubject: Brief\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    return head.encode() + markdown(blocks)


def docx(blocks: list[tuple[str, str]]) -> bytes:
    from docx import Document

    document, styles = Document(), {"h": "Heading 1", "p": "Normal", "i": "List Bullet"}
    for kind, text in blocks:
        document.add_paragraph(text, style=styles[kind])
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def odt(blocks: list[tuple[str, str]]) -> bytes:
    space = "urn:oasis:names:tc:opendocument:xmlns:"
    tags = {"h": ("<text:h>", "</text:h>"), "p": ("<text:p>", "</text:p>")}
    tags["i"] = ("<text:list><text:list-item><text:p>", "</text:p></text:list-item></text:list>")
    body = "".join(f"{tags[kind][0]}{escape(text)}{tags[kind][1]}" for kind, text in blocks)
    content = (
        f'<office:document-content xmlns:office="{space}office:1.0" xmlns:text="{space}text:1.0"><office:body>'
        f"<office:text>{body}</office:text></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", content)
    return buffer.getvalue()


def pdf(blocks: list[tuple[str, str]]) -> bytes:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    styles, names, buffer = getSampleStyleSheet(), {"h": "Heading2", "p": "BodyText", "i": "Bullet"}, io.BytesIO()
    marked = [
        Paragraph(escape(text), styles[names[kind]], bulletText="•" if kind == "i" else None) for kind, text in blocks
    ]
    SimpleDocTemplate(buffer).build(marked)
    return buffer.getvalue()


MAKERS = {".md": markdown, ".txt": markdown, ".html": html, ".eml": mail, ".docx": docx, ".odt": odt, ".pdf": pdf}


def processor_time() -> float:
    """Seconds that this process and its child have spent."""
    me = psutil.Process()
    spent = [process.cpu_times() for process in (me, *me.children())]
    return sum(times.user + times.system for times in spent)


def main() -> None:
    """Make the documents, read them, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "count", nargs="?", type=int, default=100, help="documents a format (ten times as many for texts)"
    )
    count = parser.parse_args().count
    print("| Format | Documents | Documents a second | Slowest |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as made:
        for suffix, make in MAKERS.items():
            number = count * 10 if suffix in (".md", ".txt") else count
            paths = [Path(made) / f"{n}{suffix}" for n in range(number)]
            for n, path in enumerate(paths):
                path.write_bytes(make(text_of(n % 100)))
            read_document(paths[0])
            rates, slowest = [], 0.0
            for _ in range(3):
                begun = processor_time()
                for path in paths:
                    start = time.perf_counter()
                    read_document(path)
                    slowest = max(slowest, time.perf_counter() - start)
                rates.append(number / (processor_time() - begun))
            print(f"| {suffix} | {number:,} | {max(rates):,.0f} | {slowest * 1000:,.0f} ms |", flush=True)


if __name__ == "__main__":
    main()
