"""Texts ranked by likeness."""

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plansmith.ranking import Ranking, english

WORDS = st.lists(st.sampled_from(["red", "hat", "blue", "coat", "boat", "tag"]), min_size=1, max_size=6)


@settings(deadline=None)  # the first example pays for the import
@given(st.lists(WORDS, min_size=1, max_size=8), WORDS, st.integers(1, 10))
def test_nearest_agrees_with_scores(texts: list[list[str]], asked: list[str], most: int) -> None:
    ranking = Ranking(texts)
    scores, found = ranking.scores(asked), ranking.nearest(asked, most)
    assert len(found) == min(most, len(texts)) == len({place for place, _ in found})
    assert [score for _, score in found] == sorted(scores, reverse=True)[: len(found)]
    assert all(scores[place] == score for place, score in found)


def test_english_words_are_small_and_without_stop_words() -> None:
    assert english("The red Hats of a boat") == ["red", "hats", "boat"]


def test_jax_is_not_started_where_it_is_installed_and_can_be_used_afterwards(tmp_path: Path) -> None:
    (tmp_path / "jax").mkdir()
    (tmp_path / "jax" / "__init__.py").write_text("print('jax is here')\n")
    (tmp_path / "jax" / "lax.py").write_text("def top_k(scores, k):\n    raise SystemExit('it took the GPU')\n")
    code = "from plansmith.ranking import Ranking; print(Ranking([['a'], ['b']]).nearest(['b'], 1)[0][0]); import jax"
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[:2] == ["1", "jax is here"]
