"""A Llama layer on the CPU that keeps half as much for the backward pass, and passes over memory less often.

Enters: a peft model whose adapters are plain LoRA, in float32. Leaves: the same model, computing the same. Of each layer only
what a matrix product would have to make again is kept: its input, queries, keys, values, the attention's result, and the
feed-forward's two products. Norms and activations are made again from these, which costs a few per cent of a product.
The frozen weights are
kept in 16 bits. On GPUs Liger's kernels do the like (`plansmith.tuning.load`).
Try: python bench/train.py examples/archive --projects 2
"""

from __future__ import annotations

from collections.abc import Sequence
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
    """Keep the frozen weights of fused LoRA layers in 16 bits, widened at each product; returns by how many bytes they shrink.

    bfloat16 where that is exact, as for most published weights, else float16: its rounding (2^-12) is a hundredth of
    that of Q8_0. Layers are widened into the same memory one after another: fresh memory at each product
    would cost more than the copy. The embedding, which is the head too, stays as it is.
    """
    saved, rooms = 0, dict[tuple[int, int], Tensor]()
    for group in _groups(model):
        bases = [layer.get_base_layer() for layer in group]
        saved += sum(_thinned(base) for base in bases)
        if all(base.weight.dtype in (torch.bfloat16, torch.float16) for base in bases):
            heights = [base.weight.shape[0] for base in bases]
            shape = (sum(heights), bases[0].weight.shape[1])
            if shape not in rooms:
                rooms[shape] = torch.empty(shape)
            bases[0].joined = rooms[shape]
            for base, part in zip(bases, rooms[shape].split_with_sizes(heights), strict=True):
                base.widened = part
    return saved


def _groups(model: Any) -> list[list[Any]]:
    """The fused LoRA layers of a model, those that lean layers compute side by side together."""
    from plansmith.tuning.fused import fused_layers

    lean = [m for m in model.modules() if isinstance(getattr(m, "forward", None), _Forward)]
    groups = [[getattr(m.self_attn, n) for n in _ATTENTION[:3]] for m in lean]
    groups += [[getattr(m.mlp, n) for n in _FEED_FORWARD[:2]] for m in lean]
    together = {id(layer) for group in groups for layer in group}
    return [*groups, *([layer] for layer in fused_layers(model) if id(layer) not in together)]


def _thinned(base: Any) -> int:
    """Halve a layer's frozen weight if that loses nothing; returns the bytes saved."""
    wide = base.weight.data
    if type(base) is not torch.nn.Linear or wide.dtype != torch.float32:
        return 0
    thin = wide.bfloat16()
    if not torch.equal(thin.float(), wide):
        thin = wide.half()
        if not bool(thin.isfinite().all()):
            return 0
    base.weight.data = thin
    return int(thin.numel()) * 2


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
    """Every a, then every b."""
    return [getattr(layer, side)["default"].weight for side in ("lora_A", "lora_B") for layer in layers]


def _joined(layers: list[Any], dtype: torch.dtype) -> Tensor:
    """The frozen weights of layers that have one input, one below the other; good until the next call."""
    bases = [layer.get_base_layer() for layer in layers]
    weights = [frozen_weight(base, dtype) for base in bases]
    if len(weights) == 1:
        return weights[0]
    joined: Tensor | None = getattr(bases[0], "joined", None)  # what `narrow` lets them be widened into
    return torch.cat(weights) if joined is None else joined


def _product(x: Tensor, layers: list[Any], ab: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """x (tokens, inputs) through LoRA layers side by side: (tokens, all outputs), and what lies between all a and b."""
    n = len(layers)
    low = x @ _stacked(ab[:n]).T
    y = x @ _joined(layers, x.dtype).T
    for part, own, b, layer in zip(_shares(y, ab[n:]), _shares(low, ab[:n]), ab[n:], layers, strict=True):
        part.addmm_(own, b.T, alpha=layer.scaling["default"])
    return y, low


def _unproduct(
    up: Tensor, x: Tensor, low: Tensor, layers: list[Any], ab: Sequence[Tensor], wanted: bool = True
) -> tuple[Tensor | None, list[Tensor]]:
    """Gradients of x, and of every a and b, from that of the layers' outcome `up` (tokens, all outputs)."""
    n = len(layers)
    lowered, grad_b = torch.empty_like(low), []
    parts = zip(_shares(up, ab[n:]), _shares(lowered, ab[:n]), _shares(low, ab[:n]), ab[n:], layers, strict=True)
    for part, into, own, b, layer in parts:
        torch.mm(part, b, out=into)
        into.mul_(layer.scaling["default"])
        grad_b.append((part.T @ own).mul_(layer.scaling["default"]))
    grads = [*(lowered.T @ x).split_with_sizes([a.shape[0] for a in ab[:n]]), *grad_b]
    if not wanted:
        return None, grads
    return (up @ _joined(layers, x.dtype)).addmm_(lowered, _stacked(ab[:n])), grads


def _shares(x: Tensor, matrices: Sequence[Tensor]) -> Sequence[Tensor]:
    """The columns of `x` that belong to each matrix: as many as it has rows."""
    return x.split_with_sizes([matrix.shape[0] for matrix in matrices], 1)


def _stacked(a: Sequence[Tensor]) -> Tensor:
    return a[0] if len(a) == 1 else torch.cat(tuple(a))


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


def _unturn(up: Tensor, cos: Tensor, sin: Tensor, x: Tensor) -> None:
    """Gradient of x from that of its rotation `up`, written into `x`."""
    half = up.shape[-1] // 2
    torch.mul(up, cos, out=x)
    x[..., :half].addcmul_(up[..., half:], sin[..., half:])
    x[..., half:].addcmul_(up[..., :half], sin[..., :half], value=-1)


class _Ask(torch.autograd.Function):
    """hidden (rows, width, hidden) → rotated queries and keys, and values: (rows, heads, width, size) each."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, cos: Tensor, sin: Tensor, norm: Any, layers: list[Any], *ab: Tensor) -> Any:
        rows, width, size = *hidden.shape[:2], cos.shape[-1]
        cos, sin = cos[:, None], sin[:, None]
        x = hidden.reshape(-1, hidden.shape[-1])
        even, root = _scaled(x, norm)
        y, low = _product(even, layers, ab)
        q, k, v = (part.view(rows, width, -1, size) for part in _shares(y, ab[3:]))
        ctx.norm, ctx.layers, ctx.shape = norm, layers, hidden.shape
        ctx.save_for_backward(x, root, cos, sin, low, *ab)
        return tuple(part.transpose(1, 2) for part in (_turned(q, cos, sin), _turned(k, cos, sin), v.contiguous()))

    @staticmethod
    def backward(ctx: Any, *ups: Tensor) -> Any:
        x, root, cos, sin, low, *ab = ctx.saved_tensors
        norm, (rows, width) = ctx.norm, ctx.shape[:2]
        even = (x * root).mul_(norm.weight)
        up = x.new_empty(len(x), sum(b.shape[0] for b in ab[3:]))
        for i, (own, part) in enumerate(zip(ups, _shares(up, ab[3:]), strict=True)):
            own = own.transpose(1, 2)
            part = part.view(rows, width, *own.shape[2:])
            part.copy_(own) if i == 2 else _unturn(own, cos, sin, part)
        into, grads = _unproduct(up, even, low, ctx.layers, ab, bool(ctx.needs_input_grad[0]))
        whole = None if into is None else _unscaled(into, x, root, norm).view(ctx.shape)
        return whole, None, None, None, None, *grads


class _Think(torch.autograd.Function):
    """hidden → hidden + feed-forward of its norm; kept are hidden and the gate's and the up layer's products."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, norm: Any, layers: list[Any], *ab: Tensor) -> Tensor:
        x = hidden.reshape(-1, hidden.shape[-1])
        even, root = _scaled(x, norm)
        both, low = _product(even, layers[:2], [*ab[:2], *ab[3:5]])
        gate, wide = both.chunk(2, 1)
        y, low_down = _product(torch.nn.functional.silu(gate).mul_(wide), layers[2:], [ab[2], ab[5]])
        ctx.norm, ctx.layers, ctx.shape = norm, layers, hidden.shape
        ctx.save_for_backward(x, root, both, low, low_down, *ab)
        return y.add_(x).view(hidden.shape)

    @staticmethod
    def backward(ctx: Any, up: Tensor) -> Any:
        x, root, both, low, low_down, *ab = ctx.saved_tensors
        up = up.reshape(x.shape)
        gate, wide = both.chunk(2, 1)
        silu = torch.nn.functional.silu(gate)
        acted, (a_down, b_down) = _unproduct(up, silu * wide, low_down, ctx.layers[2:], [ab[2], ab[5]])
        assert acted is not None
        ups = torch.empty_like(both)
        gate_up, wide_up = ups.chunk(2, 1)
        torch.mul(silu, acted, out=wide_up)
        torch.ops.aten.silu_backward(acted.mul_(wide), gate, grad_input=gate_up)
        even = (x * root).mul_(ctx.norm.weight)
        into, (a_gate, a_wide, b_gate, b_wide) = _unproduct(ups, even, low, ctx.layers[:2], [*ab[:2], *ab[3:5]])
        assert into is not None
        whole = _unscaled(into, x, root, ctx.norm).add_(up).view(ctx.shape)
        return whole, None, None, a_gate, a_wide, a_down, b_gate, b_wide, b_down
