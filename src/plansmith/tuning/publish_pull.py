"""A run brought back from the Hub: hashes verified, nothing of it trusted that is not needed.

Enters: user/name and a revision. Leaves: a run folder for `plansmith plan --run NAME`. Only files of an export's own layout are
downloaded: adapter (safetensors), one GGUF, and JSON that is rebuilt from checked values. Whatever else is in the repository
(pickles, code, links, foreign names) is left there.
Try: plansmith pull ana/first --revision main
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plansmith.errors import InputError
from plansmith.files import need_space, replacing_folder
from plansmith.sources.hub import DATASET_ID, explained, libraries
from plansmith.tuning import publish_received
from plansmith.tuning.publish import MANIFEST
from plansmith.tuning.publish_checks import LAYOUT
from plansmith.tuning.runs import check_name

LARGEST_TEXT = 5_000_000
"""Bytes of a JSON file."""
_TEXTS = (MANIFEST, "run.json", "metrics.jsonl", "adapter/adapter_config.json")
_ADAPTER = "adapter/adapter_model.safetensors"
_BEST_FIRST = ("q8_0", "f16", "q6_k", "q4_k_m", "q4_0")


@dataclass(frozen=True)
class Pulled:
    """A run that was brought here: its folder, the commit (full hash), the GGUF taken, and what was left aside."""

    folder: Path
    commit: str
    gguf: str
    left_aside: list[str] = field(default_factory=list)


def pull(name: str, revision: str, runs: Path, as_name: str = "", quant: str = "", most_gb: float = 40.0) -> Pulled:
    """Bring the run published as `name` (user/name) at a branch, tag or commit into `runs`/`as_name`.

    Raises InputError for a repository that is no run, a wrong hash, a damaged or hostile file; then nothing is left in `runs`.
    """
    if not DATASET_ID.fullmatch(name) or "/" not in name:
        raise InputError(f'"{name}" names no model on the Hub; write user/name.')
    if Path(name).exists():
        raise InputError(f"There is a folder {name} here; to pull the Hub's model of that name, work elsewhere.")
    folder = check_name(as_name or name.rpartition("/")[2], runs)
    hub, _ = libraries(reading=False)
    with explained(f"the model {name}" + (f" at {revision}" if revision else "")):
        api = hub.HfApi()
        commit = str(api.model_info(name, revision=revision or None).sha)
        tree = api.list_repo_tree(name, recursive=True, revision=commit)
        sizes = {str(f.path): int(f.size) for f in tree if hasattr(f, "size")}
    gguf = _choose(sizes, quant, name)
    wanted = [path for path in (*_TEXTS, _ADAPTER, gguf) if path in sizes]
    _check_sizes(name, {path: sizes[path] for path in wanted}, most_gb, runs)
    with replacing_folder(folder) as staged:
        manifest = publish_received.read_manifest(_fetch(hub, name, commit, MANIFEST, sizes))
        if unlisted := [path for path in wanted if path != MANIFEST and path not in manifest.files]:
            raise InputError(f"{name} lists no hash for:", unlisted)
        texts = {p: _fetch(hub, name, commit, p, sizes, manifest.files[p]) for p in _TEXTS[1:] if p in sizes}
        story = publish_received.read_story(texts["run.json"], staged)
        if not gguf and publish_received.known_base(story["base"]["name"]) is None:
            raise InputError(
                f"{name} has no GGUF, and its base ({story['base']['name'][:100]}) is none that Plansmith knows; an id inside a "
                "download is not followed. Ask its publisher for a GGUF."
            )
        (staged / "adapter").mkdir()
        if _ADAPTER in wanted and "adapter/adapter_config.json" in texts:
            config = publish_received.read_adapter_config(texts["adapter/adapter_config.json"])
            (staged / "adapter" / "adapter_config.json").write_text(_json(config), encoding="utf-8")
            target = staged / "adapter" / "adapter_model.safetensors"
            _fetch_into(hub, name, commit, _ADAPTER, sizes, manifest.files[_ADAPTER], target)
            publish_received.check_adapter(target)
        if gguf:
            _fetch_into(hub, name, commit, gguf, sizes, manifest.files[gguf], staged / "model.gguf")
            publish_received.check_gguf(staged / "model.gguf")
        if "metrics.jsonl" in texts:
            told = publish_received.read_metrics(texts["metrics.jsonl"])
            (staged / "metrics.jsonl").write_text(told, encoding="utf-8")
        recipe = f"# Use again with: plansmith train ARCHIVE --recipe FILE\n{json.dumps(story['recipe'], indent=2)}\n"
        (staged / "recipe.yaml").write_text(recipe, encoding="utf-8")
        (staged / "tasks.jsonl").write_text("", encoding="utf-8")  # past tasks are never published
        story["pulled"] = {"from": name, "commit": commit}
        (staged / "run.json").write_text(_json(story), encoding="utf-8")
    # names of strangers are shown as Python writes them, so that none of them can steer a terminal
    aside = [ascii(path[:120]) for path in sorted(sizes) if path not in wanted and not LAYOUT.fullmatch(path)]
    return Pulled(folder, commit, gguf, [path for path in aside if path != "'.gitattributes'"])


def _choose(sizes: dict[str, int], quant: str, name: str) -> str:
    """The GGUF to take: the one asked for, or the finest that is quick."""
    if missing := [path for path in (MANIFEST, "run.json") if path not in sizes]:
        raise InputError(f"{name} is no run that Plansmith published: it has no {' and no '.join(missing)}.")
    there = {
        path.removeprefix("gguf/model-").removesuffix(".gguf"): path
        for path in sizes
        if path.startswith("gguf/") and LAYOUT.fullmatch(path)
    }
    if quant and quant not in there:
        raise InputError(f"{name} has no GGUF called {quant}; it has {', '.join(sorted(there)) or 'none'}.")
    if not there and _ADAPTER not in sizes:
        raise InputError(
            f"{name} has neither an adapter (safetensors) nor a GGUF; other kinds of weights are not loaded."
        )
    ranked = sorted(there, key=lambda kind: _BEST_FIRST.index(kind) if kind in _BEST_FIRST else 99)
    return there[quant or ranked[0]] if there else ""


def _check_sizes(name: str, sizes: dict[str, int], most_gb: float, runs: Path) -> None:
    problems = [
        f"{path}: {size / 1e6:,.0f} MB; at most {LARGEST_TEXT / 1e6:,.0f} MB are read"
        for path, size in sizes.items()
        if path in _TEXTS and size > LARGEST_TEXT
    ]
    total = sum(sizes.values())
    if total > most_gb * 1e9:
        problems.append(f"{total / 1e9:,.1f} GB in all; at most {most_gb:g} GB are taken (--most-gb)")
    if problems:
        raise InputError(f"{name} is too large; nothing was downloaded.", problems)
    need_space(runs, 2 * total / 1e6 + 5, f"the run {name}")  # the Hub's cache keeps a copy


def _cached(hub: Any, name: str, commit: str, path: str, sizes: dict[str, int]) -> Path:
    """The file in the Hub's cache, where an earlier, broken-off call may have left it already."""
    with explained(f"{path} of {name}"):
        file = Path(hub.hf_hub_download(name, path, revision=commit)).resolve()
    if not file.is_file() or file.stat().st_size != sizes[path]:
        raise InputError(f"{path} of {name} is not of the size that the Hub told ({sizes[path]:,} bytes).")
    return file


def _fetch(hub: Any, name: str, commit: str, path: str, sizes: dict[str, int], known: str = "") -> bytes:
    data = _cached(hub, name, commit, path, sizes).read_bytes()
    if known and hashlib.sha256(data).hexdigest() != known:
        raise _wrong_hash(name, path)
    return data


def _fetch_into(hub: Any, name: str, commit: str, path: str, sizes: dict[str, int], known: str, target: Path) -> None:
    """Copy, then hash the copy: what was verified is what will be loaded."""
    shutil.copyfile(_cached(hub, name, commit, path, sizes), target)
    with target.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != known:
            raise _wrong_hash(name, path)


def _wrong_hash(name: str, path: str) -> InputError:
    return InputError(f"{path} of {name} is not what its publisher listed (wrong SHA-256). Nothing of it was kept.")


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
