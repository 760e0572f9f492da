"""The plan's plain lists: connections, data, out of scope, team, glossary, the client's words, checks, history.

Enters: one list entry. Leaves: the fields of its type, or `DetailError` with the form that is expected.
Try: python -c "from plansmith.plan.lists import *; print(LISTS['entities'][1](Entry(1, 'Order: number')))"
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from plansmith.locale import forms
from plansmith.plan.escape import find, mask, unescape
from plansmith.plan.front import read_date
from plansmith.plan.outline import Entry, excerpt
from plansmith.plan.types import Change, Connection, Entity, Quote, Silence, Term
from plansmith.plan.values import DetailError
from plansmith.plan.words import fold

_COLON = re.compile(r":(?= |$)")
_CONNECTION = re.compile(r"(C[1-9][0-9]{0,5}) ?(?:→|->|-->|\\?-\\?>) ?(C[1-9][0-9]{0,5})(?: ?:(?: (.*))?)?", re.DOTALL)
_QUOTE = re.compile(r"(?:\*\*|__)?(S[1-9][0-9]{0,5})[.:)]?(?:\*\*|__)?[.:)]? (.*)", re.DOTALL)
_UNUSED = re.compile(rf"(?:{'|'.join(re.escape(fold(form)) for form in forms('keys', 'unused'))})\s*:\s*(?=\S)")
_SILENCE = re.compile(r"([a-z][a-z-]*)(?: ([RUTMKAQDC][1-9][0-9]{0,5}))? ?: (.*)", re.DOTALL)


def _connection(entry: Entry) -> dict[str, Any]:
    match = _CONNECTION.fullmatch(entry.text)
    if not match:
        raise DetailError(f"{excerpt(entry.text)} is no connection; write C1 → C2: what passes between them")
    return {"start": match[1], "end": match[2], "label": unescape(match[3] or "")}


def _entity(entry: Entry) -> dict[str, Any]:
    name, _, attributes = entry.text.partition(":")
    parts = attributes.split(",") if attributes.strip() else []
    return {"name": unescape(bare(name)), "attributes": tuple(unescape(part.strip()) for part in parts)}


def _term(entry: Entry) -> dict[str, Any]:
    if entry.text.startswith("**") and (end := mask(entry.text).find("**", 3)) > 0:
        term, rest = entry.text[2:end], entry.text[end + 2 :].strip()
        if rest.startswith(":"):
            rest = rest[1:]
        elif mask(term).endswith(":"):
            term = term[:-1]
        return {"term": unescape(term), "definition": unescape(rest.strip())}
    colon = find(entry.text, _COLON)
    if not colon:
        raise DetailError(f"{excerpt(entry.text)} is no glossary entry; write **term**: what it means")
    return {"term": unescape(entry.text[: colon.start()]), "definition": unescape(entry.text[colon.end() :].strip())}


def _quote(entry: Entry) -> dict[str, Any]:
    match = _QUOTE.fullmatch(entry.text)
    if not match:
        raise DetailError(f"{excerpt(entry.text)} is no sentence of the client; write **S1** and the client's words")
    unused = ""
    for line in entry.details:
        start = _UNUSED.match(fold(line.text))
        if not start or unused:
            raise DetailError(
                f"{excerpt(line.text)} is no detail of a sentence; write not a requirement: and the reason"
            )
        unused = unescape(line.text[start.end() :].strip())
    return {"id": match[1], "text": unescape(match[2]), "unused": unused}


def _silence(entry: Entry) -> dict[str, Any]:
    match = _SILENCE.fullmatch(entry.text)
    if not match:
        raise DetailError(f"{excerpt(entry.text)} is no silenced check; write name-of-check R1: why it may be silent")
    return {"check": match[1], "item": match[2] or "", "reason": unescape(match[3])}


def _change(entry: Entry) -> dict[str, Any]:
    date = read_date(entry.text[:10])
    rest = entry.text[10:].strip()
    if date is None or not rest:
        raise DetailError(f"{excerpt(entry.text)} is no entry of the history; write 2026-11-01: what was changed")
    return {"date": date, "text": unescape(rest.removeprefix(":").strip())}


def bare(text: str) -> str:
    """A name without the marks that make it bold."""
    for mark in ("**", "__"):
        if text.startswith(mark) and text.endswith(mark) and len(text) > 2 * len(mark):
            return text[len(mark) : -len(mark)]
    return text


LISTS: dict[str, tuple[type[BaseModel], Callable[[Entry], dict[str, Any]]]] = {
    "connections": (Connection, _connection),
    "entities": (Entity, _entity),
    "glossary": (Term, _term),
    "quotes": (Quote, _quote),
    "silenced": (Silence, _silence),
    "changelog": (Change, _change),
}
"""Section → the type of its entries, and how one is read."""
