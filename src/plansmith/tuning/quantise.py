"""Weights packed as GGUF has them: F16, Q8_0, Q4_0, and llama.cpp's K-quants.

Enters: a float32 matrix in llama.cpp's layout. Leaves: its bytes, and the type that they are in. K-quants are packed by llama.cpp's
own code inside xllamacpp's library, which hands out that one function; no compiler and no further package is needed.
Try: plansmith publish first -o out --quant q8_0,q4_k_m
"""

from __future__ import annotations

import ctypes
import re
from typing import Any

from plansmith.errors import InputError, MissingError

# what a user names → llama.cpp's name of the file type
KINDS = {
    "f16": "MOSTLY_F16",
    "q8_0": "MOSTLY_Q8_0",
    "q4_0": "MOSTLY_Q4_0",
    "q4_k_m": "MOSTLY_Q4_K_M",
    "q6_k": "MOSTLY_Q6_K",
}
# Where rows are no multiple of a K-quant's 256 weights llama.cpp takes these, and so do we
# https://github.com/ggml-org/llama.cpp/blob/master/src/llama-quant.cpp
_WITHOUT_K = {"Q4_K": "Q5_0", "Q6_K": "Q8_0"}


def check_kinds(kinds: list[str]) -> None:
    """Raise InputError for kinds that there are not, MissingError for one that this machine cannot make."""
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise InputError(
            f"No quantisation is called {', '.join(unknown)}. There are: {', '.join(KINDS)}.",
        )
    if any("_k" in kind for kind in kinds):
        _packer()


def type_for(kind: str, name: str, shape: tuple[int, ...], layers: int, tied: bool) -> str:
    """The type of one tensor in a file of that kind. `tied`: the embeddings are the output's weights too."""
    if len(shape) < 2:
        return "F32"
    output = name == "output.weight" or (tied and name == "token_embd.weight")
    wanted = {"f16": "F16", "q8_0": "Q8_0", "q4_0": "Q8_0" if output else "Q4_0", "q6_k": "Q6_K"}.get(kind)
    if kind == "q4_k_m":
        layer = re.match(r"blk\.(\d+)\.(?:attn_v|ffn_down)\.", name)
        fine = output or (layer is not None and _more_bits(int(layer[1]), layers))
        wanted = "Q6_K" if fine else "Q4_K"
    if wanted is None:
        raise InputError(f"No quantisation is called {kind}. There are: {', '.join(KINDS)}.")
    if wanted in _WITHOUT_K and shape[-1] % 256:
        wanted = _WITHOUT_K[wanted]
    return wanted if wanted == "F16" or shape[-1] % 32 == 0 else "F16"


def _more_bits(layer: int, layers: int) -> bool:
    """The layers whose values and down-projections llama.cpp packs more finely in Q4_K_M."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def packed(matrix: Any, kind: str) -> tuple[Any, Any]:
    """(bytes, gguf's type) of a float32 tensor in one of GGUF's types, such as F16 or Q4_K."""
    import gguf
    import numpy
    from gguf.quants import quantize

    wanted = gguf.GGMLQuantizationType[kind]
    if kind == "F32":
        return matrix.astype("float32"), wanted
    if kind == "F16":
        with numpy.errstate(over="ignore"):
            small = matrix.astype("float16")
        if not numpy.isfinite(small).all():
            raise InputError("A merged weight does not fit into 16 bits (over 65,504). The training has diverged.")
        return small, wanted
    if not kind.endswith("_K"):
        return quantize(matrix, wanted), wanted
    rows, width = matrix.shape
    weights, sizes = numpy.ascontiguousarray(matrix, dtype="float32"), gguf.GGML_QUANT_SIZES[wanted]
    out = numpy.empty((rows, width // sizes[0] * sizes[1]), dtype="uint8")
    made = _packer()(int(wanted), weights.ctypes.data, out.ctypes.data, 0, rows, width, None)
    if made != out.nbytes:
        raise InputError(f"llama.cpp packed {made} bytes as {kind} where {out.nbytes} were due.")
    return out, wanted


def _packer() -> Any:
    """ggml_quantize_chunk of the llama.cpp in xllamacpp: bit for bit what gguf's Python packs as Q8_0 and Q4_0."""
    import importlib

    try:
        library = ctypes.CDLL(str(importlib.import_module("xllamacpp.xllamacpp").__file__))
        function = library.ggml_quantize_chunk
    except (ImportError, OSError, AttributeError) as error:
        raise MissingError(
            "This machine's xllamacpp hands out no K-quants (tried 2026.10 on Linux). Take --quant q8_0,q4_0 instead."
        ) from error
    function.restype = ctypes.c_size_t
    function.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p]
    return function
