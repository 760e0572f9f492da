"""The training loop: LoRA on the linear layers, loss on the completions only, the best held-out step kept.

Enters: a base, a recipe, rows to learn from and rows held out. Leaves: `adapter/`, and losses, speed and memory.
Runs on one process or, under `accelerate launch`, on several. A training that was stopped goes on where it was:
nothing random happens after the adapter is made, so it ends with the same bits as one that was never stopped.
Try: plansmith train examples/archive --name first
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, StoppedError
from plansmith.files import replacing_folder, sync_folder
from plansmith.tuning import checkpoint
from plansmith.tuning.bases import Base
from plansmith.tuning.forecast import overrun
from plansmith.tuning.guards import Guards
from plansmith.tuning.recipe import Recipe
from plansmith.tuning.rows import Row, batches
from plansmith.tuning.stop import agreed


@dataclass(frozen=True)
class Progress:
    """What is known at a moment of training. Losses are nats per supervised token; `left` is seconds, `memory` 10^9 bytes.

    `note` says what the user should know by now.
    """

    stage: str
    step: int = 0
    steps: int = 0
    epoch: int = 0
    loss: float | None = None
    held_out: float | None = None
    tokens_per_second: float = 0.0
    left: float | None = None
    memory: float | None = None
    note: str = ""


Watch = Callable[[Progress], None]

SAVE_EVERY = 120.0
"""Seconds between checkpoints; one of the embedded model is 118 MB."""


@dataclass
class _State:
    """Where a training stands. `held_out` holds (step, loss) of each measurement."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    held_out: list[tuple[int, float]] = field(default_factory=list)
    best: int = 0

    @property
    def lowest(self) -> float:
        return min((loss for _, loss in self.held_out[1:]), default=math.inf)


def fit(
    base: Base,
    recipe: Recipe,
    rows: list[Row],
    held_out: list[Row],
    folder: Path,
    log: Watch,
    check: Callable[[], None] = lambda: None,
    save_every: float = SAVE_EVERY,
    track: str = "",
    expected: float | None = None,
) -> dict[str, Any]:
    """Train and keep the best adapter in `folder`/adapter; goes on from `folder`/checkpoints if there are any.

    `track`: "tensorboard" or "trackio" logs there too, below `folder`. `check` is called where nothing is half done; if
    it raises, the state is saved first. Raises ResourceError when training diverges (the last good state is kept) and
    InputError for checkpoints of another training.
    """
    from plansmith.tuning.lean import narrow
    from plansmith.tuning.load import accelerator as make_accelerator
    from plansmith.tuning.load import load_model
    from plansmith.tuning.loss import add_gradients, mean_loss
    from plansmith.tuning.machine import peak_memory, release

    release()
    before = peak_memory()  # a process that has held more already tells nothing of this training
    accelerator = make_accelerator(recipe, track, folder)
    stop_together = accelerator.num_processes > 1
    if stop_together:
        check = agreed(check, accelerator)
    place, main = folder / "checkpoints", accelerator.is_main_process
    model, optimizer = prepare(load_model(base, recipe), recipe, accelerator)
    if accelerator.num_processes == 1 and accelerator.device.type == "cpu" and recipe.precision == "fp32":
        narrow(model)
    release()
    trained = [p for p in model.parameters() if p.requires_grad]
    schedule = [
        (epoch, batch)
        for epoch in range(1, recipe.epochs + 1)
        for batch in batches(rows, recipe.batch, recipe.seed + epoch)
    ]
    steps, measured = len(schedule), _measurements(recipe, len(rows))
    training = _fingerprint(recipe, rows)
    state = _restore(place, model, optimizer, training) or _State()
    guards = Guards(recipe, steps)
    log = _tracked(log, accelerator, recipe) if track else log
    started, spent = time.perf_counter(), state.seconds

    def save() -> None:
        kept = _tensors(model, optimizer)
        if main:
            checkpoint.write(place, state.step, kept, {**asdict(state), "training": training})
            checkpoint.drop_bests(place, state.best)

    def measure() -> None:
        release()  # what a training step needs and a measurement does not
        loss = mean_loss(model, held_out, recipe.part_tokens, accelerator, check)
        better = bool(state.held_out) and loss < state.lowest
        state.held_out.append((state.step, loss))
        if better:
            state.best = state.step
            adapter = _adapter(model)
            if main:
                checkpoint.keep_best(place, state.step, lambda into: _save_adapter(model, accelerator, adapter, into))

    def due() -> bool:
        return state.step in measured and (not state.held_out or state.held_out[-1][0] != state.step)

    saved, whole, first = time.perf_counter(), True, state.step
    try:
        if due():
            log(Progress("before", state.step, steps))
            measure()
            log(Progress("train", state.step, steps, held_out=state.held_out[-1][1]))
        else:
            log(Progress("resumed", state.step, steps))
        while state.step < steps and not guards.stop_early(state.held_out):
            began, number = time.perf_counter(), state.step + 1
            epoch, batch = schedule[state.step]
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate * rate(number, steps, recipe)
            between = (lambda: None) if stop_together else check
            loss = add_gradients(model, batch, recipe.part_tokens, accelerator, between)
            guards.before_step(number, loss, float(accelerator.clip_grad_norm_(trained, 1.0)))
            whole = False
            optimizer.step()
            optimizer.zero_grad()
            guards.after_step(number, trained)
            spent += time.perf_counter() - began
            state.step, state.tokens, state.seconds = number, state.tokens + sum(map(len, batch)), spent
            whole = True
            speed, left = state.tokens / spent, spent / number * (steps - number)
            held = peak_memory()
            note = overrun(held, expected) if number - first == min(3, steps - first) and before < held else ""
            log(Progress("train", number, steps, epoch, loss, None, speed, left, held, note))
            check()
            if now := due():
                measure()
                log(Progress("train", number, steps, epoch, None, state.held_out[-1][1], speed, left))
            if now or time.perf_counter() - saved > save_every:
                save()
                saved = time.perf_counter()
    except BaseException as error:
        # a signal, or a loss that went wrong: `state` is that of the last whole step, the gradients are thrown away
        if whole and state.step and (not stop_together or isinstance(error, StoppedError)):
            save()
        raise
    result = {
        "held_out_loss": [round(loss, 5) for _, loss in state.held_out],
        "held_out_steps": [step for step, _ in state.held_out],
        "best_step": state.best,
        "steps": steps,
        "stopped_early_at": state.step if state.step < steps else None,
        "training_seconds": round(spent, 1),
        "tokens_per_second": round(state.tokens / max(spent, 1e-9), 1),
        "peak_memory_gb": round(peak_memory(), 2),
        "wall_seconds": round(time.perf_counter() - started, 1),
    }
    if main:
        shutil.rmtree(folder / "adapter", ignore_errors=True)
        with replacing_folder(folder / "adapter") as staged:
            shutil.copytree(checkpoint.best(place, state.best), staged, dirs_exist_ok=True)
            sync_folder(staged)
    accelerator.wait_for_everyone()
    if track:
        accelerator.end_training()
    accelerator.free_memory()
    return result


def _tracked(log: Watch, accelerator: Any, recipe: Recipe) -> Watch:
    """The log, and the tracker that the user chose."""
    accelerator.init_trackers("plansmith", config=recipe.as_dict())

    def both(progress: Progress) -> None:
        values = {"loss": progress.loss, "held_out_loss": progress.held_out, "memory_gb": progress.memory}
        known = {name: value for name, value in values.items() if value is not None}
        if known:
            accelerator.log(known, step=progress.step)
        log(progress)

    return both


def rate(step: int, steps: int, recipe: Recipe) -> float:
    """Share of the peak learning rate at a step (from 1): linear warm-up, then the recipe's schedule down to 2 %."""
    warm = min(1.0, step / max(recipe.warmup, 1))
    done = step / steps
    fall = {"linear": 1 - done, "cosine": (1 + math.cos(math.pi * done)) / 2, "constant": 1.0}[recipe.schedule]
    return warm * max(0.02, fall)


def _measurements(recipe: Recipe, rows: int) -> set[int]:
    """The steps after which the held-out loss is measured: `measure` times an epoch, evenly, always at its end."""
    each = math.ceil(rows / recipe.batch)
    return {0} | {
        epoch * each + math.ceil(each * part / recipe.measure)
        for epoch in range(recipe.epochs)
        for part in range(1, recipe.measure + 1)
    }


def prepare(loaded: Any, recipe: Recipe, accelerator: Any) -> tuple[Any, Any]:
    """A loaded base with a fresh adapter on it, and its optimiser, both placed on the process's device."""
    import torch
    from peft import LoraConfig, get_peft_model

    from plansmith.tuning import fused, lean
    from plansmith.tuning.loss import Supervised

    torch.manual_seed(recipe.seed)  # after loading, which may draw random numbers of its own
    model = get_peft_model(loaded, LoraConfig(**adapter_settings(recipe)))
    fused.fuse(model)
    if not torch.cuda.is_available():
        lean.slim(model)
    if recipe.checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    supervised = Supervised(model)
    optimizer = torch.optim.AdamW(
        [p for p in supervised.parameters() if p.requires_grad],
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        fused=True,  # on the CPU too: four times as fast as a loop over the tensors
    )
    prepared, optimizer = accelerator.prepare(supervised, optimizer)
    prepared.train()
    return prepared, optimizer


def adapter_settings(recipe: Recipe) -> dict[str, Any]:
    """The recipe in the terms of peft's LoraConfig."""
    targets = "all-linear" if recipe.targets == "all" else ["q_proj", "k_proj", "v_proj", "o_proj"]
    return {
        "r": recipe.rank,
        "lora_alpha": recipe.alpha,
        "target_modules": targets,
        "use_rslora": recipe.rslora,
        "use_dora": recipe.dora,
        "task_type": "CAUSAL_LM",
    }


def _options(everywhere: bool = False) -> Any:
    from torch.distributed.checkpoint.state_dict import StateDictOptions

    return StateDictOptions(
        full_state_dict=True,
        cpu_offload=not everywhere,  # which leaves the other processes with nothing
        ignore_frozen_params=True,
        strict=False,
    )


def _adapter(model: Any) -> dict[str, Any]:
    """The trained tensors by name, whole on the main process whatever they are spread over."""
    from torch.distributed.checkpoint.state_dict import get_model_state_dict

    found: dict[str, Any] = get_model_state_dict(model, options=_options())
    return {name: tensor.contiguous() for name, tensor in found.items()}


def _tensors(model: Any, optimizer: Any) -> dict[str, Any]:
    """Everything that changes while training: adapter (`model.`) and optimiser (`optimizer.`)."""
    from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict

    found = {f"model.{name}": tensor for name, tensor in _adapter(model).items()}
    held: dict[str, Any] = get_optimizer_state_dict(model, optimizer.optimizer, options=_options())
    for name, state in held.get("state", {}).items():  # only the main process is given a model that is spread
        found |= {f"optimizer.{key}.{name}": value.contiguous() for key, value in state.items()}
    return found


def _save_adapter(model: Any, accelerator: Any, tensors: dict[str, Any], into: Path) -> None:
    peft_model = accelerator.unwrap_model(model).model
    state = {name.removeprefix("model."): tensor for name, tensor in tensors.items()}
    peft_model.save_pretrained(str(into), state_dict=state, save_embedding_layers=False)


def _fingerprint(recipe: Recipe, rows: Sequence[Row]) -> str:
    """What must be equal for a checkpoint to be gone on from."""
    return f"{sorted(recipe.as_dict().items())} {len(rows)} rows {sum(map(len, rows))} tokens"


def _restore(place: Path, model: Any, optimizer: Any, training: str) -> _State | None:
    """Put the newest checkpoint into model and optimiser; None where there is none."""
    from torch.distributed.checkpoint.state_dict import (
        get_optimizer_state_dict,
        set_model_state_dict,
        set_optimizer_state_dict,
    )

    found = checkpoint.newest(place)
    if found is None:
        return None
    tensors, about = found
    if about.pop("training") != training:
        raise InputError(
            f"The checkpoints in {place} belong to another recipe or archive; they cannot be gone on from."
        )
    trained: dict[str, Any] = {}
    moments: dict[str, Any] = {}
    for name, tensor in tensors.items():
        part, _, rest = name.partition(".")
        if part == "model":
            trained[rest] = tensor
        else:
            key, _, parameter = rest.partition(".")
            moments.setdefault(parameter, {})[key] = tensor
    set_model_state_dict(model, trained, options=_options())
    fresh: dict[str, Any] = get_optimizer_state_dict(model, optimizer.optimizer, options=_options(everywhere=True))
    set_optimizer_state_dict(model, optimizer.optimizer, {**fresh, "state": moments}, options=_options())
    return _State(**{**about, "held_out": [(step, loss) for step, loss in about["held_out"]]})
