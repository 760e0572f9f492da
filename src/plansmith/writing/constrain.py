"""Grammars for transformers: tokens that the grammar does not admit get no probability.

Enters: a tokenizer and a grammar in GBNF. Leaves: a logits processor for `generate`, through llguidance.
"""

from __future__ import annotations

from typing import Any

from plansmith.errors import MissingError


def constrain(tokenizer: Any, grammar: str) -> Any:
    """A logits processor for one sequence; raises MissingError when llguidance is not installed."""
    try:
        import llguidance
        import llguidance.hf
        import llguidance.torch as masks
        from llguidance.gbnf_to_lark import gbnf_to_lark
    except ImportError as error:
        raise MissingError("Writing steps with transformers needs llguidance: pip install 'plansmith[gpu]'") from error
    vocabulary = llguidance.hf.from_tokenizer(tokenizer)
    matcher = llguidance.LLMatcher(vocabulary, llguidance.grammar_from("lark", gbnf_to_lark(grammar)))
    if matcher.is_error():
        raise ValueError(f"the grammar cannot be compiled: {matcher.get_error()}")
    mask = masks.allocate_token_bitmask(1, vocabulary.vocab_size)
    prompt = -1

    def process(input_ids: Any, scores: Any) -> Any:
        nonlocal prompt
        if prompt < 0:
            prompt = input_ids.shape[1]
        elif not matcher.is_stopped():
            matcher.consume_token(int(input_ids[0, -1]))
        masks.fill_next_token_bitmask(matcher, mask, 0)
        masks.apply_token_bitmask_inplace(scores, mask.to(scores.device))
        return scores

    return process
