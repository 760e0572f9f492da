"""How trackers want their texts: Markdown or Jira's wiki marks, with the client's words shown and never obeyed.

Enters: the parts of an entry. Leaves: a text of several lines; every line begins with words of ours, so that a
client's "/close" is no quick action, a "=1+1" no formula, an "@all" no call to everybody.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to gitlab
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence

from plansmith.export.backlog import Part
from plansmith.plan.escape import inline

_CALLS = re.compile(r"(?<=[@#])(?=[^\W_])")
_WIKI = re.compile(r"[\\{}\[\]*_^~|!]|(?<![^\W_])[-+?]|[-+?](?![^\W_])")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def markdown(parts: Iterable[Part]) -> str:
    """The parts as Markdown; people and numbers of other issues are not called."""

    def shown(text: str) -> str:
        return _CALLS.sub("\u200b", inline(text)).replace("\\<!--", "<!--").replace("<!--", "&lt;!--")

    return _joined(parts, shown, "**{}:**", "- [ ] ", "- ")


def wiki(parts: Iterable[Part]) -> str:
    """The parts in Jira's wiki marks, as its CSV import reads descriptions."""
    return _joined(parts, lambda text: _WIKI.sub(lambda m: f"\\{m[0]}", text), "*{}:*", "* ", "* ")


def _joined(parts: Iterable[Part], plain: Callable[[str], str], label: str, check: str, bullet: str) -> str:
    blocks = []
    for part in parts:
        name = label.format(part.label)
        if len(part.texts) == 1 and not part.checks:
            blocks.append(f"{name} {plain(part.texts[0])}")
        else:
            mark = check if part.checks else bullet
            blocks.append("\n".join([name, "", *(f"{mark}{plain(text)}" for text in part.texts)]))
    return "\n\n".join(blocks)


def csv_bytes(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV file as RFC 4180 has it: UTF-8, commas, CRLF, every field in quotes; no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def inert(cell: str) -> str:
    """A cell that a spreadsheet takes for text."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
