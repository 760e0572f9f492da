"""The arms of a proof: the base as it came, the base with examples in its prompt, the tuned model.

Enters: an arm's name, the base and a run. Leaves: an engine; and a proof that the base is not the tuned model.
Try: plansmith evaluate first
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from plansmith.errors import InputError
from plansmith.proof.examples import WithExamples
from plansmith.sources.archive import Document
from plansmith.tuning.bases import Base
from plansmith.tuning.runs import Run
from plansmith.writing.engine import Engine, LlamaEngine, TransformersEngine

Arm = Literal["base", "examples", "tuned"]
ARMS: tuple[Arm, ...] = ("base", "examples", "tuned")
TITLES: dict[Arm, str] = {"base": "base", "examples": "base with examples", "tuned": "tuned"}
SLOTS, CONTEXT = 8, 16_384
"""Prompts at a time, and tokens that they share."""
UNTUNED = "untuned.gguf"
"""In the run's folder while its base writes."""


def open_arm(
    arm: Arm, base: Base, run: Run, shown: Sequence[Document], slots: int = SLOTS, context: int = CONTEXT
) -> Engine:
    """The engine of an arm. `shown`: the projects that the run learned from, whose texts `examples` may quote.

    Raises InputError where the weights of the base arm are those of the run.
    """
    if arm == "tuned":
        if run.gguf:
            return LlamaEngine(run.gguf, base.chat, slots, context)
        return TransformersEngine(base, run.adapter)
    plain = _untuned(base, run, slots, context)
    if arm == "base":
        return plain
    return WithExamples(plain, shown)


def _untuned(base: Base, run: Run, slots: int, context: int) -> Engine:
    """The base in the quantisation of the run, so that the arms differ by the adapter alone, and run as fast."""
    if not base.gguf:
        return TransformersEngine(base)
    weights = Path(base.source)
    if run.gguf and weights_hash(weights) == weights_hash(run.gguf):
        raise InputError(f"{weights} holds the weights of {run.folder}: the base arm would be the tuned model.")
    if run.gguf and run.adapter.is_dir():
        from plansmith.tuning.gguf import write_gguf

        target = run.folder / UNTUNED
        if not target.is_file():
            write_gguf(weights, run.adapter, target, f"{base.name} untuned", off=True)
        weights = target
    return LlamaEngine(weights, base.chat, slots, context)


def forget_untuned(run: Run) -> None:
    """Delete the base that was written beside the run."""
    (run.folder / UNTUNED).unlink(missing_ok=True)


def weights_hash(path: Path) -> str:
    """SHA-256 of a model file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
