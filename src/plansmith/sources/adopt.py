"""A plan in our form proposed from a team's own plan, each item with the place that it came from; the rest is asked.

Enters: a `Readout`, the name of its file, how places in it are called, and perhaps the brief. Leaves: an `Adopted`: a
`Plan` that reads and writes like any other, the places, and the open points, which stand in the plan as questions to
the team. Nothing is invented: where a plan must have a value and the text has none, the type's middle stands and is asked.
Try: plansmith adopt examples/free/kiln-club/plan.docx -o plan.md

Places stand in the plan's history, one entry a section: "Adopted from plan.docx, tasks: T1 paragraph 12; T2 table 1".
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from plansmith.plan import Brief, Plan, amounts, dates, parse_plan, with_quotes
from plansmith.sources.adoptitems import (
    Entry,
    depends,
    joined,
    member,
    milestone_tasks,
    named_role,
    requirement,
    risk_fields,
    served,
    task_title,
)
from plansmith.sources.cited import Citations
from plansmith.sources.found import Found, Spot
from plansmith.sources.planwords import fold, heading_kind, pattern
from plansmith.sources.readout import Readout

_SECTIONS = ("requirements", "stories", "tasks", "milestones", "risks", "assumptions", "questions")
_PLACE = re.compile(r"(?:^|(?<=; ))(?P<id>[RUTMKAQ][1-9][0-9]*) (?P<place>[^;]+)")
_STORY = re.compile(r"(?:as an? |ca )[^,]{2,60}, ?(?:i |vreau |doresc )")
_LONG = 300
_MOST_NAMED = 12


@dataclass(frozen=True)
class Open:
    """Something that a person has to say: about which items, and in words of the plan's language."""

    key: str
    items: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Adopted:
    """A proposed plan, where its items stand in the free plan, and what is left for a person."""

    plan: Plan
    places: dict[str, str]
    open: tuple[Open, ...]
    readout: Readout
    filled: dict[str, int]
    """Field → how many values were read."""

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "plan": self.plan.model_dump(mode="json"),
            "places": self.places,
            "filled": self.filled,
            "open": [{"about": o.key, "items": list(o.items), "text": o.text} for o in self.open],
            **{k: v for k, v in self.readout.as_dict().items() if k in ("read", "totals", "unread")},
        }


@cache
def _texts(language: str) -> dict[str, dict[str, str]]:
    name = f"open.{language if language in ('en', 'ro') else 'en'}.toml"
    told: dict[str, dict[str, str]] = tomllib.loads((files("plansmith.sources") / "words" / name).read_text("utf-8"))
    return told


def adopt(
    readout: Readout,
    name: str,
    *,
    place_of: Callable[[Spot], str] = str,
    brief: Brief | None = None,
    hours_per_day: float | None = None,
    today: dt.date | None = None,
) -> Adopted:
    """Propose our form of a free plan; `name`: its file's, `hours_per_day`: of a working day, where the text has none."""
    return _Adoption(readout, name, place_of, brief, hours_per_day, today or dt.date.today()).done()


def places_in(plan: Plan) -> dict[str, str]:
    """Where the items of an adopted plan came from, by id; empty for a plan that was not adopted."""
    starts = tuple(_texts(code)["words"]["adopted"] for code in ("en", "ro"))
    said = [c.text.partition(": ")[2] for c in plan.changelog if c.text.startswith(starts)]
    return {m["id"]: m["place"] for text in said for m in _PLACE.finditer(text)}


@dataclass
class _Adoption:
    readout: Readout
    name: str
    place_of: Callable[[Spot], str]
    brief: Brief | None
    day: float | None
    today: dt.date
    fields: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    open: list[Open] = field(default_factory=list)
    filled: dict[str, int] = field(default_factory=dict)

    def done(self) -> Adopted:
        self.say = _texts(self.readout.language)
        self.day = self.readout.hours_per_day or self.day
        self._front()
        self._milestones(self._tasks(self._requirements()))
        self._risks()
        self._simple()
        self._prose()
        self._team()
        self._totals()
        self._questions()
        self._history()
        plan = Plan.model_validate(self.fields)
        if self.brief:
            plan = with_quotes(plan, self.brief).model_copy(update={"brief_sha256": self.brief.sha256})
        return Adopted(plan, self.places, tuple(self.open), self.readout, {k: n for k, n in self.filled.items() if n})

    # what is noted

    def ask(self, key: str, items: Sequence[str] = (), **values: str) -> None:
        """Note an open point."""
        shown = ", ".join(items[:_MOST_NAMED])
        if len(items) > _MOST_NAMED:
            shown += f" {self.say['words']['and_more'].format(n=len(items) - _MOST_NAMED)}"
        text = self.say["open"][key].format(items=shown, **{k: v[:_LONG] for k, v in values.items()})
        self.open.append(Open(key, tuple(items), text))

    def note(self, name: str, count: int = 1) -> None:
        """Count a field that was read."""
        self.filled[name] = self.filled.get(name, 0) + count

    def place(self, number: str, item: Found) -> None:
        """Note where an item stands, and its hours where that is elsewhere."""
        where = self._where(item.spot)
        if item.effort_spot and item.effort_spot.line != item.spot.line:
            hours = self._where(item.effort_spot)
            where += f", {self.say['words']['hours_at']} {hours}"
        self.places[number] = where.replace(";", ",")

    def _where(self, spot: Spot) -> str:
        """A place in the plan's language, the column's own name as it is."""
        names = self.say["places"]
        place, mark, head = self.place_of(spot).partition(", column ")
        place = re.sub(r"[a-z]+", lambda m: names.get(m.group(), m.group()), place)
        return f"{place}, {names['column']} {head}" if mark else place

    # the sections

    def _front(self) -> None:
        read = self.readout
        self.fields["language"] = read.language
        self.fields["title"] = read.title or self.name.rsplit(".", 1)[0] or self.name
        self.note("title") if read.title else self.ask("title")
        calendar: dict[str, Any] = {}
        if read.stated_hours_per_day:
            calendar["hours_per_day"] = read.hours_per_day
            self.note("hours_per_day")
        starts = [d for m in read.of("milestone") for d in _days(m.part("start"))]
        if starts:
            calendar["start"] = min(starts)
            self.note("start")
        if calendar:
            self.fields["calendar"] = calendar
        for item in read.of("date"):
            if pattern("rows", "deadline").search(fold(item.group)) and "deadline" not in self.fields:
                self.fields["deadline"] = _days(item.text)[0]
                self.note("deadline")
        budgets = [
            a
            for item in read.of("amount")
            if pattern("rows", "budget").search(fold(item.group))
            for a in amounts(item.text)
        ]
        if len({(a.value, a.currency) for a in budgets}) == 1 and budgets[0].value >= 0:
            self.fields["budget"] = budgets[0].value
            self.fields["currency"] = budgets[0].currency
            self.note("budget")

    def _requirements(self) -> list[Entry]:
        found = [f for f in self.readout.of("requirement") if f.text]
        citations = Citations(self.brief) if self.brief and found else None
        entries: list[Entry] = []
        stories: list[dict[str, Any]] = []
        undecided, uncited = [], []
        for item in found:
            text = joined(item)
            if _STORY.match(fold(item.title)) and (story := self._story(item)):
                number = f"U{len(stories) + 1}"
                stories.append({**story, "id": number})
                self.place(number, item)
                continue
            number = f"R{len(entries) + 1}"
            fields, told = requirement(item, text, self.readout.language)
            cited = citations.all_of(item.title) if citations else []
            if cited:
                sure = all(c.faithful for c in cited)
                ids = tuple(dict.fromkeys(c.sentence.id for c in cited))
                fields |= {"source": ids, "origin": "stated" if sure else "inferred"}
                self.note("source")
            elif citations:
                uncited.append(number)
            if not told:
                undecided.append(number)
            self.note("priority", bool(told))
            entries.append(Entry(number, item, {"id": number, **fields}))
            self.place(number, item)
        self.fields["requirements"] = [e.fields for e in entries]
        self.fields["stories"] = stories
        self.note("requirement", len(entries))
        self.note("story", len(stories))
        if not entries and not stories:
            self.ask("requirements")
        if undecided:
            self.ask("priority", undecided)
        if uncited:
            self.ask("cited", uncited)
        if entries and not stories:
            self.ask("stories")
        return entries

    def _story(self, item: Found) -> dict[str, Any] | None:
        from plansmith.plan import PlanError, render_plan

        try:
            text = f"---\nlanguage: {self.readout.language}\n---\n# -\n## Stories\n- **U1** {item.title}\n"
            read = parse_plan(text).stories
            parse_plan(render_plan(Plan(title="-", stories=read)))
        except PlanError:
            return None
        return read[0].model_dump(exclude={"id"}) if read else None

    def _tasks(self, requirements: list[Entry]) -> list[Entry]:
        found = [f for f in self.readout.tasks if f.text]
        entries = [Entry(f"T{n}", item, {}) for n, item in enumerate(found, 1)]
        lacks: dict[str, list[str]] = {
            key: [] for key in ("role", "hours", "days", "unit", "duration", "spread", "serves")
        }
        units: dict[str, list[str]] = {}
        unassigned = self.say["words"]["unassigned"]
        for entry in entries:
            item = entry.item
            role = named_role(item.part("role"))
            if not role:
                lacks["role"].append(entry.id)
            hours = item.effort.hours(self.day) if item.effort else None
            if hours is None:
                self._no_hours(entry, lacks, units)
            elif len(set(hours)) == 1:
                lacks["spread"].append(entry.id)
            serves = served(item, requirements)
            if not serves:
                lacks["serves"].append(entry.id)
            waits, strange = depends(item, entries)
            if strange:
                self.ask("after", [entry.id], text=strange)
            entry.fields = {
                "id": entry.id, "title": task_title(item), "role": role or unassigned, "serves": serves,
                "estimate": dict(zip("omp", hours, strict=True)) if hours else None,
                "depends_on": [{"task": t} for t in waits], "done_when": item.part("done_when"),
            }  # fmt: skip
            for name, value in (("role", role), ("estimate", hours), ("serves", serves), ("depends_on", waits)):
                self.note(name, bool(value))
            self.note("done_when", bool(item.part("done_when")))
            self.place(entry.id, item)
        self.fields["tasks"] = [e.fields for e in entries]
        self.note("task", len(entries))
        if not entries:
            self.ask("tasks")
        for key, items in lacks.items():
            if items:
                self.ask(key, items, text=unassigned)
        for unit, items in units.items():
            self.ask("unit", items, text=self.say["words"].get(unit, unit))
        return entries

    def _no_hours(self, entry: Entry, lacks: dict[str, list[str]], units: dict[str, list[str]]) -> None:
        effort = entry.item.effort
        if effort is None:
            lacks["duration" if entry.item.part("duration") else "hours"].append(entry.id)
        elif effort.unit == "day" and self.day is None:
            lacks["days"].append(entry.id)
        else:
            units.setdefault(effort.unit, []).append(entry.id)

    def _milestones(self, tasks: list[Entry]) -> None:
        found = [f for f in self.readout.of("milestone") if f.text]
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
            self.note("milestone_tasks", bool(ids))
            self.note("exit", bool(exit_))
            self.place(number, item)
        self.fields["milestones"] = listed
        self.note("milestone", len(listed))
        if not listed:
            self.ask("milestones")
        for key, items in (("milestone_tasks", bare), ("exit", no_exit)):
            if items:
                self.ask(key, items)
        if said:
            self.ask("dates", text="; ".join(said))

    def _risks(self) -> None:
        listed: list[dict[str, Any]] = []
        lacks: dict[str, list[str]] = {"probability": [], "impact": [], "response": []}
        for n, item in enumerate((f for f in self.readout.of("risk") if f.text), 1):
            number = f"K{n}"
            fields = risk_fields(item)
            listed.append({"id": number, **fields})
            for name, missing in lacks.items():
                if name in fields:
                    self.note(name)
                else:
                    missing.append(number)
            self.place(number, item)
        self.fields["risks"] = listed
        self.note("risk", len(listed))
        for key, items in lacks.items():
            if items:
                self.ask(key, items)

    def _simple(self) -> None:
        for kind, section, letter in (("assumption", "assumptions", "A"), ("question", "questions", "Q")):
            listed = []
            for n, item in enumerate((f for f in self.readout.of(kind) if f.text), 1):  # type: ignore[arg-type]  # of `Kind`
                listed.append({"id": f"{letter}{n}", "text": joined(item)})
                if kind == "assumption" and item.part("if_false"):
                    listed[-1]["if_false"] = item.part("if_false")
                self.place(f"{letter}{n}", item)
            self.fields[section] = listed
            self.note(kind, len(listed))
        outside = [joined(f) for f in self.readout.of("out_of_scope") if f.text]
        self.fields["out_of_scope"] = outside
        self.note("out_of_scope", len(outside))
        terms = [f.text.partition(":") for f in self.readout.of("term")]
        glossary = [{"term": t.strip(), "definition": d.strip()} for t, _, d in terms if t.strip() and d.strip()]
        self.fields["glossary"] = glossary
        self.note("term", len(glossary))
        if things := [f.text for f in self.readout.of("deliverable") if f.text]:
            self.ask("deliverables", text="; ".join(things))
        for item in self.readout.of("reserve"):
            self.ask("reserve", text=self.readout.text[item.spot.start : item.spot.end].strip("* "))

    def _prose(self) -> None:
        """Text under headings that our form has a place for; other text is asked about."""
        parts: dict[str, list[str]] = {"summary": [], "testing": [], "rollout": []}
        left: dict[str, list[str]] = {}
        for item in self.readout.of("prose"):
            kind = heading_kind(item.section) if item.section else "summary"
            before = self.readout.text[: item.spot.start].rsplit("\n", 1)[-1].strip()
            text = f"- {item.text}" if before else item.text
            if kind in parts:
                parts[kind].append(text)
            else:
                left.setdefault(item.section, []).append(item.text)
        for name, texts in parts.items():
            self.fields[name] = "\n\n".join(texts)
            self.note(name, bool(texts))
        for heading, texts in left.items():
            self.ask("kept", heading=heading, text=" ".join(texts))

    def _team(self) -> None:
        seats, by_day, currencies = [], [], set()
        for item in self.readout.of("role"):
            seat = member(item, self.day)
            if seat:
                fields, currency, day_rate = seat
                seats.append(fields)
                currencies |= {currency} - {""}
                if day_rate:
                    by_day.append(str(fields["name"]))
        self.fields["team"] = seats
        self.note("member", len(seats))
        self.note("rate", sum(s.get("rate") is not None for s in seats))
        if len(currencies) == 1 and not self.fields.get("currency"):
            self.fields["currency"] = currencies.pop()
        if by_day:
            self.ask("day_rate", by_day)
        if not seats:
            self.ask("team")
        for rate in self.readout.of("rate"):
            if not any(rate.spot.line == f.spot.line for f in self.readout.of("role")):
                self.ask("rate", text=rate.group)

    def _totals(self) -> None:
        for total in self.readout.totals:
            if total.agrees is False and total.summed:
                low, high = total.summed
                summed = f"{low:g}" if low == high else f"{low:g}–{high:g}"
                self.ask("total", text=self.readout.text[total.spot.start : total.spot.end] or total.text, sum=summed)

    def _questions(self) -> None:
        """The open points as questions to the team, so that they stand in the file and are not forgotten."""
        listed = self.fields["questions"]
        for point in self.open:
            listed.append({"id": f"Q{len(listed) + 1}", "text": point.text, "ask": self.say["words"]["ask"]})

    def _history(self) -> None:
        words = self.say["words"]
        letters = dict(zip("RUTMKAQ", _SECTIONS, strict=True))
        entries = []
        for letter, section in letters.items():
            said = "; ".join(f"{number} {place}" for number, place in self.places.items() if number[0] == letter)
            if said:
                entries.append(
                    {"date": self.today, "text": f"{words['adopted']} {self.name}, {words[section]}: {said}"}
                )
        self.fields["changelog"] = entries or [{"date": self.today, "text": f"{words['adopted']} {self.name}"}]


def _days(text: str) -> list[dt.date]:
    return [d.date for d in dates(text) if d.date]
