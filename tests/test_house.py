"""The headings that a team's plans share, their order, and how much of them a later plan has."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plansmith.sources.freeplans.house import HouseForm, fit_house, learn_house, shown

ENGLISH = (
    "# Alpha\n\n## 1. Scope\n\n- a\n\n## 2. Out of scope\n\n- b\n\n## 3. Work Packages\n\n- c\n\n### Alpha module\n\n- d\n\n"
    "## 4. Risks\n\n- it rains\n",
    "# Beta\n\n## Scope\n\n- the users\n\n## Out of Scope:\n\n- b\n\n## Work package\n\n- c\n\n## RISK\n\n- e\n\n## Budget\n\n- f\n",
    "# Gamma\n\n**Scope**\n\n- a\n\n**Work packages**\n\n- c and the rest\n\n**Risks**\n\n- we are late\n\n**Budgets**\n\n- f\n",
)
ROMANIAN = (
    "# Delta\n\n## Domeniu\n\n- clienții pot comanda din aplicație\n\n## Riscuri\n\n- plouă și nu este semnal\n",
    "# Epsilon\n\n## I. Domeniul\n\n- clienții pot plăti cu cardul\n\n## II. Riscurile\n\n- este prea târziu pentru o probă\n",
)


def test_common_headings_in_their_order_by_language() -> None:
    form = learn_house([*ENGLISH, *ROMANIAN])
    assert form.documents == {"en": 3, "ro": 2}
    assert [(h.title, h.share, h.level) for h in form.of("en")] == [
        ("Scope", 1.0, 1),
        ("Out of Scope", 0.6667, 1),
        ("Work Packages", 1.0, 1),
        ("Risks", 1.0, 1),
        ("Budget", 0.6667, 1),
    ]
    assert [h.title for h in form.of("ro")] == ["Domeniu", "Riscuri"]
    assert [h.position for h in form.of("en")] == sorted(h.position for h in form.of("en"))
    assert not any("Alpha" in h.title for h in form.headings)


def test_headings_that_only_mean_the_same_are_not_joined() -> None:
    form = learn_house(["# A\n\n## Timeline\n\n- x\n", "# B\n\n## Schedule\n\n- y\n"])
    assert form.headings == ()
    form = learn_house(["# A\n\n## Phase 1\n\n- x\n\n## Phase 2\n\n- x\n"] * 2)
    assert [h.title for h in form.headings] == ["Phase 1", "Phase 2"]


def test_how_much_of_the_form_a_plan_has() -> None:
    form = learn_house(ENGLISH)
    fit = fit_house(
        form,
        "# New\n\n## Risks\n\n- the rain\n\n## Scope\n\n- a\n\n## Work packages\n\n- c\n\n## Weather\n\n- d\n",
        "en",
    )
    assert (set(fit.present), set(fit.missing), fit.more) == (
        {"Scope", "Work Packages", "Risks"},
        {"Out of Scope", "Budget"},
        ("Weather",),
    )
    assert (fit.complete, fit.in_order, round(fit.ordered, 2)) == (0.6, 2, 0.67)
    whole = fit_house(form, ENGLISH[1], "en")
    assert (whole.complete, whole.ordered, whole.more) == (1.0, 1.0, ())
    assert fit_house(HouseForm(), "nothing").complete == 1.0


@pytest.mark.parametrize(
    ("heading", "name"),
    [("3. Risks", "Risks"), ("2.1 Scope:", "Scope"), ("IV. Team", "Team"), ("**Open points**", "Open points"),
     ("b) Cost", "Cost"), ("Chapter 2 Plan", "Plan"), ("1.", "1."), ("Vision", "Vision")],
)  # fmt: skip
def test_numbering_is_no_part_of_a_heading(heading: str, name: str) -> None:
    assert shown(heading) == name


def test_the_form_can_be_kept_in_a_file() -> None:
    form = learn_house([*ENGLISH, *ROMANIAN])
    assert HouseForm.from_dict(json.loads(json.dumps(form.as_dict()))) == form


HEADINGS = st.sampled_from(["Scope", "Out of scope", "Risks", "Team", "Cost", "Timeline", "Tests", "1. Risk", "TEAM"])


@given(st.lists(st.lists(HEADINGS, max_size=7), max_size=6))
@settings(max_examples=200, deadline=None)
def test_shares_and_fits_stay_in_their_bounds(outlines: list[list[str]]) -> None:
    texts = ["# The plan of the team\n\n" + "".join(f"## {h}\n\n- a\n\n" for h in outline) for outline in outlines]
    form = learn_house(texts)
    assert learn_house(texts) == form
    for heading in form.headings:
        assert 0.5 <= heading.share <= 1
        assert 0 <= heading.position <= 1
    for text in texts:
        fit = fit_house(form, text)
        assert len(fit.present) + len(fit.missing) == len(form.of("en"))
        assert fit.in_order <= len(fit.present)


@given(st.lists(st.text(max_size=200), max_size=4))
@settings(max_examples=200, deadline=None)
def test_any_texts_are_learned_from(texts: list[str]) -> None:
    form = learn_house(texts)
    for text in texts:
        fit = fit_house(form, text)
        assert fit.in_order <= len(fit.present)
