"""What completes a prompt: one small protocol, and the engines that keep it.

Enters: a `Request` (prompt text, grammar, limits). Leaves: a `Completion`. `complete` blocks and may be called
from many threads at once; a llama.cpp engine then works on as many as it has slots.
Try: plansmith ask "Name three risks of a booking app."
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from plansmith.errors import MissingError, PlansmithError, ResourceError
from plansmith.tuning.bases import Base, ChatForm
from plansmith.tuning.machine import usable_cores

OnText = Callable[[str], None]
_SHARING = {"GOMP_SPINCOUNT": "1000"}
"""Threads of llama.cpp that wait for each other soon sleep instead of spinning. Beside another program on the same two
cores that is 80 times as fast (docs/scaling.md); alone it costs nothing that can be measured."""


@dataclass(frozen=True)
class Request:
    """A prompt to complete. `grammar` is GBNF, `schema` JSON Schema as text (one of them at most); `temperature` 0
    takes the likeliest token each time. `bias` is added to the logits of words, as (word, nats); only llama.cpp heeds it."""

    prompt: str
    grammar: str = ""
    max_tokens: int = 256
    temperature: float = 0.0
    repeat_penalty: float = 1.0
    seed: int = 0
    schema: str = ""
    bias: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Completion:
    """What the model wrote. `finished`: it ended by itself, not at the token limit."""

    text: str
    tokens: int
    finished: bool


class EngineError(PlansmithError):
    """The engine failed; what was finished before is kept by the caller."""

    exit_code = 5


class Engine(Protocol):
    """Completes prompts in the chat form of its model. `identity` names model and settings: the same answers follow."""

    chat: ChatForm
    slots: int
    identity: str

    def complete(self, request: Request, on_text: OnText | None = None) -> Completion: ...

    def close(self) -> None: ...


class LlamaEngine:
    """llama.cpp in a child process, through xllamacpp. Starts at once; the first `complete` waits for the model."""

    def __init__(self, model: Path, chat: ChatForm, slots: int = 1, context: int = 4096) -> None:
        if not model.is_file():
            raise MissingError(f"There is no model file {model}.")
        self.chat, self.slots, self.model = chat, slots, model
        self.identity = f"llama.cpp {fingerprint(model)} context {context} slots {slots}"
        self._numbers = itertools.count(1)
        self._waiting: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._failure = ""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the child)
        command = [
            sys.executable,
            "-m",
            "plansmith.writing.llama",
            str(model),
            str(slots),
            str(context),
            str(usable_cores()),
        ]
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            start_new_session=True,
            env={**_SHARING, **os.environ},
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """Complete one prompt; raises EngineError when the child fails or dies."""
        self._ready.wait()
        number, answers = next(self._numbers), queue.SimpleQueue[dict[str, Any]]()
        with self._lock:
            if self._failure:
                raise EngineError(self._failure)
            self._waiting[number] = answers
            self._send({"id": number, "body": _body(request, self.chat), "stream": on_text is not None})
        try:
            while True:
                answer = answers.get()
                if "error" in answer:
                    raise EngineError(f"llama.cpp refused the request: {answer['error']}")
                if answer.get("done"):
                    return Completion(answer["text"], answer["tokens"], answer["finish"] == "stop")
                if on_text:
                    on_text(answer["text"])
        except BaseException:
            with self._lock:
                if self._child.poll() is None:
                    self._send({"cancel": number})
            raise
        finally:
            self._waiting.pop(number, None)

    def close(self) -> None:
        """End the child."""
        self._child.kill()
        self._child.wait()

    def __enter__(self) -> LlamaEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._child.stdin
        try:
            self._child.stdin.write(json.dumps(message) + "\n")
            self._child.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # the listener sees the child's end and tells every waiting caller

    def _listen(self) -> None:
        assert self._child.stdout
        for line in self._child.stdout:
            message = json.loads(line)
            if "ready" in message:
                self._failure = "" if message["ready"] else f"{self.model} could not be loaded: {message['error']}"
                self._ready.set()
            elif waiting := self._waiting.get(message["id"]):
                waiting.put(message)
        code = self._child.wait()
        with self._lock:
            self._failure = self._failure or _obituary(code, self._last_words())
            for waiting in self._waiting.values():
                waiting.put({"error": self._failure})
        self._ready.set()

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else ""


def _body(request: Request, chat: ChatForm) -> dict[str, Any]:
    return {
        "prompt": request.prompt,
        "n_predict": request.max_tokens,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "repeat_penalty": request.repeat_penalty,
        "seed": request.seed,
        "stop": [chat.end],
        "cache_prompt": True,
        **({"grammar": request.grammar} if request.grammar else {}),
        **({"json_schema": json.loads(request.schema)} if request.schema else {}),
        **({"logit_bias": [list(one) for one in request.bias]} if request.bias else {}),
    }


def _obituary(code: int, last_words: str) -> str:
    """What a user can do about a child that is gone; a negative code is the signal that ended it."""
    if code == -signal.SIGKILL:
        why = "was killed, by hand or because memory ran out: close other programs, or use a smaller model"
    elif code < 0:
        why = f"crashed ({signal.Signals(-code).name})"
    else:
        why = f"ended (code {code})"
    return f"The llama.cpp process {why}. {last_words}".strip()


def fingerprint(model: Path) -> str:
    """A hash of a weights file: its size, its first and its last MiB; a whole hash would take longer than a plan."""
    with model.open("rb") as file:
        told = hashlib.sha256(str(model.stat().st_size).encode())
        told.update(file.read(1 << 20))
        file.seek(max(0, model.stat().st_size - (1 << 20)))
        told.update(file.read())
    return told.hexdigest()[:24]


class TransformersEngine:
    """Any Llama-architecture model through transformers, with a run's adapter where one is given."""

    slots = 1
    careful = False
    """Its own words are taken beside the client's: it is large."""

    def __init__(self, base: Base, adapter: Path | None = None) -> None:
        from plansmith.tuning.load import load_model, load_tokenizer
        from plansmith.tuning.machine import this_machine
        from plansmith.tuning.recipe import resolve

        self.chat = base.chat
        self._tokenizer = load_tokenizer(base)
        self._model = load_model(base, resolve(base, machine=this_machine()))
        if adapter:
            from peft import PeftModel

            self._model = PeftModel.from_pretrained(self._model, str(adapter))
        self._model.eval()
        weights = adapter / "adapter_model.safetensors" if adapter else None
        tuned = fingerprint(weights) if weights and weights.is_file() else "untuned"
        self.identity = f"transformers {base.source} {tuned}"
        self._lock, self._closed = threading.Lock(), threading.Event()

    def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        """Complete one prompt, one at a time; raises ResourceError when memory does not suffice."""
        import torch
        from transformers import TextStreamer

        inputs = self._tokenizer(request.prompt, add_special_tokens=False, return_tensors="pt").to(self._model.device)
        end = self._tokenizer.convert_tokens_to_ids(self.chat.end)
        sampling = (
            {"do_sample": True, "temperature": request.temperature}
            if request.temperature
            else {"do_sample": False, "temperature": None, "top_p": None}
        )
        with self._lock:
            if self._closed.is_set():
                raise EngineError("The model was closed before it answered.")
            torch.manual_seed(request.seed)
            try:
                output = self._model.generate(
                    **inputs,
                    **sampling,
                    max_new_tokens=request.max_tokens,
                    repetition_penalty=request.repeat_penalty,
                    eos_token_id=end,
                    pad_token_id=end,
                    logits_processor=self._constraints(request),
                    stopping_criteria=[lambda *_, **__: self._closed.is_set()],
                    streamer=_Streamer(self._tokenizer, on_text, TextStreamer) if on_text else None,
                )
            except torch.OutOfMemoryError as error:
                raise ResourceError(
                    "Out of memory while writing. Close other programs on the GPU, or use a smaller base."
                ) from error
        new = output[0, inputs["input_ids"].shape[1] :]
        return Completion(
            self._tokenizer.decode(new, skip_special_tokens=True).strip(),
            len(new),
            bool(len(new)) and int(new[-1]) == end,
        )

    def close(self) -> None:
        """Stop writing and release the model."""
        self._closed.set()
        with self._lock:
            self._model = None

    def _constraints(self, request: Request) -> list[Any]:
        if not request.grammar and not request.schema:
            return []
        from plansmith.writing.constrain import constrain

        return [constrain(self._tokenizer, [request.grammar], [request.schema])]


def _Streamer(tokenizer: Any, on_text: OnText, streamer: Any) -> Any:  # noqa: N802
    instance = streamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
    instance.on_finalized_text = lambda text, stream_end=False: on_text(text)
    return instance
