"""A person's change of a plan: the fields of an item as a form, and the form as a new plan.

Enters: a `Plan`, the id of an item and what a form said. Leaves: the changed `Plan`, or an InputError with everything
that cannot stay. Which values a field may have is the plan's own business (`plansmith.plan.types`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from plansmith.errors import InputError
from plansmith.plan import Plan, PlanError, parse_json

LISTS = {
    "R": "requirements",
    "U": "stories",
    "T": "tasks",
    "M": "milestones",
    "K": "risks",
    "A": "assumptions",
    "Q": "questions",
    "D": "decisions",
}
"""First letter of an id → the plan's list."""

FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    "R": (("text", "area"), ("priority", "priority"), ("kind", "kind"), ("fit", "line")),
    "U": (("role", "line"), ("want", "area"), ("so_that", "line"), ("acceptance", "scenarios")),
    "T": (("title", "line"), ("role", "line"), ("estimate", "points"), ("depends_on", "links"), ("done_when", "line")),
    "M": (("title", "line"), ("exit", "line"), ("tasks", "ids")),
    "K": (("event", "area"), ("cause", "line"), ("effect", "line"), ("probability", "scale"), ("impact", "scale"), ("response", "line"), ("owner", "line")),
    "A": (("text", "area"), ("if_false", "line")),
    "Q": (("text", "area"), ("ask", "line"), ("answer", "area")),
    "D": (("title", "line"), ("context", "area"), ("chosen", "line"), ("consequences", "line")),
}  # fmt: skip
"""The fields of each kind of item that a form shows, and how."""

PLAN_FIELDS = (
    ("title", "line"), ("client", "line"), ("summary", "area"), ("currency", "line"), ("budget", "number"),
    ("deadline", "date"), ("start", "date"), ("country", "line"), ("region", "line"), ("hours_per_day", "number"), ("team", "team"),
)  # fmt: skip

_NEW: dict[str, dict[str, Any]] = {
    "R": {"text": "", "origin": "assumed"},
    "U": {"role": "", "want": "", "origin": "assumed"},
    "T": {"title": "", "role": "", "origin": "assumed"},
    "M": {"title": "", "origin": "assumed"},
    "K": {"event": "", "origin": "assumed"},
    "A": {"text": ""},
    "Q": {"text": "", "origin": "assumed"},
    "D": {"title": "", "origin": "assumed"},
}


def item_of(plan: Plan, key: str) -> Any:
    """The item with that id that a form can change; raises InputError where the plan has none."""
    for item in plan.items():
        if item.id == key and key[0] in LISTS:  # components have no form; they are changed as text
            return item
    raise InputError("The plan has no item with that id any more. Load it again.")


def next_id(plan: Plan, letter: str) -> str:
    """An id that no item has or had."""
    used = [int(item.id[1:]) for item in plan.items() if item.id[0] == letter]
    return f"{letter}{max(used, default=0) + 1}"


def written(kind: str, value: Any) -> str:
    """A field's value as a form shows it."""
    if value is None:
        return ""
    if kind == "points":
        return " / ".join(f"{part:g}" for part in (value.o, value.m, value.p))
    if kind == "links":
        return ", ".join(_link(one) for one in value)
    if kind == "ids":
        return ", ".join(value)
    if kind == "scenarios":
        return "\n".join(f"{one.given} | {one.when} | {one.then}" for one in value)
    if kind == "team":
        return "\n".join(_member(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def change_item(plan: Plan, key: str, form: Mapping[str, str]) -> Plan:
    """The plan with an item's fields as the form has them; fields that it does not name stay."""
    item_of(plan, key)
    data = plan.model_dump(mode="json")
    one = next(one for one in data[LISTS[key[0]]] if one["id"] == key)
    _fill(one, FIELDS[key[0]], form, key)
    return _plan(data)


def add_item(plan: Plan, letter: str, form: Mapping[str, str]) -> tuple[Plan, str]:
    """The plan with one more item, and its id; what a person adds is assumed until it cites a sentence."""
    if letter not in _NEW:
        raise InputError("Such an item cannot be added here.")
    data, key = plan.model_dump(mode="json"), next_id(plan, letter)
    one: dict[str, Any] = {"id": key, **_NEW[letter]}
    _fill(one, FIELDS[letter], form, key)
    for name in ("serves", "requirements"):
        if form.get(name) and (letter, name) in (("T", "serves"), ("U", "requirements")):
            one[name] = _ids(form[name])
    data[LISTS[letter]].append(one)
    return _plan(data), key


def set_status(plan: Plan, key: str, status: str) -> Plan:
    """The plan with an item dropped, or live again; its number is never used for another."""
    item_of(plan, key)
    data = plan.model_dump(mode="json")
    one = next(one for one in data[LISTS[key[0]]] if one["id"] == key)
    one["status"], one["superseded_by"] = ("dropped" if status == "dropped" else "live"), []
    return _plan(data)


def change_plan(plan: Plan, form: Mapping[str, str]) -> Plan:
    """The plan with its own fields (title, money, calendar, team) as the form has them."""
    data = plan.model_dump(mode="json")
    calendar = tuple(field for field in PLAN_FIELDS if field[0] in ("start", "country", "region", "hours_per_day"))
    _fill(data, tuple(field for field in PLAN_FIELDS if field not in calendar), form, "")
    _fill(data["calendar"], calendar, form, "")
    if "hours_per_day" in form and data["calendar"]["hours_per_day"] is None:
        data["calendar"]["hours_per_day"] = 8.0
    return _plan(data)


def _fill(one: dict[str, Any], fields: tuple[tuple[str, str], ...], form: Mapping[str, str], key: str) -> None:
    problems = []
    for name, kind in fields:
        if name not in form:
            continue
        try:
            one[name] = _value(kind, form[name].strip(), one.get(name))
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise InputError(f"{key or 'The plan'} cannot be saved:", problems)


def _value(kind: str, text: str, before: Any) -> Any:
    if kind == "scale":
        return _whole(text)
    if kind == "number":
        return _number(text) if text else None
    if kind == "date":
        return text or None
    if kind == "points":
        return _points(text, before)
    if kind == "links":
        return [_read_link(part) for part in re.split(r"[,;]", text) if part.strip()]
    if kind == "ids":
        return _ids(text)
    if kind == "scenarios":
        return [_scenario(line) for line in text.splitlines() if line.strip()]
    if kind == "team":
        return [_read_member(line, before or []) for line in text.splitlines() if line.strip()]
    return text


def _number(text: str) -> float:
    plain = text.replace(" ", "").replace(" ", "")
    if re.fullmatch(r"-?\d+(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    elif re.fullmatch(r"-?\d+(\.\d{3})+,\d+", plain):
        plain = plain.replace(".", "").replace(",", ".")
    try:
        return float(plain.replace(",", "."))
    except ValueError:
        raise ValueError(f"{text!r} is no number; write 12 or 12.5") from None


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise ValueError(f"{text!r} is no whole number; choose 1 to 5")
    return int(text)


def _points(text: str, before: Any) -> Any:
    if not text:
        return None
    parts = [part for part in re.split(r"[/;|]", text) if part.strip()]
    if len(parts) == 1:
        parts = parts * 3
    if len(parts) != 3:
        raise ValueError(f"{text!r}: write the hours as optimistic / likely / pessimistic, such as 4 / 6 / 10")
    o, m, p = (_number(part) for part in parts)
    basis = before.get("basis", []) if isinstance(before, dict) else []
    return {"o": o, "m": m, "p": p, "basis": basis}


def _ids(text: str) -> list[str]:
    return [part.strip().upper() for part in re.split(r"[,;\s]+", text) if part.strip()]


def _link(one: Any) -> str:
    kind = "" if one.type == "FS" else f" {one.type}"
    return f"{one.task}{kind}" + (f" {one.lag:+g}" if one.lag else "")


def _read_link(text: str) -> dict[str, Any]:
    found = re.fullmatch(r"\s*([Tt]\d+)\s*(FS|SS|FF|SF|fs|ss|ff|sf)?\s*([+-]\s*\d+(?:[.,]\d+)?)?\s*h?\s*", text)
    if not found:
        raise ValueError(f"{text.strip()!r}: write tasks such as T1, T2, or T3 SS +4")
    lag = _number(found[3].replace(" ", "")) if found[3] else 0
    return {"task": found[1].upper(), "type": (found[2] or "FS").upper(), "lag": lag}


def _scenario(line: str) -> dict[str, str]:
    parts = [part.strip() for part in line.split("|")]
    if len(parts) != 3 or not all(parts):
        raise ValueError(f"{line!r}: write given | when | then in one line")
    return dict(zip(("given", "when", "then"), parts, strict=True))


def _member(one: Any) -> str:
    rate = "" if one.rate is None else f"{one.rate:g}"
    return f"{one.name} | {one.role} | {one.capacity * 100:g}% | {rate}".rstrip(" |")


def _read_member(line: str, before: list[dict[str, Any]]) -> dict[str, Any]:
    parts = [part.strip() for part in line.split("|")]
    if not 2 <= len(parts) <= 4 or not all(parts[:2]):
        raise ValueError(f"{line!r}: write name | role | share of the day | rate, such as Ana | web | 50% | 60")
    leave: Any = next((one["leave"] for one in before if one["name"] == parts[0]), [])
    share = (
        _number(parts[2].removesuffix("%")) / (100 if parts[2].endswith("%") else 1)
        if parts[2:3] != [""] and parts[2:3]
        else 1.0
    )
    rate = _number(parts[3]) if len(parts) == 4 and parts[3] else None
    return {"name": parts[0], "role": parts[1], "capacity": share, "rate": rate, "leave": leave}


def _plan(data: dict[str, Any]) -> Plan:
    """Validate as a file would be, with the same words for what is wrong."""
    import json

    try:
        return parse_json(json.dumps(data, ensure_ascii=False))
    except PlanError as error:
        raise InputError("This cannot be saved:", error.problems or [error.message]) from error
