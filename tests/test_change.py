"""The difference of two plans: by id, what hangs on what is gone, and what it does to effort, dates and price."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from pydantic import BaseModel
from schedule_plans import plan, plans, task

from plansmith.locale import field_name
from plansmith.plan import types
from plansmith.plan.change import Hanging, diff_plans
from plansmith.plan.changetext import describe, shown
from plansmith.plan.markdown import parse_plan
from plansmith.plan.types import Estimate, Member, Milestone, Plan, Question, Requirement, Scenario, Story

ANA = Member(name="Ana", role="web", rate=50)
GIVEN = Scenario(given="a slot", when="it fills", then="it closes")


def before() -> Plan:
    return plan(
        task("T1", 8, serves=("U1",)),
        task("T2", 16, "T1", serves=("U2",)),
        task("T3", 8, "T2", serves=("U1", "R2")),
        team=[ANA],
        currency="GBP",
        requirements=(Requirement(id="R1", text="Order bread"), Requirement(id="R2", text="Close full slots")),
        stories=(
            Story(id="U1", requirements=("R1",), role="customer", want="to order"),
            Story(id="U2", requirements=("R2",), role="owner", want="slots to close", acceptance=(GIVEN,)),
        ),
        milestones=(
            Milestone(id="M1", title="Try", tasks=("T1", "T2")),
            Milestone(id="M2", title="End", tasks=("T3",)),
        ),
        questions=(Question(id="Q1", text="How many?", blocks=("R2",)),),
    )


def changed(**fields: Any) -> Plan:
    return before().model_copy(update=fields)


def without(name: str, id: str, **fields: Any) -> Plan:
    return changed(**{name: tuple(i for i in getattr(before(), name) if i.id != id)}, **fields)


def test_equal_plans() -> None:
    diff = diff_plans(before(), before())
    assert diff.empty
    assert describe(diff) == "The plans say the same."


def test_a_removed_requirement_marks_what_hung_on_it() -> None:
    diff = diff_plans(before(), without("requirements", "R2"))
    assert diff.hanging == (
        Hanging("U2", "R2", "removed", (), True),
        Hanging("T2", "R2", "removed", ("U2",), True),
        Hanging("T3", "R2", "removed", (), False),
        Hanging("M1", "R2", "removed", ("T2",), False),
        Hanging("M2", "R2", "removed", ("T3",), False),
        Hanging("Q1", "R2", "removed", (), True),
    )
    assert describe(diff).splitlines()[:6] == [
        "Requirements",
        "  − R2 removed: Close full slots",
        "      U2 hangs on removed R2 (nothing else needs it)",
        "      T2 hangs on removed R2 (through U2; nothing else needs it)",
        "      T3 hangs on removed R2",
        "      M1 hangs on removed R2 (through T2)",
    ]


def test_dropped_and_superseded_count_as_gone() -> None:
    first, second = before().requirements
    dropped = diff_plans(before(), changed(requirements=(first, second.model_copy(update={"status": "dropped"}))))
    assert dropped.items[0].how == "dropped"
    assert dropped.hanging[0] == Hanging("U2", "R2", "dropped", (), True)
    new = Requirement(id="R3", text="Close slots of twenty")
    old = second.model_copy(update={"status": "superseded", "superseded_by": ("R3",)})
    diff = diff_plans(before(), changed(requirements=(first, old, new)))
    assert "− R2 superseded by R3: Close full slots" in describe(diff)
    assert "+ R3 Close slots of twenty" in describe(diff)
    back = diff_plans(changed(requirements=(first, old, new)), before())
    assert [(item.id, item.how) for item in back.items] == [("R2", "restored"), ("R3", "removed")]


def test_an_orphan_whose_reference_went_too_is_still_named() -> None:
    orphan = before().stories[1].model_copy(update={"requirements": ()})
    diff = diff_plans(before(), without("requirements", "R2", stories=(before().stories[0], orphan)))
    assert [h.id for h in diff.hanging if h.alone] == ["U2", "T2", "Q1"]


def test_what_was_moved_to_another_requirement_does_not_hang() -> None:
    moved = before().stories[1].model_copy(update={"requirements": ("R1",)})
    diff = diff_plans(before(), without("requirements", "R2", stories=(before().stories[0], moved)))
    assert [h.id for h in diff.hanging] == ["T3", "M2", "Q1"]


def test_a_changed_requirement_asks_for_another_look() -> None:
    first, second = before().requirements
    second = second.model_copy(update={"text": "Close slots of ten", "priority": "should"})
    diff = diff_plans(before(), changed(requirements=(first, second)))
    assert [(f.field, f.old, f.new) for f in diff.items[0].fields] == [
        ("text", "Close full slots", "Close slots of ten"),
        ("priority", "must", "should"),
    ]
    assert "look again, because R2 changed: U2, T2, T3" in describe(diff)


def test_a_removed_task_marks_who_waits_for_it() -> None:
    diff = diff_plans(before(), without("tasks", "T1"))
    assert Hanging("T2", "T1", "removed", (), False) in diff.hanging


def test_effort_dates_and_price() -> None:
    first, second, third = before().tasks
    second = second.model_copy(update={"estimate": Estimate(o=8, m=8, p=8)})
    diff = diff_plans(before(), changed(tasks=(first, second, third), budget=900))
    effect = diff.effect
    assert (effect.old.effort_h, effect.new.effort_h) == (32, 24)
    assert (effect.old.cost, effect.new.cost) == (1600, 1200)
    assert (effect.old.finish, effect.new.finish) == (dt.datetime(2026, 3, 5, 17), dt.datetime(2026, 3, 4, 17))
    assert [(s.id, s.new.day) for s in effect.milestones] == [("M1", 3), ("M2", 4)]
    assert describe(diff) == "\n".join([
        "Plan",
        "  budget: none → £900",
        "",
        "Tasks",
        "  ~ T2 Do T2",
        "      estimate: 16 / 16 / 16 h → 8 / 8 / 8 h",
        "",
        "Effect",
        "  Effort: 32 h → 24 h (−8)",
        "  Duration: 4 working days → 3 working days (−1)",
        "  Planned finish: 5 Mar 2026 → 4 Mar 2026",
        "  M1: 4 Mar 2026 → 3 Mar 2026",
        "  M2: 5 Mar 2026 → 4 Mar 2026",
        "  Cost: £1,600 → £1,200 (−400)",
    ])  # fmt: skip


def test_the_same_in_romanian() -> None:
    first, second, third = before().tasks
    second = second.model_copy(update={"estimate": Estimate(o=8, m=8.5, p=9)})
    old = before().model_copy(update={"language": "ro"})
    new = old.model_copy(update={"tasks": (first, second, third), "budget": 1900.0, "requirements": ()})
    assert describe(diff_plans(old, old)) == "Planurile spun același lucru."
    text = describe(diff_plans(old, new))
    assert text.splitlines()[:6] == [
        "Plan",
        "  buget: nimic → 1.900\u00a0GBP",
        "",
        "Cerințe",
        "  − R1 nu mai este în plan: Order bread",
        "      U1 se sprijină pe R1, care nu mai este în plan (fără alt sprijin)",
    ]
    assert "      estimare: 16 / 16 / 16 h → 8 / 8,5 / 9 h" in text
    assert "  Durată: 4 zile lucrătoare → 3,1 zile lucrătoare (−0,9)" in text
    assert "  Final planificat: 5 mar. 2026 → 5 mar. 2026" not in text
    assert not re.search("[şţŞŢ]", text)


def test_every_field_has_a_name_in_both_languages() -> None:
    models = [Plan, *(getattr(types, name) for name in vars(types) if name[:1].isupper())]
    fields = {f for m in models if isinstance(m, type) and issubclass(m, BaseModel) for f in m.model_fields}
    unnamed = {f for f in fields for language in ("en", "ro") if field_name(language, f) == f and "_" in f}
    assert unnamed == set()


def test_team_calendar_and_lists() -> None:
    bob = Member(name="Bob", role="web", capacity=0.5)
    new = changed(team=(ANA, bob), calendar=before().calendar.model_copy(update={"country": "DE"}), summary="New.")
    text = describe(diff_plans(before(), new))
    assert "  team: + Bob (web)" in text
    assert "  calendar: country: none → DE" in text
    assert "  summary: changed" in text


def test_a_member_who_changes_is_shown_with_what_changed() -> None:
    text = describe(diff_plans(before(), changed(team=(ANA.model_copy(update={"rate": 60}),))))
    assert "  team: Ana: rate: £50 → £60" in text


def test_a_plan_that_cannot_be_scheduled_has_no_effect_but_a_reason() -> None:
    first, *rest = before().tasks
    circle = first.model_copy(update={"depends_on": before().tasks[2].depends_on})
    diff = diff_plans(before(), changed(tasks=(circle, *rest)))
    assert diff.effect.new is None
    assert "T1 → T2 → T1" in describe(diff)


def test_json_is_complete() -> None:
    new = without("requirements", "R2", team=())
    data = json.loads(json.dumps(diff_plans(before(), new).as_dict()))
    assert data["items"] == [
        {"id": "R2", "how": "removed", "title": "Close full slots", "fields": [], "superseded_by": []}
    ]
    assert data["plan"][0]["field"] == "team"
    assert data["plan"][0]["old"][0]["name"] == "Ana"
    assert data["hanging"][1] == {"id": "T2", "on": "R2", "how": "removed", "through": ["U2"], "alone": True}
    assert data["effect"]["new"]["cost"] is None


def test_inherited_sentences_are_no_change_of_their_own() -> None:
    stated = Requirement(id="R1", text="Order", origin="stated", source=("S1",))
    story = Story(id="U1", requirements=("R1",), role="x", want="y", source=("S1",))
    old = plan(task("T1", 1, serves=("U1",), source=("S1",)), requirements=(stated,), stories=(story,))
    dropped = Requirement(id="R1", text="Order", status="dropped")
    free = story.model_copy(update={"source": ()})
    new = plan(task("T1", 1, serves=("U1",)), requirements=(dropped,), stories=(free,))
    assert [(i.id, i.how, i.fields) for i in diff_plans(old, new).items] == [("R1", "dropped", ())]
    said = old.model_copy(update={"stories": (story.model_copy(update={"source": ("S1", "S2")}),)})
    assert [(i.id, i.how) for i in diff_plans(old, said).items] == [("U1", "changed")]


def test_values_are_short() -> None:
    assert shown(before().tasks[1].depends_on) == "T1"
    assert shown(task("T9", 1, "T1 SS +2, T2 FF -1").depends_on) == "T1 SS + 2 h, T2 FF − 1 h"
    assert shown(GIVEN) == "Given a slot, when it fills, then it closes"
    assert shown(1234.5) == "1,234.5"


@settings(max_examples=60, deadline=None)
@given(plans(max_tasks=8), plans(max_tasks=8))
def test_any_two_plans_can_be_compared(old: Plan, new: Plan) -> None:
    diff = diff_plans(old, new)
    assert diff.empty == (old == new)
    assert json.loads(json.dumps(diff.as_dict()))
    text = describe(diff)
    assert all(item.id in text for item in diff.items)
    added = {item.id for item in diff.items if item.how == "added"}
    assert added == {i.id for i in new.items()} - {i.id for i in old.items()}


def test_the_sample_plan_without_its_deposit() -> None:
    file = Path(__file__).parent.parent / "examples/archive/01-bakery-preorders/plan.md"
    text = file.read_text(encoding="utf-8")
    old = parse_plan(text)
    new = parse_plan(text.replace("- **R5** A customer pays", "- **R5** A customer pays", 1))
    assert diff_plans(old, new).empty
    gone = old.model_copy(update={"requirements": tuple(r for r in old.requirements if r.id != "R5")})
    hanging = {h.id: h for h in diff_plans(old, gone).hanging}
    assert hanging["U5"].alone
    assert hanging["T8"].through == ("U5",)
    assert hanging["M2"].through == ("T8",)
    assert hanging["Q1"].on == "R5"
