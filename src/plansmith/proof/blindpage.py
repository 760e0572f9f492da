"""A blind comparison as one page: offline, pair after pair, votes kept in the browser until they are saved.

Enters: a `Comparison`, a voter and the command that counts the saved votes. Leaves: the page's text.
Try: plansmith compare DIR_A DIR_B --page ballot.html --voter Ana
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from importlib.resources import files

from plansmith.locale import table
from plansmith.plan import detect_language
from plansmith.proof.blind import Comparison, all_shown
from plansmith.proof.blindread import side_by_side


def ballot_page(comparison: Comparison, voter: str, command: str = "", file: str = "votes.jsonl") -> str:
    """The page. What stands in it says left and right and never which plan is which."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("plansmith", "proof/templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = all_shown(comparison, voter)
    language = detect_language(shown[0].brief or shown[0].left) if shown else "en"
    script = (files("plansmith") / "proof" / "templates" / "blind.js").read_text(encoding="utf-8")
    to_html = markdown()
    pairs = [
        {"shown": s, "parts": [(t, to_html(one), to_html(two)) for t, one, two in side_by_side(s.left, s.right)]}
        for s in shown
    ]
    return environment.get_template("blind.html").render(
        say=table(language, "blind")["page"], language=language, pairs=pairs, voter=voter, script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        ballot=comparison.begun["plans"], command=command, file=file,
    )  # fmt: skip


def markdown() -> Callable[[str], str]:
    """What turns a part of a plan into HTML: tags in it are shown, not obeyed, and pictures are left out."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")

    def turned(text: str) -> str:
        return str(parser.render(text)) if text else ""

    return turned
