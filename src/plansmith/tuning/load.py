"""Model and tokenizer of a base, ready to tune or to generate, with telemetry off and no network unless named.

Enters: a `Base`. Leaves: transformers objects; the model in the precision that suits the machine.
"""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from plansmith import __version__
from plansmith.errors import MissingError
from plansmith.tuning.bases import Base
from plansmith.tuning.recipe import Recipe


def load_tokenizer(base: Base) -> Any:
    """The base's tokenizer; raises MissingError when it is not at hand and cannot be fetched."""
    transformers = _transformers(base)
    if base.gguf:
        from plansmith.tuning.gguf import read_tokenizer

        return read_tokenizer(Path(base.source))
    try:
        return transformers.AutoTokenizer.from_pretrained(base.source)
    except OSError as error:
        raise _not_at_hand(base, error) from error


def load_model(base: Base, recipe: Recipe) -> Any:
    """The base's frozen weights on this process's device, in the recipe's precision and quantisation."""
    import torch

    transformers = _transformers(base)
    _lean_kernels()
    compute = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[recipe.precision]
    device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu"
    if base.gguf:
        from plansmith.tuning.gguf import read_model

        model = read_model(Path(base.source)).to(device=device, dtype=compute if device != "cpu" else torch.float32)
        model.set_attn_implementation(recipe.attention)
        return _quantised(model, compute) if recipe.quantization == "nf4" else model
    options: dict[str, Any] = {"dtype": compute, "attn_implementation": recipe.attention}
    if device != "cpu":
        options["device_map"] = {"": device}
    if recipe.quantization == "nf4":
        if not _installed("bitsandbytes"):
            raise MissingError("4-bit training needs bitsandbytes: pip install 'plansmith[gpu]'")
        options["quantization_config"] = transformers.BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=compute,
            bnb_4bit_quant_storage=compute if "FSDP_VERSION" in os.environ else torch.uint8,
        )
    try:
        return transformers.AutoModelForCausalLM.from_pretrained(base.source, **options)
    except OSError as error:
        raise _not_at_hand(base, error) from error


def _lean_kernels() -> None:
    """Let transformers' Llama compute with Liger's GPU kernels where they are installed: less memory, fewer launches."""
    import torch

    from plansmith.tuning.machine import has_liger

    if torch.cuda.is_available() and has_liger():
        import logging

        # liger 0.8.5 warns of every back end that is not there
        logging.getLogger("liger_kernel").setLevel(logging.ERROR)
        from liger_kernel.transformers import apply_liger_kernel_to_llama

        apply_liger_kernel_to_llama(cross_entropy=False, fused_linear_cross_entropy=False)


def _quantised(model: Any, compute: Any) -> Any:
    from plansmith.tuning.nf4 import quantise

    return quantise(model, compute)


def accelerator(recipe: Recipe, track: str = "", folder: Path | None = None) -> Any:
    """The one of this process: device, precision, tracker, and whatever `accelerate launch` set up around it."""
    import torch
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state()  # a second training in one process may want another precision
    mixed = {"fp32": "no", "bf16": "bf16", "fp16": "fp16"}[recipe.precision]
    cpu = not torch.cuda.is_available()
    if not track:
        return Accelerator(mixed_precision=mixed, cpu=cpu)
    if not _installed(track):
        raise MissingError(f"Tracking with {track} needs its package: pip install {track}")
    return Accelerator(mixed_precision=mixed, cpu=cpu, log_with=track, project_dir=folder)


def versions() -> dict[str, str]:
    """Versions of what decides the result, and the machine."""
    packages = ("torch", "transformers", "peft", "gguf", "xllamacpp")
    found = {name: metadata.version(name) for name in packages if _installed(name)}
    return {
        "plansmith": __version__,
        **found,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


def _transformers(base: Base) -> Any:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if Path(base.source).exists():
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # only a Hub id that the user named may reach the network
    import warnings

    import transformers

    # peft 0.21 still reads an attribute that transformers 5.23 renames; drop this with peft 0.22
    warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*", category=FutureWarning)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _not_at_hand(base: Base, error: Exception) -> MissingError:
    reason = str(error).splitlines()[0][:200]
    gated = " It is gated: accept its licence on the Hub and set HF_TOKEN." if base.source == base.gated_source else ""
    return MissingError(
        f"The base {base.name} ({base.source}) is not at hand and could not be fetched: {reason}{gated}"
    )
