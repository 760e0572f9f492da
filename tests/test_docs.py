"""The documentation says what is so: commands exist, messages are real, links lead somewhere, both READMEs tell the same."""

import ast
import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import reference  # noqa: E402

PAGES = sorted([ROOT / "README.md", ROOT / "README.ro.md", *(ROOT / "docs").glob("*.md")])
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(plansmith [a-z][^`\n]*)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def commands_in(path: Path) -> list[str]:
    """Every plansmith command of a page, in blocks and in running text, comments and placeholders apart."""
    text = path.read_text(encoding="utf-8")
    lines = [
        line.strip()
        for kind, block in _FENCE.findall(text)
        if kind in ("sh", "console", "")
        for line in block.splitlines()
    ]
    found = [part.strip() for line in lines for part in re.split(r"&&|\|", line.removeprefix("$ "))]
    found += [" ".join(each.split()) for each in _INLINE.findall(text)]
    return [
        shlex.join(shlex.split(each, comments=True))
        for each in found
        if each.startswith("plansmith ") and "pip install" not in each
    ]


@pytest.fixture(scope="module")
def options() -> dict[str, set[str]]:
    """Options of each command, and of its subcommands, by the words that lead to it."""
    from cyclopts import App

    from plansmith.cli.app import COMMANDS

    known: dict[str, set[str]] = {}

    def look(name: str, thing: Any) -> None:
        app = thing if isinstance(thing, App) else App(thing)
        known[name] = {"--help"}
        for part in app.assemble_argument_collection() if app.default_command else ():
            known[name] |= {option for option in part.names if option.startswith("-")}
        for sub in app if isinstance(thing, App) else ():
            if not sub.startswith("-"):
                look(f"{name} {sub}", app[sub])

    app = App(name="plansmith", result_action="return_value")
    for name, place, _ in COMMANDS:
        module, _, thing = place.partition(":")
        found = getattr(import_module(module), thing)
        if isinstance(found, App):
            look(name, found)
        else:
            app.command(found, name=name)
            look(name, app[name])
    return known


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_and_option_that_a_page_names_exists(path: Path, options: dict[str, set[str]]) -> None:
    wrong = []
    for command in commands_in(path):
        words = shlex.split(command)[1:]
        if words[0].startswith("-"):
            continue
        name = " ".join(words[:2]) if " ".join(words[:2]) in options else words[0]
        if name not in options:
            wrong.append(f"{command}: no such command")
            continue
        given = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
        wrong += [f"{command}: {name} has no {option}" for option in given if option not in options[name]]
    assert not wrong


def test_the_pages_name_commands_at_all() -> None:
    assert len(commands_in(ROOT / "README.md")) >= 12
    assert sum(len(commands_in(path)) for path in PAGES) > 100


def test_every_link_leads_to_a_page_and_a_heading() -> None:
    wrong = []
    for path in PAGES:
        for target in _LINK.findall(_FENCE.sub("", path.read_text(encoding="utf-8"))):
            file, _, heading = target.partition("#")
            if "://" in target:
                continue
            to = (path.parent / file).resolve() if file else path
            if not to.exists():
                wrong.append(f"{path.name}: {target}")
            elif heading and heading not in slugs(to):
                wrong.append(f"{path.name}: {target} names no heading")
    assert not wrong


def slugs(path: Path) -> set[str]:
    """Headings as GitHub and MyST turn them into anchors."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_messages_that_troubleshooting_quotes_are_messages_of_the_code() -> None:
    said = " ".join(_texts(ROOT / "src" / "plansmith"))
    quoted = re.findall(r"^> (.+)$", (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(quoted) > 12
    missing = [part for line in quoted for part in line.split("…") if part.strip(" .") and part.strip() not in said]
    assert not missing


def _texts(package: Path) -> list[str]:
    """All texts of the code, those with values in them as one, with … for each value."""
    found = []
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.append("".join(str(v.value) if isinstance(v, ast.Constant) else "…" for v in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return [" ".join(text.split()) for text in found]


def test_pages_made_from_the_code_hold_all_of_it(options: dict[str, set[str]]) -> None:
    from plansmith.cli.app import COMMANDS
    from plansmith.tuning.bases import BASES
    from plansmith.tuning.recipe import RANGES

    told = reference.filled((ROOT / "docs" / "commands.md").read_text(encoding="utf-8"))
    for name, _, _ in COMMANDS:
        assert f"## plansmith {name}\n" in told
    assert all(
        f"`{o}" in told or f", {o}" in told
        for name in ("train", "plan", "publish")
        for o in options[name]
        if o != "--help"
    )
    assert all(f"| `{name.replace('_', '-')}` |" in reference.settings() for name in RANGES)
    assert all(f"| `{base.name}` |" in reference.bases() for base in BASES)
    assert "| `recipe` | How a model is tuned" in reference.rooms()
    marks = {
        mark
        for path in (ROOT / "docs").glob("*.md")
        for mark in reference.MARK.findall(path.read_text(encoding="utf-8"))
    }
    assert marks == set(reference.PAGES)


@pytest.mark.slow
def test_the_readme_s_quick_commands_run_as_they_stand(tmp_path: Path) -> None:
    plan = (ROOT / "examples" / "archive" / "01-bakery-preorders" / "plan.md").read_text(encoding="utf-8")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "plan.md").write_text(plan, encoding="utf-8")
    (tmp_path / "plan-2.md").write_text(plan.replace("must", "should"), encoding="utf-8")
    wanted = [
        c for c in commands_in(ROOT / "README.md") if shlex.split(c)[1] in ("show", "lint", "render", "diff", "export")
    ]
    assert len(wanted) >= 5
    for command in wanted:
        done = subprocess.run([sys.executable, "-m", *shlex.split(command)], cwd=tmp_path, capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode in ((0, 1) if " lint " in f" {command} " else (0,)), f"{command}: {done.stderr}"
        assert "Traceback" not in done.stderr
    assert {"plan.html", "out"} <= {path.name for path in tmp_path.iterdir()}


def test_both_readmes_tell_the_same() -> None:
    english, romanian = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ro.md"))
    assert _outline(english) == _outline(romanian)
    assert _code(english) == _code(romanian)
    assert _figures(english) == _figures(romanian)
    links = [
        {t.replace("README.ro.md", "").replace("README.md", "") for t in _LINK.findall(text)}
        for text in (english, romanian)
    ]
    assert links[0] == links[1]
    assert not re.search(r"[şţŞŢ]", romanian), "cedillas; Romanian has commas below: ș ț"


def _outline(text: str) -> list[tuple[int, int]]:
    """Level of each heading, and how many blocks follow it."""
    parts = re.split(r"^(#+) .+$", text, flags=re.MULTILINE)
    return [
        (len(level), len(re.findall(r"\n\s*\n\S", f"\n\n{body.strip()}")))
        for level, body in zip(parts[1::2], parts[2::2], strict=True)
    ]


def _code(text: str) -> list[str]:
    """The commands of all blocks, comments apart."""
    blocks = (block for _, block in _FENCE.findall(text))
    return [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]


def _figures(text: str) -> list[str]:
    """All numbers outside blocks, in order of size: decimal commas and thousands' points are those of the language."""
    found = re.findall(r"\d+(?:[.,]\d+)*", _FENCE.sub("", re.sub(r"\]\([^)]*\)", "]", text)))
    return sorted(re.sub(r"[.,]", "", number) for number in found)


@pytest.mark.slow
def test_the_website_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page = re.sub(r"<[^>]+>", "", (tmp_path / "out" / "commands.html").read_text(encoding="utf-8"))
    assert "plansmith train [OPTIONS] ARCHIVE" in page
