"""Projects that say nearly the same, which must not stand on both sides of a split.

Enters: documents. Leaves: `Twin`s: pairs whose briefs or plans are equal or nearly so, with their likeness.
Try: plansmith check examples/archive

Likeness is the Jaccard index of the texts' runs of three words, case and accents aside. Pairs worth comparing come
from MinHash with locality-sensitive hashing (Broder 1997; Leskovec et al., Mining of Massive Datasets, ch. 3); what
is said is then counted exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from plansmith.locale import fold
from plansmith.sources.archive import Document

What = Literal["brief", "plan"]
ALIKE: dict[What, float] = {"brief": 0.4, "plan": 0.5}
"""Likeness from which two texts are twins. One word in six changed leaves 0.4. Plans of one team share phrases."""
_RUN = 3
_SHORT = 20
"""Runs of words below which only equal briefs count: two plans of three lines are alike by chance."""
_HASHES, _BANDS = 240, 80  # a pair of likeness 0.4 is looked at with probability 0.995, one of 0.1 with 0.08


@dataclass(frozen=True)
class Twin:
    """Two documents alike: names, which text, likeness from 0 to 1."""

    first: str
    second: str
    what: What
    likeness: float

    def __str__(self) -> str:
        if self.likeness == 1:
            return f"{self.second} has the {self.what} of {self.first}"
        return f"the {self.what} of {self.second} is {self.likeness:.0%} like that of {self.first}"


def find_twins(documents: Sequence[Document]) -> tuple[Twin, ...]:
    """Every pair of documents with equal or nearly equal briefs or plans, briefs first."""
    found: list[Twin] = []
    texts: dict[What, list[str]] = {
        "brief": [d.brief.text for d in documents],
        "plan": [d.plan_text for d in documents],
    }
    for what, said in texts.items():
        for i, j, likeness in _alike(said, ALIKE[what], what == "brief"):
            found.append(Twin(documents[i].name, documents[j].name, what, likeness))
    return tuple(found)


def runs_of_words(text: str) -> frozenset[str]:
    """The text's runs of three words, folded; a shorter text is one run."""
    words = [word for line in text.splitlines() for word in re.findall(r"\w+", fold(line))]
    return frozenset(" ".join(words[i : i + _RUN]) for i in range(max(1, len(words) - _RUN + 1)))


def likeness(first: frozenset[str], second: frozenset[str]) -> float:
    """The Jaccard index: runs in both over runs in either."""
    both = len(first & second)
    return both / (len(first) + len(second) - both)


def _alike(texts: Sequence[str], least: float, equal_counts: bool) -> Iterator[tuple[int, int, float]]:
    """Places and likeness of all pairs that are at least so alike, the earlier first."""
    import rensa

    near = rensa.RMinHashLSH(threshold=least, num_perm=_HASHES, num_bands=_BANDS)
    runs: list[frozenset[str]] = []
    for j, text in enumerate(texts):
        runs.append(runs_of_words(text))
        if len(runs[j]) < _SHORT and not equal_counts:
            continue
        sketch = rensa.RMinHash(num_perm=_HASHES, seed=1)
        sketch.update(sorted(runs[j]))
        for i in sorted(near.query(sketch)):
            if min(len(runs[i]), len(runs[j])) < _SHORT:
                if " ".join(texts[i].split()) == " ".join(text.split()):
                    yield i, j, 1.0
            elif (value := likeness(runs[i], runs[j])) >= least:
                yield i, j, value
        near.insert(j, sketch)
