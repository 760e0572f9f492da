"""The report's charts as SVG, drawn offline: loss curves, one line a project over the arms, differences with intervals.

Enters: a `Proof`. Leaves: SVG texts.
Try: plansmith evaluate first
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from typing import Any

from plansmith.errors import MissingError
from plansmith.proof.arms import Arm
from plansmith.proof.folds import Loss
from plansmith.proof.measures import BY_NAME
from plansmith.proof.verdict import Difference, Scored

INK, SOFT, GRID = "#1f2933", "#616e7c", "#e4e7eb"
COLOURS = {"base": "#9aa5b1", "examples": "#b7791f", "tuned": "#0f766e"}
SHORT: dict[Arm, str] = {"base": "base", "examples": "+ examples", "tuned": "tuned"}
_STATE = {"better": "#0f766e", "worse": "#b42318", "unclear": "#616e7c", "few": "#9aa5b1"}


def loss_curves(losses: Sequence[Loss]) -> str:
    """Held-out loss of every training before and after each epoch."""
    altair = _altair()
    values = [
        {"step": step, "loss": loss, "training": f"fold {one.fold}, seed {one.seed}"}
        for one in losses
        for step, loss in one.curve
    ]
    chart = (
        altair.Chart(altair.Data(values=values))
        .mark_line(point={"filled": True, "size": 36}, strokeWidth=2)
        .encode(
            x=altair.X("step:Q", title="optimiser step"),
            y=altair.Y("loss:Q", title="held-out loss, nats a learned token", scale=altair.Scale(zero=False)),
            color=altair.Color("training:N", legend=altair.Legend(title=None, orient="top", columns=4)),
        )
        .properties(width=600, height=240)
    )
    return _drawn(chart)


def by_document(scored: Sequence[Scored], measure: str) -> str:
    """One line for each project over the arms; the thick line is their mean."""
    altair = _altair()
    rows: dict[tuple[str, str], list[float]] = {}
    for s in scored:
        if measure in s.values:
            rows.setdefault((s.arm, s.document), []).append(s.values[measure])
    means = {key: sum(v) / len(v) for key, v in rows.items()}
    values = [{"arm": SHORT[a], "document": d, "value": mean} for (a, d), mean in means.items()]  # type: ignore[index]
    order = [SHORT[a] for a in SHORT if any(arm == a for arm, _ in rows)]
    x = altair.X("arm:N", sort=order, title=None, axis=altair.Axis(labelAngle=0, labelLimit=120))
    share = not BY_NAME[measure].unit and all(0 <= mean <= 1 for mean in means.values())
    scale = altair.Scale(domain=[0, 1]) if share else altair.Scale(zero=False)
    y = altair.Y("value:Q", title=None, scale=scale, axis=altair.Axis(tickCount=5))
    data = altair.Chart(altair.Data(values=values))
    lines = data.mark_line(strokeWidth=1, opacity=0.45, color=SOFT).encode(x=x, y=y, detail="document:N")
    dots = data.mark_circle(size=26, opacity=0.55).encode(
        x=x, y=y, color=altair.Color("arm:N", scale=_scale(altair, order), legend=None)
    )
    mean = data.mark_line(strokeWidth=3, color=INK, point={"filled": True, "size": 70, "color": INK})
    title = BY_NAME[measure].title + (f", {BY_NAME[measure].unit}" if BY_NAME[measure].unit else "")
    return _drawn((lines + dots + mean.encode(x=x, y="mean(value):Q")).properties(width=230, height=170, title=title))


def intervals(found: Sequence[Difference]) -> str:
    """Mean differences of all shares with their 95 % intervals; right of 0 is better."""
    altair = _altair()
    values = [
        {
            "measure": BY_NAME[d.measure].title + (" ★" if BY_NAME[d.measure].headline else ""),
            "mean": d.pair.mean, "low": d.pair.low, "high": d.pair.high, "state": d.state,
        }
        for d in found
        if not BY_NAME[d.measure].unit and d.measure != "sa"
    ]  # fmt: skip
    order = [v["measure"] for v in values]
    y = altair.Y("measure:N", sort=order, title=None, axis=altair.Axis(labelLimit=220, ticks=False, domain=False))
    colour = altair.Color("state:N", scale=altair.Scale(domain=list(_STATE), range=list(_STATE.values())), legend=None)
    data = altair.Chart(altair.Data(values=values))
    zero = altair.Chart(altair.Data(values=[{"at": 0}])).mark_rule(color=INK, strokeWidth=1).encode(x="at:Q")
    bars = data.mark_rule(strokeWidth=2.5).encode(
        x=altair.X("low:Q", title="difference (right is better)", axis=altair.Axis(tickCount=5)),
        x2="high:Q",
        y=y,
        color=colour,
    )
    dots = data.mark_circle(size=70, opacity=1).encode(x="mean:Q", y=y, color=colour)
    return _drawn((zero + bars + dots).properties(width=250, height=max(60, 23 * len(values))))


def _scale(altair: Any, order: Sequence[str]) -> Any:
    colour = {SHORT[a]: c for a, c in COLOURS.items()}  # type: ignore[index]
    return altair.Scale(domain=list(order), range=[colour[t] for t in order])


def _altair() -> Any:
    try:
        importlib.import_module("vl_convert")
        return importlib.import_module("altair")  # typed, but its constructors are not
    except ImportError as error:
        raise MissingError("The report's charts need altair: pip install 'plansmith[train]'") from error


def _drawn(chart: Any) -> str:
    import vl_convert

    styled = (
        chart.configure(font="system-ui, sans-serif")  # first: it replaces what was configured before
        .configure_view(stroke=None)
        .configure_axis(
            grid=True, gridColor=GRID, labelColor=SOFT, titleColor=SOFT, titleFontWeight="normal", domain=False,
            labelFontSize=12, titleFontSize=12, tickColor=GRID,
        )
        .configure_legend(labelColor=SOFT, labelFontSize=12)
        .configure_title(anchor="start", fontSize=14, color=INK, fontWeight=600)
    )  # fmt: skip
    svg: str = vl_convert.vegalite_to_svg(styled.to_json())
    # charts scale with the page, on a phone as on paper
    return re.sub(r'^<svg([^>]*?) width="([\d.]+)" height="([\d.]+)"', r'<svg\1 style="max-width:\2px"', svg, count=1)
