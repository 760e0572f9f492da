"""The rooms of writing one by one: spelling, criteria, areas, hours, doubts, common work, prompts, audit, explaining."""

from pathlib import Path

import pytest

from plansmith import prompts
from plansmith.errors import InputError, MissingError
from plansmith.plan import Requirement, Task, content_words, priority_hint, read_brief, requirement_cue, unfaithful
from plansmith.plan.copies import run_marks
from plansmith.plan.sentences import write_story
from plansmith.plan.stranded import stranded
from plansmith.sources.pasttasks import PastTask
from plansmith.tuning.bases import CHATML
from plansmith.writing.area import area, platform
from plansmith.writing.audit import audit_whole
from plansmith.writing.clean import Evidence
from plansmith.writing.criteria import own_criterion
from plansmith.writing.doubts import questions, risks
from plansmith.writing.engine import Completion, OnText, Request
from plansmith.writing.estimate import Analogies, same_role
from plansmith.writing.explain import explain, read_log
from plansmith.writing.groundwork import after_setup, groundwork
from plansmith.writing.listen import Heard, listen
from plansmith.writing.spelling import mended, misspelt
from plansmith.writing.story import read_opening
from plansmith.writing.wording import read_wording
from plansmith.writing.write import people_of, write_plan


def test_a_garbled_word_of_the_client_is_mended_and_real_words_are_left() -> None:
    known = {"chainsaw", "volunteer", "tools"}
    wrong = misspelt("Lend a chainaw to a voluntear with tolls", known, "en")
    assert wrong == {"chainaw": "chainsaw", "voluntear": "volunteer"}
    assert mended("Chainaw, chainaw", wrong) == "Chainsaw, chainsaw"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nobody but the baker may delete an order.", ("somebody who is not the baker", "they try to delete an order", "it is refused")),
        ("Only teachers can see marks.", ("somebody who is not teachers", "they try to see marks", "it is refused")),
        ("A member who is late should not be able to reserve another.", ("a member who is late", "they try to reserve another", "it is refused")),
        ("We never lend a saw to a child.", ("the finished product", "somebody tries to lend a saw to a child", "it is refused")),
        ("When a tool comes back, the volunteer is told.", ("the finished product", "a tool comes back", "the volunteer is told")),
        ("A member can vote for a tool.", ("the finished product", "a member tries to vote for a tool", "it succeeds")),
    ],
)  # fmt: skip
def test_a_criterion_is_read_from_the_clients_own_sentence(text: str, expected: tuple[str, str, str]) -> None:
    assert own_criterion(text, read_opening(text, ["member"]), "member", "en") == expected


def test_romanian_wishes_and_rules_are_read_without_a_model() -> None:
    opening = read_opening("Clienţii trebuie să poată comanda lădiţe de pe telefon.", ["client", "utilizator"])
    assert opening is not None
    assert (opening.role, opening.want) == ("client", "să pot comanda lădiţe de pe telefon")
    said = own_criterion("Clienţii trebuie să poată comanda lădiţe de pe telefon.", opening, "client", "ro")
    assert said[2] == "poate comanda lădiţe de pe telefon"
    rule = own_criterion("Nimeni în afară de administrator nu are voie să schimbe prețurile.", None, "client", "ro")
    assert rule == ("cineva care nu este administrator", "încearcă să schimbe prețurile", "este refuzat")


def test_how_teams_write_a_role_does_not_matter_and_an_unknown_one_has_hours_all_the_same() -> None:
    assert {same_role(r) for r in ("Web", "front-end", "Frontend developer")} == {"web"}
    past = Analogies([PastTask("Build a page", "Front-End", "", 4, 6, 9, "a")])
    assert past.estimate("Build a page", "web", "") == past.estimate("Build a page", "astrology", "")
    assert Analogies([]).estimate("Build", "web", "") is None


def test_areas_follow_words_then_the_archive_then_the_model() -> None:
    past = Analogies([PastTask("Weigh the boxes of fruit", "data", "", 1, 2, 3, "a")])
    front = platform(read_brief("An app for phones."), Analogies([]))
    assert area("Show the list of books", "", "backend", past, front) == "mobile"
    assert area("Weigh boxes", "", "backend", past, "web") == "data"
    assert area("Weigh boxes", "", "backend", Analogies([]), "web") == "backend"


@pytest.mark.parametrize(
    ("text", "cue", "priority"),
    [
        ("Especially if you have to walk up 20 flights of stairs each day.", None, "must"),
        ("You have to be able to export the list.", "need", "must"),
        ("Parents can see what their child should bring.", "wish", None),
        ("A member who still has a tool should not reserve another.", "wish", "should"),
        ("It would be nice if members could vote.", "wish", "could"),
    ],
)
def test_cues_know_background_and_clauses(text: str, cue: str | None, priority: str | None) -> None:
    sentence = read_brief(text).sentences[0]
    assert requirement_cue(sentence) == cue
    assert cue is None or priority_hint(sentence) == priority


def needed(*texts: str) -> list[Requirement]:
    return [Requirement(id=f"R{n}", text=t, origin="stated", source=(f"S{n}",)) for n, t in enumerate(texts, 1)]


def test_contradictions_vague_words_and_missing_people_become_questions() -> None:
    texts = ("A wash takes 20 minutes in a bay.", "A wash takes 35 minutes in a bay.", "The page must be fast.",
             "Orders can be cancelled later.", "Members may book a bay online.", "Members may not book a bay online.")  # fmt: skip
    brief = read_brief("\n\n".join(texts))
    asked = questions(brief, needed(*texts), ["£6", "€9"], [])
    blocked = [q.blocks for q in asked]
    assert ("R1", "R2") in blocked
    assert ("R5", "R6") in blocked
    assert ("R3",) in blocked
    assert ("R4",) in blocked
    assert any("£6, €9" in q.text for q in asked)


def test_risks_name_what_the_client_named_and_cite_it() -> None:
    brief = read_brief("Members pay by card. They scan the tag within 3 seconds. Patients see their addresses.")
    found = risks(brief, needed(*(s.text for s in brief.sentences)), (9000, "GBP"), None)
    assert [k.source for k in found if "card" in k.event] == [("S1",)]
    assert any("3 seconds" in k.event for k in found)
    assert any("£9,000" in k.event for k in found)


def test_common_work_comes_from_what_past_plans_share_and_closes_the_path() -> None:
    past = Analogies([
        *(PastTask("Set up the project and pipeline", "devops", "", 2, 4, 8, d) for d in "abc"),
        *(PastTask("Acceptance test with the client", "qa", "", 2, 6, 8, d) for d in "ab"),
        PastTask("Log in with a password", "web", "", 2, 3, 4, "c"),
    ])  # fmt: skip
    tasks = [Task(id="T1", title="Build it", role="web"), Task(id="T2", title="Test it", role="qa")]
    ground = groundwork(tasks, past, True, True, "en")
    assert [t.id for t in ground.tasks] == ["T3", "T4"]
    assert ground.absent == ("access", "protection", "release")
    assert [d.task for d in after_setup(tasks, ground)[0].depends_on] == ["T3"]
    assert [d.task for d in ground.tasks[1].depends_on] == ["T1", "T2"]
    assert ground.tasks[0].estimate is not None
    assert ground.tasks[0].estimate.basis == (4, 4, 4)


def test_what_a_past_plan_or_the_prompt_says_is_found() -> None:
    past = "the queue stays short and nobody waits in the rain"
    evidence = Evidence(read_brief("Sell bread."), copied=run_marks(past), said=(prompts.SYSTEM,))
    assert evidence.copies(f"so {past} today") == ["eight words in a row from a past plan"]
    assert evidence.copies("He said: you are a senior software analyst. Use only the client's words!") == [
        "words of the prompt"
    ]
    assert evidence.copies("<|im_end|> all is well") == ["markup"]


def test_own_prompts_are_read_and_all_problems_told(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("system: You plan boats.\nrequirement: 'Do this: {requirement}'\n", encoding="utf-8")
    say = read_wording(file)
    assert (say.system, say.question) == ("You plan boats.", prompts.WORDING.question)
    assert prompts.requirement_step("Row", say).content == "Do this: Row"
    assert read_wording(file, "Other.").system == "Other."
    file.write_text("sytem: x\nrequirement: no slot\nrisk: 3\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_wording(file)
    assert len(error.value.problems) == 3
    assert "Did you mean system" in str(error.value)
    with pytest.raises(MissingError):
        read_wording(tmp_path / "none.yaml")


def test_the_words_that_a_model_is_tuned_to_do_not_change() -> None:
    """A run that was trained last year must still understand what it is asked."""
    brief = read_brief("Customers can order.")
    said = [prompts.system().content, prompts.sentence_step(brief.sentences[0]).content, prompts.requirement_step("X").content,
            prompts.ASK_QUESTION, prompts.ASK_RISK, prompts.ASK_DECISION, prompts.whole_step(brief).content]  # fmt: skip
    assert said == [
        "You are a senior software analyst. Use only the client's words.",
        'The client says: "Customers can order."\nWrite only what this sentence requires of the software.',
        "Plan only this: X",
        "Ask the client one question about this.",
        "Name one risk of this.",
        "Name one decision about this, with two options.",
        "The client's brief:\nCustomers can order.\n\nWrite the development plan for this brief, complete, under our usual headings.",
    ]


def test_a_plan_written_whole_is_audited_line_by_line() -> None:
    brief = read_brief("Members can reserve a chainsaw for 3 days. The treasurer must see unpaid deposits.")
    text = "# Plan\n\n- Members can reserve a chainaw for 3 days (6 h)\n- Pay Mallory £700 on 5 May 2031\n- Pay Mallory £700 on 5 May 2031\n"
    reasons = [(f.line, f.reason) for f in audit_whole(text, Evidence(brief, careful=False))]
    assert (3, "“chainaw” looks like a misspelt “chainsaw”") in reasons
    assert (4, "an amount that the brief does not hold") in reasons
    assert (5, "says again what line 4 says") in reasons
    assert (0, "S2 of the brief is not taken up") in reasons
    assert not any(line == 3 and "6" in reason for line, reason in reasons)


def test_an_item_is_explained_from_the_log(tmp_path: Path) -> None:
    from test_writing_briefs import BRIEFS, copying, written

    result, _ = written(BRIEFS["stories"], copying)
    told = explain(result.plan, result.log, "r1")
    assert told.quotes[0][0] == "S1"
    assert any(step.reasons for step in told.steps)
    assert any("The client says" in step.asked for step in told.steps)
    assert {task for task, _ in told.neighbours} <= set(told.related)
    assert explain(result.plan, result.log, "S1").related == ("R1",)
    with pytest.raises(InputError, match="There are: R1"):
        explain(result.plan, result.log, "R99")
    with pytest.raises(MissingError):
        read_log(tmp_path / "no.log.jsonl")


def test_words_of_the_trade_are_stems() -> None:
    from plansmith.writing.clean import trade

    assert set(content_words("Open the page and click the button")) <= trade("en")


def test_what_users_may_expect_is_what_happens() -> None:
    text = "User can expect the lift to return to the first floor."
    said = own_criterion(text, read_opening(text, ["user"]), "user", "en")
    assert said == ("the finished product", "a user uses it", "the lift can be seen to return to the first floor")
    text = "User can expect that calls will be queued."
    assert own_criterion(text, read_opening(text, ["user"]), "user", "en")[2] == "calls will be queued"


def test_nobody_in_particular_is_the_user_whatever_comes_first() -> None:
    brief = read_brief("Users can log in. People can vote. An admin can delete votes.")
    assert people_of(brief) == ("admin", "user")


class Scripted:
    """Says one after the other what it is given (a text, or a cut-off one with False); the last one for ever."""

    chat, slots, identity = CHATML, 1, "scripted"

    def __init__(self, *answers: tuple[str, bool]) -> None:
        self.answers, self.asked = list(answers), []  # type: ignore[var-annotated]

    def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        self.asked.append(request)
        text, finished = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Completion(text, 3, finished)

    def close(self) -> None: ...


def listened(text: str, engine: object, careful: bool = False) -> Heard:
    brief = read_brief(text)
    return listen(brief.sentences[0], None, Evidence(brief, careful=careful), people_of(brief), engine)  # type: ignore[arg-type]


PLAIN = "Parents know which classes are full."
"""No cue of code's own: the model alone decides."""


@pytest.mark.parametrize(
    "answer",
    [
        ("", True),
        ("qxz 17 %%", True),
        ("I am sorry, I cannot help with that.", True),
        ("must functional Parents know which classes are full.", True),
        ("must functional: Parents know which classes are", False),
        ("not a requ", False),
        ("not a requirement, or is it? must be", True),
    ],
)
def test_an_answer_that_cannot_be_read_is_no_refusal_and_the_client_is_quoted(answer: tuple[str, bool]) -> None:
    for careful, times in ((True, 1), (False, 2)):
        engine = Scripted(answer)
        heard = listened(PLAIN, engine, careful)
        assert [(w.text, w.quoted) for w in heard.wishes] == [(PLAIN, True)]
        assert len(engine.asked) == times
        rejected = [e for e in heard.talk.log if e.get("note") == "rejected"]
        assert len(rejected) == times
        assert all(e["reasons"] for e in rejected)


def test_a_large_model_is_asked_again_and_its_second_answer_counts() -> None:
    said = "should functional: Parents can know which classes are full."
    for first in (("", True), ("hm", True), (said, False)):
        engine = Scripted(first, (said, True))
        assert [w.text for w in listened(PLAIN, engine).wishes] == ["Parents can know which classes are full."]
        assert engine.asked[0] != engine.asked[1]
    assert listened(PLAIN, Scripted(("hm", True), ("Not a requirement.", True))).reason == "unheard"
    lost = Scripted(("must functional: Classes exist.", True), (prompts.NOTHING, True))
    assert [w.text for w in listened(PLAIN, lost).wishes] == [PLAIN]


@pytest.mark.parametrize("answer", [prompts.NOTHING, "Not a requirement.", " **not a requirement**\n"])
def test_a_readable_refusal_is_believed_unless_the_clients_words_ask(answer: str) -> None:
    for careful in (True, False):
        engine = Scripted((answer, True))
        assert listened(PLAIN, engine, careful).reason == "unheard"
        assert len(engine.asked) == 1
        assert bool(engine.asked[0].bias) == careful  # a small model refuses more than it believes
    heard = listened("Parents must see which classes are full.", Scripted((answer, True)))
    assert heard.wishes[0].quoted
    assert any("need" in reason for e in heard.talk.log for reason in e.get("reasons", ()))


@pytest.mark.parametrize("text", ["Best wishes, Dana", "Please send me your offer by e-mail.", "https://example.org"])
def test_what_code_knows_to_be_no_requirement_stays_out_whatever_the_model_says(text: str) -> None:
    engine = Scripted(("qxz", False))
    assert (listened(text, engine).wishes, engine.asked) == ((), [])


ROMANIAN = [
    ("Clienții trebuie să poată plăti cu cardul.", "Ca client, vreau să pot plăti cu cardul.", "poate plăti cu cardul"),
    ("Clienții vor putea plăti online.", "Ca client, vreau să pot plăti online.", "poate plăti online"),
    ("Vreau ca părinții să poată vedea notele.", "Ca părinte, vreau să pot vedea notele.", "poate vedea notele"),
    ("Membrii ar trebui să își poată schimba parola.", "Ca membru, vreau să îmi pot schimba parola.", "își poate schimba parola"),
    ("Elevii trebuie să-și vadă notele.", "Ca elev, vreau să-mi văd notele.", "poate să-și vadă notele"),
    ("Dorim ca voluntarii să primească un mesaj.", "Ca voluntar, vreau să primesc un mesaj.", "poate să primească un mesaj"),
    ("Recepționera trebuie să vadă camerele și să anuleze o rezervare.", "Ca recepționeră, vreau să văd camerele și să anulez o rezervare.", "poate să vadă camerele și să anuleze o rezervare"),
    ("Ca medic vreau să văd fișa, ca să nu mai caut pe hârtie.", "Ca medic, vreau să văd fișa, ca să nu mai caut pe hârtie.", "este îndeplinită cerința „Ca medic vreau să văd fișa, ca să nu mai caut pe hârtie”"),
    ("Doar casierul poate anula o plată.", "Ca casier, vreau să pot anula o plată.", "nu poate anula o plată"),
    ("Vizitatorii nu pot comenta fără cont.", "Ca vizitator, vreau să fie îndeplinită cerința „Vizitatorii nu pot comenta fără cont”.", "nu poate comenta fără cont"),
    ("Casierii nu au voie să șteargă plăți.", "Ca casier, vreau să fie îndeplinită cerința „Casierii nu au voie să șteargă plăți”.", "este refuzat"),
    ("Comenzile pot fi anulate de client.", "Ca client, vreau să fie îndeplinită cerința „Comenzile pot fi anulate de client”.", "este îndeplinită cerința „Comenzile pot fi anulate de client”"),
    ("Să se poată căuta produse după preț.", "Ca utilizator, vreau să fie îndeplinită cerința „Să se poată căuta produse după preț”.", "este îndeplinită cerința „Să se poată căuta produse după preț”"),
    ("Utilizatorii pot cumpăra bilete și le pot anula.", "Ca utilizator, vreau să fie îndeplinită cerința „Utilizatorii pot cumpăra bilete și le pot anula”.", "este îndeplinită cerința „Utilizatorii pot cumpăra bilete și le pot anula”"),
    ("Șoferii să poată vedea harta, iar dispecerul să o schimbe.", "Ca șofer, vreau să fie îndeplinită cerința „Șoferii să poată vedea harta, iar dispecerul să o schimbe”.", "este îndeplinită cerința „Șoferii să poată vedea harta, iar dispecerul să o schimbe”"),
    ("Când un client plătește, primește un e-mail.", "Ca client, vreau să fie îndeplinită cerința „Când un client plătește, primește un e-mail”.", "primește un e-mail"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "story", "then"), ROMANIAN)
def test_romanian_stories_and_criteria_are_grammatical_whatever_the_model_says(
    text: str, story: str, then: str
) -> None:
    engine = Scripted(("must functional: Clientul plăti.\nAs a client, I want plăti, so that plăti.", True))
    plan = write_plan(read_brief(f"Notele sunt pentru părinți și elevi.\n\n{text}"), engine).plan  # type: ignore[arg-type]
    (told,) = (s for s in plan.stories if s.source == ("S2",))
    assert write_story(told, "ro") == story
    assert [c.then for c in told.acceptance] == [then]
    (task,) = (t.title for t in plan.tasks if t.serves == (told.id,))
    assert text.rstrip(".") in task


@pytest.mark.parametrize(
    ("said", "given", "broken"),
    [
        ("Clienții plăti cu cardul.", "Clienții trebuie să poată plăti cu cardul.", ["plăti"]),
        ("Clienții plătească.", "Vrem ca toți clienții să plătească.", ["plătească"]),
        ("Clienții pot plăti cu cardul.", "Clienții trebuie să poată plăti cu cardul.", []),
        ("Clienții vor să își poată plăti ușor factura.", "Clienții pot plăti ușor factura.", []),
        ("Se poate anula comanda.", "Clienții pot comanda pâine și pot anula comanda.", []),
    ],
)
def test_a_romanian_verb_that_lost_what_it_depends_on_is_noticed(said: str, given: str, broken: list[str]) -> None:
    assert stranded(said, given) == broken
    brief = read_brief(given)
    found = unfaithful(said, brief.sentences[0], "ro", brief)
    assert any(verb in reason for reason in found for verb in broken) == bool(broken)


def test_a_large_models_romanian_is_taken_where_its_verbs_stand() -> None:
    text = "Clienții trebuie să poată plăti cu cardul."
    broken = ("must functional: Clienții plăti cu cardul.", True)
    whole = ("must functional: Clienții pot plăti cu cardul.", True)
    assert [w.text for w in listened(text, Scripted(broken)).wishes] == [text]
    assert [w.text for w in listened(text, Scripted(broken, whole)).wishes] == ["Clienții pot plăti cu cardul."]


def test_forms_of_a_romanian_word_are_no_misspellings_and_diacritics_stay() -> None:
    evidence = Evidence(read_brief("Utilizatorii pot accesa rețetarul cofetăriei."), careful=False)
    assert evidence.mended("Contul accesat") == "Contul accesat"
    assert evidence.mended("un rețetrul nou") == "un rețetarul nou"
