"""The gate before an export is called done: what is handed out says what was trained, to the token and within a bound.

Enters: the tuned model as it was trained, the exported folder, held-out conversations. Leaves: a `Parity`, or InputError with every
difference found. Token ids of prompts are compared in three spellings (training, transformers' template, the GGUF's template through
llama.cpp); losses are those of the same held-out tokens, computed by transformers and by llama.cpp.
Try: plansmith publish first -o out --archive examples/archive
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plansmith import prompts
from plansmith.errors import PlansmithError
from plansmith.prompts import Message
from plansmith.sources.archive import Document
from plansmith.tuning.bases import ChatForm, neutralise, spell
from plansmith.tuning.publish_probe import SLOTS
from plansmith.tuning.rows import Row, encode

LIMITS = {"merged": 0.01, "f16": 0.01, "q8_0": 0.01}
"""Largest relative difference of held-out loss to the adapter's; other quantisations are measured and told."""
TOKENS = 256
"""Supervised tokens on which losses are compared."""

_OWN = (
    ("Members must be able to renew their library card online before it runs out.", "must functional: A member can renew the library card online before it runs out."),
    ("„Știri” și prețuri: cel mult 3.5 € pe lună.", "must constraint: at most 3.5 € a month"),
    ("Our office is  on the second floor;\nthe lift is slow 🙂.", "not a requirement"),
)  # fmt: skip


@dataclass(frozen=True)
class Probe:
    """A tokenised conversation, and the positions whose tokens' losses are compared."""

    ids: tuple[int, ...]
    positions: tuple[int, ...]


@dataclass(frozen=True)
class Measured:
    """One form's loss in nats a token, and its relative difference to the adapter's with a 95 % interval."""

    form: str
    loss: float
    difference: float
    low: float
    high: float
    limit: float | None

    @property
    def passed(self) -> bool:
        return self.limit is None or abs(self.difference) <= self.limit


@dataclass(frozen=True)
class Parity:
    """What the gate measured: prompts spelled identically, tokens compared, their source, losses, whether a GGUF answered."""

    prompts: int
    spelled_by: tuple[str, ...]
    tokens: int
    documents: int
    held_out: bool
    adapter_loss: float
    measured: tuple[Measured, ...]
    answered: dict[str, dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "measured": [{**asdict(m), "passed": m.passed} for m in self.measured]}


def conversations(documents: Sequence[Document]) -> list[tuple[str, list[Message]]]:
    """What the gate compares on: the held-out projects' conversations, or three sentences of our own."""
    found = [(d.name, c) for d in documents for c in prompts.conversations(d.brief, d.plan or d.plan_text)]
    if found:
        # one of each project in turn, so that a few rows stand for all
        by_name: dict[str, list[list[Message]]] = {}
        for name, conversation in found:
            by_name.setdefault(name, []).append(conversation)
        most = max(map(len, by_name.values()))
        return [(name, rows[n]) for n in range(most) for name, rows in by_name.items() if n < len(rows)]
    return [("", [*_own_step(said), Message("assistant", answer, learn=True)]) for said, answer in _OWN]


def _own_step(said: str) -> list[Message]:
    return [prompts.system(), Message("user", f'The client says: "{said}"\n{prompts.ASK_SENTENCE}')]


def probes(rows: Sequence[Row], tokens: int = 0, longest: int = 2048) -> list[Probe]:
    """The first `tokens` (by default TOKENS) supervised tokens of the rows, a row's from its beginning on."""
    found, left = [], tokens or TOKENS
    for row in rows:
        positions = [i for i, on in enumerate(row.learned) if on and 0 < i < longest][:left]
        if positions:
            found.append(Probe(row.ids[: positions[-1] + 1], tuple(positions)))
        left -= len(positions)
        if left <= 0:
            break
    return found


def token_losses(model: Any, found: Sequence[Probe]) -> list[float]:
    """Nats of every wanted token, by a transformers model."""
    import torch

    losses: list[float] = []
    model.eval()
    with torch.no_grad():
        for probe in found:
            ids = torch.tensor([probe.ids], device=next(model.parameters()).device)
            before = torch.tensor([p - 1 for p in probe.positions], device=ids.device)
            likely = model(input_ids=ids, use_cache=False, logits_to_keep=before).logits[0].float().log_softmax(-1)
            losses += [-float(row[probe.ids[p]]) for row, p in zip(likely, probe.positions, strict=True)]
    return losses


def chats_of(talks: Sequence[tuple[str, list[Message]]], chat: ChatForm, most: int = 12) -> list[list[dict[str, str]]]:
    """Prompts to be spelled in three ways: conversations up to a turn that the model would write."""
    own = [_own_step(said) for said, _ in _OWN]
    longer = [[*own[0], Message("assistant", _OWN[0][1]), Message("user", "Plan only this: it can.")]]
    held = [talk[: max(i for i, m in enumerate(talk) if m.role == "assistant")] for _, talk in talks[:most]]
    return [[{"role": m.role, "content": neutralise(m.content, chat)} for m in talk] for talk in (*own, *longer, *held)]


def through_llama(model: Path, chats: list[list[dict[str, str]]], found: Sequence[Probe]) -> dict[str, Any]:
    """What llama.cpp makes of a GGUF: ids of the chats, losses of the probes, an answer; in a process of its own."""
    # the longest rows may be in work at once; a chat and its answer take their place afterwards
    context = max(2048, sum(sorted(len(p.ids) for p in found)[-SLOTS:]) + 512)
    asked = {
        "chats": chats,
        "rows": [{"ids": p.ids, "positions": p.positions} for p in found],
        "ask": chats[0],
    }
    command = [sys.executable, "-m", "plansmith.tuning.publish_probe", str(model), str(context), str(_threads())]
    done = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, encoding="utf-8", check=False
    )
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        last = (done.stderr.strip().splitlines() or [""])[-1][:300]
        told = {"error": f"its process ended with code {done.returncode}. {last}"}
    if "error" in told:
        raise PlansmithError(f"llama.cpp cannot use {model.name}: {told['error']}")
    return told


def _threads() -> int:
    """All cores, or one where others are at work: llama.cpp's threads wait for each other busily."""
    from plansmith.tuning.machine import usable_cores

    cores = usable_cores()
    return 1 if hasattr(os, "getloadavg") and os.getloadavg()[0] > cores else cores


def gate(
    chat: ChatForm,
    tokenizer: Any,
    talks: Sequence[tuple[str, list[Message]]],
    losses: dict[str, list[float]],
    through: dict[str, dict[str, Any]],
) -> Parity:
    """Compare what was measured; raises PlansmithError naming everything that differs.

    `losses`: nats of the same tokens by form, "adapter" among them; `through`: what llama.cpp told of each GGUF.
    """
    chats, problems = chats_of(talks, chat), []
    trained = [_trained_ids(messages, chat, tokenizer) for messages in chats]
    spelled = {"transformers": [_template_ids(tokenizer, messages) for messages in chats]}
    spelled |= {f"llama.cpp ({kind})": told["chats"] for kind, told in through.items()}
    for who, ids in spelled.items():
        wrong = [n for n, (one, other) in enumerate(zip(trained, ids, strict=True)) if one != list(other)]
        if wrong:
            one, other = trained[wrong[0]], list(ids[wrong[0]])
            at = next(
                (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
            )
            problems.append(
                f"{who} spells {len(wrong)} of {len(chats)} prompts otherwise than training did; the first at token {at}: "
                f"{tokenizer.convert_ids_to_tokens(one[at : at + 4])} in training, "
                f"{tokenizer.convert_ids_to_tokens(other[at : at + 4])} there"
            )
    losses = losses | {kind: told["losses"] for kind, told in through.items()}
    measured = tuple(_measured(form, losses["adapter"], values) for form, values in losses.items() if form != "adapter")
    problems += [
        f"{m.form}: held-out loss {m.loss:.4f} differs by {m.difference:+.2%} from the adapter's; at most {m.limit:.0%} may be"
        for m in measured
        if not m.passed and m.limit is not None
    ]
    answered = {
        kind: {"words": len(told["answer"].split()), "finished": told["finished"]} for kind, told in through.items()
    }
    problems += [
        f"{kind}: llama.cpp's answer to a plan step is empty" for kind, told in answered.items() if not told["words"]
    ]
    if problems:
        raise PlansmithError("The export is not what was trained, so it was not kept:", problems)
    return Parity(
        len(chats),
        ("training", *spelled),
        len(losses["adapter"]),
        len({name for name, _ in talks if name}),
        any(name for name, _ in talks),
        _mean(losses["adapter"]),
        measured,
        answered,
    )


def encoded(talks: Sequence[tuple[str, list[Message]]], tokenizer: Any, chat: ChatForm) -> list[Row]:
    """The conversations as training has them."""
    return [encode(messages, tokenizer, chat, name) for name, messages in talks]


def _trained_ids(messages: list[dict[str, str]], chat: ChatForm, tokenizer: Any) -> list[int]:
    text, _ = spell([Message(m["role"], m["content"]) for m in messages], chat, answer_next=True)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _template_ids(tokenizer: Any, messages: list[dict[str, str]]) -> list[int]:
    return list(tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=False))


def _measured(form: str, ours: Sequence[float], theirs: Sequence[float]) -> Measured:
    """The paired relative difference, with a percentile bootstrap over tokens (2,000 draws, seed 0)."""
    import numpy

    one, other = numpy.asarray(ours, dtype="float64"), numpy.asarray(theirs, dtype="float64")
    if len(one) != len(other) or not numpy.isfinite(other).all():
        raise PlansmithError(f"The export's loss as {form} is no number; it was not kept.")
    drawn = numpy.random.default_rng(0).integers(0, len(one), (2000, len(one)))
    base = one[drawn].mean(1)
    low, high = numpy.quantile((other[drawn].mean(1) - base) / base, (0.025, 0.975))
    difference = (other.mean() - one.mean()) / one.mean()
    return Measured(
        form, _mean(theirs), round(float(difference), 6), round(float(low), 6), round(float(high), 6), LIMITS.get(form)
    )


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 5)
