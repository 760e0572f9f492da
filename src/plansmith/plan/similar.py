"""Pairs of short texts that say nearly the same, found in near-linear time.

Enters: texts. Leaves: pairs of places, the earlier first.
Try: python -c "from plansmith.plan.similar import similar_pairs; print(similar_pairs(['Pay by card', 'pay by card.', 'x']))"

Only texts that share one of their rarest words are compared (prefix filtering, Chaudhuri, Ganti & Kaushik 2006): two
sets of words that have four fifths of the larger one in common must share a word among the rarest fifth of each.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from plansmith.plan.words import fold

TOKEN_SET = 90.0
"""RapidFuzz token_set_ratio from which two texts count as near duplicates."""
SHARED = 0.8
"""Share of the longer text's words that both must have: without it, a short text is a duplicate of any longer one."""
_MOST_IN_BLOCK = 200


def similar_pairs(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Places (i, j), i < j, of texts that say nearly the same; of many equal ones each with the first."""
    from rapidfuzz import fuzz

    words = [frozenset(re.findall(r"\w+", fold(text))) for text in texts]
    common = Counter(w for group in words for w in group)
    blocks: dict[str, list[int]] = {}
    found: list[tuple[int, int]] = []
    taken: set[int] = set()
    for j, group in enumerate(words):
        rarest = sorted(group, key=lambda w: (common[w], w))[: len(group) - math.ceil(SHARED * len(group)) + 1]
        near = sorted({i for w in rarest for i in blocks.get(w, ())})
        for i in near:
            shared = len(words[i] & group)
            if i in taken or shared < SHARED * max(len(words[i]), len(group)):
                continue
            if fuzz.token_set_ratio(fold(texts[i]), fold(texts[j])) >= TOKEN_SET:
                found.append((i, j))
                taken.add(j)
                break
        for w in rarest if j not in taken else ():
            block = blocks.setdefault(w, [])
            if len(block) < _MOST_IN_BLOCK:
                block.append(j)
    return found
