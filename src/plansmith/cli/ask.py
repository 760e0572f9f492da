"""The command that answers a prompt written by hand.

Enters: a prompt and a model. Leaves: its words on standard output, as they come.
Try: plansmith ask "Name three risks of a booking app." --base smollm2-135m
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from plansmith.cli.engines import RunName, Runs, ServedModel, Url, open_engine, print_at_once


def ask(
    prompt: Annotated[str, Parameter(allow_leading_hyphen=True)],
    *,
    system: Annotated[str, Parameter(help="System prompt.")] = "",
    run: RunName = "",
    base: Annotated[str, Parameter(help="Ask this untuned base instead of a run.")] = "",
    engine: Url = "",
    engine_model: ServedModel = "",
    tokens: Annotated[int, Parameter(help="Most tokens to write [1 to 4096].")] = 400,
    temperature: Annotated[
        float, Parameter(help="0 takes the likeliest token each time; higher is freer [0 to 2].")
    ] = 0.0,
    seed: Annotated[int, Parameter(help="Seed of the sampling.")] = 0,
    runs: Runs = Path("runs"),
    as_json: Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON, for programs.")] = False,
) -> None:
    """Generate text for a prompt written by hand, streaming, with the newest run or an untuned base.

    Example: plansmith ask "Write a development plan for a bakery's web shop." --system "You are a project manager."

    Parameters
    ----------
    prompt
        What to ask; - reads it from standard input.
    """
    from plansmith import prompts
    from plansmith.errors import InputError
    from plansmith.sources.read import read_text
    from plansmith.tuning.bases import spell
    from plansmith.writing.engine import Request

    problems = [f"--tokens {tokens}: must be from 1 to 4096"] if not 1 <= tokens <= 4096 else []
    problems += [f"--temperature {temperature}: must be from 0 to 2"] if not 0 <= temperature <= 2 else []
    text = read_text(Path("-")) if prompt == "-" else prompt
    problems += ["the prompt is empty"] if not text.strip() else []
    if problems:
        raise InputError("This cannot be asked:", problems)
    model, _ = open_engine(run, base, runs, 1, 8192, engine, engine_model)
    try:
        messages = [prompts.system(system or prompts.SYSTEM), prompts.Message("user", text)]
        request = Request(spell(messages, model.chat, True)[0], "", tokens, temperature, 1.1, seed)
        answer = model.complete(request, None if as_json else print_at_once)
    finally:
        model.close()
    if as_json:
        print(
            json.dumps({"text": answer.text, "tokens": answer.tokens, "finished": answer.finished}, ensure_ascii=False)
        )
    else:
        print()
