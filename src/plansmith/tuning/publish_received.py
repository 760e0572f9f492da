"""What stands in a downloaded repository, taken for what it is: somebody else's text. Only known things of known kinds get through.

Enters: bytes of run.json, metrics.jsonl, adapter_config.json, the head of an adapter or a GGUF. Leaves: the same rebuilt from
checked values, or InputError. No path, id or code in them is ever used.
Try: plansmith pull ana/first
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from plansmith.errors import InputError, PlansmithError
from plansmith.tuning.bases import BASES, FORMS, Base
from plansmith.tuning.recipe import Recipe, read_recipe

Plain = Annotated[str, Field(max_length=100, pattern=r"^[\w .,:+()/~-]*$")]
Key = Annotated[str, Field(max_length=80, pattern=r"^[\w.-]+$")]
Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=10**12)]
Number = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]

_TENSOR = re.compile(
    r"base_model\.model\.model\.layers\.\d{1,4}\.(?:self_attn\.[qkvo]_proj|mlp\.(?:gate|up|down)_proj)"
    r"\.lora_(?:[AB]\.weight|magnitude_vector)"
)
_MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_WIDTH = {"F32": 4, "F16": 2, "BF16": 2}


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class _Base(_Part):
    name: Annotated[str, Field(max_length=200, pattern=r"^[\w./-]+$")]
    licence: Plain
    chat: Plain


class _Data(_Part):
    sha256: Sha
    seed: int
    train: dict[Key, Sha]
    test: dict[Key, Sha]
    whole: Count = 0
    rows: Count
    tokens: Count
    supervised: Count


class _Result(_Part):
    held_out_loss: Annotated[list[Number], Field(min_length=1, max_length=10_000)]
    held_out_steps: list[Count]
    best_step: Count
    steps: Count
    stopped_early_at: Count | None = None
    training_seconds: Number = 0.0
    tokens_per_second: Number = 0.0
    peak_memory_gb: Number = 0.0
    wall_seconds: Number = 0.0


class _Story(_Part):
    base: _Base
    recipe: dict[Key, int | float | str | bool]
    data: _Data
    result: _Result
    versions: dict[Key, Plain]


class _Adapter(_Part):
    r: Annotated[int, Field(ge=1, le=4096)]
    lora_alpha: Annotated[float, Field(gt=0, le=1e6, strict=False)]
    target_modules: Annotated[list[str], Field(min_length=1, max_length=7)]
    use_rslora: bool = False
    use_dora: bool = False


class Manifest(_Part):
    """plansmith.json of a repository: what `pull` verifies against. Paths in it are only looked up, never opened."""

    format: int
    run: Annotated[str, Field(max_length=200)]
    files: dict[str, Sha]


def read_manifest(data: bytes) -> Manifest:
    """The list of hashes; raises InputError for one that is none, or of a later form."""
    manifest: Manifest = _checked(Manifest, data, "plansmith.json")
    if manifest.format != 1:
        raise InputError(f"plansmith.json is of form {manifest.format}; this Plansmith reads form 1. Update Plansmith.")
    return manifest


def read_story(data: bytes, scratch: Path) -> dict[str, Any]:
    """run.json from known keys of known kinds; the base is one of ours by name, or a name that nothing is looked up by."""
    told = _checked(_Story, data, "run.json")
    story: dict[str, Any] = told.model_dump()
    known = known_base(told.base.name)
    chat = known.chat.name if known else told.base.chat
    if chat not in FORMS:
        raise InputError(f"run.json names the chat form {chat!r}; there are {', '.join(FORMS)}.")
    licence = known.licence if known else told.base.licence
    # without a stroke it can be neither an id of the Hub nor a path
    story["base"] = {
        "name": told.base.name if known else told.base.name.replace("/", "--"),
        "licence": licence,
        "chat": chat,
    }
    if told.result.best_step not in told.result.held_out_steps or len(told.result.held_out_loss) != len(
        told.result.held_out_steps
    ):
        raise InputError("run.json is damaged: its held-out losses and steps do not fit together.")
    story["recipe"] = _recipe(story["recipe"], scratch)
    return story


def known_base(name: str) -> Base | None:
    """The base of that name among ours."""
    return next((base for base in BASES if base.name == name), None)


def _recipe(values: dict[str, Any], scratch: Path) -> dict[str, Any]:
    file = scratch / "recipe.json"  # JSON is YAML too
    file.write_text(json.dumps(values), encoding="utf-8")
    try:
        read_recipe(file)
        return Recipe(**values).as_dict()
    except (PlansmithError, TypeError) as error:
        raise InputError(f"run.json holds a recipe that is none: {error}") from error
    finally:
        file.unlink()


def read_metrics(data: bytes) -> str:
    """metrics.jsonl with numbers and the stage only; lines of another kind are refused."""
    lines = []
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        try:
            entry = json.loads(line)
            right = isinstance(entry, dict) and all(
                re.fullmatch(r"\w{1,40}", key) and (_is_number(value) or re.fullmatch(r"[a-z-]{1,20}", str(value)))
                for key, value in entry.items()
            )
        except (ValueError, RecursionError):
            right = False
        if not right:
            raise InputError(f"metrics.jsonl, line {number}: is no line of losses.")
        lines.append(json.dumps(entry))
    return "".join(f"{line}\n" for line in lines)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read_adapter_config(data: bytes) -> dict[str, Any]:
    """What peft needs of a LoRA adapter, and nothing else: no mapping to code, no base, no further modules."""
    told = _checked(_Adapter, data, "adapter_config.json")
    if foreign := sorted(set(told.target_modules) - set(_MODULES)):
        raise InputError(
            f"adapter_config.json changes {', '.join(foreign)[:200]}, which is no linear layer of a Llama block."
        )
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": None,
        "bias": "none",
        "inference_mode": True,
        "lora_dropout": 0.0,
        **told.model_dump(),
    }


def check_adapter(path: Path) -> None:
    """Read the head of a safetensors file: LoRA matrices of a Llama and nothing else, each within the file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, 50_000_000):
            raise InputError("adapter_model.safetensors is damaged: its head is longer than the file.")
        try:
            head = json.loads(file.read(length))
            tensors = {name: entry for name, entry in head.items() if name != "__metadata__"}
            for name, entry in tensors.items():
                start, end = entry["data_offsets"]
                fits = 0 <= start <= end <= size - 8 - length
                fits = fits and end - start == math.prod(entry["shape"]) * _WIDTH[entry["dtype"]]
                if not fits or not _TENSOR.fullmatch(name):
                    raise InputError(
                        f"adapter_model.safetensors holds {name[:100]!r}, which is no LoRA matrix of a Llama."
                    )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError("adapter_model.safetensors is damaged: its head cannot be read.") from error
    if not tensors:
        raise InputError("adapter_model.safetensors holds no tensor.")


def check_gguf(path: Path) -> None:
    """A GGUF of a Llama, by its head; what is in it otherwise is for llama.cpp's own checks, in a process of its own."""
    with path.open("rb") as file:
        head = file.read(4096)
    version = int.from_bytes(head[4:8], "little")
    architecture = re.search(rb"general\.architecture\x08\x00\x00\x00(.{8})(.{0,40})", head, re.DOTALL)
    named = architecture[2][: int.from_bytes(architecture[1], "little")] if architecture else b""
    if head[:4] != b"GGUF" or version not in (2, 3) or named != b"llama":
        raise InputError(f"{path.name} is no GGUF of a Llama-architecture model.")


def _checked(kind: Any, data: bytes, what: str) -> Any:
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        found = [
            f"{'.'.join(map(str, e['loc']))[:100]}: {e['msg'][:200]}" for e in error.errors(include_input=False)[:10]
        ]
        raise InputError(f"{what} is not what Plansmith writes, so it is not used:", found) from error
