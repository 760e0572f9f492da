"""The sections of a plan in our form, from what was read out of a free plan; what is missing is asked.

Enters: a `Readout`, the `Notes`. Leaves: the fields of each section for `Plan`.
Try: plansmith adopt examples/free/crane-hire/plan.pdf
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from plansmith.plan import Brief, Plan, PlanError, fold, parse_plan, render_plan
from plansmith.sources.freeplans.adoptitems import (
    Entry,
    depends,
    joined,
    milestone_tasks,
    named_role,
    requirement,
    risk_fields,
    served,
    task_title,
)
from plansmith.sources.freeplans.cited import Citations
from plansmith.sources.freeplans.found import Found
from plansmith.sources.freeplans.openpoints import Notes
from plansmith.sources.freeplans.readout import Readout

_STORY = re.compile(r"(?:as an? |ca )[^,]{2,60}, ?(?:i |vreau |doresc )")


def requirements(readout: Readout, brief: Brief | None, notes: Notes) -> tuple[list[Entry], list[dict[str, Any]]]:
    """Requirements with the sentences that they clearly say again, and items that are user stories."""
    found = [f for f in readout.of("requirement") if f.text]
    citations = Citations(brief) if brief and found else None
    entries: list[Entry] = []
    stories: list[dict[str, Any]] = []
    undecided, uncited = [], []
    for item in found:
        text = joined(item)
        if _STORY.match(fold(item.title)) and (story := _story(item, readout.language)):
            number = f"U{len(stories) + 1}"
            stories.append({**story, "id": number})
            notes.place(number, item)
            continue
        number = f"R{len(entries) + 1}"
        fields, told = requirement(item, text, readout.language)
        cited = citations.all_of(item.title) if citations else []
        if cited:
            sure = all(c.faithful for c in cited)
            ids = tuple(dict.fromkeys(c.sentence.id for c in cited))
            fields |= {"source": ids, "origin": "stated" if sure else "inferred"}
            notes.note("source")
        elif citations:
            uncited.append(number)
        if not told:
            undecided.append(number)
        notes.note("priority", bool(told))
        entries.append(Entry(number, item, {"id": number, **fields}))
        notes.place(number, item)
    notes.note("requirement", len(entries))
    notes.note("story", len(stories))
    if not entries and not stories:
        notes.ask("requirements")
    if undecided:
        notes.ask("priority", undecided)
    if uncited:
        notes.ask("cited", uncited)
    if entries and not stories:
        notes.ask("stories")
    return entries, stories


def _story(item: Found, language: str) -> dict[str, Any] | None:
    try:
        text = f"---\nlanguage: {language}\n---\n# -\n## Stories\n- **U1** {item.title}\n"
        read = parse_plan(text).stories
        parse_plan(render_plan(Plan(title="-", stories=read)))
    except PlanError:
        return None
    return read[0].model_dump(exclude={"id"}) if read else None


def tasks(readout: Readout, wanted: Sequence[Entry], hours_per_day: float | None, notes: Notes) -> list[Entry]:
    """Tasks with role, hours and links; a gap is asked, never filled, but for the role that our form must have."""
    found = [f for f in readout.tasks if f.text]
    entries = [Entry(f"T{n}", item, {}) for n, item in enumerate(found, 1)]
    lacks: dict[str, list[str]] = {key: [] for key in ("role", "hours", "days", "unit", "duration", "spread", "serves")}
    units: dict[str, list[str]] = {}
    unassigned = notes.say["words"]["unassigned"]
    for entry in entries:
        item = entry.item
        role = named_role(item.part("role"))
        if not role:
            lacks["role"].append(entry.id)
        hours = item.effort.hours(hours_per_day) if item.effort else None
        if hours is None:
            _no_hours(entry, lacks, units, hours_per_day)
        elif len(set(hours)) == 1:
            lacks["spread"].append(entry.id)
        serves = served(item, wanted)
        if not serves:
            lacks["serves"].append(entry.id)
        waits, strange = depends(item, entries)
        if strange:
            notes.ask("after", [entry.id], text=strange)
        entry.fields = {
            "id": entry.id, "title": task_title(item), "role": role or unassigned, "serves": serves,
            "estimate": dict(zip("omp", hours, strict=True)) if hours else None,
            "depends_on": [{"task": t} for t in waits], "done_when": item.part("done_when"),
        }  # fmt: skip
        for name, value in (("role", role), ("estimate", hours), ("serves", serves), ("depends_on", waits)):
            notes.note(name, bool(value))
        notes.note("done_when", bool(item.part("done_when")))
        notes.place(entry.id, item)
    notes.note("task", len(entries))
    if not entries:
        notes.ask("tasks")
    for key, items in lacks.items():
        if items:
            notes.ask(key, items, text=unassigned)
    for unit, items in units.items():
        notes.ask("unit", items, text=notes.say["words"].get(unit, unit))
    return entries


def _no_hours(
    entry: Entry, lacks: dict[str, list[str]], units: dict[str, list[str]], hours_per_day: float | None
) -> None:
    effort = entry.item.effort
    if effort is None:
        lacks["duration" if entry.item.part("duration") else "hours"].append(entry.id)
    elif effort.unit == "day" and hours_per_day is None:
        lacks["days"].append(entry.id)
    else:
        units.setdefault(effort.unit, []).append(entry.id)


def milestones(readout: Readout, tasks: Sequence[Entry], notes: Notes) -> list[dict[str, Any]]:
    """Milestones with the tasks that they name; their dates are asked about, as our form computes them."""
    found = [f for f in readout.of("milestone") if f.text]
    listed, bare, no_exit, said = [], [], [], []
    for n, item in enumerate(found, 1):
        number = f"M{n}"
        ids = milestone_tasks(item, tasks)
        exit_ = item.part("done_when") or item.part("deliverable")
        listed.append({"id": number, "title": item.text, "exit": exit_, "tasks": ids})
        if not ids:
            bare.append(number)
        if not exit_:
            no_exit.append(number)
        days = [p.text for p in item.parts if p.name in ("start", "end", "duration")]
        if days:
            said.append(f"{number} {' – '.join(days)}")
        notes.note("milestone_tasks", bool(ids))
        notes.note("exit", bool(exit_))
        notes.place(number, item)
    notes.note("milestone", len(listed))
    if not listed:
        notes.ask("milestones")
    for key, items in (("milestone_tasks", bare), ("exit", no_exit)):
        if items:
            notes.ask(key, items)
    if said:
        notes.ask("dates", text="; ".join(said))
    return listed


def risks(readout: Readout, notes: Notes) -> list[dict[str, Any]]:
    """Risks; where no word tells probability or impact, the middle of the scale stands and is asked about."""
    listed: list[dict[str, Any]] = []
    lacks: dict[str, list[str]] = {"probability": [], "impact": [], "response": []}
    for n, item in enumerate((f for f in readout.of("risk") if f.text), 1):
        number = f"K{n}"
        fields = risk_fields(item)
        listed.append({"id": number, **fields})
        for name, missing in lacks.items():
            if name in fields:
                notes.note(name)
            else:
                missing.append(number)
        notes.place(number, item)
    notes.note("risk", len(listed))
    for key, items in lacks.items():
        if items:
            notes.ask(key, items)
    return listed


def single_lines(readout: Readout, notes: Notes) -> dict[str, Any]:
    """Assumptions, questions, what is out of scope, terms; deliverables and reserves have no place and are asked."""
    fields: dict[str, Any] = {}
    for kind, section, letter in (("assumption", "assumptions", "A"), ("question", "questions", "Q")):
        listed = []
        for n, item in enumerate((f for f in readout.of(kind) if f.text), 1):  # type: ignore[arg-type]  # of `Kind`
            listed.append({"id": f"{letter}{n}", "text": joined(item)})
            if kind == "assumption" and item.part("if_false"):
                listed[-1]["if_false"] = item.part("if_false")
            notes.place(f"{letter}{n}", item)
        fields[section] = listed
        notes.note(kind, len(listed))
    outside = [joined(f) for f in readout.of("out_of_scope") if f.text]
    fields["out_of_scope"] = outside
    notes.note("out_of_scope", len(outside))
    terms = [f.text.partition(":") for f in readout.of("term")]
    glossary = [{"term": t.strip(), "definition": d.strip()} for t, _, d in terms if t.strip() and d.strip()]
    fields["glossary"] = glossary
    notes.note("term", len(glossary))
    if things := [f.text for f in readout.of("deliverable") if f.text]:
        notes.ask("deliverables", text="; ".join(things))
    for item in readout.of("reserve"):
        notes.ask("reserve", text=readout.text[item.spot.start : item.spot.end].strip("* "))
    return fields
