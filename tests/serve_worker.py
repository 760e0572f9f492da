"""The child process of tests: everything as in `plansmith.serve.child`, but the model is a function and the tuning a clock.

Started by the runner as: python tests/serve_worker.py WORKSPACE JOB ATTEMPT. A brief that says SLOW takes long.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

from plansmith import prompts
from plansmith.serve import child
from plansmith.tuning.bases import CHATML
from plansmith.writing.engine import Completion


class Model:
    """Hears every sentence that says must, can or may."""

    chat, slots, identity = CHATML, 2, "a function"

    def complete(self, request, on_text=None):  # type: ignore[no-untyped-def]
        if "SLOW" in request.prompt:
            time.sleep(0.4)
        last = request.prompt.rsplit("<|im_start|>user\n", 1)[-1].split("<|im_end|>", 1)
        said = last[1].rsplit("assistant\n", 1)[-1] if "assistant\n" in last[1] else ""
        text = self.answer(last[0])
        if on_text:
            for word in re.findall(r"\S+\s*", text):
                on_text(word)
        return Completion(text.removeprefix(said), len(text) // 4, True)

    def answer(self, question: str) -> str:
        if heard := re.search(r'The client says: "(.+)"', question):
            return f"must functional: {heard[1]}" if re.search(r"can|must|may", heard[1]) else prompts.NOTHING
        if wish := re.match(r"Plan only this: (.+)", question):
            return (
                "As a user, I want this rule to hold, so that the day runs well.\n"
                "Given a page, when it opens, then the screen answers.\n"
                f"web: Build the page for {' '.join(wish[1].split()[:4])}\nbackend: Create the endpoints behind it"
            )
        if question == prompts.ASK_QUESTION:
            return "Who answers the phone?"
        return "A short text."

    def close(self) -> None: ...


def opened(run, base, runs, slots, context):  # type: ignore[no-untyped-def]
    return Model(), None


def train(place, job, tell):  # type: ignore[no-untyped-def]
    """Losses that fall for a second or two, and a run's folder; goes on where it was, as the real one does."""
    folder = place.runs / job.args["name"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "training.json").write_text("{}")
    mark = folder / "step"
    begin = int(mark.read_text()) if mark.is_file() else 0
    lines = folder / "metrics.jsonl"
    for step in range(begin + 1, 21):
        loss = {"stage": "train", "step": step, "steps": 20, "loss": 4 / step**0.5, "epoch": 1, "left": 20.0 - step}
        if step % 5 == 0:
            loss["held_out"] = 4.2 / step**0.4
        with lines.open("a") as file:
            file.write(json.dumps(loss) + "\n")
        tell({"what": "training", **loss})
        mark.write_text(str(step))
        time.sleep(job.args["settings"].get("epochs", 1) * 0.05)
    story = {
        "base": {"name": job.args["base"], "licence": "Apache-2.0", "chat": "chatml"},
        "recipe": {"epochs": 1, "learning_rate": 0.001, "rank": 32},
        "data": {"sha256": "0" * 64, "seed": 0, "train": {"a": "1"}, "test": {"b": "2"}, "whole": 0, "rows": 20, "tokens": 900, "supervised": 400},
        "result": {"held_out_loss": [4.2, 2.0, 1.8], "held_out_steps": [0, 10, 20], "best_step": 20, "steps": 20, "training_seconds": 3.0, "tokens_per_second": 300.0, "peak_memory_gb": 1.0},
        "versions": {"torch": "0"},
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(story))
    (folder / "training.json").unlink()
    return {"run": job.args["name"]}


def check(place, job, tell):  # type: ignore[no-untyped-def]
    """A forecast without a tokenizer."""
    names = sorted(p.name for p in Path(job.args["archive"]).iterdir() if p.is_dir())
    counts = {
        "part": "train",
        "brief": 90,
        "plan": 400,
        "sentences": 9,
        "requirements": 7,
        "rows": 15,
        "trained": 900,
        "supervised": 400,
        "cut": 0,
    }
    return {
        "base": job.args["base"], "recipe": {"epochs": 1, "learning_rate": 0.001, "rank": 32, "batch": 1},
        "documents": [{"name": name, **counts} for name in names], "steps": 180,
        "example": [["The client says something.", False], ["must functional: something", True]], "problems": [],
        "machine": "CPU", "notes": [],
        "forecast": {"memory": 1.9, "available": 8.0, "fits": True, "seconds": 70.0, "gpus": {"T4": True, "H100": True}},
    }  # fmt: skip


def publish(place, job, tell):  # type: ignore[no-untyped-def]
    """The real work with a Hub that refuses, and says the token that it was given."""
    from plansmith.cli import publish as command
    from plansmith.errors import PlansmithError

    def refused(*_, **more):  # type: ignore[no-untyped-def]
        token = os.environ["HF_TOKEN"]
        raise PlansmithError(f"The Hub refused {token} ({len(token)} characters).")

    command.publish = refused
    return real_publish(place, job, tell)


if __name__ == "__main__":
    real_publish, child.WORK["publish"] = child.WORK["publish"], publish
    child.open_engine = opened
    child.WORK["train"], child.WORK["check"] = train, check
    child.main(*sys.argv[1:4])
