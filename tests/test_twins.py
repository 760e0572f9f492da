"""Equal and nearly equal projects: found, blocked across a split, warned of within."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plansmith.errors import InputError
from plansmith.plan import read_brief
from plansmith.sources.archive import Archive, Document, read_archive
from plansmith.sources.split import leave_one_out, split
from plansmith.sources.twins import ALIKE, find_twins, likeness, runs_of_words

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"
BRIEF = (SAMPLES / "01-bakery-preorders" / "brief.md").read_text(encoding="utf-8")
WORDS = tuple(f"{a}{b}{c}" for a in "bdfgklmn" for b in "aeiou" for c in ("rt", "n", "lk", "st"))


def document(name: str, brief: str, plan: str = "", client: str = "") -> Document:
    return Document(name, read_brief(brief), None, plan or f"Plan of {name}", client or name)


def text(seed: int, length: int = 150) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=length))


def altered(said: str, share: float) -> str:
    rng = random.Random(7)
    return " ".join(rng.choice(WORDS) if rng.random() < share else word for word in said.split())


def archive(*documents: Document) -> Archive:
    return Archive(Path("archive"), documents)


def test_the_sample_projects_are_no_twins() -> None:
    assert find_twins(read_archive(SAMPLES).documents) == ()


def test_copies_are_found_whatever_their_case_accents_and_line_ends() -> None:
    copy = BRIEF.upper().replace("\n\n", "\r\n\r\n  ")
    (twin,) = find_twins([document("a", BRIEF), document("b", copy)])
    assert (twin.first, twin.second, twin.what, twin.likeness) == ("a", "b", "brief", 1.0)
    assert str(twin) == "b has the brief of a"


@pytest.mark.parametrize(("share", "found"), [(0.0, True), (0.05, True), (0.1, True), (0.5, False)])
def test_reworded_copies_are_found(share: float, found: bool) -> None:
    first = text(1)
    assert bool(find_twins([document("a", first), document("b", altered(first, share))])) is found


def test_plans_are_compared_too() -> None:
    plan = text(2)
    (twin,) = find_twins([document("a", text(3), plan), document("b", text(4), altered(plan, 0.05))])
    assert twin.what == "plan"
    assert str(twin).startswith("the plan of b is ")


def test_short_texts_count_only_when_equal() -> None:
    assert find_twins([document("a", "Staff can print lists."), document("b", "Staff can print lists!")]) == ()
    assert len(find_twins([document("a", "Staff can print lists."), document("b", "Staff can  print lists.")])) == 1
    assert find_twins([document("a", text(1), "A plan"), document("b", text(2), "A plan")]) == ()


def test_twins_across_block_and_within_are_noted() -> None:
    said = text(5)
    documents = archive(document("a", said), document("b", altered(said, 0.05)), document("c", text(6)))
    with pytest.raises(InputError) as caught:
        split(documents, test=["b"])
    assert "the brief of b is " in caught.value.problems[0]
    assert caught.value.problems[-1] == "give a and b one client in archive.yaml, or leave one of them out"
    (note,) = split(documents, test=["c"]).notes
    assert note.endswith("both are learned from")
    with pytest.raises(InputError):
        list(leave_one_out(documents))
    same = archive(
        *(document(d.name, d.brief.text, client="one" if d.name in "ab" else "") for d in documents.documents)
    )
    assert len(list(leave_one_out(same))) == 2


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 0.4), st.integers(30, 300))
def test_what_is_found_is_alike_and_what_is_well_alike_is_found(seed: int, share: float, length: int) -> None:
    first = text(seed, length)
    second = altered(first, share)
    exact = likeness(runs_of_words(first), runs_of_words(second))
    found = find_twins([document("a", first), document("b", second)])
    assert all(t.likeness == exact >= ALIKE["brief"] for t in found)
    if exact >= ALIKE["brief"] + 0.1:
        assert found


@given(st.text(max_size=200), st.text(max_size=200))
def test_likeness_is_between_none_and_all(first: str, second: str) -> None:
    a, b = runs_of_words(first), runs_of_words(second)
    assert 0 <= likeness(a, b) == likeness(b, a) <= 1
    assert likeness(a, a) == 1


def test_two_hundred_documents_take_seconds() -> None:
    documents = [document(str(n), text(n, 700), text(1000 + n, 1200)) for n in range(200)]
    started = time.perf_counter()
    assert find_twins(documents) == ()
    assert time.perf_counter() - started < 20
