"""The tuned model as one: the adapter merged into the weights that it was trained against, saved for plain transformers in 16 bits.

Enters: a run's base, recipe and adapter. Leaves: a folder with safetensors, tokenizer, chat template and generation settings.
Try: plansmith publish first -o out --as merged
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from plansmith.tuning.bases import LLAMA2, Base, ChatForm
from plansmith.tuning.gguf import read_changes, their_name
from plansmith.tuning.load import load_model
from plansmith.tuning.recipe import Recipe

# Llama 2's own form as a template, for checkpoints that come without one:
# https://github.com/meta-llama/llama/blob/main/llama/generation.py
LLAMA2_TEMPLATE = (
    "{% if messages[0]['role'] == 'system' %}{% set system = '<<SYS>>\n' + messages[0]['content'] + "
    "'\n<</SYS>>\n\n' %}{% set turns = messages[1:] %}{% else %}{% set system = '' %}{% set turns = messages %}{% endif %}"
    "{% for m in turns %}{% if m['role'] == 'user' %}"
    "{{ bos_token + '[INST] ' + (system if loop.first else '') + m['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + m['content'] + ' ' + eos_token }}{% endif %}{% endfor %}"
)
CHATML_TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA3_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{{ '<|start_header_id|>' + m['role'] + '<|end_header_id|>\n\n' + m['content'] "
    "+ '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
    "{% endif %}"
)
_OWN = {"chatml": CHATML_TEMPLATE, "llama-2": LLAMA2_TEMPLATE, "llama-3": LLAMA3_TEMPLATE}


def give_template(tokenizer: Any, base: Base) -> None:
    """See to it that the tokenizer has a chat template that spells as training did: the base's own, or the form's.

    A template that trims or dates what it is given is no use here: prompts must be spelled to the token as trained.
    """
    if base.gguf:
        import gguf

        template = gguf.GGUFReader(base.source).fields.get("tokenizer.chat_template")
        tokenizer.chat_template = template.contents() if template else None
    if base.chat is LLAMA2 or not tokenizer.chat_template:
        # Meta's own template for Llama 2 strips what a user says
        tokenizer.chat_template = _OWN[base.chat.name]
    tokenizer.name_or_path = ""


def merged_model(base: Base, recipe: Recipe, adapter: Path, trained_against: dict[str, Any] | None) -> Any:
    """The base with the adapter merged in, each matrix in float32, then back in the model's own precision."""
    import torch

    model = load_model(base, replace(recipe, quantization="none", precision=_own_precision(base)))
    changes = read_changes(adapter)
    for name, change in changes.items():
        weight = model.get_parameter(their_name(name))
        before = (trained_against or {}).get(their_name(name))
        if before is None:
            before = weight.detach().float().cpu().numpy()
        weight.data = torch.from_numpy(change.merged(before)).to(weight.dtype).to(weight.device)
    return model


def save(model: Any, tokenizer: Any, chat: ChatForm, folder: Path) -> None:
    """Write model and tokenizer as transformers reads them, in 16 bits: bfloat16 if the base is, float16 otherwise."""
    import torch
    from transformers import GenerationConfig

    end = tokenizer.convert_tokens_to_ids(chat.end)
    half = torch.bfloat16 if model.dtype == torch.bfloat16 else torch.float16
    model.to(half)
    model.config.name_or_path = ""
    model.config.eos_token_id = end
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id, eos_token_id=end, pad_token_id=end, do_sample=False
    )
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    told = folder / "tokenizer_config.json"
    settings = json.loads(told.read_text(encoding="utf-8"))
    settings.pop("name_or_path", None)
    told.write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _own_precision(base: Base) -> Any:
    """The precision that the base's checkpoint is stored in; float32 where it does not say."""
    if base.gguf:
        return "fp32"
    from transformers import AutoConfig

    stored = str(getattr(AutoConfig.from_pretrained(base.source), "dtype", None)).removeprefix("torch.")
    return {"float16": "fp16", "bfloat16": "bf16"}.get(stored, "fp32")
