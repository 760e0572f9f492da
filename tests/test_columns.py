"""Datasets as people have them: every form with a real-looking file of 20 rows, wrong ones among them."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plansmith.errors import InputError, PlansmithError
from plansmith.sources.columns import Wanted, read_table
from plansmith.sources.turns import Turn, from_markup, pair_of_turns

SHOPS = (
    "bakery", "florist", "garage", "choir", "library", "pharmacy", "school", "museum", "farm", "gym",
    "hotel", "cinema", "clinic", "bookshop", "ferry", "market", "theatre", "winery", "kennel", "brewery",
)  # fmt: skip
SYSTEM = "You are a senior software analyst."
ASK = "Write the development plan for this client."


def brief(n: int) -> str:
    return f'# App for our {SHOPS[n]}\n\nWe run a {SHOPS[n]}. Customers must be able to book, and „plăți" by card — at most {n + 2} a day.\n'


def plan(n: int) -> str:
    tasks = "\n".join(f"| {t} | {4 + n} h |" for t in ("Booking page", "Payments", "Reports"))
    return f"## What we will build\n\nA booking app for the {SHOPS[n]}.\n\n| Task | Hours |\n|---|---|\n{tasks}\n"


def chat(n: int) -> list[dict[str, Any]]:
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": brief(n)},
        {"role": "assistant", "content": plan(n)},
    ]


def shared(n: int) -> list[dict[str, Any]]:
    return [{"from": "human", "value": brief(n)}, {"from": "gpt", "value": plan(n)}]


def llama(n: int) -> str:
    return f"<s>[INST] <<SYS>>\n{SYSTEM}\n<</SYS>>\n\n{brief(n).strip()} [/INST] {plan(n).strip()} </s>"


FORMS: dict[str, tuple[Callable[[int], dict[str, Any]], dict[int, tuple[dict[str, Any], str]]]] = {
    # name: (a row, {row number: (a wrong row, what is said of it)})
    "brief/plan": (
        lambda n: {"brief": brief(n), "plan": plan(n), "client": f"Client {n // 2}"},
        {3: ({"brief": "", "plan": plan(2)}, "no brief"), 9: ({"brief": brief(8), "plan": "---"}, "the plan is empty")},
    ),
    "prompt/completion": (
        lambda n: {"prompt": brief(n), "completion": plan(n)},
        {
            4: ({"prompt": brief(3)}, "no completion (filled: prompt)"),
            5: ({"prompt": None, "completion": plan(4)}, "no prompt"),
            20: ({"prompt": 42, "completion": plan(19)}, "prompt is no text but 42"),
        },
    ),
    "instruction/input/output (Alpaca)": (
        lambda n: {"instruction": ASK, "input": brief(n), "output": plan(n)},
        {7: ({"instruction": ASK, "input": brief(6), "output": ""}, "no output (filled: instruction, input)")},
    ),
    "messages (OpenAI)": (
        lambda n: {"messages": chat(n)},
        {
            2: ({"messages": chat(1)[:2]}, "no answer of the assistant"),
            6: ({"messages": [{"role": "narrator", "content": "x"}]}, 'the role "narrator"'),
            8: ({"messages": "hello"}, "no JSON list"),
            11: ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]}, "such as a picture"),
        },
    ),
    "conversations (ShareGPT)": (
        lambda n: {"id": f"c{n}", "conversations": shared(n)},
        {
            1: ({"conversations": []}, "an empty one"),
            12: ({"conversations": shared(11)[::-1]}, "answers before anybody has asked"),
            13: ({"conversations": ["hi"]}, "message 1 is no object"),
        },
    ),
    "text with Llama-2 markup": (
        lambda n: {"text": llama(n)},
        {
            5: ({"text": "Just a text about shops."}, "no [INST]"),
            10: ({"text": "<s>[INST] never closed"}, "has no [/INST]"),
            15: ({"text": "<s>[INST] <<SYS>> x [/INST] y </s>"}, "no <</SYS>>"),
        },
    ),
}  # fmt: skip


def rows_of(form: str) -> list[dict[str, Any]]:
    make, wrong = FORMS[form]
    return [wrong[n + 1][0] if n + 1 in wrong else make(n) for n in range(20)]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows), encoding="utf-8")
    elif path.suffix == ".csv":
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            for row in rows:
                writer.writerow({k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()})
    else:
        arrow = pytest.importorskip("pyarrow")
        import pyarrow.parquet as parquet

        columns = list(dict.fromkeys(key for row in rows for key in row))
        texts = [
            {c: v if isinstance(v := row.get(c), str | None) else json.dumps(v, ensure_ascii=False) for c in columns}
            for row in rows
        ]
        parquet.write_table(arrow.Table.from_pylist(texts), path)
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".parquet"])
@pytest.mark.parametrize("form", list(FORMS))
def test_every_form_is_recognised_and_wrong_rows_are_named_by_number(form: str, suffix: str, tmp_path: Path) -> None:
    table = read_table(write(tmp_path / f"data{suffix}", rows_of(form)))
    wrong = FORMS[form][1]
    if suffix in (".csv", ".parquet"):
        # there every value is a text, so 42 is one
        wrong = {n: said for n, said in wrong.items() if "no text but" not in said[1]}
    assert table.form.name == form
    assert table.count == 20
    assert [int(re.match(r"row (\d+): ", p)[1]) for p in table.problems] == sorted(wrong)  # type: ignore[index]
    for problem, number in zip(table.problems, sorted(wrong), strict=True):
        assert wrong[number][1] in problem or suffix in (".csv", ".parquet"), problem
    for pair in table.pairs:
        if pair.number - 1 < 20 and pair.number not in FORMS[form][1]:
            n = pair.number - 1
            strip = form.startswith("text")
            assert pair.brief == (brief(n).strip() if strip else brief(n))
            assert pair.plan == (plan(n).strip() if strip else plan(n))
    assert "…" in table.as_dict()["first"]["plan"] or len(plan(0)) < 160


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    alpaca = read_table(write(tmp_path / "a.jsonl", rows_of("instruction/input/output (Alpaca)")))
    assert ASK in alpaca.notes[0]
    messages = read_table(write(tmp_path / "m.jsonl", rows_of("messages (OpenAI)")))
    assert "the system prompt of 16 rows is left out" in messages.notes[0]
    prompts = [
        {"prompt": f"{ASK} Use only the client's own words.\n{brief(n)}", "completion": plan(n)} for n in range(5)
    ]
    assert "begin with the same" in " ".join(read_table(write(tmp_path / "p.jsonl", prompts)).notes)


def test_an_instruction_that_differs_belongs_to_the_brief(tmp_path: Path) -> None:
    rows = [{"instruction": brief(n), "input": "By May." if n else "", "output": plan(n)} for n in range(3)]
    table = read_table(write(tmp_path / "a.jsonl", rows))
    assert [p.brief for p in table.pairs] == [brief(0), f"{brief(1)}\n\nBy May.", f"{brief(2)}\n\nBy May."]


def test_of_several_turns_the_last_full_answer_is_the_plan(tmp_path: Path) -> None:
    more = [
        {"role": "user", "content": "Add gift cards."},
        {"role": "assistant", "content": plan(0) + "| Gift cards | 3 h |"},
    ]
    bye = [{"role": "user", "content": "Thanks!"}, {"role": "assistant", "content": "You're welcome!"}]
    table = read_table(write(tmp_path / "m.jsonl", [{"messages": chat(0) + more + bye}]))
    assert table.pairs[0].brief == f"{brief(0)}\n\nAdd gift cards."
    assert table.pairs[0].plan.endswith("| Gift cards | 3 h |")
    assert "1 row of several turns" in " ".join(table.notes)
    rounds = f"{llama(0)}<s>[INST] Add gift cards. [/INST] {plan(0)} And cards. </s>"
    assert read_table(write(tmp_path / "t.jsonl", [{"text": rounds}])).pairs[0].plan == f"{plan(0)} And cards."


def test_trl_and_llama_prompts_are_read_too(tmp_path: Path) -> None:
    trl = {"prompt": chat(0)[:2], "completion": chat(0)[2:]}
    marked = {"prompt": llama(1).split("[/INST]")[0] + "[/INST]", "completion": plan(1).strip()}
    one, two = read_table(write(tmp_path / "d.jsonl", [trl, marked])).pairs
    assert (one.brief, one.plan) == (brief(0), plan(0))
    assert (two.brief, two.plan) == (brief(1).strip(), plan(1).strip())


@pytest.mark.parametrize(
    ("columns", "nearest", "missing"),
    [
        (("prompt", "response"), "prompt/completion", 'completion (perhaps your "response"?)'),
        (("promt", "completion"), "prompt/completion", 'prompt (perhaps your "promt"?)'),
        (("instruction", "input"), "instruction/input/output", "missing: output"),
        (("mesages", "id"), "messages (OpenAI)", 'messages (perhaps your "mesages"?)'),
        (("brief", "notes"), "brief/plan", "missing: plan"),
    ],
)
def test_a_missing_column_names_those_found_and_the_nearest_form(
    columns: tuple[str, str], nearest: str, missing: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "d.csv", [dict.fromkeys(columns, "Some words.")])
    with pytest.raises(InputError) as refused:
        read_table(path)
    said = str(refused.value)
    assert ", ".join(columns) in said
    assert f"nearest is {nearest}" in said
    assert missing in said


def test_columns_may_be_named_by_hand(tmp_path: Path) -> None:
    rows = [{"Cerințe": brief(0), "Ofertă": plan(0), "Firma": "Ana SRL"}]
    table = read_table(write(tmp_path / "d.csv", rows), Wanted("Firma", "Cerințe", "Ofertă"))
    assert (table.pairs[0].brief, table.pairs[0].plan, table.pairs[0].client) == (brief(0), plan(0), "Ana SRL")
    with pytest.raises(InputError, match='did you mean "Firma"'):
        read_table(tmp_path / "d.csv", Wanted("Firm"))


def test_tables_of_spreadsheets_are_read(tmp_path: Path) -> None:
    text = 'Prompt;Completion\r\n"We sell; bread.\r\nAnd ""cake"".";Plan A\r\nWe fix cars.;Plan B\r\n'
    for name, data in (("a.csv", text.encode("utf-8-sig")), ("b.csv", text.encode("utf-16"))):
        (tmp_path / name).write_bytes(data)
        table = read_table(tmp_path / name)
        assert [p.brief for p in table.pairs] == ['We sell; bread.\r\nAnd "cake".', "We fix cars."]


def test_one_bad_line_of_a_file_is_one_bad_row(tmp_path: Path) -> None:
    good = json.dumps({"prompt": "We sell bread.", "completion": "Plan."}).encode()
    lines = [good, b"{broken", b'{"prompt": "caf\xe9", "completion": "Plan."}', b"[1]", b"", b'{"prompt": "\\ud800 x", "completion": "P"}', good.replace(b"bread", b"milk")]  # fmt: skip
    lines += [b"[" * 100_000, b'{"prompt": "a\\u0000b", "completion": "P"}', b'{"prompt": ' + b"9" * 10_000 + b"}"]
    (tmp_path / "d.jsonl").write_bytes(b"\n".join(lines))
    table = read_table(tmp_path / "d.jsonl")
    assert [p.number for p in table.pairs] == [1, 7]
    said = "\n".join(table.problems)
    for part in ("row 2: not valid JSON", "row 3: the brief is not UTF-8 (byte 0xe9)", "row 4: a list", "row 6: the brief holds half", "row 8: ", "row 9: the brief holds a NUL", "row 10: "):  # fmt: skip
        assert part in said
    (tmp_path / "d.csv").write_text('prompt,completion\na b,c\nd,e,f\n"open,x\nlost,y\n')
    table = read_table(tmp_path / "d.csv")
    assert [p.number for p in table.pairs] == [1]
    assert "row 2: 3 cells under 2 columns" in table.problems[0]
    assert "never closed" in table.problems[1]


def test_equal_rows_are_taken_once(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "d.jsonl", [{"brief": brief(n % 2), "plan": plan(n % 2)} for n in range(3)]))
    assert [p.number for p in table.pairs] == [1, 2]
    assert "row 3 says the same as row 1 and is left out" in table.notes


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("d.jsonl", b"", "holds no rows"),
        ("d.json", b'{"a": ', "not valid JSON"),
        ("d.json", b"[]", "holds no rows"),
        ("d.csv", b"a,a\n1,2\n", "names a twice"),
        ("d.csv", b"prompt,completion\n", "holds no rows"),
        ("d.parquet", b"PAR1 no parquet", "no readable Parquet file"),
        ("d.xml", b"<a/>", "no dataset file"),
        ("d.jsonl", b'{"prompt": "", "completion": ""}', "no row can be used"),
    ],
)
def test_files_without_rows_say_so(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=re.escape(said)):
        read_table(tmp_path / name)


def test_a_dataset_in_an_object_and_lines_called_json_are_read(tmp_path: Path) -> None:
    rows = [{"brief": brief(n), "plan": plan(n)} for n in range(3)]
    (tmp_path / "o.json").write_text(json.dumps({"version": 1, "data": rows}))
    assert len(read_table(tmp_path / "o.json").pairs) == 3
    (tmp_path / "l.json").write_text("\n".join(map(json.dumps, rows)))
    assert read_table(tmp_path / "l.json").kind == "JSON Lines"


def test_local_text_files_need_no_heavy_library(tmp_path: Path) -> None:
    path = write(tmp_path / "d.jsonl", rows_of("prompt/completion"))
    code = (
        "import sys; from pathlib import Path; from plansmith.sources.importing import import_source, open_source\n"
        f"import_source(open_source(Path({str(path)!r})), Path({str(tmp_path / 'out')!r}))\n"
        "print({'torch', 'datasets', 'pyarrow', 'pandas', 'huggingface_hub'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1).filter(
    lambda t: (
        any(c.isalnum() for c in t) and not any(mark in t for mark in ("[INST]", "[/INST]", "<<SYS>>", "<s>", "</s>"))
    )
)


@given(st.lists(st.tuples(words, words), min_size=1, max_size=4))
def test_llama_markup_gives_back_its_turns(rounds: list[tuple[str, str]]) -> None:
    text = "".join(f"<s>[INST] {a} [/INST] {b} </s>" for a, b in rounds)
    turns = [Turn(role, t.strip()) for pair in rounds for role, t in zip(("user", "assistant"), pair, strict=True)]
    assert from_markup(text) == turns
    assert pair_of_turns(turns).plan in [b.strip() for _, b in rounds]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(
    suffix=st.sampled_from([".jsonl", ".json", ".csv", ".tsv", ".parquet"]),
    content=st.one_of(
        st.binary(max_size=300),
        st.text(st.sampled_from('{}[]",:;\\\n\r\t promtcle<s>/IN0'), max_size=200).map(
            lambda t: t.encode("utf-8", "surrogatepass")
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["prompt", "completion", "messages", "role", "content", "text", "x"]), inner, max_size=4),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    ),
)  # fmt: skip
def test_no_file_gets_past_the_error_family(suffix: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"f{suffix}"
    path.write_bytes(content)
    try:
        table = read_table(path)
    except PlansmithError:
        return
    assert all(pair.brief.encode() and pair.plan.encode() for pair in table.pairs)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(texts=st.lists(st.tuples(words, words), min_size=1, max_size=5, unique=True))
def test_csv_gives_back_every_text(texts: list[tuple[str, str]], tmp_path: Path) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("brief", "plan"), *texts])
    (tmp_path / "d.csv").write_bytes(file.getvalue().encode("utf-8-sig"))
    table = read_table(tmp_path / "d.csv")
    told = {p.number: (p.brief, p.plan) for p in table.pairs}
    for number, (one, two) in enumerate(texts, 1):
        assert told[number] == (one.removeprefix("\ufeff"), two.removeprefix("\ufeff"))


def test_csv_of_old_windows_encodings_is_read_and_said(tmp_path: Path) -> None:
    said = "Vrem o aplicaţie pentru clienţi, să poată plăti şi rezerva. Costă 30 €."
    (tmp_path / "ro.csv").write_bytes(f"brief;plan\r\n{said};Plan şi teste\r\n".encode("cp1250"))
    table = read_table(tmp_path / "ro.csv")
    assert table.pairs[0].brief == said
    assert table.notes == ["not UTF-8; read as cp1250, look at its letters"]
    # one broken byte in a UTF-8 file is one wrong row
    (tmp_path / "utf8.csv").write_bytes("brief,plan\nă,ș\nb,țț\n".encode() + b"caf\xe9,plan\n")
    table = read_table(tmp_path / "utf8.csv")
    assert ([p.number for p in table.pairs], table.notes) == ([1, 2], [])
    assert "row 3: the brief is not UTF-8" in table.problems[0]


def test_excel_s_own_line_about_the_separator_is_obeyed(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(
        "sep=|\r\nprompt|completion\r\nWe sell, we buy; we rent|=SUM(A1:A9)\r\n", newline=""
    )
    pair = read_table(tmp_path / "d.csv").pairs[0]
    assert (pair.number, pair.brief, pair.plan) == (1, "We sell, we buy; we rent", "=SUM(A1:A9)")


def test_a_table_without_names_and_a_file_of_several_lists_are_told(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(f"{'We sell bread and cake. ' * 9},Plan one\nWe fix cars.,Plan two\n")
    with pytest.raises(InputError, match="Does the first line name the columns") as refused:
        read_table(tmp_path / "d.csv")
    assert len(str(refused.value)) < 400
    rows = [{"brief": "We sell.", "plan": "x"}]
    (tmp_path / "d.json").write_text(json.dumps({"train": rows, "test": rows}))
    with pytest.raises(InputError, match=re.escape("several lists of rows (train, test)")):
        read_table(tmp_path / "d.json")
