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
    transformers = _transformers()
    try:
        return transformers.AutoTokenizer.from_pretrained(*_where(base), **_gguf(base))
    except OSError as error:
        raise _not_at_hand(base, error) from error


def load_model(base: Base) -> Any:
    """The base's weights: NF4 with double quantisation on CUDA, bf16 on CUDA without bitsandbytes, else float32."""
    import torch

    transformers = _transformers()
    options: dict[str, Any] = {"dtype": torch.float32}
    if torch.cuda.is_available() and not base.gguf:
        options = {"dtype": torch.bfloat16, "device_map": {"": 0}}
        if _installed("bitsandbytes"):
            options["quantization_config"] = transformers.BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_use_double_quant=True,
                bnb_4bit_compute_dtype=torch.bfloat16,
            )
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(*_where(base), **_gguf(base), **options)
    except OSError as error:
        raise _not_at_hand(base, error) from error
    if base.gguf:
        # transformers 5.23 marks a dequantised GGUF as quantised and then refuses to save it.
        model.hf_quantizer = None
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        if torch.cuda.is_available():
            model = model.to("cuda")
    return model


def versions() -> dict[str, str]:
    """Versions of what decides the result, and the machine."""
    packages = ("plansmith", "torch", "transformers", "peft", "gguf", "xllamacpp")
    found = {name: metadata.version(name) for name in packages if _installed(name)}
    return {**found, "python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"}


def _transformers() -> Any:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


def _where(base: Base) -> tuple[str]:
    return (str(Path(base.source).parent),) if base.gguf else (base.source,)


def _gguf(base: Base) -> dict[str, str]:
    return {"gguf_file": Path(base.source).name} if base.gguf else {}


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _not_at_hand(base: Base, error: Exception) -> MissingError:
    reason = str(error).splitlines()[0][:200]
    gated = f" It is gated: accept its licence on the Hub and set HF_TOKEN." if base.source == base.gated_source else ""
    return MissingError(f"The base {base.name} ({base.source}) is not at hand and could not be fetched: {reason}{gated}")
