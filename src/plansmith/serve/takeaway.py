"""A plan as people take it away and bring it back: its bytes in a format, its whole text checked.

Enters: an opened plan, and the name of a format or a changed text. Leaves: bytes and the suffix of their file, or the text as
it may be saved.
"""

from __future__ import annotations

import io
import zipfile

from plansmith.errors import InputError, PlansmithError
from plansmith.plan import Plan, parse_plan
from plansmith.plan.jsonform import render_json
from plansmith.serve.workspace import Opened


def exported(opened: Opened, wanted: str) -> tuple[bytes, str]:
    """A plan's bytes in a format and the suffix of its file; a format of several files comes as a ZIP file."""
    if wanted == "md":
        return opened.text.encode(), ".md"
    plan = planned_in(opened)
    if wanted == "json":
        return render_json(plan).encode(), ".json"
    from plansmith.export import FORMATS, planned

    found = next((one for one in FORMATS if one.name == wanted), None)
    if found is None:
        raise InputError(
            f"There is no such format. Choose one of {', '.join(['md', 'json', *(f.name for f in FORMATS)])}."
        )
    import datetime as dt

    made = found.write(planned(plan, dt.date.today()))
    if isinstance(made, bytes):
        return made, found.suffix
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in made.items():
            archive.writestr(path, content)
    return packed.getvalue(), f".{found.name}.zip"


def formats() -> list[tuple[str, str]]:
    """The export menu: name of a format, and what it is."""
    from plansmith.export import FORMATS

    return [(one.name, one.says) for one in FORMATS]


def planned_in(opened: Opened) -> Plan:
    """The plan of a text in our form; raises InputError for another."""
    if opened.plan is None:
        why = list(opened.problems) or ["it is a text in the team's own form"]
        raise InputError("This plan can only be changed as text:", why)
    return opened.plan


def checked(text: str, opened: Opened) -> str:
    """The text of a whole plan as it may be saved: one in our form must stay readable."""
    if not text.strip():
        raise InputError("The plan would be empty. Nothing was saved.")
    if opened.plan is not None or opened.problems:
        try:
            parse_plan(text)
        except PlansmithError as error:
            raise InputError(error.message, error.problems) from error
    return text if text.endswith("\n") else text + "\n"
