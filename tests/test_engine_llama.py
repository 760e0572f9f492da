"""llama.cpp with the embedded model as the server on loopback that xllamacpp brings."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from plansmith import prompts
from plansmith.prompts import Message
from plansmith.tuning.bases import CHATML, embedded_model, spell
from plansmith.writing.engine import LlamaEngine, Request, fingerprint
from plansmith.writing.grammar import sentence_grammar
from plansmith.writing.server import ServerEngine

pytestmark = pytest.mark.slow

SERVE = """
import sys, xllamacpp
p = xllamacpp.CommonParams()
p.model.path, p.n_ctx, p.n_parallel, p.kv_unified, p.warmup, p.verbosity, p.cache_ram_mib = sys.argv[1], 2048, 2, True, False, -1, 0
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 2
server = xllamacpp.Server(p)  # kept: one that is given up while it starts waits for ever
print(server.listening_address, flush=True)
sys.stdin.read()
"""
SAID = ("Customers can order bread by phone.", "Staff must see the orders of the day.", "Nobody may delete an order.")


def asked(tokens: int = 24) -> list[Request]:
    """Requests that share a beginning and differ in what follows."""
    talks = [[prompts.system(), Message("user", f'The client says: "{text}"\n{prompts.ASK_SENTENCE}')] for text in SAID]
    return [Request(spell(talk, CHATML, True)[0], sentence_grammar(False, 1), tokens) for talk in talks]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-c", SERVE, str(embedded_model())]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "GOMP_SPINCOUNT": "1000"},
    ) as child:
        assert child.stdout
        yield child.stdout.readline().strip()
        child.kill()


def test_a_llama_server_is_spoken_to_as_the_model_was_trained_and_obeys_grammars(url: str) -> None:
    (request, *_) = asked()
    with ServerEngine(url) as engine, LlamaEngine(embedded_model(), CHATML, 1, 2048) as own:
        assert (engine.dialect.guide, engine.dialect.form) == ("grammar", CHATML)
        pieces: list[str] = []
        answer = engine.complete(request, pieces.append)
        assert answer.text == "".join(pieces)
        assert answer.text.startswith(
            ("must ", "should ", "could ", "wont ", "not a requirement")
        )  # as the grammar says
        assert answer.tokens <= 24
        form = '{"type": "object", "properties": {"n": {"enum": [1, 2]}}, "required": ["n"], "additionalProperties": false}'
        assert json.loads(engine.complete(Request(request.prompt, "", 24, schema=form)).text)["n"] in (1, 2)
        assert json.loads(own.complete(Request(request.prompt, "", 24, schema=form)).text)["n"] in (1, 2)


def test_a_fingerprint_tells_weights_apart() -> None:
    assert fingerprint(embedded_model()) == fingerprint(embedded_model())


def test_the_same_prompt_gets_the_same_answer_alone_and_beside_others() -> None:
    # lengths around those at which llama.cpp changes its way: 64 tokens at once, 512 in memory
    asks = [Request(" ".join(SAID * 40)[:length], "", 16) for length in (40, 90, 260, 300, 700, 1500, 2300, 2400)]
    with LlamaEngine(embedded_model(), CHATML, 4, 8192) as engine:
        alone = [engine.complete(ask).text for ask in asks]
        for order in (asks, asks[::-1]):
            with ThreadPoolExecutor(4) as pool:
                beside = dict(zip(order, pool.map(lambda ask: engine.complete(ask).text, order), strict=True))
            assert [beside[ask] for ask in asks] == alone
