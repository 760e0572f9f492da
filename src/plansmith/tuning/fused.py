"""A LoRA layer's forward and backward pass as one operation, without the many small ones that peft makes of it.

Enters: a peft model whose adapters are plain LoRA. Leaves: the same model, computing the same with fewer kernels and
fewer tensors kept for the backward pass.
Source of the formulas: Hu et al., LoRA, 2021 (arXiv:2106.09685), y = xWᵀ + s·(xAᵀ)Bᵀ, differentiated by hand.
"""

from __future__ import annotations

from typing import Any

import torch


def fuse(model: Any) -> int:
    """Let every plain LoRA layer of a peft model compute fused; returns how many do.

    Left as they are: DoRA layers, layers with a bias or with dropout, and everything that is no linear layer.
    """
    from peft.tuners.lora import LoraLayer

    layers: list[Any] = [module for module in model.modules() if isinstance(module, LoraLayer) and is_plain(module)]
    for layer in layers:
        layer.forward = _Forward(layer)
    return len(layers)


def fused_layers(model: Any) -> list[Any]:
    """The LoRA layers of a model that compute fused."""
    return [module for module in model.modules() if isinstance(getattr(module, "forward", None), _Forward)]


def is_plain(layer: Any) -> bool:
    """Whether a LoRA layer of peft's is one that this room can compute."""
    name, base = "default", layer.get_base_layer()
    return (
        name in layer.lora_A
        and not layer.use_dora.get(name, False)
        and isinstance(layer.lora_dropout[name], torch.nn.Identity)
        and getattr(base, "bias", None) is None
        and type(base).__name__ in ("Linear", "Linear4bit")
    )


class _Forward:
    """The forward pass of one layer; falls back to peft's where the adapter is off or merged."""

    def __init__(self, layer: Any) -> None:
        self.layer, self.theirs = layer, layer.forward

    def __call__(self, x: torch.Tensor, *args: Any, **named: Any) -> Any:
        layer = self.layer
        if layer.disable_adapters or layer.merged:
            return self.theirs(x, *args, **named)
        a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
        return _LoraLinear.apply(x, a, b, layer.scaling["default"], layer.get_base_layer())  # type: ignore[no-untyped-call]


def frozen_weight(base: Any, dtype: torch.dtype) -> torch.Tensor:
    """The base layer's weight (outputs, inputs), out of its 4 bits if need be."""
    state = getattr(base.weight, "quant_state", None)
    if state is None:
        weight: torch.Tensor = base.weight
        room: torch.Tensor | None = getattr(base, "widened", None)  # see `lean.narrow`
        return weight.to(dtype) if room is None or room.dtype != dtype else room.copy_(weight)
    # bitsandbytes 0.50's own function does the same but costs more of the CPU's time than the GPU's
    ops, absmax = torch.ops.bitsandbytes, state.absmax
    if state.nested:
        inner = state.state2
        absmax = (
            ops.dequantize_blockwise(absmax, inner.absmax, inner.code, inner.blocksize, torch.float32) + state.offset
        )
    weight = ops.dequantize_4bit(base.weight.data, absmax, state.blocksize, state.quant_type, state.shape, state.dtype)
    return weight.to(dtype)


class _LoraLinear(torch.autograd.Function):
    """x (…, inputs), a (rank, inputs), b (outputs, rank) → (…, outputs); products in x's or autocast's precision."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, a: torch.Tensor, b: torch.Tensor, scale: float, base: Any) -> torch.Tensor:
        kind = x.device.type
        dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
        ctx.scale, ctx.base, ctx.dtypes, ctx.shape = scale, base, (x.dtype, a.dtype), x.shape
        with torch.autocast(kind, enabled=False):
            flat, a, b = x.reshape(-1, x.shape[-1]).to(dtype), a.to(dtype), b.to(dtype)
            low = flat @ a.T
            y = flat @ frozen_weight(base, dtype).T
            y.addmm_(low, b.T, alpha=scale)
        ctx.save_for_backward(flat, low, a, b)
        return y.view(*x.shape[:-1], y.shape[-1])

    @staticmethod
    def backward(ctx: Any, upstream: torch.Tensor) -> Any:
        flat, low, a, b = ctx.saved_tensors
        x_dtype, master = ctx.dtypes
        up = upstream.reshape(-1, upstream.shape[-1]).to(flat.dtype)
        lowered = (up @ b).mul_(ctx.scale)
        grad_a = (lowered.T @ flat).to(master)
        grad_b = (up.T @ low).mul_(ctx.scale).to(master)
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = up @ frozen_weight(ctx.base, flat.dtype)
            grad_x.addmm_(lowered, a)
            grad_x = grad_x.view(ctx.shape).to(x_dtype)
        return grad_x, grad_a, grad_b, None, None
