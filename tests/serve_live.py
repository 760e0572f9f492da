"""A server of its own process, as people start it, with a model that is a function."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
_SERVER = """
import sys, uvicorn
from pathlib import Path
from plansmith.serve import Place, create_app
from plansmith.serve.app import Served
folder, port, worker, archive, demand, made = sys.argv[1:7]
more = {} if worker == "real" else {"worker": (sys.executable, worker)}
place = Place(Path(folder), archives=(Path(archive),), demand_token=demand == "yes", **more)
served = Served(place)
print(served.keys.new_token() if made == "new" else "-", served.keys.new_link(), flush=True)
config = uvicorn.Config(create_app(place, served), port=int(port), log_level="error")
uvicorn.Server(config).run()
"""


class Live:
    """A server that can be killed and started again. `worker`: the script of its children; `real`: Plansmith's own."""

    def __init__(self, folder: Path, worker: str = "", demand_token: bool = True, archive: Path | None = None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.folder, self.url = folder, f"http://127.0.0.1:{self.port}"
        self.worker = worker or str(HERE / "serve_worker.py")
        self.archive = archive or HERE.parent / "examples" / "archive"
        self.demand = "yes" if demand_token else "no"
        self.token = self.before = ""
        """Python that the server runs first."""

    def __enter__(self) -> "Live":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, again: bool = False) -> None:
        """Start it; `again` keeps the token and the sessions."""
        path = os.pathsep.join([str(HERE.parent / "src"), str(HERE), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-c", self.before + _SERVER, str(self.folder), str(self.port), self.worker]
        command += [str(self.archive), self.demand, "again" if again else "new"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )
        assert self.process.stdout
        token, self.key = self.process.stdout.readline().split()
        self.token = self.token if again else token
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/health").close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    def stop(self) -> None:
        """End the server and its children, at once."""
        if self.process.poll() is None:
            for child in psutil.Process(self.process.pid).children(recursive=True):
                child.kill()
            self.process.kill()
        self.process.wait()

    def memory(self) -> float:
        """Resident memory of the server in MB."""
        return float(psutil.Process(self.process.pid).memory_info().rss / 1e6)

    def busy(self) -> bool:
        """Whether a job waits or is at work, or a child lives."""
        with sqlite3.connect(self.folder / ".plansmith" / "jobs.db") as db:
            waiting = db.execute("SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')").fetchone()[0]
        return bool(waiting) or self.children() > 0

    def children(self) -> int:
        return len(psutil.Process(self.process.pid).children(recursive=True))

    def free_after(self, longest: float = 20) -> float:
        """Seconds from now until nothing waits or is at work any more."""
        begun = time.perf_counter()
        while self.busy():
            time.sleep(0.02)
            if time.perf_counter() - begun > longest:
                raise AssertionError("the slot was not freed")
        return time.perf_counter() - begun
