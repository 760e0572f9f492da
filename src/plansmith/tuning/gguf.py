"""The tuned model as one GGUF file, made without a compiler and without torch.

Enters: the base's GGUF and an adapter (safetensors). Leaves: a GGUF with the adapter merged into the
dequantised weights (those it was trained against) and quantised again as Q8_0.
Try: plansmith train examples/archive --name first   (writes runs/first/model.gguf)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plansmith.errors import InputError

# Names of llama.cpp for the linear layers of a Llama block, by their names in transformers.
_LAYERS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_ADAPTER_KEY = re.compile(r"^base_model\.model\.model\.layers\.(\d+)\.(\w+\.\w+)\.lora_A\.weight$")


def write_gguf(base: Path, adapter: Path, target: Path, name: str) -> None:
    """Merge the adapter in folder `adapter` into the GGUF `base` and write `target` as Q8_0, atomically.

    The chat template, tokenizer and all other metadata are the base's own; only name and quantisation change.
    """
    import gguf
    from gguf.quants import quantize

    from plansmith.files import replacing

    reader = gguf.GGUFReader(str(base))
    deltas = adapter_deltas(adapter, _number(reader, "attention.head_count"), _number(reader, "attention.head_count_kv"))
    known = {tensor.name for tensor in reader.tensors}
    if unknown := sorted(set(deltas) - known):
        raise InputError(f"The adapter does not fit {base.name}: it has no {unknown[0]} (and {len(unknown) - 1} more).")
    with replacing(target) as staged:
        writer = gguf.GGUFWriter(str(staged), "llama")
        _copy_fields(reader, writer, name)
        q8 = gguf.GGMLQuantizationType.Q8_0
        for tensor in reader.tensors:
            if tensor.name in deltas:
                writer.add_tensor(tensor.name, quantize(weights(tensor) + deltas[tensor.name], q8), raw_dtype=q8)
            else:
                writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def weights(tensor: Any) -> Any:
    """A GGUF tensor dequantised to float32, in llama.cpp's layout (rows are outputs)."""
    from gguf.quants import dequantize

    return dequantize(tensor.data, tensor.tensor_type)


def adapter_deltas(adapter: Path, heads: int, kv_heads: int) -> dict[str, Any]:
    """What a LoRA adapter adds to each weight: name in GGUF → float32 matrix, scaled, in llama.cpp's layout."""
    from safetensors.numpy import load_file

    config = json.loads((adapter / "adapter_config.json").read_text())
    rank = config["r"]
    scale = config["lora_alpha"] / (rank**0.5 if config.get("use_rslora") else rank)
    tensors = load_file(str(adapter / "adapter_model.safetensors"))
    deltas = {}
    for name, a, b in _pairs(tensors):
        delta = scale * (b.astype("float32") @ a.astype("float32"))
        if name.endswith("attn_q.weight"):
            delta = rotary_rows(delta, heads)
        elif name.endswith("attn_k.weight"):
            delta = rotary_rows(delta, kv_heads)
        deltas[name] = delta
    return deltas


def _pairs(tensors: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key, a in tensors.items():
        if match := _ADAPTER_KEY.match(key):
            layer = _LAYERS.get(match[2])
            if layer is None:
                raise InputError(f"The adapter changes {match[2]}, which is no linear layer of a Llama block.")
            yield f"blk.{match[1]}.{layer}.weight", a, tensors[key.replace("lora_A", "lora_B")]


def rotary_rows(matrix: Any, heads: int) -> Any:
    """Reorder rows from transformers' rotary layout (two halves) to llama.cpp's (pairs side by side)."""
    rows = matrix.shape[0]
    return matrix.reshape(heads, 2, rows // heads // 2, -1).swapaxes(1, 2).reshape(rows, -1)


def _number(reader: Any, key: str) -> int:
    return int(reader.fields[f"llama.{key}"].contents())


def _copy_fields(reader: Any, writer: Any, name: str) -> None:
    import gguf

    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.name", "general.file_type"):
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
