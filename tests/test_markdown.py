"""The plan's Markdown form: what is read, what is written, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from plansmith.plan import parse_plan, render_plan

HERE = Path(__file__).parent.parent
SAMPLES = sorted((HERE / "examples" / "archive").glob("*/plan.md"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.parent.name)
def test_a_sample_plan_is_written_as_it_was_read(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert render_plan(parse_plan(text)) == text
