"""Splits: by client, seeded, stable when the archive grows, and those of a proof."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plansmith.errors import InputError
from plansmith.plan import read_brief
from plansmith.sources.archive import Archive, Document, read_archive
from plansmith.sources.split import changed, client_key, clients, folds, leave_one_out, split

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"


def document(name: str, client: str = "", text: str = "") -> Document:
    return Document(name, read_brief(text or f"Staff can print list {name}."), None, f"Plan {name}", client or name)


def archive(*documents: Document) -> Archive:
    return Archive(Path("archive"), documents)


_SETS = st.dictionaries(st.text("abcdefgh0123", min_size=1, max_size=5), st.integers(0, 5), min_size=2, max_size=24)


def made(owners: dict[str, int]) -> Archive:
    return archive(*(document(name, f"client {owner}") for name, owner in sorted(owners.items())))


def test_the_samples_are_split_as_ever() -> None:
    parts = split(read_archive(SAMPLES))
    assert [d.name for d in parts.test] == ["02-physio-appointments", "06-hive-diary"]
    assert parts.notes == ()


@given(_SETS.filter(lambda owners: len(set(owners.values())) > 1), st.integers(0, 99))
def test_no_client_is_on_both_sides(owners: dict[str, int], seed: int) -> None:
    documents = made(owners)
    parts = split(documents, seed)
    assert parts.train
    assert parts.test
    assert {d.client for d in parts.train}.isdisjoint(d.client for d in parts.test)
    assert sorted(d.name for d in (*parts.train, *parts.test)) == sorted(owners)
    assert split(documents, seed) == parts


@given(st.sets(st.text("abcdefgh0123", min_size=1, max_size=5), min_size=3, max_size=30), st.integers(0, 9))
def test_a_document_that_joins_moves_at_most_one(names: set[str], seed: int) -> None:
    *rest, last = sorted(names)
    before = split(archive(*map(document, rest)), seed).as_dict()
    now = split(archive(*map(document, [*rest, last])), seed)
    change = changed(before, now)
    assert change.joined == (last,)
    assert change.left == ()
    assert len(change.to_train) + len(change.to_test) <= 1
    assert not changed(now.as_dict(), now)


def test_a_text_that_changes_moves_nothing() -> None:
    documents = [document(f"p{n}") for n in range(20)]
    before = split(archive(*documents))
    documents[0] = document("p0", text="Quite another brief.")
    assert not changed(before.as_dict(), split(archive(*documents)))


@given(_SETS.filter(lambda owners: len(set(owners.values())) > 1))
def test_each_client_is_left_out_once(owners: dict[str, int]) -> None:
    documents = made(owners)
    parts = list(leave_one_out(documents))
    assert len(parts) == len(set(owners.values()))
    assert sorted(d.name for p in parts for d in p.test) == sorted(owners)
    assert all(len({d.client for d in p.test}) == 1 for p in parts)


@given(_SETS, st.integers(2, 6), st.integers(0, 9))
def test_folds_hold_out_everything_once(owners: dict[str, int], k: int, seed: int) -> None:
    documents = made(owners)
    if k > len(set(owners.values())):
        with pytest.raises(InputError, match="folds cannot be made"):
            list(folds(documents, k, seed))
        return
    parts = list(folds(documents, k, seed))
    assert len(parts) == k
    assert sorted(d.name for p in parts for d in p.test) == sorted(owners)
    assert all({d.client for d in p.train}.isdisjoint(d.client for d in p.test) for p in parts)
    assert [p.test for p in parts] == [p.test for p in folds(documents, k, seed)]


def test_clients_and_documents_can_be_named() -> None:
    documents = archive(document("a1", "Acme Ltd."), document("a2", "ACME  ltd"), document("b"), document("c"))
    by_client = split(documents, test=["acme ltd"])
    assert [d.name for d in by_client.test] == ["a1", "a2"]
    assert by_client.notes == ()
    by_name = split(documents, test=["a1", "b"])
    assert [d.name for d in by_name.test] == ["a1", "a2", "b"]
    assert by_name.notes == ("a2 of the client Acme Ltd. is held out with the named projects",)
    with pytest.raises(InputError, match="none is left"):
        split(documents, test=["a1", "b", "c"])
    with pytest.raises(InputError) as caught:
        split(documents, test=["Acme Ltb."])
    assert caught.value.problems[0] == "Acme Ltb.: did you mean Acme Ltd.?"


def test_one_client_cannot_be_split() -> None:
    with pytest.raises(InputError, match=r"All 2 projects .* one client \(Acme\)"):
        split(archive(document("a", "Acme"), document("b", "acme")))
    with pytest.raises(InputError, match="one client"):
        list(leave_one_out(archive(document("a", "Acme"), document("b", "acme"))))


def test_clients_are_the_same_in_spite_of_case_accents_and_marks() -> None:
    assert client_key("Știință S.R.L.") == client_key("STIINTA  s r l")
    assert client_key("???") == "???"
    assert len(clients([document("a", "X"), document("b", "x."), document("c", "y")])) == 2


def test_what_a_run_keeps_of_its_split_names_no_client() -> None:
    documents = archive(document("a", "Acme"), document("b", "Beta"))
    kept = split(documents, test=["Beta"]).as_dict()
    assert kept["archive_sha256"] == documents.sha256
    assert list(kept["train"]) == ["a"]
    assert kept["test"] == {"b": documents.documents[1].sha256}
    assert kept["named"] == ["Beta"]
    assert "Acme" not in str(kept)


def test_the_archives_hash_follows_the_split() -> None:
    documents = archive(document("a"), document("b"))
    other = archive(documents.documents[0], replace(documents.documents[1], plan_text="Another plan"))
    assert split(documents).archive != split(other).archive
