"""The plan's JSON form, its published schema, and what is refused."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
from generated import plans
from hypothesis import HealthCheck, given, settings
from mutated import mutated, read_or_refused

from plansmith.plan import Plan, PlanError, parse_json, parse_plan, render_json
from plansmith.plan.fields import paragraphs
from plansmith.plan.jsonform import render_schema
from plansmith.plan.markdown import LIMIT

HERE = Path(__file__).parent.parent
SAMPLES = {path.parent.name: path.read_text(encoding="utf-8") for path in HERE.glob("examples/archive/*/plan.md")}
EXAMPLES = int(os.environ.get("PLANSMITH_EXAMPLES", "100"))


def refused(text: str) -> list[str]:
    with pytest.raises(PlanError) as caught:
        parse_json(text)
    return caught.value.problems


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_sample_plan_goes_through_json(name: str) -> None:
    plan = parse_plan(SAMPLES[name])
    assert parse_json(render_json(plan)) == plan


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES < 1000,
    suppress_health_check=list(HealthCheck),
)
@given(plans)
def test_every_plan_is_read_back_as_it_was(plan: Plan) -> None:
    assert parse_json(render_json(plan)) == plan


def test_the_form() -> None:
    text = render_json(Plan(title="Brutărie", deadline="2026-11-01"))  # type: ignore[arg-type]
    assert text.startswith('{\n  "title": "Brutărie",\n  "language": "en",')
    assert '"deadline": "2026-11-01"' in text
    assert text.endswith("}\n")


def test_the_published_schema_is_that_of_the_types() -> None:
    """After a change of the types, write docs/plan.schema.json anew from `render_schema()`."""
    assert (HERE / "docs" / "plan.schema.json").read_text(encoding="utf-8") == render_schema()


def test_the_schema_names_every_field_of_a_plan() -> None:
    schema = json.loads(render_schema())
    assert set(schema["properties"]) == set(Plan.model_fields)
    assert schema["additionalProperties"] is False
    patterns = re.findall(r'"pattern": "(.*)"', render_schema())
    assert not [pattern for pattern in patterns if "\\" in pattern]  # classes such as \w differ between languages


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, "title: it is missing; add it"),
        ([1], "the plan: "),
        ({"title": "a", "calender": {}}, 'calender: it is not known here; did you mean "calendar"?'),
        ({"title": "a", "budget": "9"}, 'budget: "9" is no number; write digits without quotes'),
        ({"title": "a", "budget": float("nan")}, 'budget: "nan" is no number'),
        ({"title": "a", "deadline": "soon"}, 'deadline: "soon" is no date; write it as 2026-11-01'),
        ({"title": "a", "deadline": 5}, 'deadline: "5" is no date'),
        ({"title": "a", "risks": {}}, "risks: "),
        ({"title": "a", "team": [5]}, 'team[0]: "5" is no object'),
        ({"title": "a", "calendar": {"weekend": [7]}}, 'calendar.weekend[0]: "7" is too large; write at most 6'),
        (
            {"title": "a", "requirements": [{"id": "R1", "text": "b", "priority": "musst"}]},
            'requirements[0].priority (R1): "musst" is not allowed; did you mean "must"? write one of: must, should,',
        ),
        (
            {"title": "a", "requirements": [{"id": "R1", "text": "b", "colour": 1}]},
            "requirements[0].colour (R1): it is not known here; write one of: origin, source, status, superseded_by,",
        ),
        ({"title": "a", "requirements": [{"id": "R01", "text": "b"}]}, 'requirements[0].id (R01): "R01" has the wrong'),
        ({"title": "a", "tasks": [{"id": "T1", "title": "b", "role": "1"}]}, "tasks[0].role (T1): "),
        ({"title": "a", "risks": [{"id": "K1", "event": "b"}] * 2}, "the plan: ids used twice: K1"),
        ({"title": "a", "risks": [{"id": "K1", "event": "b", "origin": "stated"}]}, "must cite at least one sentence"),
    ],
)
def test_what_does_not_fit_is_told_by_its_path(data: Any, expected: str) -> None:
    assert expected in "\n".join(refused(json.dumps(data)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1, column 1: no JSON here"),
        ('{"title": "a",\n "budget" 5}', "line 2, column 11: no JSON here"),
        ('{"title": "a", "title": "b"}', '"title" stands twice'),
        ('{"title": "a", "risks": [{"id": "K1", "event": "b", "event": "c"}]}', 'K1: "event" stands twice'),
        ("[" * 100_000, "too deep"),
        ('{"title": "a", "budget": ' + "9" * 5000 + "}", "thousands of digits"),
        ('{"title": "\\ud800"}', "it is no JSON"),
        ('{"title": "\ud800"}', "character 12 is half of a character"),
    ],
    ids=range(8),
)
def test_what_is_no_json(text: str, expected: str) -> None:
    assert expected in "\n".join(refused(text))


def test_all_problems_are_told_together() -> None:
    assert len(refused('{"budget": "9", "risks": [{"id": "K1", "impact": 6}], "x": 1}')) == 5


def test_a_file_of_absurd_size() -> None:
    with pytest.raises(PlanError, match="characters; more than"):
        parse_json(" " * (LIMIT + 1))


def test_spoilt_files_are_read_whole_or_refused() -> None:
    """Whatever is accepted keeps every value of the file. PLANSMITH_EXAMPLES=5000 spoils 10,000 files."""
    random = Random(5)
    texts = [render_json(parse_plan(text)) for _, text in sorted(SAMPLES.items())]
    for _ in range(2 * EXAMPLES):
        text = mutated(random.choice(texts), random)
        plan = read_or_refused(parse_json, text)
        if isinstance(plan, Plan):
            assert parse_json(render_json(plan)) == plan
            assert lost(json.loads(text.removeprefix("\ufeff")), plan.model_dump(mode="json")) == []


def lost(given: Any, kept: Any, path: str = "") -> list[str]:
    """Paths of values that were in a file and are not in the plan; white space does not count."""
    if isinstance(given, dict) and isinstance(kept, dict):
        return [one for key in given for one in lost(given[key], kept.get(key), f"{path}.{key}")]
    if isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        return [one for n, (a, b) in enumerate(zip(given, kept, strict=True)) for one in lost(a, b, f"{path}[{n}]")]
    if isinstance(given, str) and isinstance(kept, str):
        return [] if paragraphs(given).split() == kept.split() else [path]
    return [] if given == kept else [path]
