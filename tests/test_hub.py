"""The Hub, through the real client library against a fake Hub on loopback."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakehub import FakeHub

from plansmith.errors import InputError
from plansmith.sources.archive import read_archive
from plansmith.sources.hub import HubId, hub_id

pytest.importorskip("huggingface_hub")
pytest.importorskip("datasets")

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub() as running:
        yield running


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    for n, shop in enumerate(("bakery", "garage", "florist")):
        folder = tmp_path / "archive" / shop
        folder.mkdir(parents=True)
        (folder / "brief.md").write_text(f"# Shop {n}\n\nWe run a {shop}.\r\nCustomers must order online.  \n")
        (folder / "plan.md").write_text(f"# Plan\n\n- Order page for the {shop}: {n + 3} h\n")
    return tmp_path / "archive"


def outside() -> dict[str, str]:
    """The environment without what this process told the Hub's client."""
    return {k: v for k, v in os.environ.items() if not k.startswith("HF_")}


def plansmith(hub: FakeHub, cwd: Path, *arguments: object, token: str = "hf_ana") -> subprocess.CompletedProcess[str]:
    environment = outside()
    environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(cwd / "hf"), "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": token}
    command = [sys.executable, "-m", "plansmith", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=180)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def said(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hub:ana/plans", HubId("ana/plans")),
        ("hub:ana/plans@v1", HubId("ana/plans", "v1")),
        ("hf://datasets/ana/plans", HubId("ana/plans")),
        ("https://huggingface.co/datasets/ana/plans/tree/main", HubId("ana/plans", "main")),
        ("ana/plans", None),
        ("data.jsonl", None),
    ],
)
def test_only_what_is_called_a_hub_dataset_is_one(text: str, found: HubId | None) -> None:
    assert hub_id(text) == found


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="names no dataset"):
        hub_id("hub:../../etc")


@pytest.mark.slow
def test_pushed_then_imported_is_the_same_archive(hub: FakeHub, archive: Path, tmp_path: Path) -> None:
    done = plansmith(hub, tmp_path, "push-dataset", "archive", "ana/plans", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["private"], told["documents"], told["personal"]) == (True, 3, {})
    assert hub.repos["dataset", "ana/plans"].private
    files = hub.files("dataset", "ana/plans")
    card = files["README.md"].decode()
    assert card.startswith("---\npretty_name:")
    assert "none was found" in card
    assert str(tmp_path) not in card + files["data/train.jsonl"].decode()
    done = plansmith(hub, tmp_path, "import", "hub:ana/plans", "-o", "back")
    assert done.returncode == 0, done.stderr
    assert "read as  prompt/completion" in done.stdout
    one, two = read_archive(archive), read_archive(tmp_path / "back")
    assert [(d.name, d.brief.text, d.plan_text) for d in one.documents] == [
        (d.name, d.brief.text, d.plan_text) for d in two.documents
    ]
    assert two.documents[0].provenance is not None
    assert two.documents[0].provenance.revision == told["commit"]
    # once more: nothing has changed, so there is no new commit, and nothing is imported twice
    assert (
        json.loads(plansmith(hub, tmp_path, "push-dataset", "archive", "ana/plans", "--json").stdout)["commit"]
        == told["commit"]
    )
    assert (
        "0 projects written, 3 there already"
        in plansmith(hub, tmp_path, "import", "hub:ana/plans", "-o", "back").stdout
    )


@pytest.mark.slow
def test_revisions_splits_and_wrong_rows(hub: FakeHub, tmp_path: Path) -> None:
    def rows(mark: str, wrong: str = "") -> bytes:
        made = [json.dumps({"prompt": f"We are shop {mark}{n}.", "completion": f"Plan {n}."}) for n in range(3)]
        return "\n".join([*made, *([wrong] if wrong else [])]).encode()

    first = hub.put("dataset", "dan/shops", {"train.jsonl": rows("old")})
    hub.put("dataset", "dan/shops", {"train.jsonl": rows("new", "{broken"), "test.jsonl": rows("test")})
    hub.repos["dataset", "dan/shops"].tags["v1"] = first
    new = plansmith(hub, tmp_path, "import", "hub:dan/shops", "-o", "new", token="")
    assert new.returncode == 2
    assert "row 4: not valid JSON" in new.stdout
    assert "3 projects written" in new.stdout
    old = plansmith(hub, tmp_path, "import", "hub:dan/shops@v1", "-o", "old")
    assert old.returncode == 0, old.stderr
    assert read_archive(tmp_path / "old").documents[0].brief.text == "We are shop old0."
    assert json.loads((tmp_path / "old" / "shops-0001" / "provenance.json").read_text())["revision"] == first
    test = plansmith(hub, tmp_path, "import", "hub:dan/shops", "-o", "test", "--split", "test")
    assert read_archive(tmp_path / "test").documents[0].brief.text == "We are shop test0."
    assert test.returncode == 0
    part = plansmith(hub, tmp_path, "import", "hub:dan/shops@v1", "-o", "part", "--split", "train[:2]")
    assert "2 projects written" in part.stdout, part.stderr
    last = plansmith(hub, tmp_path, "import", "hub:dan/shops", "-o", "last", "--split", "train[-1:]")
    assert (last.returncode, "1 project written" in last.stdout) == (0, True), last.stdout
    odd = plansmith(hub, tmp_path, "import", "hub:dan/shops", "-o", "odd", "--split", "train[:x]")
    assert (odd.returncode, "train[:x]" in said(odd)) == (2, True), odd.stderr
    whole = plansmith(hub, tmp_path, "import", "hub:dan/shops", "-o", "whole", "--split", "train[:2]")
    assert (whole.returncode, "2 projects written" in whole.stdout) == (0, True), whole.stdout
    hub.put("dataset", "dan/folders", {"data.zip": b"PK, but no archive"})
    broken = plansmith(hub, tmp_path, "import", "hub:dan/folders", "-o", "none")
    assert broken.returncode == 2
    assert "the dataset dan/folders cannot be read: " in said(broken)
    none = plansmith(hub, tmp_path, "import", "hub:dan/shops", "-o", "none", "--split", "dev")
    assert none.returncode == 2
    assert "has no split dev; it has" in said(none)
    gone = plansmith(hub, tmp_path, "import", "hub:dan/shops", "-o", "none", "--revision", "v9")
    assert "no such revision" in said(gone)
    assert not any("telemetry" in request for request in hub.requests)


@pytest.mark.slow
def test_private_and_missing_datasets_are_told_plainly(hub: FakeHub, tmp_path: Path) -> None:
    hub.put("dataset", "dan/secret", {"train.jsonl": b'{"brief": "We sell.", "plan": "x"}'}, private=True)
    for name in ("dan/secret", "dan/nothing"):
        done = plansmith(hub, tmp_path, "import", f"hub:{name}", "-o", "a")
        assert done.returncode == 2
        assert "or it is private; then set HF_TOKEN" in said(done)
    assert not (tmp_path / "a").exists()
    hub.put("dataset", "dan/odd", {"train.jsonl": b'{"q": "We sell.", "a": "x"}'})
    assert "hub:dan/odd (train) has the columns q, a" in said(
        plansmith(hub, tmp_path, "import", "hub:dan/odd", "-o", "a")
    )


@pytest.mark.slow
def test_a_hub_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    with FakeHub() as gone:
        pass
    done = plansmith(gone, tmp_path, "import", "hub:dan/shops", "-o", "a")
    assert done.returncode == 3
    assert "cannot be reached" in said(done)


def test_personal_data_stop_a_push_before_any_traffic(hub: FakeHub, archive: Path, tmp_path: Path) -> None:
    (archive / "bakery" / "plan.md").write_text("# Plan\n\nAsk maria.pop@example.com for the logo: 2 h\n")
    done = plansmith(hub, tmp_path, "push-dataset", "archive", "ana/plans")
    assert done.returncode == 2
    assert "bakery: 1 email" in said(done)
    assert "maria" not in done.stderr
    assert hub.requests == []
    done = plansmith(hub, tmp_path, "push-dataset", "archive", "ana/plans", "--allow-personal-data")
    assert done.returncode == 0, done.stderr
    assert "1 email" in hub.files("dataset", "ana/plans")["README.md"].decode()


def test_a_public_dataset_is_not_filled_by_accident(hub: FakeHub, archive: Path, tmp_path: Path) -> None:
    hub.put("dataset", "ana/plans", {"README.md": b"# My own card"})
    done = plansmith(hub, tmp_path, "push-dataset", "archive", "ana/plans")
    assert done.returncode == 2
    assert "already, and public" in said(done)
    assert list(hub.files("dataset", "ana/plans")) == ["README.md"]
    done = plansmith(hub, tmp_path, "push-dataset", "archive", "ana/plans", "--public")
    assert "left as it is" in done.stdout
    assert "the column client with 3 names" in done.stdout
    assert hub.files("dataset", "ana/plans")["README.md"] == b"# My own card"
    assert b"bakery" in hub.files("dataset", "ana/plans")["data/train.jsonl"]


@pytest.mark.parametrize(
    ("name", "token", "code", "words"),
    [
        ("ana/plans", "", 2, "HF_TOKEN"),
        ("ana/plans", "hf_wrong", 2, "HF_TOKEN"),
        ("dan/plans", "hf_ana", 2, "403"),
        ("plans", "hf_ana", 2, "cannot name a dataset"),
    ],
)
def test_a_push_that_may_not_be_is_refused(
    name: str, token: str, code: int, words: str, hub: FakeHub, archive: Path, tmp_path: Path
) -> None:
    done = plansmith(hub, tmp_path, "push-dataset", "archive", name, token=token)
    assert (done.returncode, words in said(done)) == (code, True), done.stderr
    assert hub.repos == {}


def test_a_failing_hub_is_told_and_the_next_try_succeeds(hub: FakeHub, archive: Path, tmp_path: Path) -> None:
    hub.fail = [("/commit/", 500)]
    done = plansmith(hub, tmp_path, "push-dataset", "archive", "ana/plans")
    assert done.returncode == 3
    assert "HTTP 500" in said(done)
    assert plansmith(hub, tmp_path, "push-dataset", "archive", "ana/plans").returncode == 0


def test_large_files_go_by_lfs(archive: Path, tmp_path: Path) -> None:
    with FakeHub(lfs_from=100) as hub:
        done = plansmith(hub, tmp_path, "push-dataset", "archive", "ana/plans")
        assert done.returncode == 0, done.stderr
        assert "data/train.jsonl" in hub.repos["dataset", "ana/plans"].lfs
        assert any(request.startswith("PUT /_lfs/") for request in hub.requests)


@pytest.mark.slow
def test_cards_that_name_foreign_files_are_refused(hub: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("prompt,completion\nlocal,secret\n")
    secret = tmp_path / "secret.csv"
    foreign = (str(secret), f"file://{secret}", f"zip://secret.csv::{secret}", f"{hub.url}/x.csv", f"../../../..{secret}", "hf://datasets/dan/x/a.csv", "C:\\secret.csv")  # fmt: skip
    shapes = tuple({"path": [path, "a.csv"]} for path in foreign)
    files = [[{"split": "train", **shape}] for shape in shapes] + [{"train": [foreign[0]]}, foreign[0]]
    for n, said_of in enumerate(files):
        front = json.dumps({"configs": [{"config_name": "default", "data_files": said_of}]})
        hub.put(
            "dataset",
            f"dan/evil-{n}",
            {"README.md": f"---\n{front}\n---\n".encode(), "a.csv": b"prompt,completion\nours,plan\n"},
        )
    environment = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}
    code = (
        "from plansmith.errors import InputError\n"
        "from plansmith.sources.hub import hub_id, read_hub\n"
        f"for n in range({len(files)}):\n"
        "    try: print(n, 'read', [p.brief for p in read_hub(hub_id(f'hub:dan/evil-{n}')).table.pairs])\n"
        "    except InputError as error: print(error.message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=outside() | environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        f"The card of dan/evil-{n} names files that are not its own, so it is not read:" for n in range(len(files))
    ]


@pytest.mark.slow
def test_large_datasets_are_refused_before_they_are_downloaded(hub: FakeHub, tmp_path: Path) -> None:
    hub.put("dataset", "dan/large", {"train.jsonl": b'{"brief": "We sell.", "plan": "x"}\n' * 9})
    code = (
        "from plansmith.sources import hub\n"
        "hub.MAX_BYTES = 100\n"
        "try: hub.read_hub(hub.HubId('dan/large'))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    environment = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=outside() | environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("InputError dan/large is 0 MB in 1 files; at most 0 MB are read")
    assert not any("/resolve/" in request and request.startswith("GET") for request in hub.requests)


def test_a_folder_of_the_dataset_s_name_is_not_taken_for_it(hub: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "dan" / "shops").mkdir(parents=True)
    done = plansmith(hub, tmp_path, "import", "hub:dan/shops", "-o", "a")
    assert done.returncode == 2
    assert "There is a folder dan/shops here" in said(done)
    assert hub.requests == []


@pytest.mark.slow
def test_the_fake_hub_keeps_models_as_the_real_one(hub: FakeHub, tmp_path: Path) -> None:
    """Models are published in another room; here the protocol is tried: LFS, resuming, tags, trees, ranges."""
    folder = tmp_path / "model"
    (folder / "gguf").mkdir(parents=True)
    (folder / "adapter.safetensors").write_bytes(bytes(range(256)) * 4_000)
    (folder / "gguf" / "model.gguf").write_bytes(b"GGUF" * 1_000)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Model\n")
    code = f"""
import sys
from pathlib import Path
from huggingface_hub import HfApi, snapshot_download, hf_hub_download
from huggingface_hub.errors import RepositoryNotFoundError
api = HfApi()
api.create_repo("ana/model", private=True)
first = api.upload_folder(folder_path={str(folder)!r}, repo_id="ana/model", commit_message="first")
Path({str(folder)!r}, "README.md").write_text("changed")
second = api.upload_folder(folder_path={str(folder)!r}, repo_id="ana/model")
api.create_tag("ana/model", tag="v1", revision=first.oid)
api.create_branch("ana/model", branch="try")
old = snapshot_download("ana/model", revision="v1", local_dir={str(tmp_path / "old")!r})
new = snapshot_download("ana/model", allow_patterns=["*.md", "gguf/*"], local_dir={str(tmp_path / "new")!r})
print([f.path for f in api.list_repo_tree("ana/model", recursive=True)])
print(api.model_info("ana/model", revision="v1").sha == first.oid, api.model_info("ana/model").private)
print(sorted(r.name for r in api.list_repo_refs("ana/model").branches))
api.delete_file("gguf/model.gguf", "ana/model")
print(sorted(api.list_repo_files("ana/model")))
try: HfApi(token="hf_dan").model_info("ana/model")
except RepositoryNotFoundError: print("hidden")
"""
    environment = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "hf_ana"}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], env=outside() | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    tree, same, branches, files, hidden = done.stdout.splitlines()
    assert tree == "['.gitattributes', 'README.md', 'adapter.safetensors', 'gguf', 'gguf/model.gguf']"
    assert (same, branches, hidden) == ("True True", "['main', 'try']", "hidden")
    assert files == "['.gitattributes', 'README.md', 'adapter.safetensors']"
    assert (tmp_path / "old" / "adapter.safetensors").read_bytes() == (folder / "adapter.safetensors").read_bytes()
    assert "apache-2.0" in (tmp_path / "old" / "README.md").read_text()
    assert (tmp_path / "new" / "README.md").read_text() == "changed"
    assert not (tmp_path / "new" / "adapter.safetensors").exists()
    assert sum(request.startswith("PUT /_lfs/") for request in hub.requests) == 2
