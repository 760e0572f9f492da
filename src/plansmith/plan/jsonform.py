"""The plan as JSON: its fields by name, snake_case, exactly as `plansmith.plan.types` has them.

Enters: JSON text, or a `Plan`. Leaves: a `Plan`, or a `PlanError` with every problem by its path; or the JSON text.
The form is published as docs/plan.schema.json (`render_schema` writes it).
Try: python -c "from plansmith.plan import *; print(render_json(Plan(title='Bakery orders')))"
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from plansmith.plan.markdown import LIMIT, PlanError
from plansmith.plan.refusals import refusal, shown
from plansmith.plan.types import Plan

SCHEMA = "https://json-schema.org/draft/2020-12/schema"


def render_json(plan: Plan) -> str:
    """The plan as JSON, two blanks deep, letters of all scripts as they are."""
    return json.dumps(plan.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def render_schema() -> str:
    """The JSON Schema of a plan, as published. Ids used twice and the letters of names are checked by reading only."""
    return json.dumps({"$schema": SCHEMA, **Plan.model_json_schema()}, indent=2, ensure_ascii=False) + "\n"


def parse_json(text: str) -> Plan:
    """Read a plan from JSON.

    Raises `PlanError` with all problems, each "path: what is wrong (the value); what to do".
    """
    if len(text) > LIMIT:
        raise PlanError(f"The plan has {len(text):,} characters; more than {LIMIT:,} is no plan. Split the file.")
    data, problems = _loaded(text)
    if not problems:
        try:
            return Plan.model_validate_json(text.removeprefix("\ufeff"), strict=True)
        except ValidationError as error:
            found = error.errors(include_url=False)
            problems = [f"{_path(one['loc'], data)}: {refusal(one, _known(one['loc']))}" for one in found]
    raise PlanError(f"The plan cannot be read: {len(problems)} problem{'s' * (len(problems) != 1)}.", problems)


def _loaded(text: str) -> tuple[Any, list[str]]:
    """The JSON's values, and what is wrong before any field is looked at."""
    twice: list[str] = []

    def once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                twice.append(f"{found.get('id', 'an object')}: {shown(key)} stands twice; keep one")
            found[key] = value
        return found

    try:
        text.encode()
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=once), twice
    except json.JSONDecodeError as error:
        what = error.msg[:1].lower() + error.msg[1:]
        return None, [f"line {error.lineno}, column {error.colno}: no JSON here ({what}); mend it and read again"]
    except UnicodeEncodeError as error:
        return None, [f"character {error.start + 1} is half of a character; save the file as UTF-8 again"]
    except RecursionError:
        return None, ["objects or lists stand too deep inside each other; a plan is four deep at most"]
    except ValueError:  # Python refuses whole numbers of more than 4,300 digits
        return None, ["a number has thousands of digits; shorten it"]


def _path(loc: tuple[int | str, ...], data: Any) -> str:
    """Where a problem is: requirements[0].priority (R1)."""
    path, item = "", ""
    for key in loc:
        path += f"[{key}]" if isinstance(key, int) else f".{key}"
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            data = None
        if isinstance(data, dict) and isinstance(data.get("id"), str):
            item = f" ({data['id'][:8]})"
    return (path.lstrip(".") or "the plan") + item


def _known(loc: tuple[int | str, ...]) -> tuple[str, ...]:
    """The names that an object at this path may have."""
    model: type[BaseModel] = Plan
    for key in loc[:-1]:
        if isinstance(key, str) and key in model.model_fields:
            model = _model(model.model_fields[key].annotation) or model
    return tuple(model.model_fields)


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model(part))), None)
