"""Ctrl-C and SIGTERM, taken at a moment when nothing is half done.

Enters: a `with Stop() as stop:` around long work. Leaves: `stop.check()` raises StoppedError once a signal has come.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from plansmith.errors import StoppedError


class Stop:
    """Remembers the first SIGINT or SIGTERM; a second SIGINT interrupts at once, as Python does by itself."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = number

    def check(self) -> None:
        """Raise StoppedError if a signal has come."""
        if self.signal is not None:
            raise StoppedError(self.signal)


def agreed(check: Callable[[], None], accelerator: Any) -> Callable[[], None]:
    """A check that raises StoppedError in every process as soon as one of them has a signal; all must call it together."""
    import torch

    def together() -> None:
        mine = 0
        try:
            check()
        except StoppedError as error:
            mine = error.signal
        signals = accelerator.gather(torch.tensor([mine], device=accelerator.device))
        if number := int(signals.max().item()):
            raise StoppedError(number)

    return together
