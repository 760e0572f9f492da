"""Pairs of brief and plan out of the columns that people's datasets have.

Enters: the rows of a JSON Lines, JSON, CSV or Parquet file, or of a Hub dataset. Leaves: a `Table`: which form was
recognised, its pairs, every wrong row with its number, and what was done that the eye would miss.
Try: plansmith import data.jsonl -o archive --dry-run

    brief, plan                    ours
    messages                       OpenAI: [{"role": "user", "content": …}, {"role": "assistant", …}]
    conversations                  ShareGPT: [{"from": "human", "value": …}, {"from": "gpt", …}]
    prompt, completion             texts, or lists of messages (TRL)
    instruction, (input,) output   Alpaca
    text                           <s>[INST] <<SYS>> … <</SYS>> … [/INST] … </s>
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plansmith.errors import InputError
from plansmith.sources.records import Records, Row, broken_text, read_records
from plansmith.sources.turns import Turn, from_markup, from_messages, pair_of_turns

_SHOWN = 160
"""Characters of the first row that are shown."""
_PREFIX = 40
"""Characters from which a common beginning of all briefs is worth a word."""


@dataclass(frozen=True)
class Form:
    """A kind of dataset: its name, the columns that it must have, and those that it may have."""

    name: str
    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()


OURS = Form("brief/plan", ("brief", "plan"))
FORMS = (
    OURS,
    Form("messages (OpenAI)", ("messages",)),
    Form("conversations (ShareGPT)", ("conversations",)),
    Form("prompt/completion", ("prompt", "completion")),
    Form("instruction/input/output (Alpaca)", ("instruction", "output"), ("input",)),
    Form("text with Llama-2 markup", ("text",)),
)
_ALSO = ("name", "client", "language")
_ALIKE = {
    "completion": ("response", "answer", "output", "target", "plan", "reply"),
    "prompt": ("question", "input", "query", "brief", "user"),
    "output": ("response", "answer", "completion", "target"),
    "instruction": ("prompt", "question", "task"),
    "messages": ("chat", "dialogue", "conversation", "turns"),
    "plan": ("completion", "response", "output"),
    "brief": ("prompt", "requirements", "input"),
}
"""Names of other columns that are likely meant; they are named in an error, never taken on a guess."""


@dataclass(frozen=True)
class Pair:
    """A row as a brief and its plan; empty texts for what the row does not say."""

    number: int
    brief: str
    plan: str
    name: str = ""
    client: str = ""
    language: str = ""
    """en or ro, where a column says so."""


@dataclass
class Table:
    """A dataset as pairs. `count` is all its rows, `problems` the wrong ones, `notes` what was done on the way."""

    source: str
    kind: str
    form: Form
    columns: tuple[str, ...]
    count: int = 0
    pairs: list[Pair] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """What was recognised, with the first pair shortened."""
        first = self.pairs[0] if self.pairs else None
        return {
            "source": self.source,
            "kind": self.kind,
            "form": self.form.name,
            "columns": list(self.columns),
            "rows": self.count,
            "usable": len(self.pairs),
            "first": {"brief": shortened(first.brief), "plan": shortened(first.plan)} if first else None,
            "problems": self.problems,
            "notes": self.notes,
        }


@dataclass(frozen=True)
class Wanted:
    """Columns that a person named: where the client stands, and brief and plan where they are called otherwise."""

    client: str = ""
    brief: str = ""
    plan: str = ""


def read_table(path: Path, wanted: Wanted | None = None) -> Table:
    """Read a dataset file of any known form; raises InputError where no form is recognised."""
    return table_of(read_records(path), str(path), wanted)


def table_of(records: Records, source: str, wanted: Wanted | None = None) -> Table:
    """Recognise the form of rows and read them; raises InputError naming the columns found and the nearest form."""
    wanted = wanted or Wanted()
    if not records.rows:
        raise InputError(f"{source} holds no row that can be read.", records.problems)
    columns = tuple(dict.fromkeys(str(key) for _, row in records.rows for key in row))
    _refuse_missing(source, columns, wanted)
    renamed = {wanted.brief: "brief", wanted.plan: "plan", wanted.client: "client"}
    rows = [(number, _folded(row, renamed)) for number, row in records.rows]
    form = _recognised(rows)
    if form is None:
        raise InputError(_no_form(source, columns, records.kind), records.problems)
    table = Table(source, records.kind, form, columns, len(records.rows) + len(records.problems))
    table.problems += records.problems
    table.notes += records.notes
    _Reader(table, rows).read()
    if not table.pairs:
        raise InputError(f"{source} was read as {form.name}, but no row can be used.", table.problems)
    table.problems.sort(key=lambda line: int("".join(filter(str.isdigit, line.split(":")[0].split("(")[0])) or 0))
    return table


def shortened(text: str, most: int = _SHOWN) -> str:
    """One line of at most so many characters."""
    line = " ".join(text[: most * 4].split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _folded(row: Row, renamed: dict[str, str]) -> Row:
    """The row under the names that forms use: lower case, and those that a person mapped."""
    found: Row = {}
    for key, value in row.items():
        name = renamed.get(str(key)) or str(key).strip().lower()
        if str(key) in renamed or name not in found:
            found[name] = value
    return found


def _refuse_missing(source: str, columns: Sequence[str], wanted: Wanted) -> None:
    asked = {"--client-column": wanted.client, "--brief-column": wanted.brief, "--plan-column": wanted.plan}
    problems = []
    for flag, name in asked.items():
        if name and name not in columns:
            near = difflib.get_close_matches(name, columns, 1)
            problems.append(f'{flag} "{name}": no such column' + (f'; did you mean "{near[0]}"?' if near else ""))
    if problems:
        raise InputError(f"{source} has the columns {', '.join(columns)}.", problems)


def _recognised(rows: Sequence[tuple[int, Row]]) -> Form | None:
    """The form that most rows have the columns of; of several, the first of the list."""
    counts: Counter[Form] = Counter()
    for _, row in rows:
        counts.update(form for form in FORMS if all(name in row for name in form.columns))
    return max(FORMS, key=lambda form: counts[form]) if counts else None


def _no_form(source: str, columns: Sequence[str], kind: str) -> str:
    lower = {name.strip().lower(): name for name in columns}

    def nearness(form: Form) -> float:
        there = sum(1.0 if c in lower else 0.9 * bool(_meant(c, lower)) for c in form.columns)
        return there / len(form.columns) + sum(c in lower for c in form.optional) / 10

    nearest = max(FORMS, key=nearness)
    shown = ", ".join(shortened(name, 40) for name in columns[:20]) or "(none)"
    if kind == "CSV" and not nearness(nearest):
        return (
            f"{source} has the columns {shown}, which are no known form. Does the first line name the columns? "
            f"If not, write one above it, such as: brief,plan"
        )
    missing = []
    for column in nearest.columns:
        if column not in lower:
            meant = _meant(column, lower)
            missing.append(column + (f' (perhaps your "{meant}"?)' if meant else ""))
    return (
        f"{source} has the columns {shown}, which are no known form. The nearest is "
        f"{nearest.name}; missing: {', '.join(missing)}. Rename the columns, or say which are which with "
        f"--brief-column and --plan-column."
    )


def _meant(column: str, lower: dict[str, str]) -> str:
    near = difflib.get_close_matches(column, [c for c in lower if c not in _ALSO], 1, 0.75)
    alike = [c for c in _ALIKE.get(column, ()) if c in lower]
    return next((lower[c] for c in (*near, *alike)), "")


class _Reader:
    """Turns rows into pairs, gathering problems and what deserves a note."""

    def __init__(self, table: Table, rows: Sequence[tuple[int, Row]]) -> None:
        self.table, self.rows = table, rows
        self.seen: Counter[str] = Counter()
        self.command = ""

    def read(self) -> None:
        if "instruction" in self.table.form.columns:
            self.command = self._constant_instruction()
        for number, row in self.rows:
            try:
                pair = self._pair(number, row)
            except InputError as error:
                self.table.problems.append(f"row {number}: {error.message}")
            else:
                self.table.pairs.append(pair)
        self._note()

    def _pair(self, number: int, row: Row) -> Pair:
        missing = [name for name in self.table.form.columns if row.get(name) in (None, "")]
        if missing:
            there = ", ".join(str(key) for key, value in row.items() if value not in (None, "")) or "nothing"
            raise InputError(f"no {' and no '.join(missing)} (filled: {there})")
        brief, plan = self._texts(row)
        for what, text in (("brief", brief), ("plan", plan)):
            if not any(c.isalnum() for c in text):
                raise InputError(f"the {what} is empty")
            if wrong := broken_text(text):
                raise InputError(f"the {what} {wrong}")
        also = {name: " ".join(str(row.get(name) or "").split()) for name in ("name", "client")}
        language = str(row.get("language") or "").strip().lower()
        also["language"] = language if language in ("en", "ro") else ""
        return Pair(number, brief, plan, **{k: "" if broken_text(v) else v for k, v in also.items()})

    def _texts(self, row: Row) -> tuple[str, str]:
        form = self.table.form
        if form.columns in (("messages",), ("conversations",)):
            return self._from_turns(from_messages(row[form.columns[0]]))
        if form.columns == ("text",):
            return self._from_turns(from_markup(_text(row, "text")))
        if form.columns[0] == "instruction":
            return self._alpaca(row)
        if form.columns[0] == "prompt":
            return self._prompted(row)
        return _text(row, "brief"), _text(row, "plan")

    def _prompted(self, row: Row) -> tuple[str, str]:
        prompt, completion = row["prompt"], row["completion"]
        if isinstance(prompt, list) or isinstance(completion, list):
            turns = from_messages(prompt) if isinstance(prompt, list) else [Turn("user", _text(row, "prompt"))]
            answer = from_messages(completion) if isinstance(completion, list) else []
            return self._from_turns([*turns, *(answer or [Turn("assistant", _text(row, "completion"))])])
        text, answer_text = _text(row, "prompt"), _text(row, "completion")
        if text.lstrip().startswith(("<s>", "[INST]")) and text.rstrip().endswith("[/INST]"):
            return self._from_turns(from_markup(text + answer_text))
        return text, answer_text

    def _alpaca(self, row: Row) -> tuple[str, str]:
        instruction, given = _text(row, "instruction"), _text(row, "input") if row.get("input") else ""
        if self.command and given.strip():
            return given, _text(row, "output")
        return (f"{instruction}\n\n{given}" if given.strip() else instruction), _text(row, "output")

    def _constant_instruction(self) -> str:
        """The instruction that all rows share, where what differs stands in the input: it is a command, no brief."""
        filled = [row for _, row in self.rows if row.get("instruction")]
        said = {str(row["instruction"]).strip() for row in filled}
        if len(filled) > 1 and len(said) == 1 and any(str(row.get("input") or "").strip() for row in filled):
            return said.pop()
        return ""

    def _from_turns(self, turns: list[Turn]) -> tuple[str, str]:
        found = pair_of_turns(turns)
        self.seen["system"] += found.system
        self.seen["several"] += found.several
        return found.brief, found.plan

    def _note(self) -> None:
        notes, pairs = self.table.notes, self.table.pairs
        if self.command:
            notes.append(
                f'every row has the instruction "{shortened(self.command, 60)}"; it is left out, the input is the brief'
            )
        if self.seen["system"]:
            notes.append(f"the system prompt of {_rows(self.seen['system'])} is left out; Plansmith has its own")
        if self.seen["several"]:
            notes.append(
                f"{_rows(self.seen['several'])} of several turns: the plan is the last full answer, the brief all that "
                "the client wrote before it; earlier answers and what comes after are left out"
            )
        shared = _common_start([pair.brief for pair in pairs]) if len(pairs) > 2 else ""
        if len(shared.strip()) >= _PREFIX and shared != pairs[0].brief:
            notes.append(
                f'all briefs begin with the same {len(shared)} characters, "{shortened(shared, 60)}"; if that is an '
                "instruction and not the client's words, take it out of the file"
            )
        first: dict[tuple[str, str], int] = {}
        kept = []
        for pair in pairs:
            key = (pair.brief, pair.plan)
            if key in first:
                notes.append(f"row {pair.number} says the same as row {first[key]} and is left out")
            else:
                first[key] = pair.number
                kept.append(pair)
        self.table.pairs = kept


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    if isinstance(value, str):
        return value.removeprefix("\ufeff")
    kind = "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else f"{value!r:.40}"
    raise InputError(f"{column} is no text but {kind}")


def _common_start(texts: Sequence[str]) -> str:
    """What all texts begin with: the first and the last in order differ earliest."""
    first, last = min(texts), max(texts)
    return first[: next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]


def _rows(n: int) -> str:
    return f"{n} row{'s' * (n != 1)}"
