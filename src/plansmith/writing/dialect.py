"""What a server's way of speaking is: which form of prompt it takes, and how it is told a grammar.

Enters: requests. Leaves: the path and JSON body that a server understands. What a server can do is tried, not
guessed from its name (`server.ServerEngine` asks it for one word that only a grammar could make it say).

- llama.cpp takes `grammar` (GBNF) and `json_schema`: https://github.com/ggml-org/llama.cpp/tree/master/tools/server
- vLLM takes `structured_outputs` since 0.11, `guided_grammar` before: https://docs.vllm.ai/en/latest/features/structured_outputs.html
- Ollama and others take a JSON schema at most (`response_format`); a grammar is told in words and the answer checked.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from plansmith.tuning.bases import CHATML, FORMS, ChatForm, neutralise
from plansmith.writing.engine import Request

PASSWORD = "plansmith-73"
"""A model only says this when a grammar makes it."""
GUIDES = ("grammar", "structured_outputs", "guided_grammar")
"""Fields in which servers take a grammar."""

_TURN = re.compile(r"<\|im_start\|>(\w+)\n(.*?)(?:<\|im_end\|>\n?|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Dialect:
    """How one server is spoken to.

    `form`: the chat form in which prompts go to /completions as they are, exactly as the model was trained; None
    where the server spells its own and takes messages. `guide`: the field for a grammar, empty where it takes none.
    `explain`: tell the form of the answer in words as well, for a model that was not tuned on it.
    """

    model: str
    form: ChatForm | None = None
    guide: str = ""
    explain: bool = True

    @property
    def chat(self) -> ChatForm:
        """The form in which callers spell; ChatML can be read back into messages without loss."""
        return self.form or CHATML

    def body(self, request: Request) -> tuple[str, dict[str, Any]]:
        """(path, JSON body) of a request."""
        body: dict[str, Any] = {
            "model": self.model,
            "stream": True,
            "temperature": request.temperature,
            "seed": request.seed,
            "max_tokens": request.max_tokens,
            **self._constraint(request),
        }
        told = self._told(request)
        if self.guide:
            name = "repeat_penalty" if self.guide == "grammar" else "repetition_penalty"
            body |= {name: request.repeat_penalty, "stream_options": {"include_usage": True}}
        else:
            body["max_tokens"] = request.max_tokens * 2 + 200  # room for talk around the answer
        if self.form:
            prompt = request.prompt.removeprefix(self.form.opening)  # the server begins each prompt with it by itself
            return "/completions", {**body, "prompt": prompt, "stop": [self.form.end]}
        turns = messages(request.prompt)
        begun = turns.pop()["content"] if turns[-1]["role"] == "assistant" else ""
        if told and turns:
            turns[-1] = {**turns[-1], "content": turns[-1]["content"] + told}
        if begun and self.guide:
            turns.append({"role": "assistant", "content": begun})
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        elif begun:
            turns[-1]["content"] += f"\nBegin your answer with these words, then go on:\n{begun}"
        return "/chat/completions", {**body, "messages": turns}

    def begun(self, request: Request) -> str:
        """The words put into the model's mouth, where the server may say them again."""
        turns = [] if self.form else messages(request.prompt)
        return turns[-1]["content"] if turns and turns[-1]["role"] == "assistant" else ""

    def _constraint(self, request: Request) -> dict[str, Any]:
        if request.schema:
            schema = json.loads(request.schema)
            if self.guide == "grammar":
                return {"json_schema": schema}
            if self.guide == "structured_outputs":
                return {"structured_outputs": {"json": schema}}
            if self.guide:
                return {"guided_json": schema}
            return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}}
        return guided(self.guide, request.grammar) if request.grammar else {}

    def _told(self, request: Request) -> str:
        if self.guide and not self.explain:
            return ""
        if request.schema:
            return f"\n\nAnswer with nothing but JSON that this schema admits:\n{request.schema}"
        if request.grammar:
            return f"\n\nAnswer with nothing but text that this grammar (GBNF) admits:\n{request.grammar}"
        return ""


def guided(guide: str, grammar: str) -> dict[str, Any]:
    """The part of a body that binds the answer to a grammar; nothing for a server that takes none."""
    if guide == "structured_outputs":
        return {guide: {"grammar": grammar}}
    return {guide: grammar} if guide else {}


def messages(prompt: str) -> list[dict[str, str]]:
    """The turns of a ChatML prompt, the last being what the assistant has begun to say, if anything.

    No text of a client can look like a turn: `spell` has put a blank into every control token. Here the same is done
    for the tokens of other chat forms, which a server might read.
    """
    turns = [{"role": role, "content": content} for role, content in _TURN.findall(prompt)]
    if not turns:
        turns = [{"role": "user", "content": prompt}]
    if turns[-1]["role"] == "assistant" and not turns[-1]["content"].strip():
        turns.pop()
    for form in FORMS.values():
        turns = [{**turn, "content": neutralise(turn["content"], form)} for turn in turns]
    return turns
