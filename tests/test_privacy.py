"""Personal data: what is found on a set of our own, what is left alone, and what a redacted archive looks like."""

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plansmith.sources.archive import read_archive
from plansmith.sources.numbers import card_ok, cnp_ok, iban_ok
from plansmith.sources.privacy import LEAST, find_personal, redact

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"

# language, text, what is personal in it; invented people and numbers
LABELLED = (
    ("en", "Contact: Helen Marsh, helen@marsh.example, 020 7946 0958.", ["Helen Marsh", "helen@marsh.example", "020 7946 0958"]),
    ("en", "Dear Ms Okafor,\n\nwe need a booking page.\n\nYours sincerely,\nPeter Lindqvist\nManager", ["Okafor", "Peter Lindqvist"]),
    ("en", "My name is Zorica and I run a garage. My brother Will Turner helps.", ["Zorica", "Will Turner"]),
    ("en", "Will the app work offline? It may rain in May and August. Mark all dates.", []),
    ("en", "Given a basket, when Grace Period ends, then the order is closed.", []),
    ("en", "Millbrook Library and the Stroud Road tool library share the St Mary School hall.", []),
    ("en", "Send invoices to 14 Linden Grove Road, Leeds LS6 2AB. Ask Tom.", ["14 Linden Grove Road", "LS6 2AB", "Tom"]),
    ("en", "Pay to GB82 WEST 1234 5698 7654 32 or by card 4111 1111 1111 1111.", ["GB82 WEST 1234 5698 7654 32", "4111 1111 1111 1111"]),
    ("en", "Order 4111 1111 1111 1112 has 850 lines, budget 17,500, version 2.10.3 of 01.11.2026.", []),
    ("en", "Declan, our caretaker, and J. Novak report on Monday. Declan signs.", ["Declan", "Declan", "J. Novak"]),
    ("en", "Call Aoife Brennan or +40 721 234 567 after 7 pm.", ["Aoife Brennan", "+40 721 234 567"]),
    ("en", "Users sign in with Google; Rose Garden is our product, Iris our scanner.", []),
    ("en", "Thanks a million, Jo", ["Jo"]),
    ("en", "The customer can pay with PayPal. React and Django are used; Jenkins builds.", []),
    ("en", "Subject: repairs\nFrom: Ciara Doyle <c.doyle@linden.example>\n\nTenants report leaks.", ["Ciara Doyle", "c.doyle@linden.example"]),
    ("ro", "Bună ziua,\n\nnumele meu este Ion Popescu și am o brutărie.\n\nCu stimă,\nIon Popescu\n0722 123 456", ["Ion Popescu", "Ion Popescu", "0722 123 456"]),
    ("ro", "Doamna Ionescu și domnul Rădulescu aprobă comenzile.", ["Ionescu", "Rădulescu"]),
    ("ro", "CNP 1630615123457, IBAN RO49 AAAA 1B31 0075 9384 0000.", ["1630615123457", "RO49 AAAA 1B31 0075 9384 0000"]),
    ("ro", "Sediul: Str. Mihai Eminescu nr. 12, bl. A3, sc. B, ap. 14, Cluj-Napoca.", ["Str. Mihai Eminescu nr. 12, bl. A3, sc. B, ap. 14"]),
    ("ro", "Spitalul Sfânta Maria și Liceul Mihai Viteazul sunt clienți. Strada Lalelelor se închide.", []),
    ("ro", "Persoana de contact: Mihaela Stoica, mihaela.stoica@exemplu.ro", ["Mihaela Stoica", "mihaela.stoica@exemplu.ro"]),
    ("ro", "Colega mea Andreea Dumitrescu face lista. Andreea are acces.", ["Andreea Dumitrescu", "Andreea"]),
    ("ro", "Clienții pot comanda pâine. Aplicația trebuie să fie gata în mai. Luna viitoare, ionii de sodiu.", []),
    ("ro", "Vasile răspunde la telefon, iar Popescu Ion verifică plata.", ["Vasile", "Popescu Ion"]),
    ("ro", "Mulțumesc, Cristina", ["Cristina"]),
    ("ro", "Factura 1234567890123 din 12.03.2026, suma 12.500 lei, cod produs 2234567.", []),
)  # fmt: skip


def measured() -> tuple[float, float, list[str]]:
    hits, found_all, wanted_all, wrong = 0, 0, 0, []
    for language, text, wanted in LABELLED:
        left = list(wanted)
        found = [f.text for f in find_personal(text, language) if f.certainty >= LEAST]
        for said in found:
            if said in left:
                left.remove(said)
                hits += 1
            else:
                wrong.append(f"too much: {said!r} in {text!r}")
        wrong += [f"missed: {said!r} in {text!r}" for said in left]
        found_all, wanted_all = found_all + len(found), wanted_all + len(wanted)
    return hits / found_all, hits / wanted_all, wrong


def test_precision_and_recall_on_our_own_set() -> None:
    precision, recall, wrong = measured()
    assert precision >= 0.9, wrong
    assert recall >= 0.9, wrong


# every person in the briefs of the sample archive, counted by hand
PEOPLE = {
    "01": ["Priya"], "02": ["Okafor", "Helen Marsh"], "03": ["Ann"], "04": ["Ciara Doyle", "Tom", "Declan", "Declan"],
    "05": ["Fiona", "Jo"], "06": ["Huw"], "07": [], "08": ["Sanne"], "09": ["Marek", "Ewa"], "10": ["Ruth Calloway"], "11": [],
    "12": ["Marjorie", "Tom", "Doris", "Marjorie"], "13": ["Hannah Prosser", "Dai", "Dai"], "14": [], "15": ["Dragan"], "16": [],
}  # fmt: skip


def test_people_of_the_sample_briefs() -> None:
    hits = found_all = 0
    for document in read_archive(SAMPLES).documents:
        left = list(PEOPLE[document.name[:2]])
        found = [f.text for f in find_personal(document.brief.text) if f.certainty >= LEAST]
        found_all += len(found)
        for said in found:
            if said in left:
                left.remove(said)
                hits += 1
    wanted = sum(map(len, PEOPLE.values()))
    assert hits / wanted >= 0.9
    assert hits / found_all >= 0.9


@pytest.mark.parametrize(
    "number", ["GB82WEST12345698765432", "RO49 AAAA 1B31 0075 9384 0000", "DE89 3704 0044 0532 0130 00"]
)
def test_iban(number: str) -> None:
    assert iban_ok(number)
    assert not iban_ok(number[:-1] + ("1" if number[-1] != "1" else "2"))
    assert not iban_ok(number[:-1])


@given(st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_of_a_cnp_is_seen(place: int, more: int) -> None:
    assert cnp_ok("1630615123457")
    digits = list("1630615123457")
    digits[place] = str((int(digits[place]) + more) % 10)
    assert not cnp_ok("".join(digits))


@pytest.mark.parametrize(
    "number", ["0630615123457", "1631315123457", "1630615993457", "163061512345", "１６３０６１５１２３４５７"]
)
def test_no_cnp(number: str) -> None:
    assert not cnp_ok(number)


def test_cards() -> None:
    assert card_ok("4111-1111-1111-1111")
    assert card_ok("378282246310005")
    assert not card_ok("4111111111111112")
    assert not card_ok("4444444444444")


@settings(max_examples=200)
@given(
    st.text(st.sampled_from("AbcIon Popescu Dr.,:\n@+0123456789-'șĂ€RO49"), max_size=120), st.sampled_from(["en", "ro"])
)
def test_spans_are_exact_in_order_and_apart(text: str, language: str) -> None:
    found = find_personal(text, language)
    assert all(text[f.start : f.end] == f.text != "" for f in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(0 <= f.certainty <= 1 for f in found)


@given(st.text(max_size=100), st.text(max_size=100))
def test_a_redacted_text_keeps_what_is_not_personal(before: str, after: str) -> None:
    text = f"{before} \n a@b.example \n {after}"
    redacted = redact({"k": ("c", "en", text)})
    assert "a@b.example" not in redacted.texts["k"]
    kept = [f for f in find_personal(text) if f.certainty >= LEAST]
    if len(kept) == 1:
        assert redacted.texts["k"] == text.replace("a@b.example", "e-mail 1")


def test_one_person_is_one_placeholder() -> None:
    done = redact(
        {
            "a/brief": ("acme", "en", "My name is Helen Marsh. Best regards,\nHelen"),
            "a/plan": ("acme", "en", "The list is approved by Marsh; Tom prints it."),
            "b/brief": ("beta", "en", "Hi Tom,\nHelen Marsh sent us. Write to h.marsh@x.example."),
        }
    )
    assert done.texts["a/brief"] == "My name is Person 1. Best regards,\nPerson 1"
    assert done.texts["a/plan"] == "The list is approved by Person 1; Person 2 prints it."
    assert done.texts["b/brief"] == "Hi Person 3,\nPerson 1 sent us. Write to e-mail 1."
    assert done.placeholders == {"person": 3, "email": 1}
    assert "Helen" not in str(done.report())


def test_long_texts_take_linear_time() -> None:
    for piece in ("A", "Ion ", "1 ", "a.", "RO49", "Dr. ", "1-", "Best,\n"):
        text = piece * (100_000 // len(piece))
        started = time.perf_counter()
        find_personal(text)
        assert time.perf_counter() - started < 5, piece
