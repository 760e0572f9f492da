"""The benchmark holds together: a perfect plan passes everything, planted faults do not, a list is read."""

import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parent.parent / "bench" / "plans"
sys.path.insert(0, str(BENCH))

from benchmark import NONE, TYPES, Reference, kappa, read_all, read_pass, score  # noqa: E402
from run import read_list  # noqa: E402

from plansmith.plan import Plan  # noqa: E402


@pytest.fixture(scope="module")
def references() -> dict[str, Reference]:
    return read_all()


def plan_of(reference: Reference, everything: bool = False, texts: dict[str, str] | None = None) -> Plan:
    """A plan in the client's own words: what is required, or every sentence."""
    items = []
    for s in reference.brief.sentences:
        if everything or s.id in reference.wanted:
            kind, priority = reference.wanted.get(s.id, ("functional", "must"))
            text = (texts or {}).get(s.id, s.text)
            items.append({"id": f"R{len(items) + 1}", "text": text, "kind": kind, "priority": priority,
                          "origin": "stated", "source": [s.id]})  # fmt: skip
    asked = [t["together"] for t in reference.traps if "together" in t]
    questions = [{"id": f"Q{n}", "text": "Which of them?", "source": both} for n, both in enumerate(asked, 1)]
    said = {"title": "x", "language": reference.brief.language, "requirements": items}
    return Plan.model_validate(said if everything else {**said, "questions": questions})


def test_twelve_briefs_in_two_languages_with_traps_of_every_type(references: dict[str, Reference]) -> None:
    assert sorted(r.brief.language for r in references.values()) == ["en"] * 9 + ["ro"] * 3
    assert {t["type"] for r in references.values() for t in r.traps} == set(TYPES)
    assert all(r.required and len(r.traps) >= 3 for r in references.values())


def test_the_clients_own_words_pass_everything(references: dict[str, Reference]) -> None:
    for reference in references.values():
        found = score(reference, plan_of(reference))
        assert [t for t in found.traps if not t[2]] == [], reference.name
        for name in ("recall", "precision", "f1", "kind", "priority", "numbers", "names", "dates"):
            assert found.values[name] == 1.0, (reference.name, name)


def test_a_plan_that_takes_everything_falls_into_traps(references: dict[str, Reference]) -> None:
    for reference in references.values():
        found = score(reference, plan_of(reference, everything=True))
        assert found.values["recall"] == 1.0
        assert found.values["precision"] < 1
        lost = {kind for kind, _, passed in found.traps if not passed}
        assert {t["type"] for t in reference.traps if t.get("not_required") or "together" in t} - {"excluded"} <= lost
        assert score(reference, None).values["traps"] == 0
        empty = Plan(title="x", language=reference.brief.language)  # type: ignore[arg-type]
        assert not any(passed for *_, passed in score(reference, empty).traps)


@pytest.mark.parametrize(
    ("name", "sentence", "text", "kind"),
    [
        ("funeral-home", "S5", "A family receives an automatic message on the anniversary of a death.", "negation"),
        ("language-school", "S8", "Groups hold up to 126 students.", "number"),
        ("fish-auction", "S9", "The statement adds a levy of 15 % and 20 % VAT.", "number"),
    ],
)
def test_a_turned_meaning_is_seen(
    references: dict[str, Reference], name: str, sentence: str, text: str, kind: str
) -> None:
    found = score(references[name], plan_of(references[name], texts={sentence: text}))
    assert [(k, s) for k, s, passed in found.traps if not passed] == [(kind, sentence)]


def test_a_models_own_list_is_read(references: dict[str, Reference]) -> None:
    text = "Here it is:\n- S3 must functional: At most 5 packets.\nS99 must functional: no\n2. S2 Could Quality: See stock\nquestion S2 S3: which?\n"
    plan = read_list(text, references["seed-library"].brief)
    assert [(r.source, r.priority, r.kind, r.text) for r in plan.requirements] == [
        (("S3",), "must", "functional", "At most 5 packets."),
        (("S2",), "could", "quality", "See stock"),
    ]
    assert plan.questions[0].source == ("S2", "S3")


def test_kappa(references: dict[str, Reference]) -> None:
    assert kappa("aabb", "aabb") == 1.0
    assert kappa(list("yyyyyynnnn"), list("yyyynnnnyn")) == pytest.approx(0.4, abs=0.01)
    first = read_pass(BENCH / "passes" / "first.yaml", references)
    assert len(first) == sum(len(r.brief.sentences) for r in references.values())
    assert first["seed-library", "S1"] == (NONE, NONE)
