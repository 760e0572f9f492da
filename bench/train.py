"""Tuning on the CPU: Plansmith's loop against TRL's SFTTrainer on the same rows of the same projects, in one run.

    python bench/train.py examples/archive --projects 4

Four cases, each in a process of its own, one after another: Plansmith and TRL with equal settings (rank 16 on all linear
layers, rate 1e-3, batch 1, one epoch, linear schedule, float32), TRL's defaults, and the settings of LLaMA-Factory's
example for LoRA (rank 8, rate 1e-4, batch 1 x 8, three epochs, cosine, warm-up 0.1) in TRL. Held-out loss is measured in
the same way for all: nats per supervised token on two held-out projects. `seconds` is training alone; memory is the
process's peak resident set.
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

CASES = ("Plansmith", "TRL, equal settings", "TRL defaults", "TRL, LLaMA-Factory's example")


def data(archive: str, projects: int) -> tuple[Any, list[Any], list[Any], Any]:
    """(base, rows, held-out rows, tokenizer)."""
    from plansmith.sources.archive import read_archive
    from plansmith.sources.split import split
    from plansmith.tuning.bases import DEFAULT, find_base
    from plansmith.tuning.load import load_tokenizer
    from plansmith.tuning.train import training_rows

    base, parts = find_base(DEFAULT), split(read_archive(Path(archive)))
    tokenizer = load_tokenizer(base)
    return (
        base,
        training_rows(parts.train[:projects], tokenizer, base),
        training_rows(parts.test, tokenizer, base),
        tokenizer,
    )


def plansmith(archive: str, projects: int) -> dict[str, Any]:
    from plansmith.tuning.loop import fit
    from plansmith.tuning.recipe import Overrides, resolve

    base, rows, held_out, _ = data(archive, projects)
    settings = Overrides(rank=16, alpha=32, learning_rate=1e-3, batch=1, epochs=1, warmup=0, measure=1)
    with tempfile.TemporaryDirectory() as folder:
        result = fit(base, resolve(base, settings), rows, held_out, Path(folder), lambda _: None)
    tokens = sum(map(len, rows))
    return {"losses": result["held_out_loss"], "seconds": result["training_seconds"], "tokens": tokens}


def trl(archive: str, projects: int, case: str) -> dict[str, Any]:
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from plansmith.tuning.gguf import read_model
    from plansmith.tuning.load import accelerator
    from plansmith.tuning.loss import Supervised, mean_loss
    from plansmith.tuning.recipe import Overrides, resolve

    base, rows, held_out, tokenizer = data(archive, projects)
    equal = {"learning_rate": 1e-3, "per_device_train_batch_size": 1, "num_train_epochs": 1}
    factory = {
        "learning_rate": 1e-4, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 8, "num_train_epochs": 3,
        "lr_scheduler_type": "cosine", "warmup_ratio": 0.1,
    }  # fmt: skip
    settings: dict[str, Any] = {CASES[1]: equal, CASES[2]: {}, CASES[3]: factory}[case]
    lora: dict[str, Any] = {CASES[1]: {"r": 16, "lora_alpha": 32}, CASES[2]: {}, CASES[3]: {"r": 8, "lora_alpha": 16}}[
        case
    ]
    processes = accelerator(resolve(base, Overrides()))
    losses: list[float] = []
    clock = {"measuring": 0.0}

    class Measure(TrainerCallback):  # type: ignore[misc]
        def on_epoch_end(self, *_: Any, model: Any, **__: Any) -> None:
            began = time.perf_counter()
            losses.append(round(mean_loss(Supervised(model), held_out, 1024, processes), 5))
            model.train()
            clock["measuring"] += time.perf_counter() - began

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
        before = mean_loss(Supervised(trainer.model), held_out, 1024, processes)
        trainer.model.train()
        began = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - began - clock["measuring"]
    epochs = len(losses)
    return {"losses": [round(before, 5), *losses], "seconds": round(seconds, 1), "tokens": epochs * sum(map(len, rows))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("--projects", type=int, default=4, help="projects to learn from")
    parser.add_argument("--case", nargs="*", default=list(CASES), help="; ".join(CASES))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        from plansmith.tuning.machine import peak_memory

        found = (
            plansmith(options.archive, options.projects)
            if options.one == CASES[0]
            else trl(options.archive, options.projects, options.one)
        )
        print(json.dumps({**found, "memory": peak_memory()}))
        return
    print("| case | held-out loss | seconds | tokens/s | peak GB |\n|---|---|---|---|---|", flush=True)
    for case in options.case:
        command = [sys.executable, __file__, options.archive, "--projects", str(options.projects), "--one", case]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"| {case} | failed: {done.stderr.strip().splitlines()[-1][:150]} |", flush=True)
            continue
        found = json.loads(done.stdout.strip().splitlines()[-1])
        losses = " → ".join(f"{loss:.3f}" for loss in found["losses"])
        rate = found["tokens"] / found["seconds"]
        print(f"| {case} | {losses} | {found['seconds']:.0f} | {rate:.0f} | {found['memory']:.2f} |", flush=True)


if __name__ == "__main__":
    main()
