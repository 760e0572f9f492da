"""GitHub's REST API on loopback, as strict as the real one where exporting could go wrong: fields, pages, refusals."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "fake-token"
REPO = "acme/bakery"
FIELDS = {
    ("POST", "labels"): {"name", "color"},
    ("POST", "milestones"): {"title", "description", "due_on"},
    ("POST", "issues"): {"title", "body", "labels", "milestone"},
    ("PATCH", "milestones"): {"title", "description", "due_on"},
    ("PATCH", "issues"): {"title", "body", "labels", "milestone"},
    ("POST", "sub_issues"): {"sub_issue_id"},
}


class FakeGitHub:
    """The state of one repository. `page`: most items of a page. `answers`: refusals to give to the next writes."""

    def __init__(self) -> None:
        self.labels: list[dict[str, Any]] = [{"name": "bug", "color": "ffffff"}]
        self.milestones: list[dict[str, Any]] = []
        self.issues: list[dict[str, Any]] = []
        self.children: dict[int, list[int]] = {}
        self.page = 3
        self.answers: list[tuple[int, dict[str, str], dict[str, Any]] | None] = []
        self.calls: list[tuple[str, str]] = []
        self.url = ""

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] != "GET"]

    def answer(self, method: str, url: str, token: str | None, data: Any) -> tuple[int, dict[str, str], Any]:
        at = urlsplit(url)
        self.calls.append((method, at.path))
        if token != f"Bearer {TOKEN}":
            return 401, {}, {"message": "Bad credentials"}
        prefix = f"/repos/{REPO}/"
        if not at.path.startswith(prefix):
            return 404, {}, {"message": "Not Found"}
        path = at.path.removeprefix(prefix).split("/")
        if method == "GET":
            return self.listed(path, at.path, {key: values[0] for key, values in parse_qs(at.query).items()})
        refusal = self.answers.pop(0) if self.answers else None
        if refusal:
            return refusal
        unknown = set(data) - FIELDS.get((method, path[2] if len(path) == 3 else path[0]), set())
        if unknown:
            return 422, {}, {"message": "Validation Failed", "errors": [{"message": f"unknown: {sorted(unknown)}"}]}
        return self.written(method, path, data)

    def listed(self, path: list[str], whole: str, query: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        if len(path) == 3:
            some = [self.issues[n - 1] for n in self.children.get(int(path[1]), [])]
        else:
            some = [*getattr(self, path[0])]
            assert path[0] == "labels" or (query["state"], query["direction"]) == ("all", "asc")
        size, page = min(int(query["per_page"]), self.page), int(query.get("page", 1))
        more = page * size < len(some)
        query["page"] = str(page + 1)
        after = "&".join(f"{key}={value}" for key, value in query.items())
        head = {"Link": f'<{self.url}{whole}?{after}>; rel="next"'} if more else {}
        return 200, head, some[(page - 1) * size : page * size]

    def written(self, method: str, path: list[str], data: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        problem = self.problem(method, path, data)
        if problem:
            return 422, {}, {"message": "Validation Failed", "errors": [problem]}
        if len(path) == 3:
            self.children.setdefault(int(path[1]), []).append(data["sub_issue_id"] - 1000)
            return 201, {}, self.issues[int(path[1]) - 1]
        some = getattr(self, path[0])
        if method == "PATCH":
            one = some[int(path[1]) - 1]
            one |= self.stored(data)
            return 200, {}, one
        number = len(some) + 1
        some.append({"number": number, "id": 1000 + number, "state": "open"} | self.stored(data))
        return 201, {}, some[-1]

    def stored(self, data: dict[str, Any]) -> dict[str, Any]:
        return data | ({"labels": [{"name": name} for name in data["labels"]]} if "labels" in data else {})

    def problem(self, method: str, path: list[str], data: dict[str, Any]) -> dict[str, str]:
        known = {label["name"].casefold() for label in self.labels}
        titles = {one["title"] for one in self.milestones}
        if len(path) == 3:
            taken = {child for some in self.children.values() for child in some}
            return {"message": "has a parent"} if data["sub_issue_id"] - 1000 in taken else {}
        if path[0] == "labels" and data["name"].casefold() in known:
            return {"field": "name", "code": "already_exists"}
        if path[0] == "milestones" and method == "POST" and data["title"] in titles:
            return {"field": "title", "code": "already_exists"}
        if path[0] == "issues":
            if len(data["title"]) > 256 or len(data["body"]) > 65536 or "\n" in data["title"]:
                return {"message": "too long"}
            if not {name.casefold() for name in data["labels"]} <= known:
                return {"field": "labels", "code": "missing"}
            if data.get("milestone") and data["milestone"] > len(self.milestones):
                return {"field": "milestone", "code": "invalid"}
        return {}


@contextmanager
def serving(fake: FakeGitHub) -> Iterator[FakeGitHub]:
    """The fake behind HTTP."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            data = json.loads(self.rfile.read(length)) if length else {}
            code, head, told = fake.answer(self.command, self.path, self.headers.get("Authorization"), data)
            body = json.dumps(told).encode()
            self.send_response(code)
            for name, value in {**head, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = respond  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
