"""Views of a plan: the HTML page is whole, safe and complete in both languages; show, render, diff and lint work."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from generated import plans
from hypothesis import HealthCheck, assume, given, settings

from plansmith.cli.chart import gantt, print_plan_view
from plansmith.errors import InputError
from plansmith.locale import table
from plansmith.plan import Plan, parse_plan, read_brief, render_plan, schedule, simulate
from plansmith.plan import types as t
from plansmith.plan.timeline import timeline
from plansmith.plan.trace import backwards, forwards, with_quotes
from plansmith.plan.view import render_html, risks_in_order

SAMPLE = Path(__file__).parent.parent / "examples" / "archive" / "01-bakery-preorders"
TODAY = dt.date(2026, 9, 7)
EVIL = """<script>alert("x")</script>'"><img src=http://evil.example/x onerror=alert(1)> & </style></title> {{ 7*7 }} {% x %}"""
VOID = {"meta", "br", "img", "link", "hr", "input"}


class Walk(HTMLParser):
    """Collects tags, attributes, ids and text; notes tags that are closed in the wrong order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    @property
    def ids(self) -> list[str]:
        return [value for name, value in self.attributes if name == "id"]


def walk(page: str) -> Walk:
    """The page, parsed; fails on anything that is not whole, not safe or not offline."""
    found = Walk()
    found.feed(page)
    found.close()
    assert not found.wrong
    assert not found.open
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(found.tags)
    assert not [name for name, _ in found.attributes if name in ("src", "srcset", "style") or name.startswith("on")]
    assert all(value.startswith("#") for name, value in found.attributes if name == "href")
    assert "url(" not in page.split("<body>")[0]
    assert "@import" not in page.split("<body>")[0]
    assert any(value.startswith("default-src 'none'; style-src 'unsafe-inline'") for _, value in found.attributes)
    assert len(found.ids) == len(set(found.ids))
    assert {value[1:] for name, value in found.attributes if name == "href"} <= set(found.ids)
    return found


def page_of(plan: Plan, forecast: bool = True) -> str:
    done = schedule(plan, TODAY)
    return render_html(plan, done, simulate(plan, done, runs=200) if forecast else None)


@pytest.fixture(scope="module")
def bakery() -> Plan:
    brief = read_brief((SAMPLE / "brief.md").read_text(encoding="utf-8"))
    return with_quotes(parse_plan((SAMPLE / "plan.md").read_text(encoding="utf-8")), brief)


def nasty(language: t.Language = "ro") -> Plan:
    """Every field with a text that would break a careless page."""
    huge = EVIL + " cuvânt" * 3000 + "x" * 3000
    return Plan(
        title=EVIL,
        language=language,
        client=EVIL,
        currency="RON",
        budget=1000,
        deadline=dt.date(2026, 12, 1),
        summary=f"{EVIL}\n\n{huge}",
        requirements=(
            t.Requirement(id="R1", text=huge, source=("S1", "S9"), origin="stated", fit=EVIL),
            t.Requirement(id="R2", text=EVIL, priority="wont", status="dropped"),
            t.Requirement(id="R3", text=EVIL, status="superseded", superseded_by=("R1", "R77")),
        ),
        stories=(
            t.Story(
                id="U1",
                role=EVIL,
                want=EVIL,
                so_that=EVIL,
                requirements=("R1", "R50"),
                acceptance=(t.Scenario(given=EVIL, when=EVIL, then=EVIL),),
            ),
        ),
        tasks=(
            t.Task(id="T1", title=huge, role="design", serves=("U1",), done_when=EVIL),
            t.Task(id="T2", title=EVIL, role="web", serves=("R1",), depends_on=(t.Dependency(task="T1", lag=-2.5),)),
        ),
        milestones=(t.Milestone(id="M1", title=EVIL, exit=EVIL, tasks=("T1", "T9")), t.Milestone(id="M2", title=EVIL)),
        risks=(
            t.Risk(id="K1", event=EVIL, cause=EVIL, effect=EVIL, response=EVIL, owner=EVIL, probability=1),
            t.Risk(id="K2", event=EVIL, probability=5, impact=5),
        ),
        assumptions=(t.Assumption(id="A1", text=EVIL, if_false=EVIL),),
        questions=(
            t.Question(id="Q1", text=EVIL, blocks=("R1",), ask=EVIL),
            t.Question(id="Q2", text=EVIL, answer=EVIL),
        ),
        decisions=(
            t.Decision(
                id="D1", title=EVIL, context=EVIL, options=(t.Option(title=EVIL, consequence=EVIL),), chosen=EVIL
            ),
        ),
        architecture=t.Architecture(
            components=(t.Component(id="C1", name=EVIL, purpose=EVIL),),
            connections=(t.Connection(start="C1", end="C8", label=EVIL),),
            entities=(t.Entity(name="Comandă", attributes=("oră",)),),
        ),
        out_of_scope=(EVIL,),
        glossary=(t.Term(term=EVIL, definition=EVIL),),
        testing=EVIL,
        rollout=EVIL,
        quotes=(t.Quote(id="S1", text=EVIL), t.Quote(id="S2", text=huge)),
        changelog=(t.Change(date=TODAY, text=EVIL),),
    )


def test_the_page_of_a_sample_is_whole_and_complete(bakery: Plan) -> None:
    found = walk(page_of(bakery))
    assert {item.id for item in bakery.items()} | {quote.id for quote in bakery.quotes} <= set(found.ids)
    text = " ".join(" ".join(found.text).split())
    for words in (
        "15 Sept 2026",
        "£9,000",
        "I would love them to order bread and cakes on their phones instead.",
        "P80",
    ):
        assert words in text
    assert text.count("not a requirement") == 3
    assert "Given an open collection day, when a customer sends a basket, then an order number is shown." in text


@pytest.mark.parametrize("language", ["en", "ro"])
def test_a_nasty_plan_stays_text(language: t.Language) -> None:
    plan = nasty(language)
    page = page_of(plan)
    found = walk(page)
    assert {item.id for item in plan.items()} | {"S1", "S2", "S9"} <= set(found.ids)
    assert EVIL in found.text
    assert "{{ 7*7 }}" in page
    assert "49" not in "".join(found.text).replace(EVIL, "")
    headings = table(language)["headings"]
    text = " ".join(found.text)
    assert all(headings[key][0] in text for key in ("requirements", "stories", "risks", "questions", "changelog"))
    assert "http" not in page.replace("http-equiv", "").replace("http://evil.example", "")


@pytest.mark.parametrize("language", ["en", "ro"])
def test_a_plan_with_nothing_but_a_title(language: t.Language) -> None:
    found = walk(page_of(Plan(title="Un plan", language=language), forecast=False))
    assert found.text.count("Un plan") == 2


def test_romanian_figures_dates_and_plural_forms() -> None:
    tasks = tuple(t.Task(id=f"T{n}", title="x", role="web", estimate=t.Estimate(o=8, m=8, p=8)) for n in range(1, 24))
    plan = Plan(
        title="x", language="ro", currency="RON", tasks=tasks, team=(t.Member(name="Ana", role="web", rate=90),)
    )
    text = " ".join(walk(page_of(plan)).text)
    for words in ("184 de ore", "23 de sarcini", "23 de zile lucrătoare", "7 oct. 2026", "16.560 RON"):
        assert words in text.replace("\u00a0", " "), words


def test_every_chart_position_is_inside_the_drawing(bakery: Plan) -> None:
    for plan, today in ((bakery, TODAY), (bakery, None), (nasty(), TODAY), (bakery, dt.date(2026, 10, 30))):
        line = timeline(plan, schedule(plan, today))
        assert all(0 <= bar.left <= bar.left + bar.width <= 100.001 for bar in line.bars)
        assert all(0 <= mark.at <= 100 for mark in (*line.milestones, *line.ticks))
        assert 1 <= len(line.ticks) <= 8


def test_the_deadline_is_drawn_where_the_chart_reaches_it(bakery: Plan) -> None:
    assert timeline(bakery, schedule(bakery, TODAY)).deadline is None
    near = timeline(bakery, schedule(bakery, dt.date(2026, 10, 26))).deadline
    assert near is not None
    assert 0 < near.at < 100


def test_what_follows_from_what(bakery: Plan) -> None:
    first = forwards(bakery)[0]
    assert first.requirement.id == "R1"
    assert [(b.story.id if b.story else "", [task.id for task in b.tasks]) for b in first.branches] == (
        [("U1", ["T1", "T2", "T3"])]
    )
    assert {heard.id: heard.requirements for heard in backwards(bakery)}["S4"] == ("R2", "R3")
    assert [heard.id for heard in backwards(nasty())] == ["S1", "S2", "S9"]
    assert [risk.id for risk in risks_in_order(nasty())] == ["K2", "K1"]


def plansmith(*arguments: object, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plansmith", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, text=True, check=False, timeout=60)


def test_a_page_without_the_clients_words_says_so_once() -> None:
    plan = parse_plan((SAMPLE / "plan.md").read_text(encoding="utf-8"))
    page = render_html(plan, schedule(plan, TODAY))
    assert page.count("The client&#39;s words are not in this file") == 1
    assert 'Cites <a class="id" href="#S3">S3</a>' in page
    told = with_quotes(plan, read_brief((SAMPLE / "brief.md").read_text(encoding="utf-8")))
    page = render_html(told, schedule(told, TODAY))
    assert "are not in this file" not in page
    assert "Cites" not in page


def test_lists_in_prose_stay_lists() -> None:
    plan = Plan(title="P", testing="By hand:\n\n- on two phones\n\n- at night")
    assert render_html(plan, schedule(plan)).count('<p class="entry">') == 2


def test_show_fits_its_width_and_prints_json(tmp_path: Path) -> None:
    done = plansmith("show", SAMPLE / "plan.md", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "T3 → T2 → T4" in done.stdout
    assert "◆" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    first, second = done.stdout.index("12  K1 Christmas demand"), done.stdout.index(" 6  K2 Customers cancel")
    assert first < second < done.stdout.index("Q2  Does a cake") < done.stdout.index("Q1  Is the cake deposit")
    assert "ask: owner · can move the effort by 13 hours, but not the end" in done.stdout
    data = json.loads(plansmith("show", SAMPLE / "plan.md", "--json", cwd=tmp_path).stdout)
    assert data["path"] == ["T3", "T2", "T4"]
    evil = plansmith("show", "-", cwd=tmp_path, stdin=render_plan(nasty()))
    assert evil.returncode == 0, evil.stderr
    assert "<script>" in evil.stdout


def test_show_ranks_a_few_and_counts_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    plan = parse_plan((SAMPLE / "plan.md").read_text(encoding="utf-8")).model_copy(update={"language": "ro"})
    risks = tuple(t.Risk(id=f"K{n}", event=f"event {n}", probability=n % 5 + 1, impact=3) for n in range(1, 9))
    assumption = t.Assumption(id="A1", text="The till is online", blocks=("T2",))
    plan = plan.model_copy(update={"risks": risks, "assumptions": (assumption,)})
    print_plan_view(plan, schedule(plan, TODAY), None)
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines() if " event " in line] == ["15", "12", "12", "9", "9"]
    assert "și încă 3" in shown
    assert re.search(r"A1  The till is online\s+poate muta finalul cu .* și efortul cu 16 ore", shown)
    assert "7 sept. 2026" in shown  # the longest of dates is not cut
    assert not re.search(r" – \d+ \w+\.? 20?2?\n", shown)


def test_render_writes_once_and_only_as_html(tmp_path: Path) -> None:
    arguments = ["render", SAMPLE / "plan.md", "-o", "plan.html"]
    assert plansmith(*arguments, "--brief", SAMPLE / "brief.md", cwd=tmp_path).returncode == 0
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    walk(page)
    assert "I would love them to order bread" in page
    again = plansmith(*arguments, cwd=tmp_path)
    assert (again.returncode, "--force" in again.stderr) == (2, True)
    assert (tmp_path / "plan.html").read_text(encoding="utf-8") == page
    assert plansmith(*arguments, "--force", cwd=tmp_path).returncode == 0
    assert "I would love them" not in (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert plansmith("render", SAMPLE / "plan.md", "-o", "plan.pdf", cwd=tmp_path).returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["plan.html"]


def test_a_brief_of_another_plan_is_refused(tmp_path: Path) -> None:
    text = (SAMPLE / "plan.md").read_text(encoding="utf-8").replace("language: en", f"brief_sha256: {'0' * 64}")
    (tmp_path / "plan.md").write_text(text, encoding="utf-8")
    done = plansmith("render", "plan.md", "-o", "x.html", "--brief", SAMPLE / "brief.md", cwd=tmp_path)
    assert (done.returncode, "is not the brief" in done.stderr) == (2, True)


def test_diff_tells_what_hung_on_a_requirement(tmp_path: Path) -> None:
    text = (SAMPLE / "plan.md").read_text(encoding="utf-8")
    gone = text.replace(
        "- **R7** A customer who orders the same thing each week can repeat it with one tap.\n  - could · functional · S8\n",
        "",
    )
    assert gone != text
    (tmp_path / "new.md").write_text(gone.replace("  - for R7\n", ""), encoding="utf-8")
    done = plansmith("diff", SAMPLE / "plan.md", "new.md", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "− R7" in done.stdout
    data = json.loads(plansmith("diff", SAMPLE / "plan.md", "new.md", "--json", cwd=tmp_path).stdout)
    assert {"id": "T10", "on": "R7"}.items() <= next(h for h in data["hanging"] if h["id"] == "T10").items()


def test_render_stands_beside_the_plan_unless_told(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text((SAMPLE / "plan.md").read_text(encoding="utf-8"), encoding="utf-8")
    assert plansmith("render", "p.md", cwd=tmp_path).stdout == "Written: p.html\n"
    assert (tmp_path / "p.html").is_file()
    unnamed = plansmith("render", "-", cwd=tmp_path, stdin="# P\n")
    assert (unnamed.returncode, "add -o plan.html" in unnamed.stderr) == (2, True)


def test_a_brief_or_a_folder_in_place_of_a_plan_gets_a_hint(tmp_path: Path) -> None:
    brief = plansmith("lint", SAMPLE / "brief.md", cwd=tmp_path)
    assert brief.returncode == 2
    assert "is no plan" in brief.stderr
    assert "plansmith plan" in brief.stderr
    folder = plansmith("show", SAMPLE, cwd=tmp_path)
    assert (folder.returncode, str(SAMPLE / "plan.md") in folder.stderr) == (2, True)


def test_lint_speaks_the_plans_language_and_explains(tmp_path: Path) -> None:
    text = (SAMPLE / "plan.md").read_text(encoding="utf-8").replace("plansmith: 1", "plansmith: 1\nlanguage: ro", 1)
    text = text.replace("\nlanguage: en", "", 1)
    (tmp_path / "ro.md").write_text(
        text.replace("## Risks", "## Riscuri").replace("- after T3", "- after T99"), "utf-8"
    )
    done = plansmith("lint", "ro.md", "--explain", cwd=tmp_path)
    assert done.returncode == 1
    assert "eroare unknown-reference: T5: „după” numește T99, care nu există." in done.stdout
    assert "unknown-reference: Un element numește alt element" in done.stdout
    assert "4 erori" in done.stdout
    assert "Nu s-a verificat dacă așa a spus clientul." in done.stdout


def test_lint_passes_a_sample_and_fails_on_an_error(tmp_path: Path) -> None:
    done = plansmith("lint", SAMPLE / "plan.md", "--brief", SAMPLE / "brief.md", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    wrong = (SAMPLE / "plan.md").read_text(encoding="utf-8").replace("  - after T2\n", "  - after T99\n")
    (tmp_path / "wrong.md").write_text(wrong, encoding="utf-8")
    done = plansmith("lint", "wrong.md", "--json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert any("T99" in finding["message"] for finding in json.loads(done.stdout))


@pytest.mark.parametrize("command", [["show"], ["render", "-o", "x.html"], ["lint"]])
def test_a_broken_plan_is_refused_with_line_numbers(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("# A plan\n\n## Tasks\n\n- **T1** Build\n  - web · 5 / x h\n- nonsense\n")
    done = plansmith(command[0], "plan.md", *command[1:], cwd=tmp_path)
    assert done.returncode == 2
    assert "line 6" in done.stderr
    assert "line 7" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "x.html").exists()


@pytest.mark.parametrize("command", ["show", "render", "diff", "lint"])
def test_help_shows_an_example(command: str, tmp_path: Path) -> None:
    done = plansmith(command, "--help", cwd=tmp_path)
    assert f"Example: plansmith {command}" in " ".join(done.stdout.split())


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans)
def test_any_plan_that_can_be_scheduled_becomes_a_safe_page(plan: Plan) -> None:
    try:
        done = schedule(plan, TODAY)
    except InputError:  # circles, or work without an end
        assume(False)
    found = walk(render_html(plan, done, simulate(plan, done, runs=20) if done.tasks else None))
    assert {item.id for item in plan.items()} | {quote.id for quote in plan.quotes} <= set(found.ids)
    assert all(row.cell_len <= 80 for row in gantt(plan, done, 80))
