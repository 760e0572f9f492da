"""Briefs: what is numbered, with which span and which context."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plansmith.plan import read_brief

SHOP = """# Pottery shop

Hi, we sell pots (est. 1962). We close at 4 p.m. because of the kiln, e.g. on Fridays.

## What we need

The site must:

- show **all** pots, with a [photo](http://example.org/x)
- [ ] let Mr. Hill edit prices

| Who | What |
|---|---|
| Owner | weekly report |
"""


def texts(brief_text: str) -> list[str]:
    return [s.text for s in read_brief(brief_text).sentences]


def test_sentences_items_and_rows_are_numbered_in_order() -> None:
    brief = read_brief(SHOP)
    assert brief.title == "Pottery shop"
    assert [s.id for s in brief.sentences] == [f"S{i}" for i in range(1, 7)]
    assert [s.text for s in brief.sentences] == [
        "Hi, we sell pots (est. 1962).",
        "We close at 4 p.m. because of the kiln, e.g. on Fridays.",
        "The site must:",
        "show all pots, with a photo",
        "let Mr. Hill edit prices",
        "Who: Owner; What: weekly report",
    ]


def test_a_quote_is_the_clients_own_characters() -> None:
    assert read_brief(SHOP).quote("S4") == "show **all** pots, with a [photo](http://example.org/x)"


def test_items_carry_heading_and_lead_in() -> None:
    item = read_brief(SHOP).sentences[3]
    assert (item.heading, item.lead_in, item.form) == ("What we need", "The site must:", "item")


def test_wrapped_lines_are_joined_and_deliberate_line_ends_kept() -> None:
    wrapped = "Customers of the shop can order bread on the phone and pick\nit up on the next day."
    assert texts(wrapped) == ["Customers of the shop can order bread on the phone and pick it up on the next day."]
    mail = "From: Ana Pop\nSubject: a new site for the bakery\n\nHello."
    assert texts(mail) == ["From: Ana Pop", "Subject: a new site for the bakery", "Hello."]


def test_bullets_of_word_processors_are_items() -> None:
    assert [s.form for s in read_brief("We need:\n• orders\n• reports").sentences] == ["sentence", "item", "item"]


def test_code_html_and_link_definitions_are_not_swallowed() -> None:
    given_text = (
        "<b>Orders</b> must work.\n\n    indented wish stays\n\n[ref]: http://example.org\n\n```\nfenced wish\n```\n"
    )
    joined = " ".join(texts(given_text))
    assert all(word in joined for word in ("Orders", "indented wish stays", "example.org", "fenced wish"))


def test_romanian_is_recognised() -> None:
    assert read_brief("Clienții pot rezerva mese și trebuie să primească un mesaj.").language == "ro"
    assert read_brief("Customers can book tables and must get a message.").language == "en"


@given(st.text(max_size=400))
def test_any_text_is_read_and_spans_stand_in_order(text: str) -> None:
    brief = read_brief(text)
    last = 0
    for sentence in brief.sentences:
        assert 0 <= sentence.start < sentence.end <= len(text)
        assert sentence.start >= last
        last = sentence.start
        assert brief.quote(sentence.id) == text[sentence.start : sentence.end]


@given(
    st.lists(
        st.sampled_from(["Bread is nice.", "We need 3 pots!", "Is it ok?", "Orders must close at noon."]), min_size=1
    )
)
def test_plain_sentences_come_back_exactly(sentences: list[str]) -> None:
    assert texts(" ".join(sentences)) == sentences


@given(st.text(st.sampled_from("ab ăș.,:;!?()-–'\"]>~#|1\n"), max_size=60))
def test_text_without_markup_is_plain_as_it_stands(text: str) -> None:
    from plansmith.plan.brief import _markdown, _plain, _words

    token = _markdown().parseInline(text)[0]
    assert _plain(text) == " ".join("".join(_words(token.children or [])).split())


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Pottery shop\n\nWe need an app for potters.", "Pottery shop"),
        ("# Requirements\n\nWe need an app for potters.", "App for potters"),
        ("# Requirements\n\nPots must be seen.", "Requirements"),
        ("## Pre-orders for a bakery\n\nHi.\n\n## Background\n\nWe bake.", "Pre-orders for a bakery"),
        ("## Customers\n\nThey order.\n\n## Staff\n\nThey bake.", ""),
        ("From: Ana Pop\nSubject: Re: Fwd: a new site for the bakery\n\nHello.", "A new site for the bakery"),
        ("De la: Radu\nSubiect: site pentru cabana\n\nSalut.", "Site pentru cabana"),
        ("Subject: Question\n\nWe need a tool for nurses.", "Tool for nurses"),
        ("# RE: app for our dance school\n\nHi.", "App for our dance school"),
        ("Dog walking app\n\nOwners book walks.", "Dog walking app"),
        ("Hello,\n\nI'm looking for a mobile app for dog walkers that tracks walks.", "Mobile app for dog walkers"),
        ("Our club wants to build an online shop for used boats, by May.", "Online shop for used boats"),
        ("Avem nevoie de o aplicație pentru proprietarii de câini, care să arate harta.", "Aplicație pentru proprietarii de câini"),
        ("Dorim să facem un site pentru cabana noastră din Bran.", "Site pentru cabana noastră"),
        ("We already have a website for members. It is slow.", ""),
        ("We don't need an app for drivers.", ""),
        ("We want an app for it.", ""),
        ("We want an app for booking, paying and rating.", ""),
        ("It is an app for people who walk.", ""),
        ("Aș vrea un site pe care turiștii să rezerve camere.", ""),
        ("Hi Ana\n\nCustomers can order.", ""),
    ],
)  # fmt: skip
def test_a_brief_is_called_what_it_calls_itself_or_nothing(text: str, title: str) -> None:
    brief = read_brief(text)
    assert brief.title == title
    assert set(re.findall(r"\w+", title.lower())) <= set(re.findall(r"\w+", text.lower()))
    assert read_brief(text, "other").title == (title or "other")
