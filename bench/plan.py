"""How long a plan takes without any model: plans of 10, 100 and 1,000 tasks are parsed, checked, scheduled, rendered.

Each column is the least CPU time of some plans in milliseconds, below it the growth to the row before, which has a
tenth of the tasks: 10 is linear. `networkx` is the longest path of the same network by its `dag_longest_path`, as a measure
of what a general library takes for the path alone. All texts differ within and between plans, as real ones do.
Try: PYTHONPATH=src python bench/plan.py
"""

from __future__ import annotations

import gc
import os
import platform
import random
import time
from collections.abc import Callable
from itertools import combinations

from schedule import sample_plan

from plansmith.plan import (
    Brief,
    Plan,
    check_plan,
    parse_json,
    parse_plan,
    read_brief,
    render_html,
    render_json,
    render_plan,
    schedule,
    simulate,
)
from plansmith.plan.network import build_network, passes
from plansmith.plan.types import Milestone, Scenario

SIZES = (10, 100, 1_000)
ALL_IN, FORECAST = 3.0, 2.0
"""Seconds: what 1,000 tasks may take altogether, and 10,000 runs of 500 tasks."""
TRIALS = {10: 9, 100: 5, 1_000: 3}
_WORDS = """anchor berth chart deck engine fender galley hatch island jetty keel lock mast needle oar pier quay rudder
    sail tide winch yard buoy cabin dock ferry gale harbour inlet knot lantern mooring"""
_VERBS = ("reserve", "cancel", "print", "compare", "rename", "archive", "share", "sort", "export", "repeat")


def worded(count: int, seed: int = 1) -> tuple[Plan, Brief]:
    """The sample plan of so many tasks in words of its own, with acceptance and milestones, and the brief behind it."""
    plan, rng = sample_plan(count, seed), random.Random(seed)
    things = rng.sample([" ".join(pair) for pair in combinations(_WORDS.split(), 2)], len(plan.stories))
    wishes = [(_VERBS[n % len(_VERBS)], thing) for n, thing in enumerate(things)]
    brief = read_brief("\n".join(f"Members must be able to {verb} the {thing}." for verb, thing in wishes))
    requirements = tuple(
        r.model_copy(update={"text": f"Members can {verb} the {thing}.", "source": (s.id,), "origin": "stated"})
        for r, (verb, thing), s in zip(plan.requirements, wishes, brief.sentences, strict=True)
    )
    stories = tuple(
        u.model_copy(update={"role": "member", "want": f"to {verb} the {thing}", "so_that": f"nobody waits for {n}"}
            | {"acceptance": (Scenario(given=f"an open {thing}", when=f"a member asks to {verb} it", then=f"receipt {n} is shown"),)}
            | {"source": r.source})
        for n, (u, r, (verb, thing)) in enumerate(zip(plan.stories, requirements, wishes, strict=True))
    )  # fmt: skip
    tasks = tuple(
        t.model_copy(update={"title": f"{('Draw', 'Build', 'Test')[n % 3]} the {things[n // 3]}", "source": stories[n // 3].source})
        for n, t in enumerate(plan.tasks)
    )  # fmt: skip
    milestones = tuple(
        Milestone(id=f"M{at // 10 + 1}", title=f"Release {at // 10 + 1}", exit="shown", tasks=tuple(t.id for t in tasks[at : at + 10]))
        for at in range(0, count, 10)
    )  # fmt: skip
    return plan.model_copy(
        update={"requirements": requirements, "stories": stories, "tasks": tasks, "milestones": milestones}
        | {"budget": None, "deadline": None, "team": tuple(m.model_copy(update={"rate": None}) for m in plan.team)}
    ), brief


def longest_path(plan: Plan) -> Callable[[], object]:
    """The peer: networkx finds the longest path of the finish-to-start form of the network."""
    import networkx as nx

    network = build_network(plan)
    number = {task.id: n for n, task in enumerate(network.tasks)}

    def path() -> object:
        graph = nx.DiGraph()
        for n, task in enumerate(network.tasks):
            graph.add_node(n)
            graph.add_weighted_edges_from((number[d.task], n, network.effort[number[d.task]]) for d in task.depends_on)
        return nx.dag_longest_path(graph)

    return path


def measured(count: int) -> dict[str, float]:
    """CPU seconds of each step for a plan of so many tasks: the least of some plans, so that nothing is remembered."""
    rows = [_measured(*worded(count, seed)) for seed in range(TRIALS[count])]
    return {name: min(row[name] for row in rows) for name in rows[0]}


def _measured(plan: Plan, brief: Brief) -> dict[str, float]:
    markdown, as_json, done, network = render_plan(plan), render_json(plan), schedule(plan), build_network(plan)
    assert parse_plan(markdown) == plan, "the plan is not read back as it was"
    return {
        "parse": cpu(lambda: parse_plan(markdown)),
        "json": cpu(lambda: parse_json(as_json)),
        "check": cpu(lambda: check_plan(plan, brief)),
        "schedule": cpu(lambda: schedule(plan)),
        "markdown": cpu(lambda: render_plan(plan)),
        "html": cpu(lambda: render_html(plan, done)),
        "path": cpu(lambda: passes(network, network.effort) and build_network(plan)),
        "networkx": cpu(longest_path(plan)),
    }


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of a piece of work: what it takes on an idle machine, however busy this one is."""
    gc.collect()
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> None:
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    measured(10)  # word lists, patterns and templates are loaded once
    before: dict[str, float] = {}
    for count in SIZES:
        row = measured(count)
        row["all"] = sum(value for name, value in row.items() if name not in ("path", "networkx"))
        if not before:
            print(f"{'tasks':>6} " + " ".join(f"{name:>10}" for name in row))
        print(f"{count:>6} " + " ".join(f"{1000 * value:>8.1f}ms" for value in row.values()))
        if before:
            print(f"{'×':>6} " + " ".join(f"{row[name] / before[name]:>9.1f}×" for name in row))
        before = row
    plan, _ = worded(500)
    done = schedule(plan)
    runs = min(cpu(lambda: simulate(plan, done, runs=10_000)) for _ in range(3))
    print(f"1,000 tasks altogether: {before['all']:.2f} s (to be under {ALL_IN:g} s)")
    print(
        f"path alone: {before['path'] / before['networkx']:.2f} of the time of networkx, both passes and floats included"
    )
    print(f"500 tasks, 10,000 runs: {runs:.2f} s (to be under {FORECAST:g} s)")
    if before["all"] > ALL_IN or runs > FORECAST:
        raise SystemExit("Too slow.")


if __name__ == "__main__":
    main()
