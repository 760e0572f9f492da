"""The console that every command prints to: standard output for results, standard error for progress.

Enters: which of the two. Leaves: a `rich` console that changes nothing in what it is given.
"""

from __future__ import annotations

import sys

from rich.console import Console

_PLAIN_WIDTH = 100
"""Columns where there is no terminal to ask."""


def console(stderr: bool = False) -> Console:
    """A console that neither highlights nor invents widths."""
    return Console(stderr=stderr, highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
