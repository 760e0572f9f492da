"""Writing speed of transformers at Llama 2's true shapes: bf16 and 4 bit, free and constrained, one and eight at a time.

    python bench/gpu/generate.py --size 7b        (one NVIDIA GPU; some two minutes)
    python bench/gpu/generate.py --size tiny      (walks the same code on a CPU)

Weights are random: the text means nothing, its speed does. Prompts of 256 tokens, 96 new ones; the constraint is the
grammar of a requirement step, on a byte-level vocabulary of up to 32,000 tokens trained on this repository's texts.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import time
from pathlib import Path
from typing import Any

import torch
import transformers
from train import CUDA, SHAPES, build, peak, reset, synchronise

from plansmith.writing.constrain import constrain
from plansmith.writing.grammar import requirement_grammar

PROMPT, NEW = 256, 96


def tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    found = Tokenizer(models.BPE())
    found.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    found.decoder = decoders.ByteLevel()
    root = Path(__file__).parents[2]
    texts = [str(p) for p in root.rglob("*") if p.suffix in (".py", ".md", ".toml") and ".venv" not in p.parts]
    found.train(
        texts,
        trainers.BpeTrainer(
            vocab_size=32000,
            special_tokens=["<s>", "</s>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return transformers.PreTrainedTokenizerFast(tokenizer_object=found, eos_token="</s>", bos_token="<s>")


def once(model: Any, words: Any, batch: int, constrained: bool) -> tuple[float, int]:
    """(seconds, new tokens) of one call."""
    draw = random.Random(batch)
    ids = torch.tensor([[draw.randrange(2, len(words)) for _ in range(PROMPT)] for _ in range(batch)])
    grammar = requirement_grammar(["customer", "owner"])
    processors = [constrain(words, [grammar] * batch)] if constrained else []
    synchronise()
    began = time.perf_counter()
    output = model.generate(
        ids.to(model.device), attention_mask=torch.ones_like(ids).to(model.device), max_new_tokens=NEW, do_sample=False,
        logits_processor=processors, eos_token_id=1 if constrained else None, pad_token_id=1,
    )  # fmt: skip
    synchronise()
    new = int((output[:, PROMPT:] != 1).sum())
    return time.perf_counter() - began, max(new, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=list(SHAPES), default="7b")
    options = parser.parse_args()
    words = tokenizer()
    print(f"{torch.cuda.get_device_name() if CUDA else 'CPU'}, vocabulary {len(words)}", flush=True)
    print("| base | at a time | constrained | tokens/s | peak GB |\n|---|---|---|---|---|", flush=True)
    for quantised in (False, True):
        reset()
        model = build(options.size, quantised, vocabulary=len(words)).eval()
        model.generation_config = transformers.GenerationConfig()
        for batch in (1, 8):
            for constrained in (False, True):
                with torch.inference_mode():
                    runs = [once(model, words, batch, constrained) for _ in range(4)][1:]
                speed = statistics.median(new / seconds for seconds, new in runs)
                name, told = ("NF4" if quantised else "bf16"), ("yes" if constrained else "no")
                print(f"| {name} | {batch} | {told} | {speed:,.0f} | {peak():.2f} |", flush=True)
        del model
        gc.collect()


if __name__ == "__main__":
    main()
