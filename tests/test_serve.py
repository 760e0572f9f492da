"""The doors: who is let in, what a page shows and changes, jobs that outlive their server. No model, no browser."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
httpx2 = pytest.importorskip("httpx2")

from lxml import html  # noqa: E402
from starlette.routing import BaseRoute  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402

from plansmith.locale import table  # noqa: E402
from plansmith.plan import parse_plan, render_json  # noqa: E402
from plansmith.serve import Place, create_app, edits  # noqa: E402
from plansmith.serve.app import Served  # noqa: E402
from plansmith.serve.jobs import BusyError, Jobs  # noqa: E402
from plansmith.serve.runner import Runner  # noqa: E402
from plansmith.serve.workspace import ConflictError, Workspace, slug  # noqa: E402

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"
WORKER = (sys.executable, str(Path(__file__).parent / "serve_worker.py"))
BRIEF = "# Bread\n\nWe are a bakery. Customers must be able to order bread. Staff can see the orders. We have £9,000."


class Door:
    """A server in this process and a browser on it."""

    def __init__(self, folder: Path, **rules: object) -> None:
        self.place = Place(folder, **{"worker": WORKER, "demand_token": False, **rules})  # type: ignore[arg-type]
        self.served = Served(self.place)
        self.gate = create_app(self.place, self.served)
        self.client = TestClient(self.gate, base_url="http://localhost:8321", follow_redirects=False)

    def csrf(self) -> dict[str, str]:
        page = html.fromstring(self.client.get("/").text)
        return dict(json.loads(page.xpath("//body/@hx-headers")[0]))

    def wait(self, key: str, seconds: float = 60) -> str:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not (job := self.served.jobs.get(key)).open:
                return job.state
            time.sleep(0.05)
        raise AssertionError("the job did not end")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    made = Door(tmp_path_factory.mktemp("door"), queue=3)
    folder = made.place.plans / "bakery"
    folder.mkdir(parents=True)
    for name in ("brief.md", "plan.md"):
        (folder / name).write_bytes((SAMPLES / "01-bakery-preorders" / name).read_bytes())
    with made.client:
        yield made


def routes(found: list[BaseRoute]) -> list[tuple[str, str]]:
    """(method, path) of every route of the application's table, with something in place of each parameter."""
    table = []
    for route in found:
        inner = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None)
        if inner:
            table += routes(inner)
        elif hasattr(route, "methods"):
            path = route.path.replace("{number}", "1")  # type: ignore[attr-defined]
            for part in ("{name:path}", "{name}", "{key}", "{letter}", "{way}", "{wanted}", "{work}"):
                path = path.replace(part, "x")
            table += [(method, path) for method in sorted(route.methods or ()) if method != "HEAD"]
    return table


def test_nobody_comes_in_without_the_token_or_from_elsewhere(tmp_path: Path) -> None:
    door = Door(tmp_path, demand_token=True)
    token = door.served.keys.new_token()
    every = routes(door.gate.app.routes)
    assert len(every) > 45
    assert {"/v1/chat/completions", "/plans/x/edit/x", "/archive/project", "/train/x/stop"} <= {p for _, p in every}
    with TestClient(door.gate, base_url="http://localhost:8321", follow_redirects=False) as client:
        _try_every_route(door, client, every, token)


def _try_every_route(door: Door, client: TestClient, every: list[tuple[str, str]], token: str) -> None:
    for method, path in every:
        for headers in (
            {},
            {"authorization": "Bearer wrong"},
            {"cookie": f"{door.served.keys.cookie}=a.b", "authorization": f"Basic {token}"},
        ):
            status = client.request(method, path, headers=headers).status_code
            assert status == 401 or path in ("/login", "/health"), (method, path, headers, status)
        for headers in (
            {"host": "evil.example"},
            {"host": "localhost.evil.example:8321"},
            {"origin": "http://evil.example"},
            {"origin": "null"},
            {"origin": "http://localhost:1"},
        ):
            right = {"authorization": f"Bearer {token}", **headers}
            assert client.request(method, path, headers=right).status_code == 403, (method, path, headers)
        if method not in ("GET", "OPTIONS") and path != "/login":
            # a session alone, as another site's form would bring it, changes nothing
            session = {"cookie": f"{door.served.keys.cookie}={door.served.keys.session()}"}
            assert client.request(method, path, headers=session).status_code == 403, (method, path)
    assert client.get("/health").status_code == 200
    assert client.get("/api/plans", headers={"authorization": f"Bearer {token}"}).json() == []
    page = client.get("/", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=/")
    assert client.post("/login", data={"token": "wrong"}).status_code == 401
    entered = client.post("/login", data={"token": token, "next": "//evil.example"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get("/").status_code == 200
    door.served.keys.new_token()
    assert client.get("/").status_code == 401  # a new token ends the sessions of the old one
    assert oct((door.place.hidden / "secret").stat().st_mode & 0o777) == "0o600"
    assert token not in "".join(p.read_text() for p in door.place.hidden.iterdir() if p.suffix == ".sha256")


def test_bodies_are_bounded(tmp_path: Path) -> None:
    door = Door(tmp_path, body=1000)
    assert door.client.post("/api/score", content=b"x" * 1001).status_code == 403
    told = door.client.post("/api/score", content=b"x" * 1001, headers={"content-type": "application/json"})
    assert told.status_code == 413

    def drip() -> Iterator[bytes]:
        for _ in range(20):
            yield b"y" * 100

    headers = {"content-type": "application/json"}
    assert door.client.post("/api/score", content=drip(), headers=headers).status_code == 413


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


TAGS = ("<script>alert({n})</script>", "<img src=x onerror=alert({n})>", "<svg/onload=alert({n})>", "\"><script>alert({n})</script>", "'-alert({n})-'", "<a href=javascript:alert({n})>x</a>", "{{{{{n}*7}}}}", "</textarea><script>{n}</script>", "<iframe srcdoc='<script>{n}</script>'>", "<body hx-on:load=alert({n})>", "</title><script>{n}</script>", "<div hx-get=/x hx-trigger=load>{n}</div>", "<style>@import'//evil/{n}'</style>", "&lt;script&gt;{n}&lt;/script&gt;", "<math><mtext></p><style><img onerror={n}>", "javascript:{n}//", "<details open ontoggle={n}>", "<!--><script>{n}</script>", "\\u003cscript\\u003e{n}", "<input autofocus onfocus={n}>")  # fmt: skip


def test_no_text_from_outside_becomes_markup(door: Door) -> None:
    payloads = [tag.format(n=n) for n in range(10) for tag in TAGS]
    assert len(payloads) == 200
    plan = {
        "title": payloads[0], "client": payloads[1], "summary": "\n\n".join(payloads[:20]),
        "requirements": [{"id": f"R{i}", "text": text, "fit": text} for i, text in enumerate(payloads, 1)],
        "stories": [{"id": f"U{i}", "role": "x", "want": text, "requirements": [f"R{i}"]} for i, text in enumerate(payloads[:60], 1)],
        "tasks": [{"id": f"T{i}", "title": text, "role": "web", "done_when": text, "serves": [f"R{i}"]} for i, text in enumerate(payloads[:60], 1)],
        "risks": [{"id": f"K{i}", "event": text, "owner": text} for i, text in enumerate(payloads[:60], 1)],
        "questions": [{"id": f"Q{i}", "text": text, "answer": text} for i, text in enumerate(payloads[:60], 1)],
    }  # fmt: skip
    here = door.served.workspace
    name = here.new(payloads[3], "\n\n".join(f"{text} must be shown." for text in payloads))
    from plansmith.plan import parse_json, render_plan

    here.written(name, render_plan(parse_json(json.dumps(plan))), ())
    pages = [f"/plans/{name}?view={view}" for view in ("plan", "timetable", "risks", "checks", "setup", "history")]
    pages += [
        "/",
        f"/plans/{name}/edit/R4",
        f"/plans/{name}/edit/text",
        f"/plans/{name}/edit/T1",
        f"/plans/{name}/versions/1",
    ]
    for path in pages:
        told = door.client.get(path)
        assert told.status_code == 200, path
        tree = html.fromstring(told.text)
        assert {s.get("src") for s in tree.iter("script")} <= {
            "/static/htmx.min.js",
            "/static/htmx-sse.min.js",
            "/static/app.js",
        }
        for node in tree.iter():
            if isinstance(node.tag, str):
                assert node.tag not in ("iframe", "style", "math", "base", "object", "embed"), path
                assert not [a for a in node.attrib if a.startswith(("on", "hx-on")) or a == "style"], (
                    path,
                    node.attrib,
                )
                assert not str(node.get("href", "")).strip().lower().startswith("javascript"), path
    here.remove(name)


def test_no_name_from_outside_becomes_a_path(door: Door, tmp_path: Path) -> None:
    (door.place.workspace.parent / "secret.md").write_text("the crown jewels")
    steps = ("..", "../..", "..%2f", "%2e%2e/", "..\\", "%5c..%5c", "/etc", "//etc", "....//", "..;/", "%252e%252e%252f", "C:\\", "\\\\host\\", "~", ".", "%00", "file://", "bakery/..", "bakery%2f..%2f..", "․․/")  # fmt: skip
    ends = (
        "secret.md",
        "secret",
        "etc/passwd",
        "plan.md",
        ".plansmith/secret",
        "%2fsecret.md",
        "",
        "secret.md%00",
        "jobs.db",
        "..",
    )
    payloads = [step + end for step in steps for end in ends]
    assert len(payloads) == 200
    before = sorted(
        str(p) for p in door.place.workspace.parent.rglob("*") if "jobs" not in str(p) and ".db" not in str(p)
    )
    secret = (door.place.hidden / "secret").read_text().strip()
    for payload in payloads:
        for path in (f"/plans/{payload}", f"/plans/bakery/export/{payload}", f"/runs/{payload}", f"/api/plans/{payload}", f"/archive/look?name={payload}", f"/static/{payload}"):  # fmt: skip
            try:
                told = door.client.get(path)
            except httpx2.InvalidURL:
                continue  # the client itself refuses to send it
            assert told.status_code in (200, 303, 307, 400, 404, 405, 422), (path, told.status_code)
            assert "crown jewels" not in told.text, path
            assert "root:" not in told.text, path
            assert secret not in told.text, path
    headers = door.csrf()
    for payload in ("../../x.md", "..\\..\\x.md", "/etc/x.md", "x\x00.md", "con.md", "a" * 300 + ".md"):
        files = {"file": (payload, b"nothing here is a wish", "text/markdown")}
        assert door.client.post("/plans", files=files, data={"model": "no"}, headers=headers).status_code == 422
    after = sorted(
        str(p) for p in door.place.workspace.parent.rglob("*") if "jobs" not in str(p) and ".db" not in str(p)
    )
    assert [p for p in after if p not in before and not p.endswith("uploads") and "history" not in p] == []


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


def test_pages_of_models_and_trainings_bear_every_state(tmp_path: Path) -> None:
    door = Door(tmp_path, queue=100)  # no runner: the jobs are moved by hand
    for name in ("first", "second"):
        folder = door.place.runs / name
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps(STORY))
        (folder / "metrics.jsonl").write_text('{"step": 1, "loss": 3.0}\n{"step": 2, "loss": 2.5}\n')
    result = {"plan": {"plan": "a"}, "train": {"run": "first"}, "check": {}, "evaluate": {"verdicts": ["better"]}}
    for kind in ("plan", "train", "evaluate", "publish"):
        for state in ("queued", "running", "done", "failed", "stopped", "cancelled"):
            args = {"name": "first", "plan": "a", "archive": str(SAMPLES), "base": "smollm2-135m", "settings": {}}
            job = door.served.jobs.add(kind, "first", args)
            if state != "queued":
                taken = door.served.jobs.claim((kind,), 99)
                assert taken
                if state != "running":
                    told = result.get(kind, {}) if state == "done" else {}
                    door.served.jobs.end(taken.id, taken.attempt, state, "why" * (state == "failed"), told)
            if kind == "train":
                assert door.client.get(f"/train/{job.id}").status_code == 200, state
    for path in ("/", "/runs", "/runs/first", "/runs/first/jobs", "/runs/compare?one=first&other=second", "/train"):
        told = door.client.get(path)
        assert told.status_code == 200, path
    assert door.client.get("/runs/first/proof").status_code == 404
    assert door.client.get("/runs/compare?one=first&other=nothing").status_code == 404
    headers = door.csrf()
    assert door.client.post("/runs/first/evaluate", data={"archive": "../x"}, headers=headers).status_code == 404
    assert door.client.post("/train", data={"archive": "x", "epochs": "999"}, headers=headers).status_code == 422
    said = {"archive": "", "base": "smollm2-135m", "name": "a b", "learning_rate": "0.0002", "rslora": "yes"}
    told = door.client.post("/train/command", data=said, headers=headers)
    assert "--name &#39;a b&#39; --learning-rate 0.0002 --rslora" in told.text


STORY = {
    "base": {"name": "smollm2-135m", "licence": "Apache-2.0", "chat": "chatml"},
    "recipe": {"epochs": 1, "learning_rate": 0.001, "rank": 32},
    "data": {"sha256": "0" * 64, "seed": 0, "train": {"a": "1"}, "test": {"b": "2"}, "whole": 0, "rows": 20, "tokens": 900, "supervised": 400},
    "result": {"held_out_loss": [4.2, 1.8], "held_out_steps": [0, 20], "best_step": 20, "steps": 20, "training_seconds": 3.0, "tokens_per_second": 300.0, "peak_memory_gb": 1.0},
    "versions": {"torch": "0"},
}  # fmt: skip
