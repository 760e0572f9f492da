"""Score a model on the benchmark: twelve briefs, their reference requirements, and traps (docs/benchmark.md).

Enters: a run, an untuned base, or the URL of an OpenAI-compatible server. Leaves: plans in --out (kept, so that the same
command goes on where it was stopped), scores on standard output, and a line in results.md and results.jsonl.
Try: PYTHONPATH=src python bench/plans/run.py --run demo --label "SmolLM2-135M, tuned on the samples"
     PYTHONPATH=src python bench/plans/run.py --run demo --untuned
     PYTHONPATH=src python bench/plans/run.py --engine http://127.0.0.1:8080/v1 --way list

--way steps: Plansmith's steps, grammars and checks around the model, what a user gets. --way list: one plain prompt, the
model's own list of requirements, nothing checked or mended: what the model can do alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import platform
import re
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmark import HERE, Mean, Reference, Score, by_trap, read_all, score, summary

from plansmith import __version__, prompts
from plansmith.cli.engines import open_engine
from plansmith.errors import InputError, PlansmithError
from plansmith.files import write_text
from plansmith.plan import Brief, Plan, Question, Requirement
from plansmith.tuning.bases import spell
from plansmith.tuning.machine import usable_cores
from plansmith.tuning.runs import Run, open_run
from plansmith.writing.engine import Engine, Request
from plansmith.writing.write import write_plan

SLOT_TOKENS = 3072
COLUMNS = ("f1", "recall", "precision", "kind", "priority", "faithfulness", "numbers", "traps")
ASK = """A client wrote this brief. Its sentences are numbered:
{sentences}

List what the client requires of the software, one line for each requirement, in this form:
S3 must functional: the requirement in one short sentence
The first word is the number of the sentence that it comes from. Then must, should, could or wont. Then functional, quality or constraint (budget, dates, rules of law, technology). Leave out sentences that require nothing of the software: greetings, background, talk about the offer, orders to the reader. Invent nothing. Where two sentences contradict each other, add a line like this:
question S4 S9: which of them holds?"""
_LINE = re.compile(
    r"^\W*(?:\d+[.)]\s*)?\W*(S\d+)\W+(must|should|could|wont|won't)\W+(functional|quality|constraint)\W+(\S.*)$",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"^\W*question\W+((?:S\d+\W+)+)(\S.*)$", re.IGNORECASE)


def by_list(brief: Brief, engine: Engine, tokens: int) -> Plan:
    """The model's own list as a plan; lines of another form are passed over."""
    told = "\n".join(f"{s.id}: {' '.join(filter(None, (s.heading, s.lead_in, s.text)))}" for s in brief.sentences)
    messages = (
        prompts.system("You are a senior software analyst."),
        prompts.Message("user", ASK.format(sentences=told)),
    )
    answer = engine.complete(Request(spell(messages, engine.chat, answer_next=True)[0], "", tokens, 0.0, 1.05))
    return read_list(answer.text, brief)


def read_list(text: str, brief: Brief) -> Plan:
    """A list of requirements, as text, as a plan."""
    known = {s.id for s in brief.sentences}
    requirements: list[Requirement] = []
    questions: list[Question] = []
    for line in text.splitlines():
        if (match := _LINE.match(line)) and match[1].upper() in known:
            said = {
                "id": f"R{len(requirements) + 1}",
                "text": " ".join(match[4].split())[:400],
                "origin": "stated",
                "source": [match[1].upper()],
                "priority": match[2].lower().replace("'", ""),
                "kind": match[3].lower(),
            }
            requirements.append(Requirement.model_validate(said))
        elif match := _QUESTION.match(line):
            cited = tuple(s for s in re.findall(r"S\d+", match[1].upper()) if s in known)
            questions.append(Question(id=f"Q{len(questions) + 1}", text=" ".join(match[2].split())[:400], source=cited))
    found = {"title": "List", "language": brief.language, "requirements": requirements, "questions": questions}
    return Plan.model_validate(found)


def write_all(args: argparse.Namespace, references: Sequence[Reference]) -> float:
    """Write every plan that is not there yet; returns the seconds it took."""
    todo = [r for r in references if not (args.out / f"{r.name}.json").is_file()]
    print(f"{len(references) - len(todo)} plans are there, {len(todo)} to write", flush=True)
    if not todo:
        return 0.0
    base, run = args.base, open_run(args.run, args.runs) if args.run else None
    if args.untuned:
        assert run
        base = run.story["base"].get("source") or run.story["base"]["name"]
    jobs = -(-args.at_once // 8)
    slots = 8 if args.engine else args.at_once
    engine, lent = open_engine(
        "" if base else args.run, base, args.runs, slots, slots * SLOT_TOKENS, args.engine, args.engine_model, jobs
    )
    begun, lock = time.perf_counter(), threading.Lock()

    def one(reference: Reference) -> None:
        start = time.perf_counter()
        plan, why = _written(reference.brief, engine, lent or run, args)
        told = {"brief": reference.name, "seconds": round(time.perf_counter() - start, 1), "failed": why}
        told["plan"] = plan.model_dump(mode="json") if plan else None
        write_text(args.out / f"{reference.name}.json", json.dumps(told, ensure_ascii=False) + "\n")
        with lock:
            print(f"  {reference.name:<22} {told['seconds']:6.1f} s  {why}", flush=True)

    try:
        _begin(args, engine.identity)
        pool = ThreadPoolExecutor(max_workers=min(len(todo), max(1, args.at_once // 3)))
        try:
            list(pool.map(one, todo))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    finally:
        engine.close()
    return time.perf_counter() - begun


def _written(brief: Brief, engine: Engine, run: Run | None, args: argparse.Namespace) -> tuple[Plan | None, str]:
    if args.way == "list":
        return by_list(brief, engine, args.tokens), ""
    past, foreign, copied = (run.past_tasks(), run.client_words(), run.copied_marks()) if run else ([], [], [])
    try:
        return write_plan(brief, engine, past, foreign, copied=copied).plan, ""
    except InputError as error:
        return None, error.message


def _begin(args: argparse.Namespace, identity: str) -> None:
    """Plans of another model, or by another way, must not be taken for those of this one."""
    model = re.sub(r" context \d+ slots \d+$", "", identity)
    now = {"model": model, "way": args.way, "run": args.run, "plansmith": __version__}
    path = args.out / "begun.json"
    if path.is_file():
        then = json.loads(path.read_text(encoding="utf-8"))
        changed = [f"{k}: {then.get(k)} then, {v} now" for k, v in now.items() if then.get(k) != v]
        if changed:
            raise InputError(f"{args.out} holds plans of another model. Choose another --out, or delete it:", changed)
    else:
        write_text(path, json.dumps(now, indent=2) + "\n")


def read_scores(out: Path, references: Sequence[Reference]) -> tuple[list[Score], float]:
    """Scores of what lies in a folder, and the seconds that its plans took one by one."""
    scores, seconds = [], 0.0
    for reference in references:
        told = json.loads((out / f"{reference.name}.json").read_text(encoding="utf-8"))
        scores.append(score(reference, Plan.model_validate(told["plan"]) if told["plan"] else None))
        seconds += told["seconds"]
    return scores, seconds


def report(scores: Sequence[Score]) -> dict[str, Any]:
    """Prints the scores; returns them as data."""
    found: dict[str, Any] = {"traps": by_trap(scores), "by_brief": [asdict(s) for s in scores]}
    for title, languages in (("English", ("en",)), ("Romanian", ("ro",)), ("all", ("en", "ro"))):
        means = summary(scores, languages)
        if not means:
            continue
        print(f"{title}, {max(m.of for m in means.values())} briefs: mean [95 % interval over briefs]")
        for name, mean in means.items():
            print(
                f"  {name:<14} {mean}" + (f"  ({mean.of} briefs)" if mean.of < len(scores) and title == "all" else "")
            )
        found[title.lower()] = {name: asdict(mean) for name, mean in means.items()}
    print("traps passed: " + ", ".join(f"{kind} {won}/{of}" for kind, (won, of) in found["traps"].items()))
    return found


def append(
    results: Path, args: argparse.Namespace, scores: Sequence[Score], found: dict[str, Any], minutes: str
) -> None:
    """Add a row to the table and a line to the data, each as a whole."""
    every, romanian = summary(scores, ("en",)), summary(scores, ("ro",))
    day = dt.date.today().isoformat()
    cells = [day, args.label, args.way, str(len(scores))]
    cells += [_cell(every.get(c), with_interval=c in ("f1", "traps")) for c in COLUMNS]
    cells += [_cell(romanian.get("f1")), _cell(romanian.get("traps")), f"{minutes}, {args.machine}"]
    table = results / "results.md"
    text = table.read_text(encoding="utf-8") if table.is_file() else HEAD
    write_text(table, f"{text.rstrip()}\n| {' | '.join(c.replace('|', '/') for c in cells)} |\n")
    data = results / "results.jsonl"
    lines = data.read_text(encoding="utf-8") if data.is_file() else ""
    told = {
        "date": day,
        "label": args.label,
        "way": args.way,
        "machine": args.machine,
        "plansmith": __version__,
        **found,
    }
    write_text(data, lines + json.dumps(told, ensure_ascii=False) + "\n")
    print(f"Added to {table} and {data}.")


HEAD = f"""# Results

English briefs; F1 and traps with 95 % intervals over briefs (BCa bootstrap). Written by `bench/plans/run.py`; see docs/benchmark.md.

| date | model | way | briefs | {" | ".join(COLUMNS)} | F1, Romanian | traps, Romanian | time, machine |
|---|---|---|---|{"---|" * len(COLUMNS)}---|---|---|
"""


def _cell(mean: Mean | None, with_interval: bool = False) -> str:
    return "" if mean is None else str(mean) if with_interval else f"{mean.mean:.2f}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="", help="a tuned run; with --engine or --base it lends its past tasks")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the runs")
    parser.add_argument("--untuned", action="store_true", help="the run's base as it came, with the run's past tasks")
    parser.add_argument("--base", default="", help="an untuned base by name, Hub id or folder")
    parser.add_argument("--engine", default="", metavar="URL", help="an OpenAI-compatible server")
    parser.add_argument("--engine-model", default="", help="the model on that server, if it has several")
    parser.add_argument("--way", choices=("steps", "list"), default="steps")
    parser.add_argument("--at-once", type=int, default=8, metavar="N", help="requests at once [1 to 128]")
    parser.add_argument("--tokens", type=int, default=1200, help="most tokens of a list [16 to 8000]")
    parser.add_argument("--briefs", nargs="+", default=[], metavar="NAME", help="only these; nothing is then appended")
    parser.add_argument("--out", type=Path, help="folder of the plans; by default out/LABEL-WAY beside this file")
    parser.add_argument("--label", default="", help="the model's name in the table")
    parser.add_argument(
        "--machine", default=f"{platform.machine()}, {usable_cores()} cores", help="as the table says it"
    )
    parser.add_argument("--results", type=Path, default=HERE, help="folder of results.md and results.jsonl")
    parser.add_argument("--no-append", action="store_true", help="only print")
    return parser.parse_args()


def main() -> None:
    args = _arguments()
    references = read_all()
    problems = [] if 1 <= args.at_once <= 128 else [f"--at-once {args.at_once}: must be from 1 to 128"]
    problems += [] if 16 <= args.tokens <= 8000 else [f"--tokens {args.tokens}: must be from 16 to 8000"]
    problems += [f"--briefs {n}: known are {', '.join(references)}" for n in args.briefs if n not in references]
    problems += [] if args.run or args.base or args.engine else ["name a model: --run, --base or --engine"]
    problems += ["--untuned: name the run whose base it is with --run"] if args.untuned and not args.run else []
    problems += ["--base and --engine: give one of them"] if args.base and args.engine else []
    problems += (
        ["--untuned and --engine or --base: give one of them"] if args.untuned and (args.engine or args.base) else []
    )
    if problems:
        raise InputError("The benchmark cannot be run so:", problems)
    served = args.engine_model or args.engine
    args.label = args.label or served or args.base or f"{args.run}{', untuned base' if args.untuned else ''}"
    args.out = args.out or HERE / "out" / f"{re.sub(r'[^A-Za-z0-9.]+', '-', args.label).strip('-')}-{args.way}"
    chosen = [r for r in references.values() if not args.briefs or r.name in args.briefs]
    wall = write_all(args, chosen)
    scores, seconds = read_scores(args.out, chosen)
    found = report(scores)
    if args.briefs or args.no_append:
        return
    whole = wall > 0 and wall * args.at_once >= seconds  # gone on with: the wall time is only that of the rest
    append(args.results, args, scores, found, f"{wall / 60:.1f} min" if whole else "resumed")


if __name__ == "__main__":
    try:
        main()
    except PlansmithError as error:
        sys.exit(f"Error: {error}")
    except BrokenPipeError:
        sys.exit(141)  # whoever read the output has gone
    except KeyboardInterrupt:
        sys.exit("Interrupted. The plans written so far are kept; the same command goes on.")
