"""Chat forms to the token, parts and batches that change nothing, four bits, and merging into what was trained against."""

from pathlib import Path
from typing import Any

import pytest
import torch

from plansmith.errors import InputError, ResourceError
from plansmith.prompts import Message
from plansmith.tuning import fused, lean
from plansmith.tuning.bases import LLAMA2, find_base
from plansmith.tuning.forecast import SHAPES, Shape, fitted, memory, needed, overrun
from plansmith.tuning.guards import Guards
from plansmith.tuning.load import accelerator, load_model, load_tokenizer
from plansmith.tuning.loop import prepare, rate
from plansmith.tuning.loss import add_gradients, mean_loss, parts_of, share
from plansmith.tuning.machine import Machine
from plansmith.tuning.recipe import Overrides, Recipe, layered, read_recipe, resolve
from plansmith.tuning.rows import Row, encode

RECIPE = Recipe(epochs=1, learning_rate=1e-3, rank=4, alpha=8, batch=4, warmup=0, seed=0)
TEMPLATE = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set system = '<<SYS>>\n' + messages[0]['content'] + "
    "'\n<</SYS>>\n\n' %}{% set turns = messages[1:] %}{% else %}{% set system = '' %}{% set turns = messages %}{% endif %}"
    "{% for m in turns %}{% if m['role'] == 'user' %}{% if not loop.first %}{{ bos_token }}{% endif %}"
    "{{ '[INST] ' + (system if loop.first else '') + m['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + m['content'] + ' ' + eos_token }}{% endif %}{% endfor %}"
)


@pytest.fixture(scope="module")
def llama2_tokenizer() -> Any:
    """A tokenizer as Llama 2's in what matters here: <s>, </s>, [INST] as plain text, a template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    texts = ["[INST] <<SYS>>\nYou plan.\n<</SYS>>\n\nA customer can order bread. [/INST] must functional: order bread "]
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<unk>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", unk_token="<unk>", chat_template=TEMPLATE
    )


def test_llama_2_rows_are_those_of_its_template_with_one_bos_and_a_learned_eos(llama2_tokenizer: Any) -> None:
    messages = [
        Message("system", "You plan."),
        Message("user", "A customer can order bread."),
        Message("assistant", "must functional: order bread", learn=True),
        Message("user", "Plan only this."),
        Message("assistant", "As a customer, I want bread.", learn=True),
    ]
    row = encode(messages, llama2_tokenizer, LLAMA2)
    template = llama2_tokenizer.apply_chat_template(
        [{"role": m.role, "content": m.content} for m in messages], tokenize=True, return_dict=False
    )
    assert list(row.ids) == list(template)
    bos, eos = llama2_tokenizer.bos_token_id, llama2_tokenizer.eos_token_id
    assert row.ids.count(bos) == row.ids.count(eos) == 2  # one pair a turn of user and assistant
    assert row.ids[0] == bos
    assert row.ids[1] != bos
    assert [on for token, on in zip(row.ids, row.learned, strict=True) if token == eos] == [True, True]
    learned = llama2_tokenizer.decode([t for t, on in zip(row.ids, row.learned, strict=True) if on])
    assert learned.split("</s>")[0].strip() == "must functional: order bread"
    assert "[INST]" not in learned


def rows(count: int, seed: int = 0) -> list[Row]:
    draw = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(count):
        length = int(torch.randint(5, 60, (1,), generator=draw))
        ids = tuple(torch.randint(3, 1000, (length,), generator=draw).tolist())
        found.append(Row(ids, tuple(i >= length // 3 for i in range(length))))
    return found


def trained(base: Path, steps: int, part_tokens: int, fuse: bool = True) -> list[float]:
    settings = {**RECIPE.as_dict(), "part_tokens": part_tokens, "batch": 8}
    recipe, originals = Recipe(**settings), (fused.fuse, lean.slim)
    processes = accelerator(recipe)
    if not fuse:
        fused.fuse = lean.slim = lambda model: 0
    try:
        model, optimizer = prepare(load_model(find_base(str(base)), recipe), recipe, processes)
    finally:
        fused.fuse, lean.slim = originals
    losses = []
    for step in range(steps):
        losses.append(add_gradients(model, rows(8, step), part_tokens, processes))
        optimizer.step()
        optimizer.zero_grad()
    return [*losses, mean_loss(model, rows(8, 99), part_tokens, processes)]


def test_a_batch_in_parts_learns_what_a_whole_batch_learns(tiny_llama: Path) -> None:
    whole, parts = (trained(tiny_llama, 4, tokens) for tokens in (100_000, 64))
    assert parts == pytest.approx(whole, rel=1e-5)


def test_fused_layers_compute_what_peft_computes(tiny_llama: Path) -> None:
    assert trained(tiny_llama, 4, 1024) == pytest.approx(trained(tiny_llama, 4, 1024, fuse=False), rel=1e-5)


def test_lean_layers_are_taken_and_16_bits_of_the_frozen_weights_change_nothing_that_counts(tiny_llama: Path) -> None:
    processes = accelerator(RECIPE)
    model, _ = prepare(load_model(find_base(str(tiny_llama)), RECIPE), RECIPE, processes)
    assert sum(type(layer.forward).__module__.endswith("lean") for layer in model.modules()) == 2
    wide = mean_loss(model, rows(4), 1024, processes)
    saved = lean.narrow(model)
    assert saved == 2 * 2 * (2 * 32 * 32 + 2 * 32 * 16 + 3 * 32 * 64)
    assert mean_loss(model, rows(4), 1024, processes) == pytest.approx(wide, rel=1e-5)


def test_the_loss_is_that_of_plain_cross_entropy(tiny_llama: Path) -> None:
    processes = accelerator(RECIPE)
    loaded = load_model(find_base(str(tiny_llama)), RECIPE)
    row = rows(1)[0]
    labels = torch.tensor([[t if on else -100 for t, on in zip(row.ids, row.learned, strict=True)]])
    with torch.no_grad():
        plain = loaded(torch.tensor([row.ids]), labels=labels).loss.item()
    model, _ = prepare(loaded, RECIPE, processes)
    assert mean_loss(model, [row], 1024, processes) == pytest.approx(plain, rel=1e-5)


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_every_process_gets_as_many_parts_and_every_row_counts_once(ranks: int) -> None:
    batch = rows(7)
    shares = [share(batch, 64, rank, ranks) for rank in range(ranks)]
    assert len({len(parts) for parts in shares}) == 1
    counted = [row for parts in shares for part, counts in parts if counts for row in part]
    assert sorted(counted, key=lambda r: r.ids) == sorted(batch, key=lambda r: r.ids)
    assert all(len(part) == 1 or max(map(len, part)) * len(part) <= 64 for part in parts_of(batch, 64))


def test_guards_name_the_cause() -> None:
    watch = Guards(RECIPE, 100)
    with pytest.raises(ResourceError, match="learning-rate"):
        watch.before_step(1, float("nan"), 1.0)
    with pytest.raises(ResourceError, match="gradient"):
        watch.before_step(1, 1.0, float("inf"))
    rising = Guards(RECIPE, 100)
    for step in range(1, 12):
        rising.before_step(step, 1.0 if step < 9 else 4.0, 1.0)
    with pytest.raises(ResourceError, match=r"rose from 1\.00 to"):
        [rising.before_step(step, 4.0, 1.0) for step in range(12, 40)]
    still = [torch.zeros(6, RECIPE.rank), torch.ones(RECIPE.rank, 6)]
    with pytest.raises(ResourceError, match="changes nothing"):
        Guards(RECIPE, 100).after_step(3, still)
    patient = Guards(RECIPE, 100)
    assert not patient.stop_early([(0, 4.0), (1, 3.0), (2, 3.1)])
    assert patient.stop_early([(0, 4.0), (1, 3.0), (2, 3.1), (3, 3.2)])


def test_the_rate_warms_up_and_falls_to_two_per_cent() -> None:
    recipe = Recipe(**{**RECIPE.as_dict(), "warmup": 10})
    rates = [rate(step, 100, recipe) for step in range(1, 101)]
    assert rates.index(max(rates)) == 9
    assert rates[-1] == pytest.approx(0.02)
    assert rates[0] == pytest.approx(0.1, rel=0.02)


def test_memory_forecasts_are_within_5_per_cent_of_what_was_measured_on_an_h200() -> None:
    # (shape, tokens at once, checkpointing, Liger, peak in GB): bench/gpu/train.py, docs/recipes.md
    measured = [
        ("llama-2-7b", 4096, False, False, 27.33),
        ("llama-2-7b", 4096, True, False, 6.45),
        ("llama-2-7b", 4096, False, True, 22.30),
        ("llama-2-7b", 1024, False, True, 9.02),
        ("llama-2-7b", 16384, False, True, 74.39),
        ("llama-2-7b", 4096, True, True, 6.26),
        ("llama-2-7b", 1024, True, True, 4.98),
        ("llama-2-7b", 16384, True, True, 11.38),
        ("llama-2-13b", 4096, False, True, 35.79),
        ("llama-2-13b", 4096, True, True, 10.72),
    ]
    for name, tokens, checkpointing, liger, peak in measured:
        settings = {"precision": "bf16", "quantization": "nf4", "rank": 16, "checkpointing": checkpointing}
        recipe = Recipe(**{**RECIPE.as_dict(), **settings})
        assert memory(SHAPES[name], recipe, tokens, True, liger) == pytest.approx(peak, rel=0.05), (name, tokens)


def test_memory_far_above_its_forecast_is_told_with_the_remedy() -> None:
    assert overrun(1.0, None) == overrun(1.05, 1.0) == ""
    assert "20% more than the forecast of 1.00 GB" in overrun(1.2, 1.0)
    # the embedded base on two cores, a row of 315 tokens (docs/recipes.md)
    recipe = Recipe(**{**RECIPE.as_dict(), "rank": 16, "batch": 1})
    row = Row((5,) * 315, (True,) * 315)
    assert needed(SHAPES["smollm2-135m"], recipe, [row], Machine("CPU", False, 8.0, "fp32")) == pytest.approx(
        1.27, rel=0.06
    )


def test_memory_decides_on_parts_and_checkpointing_and_never_against_the_user() -> None:
    shape: Shape = SHAPES["llama-2-7b"]
    recipe = Recipe(**{**RECIPE.as_dict(), "precision": "bf16", "quantization": "nf4", "part_tokens": 4096})
    batch = [Row(tuple(range(1000)), (True,) * 1000)] * 4
    big, small, tiny = (Machine("GPU", True, size, "bf16", 1, lean=True) for size in (80.0, 16.0, 7.5))
    assert fitted(shape, recipe, batch, big, ()) == recipe
    assert fitted(shape, recipe, batch, small, ()).part_tokens == 1024
    assert not fitted(shape, recipe, batch, small, ()).checkpointing
    assert fitted(shape, recipe, batch, tiny, ()).checkpointing
    assert needed(shape, fitted(shape, recipe, batch, tiny, ()), batch, tiny) <= 7.5
    assert fitted(shape, recipe, batch, tiny, ("checkpointing",)) == recipe


def test_a_recipe_file_is_read_back_and_its_mistakes_are_named_together(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("learning-rate: 2.0e-3\nrank: 8\ntargets: attention\n")
    found = layered(read_recipe(path), Overrides(rank=16))
    resolved = resolve(find_base("smollm2-135m"), found)
    assert (resolved.learning_rate, resolved.rank, resolved.alpha, resolved.targets) == (0.002, 16, 32, "attention")
    path.write_text("learning_rat: 0.1\nrank: 8.5\nbatch: yes\nschedule: square\nlearning_rate: 1e-3\n")
    with pytest.raises(InputError) as caught:
        read_recipe(path)
    told = "\n".join(caught.value.problems)
    assert all(word in told for word in ("Did you mean learning_rate?", "8.5", "batch", "square", "1.0e-3"))


@pytest.mark.parametrize(("rows_", "epochs", "batch"), [(40, 4, 1), (100, 2, 1), (197, 1, 1), (2400, 1, 4)])
def test_the_small_recipe_takes_about_as_many_steps_whatever_the_archive(rows_: int, epochs: int, batch: int) -> None:
    recipe = resolve(find_base("smollm2-135m"), None, rows_)
    assert (recipe.epochs, recipe.batch) == (epochs, batch)


@pytest.mark.parametrize("settings", [{}, {"rslora": True}, {"dora": True}])
def test_what_is_merged_is_what_peft_merges(tiny_llama: Path, tmp_path: Path, settings: dict[str, Any]) -> None:
    from plansmith.tuning.gguf import read_changes

    recipe = Recipe(**{**RECIPE.as_dict(), **settings})
    processes = accelerator(recipe)
    model, optimizer = prepare(load_model(find_base(str(tiny_llama)), recipe), recipe, processes)
    before = {
        n: p.detach().clone().numpy() for n, p in load_model(find_base(str(tiny_llama)), recipe).named_parameters()
    }
    for step in range(3):
        add_gradients(model, rows(8, step), 1024, processes)
        optimizer.step()
        optimizer.zero_grad()
    model.model.save_pretrained(tmp_path)
    changes = read_changes(tmp_path)
    theirs = {name: p.detach().numpy() for name, p in model.model.merge_and_unload().named_parameters()}
    name = "model.layers.1.mlp.up_proj.weight"
    assert changes["blk.1.ffn_up.weight"].merged(before[name]) == pytest.approx(theirs[name], abs=1e-5)
    assert theirs[name] != pytest.approx(before[name], abs=1e-5)


@pytest.mark.slow
def test_four_bits_tune_and_the_gguf_says_what_the_adapter_says(three_projects: Path, tmp_path: Path) -> None:
    """Held-out loss of the adapter on the 4-bit base, and of the merged GGUF (Q8_0), within 1 %; a few short rows suffice."""
    pytest.importorskip("bitsandbytes")
    from plansmith.sources.archive import read_archive
    from plansmith.sources.split import split
    from plansmith.tuning.gguf import read_model, write_gguf
    from plansmith.tuning.loop import fit
    from plansmith.tuning.train import training_rows, weights_trained_against

    base, parts = find_base("smollm2-135m"), split(read_archive(three_projects))
    tokenizer = load_tokenizer(base)
    learned, held_out = (
        sorted((r for r in training_rows(part, tokenizer, base) if r.supervised > 30), key=len)[:count]
        for part, count in ((parts.train, 6), (parts.test, 2))
    )
    recipe = resolve(
        base, Overrides(epochs=1, batch=2, rank=8, learning_rate=3e-3, warmup=1, measure=1, quantization="nf4")
    )
    result = fit(base, recipe, learned, held_out, tmp_path, lambda _: None)
    tuned = min(result["held_out_loss"][1:])
    assert tuned < 0.95 * result["held_out_loss"][0]
    merged = tmp_path / "model.gguf"
    write_gguf(Path(base.source), tmp_path / "adapter", merged, "one", weights_trained_against(base, recipe))
    processes = accelerator(RECIPE)
    model, _ = prepare(read_model(merged), RECIPE, processes)
    assert mean_loss(model, held_out, 1024, processes) == pytest.approx(tuned, rel=0.01)
    untuned = tmp_path / "untuned.gguf"
    write_gguf(Path(base.source), tmp_path / "adapter", untuned, "none", off=True)
    model, _ = prepare(read_model(untuned), RECIPE, processes)
    plain, _ = prepare(read_model(Path(base.source)), RECIPE, processes)
    assert mean_loss(model, held_out, 1024, processes) == pytest.approx(
        mean_loss(plain, held_out, 1024, processes), rel=0.01
    )
