"""Tuning on the CPU: Plansmith's loop against TRL's SFTTrainer on the same rows of the same projects, in one run.

    python bench/train.py examples/archive --projects 2

Five cases, each in a process of its own, one after another: Plansmith and TRL with equal settings (rank 16 on all linear
layers, rate 1e-3, batch 1, one epoch, linear schedule, float32); TRL with these but without recomputing activations, which
it does by default; TRL's defaults; and the settings of LLaMA-Factory's example for LoRA (rank 8, rate 1e-4, batch 1 x 8, three
epochs, cosine, warm-up 0.1) in TRL. Held-out loss (nats per supervised token on a few rows of the held-out projects) is measured
in the same way for all, some six times an epoch; `seconds` is training alone, `CPU s` what all threads spent in it, `to reach`
the seconds of training until the first measurement not above the loss given. Memory is the process's peak resident set.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CASES = (
    "Plansmith",
    "TRL, equal settings",
    "TRL, equal settings, nothing recomputed",
    "TRL's defaults",
    "TRL, LLaMA-Factory's example",
)
MEASUREMENTS = 6
"""Times an epoch."""
LORA: dict[str, Any] = {"r": 16, "lora_alpha": 32}
EQUAL: dict[str, Any] = {"learning_rate": 1e-3, "per_device_train_batch_size": 1, "num_train_epochs": 1}
FACTORY: dict[str, Any] = {
    "learning_rate": 1e-4, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 8, "num_train_epochs": 3,
    "lr_scheduler_type": "cosine", "warmup_steps": 0.1,
}  # fmt: skip


def data(options: argparse.Namespace) -> tuple[Any, list[Any], list[Any], Any]:
    """(base, rows, held-out rows, tokenizer)."""
    from plansmith.sources.archive import read_archive
    from plansmith.sources.split import split
    from plansmith.tuning.bases import DEFAULT, find_base
    from plansmith.tuning.load import load_tokenizer
    from plansmith.tuning.train import training_rows

    base, parts = find_base(DEFAULT), split(read_archive(Path(options.archive)))
    tokenizer = load_tokenizer(base)
    held_out = training_rows(parts.test, tokenizer, base)
    every = max(1, len(held_out) // options.held_out)
    return base, training_rows(parts.train[: options.projects], tokenizer, base), held_out[::every], tokenizer


class Clock:
    """Seconds and processor seconds of training alone, and the held-out losses with the seconds they came after."""

    def __init__(self) -> None:
        self.losses: list[tuple[float, float]] = []
        self.wall = self.cpu = 0.0
        self.go_on()

    def go_on(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def pause(self) -> None:
        self.wall += time.perf_counter() - self._wall
        self.cpu += time.process_time() - self._cpu

    def found(self, tokens: int) -> dict[str, Any]:
        return {"losses": self.losses, "seconds": self.wall, "cpu": self.cpu, "tokens": tokens}


def plansmith(options: argparse.Namespace) -> dict[str, Any]:
    from plansmith.tuning import loop, loss
    from plansmith.tuning.recipe import Overrides, resolve

    base, rows, held_out, _ = data(options)
    clock, measure, begin = Clock(), loss.mean_loss, loss.add_gradients
    settings = Overrides(
        rank=16, alpha=32, learning_rate=1e-3, batch=options.batch, epochs=1, warmup=0, measure=MEASUREMENTS, patience=0
    )

    def timed(*given: Any) -> float:
        clock.losses.append((clock.wall, measure(*given)))
        return clock.losses[-1][1]

    def stepping(*given: Any) -> float:
        clock.go_on()
        return begin(*given)

    def log(progress: loop.Progress) -> None:
        if (
            progress.loss is not None
        ):  # a step is done; what follows are measurements and checkpoints, which TRL is spared
            clock.pause()

    loss.mean_loss, loss.add_gradients = timed, stepping
    with tempfile.TemporaryDirectory() as folder:
        loop.fit(base, resolve(base, settings), rows, held_out, Path(folder), log, save_every=1e9)
    return clock.found(sum(map(len, rows)))


def trl(options: argparse.Namespace) -> dict[str, Any]:
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from plansmith.tuning.gguf import read_model
    from plansmith.tuning.load import accelerator
    from plansmith.tuning.loss import Supervised, mean_loss
    from plansmith.tuning.recipe import Overrides, resolve

    base, rows, held_out, tokenizer = data(options)
    equal = {**EQUAL, "per_device_train_batch_size": options.batch}
    settings, lora = {
        CASES[1]: (equal, LORA),
        CASES[2]: ({**equal, "gradient_checkpointing": False}, LORA),
        CASES[3]: ({}, {}),
        CASES[4]: (FACTORY, {"r": 8, "lora_alpha": 16}),
    }[options.one]
    processes, clock = accelerator(resolve(base, Overrides())), Clock()

    class Measure(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, _: Any, state: Any, __: Any, model: Any, **___: Any) -> None:
            each = max(1, state.max_steps // settings.get("num_train_epochs", 3) // MEASUREMENTS)
            if state.global_step % each and state.global_step != state.max_steps:
                return
            clock.pause()
            clock.losses.append((clock.wall, mean_loss(Supervised(model), held_out, 1024, processes)))
            model.train()
            clock.go_on()

    with tempfile.TemporaryDirectory() as folder:
        arguments = SFTConfig(
            output_dir=folder, report_to=[], save_strategy="no", max_length=None, disable_tqdm=True, use_cpu=True,
            logging_strategy="no", bf16=False, dataset_kwargs={"skip_prepare_dataset": True}, **settings,
        )  # fmt: skip
        examples = [
            {"input_ids": list(r.ids), "labels": [i if on else -100 for i, on in zip(r.ids, r.learned, strict=True)]}
            for r in rows
        ]
        trainer = SFTTrainer(
            model=read_model(Path(base.source)), args=arguments, train_dataset=Dataset.from_list(examples),
            processing_class=tokenizer, callbacks=[Measure()],
            peft_config=LoraConfig(target_modules="all-linear", task_type="CAUSAL_LM", **lora),
        )  # fmt: skip
        clock.losses.append((0.0, mean_loss(Supervised(trainer.model), held_out, 1024, processes)))
        trainer.model.train()
        clock.go_on()
        trainer.train()
        clock.pause()
    return clock.found(settings.get("num_train_epochs", 3) * sum(map(len, rows)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("--projects", type=int, default=2, help="projects to learn from")
    parser.add_argument("--held-out", type=int, default=8, help="rows that the held-out loss is measured on")
    parser.add_argument("--batch", type=int, default=1, help="of the cases with equal settings")
    parser.add_argument("--case", nargs="*", default=list(CASES), help="; ".join(CASES))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        from plansmith.tuning.machine import peak_memory

        found = plansmith(options) if options.one == CASES[0] else trl(options)
        print(json.dumps({**found, "memory": peak_memory()}))
        return
    results = {}
    for case in options.case:
        command = [sys.executable, __file__, *sys.argv[1:], "--one", case]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{case} failed: {done.stderr.strip().splitlines()[-1][:150]}", file=sys.stderr, flush=True)
            continue
        results[case] = json.loads(done.stdout.strip().splitlines()[-1])
        print(f"{case}: {json.dumps(results[case])}", file=sys.stderr, flush=True)
    wanted = [min(loss for _, loss in found["losses"]) for found in results.values()]
    head = "".join(f" to {loss:.3f}, s |" for loss in wanted)
    print(
        f"| Case | Held-out loss | Tokens/s | CPU s | Peak GB |{head}\n|---|---|---|---|---|{'---|' * len(wanted)}",
        flush=True,
    )
    for case, found in results.items():
        first, last, lowest = found["losses"][0][1], found["losses"][-1][1], min(loss for _, loss in found["losses"])
        reached = (next((f"{t:.0f}" for t, loss in found["losses"] if loss <= target), "never") for target in wanted)
        print(
            f"| {case} | {first:.3f} → {last:.3f} (best {lowest:.3f}) | {found['tokens'] / found['seconds']:.0f} "
            f"| {found['cpu']:.0f} | {found['memory']:.2f} | {' | '.join(reached)} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
