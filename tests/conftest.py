"""Shared by tests: a tiny Llama with random weights and the embedded tokenizer, and a small archive."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in each run: what one machine passes, the next one passes too. `make fuzz` draws new ones.
settings.register_profile("same", derandomize=True)
settings.register_profile("fuzz", derandomize=False, print_blob=True)
settings.load_profile("same")

# Side by side, threads that wait go to sleep: those that spin take the core from the ones that they wait for.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")

# Started in the background of a script, Ctrl-C is ignored, here and by every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"


@pytest.fixture(autouse=True)
def same_environment() -> Iterator[None]:
    """What a test, or the code that it calls in this process, sets in the environment ends with the test."""
    before = dict(os.environ)
    yield
    if os.environ != before:
        os.environ.clear()
        os.environ.update(before)


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
