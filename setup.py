"""Puts the sample projects into the wheel, so that `plansmith demo` works wherever Plansmith is installed; all else: pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithSamples(build_py):
    """Copies examples/ beside the package's own files; an editable installation reads them where they are."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            place = Path(self.build_lib, "plansmith", "examples")
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree("examples/archive", place / "archive")
            shutil.copy("examples/brief.md", place)


setup(cmdclass={"build_py": WithSamples})
