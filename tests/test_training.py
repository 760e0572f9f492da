"""Training: the loop on a tiny Llama with random weights; the GGUF against transformers' own reading of it."""

import json
from collections import namedtuple
from pathlib import Path

import pytest

from plansmith import files
from plansmith.errors import InputError, ResourceError
from plansmith.sources.archive import read_archive
from plansmith.sources.split import split
from plansmith.tuning.bases import find_base
from plansmith.tuning.loop import Progress
from plansmith.tuning.preflight import preflight
from plansmith.tuning.recipe import Overrides, resolve
from plansmith.tuning.runs import Run, list_runs, open_run
from plansmith.tuning.train import train


def tuned(archive: Path, base: Path, runs: Path, name: str = "one", **settings: object) -> Run:
    documents, chosen = read_archive(archive), find_base(str(base))
    overrides = Overrides(**{"epochs": 2, "learning_rate": 0.01, "rank": 4, **settings})  # type: ignore[arg-type]
    return train(documents, split(documents), chosen, overrides, name, runs, lambda _: None)


def test_a_run_tells_its_whole_story_and_the_held_out_loss_falls(
    three_projects: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    run = tuned(three_projects, tiny_llama, tmp_path)
    story = json.loads((run.folder / "run.json").read_text())
    losses = story["result"]["held_out_loss"]
    best = story["result"]["held_out_steps"].index(story["result"]["best_step"])
    assert losses[best] == min(losses[1:]) < losses[0]
    assert {"base", "recipe", "data", "result", "versions"} <= set(story)
    assert len(story["data"]["train"]) == 2
    assert len(story["data"]["test"]) == 1
    steps = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    assert sum("loss" in s for s in steps) == story["result"]["steps"]
    assert (run.adapter / "adapter_model.safetensors").is_file()
    assert run.past_tasks()
    assert run.client_words()
    assert run.gguf is None


def test_the_same_seed_gives_the_same_losses(three_projects: Path, tiny_llama: Path, tmp_path: Path) -> None:
    one, two = (tuned(three_projects, tiny_llama, tmp_path, name) for name in ("one", "two"))
    assert one.story["result"]["held_out_loss"] == two.story["result"]["held_out_loss"]


def test_a_finished_run_is_not_overwritten(three_projects: Path, tiny_llama: Path, tmp_path: Path) -> None:
    tuned(three_projects, tiny_llama, tmp_path, epochs=1)
    with pytest.raises(InputError, match="exists already"):
        tuned(three_projects, tiny_llama, tmp_path, epochs=1)


def test_a_run_interrupted_before_its_first_step_leaves_nothing(
    three_projects: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    documents, base = read_archive(three_projects), find_base(str(tiny_llama))

    def interrupt(progress: Progress) -> None:
        if progress.stage == "before":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(documents, split(documents), base, None, "one", tmp_path, interrupt)
    assert list(tmp_path.iterdir()) == []
    assert list_runs(tmp_path) == []


def test_a_full_disk_is_told_before_anything_is_written(
    three_projects: Path, tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: usage(10, 9, 1))
    with pytest.raises(ResourceError, match="Not enough disk space"):
        tuned(three_projects, tiny_llama, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_loss_that_is_no_number_stops_with_the_remedy(
    three_projects: Path, tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plansmith.tuning import loss as room

    original = room.head_loss
    monkeypatch.setattr(room, "head_loss", lambda *given: original(*given) * float("nan"))
    with pytest.raises(ResourceError, match="--learning-rate"):
        tuned(three_projects, tiny_llama, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_settings_out_of_range_are_named_together() -> None:
    with pytest.raises(InputError) as caught:
        resolve(find_base("smollm2-135m"), Overrides(epochs=0, rank=1000, learning_rate=7.0))
    assert len(caught.value.problems) == 3


def test_preflight_counts_what_training_sees(three_projects: Path, tiny_llama: Path) -> None:
    found = preflight(split(read_archive(three_projects)), find_base(str(tiny_llama)))
    assert [c.part for c in found.documents].count("test") == 1
    assert all(0 < c.supervised < c.trained and c.cut == 0 for c in found.documents)
    assert any(learned for _, learned in found.example)


def test_a_damaged_or_missing_run_is_explained(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        open_run("broken", tmp_path)


@pytest.mark.slow
def test_our_reading_of_the_gguf_equals_that_of_transformers() -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from plansmith.tuning.gguf import read_model, read_tokenizer

    path = Path(find_base("smollm2-135m").source)
    ours, theirs = read_tokenizer(path), AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    for text in ("Ziua bună, 12,345.6 £ și ț!\n\n  x", "<|im_start|>user\nHi<|im_end|>", "don't  stop\t5pm"):
        mine, other = (t(text, add_special_tokens=False, return_offsets_mapping=True) for t in (ours, theirs))
        assert (mine["input_ids"], mine["offset_mapping"]) == (other["input_ids"], other["offset_mapping"])
    mine, other = (
        read_model(path),
        AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32),
    )
    ids = torch.tensor([ours("Customers can order bread.")["input_ids"]])
    with torch.no_grad():
        assert torch.equal(mine(ids).logits, other(ids).logits)
