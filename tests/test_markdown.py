"""The plan's Markdown form: what is read, what is written, and what is refused."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from generated import line, plans
from hypothesis import HealthCheck, given, settings
from markdown_it import MarkdownIt

from plansmith.locale import LANGUAGES
from plansmith.plan import Plan, PlanError, parse_plan, render_plan
from plansmith.plan.escape import block, detail, heading, inline, unescape
from plansmith.plan.fields import one_line
from plansmith.plan.types import Dependency, Estimate, Requirement, Scenario, Story, Task

HERE = Path(__file__).parent.parent
SAMPLES = {path.parent.name: path.read_text(encoding="utf-8") for path in HERE.glob("examples/archive/*/plan.md")}
FORM = (HERE / "docs" / "plan-format.md").read_text(encoding="utf-8")
EXAMPLES = int(os.environ.get("PLANSMITH_EXAMPLES", "150"))
thorough = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES < 1000,
    suppress_health_check=list(HealthCheck),
)


def below(heading: str, *lines: str) -> str:
    return "\n".join(["# Plan", "", f"## {heading}", "", *lines, ""])


# Samples and the documented form


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_sample_plan_is_written_as_it_was_read(name: str) -> None:
    assert render_plan(parse_plan(SAMPLES[name])) == SAMPLES[name]


@pytest.mark.parametrize("text", re.findall(r"```markdown\n(.*?)```", FORM, re.DOTALL))
def test_the_documented_form_is_read_and_written_back(text: str) -> None:
    plan = parse_plan(text)
    assert parse_plan(render_plan(plan)) == plan


# Round trip


@thorough
@given(plans)
def test_every_plan_is_read_back_as_it_was(plan: Plan) -> None:
    text = render_plan(plan)
    again = parse_plan(text)
    assert again == plan
    assert render_plan(again) == text


@thorough
@given(line)
def test_plain_text_stays_plain_for_every_reader_of_markdown(text: str) -> None:
    text = one_line(text).replace("\ufffd", "x")
    reader = MarkdownIt("commonmark").enable(["strikethrough", "table"])
    entry = ["bullet_list_open", "list_item_open", "paragraph_open", "inline"]
    for written, before, tokens in [
        (f"- **R1** {inline(text)}", "R1 ", entry),
        (f"- fit: {detail(text)}", "fit: ", entry),
        (f"- {block(text)}", "", entry),
        (block(text), "", ["paragraph_open", "inline"]),
        (f"# {heading(text)}", "", ["heading_open", "inline"]),
    ]:
        parsed = reader.parse(written)
        assert [token.type for token in parsed[: len(tokens)]] == tokens
        parts = parsed[len(tokens) - 1].children or []
        assert {part.type for part in parts} <= {"text", "text_special", "strong_open", "strong_close"}
        assert "".join(part.content for part in parts) == before + text


@pytest.mark.parametrize(
    "text",
    [
        *("£9,000 (approx.)", "4 pm", "e-mail", "a_b.c", "C:\\Users", "3 * 4", "1. floor", "#1", "- no", "a | b"),
        *(
            "~5 km",
            "AT&T",
            "https://example.org/a_b?c=1&d=2",
            "if x < 5 then [optional]",
            "„ghilimele” și “quotes”",
            "$5 + $6",
        ),
    ],
)
def test_ordinary_text_is_not_escaped(text: str) -> None:
    assert inline(text) == text == unescape(text)


def test_a_text_in_bold_by_hand_keeps_every_character() -> None:
    plan = parse_plan(below("Requirements", "- **R1** Use **bold** and `code`, [a](b) & <b>x</b>", "  - must"))
    assert plan.requirements[0].text == "Use **bold** and `code`, [a](b) & <b>x</b>"
    assert parse_plan(render_plan(plan)) == plan


# What people write by hand


def test_where_items_come_from() -> None:
    plan = parse_plan(
        "# P\n\n## Requirements\n\n- **R1** a\n  - must · S3, S1\n- **R2** b\n  - inferred · S3\n- **R3** c\n\n"
        "## Stories\n\n- **U1** As a b, I want c.\n  - for R1, R2\n- **U2** As a b, I want c.\n  - for R1\n"
        "  - source: stated · S9\n\n## Tasks\n\n- **T1** t\n  - web · for U2, R2\n- **T2** t\n  - web · for U1\n"
        "  - source: assumed\n- **T3** t\n  - web · for U1\n  - source: none\n\n## Assumptions\n\n- **A1** x\n"
    )
    found = {item.id: (item.origin, item.source) for item in plan.items()}
    assert found == {
        "R1": ("stated", ("S3", "S1")),
        "R2": ("inferred", ("S3",)),
        "R3": ("inferred", ()),
        "U1": ("inferred", ("S3", "S1")),
        "U2": ("stated", ("S9",)),
        "T1": ("inferred", ("S9", "S3")),
        "T2": ("assumed", ("S3", "S1")),
        "T3": ("inferred", ()),
        "A1": ("assumed", ()),
    }
    assert parse_plan(render_plan(plan)) == plan


def test_a_word_processor_may_have_been_at_work() -> None:
    text = (
        "\ufeff# Plan\r\n\r\n##  1. Requirements:\r\n\r\n-   **R1** A long statement that\r\n    goes on\\\r\n"
        "    here.\r\n\r\n"
        "    -   Must, Functional, S2\r\n    -   fit: it\\'s fast\r\n\r\n*   __R2.__ Another\r\n\r\n"
    )
    first, second = parse_plan(text).requirements
    assert (first.text, first.source, first.fit) == ("A long statement that goes on here.", ("S2",), "it's fast")
    assert second.text == "Another"


@pytest.mark.parametrize(
    ("written", "estimate"),
    [
        ("5/8/12h", Estimate(o=5, m=8, p=12)),
        ("0.5 / 1,5 / 2 hours", Estimate(o=0.5, m=1.5, p=2)),
        ("1 / 2 / 3 ore", Estimate(o=1, m=2, p=3)),
        ("1e-07 / 2 / 3", Estimate(o=1e-7, m=2, p=3)),
    ],
)
def test_estimates(written: str, estimate: Estimate) -> None:
    assert parse_plan(below("Tasks", "- **T1** a", f"  - web · {written}")).tasks[0].estimate == estimate


def test_dependencies() -> None:
    plan = parse_plan(below("Tasks", "- **T1** a", "  - web | after T2 and t3 ss + 2 h, T4 FF −0.5, T5 - 1 h"))
    assert plan.tasks[0].depends_on == (
        Dependency(task="T2"),
        Dependency(task="T3", type="SS", lag=2),
        Dependency(task="T4", type="FF", lag=-0.5),
        Dependency(task="T5", lag=-1),
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("sentence", "role", "want", "so_that"),
    [
        ("As an admin, I want to see all, so that I know.", "admin", "to see all", "I know"),
        ("as the owner, i want a list", "the owner", "a list", ""),
        ("As a baker I want one list so that I need no screen.", "baker", "one list", "I need no screen"),
        ("Ca brutar, vreau o listă, ca să nu am nevoie de ecran.", "brutar", "o listă", "nu am nevoie de ecran"),
        ("Ca brutar vreau o lista ca sa stiu.", "brutar", "o lista", "stiu"),
        ("Ca brutar, vreau o listă, ca sǎ ştiu.", "brutar", "o listă", "ştiu"),
    ],
)
def test_stories_in_both_languages(language: str, sentence: str, role: str, want: str, so_that: str) -> None:
    plan = parse_plan(f"---\nlanguage: {language}\n---\n" + below("User stories", f"- **U1** {sentence}"))
    story = plan.stories[0]
    assert (story.role, story.want, story.so_that) == (role, want, so_that)
    assert parse_plan(render_plan(plan)) == plan


@pytest.mark.parametrize(
    "sentence",
    [
        "Given a, b and c, when d, e, then f.",
        "given a, b and c when d, e then f",
        "Dată fiind a, b and c, când d, e, atunci f.",
        "Dat fiind a, b and c, cand d, e, atunci f",
    ],
)
def test_scenarios_in_both_languages(sentence: str) -> None:
    plan = parse_plan(below("Stories", "- **U1** As a x, I want y.", f"  - {sentence}"))
    assert plan.stories[0].acceptance == (Scenario(given="a, b and c", when="d, e", then="f"),)


def test_the_plan_is_written_in_its_language_and_read_in_either() -> None:
    english = parse_plan(SAMPLES["01-bakery-preorders"])
    romanian = render_plan(english.model_copy(update={"language": "ro"}))
    for word in ("## Cerințe", "obligatoriu · funcțional · S3", "pentru R1", "după T1, T3", "Dat fiind "):
        assert word in romanian
    spelt_otherwise = romanian.replace("ț", "ţ").replace("ă", "a").replace("language: ro", "language: en")
    assert len(parse_plan(spelt_otherwise).items()) == len(english.items())


def test_a_role_that_looks_like_another_detail_is_named() -> None:
    plan = Plan(title="P", tasks=(Task(id="T1", title="t", role="for R1"), Task(id="T2", title="t", role="web")))
    assert "  - role: for R1\n" in render_plan(plan)
    assert "  - web\n" in render_plan(plan)


def test_only_what_must_be_said_is_written() -> None:
    story = Story(id="U1", role="user", want="x", requirements=("R1",), source=("S1",))
    requirement = Requirement(id="R1", text="x", origin="stated", source=("S1",))
    plan = Plan(title="P", requirements=(requirement,), stories=(story,))
    assert "source" not in render_plan(plan)
    assert render_plan(Plan(title="P")) == "---\nplansmith: 1\nlanguage: en\n---\n\n# P\n"


def test_a_calendar_with_region_and_free_days_and_an_assumption_that_blocks() -> None:
    head = "---\nplansmith: 1\nlanguage: ro\ncountry: DE\nregion: BY\nfree_days: 2026-12-24 până la 2027-01-02, 2026-08-03\nwork_days: 2026-12-19\n---"
    text = f"{head}\n\n# P\n\n## Ipoteze\n\n- **A1** Casa are internet.\n  - dacă nu: bonuri\n  - blochează: R1, T2\n"
    plan = parse_plan(text)
    assert plan.calendar.region == "BY"
    assert [str(days.last) for days in plan.calendar.free_days] == ["2027-01-02", "2026-08-03"]
    assert plan.assumptions[0].blocks == ("R1", "T2")
    assert render_plan(plan) == text
    english = text.replace("până la", "to").replace("language: ro", "language: en").replace("blochează", "blocks")
    assert parse_plan(english).calendar == plan.calendar


@pytest.mark.parametrize("value", ["2026-12-24 to 2026-12-01", "Christmas", "24.12.2026", "2026-12-24, , 2026-12-25"])
def test_free_days_that_are_none(value: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(f"---\nfree_days: {value}\n---\n# P\n")
    assert "line 2:" in caught.value.problems[0]
    assert "free days" in caught.value.problems[0]
