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
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from plansmith.plan import Brief, Plan, amounts, dates, fold, with_quotes
from plansmith.sources.freeplans.adoptitems import MOST_MONEY, member
from plansmith.sources.freeplans.adoptsections import milestones, requirements, risks, single_lines, tasks
from plansmith.sources.freeplans.found import Spot
from plansmith.sources.freeplans.openpoints import Notes, Open, texts
from plansmith.sources.freeplans.planwords import heading_kind, pattern
from plansmith.sources.freeplans.readout import Readout

_SECTIONS = ("requirements", "stories", "tasks", "milestones", "risks", "assumptions", "questions")
_PLACE = re.compile(r"(?:^|(?<=; ))(?P<id>[RUTMKAQ][1-9][0-9]*) (?P<place>[^;]+)")


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
            **{k: v for k, v in self.readout.as_dict().items() if k in ("read", "items", "totals", "unread")},
        }


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
    notes = Notes(readout.language, place_of)
    return _Adoption(readout, name.replace(":", " "), brief, notes, hours_per_day, today or dt.date.today()).done()


def places_in(plan: Plan) -> dict[str, str]:
    """Where the items of an adopted plan came from, by id; empty for a plan that was not adopted."""
    starts = tuple(texts(code)["words"]["adopted"] for code in ("en", "ro"))
    said = [c.text.partition(": ")[2] for c in plan.changelog if c.text.startswith(starts)]
    return {m["id"]: m["place"] for text in said for m in _PLACE.finditer(text)}


@dataclass
class _Adoption:
    readout: Readout
    name: str
    brief: Brief | None
    notes: Notes
    day: float | None
    today: dt.date
    fields: dict[str, Any] = field(default_factory=dict)

    def done(self) -> Adopted:
        self.day = self.readout.hours_per_day or self.day
        self._front()
        wanted, stories = requirements(self.readout, self.brief, self.notes)
        work = tasks(self.readout, wanted, self.day, self.notes)
        self.fields |= {
            "requirements": [e.fields for e in wanted],
            "stories": stories,
            "tasks": [e.fields for e in work],
            "milestones": milestones(self.readout, work, self.notes),
            "risks": risks(self.readout, self.notes),
            **single_lines(self.readout, self.notes),
        }
        self._prose()
        self._team()
        self._totals()
        self._questions()
        self._history()
        plan = Plan.model_validate(self.fields)
        if self.brief:
            plan = with_quotes(plan, self.brief).model_copy(update={"brief_sha256": self.brief.sha256})
        filled = {name: count for name, count in self.notes.filled.items() if count}
        return Adopted(plan, self.notes.places, tuple(self.notes.points), self.readout, filled)

    def _front(self) -> None:
        read = self.readout
        self.fields["language"] = read.language
        self.fields["title"] = read.title or self.name.rsplit(".", 1)[0] or self.name
        self.notes.note("title") if read.title else self.notes.ask("title")
        calendar: dict[str, Any] = {}
        if read.stated_hours_per_day:
            calendar["hours_per_day"] = read.hours_per_day
            self.notes.note("hours_per_day")
        starts = [d for m in read.of("milestone") for d in _days(m.part("start"))]
        if starts:
            calendar["start"] = min(starts)
            self.notes.note("start")
        if calendar:
            self.fields["calendar"] = calendar
        for item in read.of("date"):
            if pattern("rows", "deadline").search(fold(item.group)) and "deadline" not in self.fields:
                self.fields["deadline"] = _days(item.text)[0]
                self.notes.note("deadline")
        budgets = [
            a
            for item in read.of("amount")
            if pattern("rows", "budget").search(fold(item.group))
            for a in amounts(item.text)
        ]
        if len({(a.value, a.currency) for a in budgets}) == 1 and budgets[0].value <= MOST_MONEY:
            self.fields["budget"] = budgets[0].value
            self.fields["currency"] = budgets[0].currency
            self.notes.note("budget")

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
        for name, said in parts.items():
            self.fields[name] = "\n\n".join(said)
            self.notes.note(name, bool(said))
        for heading, said in left.items():
            self.notes.ask("kept", heading=heading, text=" ".join(said))

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
        self.notes.note("member", len(seats))
        self.notes.note("rate", sum(s.get("rate") is not None for s in seats))
        if len(currencies) == 1 and not self.fields.get("currency"):
            self.fields["currency"] = currencies.pop()
        if by_day:
            self.notes.ask("day_rate", by_day)
        if not seats:
            self.notes.ask("team")
        for rate in self.readout.of("rate"):
            if not any(rate.spot.line == f.spot.line for f in self.readout.of("role")):
                self.notes.ask("rate", text=rate.group)

    def _totals(self) -> None:
        for total in self.readout.totals:
            if total.agrees is False and total.summed:
                low, high = total.summed
                summed = f"{low:g}" if low == high else f"{low:g}–{high:g}"
                self.notes.ask(
                    "total", text=self.readout.text[total.spot.start : total.spot.end] or total.text, sum=summed
                )

    def _questions(self) -> None:
        """The open points as questions to the team, so that they stand in the file and are not forgotten."""
        listed = self.fields["questions"]
        for point in self.notes.points:
            listed.append({"id": f"Q{len(listed) + 1}", "text": point.text, "ask": self.notes.say["words"]["ask"]})

    def _history(self) -> None:
        words = self.notes.say["words"]
        letters = dict(zip("RUTMKAQ", _SECTIONS, strict=True))
        entries = []
        for letter, section in letters.items():
            said = "; ".join(f"{number} {place}" for number, place in self.notes.places.items() if number[0] == letter)
            if said:
                entries.append(
                    {"date": self.today, "text": f"{words['adopted']} {self.name}, {words[section]}: {said}"}
                )
        self.fields["changelog"] = entries or [{"date": self.today, "text": f"{words['adopted']} {self.name}"}]


def _days(text: str) -> list[dt.date]:
    return [d.date for d in dates(text) if d.date]
