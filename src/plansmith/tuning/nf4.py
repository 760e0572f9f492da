"""The frozen base in 4 bits (NF4 with double quantisation, as QLoRA has it), and back out of them.

Enters: a transformers Llama in full precision. Leaves: the same with its linear layers in 4 bits.
Source: Dettmers et al., QLoRA, 2023 (arXiv:2305.14314); quantisation by bitsandbytes.
"""

from __future__ import annotations

import importlib
from typing import Any

from plansmith.errors import MissingError


def quantise(model: Any, compute: Any) -> Any:
    """Put every linear layer but the head into NF4, in place; products are computed in the dtype `compute`."""
    import torch

    nn = _bitsandbytes("nn")
    for name, module in list(model.named_modules()):
        if type(module) is torch.nn.Linear and name != "lm_head":
            quantised = nn.Linear4bit(
                module.in_features,
                module.out_features,
                bias=module.bias is not None,
                compute_dtype=compute,
                compress_statistics=True,
                quant_type="nf4",
                device="meta",
            )
            device = module.weight.device
            quantised.weight = nn.Params4bit(
                module.weight.data, requires_grad=False, compress_statistics=True, quant_type="nf4"
            ).to(device)
            quantised.bias = module.bias
            parent = model.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], quantised)
    model.is_loaded_in_4bit = True  # by which peft knows
    return model


def dequantised(model: Any) -> dict[str, Any]:
    """The float32 weights that the 4-bit layers stand for, by the names of the unquantised model's tensors."""
    nn, functional = _bitsandbytes("nn"), _bitsandbytes("functional")
    return {
        f"{name}.weight": functional.dequantize_4bit(module.weight.data, module.weight.quant_state).float()
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear4bit)
    }


def _bitsandbytes(part: str) -> Any:
    try:
        return importlib.import_module(f"bitsandbytes.{part}")
    except ImportError as error:
        raise MissingError("4-bit training needs bitsandbytes: pip install 'plansmith[gpu]'") from error
