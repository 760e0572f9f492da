"""The error family: everything a user can do something about. The command line prints them without a traceback.

PlansmithError          exit code 1
├── InputError          exit code 2: a file, a plan or an option that cannot be used as it is
├── MissingError        exit code 3: something that must be installed, downloaded or made first
├── ResourceError       exit code 4: memory, disk or time does not suffice
└── StoppedError        exit code 130 or 143: Ctrl-C or SIGTERM, taken where nothing is half done
"""

from __future__ import annotations


class PlansmithError(Exception):
    """What went wrong, which value, and what to do next. `problems` lists single findings, all together."""

    exit_code = 1

    def __init__(self, message: str, problems: list[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems or []

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  - {problem}" for problem in self.problems)])


class InputError(PlansmithError):
    """The input cannot be used as it is."""

    exit_code = 2


class MissingError(PlansmithError):
    """Something has to be installed, downloaded or made first."""

    exit_code = 3


class ResourceError(PlansmithError):
    """The machine does not have what the work needs."""

    exit_code = 4


class StoppedError(PlansmithError):
    """A signal asked the work to end. Exit codes as shells use them: 128 and the signal's number."""

    def __init__(self, signal: int, message: str = "Stopped.") -> None:
        super().__init__(message)
        self.signal = signal
        self.exit_code = 128 + signal
