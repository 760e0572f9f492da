"""What a prompt study found: measures by brief, main effects with intervals, and a report that claims no more.

Enters: the answers of a study. Leaves: `Effect`s and the report as text, Markdown and JSON.
Try: plansmith study prompts --run first --briefs bench/plans

An effect of a level is, brief by brief, the mean over all wordings with it less that over all wordings with the factor's
first level; interval and test are those of `statistics.paired` over briefs, p values corrected by Holm within an arm
and measure. Seeds of a brief are averaged first; a brief that lacks a measure
in some wording is left out of its effects.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from plansmith.plan import Sentence, content_words, unfaithful
from plansmith.prompts import NOTHING
from plansmith.proof.arms import TITLES, Arm
from plansmith.proof.statistics import SURE, Paired, holm, paired
from plansmith.proof.study import Answer, Asked, Study, Told
from plansmith.proof.wordings import DEFAULT, FACTORS, Condition, conditions
from plansmith.writing.grammar import read_sentence

MEASURES = {
    "coverage": "required sentences whose answer is about them (a fifth of its content words) / required sentences",
    "restraint": "other sentences to which the model says that nothing is required / other sentences",
    "fidelity": "claims about required sentences in which code finds no other meaning / those claims",
    "validity": "answers wholly in the asked form, ended by themselves, without a grammar / answers",
    "length": "tokens of an answer",
}
_ABOUT = 0.2
_PREFIX = re.compile(
    r"^\W*(?:(?:must|should|could|wont)\W+)?(?:(?:functional|quality|constraint)\b\W*)?:?\s*", re.IGNORECASE
)
_REFUSAL = re.compile(rf"\W*{NOTHING}\b", re.IGNORECASE)


@dataclass(frozen=True)
class Effect:
    """What a level does to a measure, against the first level of its factor. `p`: after Holm's correction."""

    arm: Arm
    factor: str
    level: str
    measure: str
    pair: Paired
    p: float

    @property
    def sure(self) -> bool:
        """Off zero by the interval and by the corrected test."""
        return self.p < SURE and (self.pair.low > 0 or self.pair.high < 0)


@dataclass(frozen=True)
class Findings:
    """All of it. `means`: by (arm, wording, measure) over briefs; `against`: each wording less the product's own."""

    effects: tuple[Effect, ...]
    means: Mapping[tuple[str, str, str], float]
    against: tuple[tuple[Arm, str, str, Paired, float], ...]
    about: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.about,
            "measures": MEASURES,
            "effects": [{**asdict(e), "sure": e.sure} for e in self.effects],
            "wordings": [
                {"arm": a, "wording": w, "system": c.system, "instruction": c.instruction}
                | {m: self.means[a, w, m] for m in MEASURES if (a, w, m) in self.means}
                for a, w, c in _cells(self)
            ],
            "against_default": [
                {"arm": a, "wording": w, "measure": m, **p.as_dict(), "p_holm": q} for a, w, m, p, q in self.against
            ],
        }


def _cells(found: Findings) -> list[tuple[str, str, Condition]]:
    keys = dict.fromkeys((a, w) for a, w, _ in found.means)
    by_name = {c.name: c for c in conditions("full")}
    return [(a, w, by_name[w]) for a, w in keys]


def measure(asked: Asked, told: Told) -> dict[str, float]:
    """The measures of one brief's answers; what does not apply is left out."""
    sentences = {s.id: s for s in told.brief.sentences}
    required = [a for a in asked.answers if a.sentence in told.required]
    others = [a for a in asked.answers if a.sentence not in told.required]
    claims = [(line, sentences[a.sentence]) for a in required for line in claimed(a.text)]
    values = {
        "validity": statistics.fmean(valid(a) for a in asked.answers),
        "length": statistics.fmean(a.tokens for a in asked.answers),
    }
    if required:
        values["coverage"] = statistics.fmean(_about(a.text, sentences[a.sentence], told) for a in required)
    if others:
        values["restraint"] = statistics.fmean(not claimed(a.text) for a in others)
    if claims:
        language = told.brief.language
        values["fidelity"] = statistics.fmean(not unfaithful(t, s, language, told.brief) for t, s in claims)
    return values


def claimed(text: str) -> list[str]:
    """What an answer says is required, a line each, without priority and kind; empty where it says that nothing is."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or _REFUSAL.match(lines[0]):
        return []
    return [said for line in lines if not _REFUSAL.match(line) and (said := _PREFIX.sub("", line, count=1).strip())]


def valid(answer: Answer) -> bool:
    """Whether every line has the form that code reads, and the model ended by itself."""
    lines = [line.strip() for line in answer.text.splitlines() if line.strip()]
    if not answer.finished or not lines:
        return False
    return lines == [NOTHING] or len(read_sentence(answer.text)) == len(lines)


def _about(text: str, sentence: Sentence, told: Told) -> bool:
    language = told.brief.language
    held = set(content_words(f"{sentence.heading} {sentence.lead_in} {sentence.text}", language))
    said = set(content_words(" ".join(claimed(text)), language))
    return bool(said) and len(said & held) >= _ABOUT * len(said)


def find(study: Study, asked: Sequence[Asked], about: Mapping[str, Any]) -> Findings:
    """Measure everything and compare."""
    told = {t.name: t for t in study.told}
    values: dict[tuple[str, str, str, str], list[float]] = {}
    for one in asked:
        for name, value in measure(one, told[one.brief]).items():
            values.setdefault((one.arm, one.condition, one.brief, name), []).append(value)
    means = {key: statistics.fmean(v) for key, v in values.items()}
    effects: list[Effect] = []
    against: list[tuple[Arm, str, str, Paired, float]] = []
    over: dict[tuple[str, str, str], float] = {}
    for arm in study.arms:
        for name in MEASURES:
            effects += _effects(study, arm, name, means)
            pairs = {}
            for c in conditions(study.design):
                cell = {t: means[arm, c.name, t, name] for t in told if (arm, c.name, t, name) in means}
                if cell:
                    over[arm, c.name, name] = statistics.fmean(cell.values())
                own = [(v, means[arm, DEFAULT, t, name]) for t, v in cell.items() if (arm, DEFAULT, t, name) in means]
                if c.levels and own:
                    pairs[c.name] = paired([v - mine for v, mine in own])
            corrected = holm({w: p.p for w, p in pairs.items()})
            against += [(arm, w, name, p, corrected[w]) for w, p in pairs.items()]
    return Findings(tuple(effects), over, tuple(against), about)


def _effects(study: Study, arm: Arm, name: str, means: Mapping[tuple[str, str, str, str], float]) -> list[Effect]:
    found: list[tuple[str, str, Paired]] = []
    for factor, levels in FACTORS.items():
        for level in levels[1:]:
            differences = []
            for t in study.told:
                cells = {c: means.get((arm, c.name, t.name, name)) for c in conditions(study.design) if c.levels}
                if None in cells.values():  # a brief without the measure in some wording would unbalance the design
                    continue
                high, low = (
                    [v for c, v in cells.items() if v is not None and c.level(factor) == chosen]
                    for chosen in (level, levels[0])
                )
                differences.append(statistics.fmean(high) - statistics.fmean(low))
            if differences:
                found.append((factor, level, paired(differences)))
    corrected = holm({f"{factor} {level}": pair.p for factor, level, pair in found})
    return [Effect(arm, f, level, name, pair, corrected[f"{f} {level}"]) for f, level, pair in found]


def said_of(effect: Effect) -> str:
    """An effect with its interval: `+0.12 [+0.03, +0.20]`, with a star where it is sure."""
    digits = 1 if effect.measure == "length" else 2
    p = effect.pair
    return f"{p.mean:+.{digits}f} [{p.low:+.{digits}f}, {p.high:+.{digits}f}]" + (" *" if effect.sure else "")


def verdicts(found: Findings) -> list[str]:
    """A sentence for each arm and factor level that has a sure effect, and one for those that have none."""
    lines = []
    for arm in dict.fromkeys(e.arm for e in found.effects):
        mine = [e for e in found.effects if e.arm == arm]
        for factor, level in dict.fromkeys((e.factor, e.level) for e in mine):
            sure = [e for e in mine if (e.factor, e.level) == (factor, level) and e.sure]
            told = "; ".join(f"{e.measure} {said_of(e).removesuffix(' *')}" for e in sure) or "no effect that is sure"
            lines.append(f"{TITLES[arm]}, {factor} {level} rather than {FACTORS[factor][0]}: {told}.")
    return lines


def _against(found: Findings) -> list[str]:
    """The wordings that differ surely from the product's own; p corrected for their number."""
    sure = [(a, w, m, p) for a, w, m, p, q in found.against if q < SURE and (p.low > 0 or p.high < 0)]
    lines = [f"- {TITLES[a]}, {w}: {m} {p.mean:+.2f} [{p.low:+.2f}, {p.high:+.2f}]" for a, w, m, p in sure]
    return lines or ["No wording differs from it so that the corrected test is sure."]


def as_markdown(found: Findings) -> str:
    """The report."""
    about = found.about
    lines = ["# Prompt study", "", *(f"- {k.replace('_', ' ')}: {v}" for k, v in about.items()), ""]
    lines += ["## Findings", "", *(f"- {v}" for v in verdicts(found)), ""]
    lines += [
        "## Main effects", "",
        "Mean over briefs, 95 % interval (BCa bootstrap). *: interval off zero and exact test under 0.05 after Holm's correction.", "",
    ]  # fmt: skip
    for arm in dict.fromkeys(e.arm for e in found.effects):
        lines += [f"| {TITLES[arm]} | {' | '.join(MEASURES)} |", f"|---|{'---|' * len(MEASURES)}"]
        mine = [e for e in found.effects if e.arm == arm]
        for factor, level in dict.fromkeys((e.factor, e.level) for e in mine):
            row = {e.measure: said_of(e) for e in mine if (e.factor, e.level) == (factor, level)}
            cells = " | ".join(row.get(m, "") for m in MEASURES)
            lines.append(f"| {factor}: {level} − {FACTORS[factor][0]} | {cells} |")
        lines.append("")
    lines += [
        "## Every wording",
        "",
        "Levels of wording, repeat, strength, system; *default* is the product's own.",
        "",
    ]
    lines += [f"| arm | wording | {' | '.join(MEASURES)} |", f"|---|---|{'---|' * len(MEASURES)}"]
    for who, name, _ in _cells(found):
        figures = [f"{found.means[who, name, m]:.{1 if m == 'length' else 2}f}" if (who, name, m) in found.means else "" for m in MEASURES]  # fmt: skip
        lines.append(f"| {who} | {name} | {' | '.join(figures)} |")
    lines += ["", "Measures:", "", *(f"- *{name}*: {formula}." for name, formula in MEASURES.items())]
    return "\n".join(lines) + "\n"
