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


def plansmith(hub: FakeHub, cwd: Path, *arguments: object, token: str = "hf_ana") -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
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
    assert "read as  brief/plan" in done.stdout
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
    broken = plansmith(hub, tmp_path, "import", "hub:dan/shops", "-o", "none", "--split", "train[:2]")
    assert broken.returncode == 2
    assert "the dataset dan/shops cannot be read: JSON parse error" in said(broken)
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
