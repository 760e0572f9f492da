"""Onto the Hub and back, through the real client library against a fake Hub on loopback."""

import hashlib
import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakehub import FakeHub
from published import RECIPE, made_run

from plansmith.sources.archive import read_archive
from plansmith.tuning.publish import documents_of, publish

pytest.importorskip("huggingface_hub")


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub() as running:
        yield running


@pytest.fixture(scope="module")
def place(tiny_llama: Path, three_projects: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with a run, `first`, exported to published/first."""
    folder = tmp_path_factory.mktemp("place")
    run = made_run(tiny_llama, read_archive(three_projects), folder / "runs" / "first")
    test = documents_of(run, read_archive(three_projects))[1]
    publish(run, folder / "published" / "first", ["adapter", "gguf"], ["q8_0"], test, lambda _: None)
    return folder


def environment(hub: FakeHub, cwd: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    return kept | {"HF_ENDPOINT": hub.url, "HF_HOME": str(cwd / "hf"), "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "hf_ana"}


def plansmith(hub: FakeHub, cwd: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plansmith", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=cwd, env=environment(hub, cwd), capture_output=True, text=True, check=False, timeout=300
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def said(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join(done.stderr.split())


@pytest.mark.slow
def test_an_upload_that_fails_goes_on_and_comes_back_as_the_same_run(
    hub: FakeHub, place: Path, three_projects: Path, tmp_path: Path
) -> None:
    asked = ("publish", "first", "--as", "adapter,gguf", "--archive", three_projects, "--hub", "ana/first", "--licence", "apache-2.0")  # fmt: skip
    hub.fail.append(("/api/models/ana/first/commit/", 403))
    failed = plansmith(hub, place, *asked)
    assert failed.returncode == 2, failed.stderr
    assert "refuses the model ana/first (HTTP 403)" in said(failed)
    sent = [request for request in hub.requests if request.startswith("PUT /_lfs/")]
    assert len(sent) == 2
    assert "gguf/model-q8_0.gguf" not in hub.files("model", "ana/first")
    done = plansmith(hub, place, *asked, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["made_now"], told["hub"]["private"]) == (False, True)
    assert [request for request in hub.requests if request.startswith("PUT /_lfs/")] == sent
    files = hub.files("model", "ana/first")
    assert files["README.md"].startswith(b"---\nlicense: apache-2.0\n")
    assert {"LICENSE", "NOTICE", "plansmith.json", "gguf/model-q8_0.gguf"} <= set(files)
    back = plansmith(hub, tmp_path, "pull", "ana/first", "--as", "back")
    assert back.returncode == 0, back.stderr
    got, was = tmp_path / "runs" / "back", place / "published" / "first"
    assert (got / "model.gguf").read_bytes() == (was / "gguf" / "model-q8_0.gguf").read_bytes()
    weights = Path("adapter", "adapter_model.safetensors")
    assert (got / weights).read_bytes() == (place / "runs" / "first" / weights).read_bytes()
    story = json.loads((got / "run.json").read_text())
    assert story["pulled"] == {"from": "ana/first", "commit": told["hub"]["commit"]}
    assert json.loads((got / "adapter" / "adapter_config.json").read_text())["base_model_name_or_path"] is None
    answer = plansmith(hub, tmp_path, "ask", "Hello", "--run", "back", "--tokens", "3", "--json")
    assert (answer.returncode, json.loads(answer.stdout)["tokens"]) == (0, 3), answer.stderr


@pytest.mark.slow
def test_what_cannot_be_uploaded_is_refused_before_anything_is_sent(
    hub: FakeHub, place: Path, three_projects: Path
) -> None:
    base = ("publish", "first", "--as", "adapter,gguf")
    unknown = plansmith(hub, place, *base, "--archive", three_projects, "--hub", "ana/first")
    assert "licence of tiny-llama is not known" in said(unknown)
    bare = plansmith(hub, place, *base, "--hub", "ana/first", "--licence", "apache-2.0")
    assert "--hub needs --archive" in said(bare)
    hub.put("model", "ana/open", {"README.md": b"mine"})
    public = plansmith(hub, place, *base, "--archive", three_projects, "--hub", "ana/open", "--licence", "apache-2.0")
    assert "ana/open is on the Hub already, and public" in said(public)
    assert (unknown.returncode, bare.returncode, public.returncode) == (2, 2, 2)
    assert not any(request.startswith(("PUT", "POST")) for request in hub.requests)


def gguf(architecture: bytes = b"llama") -> bytes:
    key, value = b"general.architecture", architecture
    text = struct.pack("<Q", len(key)) + key + struct.pack("<IQ", 8, len(value)) + value
    return b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text


def adapter(name: str = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", end: int = 16) -> bytes:
    head = json.dumps({name: {"dtype": "F32", "shape": [1, 4], "data_offsets": [0, end]}}).encode()
    return struct.pack("<Q", len(head)) + head + bytes(16)


def repository(**changed: Any) -> dict[str, bytes]:
    """A repository as publish makes it; `changed` replaces parts: story, config (dicts), adapter, gguf (bytes)."""
    story = {
        "base": {"name": "smollm2-135m", "licence": "Apache-2.0", "chat": "chatml"}, "recipe": RECIPE,
        "data": {"sha256": "0" * 64, "seed": 0, "train": {"project-01": "1" * 64}, "test": {"project-01": "2" * 64},
                 "rows": 1, "tokens": 1, "supervised": 1},
        "result": {"held_out_loss": [2.0], "held_out_steps": [0], "best_step": 0, "steps": 1}, "versions": {"torch": "2.13.0"},
    }  # fmt: skip
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj"]}
    return {
        "run.json": json.dumps(story | changed.get("story", {})).encode(),
        "adapter/adapter_config.json": json.dumps(config | changed.get("config", {})).encode(),
        "adapter/adapter_model.safetensors": changed.get("adapter", adapter()),
        "gguf/model-q8_0.gguf": changed.get("gguf", gguf()),
        "metrics.jsonl": changed.get("metrics", b'{"stage": "train", "step": 1, "loss": 2.0}\n'),
    }


def listed(files: dict[str, bytes], **hashes: str) -> dict[str, bytes]:
    found = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()} | hashes
    return files | {"plansmith.json": json.dumps({"format": 1, "run": "../../etc", "files": found}).encode()}


STORY = json.loads(repository()["run.json"])
HOSTILE = {
    "hash": (listed(repository(), **{"gguf/model-q8_0.gguf": "0" * 64}), "wrong SHA-256"),
    "unlisted": (repository() | {"plansmith.json": b'{"format": 1, "run": "x", "files": {}}'}, "lists no hash for"),
    "later": (listed(repository()) | {"plansmith.json": b'{"format": 2, "run": "x", "files": {}}'}, "form 2"),
    "bin": ({"pytorch_model.bin": b"\x80\x04", "config.json": b'{"auto_map": {"AutoModel": "evil.Model"}}', "evil.py": b"x"}, "is no run"),
    "architecture": (listed(repository(gguf=gguf(b"mamba"))), "no GGUF of a Llama"),
    "pickle": (listed(repository(adapter=b"\x80\x04\x95" + bytes(40))), "is damaged"),
    "tensor": (listed(repository(adapter=adapter("../../x"))), "no LoRA matrix"),
    "offsets": (listed(repository(adapter=adapter(end=1 << 40))), "no LoRA matrix"),
    "modules": (listed(repository(config={"target_modules": ["lm_head; rm"]})), "no linear layer"),
    "rank": (listed(repository(config={"r": 10**9})), "adapter_config.json is not what Plansmith writes"),
    "control": (listed(repository(story={"versions": {"torch": "\x1b[2J"}})), "run.json is not what Plansmith writes"),
    "names": (listed(repository(story={"data": STORY["data"] | {"train": {"../../x": "1" * 64}}})), "run.json is not what"),
    "recipe": (listed(repository(story={"recipe": RECIPE | {"rank": -1}})), "a recipe that is none"),
    "metrics": (listed(repository(metrics=b'{"loss": "<script>"}\n')), "is no line of losses"),
    "large": (listed(repository(metrics=b" " * 5_000_001)), "at most 5 MB are read"),
    "nogguf": ({p: d for p, d in listed(repository(story={"base": {"name": "dan/evil", "licence": "x", "chat": "chatml"}})).items()
                if "gguf" not in p}, "an id inside a download is not followed"),
}  # fmt: skip


@pytest.mark.slow
def test_hostile_repositories_leave_nothing_behind(hub: FakeHub, tmp_path: Path) -> None:
    for name, (files, _) in HOSTILE.items():
        hub.put("model", f"dan/{name}", files)
    # names that would lead out of a folder, code, pickles and links beside a run that is right: left where they are
    strange = {"../../escaped.json": b"x", "/etc/escaped": b"x", "adapter/../../up": b"x", "evil.py": b"x", "model.bin": b"\x80\x04",
               "adapter/adapter_config.json.lnk": b"/etc/passwd", "\x1b[31mred": b"x"}  # fmt: skip
    story = {"base": {"name": "/etc/evil", "licence": "x", "chat": "chatml", "source": "/etc"}}
    config = {
        "auto_mapping": {"base_model_class": "evil"},
        "base_model_name_or_path": "/etc/evil",
        "auto_map": "evil.py",
    }
    hub.put("model", "dan/odd", listed(repository(story=story, config=config)) | strange)
    code = (
        "from pathlib import Path\n"
        "from plansmith.errors import PlansmithError\n"
        "from plansmith.tuning.publish_pull import pull\n"
        f"for name in {[*HOSTILE, 'odd']!r}:\n"
        "    try: print(name, 'pulled', pull('dan/' + name, '', Path('runs')).left_aside)\n"
        "    except PlansmithError as error: print(name, ' '.join(str(error).split()))\n"
        "try: pull('dan/odd', '', Path('runs'), 'big', most_gb=1e-9)\n"
        "except PlansmithError as error: print(' '.join(str(error).split()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(hub, tmp_path), capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *told, odd, big = done.stdout.splitlines()
    for line, (name, (_, word)) in zip(told, HOSTILE.items(), strict=True):
        assert line.startswith(f"{name} "), line
        assert word in line, line
    assert odd.startswith("odd pulled ")
    assert "\\x1b[31mred" in odd
    assert "\x1b" not in odd
    assert "too large; nothing was downloaded" in big
    assert [p.name for p in (tmp_path / "runs").iterdir()] == ["odd"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["hf", "runs"]
    kept = json.loads((tmp_path / "runs" / "odd" / "run.json").read_text())
    assert kept["base"] == {"name": "--etc--evil", "licence": "x", "chat": "chatml"}
    peft = json.loads((tmp_path / "runs" / "odd" / "adapter" / "adapter_config.json").read_text())
    assert (peft["base_model_name_or_path"], "auto_mapping" in peft, "auto_map" in peft) == (None, False, False)
    asked = [r for r in hub.requests if "/resolve/" in r]
    assert not any(r.endswith((".bin", ".py", "escaped", ".lnk", "escaped.json")) for r in asked)
