"""A plan written whole: one prompt with the brief, one answer under the team's own headings.

Enters: a brief and an engine tuned on plans in the team's own form. Leaves: the plan as Markdown text.
Try: plansmith plan brief.docx --run first -o plan.md   (a run that learned from free-text plans)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from plansmith import prompts
from plansmith.errors import ResourceError
from plansmith.plan import Brief
from plansmith.prompts import WORDING, Wording
from plansmith.tuning.bases import spell
from plansmith.writing.engine import Completion, Engine, Request

MOST_TOKENS = 3000
"""Tokens of an answer, after which it is cut and said to be: small models may not find an end."""


def write_whole(
    brief: Brief, engine: Engine, say: Wording | str, on_text: Callable[[str], None] | None = None
) -> Completion:
    """The plan as the model writes it, unchecked (see `audit`); `finished` tells whether it came to its end.

    Raises ResourceError where the brief and an answer do not fit into the model's context.
    """
    if isinstance(say, str):
        say = replace(WORDING, system=say or WORDING.system)
    messages = [prompts.system(say.system), prompts.whole_step(brief, say)]
    request = Request(spell(messages, engine.chat, True)[0], "", MOST_TOKENS, 0.0, 1.05, 0)
    answer = engine.complete(request, on_text)
    if not answer.text.strip():
        raise ResourceError("The model wrote nothing: the brief may be longer than its context. Try a shorter brief.")
    return answer
