"""What the plan's Markdown form refuses: every line that is not understood, all together, and in good time."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from functools import reduce
from operator import or_
from pathlib import Path
from random import Random

import pytest
from mutated import mutated, read_or_refused

from plansmith.errors import InputError
from plansmith.locale import LANGUAGES, fold
from plansmith.plan import Plan, PlanError, parse_plan, render_json, render_plan
from plansmith.plan.fields import one_line
from plansmith.plan.markdown import LIMIT
from plansmith.plan.types import Estimate, Task

HERE = Path(__file__).parent.parent
SAMPLES = {path.parent.name: path.read_text(encoding="utf-8") for path in HERE.glob("examples/archive/*/plan.md")}
EXAMPLES = int(os.environ.get("PLANSMITH_EXAMPLES", "150"))


def refused(text: str) -> list[str]:
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    assert isinstance(caught.value, InputError)
    return caught.value.problems


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w{3,}", fold(text)))


def below(heading: str, *lines: str) -> str:
    return "\n".join(["# Plan", "", f"## {heading}", "", *lines, ""])


def test_all_problems_are_told_together_with_their_lines() -> None:
    problems = refused(
        "---\nlangauge: en\nbudget: 9,000\n---\n\n# P\n\n## Risk\n\n## Requirements\n\n  - must\n- **R1** a\n"
        "  - musst\n- **R1** b\n\nstray\n\n## Tasks\n\n- **T1** c\n  - web · 5 / 8 h\n"
    )
    assert [re.match(r"line (\d+): ", problem).group(1) for problem in problems] == (  # type: ignore[union-attr]
        ["2", "3", "8", "12", "14", "15", "17", "22"]
    )
    text = "\n".join(problems)
    for hint in ('did you mean "language"', "budget: 9000", '"Risks"', 'did you mean "must"', "in line 13"):
        assert hint in text


@pytest.mark.parametrize(
    ("heading", "lines", "expected"),
    [
        ("Requirements", ["- New one", "- **R7** x"], 'line 5: "New one" has no id; begin it with **R8**'),
        ("Requirements", ["- **U1** x"], 'move it below "Stories"'),
        ("Requirements", ["- **R1**"], "line 5: R1 text: it is empty; write a text"),
        ("Requirements", ["- **R1** x", "  - colour: red"], 'line 6: "colour: red" is no detail of a requirement'),
        ("Requirements", ["- **R1** x", "  - must", "  - could"], "line 7: priority is said again (first in line 6)"),
        ("Requirements", ["- **R1** x", "  - stated"], "a stated item must cite at least one sentence"),
        ("Stories", ["- **U1** The owner orders"], "is no story; write As a …, I want …, so that …"),
        ("Stories", ["- **U1** As a b, I want c", "  - Given d, then e"], "is no scenario; write Given …, when"),
        ("Stories", ["- **U1** As a b, I want c", "  - for R1", "  - for R2"], "line 7: requirements is said again"),
        ("Tasks", ["- **T1** a", "  - 1 / 2 / 3 h"], "names no role"),
        ("Tasks", ["- **T1** a", "  - web · - after T3"], 'T1 role: "web · - after T3" has the wrong form'),
        ("Tasks", ["- **T1** a", "  - web · 1,000 / 2,000 / 3,000 h"], "is no estimate"),
        ("Tasks", ["- **T1** a", "  - web · 8 h"], '"8 h" is no estimate'),
        ("Tasks", ["- **T1** a", "  - web", "  - basis: 3 h"], "a basis without an estimate"),
        ("Tasks", ["- **T1** a", "  - web", "  - after T2 FX"], '"T2 FX" is no dependency'),
        ("Tasks", ["- **T1** a", "  - web · for T2"], '"T2" is no id that fits here; write ids such as U1, R1'),
        ("Risks", ["- **K1** a", "  - probability 6"], "write a whole number from 1 (least) to 5 (most)"),
        ("Team", ["- Ana", "  - web · 0 %"], "write more than 0"),
        ("Team", ["- Ana", "  - web", "  - away: 2026-03-02 to 2026-03-01"], "are no days off"),
        ("History", ["- 2026-13-01: x"], "is no entry of the history"),
        ("Glossary", ["- slot"], "is no glossary entry"),
        ("Connections", ["- C1 to C2"], "is no connection; write C1 → C2"),
        ("Testing", ["| a | b |"], "no plain paragraph"),
        ("Testing", ["Text", "---"], 'line 6: no plain paragraph ("---")'),
        ("Glossary", ["- a: b", "  - c"], "line 6: no details here"),
    ],
)
def test_what_is_not_understood_is_told(heading: str, lines: list[str], expected: str) -> None:
    assert expected in "\n".join(refused(below(heading, *lines)))


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("deadline: 1 November", "write it as deadline: 2026-11-01"),
        ("weekend: sat, sunday", 'did you mean "sun"'),
        ("work_days: 2026-12-19, Saturday", '"Saturday" is no date; write work_days: 2026-12-19, 2027-01-09'),
        ("currency: pounds", "three capitals such as GBP"),
        ("language: fr", "write en or ro"),
        ("plansmith: 2", "another version"),
        ("client: a\nclient: b", "stands twice (also in line 2)"),
        ("client: {a: b}", "is no single value"),
        ("client: !!python/name:os.system x", "is no single value"),
        ("client: a # note", 'a comment is not kept ("# note")'),
        ("# note", 'line 2: a comment is not kept ("# note")'),
        ("client: [", "is no YAML"),
        ("just text", "is no list of keys"),
        ("a: " + "[" * 5000, "is no YAML"),
        ("a: " + "b" * 70_000, "is longer than 65,536 characters"),
    ],
)
def test_front_matter_that_is_not_understood(front: str, expected: str) -> None:
    assert expected in "\n".join(refused(f"---\n{front}\n---\n\n# P\n"))


def test_yaml_does_not_guess() -> None:
    plan = parse_plan("---\nclient: 007\ncountry: NO\nweekend: [fri, sat]\nbudget:\n---\n# P\n")
    assert (plan.client, plan.calendar.country, plan.calendar.weekend, plan.budget) == ("007", "NO", (4, 5), None)
    assert parse_plan(render_plan(plan)) == plan


@pytest.mark.parametrize("text", ["", "\n\n", "no title", "---", "---\n---", "# ", "#", "## Tasks"])
def test_a_plan_without_title(text: str) -> None:
    assert refused(text)


def test_a_file_of_absurd_size() -> None:
    with pytest.raises(PlanError, match="characters; more than"):
        parse_plan("x" * (LIMIT + 1))


def test_spoilt_files_are_read_whole_or_refused() -> None:
    """Whatever is accepted is written back with every word of the file; what is refused is refused at a line of it.

    PLANSMITH_EXAMPLES=5000 spoils 10,000 files.
    """
    random = Random(4)
    texts = [text for _, text in sorted(SAMPLES.items())]
    texts += [render_plan(parse_plan(text).model_copy(update={"language": "ro"})) for text in texts]
    for _ in range(2 * EXAMPLES):
        text = mutated(random.choice(texts), random)
        plan = read_or_refused(parse_plan, text)
        if not isinstance(plan, Plan):
            last = text.count("\n") + text.count("\r") + 1
            places = [re.match(r"line (\d+): .", problem) for problem in plan]
            assert all(place and 1 <= int(place[1]) <= last for place in places), plan
            continue
        assert parse_plan(render_plan(plan)) == plan
        lines = [one_line(raw) for raw in re.split(r"[\r\n]", text)]
        kept = " ".join(raw for raw in lines if not re.match(r"#|- [a-z]+:$", raw))
        forms = [render_plan(plan.model_copy(update={"language": code})) for code in LANGUAGES]  # a spoilt `language:`
        forms.append(render_json(plan))  # what YAML writes as \U0000feff
        assert _words(kept) - reduce(or_, map(_words, forms)) == Counter()


@pytest.mark.parametrize(
    "text",
    [
        below("Requirements", "- **R1** " + "*_`~&a;](\\" * 20_000),
        below("Requirements", "- **R1** x", "  - fit: " + "a · | " * 30_000),
        below("Requirements", "- **R1** x", "  - " + "must, S1, " * 20_000 + "x"),
        below("Stories", "- **U1** As a b, I want c" + ", so that so that" * 10_000, "  - Given" + ", when" * 20_000),
        below("Tasks", "- **T1** x", "  - web · " + "1/" * 50_000, "  - after " + "T1 + 1e, " * 20_000),
        below("Testing", *["word"] * 40_000),
        below("Glossary", *["- " + "**a" * 10] * 3_000),
        below("Requirements", *["- rubbish"] * 20_000),
        "---\n" + "a: b\n" * 10_000 + "---\n# P",
        "#" * 200_000,
        "\n" * 200_000,
        "- " * 100_000,
    ],
    ids=range(12),
)
def test_time_grows_with_the_length_of_the_file_only(text: str) -> None:
    start = time.perf_counter()
    try:
        plan = parse_plan(text)
        assert parse_plan(render_plan(plan)) == plan
    except PlanError:
        pass
    assert time.perf_counter() - start < 10


def test_a_plan_of_a_thousand_tasks_takes_well_under_a_second() -> None:
    tasks = tuple(
        Task(id=f"T{n}", title=f"Build page {n}", role="web", estimate=Estimate(o=1, m=2, p=4), serves=("U1",))
        for n in range(1, 1001)
    )
    plan = Plan(title="P", tasks=tasks)
    start = time.process_time()
    assert parse_plan(render_plan(plan)) == plan
    assert time.process_time() - start < 2  # measured 0.15 s; the rest is for slow machines
