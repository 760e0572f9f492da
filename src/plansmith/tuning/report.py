"""One page about a run: loss curves, settings, data, versions.

Enters: a `Run`. Leaves: one HTML file that needs neither network nor script.
Try: plansmith runs report first -o first.html
"""

from __future__ import annotations

import importlib
import json
from typing import Any

from plansmith.errors import MissingError
from plansmith.tuning.runs import Run

_SMOOTH = 12
"""Steps over which the loss of single steps is averaged into a line."""


def report_page(run: Run) -> str:
    """The page; raises MissingError where altair is not installed."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("plansmith", "tuning/templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = lambda seconds: f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
    return environment.get_template("run.html").render(
        run=run, story=run.story, result=run.story["result"], curve=_curve(run), best=run.best_loss
    )


def _curve(run: Run) -> str:
    """The losses by step as SVG: single steps as dots, their moving mean and the held-out loss as lines."""
    try:
        import vl_convert

        altair: Any = importlib.import_module("altair")  # typed, but its constructors are not
    except ImportError as error:
        raise MissingError("The report's chart needs altair: pip install 'plansmith[train]'") from error
    steps, held_out = _losses(run)
    both = ["one step's loss, averaged", "held-out loss"]
    colour = altair.Color(
        "line:N",
        scale=altair.Scale(domain=both, range=["#9aa5b1", "#0f766e"]),
        legend=altair.Legend(title=None, orient="top"),
    )
    x = altair.X("step:Q", title="optimiser step")
    y = altair.Y("loss:Q", title="loss (nats per learned token)", scale=altair.Scale(zero=False))
    dots = altair.Chart(altair.Data(values=steps)).mark_circle(size=9, opacity=0.25, color="#9aa5b1").encode(x=x, y=y)
    mean = altair.Chart(altair.Data(values=_averaged(steps))).mark_line(strokeWidth=1.6)
    held = altair.Chart(altair.Data(values=held_out)).mark_line(point=True, strokeWidth=2.4)
    chart = (dots + mean.encode(x=x, y=y, color=colour) + held.encode(x=x, y=y, color=colour)).properties(
        width=680, height=300
    )
    drawn: str = vl_convert.vegalite_to_svg(
        chart.configure_view(stroke=None).configure_axis(grid=True, gridColor="#eef1f4").to_json()
    )
    return drawn


def _losses(run: Run) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    path = run.folder / "metrics.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    steps = [{"step": line["step"], "loss": line["loss"]} for line in lines if "loss" in line]
    result = run.story["result"]
    held = zip(result["held_out_steps"], result["held_out_loss"], strict=True)
    return steps, [{"step": step, "loss": loss, "line": "held-out loss"} for step, loss in held]


def _averaged(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for end in range(1, len(steps) + 1):
        window = steps[max(0, end - _SMOOTH) : end]
        mean = sum(s["loss"] for s in window) / len(window)
        found.append({"step": steps[end - 1]["step"], "loss": mean, "line": "one step's loss, averaged"})
    return found
