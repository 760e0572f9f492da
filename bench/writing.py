"""How well and how fast plans are written, side by side in one run.

    estimates   hours by analogy against medians and, with --run, against asking the model; one project left out at a time
    briefs      twenty briefs and a hundred injected ones with a tuned model: what must hold, as figures
    context     what a step is told: nothing more, its neighbours, the whole brief; with and without the nearest example
    ways        in steps against whole, by the tuned model, on projects that it never saw
    speed       tokens a second: one stream against slots, with and without a grammar

Try: PYTHONPATH=src python bench/writing.py estimates
     PYTHONPATH=src python bench/writing.py briefs --run demo --injected 20
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from must_hold import held
from own_briefs import BRIEFS, INJECTED

from plansmith import prompts
from plansmith.errors import InputError
from plansmith.plan import (
    content_words,
    missing_numbers,
    parse_plan,
    read_brief,
    render_plan,
    requirement_cue,
    unfaithful,
)
from plansmith.plan.copies import run_marks
from plansmith.proof.score import score_text
from plansmith.sources.archive import read_archive
from plansmith.sources.freeplans.house import learn_house
from plansmith.sources.pasttasks import PastTask, past_tasks
from plansmith.tuning.bases import FORMS, spell
from plansmith.tuning.machine import usable_cores
from plansmith.tuning.runs import open_run
from plansmith.writing.area import area
from plansmith.writing.engine import LlamaEngine, Request
from plansmith.writing.estimate import Analogies, same_role
from plansmith.writing.grammar import read_sentence, requirement_grammar, sentence_grammar
from plansmith.writing.whole import write_whole
from plansmith.writing.write import write_plan

ROOT = Path(__file__).parent.parent
ARCHIVE = ROOT / "examples" / "archive"


def _archive() -> dict[str, list[PastTask]]:
    found = past_tasks(
        (p.name, parse_plan((p / "plan.md").read_text("utf-8"))) for p in sorted(ARCHIVE.iterdir()) if p.is_dir()
    )
    by: dict[str, list[PastTask]] = {}
    for task in found:
        by.setdefault(task.document, []).append(task)
    return by


def _engine(args: argparse.Namespace, slots: int = 8, context: int = 16_384) -> tuple[LlamaEngine, object]:
    run = open_run(args.run, args.runs)
    assert run.gguf, "this run has no GGUF"
    return LlamaEngine(run.gguf, FORMS[run.story["base"]["chat"]], slots, context), run


def estimates(args: argparse.Namespace) -> None:
    """Mean absolute error of the most likely hours, each project estimated from the others."""
    by = _archive()
    errors: dict[str, list[float]] = {
        name: []
        for name in ("analogy, 1 task", "analogy, 3 tasks", "analogy, 5 tasks", "median of the role", "median of all")
    }
    right: Counter[str] = Counter()
    asked: list[tuple[str, PastTask]] = []
    for left, tasks in by.items():
        rest = [t for name, others in by.items() if name != left for t in others]
        past = Analogies(rest)
        middle = statistics.median(t.m for t in rest)
        for task in tasks:
            same = [t.m for t in rest if same_role(t.role) == same_role(task.role)] or [middle]
            for most in (1, 3, 5):
                near = past.nearest(task.title, task.role, task.requirement, most)
                errors[f"analogy, {most} task{'s' * (most > 1)}"].append(
                    abs(statistics.median([t.m for t in near] or same) - task.m)
                )
            errors["median of the role"].append(abs(statistics.median(same) - task.m))
            errors["median of all"].append(abs(middle - task.m))
            front = "mobile" if any(t.role == "mobile" for t in tasks) else "web"
            right["words and archive"] += area(task.title, task.requirement, "backend", past, front) == task.role
            right["always backend"] += task.role == "backend"
            asked.append((left, task))
    total = len(asked)
    if args.run:
        errors["asked of the model"] = _asked_hours(args, asked)
    print(f"{total} tasks of {len(by)} projects, one project left out at a time; hours, most likely")
    for name, found in errors.items():
        print(
            f"  {name:<22} mean error {statistics.fmean(found):5.2f} h   median error {statistics.median(found):5.2f} h"
        )
    for name, count in right.items():
        print(f"  area of work, {name:<18} right {count} of {total} ({count / total:.0%})")


def _asked_hours(args: argparse.Namespace, asked: Sequence[tuple[str, PastTask]]) -> list[float]:
    """The model is asked for the hours of each task; it has seen most of these projects, which favours it."""
    engine, _ = _engine(args)
    grammar = 'root ::= [1-9] [0-9]? " hours"'

    def one(task: PastTask) -> float:
        ask = prompts.Message("user", f"How many hours does this take a {task.role} developer: {task.title}?")
        prompt, _ = spell((prompts.system(), ask), engine.chat, True)
        return abs(float(engine.complete(Request(prompt, grammar, 8)).text.split()[0]) - task.m)

    with ThreadPoolExecutor(engine.slots) as pool:
        found = list(pool.map(one, [task for _, task in asked]))
    engine.close()
    return found


def briefs(args: argparse.Namespace) -> None:
    """What must hold, with the real model, on the given briefs, twenty of our own and injected ones."""
    engine, run = _engine(args)
    marks = frozenset(run.copied_marks()) or frozenset(
        m for p in ARCHIVE.glob("*/plan.md") for m in run_marks(p.read_text("utf-8"))
    )  # type: ignore[attr-defined]
    texts = [(p.stem, p.read_text("utf-8")) for p in args.files] + [
        (n, t) for n, t in BRIEFS.items() if n != "huge" or args.huge
    ]
    if args.injected:
        texts += [(f"injected {n}", t) for n, t in list(enumerate(INJECTED))[:: max(1, 100 // args.injected)]]
    sums: Counter[str] = Counter()
    for name, text in texts:
        brief, begun = read_brief(text, name), time.perf_counter()
        try:
            written = write_plan(brief, engine, run.past_tasks(), run.client_words(), copied=marks)  # type: ignore[attr-defined]
        except InputError as error:
            sums["refused"] += 1
            print(f"  {name:<16} refused: {error.message}", flush=True)
            continue
        found = held(written.plan, brief, marks)
        if args.out:
            from plansmith.plan import render_plan

            args.out.mkdir(parents=True, exist_ok=True)
            (args.out / f"{name}.md").write_text(render_plan(written.plan), "utf-8")
        own = sum(bool(e.get("note")) for e in written.log)
        sums.update(plans=1, valid=found.valid, bearing=found.bearing, lost=len(found.lost), unexplained=len(found.unexplained),
                    invented=len(found.invented), items=found.items, repeated=found.repeated, copied=found.copied,
                    leaked=len(found.leaked), rejected=own)  # fmt: skip
        mark = (
            ""
            if found.holds
            else f"   lost {found.lost} invented {found.invented} repeated {found.repeated} copied {found.copied} leaked {found.leaked}"
        )
        print(
            f"  {name:<16} {len(written.plan.requirements):>3} requirements, {found.items:>4} items, {time.perf_counter() - begun:6.1f} s{mark}",
            flush=True,
        )
    engine.close()
    print(json.dumps(sums))


def context(args: argparse.Namespace) -> None:
    """Sentence steps on projects that the run never saw, told more or less; the figures are shares of all sentences."""
    engine, run = _engine(args, 4)
    names = list(run.story["data"]["test"])  # type: ignore[attr-defined]
    pairs = [
        (
            read_brief((ARCHIVE / n / "brief.md").read_text("utf-8")),
            parse_plan((ARCHIVE / n / "plan.md").read_text("utf-8")),
        )
        for n in names
    ]
    sample = next(p for p in sorted(ARCHIVE.iterdir()) if p.is_dir() and p.name not in names)
    shown = read_brief((sample / "brief.md").read_text("utf-8"))
    made = parse_plan((sample / "plan.md").read_text("utf-8"))
    by_sentence = {i: [r for r in made.requirements if i in r.source] for i in (s.id for s in shown.sentences)}

    def nearest(text: str) -> list[prompts.Message]:
        mine = set(content_words(text))
        near = max(
            shown.sentences, key=lambda s: len(mine & set(content_words(s.text))) + 0.1 * bool(by_sentence[s.id])
        )
        return [
            prompts.sentence_step(near),
            prompts.Message("assistant", prompts.sentence_answer(by_sentence[near.id])),
        ]

    print(f"held-out projects: {', '.join(names)}")
    for told in ("nothing", "neighbours", "whole brief"):
        for example in (False, True):
            heard = kept = count = tokens = 0
            begun = time.perf_counter()
            for brief, plan in pairs:
                cited = {i for r in plan.requirements for i in r.source}
                for at, sentence in enumerate(brief.sentences):
                    ask = prompts.sentence_step(sentence, brief.sentences[at - 1] if at else None)
                    around = (
                        brief.sentences[max(0, at - 1) : at + 2]
                        if told == "neighbours"
                        else brief.sentences
                        if told == "whole brief"
                        else ()
                    )
                    lead = "The brief:\n" + " ".join(s.text for s in around) + "\n\n" if around else ""
                    messages = [
                        prompts.system(),
                        *(nearest(sentence.text) if example else []),
                        replace(ask, content=lead + ask.content),
                    ]
                    done = engine.complete(Request(spell(messages, engine.chat, True)[0], sentence_grammar(True), 140))
                    lines, tokens, count = read_sentence(done.text), tokens + done.tokens, count + 1
                    heard += bool(lines) == (sentence.id in cited)
                    kept += bool(lines) and not any(
                        unfaithful(x.text, sentence, "en", brief) or missing_numbers(x.text, brief.text) for x in lines
                    )
            seconds = time.perf_counter() - begun
            print(
                f"  told {told:<12} {'with' if example else 'without'} example: requirement or not right {heard}/{count}, faithful {kept}, {seconds:.1f} s",
                flush=True,
            )
    engine.close()


def ways(args: argparse.Namespace) -> None:
    """Both ways on held-out projects, their texts measured alike; for each figure the mean over the projects."""
    archive = read_archive(ARCHIVE)
    for way, slots in (("in steps", 8), ("whole", 1)):
        engine, run = _engine(args, slots)
        shown: dict[str, list[float]] = {}
        documents = [d for d in archive.documents if d.name in run.story["data"]["test"]]  # type: ignore[attr-defined]
        house = learn_house(d.plan_text for d in archive.documents if d not in documents)
        for d in documents:
            begun = time.perf_counter()
            if way == "whole":
                text = write_whole(d.brief, engine, prompts.SYSTEM).text
            else:
                text = render_plan(write_plan(d.brief, engine, run.past_tasks(), run.client_words()).plan)  # type: ignore[attr-defined]
            seconds = time.perf_counter() - begun
            found = {**score_text(text, d.brief, d.plan_text, house).values, "seconds": seconds}
            for name, value in found.items():
                shown.setdefault(name, []).append(value)
        engine.close()
        print(
            f"  {way}, {len(documents)} projects: "
            + ", ".join(f"{k} {statistics.fmean(v):.2f}" for k, v in shown.items()),
            flush=True,
        )


def speed(args: argparse.Namespace) -> None:
    """Requirement steps, some 1,500 tokens, through one stream and through slots, with and without the grammar, in turns."""
    wishes = [s.text for t in BRIEFS.values() for s in read_brief(t).sentences if requirement_cue(s)][:24]
    grammar, rates = requirement_grammar(["a user"]), {}
    for slots in (1, 8):
        engine, _ = _engine(args, slots)
        asks = [spell((prompts.system(), prompts.requirement_step(w)), engine.chat, True)[0] for w in wishes]
        engine.complete(Request(asks[0], "", 4))  # loaded
        found: dict[str, list[float]] = {"free": [], "grammar": []}
        for turn in range(2 * args.turns):
            name = ("free", "grammar")[turn % 2]
            begun = time.perf_counter()
            with ThreadPoolExecutor(slots) as pool:
                done = pool.map(lambda ask, g=grammar * (turn % 2): engine.complete(Request(ask, g, 64)).tokens, asks)  # noqa: B023
                tokens = sum(done)
            found[name].append(tokens / (time.perf_counter() - begun))
            print(f"  {slots} slots, {name:<8} {tokens} tokens, {found[name][-1]:.0f} a second", flush=True)
        rates.update({(slots, name): statistics.median(speeds) for name, speeds in found.items()})
        engine.close()
    print(
        f"  8 slots against 1: {rates[8, 'grammar'] / rates[1, 'grammar']:.2f}; "
        f"with the grammar against without: {rates[8, 'grammar'] / rates[8, 'free']:.2f} (medians of {args.turns} turns)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("estimates", "briefs", "context", "ways", "speed"))
    parser.add_argument("files", nargs="*", type=Path, help="more briefs")
    parser.add_argument("--run", default="")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--turns", type=int, default=3, help="of each way of speed")
    parser.add_argument("--injected", type=int, default=0, help="so many of the hundred injected briefs")
    parser.add_argument("--huge", action="store_true", help="the brief of forty pages too")
    parser.add_argument("--out", type=Path, help="folder for the plans")
    args = parser.parse_args()
    if args.what != "estimates" and not args.run:
        parser.error("--run NAME is needed")
    print(
        f"{platform.processor() or platform.machine()}, {usable_cores()} cores, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}"
    )
    globals()[args.what](args)


if __name__ == "__main__":
    main()
