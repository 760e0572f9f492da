"""A merged Llama as GGUF has it: metadata and float32 tensors, from the base's GGUF or from a transformers folder.

Enters: where the merged weights are. Leaves: a `Weights`, and by `write` a GGUF file of any kind, atomically.
Try: plansmith publish first -o out --as gguf --quant f16
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plansmith.errors import InputError
from plansmith.files import replacing
from plansmith.tuning.gguf import copy_fields, merged_rows, read_changes, rotary_rows, their_name, weights
from plansmith.tuning.quantise import KINDS, packed, type_for

_LAYER = re.compile(r"model\.layers\.(\d+)\.(.+)\.weight")
_PARTS = {their_name(f"blk.0.{ours}.weight").removeprefix("model.layers.0.").removesuffix(".weight"): ours
          for ours in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down", "attn_norm", "ffn_norm")}  # fmt: skip
_OUTER = {their_name(ours): ours for ours in ("token_embd.weight", "output_norm.weight", "output.weight")}


@dataclass(frozen=True)
class Weights:
    """A merged model. `fields(writer, name, file type)` writes the metadata; `tensors()` gives (name, float32)."""

    fields: Callable[[Any, str, Any], None]
    tensors: Callable[[], Iterator[tuple[str, Any]]]
    layers: int
    tied: bool


def write(source: Weights, target: Path, name: str, kind: str) -> dict[str, int]:
    """Write a GGUF of that kind; returns how many tensors are in which type."""
    import gguf

    counts: dict[str, int] = {}
    with replacing(target) as staged:
        writer = gguf.GGUFWriter(str(staged), "llama")
        source.fields(writer, name, gguf.LlamaFileType[KINDS[kind]])
        for tensor, matrix in source.tensors():
            chosen = type_for(kind, tensor, matrix.shape, source.layers, source.tied)
            data, raw = packed(matrix, chosen)
            writer.add_tensor(tensor, data, raw_dtype=raw)
            counts[chosen] = counts.get(chosen, 0) + 1
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return counts


def from_gguf(base: Path, adapter: Path, trained_against: dict[str, Any] | None = None) -> Weights:
    """The base's GGUF with the adapter merged into its dequantised weights, those it was trained against."""
    import gguf

    reader = gguf.GGUFReader(str(base))
    changes = read_changes(adapter)
    heads = {
        "attn_q": int(reader.fields["llama.attention.head_count"].contents()),
        "attn_k": int(reader.fields["llama.attention.head_count_kv"].contents()),
    }

    def tensors() -> Iterator[tuple[str, Any]]:
        for tensor in reader.tensors:
            change = changes.get(tensor.name)
            turn = heads.get(tensor.name.split(".")[2], 0) if change else 0
            against = (trained_against or {}).get(their_name(tensor.name))
            yield tensor.name, merged_rows(tensor, change, turn, against) if change else weights(tensor)

    return Weights(
        lambda writer, name, kind: copy_fields(reader, writer, name, kind),
        tensors,
        int(reader.fields["llama.block_count"].contents()),
        "output.weight" not in {t.name for t in reader.tensors},
    )


def from_folder(folder: Path) -> Weights:
    """A merged Llama as transformers saves it, with tokenizer and chat template.

    Raises InputError for a tokenizer or a rope that this room does not know how to tell llama.cpp of.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if rope.get("rope_type", rope.get("type", "default")) != "default":
        raise InputError(
            f"This base scales its positions ({rope.get('rope_type')}), which is not written as GGUF yet. "
            "Publish it with --as adapter,merged, and convert merged/ with llama.cpp's own script."
        )
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    tokenizer = _tokenizer_fields(folder, config["vocab_size"])

    def fields(writer: Any, name: str, kind: Any) -> None:
        width = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
        writer.add_name(name)
        writer.add_file_type(kind)
        writer.add_vocab_size(config["vocab_size"])
        writer.add_context_length(config["max_position_embeddings"])
        writer.add_embedding_length(config["hidden_size"])
        writer.add_block_count(config["num_hidden_layers"])
        writer.add_feed_forward_length(config["intermediate_size"])
        writer.add_head_count(config["num_attention_heads"])
        writer.add_head_count_kv(config["num_key_value_heads"])
        writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
        writer.add_rope_freq_base(float(rope.get("rope_theta") or config.get("rope_theta") or 10_000.0))
        writer.add_rope_dimension_count(width)
        tokenizer(writer)

    def tensors() -> Iterator[tuple[str, Any]]:
        from safetensors import safe_open

        for file in sorted(folder.glob("*.safetensors")):
            with safe_open(str(file), framework="pt") as shard:
                for name in shard.keys():  # noqa: SIM118 (the handle is no mapping)
                    ours, matrix = _our_name(name), shard.get_tensor(name).float().numpy()
                    part = ours.split(".")[2] if ours.startswith("blk.") else ""
                    yield ours, rotary_rows(matrix, heads[part]) if part in heads else matrix

    return Weights(fields, tensors, config["num_hidden_layers"], bool(config.get("tie_word_embeddings")))


def _our_name(name: str) -> str:
    if name in _OUTER:
        return _OUTER[name]
    match = _LAYER.fullmatch(name)
    if not match or match[2] not in _PARTS:
        raise InputError(f"The merged model has a tensor {name}, which no Llama of llama.cpp has.")
    return f"blk.{match[1]}.{_PARTS[match[2]]}.weight"


def _tokenizer_fields(folder: Path, size: int) -> Callable[[Any], None]:
    """What writes the tokenizer of a transformers folder into a GGUF: SentencePiece's BPE (Llama 2), or a byte-level one."""
    told = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    model = told["model"]
    if model["type"] != "BPE":
        raise InputError(
            f"A tokenizer of the kind {model['type']} is not written as GGUF; publish --as adapter,merged."
        )
    added = {entry["id"]: entry for entry in told["added_tokens"]}
    tokens = {i: token for token, i in model["vocab"].items()} | {i: e["content"] for i, e in added.items()}
    pieces = bool(model.get("byte_fallback"))
    kinds = {i: _kind(i, token, added, model.get("unk_token"), pieces) for i, token in tokens.items()}
    merges = [" ".join(m) if isinstance(m, list) else m for m in model["merges"]]
    pre = "" if pieces else _pre_tokenizer(told)
    # SentencePiece merges what scores highest; its own scores are the order in which it learned the merges
    rank: dict[str, float] = {}
    for n, merge in enumerate(merges):
        rank.setdefault(merge.replace(" ", ""), -float(n))
    text = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    ids = {token: i for i, token in tokens.items()}

    def special(key: str) -> int | None:
        value = settings.get(key)
        return ids.get(value["content"] if isinstance(value, dict) else value) if value else None

    def fields(writer: Any) -> None:
        listed = [tokens.get(i, f"[PAD{i}]") for i in range(size)]
        writer.add_tokenizer_model("llama" if pieces else "gpt2")
        writer.add_token_list(listed)
        writer.add_token_types([kinds.get(i, 5) for i in range(size)])
        if pieces:
            writer.add_token_scores(
                [rank.get(token, -1e9 if kinds.get(i, 5) == 1 else 0.0) for i, token in enumerate(listed)]
            )
            writer.add_add_space_prefix(_begins_with_space(told))
        else:
            writer.add_tokenizer_pre(pre)
            writer.add_token_merges(merges)
        writer.add_add_bos_token(pieces or pre == "llama-bpe")
        writer.add_add_eos_token(False)
        for key, add in (("bos_token", writer.add_bos_token_id), ("eos_token", writer.add_eos_token_id),
                         ("unk_token", writer.add_unk_token_id), ("pad_token", writer.add_pad_token_id)):  # fmt: skip
            if (found := special(key)) is not None:
                add(found)
        writer.add_chat_template(text)

    return fields


def _kind(number: int, token: str, added: dict[int, Any], unknown: str | None, pieces: bool) -> int:
    """llama.cpp's kind of a token: 1 normal, 2 unknown, 3 control, 4 added by a user, 6 a byte."""
    if pieces and token == unknown:
        return 2
    if number in added:
        return 3 if added[number]["special"] else 4
    return 6 if pieces and re.fullmatch(r"<0x[0-9A-F]{2}>", token) else 1


def _begins_with_space(told: dict[str, Any]) -> bool:
    """Whether a text is read as if a space stood before it, as Llama 2's tokenizer does."""
    written = json.dumps([told.get("normalizer"), told.get("pre_tokenizer")])
    return '"Prepend"' in written or '"prepend_scheme": "first"' in written or '"prepend_scheme": "always"' in written


def _pre_tokenizer(told: dict[str, Any]) -> str:
    """llama.cpp's name for how a byte-level tokenizer splits a text before merging."""
    written = json.dumps(told.get("pre_tokenizer") or {})
    if '"individual_digits": true' in written:
        return "smollm"
    if r"\\p{N}{1,3}" in written:
        return "llama-bpe"
    raise InputError(
        "This base's tokenizer splits texts in a way that is not written as GGUF; publish --as adapter,merged."
    )
