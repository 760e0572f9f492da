"""Every check finds what it is for, and nothing else; the sample plans have no error; nothing makes a check fail."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from generated import plans
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plansmith.plan import Brief, Plan, check_plan, parse_plan, read_brief, rules_as_markdown
from plansmith.plan.checks import RULES
from plansmith.plan.similar import similar_pairs
from plansmith.plan.types import Connection, Dependency, Estimate, Quote, Scenario, Silence, Term

ROOT = Path(__file__).parent.parent
BRIEF = """Hello,

we run a boat yard on the Tamar. Our members phone all day long.

Members must be able to reserve a mooring for 1-14 days. Only the harbour master may cancel a reservation.
The harbour master should see all moorings on one map. Every page must open within 2 seconds.
Members could print the reservation.

We have £8,000 and it must be ready by 1 May 2027.
"""
PLAN = """---
plansmith: 1
currency: GBP
budget: 8000
deadline: 2027-05-01
---

# Moorings by phone

Members reserve moorings themselves.

## Requirements

- **R1** Members can reserve a mooring for 1-14 days.
  - must · functional · S4
- **R2** Only the harbour master can cancel a reservation.
  - must · functional · S5
- **R3** The harbour master sees all moorings on one map.
  - should · functional · S6
- **R4** Every page opens within 2 seconds.
  - must · quality · S7
  - fit: 95 of 100 pages on a mid-range phone
- **R5** Members can print the reservation.
  - could · functional · S8
- **R6** The work costs £8,000 and is ready by 1 May 2027.
  - must · constraint · S9

## Stories

- **U1** As a member, I want to reserve a mooring, so that I need not phone.
  - for R1
  - Given a free mooring, when a member picks 3 days, then a reservation number is shown.
- **U2** As a harbour master, I want to cancel a reservation, so that a damaged pier stays empty.
  - for R2
  - Given a reservation, when a member opens it, then no cancel button is shown.
- **U3** As a harbour master, I want a map of the moorings, so that free places meet the eye.
  - for R3
  - Given two reserved moorings, when the map opens, then both are red.
- **U4** As a member, I want a printed sheet, so that the guard at the gate believes me.
  - for R5
  - Given a reservation, when it is printed, then the sheet bears its number.

## Tasks

- **T1** Build the reservation form
  - web · 8 / 12 / 20 h · for U1
- **T2** Store reservations without overlaps
  - backend · 6 / 9 / 16 h · for U1
  - after T1
- **T3** Guard cancelling by role
  - backend · 3 / 5 / 8 h · for U2
  - after T2
- **T4** Draw the map
  - web · 9 / 14 / 24 h · for U3
  - after T2
- **T5** Measure page times
  - qa · 2 / 3 / 6 h · for R4
  - after T4
- **T6** Lay out the sheet
  - web · 2 / 4 / 7 h · for U4
  - after T1

## Milestones

- **M1** Members reserve
  - exit: ten reservations were made without a call
  - tasks: T1, T2, T3, T5
- **M2** The whole yard
  - exit: the harbour master closed the paper book
  - tasks: T4, T6

## Risks

- **K1** Two members reserve the last mooring together.
  - response: one transaction, tested with two phones

## Decisions

- **D1** Kind of map
  - option: Drawing of the yard: no licence
  - option: Street map: known controls, a yearly fee
  - chosen: Drawing of the yard
"""


@pytest.fixture(scope="module")
def brief() -> Brief:
    return read_brief(BRIEF)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return parse_plan(PLAN)


def changed(plan: Plan, item_id: str, **values: Any) -> Plan:
    """The plan with some details of one item replaced."""
    lists = ("requirements", "stories", "tasks", "milestones", "risks", "decisions")
    for name in lists:
        items = getattr(plan, name)
        if any(i.id == item_id for i in items):
            new = tuple(i.model_copy(update=values) if i.id == item_id else i for i in items)
            return plan.model_copy(update={name: new})
    raise AssertionError(item_id)


def then(plan: Plan, item_id: str, result: str) -> Plan:
    return changed(plan, item_id, acceptance=(Scenario(given="a reservation", when="it is opened", then=result),))


def replaced(plan: Plan, **values: Any) -> Plan:
    return plan.model_copy(update=values)


def two_stories(plan: Plan) -> Plan:
    twin = plan.stories[3].model_copy(update={"id": "U9", "want": "a printed sheet !"})
    return replaced(plan, stories=(*plan.stories, twin), tasks=plan.tasks)


def retired(plan: Plan) -> Plan:
    return changed(changed(plan, "T6", status="dropped", depends_on=()), "M2", tasks=("T4", "T6"))


def same_hours(plan: Plan) -> Plan:
    hours = Estimate(o=8, m=12, p=20)
    more = [plan.tasks[0].model_copy(update={"id": f"T{n}", "title": f"Piece number {n}"}) for n in (11, 12, 13)]
    tasks = tuple(t.model_copy(update={"estimate": hours}) for t in (*plan.tasks, *more))
    milestone = plan.milestones[0].model_copy(update={"tasks": (*plan.milestones[0].tasks, "T11", "T12", "T13")})
    return replaced(plan, tasks=tasks, milestones=(milestone, plan.milestones[1]))


WRONG: dict[str, Callable[[Plan], Plan]] = {
    "unknown-reference": lambda p: changed(p, "T6", depends_on=(Dependency(task="T99"),)),
    "retired-reference": retired,
    "circular-dependency": lambda p: changed(p, "T1", depends_on=(Dependency(task="T3"),)),
    "orphan-requirement": lambda p: replaced(
        p, requirements=(*p.requirements, p.requirements[4].model_copy(update={"id": "R9", "text": "Members print."}))
    ),
    "must-chain": lambda p: changed(p, "U1", acceptance=()),
    "task-without-requirement": lambda p: replaced(
        p, tasks=(*p.tasks, p.tasks[4].model_copy(update={"id": "T9", "title": "Tidy up", "serves": ()}))
    ),
    "task-without-milestone": lambda p: changed(p, "M2", tasks=("T4",)),
    "empty-milestone": lambda p: replaced(
        p, milestones=(*p.milestones, p.milestones[0].model_copy(update={"id": "M9", "title": "End", "tasks": ()}))
    ),
    "unstaffed-role": lambda p: replaced(
        p, team=parse_plan("# x\n\n## Team\n\n- **Ana**\n  - web\n- **Bo**\n  - backend\n").team
    ),
    "unknown-sentence": lambda p: changed(p, "K1", source=("S77",)),
    "quote-differs": lambda p: replaced(p, quotes=(Quote(id="S4", text="Members must swim."),)),
    "sentence-not-covered": lambda p: changed(
        changed(changed(p, "R3", status="dropped", source=()), "U3", status="dropped", source=()),
        "T4",
        serves=("R4",),
        source=("S7",),
    ),
    "new-number": lambda p: changed(p, "R3", text="The harbour master sees all 40 moorings on one map."),
    "new-date": lambda p: changed(p, "R3", text="The harbour master sees all moorings on one map on Friday."),
    "new-money": lambda p: changed(p, "R6", text="The work costs $8,000 and is ready by 1 May 2027."),
    "new-name": lambda p: changed(p, "R5", text="Members can print the reservation in Plymouth."),
    "not-faithful": lambda p: changed(p, "R3", text="The harbour master hides all moorings on one map, sees nothing."),
    "budget-not-in-brief": lambda p: changed(replaced(p, budget=9500), "R6", kind="functional", priority="wont"),
    "deadline-not-in-brief": lambda p: replaced(p, deadline=dt.date(2027, 6, 1)),
    "estimate-order": lambda p: changed(p, "T6", estimate=Estimate(o=9, m=4, p=7)),
    "estimate-spread": lambda p: changed(p, "T6", estimate=Estimate(o=4, m=4, p=4)),
    "long-task": lambda p: changed(p, "T6", estimate=Estimate(o=30, m=60, p=90)),
    "task-without-estimate": lambda p: changed(p, "T6", estimate=None),
    "same-estimates": same_hours,
    "currency-missing": lambda p: replaced(p, currency=""),
    "currency-unused": lambda p: changed(replaced(p, budget=None), "R6", priority="wont"),
    "acceptance-not-observable": lambda p: then(p, "U4", "everything works as expected"),
    "story-without-acceptance": lambda p: changed(p, "U4", acceptance=()),
    "story-without-requirement": lambda p: changed(changed(p, "U4", requirements=()), "T6", serves=("R5",)),
    "story-role": lambda p: changed(p, "U4", role="system"),
    "story-atomic": lambda p: changed(p, "U4", want="to print a sheet and to send it home"),
    "story-minimal": lambda p: changed(p, "U4", want="a printed sheet (not on yellow paper, please)"),
    "story-uniform": lambda p: changed(p, "U4", want="I want a printed sheet"),
    "story-benefit": lambda p: changed(p, "U4", so_that=""),
    "so-that-repeats": lambda p: changed(p, "U4", so_that="the printed sheet"),
    "placeholder": lambda p: changed(p, "K1", response="TBD"),
    "vague-word": lambda p: changed(p, "T6", done_when="the sheet is user-friendly"),
    "duplicate": two_stories,
    "decision-options": lambda p: changed(p, "D1", chosen="Globe"),
    "risk-without-response": lambda p: changed(p, "K1", response=""),
    "milestone-without-exit": lambda p: changed(p, "M2", exit=""),
}


def codes(plan: Plan, brief: Brief | None) -> set[str]:
    return {finding.code for finding in check_plan(plan, brief)}


def test_a_sound_plan_has_no_findings(plan: Plan, brief: Brief) -> None:
    assert check_plan(plan, brief) == []


@pytest.mark.parametrize("code", sorted(WRONG))
def test_each_mistake_is_found_by_its_rule_alone(code: str, plan: Plan, brief: Brief) -> None:
    assert codes(WRONG[code](plan), brief) == {code}


@pytest.mark.parametrize("code", sorted(WRONG))
def test_each_finding_has_its_romanian_text(code: str, plan: Plan, brief: Brief) -> None:
    wrong = WRONG[code](plan)
    english = {f.item: f for f in check_plan(wrong, brief) if f.code == code}
    romanian = [f for f in check_plan(replaced(wrong, language="ro"), brief) if f.code == code]
    for finding in romanian:
        assert "{" not in finding.message
        other = english.get(finding.item)
        assert other is None or other.remedy != finding.remedy
        assert other is None or code in ("vague-word",) or other.message != finding.message


def test_findings_quote_words_as_they_are_written(plan: Plan) -> None:
    brief = read_brief("Membrii rezervă un ponton.\n\nPagina se deschide în 2 secunde.")
    wrong = changed(plan, "R4", text="Afișul colorat atrage ușor trecători grăbiți.", fit="", source=("S2",))
    story = changed(wrong, "U4", role="sistem", want="să tipăresc foaia și să șterg locul")
    found = {f.code: f.message for f in check_plan(replaced(story, language="ro"), brief) if f.item in ("R4", "U4")}
    assert "ușor (subiectiv)" in found["vague-word"]
    assert found["story-atomic"] == "„și să șterg” începe a doua dorință"
    assert found["story-role"] == "„sistem” nu vrea nimic"
    assert "trecători" in found["not-faithful"]


def test_romanian_findings_count_and_write_as_romanian_does(plan: Plan) -> None:
    tasks = tuple(
        plan.tasks[0].model_copy(update={"id": f"T{n}", "estimate": Estimate(o=1.5, m=3, p=6)}) for n in range(1, 25)
    )
    found = {f.code: f.message for f in check_plan(replaced(plan, tasks=tasks, language="ro"))}
    assert found["same-estimates"] == "24 din 24 de sarcini au estimarea 1,5 / 3 / 6 h"
    few = {f.code: f.message for f in check_plan(replaced(plan, tasks=tasks[:12], language="ro"))}
    assert few["same-estimates"] == "12 din 12 sarcini au estimarea 1,5 / 3 / 6 h"
    wrong = replaced(changed(plan, "U1", acceptance=()), language="ro")
    assert "povestea ei U1 nu are niciun criteriu de acceptare" in {f.message for f in check_plan(wrong)}


def test_every_rule_has_a_mistake_of_its_own() -> None:
    assert {rule.code for rule in RULES} == set(WRONG)


def test_every_rule_explains_itself() -> None:
    for rule in RULES:
        assert rule.source, rule.code
        for language in ("en", "ro"):
            assert rule.explanation(language).endswith((".", ")")), rule.code
            assert rule.remedy(language).endswith((".", "?")), rule.code
    assert len({rule.code for rule in RULES}) == len(RULES)


def test_documentation_of_checks_is_what_the_rules_say() -> None:
    written = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    assert written == rules_as_markdown(), (
        """run: python -c 'from plansmith.plan import *; print(rules_as_markdown(), end="")' > docs/checks.md"""
    )


@pytest.mark.parametrize("folder", sorted((ROOT / "examples" / "archive").iterdir()), ids=lambda f: f.name)
def test_sample_plans_have_no_error_and_no_warning(folder: Path) -> None:
    plan = parse_plan((folder / "plan.md").read_text(encoding="utf-8"))
    found = check_plan(plan, read_brief((folder / "brief.md").read_text(encoding="utf-8")))
    assert [str(f) for f in found if f.severity != "advice"] == []


def test_circle_is_named_once(plan: Plan) -> None:
    wrong = WRONG["circular-dependency"](plan)
    [finding] = [f for f in check_plan(wrong) if f.code == "circular-dependency"]
    assert all(task in finding.message for task in ("T1", "T2", "T3"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda p: changed(p, "R1", id="R10"), "no story"),
        (lambda p: replaced(p, tasks=tuple(t for t in p.tasks if t.id not in ("T1", "T2"))), "no task"),
        (lambda p: changed(p, "M1", tasks=("T3", "T5")), "no milestone holds T1, T2"),
        (lambda p: changed(p, "R6", text="All data stays in the country."), "no task or story"),
    ],
)
def test_must_chain_names_the_missing_link(change: Callable[[Plan], Plan], says: str, plan: Plan) -> None:
    messages = [f.message for f in check_plan(change(plan)) if f.code == "must-chain"]
    assert any(says in m for m in messages), messages


def test_items_that_no_longer_hold_are_not_checked(plan: Plan, brief: Brief) -> None:
    wrong = changed(plan, "T6", title="TBD", estimate=Estimate(o=9, m=4, p=90))
    gone = changed(wrong, "T6", status="superseded", superseded_by=("T4",))
    rest = changed(changed(gone, "M2", tasks=("T4",)), "T4", serves=("U3", "U4"))
    assert check_plan(rest, brief) == []


@pytest.mark.parametrize("item", ["K1", ""])
def test_a_silence_with_a_reason_silences(item: str, plan: Plan, brief: Brief) -> None:
    wrong = changed(plan, "K1", response="")
    silence = Silence(check="risk-without-response", item=item, reason="agreed by phone")
    assert check_plan(replaced(wrong, silenced=(silence,)), brief) == []


@pytest.mark.parametrize(
    ("check", "item", "says"),
    [
        ("risk-without-response", "K1", "finds nothing"),
        ("risk-without-respons", "", "Did you mean risk-without-response?"),
        ("duplicate", "T77", "does not exist"),
    ],
)
def test_a_silence_that_silences_nothing_is_reported(check: str, item: str, says: str, plan: Plan) -> None:
    [finding] = check_plan(replaced(plan, silenced=(Silence(check=check, item=item, reason="x"),)))
    assert (finding.code, finding.severity) == ("idle-silence", "advice")
    assert says in str(finding)


@pytest.mark.parametrize("text", ["TBD", "…", "A <role> can pay", "Lorem ipsum dolor", "Pay with [provider]", "???"])
def test_placeholders(text: str, plan: Plan) -> None:
    assert "placeholder" in codes(changed(plan, "K1", event=text), None)


@pytest.mark.parametrize(
    "text", ["The to do list of the day is shown", "The bar takes orders", "See [1] and (2)", "a < b"]
)
def test_what_only_looks_like_a_placeholder(text: str, plan: Plan) -> None:
    assert "placeholder" not in codes(changed(plan, "K1", event=text), None)


@pytest.mark.parametrize(
    "text", ["it works", "the system works correctly", "the user is happy", "it is handled properly"]
)
def test_results_that_nobody_can_see(text: str, plan: Plan) -> None:
    assert "acceptance-not-observable" in codes(then(plan, "U4", text), None)


@pytest.mark.parametrize(
    "text", ["the order carries that time", "a paid receipt is stored", "the page feels 3 inches wide"]
)
def test_results_that_one_can_see(text: str, plan: Plan) -> None:
    assert "acceptance-not-observable" not in codes(then(plan, "U4", text), None)


@pytest.mark.parametrize("text", ["how many boats lie there", "at most 4 boats", "as soon as the tide turns"])
def test_words_that_only_look_vague(text: str, plan: Plan) -> None:
    assert "vague-word" not in codes(changed(plan, "T6", done_when=text), None)


def test_vague_words_in_romanian(plan: Plan) -> None:
    found = check_plan(changed(replaced(plan, language="ro"), "T6", done_when="pagina este ușor de folosit"))
    assert "ușor de folosit" in next(f.message for f in found if f.code == "vague-word")


def test_same_words_with_another_number_are_no_duplicate(plan: Plan) -> None:
    a, b = (plan.tasks[5].model_copy(update={"id": f"T{n}", "title": f"Lay out sheet {n} of 30"}) for n in (21, 22))
    assert "duplicate" not in codes(replaced(plan, tasks=(*plan.tasks, a, b)), None)


def test_glossary_and_quotes_stand_for_the_brief(plan: Plan, brief: Brief) -> None:
    named = changed(plan, "R5", text="Members can print the reservation as PDF.")
    assert "new-name" in codes(named, brief)
    assert "new-name" not in codes(replaced(named, glossary=(Term(term="PDF", definition="a sheet"),)), brief)
    quoted = replaced(plan, quotes=tuple(Quote(id=s.id, text=s.text) for s in brief.sentences))
    assert "new-number" in codes(changed(quoted, "R3", text="The harbour master sees 40 moorings on one map."), None)


def test_rough_deadlines_leave_the_day_to_the_plan(plan: Plan) -> None:
    rough = read_brief(BRIEF.replace("by 1 May 2027", "by May 2027"))
    assert "deadline-not-in-brief" not in codes(plan, rough)


def test_connections_between_components_that_do_not_exist(plan: Plan) -> None:
    architecture = plan.architecture.model_copy(update={"connections": (Connection(start="C1", end="C2"),)})
    found = [f for f in check_plan(replaced(plan, architecture=architecture)) if f.code == "unknown-reference"]
    assert len(found) == 2


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans, st.text(max_size=200))
def test_findings_of_any_plan_name_a_rule_an_item_and_a_remedy(plan: Plan, text: str) -> None:
    severities = {rule.code: rule.severity for rule in RULES} | {"idle-silence": "advice"}
    items = {item.id: item for item in plan.items()}
    off = {(silence.check, silence.item) for silence in plan.silenced}
    for brief in (None, read_brief(text)):
        found = check_plan(plan, brief)
        assert found == check_plan(plan, brief)
        order = [("error", "warning", "advice").index(finding.severity) for finding in found]
        assert order == sorted(order)
        for finding in found:
            assert finding.severity == severities[finding.code]
            assert finding.item in items or not finding.item or finding.code == "idle-silence"
            assert not {(finding.code, finding.item), (finding.code, "")} & off
            assert finding.message
            assert finding.remedy.endswith((".", "?"))
    # what the rules say of items that no longer hold, only references and citations excepted
    gone = [f for f in check_plan(plan) if f.item in items and items[f.item].status != "live"]
    assert {f.code for f in gone} <= {"unknown-reference", "unknown-sentence", "idle-silence"}


def test_near_duplicates_of_any_length_are_found_and_only_those() -> None:
    rng = random.Random(5)
    words = [f"w{n}" for n in range(200)]
    for length in (1, 2, 5, 9, 39, 41, 49, 51, 64, 80):
        text = rng.sample(words, length)
        near = [*text[: length - length // 10], *(f"x{n}" for n in range(length // 10))]
        far = [*text[: length // 2], *(f"y{n}" for n in range(length - length // 2))]
        texts = [" ".join(part) for part in (text, far, near, text)]
        assert similar_pairs(texts) == [(0, 2), (0, 3)], length


def test_very_long_texts_are_compared_in_time() -> None:
    text = " ".join(f"w{n}" for n in range(50_000))
    begin = time.process_time()
    assert similar_pairs([text, text, f"{text} more", text[: len(text) // 2]]) == [(0, 1), (0, 2)]
    assert time.process_time() - begin < 2


def test_time_grows_with_the_plan_and_a_thousand_tasks_take_less_than_a_second(plan: Plan) -> None:
    task = plan.tasks[0]
    words = "anchor berth chart deck engine fender galley hatch island jetty keel lock mast needle oar pier".split()  # noqa: SIM905
    titles = (f"{words[n % 16]} {words[n // 16 % 16]} {words[n // 256 % 16]} {n}" for n in range(1000))
    tasks = [task.model_copy(update={"id": f"T{n + 10}", "title": title}) for n, title in enumerate(titles)]
    chain = [t.model_copy(update={"depends_on": (Dependency(task=b.id),)}) for b, t in pairwise(tasks)]
    big = replaced(plan, tasks=(*plan.tasks, tasks[0], *chain))
    check_plan(plan)
    begin = time.process_time()
    check_plan(big)
    assert time.process_time() - begin < 1
