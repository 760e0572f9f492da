"""A plan changed by what the client says: only what must change does, ids stay, and nothing is guessed silently."""

import datetime as dt
import json
import random
import re
from pathlib import Path

import pytest

from plansmith.cli.app import app
from plansmith.errors import InputError
from plansmith.plan import (
    Dependency,
    Estimate,
    Milestone,
    Plan,
    Question,
    Quote,
    Requirement,
    Risk,
    Story,
    Task,
    check_plan,
    diff_plans,
    parse_plan,
    read_brief,
    render_json,
    render_plan,
    schedule,
    with_quotes,
)
from plansmith.plan.letter import letter, letter_markdown, read_answers
from plansmith.plan.revise import withdraw
from plansmith.plan.revise_find import find
from plansmith.plan.revise_read import read_orders
from plansmith.plan.types import Assumption, Silence
from plansmith.writing.revise import Revised, revise
from plansmith.writing.revise_add import as_requirement
from plansmith.writing.revise_answers import given_answers, take_answers
from plansmith.writing.write import Written, write_plan
from tests.conftest import SAMPLES
from tests.test_writing import PAST, FakeEngine, faithful

TODAY = dt.date(2026, 11, 24)
BRIEF = read_brief(
    "We are a bakery.\n\nCustomers can order bread by phone. Staff must see the orders of the day. Customers can pay online "
    "by card. Orders must be kept for 7 days. The baker must get a list of unpaid orders every month. The page must open fast. "
    "Nobody but the baker may delete an order. We have £9,000 and it must be ready by 1 November 2027."
)


def no_model(brief: object) -> Written:
    raise AssertionError("the model was asked")


def by_fake(brief: object) -> Written:
    return write_plan(brief, FakeEngine(faithful), PAST)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def bakery() -> Plan:
    return by_fake(BRIEF).plan


@pytest.fixture(scope="module")
def samples() -> list[Plan]:
    found = []
    for folder in sorted(SAMPLES.iterdir())[:6]:
        plan = parse_plan((folder / "plan.md").read_text(encoding="utf-8"))
        found.append(with_quotes(plan, read_brief((folder / "brief.md").read_text(encoding="utf-8"))))
    return found


def said(plan: Plan, words: str, **more: object) -> Revised:
    return revise(plan, words, no_model, TODAY, **more)  # type: ignore[arg-type]


def of(plan: Plan, words: str) -> str:
    """Id of the one requirement that holds these words."""
    (found,) = (r.id for r in plan.requirements if words in r.text)
    return found


def status(plan: Plan, name: str) -> str:
    return str(next(i.status for i in plan.items() if i.id == name))


def errors(plan: Plan) -> set[tuple[str, str]]:
    return {(f.code, f.item) for f in check_plan(plan) if f.severity == "error" or f.code == "retired-reference"}


# What an instruction asks


@pytest.mark.parametrize(
    ("words", "kinds", "about"),
    [
        ("The client drops online payment", ["drop"], "online payment"),
        ("We no longer need the monthly list of unpaid orders.", ["drop"], "monthly list of unpaid orders"),
        ("Voting is not needed any more, and the deadline is now 1 March", ["drop", "deadline"], "Voting"),
        ("Please leave out the photo for now", ["drop"], "photo"),
        ("Plan without the photo", ["drop"], "photo"),
        ("Members no longer need a password", ["drop"], "a password"),
        ("The client also wants a map of the tools", ["wish"], ""),
        ("The client also wants to add and remove favourites", ["wish"], ""),
        ("The client wants members to be able to remove items from the cart", ["wish"], ""),
        ("Customers can cancel an order.", ["wish"], ""),
        ("Instead of an e-mail, members get a text message.", ["replace"], "an e-mail"),
        ("The client drops online payment and wants cash on delivery instead.", ["replace"], "online payment"),
        ("Budget is now 20,000 EUR", ["budget"], ""),
        ("It has to be running by 1 March 2027", ["deadline"], ""),
        ("5 seconds instead of 3 seconds", ["figure"], None),
        ("Tools are kept not 7 but 14 days", ["figure"], None),
        ("The client postpones the map until next year", ["drop"], "map"),
        ("The map can wait.", ["drop"], "map"),
        ("The monthly list is only nice to have", ["priority"], "monthly list"),
        ("Harta este prioritară.", ["priority"], "Harta"),
        ("Users can set a budget of 500 EUR per month", ["wish"], ""),
        ("Customers can choose a delivery date before 24 December 2026", ["wish"], ""),
        ("Avem doar 20.000 lei buget", ["budget"], ""),
        ("The loan goes up from 7 to 14 days", ["figure"], None),
        ("The client also wants users to rate a recipe from 1 to 5.", ["wish"], ""),
        ("Can we drop the map?", ["drop"], "map"),
        ("No login is needed", ["drop"], "login"),
        ("No more than 5 photos per repair", ["wish"], ""),
        ("A member who is ill can be removed from the list", ["wish"], ""),
        ("The app should work without internet", ["wish"], ""),
        ("Please bring the map back", ["restore"], "map"),
        ("The client wants online payment after all", ["restore"], "online payment"),
        ("Clientul vrea plata online din nou.", ["restore"], "plata online"),
        ("Make online payment optional.", ["priority"], "online payment"),
        ("The monthly list is not so important.", ["priority"], "monthly list"),
        ("Faceți plata cu cardul opțională.", ["priority"], "plata cu cardul"),
        ("Raportul lunar nu este important.", ["priority"], "Raportul lunar"),
        ("The deadline is postponed by two weeks.", ["deadline"], ""),
        ("We need it by 1 March 2028.", ["deadline"], ""),
        ("The board wants the app two weeks later.", ["deadline"], ""),
        ("Avem nevoie de tot până la 1 octombrie 2027.", ["deadline"], ""),
        ("Increase the budget by £1,000.", ["budget"], ""),
        ("Change the 7 days to 14 days.", ["figure"], None),
        ("Change R4 to: Orders must be kept for 30 days.", ["replace"], "R4"),
        ("Please add that customers can rate the bread.", ["wish"], ""),
        ("Rename baker to pastry chef.", ["unclear"], None),
        ("We no longer have a deadline.", ["unclear"], None),
        ("The deadline is not fixed, it should be later.", ["unclear"], None),
        ("hello there", ["unclear"], None),
        ("Clientul renunță la plata online.", ["drop"], "plata online"),
        ("Raportul lunar nu mai este necesar.", ["drop"], "Raportul lunar"),
        ("Clientul mai vrea ca membrii să poată vota.", ["wish"], ""),
        ("În loc de e-mail, clienții primesc un SMS.", ["replace"], "e-mail"),
        ("Bugetul scade la 20.000 lei, iar termenul este 1 martie 2027; votul nu mai este necesar.",
         ["budget", "deadline", "drop"], None),
    ],
)  # fmt: skip
def test_an_instruction_is_read(words: str, kinds: list[str], about: str | None) -> None:
    orders = read_orders(words)
    assert [order.kind for order in orders] == kinds
    assert about is None or orders[0].about == about


def test_a_wish_is_a_requirement_in_the_clients_words() -> None:
    sentence = "The client also wants volunteers to print labels for new tools."
    assert as_requirement("volunteers to print labels for new tools", sentence, "en") == (
        "Volunteers can print labels for new tools."
    )
    order = "Set the page to open within 2 seconds."
    assert as_requirement(order, order, "en") == order
    romanian = "Clientul mai vrea ca membrii să poată vota."
    assert as_requirement("ca membrii să poată vota", romanian, "ro") == "Membrii trebuie să poată vota."


# What is withdrawn


def test_what_only_served_the_withdrawn_requirement_goes_and_nothing_else(bakery: Plan) -> None:
    name = of(bakery, "pay online")
    new = said(bakery, "The client drops online payment")
    (story,) = (s.id for s in bakery.stories if s.requirements == (name,))
    tasks = {t.id for t in bakery.tasks if t.serves == (story,)}
    gone = {i.id for i in new.plan.items() if i.status == "dropped"}
    risks = {k.id for k in bakery.risks if k.source and set(k.source) <= {"S4"}}
    assert {name, story} | tasks | risks <= gone <= {name, story} | tasks | risks | {q.id for q in bakery.questions}
    assert [i.id for i in new.plan.items()] == [i.id for i in bakery.items()]
    before = {i.id: i for i in bakery.items()}
    for item in new.plan.items():
        rests = {d.task for d in getattr(item, "depends_on", ())} | set(getattr(item, "tasks", ()))
        assert item == before[item.id] or item.id in gone or not rests & gone
    assert errors(new.plan) <= errors(bakery)
    assert parse_plan(render_plan(new.plan)) == new.plan


def test_the_words_stay_as_a_sentence_and_the_history_names_them(bakery: Plan) -> None:
    new = said(bakery, "The client drops online payment.").plan
    last = new.quotes[-1]
    assert (last.text, last.id) == ("The client drops online payment.", f"S{len(bakery.quotes) + 1}")
    assert of(bakery, "pay online") in last.unused
    assert last.text in new.changelog[-1].text
    assert last.id in new.changelog[-1].text
    assert not [f for f in check_plan(new, BRIEF) if f.code in ("quote-differs", "unknown-sentence")]
    forged = new.model_copy(update={"changelog": ()})
    assert "quote-differs" in {f.code for f in check_plan(forged, BRIEF)}
    assert with_quotes(new, BRIEF).quotes[-1] == last


def test_the_summary_of_code_is_counted_anew_and_that_of_a_person_stays(bakery: Plan) -> None:
    assert str(len(bakery.requirements) - 1) in said(bakery, "The client drops online payment").plan.summary
    own = bakery.model_copy(update={"summary": "Ours."})
    assert said(own, "The client drops online payment").plan.summary == "Ours."


def linked(rng: random.Random) -> Plan:
    """A plan of random links in all directions that the form allows."""
    count = rng.randint(2, 6)
    needs = [Requirement(id=f"R{i}", text=f"need {i}", source=(f"S{i}",), origin="stated") for i in range(1, count + 1)]
    stories = [
        Story(id=f"U{i}", role="user", want=f"thing {i}", requirements=tuple({f"R{rng.randint(1, count)}", f"R{i}"}))
        for i in range(1, count + 1)
    ]
    tasks = []
    for i in range(1, rng.randint(3, 12)):
        waits = {rng.randint(1, i - 1) for _ in range(rng.randint(0, 2))} if i > 1 else set()
        links = tuple(
            Dependency(task=f"T{w}", type=rng.choice(("FS", "FS", "SS", "FF", "SF")), lag=rng.choice((0, 0, 4, -2)))  # type: ignore[arg-type]
            for w in sorted(waits)
        )
        serves = tuple(sorted({f"U{rng.randint(1, count)}" for _ in range(rng.randint(0, 2))}))
        hours = Estimate(o=2, m=4, p=8)
        tasks.append(Task(id=f"T{i}", title=f"do {i}", role="web", estimate=hours, serves=serves, depends_on=links))
    some = tuple(t.id for t in tasks if rng.random() < 0.5)
    return Plan(
        title="Random",
        requirements=tuple(needs),
        stories=tuple(stories),
        tasks=tuple(tasks),
        milestones=(Milestone(id="M1", title="Half", tasks=some), Milestone(id="M2", title="Whole")),
        risks=(Risk(id="K1", event="late", source=("S1",)), Risk(id="K2", event="dear")),
        questions=(Question(id="Q1", text="Which?", blocks=("R1", "U2")), Question(id="Q2", text="When?")),
        assumptions=(Assumption(id="A1", text="So it is", blocks=("R1",)),),
        quotes=tuple(Quote(id=f"S{i}", text=f"We need {i}") for i in range(1, count + 1)),
        silenced=(Silence(check="must-chain", item="R1", reason="by hand"),),
    )


def test_random_plans_stay_whole_whatever_is_withdrawn() -> None:
    rng = random.Random(6)
    for _ in range(120):
        plan = linked(rng)
        gone = {r.id: () for r in plan.requirements if rng.random() < 0.4}
        new = withdraw(plan, gone)
        live = {i.id for i in new.items() if i.status == "live"}
        assert [i.id for i in new.items()] == [i.id for i in plan.items()]
        assert not [
            f for f in check_plan(new) if f.code in ("retired-reference", "circular-dependency", "idle-silence")
        ]
        before = {t.id: t for t in schedule(plan, TODAY).tasks}
        after = schedule(new, TODAY)
        assert {t.id for t in after.tasks} == live & set(before)
        assert withdraw(new, {}) == new
        assert parse_plan(render_plan(new)) == new
        if not gone:
            assert new == plan
        # nobody who waited, however indirectly, may begin before what was waited for
        reach = {t.id: waits(plan, t.id) & live for t in new.tasks if t.status == "live"}
        assert all(reach[name] == waits(new, name) & live for name in reach)


def waits(plan: Plan, name: str) -> set[str]:
    known = {t.id: t for t in plan.tasks}
    found: set[str] = set()
    left = [name]
    while left:
        for link in known[left.pop()].depends_on:
            if link.task not in found:
                found.add(link.task)
                left.append(link.task)
    return found


def test_dependencies_are_bridged_with_their_kinds_and_lags() -> None:
    def plan(first: Dependency, second: Dependency) -> Plan:
        return Plan(
            title="x",
            requirements=(Requirement(id="R1", text="a"), Requirement(id="R2", text="b")),
            tasks=(
                Task(id="T1", title="a", role="web", serves=("R1",)),
                Task(id="T2", title="b", role="web", serves=("R2",), depends_on=(first,)),
                Task(id="T3", title="c", role="web", serves=("R1",), depends_on=(second,)),
            ),
        )

    def bridge(first: Dependency, second: Dependency) -> tuple[Dependency, ...]:
        return withdraw(plan(first, second), {"R2": ()}).tasks[2].depends_on

    count = 40
    tasks = [Task(id="T1", title="a", role="web", serves=("R1",))]
    for i in range(2, count * 3, 3):  # each layer waits for all of the one before
        before = tuple(Dependency(task=t.id) for t in tasks[-3:])
        tasks += [Task(id=f"T{i + n}", title="b", role="web", serves=("R2",), depends_on=before) for n in range(3)]
    last = tuple(Dependency(task=t.id) for t in tasks[-3:])
    tasks.append(Task(id="T999", title="c", role="web", serves=("R1",), depends_on=last))
    needs = (Requirement(id="R1", text="a"), Requirement(id="R2", text="b"))
    layered = withdraw(Plan(title="x", requirements=needs, tasks=tuple(tasks)), {"R2": ()})
    assert layered.tasks[-1].depends_on == (Dependency(task="T1"),)
    assert bridge(Dependency(task="T1"), Dependency(task="T2")) == (Dependency(task="T1"),)
    assert bridge(Dependency(task="T1", lag=3), Dependency(task="T2", lag=2)) == (Dependency(task="T1", lag=5),)
    assert bridge(Dependency(task="T1", type="SS"), Dependency(task="T2", type="FF")) == (
        Dependency(task="T1", type="SF"),
    )


# What is meant


def test_what_is_open_is_asked_and_nothing_changes(bakery: Plan) -> None:
    with pytest.raises(InputError) as found:
        said(bakery, "The client drops the orders")
    assert "--drop" in found.value.message
    assert len(found.value.problems) > 1
    ids = (of(bakery, "kept for"), of(bakery, "list of unpaid"))
    new = said(bakery, "The client drops the orders", drop=ids).plan
    assert {status(new, name) for name in ids} == {"dropped"}
    assert status(new, of(bakery, "pay online")) == "live"
    with pytest.raises(InputError, match="R77"):
        said(bakery, "Drop it", drop=("R77",))
    with pytest.raises(InputError, match="Not understood"):
        said(bakery, "hello there")


@pytest.mark.parametrize(
    ("plan", "phrase", "meant"),
    [
        (1, "waiting list", "R7"), (1, "text messages", "R4"), (1, "reason for the visit", ""), (1, "appointments", ""),
        (1, "limit of twelve appointments", "R2"), (2, "monthly total", "R7"), (2, "tablet", ""), (2, "store", ""),
        (2, "names of households", ""), (3, "ratings", "R7"), (3, "photos", ""), (3, "repair date", ""), (3, "chat", ""),
        (5, "yearly summary", "R8"), (5, "the reminder", "R7"), (5, "hive's location", ""), (5, "note of temper", ""),
    ],
)  # fmt: skip
def test_a_requirement_is_taken_only_where_nothing_else_can_be_meant(
    samples: list[Plan], plan: int, phrase: str, meant: str
) -> None:
    assert find(samples[plan], phrase).certain == ((meant,) if meant else ())


def test_a_rule_does_not_go_with_the_thing_that_it_guards(bakery: Plan) -> None:
    assert find(bakery, "the deletion of orders").certain == ()
    assert find(bakery, "the rule about deleting an order by the baker").certain == (of(bakery, "Nobody"),)
    assert find(bakery, "R2 and R3").certain == ("R2", "R3")


def test_a_word_that_the_requirement_lacks_is_said(bakery: Plan) -> None:
    new = said(bakery, "The client drops the automatic list of unpaid orders")
    assert any("automatic" in note for note in new.notes)


# Figures, money, dates


def test_a_new_deadline_and_budget_reach_all_texts(bakery: Plan) -> None:
    new = said(bakery, "The deadline is now 1 March 2028. The budget is now 20,000 EUR.").plan
    assert (new.deadline, new.budget, new.currency) == (dt.date(2028, 3, 1), 20000, "EUR")
    told = next(r for r in new.requirements if "20,000 EUR" in r.text)
    assert "1 March 2028" in told.text
    assert len(told.source) == 3
    assert not re.search(
        r"£9,000|November 2027", " ".join([*(r.text for r in new.requirements), *(k.event for k in new.risks)])
    )
    assert errors(new) <= errors(bakery)
    assert said(bakery, "The deadline is now 1 March").plan.deadline == dt.date(2027, 3, 1)
    with pytest.raises(InputError, match="Which day"):
        said(bakery, "The deadline is now in 3 months")


def test_a_figure_changes_where_its_requirement_is_served(bakery: Plan) -> None:
    name = of(bakery, "7 days")
    new = said(bakery, "Orders are kept for 14 days instead of 7.").plan
    moved = {i.id for i in diff_plans(bakery, new, TODAY).items}
    assert "14 days" in next(r.text for r in new.requirements if r.id == name)
    assert name in moved
    assert not [t for s in new.stories if name in s.requirements for t in (s.want,) if "7 days" in t]
    assert moved <= {name, *(s.id for s in new.stories if name in s.requirements), *(t.id for t in new.tasks)}
    with pytest.raises(InputError, match="no live requirement"):
        said(bakery, "Orders are kept for 14 days instead of 8.")


def test_what_goes_up_or_down_by_an_amount_or_some_time_is_counted_from_what_was(bakery: Plan) -> None:
    for words, money in (("The budget goes up by £1,000.", 10000), ("Cut the budget by £500.", 8500)):
        new = said(bakery, words)
        assert (new.plan.budget, new.plan.currency) == (money, "GBP")
        assert any(f"£{money:,}" in r.text for r in new.plan.requirements)
        assert any(f"£{money:,}" in note for note in new.notes)
    days = {
        "The deadline is postponed by two weeks.": (11, 15),
        "The deadline is a month earlier.": (10, 1),
        "They want it 10 days later.": (11, 11),
    }
    for words, (month, day) in days.items():
        new = said(bakery, words)
        assert new.plan.deadline == dt.date(2027, month, day)
        assert len(new.plan.requirements) == len(bakery.requirements)
        assert any("is taken as" in note for note in new.notes)
    none = bakery.model_copy(update={"budget": None, "deadline": None})
    for plan, words in (
        (bakery, "The budget changes by £500."),
        (bakery, "The deadline moves by two weeks."),
        (bakery, "The budget is cut by £9,000."),
        (none, "The budget goes up by £1,000."),
        (none, "The deadline is postponed by two weeks."),
    ):
        with pytest.raises(InputError):
            said(plan, words)


def test_a_romanian_number_keeps_its_de() -> None:
    plan = by_fake(read_brief("Clienții pot comanda pâine. Datele trebuie păstrate 7 zile.")).plan
    longer = said(plan, "Datele trebuie păstrate 30 de zile, nu 7.").plan
    assert "păstrate 30 de zile" in next(r.text for r in longer.requirements if "Datele" in r.text)
    back = said(longer, "8 zile în loc de 30.").plan
    assert "păstrate 8 zile" in next(r.text for r in back.requirements if "Datele" in r.text)


def test_what_is_not_understood_or_not_found_names_the_nearest_requirements(bakery: Plan) -> None:
    for words, near in (("Rename baker to pastry chef.", "R5"), ("The client drops the chatbot.", "R")):
        with pytest.raises(InputError) as found:
            said(bakery, words)
        assert any(re.search(rf"\b{near}\d? ", problem) for problem in found.value.problems)
        assert "othing was changed" in found.value.message


# What is added


def test_a_new_wish_is_written_by_the_same_steps_and_linked_as_the_others(bakery: Plan) -> None:
    new = revise(bakery, "The client also wants customers to cancel orders by phone.", by_fake, TODAY).plan
    added = [i for i in new.items() if i.id not in {b.id for b in bakery.items()}]
    told = next(i for i in added if i.id[0] == "R")
    assert (told.text, told.source) == ("Customers can cancel orders by phone.", (new.quotes[-1].id,))
    tasks = {i.id for i in added if i.id[0] == "T"}
    assert tasks <= {t for m in new.milestones for t in m.tasks}
    assert all(i.estimate for i in new.tasks if i.id in tasks)
    ends = tasks - {d.task for t in new.tasks if t.id in tasks for d in t.depends_on}
    closing = [t for t in new.tasks if not t.serves and waits(bakery, t.id)]
    assert all(ends <= waits(new, t.id) for t in closing)
    assert errors(new) <= errors(bakery)
    assert parse_plan(render_plan(new)) == new
    again = revise(new, "The client also wants customers to cancel orders by phone.", no_model, TODAY)
    assert [r.id for r in again.plan.requirements] == [r.id for r in new.requirements]
    assert any(told.id in note for note in again.notes)


def test_what_was_withdrawn_comes_back_as_it_was(bakery: Plan) -> None:
    gone = said(bakery, "The client drops online payment").plan
    back = said(gone, "The client wants online payment after all.").plan
    name, sentence = of(bakery, "pay online"), back.quotes[-1].id
    before, after = ({i.id: i for i in plan.items()} for plan in (bakery, back))
    assert {i for i, item in after.items() if item.status != before[i].status} == set()
    assert after[name].source == (*before[name].source, sentence)
    assert [t.estimate for t in back.tasks] == [t.estimate for t in bakery.tasks]
    assert {t for m in back.milestones for t in m.tasks} == {t for m in bakery.milestones for t in m.tasks}
    assert all({d.task for d in before[t.id].depends_on} == {d.task for d in t.depends_on} for t in back.tasks)
    assert errors(back) <= errors(bakery)
    two = said(bakery, "Both can go", drop=(name, of(bakery, "list of unpaid"))).plan
    one = said(two, "The client wants online payment after all.").plan
    assert status(one, name) == "live"
    assert status(one, of(bakery, "list of unpaid")) == "dropped"
    assert errors(one) <= errors(bakery)


def test_a_wish_that_contradicts_the_plan_becomes_a_question(bakery: Plan) -> None:
    new = revise(bakery, "We also want orders to be kept for 30 days.", by_fake, TODAY)
    asked = [q for q in new.plan.questions if q.id not in {b.id for b in bakery.questions} and len(q.blocks) == 2]
    assert [of(bakery, "kept for 7") in q.blocks for q in asked] == [True]
    assert any(asked[0].id in note for note in new.notes)


def test_a_mail_is_read_without_its_greeting(bakery: Plan) -> None:
    mail = "Hello Anna,\n\nThe client drops online payment. The weather is fine.\n\nBest wishes,\nPriya"
    new = said(bakery, mail)
    assert [q.text for q in new.plan.quotes[len(bakery.quotes) :]] == ["The client drops online payment."]
    assert [note for note in new.notes if "Not understood" in note] == [
        "Not understood, and left out: “The weather is fine.”"
    ]


def test_a_priority_changes_alone(bakery: Plan) -> None:
    name = of(bakery, "list of unpaid")
    new = said(bakery, "The list of unpaid orders is only nice to have.").plan
    assert next(r.priority for r in new.requirements if r.id == name) == "could"
    assert [i.id for i in diff_plans(bakery, new, TODAY).items] == [name]


def test_what_is_replaced_is_superseded(bakery: Plan) -> None:
    new = revise(bakery, "The client drops online payment and wants cash on delivery instead.", by_fake, TODAY).plan
    old = next(r for r in new.requirements if "pay online" in r.text)
    assert (old.status, [new_.text for new_ in new.requirements if new_.id in old.superseded_by]) == (
        "superseded",
        ["Cash on delivery."],
    )
    assert errors(new) <= errors(bakery)


def test_a_requirement_named_by_its_id_is_reworded_and_nothing_is_asked_about_the_old_one(bakery: Plan) -> None:
    name = of(bakery, "7 days")
    new = revise(bakery, f"Change {name} to: Orders must be kept for 30 days.", by_fake, TODAY).plan
    old = next(r for r in new.requirements if r.id == name)
    heirs = [r.text for r in new.requirements if r.id in old.superseded_by]
    assert (old.status, heirs) == ("superseded", ["Orders must be kept for 30 days."])
    assert not [q for q in new.questions if name in q.blocks and q.id not in {b.id for b in bakery.questions}]
    same = said(bakery, f"Change {name} to: Orders must be kept for 7 days.")
    assert same.plan.requirements == bakery.requirements
    assert any(name in note for note in same.notes)


def test_what_speaks_of_the_same_thing_and_stays_is_told(samples: list[Plan]) -> None:
    new = said(samples[0], "They drop the collection slots.")
    assert status(new.plan, "R2") == "dropped"
    assert status(new.plan, "R3") == "live"
    assert any(note.startswith("R3 speaks of “slots”") for note in new.notes)


def test_sample_plans_lose_any_requirement_cleanly(samples: list[Plan]) -> None:
    for plan in samples:
        for r in plan.requirements:
            new = said(plan, "The client no longer wants this.", drop=(r.id,)).plan
            assert errors(new) <= errors(plan)
            assert schedule(new, TODAY).effort_h <= schedule(plan, TODAY).effort_h
        assert parse_plan(render_plan(new)) == new


# Letter and answers


def test_the_letter_ranks_questions_and_reads_its_own_answers(samples: list[Plan]) -> None:
    plan = next(p for p in samples if len(p.questions) > 1)
    told = letter(plan, TODAY)
    assert {q.id for q in told.questions} == {q.id for q in plan.questions if q.status == "live" and not q.answer}
    text = letter_markdown(told)
    assert read_answers(text) == {}
    first = told.questions[0].id
    filled = text.replace("> …", "> Only on Fridays,\n> never at noon.", 1)
    assert read_answers(filled) == {first: "Only on Fridays, never at noon."}
    mail = "Hello,\n\nQ1: as a text\nmessage\n\nand by mail\n\nRegards,\nEwa"
    assert read_answers(mail) == {"Q1": "as a text message and by mail"}
    again = "Q1: Who may enter? Only staff.\n2. Say which day.\nIt matters: much"
    assert read_answers(again, ["Who may enter?", "Say which day."]) == {"Q1": "Only staff."}
    assert read_answers("Q2: blue\n\n(Q1) As before.") == {"Q2": "blue", "Q1": "As before."}


def test_an_answer_is_quoted_and_changes_what_it_is_about(bakery: Plan) -> None:
    asked = next(q for q in bakery.questions if "fast" in q.text)
    new = take_answers(bakery, {asked.id: "under 2 seconds"}, no_model, TODAY).plan
    answered = next(q for q in new.questions if q.id == asked.id)
    assert (answered.answer, new.quotes[-1].text) == ("under 2 seconds",) * 2
    assert new.quotes[-1].id in answered.source
    changed = [i.id for i in diff_plans(bakery, new, TODAY).items]
    assert set(changed) == {asked.id, *asked.blocks}
    assert next(r for r in new.requirements if r.id in asked.blocks).fit == "under 2 seconds"
    assert errors(new) <= errors(bakery)
    assert given_answers(new) == {}
    assert all(q.id != asked.id for q in letter(new, TODAY).questions)


def test_answers_about_money_time_need_and_contradictions() -> None:
    plan = by_fake(
        read_brief("Customers can order bread. The page must open fast. Orders must be kept for 7 days.")
    ).plan
    money = next(q.id for q in plan.questions if "cost" in q.text)
    day = next(q.id for q in plan.questions if "day" in q.text and not q.blocks)
    fast = next(q for q in plan.questions if "fast" in q.text)
    answers = {money: "about 8,000 EUR", day: "1 May 2027", fast.id: "We don't need that any more."}
    new = take_answers(plan, answers, no_model, TODAY).plan
    assert (new.budget, new.deadline) == (8000, dt.date(2027, 5, 1))
    assert "Budget: about 8,000 EUR" in {r.text for r in new.requirements}
    plain = take_answers(plan, {fast.id: "No, nothing else."}, no_model, TODAY)
    assert plain.plan.requirements == plan.requirements
    assert {status(new, name) for name in fast.blocks} == {"dropped"}
    assert status(new, fast.id) == "live"
    assert parse_plan(render_plan(new)) == new
    both = plan.model_copy(
        update={"questions": (Question(id="Q1", text="R1 and R3 differ. Which holds?", blocks=("R1", "R3")),)}
    )
    held = take_answers(both, {"Q1": "R3 holds"}, no_model, TODAY).plan
    assert next(r for r in held.requirements if r.id == "R1").superseded_by == ("R3",)
    with pytest.raises(InputError, match="Q9"):
        take_answers(plan, {"Q9": "yes"}, no_model, TODAY)


def test_answers_written_into_the_plan_itself(bakery: Plan) -> None:
    asked = next(q for q in bakery.questions if "fast" in q.text)
    text = render_plan(bakery).replace(
        f"blocks: {asked.blocks[0]}", f"blocks: {asked.blocks[0]}\n  - answer: in 2 s", 1
    )
    assert given_answers(parse_plan(text)) == {asked.id: "in 2 s"}


def test_through_the_command_line(bakery: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan, new, word = tmp_path / "plan.json", tmp_path / "new.md", tmp_path / "letter.docx"
    plan.write_text(render_json(bakery), encoding="utf-8")
    app(["revise", str(plan), "The client drops online payment", "-o", str(new), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert parse_plan(new.read_text(encoding="utf-8")).changelog
    assert {i["how"] for i in told["diff"]["items"]} == {"dropped", "changed"}
    app(["ask-client", str(new), "-o", str(word)])
    import docx

    document = docx.Document(str(word))
    spots = [i for i, p in enumerate(document.paragraphs) if re.search(r"\(Q\d+\):$", p.text)]
    document.paragraphs[spots[0] + 1].add_run("At most 3 seconds")
    document.save(str(word))
    capsys.readouterr()
    app(["answer", str(new), str(word), "-o", str(tmp_path / "third.md"), "--json"])
    assert "At most 3 seconds" in json.loads(capsys.readouterr().out)["plan"]["quotes"][-1]["text"]
    with pytest.raises(InputError, match="exists already"):
        app(["answer", str(new), str(word), "-o", str(new)])
