"""Small runs to publish: a Llama of two layers, a random adapter, a run.json; and a tokenizer as Llama 2 has it."""

import json
from pathlib import Path
from typing import Any

from plansmith.sources.archive import Archive
from plansmith.tuning import publish_parity
from plansmith.tuning.runs import Run

publish_parity.TOKENS = 32  # enough to tell a broken export, and quick on a busy machine

RECIPE = {
    "epochs": 1, "learning_rate": 0.001, "rank": 4, "alpha": 8, "batch": 4, "warmup": 0, "seed": 0, "targets": "all", "rslora": False,
    "dora": False, "schedule": "linear", "weight_decay": 0.0, "precision": "fp32", "quantization": "none", "attention": "sdpa",
    "checkpointing": False, "part_tokens": 1024, "measure": 2, "patience": 2,
}  # fmt: skip


def made_run(base: Path, archive: Archive, folder: Path, dora: bool = False) -> Run:
    """A run folder as training leaves it, with an adapter that changes every linear layer a little."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    modules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    config = LoraConfig(r=4, lora_alpha=8, target_modules=modules, task_type="CAUSAL_LM", use_dora=dora)
    model: Any = get_peft_model(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), config)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.05)
    model.save_pretrained(folder / "adapter")
    documents = archive.documents
    story = {
        "base": {"name": base.name, "source": str(base), "licence": "unknown", "chat": "llama-2" if dora else "chatml"},
        "recipe": {**RECIPE, "dora": dora},
        "data": {
            "sha256": archive.sha256, "seed": 0, "whole": 0, "rows": 30, "tokens": 5000, "supervised": 2000,
            "train": {d.name: d.sha256 for d in documents[:2]}, "test": {d.name: d.sha256 for d in documents[2:]},
        },
        "result": {"held_out_loss": [4.5, 2.5], "held_out_steps": [0, 30], "best_step": 30, "steps": 30, "stopped_early_at": None,
                   "training_seconds": 2.0, "tokens_per_second": 900.0, "peak_memory_gb": 0.5, "wall_seconds": 3.0, "forecast": None},
        "versions": {"plansmith": "0.1.0", "torch": "2.13.0", "python": "3.11.7", "machine": "Linux x86_64, 2 cores"},
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(story))
    (folder / "metrics.jsonl").write_text('{"stage": "train", "step": 1, "steps": 30, "loss": 4.5}\n')
    (folder / "recipe.yaml").write_text(json.dumps(story["recipe"]))
    (folder / "tasks.jsonl").write_text("")
    (folder / "words.txt").write_text("baker\n")
    return Run(folder, story)


def llama2_like(folder: Path) -> Path:
    """A Llama of two layers with a tokenizer as Llama 2's: pieces with bytes to fall back on, a space put before a text."""
    import torch
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    normal = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    learner = Tokenizer(models.BPE(unk_token="<unk>"))
    learner.normalizer = normal
    texts = [
        "[INST] <<SYS>>\nYou are a senior software analyst. Use only the client's words.\n<</SYS>>\n\n",
        "The client says: members must be able to renew their library card online before it runs out. [/INST]",
    ] * 4
    learner.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=160, show_progress=False, special_tokens=["<unk>"])
    )
    learned = json.loads(learner.to_str())["model"]
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in learned["merges"]]
    joined = ["".join(m) for m in merges]
    single = [token for token in learned["vocab"] if token not in joined and token != "<unk>"]
    order = ["<unk>", "<s>", "</s>", *(f"<0x{n:02X}>" for n in range(256)), *dict.fromkeys(joined), *single]
    vocabulary = {token: n for n, token in enumerate(order)}
    made = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    made.normalizer = normal
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    made.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in ("<unk>", "<s>", "</s>")])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(order) + 3, hidden_size=256, intermediate_size=512, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=4096, dtype="float16",
    )  # fmt: skip
    LlamaForCausalLM(config).half().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
