"""What code reads from a text: numbers, money, dates, names, negation, roles, kinds of sentences, faithfulness."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plansmith.plan import (
    Sentence,
    amounts,
    content_words,
    dates,
    find_numbers,
    kind_hint,
    missing_names,
    missing_numbers,
    negated,
    not_product,
    numbers,
    parse_plan,
    priority_hint,
    proper_names,
    ranges,
    read_brief,
    requirement_cue,
    restricted,
    roles,
    roles_in,
    unfaithful,
)

ARCHIVE = Path(__file__).parent.parent / "examples" / "archive"


def sentence(text: str, heading: str = "", lead_in: str = "", form: str = "sentence") -> Sentence:
    return Sentence("S1", text, 0, len(text), heading, lead_in, form)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("9,000 and 9.000 and 9 000 and 9k", "9000"),
        ("1,250.50", "1250.5"),
        ("2.5 and 2,5", "2.5"),
        ("three hundred and fifty-two", "352"),
        ("two dozen", "24"),
        ("fifteen thousand", "15000"),
        ("15 thousand", "15000"),
        ("10-15k", "10000 15000"),
        ("1-5 stars", "1 5"),
        ("from one to five", "1 5"),
        ("half of it", "0.5"),
        ("half-hour slots", "0.5 30"),
        ("twice a day", "2"),
        ("4 pm, 16:00 and ora 16", "16:00"),
        ("9am-5pm", "09:00 17:00"),
        ("18h30", "18:30"),
        ("20 %, 20 percent, twenty per cent", "20%"),
        ("ora 16 la sută", "16%"),
        ("douăzeci și cinci la sută", "25%"),
        ("o sută douăzeci", "120"),
        ("20 de mii", "20000"),
        ("două mii", "2000"),
        ("the 3rd floor, the third floor", "3"),
        ("every 5 seconds, every second week", "2 5"),
        ("200ms or 30s", "200 30"),
        ("WCAG 2.1", "2.1"),
        ("version 1.2.3", "1.2.3"),
        ("2FA, 3D, 18F, v2", ""),
        ("hundreds of them, mii de clienți", ""),
        ("opt in, a new page, pagina nouă", ""),
        ("opt ore, nouă ore", "8 9"),
        ("½", "0.5"),
    ],
)
def test_numbers(text: str, found: str) -> None:
    assert numbers(text) == set(found.split())


def test_places_of_numbers() -> None:
    text = "up to £9,000 for twenty-five people at 4 pm"
    assert [text[n.start : n.end] for n in find_numbers(text)] == ["9,000", "twenty-five", "4 pm"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1-5", [("1", "5")]),
        ("between one and five", [("1", "5")]),
        ("de la 1 la 5", [("1", "5")]),
        ("între 2 și 4", [("2", "4")]),
        ("one or five", []),
        ("2026-11-01", []),
        ("5-1", []),
    ],
)
def test_ranges(text: str, found: list[tuple[str, str]]) -> None:
    assert [(r.low, r.high) for r in ranges(text)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("about £9,000", [(9000, "GBP")]),
        ("€15.000 or $1.5m", [(15000, "EUR"), (1_500_000, "USD")]),
        ("15k EUR", [(15000, "EUR")]),
        ("fifteen thousand euros", [(15000, "EUR")]),
        ("9.000 de lei", [(9000, "RON")]),
        ("două mii de euro", [(2000, "EUR")]),
        ("€10-15k", [(10000, "EUR"), (15000, "EUR")]),
        ("between 8,000 and 10,000 euros", [(8000, "EUR"), (10000, "EUR")]),
        ("CHF 5'000, 5 000 Kč", [(5000, "CHF"), (5000, "CZK")]),
        ("200 crowns", [(200, "")]),
        ("Budget: 12k", [(12000, "")]),
        ("10 pounds of flour", []),
        ("20 people", []),
    ],
)
def test_amounts(text: str, found: list[tuple[float, str]]) -> None:
    assert [(a.value, a.currency) for a in amounts(text)] == found


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("on 1 November 2026", dt.date(2026, 11, 1)),
        ("by November 1st, 2026", dt.date(2026, 11, 1)),
        ("Monday, 2nd of November 2026", dt.date(2026, 11, 2)),
        ("2026-11-01", dt.date(2026, 11, 1)),
        ("01.11.2026", dt.date(2026, 11, 1)),
        ("până la 1 noiembrie 2026", dt.date(2026, 11, 1)),
        ("1 mai 2026", dt.date(2026, 5, 1)),
        ("13/4/2026 or 4/13/2026", dt.date(2026, 4, 13)),
        ("3/4/2026", None),
        ("31 February 2026", None),
        ("by March", None),
        ("20 August", None),
        ("in 3 months", None),
        ("peste 3 luni", None),
        ("in Q3", None),
        ("before Easter", None),
        ("spring 2027", None),
    ],
)
def test_dates(text: str, date: dt.date | None) -> None:
    assert {d.date for d in dates(text)} == {date}


@pytest.mark.parametrize("text", ["you may 2", "we march 3 times", "cel mai mult", "within 3 seconds", "every Friday"])
def test_what_is_no_date(text: str) -> None:
    assert dates(text) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We are in Leeds and I love GDPR.", ("Leeds", "GDPR")),
        ("Pay with PayPal, on Monday in May.", ("PayPal",)),
        ("The U.S. Forest Service. Parents pay.", ("U.S", "Forest Service")),
        ("WhatsApp tells Dr. Smith about Mary's iPhone", ("WhatsApp", "Smith", "Mary", "iPhone")),
        ("tap 'Save' or “Repeat”", ()),
        ("PLEASE DO NOT FORGET", ()),
        ("lângă Cluj-Napoca, luni în mai", ("Cluj-Napoca",)),
    ],
)
def test_proper_names(text: str, names: tuple[str, ...]) -> None:
    assert proper_names(text) == names


def test_names_are_held_in_any_case_and_inflection() -> None:
    assert missing_names("In București with Stripe", "piața Bucureștiului") == ["Stripe"]


@pytest.mark.parametrize(
    "text",
    [
        "should not",
        "can’t",
        "never",
        "without an account",
        "nobody",
        "nu se poate",
        "niciodată",
        "n-are voie",
        "fără cont",
    ],
)
def test_negated(text: str) -> None:
    assert negated(text)


@pytest.mark.parametrize(
    "text", ["not only bread but cakes", "no more than 5", "nobody but her", "nu doar pâine", "No. 5"]
)
def test_not_negated(text: str) -> None:
    assert not negated(text)


@pytest.mark.parametrize(
    "text", ["only the owner", "nobody but her", "all except me", "doar medicul", "unless she pays"]
)
def test_restricted(text: str) -> None:
    assert restricted(text)


def test_content_words_are_stems() -> None:
    assert content_words("The customers are ordering cakes") == ["custom", "order", "cake"]
    assert content_words("Clienții comandă pâinea", "ro") == content_words("client comandă pâine", "ro")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "As an API user, I want to read. As a system administrator, I can limit it.",
            ("API user", "system administrator"),
        ),
        ("Parents can pay and teachers must see who paid.", ("parent", "teacher")),
        ("Let staff print badges. Orders must be paid. The app should show a map.", ("staff",)),
        ("Allow regular customers to book. It is for dog walkers.", ("customer", "dog walker")),
        ("The climbers who rent gear want reminders.", ("climber",)),
        ("Every order can be cancelled. Each page must load fast.", ()),
        ("Bread can be paid at the till.", ()),
    ],
)
def test_roles(text: str, found: tuple[str, ...]) -> None:
    assert roles_in(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Clienții pot comanda. Brutarul trebuie să vadă lista.", ("client", "brutar")),
        ("Ca administrator, vreau să șterg utilizatori.", ("administrator", "utilizator")),
        ("Doar medicul poate vedea fișa pacientului.", ("medic", "pacient")),
        ("Comanda poate fi anulată. Pagina trebuie să se deschidă.", ()),
    ],
)
def test_roles_in_romanian(text: str, found: tuple[str, ...]) -> None:
    assert roles_in(text, "ro") == found


def test_roles_of_a_brief_come_in_order_and_once() -> None:
    assert roles(read_brief("Tenants report leaks. The caretaker must see them.\n\nA tenant can pay.")) == (
        "tenant",
        "caretaker",
    )


@pytest.mark.parametrize(
    ("given", "cue"),
    [
        (sentence("As a nurse, I want to see the ward."), "story"),
        (sentence("Members must pay online."), "need"),
        (sentence("It would be nice to have a map."), "wish"),
        (sentence("We have about £9,000."), "money"),
        (sentence("We open on 1 May 2027."), "deadline"),
        (sentence("Rides last 20 seconds."), "limit"),
        (sentence("Create a page with all boats."), "imperative"),
        (sentence("The list is never shown."), "rule"),
        (sentence("Members can swap shifts."), "modal"),
        (sentence("dark mode", heading="Features", form="item"), "listed"),
        (sentence("dark mode", lead_in="We would like:", form="item"), "listed"),
        (sentence("The app shows the next bus."), "product"),
        (sentence("Clienții vor să comande online."), "wish"),
        (sentence("Trebuie să meargă pe telefon."), "need"),
        (sentence("Our bakery is in Leeds."), None),
        (sentence("Every Friday the phone rings all day."), None),
        (sentence("Avem un salon în Brașov din 2011."), None),
        (sentence("We can meet on Tuesday."), None),
    ],
)
def test_requirement_cue(given: Sentence, cue: str | None) -> None:
    assert requirement_cue(given) == cue


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (sentence("Dear Ms Okafor,"), "greeting"),
        (sentence("Bună ziua,"), "greeting"),
        (sentence("Priya"), "signature"),
        (sentence("Cu stimă, Ioana Pop"), "signature"),
        (sentence("Tier: 1-Beginner"), "label"),
        (sentence("https://example.org/a"), "link"),
        (sentence("0722 123 456"), "link"),
        (sentence("From: Ann", form="header"), "header"),
        (sentence("The web app must:"), "lead-in"),
        (sentence("Using Fetch", heading="Useful links and resources", form="item"), "heading"),
        (sentence("The contractor shall attend.", heading="Award"), "contract"),
        (sentence("Please send us your proposal."), "contract"),
        (sentence("Members must pay.", heading="Background"), None),
        (sentence("The contract must not cost more than €5,000."), None),
        (sentence("Staff can see the list."), None),
    ],
)
def test_not_product(given: Sentence, reason: str | None) -> None:
    assert not_product(given) == reason


@pytest.mark.parametrize(
    ("given", "priority"),
    [
        (sentence("Members must pay."), "must"),
        (sentence("Nobody may see it."), "must"),
        (sentence("Members should pay."), "should"),
        (sentence("A map would be nice."), "could"),
        (sentence("A map, if possible."), "could"),
        (sentence("We do not need payments."), "wont"),
        (sentence("Trebuie să meargă."), "must"),
        (sentence("Ar fi frumos un card."), "could"),
        (sentence("a map", heading="Bonus features", form="item"), "could"),
        (sentence("a map", lead_in="The app must:", form="item"), "must"),
        (sentence("Members pay."), None),
    ],
)
def test_priority_hint(given: Sentence, priority: str | None) -> None:
    assert priority_hint(given) == priority


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (sentence("We have £9,000."), "constraint"),
        (sentence("It must be ready by 1 May 2027."), "constraint"),
        (sentence("It must run on a Linux server."), "constraint"),
        (sentence("REST", heading="Constraints", form="item"), "constraint"),
        (sentence("Pages load within 2 seconds."), "quality"),
        (sentence("It works in English and Polish."), "quality"),
        (sentence("Datele personale sunt criptate."), "quality"),
        (sentence("Members reserve a mooring."), None),
    ],
)
def test_kind_hint(given: Sentence, kind: str | None) -> None:
    assert kind_hint(given) == kind


def test_cues_agree_with_the_sample_archive() -> None:
    """Of the sentences that the sample plans cite at least 95 of 100 have a cue, of the others at most 10."""
    cited, other = [0, 0], [0, 0]
    for folder in sorted(ARCHIVE.iterdir()):
        plan = parse_plan((folder / "plan.md").read_text(encoding="utf-8"))
        sources = {s for r in plan.requirements for s in r.source}
        for one in read_brief((folder / "brief.md").read_text(encoding="utf-8")).sentences:
            (cited if one.id in sources else other)[bool(requirement_cue(one))] += 1
    assert cited[1] / sum(cited) >= 0.95
    assert other[1] / sum(other) <= 0.1


FAITHFUL = [
    ("Members pay by card.", "Members should pay by card instead of by bank transfer."),
    ("Members pay by card, not by bank transfer.", "Members should pay by card instead of by bank transfer."),
    ("Interns cannot export the list.", "Interns should not have that ability: exporting the list."),
    ("At most 5 people can join a tour.", "Never more than 5 people should join a tour."),
    ("Only managers can delete an invoice.", "Nobody but managers may delete an invoice."),
    ("Photos are deleted after 30 days.", "We must not keep photos for more than 30 days."),
    ("A guest can check in between 15:00 and 20:00.", "Check-in is from 3 pm to 8 pm and guests do it themselves."),
    ("A member can renew a book twice.", "Members may renew a book two times."),
    ("A parent is told when a child is absent.", "When a kid is absent, the parent has to be told."),
    ("The baker gets one printed list.", "My baker needs one printed list, he won't look at a screen."),
    ("Orders above €50 are delivered free.", "Orders over 50 euros are delivered free."),
]
UNFAITHFUL = [
    ("Users can have that ability.", "Normal users should not have that ability."),
    ("Users can rate a film with one or five stars.", "Users can rate a film with 1-5 stars."),
    (
        "The system refuses deletion of personal data.",
        "Members must be able to ask for deletion of their personal data.",
    ),
    ("Photos are kept for 30 days.", "Photos are deleted after 30 days."),
    ("Members can delete an invoice.", "Only managers may delete an invoice."),
    ("A customer can pay by card.", "Drivers must pay by card."),
    ("The budget is £90,000.", "The budget is £9,000."),
    ("The budget is $9,000.", "The budget is £9,000."),
    ("It is ready by 1 October 2026.", "It must be ready by 1 November 2026."),
    ("At least 5 people can join a tour.", "At most 5 people can join a tour."),
    ("Entries take 30 minutes.", "Entries should take 30 seconds."),
    ("Payments go through Stripe.", "Payments go through PayPal."),
    ("The baker sees all orders before noon.", "The baker sees all orders after noon."),
    ("Guests can pay with an account.", "Guests must be able to pay without an account."),
    ("The teacher signs the form for the parent.", "The parent signs the form for the teacher."),
    ("Stock is shown to customers.", "Stock is never shown to customers."),
    ("Members can pay and export the result as a spreadsheet.", "Members can pay."),
    ("One event handler for each button.", "The pad has one event handler rather than one for each button."),
    ("One handler for each button.", "One handler serves all buttons rather than a unique handler for each button."),
    ("Members pay by bank transfer.", "Members should pay by card instead of by bank transfer."),
]
FAITHFUL_RO = [
    ("Clienții pot comanda pâine de pe telefon.", "Vrem ca toți clienții să comande pâine de pe telefon."),
    ("Doar medicul vede fișa.", "Nimeni altcineva în afară de medic nu are voie să vadă fișa."),
    ("Pagina se încarcă în cel mult 2 secunde.", "Pagina trebuie să se încarce în maxim două secunde."),
    ("Bugetul este de 25.000 lei.", "Avem un buget de 25 de mii de lei."),
    ("Clienții plătesc cu cardul.", "Clienții plătesc cu cardul în loc de transfer."),
]
UNFAITHFUL_RO = [
    ("Clienții pot vedea stocul.", "Clienții nu au voie să vadă stocul."),
    ("Toți medicii văd fișa pacientului.", "Doar medicul de familie vede fișa pacientului."),
    ("Profesorul plătește excursia.", "Părintele plătește excursia."),
    ("Pozele se șterg după 30 de zile.", "Pozele se păstrează 30 de zile."),
    ("Cel puțin 5 persoane pe tură.", "Cel mult 5 persoane pe tură."),
    ("Bugetul este de 25.000 euro.", "Bugetul este de 25.000 lei."),
    ("Clienții plătesc prin transfer.", "Clienții plătesc cu cardul în loc de transfer."),
]


def reasons(statement: str, text: str, language: str) -> list[str]:
    brief = read_brief(text)
    return unfaithful(statement, brief.sentences[0], language, brief)


@pytest.mark.parametrize(("statement", "text"), FAITHFUL + FAITHFUL_RO)
def test_faithful(statement: str, text: str) -> None:
    assert reasons(statement, text, "ro" if (statement, text) in FAITHFUL_RO else "en") == []


@pytest.mark.parametrize(("statement", "text"), UNFAITHFUL + UNFAITHFUL_RO)
def test_unfaithful(statement: str, text: str) -> None:
    assert reasons(statement, text, "ro" if (statement, text) in UNFAITHFUL_RO else "en")


def test_roles_of_other_projects_are_noticed() -> None:
    brief = read_brief("They should pick a slot. Members pay.")
    assert unfaithful("A librarian can pick a slot.", brief.sentences[0], brief=brief)
    assert not unfaithful("A member can pick a slot.", brief.sentences[0], brief=brief)


def test_restatements_by_people_pass() -> None:
    """No false alarm on the requirements of the sample archive, and none where a sentence is quoted."""
    for folder in sorted(ARCHIVE.iterdir()):
        brief = read_brief((folder / "brief.md").read_text(encoding="utf-8"))
        sentences = {s.id: s for s in brief.sentences}
        for r in parse_plan((folder / "plan.md").read_text(encoding="utf-8")).requirements:
            if len(r.source) == 1:
                assert unfaithful(r.text, sentences[r.source[0]], brief.language, brief) == [], r.text
                assert unfaithful(sentences[r.source[0]].text, sentences[r.source[0]], brief.language, brief) == []


def test_a_quoted_sentence_is_faithful_whatever_form_its_people_stand_in() -> None:
    assert reasons("Copiii sub 6 ani nu plătesc.", "Copiii sub 6 ani nu plătesc.", "ro") == []
    assert reasons("Oaspeții pot rezerva pe site.", "Vreau ca oaspeții să poată rezerva pe site.", "ro") == []
    assert reasons("Bucătarii sub 6 ani nu plătesc.", "Copiii sub 6 ani nu plătesc.", "ro")


def test_hours_and_halves_are_the_same_number() -> None:
    assert missing_numbers("at 4 pm, 30 minutes", "16:00, half an hour") == []
    assert missing_numbers("one slot of 45 minutes", "a slot") == ["45"]


FRAGMENTS = [
    "9,000 -",
    "1.2.3",
    "½",
    "9" * 400,
    "€",
    "k",
    "10-15k",
    "1'2.3",
    "şi",
    "never",
    "ora 16",
    "douăzeci și",
    "²",
    "٣٤",
]
FRAGMENTS += [
    "99/99/2026",
    "31 February 2026",
    "as a",
    "Ca ",
    "let",
    "who",
    "can",
    "Nobody but",
    "%",
    "12:75",
    "pm",
    "\n",
    "- ",
]
FRAGMENTS += ["a.m.", "July", "mai", "1 of", "ß", "İ", "ǅ", "n't", "ﬁ", "0", "-", "four hundred", "thousand", "la sută"]
anything = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=10).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(anything, anything, st.sampled_from(["en", "ro"]))
def test_no_text_makes_reading_fail(one: str, other: str, language: str) -> None:
    for found in (*find_numbers(one), *amounts(one), *dates(one), *ranges(one)):
        assert 0 <= found.start < found.end <= len(one)
    proper_names(one)
    roles_in(one, language)
    brief = read_brief(other)
    roles(brief)
    for s in brief.sentences:
        requirement_cue(s)
        priority_hint(s)
        kind_hint(s)
        unfaithful(one, s, language, brief)
