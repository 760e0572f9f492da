"""A client's text as numbered sentences, each with its exact span and its context.

Enters: the text of a brief (plain or Markdown). Leaves: a `Brief` whose sentences, list items and table
rows are numbered S1, S2, …; headings and lead-ins ("The app must:") are context and travel with them.
Nothing is dropped: whatever is not a heading, a rule or white space is in some sentence.
Try: plansmith check examples/archive
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_BULLETS = "•◦▪●○■□–—·*‣⁃"
_CHECKBOX = re.compile(r"\[[ xX]\]\s+")
_MAIL_HEADER = re.compile(r"(From|To|Cc|Sent|Date|Subject|De la|Către|Data|Subiect|Trimis)\s*:", re.IGNORECASE)
# Abbreviations that sentencex 1.0 ends a sentence at; drop one when its release knows it.
_ABBREVIATIONS = re.compile(
    r"(?:^|[\s(])(?:approx|appr|max|min|incl|excl|resp|est|ca|no|nr|tel|str|bd|bl|ap|et|sc|dl|dna|dra|pers|lit|art|alin|cca)\.\s*$",
    re.IGNORECASE,
)
_ROMANIAN = frozenset([
    "și", "şi", "să", "că", "pentru", "este", "sunt", "vrem", "dorim", "care", "cu", "din", "la", "un", "o",
    "clienții", "aplicație", "trebuie", "poate", "pot", "fie", "mai",
])  # fmt: skip
_ENGLISH = frozenset([
    "the", "and", "to", "of", "we", "is", "are", "that", "for", "with", "can", "must", "should", "our", "it",
    "in", "on", "want", "need", "user", "users",
])  # fmt: skip
_MARKED = re.compile(r"[\\`*_\[<&\x00]")
"""What inline Markdown can begin with; a text without it is plain already."""


@dataclass(frozen=True)
class Sentence:
    """A unit of the brief. `brief.text[start:end]` is the exact quote; `text` is it without markup and line ends."""

    id: str
    text: str
    start: int
    end: int
    heading: str = ""
    lead_in: str = ""
    form: str = "sentence"
    """sentence, item (of a list), row (of a table), heading (that reads as a sentence) or header (of an e-mail)."""


@dataclass(frozen=True)
class Brief:
    """A client's brief: its text, untouched, and the numbered sentences found in it."""

    text: str
    sentences: tuple[Sentence, ...]
    title: str = ""
    language: str = "en"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    def quote(self, sentence_id: str) -> str:
        """The client's exact words behind a sentence id; raises KeyError for an id that is not in the brief."""
        for sentence in self.sentences:
            if sentence.id == sentence_id:
                return self.text[sentence.start : sentence.end]
        raise KeyError(sentence_id)


def read_brief(text: str, title: str = "") -> Brief:
    """Number the sentences of a client's text; `title` is used where the text does not name its project itself."""
    from plansmith.plan.naming import title_of_brief

    sentences: list[Sentence] = []
    top: list[str] = []
    below: list[str] = []
    for form, heading, lead_in, block in _blocks(text):
        if form == "title":
            top.append(_plain(block.content))
        elif heading and heading not in (*top[-1:], *below[-1:]):
            below.append(heading)
        for start, end in block.pieces(text, form):
            clean = _plain(_unmark(text[start:end], block.prefix))
            if form == "row":
                clean = block.content
            if any(c.isalnum() for c in clean):
                kind = "header" if form == "sentence" and _MAIL_HEADER.match(clean) else form
                sentences.append(Sentence(f"S{len(sentences) + 1}", clean, start, end, heading, lead_in, kind))
    named = title_of_brief(top, below, text, sentences) or next((t for t in top if t), title)
    return Brief(text, tuple(sentences), named, detect_language(text))


def detect_language(text: str) -> str:
    """`ro` or `en`, by the share of common words; a text of neither is taken for English."""
    counts = Counter(re.findall(r"\w+", text))
    romanian, english = (
        sum(n for word, n in counts.items() if word.lower() in words) for words in (_ROMANIAN, _ENGLISH)
    )
    return (
        "ro"
        if romanian > english or (romanian >= 3 and re.search(r"[ăâîșțşţ]", text) and romanian * 2 > english)
        else "en"
    )


@dataclass(frozen=True)
class _Block:
    """Inline content of a block: `spots[i]` is the place in the source of character i of `content`."""

    content: str
    spots: tuple[int, ...]
    prefix: str = ""

    def pieces(self, text: str, form: str) -> Iterator[tuple[int, int]]:
        if form in ("title", "heading_only") or not self.spots:
            return
        if form == "row":
            yield self.spots[0], self.spots[-1] + 1
            return
        offset = match.end() if (match := _CHECKBOX.match(self.content)) else 0
        for start, end in _sentence_spans(self.content, offset):
            yield self.spots[start], self.spots[end - 1] + 1


@cache
def _markdown(inside: bool = True) -> MarkdownIt:
    """The parser; not `inside`: of blocks only, which leaves the text of each as it stands."""
    from markdown_it import MarkdownIt

    # Only structure is wanted. Rules that would swallow text (code, HTML, link definitions) are off.
    swallowing = ["code", "fence", "html_block", "html_inline", "reference", "entity"]
    return MarkdownIt("commonmark").enable("table").disable(swallowing + ([] if inside else ["inline", "text_join"]))


def _blocks(text: str) -> Iterator[tuple[str, str, str, _Block]]:
    """Yield (form, heading, lead-in, block) for every inline block, in order."""
    same_length = re.sub(rf"(?m)^([ \t>]*)[{re.escape(_BULLETS)}](?=[ \t])", r"\1-", text)
    # markdown-it splits lines at \n only, and turns \r\n into \n: keep the length by blanking the \r.
    source = re.sub(r"[\r\t\f\v\u2028\u2029\x00]", " ", re.sub(r"\r(?!\n)", "\n", same_length))
    lines, starts = source.split("\n"), [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    heading, lead_in, lists = "", "", 0
    header: list[str] = []
    tokens = _markdown(inside=False).parse(source)
    for index, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists -= 1
            lead_in = lead_in if lists else ""
        elif token.type == "tr_open":
            cells = _row(tokens, index)
            span = _line_span(lines, starts, token.map or [0, 1])
            if tokens[index - 1].type == "thead_open":
                header = cells
            else:
                pairs = [f"{h}: {c}" if h else c for h, c in zip(header + [""] * len(cells), cells, strict=False) if c]
                yield "row", heading, lead_in, _Block("; ".join(pairs), span)
        elif token.type == "inline" and tokens[index - 1].type not in ("th_open", "td_open"):
            block = _locate(token, lines, starts)
            if tokens[index - 1].type == "heading_open":
                yield from _heading(tokens[index - 1], block, heading)
                heading, lead_in = _plain(block.content), ""
                continue
            form = "item" if lists else "sentence"
            yield form, heading, lead_in, block
            if block.content.rstrip().endswith(":"):
                lead_in = _plain(block.content[_last_sentence(block.content) :])
            elif not lists:
                lead_in = ""


def _heading(opening: Token, block: _Block, above: str) -> Iterator[tuple[str, str, str, _Block]]:
    if opening.tag == "h1":
        yield "title", "", "", block
    plain = _plain(block.content)
    if (opening.markup in ("-", "=") and len(plain.split()) > 12) or (
        plain.endswith((".", "!", "?")) and len(plain.split()) > 6
    ):
        yield "heading", above, "", block


def _row(tokens: list[Token], index: int) -> list[str]:
    cells = []
    for token in tokens[index + 1 :]:
        if token.type == "tr_close":
            break
        if token.type == "inline":
            cells.append(_plain(token.content))
    return cells


def _line_span(lines: list[str], starts: list[int], where: list[int]) -> tuple[int, ...]:
    line, begin = lines[where[0]], starts[where[0]]
    first = len(line) - len(line.lstrip())
    return tuple(range(begin + first, begin + len(line.rstrip())))


def _locate(token: Token, lines: list[str], starts: list[int]) -> _Block:
    """Map each character of the token's content to its place in the source."""
    first, last = token.map or [0, len(lines)]
    content: list[str] = []
    spots: list[int] = []
    number = first
    for part in token.content.split("\n"):
        bare = part.strip(" ")
        while number < last and bare not in lines[number]:
            number += 1
        if number >= last:  # cannot be placed exactly (an escape that markdown-it resolved): keep the order
            number = last - 1
        at = starts[number] + max(lines[number].find(bare), 0)
        if content:
            content.append("\n")
            spots.append(max(at - 1, 0))
        content.extend(bare)
        spots.extend(range(at, at + len(bare)))
        number += 1
    return _Block("".join(content), tuple(spots))


def _last_sentence(content: str) -> int:
    spans = list(_sentence_spans(content, 0))
    return spans[-1][0] if spans else 0


def _sentence_spans(content: str, offset: int) -> Iterator[tuple[int, int]]:
    """Spans of the sentences in `content[offset:]`, without surrounding white space."""
    import sentencex

    for begin, stop in _hard_lines(content, offset):
        part = content[begin:stop].replace("\n", " ")
        bounds = [(b["start_index"], b["end_index"]) for b in sentencex.get_sentence_boundaries("en", part)]
        joined: list[tuple[int, int]] = []
        for start, end in bounds:
            before = part[joined[-1][0] : joined[-1][1]] if joined else ""
            if joined and (_ABBREVIATIONS.search(before) or part[start:end].lstrip()[:1].islower()):
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        for start, end in joined:
            piece = part[start:end]
            left, right = len(piece) - len(piece.lstrip()), len(piece.rstrip())
            if right > left:
                yield begin + start + left, begin + start + right


def _hard_lines(content: str, offset: int) -> Iterator[tuple[int, int]]:
    """Part lines that were ended on purpose from lines that a mail program or an editor wrapped.

    A line end is on purpose when the next line's first word would have fitted and begins no lower-case word.
    """
    lines = content[offset:].split("\n")
    width = max(len(line) for line in lines)
    begin = at = offset
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        at += len(line) + 1
        word = following.split(" ", 1)[0]
        fits = len(line) + 1 + len(word) < width
        if not following or (fits and not word[:1].islower()):
            yield begin, min(at - 1, len(content))
            begin = at
    if begin < len(content):
        yield begin, len(content)


def _unmark(piece: str, prefix: str) -> str:
    return re.sub(r"\n[ \t]*>[ \t]?", "\n", piece)


def _plain(text: str) -> str:
    """Inline Markdown as plain words: emphasis and link targets dropped, white space collapsed."""
    if not _MARKED.search(text):
        return " ".join(text.split())
    token = _markdown().parseInline(text)[0]
    return " ".join("".join(_words(token.children or [])).split())


def _words(children: list[Any]) -> Iterator[str]:
    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            yield " "
        elif child.type == "image":
            yield from _words(child.children or [])
        else:
            yield child.content
