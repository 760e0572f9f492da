"""What is measured of a plan, as data: name, what it says, formula, source; docs/measures.md is written from it.

Enters: nothing. Leaves: `MEASURES`, in the order in which reports show them.
Try: plansmith score plan.md --brief brief.md
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Group = Literal["client", "chain", "craft", "hours", "likeness", "model"]


@dataclass(frozen=True)
class Measure:
    """One measure. `rising`: a higher value is better. `unit`: empty for a share from 0 to 1."""

    name: str
    title: str
    formula: str
    source: str
    group: Group
    rising: bool = True
    unit: str = ""
    headline: bool = False
    """Whether a verdict may rest on it; the others are looked at besides, and their tests are not corrected for number."""


_TRACE = "ISO/IEC/IEEE 29148:2018 (traceability)"
_T2S = "Text2Stories, arXiv 2510.08622 (coverage, faithfulness)"
_FIDELITY = "Spec Kit issue 4383: new numbers, dates and names in stated items = 0"
_QUS = "Quality User Story framework: Lucassen, Dalpiaz, van der Werf & Brinkkemper 2016; INVEST: Wake 2003"

MEASURES: tuple[Measure, ...] = (
    Measure(
        "validity", "Validity",
        "1 - items with an unknown or retired reference, a circle, an unknown sentence, a placeholder or no task / items; "
        "0 for a text that cannot be read as a plan",
        "OpenSpec's validator; Spec Kit's /analyze", "chain",
    ),
    Measure(
        "coverage", "Coverage (reference)",
        "sentences cited by the reference's requirements that the plan's take up too (cite, with a fifth of the "
        "requirement's content words in them) / those that the reference's cite",
        _T2S, "client", headline=True,
    ),
    Measure(
        "restraint", "Restraint (reference)",
        "sentences taken up by the plan's requirements that the reference's cite too / those that the plan's cite",
        "Precision, beside coverage as recall: a plan that takes everything for a requirement covers everything", "client",
    ),
    Measure(
        "heard", "Coverage (cues)",
        "sentences with a requirement cue that an item takes up / sentences with a requirement cue; in free text: "
        "of which half of the content words or more occur in it",
        f"{_T2S}; cues: plansmith.plan.requirement_cue", "client",
    ),
    Measure(
        "faithfulness", "Faithfulness",
        "stated requirements with one source in which code finds no other meaning than in its sentence (negation, "
        "restriction, limits, units, roles, opposite verbs, new words) / those requirements",
        f"{_T2S}; plansmith.plan.unfaithful", "client", headline=True,
    ),
    Measure(
        "numbers", "Number fidelity",
        "1 - stated items with a number or currency that their sentences do not hold, and a budget that the brief does "
        "not hold / stated items and the budget", _FIDELITY, "client",
    ),
    Measure(
        "dates", "Date fidelity",
        "the same for dates, weekdays and months, and the deadline", _FIDELITY, "client",
    ),
    Measure("names", "Name fidelity", "the same for proper names and acronyms", _FIDELITY, "client"),
    Measure(
        "chain", "Chain",
        "requirements with a complete chain of story, acceptance criterion, task and milestone (musts), or a story with "
        "a criterion, or a task (others) / requirements, won'ts left out",
        f"{_TRACE}; requirements traceability matrix", "chain",
    ),
    Measure(
        "story_quality", "Story quality",
        "stories without any fault: a role that is a person, one wish, no brackets, the usual form, no benefit that "
        "only says the wish again, observable results / stories", _QUS, "craft", headline=True,
    ),
    Measure(
        "benefits", "Benefits named",
        "stories that say what the wish is good for / stories; a benefit is no part that a story must have", _QUS, "craft",
    ),
    Measure(
        "story_fit", "Story fits its requirement",
        "stories that share at least as large a part of their own requirement's content words as of any other's / "
        "stories, in plans of two requirements or more", f"{_T2S}; overlap of stems", "craft",
    ),
    Measure(
        "schedule", "Schedule health",
        "points of the DCMA assessment passed / points that apply before work begins: logic (5 % of the tasks hang "
        "loose at most), leads (none), lags (5 %), finish-to-start (90 %), float and duration over 44 days (5 %), "
        "negative float (deadline kept), staffed roles; 0 for a circle",
        "DCMA 14-point assessment; GAO-16-89G. Not applicable here: hard constraints, invalid dates, missed tasks, BEI",
        "chain",
    ),
    Measure(
        "estimates", "Estimate sanity",
        "tasks with an estimate in order, neither pretended (p < 1.2 o) nor open (p > 6 o), of a week at most, and not "
        "the same as half of all others / tasks", "PERT: Malcolm et al. 1959; McConnell 2006; 8/80 rule", "hours",
    ),
    Measure(
        "mae", "Hours off the reference",
        "mean over the sentences that both plans cite of how far the most likely hours of the tasks that serve them are "
        "from those in the reference", "Mean absolute error; effort follows the sentence, as tasks of two plans have no common ids",
        "hours", rising=False, unit="h",
    ),
    Measure(
        "sa", "Better than guessing (SA)",
        "1 - that error / the error of saying the archive's median hours for every sentence",
        "Standardised accuracy: Shepperd & MacDonell, IST 54(8), 2012, with the median in place of random guessing",
        "hours",
    ),
    Measure(
        "uniqueness", "Uniqueness", "1 - items that nearly repeat another of their kind / items",
        f"{_QUS}; token-set similarity (RapidFuzz)", "craft",
    ),
    Measure(
        "clarity", "Clarity",
        "1 - requirements, results, done-when and exit lines with a vague word / requirements, stories, tasks, milestones",
        "ISO/IEC/IEEE 29148:2018; Femmer et al. 2017, arXiv 1611.08847", "craft",
    ),
    Measure(
        "house", "House form", "shared headings of the archive's plans that are there x those of them in order (free text)",
        "plansmith.sources.freeplans.house", "likeness",
    ),
    Measure(
        "chrf", "Likeness (chrF++)", "character and word n-gram F2 of the items' texts against the reference's",
        "Popović, chrF++, WMT 2017; sacrebleu", "likeness",
    ),
    Measure(
        "own_work", "Written by the model",
        "stories whose wish, criteria and tasks are the model's, none replaced by code's stock phrases / stories",
        "plansmith.writing: what fails a check twice is replaced", "model", headline=True,
    ),
    Measure(
        "own_words", "Restated safely",
        "requirements that the model restated and code let stand / requirements; the others are the client's own words "
        "(some on purpose)", "plansmith.writing.listen", "model",
    ),
    Measure(
        "kept_answers", "Answers let stand", "1 - answers of which code rejected a part or all / answers",
        "plansmith.writing: the log of a plan", "model",
    ),
    Measure(
        "bits_per_byte", "Held-out loss",
        "nats per learned token x learned tokens / (ln 2 x bytes of the learned text)",
        "Gao et al., The Pile, arXiv 2101.00027; comparable between tokenizers", "model", rising=False, unit="bit/byte",
    ),
)  # fmt: skip
BY_NAME = {m.name: m for m in MEASURES}
