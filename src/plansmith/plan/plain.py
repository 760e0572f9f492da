"""Results as plain data: what a computed result is in JSON.

Enters: a result made of frozen dataclasses. Leaves: dictionaries, lists, texts and numbers.
Try: python -c "from plansmith.plan.plain import plain; import datetime; print(plain(datetime.date(2026, 11, 1)))"
"""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel


def plain(value: Any) -> Any:
    """JSON-able copy of a result: dates as ISO 8601 text, tuples as lists, dataclasses and models as dictionaries."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return value
