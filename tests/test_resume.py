"""A training that is killed anywhere goes on and ends with the very bits of one that was not."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from plansmith.errors import InputError, StoppedError
from plansmith.sources.archive import read_archive
from plansmith.sources.split import split
from plansmith.tuning.bases import find_base
from plansmith.tuning.loop import Progress
from plansmith.tuning.recipe import Overrides
from plansmith.tuning.runs import Run, list_unfinished
from plansmith.tuning.train import train

SETTINGS = Overrides(epochs=1, learning_rate=0.01, rank=2, batch=2, measure=3)


def go(
    archive: Path,
    base: Path,
    runs: Path,
    name: str,
    resume: bool = False,
    watch: Callable[[Progress], None] = lambda _: None,
    save_every: float = 0.0,
) -> Run:
    documents = read_archive(archive)
    return train(
        documents, split(documents), find_base(str(base)), SETTINGS, name, runs, watch, resume, save_every=save_every
    )


def forked(work: Callable[[], object]) -> int:
    """Run `work` in a forked child; its exit status, or minus the signal that killed it."""
    child = os.fork()
    if child == 0:  # pragma: no cover
        code = 1
        try:
            import torch

            torch.set_num_threads(1)
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die_at(point: int) -> None:
    """Kill this process, as a power cut would, at its `point`-th step, sync or rename."""
    left = [point]

    def counted(original: Callable[..., object]) -> Callable[..., object]:
        def counting(*args: object, **named: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*args, **named)

        return counting

    import torch

    os.fsync = counted(os.fsync)  # type: ignore[assignment]
    Path.replace = counted(Path.replace)  # type: ignore[assignment, method-assign]
    Path.write_text = counted(Path.write_text)  # type: ignore[assignment, method-assign]
    torch.optim.AdamW.step = counted(torch.optim.AdamW.step)  # type: ignore[assignment, method-assign]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_of_200_points_it_ends_with_the_same_bits(
    three_projects: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    script = [sys.executable, __file__, str(three_projects), str(tiny_llama), str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, check=False, timeout=800)
    assert done.returncode == 0, done.stderr[-3000:]
    outcome = json.loads(done.stdout.strip().splitlines()[-1])
    assert outcome["different"] == []
    assert outcome["killed"] == 200


def main(archive: Path, base: Path, folder: Path) -> None:
    """Run by the test above in a process of its own, which has not computed anything before it forks."""
    import peft  # noqa: F401
    import transformers  # noqa: F401

    from plansmith.tuning import loss  # noqa: F401
    from plansmith.tuning.load import load_tokenizer
    from plansmith.tuning.loop import fit
    from plansmith.tuning.recipe import resolve
    from plansmith.tuning.train import training_rows

    parts, chosen = split(read_archive(archive)), find_base(str(base))
    tokenizer = load_tokenizer(chosen)
    # few and short rows: what is tried here is where the training stands when it dies
    rows, held_out = (
        sorted(training_rows(part, tokenizer, chosen), key=len)[:count]
        for part, count in ((parts.train, 10), (parts.test, 2))
    )
    recipe = resolve(chosen, SETTINGS)

    def learn(run: Path) -> object:
        return fit(chosen, recipe, rows, held_out, run, lambda _: None, save_every=0.0)

    def end(run: Path) -> tuple[bytes, bytes]:
        """The final adapter, and the final state of adapter and optimiser."""
        last = sorted((run / "checkpoints").glob("step-*"))[-1]
        return (run / "adapter/adapter_model.safetensors").read_bytes(), (last / "state.safetensors").read_bytes()

    whole = folder / "whole"
    whole.mkdir(parents=True)
    assert forked(lambda: learn(whole)) == 0
    killed, different, point, round_ = 0, [], 0, 0
    while killed < 200:
        point += 1
        run = folder / f"killed-{round_}-{point}"
        run.mkdir()
        code = forked(lambda run=run, point=point: (die_at(point), learn(run)))  # type: ignore[misc]
        if code == 0:  # the training has fewer points than that: begin again, and kill each twice
            point, round_ = 0, round_ + 1
            continue
        assert code == -signal.SIGKILL, (run, code)
        killed += 1
        for _ in range(round_):
            killed += forked(lambda run=run, point=point: (die_at(1 + point // 2), learn(run))) != 0  # type: ignore[misc]
        assert forked(lambda run=run: learn(run)) == 0, run  # type: ignore[misc]
        if end(run) != end(whole):
            different.append(run.name)
        shutil.rmtree(run)
    print(json.dumps({"killed": min(killed, 200), "different": different}))


def everything(run: Path) -> dict[str, object]:
    """The final adapter and all logged losses of a run."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    story = json.loads((run / "run.json").read_text())["result"]
    return {
        "adapter": (run / "adapter" / "adapter_model.safetensors").read_bytes(),
        "losses": [(line["step"], line.get("loss"), line.get("held_out")) for line in lines if line["step"]],
        "held_out": story["held_out_loss"],
        "best": story["best_step"],
    }


def test_a_signal_keeps_the_state_and_resume_ends_as_if_nothing_had_been(
    three_projects: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    whole = go(three_projects, tiny_llama, tmp_path, "whole")

    def press(progress: Progress) -> None:
        if progress.step == 3 and progress.loss is not None:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(StoppedError, match="--resume") as caught:
        go(three_projects, tiny_llama, tmp_path, "stopped", watch=press, save_every=1e9)
    assert caught.value.exit_code == 143
    assert list_unfinished(tmp_path) == ["stopped"]
    with pytest.raises(InputError, match="was begun and not finished"):
        go(three_projects, tiny_llama, tmp_path, "stopped")
    stopped = go(three_projects, tiny_llama, tmp_path, "stopped", resume=True)
    assert everything(stopped.folder) == everything(whole.folder)
    assert not (stopped.folder / "checkpoints").exists()


def test_a_damaged_checkpoint_is_passed_over(three_projects: Path, tiny_llama: Path, tmp_path: Path) -> None:
    whole = go(three_projects, tiny_llama, tmp_path, "whole")

    def press(progress: Progress) -> None:
        if progress.step == 4 and progress.loss is not None:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(StoppedError) as caught:
        go(three_projects, tiny_llama, tmp_path, "hurt", watch=press)
    assert caught.value.exit_code == 130
    places = sorted((tmp_path / "hurt" / "checkpoints").glob("step-*"))
    assert [p.name for p in places] == ["step-000003", "step-000004"]
    with (places[-1] / "state.safetensors").open("r+b") as file:
        file.seek(200)
        file.write(b"damage")
    hurt = go(three_projects, tiny_llama, tmp_path, "hurt", resume=True)
    assert everything(hurt.folder) == everything(whole.folder)


def test_only_what_was_begun_can_be_resumed(three_projects: Path, tiny_llama: Path, tmp_path: Path) -> None:
    def press(progress: Progress) -> None:
        if progress.step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(StoppedError):
        go(three_projects, tiny_llama, tmp_path, "one", watch=press)
    documents, base = read_archive(three_projects), find_base(str(tiny_llama))
    with pytest.raises(InputError) as caught:
        train(documents, split(documents), base, Overrides(rank=8), "one", tmp_path, lambda _: None, resume=True)
    assert any("rank" in problem for problem in caught.value.problems)
    with pytest.raises(InputError, match="Unfinished runs: one"):
        go(three_projects, tiny_llama, tmp_path, "other", resume=True)


@pytest.mark.slow
def test_two_trainings_of_one_run_are_refused_and_ctrl_c_exits_130(
    three_projects: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "plansmith", "train", str(three_projects), "--base", str(tiny_llama)]
    command += ["--name", "one", "--runs", str(tmp_path), "--epochs", "50", "--patience", "0", "--batch", "1"]
    first = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        metrics = tmp_path / "one" / "metrics.jsonl"
        for _ in range(600):
            if metrics.is_file() and len(metrics.read_text().splitlines()) > 3:
                break
            assert first.poll() is None
            time.sleep(0.1)
        second = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False)
        assert second.returncode == 2
        assert "Another training is at work" in second.stderr
        first.send_signal(signal.SIGINT)
        _, said = first.communicate(timeout=30)
    finally:
        first.kill()
    assert first.returncode == 130
    assert "--resume" in said
    assert "Traceback" not in said


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
