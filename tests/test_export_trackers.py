"""Files for trackers, each read by another program than the one that wrote it; GitHub against a strict fake."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from export_plans import NASTY, made, plan, thousand
from fakegithub import REPO, TOKEN, FakeGitHub, serving
from hypothesis import given, settings
from hypothesis import strategies as st

from plansmith.cli.app import app
from plansmith.errors import InputError, MissingError, PlansmithError
from plansmith.export.backlog import backlog
from plansmith.export.gherkin import gherkin
from plansmith.export.ghscript import github
from plansmith.export.githubapi import GitHub
from plansmith.export.githubsync import send
from plansmith.export.issues import merged, wanted
from plansmith.export.planned import planned
from plansmith.export.texts import inert, markdown
from plansmith.export.trackers import gitlab, jira, linear, trello
from plansmith.locale import table
from plansmith.plan.fields import one_line
from plansmith.plan.markdown import parse_plan
from plansmith.plan.render_markdown import render_plan

texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=30)).filter(lambda text: one_line(text) != "")
few = settings(max_examples=30, deadline=None)


def rows(data: bytes) -> list[dict[str, str]]:
    found = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert len({len(row) for row in found}) == 1
    return [dict(zip(found[0], row, strict=True)) for row in found[1:]]


def ids(summaries: list[str]) -> list[str]:
    return [summary.split(" ")[0] for summary in summaries]


# ---- the backlog ----------------------------------------------------------------------------------------------------


def test_requirements_stories_and_tasks_hang_together() -> None:
    log = backlog(made())
    parents = {entry.id: entry.parent for entry in log.entries}
    assert parents == {
        "R1": "",
        "R2": "",
        "U1": "R1",
        "U2": "R2",
        "T1": "U1",
        "T2": "U2",
        "T3": "R2",
        "T4": "",
        "T5": "",
    }
    assert [entry.milestone for entry in log.entries if entry.kind == "task"] == ["M1", "M1", "M2", "M2", ""]
    hours = {task.id: task.effort_h for task in made().schedule.tasks}
    assert {entry.id: entry.hours for entry in log.entries if entry.hours is not None} == hours


def test_texts_of_trackers_are_there_in_both_languages() -> None:
    english, romanian = table("en", "trackers")["tracker"], table("ro", "trackers")["tracker"]
    assert english.keys() == romanian.keys()
    entry = backlog(made("ceva", language="ro")).by_id["T1"]
    assert "Gata când" in markdown(entry.parts)
    assert "Done when" not in markdown(entry.parts)


# ---- files ----------------------------------------------------------------------------------------------------------


def test_jira_keeps_hierarchy_estimates_dates_and_links() -> None:
    sample = made()
    found = rows(jira(sample))
    kinds = [row["Issue Type"] for row in found]
    assert kinds == sorted(kinds, key=["Epic", "Story", "Task", "Sub-task"].index)
    by_number = {row["Issue Id"]: row for row in found}
    assert len(by_number) == len(found) == 9
    name = {row["Summary"].split(" ")[0]: row for row in found}
    for row in found:
        if row["Parent"]:
            parent = by_number[row["Parent"]]
            assert found.index(parent) < found.index(row)
            assert parent["Issue Type"] == ("Story" if row["Issue Type"] == "Sub-task" else "Epic")
    assert by_number[name["T2"]["Parent"]] is name["U2"]
    assert sum(int(row["Original Estimate"] or 0) for row in found) == round(sample.schedule.effort_h * 3600)
    assert {id: row["Due Date"] for id, row in name.items() if id[0] == "T"} == {
        task.id: f"{task.finish:%Y-%m-%d}" for task in sample.schedule.tasks
    }
    head, *lines = csv.reader(io.StringIO(jira(sample).decode(), newline=""))
    blocks = [n for n, column in enumerate(head) if column == "Blocks"]
    links = {
        (line[3].split(" ")[0], by_number[line[n]]["Summary"].split(" ")[0])
        for line in lines
        for n in blocks
        if line[n]
    }
    assert links == {("T1", "T2"), ("T2", "T4"), ("T3", "T4")}
    assert (name["T1"]["Fix Version"], name["T4"]["Priority"], name["R1"]["Priority"]) == (
        "M1 a text",
        "Medium",
        "High",
    )


def test_gitlab_and_linear_and_trello_hold_every_task_with_its_dates() -> None:
    sample = made()
    due = {task.id: f"{task.finish:%Y-%m-%d}" for task in sample.schedule.tasks}
    lab, line = rows(gitlab(sample)), rows(linear(sample))
    assert list(lab[0]) == ["title", "description", "due_date", "milestone"]
    assert {
        id: row["due_date"] for id, row in zip(ids([r["title"] for r in lab]), lab, strict=True) if id[0] == "T"
    } == due
    assert "/estimate 7h\n" in lab[4]["description"] + "\n"
    assert {row["Id"]: row["Due Date"] for row in line if row["Id"][0] == "T"} == due
    assert [row["Priority"] for row in line[:2]] == ["High", "Low"]
    files = trello(sample)
    board = json.loads(files["board.json"])
    lists = {one["id"]: one["name"] for one in board["lists"]}
    cards = {card["name"].split(" ")[0]: card for card in board["cards"]}
    assert {id: card["due"][:10] for id, card in cards.items()} == due
    assert [lists[cards[id]["idList"]] for id in ("T1", "T3", "T5")] == ["M1 a text", "M2 Last", "Without a milestone"]
    checks = {one["idCard"]: one for one in board["checklists"]}
    assert len(checks[cards["T1"]["id"]]["checkItems"]) == 2
    every = [one["id"] for key in ("lists", "labels", "cards", "checklists") for one in board[key]]
    assert len(set(every)) == len(every)
    assert all(len(id) == 24 and int(id, 16) for id in every)
    assert ids([row["Card Name"] for row in rows(files["cards.csv"])]) == list(due)


@few
@given(texts)
def test_no_text_breaks_a_file_or_becomes_a_command(text: str) -> None:
    sample = made(text)
    for data in (jira(sample), gitlab(sample), linear(sample), trello(sample)["cards.csv"]):
        for row in rows(data):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
            assert all(len(row.get(key, "")) <= 255 for key in ("Summary", "title", "Title"))
    commands = {line for row in rows(gitlab(sample)) for line in row["description"].split("\n") if line.startswith("/")}
    assert {line.split(" ")[0] for line in commands} <= {"/label", "/estimate"}
    assert json.loads(trello(sample)["board.json"])["name"] == sample.plan.title


def test_cells_that_a_spreadsheet_would_compute() -> None:
    assert [inert(cell) for cell in ("=1", "+1", "-1", "@x", "\t=1", "a=1", "")] == [
        "'=1",
        "'+1",
        "'-1",
        "'@x",
        "'\t=1",
        "a=1",
        "",
    ]


def test_a_thousand_tasks() -> None:
    sample = thousand()
    effort = round(sample.schedule.effort_h * 3600)
    assert abs(sum(int(row["Original Estimate"] or 0) for row in rows(jira(sample))) - effort) < 500
    assert (
        len(rows(gitlab(sample)))
        == len(rows(linear(sample)))
        == len(json.loads(trello(sample)["board.json"])["cards"])
        == 1000
    )


# ---- Gherkin --------------------------------------------------------------------------------------------------------


def feature(data: bytes) -> dict[str, Any]:
    parser = pytest.importorskip("gherkin.parser")
    return dict(parser.Parser().parse(data.decode())["feature"])


def steps(found: dict[str, Any]) -> list[list[tuple[str, str]]]:
    scenarios = [child["scenario"] for child in found["children"]]
    return [[(step["keywordType"], step["text"]) for step in one["steps"]] for one in scenarios]


@few
@given(texts, st.sampled_from(["en", "ro"]))
def test_cucumber_reads_the_acceptance_criteria(text: str, language: str) -> None:
    sample = made(text, language=language)
    [(name, data)] = gherkin(sample).items()
    assert name.startswith("U1-")
    assert name.isascii()
    found = feature(data)
    assert (found["language"], [tag["name"] for tag in found["tags"]]) == (language, ["@U1", "@R1", "@must"])
    story = sample.plan.stories[0]
    wanted_steps = [[("Context", one.given), ("Action", one.when), ("Outcome", one.then)] for one in story.acceptance]
    assert steps(found) == wanted_steps
    assert found["name"] == story.want


def test_romanian_steps_agree_with_their_first_word() -> None:
    data = gherkin(planned(parse_plan(render_plan(plan("o comandă", language="ro")))))
    [text] = [one.decode() for one in data.values()]
    assert "# language: ro\n" in text
    assert "    Dată fiind o comandă\n" in text
    assert (
        steps(feature(text.encode()))[0][0] == ("Context", " o comandă")
        or steps(feature(text.encode()))[0][0][1] == "o comandă"
    )


def test_a_plan_without_acceptance_criteria() -> None:
    with pytest.raises(InputError, match="no story has acceptance criteria"):
        gherkin(made(stories=()))


# ---- GitHub ---------------------------------------------------------------------------------------------------------


def hub(fake: FakeGitHub, waits: list[float] | None = None) -> GitHub:
    return GitHub(REPO, TOKEN, fake.url, wait=(waits if waits is not None else []).append)


def titles(fake: FakeGitHub) -> list[str]:
    return ids([issue["title"] for issue in fake.issues])


def tree(fake: FakeGitHub) -> dict[str, list[str]]:
    return {titles(fake)[n - 1]: [titles(fake)[c - 1] for c in some] for n, some in sorted(fake.children.items())}


WHOLE = {"R1": ["U1"], "R2": ["U2", "T3"], "U1": ["T1"], "U2": ["T2"]}
ORDER = ["R1", "R2", "U1", "U2", "T1", "T2", "T3", "T4", "T5"]


def test_a_dry_run_writes_nothing_and_a_second_run_creates_nothing_twice() -> None:
    waits: list[float] = []
    with serving(FakeGitHub()) as fake:
        dry = send(wanted(made()), hub(fake), dry_run=True)
        assert fake.writes == []
        first = send(wanted(made()), hub(fake, waits))
        assert [(step.did, step.what, step.name) for step in dry] == [(s.did, s.what, s.name) for s in first]
        assert waits == [1.0] * (len(fake.writes) - 1)
        assert (titles(fake), tree(fake)) == (ORDER, WHOLE)
        assert [one["title"] for one in fake.milestones] == ["M1 a text", "M2 Last"]
        ends = {m.id: m.finish for m in made().schedule.milestones}
        assert fake.milestones[0]["due_on"] == f"{ends['M1']:%Y-%m-%d}T12:00:00Z"
        assert [fake.issues[n]["milestone"] for n in (4, 5, 6)] == [1, 1, 2]
        before = len(fake.writes)
        second = send(wanted(made()), hub(fake))
        assert len(fake.writes) == before
        assert {step.did for step in second} == {"keep"}


def test_what_has_changed_is_updated_and_what_people_wrote_stays() -> None:
    with serving(FakeGitHub()) as fake:
        send(wanted(made()), hub(fake))
        fake.issues[4]["body"] = f"Before.\n\n{fake.issues[4]['body']}\n\nMind the oven!"
        fake.issues[4]["labels"].append({"name": "bug"})
        fake.issues[4]["state"] = "closed"
        before = plan()
        tasks = tuple(
            one.model_copy(update={"title": "New title"}) if one.id == "T1" else one
            for one in before.tasks
            if one.id != "T5"
        )
        steps = send(wanted(planned(before.model_copy(update={"tasks": tasks}))), hub(fake))
        changed = fake.issues[4]
        assert (changed["title"], changed["state"]) == ("T1 New title", "closed")
        assert changed["body"].startswith("Before.\n\n<!-- plansmith")
        assert changed["body"].endswith("\n\nMind the oven!")
        assert changed["body"].count("<!-- plansmith") == 1
        assert {"name": "bug"} in changed["labels"]
        assert len(fake.issues) == 9
        assert [(step.name, step.number) for step in steps if step.did == "gone"] == [("T5 Fifth", 9)]
        assert [step.name for step in steps if step.did == "update"] == ["T1 New title"]


@pytest.mark.parametrize("after", [0, 4, 9, 14, 19])
def test_an_export_cut_short_is_finished_by_the_next(after: int) -> None:
    with serving(FakeGitHub()) as fake:
        fake.answers = [*[None] * after, (502, {}, {"message": "Server Error"})]
        with pytest.raises(PlansmithError, match="Run the same command again: nothing is created twice"):
            send(wanted(made()), hub(fake))
        assert len(fake.writes) == after + 1
        send(wanted(made()), hub(fake))
        assert (titles(fake), tree(fake), len(fake.milestones)) == (ORDER, WHOLE, 2)


def test_limits_are_waited_for() -> None:
    waits: list[float] = []
    with serving(FakeGitHub()) as fake:
        limit = {"message": "You have exceeded a secondary rate limit."}
        fake.answers = [(403, {"Retry-After": "7"}, limit), (403, {}, limit), (429, {"Retry-After": "3"}, limit)]
        send(wanted(made()), hub(fake, waits))
        assert waits[:3] == [7.0, 120.0, 3.0]
        assert (titles(fake), tree(fake)) == (ORDER, WHOLE)
        fake.answers = [(403, {"Retry-After": "7200"}, limit)]
        with pytest.raises(PlansmithError, match="no more requests for 120 minutes"):
            send(wanted(made("another")), hub(fake)) if False else send(
                wanted(made("x", title="Plan a text")), hub(fake)
            )


def test_two_plans_in_one_repository() -> None:
    with serving(FakeGitHub()) as fake:
        send(wanted(made()), hub(fake))
        other = wanted(made(title="Another plan"))
        with pytest.raises(
            InputError, match=f"--key {wanted(made()).key}; if it is another plan, add --key {other.key}"
        ):
            send(other, hub(fake))
        renamed = wanted(made(title="Another plan"), key=wanted(made()).key)
        assert {step.did for step in send(renamed, hub(fake))} == {"keep"}


def test_a_milestone_of_the_same_title_is_taken_over() -> None:
    with serving(FakeGitHub()) as fake:
        fake.milestones.append({"number": 1, "id": 1001, "title": "M2 Last", "description": "By hand."})
        send(wanted(made()), hub(fake))
        assert [one["title"] for one in fake.milestones] == ["M2 Last", "M1 a text"]
        assert fake.milestones[0]["description"].endswith("By hand.")


def test_errors_say_what_to_do() -> None:
    with serving(FakeGitHub()) as fake:
        cases = {
            "does not accept the token": GitHub(REPO, "wrong", fake.url),
            "shows this token no repository acme/none": GitHub("acme/none", TOKEN, fake.url),
        }
        for message, one in cases.items():
            with pytest.raises(InputError, match=message):
                send(wanted(made()), one)
        fake.answers = [(403, {}, {"message": "Resource not accessible by personal access token"})]
        with pytest.raises(InputError, match="may not write issues"):
            send(wanted(made()), hub(fake))
    with pytest.raises(MissingError, match="GITHUB_TOKEN is not set"):
        GitHub(REPO, "")
    with pytest.raises(InputError, match="OWNER/NAME"):
        GitHub("bakery", TOKEN)
    with pytest.raises(InputError, match="https only"):
        GitHub(REPO, TOKEN, "http://example.org")
    with pytest.raises(InputError, match="key 'a b' cannot be used"):
        wanted(made(), "a b")


@few
@given(texts)
def test_no_text_looks_like_a_mark_or_calls_anybody(text: str) -> None:
    for issue in wanted(made(text)).issues:
        assert issue.text.count("<!-- plansmith ") == 1
        assert issue.text.count("<!-- /plansmith -->") == 1
        assert "@all" not in issue.text
        assert merged(f"a\n{issue.text}\nb", "new") == "a\nnew\nb"
        assert len(issue.title) <= 256


def test_the_command_sends_and_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.md"
    path.write_text(render_plan(plan()), encoding="utf-8")
    monkeypatch.setattr("plansmith.export.githubapi._BETWEEN_WRITES", 0.0)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with serving(FakeGitHub()) as fake:
        monkeypatch.setenv("GITHUB_API_URL", fake.url)
        app(["export", str(path), "--to", "github", "--repo", REPO, "--dry-run"])
        assert "create issue T1 a text" in capsys.readouterr().out
        assert not fake.issues
        app(["export", str(path), "--to", "github", "--repo", REPO, "--json"])
        assert len(json.loads(capsys.readouterr().out)) > 9
        app(["export", str(path), "--to", "github", "--repo", REPO])
        assert "unchanged" in capsys.readouterr().out
        assert len(fake.issues) == 9
    with pytest.raises(InputError, match="Nothing was exported") as caught:
        app(["export", str(path), "--to", "github,jira", "--dry-run", "-o", "x"])
    assert len(caught.value.problems) == 3


GH = r"""#!PYTHON -S
import json, subprocess, sys, urllib.request
args, path, query, data, jq = sys.argv[1:], "", "GET", None, ""
pages = "--paginate" in args
assert args.pop(0) == "api", args
fields = {}
while args:
    one = args.pop(0)
    if one == "-X": query = args.pop(0)
    elif one == "--jq": jq = args.pop(0)
    elif one == "--input": data = open(args.pop(0)).read()
    elif one in ("-f", "-F"):
        key, _, value = args.pop(0).partition("=")
        fields[key] = int(value) if one == "-F" else value
    elif one not in ("--paginate", "--silent"): path = one
if fields: data = json.dumps(fields)
if data and query == "GET": query = "POST"
url = "URL/" + path
while url:
    request = urllib.request.Request(url, data.encode() if data else None, {"Authorization": "Bearer TOKEN"}, method=query)
    try:
        answer = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        sys.exit(f"gh: {error.read().decode()}")
    body, link = answer.read(), answer.headers.get("Link", "")
    if jq: sys.stdout.flush(); subprocess.run(["jq", "-r", jq], input=body, check=True)
    url = link[1:link.index(">")] if pages and 'rel="next"' in link else ""
"""


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("jq") and shutil.which("sh")), reason="needs sh and jq")
def test_the_script_does_what_the_direct_export_does(tmp_path: Path) -> None:
    nasty = " ".join(text for text in NASTY if len(text) < 100)
    sample = made(nasty)
    script = tmp_path / "plan.sh"
    script.write_bytes(github(sample))

    def run(**more: str) -> str:
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "GH_REPO": REPO, "PAUSE": "0", **more}
        done = subprocess.run(["sh", str(script)], capture_output=True, text=True, env=env, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    with serving(FakeGitHub()) as fake, serving(FakeGitHub()) as direct:
        gh = tmp_path / "gh"
        gh.write_text(
            GH.replace("PYTHON", sys.executable).replace("URL", fake.url).replace("TOKEN", TOKEN), encoding="utf-8"
        )
        gh.chmod(gh.stat().st_mode | stat.S_IXUSR)
        run(DRY_RUN="1")
        assert fake.writes == []
        run()
        send(wanted(sample), hub(direct))
        assert tree(fake) == tree(direct) == WHOLE
        for theirs, ours in zip(fake.issues, direct.issues, strict=True):
            assert {**theirs, "milestone": theirs.get("milestone") or 0} == {
                **ours,
                "milestone": ours.get("milestone") or 0,
            }
        assert fake.milestones == direct.milestones
        before = len(fake.writes)
        assert "create" not in run()
        assert len(fake.writes) == before
        script.write_bytes(github(made(nasty, title=sample.plan.title, currency="", language="ro")))
        assert "update" in run()
        assert len(fake.issues) == 9
