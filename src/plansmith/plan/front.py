"""The front matter of a plan file: language, client, money, dates and working calendar.

Enters: the lines between the two marks, or a plan. Leaves: the fields of the plan, or the lines. YAML's own guesses
(NO is false, 2026-11-01 is a date) are not used: every value is read as text first, then as what the key asks for.
Try: python -c "from plansmith.plan import *; print(render_plan(Plan(title='Bakery orders', budget=9000)))"
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from plansmith.locale import pattern, words
from plansmith.plan.escape import number, read_number
from plansmith.plan.outline import Line, Problems, excerpt
from plansmith.plan.types import Absence, Calendar, Plan

VERSION = "1"
_PLAIN = ("client", "currency", "brief_sha256", "country", "region", "language")
_NUMBERS = ("budget", "hours_per_day")
_DATES = ("deadline", "start")
_CALENDAR = ("country", "region", "start", "hours_per_day", "weekend", "free_days", "work_days")
KEYS = ("plansmith", "language", "client", "currency", "budget", "deadline", "brief_sha256", *_CALENDAR)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LIMIT = 65_536
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BARE = re.compile(r"(?!.*(?:: | #|:$))[^\W\d_][^\n]*")


def read_date(text: str) -> dt.date | None:
    """A date as YYYY-MM-DD; `None` for anything else."""
    try:
        return dt.date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def read_days(text: str) -> dict[str, dt.date] | None:
    """A date, or two with "to" between them, as the fields of an absence; `None` for anything else."""
    days = [read_date(day) for day in _until().split(text)]
    first, last = days[0], days[-1]
    return {"first": first, "last": last} if first and last and len(days) < 3 and first <= last else None


def write_days(days: Absence, say: Mapping[str, str]) -> str:
    """The form of an absence that `read_days` reads."""
    if days.first == days.last:
        return days.first.isoformat()
    return f"{days.first.isoformat()} {say['forms.until']} {days.last.isoformat()}"


@cache
def _until() -> re.Pattern[str]:
    return re.compile(rf" ?(?:–|—|\.\.) ?| {pattern('forms', 'until')} ", re.IGNORECASE)


def read_front(lines: list[Line], problems: Problems) -> tuple[dict[str, Any], dict[str, int]]:
    """The plan's fields in the front matter, and each one's line."""
    values, where = _values(lines, problems)
    fields: dict[str, Any] = {}
    calendar: dict[str, Any] = {}
    for key, text in values.items():
        if key == "plansmith":
            if text != VERSION:
                problems.add(where[key], f'"plansmith: {text}" is another version of this form; this one is {VERSION}')
            continue
        value = _value(key, text, where[key], problems)
        if value is not None:
            (calendar if key in _CALENDAR else fields)[key] = value
    if calendar:
        fields["calendar"] = calendar
    return fields, where


def _values(lines: list[Line], problems: Problems) -> tuple[dict[str, str], dict[str, int]]:
    """Each known key's text and line; what is no `key: text` is noted."""
    values: dict[str, str] = {}
    where: dict[str, int] = {}
    for key, text, line in _pairs(lines, problems):
        if key not in KEYS:
            problems.add(line, f"unknown key {excerpt(key)} in the front matter; {problems.nearest(key, KEYS)}")
        elif key in where:
            problems.add(line, f'"{key}" stands twice (also in line {where[key]}); keep one')
        else:
            where[key] = line
            if text is None:  # nested
                problems.add(line, f'"{key}" is no single value; write {key}: and one value')
            elif text:
                values[key] = text
    return values, where


def _pairs(lines: list[Line], problems: Problems) -> list[tuple[str, str | None, int]]:
    if not lines:
        return []
    first, text = lines[0].number, "\n".join(line.text for line in lines)
    if len(text) > _LIMIT:
        problems.add(first, f"the front matter is longer than {_LIMIT:,} characters; keep only the keys: value")
        return []
    import yaml

    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "it cannot be read"
        problems.add(first + (mark.line if mark else 0), f'the front matter is no YAML ({what}); write "key: value"')
        return []
    if node is None:
        _comments(lines, {}, problems)
        return []
    if not isinstance(node, yaml.MappingNode):
        problems.add(first, 'the front matter is no list of keys; write one "key: value" a line')
        return []
    _comments(lines, {v.end_mark.line: v.end_mark.column for _, v in node.value}, problems)
    return [(_text(k) or "", _text(v), first + k.start_mark.line) for k, v in node.value]


def _comments(lines: list[Line], ends: dict[int, int], problems: Problems) -> None:
    """Note each comment, as it would not be written back."""
    for place, line in enumerate(lines):
        rest = line.text[ends[place] :] if place in ends else line.text
        if rest.lstrip().startswith("#"):
            problems.add(line.number, f"a comment is not kept ({excerpt(rest.strip())}); remove it")


def _text(node: Any) -> str | None:
    """A scalar's text, a flat list's texts with commas; `None` for what is nested or carries a tag of its own."""
    if node.tag == "tag:yaml.org,2002:str" and isinstance(node.value, str):
        return " ".join(node.value.split())
    if node.tag == "tag:yaml.org,2002:seq":
        parts = [part.value for part in node.value]
        return ", ".join(parts) if all(isinstance(part, str) for part in parts) else None
    return None


def _value(key: str, text: str, line: int, problems: Problems) -> Any:
    if key in _PLAIN:
        return text
    if key in _NUMBERS:
        if (amount := read_number(text)) is None:
            problems.add(line, f'"{key}: {text[:60]}" is no number; write digits only, such as {key}: 9000')
        return amount
    if key in _DATES:
        if (date := read_date(text)) is None:
            problems.add(line, f'"{key}: {text[:60]}" is no date; write it as {key}: 2026-11-01')
        return date
    if key == "free_days":
        parts = [part.strip() for part in text.split(",")]
        found = [read_days(part) for part in parts]
        if wrong := [part for part, days in zip(parts, found, strict=True) if days is None]:
            problems.add(line, f'"{wrong[0][:60]}" are no free days; write 2026-12-24 to 2027-01-02, or one date')
        return tuple(Absence(**days) for days in found if days)
    if key == "work_days":
        parts = [part.strip() for part in text.split(",")]
        dates = [read_date(part) for part in parts]
        if wrong := [part for part, date in zip(parts, dates, strict=True) if date is None]:
            problems.add(line, f'"{wrong[0][:60]}" is no date; write {key}: 2026-12-19, 2027-01-09')
        return tuple(date for date in dates if date)
    names = [] if text.casefold() == "none" else [part.strip().casefold() for part in text.split(",")]
    if wrong := [name for name in names if name not in DAYS]:
        problems.add(line, f'"{wrong[0][:60]}" is no day of the week; {problems.nearest(wrong[0], (*DAYS, "none"))}')
        return None
    return tuple(DAYS.index(name) for name in names)


def render_front(plan: Plan) -> list[str]:
    """The plan's front matter, with its marks; what is empty or as usual is left out."""
    calendar, usual = plan.calendar, Calendar()
    values = {
        "plansmith": VERSION,
        "language": plan.language,
        "client": _scalar(plan.client),
        "currency": _scalar(plan.currency),
        "budget": "" if plan.budget is None else number(plan.budget),
        "deadline": plan.deadline.isoformat() if plan.deadline else "",
        "brief_sha256": plan.brief_sha256,
        "country": _scalar(calendar.country),
        "region": _scalar(calendar.region),
        "start": calendar.start.isoformat() if calendar.start else "",
        "hours_per_day": "" if calendar.hours_per_day == usual.hours_per_day else number(calendar.hours_per_day),
        "weekend": "" if calendar.weekend == usual.weekend else ", ".join(DAYS[d] for d in calendar.weekend) or "none",
        "free_days": ", ".join(write_days(days, words(plan.language)) for days in calendar.free_days),
        "work_days": ", ".join(date.isoformat() for date in calendar.work_days),
    }
    return ["---", *(f"{key}: {value}" for key, value in values.items() if value), "---"]


def _scalar(text: str) -> str:
    """A text as a YAML scalar: as it is where YAML and other readers take it for text, else in double quotes."""
    if not text or (_BARE.fullmatch(text) and text.isprintable() and text.casefold() not in _YAML_WORDS):
        return text
    escaped = (c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return '"' + "".join({'"': '\\"', "\\": "\\\\"}.get(c, e) for c, e in zip(text, escaped, strict=True)) + '"'


_YAML_WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
