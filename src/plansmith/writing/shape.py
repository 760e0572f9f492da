"""Whether an answer has the form that a grammar asks for, where the server could not be made to keep to it.

Enters: a grammar in GBNF and an answer. Leaves: the part of the answer that has the form, or nothing. Our grammars
refer to no rule from within itself, so each is a regular expression and `re` decides.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

_RULE = re.compile(r"^\s*([a-zA-Z][\w-]*)\s*::=", re.MULTILINE)
_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<set>\[(?:[^\]\\]|\\.)*\])|(?P<name>[a-zA-Z][\w-]*)'
    r"|(?P<times>[*+?]|\{\d*(?:,\d*)?\})|(?P<mark>[()|.]))\s*",
    re.DOTALL,
)
_FENCE = re.compile(r"^```[\w-]*$")
_THOUGHTS = re.compile(r"^\s*<think>.*?</think>\s*", re.DOTALL)


def fitting(answer: str, grammar: str = "", schema: str = "") -> str | None:
    """The answer, or the longest run of its lines, that has the form; None where there is none.

    Thoughts in <think>, code fences and talk around the answer are left out. None too where a form of several lines
    stands in the answer more than once: which of them is meant, and what else would be lost, nobody can tell.
    """
    answer = _THOUGHTS.sub("", answer)
    if schema:
        return _json_in(answer)
    form = expression(grammar) if grammar else None
    if form is None or form.fullmatch(answer):
        return answer
    lines = [line.rstrip() for line in answer.splitlines() if not _FENCE.match(line.strip())]
    lines = lines[:80]
    for length in range(len(lines), 0, -1):
        for start in range(len(lines) - length + 1):
            for part in _spellings(lines[start : start + length]):
                if form.fullmatch(part):
                    rest = [*lines[:start], *lines[start + length :]]
                    torn = "\\n" in grammar and any(form.fullmatch(p) for line in rest for p in _spellings([line]))
                    return None if torn else part
    return None


def _spellings(lines: list[str]) -> tuple[str, str, str]:
    """The lines as they are, without indents, and without the blank lines and bullets that models like to add."""
    bare = [line.strip() for line in lines]
    return "\n".join(lines), "\n".join(bare), "\n".join(re.sub(r"^[-*•] ", "", line) for line in bare if line)


def _json_in(answer: str) -> str | None:
    for start in (i for i, letter in enumerate(answer) if letter in "{["):
        try:
            found, _ = json.JSONDecoder().raw_decode(answer[start:])
        except json.JSONDecodeError:
            continue
        return json.dumps(found, ensure_ascii=False)
    return None


@lru_cache(maxsize=512)
def expression(grammar: str) -> re.Pattern[str] | None:
    """The grammar as a regular expression; None where a rule refers to itself. Raises ValueError for what is no GBNF."""
    parts = _RULE.split(grammar)
    rules = dict(zip(parts[1::2], parts[2::2], strict=True))
    if "root" not in rules:
        raise ValueError("the grammar has no root")
    try:
        return re.compile(_written("root", rules, ()))
    except RecursionError:
        return None


def _written(name: str, rules: dict[str, str], above: tuple[str, ...]) -> str:
    if name in above:
        raise RecursionError(name)
    if name not in rules:
        raise ValueError(f"the grammar has no rule {name}")
    body, position, pieces = rules[name].strip(), 0, []
    while position < len(body):
        token = _TOKEN.match(body, position)
        if not token:
            raise ValueError(f"the grammar cannot be read at {body[position : position + 20]!r}")
        position = token.end()
        if token["text"]:
            pieces.append(f"(?:{re.escape(_plain(token['text'][1:-1]))})")
        elif token["name"]:
            pieces.append(_written(token["name"], rules, (*above, name)))
        else:
            pieces.append("(?:" if token["mark"] == "(" else token["set"] or token["times"] or token["mark"])
    return f"(?:{''.join(pieces)})"


def _plain(text: str) -> str:
    """The letters that a GBNF string stands for."""
    named = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda m: named.get(m[1], m[1]), text, flags=re.DOTALL)
