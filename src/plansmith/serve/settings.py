"""What a server is told at its start: its folder, who may come in, and the limits of what it takes.

Enters: the options of `plansmith serve`. Leaves: a `Place`, which every room of this wing looks at.
Try: plansmith serve --help
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

MB = 1_000_000


@dataclass(frozen=True)
class Place:
    """A workspace and the rules of its door.

    `workspace`: folder with plans/, runs/ and archives/. `hosts`: names by which browsers may call the server, without
    port. `demand_token`: nobody comes in without the token or a link. `queue`: jobs that may wait; more are refused. `side_by_side`:
    jobs at work at once. `body`: most bytes of a request; `body_seconds`: in which it must have come.
    `worker`: the command of a job's child process, to which the folder and the job's id are added.
    """

    workspace: Path
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    demand_token: bool = True
    secure: bool = False
    """Browsers reach the server through HTTPS, so cookies are sent over nothing else."""
    archives: tuple[Path, ...] = ()
    """Archives outside the workspace that may be learned from."""
    queue: int = 32
    side_by_side: int = 1
    body: int = 40 * MB
    body_seconds: float = 60.0
    files: int = 20
    """Most files of one upload."""
    worker: tuple[str, ...] = field(default=(sys.executable, "-m", "plansmith.serve.child"))

    @property
    def hidden(self) -> Path:
        """Where the server keeps what people need not see: jobs, secrets."""
        return self.workspace / ".plansmith"

    @property
    def runs(self) -> Path:
        return self.workspace / "runs"

    @property
    def plans(self) -> Path:
        return self.workspace / "plans"
