"""What is read out of free plans: values and places against what a person reads, totals, and any text at all."""

import cProfile
import pstats

import pytest
from free_plans import ALL
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plansmith.plan import fold, numbers
from plansmith.sources.freeplans.efforts import efforts_in, hours_per_day, number_value, stated_effort
from plansmith.sources.freeplans.found import Found
from plansmith.sources.freeplans.markup import blocks
from plansmith.sources.freeplans.planwords import column_kind, heading_kind, role_words, scale
from plansmith.sources.freeplans.readout import Readout, free_tasks, read_out

READ = {name: read_out(text) for name, text in ALL.items()}

# plan: (task, role, figures, unit), read by a person
TASKS = {
    "person_days": [
        ("Crossing calendar", "Backend", [4, 6], "day"), ("Basket and payment", "Backend", [5, 8], "day"),
        ("Shop pages", "Frontend", [6.5], "day"), ("Scanner app", "Mobile", [8], "day"), ("Offline list", "Mobile", [], ""),
    ],
    "deviz": [
        ("Interviuri cu trei apicultori", "Analist", [1.5], "day"), ("Schițe de ecran", "Designer", [2], "day"),
        ("Fișa controlului", "Programator", [4], "day"), ("Tratamente și avertizări", "Programator", [3.5], "day"),
        ("Export registru", "Programator", [], ""), ("Instruire", "Analist", [1], "day"),
    ],
    "matrix": [
        ("Map of rooms", "Design", [6], "h"), ("Map of rooms", "Frontend", [18], "h"), ("Map of rooms", "Backend", [4], "h"),
        ("Map of rooms", "QA", [3], "h"), ("Audio player", "Design", [4], "h"), ("Audio player", "Frontend", [14], "h"),
        ("Audio player", "QA", [4], "h"), ("Editor for curators", "Design", [5], "h"),
        ("Editor for curators", "Frontend", [20], "h"), ("Editor for curators", "Backend", [16], "h"),
        ("Editor for curators", "QA", [6], "h"),
    ],
    "nested": [
        ("Courts and opening times", "Backend", [8], "h"), ("Booking rules, at most two open bookings", "Backend", [14], "h"),
        ("Sign-in", "Backend", [8], "h"), ("Calendar page", "Frontend", [16, 20], "h"), ("Bar screen", "Frontend", [6], "h"),
        ("Launch", "project manager", [4], "h"), ("Fix the old website", "", [], ""), ("Data migration", "", [], ""),
    ],
    "plain_ro": [
        ("Proiectare ecrane", "design", [12, 18], "h"), ("Programari online", "programator", [40], "h"),
        ("Fisa animalului", "programator", [36], "h"), ("Testare", "", [10], "h"),
    ],
    "pert": [
        ("Model of varieties", "Backend", [6, 9, 16], "h"), ("Catalogue pages", "Web", [10, 14, 24], "h"),
        ("Exchange requests", "Web", [8, 12, 20], "h"),
    ],
    "phases": [
        ("Phase 1: Discovery", "", [16], "h"), ("Score catalogue", "backend", [30], "h"),
        ("Lending desk", "frontend", [28], "h"), ("Reminders", "backend", [12], "h"), ("Import", "", [6], "h"),
        ("Training", "", [2], "h"),
    ],
    "styles": [
        ("Login", "", [8], "h"), ("Search", "", [4], "h"), ("Pay page", "", [12], "h"), ("Profile", "backend", [12], "h"),
        ("Profile", "frontend", [8, 10], "h"), ("Profile", "QA", [2], "h"), ("Backend", "Backend", [40], "h"),
        ("Frontend", "Frontend", [30], "h"), ("Design + UX", "", [6], "h"), ("Export", "", [0.5], "day"),
        ("Sign-up", "Backend", [8], "h"), ("Sign-up", "Design", [3], "h"), ("Print", "web", [2, 3, 5], "h"),
        ("2.1 Maps", "", [12], "h"), ("Account", "", [8, 12], "h"), ("Tree register", "", [10, 10], "h"),
    ],
    "rough": [
        ("Mooring list", "", [3], "h"), ("Tide table (station, days)", "", [4, 5], "h"), ("Winter storage", "", [6], "h"),
        ("Slipway", "", [2, 3], "day"), ("Crane", "", [], ""), ("Quay", "", [12, 16], "h"), ("Jetty", "", [3, 4], "h"),
        ("Geamanduri", "", [6, 8], "h"), ("Ladder", "", [2], "h"), ("Log book", "", [8], "h"), ("Fees", "", [10], "h"),
    ],
    "vague": [("Vouchers", "", [], ""), ("Mail", "", [], ""), ("Print: 3-5", "frontend", [], "")],
}  # fmt: skip

# plan: (stated, adds up)
TOTALS = {
    "person_days": [([15.5, 20.5], True), ([8], True), ([26, 31], True)],
    "deviz": [([12], True)],
    "matrix": [([31], True), ([22], True), ([48], False), ([101], False)],
    "nested": [([30], True), ([56, 60], True)],
    "plain_ro": [([98, 104], True)],
    "pert": [([24, 35, 60], True)],
    "phases": [([70], True), ([9], False)],
    "vague": [],
    "rough": [([7, 8], True), ([13, 14], True)],
    "styles": [([139, 144], True), ([18, 22], True)],
}

COUNTS = {  # requirement, milestone, risk, assumption, question, out of scope
    "person_days": (3, 3, 0, 2, 0, 2), "deviz": (4, 3, 2, 1, 1, 0), "matrix": (0, 0, 0, 0, 0, 0),
    "nested": (2, 0, 2, 0, 1, 0), "plain_ro": (2, 0, 1, 0, 0, 1), "pert": (0, 0, 1, 0, 0, 0),
    "phases": (0, 2, 0, 0, 0, 0), "vague": (0, 0, 0, 0, 0, 0), "styles": (0, 0, 0, 0, 0, 0), "rough": (0, 0, 0, 0, 0, 0),
}  # fmt: skip


def figures(item: Found) -> list[float]:
    return [f.value for f in item.effort.figures] if item.effort else []


@pytest.mark.parametrize("name", ALL)
def test_tasks_with_roles_and_hours(name: str) -> None:
    read = [(t.text, t.part("role"), figures(t), t.effort.unit if t.effort else "") for t in READ[name].tasks]
    assert read == TASKS[name]


@pytest.mark.parametrize("name", ALL)
def test_totals_are_checked_and_are_no_tasks(name: str) -> None:
    assert [([f.value for f in t.said.figures], t.agrees) for t in READ[name].totals] == TOTALS[name]
    assert not any("total" in t.text.lower() for t in READ[name].tasks)


@pytest.mark.parametrize("name", ALL)
def test_the_other_items(name: str) -> None:
    kinds = ("requirement", "milestone", "risk", "assumption", "question", "out_of_scope")
    assert tuple(len(READ[name].of(kind)) for kind in kinds) == COUNTS[name]  # type: ignore[arg-type]


def placed(read: Readout) -> None:
    """Every text and number that was read out stands where its place says."""
    for item in read.found:
        for part in item.parts:
            assert 0 <= part.spot.start <= part.spot.end <= len(read.text)
            written = "".join(c for c in read.text[part.spot.start : part.spot.end] if c.isalnum())
            if part.name != "detail":  # several pieces, each without its hours
                assert "".join(c for c in part.text if c.isalnum()) in written or not written
        assert read.text.count("\n", 0, item.spot.start) + 1 == item.spot.line
        for figure in item.effort.figures if item.effort else ():
            written = read.text[figure.start : figure.end]
            assert number_value(written) == figure.value
    for total in read.totals:
        for figure in total.said.figures:
            assert number_value(read.text[figure.start : figure.end]) == figure.value


@pytest.mark.parametrize("name", ALL)
def test_places_are_exact(name: str) -> None:
    placed(READ[name])
    for item in READ[name].tasks:
        if item.effort:
            written = READ[name].text[item.effort.start : item.effort.end]
            assert {f"{v:g}" for v in figures(item)} <= numbers(written.replace("/", " "))


def test_everything_in_plans_of_known_forms_is_read_and_the_rest_is_named() -> None:
    for name, read in READ.items():
        if name not in ("vague", "rough"):
            assert read.lines.part == read.tables.part == read.figures.part == 1.0, (name, read.unread)
    vague = READ["vague"]
    assert (vague.figures.read, vague.tables.read) == (0, 1)
    assert [(u.spot.line, u.what.split(" (")[0]) for u in vague.unread] == [
        (3, "a heading that is not known"),
        (5, "a paragraph below a heading that is not known"),
        (5, "a span of time that is not said to be an effort"),
        (7, "a table without known column heads"),
        (16, "an effort without a unit"),
        (17, "an effort that is not one figure or range"),
    ]


def test_days_become_hours_only_where_somebody_says_how_long_a_day_is() -> None:
    text = "# Tasks\n\n- Login: 2 days\n- Search: 1,5 zile\n"
    assert free_tasks(read_out(text), "x") == []
    assert [(t.o, t.m, t.p) for t in free_tasks(read_out(text), "x", 7.5)] == [(15, 15, 15), (11.25, 11.25, 11.25)]
    stated = read_out(text + "\nOne day is 8 hours.\n")
    assert stated.hours_per_day == 8
    assert [t.m for t in free_tasks(stated, "x", 6)] == [16, 12]
    assert read_out("1 day = 8 h, and 1 day = 6 h").hours_per_day is None


def test_past_tasks_for_estimates_by_analogy() -> None:
    past = free_tasks(READ["nested"], "court")
    assert [(t.title, t.role, t.o, t.m, t.p) for t in past[3:5]] == [
        ("Calendar page", "Frontend", 16, 18, 20),
        ("Bar screen", "Frontend", 6, 6, 6),
    ]
    assert past[5].requirement == "import members; evening with the board"
    assert [t.requirement for t in free_tasks(READ["deviz"], "stupi")][:3] == ["Analiză", "Analiză", "Realizare"]
    assert {t.document for t in past} == {"court"}
    assert [(t.o, t.m, t.p) for t in free_tasks(READ["pert"], "seeds")] == [(6, 9, 16), (10, 14, 24), (8, 12, 20)]


def test_a_list_of_packages_and_a_table_of_their_hours_are_the_same_tasks() -> None:
    text = (
        "## Work packages\n\n- WP1 Form: fields, checks\n- WP2 Board\n\n## Effort\n\n| Package | Role | Hours |\n|---|---|---|\n"
        "| WP1 Form | Web | 34 |\n| WP2 Board | Web | 20-30 |\n| Total | | 54-64 |\n"
    )
    read = read_out(text)
    assert [(t.code, t.title, t.part("role"), figures(t)) for t in read.tasks] == [
        ("WP1", "Form: fields, checks", "Web", [34]),
        ("WP2", "Board", "Web", [20, 30]),
    ]
    assert [t.spot.line for t in read.tasks] == [3, 4]
    assert [t.effort_spot.line for t in read.tasks if t.effort_spot] == [10, 11]
    assert read.totals[0].agrees


def test_spans_of_time_that_are_no_efforts() -> None:
    for line in ("Answer within 24 hours", "Reminder 7 days ahead", "Support for 2 weeks after launch", "Open 24/7",
                 "Book until 18:00 on the day before", "Price 1.200 €", "8+ h", "6 ± 2 h", "Phase 1 200 h"):  # fmt: skip
        assert not stated_effort(line, loose=True) or line.startswith("Phase"), line
    assert read_out("# Requirements\n\n- Answered within 24 hours\n").tasks == ()
    assert read_out("# Tasks\n\n- Reminders, sent 7 days ahead: 6 h\n").tasks[0].effort.points == (6, 6, 6)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "values", "unit"),
    [
        ("4-6 h", [4, 6], "h"), ("4 – 6 ore", [4, 6], "h"), ("2 până la 3 zile", [2, 3], "day"), ("1,5 zile-om", [1.5], "day"),
        ("1,200 hours", [1200], "h"), ("1.200 ore", [1200], "h"), ("4/6/10 h", [4, 6, 10], "h"), ("½ day", [0.5], "day"),
        ("1½ MD", [1.5], "day"), ("4h-6h", [4, 6], "h"), ("12h", [12], "h"), ("3 person-days", [3], "day"), ("5 SP", [5], "point"),
        ("2 weeks", [2], "week"), ("3 săptămâni", [3], "week"), ("6-4 h", [], ""), ("4 h - 1 day", [], ""), ("12", [], ""),
    ],
)  # fmt: skip
def test_ways_of_writing_efforts(text: str, values: list[float], unit: str) -> None:
    found = efforts_in(text)
    assert [[f.value for f in e.figures] for e in found] == ([values] if values else [])
    assert [e.unit for e in found] == ([unit] if unit else [])


def test_hours_of_a_day() -> None:
    for text, hours in (
        ("1 MD = 8 h", 8),
        ("o zi = 8 ore", 8),
        ("zile de 7,5 ore", 7.5),
        ("6 hours per day", 6),
        ("2 days", None),
    ):
        found = hours_per_day(text)
        assert (found.value if found else None) == hours, text


def test_words_of_both_languages() -> None:
    assert [heading_kind(t) for t in ("3. Riscuri și măsuri", "IV. Cerințe funcționale", "Effort and cost", "În afara domeniului")] == [
        "risks", "requirements", "tasks", "out_of_scope",
    ]  # fmt: skip
    heads = ("Ore", "Estimare (zile)", "Durată", "Livrabile", "Effort [MD]", "De la", "Rol", "Cost (EUR)", "SP")
    assert [column_kind(h) for h in heads] == [
        ("effort", "h"), ("effort", "day"), ("duration", ""), ("deliverable", ""), ("effort", "day"), ("start", ""),
        ("role", ""), ("cost", ""), ("effort", "point"),
    ]  # fmt: skip
    assert role_words("UX/UI designer")
    assert not role_words("Login page")
    assert [scale(t) for t in ("medium", "foarte mare", "4/5", "high", "so-so")] == [3, 5, 4, 4, None]


def test_a_duration_is_no_effort() -> None:
    read = read_out("## Tasks\n\n| Task | Duration (days) |\n|---|---|\n| Login | 3 |\n")
    assert [(t.text, t.effort, t.part("duration")) for t in read.tasks] == [("Login", None, "3")]
    assert free_tasks(read, "x", 8) == []


@given(st.text(max_size=400))
@example("|\\")
@example("| a | b |\n|---|---|\n|\\")
@example("- \n1. \n## \n---\n===")
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_without_an_exception(text: str) -> None:
    placed(read_out(text))
    assert len(fold(text)) == len(text)


LINES = st.sampled_from(
    ["# Plan", "## Tasks", "## Riscuri", "## Scope", "Effort", "- Login: 4-6 h", "  - Effort: 3 zile", "- **WP1** Form (web): 12 h",
     "| Task | Role | Hours |", "|---|---|---|", "| WP1 Form | Web | 12 |", "| Total | | 12 |", "|  | Web |  |", "Total: 12 h",
     "1. Beta: 2 March 2026", "- Rain. Likelihood high.", "", "TOTAL", "> - quoted: 5 h", "a\tb", "c\t3 h", "```", "2.1 Group",
     "### Phase 1 (10 h)", "All figures are in days.", "1 MD = 8 h", "| O | M | P |", "| 1 | 2 | 3 |", "Costs: £1,200"]
)  # fmt: skip


@given(st.lists(st.one_of(LINES, st.text(max_size=30)), max_size=25))
@settings(max_examples=400, deadline=None)
def test_numbers_and_parts_stand_where_they_were_read(lines: list[str]) -> None:
    read = read_out("\n".join(lines))
    placed(read)
    assert 0 <= read.lines.read <= read.lines.of
    assert read.figures.read <= read.figures.of
    assert read.tables.read <= read.tables.of


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(0, 60)), min_size=1, max_size=12), st.integers(-3, 3))
@settings(max_examples=100, deadline=None)
def test_a_total_agrees_exactly_when_it_is_the_sum(rows: list[tuple[int, int]], off: int) -> None:
    low, high = sum(r[0] for r in rows), sum(r[0] + r[1] for r in rows)
    table = "\n".join(f"| Piece {chr(65 + n)}x | {a}-{a + b} |" for n, (a, b) in enumerate(rows))
    read = read_out(f"## Effort\n\n| Task | Hours |\n|---|---|\n{table}\n| Total | {low + off}-{high + off} |\n")
    assert len(read.tasks) == len(rows)
    if low + off >= 0:
        assert [t.agrees for t in read.totals] == [off == 0]


@given(st.text(alphabet=st.sampled_from("#-|. \n\tab1:h(*"), max_size=200))
@settings(max_examples=300, deadline=None)
def test_blocks_leave_nothing_out(text: str) -> None:
    kept = [False] * len(text)
    for block in blocks(text):
        for place in range(block.start, block.end):
            kept[place] = True
    left = [c for place, c in enumerate(text) if not kept[place] and c.isalnum()]
    marks = {c for line in text.split("\n") for c in line[:12] if c.isalnum()}
    assert set(left) <= marks, left


def test_a_long_plan_is_read_in_linear_time() -> None:
    def calls(tasks: int) -> int:
        rows = "".join(f"| WP{n} Piece {n} of the {n % 7} module | Web | {n % 40 + 1} |\n" for n in range(tasks))
        text = (
            f"## Effort\n\n| Package | Role | Hours |\n|---|---|---|\n{rows}\n## Risks\n\n"
            + "- Rain. We wait. Likelihood high.\n" * tasks
        )
        # work is counted in calls, which do not depend on what else the machine does
        with cProfile.Profile() as counted:
            assert len(read_out(text).tasks) == tasks
        return int(pstats.Stats(counted).total_calls)  # type: ignore[attr-defined]

    calls(150)  # word lists are read once, by whoever comes first
    assert calls(900) < 12 * calls(150)
