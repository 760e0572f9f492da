"""What the types refuse, in words: one short line for each of pydantic's findings.

Enters: one entry of `ValidationError.errors()`. Leaves: "what is wrong (the value); what to do".
Try: python -c "from plansmith.plan import *; parse_json('{}')"
"""

from __future__ import annotations

import difflib
import math
from typing import Any

_WANTED = {
    "missing": "it is missing; add it",
    "string_type": "{value} is no text; put it in quotes",
    "too_short": "it is empty; write a text",
    "string_too_short": "it is empty; write a text",
    "string_too_long": "{value} is longer than {max_length} characters; shorten it",
    "bool_type": "{value} is neither true nor false; write one of them",
    "float_type": "{value} is no number; write digits without quotes",
    "int_type": "{value} is no whole number; write digits without quotes",
    "int_from_float": "{value} is no whole number; round it",
    "tuple_type": "{value} is no list; write [ ]",
    "date_type": "{value} is no date; write it as 2026-11-01",
    "date_parsing": "{value} is no date; write it as 2026-11-01",
    "date_from_datetime_parsing": "{value} is no date; write it as 2026-11-01",
    "model_type": "{value} is no object; write {{ }}",
    "model_attributes_type": "{value} is no object; write {{ }}",
    "greater_than": "{value} is too small; write more than {gt}",
    "greater_than_equal": "{value} is too small; write at least {ge}",
    "less_than": "{value} is too large; write less than {lt}",
    "less_than_equal": "{value} is too large; write at most {le}",
    "value_error": "{error}",
    "json_invalid": "it is no JSON ({error}); mend it and read again",
}
_SHAPES = {
    "^([A-Z]{3})?$": "a currency code of three capitals such as GBP",
    "^([A-Z]{2})?$": "a country code of two capitals such as GB",
    "^([0-9a-f]{64})?$": "64 digits 0-9 and a-f",
    "^[a-z][a-z-]*$": "the name of a check in small letters such as no-story",
}


def shown(value: Any) -> str:
    """A value as it is quoted in a finding."""
    text = value if isinstance(value, str) else str(value) if isinstance(value, int | float) else type(value).__name__
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}…"'


def refusal(found: Any, fields: tuple[str, ...] = ()) -> str:
    """One finding of pydantic as a line. `fields`: the names that are allowed where an unknown one was found."""
    kind, context = found["type"], found.get("ctx", {})
    if kind == "extra_forbidden":
        return f"it is not known here; {nearest(str(found['loc'][-1]), fields)}" if fields else "it is not known here"
    if kind == "literal_error":
        allowed = [word.strip("' ") for word in str(context["expected"]).replace(" or ", ", ").split(",")]
        return f"{shown(found['input'])} is not allowed; {nearest(str(found['input']), tuple(allowed))}"
    if kind == "string_pattern_mismatch":
        return f"{shown(found['input'])} has the wrong form; write {_shape(str(context['pattern']))}"
    if isinstance(found["input"], float) and not math.isfinite(found["input"]):
        return f"{shown(found['input'])} is no number; write digits"
    limits = {key: f"{value:,.15g}" if isinstance(value, float) else value for key, value in context.items()}
    wanted = _WANTED.get(kind, "{value} is refused ({msg}); correct it")
    return wanted.format(value=shown(found["input"]), **{"msg": found["msg"], **limits})


def nearest(word: str, known: tuple[str, ...]) -> str:
    """A remedy: the nearest of the known words, and all of them."""
    close = difflib.get_close_matches(word[:60], known, 1)
    meant = f'did you mean "{close[0]}"? ' if close else ""
    return f"{meant}write one of: {', '.join(known)}"


def _shape(pattern: str) -> str:
    if pattern in _SHAPES:
        return _SHAPES[pattern]
    if pattern.startswith(r"^[^\W"):
        return "a name that begins with a letter, with letters, digits, blanks and & / + . ' ( ) - only"
    prefixes = pattern.lstrip("^([").split("[")[0].rstrip("]")
    return f"an id such as {prefixes[0]}1" if prefixes else f"a text of the form {pattern}"
