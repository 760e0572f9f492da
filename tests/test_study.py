"""The prompt study: a balanced design, effects that were planted are found, and a study that was stopped goes on."""

import json
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from plansmith import prompts
from plansmith.errors import InputError
from plansmith.plan import read_brief
from plansmith.proof.arms import Arm
from plansmith.proof.effects import as_markdown, claimed, find, measure, valid, verdicts
from plansmith.proof.study import Answer, Asked, Study, Told, ask_all, read_told
from plansmith.proof.wordings import FACTORS, Condition, conditions
from plansmith.tuning.bases import CHATML, spell
from plansmith.tuning.runs import Run
from plansmith.writing.engine import Completion, EngineError, OnText, Request

BENCH = Path(__file__).parent.parent / "bench" / "plans"
TEXTS = [f"We are shop {n}. Customers can order bread {n}. The baker must see a list of {n} cakes." for n in range(8)]


def told() -> tuple[Told, ...]:
    return tuple(Told(f"b{n}", read_brief(text), frozenset({"S2", "S3"}), "cues") for n, text in enumerate(TEXTS))


class Says:
    """Repeats the client's sentence; in the right form only where the instruction is a strong one."""

    chat, slots, identity = CHATML, 1, "says"

    def __init__(self, most: int = 10**9) -> None:
        self.left = most

    def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        self.left -= 1
        if self.left < 0:
            raise EngineError("the engine died")
        assert not request.grammar
        last = request.prompt.rsplit("<|im_start|>user\n", 1)[-1]
        said = last.split('"')[1]
        form = "must functional: " if "must write only" in last else ""
        return Completion(form + said, 30 if "In other words" in last else 20, True)

    def close(self) -> None: ...


RUN = Run(Path("runs/r"), {"data": {"sha256": "0" * 64}})


@pytest.mark.parametrize(("design", "size"), [("half", 12), ("full", 24)])
def test_the_design_is_balanced(design: str, size: int) -> None:
    default, *cells = conditions(design)  # type: ignore[arg-type]
    assert default.levels == ()
    assert len({c.name for c in cells}) == len(cells) == size
    for one, other in combinations(FACTORS, 2):
        pairs = Counter((c.level(one), c.level(other)) for c in cells)
        assert len(set(pairs.values())) == 1
        assert len(pairs) == len(FACTORS[one]) * len(FACTORS[other])


def test_a_wording_differs_in_nothing_but_its_levels() -> None:
    sentence = read_brief(TEXTS[0]).sentences[1]
    own = Condition(()).messages(sentence, None)
    assert own == (prompts.system(), prompts.sentence_step(sentence))  # what tuned models have learned
    texts = {c.name: spell(c.messages(sentence, None), CHATML)[0] for c in conditions("full")}
    assert len(set(texts.values())) == 25
    for c in conditions("full")[1:]:
        text = c.instruction
        assert ("In other words" in text) == (c.level("repeat") == "repeated")
        assert ("You must" in text) == (c.level("strength") == "strong")
        assert ("colon" in text) == (c.level("wording") == "detailed")
        assert ("<|im_start|>system" in texts[c.name]) == (c.level("system") != "none")


def test_what_an_answer_claims_and_whether_it_is_valid() -> None:
    assert claimed("must functional: A can b.\nshould quality: c") == ["A can b.", "c"]
    assert claimed("Not a requirement.") == claimed("") == []
    assert claimed("The app lets people pay.") == ["The app lets people pay."]
    assert valid(Answer("S1", "not a requirement", 3, True))
    assert valid(Answer("S1", "must functional: Pay by card.", 9, True))
    assert not valid(Answer("S1", "must functional: Pay by card.", 9, False))
    assert not valid(Answer("S1", "Sure!\nmust functional: Pay by card.", 9, True))
    (one, *_) = told()
    asked = Asked("base", "x", "b0", 0, (
        Answer("S1", "not a requirement", 4, True),
        Answer("S2", "must functional: Customers can order bread 0.", 10, True),
        Answer("S3", "must functional: The baker must not see a list.", 10, True),
    ))  # fmt: skip
    assert measure(asked, one) == {"validity": 1, "length": 8, "coverage": 1, "restraint": 1, "fidelity": 0.5}


def opened(engine: Says) -> object:
    def opener(arm: Arm, run: Run, at_once: int) -> Says:
        return engine

    return opener


def test_planted_effects_are_found_and_no_others(tmp_path: Path) -> None:
    study = Study(told(), ("base",))
    assert study.requests == 8 * 3 * 13
    asked = ask_all(study, RUN, tmp_path, 4, lambda _: None, opened(Says()))  # type: ignore[arg-type]
    found = find(study, asked, {"n": 8})
    sure = {(e.factor, e.level, e.measure): round(e.pair.mean, 3) for e in found.effects if e.sure}
    assert sure == {("strength", "strong", "validity"): 1.0, ("repeat", "repeated", "length"): 10.0}
    assert verdicts(found)[0] == "base, wording general rather than detailed: no effect that is sure."
    assert "| strength: strong − plain |" in as_markdown(found)
    assert json.loads(json.dumps(found.as_dict()))["effects"]
    assert found.means["base", "default", "coverage"] == 1.0
    assert all(q <= 1 for *_, q in found.against)


def test_a_study_that_was_stopped_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    study = Study(told()[:2], ("base",))
    with pytest.raises(EngineError):
        ask_all(study, RUN, tmp_path / "a", 1, lambda _: None, opened(Says(20)))  # type: ignore[arg-type]
    lines = (tmp_path / "a" / "answers.jsonl").read_text("utf-8")
    assert 2 < lines.count("\n") < 10
    (tmp_path / "a" / "answers.jsonl").write_text(lines[:-40], "utf-8")  # and its last line was cut off
    rest = Says()
    there = lines.count("\n") - 2
    ask_all(study, RUN, tmp_path / "a", 1, lambda _: None, opened(rest))  # type: ignore[arg-type]
    assert 10**9 - rest.left == study.requests - 3 * there
    whole = ask_all(study, RUN, tmp_path / "b", 3, lambda _: None, opened(Says()))  # type: ignore[arg-type]
    again = ask_all(study, RUN, tmp_path / "a", 3, lambda _: None, opened(Says(0)))  # type: ignore[arg-type]
    assert [a.answers for a in again] == [a.answers for a in whole]
    with pytest.raises(InputError, match="another study"):
        ask_all(Study(told()[:1], ("base",)), RUN, tmp_path / "a", 1, lambda _: None, opened(Says()))  # type: ignore[arg-type]


def test_briefs_of_a_folder_with_and_without_references(tmp_path: Path) -> None:
    found = {t.name: t for t in read_told(BENCH)}
    assert len(found) == 12
    assert found["seed-library"].required == {"S2", "S3", "S4", "S5"}
    assert {t.by for t in found.values()} == {"reference"}
    (tmp_path / "one.md").write_text(TEXTS[0])
    (tmp_path / "two.md").write_text("Hello. We are a shop.")
    assert [(t.name, t.by, set(t.required)) for t in read_told(tmp_path)] == [("one", "cues", {"S2", "S3"})]
    with pytest.raises(InputError, match="no folder"):
        read_told(tmp_path / "none")
