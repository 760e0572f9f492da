"""What a training will need, before it begins: memory by formula, time by measured rates.

Enters: the base's shape, a recipe, the rows. Leaves: a `Forecast` for this machine, and whether common GPUs suffice.
Try: plansmith check examples/archive --base llama-2-7b

The memory formula, bytes at the peak (the first backward pass after an optimiser step):

    weights      linear layers: 0.531 each in NF4 (4 bits, and scales for blocks of 64 quantised again), else 2 or 4;
                 embeddings and head: 2 or 4
    adapter      12 a parameter: float32 itself and AdamW's two moments
    activations  T tokens at once x (layers x kept + one layer's work + 6 hidden states), where a layer keeps
                 a·hidden + f·inner values, or with checkpointing only its input, a hidden state

On a CPU in float32 the linear layers take 2 bytes and a layer keeps half (`plansmith.tuning.lean`); there, loading all
weights in float32 may be the peak.

`a` and `f` were fitted on one H200 at the shapes of Llama 2 7B and 13B (bench/gpu/train.py, docs/recipes.md), on the
CPU at that of the embedded model.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from plansmith.tuning.bases import Base
from plansmith.tuning.machine import Machine
from plansmith.tuning.recipe import Recipe
from plansmith.tuning.rows import Row

NF4_BYTES = 0.531
GPUS = (("T4", 15.8), ("RTX 4070", 12.4), ("RTX 4090", 25.3), ("A100 40 GB", 42.3), ("H100", 85.0), ("H200", 150.0))
"""Common GPUs with their memory in 10^9 bytes."""
GPU_OVERHEAD = 1.0
"""10^9 bytes of a GPU that torch's allocator does not count: the CUDA context, kernels, fragments."""
CPU_OVERHEAD = 0.7
"""10^9 bytes of a process with torch, transformers and peft loaded, before any weights."""


@dataclass(frozen=True)
class Shape:
    """A Llama's shape: `hidden`, `inner` (feed-forward) and `kv` (keys or values) are widths."""

    layers: int
    hidden: int
    inner: int
    kv: int
    vocabulary: int
    tied: bool = False

    @property
    def linear(self) -> int:
        """Parameters of the blocks' linear layers."""
        return self.layers * (2 * self.hidden**2 + 2 * self.hidden * self.kv + 3 * self.hidden * self.inner)

    @property
    def embeddings(self) -> int:
        """Parameters of embeddings and head."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    def adapter(self, rank: int, targets: str = "all") -> int:
        """Parameters of a LoRA adapter."""
        attention = 4 * self.hidden + 2 * (self.hidden + self.kv)
        feed_forward = 3 * (self.hidden + self.inner)
        return self.layers * rank * (attention + (feed_forward if targets == "all" else 0))


@dataclass(frozen=True)
class Forecast:
    """Memory in 10^9 bytes, time in seconds (None where no rate was measured for such a machine)."""

    memory: float
    available: float
    fits: bool
    seconds: float | None
    gpus: dict[str, bool]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


SHAPES = {
    "smollm2-135m": Shape(30, 576, 1536, 192, 49152, tied=True),
    "llama-2-7b": Shape(32, 4096, 11008, 4096, 32000),
    "llama-2-13b": Shape(40, 5120, 13824, 5120, 32000),
    "llama-2-70b": Shape(80, 8192, 28672, 1024, 32000),
}


def shape_of(base: Base) -> Shape | None:
    """The base's shape; None for a Hub id whose config is not on this machine."""
    if base.name in SHAPES:
        return SHAPES[base.name]
    path = Path(base.source) / "config.json"
    if not path.is_file():
        return None
    c = json.loads(path.read_text(encoding="utf-8"))
    kv = c["hidden_size"] // c["num_attention_heads"] * c.get("num_key_value_heads", c["num_attention_heads"])
    return Shape(
        c["num_hidden_layers"], c["hidden_size"], c["intermediate_size"], kv, c["vocab_size"],
        bool(c.get("tie_word_embeddings")),
    )  # fmt: skip


def memory(shape: Shape, recipe: Recipe, tokens: int, gpu: bool, lean: bool = False) -> float:
    """Peak memory in 10^9 bytes, without the machine's overhead; `tokens` go through the model at once.

    `lean`: with Liger's kernels, which keep less for the backward pass.
    """
    width = 2 if gpu and recipe.precision != "fp32" else 4
    linear = NF4_BYTES if recipe.quantization == "nf4" else width
    weights = shape.linear * linear + shape.embeddings * width
    adapter = 12 * shape.adapter(recipe.rank, recipe.targets)
    slim = not gpu and recipe.precision == "fp32" and recipe.quantization == "none" and not recipe.dora
    loading = 0.0
    if slim:
        loading, weights = weights, shape.linear * 2 + shape.embeddings * width
    hidden, inner = (4.85, 2.0) if slim else (8.55, 3.0) if lean else (10.3, 4.0)
    layer = (hidden * shape.hidden + inner * shape.inner) * width
    kept = shape.hidden * width + layer / shape.layers if recipe.checkpointing else layer
    return max(loading, weights + adapter + tokens * (shape.layers * kept + 6 * shape.hidden * width)) / 1e9


def tokens_at_once(rows: Sequence[Row], recipe: Recipe) -> int:
    """The most tokens that go through the model at once, padding included."""
    longest = max(map(len, rows), default=0)
    return max(longest, min(recipe.part_tokens, recipe.batch * longest))


def fitted(
    shape: Shape | None, recipe: Recipe, rows: Sequence[Row], machine: Machine, set_by_user: Collection[str]
) -> Recipe:
    """The recipe with smaller parts or, if that does not suffice, checkpointing, where memory asks for it."""
    if shape is None or "checkpointing" in set_by_user:
        return recipe
    for candidate in _leaner(recipe, rows, set_by_user):
        if needed(shape, candidate, rows, machine) <= machine.memory:
            return candidate
    return replace(recipe, checkpointing=True)


def _leaner(recipe: Recipe, rows: Sequence[Row], set_by_user: Collection[str]) -> list[Recipe]:
    longest = max(map(len, rows), default=1024)
    small = recipe if "part_tokens" in set_by_user else replace(recipe, part_tokens=max(1024, longest))
    return [recipe, small, replace(recipe, checkpointing=True), replace(small, checkpointing=True)]


def needed(shape: Shape, recipe: Recipe, rows: Sequence[Row], machine: Machine) -> float:
    """Peak memory in 10^9 bytes on this kind of machine, overhead included."""
    overhead = GPU_OVERHEAD if machine.gpu else CPU_OVERHEAD
    return overhead + memory(shape, recipe, tokens_at_once(rows, recipe), machine.gpu, machine.lean)


def forecast(base: Base, recipe: Recipe, rows: Sequence[Row], machine: Machine) -> Forecast | None:
    """What training on these rows needs; None where the base's shape is not known."""
    shape = shape_of(base)
    if shape is None:
        return None
    need = needed(shape, recipe, rows, machine)
    gpus = {}
    for name, size in GPUS:
        there = Machine(name, True, size, "bf16", 1, lean=True)
        quantised = replace(
            recipe, precision="bf16", quantization="nf4" if base.parameters > 1e9 else "none", part_tokens=4096
        )
        best = fitted(shape, quantised, rows, there, ())
        gpus[name] = needed(shape, best, rows, there) <= size
    return Forecast(
        round(need, 2), machine.memory, need <= machine.memory, _seconds(shape, recipe, rows, machine), gpus
    )


OVERRUN = 1.1
"""Times the forecast above which the measured peak is worth a word."""


def overrun(measured: float, expected: float | None) -> str:
    """What to tell the user where the first steps, the longest rows among them, needed more memory than forecast."""
    if expected is None or measured <= OVERRUN * expected:
        return ""
    return (
        f"the first steps took {measured:.2f} GB of memory, {measured / expected - 1:.0%} more than the forecast of "
        f"{expected:.2f} GB; if memory runs out, train with --checkpointing or a smaller --part-tokens"
    )


def allocated(base: Base, recipe: Recipe, rows: Sequence[Row], machine: Machine) -> float | None:
    """The forecast peak in 10^9 bytes of what `peak_memory` measures; None where the base's shape is not known."""
    shape = shape_of(base)
    if shape is None:
        return None
    return needed(shape, recipe, rows, machine) - (GPU_OVERHEAD if machine.gpu else 0)


# Measured (docs/recipes.md): operations a second of the needed matrix products, seconds a part at the least
_RATES = {"H100": (3.3e14, 0.26), "H200": (3.3e14, 0.26), "CPU": (8e10, 0.02)}


def _seconds(shape: Shape, recipe: Recipe, rows: Sequence[Row], machine: Machine) -> float | None:
    """Time of all steps, where a rate was measured for such hardware; a busy machine takes longer."""
    rate = next((r for name, r in _RATES.items() if name in machine.name), None)
    if rate is None:
        return None
    tokens = sum(map(len, rows))
    operations = (
        tokens * 4 * (shape.linear + shape.vocabulary * shape.hidden / 3) * (4 / 3 if recipe.checkpointing else 1)
    )
    cores = machine.cores / 2 if not machine.gpu else 1
    parts = max(len(rows) / recipe.batch, tokens / recipe.part_tokens)
    return round(recipe.epochs * max(operations / rate[0] / cores, parts * rate[1]), 0)
