"""Grammars for transformers: tokens that the grammar does not admit get no probability.

Enters: a tokenizer and a grammar in GBNF or a JSON schema. Leaves: a logits processor for `generate`, through llguidance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plansmith.errors import MissingError


def constrain(tokenizer: Any, grammars: Sequence[str], schemas: Sequence[str] = ()) -> Any:
    """A logits processor for as many sequences as there are grammars; "" leaves a sequence free.

    `schemas`: JSON schemas, one a sequence, for those that have no grammar.

    Raises MissingError when llguidance is not installed.
    """
    try:
        import llguidance
        import llguidance.hf
        import llguidance.torch as masks
        from llguidance.gbnf_to_lark import gbnf_to_lark
    except ImportError as error:
        raise MissingError("Writing steps with transformers needs llguidance: pip install 'plansmith[gpu]'") from error
    vocabulary = llguidance.hf.from_tokenizer(tokenizer)
    forms = [
        llguidance.grammar_from("lark", gbnf_to_lark(grammar))
        if grammar
        else llguidance.grammar_from("json_schema", schema)
        if schema
        else None
        for grammar, schema in zip(grammars, schemas or [""] * len(grammars), strict=True)
    ]
    matchers = [llguidance.LLMatcher(vocabulary, form) if form else None for form in forms]
    if broken := [m.get_error() for m in matchers if m and m.is_error()]:
        raise ValueError(f"the grammar cannot be compiled: {broken[0]}")
    mask = masks.allocate_token_bitmask(len(grammars), vocabulary.vocab_size)
    mask.fill_(-1)  # every bit set: everything is admitted
    prompt = -1

    def process(input_ids: Any, scores: Any) -> Any:
        nonlocal prompt
        began, prompt = prompt >= 0, input_ids.shape[1] if prompt < 0 else prompt
        for row, matcher in enumerate(matchers):
            if matcher:
                if began and not matcher.is_stopped():
                    matcher.consume_token(int(input_ids[row, -1]))
                masks.fill_next_token_bitmask(matcher, mask, row)
        masks.apply_token_bitmask_inplace(scores, mask.to(scores.device))
        return scores

    return process
