"""The words of each language, its plural forms, its dates and numbers.

Enters: a language code (`en`, `ro`) and a key such as `headings.risks`. Leaves: the word that is written, or, for
readers, which key a word that somebody typed stands for.
Try: python -c "from plansmith.locale import words; print(words('ro')['headings.risks'])"
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from babel import Locale

LANGUAGES = ("en", "ro")
_REGION = {"en": "en_GB", "ro": "ro_RO"}
_TYPED = str.maketrans("’‘", "''")
_MARKS = "[\u0300-\u036f]*"  # combining marks: „să" may be typed as s, a, breve


@cache
def table(language: str, file: str = "") -> dict[str, dict[str, Any]]:
    """The language's word file as it stands: table → key → forms; `file`: another one, such as `checks`."""
    if language not in LANGUAGES:
        raise ValueError(f"no words for language {language!r}; choose one of {', '.join(LANGUAGES)}")
    import tomllib
    from importlib.resources import files

    name = f"{file}.{language}.toml" if file else f"{language}.toml"
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))


@cache
def words(language: str) -> Mapping[str, str]:
    """The form that is written, by `table.key`: words("en")["headings.risks"] is "Risks"."""
    lists = {name: keys for name, keys in table(language).items() if name not in ("plural", "agreement")}
    return MappingProxyType({f"{name}.{key}": found[0] for name, keys in lists.items() for key, found in keys.items()})


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """How words are compared: no case, no diacritics (so cedilla, comma and bare letters agree), single blanks."""
    plain = (c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return " ".join("".join(plain).translate(_TYPED).casefold().split())


@cache
def forms(name: str, key: str, language: str = "") -> tuple[str, ...]:
    """Every form that is read for one key, in one language or (language empty) in all, those written first."""
    languages = (language,) if language else LANGUAGES
    return tuple(dict.fromkeys(form for code in languages for form in table(code)[name][key]))


@cache
def readings(name: str) -> Mapping[str, tuple[str, ...]]:
    """For a reader: the folded word → the keys of the table that it may stand for, in any language."""
    found: dict[str, tuple[str, ...]] = {}
    for key in table("en")[name]:
        for form in forms(name, key):
            found[fold(form)] = (*found.get(fold(form), ()), key)
    return MappingProxyType(found)


@cache
def pattern(name: str, key: str, language: str = "") -> str:
    """A regular expression for any form of the word, with or without diacritics."""
    alike = {"a": "[aăâǎ]", "i": "[iîâ]", "s": "[sșş]", "t": "[tțţ]", " ": r"\s+", "'": "['’]"}

    def loose(form: str) -> str:
        return "".join(alike.get(c, re.escape(c)) + (_MARKS if c.isalpha() else "") for c in fold(form))

    longest_first = sorted(forms(name, key, language), key=len, reverse=True)
    return f"(?:{'|'.join(loose(form) for form in longest_first)})"


def plural(language: str, key: str, n: float) -> str:
    """A counted noun: 1 day, 2 days; 1 zi, 2 zile, 20 de zile. The figure is written as the language writes it."""
    return _counted(language, table(language)["plural"][key], n).format(n=figure(language, n))


def _counted(language: str, chosen: Mapping[str, str], n: float) -> str:
    return chosen.get(_region(language).plural_form(n), chosen["other"])


@cache
def _region(language: str) -> Locale:
    """How the language's main country writes dates and numbers; parsing its name each time took a sixth of a page."""
    from babel import Locale

    return Locale.parse(_REGION[language])


def check_text(language: str, name: str, key: str, **values: Any) -> str:
    """A text about checks, filled in: lists with commas, numbers as the language writes them, plurals by `n`."""
    chosen = table(language, "checks")[name][key]
    text = chosen if isinstance(chosen, str) else _counted(language, chosen, values["n"])
    return text.format(**{key: _value(language, value) for key, value in values.items()})


def _value(language: str, value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(value)
    return figure(language, value) if isinstance(value, (int, float)) else str(value)


@cache
def field_name(language: str, field: str) -> str:
    """What people call a field of a plan: as its detail or heading, or as `[fields]` has it where neither fits."""
    say = words(language)
    heading = say.get(f"headings.{field}", "")
    return say.get(f"fields.{field}") or say.get(f"keys.{field}") or heading[:1].lower() + heading[1:] or field


def figure(language: str, value: float) -> str:
    """A number as the language writes it: 1,234.5 or 1.234,5."""
    from babel.numbers import format_decimal

    return format_decimal(value, locale=_region(language))


def money(language: str, value: float, currency: str) -> str:
    """An amount as the language writes it: £9,000.00 or 9.000,00 GBP; without a currency only the number."""
    from babel.numbers import format_currency

    return format_currency(value, currency, locale=_region(language)) if currency else figure(language, value)


def price(language: str, value: float, currency: str) -> str:
    """An amount without needless decimals: £9,000, 9.000 GBP."""
    mark = figure(language, 0.5)[1]
    return re.sub(rf"{re.escape(mark)}0+(?!\d)", "", money(language, value, currency))


def day(language: str, date: dt.date, style: Literal["short", "medium", "long", "full"] = "long") -> str:
    """A date as the language writes it: 1 November 2026, 1 noiembrie 2026."""
    from babel.dates import format_date

    return format_date(date, style, locale=_region(language))
