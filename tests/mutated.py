"""Texts spoilt at random places, as bad merges, editors, models and transfers spoil them."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random

from plansmith.plan import Plan, PlanError

LONGEST = 2.0
"""Seconds that no file may take, whatever is in it."""

NOISE = [
    *("---", "- ", "  - ", "# ", "## ", "### X", "**", "\\", "·", "|", ":", ",", "\n", "\n\n"),
    *("\t", "\r", "\x00", "\ufeff", "\u2028", "1e999", "-", "NaN", "null", "true"),
    *("R1", "T99999999", "S0", "- **R1** again", "5 / x / 1 h", "after T1 XX", "probability 9"),
    *("{", "}", "[", "]", '"', "'"),
    *("&a", "*a", "!!python/object:os.system x", "<<: *a", "%YAML 9", "? ", "\\ud800"),
    *("&#99999999;", "&#xd800;", "<!--", "```", "0x1F", "9" * 50, "ș", "ţ", "日本", "\U0001f600", "[" * 200, "{" * 200),
]


def mutated(text: str, random: Random) -> str:
    """The text with one to six spoilt places."""
    for _ in range(random.randint(1, 6)):
        lines = text.split("\n")
        at, place = random.randrange(len(lines)), random.randrange(len(text) + 1)
        match random.randrange(8):
            case 0:
                text = text[:place] + random.choice(NOISE) + text[place:]
            case 1:
                text = text[:place] + text[place + random.randint(1, 30) :]
            case 2:
                lines.insert(at, random.choice(NOISE))
                text = "\n".join(lines)
            case 3:
                lines.insert(at, random.choice(lines))
                text = "\n".join(lines)
            case 4:
                del lines[at]
                text = "\n".join(lines)
            case 5:
                lines[at] = random.choice(["  ", "    ", "\t"]) + lines[at]
                text = "\n".join(lines)
            case 6:
                text = text[:place]
            case _:
                text = text[:place] + random.choice("\0\n\r-:\\`·\u2028\ud800") + text[place + 1 :]
        if not text:
            return text
    return text


def read_or_refused(read: Callable[[str], Plan], text: str) -> Plan | list[str]:
    """The plan or the problems, each of which says something; anything else, or longer than `LONGEST`, fails."""
    start = time.process_time()
    try:
        found: Plan | list[str] = read(text)
    except PlanError as error:
        found = error.problems or [error.message]
    assert time.process_time() - start < LONGEST, text
    assert found
    assert isinstance(found, Plan) or all(problem.strip() for problem in found)
    return found
