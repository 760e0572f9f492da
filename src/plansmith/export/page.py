"""The plan as one web page: the same page as `plansmith render`.

Enters: a `Planned`. Leaves: the page as UTF-8.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to html
"""

from __future__ import annotations

from plansmith.export.planned import Planned
from plansmith.plan import render_html


def html(made: Planned) -> bytes:
    """The page of a plan."""
    return render_html(made.plan, made.schedule, made.forecast).encode()
