"""Pairs of short texts that say nearly the same, found in near-linear time.

Enters: texts. Leaves: pairs of places, the earlier first.
Try: python -c "from plansmith.plan.similar import similar_pairs; print(similar_pairs(['Pay by card', 'pay by card.', 'x']))"

Only texts that share two of their rarest words are compared (prefix filtering, Chaudhuri, Ganti & Kaushik 2006): two
sets of words that have four fifths of the larger one in common must share two words among the rarest fifth and one
more of each. So a word that many texts have does not make each of them meet every other.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from plansmith.plan.words import fold

TOKEN_SET = 90.0
"""RapidFuzz token_set_ratio from which two texts count as near duplicates."""
SHARED = 0.8
"""Share of the longer text's words that both must have: without it, a short text is a duplicate of any longer one."""
_MOST_IN_BLOCK = 200
_LONG = 500
"""Different words from which on texts are compared by the words they share."""
_PAIRED = 50
"""Words up to which pairs of rare words find every near duplicate; longer texts are found by single rare words."""


def similar_pairs(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Places (i, j), i < j, of texts that say nearly the same; of many equal ones each with the first."""
    from rapidfuzz import fuzz

    words = [frozenset(re.findall(r"\w+", fold(text))) for text in texts]
    common = Counter(w for group in words for w in group)
    blocks: dict[tuple[str, ...], list[int]] = {}
    found: list[tuple[int, int]] = []
    taken: set[int] = set()
    for j, group in enumerate(words):
        keys = _keys(group, common)
        near = sorted({i for key in keys for i in blocks.get(key, ())})
        for i in near:
            shared = len(words[i] & group)
            if i in taken or shared < SHARED * max(len(words[i]), len(group)):
                continue
            if len(group) > _LONG:  # the ratio takes quadratic time
                same = shared >= len(group) * TOKEN_SET / 100
            else:
                same = fuzz.token_set_ratio(fold(texts[i]), fold(texts[j])) >= TOKEN_SET
            if same:
                found.append((i, j))
                taken.add(j)
                break
        for key in keys if j not in taken else ():
            block = blocks.setdefault(key, [])
            if len(block) < _MOST_IN_BLOCK:
                block.append(j)
    return found


def _keys(group: frozenset[str], common: Counter[str]) -> list[tuple[str, ...]]:
    """What two sets of words must have in common, of which one key at least, to be near duplicates."""
    by_rarity = sorted(group, key=lambda w: (common[w], w))
    spare = len(group) - math.ceil(SHARED * len(group))  # words that the other need not have
    keys: list[tuple[str, ...]] = [*combinations(by_rarity[: min(spare, _PAIRED // 5) + 2], 2)]
    if len(group) < 2 or len(group) > SHARED * _PAIRED:  # a text of 50 words meets one of 40 by pairs, of 63 by words
        keys += [(word,) for word in by_rarity[: spare + 1]]
    return keys
