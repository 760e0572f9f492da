"""The proof as one page, as Markdown and as JSON: the verdict first, then what it rests on.

Enters: a `Proof`, the archive and the run. Leaves: report.html (offline, one file), report.md and report.json in a folder.
Try: plansmith evaluate first
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plansmith.files import write_text
from plansmith.plan import Brief, Plan, content_words
from plansmith.proof.arms import TITLES, Arm
from plansmith.proof.evaluate import SHOWN, Proof, bits_per_byte
from plansmith.proof.measures import BY_NAME, MEASURES
from plansmith.proof.verdict import Difference
from plansmith.sources.archive import Archive
from plansmith.tuning.runs import Run

SIDE_BY_SIDE = 2
"""Projects whose plans are shown whole."""


@dataclass(frozen=True)
class Said:
    """What one arm made of a sentence: requirement, story, tasks; `words`: (word, whether the other arms lack it)."""

    arm: Arm
    requirement: tuple[tuple[str, bool], ...]
    story: tuple[tuple[str, bool], ...]
    tasks: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A measure over the arms, for the table: means by arm and differences by comparison."""

    title: str
    headline: bool
    unit: str
    rising: bool
    means: dict[str, float]
    differences: tuple[Difference | None, ...]


def write_report(proof: Proof, archive: Archive, run: Run, place: Path) -> Path:
    """Write the three forms; returns the page's path. Raises MissingError where altair is not installed."""
    write_text(place / "report.json", json.dumps(proof.as_dict(), indent=2, ensure_ascii=False) + "\n")
    write_text(place / "report.md", as_markdown(proof, run))
    page = place / "report.html"
    write_text(page, as_html(proof, archive, run))
    return page


def as_html(proof: Proof, archive: Archive, run: Run) -> str:
    """The page."""
    import jinja2

    from plansmith.proof import charts

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("plansmith", "proof/templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = [m for m in SHOWN if any(m in s.values for s in proof.scored)]
    return environment.get_template("proof.html").render(
        proof=proof,
        verdicts=[_parted(v) for v in proof.verdicts],
        run=run,
        titles=TITLES,
        rows=rows(proof),
        arms=[TITLES[a] for a in proof.about["arms"]],
        losses=[(loss, bits_per_byte(loss)) for loss in proof.losses],
        curves=charts.loss_curves(proof.losses),
        paired=[charts.by_document(proof.scored, m) for m in shown],
        forests=[(_pair_title(g), charts.intervals(g)) for g in proof.compared if g],
        examples=examples(proof, archive),
        repeat=repeat(proof, archive),
        few=bool(proof.compared and proof.compared[0] and proof.compared[0][0].state == "few"),
    )


def repeat(proof: Proof, archive: Archive) -> str:
    """The command that makes the same proof again."""
    about = proof.about
    chosen = "" if about["folds"] is None else f" --folds {about['folds']}"
    return f"plansmith evaluate {about['run']} --archive {archive.folder}{chosen} --seeds {about['seeds']}"


def rows(proof: Proof) -> list[Row]:
    """The table of measures, in their order."""
    found = []
    for m in MEASURES:
        same = [next((d for d in g if d.measure == m.name), None) for g in proof.compared]
        means: dict[str, float] = {}
        for d in same:
            if d:
                means |= {TITLES[d.arm]: d.mine, TITLES[d.other]: d.theirs}
        if means:
            found.append(Row(m.title, m.headline, m.unit, m.rising, means, tuple(same)))
    return found


def as_markdown(proof: Proof, run: Run) -> str:
    """The report as Markdown."""
    about = proof.about
    lines = [f"# Proof of {about['run']}", "", *(f"- {v}" for v in proof.verdicts), "", about["note"], ""]
    arms = [TITLES[a] for a in about["arms"]]
    pairs = [_pair_title(g) for g in proof.compared]
    lines += [
        "## Measures", "",
        "Means over clients; differences with 95 % intervals, turned so that + is better. ★: a verdict may rest on it.", "",
        f"| measure | {' | '.join([*arms, *pairs])} |", f"|---|{'---|' * (len(arms) + len(pairs))}",
    ]  # fmt: skip
    for row in rows(proof):
        means = [f"{row.means[a]:.2f}" if a in row.means else "" for a in arms]
        cells = [f"{d.pair.mean:+.2f} [{d.pair.low:+.2f}, {d.pair.high:+.2f}]" if d else "" for d in row.differences]
        lines.append(f"| {row.title}{' ★' if row.headline else ''} | {' | '.join([*means, *cells])} |")
    lines += [
        "",
        "## Held-out loss",
        "",
        "| fold | seed | before | after | bits a byte before | after |",
        "|---|---|---|---|---|---|",
    ]
    for loss in proof.losses:
        before, after = bits_per_byte(loss)
        lines.append(
            f"| {loss.fold} | {loss.seed} | {loss.before:.3f} | {loss.after:.3f} | {before:.3f} | {after:.3f} |"
        )
    lines += ["", "## Leaks", "", *leaks_in_words(proof.leaks), "", "## Data and recipe", ""]
    lines += [
        f"- archive {about['archive_sha256'][:12]}, {len(about['documents'])} projects tested on, base {about['base']}"
    ]
    lines += [f"- {name.replace('_', ' ')}: {value}" for name, value in about["recipe"].items()]
    lines += ["", "## Made with", "", *(f"- {name} {value}" for name, value in about["versions"].items())]
    return "\n".join(lines) + "\n"


def leaks_in_words(leaks: dict[str, Any]) -> list[str]:
    """The leaks, a line an arm, and the canaries."""
    said = []
    for arm, found in leaks.get("arms", {}).items():
        names = ", ".join(found["names"]) or "none"
        said.append(
            f"- {TITLES[arm]}: longest run of words that only one or two past projects hold and the brief does not: "
            f"{found['longest_run']} words ({found['runs']} runs); other clients' names: {names}; "
            f"nearest past plan: {found['nearest']:.0%} alike"
        )
    if canaries := leaks.get("canaries"):
        said.append(
            f"- canaries: {canaries['extracted']} of {canaries['planted']} secrets came out by completion; exposure "
            f"{canaries['mean_exposure']:.1f} bits on average of {canaries['most']:.1f} that could be seen"
        )
    return said


def examples(proof: Proof, archive: Archive) -> list[dict[str, Any]]:
    """The first projects of the proof, sentence by sentence, with what each arm made of it."""
    documents = {d.name: d for d in archive.documents}
    names = sorted({o.document for o in proof.outputs if not o.whole and not o.failed})[:SIDE_BY_SIDE]
    shown = []
    for name in names:
        plans = {
            o.arm: Plan.model_validate_json(o.text)
            for o in proof.outputs
            if o.document == name and o.seed == 0 and o.text and not o.whole
        }
        brief = documents[name].brief
        lines = [(s.id, s.text, _said(s.id, plans, brief)) for s in brief.sentences]
        shown.append({"name": name, "arms": [TITLES[a] for a in plans], "lines": lines})
    return shown


def _said(sentence: str, plans: dict[Arm, Plan], brief: Brief) -> list[Said]:
    texts: dict[Arm, tuple[str, str, tuple[str, ...]]] = {}
    for arm, plan in plans.items():
        wanted = [r for r in plan.requirements if r.source[:1] == (sentence,)]
        ids = {r.id for r in wanted}
        stories = [s for s in plan.stories if ids & set(s.requirements)]
        served = ids | {s.id for s in stories}
        tasks = tuple(f"{t.role}: {t.title}" for t in plan.tasks if served & set(t.serves))
        told = " ".join(
            f"As {s.role}, I want {s.want}{', so that ' + s.so_that if s.so_that else ''}." for s in stories
        )
        texts[arm] = (" ".join(r.text for r in wanted), told, tasks)
    found = []
    for arm, (requirement, story, tasks) in texts.items():
        rest = [t for a, t in texts.items() if a != arm]
        found.append(
            Said(
                arm,
                _marked(requirement, [r[0] for r in rest], brief),
                _marked(story, [r[1] for r in rest], brief),
                tasks,
            )
        )
    return found


def _marked(text: str, others: Sequence[str], brief: Brief) -> tuple[tuple[str, bool], ...]:
    """Words with whether none of the other arms says them."""
    held = {w for other in others for w in content_words(other, brief.language)}
    anything = any(others)
    marked = []
    for word in text.split():
        stems = content_words(word, brief.language)
        marked.append((word, anything and bool(stems) and not set(stems) & held))
    return tuple(marked)


def _parted(verdict: str) -> tuple[str, str]:
    """What is claimed, and the rest."""
    first, _, rest = verdict.partition(". ")
    head, _, seen = first.partition(": ")
    if head.startswith("No difference"):
        return head + ".", f"{seen.rstrip('.')}. {rest}".strip()
    return first.rstrip(".") + ".", rest


def _pair_title(group: Sequence[Difference]) -> str:
    return f"{TITLES[group[0].arm]} − {TITLES[group[0].other]}" if group else ""


def unit_of(measure: str) -> str:
    """The unit of a measure, empty for a share."""
    return BY_NAME[measure].unit
