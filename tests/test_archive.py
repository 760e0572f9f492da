"""Archives, text files and splits: what is read, what is refused and how."""

from pathlib import Path

import pytest

from plansmith.errors import InputError
from plansmith.sources.archive import read_archive
from plansmith.sources.read import decode, read_text
from plansmith.sources.split import split

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"


def project(folder: Path, name: str, brief: str = "Staff can print lists.", plan: str = "") -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "brief.md").write_text(brief)
    (folder / name / "plan.md").write_text(
        plan or "# P\n\n## Requirements\n\n- **R1** Staff can print lists.\n  - must · functional · S1\n"
    )


def test_the_sample_archive_is_whole() -> None:
    archive = read_archive(SAMPLES)
    assert len(archive.documents) == 16
    parts = split(archive)
    assert (len(parts.train), len(parts.test)) == (14, 2)


def test_no_sentence_stands_in_two_sample_plans() -> None:
    seen: dict[str, str] = {}
    for document in read_archive(SAMPLES).documents:
        plan = document.plan
        assert plan
        said = [*(r.text for r in plan.requirements), *(s.want for s in plan.stories), *(t.title for t in plan.tasks)]
        said += [
            *(r.event for r in plan.risks),
            *(q.text for q in plan.questions),
            *(d.context for d in plan.decisions),
        ]
        for text in said:
            assert seen.setdefault(text.lower(), document.name) == document.name, text


def test_the_hash_follows_the_content_not_the_place(tmp_path: Path) -> None:
    for place in ("a", "b"):
        project(tmp_path / place, "one")
        project(tmp_path / place, "two", "Guests can pay.")
    assert read_archive(tmp_path / "a").sha256 == read_archive(tmp_path / "b").sha256
    (tmp_path / "b" / "two" / "brief.md").write_text("Guests can pay later.")
    assert read_archive(tmp_path / "a").sha256 != read_archive(tmp_path / "b").sha256


def test_all_problems_of_all_projects_come_together(tmp_path: Path) -> None:
    project(tmp_path, "a", plan="# P\n\n## Requirements\n\n- **R1** x\n  - mustt · S1\n")
    project(tmp_path, "b")
    (tmp_path / "b" / "plan.md").unlink()
    project(tmp_path, "c", brief="\x00\x01")
    project(
        tmp_path, "d", plan="# P\n\n## Requirements\n\n- **R1** Staff can print lists.\n  - must · functional · S9\n"
    )
    with pytest.raises(InputError) as caught:
        read_archive(tmp_path)
    found = "\n".join(caught.value.problems)
    for part in (
        "a: plan.md: line",
        "b: no plan file",
        "c: ",
        "binary",
        "d: plan.md cites S9, but brief.md ends at S1",
    ):
        assert part in found


@pytest.mark.parametrize("make", [lambda p: None, lambda p: (p / "empty").mkdir(), lambda p: p.rmdir()])
def test_an_archive_without_pairs_is_refused(tmp_path: Path, make: object) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    make(folder)  # type: ignore[operator]
    with pytest.raises(InputError):
        read_archive(folder)


def test_split_is_seeded_names_test_projects_and_refuses_twins(tmp_path: Path) -> None:
    for number in range(8):
        project(tmp_path, f"p{number}", f"Staff can print {number + 2} lists.")
    archive = read_archive(tmp_path)
    assert split(archive, 3).test == split(archive, 3).test
    assert [d.name for d in split(archive, 0, ["p3", "p5"]).test] == ["p3", "p5"]
    with pytest.raises(InputError, match="No project named p9"):
        split(archive, 0, ["p9"])
    project(tmp_path, "twin", "Staff can print 5 lists.")
    with pytest.raises(InputError, match="same brief"):
        split(read_archive(tmp_path), 0, ["p3"])


def test_one_project_cannot_be_split(tmp_path: Path) -> None:
    project(tmp_path, "only")
    with pytest.raises(InputError, match="at least two"):
        split(read_archive(tmp_path))


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"PK\x03\x04x", "Word"), (b"%PDF-1.7", "PDF"), (b"{\\rtf1", "RTF"), (b"a\x00b", "binary"), (b"caf\xe9", "UTF-8")],
)
def test_what_is_no_text_is_named(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        decode(data, "brief.md")


def test_text_with_a_byte_order_mark_is_read() -> None:
    assert decode("\ufeffZiua bună".encode(), "x") == "Ziua bună"
    assert decode("Ziua bună".encode("utf-16"), "x") == "Ziua bună"


def test_folders_and_missing_files_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no.md"):
        with pytest.raises(InputError):
            read_text(path)
