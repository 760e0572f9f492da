"""The network: published examples, a second implementation (networkx), circles."""

from __future__ import annotations

from math import erf, sqrt

import networkx as nx
import pytest
from hypothesis import example, given, settings
from schedule_plans import lettered, plan, plans, random_plan, task

from plansmith.errors import InputError
from plansmith.plan.network import build_network, passes, pert
from plansmith.plan.schedule import schedule
from plansmith.plan.types import Estimate

# Heizer & Render, Operations Management, "Milwaukee Paper Manufacturing" (Render & Stair: "General Foundry"):
# optimistic, most likely, pessimistic weeks; predecessors.
MILWAUKEE = {
    "A": ((1, 2, 3), ""),
    "B": ((2, 3, 4), ""),
    "C": ((1, 2, 3), "A"),
    "D": ((2, 4, 6), "AB"),
    "E": ((1, 4, 7), "C"),
    "F": ((1, 2, 9), "C"),
    "G": ((3, 4, 11), "DE"),
    "H": ((1, 2, 3), "FG"),
}
# Hillier & Lieberman, Introduction to Operations Research, "Reliable Construction Co."
RELIABLE = {
    "A": ((1, 2, 3), ""),
    "B": ((2, 3.5, 8), "A"),
    "C": ((6, 9, 18), "B"),
    "D": ((4, 5.5, 10), "C"),
    "E": ((1, 4.5, 5), "C"),
    "F": ((4, 4, 10), "E"),
    "G": ((5, 6.5, 11), "D"),
    "H": ((5, 8, 17), "EG"),
    "I": ((3, 7.5, 9), "C"),
    "J": ((3, 9, 9), "FI"),
    "K": ((4, 4, 4), "J"),
    "L": ((1, 5.5, 7), "J"),
    "M": ((1, 2, 3), "H"),
    "N": ((5, 5.5, 9), "KL"),
}
# Taylor, Introduction to Management Science, chapter 8, solution table: activities on arrows, (ES, EF, LS, LF, slack).
TAYLOR = {
    "1-2": (7, ""),
    "1-3": (10, ""),
    "2-4": (6, "1-2"),
    "3-4": (5, "1-3"),
    "3-5": (4, "1-3"),
    "4-5": (3, "2-4 3-4"),
    "5-6": (2, "3-5 4-5"),
}
TAYLOR_TABLE = [
    (0, 7, 2, 9, 2),
    (0, 10, 0, 10, 0),
    (7, 13, 9, 15, 2),
    (10, 15, 10, 15, 0),
    (10, 14, 14, 18, 4),
    (15, 18, 15, 18, 0),
    (18, 20, 18, 20, 0),
]


def letters(ids: tuple[str, ...]) -> str:
    return "".join("ABCDEFGHIJKLMN"[int(i[1:]) - 1] for i in ids)


def normal(z: float) -> float:
    return (1 + erf(z / sqrt(2))) / 2


def test_milwaukee_paper_times_floats_and_pert() -> None:
    done = schedule(lettered(MILWAUKEE))
    rows = {letters((t.id,)): t for t in done.tasks}
    assert [t.effort_h for t in done.tasks] == [2, 3, 2, 4, 4, 3, 5, 2]
    assert [t.early_start_h for t in done.tasks] == [0, 0, 2, 3, 4, 4, 8, 13]
    assert [t.early_finish_h for t in done.tasks] == [2, 3, 4, 7, 8, 7, 13, 15]
    assert [t.late_start_h for t in done.tasks] == [0, 1, 2, 4, 4, 10, 8, 13]
    assert [t.total_float_h for t in done.tasks] == [0, 1, 0, 1, 0, 6, 0, 0]
    assert letters(done.path) == letters(done.chain) == "ACEGH"
    assert done.path_h == done.finish_h == 15
    assert done.path_sigma_h**2 == pytest.approx(3.11, abs=0.005)
    assert normal((16 - done.path_h) / done.path_sigma_h) == pytest.approx(0.7157, abs=0.002)
    assert rows["B"].free_float_h == 0
    assert rows["F"].free_float_h == 6


def test_reliable_construction_pert() -> None:
    done = schedule(lettered(RELIABLE))
    assert [t.effort_h for t in done.tasks] == [2, 4, 10, 6, 4, 5, 7, 9, 7, 8, 4, 5, 2, 6]
    assert letters(done.path) == "ABCEFJLN"
    assert done.path_h == 44
    assert done.path_sigma_h**2 == pytest.approx(9)
    assert normal((47 - 44) / done.path_sigma_h) == pytest.approx(0.84, abs=0.005)
    slack = {letters((t.id,)): t.total_float_h for t in done.tasks if t.total_float_h}
    assert slack == pytest.approx({"D": 4, "G": 4, "H": 4, "I": 2, "K": 1, "M": 4})


def test_taylor_table() -> None:
    number = {name: f"T{i}" for i, name in enumerate(TAYLOR, 1)}
    rows = [
        task(number[name], estimate, ",".join(number[b] for b in before.split()), role=f"role {'abcdefg'[i]}")
        for i, (name, (estimate, before)) in enumerate(TAYLOR.items())
    ]
    done = schedule(plan(*rows))
    assert [
        (t.early_start_h, t.early_finish_h, t.late_start_h, t.late_finish_h, t.total_float_h) for t in done.tasks
    ] == TAYLOR_TABLE


def test_pert_mean_and_deviation() -> None:
    assert pert(Estimate(o=1, m=4, p=7)) == (4, 1)
    assert pert(None) == (0, 0)
    assert pert(Estimate(o=7, m=1, p=4)) == (4, 1)  # written in the wrong order: read in rising order


@pytest.mark.parametrize(
    ("after", "start"),
    [
        ("T1", 10),
        ("T1 FS +3", 13),
        ("T1 FS -4", 6),
        ("T1 SS", 0),
        ("T1 SS +2", 2),
        ("T1 FF", 6),
        ("T1 FF +1", 7),
        ("T1 SF +8", 4),
        ("T1 SF", 0),
        ("T1 FS -40", 0),
    ],
)
def test_each_link_type_with_lag(after: str, start: float) -> None:
    done = schedule(plan(task("T1", 10, role="a"), task("T2", 4, after, role="b")))
    assert done.tasks[1].early_start_h == done.tasks[1].start_h == start


@settings(max_examples=200, deadline=None)
@given(plans(max_tasks=25))
@example(random_plan(20, 7104))
def test_early_starts_are_longest_paths_of_networkx(sample: object) -> None:
    network = build_network(sample)
    hours = network.effort
    times = passes(network, hours)
    # A second implementation: a graph whose edges are start-to-start distances, between one source and one sink.
    graph = nx.DiGraph()
    for i in range(len(network.tasks)):
        graph.add_edge("begin", i, weight=0.0)
        graph.add_edge(i, "end", weight=hours[i])
    for link in (link for links in network.into for link in links):
        begin = hours[link.before] if link.type in ("FS", "FF") else 0
        end = hours[link.after] if link.type in ("FF", "SF") else 0
        weight = begin + link.lag - end
        old = graph.get_edge_data(link.before, link.after, {"weight": weight})["weight"]
        graph.add_edge(link.before, link.after, weight=max(weight, old))
    negative = nx.DiGraph()
    negative.add_weighted_edges_from((a, b, -w) for a, b, w in graph.edges(data="weight"))
    # Goldberg-Radzik: Bellman-Ford of networkx 3.6.1 gives a wrong length for random_plan(20, 7104).
    early = nx.goldberg_radzik(negative, "begin")[1]
    assert [-early[i] for i in range(len(hours))] == pytest.approx(times.early_start)
    assert nx.dag_longest_path_length(graph) == pytest.approx(times.length)
    to_end = nx.goldberg_radzik(negative.reverse(copy=True), "end")[1]
    assert [times.length + to_end[i] for i in range(len(hours))] == pytest.approx(times.late_start)


@settings(max_examples=120, deadline=None)
@given(plans(max_tasks=25))
def test_floats_hold_what_they_promise(sample: object) -> None:
    network = build_network(sample)
    times = passes(network, network.effort)
    for i, (total, free) in enumerate(zip(times.total_float, times.free_float, strict=True)):
        assert 0 <= free <= total + 1e-6
        assert times.early_finish[i] + total <= times.length + 1e-6
        for link in network.out[i]:  # a delay by the free float moves no successor
            begin = network.effort[i] if link.type in ("FS", "FF") else 0
            end = network.effort[link.after] if link.type in ("FF", "SF") else 0
            assert times.early_start[i] + free + begin + link.lag - end <= times.early_start[link.after] + 1e-6
    assert all(times.total_float[i] == 0 for i in times.path)


def test_circles_are_named_all_together() -> None:
    rows = [
        task("T1", 1, "T3"),
        task("T2", 1, "T1"),
        task("T3", 1, "T2"),
        task("T4", 1, "T4"),
        task("T5", 1, "T3"),
        task("T6", 1, "T7"),
        task("T7", 1, "T6 SS +1"),
    ]
    with pytest.raises(InputError) as error:
        schedule(plan(*rows))
    assert error.value.problems == ["T1 → T2 → T3 → T1", "T4 → T4", "T6 → T7 → T6"]


def test_a_long_circle_does_not_hang() -> None:
    rows = [task(f"T{i}", 1, f"T{i - 1 or 5000}") for i in range(1, 5001)]
    with pytest.raises(InputError, match="circle"):
        schedule(plan(*rows))


def test_a_task_without_estimate_counts_zero_and_is_reported() -> None:
    done = schedule(plan(task("T1", None), task("T2", 3, "T1")))
    assert [note.items for note in done.notes if note.code == "unestimated"] == [("T1",)]
    assert (done.tasks[0].effort_h, done.finish_h) == (0, 3)


def test_links_to_tasks_that_are_gone_are_left_out_and_reported() -> None:
    done = schedule(plan(task("T1", 9, status="dropped"), task("T2", 3, "T1, T9")))
    assert [t.id for t in done.tasks] == ["T2"]
    assert [(n.items, n.subject) for n in done.notes if n.code == "link-ignored"] == [(("T2",), "T1"), (("T2",), "T9")]
