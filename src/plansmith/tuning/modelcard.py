"""The model card: what was tuned on what and how, what was measured, what it is no good for, how to use it.

Enters: a run, what the gate measured, the licence. Leaves: Markdown with the Hub's front matter. Data are counted, never quoted.
Try: plansmith publish first -o out && cat out/README.md
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from plansmith.prompts import ASK_SENTENCE, SYSTEM
from plansmith.tuning.bases import Base
from plansmith.tuning.licences import NOTICE, Licence
from plansmith.tuning.runs import Run

OURS = "<!-- written by plansmith publish; a card without this line is left alone -->"
_HUB_IDS = {"smollm2-135m": "HuggingFaceTB/SmolLM2-135M-Instruct"}
_LANGUAGES = {"en": "English", "ro": "Romanian"}
_WHAT = {
    "adapter/adapter_model.safetensors": "the LoRA adapter",
    "adapter/adapter_config.json": "its settings, for peft",
    "Modelfile": "for Ollama",
    "run.json": "the run: recipe, losses, versions; projects by number",
    "recipe.yaml": "settings, to be used again",
    "metrics.jsonl": "loss of each step",
    "parity.json": "what the gate measured",
    "LICENSE": "the licence",
    "NOTICE": "what was changed",
    "Notice": "the notice that Meta asks for",
}


def hub_id(base: Base) -> str:
    """The base's id on the Hub; empty for a folder of the user's own."""
    if base.name in _HUB_IDS:
        return _HUB_IDS[base.name]
    if base.gated_source:
        return base.gated_source
    return base.source if not Path(base.source).exists() and base.source.count("/") == 1 else ""


def card(
    run: Run, base: Base, name: str, forms: list[str], kinds: list[str], parity: dict[str, Any],
    licence: Licence | None, sizes: dict[str, int],
) -> str:  # fmt: skip
    """The card of an export that is the repository `name` (user/name), or of a folder where `name` is empty."""
    import yaml
    from jinja2 import Environment, StrictUndefined

    base_id, short = hub_id(base), name.rpartition("/")[2] or run.name
    front: dict[str, Any] = {
        "license": licence.tag if licence else "other",
        **({} if licence else {"license_name": "unknown"}),
        "language": list(base.languages),
        "pipeline_tag": "text-generation",
        "library_name": "transformers" if "merged" in forms else "peft",
        "tags": ["plansmith", "requirements", "planning", "lora", *(["gguf"] if kinds else [])],
    }
    if base_id:
        front |= {
            "base_model": base_id,
            "base_model_relation": "adapter" if "adapter" in forms and "merged" not in forms else "finetune",
        }
    story = run.story
    versions = story["versions"]
    template = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True).from_string(
        (resources.files("plansmith.tuning") / "templates" / "modelcard.md").read_text(encoding="utf-8")
    )
    return template.render(
        front=yaml.safe_dump(front, sort_keys=False),
        ours=OURS,
        title=short,
        name=name,
        short=short,
        served=short.lower(),
        base_name=base_id or ("A Llama-architecture model" if "/" in base.name else base.name),
        base_id=base_id,
        data=story["data"],
        train=len(story["data"]["train"]),
        test=len(story["data"]["test"]),
        recipe=story["recipe"],
        result=story["result"],
        best_loss=run.best_loss,
        versions=", ".join(f"{key} {value}" for key, value in versions.items() if key not in ("machine", "python")),
        parity=parity,
        languages=[_LANGUAGES.get(each, each) for each in base.languages],
        base_licence="" if base.licence == "unknown" else base.licence,
        four_bit=base.gguf,
        forms=forms,
        kinds=kinds,
        files=[
            {"path": path, "size": _size(size), "what": _what(path)}
            for path, size in sorted(sizes.items())
        ],
        licence=licence,
        system=SYSTEM,
        ask=ASK_SENTENCE,
        notice=NOTICE.strip(),
    )  # fmt: skip


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"


def _what(path: str) -> str:
    if path.startswith("gguf/"):
        return f"merged, as GGUF ({path.removesuffix('.gguf').rpartition('-')[2].upper()})"
    if path.startswith("merged/"):
        return "merged, for transformers"
    return _WHAT.get(path, "")
