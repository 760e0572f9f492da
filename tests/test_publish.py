"""Publishing into a folder: what is handed out says what was trained, and nothing else goes along."""

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from published import llama2_like, made_run

from plansmith.errors import InputError, MissingError, PlansmithError
from plansmith.prompts import ASK_SENTENCE
from plansmith.sources.archive import Archive, read_archive
from plansmith.tuning import publish_parity
from plansmith.tuning.bases import CHATML, LLAMA2, Base
from plansmith.tuning.licences import licence_at_hand, licence_for
from plansmith.tuning.publish import Export, describe, documents_of, publish
from plansmith.tuning.publish_checks import problems_in
from plansmith.tuning.publish_ollama import modelfile
from plansmith.tuning.quantise import check_kinds, packed, type_for
from plansmith.tuning.runs import Run

ALL = ("adapter", "merged", "gguf", "ollama")


def quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def archive(three_projects: Path) -> Archive:
    return read_archive(three_projects)


@pytest.fixture(scope="module")
def run(tiny_llama: Path, archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made_run(tiny_llama, archive, tmp_path_factory.mktemp("runs") / "first")


@pytest.fixture(scope="module")
def export(run: Run, archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Export:
    test = documents_of(run, archive)[1]
    return publish(run, tmp_path_factory.mktemp("out") / "first", ALL, ["q8_0", "q4_0"], test, quiet)


def test_every_form_is_there_and_says_what_was_trained(export: Export) -> None:
    assert {"adapter/adapter_model.safetensors", "merged/model.safetensors", "merged/chat_template.jinja",
            "gguf/model-q8_0.gguf", "gguf/model-q4_0.gguf", "Modelfile", "README.md", "parity.json", "plansmith.json"} <= set(export.files)  # fmt: skip
    parity = export.parity
    assert (parity["tokens"], parity["documents"], parity["held_out"]) == (32, 1, True)
    assert set(parity["spelled_by"]) == {"training", "transformers", "llama.cpp (q8_0)", "llama.cpp (q4_0)"}
    by_form = {m["form"]: m for m in parity["measured"]}
    assert set(by_form) == {"merged", "q8_0", "q4_0"}
    assert abs(by_form["merged"]["difference"]) < 0.001
    assert by_form["q8_0"]["low"] <= by_form["q8_0"]["difference"] <= by_form["q8_0"]["high"]
    assert by_form["q4_0"]["limit"] is None
    generation = json.loads((export.folder / "merged" / "generation_config.json").read_text())
    assert generation["eos_token_id"] == 2


def test_the_card_describes_the_data_and_discloses_nothing(export: Export, run: Run, archive: Archive) -> None:
    card = (export.folder / "README.md").read_text()
    assert "**2 past projects**" in card
    assert "**4.500 before tuning,\n2.500 after** (n = 1 projects, one training)" in card
    assert "licence of the base model is not known" in card
    texts = [t for d in archive.documents for t in (d.brief.text, d.plan_text)]
    names = [d.name for d in archive.documents]
    assert problems_in(export.folder, texts, names, run.folder) == []
    told = json.loads((export.folder / "run.json").read_text())
    assert list(told["data"]["train"]) == ["project-01", "project-02"]
    assert "source" not in told["base"]
    assert not (export.folder / "tasks.jsonl").exists()
    assert not (export.folder / "words.txt").exists()


def test_a_second_call_takes_what_is_there_unless_it_was_changed(export: Export, run: Run, tmp_path: Path) -> None:
    again = publish(run, export.folder, ALL, ["q8_0", "q4_0"], [], quiet)
    assert (again.made_now, again.files) == (False, export.files)
    with pytest.raises(InputError, match="is not this export"):
        publish(run, export.folder, ["adapter"], [], [], quiet)
    copy = shutil.copytree(export.folder, tmp_path / "copy")
    (copy / "Modelfile").write_text("FROM elsewhere")
    with pytest.raises(InputError, match="was changed") as refused:
        publish(run, copy, ALL, ["q8_0", "q4_0"], [], quiet)
    assert refused.value.problems == ["Modelfile"]


def test_llama_2_with_dora_and_every_kind_is_the_same_to_the_token(archive: Archive, tmp_path: Path) -> None:
    base = llama2_like(tmp_path / "llama-2-like")
    run = made_run(base, archive, tmp_path / "runs" / "two", dora=True)
    kinds = ["f16", "q4_k_m", "q6_k"]
    export = publish(run, tmp_path / "out", ["gguf", "ollama"], kinds, [], quiet)
    assert export.parity["held_out"] is False
    assert len(export.parity["spelled_by"]) == 5
    by_form = {m["form"]: m for m in export.parity["measured"]}
    assert abs(by_form["f16"]["difference"]) < 0.002
    assert abs(by_form["q6_k"]["difference"]) < 0.01
    assert not (export.folder / "merged").exists()
    assert "[INST]" in (export.folder / "Modelfile").read_text()
    import gguf

    kinds_of = {
        t.name: t.tensor_type.name for t in gguf.GGUFReader(str(export.folder / "gguf/model-q4_k_m.gguf")).tensors
    }
    assert {kinds_of["blk.0.attn_q.weight"], kinds_of["output.weight"]} == {"Q4_K", "Q6_K"}


def test_a_gate_that_finds_a_difference_keeps_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_parity, "through_llama", lambda *_: pytest.fail("not reached"))
    true = publish_parity.token_losses
    calls: list[int] = []

    def worse(model: Any, found: Sequence[publish_parity.Probe]) -> list[float]:
        calls.append(1)
        return [loss * (1 if len(calls) == 1 else 1.02) for loss in true(model, found)]

    monkeypatch.setattr(publish_parity, "token_losses", worse)
    with pytest.raises(PlansmithError, match="not what was trained") as refused:
        publish(run, tmp_path / "out", ["merged"], [], [], quiet)
    assert "merged: held-out loss" in refused.value.problems[0]
    assert "+2.00% from the adapter's; at most 1%" in refused.value.problems[0]
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_template_is_named_by_its_first_token(tiny_llama: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    tokenizer.chat_template = "{% for m in messages %}<|im_start|>{{ m['role'] }}: {{ m['content'] }}{% endfor %}"
    told = {"adapter": [1.0, 2.0]}
    with pytest.raises(PlansmithError) as refused:
        publish_parity.gate(CHATML, tokenizer, publish_parity.conversations([]), told, {})
    assert "transformers spells 7 of 7 prompts otherwise than training did; the first at token 2" in str(refused.value)


def test_unknown_forms_and_kinds_are_refused_by_name(run: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--as pickle"):
        publish(run, tmp_path / "x", ["pickle"], [], [], quiet)
    with pytest.raises(InputError, match="No quantisation is called q3_x"):
        publish(run, tmp_path / "x", ["gguf"], ["q3_x"], [], quiet)
    with pytest.raises(InputError, match="needs a quantisation"):
        publish(run, tmp_path / "x", ["ollama"], [], [], quiet)


def test_an_archive_without_the_run_s_projects_is_refused(run: Run, archive: Archive, tmp_path: Path) -> None:
    changed = shutil.copytree(archive.folder, tmp_path / "changed")
    name = next(iter(run.story["data"]["train"]))
    brief = changed / name / "brief.md"
    brief.write_text(brief.read_text() + "\nOne more sentence.\n")
    with pytest.raises(InputError, match="lacks projects") as refused:
        documents_of(run, read_archive(changed), all_needed=True)
    assert refused.value.problems == [name]


@pytest.mark.parametrize("kind", ["F16", "Q8_0", "Q4_0", "Q5_0", "Q4_K", "Q6_K"])
def test_packing_loses_as_much_as_its_bits_say(kind: str) -> None:
    import numpy
    from gguf.quants import dequantize

    check_kinds(["q4_k_m"])
    matrix = numpy.random.default_rng(0).normal(size=(16, 512)).astype("float32")
    data, raw = packed(matrix, kind)
    bound = {"F16": 0.001, "Q8_0": 0.006, "Q4_0": 0.09, "Q5_0": 0.045, "Q4_K": 0.07, "Q6_K": 0.018}[kind]
    assert numpy.abs(dequantize(data, raw) - matrix).mean() < bound


def test_tensors_are_packed_as_llama_cpp_would() -> None:
    assert type_for("q4_k_m", "blk.0.attn_v.weight", (256, 256), 32, False) == "Q6_K"
    assert type_for("q4_k_m", "blk.5.attn_v.weight", (256, 256), 32, False) == "Q4_K"
    assert type_for("q4_k_m", "blk.5.attn_q.weight", (576, 576), 32, True) == "Q5_0"
    assert type_for("q4_0", "token_embd.weight", (256, 256), 32, True) == "Q8_0"
    assert type_for("q4_0", "token_embd.weight", (256, 256), 32, False) == "Q4_0"
    assert type_for("f16", "blk.0.attn_norm.weight", (256,), 32, False) == "F32"
    assert type_for("q8_0", "blk.0.attn_q.weight", (8, 24), 32, False) == "F16"


def test_a_weight_beyond_16_bits_is_refused() -> None:
    import numpy

    with pytest.raises(InputError, match="65,504"):
        packed(numpy.full((2, 32), 1e6, dtype="float32"), "F16")


def base(licence: str, source: str = "", name: str = "own") -> Base:
    return Base(name, source, licence, LLAMA2, 1e6, 4096)


def test_licences_follow_the_base(tmp_path: Path) -> None:
    small = licence_for(base("Apache-2.0", name="smollm2-135m"))
    assert small.tag == "apache-2.0"
    assert "Apache License" in small.files["LICENSE"]
    assert "changed version of smollm2-135m" in small.files["NOTICE"]
    with pytest.raises(InputError, match="licence of own is not known"):
        licence_for(base("unknown"))
    with pytest.raises(InputError, match="cannot be published as mit"):
        licence_for(base("Llama 2 Community License"), "mit")
    with pytest.raises(InputError, match="--licence gpl"):
        licence_for(base("unknown"), "gpl")
    with pytest.raises(MissingError, match="names its owners"):
        licence_for(base("unknown", str(tmp_path)), "mit")


def test_a_folder_tells_a_known_licence_and_what_is_lacking(export: Export, tmp_path: Path) -> None:
    for n, (known, said) in enumerate(
        (("Apache-2.0", "its text is in `LICENSE`"), ("Llama 2 Community License", "has to go along"))
    ):
        of = base(known, str(tmp_path))
        copy = Export(
            shutil.copytree(export.folder, tmp_path / str(n)), export.run, of, *list(vars(export).values())[3:]
        )
        describe(copy, "", licence_at_hand(of))
        card = (copy.folder / "README.md").read_text()
        assert said in card
        assert (copy.folder / "LICENSE").is_file() == (known == "Apache-2.0")
        assert "plansmith pull" not in card.split("## Files")[0]
        assert "llama-server -m gguf/model-q8_0.gguf" in card


def test_llama_2_goes_with_its_agreement_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="asks that a copy of it go along"):
        licence_for(base("Llama 2 Community License", str(tmp_path)))
    (tmp_path / "LICENSE.txt").write_text("LLAMA 2 COMMUNITY LICENSE AGREEMENT\nLlama 2 Version Release Date: …\n")
    found = licence_for(base("Llama 2 Community License", str(tmp_path)))
    assert found.files["LICENSE"].startswith("LLAMA 2 COMMUNITY")
    assert found.files["Notice"].startswith(
        "Llama 2 is licensed under the LLAMA 2 Community License, Copyright (c) Meta"
    )
    assert found.use_policy == "https://ai.meta.com/llama/use-policy"


def test_the_licence_stands_in_folder_and_card(export: Export, tmp_path: Path) -> None:
    (tmp_path / "LICENSE.txt").write_text("LLAMA 2 COMMUNITY LICENSE AGREEMENT\n")
    terms = licence_for(base("Llama 2 Community License", str(tmp_path)))
    copy = Export(shutil.copytree(export.folder, tmp_path / "out"), *list(vars(export).values())[1:])
    describe(copy, "ana/planner", terms)
    card = (copy.folder / "README.md").read_text()
    assert card.startswith("---\nlicense: llama2\n")
    assert "Copyright (c) Meta Platforms, Inc. All Rights Reserved." in card
    assert "https://ai.meta.com/llama/use-policy" in card
    assert "plansmith pull ana/planner && plansmith plan brief.md --run planner" in card
    for block in re.findall(r"```python\n(.*?)```", card, re.DOTALL):
        compile(block, "card", "exec")
    assert {"LICENSE", "Notice"} <= set(json.loads((copy.folder / "plansmith.json").read_text())["files"])


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("README.md", "use hf_" + "aB3d" * 6 + " to log in", "a token of the Hub"),
        ("README.md", "sk-" + "a1B2" * 6, "a key of OpenAI or Anthropic"),
        ("Modelfile", "FROM /home/ana/models/first.gguf", "the absolute path /home/ana"),
        ("run.json", '{"source": "C:\\\\Users\\\\ana\\\\m"}', "the absolute path C:"),
        ("README.md", "It said: the Baker wants bread ordered on a phone, before eight.", 'training text: "the baker wants bread'),
        ("README.md", "made for Crusty Ltd with love", "names Crusty Ltd"),
        ("merged/pytorch_model.bin", "x", "is no part of an export"),
        ("notes.txt", "x", "is no part of an export"),
    ],
)  # fmt: skip
def test_what_must_not_go_out_is_found(file: str, text: str, said: str, tmp_path: Path) -> None:
    target = tmp_path / file
    target.parent.mkdir(exist_ok=True)
    target.write_text(text)
    training = ["We think the baker wants bread ordered on a phone before noon."]
    problems = problems_in(tmp_path, training, ["Crusty Ltd"])
    assert len(problems) == 1
    assert said in problems[0]
    assert problems[0].startswith(f"{file}: ")


def test_links_and_tokens_of_the_environment_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "not-of-any-known-form")
    (tmp_path / "adapter").mkdir()
    head = b'{"__metadata__":{"format":"pt"}}'
    weights = len(head).to_bytes(8, "little") + head + b"\x00\x01not-of-any-known-form\x02"
    (tmp_path / "adapter" / "adapter_model.safetensors").write_bytes(weights)
    (tmp_path / "LICENSE").symlink_to("/etc/hostname")
    assert problems_in(tmp_path, []) == [
        "LICENSE: is a link or no plain file",
        "adapter/adapter_model.safetensors: holds the token in HF_TOKEN",
    ]


def test_the_modelfile_names_template_stop_and_system() -> None:
    text = modelfile(CHATML, "gguf/model-q8_0.gguf", 32768)
    assert "\nFROM ./gguf/model-q8_0.gguf\n" in text
    assert (
        f'#   The client says: "Members must be able to renew a loan online until it is due." {ASK_SENTENCE}\n' in text
    )
    assert 'PARAMETER stop "<|im_end|>"' in text
    assert 'SYSTEM """You are a senior software analyst. Use only the client\'s words."""' in text
    assert "PARAMETER num_ctx 8192" in text
    assert "<s>" in modelfile(LLAMA2, "m.gguf", 4096)
