"""The state of a training, kept so that neither a crash nor a power cut can spoil it.

`checkpoints/step-000120/` holds state.safetensors (adapter and optimiser), state.json (everything else) and
sha256.json (the hashes of the two). It is written beside its place, synced, and renamed, so a name that stands is
whole; the newest that verifies is the one to go on from. `best-000098/` is the adapter with the lowest held-out loss.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from plansmith.files import need_space, replacing_folder, sync_folder

KEPT = 2


def write(folder: Path, step: int, tensors: dict[str, Any], state: dict[str, Any]) -> Path:
    """Keep the state of `step`; older ones but the last are dropped. Raises ResourceError when the disk is full."""
    from safetensors.torch import save_file

    target = folder / f"step-{step:06}"
    need_space(
        folder, sum(t.numel() * t.element_size() for t in tensors.values()) / 1e6 + 5, f"the checkpoint {target}"
    )
    shutil.rmtree(target, ignore_errors=True)  # one that did not verify
    with replacing_folder(target) as staged:
        save_file(tensors, staged / "state.safetensors")
        (staged / "state.json").write_text(json.dumps(state), encoding="utf-8")
        hashes = {name: _sha256(staged / name) for name in ("state.safetensors", "state.json")}
        (staged / "sha256.json").write_text(json.dumps(hashes), encoding="utf-8")
        sync_folder(staged)
    for old in _steps(folder)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def newest(folder: Path) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """(tensors, state) of the newest checkpoint that verifies, or None."""
    from safetensors.torch import load_file

    for place in reversed(_steps(folder)):
        if _whole(place):
            state = json.loads((place / "state.json").read_text(encoding="utf-8"))
            return load_file(place / "state.safetensors"), dict(state)
    return None


def newest_step(folder: Path) -> int:
    """The step of the newest checkpoint that verifies; 0 where there is none."""
    return next((int(place.name.removeprefix("step-")) for place in reversed(_steps(folder)) if _whole(place)), 0)


def keep_best(folder: Path, step: int, save: Callable[[Path], None]) -> None:
    """Keep the adapter of `step`, which `save` writes into a folder, as the best so far."""
    target = folder / f"best-{step:06}"
    shutil.rmtree(target, ignore_errors=True)
    with replacing_folder(target) as staged:
        save(staged)
        sync_folder(staged)


def best(folder: Path, step: int) -> Path:
    """Where `keep_best` put the adapter of that step."""
    return folder / f"best-{step:06}"


def drop_bests(folder: Path, but: int) -> None:
    """Forget the adapters that are no longer the best; call it once a checkpoint names the new one."""
    for old in folder.glob("best-*"):
        if old != best(folder, but):
            shutil.rmtree(old, ignore_errors=True)


def _steps(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*"))


def _whole(place: Path) -> bool:
    try:
        hashes = json.loads((place / "sha256.json").read_text(encoding="utf-8"))
        return bool(hashes) and all(_sha256(place / name) == known for name, known in hashes.items())
    except (OSError, ValueError, AttributeError):
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
