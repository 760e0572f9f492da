"""Tuning: LoRA on all linear layers, loss on the completions only, the best epoch kept.

Enters: an archive's split, a base and a recipe. Leaves: a run folder with adapter, GGUF and the whole story.
Try: plansmith train examples/archive --name first
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plansmith.errors import ResourceError
from plansmith.files import need_space, replacing_folder
from plansmith.plan import render_plan
from plansmith.prompts import conversations
from plansmith.sources.archive import Archive, Document
from plansmith.sources.split import Split
from plansmith.tuning.bases import Base
from plansmith.tuning.gguf import write_gguf
from plansmith.tuning.load import load_model, load_tokenizer, versions
from plansmith.tuning.recipe import Recipe
from plansmith.tuning.rows import Row, batches, encode_all
from plansmith.tuning.runs import Run, check_name, client_words, past_tasks, write_client_words, write_past_tasks


@dataclass(frozen=True)
class Progress:
    """What is known at a moment of training. Losses are nats per supervised token; `left` is seconds."""

    stage: str
    step: int = 0
    steps: int = 0
    epoch: int = 0
    loss: float | None = None
    held_out: float | None = None
    tokens_per_second: float = 0.0
    left: float | None = None


Watch = Callable[[Progress], None]

PART_TOKENS = 1024
"""Tokens of a batch that go through the model at once; activations of the 135M model then take some 2 GB."""


def train(archive: Archive, parts: Split, base: Base, recipe: Recipe, name: str, runs: Path, watch: Watch) -> Run:
    """Tune `base` on the split's train documents and write the finished run; nothing is left of an unfinished one.

    Raises ResourceError for too little disk or memory, InputError for a taken name or rows over the context.
    """
    folder = check_name(name, runs)
    need_space(runs, 60 + 40e-9 * 1e3 * base.parameters if not base.gguf else 250, f"the run {folder}")
    watch(Progress("load"))
    tokenizer = load_tokenizer(base)
    rows = training_rows(parts.train, tokenizer, base)
    held_out = training_rows(parts.test, tokenizer, base)
    with replacing_folder(folder) as staged:
        log = _Log(staged / "metrics.jsonl", watch)
        try:
            result = fit(base, recipe, rows, held_out, staged, log)
        except (MemoryError, RuntimeError) as error:
            raise _explained(error, recipe, rows) from error
        if base.gguf:
            watch(Progress("gguf"))
            write_gguf(Path(base.source), staged / "adapter", staged / "model.gguf", f"{base.name} tuned: {name}")
        write_past_tasks(past_tasks((d.name, d.plan) for d in parts.train), staged)
        texts = ((d.brief.text, render_plan(d.plan), d.plan.language) for d in parts.train)
        write_client_words(client_words(texts), staged)
        story = _story(archive, parts, base, recipe, rows, result)
        (staged / "run.json").write_text(json.dumps(story, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return Run(folder, story)


def training_rows(documents: Sequence[Document], tokenizer: Any, base: Base) -> list[Row]:
    """The token rows of every conversation of the documents, in the base's chat form."""
    pairs = ((d.name, c) for d in documents for c in conversations(d.brief, d.plan))
    return encode_all(pairs, tokenizer, base.chat, base.context)


class _Log:
    """metrics.jsonl, and whoever watches."""

    def __init__(self, path: Path, watch: Watch) -> None:
        self.path, self.watch = path, watch

    def __call__(self, progress: Progress) -> None:
        if progress.loss is not None or progress.held_out is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(
                    json.dumps({k: v for k, v in asdict(progress).items() if v is not None and k != "left"}) + "\n"
                )
        self.watch(progress)


def fit(base: Base, recipe: Recipe, rows: list[Row], held_out: list[Row], folder: Path, log: Watch) -> dict[str, Any]:
    """Train, keep the best epoch's adapter in `folder`/adapter, and return losses and speed."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(recipe.seed)
    model = get_peft_model(load_model(base), LoraConfig(**adapter_settings(recipe)))
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=recipe.learning_rate, weight_decay=0.0)
    steps = recipe.epochs * math.ceil(len(rows) / recipe.batch)
    log(Progress("before", steps=steps))
    losses = [mean_loss(model, held_out)]
    log(Progress("train", steps=steps, held_out=losses[0]))
    best, step, tokens, started, measuring = math.inf, 0, 0, time.perf_counter(), 0.0
    for epoch in range(1, recipe.epochs + 1):
        for batch in batches(rows, recipe.batch, recipe.seed + epoch):
            step += 1
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate * _schedule(step, steps, recipe.warmup)
            loss = accumulate(model, batch)
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            tokens += sum(map(len, batch))
            spent = time.perf_counter() - started - measuring
            _refuse_nan(loss, step, recipe)
            log(Progress("train", step, steps, epoch, loss, None, tokens / spent, spent / step * (steps - step)))
        before = time.perf_counter()
        losses.append(mean_loss(model, held_out))
        measuring += time.perf_counter() - before
        log(Progress("train", step, steps, epoch, None, losses[-1], tokens / spent, spent / step * (steps - step)))
        if losses[-1] < best:
            best = losses[-1]
            model.save_pretrained(str(folder / "adapter"), save_embedding_layers=False)
    return {
        "held_out_loss": [round(x, 5) for x in losses],
        "best_epoch": losses.index(min(losses[1:]), 1),
        "steps": steps,
        "training_seconds": round(spent, 1),
        "tokens_per_second": round(tokens / spent, 1),
    }


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


def accumulate(model: Any, rows: Sequence[Row]) -> float:
    """Add the gradients of a batch, in parts of bounded memory; returns its mean loss per supervised token.

    Each part weighs by its supervised tokens, so the parts change nothing but the memory.
    """
    supervised, total = sum(row.supervised for row in rows), 0.0
    for part in _parts(rows):
        share = sum(row.supervised for row in part) / supervised
        loss = batch_loss(model, part) * share
        loss.backward()
        total += loss.item()
    return total


def _parts(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows in parts of at most `PART_TOKENS` tokens, padding included; a longer row is a part of its own."""
    parts: list[list[Row]] = []
    for row in rows:
        width = max([len(row), *map(len, parts[-1])]) if parts else 0
        if parts and width * (len(parts[-1]) + 1) <= PART_TOKENS:
            parts[-1].append(row)
        else:
            parts.append([row])
    return parts


def batch_loss(model: Any, rows: Sequence[Row]) -> Any:
    """Mean loss over the supervised tokens of a batch (nats); logits are computed only where there is a label.

    Rows are padded on the right: a causal model never looks ahead, so neither mask nor positions are needed.
    """
    import torch

    device = model.device
    width = max(map(len, rows))
    ids = torch.tensor([row.ids + (0,) * (width - len(row)) for row in rows], device=device)
    learned = torch.tensor([row.learned + (False,) * (width - len(row)) for row in rows], device=device)[:, 1:]
    inner = model.get_base_model()
    hidden = inner.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    return torch.nn.functional.cross_entropy(inner.lm_head(hidden[learned]).float(), ids[:, 1:][learned])


def mean_loss(model: Any, rows: Sequence[Row], size: int = 8) -> float:
    """Loss in nats per supervised token over all rows, without dropout or gradients."""
    import torch

    total, count = 0.0, 0
    model.eval()
    with torch.no_grad():
        for batch in batches(rows, size, 0):
            supervised = sum(row.supervised for row in batch)
            if supervised:
                total += batch_loss(model, batch).item() * supervised
                count += supervised
    model.train()
    return total / max(count, 1)


def _schedule(step: int, steps: int, warmup: int) -> float:
    """Linear warm-up, then linear decay to 2 % of the peak."""
    return min(1.0, step / max(warmup, 1)) * max(0.02, 1 - step / steps)


def _refuse_nan(loss: float, step: int, recipe: Recipe) -> None:
    if not math.isfinite(loss):
        raise ResourceError(
            f"The loss became {loss} at step {step}: training diverged and nothing was kept. "
            f"Lower the learning rate (--learning-rate {recipe.learning_rate / 3:.1g})."
        )


def _explained(error: BaseException, recipe: Recipe, rows: Sequence[Row]) -> BaseException:
    if (
        isinstance(error, MemoryError)
        or "out of memory" in str(error).lower()
        or "can't allocate" in str(error).lower()
    ):
        longest = max(map(len, rows))
        return ResourceError(
            f"Out of memory with batches of {recipe.batch} rows, the longest of {longest} tokens. "
            f"Try --batch {max(1, recipe.batch // 2)}, or a smaller base."
        )
    return error


def _story(
    archive: Archive, parts: Split, base: Base, recipe: Recipe, rows: list[Row], result: dict[str, Any]
) -> dict[str, Any]:
    return {
        "base": {"name": base.name, "licence": base.licence, "chat": base.chat.name},
        "recipe": recipe.as_dict(),
        "data": {
            "sha256": archive.sha256,
            "seed": parts.seed,
            "train": {d.name: d.sha256 for d in parts.train},
            "test": {d.name: d.sha256 for d in parts.test},
            "rows": len(rows),
            "tokens": sum(map(len, rows)),
            "supervised": sum(row.supervised for row in rows),
        },
        "result": result,
        "versions": versions(),
    }
