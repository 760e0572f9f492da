"""What is installed: every file that the code reads goes along, the samples too."""

import tomllib
from pathlib import Path

import pytest

from plansmith.samples import samples

ROOT = Path(__file__).parent.parent


def test_every_kind_of_file_in_the_package_is_in_the_wheel() -> None:
    package = ROOT / "src" / "plansmith"
    kept = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["plansmith"]
    taken = {path for pattern in kept for path in package.glob(pattern)}
    files = {p for p in package.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")}
    assert files - taken == set(), "name their kind in pyproject.toml, [tool.setuptools.package-data]"


def test_samples_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(list((samples() / "archive").glob("*/plan.md"))) == 16
    assert (samples() / "brief.md").is_file()
