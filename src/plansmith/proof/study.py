"""Which wording of a prompt helps? Every sentence of held-out briefs, asked in every wording, without a grammar.

Enters: a run, briefs with what they require, and a design. Leaves: answers in answers.jsonl, a line for each brief,
wording, arm and seed, so that a study which was stopped goes on; `effects` turns them into findings.
Try: plansmith study prompts --run first --briefs bench/plans
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plansmith.errors import InputError
from plansmith.plan import Brief, read_brief, requirement_cue
from plansmith.proof.arms import Arm, forget_untuned, open_arm
from plansmith.proof.evaluate import make_folds, setting_of
from plansmith.proof.journal import add_line, read_lines
from plansmith.proof.wordings import Condition, Design, conditions
from plansmith.tuning.bases import spell
from plansmith.tuning.machine import usable_cores
from plansmith.tuning.runs import Run
from plansmith.writing.engine import Engine, Request

Opener = Callable[[Arm, Run, int], Engine]
MOST_TOKENS, SLOT_TOKENS, TEMPERATURE = 80, 1024, 0.6
"""Tokens of an answer, after which it is cut and not valid; context of one request; warmth of repeated seeds."""
SECONDS = 0.6
"""Of one request, reckoned for the embedded model on two idle cores of 2.8 GHz: 40 tokens written at 140 a second, 200 read.
More cores take less; what is told while it runs is measured."""


@dataclass(frozen=True)
class Told:
    """A brief, and the sentences in which something is required. `by`: reference, plan or cues."""

    name: str
    brief: Brief
    required: frozenset[str]
    by: str


@dataclass(frozen=True)
class Answer:
    """What one arm said to one sentence. `finished`: by itself, not at the limit."""

    sentence: str
    text: str
    tokens: int
    finished: bool


@dataclass(frozen=True)
class Asked:
    """All answers of one arm to one brief in one wording. `condition`: its name."""

    arm: Arm
    condition: str
    brief: str
    seed: int
    answers: tuple[Answer, ...]
    seconds: float = 0.0


@dataclass(frozen=True)
class Study:
    """What is asked. With one seed the likeliest words are taken; with more, drawn at `TEMPERATURE`."""

    told: tuple[Told, ...]
    arms: tuple[Arm, ...] = ("base", "tuned")
    design: Design = "half"
    seeds: int = 1
    tokens: int = MOST_TOKENS

    @property
    def requests(self) -> int:
        """How many questions that makes."""
        sentences = sum(len(t.brief.sentences) for t in self.told)
        return sentences * len(conditions(self.design)) * len(self.arms) * self.seeds

    def units(self, arm: Arm) -> list[tuple[Told, Condition, int]]:
        """What one arm is asked, in the order in which it is."""
        wordings = conditions(self.design)
        return [(t, c, seed) for seed in range(self.seeds) for t in self.told for c in wordings]


def held_out(run: Run, archive: Path) -> tuple[Told, ...]:
    """The archive's projects that the run has not seen; required is what their plans cite."""
    from plansmith.sources.archive import read_archive

    (fold,) = make_folds(read_archive(archive), run, 1)
    return tuple(
        Told(d.name, d.brief, _cited(d.plan) if d.plan else _cued(d.brief), "plan" if d.plan else "cues")
        for d in fold.test
    )


def read_told(folder: Path) -> tuple[Told, ...]:
    """Briefs of a folder: NAME.md (or any document), or briefs/ with references/NAME.yaml beside (docs/benchmark.md).

    Without a reference, required is what has a requirement cue: code's opinion. Raises InputError where there is none.
    """
    from plansmith.sources.read import read_text

    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}. Give --briefs a folder of the clients' texts.")
    inner = folder / "briefs" if (folder / "briefs").is_dir() else folder
    paths = [p for p in sorted(inner.iterdir()) if p.is_file() and not p.name.startswith(".")]
    found = []
    for path in paths:
        brief = read_brief(read_text(path), path.stem)
        reference = inner.parent / "references" / f"{path.stem}.yaml"
        if reference.is_file():
            found.append(Told(path.stem, brief, _referred(reference, brief), "reference"))
        else:
            found.append(Told(path.stem, brief, _cued(brief), "cues"))
    asking = tuple(t for t in found if t.required)
    if not asking:
        raise InputError(f"{inner} holds no brief that asks for anything.")
    return asking


def _cited(plan: Any) -> frozenset[str]:
    return frozenset(s for r in plan.requirements if r.status == "live" and r.priority != "wont" for s in r.source)


def _cued(brief: Brief) -> frozenset[str]:
    return frozenset(s.id for s in brief.sentences if requirement_cue(s))


def _referred(path: Path, brief: Brief) -> frozenset[str]:
    import yaml

    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    if said.get("brief_sha256") != brief.sha256:
        raise InputError(f"{path} is about another text of its brief (brief_sha256 differs). Look through its ids.")
    return frozenset(r["sentence"] for r in said["requirements"] if r["priority"] != "wont")


def forecast(study: Study) -> float:
    """Seconds that a study may take on this machine."""
    return study.requests * SECONDS * 2 / max(1, min(usable_cores(), 16))


def ask_all(
    study: Study,
    run: Run,
    place: Path,
    at_once: int = 8,
    tell: Callable[[str], None] = print,
    opener: Opener | None = None,
) -> tuple[Asked, ...]:
    """Ask what has not been asked yet, `at_once` requests at a time; everything that was answered, in order.

    Raises InputError where the folder holds another study, EngineError when the model fails; what is finished is kept.
    """
    path = place / "answers.jsonl"
    done = _read(path, _begun(study, run))
    for arm in study.arms:
        todo = [u for u in study.units(arm) if _key(arm, *u) not in done]
        if not todo:
            continue
        engine = (opener or _open)(arm, run, at_once)
        pool = ThreadPoolExecutor(max_workers=at_once)
        began = time.perf_counter()
        try:
            futures = [pool.submit(_ask, arm, told, condition, seed, study, engine) for told, condition, seed in todo]
            for number, future in enumerate(as_completed(futures), 1):
                asked = future.result()
                add_line(path, {"asked": asdict(asked)})
                done[asked.arm, asked.condition, asked.brief, asked.seed] = asked
                if number % max(1, len(todo) // 20) == 0 or number == len(todo):
                    left = (time.perf_counter() - began) / number * (len(todo) - number)
                    tell(f"{arm}: {number} of {len(todo)} briefs asked, {left / 60:.1f} min left of this arm")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            engine.close()
            forget_untuned(run)
    return tuple(done[_key(arm, *unit)] for arm in study.arms for unit in study.units(arm))


def _key(arm: Arm, told: Told, condition: Condition, seed: int) -> tuple[str, str, str, int]:
    return arm, condition.name, told.name, seed


def _ask(arm: Arm, told: Told, condition: Condition, seed: int, study: Study, engine: Engine) -> Asked:
    began = time.perf_counter()
    answers = []
    for before, sentence in zip((None, *told.brief.sentences), told.brief.sentences, strict=False):
        prompt, _ = spell(condition.messages(sentence, before), engine.chat, answer_next=True)
        warmth = TEMPERATURE if study.seeds > 1 else 0.0
        said = engine.complete(Request(prompt, "", study.tokens, warmth, 1.0, seed))
        answers.append(Answer(sentence.id, said.text.strip(), said.tokens, said.finished))
    return Asked(arm, condition.name, told.name, seed, tuple(answers), round(time.perf_counter() - began, 2))


def _open(arm: Arm, run: Run, at_once: int) -> Engine:
    return open_arm(arm, setting_of(run, 1).base, run, (), at_once, at_once * SLOT_TOKENS)


def _begun(study: Study, run: Run) -> dict[str, Any]:
    texts = hashlib.sha256("".join(c.system + c.instruction for c in conditions("full")).encode()).hexdigest()[:16]
    briefs = {t.name: t.brief.sha256[:16] for t in study.told}
    return {
        "run": run.name, "trained_on": run.story["data"]["sha256"][:16], "briefs": briefs, "wordings": texts,
        "seeds": study.seeds, "tokens": study.tokens,
    }  # fmt: skip


def _read(path: Path, now: dict[str, Any]) -> dict[tuple[str, str, str, int], Asked]:
    """What was answered before; a new file is begun with what it is of."""
    found: dict[tuple[str, str, str, int], Asked] = {}
    then: dict[str, Any] | None = None
    for number, line, entry in read_lines(path):
        if isinstance(entry, dict) and "begun" in entry:
            then = then or entry["begun"]
        elif isinstance(entry, dict) and "asked" in entry:
            said = entry["asked"]
            asked = Asked(**{**said, "answers": tuple(Answer(**a) for a in said["answers"])})
            found.setdefault((asked.arm, asked.condition, asked.brief, asked.seed), asked)
        else:
            raise InputError(f"{path} is damaged in line {number}: {line[:60]!r}. Take the line out; the rest is kept.")
    if then is None:
        add_line(path, {"begun": now})
    elif changed := [
        f"{k}: {json.dumps(then.get(k))} then, {json.dumps(v)} now" for k, v in now.items() if then.get(k) != v
    ]:
        raise InputError(f"{path} holds another study. Choose another --out, or delete it:", changed)
    return found
