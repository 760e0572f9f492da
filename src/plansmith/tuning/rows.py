"""Pairs of brief and plan as token rows with labels: what the model sees, and what it is to learn of it.

Enters: conversations (from `prompts`) and a tokenizer. Leaves: `Row`s of token ids with a mask of learned ones.
Try: plansmith check examples/archive
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from plansmith.errors import InputError
from plansmith.prompts import Message
from plansmith.tuning.bases import ChatForm, spell


@dataclass(frozen=True)
class Row:
    """One training conversation. `learned[i]` tells whether token i is predicted with loss."""

    ids: tuple[int, ...]
    learned: tuple[bool, ...]
    document: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def supervised(self) -> int:
        """How many tokens carry loss; the first token of a row never does, as nothing predicts it."""
        return sum(self.learned[1:])


def encode(messages: Sequence[Message], tokenizer: Any, chat: ChatForm, document: str = "") -> Row:
    """Tokenise a conversation in one pass and mark the tokens that lie in learned spans.

    One pass, because a tokenizer may join characters across a border that separate passes would keep apart;
    a token is learned if it begins inside a span. Raises InputError if the end token is not among them.
    """
    text, spans = spell(messages, chat)
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids, learned = tuple(encoded["input_ids"]), []
    for start, end in encoded["offset_mapping"]:
        learned.append(any(a <= start < b and end > start for a, b in spans))
    end_id = tokenizer.convert_tokens_to_ids(chat.end)
    if spans and not any(on and token == end_id for token, on in zip(ids, learned, strict=True)):
        raise InputError(
            f"The end token {chat.end!r} would not be learned: the tokenizer does not know it as one token."
        )
    return Row(ids, tuple(learned), document)


def encode_all(
    conversations: Iterable[tuple[str, Sequence[Message]]], tokenizer: Any, chat: ChatForm, limit: int
) -> list[Row]:
    """Rows of all (document, conversation) pairs; raises InputError naming every row over `limit` tokens."""
    rows = [encode(messages, tokenizer, chat, document) for document, messages in conversations]
    if long := [f"{row.document}: a row of {len(row)} tokens" for row in rows if len(row) > limit]:
        raise InputError(f"Rows longer than the context of {limit} tokens would be cut; nothing is cut unsaid.", long)
    return rows


def batches(rows: Sequence[Row], size: int, seed: int) -> Iterator[list[Row]]:
    """Rows in batches of like length, in an order that depends only on the seed; the longest batch comes first.

    Like lengths waste little padding; the longest first shows a lack of memory in the first minute.
    """
    import random

    order = random.Random(seed)
    sorted_rows = sorted(rows, key=lambda row: (-(len(row) // 16), order.random()))
    groups = [sorted_rows[i : i + size] for i in range(0, len(sorted_rows), size)]
    rest = groups[1:]
    order.shuffle(rest)
    yield from [*groups[:1], *rest]
