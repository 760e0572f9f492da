"""Many briefs, and plans that were interrupted: nothing finished is lost, nothing finished is written twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_server import FakeServer
from test_writing import faithful

from plansmith.cli.plan import plan
from plansmith.errors import InputError, PlansmithError, StoppedError
from plansmith.plan import parse_plan
from plansmith.tuning.bases import CHATML
from plansmith.writing.engine import Completion, EngineError, OnText, Request
from plansmith.writing.many import LEDGER, Job, list_jobs, write_many
from plansmith.writing.steplog import Remembering, StepLog, remembering, step_key, steps_of

BAKERY = "We are a bakery.\n\nCustomers can order bread by phone. Staff must see the orders of the day. Nobody but the baker may delete an order.\n"


def answer(body: dict[str, Any]) -> str:
    question = next(m["content"] for m in reversed(body["messages"]) if m["role"] == "user")
    said = body["messages"][-1]["content"] if body["messages"][-1]["role"] == "assistant" else ""
    return faithful(question.split("\n\nAnswer with nothing")[0]).removeprefix(said)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(answer, obeys="grammar") as fake:
        yield fake


@pytest.fixture
def briefs(tmp_path: Path) -> list[Path]:
    texts = {"bakery": BAKERY, "greeting": "Hello, how are you?\n", "bikes": BAKERY.replace("bread", "bikes")}
    for name, text in texts.items():
        (tmp_path / f"{name}.md").write_text(text)
    return [tmp_path / f"{name}.md" for name in texts]


def test_many_briefs_are_planned_and_the_failed_ones_named_then_only_these_tried_again(
    server: FakeServer, briefs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "plans"
    with pytest.raises(
        PlansmithError, match=r"1 of 3 plans were not written[\s\S]*greeting.md: No requirement"
    ) as error:
        plan(briefs, engine=server.url, output=folder, jobs=2)
    assert error.value.exit_code == 1
    assert sorted(p.name for p in folder.glob("*.md")) == ["bakery.md", "bikes.md"]
    assert parse_plan((folder / "bikes.md").read_text()).requirements
    assert not list(folder.glob(".*.steps.jsonl"))
    with pytest.raises(InputError, match=r"exist already[\s\S]*bakery.md[\s\S]*bikes.md"):
        plan(briefs, engine=server.url, output=folder)
    briefs[1].write_text(BAKERY.replace("bread", "flowers"))
    before = (folder / "bakery.md").stat().st_mtime_ns
    server.asked.clear()
    capsys.readouterr()
    plan(briefs, engine=server.url, output=folder, resume=True, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert [outcome["state"] for outcome in told] == ["kept", "written", "kept"]
    assert (folder / "bakery.md").stat().st_mtime_ns == before
    assert not any("bread" in json.dumps(body) for _, body in server.asked)
    briefs[0].write_text(BAKERY.replace("bread", "cake"))
    plan(briefs, engine=server.url, output=folder, resume=True, as_json=True)
    assert [o["state"] for o in json.loads(capsys.readouterr().out)] == ["written", "kept", "kept"]
    assert len(StepLog(folder / LEDGER).read()) == 5


def test_a_server_that_fails_midway_leaves_finished_steps_and_resume_asks_only_the_rest(
    server: FakeServer, briefs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plansmith.writing.server._SLOTS", 1)
    whole, part = tmp_path / "whole.md", tmp_path / "part.md"
    plan(briefs[:1], engine=server.url, output=whole)
    total = len(server.asked)
    server.asked.clear()
    server.faults[:] = [None] * 6 + [400] * 100
    with pytest.raises(EngineError, match=r"told 400 [\s\S]*finished steps are kept.*--resume"):
        plan(briefs[:1], engine=server.url, output=part)
    assert steps_of(part).is_file()
    assert not part.exists()
    server.faults.clear()
    with pytest.raises(InputError, match=r"was begun and interrupted.*--resume.*--force"):
        plan(briefs[:1], engine=server.url, output=part)
    server.asked.clear()
    plan(briefs[:1], engine=server.url, output=part, resume=True)
    assert len(server.asked) < total
    assert part.read_text() == whole.read_text()
    assert not steps_of(part).exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [({"jobs": 0}, "--jobs 0"), ({"engine_model": "x"}, "--engine-model"), ({"resume": True}, "--resume"),
     ({"engine": "http://h", "base": "smollm2-135m"}, "--base and --engine")],
)  # fmt: skip
def test_options_that_do_not_go_together_are_refused(options: dict[str, Any], told: str, briefs: list[Path]) -> None:
    with pytest.raises(InputError, match=told):
        plan(briefs[:1], **options)
    with pytest.raises(InputError, match="-o FOLDER"):
        plan(briefs)


def test_briefs_of_the_same_name_and_missing_ones_are_named_together(tmp_path: Path) -> None:
    for name in ("a/x.md", "b/x.txt", "c/brief.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    with pytest.raises(InputError, match=r"no.md is not there[\s\S]*would all become"):
        list_jobs([tmp_path / "a/x.md", tmp_path / "b/x.txt", tmp_path / "no.md"], tmp_path, {})
    (job,) = list_jobs([tmp_path / "c/brief.md"], tmp_path, {})
    assert job.target.name == "c.md"
    assert job.key != list_jobs([tmp_path / "c/brief.md"], tmp_path, {"system": "other"})[0].key


def test_an_engine_that_fails_in_a_row_is_not_asked_for_the_rest(tmp_path: Path) -> None:
    jobs = [Job(tmp_path / str(i), tmp_path / f"{i}.md", str(i)) for i in range(9)]

    def write(job: Job) -> None:
        raise EngineError("gone") if job.key != "0" else ValueError("ours")

    outcomes = write_many(jobs, write, 1, StepLog(tmp_path / LEDGER), set())
    assert [o.state for o in outcomes] == ["failed"] * 4 + ["left"] * 5
    assert outcomes[0].reason == "ValueError: ours"


class Counting:
    """An engine that counts what it is asked."""

    chat, slots, identity = CHATML, 1, "counting"

    def __init__(self) -> None:
        self.asked = 0

    def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        self.asked += 1
        return Completion(f"answer to {request.prompt}\nwith ț and 🙂", 3, True)

    def close(self) -> None: ...


def test_a_torn_last_line_costs_one_step_and_no_more(tmp_path: Path) -> None:
    log = StepLog(tmp_path / "s.jsonl")
    memory = Remembering(Counting(), log)
    for prompt in "abc":
        memory.complete(Request(prompt))
    whole = log.path.read_bytes()
    first, second, _ = whole.splitlines(keepends=True)
    for end in (
        len(first),
        len(first) + 1,
        len(first) + len(second) - 1,
        len(first + second),
        len(whole) - 2,
        len(whole),
    ):
        log.path.write_bytes(whole[:end])
        engine = Counting()
        again = Remembering(engine, StepLog(log.path))
        assert [again.complete(Request(p)).text for p in "abc"] == [f"answer to {p}\nwith ț and 🙂" for p in "abc"]
        assert engine.asked == 3 - whole[:end].count(b"\n")
        assert StepLog(log.path).read() == StepLog(log.path).read()
        assert len(StepLog(log.path).read()) == 3


def test_a_step_is_named_by_all_that_decides_it() -> None:
    plain = Request("p")
    others = [
        Request("q"),
        Request("p", "g"),
        Request("p", seed=1),
        Request("p", temperature=0.1),
        Request("p", max_tokens=1),
    ]
    assert len({step_key(r, "m") for r in [plain, *others]} | {step_key(plain, "n")}) == 7


def test_a_file_that_is_no_log_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("mine\n")
    with pytest.raises(InputError, match="holds no finished steps"):
        StepLog(tmp_path / "s").read()


def test_ctrl_c_says_what_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "plan.md"

    def interrupted() -> None:
        with remembering(Counting(), target, False) as memory:
            memory.complete(Request("a"))
            raise KeyboardInterrupt

    with pytest.raises(StoppedError, match=r"1 finished step is kept.*--resume") as error:
        interrupted()
    assert error.value.exit_code == 130
    with remembering(Counting(), target, True) as memory:
        assert memory.kept == 1
    assert list(tmp_path.iterdir()) == []


def _begun(folder: Path, name: str, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "plansmith", "plan", "brief.md", "--base", "smollm2-135m", "-o", name, *more]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _finish(process: subprocess.Popen[str]) -> None:
    told = process.communicate(timeout=600)
    assert process.returncode == 0, told


def _wait_for_steps(folder: Path, name: str, least: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        if (path := steps_of(folder / name)).is_file() and path.read_bytes().count(b"\n") >= least:
            return
        time.sleep(0.02)
    raise AssertionError(process.communicate())


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the child in /proc")
def test_a_killed_child_then_ctrl_c_then_resume_ask_no_finished_step_again(tmp_path: Path) -> None:
    import psutil

    (tmp_path / "brief.md").write_text("Staff must see the orders.\n")
    process = _begun(tmp_path, "plan.md")
    _wait_for_steps(tmp_path, "plan.md", 1, process)
    (child,) = psutil.Process(process.pid).children()
    os.kill(child.pid, signal.SIGKILL)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 5
    assert "was killed" in told
    assert "--resume goes on" in told
    assert "Traceback" not in told
    process = _begun(tmp_path, "plan.md", "--resume")
    _wait_for_steps(tmp_path, "plan.md", 2, process)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert (process.returncode, "kept; the same command with --resume" in told, "Traceback" in told) == (
        130,
        True,
        False,
    )
    kept = [json.loads(line) for line in steps_of(tmp_path / "plan.md").read_text().splitlines()]
    _finish(_begun(tmp_path, "plan.md", "--resume"))
    said = (tmp_path / "plan.log.jsonl").read_text()
    assert all(json.dumps(step["text"], ensure_ascii=False) in said for step in kept)
    assert parse_plan((tmp_path / "plan.md").read_text()).requirements
    assert not steps_of(tmp_path / "plan.md").exists()
