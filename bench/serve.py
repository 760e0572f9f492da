"""How the server bears load: cancelled requests, a full queue, memory, and kill -9 of the server itself.

Run from the repository: python bench/serve.py cancel|openai|load|memory|kill|all [--real]

Without --real the model is a function (tests/serve_worker.py), so that what is measured is the server; with it the
embedded base writes. Prints one line of figures a measurement.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx2
import psutil

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE / "tests"))

from serve_live import Live  # noqa: E402

BRIEF = (
    "We are a bakery. Customers must be able to order bread. Staff can see the orders. SLOW " + "It must be kept. " * 30
)
ASK = {"model": "smollm2-135m", "messages": [{"role": "user", "content": BRIEF}], "stream": True}


def cancel(server: Live, times: int) -> None:
    """Open a stream, leave it, and wait until its job and its processes are gone."""
    took = []
    for n in range(times):
        with httpx2.stream("POST", f"{server.url}/v1/chat/completions", json=ASK, timeout=60) as answer:
            assert answer.status_code == 200, answer.read()
            lines = answer.iter_lines()
            next(lines)
            if n % 2:  # while it is at work, not only while it waits
                while not server.children():
                    time.sleep(0.02)
        left = time.perf_counter()
        server.free_after()
        took.append(time.perf_counter() - left)
    print(
        f"cancel: n {times}, slot and processes gone after median {statistics.median(took):.2f} s, longest {max(took):.2f} s"
    )


def openai_client(server: Live, times: int) -> None:
    """The official client: half of its requests are streams that are closed, half end at a time limit."""
    import openai

    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.token, max_retries=0)
    said = ASK["messages"]
    took = []
    for n in range(times):
        if n % 2:
            stream = client.chat.completions.create(model="smollm2-135m", messages=said, stream=True)
            next(iter(stream))
            while n % 4 == 1 and not server.children():
                time.sleep(0.02)
            left = time.perf_counter()
            stream.close()
        else:
            try:
                client.chat.completions.create(model="smollm2-135m", messages=said, timeout=0.2 if n % 4 else 1.0)
                raise SystemExit("the brief was too short: the plan came before the time limit")
            except openai.APITimeoutError:
                left = time.perf_counter()
        server.free_after()
        took.append(time.perf_counter() - left)
    print(
        f"openai {openai.__version__}: n {times}, slot and processes gone after median {statistics.median(took):.2f} s, "
        f"longest {max(took):.2f} s"
    )


def load(server: Live, clients: int) -> None:
    """So many clients at once on a queue of 32: who is refused, how fast, and how the health page answers meanwhile."""
    health: list[float] = []
    stop = threading.Event()

    limits = httpx2.Limits(max_connections=2 * clients)
    shared = httpx2.Client(timeout=120, verify=False, limits=limits)  # one for all: each would load certificates

    def watch() -> None:
        with httpx2.Client(verify=False) as client:
            while not stop.is_set():
                begun = time.perf_counter()
                client.get(f"{server.url}/health")
                health.append(time.perf_counter() - begun)
                time.sleep(0.02)

    time.sleep(2)  # the server has loaded what it needs
    answers: list[tuple[int, float, str]] = []

    def ask() -> None:
        begun = time.perf_counter()
        with shared.stream("POST", f"{server.url}/v1/chat/completions", json=ASK) as answer:
            answers.append((answer.status_code, time.perf_counter() - begun, answer.headers.get("retry-after", "")))
            if answer.status_code == 200:
                stop.wait(30)

    watcher = threading.Thread(target=watch)
    watcher.start()
    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    while len(answers) < clients:
        time.sleep(0.05)
    time.sleep(3)
    stop.set()
    for thread in [*threads, watcher]:
        thread.join()
    refused = [(took, after) for status, took, after in answers if status == 429]
    others = sorted({status for status, _, _ in answers})
    p99 = statistics.quantiles(health, n=100)[98]
    print(
        f"load: {clients} clients, {len(answers) - len(refused)} taken, {len(refused)} refused "
        f"(all with Retry-After: {all(after for _, after in refused)}), refusal median {1000 * statistics.median(t for t, _ in refused):.0f} ms, "
        f"longest {1000 * max(t for t, _ in refused):.0f} ms; statuses {others}; health n {len(health)}, p99 {1000 * p99:.0f} ms"
    )


def memory(server: Live, times: int) -> None:
    """Resident memory before and after so many requests of all kinds."""
    plan = (HERE / "examples/archive/01-bakery-preorders/plan.md").read_text()
    folder = server.folder / "plans" / "bakery"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.md").write_text(plan)
    with httpx2.Client(base_url=server.url, timeout=60) as client:

        def round_of(n: int) -> None:
            for k in range(n):
                path = ("/", "/plans/bakery", "/plans/bakery?view=timetable", "/api/plans/bakery", "/runs", "/health")[
                    k % 6
                ]
                assert client.get(path).status_code == 200
            assert client.post("/api/score", json={"plan": plan}).status_code == 200

        round_of(200)
        before = server.memory()
        round_of(times)
    print(
        f"memory: {before:.0f} MB after 200 requests, {server.memory():.0f} MB after {times} more ({server.memory() / before - 1:+.1%})"
    )


def kill(server: Live) -> None:
    """kill -9 of the server, and of everything, in the middle of a plan and of a training."""
    for everything in (False, True):
        with httpx2.Client(base_url=server.url) as client:
            begun = client.post("/api/plans", json={"brief": BRIEF, "model": "smollm2-135m"}).json()
        log = server.folder / ".plansmith" / "jobs" / begun["job"] / "log.jsonl"
        while not log.is_file() or log.read_text().count("\n") < 2:
            time.sleep(0.05)
        children = psutil.Process(server.process.pid).children(recursive=True)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        if everything:
            for child in children:
                child.kill()
        down = time.perf_counter()
        server.start()
        state: dict[str, str] = {}
        while state.get("state") not in ("done", "failed"):
            state = httpx2.get(f"{server.url}/api/jobs/{begun['job']}").json()
            time.sleep(0.1)
        what = "server and children" if everything else "server"
        known = httpx2.get(f"{server.url}/api/plans/{begun['plan']}").status_code
        print(
            f"kill -9 of {what} in a plan: {state['state']} {time.perf_counter() - down:.1f} s later, plan answers {known}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("cancel", "openai", "load", "memory", "kill", "all"))
    parser.add_argument("--real", action="store_true", help="the embedded base writes")
    parser.add_argument("--times", type=int, default=0)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Live(Path(folder), "real" if asked.real else "", demand_token=asked.what == "openai") as server,
    ):
        if asked.what in ("cancel", "all"):
            cancel(server, asked.times or 100)
        if asked.what == "openai":
            openai_client(server, asked.times or 100)
        if asked.what in ("load", "all"):
            load(server, asked.times or 100)
        if asked.what in ("memory", "all"):
            memory(server, asked.times or 2000)
        if asked.what in ("kill", "all"):
            kill(server)


if __name__ == "__main__":
    main()
