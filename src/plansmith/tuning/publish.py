"""A finished run as a folder for other people's tools: adapter, merged model, GGUF, Ollama's Modelfile, card and licence.

Enters: a run, the forms wanted, and, where it is at hand, the archive with the held-out projects. Leaves: an `Export`, which
has passed the gate of `publish_parity`; one that does not pass leaves nothing.
Try: plansmith publish first -o out --as adapter,merged,gguf,ollama --quant q8_0,q4_k_m
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plansmith import __version__
from plansmith.errors import InputError, MissingError
from plansmith.files import need_space, replacing_folder, write_text
from plansmith.sources.archive import Archive, Document
from plansmith.tuning import publish_convert, publish_merge, publish_parity
from plansmith.tuning.bases import Base, find_base
from plansmith.tuning.licences import Licence, licence_at_hand
from plansmith.tuning.modelcard import card, hub_id
from plansmith.tuning.publish_ollama import modelfile
from plansmith.tuning.quantise import check_kinds
from plansmith.tuning.recipe import Recipe
from plansmith.tuning.runs import Run

FORMS = ("adapter", "merged", "gguf", "ollama")
MANIFEST = "plansmith.json"
_DESCRIBING = ("README.md", "LICENSE", "Notice", "NOTICE", MANIFEST)
_ADAPTER_KEYS = ("peft_type", "task_type", "r", "lora_alpha", "lora_dropout", "target_modules", "bias",
                 "use_rslora", "use_dora", "fan_in_fan_out", "init_lora_weights", "inference_mode")  # fmt: skip

Watch = Callable[[str], None]


@dataclass(frozen=True)
class Export:
    """A published folder: its files with sizes in bytes, and what the gate measured."""

    folder: Path
    run: Run
    base: Base
    forms: list[str]
    kinds: list[str]
    files: dict[str, int]
    parity: dict[str, Any]
    made_now: bool


def documents_of(run: Run, archive: Archive | None, all_needed: bool = False) -> tuple[list[Document], list[Document]]:
    """The archive's (train, test) documents of the run, found by their hashes.

    Raises InputError where the archive holds none of them, or, if `all_needed`, not all that were trained on.
    """
    if archive is None:
        return [], []
    found = {d.sha256: d for d in archive.documents}
    data = run.story["data"]
    train, test = ([found[sha] for sha in data[part].values() if sha in found] for part in ("train", "test"))
    if not test:
        raise InputError(
            f"{archive.folder} holds none of the projects that {run.name} held out (or they have changed)."
        )
    missing = [name for name, sha in data["train"].items() if sha not in found]
    if all_needed and missing:
        raise InputError(
            f"{archive.folder} lacks projects that {run.name} was trained on, or they have changed since, so it cannot be "
            "checked that none of their text is published:",
            missing,
        )
    return train, test


def publish(
    run: Run, target: Path, forms: Sequence[str], kinds: Sequence[str], test: Sequence[Document], watch: Watch,
    licence: Licence | None = None,
) -> Export:  # fmt: skip
    """Write the forms of a run into the new folder `target`, or take what is there if it is just that, whole.

    `licence`: its terms, where the user has said them; by default the base's own, where its text is at hand.

    Raises InputError for unknown forms or a taken folder, PlansmithError where the gate finds a difference.
    """
    forms, kinds = _wanted(forms, kinds)
    base = find_base(run.story["base"].get("source") or run.story["base"]["name"])
    if not (run.adapter / "adapter_model.safetensors").is_file():
        raise MissingError(f"The run {run.folder} has no adapter to publish. Pull or train it again.")
    if target.exists():
        return _made_before(run, base, target, forms, kinds)
    recipe = Recipe(**run.story["recipe"])
    bytes_each = {"merged": 2.0, "f16": 2.0, "q8_0": 1.1, "q6_k": 0.9, "q4_k_m": 0.7, "q4_0": 0.65}
    size = sum(bytes_each.get(each, 0.0) for each in (*forms, *kinds)) + 2.0
    need_space(target.parent, 60 + size * base.parameters / 1e6, f"the export {target}")
    with replacing_folder(target) as staged:
        parity = _make(run, base, recipe, staged, forms, kinds, test, watch)
        write_text(staged / "parity.json", _json(parity))
        write_text(staged / "run.json", _json(described(run.story, base)))
        for name in ("recipe.yaml", "metrics.jsonl"):
            if (run.folder / name).is_file():
                shutil.copyfile(run.folder / name, staged / name)
        describe(Export(staged, run, base, forms, kinds, {}, parity, True), "", licence or licence_at_hand(base))
    return Export(target, run, base, forms, kinds, _sizes(target), parity, True)


def _wanted(forms: Sequence[str], kinds: Sequence[str]) -> tuple[list[str], list[str]]:
    if unknown := [form for form in forms if form not in FORMS] or (["nothing"] if not forms else []):
        raise InputError(f"--as {', '.join(unknown)}: there are {', '.join(FORMS)}.")
    wanted = [form for form in FORMS if form in forms or (form == "gguf" and "ollama" in forms)]
    chosen = list(dict.fromkeys(kinds)) if "gguf" in wanted else []
    check_kinds(chosen)
    if "gguf" in wanted and not chosen:
        raise InputError("--as gguf needs a quantisation: --quant q8_0, or several with commas between.")
    return wanted, chosen


def _make(
    run: Run, base: Base, recipe: Recipe, staged: Path, forms: list[str], kinds: list[str],
    test: Sequence[Document], watch: Watch,
) -> dict[str, Any]:  # fmt: skip
    """All forms into `staged`; returns what the gate measured. Merging happens once, and in the staged folder."""
    from plansmith.tuning.load import load_model, load_tokenizer
    from plansmith.tuning.machine import release
    from plansmith.tuning.nf4 import dequantised

    watch("loading the base and the adapter")
    tokenizer = load_tokenizer(base)
    publish_merge.give_template(tokenizer, base)
    talks = publish_parity.conversations(test)
    probes = publish_parity.probes(publish_parity.encoded(talks, tokenizer, base.chat))
    _write_adapter(run, base, staged / "adapter")
    losses: dict[str, list[float]] = {}
    trained = load_model(base, recipe)
    against = None
    if recipe.quantization != "none":
        against = {name: weight.cpu().numpy() for name, weight in dequantised(trained).items()}
    from peft import PeftModel

    adapted = PeftModel.from_pretrained(trained, str(staged / "adapter"))
    losses["adapter"] = publish_parity.token_losses(adapted, probes)
    del adapted, trained
    release()
    merged = staged / "merged"
    if "merged" in forms or (kinds and not base.gguf):
        watch("merging")
        publish_merge.save(
            publish_merge.merged_model(base, recipe, staged / "adapter", against), tokenizer, base.chat, merged
        )
        release()
        losses["merged"], tokenizer = _as_strangers_do(merged, probes)
    through = {}
    source = None
    if kinds:
        source = (
            publish_convert.from_gguf(Path(base.source), staged / "adapter", against)
            if base.gguf
            else publish_convert.from_folder(merged)
        )
    for kind in kinds:
        assert source
        watch(f"writing and trying gguf/model-{kind}.gguf")
        file = staged / "gguf" / f"model-{kind}.gguf"
        publish_convert.write(
            source, file, f"{base.name if '/' not in base.name else 'Llama'} tuned with Plansmith", kind
        )
        through[kind] = publish_parity.through_llama(file, publish_parity.chats_of(talks, base.chat), probes)
        through[kind]["losses"] = [loss for row in through[kind]["losses"] for loss in row]
    parity = publish_parity.gate(base.chat, tokenizer, talks, losses, through).as_dict()
    if "merged" not in forms:
        shutil.rmtree(merged, ignore_errors=True)
    if "adapter" not in forms:
        shutil.rmtree(staged / "adapter")
    if "ollama" in forms:
        write_text(staged / "Modelfile", modelfile(base.chat, f"gguf/model-{kinds[0]}.gguf", base.context))
    return parity


def _as_strangers_do(folder: Path, probes: Any) -> tuple[list[float], Any]:
    """Load a merged folder as anybody would, with transformers alone; losses and the tokenizer it comes with."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    gpu = torch.cuda.is_available()
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype="auto" if gpu else torch.float32)
    return publish_parity.token_losses(model.to("cuda") if gpu else model, probes), AutoTokenizer.from_pretrained(
        folder
    )


def _write_adapter(run: Run, base: Base, folder: Path) -> None:
    """The adapter with a configuration that says what is needed and nothing of this machine."""
    folder.mkdir()
    shutil.copyfile(run.adapter / "adapter_model.safetensors", folder / "adapter_model.safetensors")
    config = json.loads((run.adapter / "adapter_config.json").read_text(encoding="utf-8"))
    kept = {key: config[key] for key in _ADAPTER_KEYS if key in config}
    kept["target_modules"] = sorted(kept["target_modules"])
    write_text(folder / "adapter_config.json", _json({**kept, "base_model_name_or_path": hub_id(base) or None}))


def described(story: dict[str, Any], base: Base) -> dict[str, Any]:
    """run.json as it is published: projects by number, no place of this machine."""
    data = dict(story["data"])
    for part in ("train", "test"):
        data[part] = {f"project-{n:02}": sha for n, sha in enumerate(data[part].values(), 1)}
    told = {
        "name": base.name if not Path(base.source).is_dir() else "own-base",
        "licence": base.licence,
        "chat": base.chat.name,
    }
    if story["base"].get("source") and hub_id(base):
        told["source"] = hub_id(base)
    result = {key: value for key, value in story["result"].items() if key != "forecast"}
    versions = {key: value for key, value in story["versions"].items() if key != "machine"}
    return {"base": told, "recipe": story["recipe"], "data": data, "result": result, "versions": versions}


def describe(export: Export, name: str, licence: Licence | None) -> None:
    """Write card, licence and the list of hashes, the last of all, for the repository `name` (user/name; empty: a folder)."""
    folder = export.folder
    for old in _DESCRIBING:
        (folder / old).unlink(missing_ok=True)
    for file, text in (licence.files if licence else {}).items():
        write_text(folder / file, text)
    told = card(export.run, export.base, name, export.forms, export.kinds, export.parity, licence, _sizes(folder))
    write_text(folder / "README.md", told)
    manifest = {
        "format": 1,
        "plansmith": __version__,
        "run": export.run.name,
        "forms": export.forms,
        "kinds": export.kinds,
        "adapter": sha256(export.run.adapter / "adapter_model.safetensors"),
        "files": {path: sha256(folder / path) for path in sorted(_sizes(folder))},
    }
    write_text(folder / MANIFEST, _json(manifest))


def _made_before(run: Run, base: Base, target: Path, forms: list[str], kinds: list[str]) -> Export:
    """The export that stands there already, if it is this one and whole: so an upload can go on where it failed."""
    try:
        manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        parity = json.loads((target / "parity.json").read_text(encoding="utf-8"))
        same = (manifest["forms"], manifest["kinds"]) == (forms, kinds)
        same = same and manifest["adapter"] == sha256(run.adapter / "adapter_model.safetensors")
        files = {path: known for path, known in manifest["files"].items() if path not in _DESCRIBING}
        changed = [path for path, known in files.items() if not _is(target / path, known)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        same, changed = False, []
    if not same:
        raise InputError(
            f"{target} exists already and is not this export. Choose another folder with -o, or delete it."
        )
    if changed:
        raise InputError(f"{target} was changed since it was made. Delete it and publish again.", changed)
    return Export(target, run, base, forms, kinds, _sizes(target), parity, False)


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is(path: Path, known: str) -> bool:
    return path.is_file() and sha256(path) == known


def _sizes(folder: Path) -> dict[str, int]:
    return {p.relative_to(folder).as_posix(): p.stat().st_size for p in folder.rglob("*") if p.is_file()}


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
