"""Runs of words by which a text that was copied from another is recognised, without keeping the other text.

Enters: texts. Leaves: marks (hashes) of every run of eight words.
Try: python -c "from plansmith.plan.copies import *; print(run_marks('one two three four five six seven eight'))"
"""

from __future__ import annotations

import re
from hashlib import blake2b

from plansmith.plan.words import fold

LENGTH = 8
"""Words of a run: eight in a row seldom agree by chance."""
_WORD = re.compile(r"\w+")


def run_marks(text: str) -> frozenset[str]:
    """Marks of all runs of eight words of a text; none of a shorter one."""
    words = _WORD.findall(fold(text))
    return frozenset(
        blake2b(" ".join(words[at : at + LENGTH]).encode("utf-8", "replace"), digest_size=6).hexdigest()
        for at in range(len(words) - LENGTH + 1)
    )
