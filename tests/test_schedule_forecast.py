"""The forecast: exact distributions, published formulas for what runs must show, and agreement with levelling."""

from __future__ import annotations

import datetime as dt
from math import pi, sqrt

import pytest
from hypothesis import given, settings
from schedule_plans import lettered, plan, plans, task
from test_schedule_network import MILWAUKEE, RELIABLE, letters, normal

from plansmith.errors import InputError
from plansmith.plan.replay import build_order, column, critical_runs, replay
from plansmith.plan.sampling import draw_hours, normal_cdf, quantiles
from plansmith.plan.schedule import schedule, work_out
from plansmith.plan.swings import rank_questions, serving
from plansmith.plan.types import Assumption, Member, Milestone, Plan, Question, Requirement, Story
from plansmith.plan.uncertainty import Forecast, simulate

np = pytest.importorskip("numpy")

PERT_SD = 1 / sqrt(28)
"""Standard deviation of a symmetric PERT-beta on [0, 1]: shapes 3 and 3."""


def forecast(sample: Plan, **how: object) -> Forecast:
    return simulate(sample, schedule(sample), **{"correlation": 0, **how})


@pytest.mark.parametrize(
    ("mode", "cdf"),
    [
        (0.0, lambda x: 1 - (1 - x) ** 5),  # Beta(1, 5)
        (0.5, lambda x: 10 * x**3 - 15 * x**4 + 6 * x**5),  # Beta(3, 3)
        (1.0, lambda x: x**5),  # Beta(5, 1)
        (0.25, lambda x: 1 - (1 - x) ** 4 * (1 + 4 * x)),  # Beta(2, 4)
    ],
)
def test_quantiles_are_those_of_the_beta_distribution(mode: float, cdf: object) -> None:
    z, table = quantiles([(0.0, mode, 1.0)])
    exact = np.array([normal_cdf(value) for value in z])
    assert np.abs(cdf(table[0]) - exact).max() < 1e-4


def test_drawn_hours_have_pert_mean_and_beta_variance() -> None:
    points = [(2.0, 3.0, 10.0), (5.0, 5.0, 5.0), (0.0, 8.0, 9.0), (4.0, 8.0, 12.0)]
    rng = np.random.default_rng(3)
    hours = draw_hours(*quantiles(points), rng.standard_normal((4, 200_000)))
    for (o, m, p), row in zip(points, hours, strict=True):
        mean = (o + 4 * m + p) / 6
        assert row.mean() == pytest.approx(mean, abs=0.015)
        assert row.var() == pytest.approx((mean - o) * (p - mean) / 7, rel=0.02, abs=1e-12)
        assert o <= row.min() <= row.max() <= p
    # A second implementation: numpy's own beta generator.
    other = 2 + 8 * rng.beta(1 + 4 / 8, 1 + 4 * 7 / 8, 200_000)
    levels = np.arange(5, 100, 5)
    assert np.percentile(hours[0], levels) == pytest.approx(np.percentile(other, levels), abs=0.05)


def test_merge_bias_is_clarks() -> None:
    # Clark, The greatest of a finite set of random variables, Operations Research 9 (1961): of two independent normal
    # variables with the same mean and deviation the greater has the mean µ + σ/√π and the variance σ²(1 − 1/π).
    chains = [
        task(f"T{c * 20 + k}", (4, 10, 16), f"T{c * 20 + k - 1}" if k > 1 else "", role=f"role {'ab'[c]}")
        for c in (0, 1)
        for k in range(1, 21)
    ]
    done = forecast(plan(*chains), runs=40_000)
    sigma = 12 * PERT_SD * sqrt(20)
    assert done.duration.mean == pytest.approx(200 + sigma / sqrt(pi), abs=0.2)
    assert done.duration.sd == pytest.approx(sigma * sqrt(1 - 1 / pi), rel=0.02)


def test_a_chain_is_normal_and_its_tasks_are_critical() -> None:
    chain = [task(f"T{k}", (4, 10, 16), f"T{k - 1}" if k > 1 else "") for k in range(1, 26)]
    done = forecast(plan(*chain, deadline=dt.date(2026, 4, 14)), runs=20_000)  # 32 working days, 256 hours
    sigma = 12 * PERT_SD * 5
    assert done.duration.mean == pytest.approx(250, abs=0.3)
    assert done.duration.p80 == pytest.approx(250 + 0.8416 * sigma, abs=0.4)
    assert done.duration.contingency == done.duration.p80 - done.duration.mean
    assert done.on_time == pytest.approx(normal(6 / sigma), abs=0.015)
    assert {risk.criticality for risk in done.tasks} == {1.0}
    assert sum(risk.share for risk in done.tasks) == pytest.approx(1)


def test_correlated_errors_do_not_cancel() -> None:
    # Variance of a sum of n equal terms with pairwise correlation ρ: nσ²(1 + (n − 1)ρ).
    sample = plan(*(task(f"T{k}", (4, 10, 16), role=f"role {'abcde'[k % 5]}") for k in range(1, 51)))
    for rho in (0.0, 0.2, 0.5):
        done = forecast(sample, correlation=rho, runs=20_000)
        assert done.effort.sd == pytest.approx(12 * PERT_SD * sqrt(50 * (1 + 49 * rho)), rel=0.03)
        assert done.effort.mean == pytest.approx(500, rel=0.01)


def test_shares_follow_variances() -> None:
    sample = plan(task("T1", (9, 10, 11)), task("T2", (8, 10, 12), "T1"), task("T3", 10, "T2"))
    for rho in (0.0, 0.3):
        shares = {risk.id: risk.share for risk in forecast(sample, correlation=rho).tasks}
        assert shares == pytest.approx({"T1": 0.2, "T2": 0.8, "T3": 0.0}, abs=0.03)


def test_two_equal_branches_are_critical_half_the_time() -> None:
    sample = plan(task("T1", (4, 10, 16), role="a"), task("T2", (4, 10, 16), role="b"), task("T3", 5, "T1, T2"))
    index = {risk.id: risk.criticality for risk in forecast(sample).tasks}
    assert index == pytest.approx({"T1": 0.5, "T2": 0.5, "T3": 1.0}, abs=0.02)


def test_published_networks_end_later_than_their_critical_path() -> None:
    # Both textbooks point out that the PERT mean of the critical path alone is too early.
    for rows, length in ((MILWAUKEE, 15), (RELIABLE, 44)):
        done = forecast(lettered(rows))
        assert done.duration.mean > length + 0.1
    first, last = (next(r for r in done.tasks if letters((r.id,)) == name) for name in "AM")
    assert first.criticality == 1
    assert last.criticality < 0.3


def test_people_make_a_chain_where_the_network_has_none() -> None:
    one = [Member(name="Ana", role="web")]
    sample = plan(task("T1", (4, 10, 16)), task("T2", (4, 10, 16)), team=one)
    done = forecast(sample)
    assert done.duration.mean == pytest.approx(20, abs=0.2)
    assert [risk.criticality for risk in done.tasks] == [1, 1]


@settings(max_examples=250, deadline=None)
@given(plans(max_tasks=20))
def test_replay_of_the_planned_hours_is_the_levelled_schedule(sample: Plan) -> None:
    worked = work_out(sample, None)
    order = build_order(worked.network, worked.levelled, worked.seats)
    assert sorted(order.tasks) == list(range(len(sample.tasks)))
    done = replay(order, column(worked.network.effort), trace=True)
    planned = [after for turns in worked.levelled.turns for after in turns[1:]]
    if all(order.previous[after] >= 0 for after in planned):  # no turn had to be left out
        assert done.finish[:, 0].tolist() == pytest.approx(worked.levelled.finish)
    index = critical_runs(order, done)
    assert set(index.tolist()) <= {0.0, 1.0}
    assert index[int(done.finish[:, 0].argmax())] == 1


def test_a_turn_against_a_lead_is_left_out() -> None:
    ana = [Member(name="Ana", role="web")]
    sample = plan(task("T1", 8, "T3", role="web"), task("T2", 4, "T1 FS -20"), task("T3", 10, role="qa"), team=ana)
    done = schedule(sample)
    assert done.tasks[1].start_h < done.tasks[0].start_h
    assert simulate(sample, done, runs=10).duration.mean == done.finish_h


@settings(max_examples=40, deadline=None)
@given(plans(max_tasks=12))
def test_any_plan_has_a_forecast(sample: Plan) -> None:
    done = schedule(sample)
    result = simulate(sample, done, runs=60)
    assert result == simulate(sample, done, runs=60)
    assert result.duration.percentiles[0] <= result.duration.p50 <= result.duration.p80
    assert result.as_dict()["tasks"][0].keys() == {"id", "criticality", "correlation", "share"}
    low, high = (sum(getattr(t.estimate, x) for t in sample.tasks if t.estimate) for x in "op")
    assert low - 1e-6 <= result.effort.percentiles[0] <= result.effort.percentiles[100] <= high + 1e-6


def test_the_seed_decides() -> None:
    sample = lettered(MILWAUKEE)
    assert forecast(sample, seed=1) == forecast(sample, seed=1)
    assert forecast(sample, seed=1) != forecast(sample, seed=2)


def test_an_empty_plan() -> None:
    done = forecast(plan(budget=10, deadline=dt.date(2026, 3, 2)))
    assert (done.duration.p80, done.cost, done.on_time, done.tasks) == (0, None, 1, ())


def test_cost_budget_and_milestones() -> None:
    team = [Member(name="Ana", role="web", capacity=0.5, rate=100)]
    milestones = (Milestone(id="M1", title="half", tasks=("T1",)), Milestone(id="M2", title="none"))
    sample = plan(task("T1", (4, 10, 16)), task("T2", (4, 10, 16), "T1"), team=team, budget=2000, milestones=milestones)
    done = forecast(sample)
    assert done.cost.mean == pytest.approx(2000, abs=20)
    assert done.in_budget == pytest.approx(0.5, abs=0.02)
    assert done.duration.mean == pytest.approx(40, abs=0.4)  # half a day each day, cost by hours of work
    assert [(m.id, m.p50_h) for m in done.milestones] == [("M1", pytest.approx(20, abs=0.4))]
    assert done.milestones[0].p50.date() == dt.date(2026, 3, 4)


def test_without_all_rates_the_budget_is_not_judged() -> None:
    team = [Member(name="Ana", role="web", rate=100)]
    done = forecast(plan(task("T1", 4), task("T2", 4, role="qa"), team=team, budget=2000))
    assert (done.cost.mean, done.cost_complete, done.in_budget) == (400, False, None)


@pytest.mark.parametrize("wrong", [{"runs": 0}, {"runs": 10**9}, {"correlation": 1.0}, {"correlation": -0.1}])
def test_wrong_settings_are_refused(wrong: dict) -> None:
    with pytest.raises(InputError):
        forecast(plan(task("T1", 4)), **wrong)


def test_a_schedule_of_another_plan_is_refused() -> None:
    with pytest.raises(InputError, match="another version"):
        simulate(plan(task("T1", 4)), schedule(plan(task("T2", 4))))


def swing_plan(**more: object) -> Plan:
    requirements = [Requirement(id=f"R{i}", text="This", source=(f"S{i}",)) for i in (1, 2, 3)]
    stories = [Story(id="U1", requirements=("R1",), role="x", want="y"), Story(id="U2", role="x", want="y")]
    rows = [
        task("T1", (2, 4, 12), serves=("U1",), role="a"),
        task("T2", (20, 30, 40), serves=("R2",), role="b"),
        task("T3", None, serves=("U1",), role="a"),
        task("T4", (1, 2, 3), "T2", serves=("U2", "R3"), role="b"),
    ]
    team = [Member(name="Ana", role="a", rate=10), Member(name="Bob", role="b", rate=20)]
    return plan(*rows, requirements=tuple(requirements), stories=tuple(stories), team=team, **more)


def test_serving_follows_stories_requirements_and_milestones() -> None:
    found = serving(swing_plan(milestones=(Milestone(id="M1", title="x", tasks=("T4", "T2")),)))
    assert found["R1"] == found["U1"] == ("T1", "T3")
    assert found["R3"] == found["U2"] == ("T4",)
    assert found["M1"] == ("T2", "T4")


def test_questions_are_ranked_by_what_they_move() -> None:
    questions = (
        Question(id="Q1", text="Which?", blocks=("R1",)),
        Question(id="Q2", text="How?", blocks=("R2",)),
        Question(id="Q3", text="Old?", blocks=("R2",), answer="Yes"),
        Question(id="Q4", text="Nothing?"),
        Question(id="Q5", text="Late?", source=("S3",)),
    )
    assumptions = (
        Assumption(id="A1", text="It is so.", if_false="T4 takes longer, T40 does not"),
        Assumption(id="A2", text="Tills have internet.", blocks=("R1", "T4")),
    )
    swings = rank_questions(swing_plan(questions=questions, assumptions=assumptions))
    assert [s.id for s in swings] == ["Q2", "A2", "Q1", "Q5", "A1", "Q4"]
    widest = swings[0]
    assert (widest.early_h, widest.late_h, widest.days) == (22, 42, 2.5)  # T2 at 20 or 40 hours, then T4 at 2
    assert (widest.effort_h, widest.cost, widest.tasks) == (20, 400, ("T2",))
    assert widest.weight == pytest.approx(20 / 32)
    assert (swings[2].tasks, swings[2].unknown, swings[2].days) == (("T1", "T3"), ("T3",), 0)  # T1 has float
    assert (swings[2].effort_h, swings[2].cost) == (10, 100)
    assert (swings[4].kind, swings[4].tasks) == ("assumption", ("T4",))
    assert (swings[1].tasks, swings[1].effort_h, swings[1].cost) == (("T1", "T3", "T4"), 12, 140)
    assert (swings[5].tasks, swings[5].weight) == ((), 0)


@settings(max_examples=30, deadline=None)
@given(plans(max_tasks=12, links=("FS",)))
def test_a_swing_never_goes_backwards(sample: Plan) -> None:
    questions = tuple(Question(id=f"Q{i}", text="?", blocks=(t.id,)) for i, t in enumerate(sample.tasks, 1))
    for swing in rank_questions(sample.model_copy(update={"questions": questions})):
        assert swing.effort_h >= 0
        assert swing.early_h <= swing.late_h


@pytest.mark.slow
def test_ten_thousand_runs_of_500_tasks_in_under_two_seconds() -> None:
    import time

    from schedule_plans import random_plan

    sample = random_plan(500, seed=4)
    done = schedule(sample)
    begin = time.process_time()  # other work on the same cores does not count
    simulate(sample, done)
    assert time.process_time() - begin < 2
