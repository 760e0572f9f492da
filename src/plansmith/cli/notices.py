"""What is said beside a plan, on standard error: that the base does not write the brief's language, what checks found.

Enters: a brief and the base's name; the faults of a plan that was written whole. Leaves: lines on standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plansmith.plan import Brief
    from plansmith.tuning.runs import Run
    from plansmith.writing.audit import Fault

_SHOWN = 12


def note_language(brief: Brief, run: Run | None, base: str, url: str) -> None:
    """Say so where the model that writes does not know the brief's language."""
    from plansmith.cli.console import console
    from plansmith.locale import table
    from plansmith.tuning.bases import BASES

    name = run.story["base"]["name"] if run else base
    known = next((b.languages for b in BASES if b.name == name), (brief.language,))
    if url or brief.language in known:
        return
    console(stderr=True).print(f"Note: {table('en', 'writing')['notice']['language'].format(base=name)}", markup=False)


def note_faults(faults: Sequence[Fault]) -> None:
    """List what the checks found in a plan that was written whole."""
    from plansmith.cli.console import console

    out = console(stderr=True)
    if not faults:
        out.print("Checked against the brief: nothing invented, copied or left out was found.")
        return
    out.print(f"Checked against the brief, nothing was changed; {len(faults)} places to look at:")
    for fault in faults[:_SHOWN]:
        where = f"line {fault.line}: " if fault.line else ""
        out.print(f"  - {where}{fault.reason} ({fault.text[:80]})", markup=False)
    if len(faults) > _SHOWN:
        out.print(f"  and {len(faults) - _SHOWN} more (--json lists all)")
