"""Which recipe learns best from a tiny archive: held-out loss of many settings, over several splits.

    python bench/recipes.py examples/archive --splits 2 --jobs 1 -o table.json

Every setting is trained on the same splits (a quarter of the projects held out) with the embedded base; the table
gives the mean held-out loss (nats per supervised token) after each epoch. Give `--jobs` only where there is a GPU.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# What a setting does not name: the starting point of the sweep.
START = {"epochs": 2, "batch": 4, "rank": 16, "learning_rate": 1e-3}
SETTINGS: dict[str, dict[str, object]] = {
    "start (2 epochs, batch 4, rank 16, rate 1e-3)": {},
    "rate 5e-4": {"learning_rate": 5e-4},
    "rate 2e-3": {"learning_rate": 2e-3},
    "batch 1": {"batch": 1},
    "batch 2": {"batch": 2},
    "batch 2, rate 5e-4": {"batch": 2, "learning_rate": 5e-4},
    "batch 2, rank 32": {"batch": 2, "rank": 32},
    "batch 2, rank 32, rate 2e-3": {"batch": 2, "rank": 32, "learning_rate": 2e-3},
    "batch 8": {"batch": 8},
    "batch 8, rate 2e-3": {"batch": 8, "learning_rate": 2e-3},
    "rank 8": {"rank": 8},
    "rank 32": {"rank": 32},
    "rank 64, rsLoRA": {"rank": 64, "alpha": 64, "rslora": True},
    "attention only": {"targets": "attention"},
    "attention only, rank 64": {"targets": "attention", "rank": 64},
    "1 epoch": {"epochs": 1},
    "1 epoch, rate 2e-3": {"epochs": 1, "learning_rate": 2e-3},
    "1 epoch, batch 1": {"epochs": 1, "batch": 1},
    "1 epoch, batch 1, rank 32": {"epochs": 1, "batch": 1, "rank": 32},
    "1 epoch, batch 2": {"epochs": 1, "batch": 2},
    "1 epoch, batch 2, rate 2e-3": {"epochs": 1, "batch": 2, "learning_rate": 2e-3},
    "1 epoch, batch 2, rank 32": {"epochs": 1, "batch": 2, "rank": 32},
    "1 epoch, batch 2, rank 32, rate 2e-3": {"epochs": 1, "batch": 2, "rank": 32, "learning_rate": 2e-3},
    "3 epochs": {"epochs": 3},
    "3 epochs, rate 5e-4": {"epochs": 3, "learning_rate": 5e-4},
}


def one(archive: str, setting: str, seed: int, folder: str) -> dict[str, object]:
    """Train one setting on one split; returns the run's result."""
    from plansmith.sources.archive import read_archive
    from plansmith.sources.split import split
    from plansmith.tuning.bases import DEFAULT, find_base
    from plansmith.tuning.load import load_tokenizer
    from plansmith.tuning.recipe import Overrides, resolve
    from plansmith.tuning.train import fit, training_rows

    documents, base = read_archive(Path(archive)), find_base(DEFAULT)
    quarter = [d.name for i, d in enumerate(documents.documents) if i % 4 == seed % 4]
    parts = split(documents, seed, quarter)
    recipe, tokenizer = resolve(base, Overrides(**{"seed": seed, **START, **SETTINGS[setting]})), load_tokenizer(base)  # type: ignore[arg-type]
    rows, held_out = training_rows(parts.train, tokenizer, base), training_rows(parts.test, tokenizer, base)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        return fit(base, recipe, rows, held_out, Path(place), lambda _: None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive")
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="names of settings")
    parser.add_argument("-o", "--output", default="")
    parser.add_argument("--one", nargs=3, metavar=("SETTING", "SEED", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.archive, options.one[0], int(options.one[1]), options.one[2])))
        return
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.jobs) as pool:

        def run(job: tuple[str, int]) -> dict[str, object]:
            command = [sys.executable, __file__, options.archive, "--one", job[0], str(job[1]), folder]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(done.stderr[-2000:], file=sys.stderr, flush=True)
                return {}
            result = dict(json.loads(done.stdout.strip().splitlines()[-1]))
            print(job, result["held_out_loss"], result["training_seconds"], flush=True)
            return result

        jobs = [(name, seed) for name in options.only or SETTINGS for seed in range(options.splits)]
        results = dict(zip(jobs, pool.map(run, jobs), strict=True))
    table = {}
    for name in options.only or SETTINGS:
        found = [r for (n, _), r in results.items() if n == name and r]
        if found:
            losses = [statistics.mean(column) for column in zip(*(r["held_out_loss"] for r in found), strict=True)]  # type: ignore[call-overload]
            table[name] = {"losses": losses, "best": min(losses[1:]), "steps": found[0]["steps"], "splits": len(found)}
    for name, row in sorted(table.items(), key=lambda item: item[1]["best"]):  # type: ignore[arg-type,return-value]
        print(f"| {name} | {row['steps']} | {' → '.join(f'{x:.3f}' for x in row['losses'])} |", flush=True)  # type: ignore[attr-defined]
    if options.output:
        Path(options.output).write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
