"""Scores: each measure falls when its fault is planted, and only then; the page of measures is the code's."""

from pathlib import Path

import pytest

from plansmith.plan import Plan, Requirement, parse_plan, read_brief
from plansmith.proof.hours import Guess, estimate_error, hours_by_sentence
from plansmith.proof.measures import BY_NAME, MEASURES
from plansmith.proof.score import own_work, score_plan, score_text, taken_up
from plansmith.proof.spoil import FAULTS
from plansmith.proof.worth import matrix, measures_as_markdown
from plansmith.sources.archive import Archive, read_archive

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"
PAGE = Path(__file__).parent.parent / "docs" / "measures.md"


@pytest.fixture(scope="module")
def archive() -> Archive:
    return read_archive(SAMPLES)


@pytest.fixture(scope="module")
def changes(archive: Archive) -> dict[str, dict[str, float]]:
    return matrix(archive.documents)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.name)
def test_a_fault_is_seen_by_its_measures_and_by_no_other(fault: object, changes: dict[str, dict[str, float]]) -> None:
    change = changes[fault.name]  # type: ignore[attr-defined]
    falls, also = fault.falls, fault.also  # type: ignore[attr-defined]
    for name in falls:
        assert change[name] < -0.01, f"{name} does not see it"
    # likeness to the plan itself falls with every change
    innocent = set(change) - {*falls, *also, "chrf"}
    assert {n: round(change[n], 3) for n in innocent if change[n] < -0.005} == {}


def test_every_measure_of_a_plan_has_its_fault() -> None:
    meant = {name for fault in FAULTS for name in fault.falls}
    of_plans = {m.name for m in MEASURES if m.group != "model"} - {"house"}
    assert of_plans - meant == set()
    assert meant <= set(BY_NAME)


def test_the_page_of_measures_is_the_codes(archive: Archive) -> None:
    assert PAGE.read_text(encoding="utf-8") == measures_as_markdown(archive.documents)


def test_the_samples_score_full_marks_against_themselves(archive: Archive) -> None:
    document = archive.documents[0]
    assert document.plan
    values = score_plan(document.plan, document.brief, document.plan).values
    full = ("validity", "coverage", "restraint", "faithfulness", "numbers", "dates", "names", "chain", "chrf")
    assert [values[name] for name in full] == [1.0] * len(full)
    assert values["mae"] == 0


def test_a_sentence_is_taken_up_only_by_what_speaks_of_it() -> None:
    brief = read_brief("Parents pay the trip by card. Teachers see who has paid.")
    right = Requirement(id="R1", text="A parent pays by card.", origin="stated", source=("S1",))
    wrong = Requirement(id="R2", text="The warehouse prints a label.", origin="stated", source=("S2",))
    assert taken_up((right, wrong), brief) == {"S1"}


def test_hours_follow_the_sentence_and_are_set_against_the_median() -> None:
    text = (SAMPLES / "01-bakery-preorders" / "plan.md").read_text(encoding="utf-8")
    plan = parse_plan(text)
    hours = hours_by_sentence(plan)
    assert hours["S3"] == 8 + 20 + 14
    double = plan.model_copy(
        update={
            "tasks": tuple(
                t.model_copy(update={"estimate": t.estimate.model_copy(update={"m": 2 * t.estimate.m})})
                for t in plan.tasks
                if t.estimate
            )
        }
    )
    found = estimate_error(double, plan, Guess(10, 1))
    assert found["mae"] == (sum(hours.values()) / len(hours), len(hours))
    guessed = sum(abs(10 - h) for h in hours.values()) / len(hours)
    assert found["sa"] == (1 - found["mae"][0] / guessed, len(hours))  # type: ignore[index]
    assert estimate_error(Plan(title="x"), plan, None) == {}


def test_stock_phrases_are_not_the_models_work() -> None:
    text = (SAMPLES / "01-bakery-preorders" / "plan.md").read_text(encoding="utf-8")
    plan = parse_plan(text)
    assert own_work(plan) == (1.0, len(plan.stories))
    stock = plan.stories[0].model_copy(update={"want": "this to hold: a customer can order bread"})
    assert own_work(plan.model_copy(update={"stories": (stock, *plan.stories[1:])})) == (6 / 7, 7)


def test_free_text_is_measured_by_its_headings_and_words() -> None:
    from plansmith.sources.freeplans.house import learn_house

    house = learn_house([f"# P{n}\n## Scope\nx\n## Tasks\nx\n## Risks\nx" for n in range(3)])
    brief = read_brief("Parents must be able to pay the school trip by card.")
    good = "# P\n## Scope\nParents pay the school trip by card.\n## Tasks\n## Risks\n"
    moved = "# P\n## Risks\n## Scope\nPay.\n## Tasks\n"
    lost = "# P\n## Scope\nParents pay the school trip by card.\n"
    values = [score_text(t, brief, good, house).values for t in (good, moved, lost)]
    assert values[0] == {"heard": 1.0, "house": 1.0, "chrf": 1.0}
    assert values[1]["house"] < 1
    assert values[1]["heard"] == 0
    assert values[2]["house"] == pytest.approx(1 / 3)
    assert values[2]["heard"] == 1


def test_silenced_checks_count_all_the_same(archive: Archive) -> None:
    from plansmith.plan import render_plan

    spoilt = next(f for f in FAULTS if f.name == "no benefit").spoil(
        archive.documents[0].plan, archive.documents[0].brief
    )
    text = render_plan(spoilt)
    from plansmith.plan.types import Silence

    silent = spoilt.model_copy(update={"silenced": (Silence(check="story-benefit", reason="none"),)})
    assert score_plan(silent, None).values == score_plan(parse_plan(text), None).values
