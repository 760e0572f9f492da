"""Shared by tests: a tiny Llama with random weights and the embedded tokenizer, and a small archive."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in each run: what one machine passes, the next one passes too. `make fuzz` draws new ones.
settings.register_profile("same", derandomize=True)
settings.register_profile("fuzz", derandomize=False, print_blob=True)
settings.load_profile("same")

# Side by side, each worker keeps to a core of its own, and so do the threads and children of its tests: two trainings
# that share all cores wait for each other's threads most of the time.
if (worker := os.environ.get("PYTEST_XDIST_WORKER")) and hasattr(os, "sched_setaffinity"):
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[int(worker.removeprefix("gw")) % len(cores)]})

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Llama of two layers, as transformers saves it."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from plansmith.tuning.bases import embedded_model
    from plansmith.tuning.gguf import read_tokenizer

    torch.manual_seed(0)
    tokenizer = read_tokenizer(embedded_model())
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
    )
    folder = tmp_path_factory.mktemp("tiny") / "tiny-llama"
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def three_projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three of the sample projects."""
    folder = tmp_path_factory.mktemp("three") / "archive"
    for name in sorted(p.name for p in SAMPLES.iterdir())[:3]:
        shutil.copytree(SAMPLES / name, folder / name)
    return folder
