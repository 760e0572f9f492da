"""The words of both languages."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from plansmith.locale import day, figure, money, plural, table, words


def test_both_languages_have_the_same_words() -> None:
    english, romanian = table("en"), table("ro")
    assert {name: set(keys) for name, keys in english.items() if name != "agreement"} == {
        name: set(keys) for name, keys in romanian.items() if name != "agreement"
    }
    assert not re.search("[şţŞŢ]", str(romanian))
    assert words("ro")["headings.risks"] == "Riscuri"


def test_checks_say_the_same_in_both_languages() -> None:
    english, romanian = table("en", "checks"), table("ro", "checks")
    assert {name: set(keys) for name, keys in english.items()} == {name: set(keys) for name, keys in romanian.items()}
    assert not re.search("[şţŞŢ]", str(romanian))
    for name, keys in english.items():
        for key, text in keys.items():
            others = romanian[name][key]
            if isinstance(text, dict):
                assert (set(text), set(others)) == ({"one", "other"}, {"one", "few", "other"})
                text, others = text["other"], others["other"]
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", others)), (name, key)
            assert text != others or "{" in text or name == "vague", (name, key)


def test_every_written_text_takes_the_same_values() -> None:
    for key, text in words("en").items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", words("ro")[key])), key


def test_counted_nouns() -> None:
    assert [plural("en", "day", n) for n in (0, 1, 2, 1200)] == ["0 days", "1 day", "2 days", "1,200 days"]
    assert [plural("ro", "day", n) for n in (0, 1, 2, 19, 20, 101, 1.5)] == (
        ["0 zile", "1 zi", "2 zile", "19 zile", "20 de zile", "101 zile", "1,5 zile"]
    )


def test_dates_and_numbers_as_each_language_writes_them() -> None:
    date = dt.date(2026, 11, 1)
    assert (day("en", date), day("ro", date)) == ("1 November 2026", "1 noiembrie 2026")
    assert (figure("en", 1234.5), figure("ro", 1234.5)) == ("1,234.5", "1.234,5")
    assert (money("en", 9000, "GBP"), money("en", 9000, "")) == ("£9,000.00", "9,000")


def test_a_language_without_words() -> None:
    with pytest.raises(ValueError, match="choose one of en, ro"):
        words("fr")
