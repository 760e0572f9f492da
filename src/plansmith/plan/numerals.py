"""Numbers in words, English and Romanian: "three hundred and fifty-two", "douăzeci de mii".

Enters: folded words with their places. Leaves: the value, and how many words it takes.
Try: python -c "from plansmith.plan import numbers; print(numbers('o sută douăzeci'))"
"""

from __future__ import annotations

import re
from functools import cache

from plansmith.plan.words import table, word_set


@cache
def numeric_words() -> frozenset[str]:
    return frozenset().union(
        *(table("numbers", name) for name in ("units", "tens", "scales", "ordinals", "parts", "counted_scales"))
    )


def spelled(folded: str, words: list[tuple[str, int, int]], i: int) -> tuple[float, int]:
    """Value of the number words that begin at `i`, and how many words they are (0: none)."""
    total = current = 0.0
    last, used = "", 0
    if words[i][0] == "suta" and re.search(r"\bla $", folded[: words[i][1]]):
        return 0, 0  # "la sută": percent
    for j in range(i, len(words)):
        if j > i and folded[words[j - 1][2] : words[j][1]].strip(" -\n\t"):
            break
        kind, value = _number_word(folded, words[j], counted=bool(last))
        if _joins(words, j, last):
            continue
        if kind in ("unit", "ten") and (last in ("", "hundred", "thousand") or (last == "ten" and value < 10)):
            current += value
        elif kind == "hundred" and last in ("", "unit", "ten"):
            current = max(current, 1) * value
        elif kind == "thousand" and last in ("", "unit", "ten", "hundred"):
            total, current = total + max(current, 1) * value, 0
        else:
            break
        last, used = kind, j - i + 1
    return total + current, used


def _number_word(folded: str, place: tuple[str, int, int], counted: bool) -> tuple[str, float]:
    """What a word is in a number, and its value; "mii" (thousands) only after a number ("două mii")."""
    word, _, end = place
    if word in table("numbers", "units") and not _other_meaning(word, folded, end):
        return "unit", table("numbers", "units")[word]
    if word in table("numbers", "tens"):
        return "ten", table("numbers", "tens")[word]
    scales = table("numbers", "scales") | (table("numbers", "counted_scales") if counted else {})
    if word in scales:
        return ("hundred" if scales[word] <= 100 else "thousand"), scales[word]
    return "", 0


def _other_meaning(word: str, folded: str, end: int) -> bool:
    """Romanian `opt` is English "opt in", Romanian `nouă` is mostly "new"."""
    if word == "opt":
        return bool(re.match(r"[ -](?:in|out|for|to)\b", folded[end:]))
    if word == "noua":
        return not re.match(
            r" (?:sute|mii|luni|zile|ore|minute|secunde|saptamani|ani|lei|euro|persoane|la suta|%)", folded[end:]
        )
    return False


def _joins(words: list[tuple[str, int, int]], j: int, last: str) -> bool:
    """Whether word `j` ("and", "și", "de") ties two parts of one number together."""
    if not last or j + 1 >= len(words) or words[j][0] not in word_set("numbers", "joiners"):
        return False
    word, following = words[j][0], words[j + 1][0]
    units, tens = table("numbers", "units"), table("numbers", "tens")
    if word == "de":
        return following in table("numbers", "counted_scales")
    if word == "si" and last == "ten":
        return int(units.get(following, 10)) < 10
    return last in ("hundred", "thousand") and (following in units or following in tens)
