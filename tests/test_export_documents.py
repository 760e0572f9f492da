"""Plans as Word, PDF and Excel files, read back by other readers: everything is there, and nothing is a command."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pypdfium2
import pytest
from docx.oxml.ns import qn
from generated import plans
from hypothesis import HealthCheck, Phase, given, settings

from plansmith.errors import InputError
from plansmith.export import FORMATS, Planned, export_plan, planned
from plansmith.export.compose import compose
from plansmith.export.document import Ref
from plansmith.export.fields import FIELDS, ROWS, row_values, values
from plansmith.export.phrases import chain, runs
from plansmith.locale import table
from plansmith.plan import Plan, parse_plan, read_brief, with_quotes
from plansmith.plan import types as t

SAMPLES = Path(__file__).parent.parent / "examples"
TODAY = dt.date(2026, 9, 7)
NASTY = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "#set page(fill: red)", '<w:p/>&amp;"', "{{title}} $x$ *b* _i_ `c` \\")
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""Making a smaller example of a failure would take minutes."""
BY_NAME = {one.name: one for one in FORMATS}


def sample(language: str = "en") -> Plan:
    """A sample project with a team, rates, past hours and one item of everything."""
    folder = SAMPLES / "archive" / "01-bakery-preorders"
    plan = with_quotes(
        parse_plan((folder / "plan.md").read_text(encoding="utf-8")),
        read_brief((folder / "brief.md").read_text(encoding="utf-8")),
    )
    roles = dict.fromkeys(task.role for task in plan.tasks)
    based = (t.Estimate(o=task.estimate.o, m=task.estimate.m, p=task.estimate.p, basis=(7, 9.5)) for task in plan.tasks)
    tasks = [task.model_copy(update={"estimate": estimate}) for task, estimate in zip(plan.tasks, based, strict=True)]
    tasks[9] = tasks[9].model_copy(update={"status": "dropped"})
    more = {
        "language": language,
        "team": tuple(t.Member(name=f"Ștefan {role}", role=role, rate=40 + 5 * n) for n, role in enumerate(roles)),
        "tasks": tuple(tasks),
        "calendar": t.Calendar(country="GB", start=TODAY),
        "assumptions": (t.Assumption(id="A1", text="There is wifi.", if_false="paper", blocks=("R6",)),),
        "architecture": t.Architecture(
            components=(t.Component(id="C1", name="Customer", kind="person"), t.Component(id="C2", name="Page")),
            connections=(t.Connection(start="C1", end="C2", label="orders"),),
            entities=(t.Entity(name="Order", attributes=("slot",)),),
        ),
        "out_of_scope": ("Home delivery",),
        "glossary": (t.Term(term="Slot", definition="Half an hour."),),
        "testing": "On phones.\n\n- one\n\n- two",
        "changelog": (t.Change(date=TODAY, text="First version."),),
    }
    return plan.model_copy(update=more)


@pytest.fixture(scope="module", params=["en", "ro"])
def made(request: pytest.FixtureRequest) -> Planned:
    return planned(sample(request.param))


@pytest.fixture(scope="module")
def word(made: Planned) -> Any:
    return docx.Document(io.BytesIO(BY_NAME["docx"].write(made)))


@pytest.fixture(scope="module")
def pages(made: Planned) -> Any:
    return pypdfium2.PdfDocument(BY_NAME["pdf"].write(made))


@pytest.fixture(scope="module")
def book(made: Planned) -> bytes:
    return BY_NAME["xlsx"].write(made)


def word_text(document: Any) -> str:
    return "\n".join("".join(x.text or "" for x in p.iter(qn("w:t"))) for p in document.element.body.iter(qn("w:p")))


def texts_of(plan: Plan) -> list[str]:
    """What no document may leave out."""
    found = [plan.title, plan.client, *(quote.text for quote in plan.quotes)]
    for item in plan.items():
        found += [item.id, *(getattr(item, name, "") for name in ("text", "title", "event", "name", "if_false"))]
    return [one for one in found if one]


def test_word_says_everything_under_real_headings(made: Planned, word: Any) -> None:
    text = word_text(word)
    assert [one for one in texts_of(made.plan) if one not in text] == []
    headings = [p.text for p in word.paragraphs if p.style.name == "Heading 1"]
    assert headings == [section.title for section in compose(made).sections]
    contents = [link.get(qn("w:anchor")) for link in word.element.body.iter(qn("w:hyperlink"))]
    marks = {mark.get(qn("w:name")) for mark in word.element.body.iter(qn("w:bookmarkStart"))}
    assert set(contents) <= marks
    assert 'TOC \\o "1-1"' in word.element.xml
    assert table(made.plan.language, "export")["document"]["contents"] in text


def test_word_repeats_heads_and_numbers_pages(word: Any) -> None:
    for one in word.tables:
        rows = one._tbl.tr_lst
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)
    assert sum(one._tbl.tr_lst[0].trPr.find(qn("w:tblHeader")) is not None for one in word.tables) >= 5
    footer = word.sections[0].footer._element.xml
    assert "PAGE" in footer
    assert "NUMPAGES" in footer
    assert word.sections[0].different_first_page_header_footer


def test_word_tells_dates_and_pictures_for_those_who_cannot_see(made: Planned, word: Any) -> None:
    text = word_text(word)
    from plansmith.plan import span_text

    assert all(span_text(made.plan, task) in text for task in made.schedule.tasks)
    described = [shape._inline.docPr.get("descr") for shape in word.inline_shapes]
    assert len(described) == 2
    assert all(described)


def test_pdf_says_everything_with_bookmarks_and_numbers(made: Planned, pages: Any) -> None:
    def squeezed(text: str) -> str:
        return re.sub(r"[\s\u200b\ufffe\u00ad\x02-]+", "", text)

    whole = squeezed("".join(page.get_textpage().get_text_range() for page in pages))
    assert [one for one in texts_of(made.plan) if squeezed(one) not in whole] == []
    bookmarks = [mark.get_title() for mark in pages.get_toc() if mark.level == 0]
    assert bookmarks == [section.title for section in compose(made).sections]
    last = pages[len(pages) - 1].get_textpage().get_text_range()
    total = len(pages)
    assert table(made.plan.language, "export")["document"]["page"].format(n=total, total=total) in last
    assert pages.get_metadata_value("Title") == made.plan.title
    assert "Șt" in squeezed("".join(page.get_textpage().get_text_range() for page in pages))


def test_pdf_and_word_are_the_same_bytes_each_time(made: Planned) -> None:
    again = planned(made.plan)
    for name in ("docx", "pdf", "xlsx"):
        assert BY_NAME[name].write(made) == BY_NAME[name].write(again), name


def test_workbook_holds_the_plans_totals(made: Planned, book: bytes) -> None:
    say = table(made.plan.language, "export")["workbook"]
    shown = openpyxl.load_workbook(io.BytesIO(book), data_only=True)
    formulas = openpyxl.load_workbook(io.BytesIO(book))
    tasks, cost, plan = shown[say["tasks"]], shown[say["cost"]], made.plan
    assert [row[0].value for row in tasks.iter_rows(min_row=2, max_row=11)] == [task.id for task in plan.tasks]
    assert [[c.value for c in row[6:9]] for row in tasks.iter_rows(min_row=2, max_row=11)] == [
        [task.estimate.o, task.estimate.m, task.estimate.p] for task in plan.tasks if task.estimate
    ]
    assert tasks["J12"].value == pytest.approx(made.schedule.effort_h)
    assert cost["G11"].value == pytest.approx(made.schedule.cost)
    assert cost["G13"].value == pytest.approx(plan.budget - made.schedule.cost)
    assert formulas[say["tasks"]]["J2"].value.startswith("=IF(COUNT(G2:I2)<3,0,")
    dates = {row[0].value: (row[4].value, row[5].value) for row in shown[say["schedule"]].iter_rows(min_row=2)}
    for task in made.schedule.tasks:
        assert tuple(moment.replace(microsecond=0) for moment in dates[task.id]) == pytest.approx(
            (task.start, task.finish), abs=dt.timedelta(seconds=1)
        )
    for sheet in shown.worksheets[1:]:
        assert sheet.freeze_panes == "C2"
        assert sheet.auto_filter.ref


def test_workbook_formulas_come_to_what_stands_beside_them(made: Planned, book: bytes) -> None:
    """The few functions that the formulas use, computed here once more from the cells."""
    say = table(made.plan.language, "export")["workbook"]
    tasks = openpyxl.load_workbook(io.BytesIO(book), data_only=True)[say["tasks"]]
    rows = [[cell.value for cell in row] for row in tasks.iter_rows(min_row=2, max_row=11)]
    for row in rows:
        o, m, p = sorted(row[6:9])
        assert row[9] == pytest.approx((o + 4 * m + p) / 6)
        assert row[10] == pytest.approx((p - o) / 6)
    assert sum(row[9] for row in rows if row[12] == say["live"]) == pytest.approx(tasks["J12"].value)


def nasty(plan: Plan) -> Plan:
    """The sample with texts that a format may take for commands."""
    texts = (NASTY * 3)[: len(plan.tasks)]
    tasks = tuple(one.model_copy(update={"title": text.strip()}) for one, text in zip(plan.tasks, texts, strict=True))
    quotes = tuple(one.model_copy(update={"text": NASTY[n % len(NASTY)].strip()}) for n, one in enumerate(plan.quotes))
    long = "x" * 40_000
    return plan.model_copy(update={"tasks": tasks, "quotes": quotes, "title": "=cmd|'/c calc'!A1", "client": long})


def test_a_clients_text_is_never_a_command() -> None:
    hard = planned(nasty(sample()))
    book = openpyxl.load_workbook(io.BytesIO(BY_NAME["xlsx"].write(hard)))
    ours = re.compile(r"=(IF\(|SUM|'|[A-Z]\d+[*-])")
    for sheet in book.worksheets:
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            assert cell.hyperlink is None
            if cell.data_type == "f":
                assert ours.match(cell.value), cell.value
    assert book.worksheets[2]["B2"].data_type == "s"
    assert book.worksheets[2]["B2"].quotePrefix
    text = word_text(docx.Document(io.BytesIO(BY_NAME["docx"].write(hard))))
    pages = pypdfium2.PdfDocument(BY_NAME["pdf"].write(hard))
    shown = "".join(page.get_textpage().get_text_range() for page in pages)
    for one in NASTY:
        assert one.strip() in text
    assert "#set page(fill: red)" in shown
    assert "{{title}} $x$ *b* _i_ `c` \\" in shown


@settings(
    max_examples=5,
    deadline=None,
    phases=NO_SHRINKING,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(plans)
def test_any_plan_goes_out_and_can_be_opened(plan: Plan) -> None:
    try:
        made = planned(plan, TODAY)
    except InputError:
        return
    document = docx.Document(io.BytesIO(BY_NAME["docx"].write(made)))
    assert all(item.id in word_text(document) for item in plan.items())
    assert len(pypdfium2.PdfDocument(BY_NAME["pdf"].write(made))) >= 1
    book = openpyxl.load_workbook(io.BytesIO(BY_NAME["xlsx"].write(made)), data_only=True)
    assert len(book.worksheets) == 8


def test_an_empty_plan_goes_out() -> None:
    made = planned(Plan(title="Empty"), TODAY)
    assert all(one.write(made) is not None for one in FORMATS if one.name in ("docx", "pdf", "xlsx", "html"))


def test_ids_in_a_row_and_long_chains_are_shortened() -> None:
    assert runs(["T1", "T2", "T3", "T4", "T7", "U8"]) == (Ref("T1"), "–", Ref("T4"), ", ", Ref("T7"), ", ", Ref("U8"))
    long = [f"T{n}" for n in range(1, 100)]
    assert len(chain(long)) < 60
    assert chain(long)[-1] == Ref("T99")


# --- the agency's template


def template(path: Path, *paragraphs: str, row: tuple[str, ...] = ()) -> Path:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "{{document}}"
    for text in paragraphs:
        document.add_paragraph(text)
    if row:
        made = document.add_table(2, len(row))
        for cell, text in zip(made.rows[1].cells, row, strict=True):
            cell.text = text
    document.save(path)
    return path


def test_a_template_is_filled_in(tmp_path: Path) -> None:
    row = ("{{task.id}}", "{{ task.title }}: {{task.dates}}", "{{task.cost}}")
    path = template(tmp_path / "t.docx", "{{Title}} for {{client}}", "{{risks}}", "{{glossary}}", row=row)
    split = docx.Document(path)
    paragraph = split.add_paragraph("{{ti")
    paragraph.add_run("tle").bold = True
    paragraph.add_run("}} ends on {{finish}}")
    split.save(path)
    made = planned(sample(), template=path)
    document = docx.Document(io.BytesIO(BY_NAME["docx"].write(made)))
    text = word_text(document)
    assert "{{" not in text
    assert f"{made.plan.title} for {made.plan.client}" in text
    assert re.search(rf"{made.plan.title} ends on \d+ Sept 2026", text)
    assert all(risk.event in text for risk in made.plan.risks)
    assert document.sections[0].header.paragraphs[0].text == "Development plan"
    rows = [[cell.text for cell in one.cells] for one in document.tables[-1].rows][1:]
    assert [one[0] for one in rows] == [task.id for task in made.schedule.tasks]


def test_a_template_says_all_that_is_wrong_with_it(tmp_path: Path) -> None:
    path = template(tmp_path / "t.docx", "{{titel}}", "All {{tasks}} here", "{{task.id}}", "{{nonsense}}")
    with pytest.raises(InputError) as caught:
        BY_NAME["docx"].write(planned(sample(), template=path))
    said = str(caught.value)
    assert "{{title}}?" in said
    assert "alone in its paragraph" in said
    assert "row of a table" in said
    assert "{{nonsense}}" in said
    (tmp_path / "no.docx").write_bytes(b"no zip")
    for name in ("no.docx", "missing.docx"):
        with pytest.raises(InputError, match=name):
            BY_NAME["docx"].write(planned(sample(), template=tmp_path / name))


def test_each_field_has_a_value_and_stands_in_the_documentation() -> None:
    made = planned(sample())
    assert set(values(made)) == set(FIELDS)
    told = (Path(__file__).parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
    for name in FIELDS:
        assert f"`{{{{{name}}}}}`" in told, name
    for kind, names in ROWS.items():
        assert next(set(row) for row in row_values(made, {kind})) == {f"{kind}.{name}" for name in names}
        assert all(f"`{kind}.{name}`" in told for name in names), kind


def test_the_example_template_is_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "agency.docx"
    subprocess.run([sys.executable, str(SAMPLES / "make_template.py"), str(path)], check=True)
    text = word_text(docx.Document(io.BytesIO(BY_NAME["docx"].write(planned(sample(), template=path)))))
    assert "{{" not in text


# --- the door


def test_export_writes_all_or_nothing(tmp_path: Path) -> None:
    plan = sample()
    (tmp_path / "plan.xlsx").write_text("mine")
    with pytest.raises(InputError) as caught:
        export_plan(plan, ["xlsx", "docs", "html"], tmp_path / "plan", today=TODAY)
    assert "Did you mean docx?" in str(caught.value)
    assert "plan.xlsx exists already" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["plan.xlsx"]
    written = export_plan(plan, ["xlsx", "html"], tmp_path / "plan", today=TODAY, force=True)
    assert {one.path.name: one.size for one in written} == {
        path.name: path.stat().st_size for path in tmp_path.iterdir()
    }
    assert (tmp_path / "plan.xlsx").read_bytes()[:2] == b"PK"
    with pytest.raises(InputError, match="no format is named"):
        export_plan(plan, [" "], tmp_path / "plan", today=TODAY)
    with pytest.raises(InputError, match="add docx to --to"):
        export_plan(plan, ["html"], tmp_path / "new", today=TODAY, template=tmp_path / "t.docx")


def test_export_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from plansmith.cli.export import export

    plan = SAMPLES / "archive" / "01-bakery-preorders" / "plan.md"
    export(plan, to="html,xlsx", output=tmp_path / "out", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert [Path(one["path"]).name for one in told] == ["plan.html", "plan.xlsx"]
    export(plan, to="html", output=tmp_path / "page.html")
    assert (tmp_path / "page.html").is_file()
    export(plan, to="html", output=tmp_path / "v1.2")
    assert (tmp_path / "v1.2" / "plan.html").is_file()
    capsys.readouterr()
    export(plan, to="list")
    listed = capsys.readouterr().out
    assert all(one.name in listed for one in FORMATS)
    with pytest.raises(InputError, match=r"ends in \.html"):
        export(plan, to="html", output=tmp_path / "page.pdf")
    with pytest.raises(InputError, match="give a folder"):
        export(plan, to="html,pdf", output=tmp_path / "page.pdf")
    with pytest.raises(InputError, match="add -o"):
        export(Path("-"), to="html")


def test_every_row_of_the_table_names_a_function() -> None:
    from importlib import import_module

    for one in FORMATS:
        module, name = one.place.split(":")
        assert callable(getattr(import_module(module), name)), one
    assert len({one.name for one in FORMATS}) == len({one.suffix for one in FORMATS}) == len(FORMATS)
