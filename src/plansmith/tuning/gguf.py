"""The embedded model read from its GGUF, and the tuned model written back as one, without a compiler.

Enters: the base's GGUF and an adapter (safetensors). Leaves: torch model and tokenizer; or a GGUF with the adapter merged into the
dequantised weights (those it was trained against) and quantised again as Q8_0.
Try: plansmith train examples/archive --name first   (writes runs/first/model.gguf)
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
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
_PIECE = 2048
"""Rows that are dequantised at once."""
_ADAPTER_KEY = re.compile(r"^base_model\.model\.model\.layers\.(\d+)\.(\w+\.\w+)\.lora_A\.weight$")


def write_gguf(
    base: Path,
    adapter: Path,
    target: Path,
    name: str,
    trained_against: dict[str, Any] | None = None,
    off: bool = False,
) -> None:
    """Merge the adapter in folder `adapter` into the GGUF `base` and write `target` as Q8_0, atomically.

    The chat template, tokenizer and all other metadata are the base's own; only name and quantisation change.
    `trained_against`: float32 matrices by transformers' names, where the adapter was not trained against the
    base's own weights (a 4-bit training). `off`: the adapter is left out, so that only the quantisation changes.
    """
    import gguf
    from gguf.quants import quantize

    from plansmith.files import replacing

    reader = gguf.GGUFReader(str(base))
    heads = {"attn_q": _number(reader, "attention.head_count"), "attn_k": _number(reader, "attention.head_count_kv")}
    changes = read_changes(adapter)
    known = {tensor.name for tensor in reader.tensors}
    if unknown := sorted(set(changes) - known):
        raise InputError(f"The adapter does not fit {base.name}: it has no {unknown[0]} (and {len(unknown) - 1} more).")
    with replacing(target) as staged:
        writer = gguf.GGUFWriter(str(staged), "llama")
        q8 = gguf.GGMLQuantizationType.Q8_0
        copy_fields(reader, writer, name, gguf.LlamaFileType.MOSTLY_Q8_0)
        for tensor in reader.tensors:
            if change := changes.get(tensor.name):
                turn = heads.get(tensor.name.split(".")[2], 0)
                seen = (trained_against or {}).get(their_name(tensor.name))
                matrix = weights(tensor) if off else merged_rows(tensor, change, turn, seen)
                writer.add_tensor(tensor.name, quantize(matrix, q8), raw_dtype=q8)
            else:
                writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def merged_rows(tensor: Any, change: Change, heads: int, base_weights: Any = None) -> Any:
    """A tensor of the base with the change in it, float32, in llama.cpp's layout; `heads` 0 where rows are not turned.

    `base_weights`, in transformers' order of rows, take the place of the tensor's own where the adapter saw others.
    """
    if base_weights is None:
        base_weights = unrotary_rows(weights(tensor), heads) if heads else weights(tensor)
    merged = change.merged(base_weights)
    return rotary_rows(merged, heads) if heads else merged


def read_model(path: Path) -> Any:
    """The GGUF's Llama as a transformers model in float32.

    transformers reads it too (`gguf_file=`), to the same last bit, but took seven times as long (20 s against 2.8 s
    on two cores, transformers 5.23) and leaves a quantiser behind that refuses saving.
    """
    import gguf
    import torch
    from transformers import LlamaForCausalLM

    from plansmith.tuning.machine import release

    reader = gguf.GGUFReader(str(path))
    config = _config(reader)
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    reader.fields.clear()  # a vocabulary's worth of small objects, as large as a third of the weights
    release()
    state = {}
    for tensor in reader.tensors:
        part = tensor.name.split(".")
        turn = heads.get(part[2], 0) if len(part) == 4 else 0
        state[their_name(tensor.name)] = torch.from_numpy(_in_pieces(tensor, turn))
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    model.load_state_dict(state, strict=False, assign=True)
    model.tie_weights()
    # buffers are not in the file: make them anew, off the meta device
    model.model.rotary_emb = type(model.model.rotary_emb)(config=config)
    return model


def _in_pieces(tensor: Any, heads: int) -> Any:
    """A tensor in float32, in transformers' order of rows, without a second copy of all of it on the way."""
    import numpy
    from gguf.quants import dequantize

    if tensor.data.ndim < 2 or heads:
        whole = unrotary_rows(weights(tensor), heads) if heads else weights(tensor)
        return numpy.array(whole, "float32", order="C")  # a copy: what is in float32 already is a view of the file
    found = None
    for start in range(0, len(tensor.data), _PIECE):
        piece = dequantize(tensor.data[start : start + _PIECE], tensor.tensor_type)
        if found is None:
            found = numpy.empty((len(tensor.data), *piece.shape[1:]), "float32")
        found[start : start + _PIECE] = piece
    return found


def _config(reader: Any) -> Any:
    from transformers import LlamaConfig

    def field(key: str) -> Any:
        return reader.fields[key].contents()

    end = int(field("tokenizer.ggml.eos_token_id"))
    return LlamaConfig(
        vocab_size=len(field("tokenizer.ggml.tokens")),
        hidden_size=_number(reader, "embedding_length"),
        intermediate_size=_number(reader, "feed_forward_length"),
        num_hidden_layers=_number(reader, "block_count"),
        num_attention_heads=_number(reader, "attention.head_count"),
        num_key_value_heads=_number(reader, "attention.head_count_kv"),
        max_position_embeddings=_number(reader, "context_length"),
        rms_norm_eps=float(field("llama.attention.layer_norm_rms_epsilon")),
        rope_parameters={"rope_type": "default", "rope_theta": float(field("llama.rope.freq_base"))},
        tie_word_embeddings="output.weight" not in {t.name for t in reader.tensors},
        bos_token_id=int(field("tokenizer.ggml.bos_token_id")),
        eos_token_id=end,
        pad_token_id=end,
    )


def their_name(name: str) -> str:
    """llama.cpp's name of a tensor as transformers calls it."""
    outer = {
        "token_embd.weight": "model.embed_tokens.weight",
        "output_norm.weight": "model.norm.weight",
        "output.weight": "lm_head.weight",
    }
    if name in outer:
        return outer[name]
    _, layer, part, _ = name.split(".")
    inner = {ours: theirs for theirs, ours in _LAYERS.items()} | {
        "attn_norm": "input_layernorm",
        "ffn_norm": "post_attention_layernorm",
    }
    return f"model.layers.{layer}.{inner[part]}.weight"


def read_tokenizer(path: Path) -> Any:
    """The GGUF's byte-level BPE tokenizer (its pre-tokenizer is SmolLM's: single digits, then GPT-2's pattern)."""
    import gguf
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    reader = gguf.GGUFReader(str(path))
    if (kind := reader.fields["tokenizer.ggml.pre"].contents()) != "smollm":
        raise InputError(f"{path.name} has a {kind!r} tokenizer; only SmolLM's is read from GGUF.")
    tokens = reader.fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(pair.split(" ")) for pair in reader.fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = [
        token
        for token, kind in zip(tokens, reader.fields["tokenizer.ggml.token_type"].contents(), strict=True)
        if kind == 3
    ]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    end = tokens[int(reader.fields["tokenizer.ggml.eos_token_id"].contents())]
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, pad_token=end)


def weights(tensor: Any) -> Any:
    """A GGUF tensor dequantised to float32, in llama.cpp's layout (rows are outputs)."""
    from gguf.quants import dequantize

    return dequantize(tensor.data, tensor.tensor_type)


@dataclass(frozen=True)
class Change:
    """What an adapter does to one weight: (outputs, rank) @ (rank, inputs), scaled; `magnitude` (outputs) if DoRA."""

    a: Any
    b: Any
    scale: float
    magnitude: Any = None

    def merged(self, weight: Any) -> Any:
        """The weight (outputs, inputs) with the change in it, float32."""
        import numpy

        whole = weight + self.scale * (self.b.astype("float32") @ self.a.astype("float32"))
        if self.magnitude is None:
            return whole
        # DoRA (Liu et al., 2024, arXiv:2402.09353): direction from the sum, length of each row learned apart
        return whole * (self.magnitude / numpy.linalg.norm(whole, axis=1))[:, None]


def read_changes(adapter: Path) -> dict[str, Change]:
    """What the adapter in a folder changes, by llama.cpp's name of the weight, in transformers' order of rows."""
    from safetensors.numpy import load_file

    config = json.loads((adapter / "adapter_config.json").read_text())
    rank = config["r"]
    scale = config["lora_alpha"] / (rank**0.5 if config.get("use_rslora") else rank)
    tensors = load_file(str(adapter / "adapter_model.safetensors"))
    found = {}
    for key, a in tensors.items():
        if match := _ADAPTER_KEY.match(key):
            layer = _LAYERS.get(match[2])
            if layer is None:
                raise InputError(f"The adapter changes {match[2]}, which is no linear layer of a Llama block.")
            b = tensors[key.replace("lora_A", "lora_B")]
            magnitude = tensors.get(key.replace("lora_A.weight", "lora_magnitude_vector"))
            found[f"blk.{match[1]}.{layer}.weight"] = Change(a, b, scale, magnitude)
    return found


def rotary_rows(matrix: Any, heads: int) -> Any:
    """Reorder rows from transformers' rotary layout (two halves) to llama.cpp's (pairs side by side)."""
    rows = matrix.shape[0]
    return matrix.reshape(heads, 2, rows // heads // 2, -1).swapaxes(1, 2).reshape(rows, -1)


def unrotary_rows(matrix: Any, heads: int) -> Any:
    """The inverse of `rotary_rows`."""
    rows = matrix.shape[0]
    return matrix.reshape(heads, rows // heads // 2, 2, -1).swapaxes(1, 2).reshape(rows, -1)


def _number(reader: Any, key: str) -> int:
    return int(reader.fields[f"llama.{key}"].contents())


def copy_fields(reader: Any, writer: Any, name: str, file_type: Any) -> None:
    """Give the writer the base's metadata (template, tokenizer, sizes) under another name and quantisation."""
    import gguf

    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in (
            "general.architecture",
            "general.name",
            "general.file_type",
        ):
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)
    writer.add_name(name)
    writer.add_file_type(file_type)
