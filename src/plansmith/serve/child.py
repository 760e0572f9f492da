"""The child process of a job: it does the work, tells the log, holds the lease and writes the end.

Enters: the workspace, the job's id and its attempt. Leaves: the job's result in the table, its log, and what the job is
for: a plan in plans/, a run in runs/.
Started by `runner`; by hand: python -m plansmith.serve.child WORKSPACE JOB ATTEMPT
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plansmith.errors import PlansmithError, StoppedError
from plansmith.serve.jobs import Job, Jobs
from plansmith.serve.settings import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plansmith.writing.engine import Completion, Engine, Request

_BEAT = 3.0
"""Seconds between two signs of life."""


def main(workspace: str, key: str, attempt: str) -> None:
    """Do one job; whatever comes of it stands in the table afterwards."""
    place = Place(Path(workspace))
    jobs = Jobs(place.hidden)
    job, number = jobs.get(key), int(attempt)
    with suppress(OSError):
        os.nice(2 if job.kind == "plan" else 8)  # the server answers first, and who writes goes before who trains
    threading.Thread(target=_beat, args=(jobs, key, number), daemon=True).start()
    log = _Log(jobs.place(key) / "log.jsonl")
    try:
        result = WORK[job.kind](place, job, log.tell)
        jobs.end(key, number, "done", "", result)
    except StoppedError as error:
        jobs.end(key, number, "stopped", error.message)
    except PlansmithError as error:
        jobs.end(key, number, "failed", _without_secrets(str(error)))
    except KeyboardInterrupt:
        jobs.end(key, number, "stopped", "Interrupted.")
    except MemoryError:
        jobs.end(key, number, "failed", "Out of memory. Close other programs, or use a smaller base.")
    except Exception as error:
        import traceback

        print(_without_secrets(traceback.format_exc()), file=sys.stderr)  # into the job's errors.txt
        told = f"Something unforeseen went wrong ({type(error).__name__}: {error})."
        jobs.end(key, number, "failed", _without_secrets(told))


def _beat(jobs: Jobs, key: str, attempt: int) -> None:
    """Hold the lease; a child whose job was given to another, or cancelled, ends at once."""
    while True:
        time.sleep(_BEAT)
        with suppress(Exception):
            if not jobs.renew(key, attempt) and jobs.get(key).state in ("cancelled", "queued"):
                os._exit(0)


class _Log:
    """Appends entries to the job's log, a JSON line each, as they come."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        data = path.read_bytes() if path.is_file() else b""
        if data and not data.endswith(b"\n"):  # the last line of a child that was killed
            path.write_bytes(data[: data.rfind(b"\n") + 1])
        self._file = path.open("a", encoding="utf-8")

    def tell(self, entry: dict[str, Any]) -> None:
        with self._lock:
            self._file.write(json.dumps({"at": round(time.time(), 2), **entry}, ensure_ascii=False) + "\n")
            self._file.flush()


class Counting:
    """An engine that counts the tokens of what goes in and comes out; all else is the engine's own."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.chat, self.slots, self.identity = engine, engine.chat, engine.slots, engine.identity
        self.written, self.characters, self.calls = 0, 0, 0
        self._lock = threading.Lock()

    def complete(self, request: Request, on_text: Callable[[str], None] | None = None) -> Completion:
        done = self.engine.complete(request, on_text)
        with self._lock:
            self.written += done.tokens
            self.characters += len(request.prompt)
            self.calls += 1
        return done

    def close(self) -> None:
        self.engine.close()

    def usage(self) -> dict[str, int]:
        """As OpenAI's clients read it. Engines do not tell how long a prompt was: four characters are taken for a token."""
        asked = self.characters // 4
        return {"prompt_tokens": asked, "completion_tokens": self.written, "total_tokens": asked + self.written}


def open_engine(run: str, base: str, runs: Path, slots: int, context: int) -> Any:
    """The engine that the command line opens."""
    from plansmith.cli.engines import open_engine

    return open_engine(run, base, runs, slots, context)


def _plan(place: Place, job: Job, tell: Any) -> dict[str, Any]:
    """Write a plan; into plans/NAME/ where the job has a plan's name, else into the job's own folder."""
    from plansmith.cli.engines import STEP_CONTEXT, STEP_SLOTS, write_with, writes_whole
    from plansmith.plan import read_brief, render_plan
    from plansmith.serve.workspace import Workspace
    from plansmith.writing.steplog import Remembering, StepLog

    args = job.args
    here = Workspace(place)
    text = here.brief(args["plan"]) if args.get("plan") else args["brief"]
    brief = read_brief(text)
    if args.get("language"):
        brief = replace(brief, language=args["language"])
    run, base = args.get("run", ""), args.get("base", "")
    whole = args["whole"] if args.get("whole") is not None else writes_whole(run, base, place.runs)
    slots, context = (1, 8192) if whole else (STEP_SLOTS, STEP_CONTEXT)
    tell({"what": "begin", "sentences": len(brief.sentences), "whole": whole})
    opened, learned = open_engine(run, base, place.runs, slots, context)
    # what is finished is kept step by step, so a plan whose machine died goes on where it was
    engine = Counting(Remembering(opened, StepLog(place.hidden / "jobs" / job.id / "steps.jsonl")))
    try:
        if whole:
            from plansmith.writing.whole import write_whole

            answer = write_whole(brief, engine, args.get("system", ""), lambda t: tell({"what": "text", "text": t}))
            result = {"markdown": answer.text.strip() + "\n", "finished": answer.finished, "free": True}
            log: tuple[dict[str, Any], ...] = ()
        else:
            model = (engine, learned)
            title = args.get("title", "")
            written = write_with(
                brief, model, title, args.get("system", ""), lambda e: tell({"what": e.stage, **_event(e)})
            )
            result = {"markdown": render_plan(written.plan), "finished": True, "free": False}
            log = written.log
    finally:
        engine.close()
    used = engine.usage()
    if args.get("plan"):
        here.written(args["plan"], str(result["markdown"]), log)
        return {"plan": args["plan"], "usage": used, "free": result["free"], "finished": result["finished"]}
    return {**result, "usage": used}


def _event(event: Any) -> dict[str, Any]:
    return {key: value for key, value in asdict(event).items() if key != "stage"}


def _train(place: Place, job: Job, tell: Any) -> dict[str, Any]:
    """Tune a model; a run that was begun before goes on."""
    from plansmith.cli.learn import train_run
    from plansmith.tuning.recipe import Overrides
    from plansmith.tuning.runs import list_unfinished

    args = job.args

    @contextmanager
    def progress() -> Iterator[Any]:
        yield lambda p: tell({"what": "training", **{k: v for k, v in asdict(p).items() if v is not None}})

    resume = args["name"] in list_unfinished(place.runs)
    run = train_run(
        Path(args["archive"]), args["base"], args["name"], place.runs, Overrides(**args["settings"]), args["test"],
        progress, resume,
    )  # fmt: skip
    return {"run": run.name}


def _check(place: Place, job: Job, tell: Any) -> dict[str, Any]:
    """What would be trained on, with the forecast."""
    from plansmith.sources.archive import read_archive
    from plansmith.sources.split import split
    from plansmith.tuning.bases import find_base
    from plansmith.tuning.preflight import preflight
    from plansmith.tuning.recipe import Overrides, resolve

    args = job.args
    settings, base = Overrides(**args["settings"]), find_base(args["base"])
    seed = resolve(base, settings).seed
    parts = split(read_archive(Path(args["archive"])), seed, args["test"])
    return {**preflight(parts, base, settings).as_dict(), "notes": list(parts.notes)}


def _evaluate(place: Place, job: Job, tell: Any) -> dict[str, Any]:
    """The proof of a run, as `plansmith evaluate` makes it; goes on where it was stopped."""
    from plansmith.cli.evaluate import evaluate

    args = job.args
    found = _printed(
        lambda: evaluate(args["run"], archive=Path(args["archive"]), folds=args["folds"], runs=place.runs, as_json=True)
    )
    return {"verdicts": found.get("verdicts", [])}


def _publish(place: Place, job: Job, tell: Any) -> dict[str, Any]:
    """A run as files for other programs, in published/ of the workspace; on the Hub as well where a name there is given.

    The Hub's token comes on standard input and lives in this process only.
    """
    from plansmith.cli.publish import publish

    args = job.args
    if args.get("token"):
        given = sys.stdin.readline().strip()
        if not given:
            raise PlansmithError(
                "The Hub's token is kept in memory only, and is gone. Write as files once more, with it."
            )
        os.environ["HF_TOKEN"] = given
    usual = args["forms"] == "adapter,gguf,ollama"
    folder = f"published/{args['run']}" + ("" if usual else f"-{args['forms'].replace(',', '-')}")
    archive = Path(args["archive"]) if args["archive"] else None
    found = _printed(
        lambda: publish(
            args["run"],
            output=place.workspace / folder,
            forms=args["forms"],
            archive=archive,
            hub=args.get("hub", ""),
            public=bool(args.get("public")),
            runs=place.runs,
            as_json=True,
        )
    )
    hub = found.get("hub") or {}
    told = {"hub": hub["url"], "private": hub["private"], "notes": list(hub["notes"])} if hub else {}
    return {"folder": folder, **told}


def _without_secrets(text: str) -> str:
    """What may be written down of an error: the Hub's token never is."""
    token = os.environ.get("HF_TOKEN", "")
    return text.replace(token, "…") if token else text


def _printed(work: Callable[[], None]) -> dict[str, Any]:
    """The JSON that a command prints."""
    import io
    from contextlib import redirect_stdout

    out = io.StringIO()
    with redirect_stdout(out):
        work()
    return dict(json.loads(out.getvalue()))


WORK = {"plan": _plan, "train": _train, "check": _check, "evaluate": _evaluate, "publish": _publish}
"""What a job of each kind does."""


if __name__ == "__main__":
    main(*sys.argv[1:4])
