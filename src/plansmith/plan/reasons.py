"""Why a restated requirement does not say what the client's sentence says: reasons as data, and in words.

Enters: a `Reason` and a language. Leaves: its text from `locale/checks.*.toml`.
Try: python -c "from plansmith.plan.reasons import *; print(reason_text(Reason('number', '5'), 'ro'))"
"""

from __future__ import annotations

from typing import NamedTuple

from plansmith.locale import check_text


class Reason(NamedTuple):
    """A code of the table `reasons`; `found`: what the statement says, `theirs`: what the client says."""

    code: str
    found: str = ""
    theirs: str = ""


def reason_text(reason: Reason, language: str = "en") -> str:
    """A reason in words."""
    return check_text(language, "reasons", reason.code, found=reason.found, theirs=reason.theirs)
