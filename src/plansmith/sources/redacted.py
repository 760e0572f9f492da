"""A copy of an archive without personal data.

Enters: an archive and a folder that is not there yet. Leaves: that folder in the canonical form (brief.md, plan.md),
with redaction.json, which counts what was replaced and names no one.
Try: plansmith check examples/archive --redact copy
"""

from __future__ import annotations

import json
from pathlib import Path

from plansmith.errors import InputError, PlansmithError
from plansmith.files import replacing_folder
from plansmith.plan import parse_plan, read_brief, render_plan
from plansmith.sources.archive import Archive, Document
from plansmith.sources.mapping import FILE, Named, Names, write_names
from plansmith.sources.privacy import Redaction, redact


def redact_archive(archive: Archive) -> Redaction:
    """Brief, plan and client of every project, redacted together; keys are NAME/brief, NAME/plan, NAME/client."""
    texts = {}
    for d in archive.documents:
        for part, text in (("client", d.client), ("brief", d.brief.text), ("plan", d.plan_text)):
            texts[f"{d.name}/{part}"] = (d.client, d.brief.language, text)
    return redact(texts)


def write_redacted(archive: Archive, out: Path) -> Redaction:
    """Write the redacted copy; raises InputError where `out` exists or a plan in our form would no longer be one."""
    if out.exists():
        raise InputError(f"{out} exists already and is not overwritten. Name a folder that is not there yet.")
    done = redact_archive(archive)
    plans, problems = {}, []
    for d in archive.documents:
        try:
            plans[d.name] = _plan(d, done)
        except PlansmithError as error:
            problems += [f"{d.name}: {line}" for line in error.problems or [error.message]]
    if problems:
        raise InputError("Plans that cannot be read once their personal data are replaced; edit them first:", problems)
    with replacing_folder(out) as staged:
        projects = {}
        for d in archive.documents:
            folder = staged / d.name
            folder.mkdir()
            (folder / "brief.md").write_text(done.texts[f"{d.name}/brief"], encoding="utf-8", newline="")
            (folder / "plan.md").write_text(plans[d.name], encoding="utf-8", newline="")
            projects[d.name] = Named(
                client=done.texts[f"{d.name}/client"], language=d.brief.language, form="ours" if d.plan else "free"
            )
            told = d.provenance
            record = {"source": "redacted copy", "sha256": told.sha256, "date": told.date} if told else {}
            (folder / "provenance.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        (staged / FILE).write_text(write_names(Names(projects)), encoding="utf-8")
        report = json.dumps(done.report(), indent=2, ensure_ascii=False)
        (staged / "redaction.json").write_text(report + "\n", encoding="utf-8")
    return done


def _plan(document: Document, done: Redaction) -> str:
    text = done.texts[f"{document.name}/plan"]
    if document.plan is None:
        return text
    plan = parse_plan(text)
    if plan.brief_sha256:
        plan = plan.model_copy(update={"brief_sha256": read_brief(done.texts[f"{document.name}/brief"]).sha256})
    return render_plan(plan)
