"""Pages of models and trainings, the upload to the Hub, blind pairs: what a second person does in the browser."""

import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx2")

from serve_door import SAMPLES, Door
from serve_payloads import PAYLOADS

from plansmith.errors import InputError
from plansmith.proof.blind import order
from plansmith.serve import blind, child


def test_pages_of_models_and_trainings_bear_every_state(tmp_path: Path) -> None:
    door = Door(tmp_path, queue=100)  # no runner: the jobs are moved by hand
    for name in ("first", "second"):
        door.add_run(name)
    result = {"plan": {"plan": "a"}, "train": {"run": "first"}, "check": {}, "evaluate": {"verdicts": ["better"]}}
    for kind in ("plan", "train", "evaluate", "publish"):
        for state in ("queued", "running", "done", "failed", "stopped", "cancelled"):
            args = {"name": "first", "plan": "a", "archive": str(SAMPLES), "base": "smollm2-135m", "settings": {}}
            job = door.served.jobs.add(kind, "first", args)
            if state != "queued":
                taken = door.served.jobs.claim((kind,), 99)
                assert taken
                if state != "running":
                    told = result.get(kind, {}) if state == "done" else {}
                    door.served.jobs.end(taken.id, taken.attempt, state, "why" * (state == "failed"), told)
            if kind == "train":
                assert door.client.get(f"/train/{job.id}").status_code == 200, state
    for path in ("/", "/runs", "/runs/first", "/runs/first/jobs", "/runs/compare?one=first&other=second", "/train"):
        told = door.client.get(path)
        assert told.status_code == 200, path
    assert door.client.get("/runs/first/proof").status_code == 404
    assert door.client.get("/runs/compare?one=first&other=nothing").status_code == 404
    headers = door.csrf()
    assert door.client.post("/runs/first/evaluate", data={"archive": "../x"}, headers=headers).status_code == 404
    assert door.client.post("/train", data={"archive": "x", "epochs": "999"}, headers=headers).status_code == 422
    said = {"archive": "", "base": "smollm2-135m", "name": "a b", "learning_rate": "0.0002", "rslora": "yes"}
    told = door.client.post("/train/command", data=said, headers=headers)
    assert "--name &#39;a b&#39; --learning-rate 0.0002 --rslora" in told.text


TOKEN = "hf_" + "s3cr3t" * 6


def test_a_token_of_the_hub_reaches_the_child_and_no_file(tmp_path: Path) -> None:
    door = Door(tmp_path)
    door.add_run("first")
    (tmp_path / "archives" / "ours").mkdir(parents=True)
    with door.client:
        headers = door.csrf()
        form = {"archive": "ours", "adapter": "yes", "hub": "ana/first", "hub_token": f" {TOKEN} "}
        for wrong in ({"hub": "no name"}, {"hub": ""}, {"hub_token": "hf_\u00e9"}):
            assert door.client.post("/runs/first/publish", data=form | wrong, headers=headers).status_code == 422
        assert door.client.post("/runs/first/publish", data=form, headers=headers).status_code == 204
        job = door.served.jobs.all("publish")[0]
        assert door.wait(job.id) == "failed"
        ended = door.served.jobs.get(job.id)
        assert ended.args["token"] is True
        assert ended.message == f"The Hub refused … ({len(TOKEN)} characters)."  # what it said, without the token
        assert door.client.post(f"/jobs/{job.id}/again", headers=headers).status_code == 204
        assert door.wait(job.id) == "failed"
        assert "kept in memory only" in door.served.jobs.get(job.id).message
        pages = door.client.get("/runs/first").text + door.client.get(f"/api/jobs/{job.id}").text
    assert TOKEN not in pages
    assert door.served.runner._secrets == {}
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path


def test_an_upload_is_what_the_command_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door(tmp_path)
    asked: dict[str, Any] = {}

    def publish(run: str, **more: Any) -> None:
        asked.update(more, run=run)
        print(json.dumps({"hub": {"url": "https://huggingface.co/ana/first", "private": True, "notes": ["x"]}}))

    monkeypatch.setattr("plansmith.cli.publish.publish", publish)
    monkeypatch.setattr(sys, "stdin", io.StringIO(TOKEN + "\n"))
    monkeypatch.setenv("HF_TOKEN", "")
    args = {
        "run": "first",
        "archive": str(SAMPLES),
        "forms": "adapter",
        "hub": "ana/first",
        "public": True,
        "token": True,
    }
    job = door.served.jobs.add("publish", "first", args)
    told = child._publish(door.place, job, None)
    assert told == {"folder": "published/first-adapter", "hub": "https://huggingface.co/ana/first", "private": True, "notes": ["x"]}  # fmt: skip
    assert (asked["hub"], asked["public"], asked["archive"]) == ("ana/first", True, SAMPLES)


def _two_plans(door: Door) -> tuple[str, str]:
    text = (SAMPLES / "01-bakery-preorders" / "plan.md").read_text()
    brief = (SAMPLES / "01-bakery-preorders" / "brief.md").read_text()
    here = door.served.workspace
    names = here.new("Small", brief), here.new("Large", brief)
    here.written(names[0], text, ())
    here.written(names[1], text.replace("A customer can order", f"{PAYLOADS[3]} A buyer orders"), ())
    return names


def test_blind_pairs_are_voted_on_and_told_at_the_end(tmp_path: Path) -> None:
    door = Door(tmp_path)
    client, names = door.client, _two_plans(door)
    headers = door.csrf()
    form = {"one": "plan:small", "other": "plan:large", "voters": "2", "title": "Small or large"}
    for wrong in ({"other": "plan:small"}, {"voters": "0"}, {"other": "proof:x/base-0"}, {"other": "plan:../x"}):
        assert client.post("/blind", data=form | wrong, headers=headers).status_code in (404, 422), wrong
    begun = client.post("/blind", data=form, headers=headers).headers["hx-redirect"]
    assert begun == "/blind/small-or-large"
    compared, votes = blind._opened(door.place, "small-or-large")
    assert (compared.names, len(compared.shown)) == (names, 1)
    (folder := door.place.plans / "small" / "plan.md").write_text(folder.read_text() + "\nchanged later\n")
    assert client.get("/blind/nothing").status_code == 404
    pair = compared.shown[0].id
    for voter in ("Ana", "Dan <b>"):
        shown = client.get(begun, params={"voter": voter}).text
        assert "<script>hit" not in shown
        assert "small<" not in shown
        assert "changed later" not in shown  # the texts are those of the beginning
        left_is_small = not order(compared, voter)[0][1]
        vote = {"voter": voter, "pair": pair, "choice": "left" if left_is_small else "right"}
        assert client.post(f"{begun}/vote", data=vote | {"choice": "both"}, headers=headers).status_code == 422
        assert client.post(f"{begun}/vote", data=vote).status_code == 403
        assert client.post(f"{begun}/vote", data=vote, headers=headers).status_code == 204
        assert client.post(f"{begun}/vote", data=vote, headers=headers).status_code == 422  # the first one counts
        if voter == "Ana":
            assert "1 more voter" in client.get(begun, params={"voter": voter}).text
            assert client.post(f"{begun}/end", headers=headers).status_code == 422
    assert client.get(begun).status_code == 200
    assert client.post(f"{begun}/end", headers=headers).status_code == 204
    for language, word in (("en", "What people preferred"), ("ro", "Ce au preferat")):
        result = client.get(begun, headers={"accept-language": language}).text
        assert word in result
    assert "1 of 1 decided pairs" in result
    late = {"voter": "Eva", "pair": pair, "choice": "left"}
    assert client.post(f"{begun}/vote", data=late, headers=headers).status_code == 422
    assert "small-or-large" in client.get("/blind").text
    assert votes.read_text().count("small") == 0  # the file tells nothing


def test_arms_of_a_proof_are_paired_with_their_briefs(tmp_path: Path) -> None:
    door = Door(tmp_path)
    for arm, word in (("base-0", "one"), ("tuned-0", "two")):
        folder = door.place.runs / "first" / "proof" / "plans" / arm
        folder.mkdir(parents=True)
        (folder / "01-bakery-preorders.json").write_text(json.dumps({"arm": arm, "text": f"# {word}", "whole": True}))
    said = {"one": "proof:first/base-0", "other": "proof:first/tuned-0", "voters": "1"}
    name = blind._begin(door.place, said)
    assert name == "comparison"
    assert blind._begin(door.place, said) == "comparison-2"
    compared, _ = blind._opened(door.place, name)
    assert compared.names == ("first/base-0", "first/tuned-0")
    (door.place.workspace / "blind" / "comparison-2" / "comparison.json").write_text("{}")
    assert "comparison-2" in door.client.get("/blind").text
    assert door.client.get("/blind/comparison-2").status_code == 422
    with pytest.raises(InputError, match="two different"):
        blind._begin(door.place, said | {"other": said["one"]})


@pytest.mark.slow
def test_the_official_client_leaves_and_its_slot_is_free(tmp_path: Path) -> None:
    openai = pytest.importorskip("openai")
    from serve_live import Live

    with Live(tmp_path) as server:
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.token, max_retries=0)
        said = [{"role": "user", "content": "Customers must be able to order bread. SLOW " * 8}]
        assert client.models.list().data
        for n in range(2):
            stream = client.chat.completions.create(model="smollm2-135m", messages=said, stream=True)
            next(iter(stream))
            stream.close()
            assert server.free_after() < 2, n
        with pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(model="smollm2-135m", messages=said, timeout=1)
        assert server.free_after() < 2
        begun = time.monotonic()
        with pytest.raises(openai.AuthenticationError):
            openai.OpenAI(base_url=f"{server.url}/v1", api_key="wrong", max_retries=0).models.list()
        assert time.monotonic() - begun < 10
