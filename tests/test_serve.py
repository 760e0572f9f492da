"""The doors: what a page shows and changes, jobs that outlive their server. No model, no browser."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx2")

from generated import plans
from hypothesis import HealthCheck, given, settings
from lxml import html
from serve_door import SAMPLES, WORKER, Door

from plansmith.locale import table
from plansmith.plan import Plan, parse_plan, render_json, render_plan
from plansmith.serve import Place, edits
from plansmith.serve.jobs import BusyError, Jobs
from plansmith.serve.runner import Runner
from plansmith.serve.workspace import ConflictError, Workspace, slug

BRIEF = "# Bread\n\nWe are a bakery. Customers must be able to order bread. Staff can see the orders. We have £9,000."


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    made = Door(tmp_path_factory.mktemp("door"), queue=3)
    folder = made.place.plans / "bakery"
    folder.mkdir(parents=True)
    for name in ("brief.md", "plan.md"):
        (folder / name).write_bytes((SAMPLES / "01-bakery-preorders" / name).read_bytes())
    with made.client:
        yield made


def test_texts_of_the_pages_stand_in_both_languages() -> None:
    english, romanian = table("en", "serve"), table("ro", "serve")
    assert set(english) == set(romanian)
    for name, keys in english.items():
        assert set(keys) == set(romanian[name]), name
        for key, text in keys.items():
            if isinstance(text, dict):
                assert (set(text), set(romanian[name][key])) == ({"one", "other"}, {"one", "few", "other"})
    assert not set("şţŞŢ") & set(str(romanian))


def test_pages_are_shown_in_both_languages_with_a_strict_policy(door: Door) -> None:
    for language, word in (("en", "The client's words"), ("ro", "Cuvintele clientului")):
        for view in ("plan", "timetable", "risks", "checks", "setup", "history"):
            told = door.client.get(f"/plans/bakery?view={view}", headers={"accept-language": language})
            assert told.status_code == 200, view
            assert "unsafe-inline" not in told.headers["content-security-policy"]
            tree = html.fromstring(told.text)
            assert not tree.xpath("//*[@style]|//style|//script[not(@src)]|//*[@onclick]"), view
            assert (word in tree.text_content()) == (view == "plan")
    for path in ("/", "/archive", "/train", "/runs", "/nowhere"):
        assert door.client.get(path).status_code == (404 if path == "/nowhere" else 200)


def test_a_change_moves_date_and_price_and_is_undone(door: Door) -> None:
    client, headers = door.client, door.csrf()
    version = client.get("/api/plans/bakery").json()["version"]
    form = {
        "version": version,
        "view": "plan",
        "estimate": "80 / 100 / 160",
        "title": "Sketch <b>all</b>",
        "role": "design",
    }
    assert client.post("/plans/bakery/edit/T1", data=form).status_code == 403
    told = client.post("/plans/bakery/edit/T1", data=form, headers=headers)
    assert told.status_code == 200
    toast = html.fromstring(told.text).xpath("string(//*[@class='toast'])")
    assert "→" in toast
    assert "hours" in toast
    assert "Sketch &lt;b&gt;all" in told.text
    late = client.post("/plans/bakery/edit/T1", data=form, headers={**headers, "hx-request": "true"})
    assert late.status_code == 409
    assert "changed in the meantime" in late.text
    now = client.get("/api/plans/bakery").json()["version"]
    wrong = client.post("/plans/bakery/edit/T1", data={**form, "version": now, "estimate": "9 / 1"}, headers=headers)
    assert wrong.status_code == 422
    undone = client.post("/plans/bakery/step/undo", data={"version": now}, headers=headers)
    assert undone.status_code == 200
    assert client.get("/api/plans/bakery").json()["version"] == version
    setup = {
        "version": version,
        "view": "setup",
        "team": "Ana | web | 50% | 60\nDan | backend | 100% | 55",
        "currency": "EUR",
    }
    assert "€" in client.post("/plans/bakery/edit/plan", data=setup, headers=headers).text
    added = client.post(
        "/plans/bakery/new/Q",
        data={"version": client.get("/api/plans/bakery").json()["version"], "view": "risks", "text": "Who pays?"},
        headers=headers,
    )
    assert "Who pays?" in added.text
    data, markdown = client.get("/plans/bakery/export/json"), client.get("/plans/bakery/export/md")
    assert parse_plan(markdown.text).questions[-1].text == "Who pays?"
    assert json.loads(data.text)["currency"] == "EUR"
    assert "attachment" in data.headers["content-disposition"]
    assert client.get("/plans/bakery/export/html").text.startswith("<!doctype html>")
    assert client.get("/plans/bakery/versions/2").status_code == 200


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=plans)
def test_every_plan_has_its_pages(door: Door, plan: Plan) -> None:
    name = door.served.workspace.new("any", "Customers must be able to order.")
    door.served.workspace.written(name, render_plan(plan), ())
    for view in ("plan", "timetable", "risks", "checks", "setup", "history"):
        assert door.client.get(f"/plans/{name}?view={view}").status_code == 200, view
    for item in plan.items():  # components have no form
        told = door.client.get(f"/plans/{name}/edit/{item.id}")
        assert told.status_code == (200 if item.id[0] in edits.LISTS else 422), item.id
    door.served.workspace.remove(name)


@pytest.mark.parametrize("key", ["R1", "U1", "T1", "M1", "K1", "Q1", "D1"])
def test_every_kind_of_item_is_dropped_and_taken_back(door: Door, key: str) -> None:
    client, headers = door.client, door.csrf()
    for status in ("dropped", "live"):
        version = client.get("/api/plans/bakery").json()["version"]
        form = {"status": status, "version": version, "view": "plan"}
        told = client.post(f"/plans/bakery/status/{key}", data=form, headers=headers)
        assert told.status_code == 200
        assert ("gone-list" in told.text) == (status == "dropped")
        for view in ("timetable", "risks", "checks", "history"):
            assert client.get(f"/plans/bakery?view={view}").status_code == 200, (view, status)


def test_versions_are_kept_and_conflicts_refused(tmp_path: Path) -> None:
    here = Workspace(Place(tmp_path))
    name = here.new("Ana's  Café", "Customers must order.")
    assert name == slug("Ana's Café") == "ana-s-cafe"
    assert here.new("Ana's Café", "Customers must order.") == "ana-s-cafe-2"
    texts = [
        (SAMPLES / "01-bakery-preorders" / "plan.md").read_text().replace("bakery", w) for w in ("one", "two", "three")
    ]
    here.written(name, texts[0], ())
    versions = [here.open(name).version]
    for text in texts[1:]:
        versions.append(here.save(name, text, versions[-1], "text").version)
    with pytest.raises(ConflictError):
        here.save(name, texts[0], versions[0], "text")
    assert here.undo(name, versions[2]).version == versions[1]
    assert here.undo(name, versions[1]).version == versions[0]
    assert here.steps(name) == (False, True)
    assert here.redo(name, versions[0]).version == versions[1]
    assert here.redo(name, versions[1]).version == versions[2]
    assert here.steps(name)[0]
    path = tmp_path / "plans" / name / "plan.md"
    path.write_text(texts[0] + "\n")  # another program
    assert here.open(name).text.endswith("\n\n")
    assert here.history(name)[0].why == "outside"
    with pytest.raises(ConflictError):
        here.save(name, texts[1], versions[2], "text")
    here.remove(name)
    assert here.names() == ["ana-s-cafe-2"]
    assert list((tmp_path / "plans" / ".removed").iterdir())


@pytest.mark.parametrize(
    ("key", "form", "told"),
    [
        ("T2", {"depends_on": "T3 SS +4, T1"}, ("depends_on", 2)),
        ("T2", {"estimate": "6"}, ("estimate.m", 6.0)),
        ("T2", {"estimate": ""}, ("estimate", None)),
        ("U1", {"acceptance": "a page | it opens | it answers\nb | c | d"}, ("acceptance", 2)),
        ("K1", {"probability": "5"}, ("probability", 5)),
        ("R1", {"priority": "could"}, ("priority", "could")),
    ],
)
def test_forms_change_what_they_name(key: str, form: dict[str, str], told: tuple[str, object]) -> None:
    plan = parse_plan((SAMPLES / "01-bakery-preorders" / "plan.md").read_text())
    value: object = edits.item_of(edits.change_item(plan, key, form), key)
    for part in told[0].split("."):
        value = getattr(value, part)
    assert (len(value) if isinstance(value, tuple) else value) == told[1]
    everything = {f: edits.written(k, getattr(edits.item_of(plan, key), f)) for f, k in edits.FIELDS[key[0]]}
    assert edits.change_item(plan, key, everything) == plan  # what a form shows is what it saves


@pytest.mark.parametrize(
    ("key", "form"),
    [("T1", {"estimate": "1/2"}), ("T1", {"depends_on": "nothing"}), ("R1", {"text": ""}), ("K1", {"impact": "9"}), ("U1", {"acceptance": "one | two"}), ("X1", {})],
)  # fmt: skip
def test_forms_refuse_what_no_plan_can_hold(key: str, form: dict[str, str]) -> None:
    plan = parse_plan((SAMPLES / "01-bakery-preorders" / "plan.md").read_text())
    with pytest.raises(edits.InputError):
        edits.change_item(plan, key, form)


def test_a_brief_becomes_a_plan_in_the_browser(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [{"value": "base:fake", "name": "fake", "kind": "base"}]
    monkeypatch.setattr("plansmith.serve.models.known", lambda place: known)
    headers = door.csrf()
    assert door.client.post("/plans", data={"text": " "}, headers=headers).status_code == 422
    wrong = door.client.post("/plans", files={"file": ("x.exe", b"MZ")}, headers=headers)
    assert wrong.status_code == 422
    begun = door.client.post("/plans", files={"file": ("../brief.md", BRIEF.encode())}, headers=headers)
    assert begun.status_code == 204
    place = begun.headers["hx-redirect"]
    assert door.client.get(place).status_code in (200, 303)
    assert door.wait(place.rpartition("/")[2]) == "done"
    plan = door.client.get(place).headers["location"]
    assert plan == "/plans/bread"
    told = door.client.get(plan)
    assert 'data-s="S2"' in told.text
    assert "Customers must be able to order bread." in told.text
    events = door.client.get(f"{place}/events").text
    assert events.count("event: heard") == 4
    assert "event: end" in events
    again = door.client.get(f"{place}/events", headers={"last-event-id": "3"}).text
    assert again.count("event: heard") == 2  # whoever comes back sees each event once
    # programs
    body = {
        "model": "fake",
        "messages": [{"role": "user", "content": BRIEF}],
        "response_format": {"type": "json_object"},
    }
    answer = door.client.post("/v1/chat/completions", json=body).json()
    assert json.loads(answer["choices"][0]["message"]["content"])["requirements"]
    assert answer["usage"]["total_tokens"] > 0
    streamed = door.client.post("/v1/chat/completions", json={**body, "stream": True, "response_format": None}).text
    pieces = [json.loads(line[6:]) for line in streamed.splitlines() if line.startswith("data: {")]
    text = "".join(p["choices"][0]["delta"].get("content") or "" for p in pieces)
    assert parse_plan(text).requirements
    assert streamed.rstrip().endswith("data: [DONE]")
    assert door.client.post("/v1/chat/completions", json={**body, "tools": []}).status_code == 422
    assert door.client.post("/v1/chat/completions", json={**body, "model": "other"}).json()["error"]["type"]
    assert [m["id"] for m in door.client.get("/v1/models").json()["data"]] == ["fake"]


def test_programs_get_scores_and_exports(door: Door) -> None:
    text = (SAMPLES / "01-bakery-preorders" / "plan.md").read_text()
    brief = (SAMPLES / "01-bakery-preorders" / "brief.md").read_text()
    scores = door.client.post("/api/score", json={"plan": text, "brief": brief}).json()
    assert scores["values"]["validity"] == 1
    data = door.client.post("/api/export", json={"plan": render_json(parse_plan(text)), "format": "md"})
    assert data.status_code == 200
    for body in ({"plan": text}, {"plan": text, "format": "nope"}, {"plan": text, "format": "md", "more": 1}, {"plan": "\ud800", "format": "md"}):  # fmt: skip
        raw = json.dumps(body).encode()
        assert (
            door.client.post("/api/export", content=raw, headers={"content-type": "application/json"}).status_code
            == 422
        )
    described = door.client.get("/api/openapi.json").json()
    assert {"/v1/chat/completions", "/api/plans", "/api/score", "/api/export"} <= set(described["paths"])


def test_the_queue_is_bounded_and_jobs_are_given_once(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, bound=2)
    first, second = jobs.add("plan", "a", {}), jobs.add("train", "b", {})
    with pytest.raises(BusyError):
        jobs.add("plan", "c", {})
    taken = jobs.claim(("plan",), 1)
    assert taken
    assert taken.id == first.id
    assert jobs.claim(("plan",), 1) is None
    assert jobs.claim(("train",), 1).id == second.id  # type: ignore[union-attr]
    assert jobs.renew(first.id, 1)
    assert not jobs.renew(first.id, 2)
    assert jobs.end(first.id, 1, "done", "", {"x": 1})
    assert not jobs.end(first.id, 1, "failed")  # a late child changes nothing
    assert jobs.get(first.id).result == {"x": 1}
    for _ in range(3):
        jobs.back(jobs.get(second.id), "gone")
        jobs.claim(("train",), 1)
    assert jobs.get(second.id).state == "failed"
    assert jobs.again(second.id).state == "queued"
    assert jobs.cancel(second.id)
    assert jobs.cancel(second.id) is None
    with pytest.raises(KeyError):
        jobs.get("nothing")


def test_jobs_outlive_their_server_and_their_child(tmp_path: Path) -> None:
    place = Place(tmp_path, worker=WORKER)
    jobs = Jobs(place.hidden)
    args = {"archive": str(SAMPLES), "base": "fake", "name": "first", "settings": {"epochs": 2}, "test": []}
    job = jobs.add("train", "first", args)
    runner = Runner(place, jobs)
    runner.start()
    until = time.monotonic() + 60
    while not jobs.log(job.id) and time.monotonic() < until:
        time.sleep(0.05)
    runner.close()  # the server is gone; its child goes on
    now = jobs.get(job.id)
    assert now.state == "running"
    assert now.pid
    os.kill(now.pid, signal.SIGKILL)  # and now the child as well: a power cut
    later = Runner(place, jobs)
    later.start()
    while jobs.get(job.id).open and time.monotonic() < until:
        time.sleep(0.05)
    later.close()
    ended = jobs.get(job.id)
    assert (ended.state, ended.attempt) == ("done", 2)
    steps = [entry["step"] for entry in jobs.log(job.id)]
    assert sorted(set(steps)) == list(range(1, 21))
    assert len(steps) <= 22  # it went on where it was
