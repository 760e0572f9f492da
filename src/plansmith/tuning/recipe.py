"""How a model is tuned: every number of it, declared once, with unit and range.

Enters: the base, the number of training rows, and what the user overrides. Leaves: a `Recipe`, fully resolved.
Try: plansmith train --help
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from plansmith.errors import InputError
from plansmith.tuning.bases import Base


@dataclass(frozen=True)
class Recipe:
    """Resolved settings of a training run."""

    epochs: int
    learning_rate: float
    rank: int
    alpha: int
    batch: int
    warmup: int
    seed: int
    targets: str = "all"
    rslora: bool = False
    dora: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@Parameter(name="*")
@dataclass(frozen=True)
class Overrides:
    """What the user sets by flag, settings file or environment; None leaves it to the recipe of the base."""

    epochs: Annotated[
        int | None, Parameter(help="Times that every row is learned from; the best epoch is kept [1 to 50].")
    ] = None
    learning_rate: Annotated[float | None, Parameter(help="Peak of the learning rate [above 0, to 0.1].")] = None
    rank: Annotated[int | None, Parameter(help="Rank of the LoRA adapter [1 to 512].")] = None
    alpha: Annotated[
        int | None, Parameter(help="LoRA scale, divided by the rank [1 to 2048]; by default twice the rank.")
    ] = None
    batch: Annotated[int | None, Parameter(help="Rows in an optimiser step [1 to 256].")] = None
    warmup: Annotated[int | None, Parameter(help="Optimiser steps until the peak is reached [0 to 10000].")] = None
    seed: Annotated[int | None, Parameter(help="Seed of split, order and adapter [0 to 2147483647].")] = None
    targets: Annotated[Literal["all", "attention"] | None, Parameter(help="Linear layers that are adapted.")] = None
    rslora: Annotated[bool | None, Parameter(help="Scale by the root of the rank (rsLoRA).")] = None
    dora: Annotated[
        bool | None, Parameter(help="Adapt direction and magnitude apart (DoRA); slower, and not written as GGUF.")
    ] = None


RANGES: dict[str, tuple[float, float]] = {
    "epochs": (1, 50),
    "learning_rate": (1e-9, 0.1),
    "rank": (1, 512),
    "alpha": (1, 2048),
    "batch": (1, 256),
    "warmup": (0, 10_000),
    "seed": (0, 2**31 - 1),
}

# Measured on the embedded model with 12 documents (docs/recipes.md): many small steps in one pass learn more than
# two passes in larger ones, at half the cost. Larger models take the usual QLoRA rate and batch.
_SMALL = Recipe(epochs=1, learning_rate=1e-3, rank=32, alpha=64, batch=1, warmup=6, seed=0)
_LARGE = Recipe(epochs=2, learning_rate=2e-4, rank=16, alpha=32, batch=4, warmup=10, seed=0)


def resolve(base: Base, overrides: Overrides | None = None) -> Recipe:
    """The base's recipe with the user's overrides; raises InputError naming every value out of range."""
    recipe = _SMALL if 0 < base.parameters < 1e9 else _LARGE
    given = {f.name: value for f in fields(Overrides) if (value := getattr(overrides, f.name, None)) is not None}
    problems = [
        f"{name} = {value}: must be from {RANGES[name][0]:g} to {RANGES[name][1]:g}"
        for name, value in given.items()
        if name in RANGES and not RANGES[name][0] <= value <= RANGES[name][1]
    ]
    if problems:
        raise InputError("These training settings cannot be used:", problems)
    if "rank" in given and "alpha" not in given:
        given["alpha"] = 2 * given["rank"]
    return replace(recipe, **given)
