"""Blind comparison: nothing tells which is which, no vote counts twice, the interval is exact."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from test_cli import plansmith

from plansmith.cli.compare import compare
from plansmith.errors import InputError
from plansmith.locale import table
from plansmith.proof.blind import Comparison, Rivals, all_shown, cast, draw, order, reveal, waiting
from plansmith.proof.blindpage import ballot_page
from plansmith.proof.blindread import read_rivals, side_by_side
from plansmith.proof.journal import add_line
from plansmith.proof.preference import clopper_pearson, sign_test
from plansmith.proof.votes import read_ballots

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"


def eight(voters: int = 1) -> Comparison:
    pairs = tuple(Rivals(f"brief {n}", f"plan {n} of Alpha", f"plan {n} of Beta", f"We want {n}.") for n in range(8))
    return Comparison(("alpha", "beta"), pairs, seed=3, voters=voters)


def vote_for(comparison: Comparison, path: Path, voter: str, name: str) -> None:
    """Vote for whichever side the name's plan stands on."""
    while shown := draw(comparison, path, voter):
        cast(comparison, path, voter, shown.pair, "left" if name in shown.left else "right")


@pytest.mark.parametrize(
    ("wins", "of", "low", "high"),  # R 4.3, binom.test(wins, of)$conf.int
    [(9, 12, 0.4281415, 0.9451394), (0, 5, 0.0, 0.5218238), (5, 5, 0.4781762, 1.0), (1, 2, 0.01257912, 0.98742088),
     (60, 100, 0.4972092, 0.6967052), (0, 0, 0.0, 1.0)],
)  # fmt: skip
def test_intervals_are_those_of_clopper_and_pearson(wins: int, of: int, low: float, high: float) -> None:
    assert clopper_pearson(wins, of) == pytest.approx((low, high), abs=1e-6)


def test_the_interval_leaves_a_half_out_just_where_the_test_is_sure() -> None:
    assert sign_test(6, 6) == pytest.approx(0.03125)
    assert sign_test(0, 0) == 1.0
    for of in (1, 5, 6, 17, 40, 1500):
        for wins in range(0, of + 1, max(1, of // 5)):
            low, high = clopper_pearson(wins, of)
            assert (low > 0.5 or high < 0.5) == (sign_test(wins, of) < 0.05), (wins, of)
            assert low <= wins / of <= high


def test_sides_and_order_are_drawn_by_seed_and_voter() -> None:
    mine, again, hers = (order(eight(), who) for who in ("me", "me", "Ana"))
    assert mine == again
    assert [p.key for p, _ in mine] != [p.key for p, _ in hers]
    assert sum(swapped for _, swapped in mine) == sum(swapped for _, swapped in hers) == 4
    other = Comparison(("alpha", "beta"), eight().pairs, seed=4)
    assert order(other, "me") != mine


def test_a_whole_vote_and_its_verdict(tmp_path: Path) -> None:
    votes, comparison = tmp_path / "deep" / "votes.jsonl", eight()
    with pytest.raises(InputError, match="everybody has voted"):
        reveal(comparison, votes)
    vote_for(comparison, votes, "me", "Beta")
    assert draw(comparison, votes, "me") is None
    outcome = reveal(comparison, votes)
    assert (outcome.one, outcome.other, outcome.ties, outcome.share) == (0, 8, 0, 1.0)
    assert outcome.verdict.startswith(
        "beta is preferred to alpha: 8 of 8 decided pairs (1.00, exact 95 % interval 0.63"
    )
    assert outcome.left == 0.5
    assert reveal(comparison, votes) == outcome
    with pytest.raises(InputError, match="would not be blind"):
        draw(comparison, votes, "latecomer")
    text = votes.read_text("utf-8")
    assert "alpha" not in text
    assert "beta" not in text


def test_no_vote_counts_twice_nor_for_other_plans(tmp_path: Path) -> None:
    votes, comparison = tmp_path / "v.jsonl", eight()
    shown = draw(comparison, votes, "me")
    assert shown
    cast(comparison, votes, "me", shown.pair, "left")
    with pytest.raises(InputError) as caught:
        cast(comparison, votes, "me", shown.pair, "up")  # type: ignore[arg-type]
    assert len(caught.value.problems) == 2
    with pytest.raises(InputError, match="none of the pairs"):
        cast(comparison, votes, "me", "nowhere", "left")
    # two programs at the same moment: both lines are there, the first one counts
    add_line(votes, {"vote": {"pair": shown.pair, "voter": "me", "choice": "right"}})
    assert read_ballots(votes).votes == {("me", shown.pair): "left"}
    with pytest.raises(InputError, match="another comparison"):
        draw(Comparison(("a", "b"), comparison.pairs[:5], 3), votes, "me")
    with pytest.raises(InputError, match="seed: 3 then, 4 now"):
        draw(Comparison(("a", "b"), comparison.pairs, 4), votes, "me")


def test_a_line_that_a_crash_cut_off_is_passed_over_and_others_are_told(tmp_path: Path) -> None:
    votes, comparison = tmp_path / "v.jsonl", eight()
    vote_for(comparison, votes, "me", "Alpha")
    whole = votes.read_text("utf-8")
    votes.write_text(whole[:-30], "utf-8")
    shown = draw(comparison, votes, "me")
    assert shown
    cast(comparison, votes, "me", shown.pair, "same")
    assert len(read_ballots(votes).votes) == 8
    votes.write_text(votes.read_text("utf-8") + "hello\n" + '{"vote": {"pair": "x"}}\n', "utf-8")
    with pytest.raises(InputError) as caught:
        read_ballots(votes)
    assert [p.split(":")[0] for p in caught.value.problems] == ["line 11", "line 12"]


def test_several_voters_ties_and_agreement(tmp_path: Path) -> None:
    votes, comparison = tmp_path / "v.jsonl", eight(voters=2)
    vote_for(comparison, votes, "Ana", "Beta")
    assert waiting(comparison, votes) == ["1 more voter"]
    for shown in all_shown(comparison, "Dan")[:3]:
        cast(comparison, votes, "Dan", shown.pair, "right" if "Beta" in shown.left else "left")
    assert waiting(comparison, votes) == ["Dan: 5 to go"]
    outcome = reveal(comparison, votes, close=True)
    assert (outcome.other, outcome.ties, outcome.agreement, outcome.votes) == (5, 3, 0.0, 11)
    assert "never show a preference" in outcome.verdict


def test_equal_plans_are_ties_that_nobody_is_asked_about(tmp_path: Path) -> None:
    same = Comparison(("a", "b"), (Rivals("x", "one  plan", "one plan\n"),))
    assert draw(same, tmp_path / "v", "me") is None
    assert reveal(same, tmp_path / "v").verdict == "No pair was decided; 1 tied (1 of them the same text)."


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    one, other = tmp_path / "tuned-one", tmp_path / "base-one"
    for folder, shift in ((one, 0), (other, 1)):
        folder.mkdir()
        names = sorted(p.name for p in SAMPLES.iterdir())[:4]
        for at, name in enumerate(names[:3]):
            (folder / f"{name}.md").write_bytes((SAMPLES / names[at + shift] / "plan.md").read_bytes())
    return one, other


def test_plans_of_folders_are_paired_by_name_and_shown_without_their_heads(folders: tuple[Path, Path]) -> None:
    one, other = folders
    (other / "only-here.md").write_text("# Other\n")
    written = {"arm": "tuned", "document": "x", "text": "## Scope\n\nAll of it.", "whole": True, "failed": ""}
    for folder in folders:
        (folder / "free.json").write_text(json.dumps(written))
    pairs, alone = read_rivals(one, other, SAMPLES)
    assert [p.key for p in pairs] == ["01-bakery-preorders", "02-physio-appointments", "03-food-bank", "free"]
    assert alone == ("only-here",)
    assert pairs[0].brief.startswith("Hi, we are a family bakery")
    assert all("brief_sha256" not in p.one and not p.one.startswith("---") for p in pairs)
    parts = side_by_side(pairs[0].one, pairs[0].other)
    assert [t for t, _, _ in parts][:2] == ["", "Requirements"]
    assert all(left and right for t, left, right in parts if t in ("Requirements", "Stories", "Tasks"))
    with pytest.raises(InputError, match="no such file"):
        read_rivals(one, other / "nowhere", None)
    with pytest.raises(InputError, match="two plans or two folders"):
        read_rivals(one, other / "only-here.md", None)


def test_the_page_tells_no_names_and_runs_only_its_own_script(folders: tuple[Path, Path]) -> None:
    pairs, _ = read_rivals(*folders, SAMPLES)
    evil = Rivals(
        "evil", "<script>alert(1)</script> [x](javascript:alert(1)) ![p](http://x.example/p.png)", "fine", "<b>"
    )
    page = ballot_page(Comparison(("tuned-one", "base-one"), (*pairs, evil)), "Ana", "plansmith compare A B")
    assert "tuned-one" not in page
    assert "base-one" not in page
    assert page.count("<script>") == 1
    assert "javascript:alert" not in re.sub(r">[^<]*<", "><", page)
    assert "<img" not in page
    assert page.count("data-pair=") == 4
    assert table("en", "blind")["page"].keys() == table("ro", "blind")["page"].keys()


def test_on_the_terminal(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    one, other = (Path(f.name) for f in folders)

    def said(typed: str, **options: Any) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        compare(one, other, brief=SAMPLES, **options)
        return " ".join(capsys.readouterr().out.split())

    told = said("x\na\nq\n")
    assert "'x' is none of a, b, n and q" in told
    assert "1 of 3 pairs voted on" in told
    assert "tuned-one" not in told
    assert json.loads(said("", as_json=True))["missing"] == ["me: 2 to go"]
    told = said("n\nb\n")
    assert "exact 95 % interval" in told
    assert "tuned-one" in told
    said("", page=Path("p.html"), votes=Path("new.jsonl"))
    with pytest.raises(InputError, match="exists already"):
        said("", page=Path("p.html"))
    pairs, _ = read_rivals(*folders, SAMPLES)
    saved = [{"vote": {"pair": p.id, "voter": "me", "choice": "left"}} for p in pairs]
    Path("s.jsonl").write_text("".join(json.dumps(line) + "\n" for line in saved))
    taken = said("", take=Path("s.jsonl"), votes=Path("new.jsonl"), as_json=True)
    assert json.loads(taken)["result"]["votes"] == 3


def test_the_command_refuses_with_a_code_and_no_traceback(tmp_path: Path) -> None:
    done = plansmith("compare", "a.md", "b.md", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("no such file or folder") == 2
