"""Two runs side by side.

Enters: two `Run`s. Leaves: a `Comparison`: what differs in data and settings, and what came of each.
Try: plansmith runs compare first second
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from plansmith.tuning.runs import Run


@dataclass(frozen=True)
class Comparison:
    """`settings` and `results` are (name, of the one, of the other); `same_test`: both held out the same projects."""

    one: str
    other: str
    settings: tuple[tuple[str, Any, Any], ...]
    results: tuple[tuple[str, Any, Any], ...]
    same_test: bool
    same_base: bool

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def comparable(self) -> bool:
        """Whether the held-out losses may be set against each other: same projects, same tokenizer."""
        return self.same_test and self.same_base


def compared(one: Run, other: Run) -> Comparison:
    """The differing settings and the results of two runs."""
    left, right = _settings(one), _settings(other)
    names = [*left, *(name for name in right if name not in left)]
    differing = tuple((n, left.get(n), right.get(n)) for n in names if left.get(n) != right.get(n))
    first, second = _results(one), _results(other)
    return Comparison(
        one.name,
        other.name,
        differing,
        tuple((name, first[name], second[name]) for name in first),
        one.story["data"]["test"] == other.story["data"]["test"],
        one.story["base"]["name"] == other.story["base"]["name"],
    )


def _settings(run: Run) -> dict[str, Any]:
    data = run.story["data"]
    about = {
        "base": run.story["base"]["name"],
        "projects learned from": ", ".join(sorted(data["train"])),
        "projects held out": ", ".join(sorted(data["test"])),
        "archive": data["sha256"][:12],
        "rows": data["rows"],
    }
    versions = {f"version of {name}": value for name, value in run.story["versions"].items()}
    return {**about, **run.story["recipe"], **versions}


def _results(run: Run) -> dict[str, Any]:
    result = run.story["result"]
    return {
        "held-out loss before": result["held_out_loss"][0],
        "held-out loss, best": run.best_loss,
        "at step": result["best_step"],
        "steps": result["steps"],
        "seconds": result["training_seconds"],
        "tokens per second": result["tokens_per_second"],
        "peak memory, GB": result["peak_memory_gb"],
    }
