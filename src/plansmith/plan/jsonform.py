"""The plan as JSON: its fields by name, snake_case, exactly as `plansmith.plan.types` has them.

Enters: JSON text, or a `Plan`. Leaves: a `Plan`, or a `PlanError` with every problem by its path; or the JSON text.
The form is published as docs/plan.schema.json.
Try: python -c "from plansmith.plan import *; print(render_json(Plan(title='Bakery orders')))"
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from plansmith.plan.markdown import LIMIT, PlanError
from plansmith.plan.refusals import refusal
from plansmith.plan.types import Plan


def render_json(plan: Plan) -> str:
    """The plan as JSON, two blanks deep, letters of all scripts as they are."""
    return json.dumps(plan.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def parse_json(text: str) -> Plan:
    """Read a plan from JSON; raises `PlanError` with all problems, each "path: what is wrong (the value); what to do"."""
    if len(text) > LIMIT:
        raise PlanError(f"The plan has {len(text):,} characters; more than {LIMIT:,} is no plan. Split the file.")
    try:
        return Plan.model_validate_json(text, strict=True)
    except ValidationError as error:
        found: list[Any] = error.errors(include_url=False)
    problems = [f"{'.'.join(map(str, one['loc']))}: {refusal(one)}" for one in found]
    raise PlanError(f"The plan cannot be read: {len(problems)} problem{'s' * (len(problems) != 1)}.", problems)
