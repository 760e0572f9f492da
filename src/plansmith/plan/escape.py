"""Plain text inside Markdown: what must be escaped so that it stays plain, and back.

Enters: one line of plain text, or of Markdown. Leaves: the other of the two; `unescape(inline(t)) == t` for every t.
Only what Markdown, or the plan's own form, would interpret is escaped; the rest stays as a person would type it.
Try: python -c "from plansmith.plan.escape import inline; print(inline('5*3 [a](b) £9,000 (approx.)'))"
"""

from __future__ import annotations

import re
from html.entities import html5

from plansmith.plan.fields import one_line

_ESCAPED = re.compile(r"\\[!-/:-@\[-`{-~]")
_ENTITY = r"&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
_UNESCAPE = re.compile(rf"{_ESCAPED.pattern}|{_ENTITY}")
_INLINE = re.compile(rf"\\|\*+|_+|`|~|\](?=\()|<(?=[A-Za-z/!?])|&(?={_ENTITY[1:]})")
_BLOCK = re.compile(
    r"#{1,6}(?= |$)|>|[-+*](?= |$)|([0-9]{1,9})[.)](?= |$)|\||\[(?=[ xX]\])|\[(?=[^\]]*\]:)|[-=][-= ]*$"
)
_PROSE_ENTRY = re.compile(r"(?!-[- ]*$)(?:-|[0-9]{1,9}[.)]) ")
_SEPARATOR = re.compile(r"(?:(?<= )|^)[·|](?= |$)")
_FLOAT = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")


def mask(markdown: str) -> str:
    """The text with escaped characters blotted out, each position kept: for finding what is not escaped."""
    return _ESCAPED.sub("\0\0", markdown)


def unescape(markdown: str) -> str:
    """Plain text of one line of Markdown: backslash escapes and character references are resolved."""
    return _UNESCAPE.sub(_plain, markdown)


def _plain(match: re.Match[str]) -> str:
    mark = match.group()
    if mark[0] == "\\":
        return mark[1]
    if mark[1] != "#":
        return html5.get(mark[1:], mark)
    code = int(mark[3:-1], 16) if mark[2] in "xX" else int(mark[2:-1])
    return chr(code) if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else mark


def inline(text: str) -> str:
    """Plain text as Markdown that means just this text, in the middle of a line."""
    return _INLINE.sub(_mark, text)


def _mark(match: re.Match[str]) -> str:
    mark, text = match.group(), match.string
    before = text[match.start() - 1] if match.start() else ""
    after = text[match.end()] if match.end() < len(text) else ""
    if mark == "\\":
        harmless = after.isalnum() or after == " "
    elif mark[0] == "_":
        harmless = (before.isalnum() and after.isalnum()) or (before == after == " ")
    elif mark[0] == "*":
        harmless = before == after == " "
    elif mark == "~":  # only a tilde that closes something strikes it through
        harmless = before in ("", " ")
    else:
        harmless = False
    return mark if harmless else "".join(f"\\{c}" for c in mark)


def detail(text: str) -> str:
    """Like `inline`, for a text that stands between separators: a lone `·` or `|` in it is no separator."""
    return _SEPARATOR.sub(lambda m: "&middot;" if m.group() == "·" else r"\|", inline(text))


def block(text: str, *, prose: bool = False) -> str:
    """Like `inline`, for a text that begins a line: nothing in front makes it a heading, list, quote or table.

    In `prose`, "- " and "1. " keep their meaning: a paragraph that begins so is a list entry.
    """
    escaped, start = inline(text), _BLOCK.match(text)
    if not start or escaped[0] == "\\" or (prose and _PROSE_ENTRY.match(text)):
        return escaped
    number = len(start.group(1) or "")
    return f"{escaped[:number]}\\{escaped[number:]}"


def heading(text: str) -> str:
    """Like `inline`, for a heading: number signs at its end are part of it."""
    escaped = inline(text)
    bare = escaped.rstrip("#")
    return escaped if bare == escaped or (bare and bare[-1] != " ") else f"{bare}\\{escaped[len(bare) :]}"


def guard(escaped: str, keyword: re.Pattern[str]) -> str:
    """Escape the comma in front of each `keyword` found, so that the sentence is not parted there."""
    return keyword.sub(lambda m: f"\\{m.group()}", escaped)


def find(markdown: str, keyword: re.Pattern[str]) -> re.Match[str] | None:
    """The first place where `keyword` stands and is not escaped."""
    return keyword.search(mask(markdown))


def number(value: float) -> str:
    """The shortest figure that reads back as the same number."""
    return str(int(value)) if value == int(value) else repr(value)


def read_number(figure: str) -> float | None:
    """A number with a decimal point; `None` for anything else. One or two digits after a comma are decimals."""
    figure = re.sub(r",(?=[0-9]{1,2}$)", ".", figure.strip())
    return float(figure) if _FLOAT.fullmatch(figure) else None


def normal(line: str) -> str:
    """One line of a file with its white space and control characters put in order."""
    return str(one_line(line))
