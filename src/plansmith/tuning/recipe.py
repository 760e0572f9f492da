"""How a model is tuned: every number of it, declared once, with unit and range.

Enters: the base, the machine, the number of training rows, and what the user sets by flag, file or environment.
Leaves: a `Recipe`, fully resolved; a run keeps it as recipe.yaml, which `--recipe` reads again.
Try: plansmith train --help
"""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from cyclopts import Parameter

from plansmith.errors import InputError
from plansmith.tuning.bases import Base
from plansmith.tuning.machine import Machine, Precision

Schedule = Literal["linear", "cosine", "constant"]
Quantization = Literal["none", "nf4"]
Attention = Literal["sdpa", "eager", "flash_attention_2"]
Targets = Literal["all", "attention"]


@dataclass(frozen=True)
class Recipe:
    """Resolved settings of a training run. `Overrides` says what each means."""

    epochs: int
    learning_rate: float
    rank: int
    alpha: int
    batch: int
    warmup: int
    seed: int
    targets: Targets = "all"
    rslora: bool = False
    dora: bool = False
    schedule: Schedule = "linear"
    weight_decay: float = 0.0
    precision: Precision = "fp32"
    quantization: Quantization = "none"
    attention: Attention = "sdpa"
    checkpointing: bool = False
    part_tokens: int = 1024
    measure: int = 2
    patience: int = 2

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@Parameter(name="*")
@dataclass(frozen=True)
class Overrides:
    """What the user sets by flag, settings file or environment; None leaves it to the recipe of the base."""

    epochs: Annotated[
        int | None, Parameter(help="Times that every row is learned from; the best measurement is kept [1 to 50].")
    ] = None
    learning_rate: Annotated[float | None, Parameter(help="Peak of the learning rate [above 0, to 0.1].")] = None
    rank: Annotated[int | None, Parameter(help="Rank of the LoRA adapter [1 to 512].")] = None
    alpha: Annotated[
        int | None, Parameter(help="LoRA scale, divided by the rank [1 to 2048]; by default twice the rank.")
    ] = None
    batch: Annotated[int | None, Parameter(help="Rows in an optimiser step [1 to 256].")] = None
    warmup: Annotated[int | None, Parameter(help="Optimiser steps until the peak is reached [0 to 10000].")] = None
    seed: Annotated[int | None, Parameter(help="Seed of split, order and adapter [0 to 2147483647].")] = None
    targets: Annotated[Targets | None, Parameter(help="Linear layers that are adapted.")] = None
    rslora: Annotated[bool | None, Parameter(help="Scale by the root of the rank (rsLoRA).")] = None
    dora: Annotated[bool | None, Parameter(help="Adapt direction and magnitude apart (DoRA); slower.")] = None
    schedule: Annotated[Schedule | None, Parameter(help="Fall of the learning rate after its peak.")] = None
    weight_decay: Annotated[float | None, Parameter(help="Weight decay of AdamW on the adapter [0 to 1].")] = None
    precision: Annotated[
        Precision | None, Parameter(help="Of the computation; detected: bf16 where the hardware has it.")
    ] = None
    quantization: Annotated[
        Quantization | None, Parameter(help="Of the frozen base: nf4 is QLoRA; detected: nf4 on GPUs from 1B up.")
    ] = None
    attention: Annotated[Attention | None, Parameter(help="Implementation of attention.")] = None
    checkpointing: Annotated[
        bool | None, Parameter(help="Recompute activations to save memory; detected: only where they would not fit.")
    ] = None
    part_tokens: Annotated[
        int | None, Parameter(help="Tokens of a batch that go through the model at once [64 to 1048576].")
    ] = None
    measure: Annotated[int | None, Parameter(help="Measurements of the held-out loss an epoch [1 to 100].")] = None
    patience: Annotated[
        int | None, Parameter(help="Measurements without a better one after which training stops; 0: never [0 to 100].")
    ] = None


RANGES: dict[str, tuple[float, float]] = {
    "epochs": (1, 50),
    "learning_rate": (1e-9, 0.1),
    "rank": (1, 512),
    "alpha": (1, 2048),
    "batch": (1, 256),
    "warmup": (0, 10_000),
    "seed": (0, 2**31 - 1),
    "weight_decay": (0, 1),
    "part_tokens": (64, 2**20),
    "measure": (1, 100),
    "patience": (0, 100),
}
_CHOICES = {
    "targets": get_args(Targets),
    "schedule": get_args(Schedule),
    "precision": get_args(Precision),
    "quantization": get_args(Quantization),
    "attention": get_args(Attention),
}

# Measured on the embedded model with 12 documents (docs/recipes.md): many small steps in one pass learn more than
# two passes in larger ones, at half the cost. Larger models take the usual QLoRA rate and batch.
_SMALL = Recipe(epochs=1, learning_rate=1e-3, rank=32, alpha=64, batch=1, warmup=6, seed=0)
_LARGE = Recipe(epochs=2, learning_rate=2e-4, rank=16, alpha=32, batch=4, warmup=10, seed=0)
SMALL_STEPS = (180, 600)
"""Optimiser steps that the small recipe aims for: with fewer rows it takes more epochs, with more a larger batch."""


def resolve(base: Base, overrides: Overrides | None = None, rows: int = 0, machine: Machine | None = None) -> Recipe:
    """The base's recipe for so many rows on this machine, with the user's overrides.

    Raises InputError naming every value out of range.
    """
    chosen = given(overrides)
    if problems := _out_of_range(chosen):
        raise InputError("These training settings cannot be used:", problems)
    small = 0 < base.parameters < 1e9
    recipe = _for_rows(_SMALL, rows) if small else _LARGE
    if machine:
        recipe = replace(recipe, precision=machine.precision)
        if machine.gpu:
            recipe = replace(recipe, quantization="none" if small else "nf4", part_tokens=4096)
    if "rank" in chosen and "alpha" not in chosen:
        chosen["alpha"] = 2 * chosen["rank"]
    return replace(recipe, **chosen)


def given(overrides: Overrides | None) -> dict[str, Any]:
    """What the user set, by name."""
    return {f.name: value for f in fields(Overrides) if (value := getattr(overrides, f.name, None)) is not None}


def _for_rows(recipe: Recipe, rows: int) -> Recipe:
    fewest, most = SMALL_STEPS
    batch = min(8, max(1, round(rows / most)))
    steps = max(1, rows // batch)
    return replace(recipe, batch=batch, epochs=min(4, max(1, -(-fewest // steps))) if rows else recipe.epochs)


def read_recipe(path: Path) -> Overrides:
    """Settings from a YAML file such as a run's recipe.yaml; raises InputError with all that it cannot use."""
    import yaml

    from plansmith.sources.read import read_text

    try:
        found = yaml.safe_load(read_text(path)) or {}
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} must hold settings, a line each, such as: learning_rate: 0.0002")
    known = {f.name for f in fields(Overrides)}
    given = {str(key).replace("-", "_"): value for key, value in found.items()}
    problems = []
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            problems.append(f"{key} is no setting." + (f" Did you mean {near[0]}?" if near else ""))
    problems += _wrong_kind({k: v for k, v in given.items() if k in known})
    if problems:
        raise InputError(f"{path} cannot be used:", problems)
    return Overrides(**given)


def layered(first: Overrides | None, then: Overrides | None) -> Overrides:
    """`first`, with what `then` sets set over it."""
    return Overrides(**{**given(first), **given(then)})


def _wrong_kind(given: dict[str, Any]) -> list[str]:
    problems = []
    for name, value in given.items():
        if name in ("rslora", "dora", "checkpointing"):
            if not isinstance(value, bool):
                problems.append(f"{name} = {value!r}: must be true or false")
        elif name in _CHOICES:
            if value not in _CHOICES[name]:
                problems.append(f"{name} = {value!r}: must be one of {', '.join(_CHOICES[name])}")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            problems.append(f"{name} = {value!r}: must be a number (YAML 1.1 wants 1.0e-3, not 1e-3)")
        elif name not in ("learning_rate", "weight_decay") and value != int(value):
            problems.append(f"{name} = {value!r}: must be a whole number")
    return problems or _out_of_range(given)


def _out_of_range(given: dict[str, Any]) -> list[str]:
    return [
        f"{name} = {value}: must be from {RANGES[name][0]:g} to {RANGES[name][1]:g}"
        for name, value in given.items()
        if name in RANGES and not RANGES[name][0] <= value <= RANGES[name][1]
    ]
