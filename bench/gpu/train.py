"""Tuning speed and memory at Llama 2's true shapes: Plansmith's loop against TRL's SFTTrainer, in one run.

    python bench/gpu/train.py --size 7b -o table.json     (one NVIDIA GPU with 80 GB; about eight minutes)
    python bench/gpu/train.py --size tiny                 (walks the same code on a CPU)

The weights are random, since only shapes decide speed and memory: the losses mean nothing. Rows have exactly
`length` tokens, the second half supervised. Median of the steps after a warm-up; memory is the peak of torch's
allocator over loading's end, warm-up and steps. `share` is the rate of necessary matrix products (4 operations a
weight and token: forward, and the gradient of the inputs) over that of an 8192³ bf16 product measured first.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM

from plansmith.tuning import forecast, fused, loop
from plansmith.tuning.load import accelerator as make_accelerator
from plansmith.tuning.loss import add_gradients
from plansmith.tuning.nf4 import quantise
from plansmith.tuning.recipe import Recipe
from plansmith.tuning.rows import Row

SHAPES = {
    "7b": {"hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32},
    "13b": {"hidden_size": 5120, "intermediate_size": 13824, "num_hidden_layers": 40, "num_attention_heads": 40},
    "tiny": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4},
}
FUSE = fused.fuse
CUDA = torch.cuda.is_available()
HALF = torch.bfloat16 if CUDA else torch.float32


def build(size: str, quantised: bool, attention: str = "sdpa", vocabulary: int = 32000) -> Any:
    """A Llama of the true shape with random weights, on the GPU, in 4 bits if asked."""
    config = LlamaConfig(
        vocab_size=vocabulary, max_position_embeddings=4096, attn_implementation=attention, dtype=HALF, **SHAPES[size]
    )
    with torch.device("meta"):
        model = LlamaForCausalLM(config).to(HALF)
    model.to_empty(device="cuda" if CUDA else "cpu")
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1.0) if parameter.ndim == 1 else parameter.normal_(0, 0.02)
    model.model.rotary_emb = type(model.model.rotary_emb)(config=config).to(model.device)
    model.requires_grad_(False)
    return quantise(model, HALF) if quantised else model


def rows_of(count: int, length: int) -> list[Row]:
    draw = random.Random(1)
    return [
        Row(tuple(draw.randrange(3, 32000) for _ in range(length)), tuple(i >= length // 2 for i in range(length)))
        for _ in range(count)
    ]


def ours(size: str, batch: int, length: int, steps: int, **settings: Any) -> dict[str, Any]:
    """Plansmith's loop: seconds of each step, peak memory."""
    compile_layers = settings.pop("compile", False)
    quantised, liger = settings.pop("nf4", True), settings.pop("liger", CUDA)
    fused.fuse = FUSE if settings.pop("fused", True) else lambda _: 0
    recipe = Recipe(
        epochs=1, learning_rate=2e-4, rank=16, alpha=32, batch=batch, warmup=0, seed=0,
        precision="bf16" if CUDA else "fp32", **{"part_tokens": batch * length, **settings},
    )  # fmt: skip
    accelerator = make_accelerator(recipe)
    loaded = build(size, quantised, recipe.attention)
    if liger:
        from liger_kernel.transformers import apply_liger_kernel_to_llama

        apply_liger_kernel_to_llama(cross_entropy=False, fused_linear_cross_entropy=False, model=loaded)
    weights = allocated()
    reset()
    model, optimizer = loop.prepare(loaded, recipe, accelerator)
    if compile_layers:
        for layer in loaded.model.layers:
            layer.compile()
    trained = [p for p in model.parameters() if p.requires_grad]

    def step(rows: list[Row]) -> None:
        add_gradients(model, rows, recipe.part_tokens, accelerator)
        accelerator.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()

    seconds = timed(step, rows_of(batch * steps, length), batch)
    shape = forecast.SHAPES.get(f"llama-2-{size}")
    expected = shape and forecast.memory(
        shape,
        replace(recipe, quantization="nf4" if quantised else "none"),
        min(recipe.part_tokens, batch * length),
        True,
        liger,
    )
    return {"seconds": seconds, "peak": peak(), "weights": weights, "forecast": expected or 0.0}


def theirs(size: str, batch: int, length: int, steps: int, **settings: Any) -> dict[str, Any]:
    """TRL's SFTTrainer, with its own defaults but for rank, rate and batch."""
    import tempfile

    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    quantised = settings.pop("nf4", True)
    loaded = build(size, quantised)
    weights = allocated()
    reset()
    marks: list[float] = []

    class Clock(transformers.TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            synchronise()
            marks.append(time.perf_counter())

        def on_step_end(self, *_: Any, **__: Any) -> None:
            synchronise()
            marks[-1] = time.perf_counter() - marks[-1]

    data = [
        {"input_ids": list(r.ids), "labels": [i if on else -100 for i, on in zip(r.ids, r.learned, strict=True)]}
        for r in rows_of(batch * steps, length)
    ]
    with tempfile.TemporaryDirectory() as folder:
        arguments = SFTConfig(
            output_dir=folder, per_device_train_batch_size=batch, learning_rate=2e-4, num_train_epochs=1, report_to=[],
            save_strategy="no", max_length=None, disable_tqdm=True, logging_strategy="no", bf16=CUDA, use_cpu=not CUDA,
            dataset_kwargs={"skip_prepare_dataset": True}, remove_unused_columns=False, **settings,
        )  # fmt: skip
        trainer = SFTTrainer(
            model=loaded, args=arguments, train_dataset=Dataset.from_list(data), processing_class=tokenizer(),
            peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
            callbacks=[Clock()],
        )  # fmt: skip
        trainer.train()
    return {"seconds": marks[2:], "peak": peak(), "weights": weights}


def tokenizer() -> Any:
    """A tokenizer that TRL can pad with; the rows are token ids already."""
    from tokenizers import Tokenizer, models

    words = {f"t{i}": i for i in range(32000)}
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="t0")),
        pad_token="t2",
        eos_token="t2",
        unk_token="t0",
    )


def timed(step: Callable[[list[Row]], None], rows: list[Row], batch: int) -> list[float]:
    seconds = []
    for start in range(0, len(rows), batch):
        synchronise()
        began = time.perf_counter()
        step(rows[start : start + batch])
        synchronise()
        seconds.append(time.perf_counter() - began)
    return seconds[2:]


def matrix_rate() -> float:
    """Operations a second of an 8192³ bf16 product (on a CPU, of a 1024³ float32 one)."""
    n = 8192 if CUDA else 1024
    a, b = (torch.randn(n, n, device="cuda" if CUDA else "cpu", dtype=HALF) for _ in range(2))
    times = []
    for _ in range(12):
        synchronise()
        began = time.perf_counter()
        a @ b
        synchronise()
        times.append(time.perf_counter() - began)
    return 2 * n**3 / statistics.median(times[3:])


def synchronise() -> None:
    if CUDA:
        torch.cuda.synchronize()


def reset() -> None:
    if CUDA:
        torch.cuda.reset_peak_memory_stats()


def peak() -> float:
    return torch.cuda.max_memory_allocated() / 1e9 if CUDA else 0.0


def allocated() -> float:
    return torch.cuda.memory_allocated() / 1e9 if CUDA else 0.0


CASES: dict[str, tuple[Callable[..., dict[str, Any]], dict[str, Any]]] = {
    "TRL defaults": (theirs, {}),
    "TRL, no checkpointing": (theirs, {"gradient_checkpointing": False}),
    "TRL, bf16 base": (theirs, {"nf4": False}),
    "Plansmith, transformers' kernels": (ours, {"liger": False}),
    "Plansmith, transformers' kernels, peft's layers": (ours, {"liger": False, "fused": False}),
    "Plansmith, transformers' kernels, layers compiled": (ours, {"liger": False, "compile": True}),
    "Plansmith, transformers' kernels, eager attention": (ours, {"liger": False, "attention": "eager"}),
    "Plansmith, transformers' kernels, checkpointing": (ours, {"liger": False, "checkpointing": True}),
    # Liger replaces functions of transformers for the rest of the process, so these come last
    "TRL, Liger": (theirs, {"use_liger_kernel": True}),
    "Plansmith": (ours, {}),
    "Plansmith, peft's layers": (ours, {"fused": False}),
    "Plansmith, parts of 2,048": (ours, {"part_tokens": 2048}),
    "Plansmith, checkpointing": (ours, {"checkpointing": True}),
    "Plansmith, bf16 base": (ours, {"nf4": False}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=list(SHAPES), default="7b")
    parser.add_argument("--shape", nargs="*", default=["4x1024", "1x1024", "4x4096", "1x4096"], help="batch x length")
    parser.add_argument("--case", nargs="*", default=list(CASES), help="; ".join(CASES))
    parser.add_argument("--steps", type=int, default=10, help="the first two are warm-up")
    parser.add_argument("--limit", type=float, default=540, help="seconds after which no further case is begun")
    parser.add_argument("-o", "--output", default="")
    options = parser.parse_args()
    began, rate = time.perf_counter(), matrix_rate()
    device = torch.cuda.get_device_name() if CUDA else "CPU"
    print(f"{device}, matrix products {rate / 1e12:.3g} TFLOP/s, torch {torch.__version__}", flush=True)
    print("| case | batch x length | tokens/s | share | peak GB | forecast GB |\n|---|---|---|---|---|---|", flush=True)
    table = []
    for case in options.case:
        for shape in options.shape:
            batch, length = map(int, shape.split("x"))
            if time.perf_counter() - began > options.limit:
                print("out of time", flush=True)
                break
            table.append(measure(case, options, batch, length, rate))
    if options.output:
        with open(options.output, "w") as file:
            json.dump({"device": device, "rate": rate, "rows": table}, file, indent=1)


def measure(case: str, options: argparse.Namespace, batch: int, length: int, rate: float) -> dict[str, Any]:
    run, settings = CASES[case]
    shape = SHAPES[options.size]
    h, f, layers = shape["hidden_size"], shape["intermediate_size"], shape["num_hidden_layers"]
    weights = layers * (4 * h * h + 3 * h * f)
    try:
        found = run(options.size, batch, length, options.steps, **settings)
        second = statistics.median(found["seconds"])
        operations = batch * (4 * weights * length + 4 * 32000 * h * (length // 2))
        found |= {"tokens_per_second": batch * length / second, "share": operations / second / rate}
        print(
            f"| {case} | {batch} x {length} | {found['tokens_per_second']:,.0f} | {found['share']:.2f} "
            f"| {found['peak']:.2f} | {found.get('forecast', 0):.2f} |",
            flush=True,
        )
    except Exception as error:  # a case that does not fit or does not run is a result too
        found = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(f"| {case} | {batch} x {length} | {found['error'].splitlines()[0][:160]} |", flush=True)
    gc.collect()
    if CUDA:
        torch.cuda.empty_cache()
    torch._dynamo.reset()
    logging.getLogger("torch").setLevel(logging.CRITICAL)
    return {"case": case, "batch": batch, "length": length, **found}


if __name__ == "__main__":
    sys.exit(main())
