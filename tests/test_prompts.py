"""The training conversations, and how they are spelled and masked."""

from pathlib import Path

import pytest

from plansmith import prompts
from plansmith.errors import InputError
from plansmith.prompts import Message, conversations
from plansmith.sources.archive import read_archive
from plansmith.tuning.bases import CHATML, FORMS, LLAMA2, find_base, neutralise, spell
from plansmith.tuning.gguf import read_tokenizer
from plansmith.tuning.rows import batches, encode, encode_all
from plansmith.writing.grammar import read_decision, read_requirement, read_risk, read_sentence

BAKERY = read_archive(Path(__file__).parent.parent / "examples" / "archive").documents[0]
TALK = [Message("system", "Be brief."), Message("user", "Hi."), Message("assistant", "Hello.", learn=True)]


def tokenizer() -> object:
    return read_tokenizer(Path(find_base("smollm2-135m").source))


def test_every_sentence_is_taught_and_every_answer_can_be_read_again() -> None:
    talks = list(conversations(BAKERY.brief, BAKERY.plan))
    asked = {m.content for talk in talks for m in talk[1:2]}
    assert len(asked) == len(BAKERY.brief.sentences) + 1  # and the plan step
    for talk in talks:
        for ask, answer in zip(talk[1::2], talk[2::2], strict=True):
            if ask.content.startswith("Plan only this"):
                assert read_requirement(answer.content)
            elif ask.content == prompts.ASK_RISK:
                assert read_risk(answer.content)
            elif ask.content == prompts.ASK_DECISION:
                assert read_decision(answer.content)
            elif ask.content.endswith(prompts.ASK_SENTENCE) and answer.content != prompts.NOTHING:
                assert len(read_sentence(answer.content)) == len(answer.content.splitlines())


def test_each_question_risk_and_decision_is_taught_once() -> None:
    asked = [ask for pairs in prompts.asides(BAKERY.plan).values() for ask, _ in pairs]
    counts = {a: asked.count(a) for a in (prompts.ASK_QUESTION, prompts.ASK_RISK, prompts.ASK_DECISION)}
    assert counts == {prompts.ASK_QUESTION: 2, prompts.ASK_RISK: 2, prompts.ASK_DECISION: 2}


def test_an_answer_that_two_conversations_share_is_learned_once() -> None:
    learned = [m.content for talk in conversations(BAKERY.brief, BAKERY.plan) for m in talk if m.learn]
    shared = [content for content in learned if "half-hour slot" in content and content.startswith("must")]
    assert len(shared) == 1


def test_a_sentence_that_refers_back_brings_the_one_before() -> None:
    first, second = BAKERY.brief.sentences[2], BAKERY.brief.sentences[3]
    assert second.text.startswith("They")
    assert f"Before: {first.text}" in prompts.sentence_step(second, first).content
    assert "Before" not in prompts.sentence_step(BAKERY.brief.sentences[7], second).content  # "It would be nice if"


@pytest.mark.parametrize(
    ("noun", "article"), [("owner", "an"), ("user", "a"), ("hour", "an"), ("API user", "an"), ("baker", "a")]
)
def test_articles(noun: str, article: str) -> None:
    assert prompts.article(noun) == article


def test_chatml_is_spelled_exactly() -> None:
    text, spans = spell(TALK, CHATML)
    assert text == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi.<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n"
    )
    assert [text[a:b] for a, b in spans] == ["Hello.<|im_end|>"]
    assert spell(TALK[:2], CHATML, answer_next=True)[0].endswith("<|im_start|>assistant\n")


def test_llama_2_is_spelled_exactly() -> None:
    again = [*TALK, Message("user", "Bye."), Message("assistant", "See you.", learn=True)]
    text, spans = spell(again, LLAMA2)
    assert text == (
        "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi. [/INST] Hello. </s><s>[INST] Bye. [/INST] See you. </s>"
    )
    assert [text[a:b] for a, b in spans] == [" Hello. </s>", " See you. </s>"]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_text_from_outside_holds_no_control_token(form: object) -> None:
    chat = form
    evil = "".join(chat.specials) * 2  # type: ignore[attr-defined]
    assert not any(special in neutralise(evil, chat) for special in chat.specials)  # type: ignore[attr-defined, arg-type]


def test_exactly_the_answer_and_its_end_are_learned() -> None:
    words = tokenizer()
    for talk in conversations(BAKERY.brief, BAKERY.plan):
        row = encode(talk, words, CHATML)
        learned = words.decode([t for t, on in zip(row.ids, row.learned, strict=True) if on])  # type: ignore[attr-defined]
        assert learned == "".join(f"{m.content}<|im_end|>" for m in talk if m.learn)


def test_rows_over_the_context_are_refused_not_cut() -> None:
    with pytest.raises(InputError, match="nothing is cut"):
        encode_all([("bakery", TALK)], tokenizer(), CHATML, limit=5)


def test_batches_hold_every_row_once_longest_first_and_the_same_for_a_seed() -> None:
    rows = encode_all((("b", t) for t in conversations(BAKERY.brief, BAKERY.plan)), tokenizer(), CHATML, 4096)
    made = list(batches(rows, 4, 1))
    assert sorted(map(len, (r for b in made for r in b))) == sorted(map(len, rows))
    assert max(map(len, made[0])) == max(map(len, rows))
    assert made == list(batches(rows, 4, 1))
    assert made != list(batches(rows, 4, 2))


def test_an_unknown_base_names_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean llama-2-7b"):
        find_base("lama-2-7b")
