"""What the fields of a plan hold: lines, prose, hours, money, names, ids; each normalised and within its limits.

Enters: a value from a parser, a person or a model. Leaves: the same value tidied up, or pydantic's refusal.
Try: python -c "from plansmith.plan.fields import one_line; print(one_line('  two   words '))"
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field


def one_line(text: Any) -> Any:
    """Collapse white space to single blanks and drop control characters; leave everything else as it is."""
    if not isinstance(text, str):
        return text
    if text.isprintable():  # most texts: nothing to drop
        return " ".join(text.split())
    kept = (c if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs") else "" for c in text)
    return " ".join("".join(kept).split())


def paragraphs(text: Any) -> Any:
    """Normalise prose: paragraphs parted by one empty line, each on one line."""
    if not isinstance(text, str):
        return text
    parts = (one_line(part) for part in re.split(r"\n[ \t\r\f\v]*\n", text.replace("\r\n", "\n")))
    return "\n\n".join(part for part in parts if part)


def finite(value: float) -> float:
    """The number itself. Errors: ValueError for infinity and for what is no number."""
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


Line = Annotated[str, BeforeValidator(one_line), Field(min_length=1)]
"""One line of plain text, not empty."""
OptionalLine = Annotated[str, BeforeValidator(one_line)]
"""One line of plain text; empty where unknown."""
Prose = Annotated[str, BeforeValidator(paragraphs)]
"""Plain-text paragraphs parted by empty lines; empty where unknown."""
Hours = Annotated[float, Field(ge=0, le=100_000), AfterValidator(finite)]
"""Hours of work."""
Money = Annotated[float, Field(ge=0, le=1e12), AfterValidator(finite)]
"""An amount in the plan's currency."""
Name = Annotated[str, BeforeValidator(one_line), Field(pattern=r"^[^\W\d_][\w &/+.'’()-]*$", max_length=60)]
"""A short name (role, person): begins with a letter; letters, digits, blanks and & / + . ' ( ) - follow."""
Scale = Annotated[int, Field(ge=1, le=5)]
"""1 (least) to 5 (most)."""
SentenceId = Annotated[str, Field(pattern=r"^S[1-9][0-9]{0,5}$")]
RequirementId = Annotated[str, Field(pattern=r"^R[1-9][0-9]{0,5}$")]
StoryId = Annotated[str, Field(pattern=r"^U[1-9][0-9]{0,5}$")]
TaskId = Annotated[str, Field(pattern=r"^T[1-9][0-9]{0,5}$")]
MilestoneId = Annotated[str, Field(pattern=r"^M[1-9][0-9]{0,5}$")]
RiskId = Annotated[str, Field(pattern=r"^K[1-9][0-9]{0,5}$")]
AssumptionId = Annotated[str, Field(pattern=r"^A[1-9][0-9]{0,5}$")]
QuestionId = Annotated[str, Field(pattern=r"^Q[1-9][0-9]{0,5}$")]
DecisionId = Annotated[str, Field(pattern=r"^D[1-9][0-9]{0,5}$")]
ComponentId = Annotated[str, Field(pattern=r"^C[1-9][0-9]{0,5}$")]
AnyId = Annotated[str, Field(pattern=r"^[RUTMKAQDC][1-9][0-9]{0,5}$")]
