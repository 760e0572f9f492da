"""The command line: help, refusals with their exit codes, and nothing half-written."""

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"


def plansmith(*arguments: object, cwd: Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plansmith", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("command", ["demo", "check", "train", "runs", "plan", "ask", "doctor"])
def test_every_command_explains_itself_with_an_example(command: str, tmp_path: Path) -> None:
    done = plansmith(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "Example: plansmith" in " ".join(done.stdout.split())


def test_help_imports_neither_torch_nor_pydantic(tmp_path: Path) -> None:
    code = "import sys; sys.argv = ['plansmith', '--help']\ntry:\n from plansmith.cli.app import main; main()\nexcept SystemExit: pass\nprint({'torch', 'pydantic', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip().endswith("set()")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["plan", "no.md"], 3, "There is no tuned model"),
        (["plan", "empty.md", "--base", "smollm2-135m"], 2, "No requirement was found"),
        (["plan", "binary.md", "--base", "smollm2-135m"], 2, "binary file"),
        (["plan", "ok.md", "--run", "nosuch"], 3, "no run named 'nosuch'"),
        (["plan", "ok.md", "-o", "plan.docx"], 2, "neither"),
        (["plan", "ok.md", "--run", "a", "--base", "b"], 2, "not both"),
        (["check", "empty"], 2, "holds no projects"),
        (["check", "nowhere"], 2, "no archive at nowhere"),
        (["train", "empty"], 2, "holds no projects"),
        (["train", SAMPLES, "--epochs", "0", "--rank", "9999"], 2, "rank = 9999"),
        (["train", SAMPLES, "--base", "lama-2-7b"], 2, "Did you mean llama-2-7b"),
        (["train", SAMPLES, "--name", "../x"], 2, "cannot name a run"),
        (["ask", "Hi", "--tokens", "0", "--temperature", "9"], 2, "--temperature 9"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_message_and_a_code(arguments: list[object], code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "binary.md").write_bytes(b"\x00\x01\x02")
    (tmp_path / "ok.md").write_text("Staff can print lists.")
    before = sorted(p.name for p in tmp_path.rglob("*"))
    done = plansmith(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert sorted(p.name for p in tmp_path.rglob("*")) == before


def test_a_finished_plan_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("mine")
    (tmp_path / "ok.md").write_text("Staff can print lists.")
    done = plansmith("plan", "ok.md", "-o", "plan.md", "--base", "smollm2-135m", cwd=tmp_path)
    assert done.returncode == 2
    assert (tmp_path / "plan.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("[train]\nlearning-rat = 1\n", "learning-rate"),
        ("[trian]\nrank = 8\n", "Did you mean [train]"),
        ("[train\n", "not valid TOML"),
    ],
)
def test_a_wrong_key_in_the_settings_file_is_named(settings: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "plansmith.toml").write_text(settings)
    done = plansmith("train", SAMPLES, cwd=tmp_path)
    assert done.returncode != 0
    assert said in " ".join((done.stdout + done.stderr).replace("│", " ").split())


def test_doctor_knows_machine_packages_and_bases(tmp_path: Path) -> None:
    done = plansmith("doctor", cwd=tmp_path)
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("Machine", "xllamacpp", "smollm2-135m", "llama-2-70b"))
