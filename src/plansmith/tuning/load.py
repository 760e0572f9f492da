"""Model and tokenizer of a base, ready to tune or to generate, with telemetry off and no network unless named.

Enters: a `Base`. Leaves: transformers objects; the model in the precision that suits the machine.
"""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from plansmith.errors import MissingError
from plansmith.tuning.bases import Base


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


def load_model(base: Base) -> Any:
    """The base's weights: NF4 with double quantisation on CUDA, bf16 on CUDA without bitsandbytes, else float32."""
    import torch

    transformers = _transformers(base)
    if base.gguf:
        from plansmith.tuning.gguf import read_model

        model = read_model(Path(base.source))
        return model.to("cuda") if torch.cuda.is_available() else model
    options: dict[str, Any] = {"dtype": torch.float32}
    if torch.cuda.is_available():
        options = {"dtype": torch.bfloat16, "device_map": {"": 0}}
        if _installed("bitsandbytes"):
            options["quantization_config"] = transformers.BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_use_double_quant=True,
                bnb_4bit_compute_dtype=torch.bfloat16,
            )
    try:
        return transformers.AutoModelForCausalLM.from_pretrained(base.source, **options)
    except OSError as error:
        raise _not_at_hand(base, error) from error


def versions() -> dict[str, str]:
    """Versions of what decides the result, and the machine."""
    packages = ("plansmith", "torch", "transformers", "peft", "gguf", "xllamacpp")
    found = {name: metadata.version(name) for name in packages if _installed(name)}
    return {
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
