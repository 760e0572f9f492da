"""Rows out of a dataset file: JSON Lines, a JSON list, CSV or Parquet.

Enters: a path. Leaves: `Records`: each readable row with its number, and a line for every row that is not.
Try: plansmith import data.jsonl -o archive --dry-run

Only Parquet needs a library (pyarrow, in the `hub` extra). Nothing in a file is ever run.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, MissingError

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
MAX_BYTES = 500_000_000
"""Of a file, and of a Parquet file unpacked."""
MAX_ROWS = 200_000
_SEPARATORS = ",;\t|"
_BOM_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

Row = dict[str, Any]


@dataclass
class Records:
    """What a file holds: `rows` by number (a line of JSON Lines, a record of the others, from 1), and what is wrong."""

    kind: str
    rows: list[tuple[int, Row]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_records(path: Path) -> Records:
    """Read a dataset file; one bad row does not stop the others. Raises InputError where there is no row to be had."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path} is no dataset file; known: {', '.join(SUFFIXES)}.")
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path} has {size / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:,.0f} MB are read. Split it.")
        if suffix == ".parquet":
            found = _read_parquet(path)
        else:
            data = path.read_bytes()
            if suffix in (".csv", ".tsv"):
                text, notes = _guessed(data)
                found = _read_csv(text, suffix)
                found.notes += notes
            else:
                found = _read_json(_decoded(data), path)
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.") from error
    if not found.rows and not found.problems:
        raise InputError(f"{path} holds no rows.")
    return found


def _decoded(data: bytes) -> str:
    """UTF-8 or UTF-16; a byte that is neither stays as a lone surrogate, so that only its row is refused."""
    if data.startswith(_BOM_16):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "surrogateescape")


def _guessed(data: bytes) -> tuple[str, list[str]]:
    """The text of a CSV file, and a note where its encoding is a guess: spreadsheets still write those of old Windows.

    A UTF-8 file with some broken bytes stays one; only its rows are refused.
    """
    text = _decoded(data)
    broken = len(re.findall("[\udc80-\udcff]", text))
    if not broken or broken <= len(re.findall("[\x80-\ud7ff\ue000-\U0010ffff]", text)):
        return text, []
    from plansmith.sources.formats.encoding import guess

    try:
        text, encoding = guess(data)
    except UnicodeError:
        return text, []
    return text, [f"not UTF-8; read as {encoding}, look at its letters"]


def broken_text(text: str) -> str:
    """Why a text cannot be kept in a file, or an empty text."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        lone = ord(text[error.start])
        if 0xDC80 <= lone <= 0xDCFF:
            return f"is not UTF-8 (byte 0x{lone - 0xDC00:02x}); save the file as UTF-8"
        return f"holds half a character (\\u{lone:04x})"
    return "holds a NUL character" if "\x00" in text else ""


# JSON


def _read_json(text: str, path: Path) -> Records:
    start = text.lstrip()[:1]
    if start == "[" or (start == "{" and path.suffix.lower() == ".json"):
        whole = _whole_json(text, path)
        if whole is not None:
            return whole
    found = Records("JSON Lines")
    for number, line in enumerate(io.StringIO(text, newline="\n"), 1):
        if line.strip():
            _add_json(found, number, line)
            _limit(found, path)
    return found


def _add_json(found: Records, number: int, line: str) -> None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        found.problems.append(f"row {number}: not valid JSON: {_said(error)}")
        return
    _add(found, number, row)


def _add(found: Records, number: int, row: object) -> None:
    if isinstance(row, dict):
        found.rows.append((number, row))
    else:
        found.problems.append(f"row {number}: {_kind(row)} where columns and values are needed")


def _whole_json(text: str, path: Path) -> Records | None:
    """A list of rows, by itself or as the only list of an object; None where the file is JSON Lines after all."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = text.strip().splitlines()
        if len(lines) > 1 and lines[0].strip().endswith("}"):
            return None
        raise InputError(f"{path} is not valid JSON: {_said(error)}.") from error
    if isinstance(data, dict):
        lists = [(key, value) for key, value in data.items() if isinstance(value, list) and value]
        rows = [(key, value) for key, value in lists if all(isinstance(row, dict) for row in value)]
        if {"messages", "conversations", "prompt", "completion"} & data.keys():
            return None
        if len(rows) > 1:
            raise InputError(
                f"{path} holds several lists of rows ({', '.join(key for key, _ in rows)}); save the one you want by itself."
            )
        if not rows:
            return None
        data = rows[0][1]
    found = Records("JSON list")
    for number, row in enumerate(data, 1):
        _add(found, number, row)
        _limit(found, path)
    return found


def _said(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else "a number is too long"


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "nothing" if value is None else "something else")


# CSV


def _read_csv(text: str, suffix: str) -> Records:
    found = Records("CSV")
    csv.field_size_limit(MAX_BYTES)
    told = re.match(r'"?sep=(.)"?\r?\n', text)  # what Excel writes, and reads, before the first line
    text = text[told.end() :] if told else text
    separator = told[1] if told else "\t" if suffix == ".tsv" else _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] = []
    number = 0
    for cells in _records(reader, found):
        if not header:
            header = [cell.strip() for cell in cells]
            _refuse_header(header)
            continue
        number += 1
        if isinstance(cells, Unreadable):
            found.problems.append(f"row {number} (line {cells.line}): {cells.reason}")
        elif len(cells) > len(header):
            found.problems.append(
                f"row {number}: {len(cells)} cells under {len(header)} columns; put quotes around texts that hold "
                f'"{separator}"'
            )
        elif cells:
            # a short row lacks its last cells; which of them matters is for the columns to say
            found.rows.append((number, dict(zip(header, cells, strict=False))))
    return found


class Unreadable(list[str]):
    """A record that is no CSV."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__()
        self.line, self.reason = line, reason


def _records(reader: Any, found: Records) -> Iterator[list[str]]:
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = str(error)
            if "unexpected end" in reason:
                reason = "a quote is opened and never closed, so the rest of the file is lost"
            yield Unreadable(reader.line_num, reason)


def _separator(text: str) -> str:
    """The mark that the first line holds most of, outside quotes."""
    outside = "".join(text[:20_000].split('"')[::2]).lstrip("\r\n")
    first = outside.splitlines()[0] if outside else ""
    return max(_SEPARATORS, key=first.count)


def _refuse_header(header: list[str]) -> None:
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise InputError(f"The first line names {', '.join(twice)} twice; a column needs a name of its own.")
    if not any(header):
        raise InputError("The first line holds no names of columns.")


# Parquet


def _read_parquet(path: Path) -> Records:
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise MissingError("Parquet needs pyarrow: pip install 'plansmith[hub]'.") from error
    found = Records("Parquet")
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            groups = (file.metadata.row_group(i) for i in range(file.metadata.num_row_groups))
            unpacked = sum(group.total_byte_size for group in groups)
            if unpacked > MAX_BYTES or file.metadata.num_rows > MAX_ROWS:
                raise InputError(
                    f"{path} unpacks to {unpacked / 1e6:,.0f} MB and {file.metadata.num_rows:,} rows; at most "
                    f"{MAX_BYTES / 1e6:,.0f} MB and {MAX_ROWS:,} rows are read."
                )
            for batch in file.iter_batches(batch_size=64):
                for row in batch.to_pylist():
                    number += 1
                    found.rows.append((number, row))
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:
        if not number:
            raise InputError(f"{path} is no readable Parquet file: {str(error).splitlines()[0]}.") from error
        found.problems.append(f"row {number + 1} and later: {str(error).splitlines()[0]}")
    return found


def from_rows(rows: Iterable[Row], kind: str) -> Records:
    """Rows that a library has read, numbered from 1."""
    return Records(kind, list(enumerate(rows, 1)))


def _limit(found: Records, path: Path) -> None:
    if len(found.rows) > MAX_ROWS:
        raise InputError(f"{path} has more than {MAX_ROWS:,} rows; that is no archive of projects. Split it.")
