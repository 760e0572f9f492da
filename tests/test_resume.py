"""A training that is killed anywhere goes on and ends with the very bits of one that was not."""

import copy
import gc
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from plansmith.errors import InputError, StoppedError
from plansmith.sources.archive import read_archive
from plansmith.sources.split import split
from plansmith.tuning.bases import DEFAULT, find_base
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


def photographed(work: Callable[[], object], run: Path, into: Path) -> list[Path]:
    """Copies of the folder `run` at each step, sync, write and rename of `work`: what a kill -9 there would leave behind.

    Folders that are the same but for the random part of temporary names are kept once for all their points.
    """
    import torch

    seen: dict[str, Path] = {}
    points: list[Path] = []
    patched = [(os, "fsync"), (Path, "replace"), (Path, "write_text"), (torch.optim.AdamW, "step")]
    originals = [getattr(place, name) for place, name in patched]

    def photograph() -> None:
        files = [path for path in sorted(run.rglob("*")) if path.is_file()]
        told = hashlib.sha256()
        for path in files:
            told.update(re.sub(r"(\.[\w-]+)\.\w+", r"\1", str(path.relative_to(run))).encode() + path.read_bytes())
        if (key := told.hexdigest()) not in seen:
            seen[key] = into / str(len(seen))
            shutil.copytree(run, seen[key])
        points.append(seen[key])

    def before(original: Callable[..., object]) -> Callable[..., object]:
        def photographing(*args: object, **named: object) -> object:
            photograph()
            return original(*args, **named)

        return photographing

    for (place, name), original in zip(patched, originals, strict=True):
        setattr(place, name, before(original))
    try:
        work()
    finally:
        for (place, name), original in zip(patched, originals, strict=True):
            setattr(place, name, original)
    return points


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(("model", "killed", "photographed"), [("tiny", 8, 192), ("embedded", 0, 3)])
def test_killed_at_any_point_it_ends_with_the_same_bits(
    three_projects: Path, tiny_llama: Path, tmp_path: Path, model: str, killed: int, photographed: int
) -> None:
    """Eight real kill -9 and 192 folders as a kill would leave them, on the tiny model; three of these on the embedded one."""
    base = str(tiny_llama) if model == "tiny" else DEFAULT
    script = [sys.executable, __file__, str(three_projects), base, str(tmp_path), str(killed), str(photographed)]
    done = subprocess.run(script, capture_output=True, text=True, check=False, timeout=800)
    assert done.returncode == 0, done.stderr[-3000:]
    outcome = json.loads(done.stdout.strip().splitlines()[-1])
    assert outcome["different"] == []
    assert outcome["killed"] == killed
    assert outcome["photographed"] >= photographed


def main(archive: Path, base: str, folder: Path, kills: int, photographs: int) -> None:
    """Run by the test above in a process of its own, which has not computed anything before it forks."""
    import peft  # noqa: F401
    import torch
    import transformers  # noqa: F401

    from plansmith.tuning import load, loss  # noqa: F401
    from plansmith.tuning.loop import fit
    from plansmith.tuning.recipe import resolve
    from plansmith.tuning.train import training_rows

    parts, chosen = split(read_archive(archive)), find_base(base)
    tokenizer = load.load_tokenizer(chosen)
    many = not chosen.gguf
    # few and short rows: what is tried here is where the training stands when it dies
    rows, held_out = (
        sorted(training_rows(part, tokenizer, chosen), key=len)[:count]
        for part, count in ((parts.train, 10 if many else 4), (parts.test, 2 if many else 1))
    )
    recipe = resolve(chosen, SETTINGS if many else replace(SETTINGS, learning_rate=1e-3, measure=1))

    def learn(run: Path) -> object:
        return fit(chosen, recipe, rows, held_out, run, lambda _: None, save_every=0.0)

    def end(run: Path) -> tuple[bytes, bytes]:
        """The final adapter, and the final state of adapter and optimiser."""
        last = sorted((run / "checkpoints").glob("step-*"))[-1]
        return (run / "adapter/adapter_model.safetensors").read_bytes(), (last / "state.safetensors").read_bytes()

    different = []
    whole = folder / "whole"
    whole.mkdir(parents=True)
    if kills:
        assert forked(lambda: learn(whole)) == 0
    for number in range(kills):
        run = folder / f"killed-{number}"
        run.mkdir()
        code = forked(lambda run=run, number=number: (die_at(2 + 9 * number), learn(run)))  # type: ignore[misc]
        assert code == -signal.SIGKILL, (run, code)
        assert forked(lambda run=run: learn(run)) == 0, run  # type: ignore[misc]
        if end(run) != end(whole):
            different.append(run.name)
    torch.set_num_threads(1)
    # the model is read once: what is tried here comes after
    loaded = load.load_model(chosen, recipe)
    load.load_model = lambda *_: copy.deepcopy(loaded)
    gc.freeze()  # or each of the many trainings here would look through all of torch's objects several times
    if not kills:
        learn(whole)
    (first := folder / "first").mkdir()
    points = photographed(lambda: learn(first), first, folder / "photographs")
    assert end(first) == end(whole)
    if many:  # killed again while going on from the middle of a kill's leavings
        for number in [len(points) * fifth // 5 for fifth in (1, 2, 3, 4)]:
            again = folder / f"again-{number}"
            shutil.copytree(points[number], again)
            points += photographed(lambda again=again: learn(again), again, folder / f"photographs-{number}")  # type: ignore[misc]
    else:
        points = points[:: max(1, len(points) // photographs)][:photographs]
    for point in dict.fromkeys(points):
        learn(point)
        if end(point) != end(whole):
            different.append(str(point))
        shutil.rmtree(point)
    print(json.dumps({"killed": kills, "photographed": len(points), "different": different}))


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
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
