"""Several processes train as one does: two on the CPU (gloo), with the data spread (DDP) or the model too (FSDP2)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFIGS = Path(__file__).parent.parent / "src" / "plansmith" / "tuning" / "launch"
SETTINGS = ["--epochs", "1", "--learning-rate", "0.01", "--rank", "4", "--batch", "4", "--measure", "1"]


def losses(run: Path) -> list[float]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line.get("loss") or line["held_out"] for line in lines]


def trained(command: list[str], archive: Path, base: Path, runs: Path, name: str) -> Path:
    arguments = ["train", str(archive), "--base", str(base), "--runs", str(runs), "--name", name, *SETTINGS]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, check=False, timeout=300, env=environment
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return runs / name


@pytest.mark.slow
@pytest.mark.parametrize("config", ["ddp-cpu", "fsdp2-cpu"])
def test_two_processes_learn_what_one_learns(
    three_projects: Path, tiny_llama: Path, tmp_path: Path, config: str
) -> None:
    alone = trained([sys.executable, "-m", "plansmith"], three_projects, tiny_llama, tmp_path, "alone")
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(CONFIGS / f"{config}.yaml")]
    together = trained([*launch, "-m", "plansmith"], three_projects, tiny_llama, tmp_path, config)
    one, two = losses(alone), losses(together)
    assert len(one) == len(two)
    assert two == pytest.approx(one, rel=1e-4)
    from safetensors.torch import load_file

    ours, theirs = (load_file(run / "adapter" / "adapter_model.safetensors") for run in (alone, together))
    assert ours.keys() == theirs.keys()
    assert all(ours[name].shape == theirs[name].shape for name in ours)
