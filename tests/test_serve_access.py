"""Who is let in: every route of the table, the link of the start, sessions, texts and names made to do harm."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
httpx2 = pytest.importorskip("httpx2")

from lxml import html  # noqa: E402
from serve_door import SAMPLES, Door  # noqa: E402
from serve_payloads import PAYLOADS, spoilt_plan  # noqa: E402
from starlette.routing import BaseRoute  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402

from plansmith.cli.serve import _open  # noqa: E402
from plansmith.plan import parse_json, render_plan  # noqa: E402


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


def test_the_link_of_the_start_opens_the_page_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door(tmp_path, demand_token=True)
    token = door.served.keys.new_token()
    key = door.served.keys.new_link()
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    file = _open(door.served, f"http://localhost:8321/enter?key={key}")
    assert file
    assert opened == [file.as_uri()]  # the browser's command line does not tell the key
    assert key in file.read_text()
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    comes = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "accept": "text/html",
    }  # from a file of one's own
    told = door.client.get(f"/enter?key={key}", headers=comes)
    assert (told.status_code, told.headers["location"]) == (303, "/")
    assert door.client.get("/").status_code == 200
    assert door.client.get(f"/enter?key={key}").status_code == 303  # who is in already is led on
    for stranger in (f"/enter?key={key}", "/enter", "/enter?key=", f"/enter?key={token}"):
        door.client.cookies.clear()
        again = door.client.get(stranger)
        assert again.status_code == 401, stranger
        assert "opened before" in again.text
        assert "set-cookie" not in again.headers
    hidden = "".join(p.read_text() for p in door.place.hidden.rglob("*") if p.suffix in ("", ".sha256") and p.is_file())
    assert key not in hidden
    other = Door(tmp_path / "other", demand_token=True)
    assert other.served.keys.cookie != door.served.keys.cookie  # two servers of a machine do not log each other out


def test_odd_headers_are_refused_and_break_nothing(tmp_path: Path) -> None:
    door = Door(tmp_path)
    for headers in ({"origin": "http://[x"}, {"origin": "http://localhost:8321.evil"}, {"host": "[::1"}, {"host": ""}):
        assert door.client.get("/", headers=headers).status_code == 403, headers
    raw = [(b"content-length", b"\xb2"), (b"content-type", b"application/json")]
    assert door.client.post("/api/score", content=b"{}", headers=raw).status_code == 413


def _started(folder: Path, *more: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
    command = [sys.executable, "-m", "plansmith", "serve", str(folder), "--port", "0", "--json", *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, json.loads(process.stdout.readline())


@pytest.mark.slow
def test_serve_asks_for_a_token_unless_told_otherwise(tmp_path: Path) -> None:
    process, told = _started(tmp_path)
    try:
        with httpx2.Client(base_url=told["address"], trust_env=False) as client:
            assert client.get("/api/plans").status_code == 401
            assert client.get("/api/plans", headers={"authorization": f"Bearer {told['token']}"}).status_code == 200
            assert client.get(told["link"], follow_redirects=True).status_code == 200
            assert client.get("/runs").status_code == 200
        with httpx2.Client(base_url=told["address"], trust_env=False) as client:
            assert client.get(told["link"]).status_code == 401
    finally:
        process.terminate()
        process.wait()
    process, later = _started(tmp_path, "--no-token")
    try:
        assert (later["token"], later["link"]) == ("", later["address"])
        assert httpx2.get(f"{later['address']}api/plans", trust_env=False).status_code == 200
    finally:
        process.terminate()
        process.wait()


def test_no_token_is_for_this_machine_alone(tmp_path: Path) -> None:
    from plansmith.cli.serve import serve
    from plansmith.errors import InputError

    with pytest.raises(InputError, match="this machine alone"):
        serve(tmp_path, host="0.0.0.0", token=False)


def test_no_text_from_outside_becomes_markup(door: Door) -> None:
    payloads = PAYLOADS
    assert len(set(payloads)) == 200
    here = door.served.workspace
    name = here.new(payloads[3], "\n\n".join(f"{text} must be shown." for text in payloads))
    here.written(name, render_plan(parse_json(json.dumps(spoilt_plan()))), ())
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
