"""A Llama layer on the CPU that keeps half as much for the backward pass, and passes over memory less often.

Enters: a peft model whose adapters are plain LoRA, in float32. Leaves: the same model, computing the same. Of each layer only
what a matrix product would have to make again is kept: its input, queries, keys, values, the attention's result, and the
feed-forward's two products. Norms and activations are made again from these, which costs a few per cent of a product.
The frozen weights are
kept in 16 bits. On GPUs Liger's kernels do the like (`plansmith.tuning.load`).
Try: python bench/train.py examples/archive --projects 2
"""

from __future__ import annotations

from typing import Any

import torch

from plansmith.tuning.fused import frozen_weight, is_plain

Tensor = torch.Tensor
_ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
_FEED_FORWARD = ("gate_proj", "up_proj", "down_proj")


def slim(model: Any) -> int:
    """Let every Llama layer of a peft model compute lean, where all its linear layers carry plain LoRA; returns how many do."""
    from transformers.models.llama.modeling_llama import LlamaDecoderLayer

    layers: list[Any] = [layer for layer in model.modules() if isinstance(layer, LlamaDecoderLayer) and _suits(layer)]
    for layer in layers:
        layer.forward = _Forward(layer)
    return len(layers)


def narrow(model: Any) -> int:
    """Keep the frozen weights of fused LoRA layers in 16 bits, widened at each product; returns the bytes saved.

    bfloat16 where that is exact, as for most published weights, else float16: its rounding (2^-12) is a hundredth of
    that of Q8_0. Widening costs some 4 % of a step; the embedding, which is the head too, stays as it is.
    """
    from plansmith.tuning.fused import fused_layers

    saved = 0
    for layer in fused_layers(model):
        base = layer.get_base_layer()
        wide = base.weight.data
        if type(base) is not torch.nn.Linear or wide.dtype != torch.float32:
            continue
        thin = wide.bfloat16()
        if not torch.equal(thin.float(), wide):
            thin = wide.half()
            if not bool(thin.isfinite().all()):
                continue
        base.weight.data = thin
        saved += thin.numel() * 2
    return saved


def _suits(layer: Any) -> bool:
    from peft.tuners.lora import LoraLayer

    if layer.mlp.act_fn.__class__.__name__ not in ("SiLU", "SiLUActivation"):
        return False
    linear = [getattr(layer.self_attn, name) for name in _ATTENTION] + [getattr(layer.mlp, n) for n in _FEED_FORWARD]
    return all(isinstance(one, LoraLayer) and is_plain(one) for one in linear)


class _Forward:
    """The forward pass of one layer; falls back to the layer's own for anything but training on whole rows."""

    def __init__(self, layer: Any) -> None:
        self.layer, self.theirs = layer, layer.forward

    def __call__(self, hidden_states: Tensor, attention_mask: Any = None, **named: Any) -> Tensor:
        layer, attention = self.layer, self.layer.self_attn
        plain = attention_mask is None and named.get("past_key_values") is None and hidden_states.dtype == torch.float32
        one = attention.q_proj
        if not plain or one.disable_adapters or one.merged or torch.is_autocast_enabled(hidden_states.device.type):
            found: Tensor = self.theirs(hidden_states, attention_mask=attention_mask, **named)
            return found
        cos, sin = named["position_embeddings"]
        three = [getattr(attention, name) for name in _ATTENTION[:3]]
        q, k, v = _Ask.apply(  # type: ignore[no-untyped-call]
            hidden_states, cos[0], sin[0], layer.input_layernorm, three, *_adapters(three)
        )
        seen = torch.nn.functional.scaled_dot_product_attention(
            q, k, v, is_causal=True, scale=attention.scaling, enable_gqa=q.shape[1] != k.shape[1]
        )
        told = attention.o_proj(seen.transpose(1, 2).reshape(hidden_states.shape[0], hidden_states.shape[1], -1))
        three = [getattr(layer.mlp, name) for name in _FEED_FORWARD]
        out: Tensor = _Think.apply(  # type: ignore[no-untyped-call]
            hidden_states + told, layer.post_attention_layernorm, three, *_adapters(three)
        )
        return out


def _adapters(layers: list[Any]) -> list[Tensor]:
    return [side["default"].weight for layer in layers for side in (layer.lora_A, layer.lora_B)]


def _product(x: Tensor, layer: Any, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """x (tokens, inputs) through a LoRA layer: (tokens, outputs), and what lies between a and b."""
    low = x @ a.T
    y = x @ frozen_weight(layer.get_base_layer(), x.dtype).T
    return y.addmm_(low, b.T, alpha=layer.scaling["default"]), low


def _unproduct(
    up: Tensor, x: Tensor, low: Tensor, layer: Any, a: Tensor, b: Tensor, into: Tensor | None, wanted: bool = True
) -> tuple[Tensor | None, Tensor, Tensor]:
    """Gradients of x (added to `into`), a and b from that of the layer's outcome `up`."""
    scale = layer.scaling["default"]
    lowered = (up @ b).mul_(scale)
    grad_a, grad_b = lowered.T @ x, (up.T @ low).mul_(scale)
    if not wanted:
        return None, grad_a, grad_b
    weight = frozen_weight(layer.get_base_layer(), x.dtype)
    into = up @ weight if into is None else into.addmm_(up, weight)
    return into.addmm_(lowered, a), grad_a, grad_b


def _scaled(x: Tensor, norm: Any) -> tuple[Tensor, Tensor]:
    """RMS norm of x (tokens, hidden), and the reciprocal roots (tokens, 1)."""
    root = torch.linalg.vector_norm(x, dim=-1, keepdim=True).square_().div_(x.shape[-1])
    root = root.add_(norm.variance_epsilon).rsqrt_()
    return (x * root).mul_(norm.weight), root


def _unscaled(up: Tensor, x: Tensor, root: Tensor, norm: Any) -> Tensor:
    """Gradient of x from that of its norm; `up` is used up."""
    up = up.mul_(norm.weight)
    even = x * root
    share = torch.linalg.vecdot(up, even).unsqueeze_(-1).div_(x.shape[-1])
    return up.addcmul_(even, share, value=-1).mul_(root)


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding of x (rows, width, heads, size), cos and sin (width, 1, size)."""
    half = x.shape[-1] // 2
    y = x * cos
    y[..., :half].addcmul_(x[..., half:], sin[..., :half], value=-1)
    y[..., half:].addcmul_(x[..., :half], sin[..., half:])
    return y


def _unturned(up: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = up.shape[-1] // 2
    x = up * cos
    x[..., half:].addcmul_(up[..., :half], sin[..., :half], value=-1)
    x[..., :half].addcmul_(up[..., half:], sin[..., half:])
    return x


class _Ask(torch.autograd.Function):
    """hidden (rows, width, hidden) → rotated queries and keys, and values: (rows, heads, width, size) each."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, cos: Tensor, sin: Tensor, norm: Any, layers: list[Any], *ab: Tensor) -> Any:
        rows, width, size = *hidden.shape[:2], cos.shape[-1]
        cos, sin = cos[:, None], sin[:, None]
        x = hidden.reshape(-1, hidden.shape[-1])
        even, root = _scaled(x, norm)
        found, lows = [], []
        for i, layer in enumerate(layers):
            y, low = _product(even, layer, ab[2 * i], ab[2 * i + 1])
            y = y.view(rows, width, -1, size)
            found.append((y if i == 2 else _turned(y, cos, sin)).transpose(1, 2))
            lows.append(low)
        ctx.norm, ctx.layers, ctx.shape = norm, layers, hidden.shape
        ctx.save_for_backward(x, root, cos, sin, *lows, *ab)
        return tuple(found)

    @staticmethod
    def backward(ctx: Any, *ups: Tensor) -> Any:
        x, root, cos, sin, *rest = ctx.saved_tensors
        lows, ab, norm = rest[:3], rest[3:], ctx.norm
        even = (x * root).mul_(norm.weight)
        into: Tensor | None = None
        grads: list[Tensor] = []
        for i, (up, layer) in enumerate(zip(ups, ctx.layers, strict=True)):
            up = up.transpose(1, 2)
            up = (up if i == 2 else _unturned(up, cos, sin)).reshape(len(x), -1)
            into, a, b = _unproduct(
                up, even, lows[i], layer, ab[2 * i], ab[2 * i + 1], into, bool(ctx.needs_input_grad[0])
            )
            grads += [a, b]
        whole = None if into is None else _unscaled(into, x, root, norm).view(ctx.shape)
        return whole, None, None, None, None, *grads


class _Think(torch.autograd.Function):
    """hidden → hidden + feed-forward of its norm; kept are hidden and the gate's and the up layer's products."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, norm: Any, layers: list[Any], *ab: Tensor) -> Tensor:
        x = hidden.reshape(-1, hidden.shape[-1])
        even, root = _scaled(x, norm)
        gate, low_gate = _product(even, layers[0], *ab[:2])
        wide, low_wide = _product(even, layers[1], *ab[2:4])
        acted = torch.nn.functional.silu(gate).mul_(wide)
        y, low_down = _product(acted, layers[2], *ab[4:])
        ctx.norm, ctx.layers, ctx.shape = norm, layers, hidden.shape
        ctx.save_for_backward(x, root, gate, wide, low_gate, low_wide, low_down, *ab)
        return y.add_(x).view(hidden.shape)

    @staticmethod
    def backward(ctx: Any, up: Tensor) -> Any:
        x, root, gate, wide, low_gate, low_wide, low_down, *ab = ctx.saved_tensors
        up = up.reshape(x.shape)
        silu = torch.nn.functional.silu(gate)
        acted, *down = _unproduct(up, silu * wide, low_down, ctx.layers[2], ab[4], ab[5], None)
        assert acted is not None
        wide_up = silu.mul_(acted)
        gate_up = torch.ops.aten.silu_backward(acted.mul_(wide), gate)
        even = (x * root).mul_(ctx.norm.weight)
        into, *first = _unproduct(gate_up, even, low_gate, ctx.layers[0], ab[0], ab[1], None)
        into, *second = _unproduct(wide_up, even, low_wide, ctx.layers[1], ab[2], ab[3], into)
        assert into is not None
        whole = _unscaled(into, x, root, ctx.norm).add_(up).view(ctx.shape)
        return whole, None, None, *first, *second, *down
