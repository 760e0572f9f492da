"""Evaluation: the base arm is the base, trained pairs are refused, a verdict claims no more than its interval."""

import json
from pathlib import Path

import pytest

from plansmith import prompts
from plansmith.errors import InputError
from plansmith.proof.arms import open_arm
from plansmith.proof.evaluate import bits_per_byte, evaluate, make_folds, setting_of
from plansmith.proof.examples import WithExamples, question, with_examples
from plansmith.proof.folds import Loss, Output, refuse_known
from plansmith.proof.forecast import expect
from plansmith.proof.leaks import foreign_names, nearest, overlaps
from plansmith.proof.statistics import holm, paired, sign_flip
from plansmith.proof.verdict import Scored, beside, differences, verdict
from plansmith.sources.archive import Archive, read_archive
from plansmith.sources.split import split
from plansmith.tuning.bases import CHATML, FORMS, find_base, spell
from plansmith.tuning.recipe import Overrides
from plansmith.tuning.runs import Run
from plansmith.tuning.train import train
from plansmith.writing.engine import Completion, OnText, Request


class Echo:
    """A model that says the client's sentence again as a must, and one story to everything."""

    chat, slots, identity = CHATML, 1, "echo"

    def __init__(self, says: str = "") -> None:
        self.says, self.asked = says, list[Request]()

    def complete(self, request: Request, on_text: OnText | None = None) -> Completion:
        self.asked.append(request)
        last = request.prompt.rsplit("<|im_start|>user\n", 1)[-1]
        if "The client says" in last:
            said = last.split('"')[1]
            return Completion(f"must functional: {said}", 9, True)
        return Completion(self.says or "As a user, I want this, so that it helps.", 9, True)

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def archive(three_projects: Path) -> Archive:
    return read_archive(three_projects)


@pytest.fixture(scope="module")
def run(archive: Archive, tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    settings = Overrides(epochs=1, learning_rate=0.01, rank=4)
    runs = tmp_path_factory.mktemp("runs")
    return train(archive, split(archive), find_base(str(tiny_llama)), settings, "one", runs, lambda _: None)


def test_the_base_arm_is_the_base_with_its_adapter_off(run: Run, tiny_llama: Path, archive: Archive) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    base = find_base(str(tiny_llama))
    arms = {arm: open_arm(arm, base, run, archive.documents) for arm in ("base", "examples", "tuned")}  # type: ignore[arg-type]
    untouched = AutoModelForCausalLM.from_pretrained(tiny_llama, dtype=torch.float32)
    ids = torch.arange(5, 40)[None]

    def logits(model: object) -> torch.Tensor:
        with torch.no_grad():
            return model(ids).logits  # type: ignore[operator, no-any-return]

    want = logits(untouched)
    plain, shown, tuned = arms["base"]._model, arms["examples"]._engine._model, arms["tuned"]._model  # type: ignore[attr-defined]
    assert torch.equal(logits(plain), want)
    assert torch.equal(logits(shown), want)
    assert not torch.allclose(logits(tuned), want)
    assert not any("lora" in name for name, _ in plain.named_parameters())


def test_a_gguf_base_with_the_runs_weights_is_refused(tmp_path: Path, archive: Archive) -> None:
    from plansmith.tuning.bases import Base

    weights = tmp_path / "model.gguf"
    weights.write_bytes(b"the same")
    base = Base("b", str(weights), "MIT", CHATML, 1e6, 2048, gguf=True)
    with pytest.raises(InputError, match="would be the tuned model"):
        open_arm("base", base, Run(tmp_path, {}), archive.documents)


def test_what_the_run_has_learned_from_is_recognised_by_hash_and_refused(run: Run, archive: Archive) -> None:
    from dataclasses import replace

    seen = next(d for d in archive.documents if d.name in run.story["data"]["train"])
    with pytest.raises(InputError, match="prove nothing") as caught:
        refuse_known(run, [replace(seen, name="renamed")])
    assert caught.value.problems == [f"renamed: learned from as {seen.name}"]
    (own,) = make_folds(archive, run, 1)
    assert {d.name for d in own.test} == set(run.story["data"]["test"])
    assert not {d.name for d in own.test} & {d.name for d in own.train}


def test_folds_hold_every_client_out_once(run: Run, archive: Archive) -> None:
    for count in (0, 3):
        todo = make_folds(archive, run, count)
        assert sorted(d.name for f in todo for d in f.test) == sorted(d.name for d in archive.documents)
        assert all(not {d.client for d in f.test} & {d.client for d in f.train} for f in todo)
    assert len(make_folds(archive, run)) == 2
    told = expect(todo, setting_of(run, 2), run, retrain=True)
    assert told.trainings == 6
    assert told.plans == 3 * (1 + 1 + 2)
    assert told.seconds > 0


@pytest.fixture(scope="module")
def proven(run: Run, archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> tuple[object, Path]:
    place = tmp_path_factory.mktemp("proof")
    return evaluate(archive, run, place, tell=lambda _: None, opener=lambda *_: Echo()), place


def test_a_proof_trains_each_fold_and_compares_the_arms(proven: tuple[object, Path], archive: Archive) -> None:
    proof, place = proven
    assert len(proof.outputs) == 6  # type: ignore[attr-defined]
    assert {o.failed for o in proof.outputs} == {""}  # type: ignore[attr-defined]
    assert len(proof.losses) == 2  # type: ignore[attr-defined]
    assert all(b > 0 for loss in proof.losses for b in bits_per_byte(loss))  # type: ignore[attr-defined]
    assert all("too few clients to say (2" in v for v in proof.verdicts)  # type: ignore[attr-defined]
    assert not list(place.glob("runs/*/adapter"))
    json.dumps(proof.as_dict())  # type: ignore[attr-defined]


def test_a_proof_that_was_stopped_goes_on_and_ends_the_same(
    proven: tuple[object, Path], run: Run, archive: Archive
) -> None:
    proof, place = proven
    asked: list[str] = []

    def opener(arm: str, *_: object) -> Echo:
        asked.append(arm)
        return Echo()

    lost = place / "plans" / "base-0" / f"{proof.outputs[0].document}.json"
    before = json.loads(lost.read_text())
    lost.unlink()
    # what only the training had is gone, so the fold is trained again; its other plans are not written again
    for folder in (place / "runs").iterdir():
        import shutil

        shutil.rmtree(folder)
    again = evaluate(archive, run, place, tell=lambda _: None, opener=opener)  # type: ignore[arg-type]
    assert asked == ["base"]
    assert {**json.loads(lost.read_text()), "seconds": 0} == {**before, "seconds": 0}
    assert [s.values for s in again.scored] == [s.values for s in proof.scored]  # type: ignore[attr-defined]
    assert again.verdicts == proof.verdicts  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="another proof"):
        evaluate(archive, run, place, 3, tell=lambda _: None, opener=opener)  # type: ignore[arg-type]


def scored(arm: str, values: list[float], measure: str = "coverage") -> list[Scored]:
    return [Scored(arm, f"d{i}", f"c{i}", 0, {measure: v}) for i, v in enumerate(values)]  # type: ignore[arg-type]


def test_the_verdict_never_claims_more_than_the_interval() -> None:
    two = [*scored("tuned", [1, 1]), *scored("base", [0, 0])]
    assert "too few clients to say (2" in verdict(differences(two, "tuned", "base"))
    eight = [
        *scored("tuned", [0.9, 0.8, 0.9, 1, 0.7, 0.9, 0.8, 0.9]),
        *scored("base", [0.5, 0.5, 0.6, 0.7, 0.5, 0.4, 0.6, 0.5]),
    ]
    said = verdict(differences(eight, "tuned", "base"))
    assert said.startswith("Tuned is better than base: coverage (reference) +0.3")
    assert verdict(differences(eight, "base", "tuned")).startswith("Base is worse than tuned")
    same = [*scored("tuned", [0.5, 0.6] * 4), *scored("base", [0.6, 0.5] * 4)]
    assert verdict(differences(same, "tuned", "base")).startswith("No difference shown between tuned and base")
    other = [*scored("tuned", [1.0] * 8, "mae"), *scored("base", [3.0] * 8, "mae")]
    found = differences(other, "tuned", "base")
    assert found[0].pair.mean == 2  # lower is better, so + is better
    assert "Besides, each tested alone" in beside(found)


def test_seeds_and_documents_of_one_client_are_one_unit() -> None:
    rows = [Scored("tuned", f"d{i}", "one client", seed, {"coverage": 1.0}) for i in range(4) for seed in range(3)]
    rows += [Scored("base", f"d{i}", "one client", 0, {"coverage": 0.0}) for i in range(4)]
    assert differences(rows, "tuned", "base")[0].pair.units == 1


def test_intervals_and_tests_agree_with_scipy() -> None:
    """The figures are those of scipy 1.17.1: stats.bootstrap (BCa) and stats.permutation_test (samples)."""
    values = [0.21, 0.05, -0.08, 0.30, 0.12, 0.17, 0.02, 0.26, -0.03, 0.11]
    found = paired(values)
    assert found.mean == pytest.approx(0.113)
    assert (found.low, found.high) == pytest.approx(SCIPY_BCA, abs=0.003)
    assert found.p == SCIPY_P
    assert sign_flip([1.0] * 6) == 2 / 64
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    assert not paired([1.0] * 5).enough
    assert paired([1.0] * 6).enough


SCIPY_BCA, SCIPY_P = (0.040, 0.186), 0.0234375


@pytest.mark.parametrize("form", FORMS)
def test_examples_stand_between_system_prompt_and_question_in_every_chat_form(form: str, archive: Archive) -> None:
    chat = FORMS[form]
    engine = Echo()
    engine.chat = chat  # type: ignore[misc]
    arm = WithExamples(engine, archive.documents)
    talk = [prompts.system(), prompts.sentence_step(archive.documents[0].brief.sentences[2])]
    prompt = spell(talk, chat, answer_next=True)[0]
    asked = question(prompt, chat)
    assert asked == talk[1].content
    examples = arm.nearest(asked)
    assert examples[-1][0].content == asked  # the archive holds this very sentence: it is the nearest, and stands last
    assert len(examples) == 3
    whole = spell([prompts.system(), *(m for e in examples for m in e), talk[1]], chat, answer_next=True)[0]
    assert with_examples(prompt, examples, chat) == whole
    assert {len(e) for e in examples} == {2}  # up to the answer that is asked for
    longer = [*talk, prompts.Message("assistant", "must functional: This."), prompts.Message("user", "And its story?")]
    arm.complete(Request(spell(longer, chat, answer_next=True)[0]))
    assert {len(e) for e in arm.nearest(asked, 2)} == {4}
    told = spell([m for e in arm.nearest(asked, 2) for m in e], chat)[0][len(chat.opening) :]
    assert told.removeprefix("[INST] ") in engine.asked[-1].prompt


def test_leaks_are_runs_of_words_that_the_brief_does_not_hold(archive: Archive) -> None:
    from plansmith.proof.leaks import _words

    first, second, _ = archive.documents
    past = [(d.name, _words(f"{d.brief.text}\n{d.plan_text}")) for d in (second,)]
    secret = second.brief.sentences[1].text
    found = overlaps(f"Intro.\n{secret}", first.brief.text, past)
    assert found[0].projects == (second.name,)
    assert found[0].words == len(_words(secret))
    assert overlaps(secret, second.brief.text, past) == []
    assert foreign_names(f"as {second.client.split()[0]} asked", first.brief.text, [second])
    near = nearest(second.plan_text, archive.documents)
    assert near == (second.name, 1.0)


def test_an_output_that_failed_is_kept_and_counts(run: Run, archive: Archive) -> None:
    from plansmith.proof.evaluate import score_all

    (own,) = make_folds(archive, run, 1)
    failed = Output("base", own.test[0].name, 0, 0, "", failed="nothing found")
    (row,) = score_all(own, [failed])
    assert row.values["coverage"] == 0
    assert bits_per_byte(Loss(1, 0, 2.0, 1.0, 100, 400))[0] == pytest.approx(0.7213, abs=1e-3)
