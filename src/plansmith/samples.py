"""The sample projects and the sample brief: in a clone where they are, installed beside the package's files.

Enters: nothing. Leaves: a folder with archive/ and brief.md.
Try: plansmith demo
"""

from __future__ import annotations

from pathlib import Path

from plansmith.errors import MissingError


def samples() -> Path:
    """The folder of the samples; raises MissingError where this installation has none."""
    here = Path(__file__).parent
    for folder in (Path("examples"), here / "examples", here.parent.parent / "examples"):
        if (folder / "archive").is_dir() and (folder / "brief.md").is_file():
            return folder
    raise MissingError("This installation has no sample projects. Give an archive and a brief of your own.")
