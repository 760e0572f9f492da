"""Several processes train as one does: two on the CPU (gloo), with the data spread (DDP) or the model too (FSDP2)."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CONFIGS = Path(__file__).parent.parent / "src" / "plansmith" / "tuning" / "launch"
SETTINGS = ["--epochs", "1", "--learning-rate", "0.01", "--rank", "4", "--batch", "4", "--measure", "1"]


def losses(run: Path) -> list[float]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line.get("loss") or line["held_out"] for line in lines]


def command(launch: list[str], archive: Path, base: Path, runs: Path, name: str) -> list[str]:
    return [*launch, "train", str(archive), "--base", str(base), "--runs", str(runs), "--name", name, *SETTINGS]


def trained(command: list[str], stop: str = "") -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "STOP_IN_PROCESS": stop}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400, env=environment)
    assert (done.returncode != 0) == bool(stop), done.stderr[-3000:]
    if __file__ in command:
        assert "process 0 of 2" in done.stderr
        assert "process 1 of 2" in done.stderr
    return done


def together(kind: str) -> list[str]:
    """What starts this file as two processes on the CPU; accelerate 1.15's own launcher starts one only, unless for FSDP."""
    if kind == "ddp":
        return [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", __file__]
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(CONFIGS / "fsdp2-cpu.yaml")]
    return [*launch, __file__]


@pytest.fixture(scope="module")
def alone(three_projects: Path, tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of one process."""
    runs = tmp_path_factory.mktemp("alone")
    trained(command([sys.executable, "-m", "plansmith"], three_projects, tiny_llama, runs, "alone"))
    return runs / "alone"


def same(one: Path, other: Path) -> None:
    first, second = losses(one), losses(other)
    assert len(first) == len(second)
    assert second == pytest.approx(first, rel=1e-4)
    from safetensors.torch import load_file

    ours, theirs = (load_file(run / "adapter" / "adapter_model.safetensors") for run in (one, other))
    assert ours.keys() == theirs.keys()
    assert all(ours[name].shape == theirs[name].shape for name in ours)


@pytest.mark.slow
def test_two_processes_with_the_model_spread_learn_what_one_learns(
    alone: Path, three_projects: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    trained(command(together("fsdp2"), three_projects, tiny_llama, tmp_path, "both"))
    same(alone, tmp_path / "both")


@pytest.mark.slow
def test_a_signal_in_one_of_two_processes_saves_both_and_they_go_on_to_learn_what_one_learns(
    alone: Path, three_projects: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    both = command(together("ddp"), three_projects, tiny_llama, tmp_path, "both")
    said = trained(both, stop="1").stderr
    assert "Go on with the same command" in said
    assert "143" in said
    assert (tmp_path / "both" / "checkpoints" / "step-000003").is_dir()
    trained([*both, "--resume"])
    same(alone, tmp_path / "both")


def one_of_two() -> None:
    """Run by the tests above in each process: Plansmith, with a SIGTERM to the process named after its third step."""
    from plansmith.cli.app import main
    from plansmith.tuning.guards import Guards

    original, rank = Guards.after_step, os.environ["RANK"]
    print(f"process {rank} of {os.environ['WORLD_SIZE']}", file=sys.stderr, flush=True)

    def after_step(self: Guards, step: int, trained: Any) -> None:
        original(self, step, trained)
        if step == 3 and os.environ["STOP_IN_PROCESS"] == rank:
            os.kill(os.getpid(), signal.SIGTERM)

    Guards.after_step = after_step  # type: ignore[method-assign]
    main()


if __name__ == "__main__":
    one_of_two()
