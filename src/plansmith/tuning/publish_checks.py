"""What must not leave the machine: training texts, keys and tokens, paths of this machine, anything that is no part of an export.

Enters: an exported folder and the texts that were trained on. Leaves: a list of problems, all of them.
Try: plansmith publish first -o out --archive archive --hub ana/first
"""

from __future__ import annotations

import json
import mmap
import os
import re
from collections.abc import Iterable
from pathlib import Path

RUN_WORDS = 8
"""So many words in a row, found in a training text and in a file, are training text."""

# The whole layout of an export; pull takes nothing else from a repository
LAYOUT = re.compile(
    r"README\.md|LICENSE|Notice|NOTICE|Modelfile|plansmith\.json|run\.json|recipe\.yaml|metrics\.jsonl|parity\.json"
    r"|adapter/adapter_(?:config\.json|model\.safetensors)"
    r"|merged/(?:config|generation_config|tokenizer|tokenizer_config|special_tokens_map|model\.safetensors\.index)\.json"
    r"|merged/chat_template\.jinja|merged/model(?:-\d{5}-of-\d{5})?\.safetensors"
    r"|gguf/model-[a-z0-9_]{1,20}\.gguf"
)
_VOCABULARY = "merged/tokenizer.json"  # holds words of all the world, also such as /usr/bin
_SECRETS = {
    "a token of the Hub": r"\bhf_[A-Za-z0-9]{16,}",
    "a token of GitHub": r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}",
    "a token of GitLab": r"\bglpat-[\w-]{16,}",
    "a key of OpenAI or Anthropic": r"\bsk-[\w-]{20,}",
    "a key of AWS or Google": r"\bAKIA[0-9A-Z]{16}\b|\bAIza[\w-]{30,}",
    "a token of Slack": r"\bxox[abprs]-[\w-]{10,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
}
_PATH = re.compile(
    r"(?<![\w.:/<])/(?:home|root|Users|tmp|work|mnt|media|var|opt|data|content|srv|private|usr|etc)/[\w.-]+"
    r"|\b[A-Za-z]:\\+(?:Users|Documents|[\w-]+\\)"
)
_WORD = re.compile(r"\w+")


def problems_in(
    folder: Path, training_texts: Iterable[str], names: Iterable[str] = (), run: Path | None = None
) -> list[str]:
    """Everything in the folder that must not be published. `names`: of clients and projects; `run`: the run's folder."""
    grams = {gram for text in training_texts for gram in _runs(text)}
    private = sorted({name for name in names if len(name) >= 5})
    literal = _places(run)
    if token := os.environ.get("HF_TOKEN", ""):
        literal["the token in HF_TOKEN"] = token.encode()
    problems = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            problems.append(f"{inside}: is a link or no plain file")
        elif path.is_file():
            if not LAYOUT.fullmatch(inside):
                problems.append(f"{inside}: is no part of an export; take it out of the folder")
                continue
            problems += [f"{inside}: holds {what}" for what in _holds(path, literal)]
            text = _text(path)
            problems += [f"{inside}: {problem}" for problem in _in_text(text, grams, private, inside == _VOCABULARY)]
    return problems


def _in_text(text: str, grams: set[tuple[str, ...]], names: list[str], vocabulary: bool) -> list[str]:
    found = [f"holds what looks like {what}" for what, pattern in _SECRETS.items() if re.search(pattern, text)]
    if vocabulary:
        return found
    if path := _PATH.search(text):
        found.append(f"holds the absolute path {path[0]}")
    if said := next((gram for gram in _runs(text) if gram in grams), None):
        found.append(f'holds training text: "{" ".join(said)}"')
    return found + [f"names {name}" for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]


def _runs(text: str) -> Iterable[tuple[str, ...]]:
    words = [word.casefold() for word in _WORD.findall(text)]
    return (tuple(words[i : i + RUN_WORDS]) for i in range(len(words) - RUN_WORDS + 1))


def _places(run: Path | None) -> dict[str, bytes]:
    places = [Path.cwd(), *([run.resolve()] if run else [])]
    found = {f"the path {place}": str(place).encode() for place in places if len(place.parts) > 2}
    home = f"{Path.home()}/"
    return found | ({f"the path {home}": home.encode()} if len(home) > 2 else {})


def _holds(path: Path, literal: dict[str, bytes]) -> list[str]:
    """Which of the byte strings are anywhere in a file, however large."""
    if not path.stat().st_size:
        return []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        return [what for what, data in literal.items() if whole.find(data) >= 0]


def _text(path: Path) -> str:
    """What a person could read in a file: text as it is; of weights what is written beside the numbers."""
    if path.suffix == ".safetensors":
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            return json.dumps(json.loads(file.read(size)).get("__metadata__", {}), ensure_ascii=False)
    if path.suffix == ".gguf":
        import gguf

        fields = gguf.GGUFReader(str(path)).fields.values()
        return "\n".join(
            f"{f.name}: {f.contents()}" for f in fields if not f.name.startswith("tokenizer.ggml.") and f.types
        )
    return path.read_text(encoding="utf-8", errors="replace")
