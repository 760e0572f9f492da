"""What is wrong with a plan that was written whole: the same checks as in steps, line by line, on any form.

Enters: the text, its brief and what the run knows of past projects. Leaves: findings; the text is not changed.
Try: plansmith plan brief.md --whole -o plan.md   (findings follow on standard error, and with --json)
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from plansmith.plan import content_words, requirement_cue
from plansmith.plan.similar import similar_pairs
from plansmith.writing.clean import Evidence
from plansmith.writing.spelling import misspelt

_FOUND = 0.6
"""Share of a sentence's content words that one line of the plan must hold for the sentence to count as heard."""
_HOURS = re.compile(r"\b\d[\d.,/ –-]*\s?(?:h|hrs?|hours?|ore|days?|zile|%)(?!\w)")


@dataclass(frozen=True)
class Fault:
    """A line of the plan (0: none) or a sentence of the brief, and what is wrong with it."""

    line: int
    text: str
    reason: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def audit_whole(text: str, evidence: Evidence) -> list[Fault]:
    """What was invented, copied, misspelt or repeated, line by line; then the client's sentences that no line takes up.

    Hours, days and percentages are the team's own to give and are not held against the brief.
    """
    brief, faults = evidence.brief, []
    lines = [(n, _bare(line)) for n, line in enumerate(text.splitlines(), 1)]
    lines = [(n, line) for n, line in lines if len(line.split()) > 2]
    for number, line in lines:
        reasons = evidence.inventions(_HOURS.sub(" ", line))
        wrong = misspelt(line, evidence.words, brief.language)
        reasons += [f"“{word}” looks like a misspelt “{right}”" for word, right in wrong.items()]
        faults += [Fault(number, line, reason) for reason in dict.fromkeys(reasons)]
    for first, second in similar_pairs([line for _, line in lines]):
        faults.append(Fault(lines[second][0], lines[second][1], f"says again what line {lines[first][0]} says"))
    said = [set(content_words(line, brief.language)) for _, line in lines]
    for sentence in brief.sentences:
        wanted = set(content_words(sentence.text, brief.language))
        if (
            requirement_cue(sentence)
            and wanted
            and not any(len(wanted & line) >= _FOUND * len(wanted) for line in said)
        ):
            faults.append(Fault(0, sentence.text, f"{sentence.id} of the brief is not taken up"))
    return faults


def _bare(line: str) -> str:
    """A line without the marks of Markdown; "**" is no markup that a model was fooled into."""
    return " ".join(re.sub(r"^[\s#>*+-]+|\*\*|__|`|\|", " ", line).split())
