"""A server in the process of a test, with a client on it and a model that is a function."""

import json
import sys
import time
from pathlib import Path

from lxml import html
from starlette.testclient import TestClient

from plansmith.serve import Place, create_app
from plansmith.serve.app import Served

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"
WORKER = (sys.executable, str(Path(__file__).parent / "serve_worker.py"))
STORY = {
    "base": {"name": "smollm2-135m", "licence": "Apache-2.0", "chat": "chatml"},
    "recipe": {"epochs": 1, "learning_rate": 0.001, "rank": 32},
    "data": {"sha256": "0" * 64, "seed": 0, "train": {"a": "1"}, "test": {"b": "2"}, "whole": 0, "rows": 20, "tokens": 900, "supervised": 400},
    "result": {"held_out_loss": [4.2, 1.8], "held_out_steps": [0, 20], "best_step": 20, "steps": 20, "training_seconds": 3.0, "tokens_per_second": 300.0, "peak_memory_gb": 1.0},
    "versions": {"torch": "0"},
}  # fmt: skip


class Door:
    """A server in this process and a browser on it."""

    def __init__(self, folder: Path, **rules: object) -> None:
        self.place = Place(folder, **{"worker": WORKER, "demand_token": False, **rules})  # type: ignore[arg-type]
        self.served = Served(self.place)
        self.gate = create_app(self.place, self.served)
        self.client = TestClient(self.gate, base_url="http://localhost:8321", follow_redirects=False)

    def csrf(self) -> dict[str, str]:
        page = html.fromstring(self.client.get("/").text)
        return dict(json.loads(page.xpath("//body/@hx-headers")[0]))

    def wait(self, key: str, seconds: float = 60) -> str:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not (job := self.served.jobs.get(key)).open:
                return job.state
            time.sleep(0.05)
        raise AssertionError("the job did not end")

    def add_run(self, name: str) -> Path:
        """A run's folder, without weights."""
        folder = self.place.runs / name
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps(STORY))
        (folder / "metrics.jsonl").write_text('{"step": 1, "loss": 3.0}\n{"step": 2, "loss": 2.5}\n')
        return folder
