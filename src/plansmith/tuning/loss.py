"""The loss of token rows, in parts of bounded memory, with logits only where something is to be learned.

Enters: a LoRA model and `Row`s. Leaves: gradients, and losses in nats per supervised token.
Try: plansmith train examples/archive --name first
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from plansmith.tuning.rows import Row, batches

CHUNKS = {"cuda": 1024, "cpu": 128}
"""Supervised tokens whose logits exist at once: with a vocabulary of 32,000, 131 MB on a GPU, 16 on a CPU."""


class Supervised(torch.nn.Module):
    """A causal language model whose forward pass is the sum of losses over the supervised tokens."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, learned: torch.Tensor) -> torch.Tensor:
        """`ids` (rows, width) of token ids; `learned` (rows, width) of bool. Returns a float32 scalar in nats.

        Rows are padded on the right: a causal model never looks ahead, so neither mask nor positions are needed.
        """
        inner = self.model.get_base_model()
        hidden = inner.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
        learned = learned[:, 1:]
        return head_loss(hidden[learned], inner.lm_head.weight, ids[:, 1:][learned])


def head_loss(hidden: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Sum of the cross-entropies of `hidden @ weight.T` (tokens, vocabulary) against `labels`, in nats.

    The head is frozen, so the gradient of `hidden` is made together with the loss, a chunk at a time: the logits
    of all tokens never exist at once, and nothing is computed twice.
    """
    total: torch.Tensor = _HeadLoss.apply(hidden, weight, labels)  # type: ignore[no-untyped-call]
    return total


class _HeadLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        total = hidden.new_zeros((), dtype=torch.float32)
        gradient = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        chunk = CHUNKS.get(hidden.device.type, 1024)
        for start in range(0, len(labels), chunk):
            part, wanted = hidden[start : start + chunk].to(weight.dtype), labels[start : start + chunk, None]
            likely = (part @ weight.T).float()
            # log-softmax and softmax by hand, in place: the logits are the largest tensor there is
            top = likely.amax(-1, keepdim=True)
            total -= likely.gather(1, wanted).sub_(top).sum()
            whole = likely.sub_(top).exp_().sum(-1, keepdim=True)
            total += whole.log().sum()
            if gradient is not None:
                likely.div_(whole).scatter_add_(1, wanted, likely.new_full((1, 1), -1.0).expand_as(wanted))
                gradient[start : start + chunk] = likely.to(weight.dtype) @ weight
            del likely  # before the next are made
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx: Any, upstream: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * upstream.to(gradient.dtype), None, None


def tensors(rows: Sequence[Row], device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and learned masks of rows, (rows, width of the longest), padded on the right."""
    width = max(map(len, rows))
    ids = torch.tensor([row.ids + (0,) * (width - len(row)) for row in rows], device=device)
    learned = torch.tensor([row.learned + (False,) * (width - len(row)) for row in rows], device=device)
    return ids, learned


def parts_of(rows: Sequence[Row], tokens: int) -> list[list[Row]]:
    """Rows in parts of at most `tokens` tokens, padding included; a longer row is a part of its own."""
    parts: list[list[Row]] = []
    for row in rows:
        width = max([len(row), *map(len, parts[-1])]) if parts else 0
        if parts and width * (len(parts[-1]) + 1) <= tokens:
            parts[-1].append(row)
        else:
            parts.append([row])
    return parts


def share(rows: Sequence[Row], tokens: int, rank: int = 0, ranks: int = 1) -> list[tuple[list[Row], bool]]:
    """The parts of one process among `ranks`, each with whether it counts.

    Every process gets as many parts as the others, since all of them must meet at each forward pass; one that has
    less work repeats a short row that does not count.
    """
    all_parts = [parts_of(rows[i::ranks], tokens) for i in range(ranks)]
    own, most = all_parts[rank], max(map(len, all_parts))
    idle = [min(rows, key=len)]
    return [(part, True) for part in own] + [(idle, False)] * (most - len(own))


def add_gradients(
    model: Any, rows: Sequence[Row], tokens: int, accelerator: Any, between: Callable[[], None] = lambda: None
) -> float:
    """Add the gradients of a batch; returns its mean loss per supervised token, over all processes.

    Each part weighs by its supervised tokens, so neither parts nor processes change the result, only the memory.
    `between` is called before each part; what it raises leaves the weights as they were.
    """
    supervised, total = sum(row.supervised for row in rows), 0.0
    own = share(rows, tokens, accelerator.process_index, accelerator.num_processes)
    for number, (part, counts) in enumerate(own):
        between()
        # gradients of the processes are averaged, and only after the last part
        weight = accelerator.num_processes / supervised if counts else 0.0
        last = number == len(own) - 1
        with _synchronised(accelerator, model, last):
            loss = model(*tensors(part, accelerator.device)) * weight
            accelerator.backward(loss)
        total += loss.item()
    return _mean(total, accelerator)


def _synchronised(accelerator: Any, model: Any, last: bool) -> Any:
    from contextlib import nullcontext

    return nullcontext() if last else accelerator.no_sync(model)


def _mean(value: float, accelerator: Any) -> float:
    if accelerator.num_processes == 1:
        return value
    return float(accelerator.reduce(torch.tensor(value, device=accelerator.device), "mean").item())


def mean_loss(
    model: Any, rows: Sequence[Row], tokens: int, accelerator: Any, between: Callable[[], None] = lambda: None
) -> float:
    """Loss in nats per supervised token over all rows, without gradients."""
    total, count = 0.0, 0
    model.eval()
    with torch.no_grad():
        for batch in batches(rows, max(8, accelerator.num_processes), 0):
            for part, counts in share(batch, tokens, accelerator.process_index, accelerator.num_processes):
                between()
                loss = model(*tensors(part, accelerator.device)).item()
                total += loss if counts else 0.0
            count += sum(row.supervised for row in batch)
    model.train()
    whole: float = _mean(total, accelerator) * accelerator.num_processes
    return whole / max(count, 1)
