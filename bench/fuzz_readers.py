"""Spoilt files for every reader of documents: none may crash it, surprise it or keep it for more than five seconds.

Try: PYTHONPATH=src python bench/fuzz_readers.py 1000        (files a reader; `--only pdf,docx`, `--seed 1`)

Good files from tests/documents.py and examples/free are spoilt: bytes flipped, cut, doubled and moved, numbers made huge;
in DOCX and ODT also within their parts, which are then packed anew, so that the damage reaches the XML reader. Every file
goes through the process apart, as a user's file does. "Unforeseen" errors and crashes are kept in --keep FOLDER.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path
from random import Random

from plansmith.sources.formats.child import ask_apart
from plansmith.sources.formats.worker import ROOMS, SECONDS

HERE = Path(__file__).parent.parent
sys.path.insert(0, str(HERE / "tests"))
NOISE: dict[str, list[bytes]] = {
    "xml": [
        *(
            b"<w:p>",
            b"</w:p>",
            b"<w:tbl>",
            b"<w:tr/>",
            b"<text:list>",
            b"<text:p/>",
            b"<!DOCTYPE a>",
            b"<![CDATA[",
            b"-->",
        ),
        *(b"&a;", b"&#x10FFFF;", b"&#0;", b'w:val="-99999999999"', b'w:val=""', b'text:c="999999999"', b"xmlns:w='x'"),
    ],
    "pdf": [
        *(b"<<", b">>", b"[", b"]", b"endobj", b"stream\n", b"endstream", b"1 0 R", b"99999 0 R", b"/Kids [1 0 R]"),
        *(
            b"/Count -1",
            b"/Length 99999999",
            b"/Filter /LZWDecode",
            b"/MediaBox [0 0 1e38 -1]",
            b" BT ",
            b" Tf ",
            b"xref",
        ),
    ],
    "html": [
        *(
            b"<table>",
            b"<td colspan=99999999>",
            b"<ol start=-1e9>",
            b"<ul><li>",
            b"</div>",
            b"<!--",
            b"<pre>",
            b"&#55296;",
        ),
        *(b"<script>", b"<meta charset=utf-7>", b"<svg>", b"<template>", b"<p style='display:none'>", b"<br>" * 50),
    ],
    "eml": [
        *(
            b"\r\n\r\n",
            b"--b",
            b"Content-Type: multipart/mixed; boundary=",
            b"charset=utf-7",
            b"=?utf-8?b?/w==?=",
            b"=\r\n",
        ),
        *(
            b"Content-Transfer-Encoding: base64\r\n",
            b"Content-Type: message/rfc822\r\n",
            b"charset=idna",
            b">" * 200,
            b"=E",
        ),
    ],
}
ANY = [
    b"\0",
    b"\xff" * 8,
    b"9" * 40,
    b"-1",
    b"\x80",
    b"\r",
    b"\n",
    b"1e999",
    b"(" * 100,
    b"<" * 100,
    "ș\u202e".encode(),
]


def spoilt(data: bytes, noise: list[bytes], random: Random) -> bytes:
    """Bytes with one to eight spoilt places."""
    made = bytearray(data)
    for _ in range(random.randint(1, 8)):
        at = random.randrange(len(made) + 1)
        length = random.choice((1, 2, 8, 40, 400))
        match random.randrange(7):
            case 0 if at < len(made):
                made[at] ^= 1 << random.randrange(8)
            case 1:
                del made[at : at + length]
            case 2:
                made[at:at] = made[at : at + length] * random.choice((1, 2, 50))
            case 3 | 4:
                made[at:at] = random.choice(noise)
            case 5:
                made[at : at + length] = random.randbytes(length)
            case 6 if random.random() < 0.2:
                del made[at:]
            case _:
                made[at : at + 1] = b"9" * random.randint(1, 12)
    return bytes(made)


def spoilt_parts(data: bytes, random: Random) -> bytes:
    """A DOCX or ODT with spoilt parts, packed anew so that its checksums are right."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    wanted = [n for n in parts if n.endswith((".xml", ".rels")) and not n.startswith("docProps")]
    main = [n for n in wanted if n in ("word/document.xml", "content.xml")]
    for name in {random.choice(main * 4 + wanted) for _ in range(random.randint(1, 3))}:
        parts[name] = (
            _kept_sound(parts[name], random) if random.random() < 0.6 else spoilt(parts[name], NOISE["xml"], random)
        )
    if random.random() < 0.05:
        parts.pop(random.choice(wanted), None)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for name, part in parts.items():
            new.writestr(name, part)
    return buffer.getvalue()


def _kept_sound(xml: bytes, random: Random) -> bytes:
    """XML that stays well-formed: elements dropped, moved, doubled and nested, attributes changed."""
    from lxml import etree

    root = etree.fromstring(xml)
    for _ in range(random.randint(1, 8)):
        elements = [e for e in root.iter(etree.Element) if e is not root]
        if not elements:
            break
        one, other = random.choice(elements), random.choice(elements)
        match random.randrange(5):
            case 0:
                one.getparent().remove(one)
            case 1 if one not in other.iterancestors() and one is not other:
                other.append(one)
            case 2:
                one.text = random.choice(("", "9" * 400, "- ", "| a | b", "ș", "\u202e", "x" * 5_000))
            case 3 if one.attrib:
                one.attrib[random.choice(sorted(one.attrib))] = random.choice(
                    ("", "-1", "99999999", "NaN", "../x", "ș")
                )
            case _:
                one.tag = other.tag
    return bytes(etree.tostring(root))


def samples() -> dict[str, list[bytes]]:
    """Good files by kind."""
    from documents import docx, eml, html, odt, pdf
    from hostile import deep_html, nested_multipart

    found = {"docx": [docx()], "odt": [odt()], "pdf": [pdf(), pdf(compressed=False)], "html": [html()], "eml": [eml()]}
    for path in sorted((HERE / "examples" / "free").glob("*/*.*")):
        found.setdefault(path.suffix[1:], []).append(path.read_bytes())
    found["html"].append(deep_html()[:1_000])
    found["eml"].append(nested_multipart(5))
    return {kind: found[kind] for kind in ROOMS}


def fuzz(kind: str, files: list[bytes], count: int, seed: int, keep: Path | None) -> int:
    """Try `count` spoilt files of a kind and print one row; → how many crashed, surprised or took too long."""
    random, seen, longest = Random(f"{kind}{seed}"), Counter[str](), 0.0
    reasons: Counter[str] = Counter()
    begun = time.perf_counter()
    for number in range(count):
        data = random.choice(files)
        inside = kind in ("docx", "odt") and random.random() < 0.85
        data = spoilt_parts(data, random) if inside else spoilt(data, [*ANY, *NOISE.get(kind, NOISE["xml"])], random)
        start = time.perf_counter()
        reply = ask_apart(kind, data)
        took = time.perf_counter() - start
        longest = max(longest, took)
        what = next((w for w in ("crashed", "late", "unforeseen", "refused") if w in reply), "read")
        if what == "refused" and reply.get("spent"):
            what = "memory"
        seen[what] += 1
        if what in ("crashed", "unforeseen", "late"):
            reasons[f"{what}: {reply.get('unforeseen', reply.get('crashed', ''))}"] += 1
            if keep:
                (keep / f"{what}-{seed}-{number}.{kind}").write_bytes(data)
    took = time.perf_counter() - begun
    columns = " | ".join(f"{seen[w]:,}" for w in ("read", "refused", "unforeseen", "crashed", "late", "memory"))
    print(f"| {kind} | {count:,} | {columns} | {longest:.2f} s | {count / took:,.0f} |", flush=True)
    for reason, times in reasons.most_common(12):
        print(f"    {times} × {reason}", flush=True)
    return seen["crashed"] + seen["unforeseen"] + (longest > SECONDS + 1)


def main() -> None:
    """Fuzz every reader; ends with 1 where one failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=1_000, help="files a reader")
    parser.add_argument("--only", default=",".join(ROOMS), help="kinds, parted by commas")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for the files that failed")
    asked = parser.parse_args()
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    print("| Reader | Files | Read | Refused | Unforeseen | Crashed | Late | Memory | Longest | A second |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    good = samples()
    failed = sum(fuzz(kind, good[kind], asked.count, asked.seed, asked.keep) for kind in asked.only.split(","))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
