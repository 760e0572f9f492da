"""What this machine can compute with, as far as tuning asks.

Enters: nothing. Leaves: a `Machine`.
Try: plansmith doctor
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal

Precision = Literal["fp32", "bf16", "fp16"]


@dataclass(frozen=True)
class Machine:
    """`memory` in 10^9 bytes: of one GPU where there is one, otherwise of the machine.

    `precision`: fp32, bf16 or fp16; `lean`: Liger's kernels are at hand, which keep less for the backward pass.
    """

    name: str
    gpu: bool
    memory: float
    precision: Precision
    gpus: int = 0
    lean: bool = False
    cores: int = 1


def this_machine() -> Machine:
    """Look at the hardware; takes the time of importing torch."""
    import psutil
    import torch

    if torch.cuda.is_available():
        device = torch.cuda.get_device_properties(0)
        half: Precision = "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
        return Machine(
            device.name, True, device.total_memory / 1e9, half, torch.cuda.device_count(), has_liger(), usable_cores()
        )
    # bf16 pays on a CPU only where it has instructions for it; elsewhere it is slower than fp32
    fast = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return Machine(
        f"CPU, {usable_cores()} cores", False, psutil.virtual_memory().total / 1e9, "bf16" if fast else "fp32",
        cores=usable_cores(),
    )  # fmt: skip


def has_liger() -> bool:
    """Whether Liger's GPU kernels are installed."""
    import importlib.util

    return importlib.util.find_spec("liger_kernel") is not None


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def peak_memory() -> float:
    """The most memory that this process has held, in 10^9 bytes: of the GPU where there is one, otherwise resident."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e9
    try:
        import resource
        import sys
    except ImportError:  # Windows
        import psutil

        known: Any = psutil.Process().memory_info()
        return float(known.peak_wset / 1e9)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 1e9 if sys.platform == "darwin" else used * 1024 / 1e9


def release() -> None:
    """Give freed memory back to the GPU's or the system's pool, so that what comes next finds it."""
    import ctypes
    import gc
    import sys

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
