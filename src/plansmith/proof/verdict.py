"""What may be said: differences between two arms on every measure, and a verdict that claims no more than they carry.

Enters: scores by arm, document and seed. Leaves: `Difference`s and sentences.
Try: plansmith evaluate first

A measure is called better only where its interval leaves 0 out and its exact test, corrected for the number of headline
measures (Holm), stays under 0.05. With fewer than six clients no test can get there: then the verdict says so.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from plansmith.proof.arms import TITLES, Arm
from plansmith.proof.measures import BY_NAME, MEASURES, Measure
from plansmith.proof.statistics import SURE, Paired, holm, paired

State = Literal["better", "worse", "unclear", "few"]


@dataclass(frozen=True)
class Scored:
    """One output's scores. `unit`: the client, within whom documents and seeds are averaged."""

    arm: Arm
    document: str
    unit: str
    seed: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class Difference:
    """`arm` minus `other` on one measure, turned so that + is better; means of both arms; p corrected for headlines."""

    measure: str
    arm: Arm
    other: Arm
    mine: float
    theirs: float
    pair: Paired
    p: float
    state: State

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        m, d = BY_NAME[self.measure], self.pair
        return f"{m.title.lower()} {d.mean:+.2f} [{d.low:+.2f}, {d.high:+.2f}]{' ' + m.unit if m.unit else ''}"


def differences(scored: Sequence[Scored], arm: Arm, other: Arm) -> list[Difference]:
    """All measures that both arms have for a client at least once."""
    found: list[tuple[Measure, float, float, Paired]] = []
    for m in MEASURES:
        mine, theirs = _by_unit(scored, arm, m.name), _by_unit(scored, other, m.name)
        units = sorted(mine.keys() & theirs.keys())
        if units:
            sign = 1 if m.rising else -1
            pair = paired([sign * (mine[u] - theirs[u]) for u in units])
            ours, others = (statistics.fmean(side[u] for u in units) for side in (mine, theirs))
            found.append((m, ours, others, pair))
    corrected = holm({m.name: pair.p for m, _, _, pair in found if m.headline})
    return [
        Difference(m.name, arm, other, a, b, pair, p := corrected.get(m.name, pair.p), _state(pair, p))
        for m, a, b, pair in found
    ]


def _state(pair: Paired, p: float) -> State:
    if not pair.enough:
        return "few"
    if p < SURE and pair.low > 0:
        return "better"
    return "worse" if p < SURE and pair.high < 0 else "unclear"


def _by_unit(scored: Iterable[Scored], arm: Arm, measure: str) -> dict[str, float]:
    """Mean by client: over the seeds of each document, then over documents."""
    by_document: dict[tuple[str, str], list[float]] = {}
    for s in scored:
        if s.arm == arm and measure in s.values:
            by_document.setdefault((s.unit, s.document), []).append(s.values[measure])
    by_unit: dict[str, list[float]] = {}
    for (unit, _), values in by_document.items():
        by_unit.setdefault(unit, []).append(statistics.fmean(values))
    return {unit: statistics.fmean(values) for unit, values in by_unit.items()}


def verdict(found: Sequence[Difference]) -> str:
    """One sentence or two about the headline measures of one comparison."""
    heads = [d for d in found if BY_NAME[d.measure].headline]
    if not heads:
        return "Nothing could be compared."
    arm, other = TITLES[heads[0].arm], TITLES[heads[0].other]
    by_state = {state: [d for d in heads if d.state == state] for state in ("better", "worse", "unclear", "few")}
    if by_state["few"] and len(by_state["few"]) == len(heads):
        n = heads[0].pair.units
        seen = "; ".join(map(str, heads))
        return f"{arm.capitalize()} against {other}: too few clients to say ({n}; six are the least). Seen: {seen}."
    better, worse = by_state["better"], by_state["worse"]
    opening = (
        f"{arm.capitalize()} is better than {other}" if better and not worse
        else f"{arm.capitalize()} is worse than {other}" if worse and not better
        else f"{arm.capitalize()} is better than {other} in some and worse in other respects" if better
        else f"No difference shown between {arm} and {other}"
    )  # fmt: skip
    clear, rest = [*better, *worse], [*by_state["unclear"], *by_state["few"]]
    if not clear:
        return f"{opening}: {'; '.join(map(str, rest))}."
    told = f"{opening}: {'; '.join(map(str, clear))}."
    return told + (f" No difference shown in {'; '.join(map(str, rest))}." if rest else "")


def beside(found: Sequence[Difference]) -> str:
    """What the other measures show, uncorrected; empty where nothing stands out."""
    clear = [d for d in found if not BY_NAME[d.measure].headline and d.state in ("better", "worse")]
    if not clear:
        return ""
    return f"Besides, each tested alone: {'; '.join(map(str, clear))}."
