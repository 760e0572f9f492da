"""A Hub for tests: the part of the Hub's protocol that huggingface_hub and datasets speak, on loopback, in memory.

    with FakeHub() as hub:                       # hub.url is what HF_ENDPOINT has to be
        hub.put("dataset", "ana/plans", {"data/train.jsonl": b"..."})
        ...
        hub.files("dataset", "ana/plans")        # path → bytes of a branch, tag or commit

Accounts are tokens (`hub.tokens`, "hf_ana" → "ana"). A private repository answers 401 to strangers, as the real one
does. Content goes by LFS from `lfs_from` bytes on, or by suffix; the Xet protocol is not spoken (HF_HUB_DISABLE_XET=1).
`hub.fail` holds (path part, status) pairs, each answered once. `hub.requests` lists what was asked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DAY = "2026-11-24T10:00:00.000Z"
_LFS = (".safetensors", ".gguf", ".bin", ".parquet", ".arrow")
_TYPES = {"models": "model", "datasets": "dataset", "spaces": "space"}


@dataclass
class Repo:
    type: str
    id: str
    private: bool
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    lfs: set[str] = field(default_factory=set)

    def commit(self, files: dict[str, bytes], message: str, branch: str = "main") -> str:
        seed = f"{self.id}{len(self.commits)}{message}{sorted((p, _sha256(c)) for p, c in files.items())}"
        sha = hashlib.sha1(seed.encode()).hexdigest()
        self.commits[sha] = files
        self.refs[branch] = sha
        self.messages.append(message)
        return sha

    def resolve(self, revision: str) -> str | None:
        revision = revision.removeprefix("refs/heads/")
        sha = self.refs.get(revision) or self.tags.get(revision) or revision
        return sha if sha in self.commits else None


class FakeHub:
    def __init__(self, lfs_from: int = 10_000_000) -> None:
        self.repos: dict[tuple[str, str], Repo] = {}
        self.blobs: dict[str, bytes] = {}
        self.tokens = {"hf_ana": "ana", "hf_dan": "dan"}
        self.requests: list[str] = []
        self.agents: set[str] = set()
        self.fail: list[tuple[str, int]] = []
        self.lfs_from = lfs_from
        self.lock = threading.RLock()
        handler = type("Handler", (_Handler,), {"hub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> FakeHub:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def put(
        self,
        kind: str,
        name: str,
        files: dict[str, bytes],
        private: bool = False,
        branch: str = "main",
        message: str = "put",
    ) -> str:
        """Add a commit with these files to those there; returns its hash."""
        repo = self.repos.setdefault((kind, name), Repo(kind, name, private))
        before = repo.commits.get(repo.refs.get(branch, repo.refs.get("main", "")), {})
        for path in files:
            if self.is_lfs(path, len(files[path])):
                repo.lfs.add(path)
        return repo.commit({**before, **files}, message, branch)

    def files(self, kind: str, name: str, revision: str = "main") -> dict[str, bytes]:
        repo = self.repos[kind, name]
        return repo.commits[repo.resolve(revision) or ""]

    def is_lfs(self, path: str, size: int) -> bool:
        return size >= self.lfs_from or path.endswith(_LFS)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _git_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\x00" % len(content) + content).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _serve(self) -> None:
        self.body = self._read_body()
        parts = urllib.parse.urlsplit(self.path)
        self.where = urllib.parse.unquote(parts.path)
        self.query = dict(urllib.parse.parse_qsl(parts.query))
        with self.hub.lock:
            self.hub.requests.append(f"{self.command} {self.where}")
            self.hub.agents.add(self.headers.get("User-Agent", ""))
            for n, (part, status) in enumerate(self.hub.fail):
                if part in self.path:
                    del self.hub.fail[n]
                    return self._json({"error": "as the test wished"}, status)
            self._route()
        return None

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _route(self) -> None:
        where, command = self.where, self.command
        if where == "/api/whoami-v2":
            return self._whoami()
        if where == "/api/validate-yaml":
            return self._json({"errors": [], "warnings": []})
        if where == "/api/repos/create":
            return self._create()
        if match := re.fullmatch(r"/_lfs/([0-9a-f]{64})", where):
            return self._put_blob(match[1])
        if match := re.fullmatch(r"/(datasets/|spaces/)?([^/]+/[^/]+)\.git/info/lfs/objects/batch", where):
            return self._batch(_TYPES[(match[1] or "models/")[:-1]], match[2])
        if match := re.fullmatch(r"/(datasets/|spaces/)?([^/]+/[^/]+)/resolve/(refs/[^/]+/[^/]+|[^/]+)/(.+)", where):
            repo = self._repo(_TYPES[(match[1] or "models/")[:-1]], match[2])
            return self._resolve(repo, match[3], match[4]) if repo else None
        if match := re.fullmatch(r"/api/(models|datasets|spaces)/([^/]+/[^/]+)(?:/([^/]+)(?:/(.+))?)?", where):
            write = command in ("POST", "PUT", "DELETE") and match[3] not in ("paths-info",)
            repo = self._repo(_TYPES[match[1]], match[2], write)
            return self._api(repo, match[3] or "", match[4] or "") if repo else None
        return self._json({"error": f"no such place: {where}"}, 404)

    def _api(self, repo: Repo, what: str, rest: str) -> None:
        if what in ("", "revision"):
            return self._info(repo, rest or "main")
        if what == "preupload":
            return self._preupload(repo, rest)
        if what == "commit":
            return self._commit(repo, rest)
        if what == "tree":
            revision, _, path = rest.partition("/")
            return self._tree(repo, revision, path)
        if what == "paths-info":
            return self._paths(repo, rest)
        if what == "refs":
            heads = [{"name": n, "ref": f"refs/heads/{n}", "targetCommit": s} for n, s in repo.refs.items()]
            tags = [{"name": n, "ref": f"refs/tags/{n}", "targetCommit": s} for n, s in repo.tags.items()]
            return self._json({"branches": heads, "tags": tags, "converts": []})
        if what in ("branch", "tag"):
            asked = json.loads(self.body or b"{}")
            start = rest if what == "tag" else asked.get("startingPoint", "main")
            sha = repo.resolve(start)
            if sha is None:
                return self._missing("RevisionNotFound", start)
            (repo.refs if what == "branch" else repo.tags)[rest if what == "branch" else asked["tag"]] = sha
            return self._json({})
        if what == "settings":
            asked = json.loads(self.body)
            repo.private = asked.get("private", asked.get("visibility") == "private")
            return self._json({"private": repo.private})
        return self._json({"error": f"the fake Hub does not do {what}"}, 404)

    # who

    def _user(self) -> str:
        return self.hub.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "), "")

    def _whoami(self) -> None:
        if not self._user():
            return self._json({"error": "Invalid credentials in Authorization header"}, 401)
        return self._json({"type": "user", "name": self._user(), "orgs": [], "auth": {"type": "access_token"}})

    def _repo(self, kind: str, name: str, write: bool = False) -> Repo | None:
        repo = self.hub.repos.get((kind, name))
        owner = name.split("/")[0]
        if repo is None or (repo.private and self._user() != owner):
            self._missing("RepoNotFound", name, 404 if self._user() else 401)
            return None
        if write and self._user() != owner:
            self._json({"error": "You don't have the rights to write here"}, 403 if self._user() else 401)
            return None
        return repo

    def _create(self) -> None:
        asked = json.loads(self.body)
        if not self._user():
            return self._json({"error": "Invalid username or password."}, 401)
        owner = asked.get("organization") or self._user()
        kind, name = asked.get("type", "model"), f"{owner}/{asked['name']}"
        if owner != self._user():
            return self._json({"error": f"You don't have the rights to create a {kind} under {owner}"}, 403)
        url = f"{self.hub.url}/{'' if kind == 'model' else kind + 's/'}{name}"
        if (kind, name) in self.hub.repos:
            return self._json({"error": "You already created this repo", "url": url}, 409)
        private = asked.get("private", asked.get("visibility") == "private")
        repo = self.hub.repos[kind, name] = Repo(kind, name, bool(private))
        repo.commit({".gitattributes": b"*.parquet filter=lfs\n"}, "initial commit")
        return self._json({"url": url, "name": name, "id": name})

    # what goes in

    def _preupload(self, repo: Repo, revision: str) -> None:
        there = repo.commits.get(repo.resolve(revision) or "", {})
        files = []
        for asked in json.loads(self.body)["files"]:
            path = asked["path"]
            mode = "lfs" if self.hub.is_lfs(path, asked["size"]) else "regular"
            oid = (_sha256 if path in repo.lfs else _git_oid)(there[path]) if path in there else None
            files.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        self._json({"files": files})

    def _batch(self, kind: str, name: str) -> None:
        if not self._repo(kind, name, write=True):
            return
        objects = []
        for asked in json.loads(self.body)["objects"]:
            entry = {"oid": asked["oid"], "size": asked["size"]}
            if asked["oid"] not in self.hub.blobs:
                entry["actions"] = {"upload": {"href": f"{self.hub.url}/_lfs/{asked['oid']}", "header": {}}}
            objects.append(entry)
        self._json({"transfer": "basic", "objects": objects})

    def _put_blob(self, oid: str) -> None:
        if self.command == "PUT":
            if _sha256(self.body) != oid:
                return self._json({"error": "the content is not what its hash says"}, 400)
            self.hub.blobs[oid] = self.body
            return self._json({})
        return self._bytes(self.hub.blobs[oid], {})

    def _commit(self, repo: Repo, revision: str) -> None:
        sha = repo.resolve(revision)
        if sha is None:
            return self._missing("RevisionNotFound", revision)
        files, summary = dict(repo.commits[sha]), ""
        for line in self.body.decode().splitlines():
            entry = json.loads(line)
            key, value = entry["key"], entry["value"]
            if key == "header":
                summary = value["summary"]
                if value.get("parentCommit") not in (None, sha):
                    return self._json({"error": "the branch has moved on"}, 412)
            elif key == "file":
                files[value["path"]] = base64.b64decode(value["content"])
                repo.lfs.discard(value["path"])
            elif key == "lfsFile":
                if value["oid"] not in self.hub.blobs:
                    return self._json({"error": f"no content for {value['path']}"}, 400)
                files[value["path"]] = self.hub.blobs[value["oid"]]
                repo.lfs.add(value["path"])
            elif key == "deletedFile":
                files.pop(value["path"], None)
            elif key == "deletedFolder":
                files = {p: c for p, c in files.items() if not p.startswith(value["path"].rstrip("/") + "/")}
        new = repo.commit(files, summary, revision)
        url = f"{self.hub.url}/{'' if repo.type == 'model' else repo.type + 's/'}{repo.id}/commit/{new}"
        return self._json({"success": True, "commitOid": new, "commitUrl": url, "hookOutput": ""})

    # what comes out

    def _info(self, repo: Repo, revision: str) -> None:
        sha = repo.resolve(revision)
        if sha is None:
            return self._missing("RevisionNotFound", revision)
        return self._json(
            {
                "_id": "0" * 24, "id": repo.id, "modelId": repo.id, "author": repo.id.split("/")[0], "sha": sha,
                "lastModified": DAY, "createdAt": DAY, "private": repo.private, "gated": False, "disabled": False,
                "downloads": 0, "likes": 0, "tags": [], "siblings": [{"rfilename": p} for p in sorted(repo.commits[sha])],
            }
        )  # fmt: skip

    def _entry(self, repo: Repo, path: str, content: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": "file", "oid": _git_oid(content), "size": len(content), "path": path}
        if path in repo.lfs:
            entry["lfs"] = {"oid": _sha256(content), "size": len(content), "pointerSize": 130}
        entry["lastCommit"] = {"id": repo.refs["main"], "title": "", "date": DAY}
        entry["securityFileStatus"] = None
        return entry

    def _tree(self, repo: Repo, revision: str, path: str) -> None:
        sha = repo.resolve(revision)
        if sha is None:
            return self._missing("RevisionNotFound", revision)
        within = f"{path}/" if path else ""
        files = {p: c for p, c in repo.commits[sha].items() if p.startswith(within)}
        if not files and path:
            return self._missing("EntryNotFound", path)
        deep = self.query.get("recursive", "").lower() in ("true", "1")
        entries: dict[str, dict[str, Any]] = {}
        for p, content in sorted(files.items()):
            folders = p[len(within) :].split("/")[:-1]
            for depth in range(1, len(folders) + 1):
                folder = within + "/".join(folders[:depth])
                if deep or depth == 1:
                    entries[folder] = {"type": "directory", "oid": _git_oid(folder.encode()), "size": 0, "path": folder}
            if deep or not folders:
                entries[p] = self._entry(repo, p, content)
        return self._json(list(entries.values()))

    def _paths(self, repo: Repo, revision: str) -> None:
        sha = repo.resolve(revision)
        if sha is None:
            return self._missing("RevisionNotFound", revision)
        if "json" in self.headers.get("Content-Type", ""):
            asked = json.loads(self.body)["paths"]
        else:
            asked = urllib.parse.parse_qs(self.body.decode()).get("paths", [])
        files = repo.commits[sha]
        found = [self._entry(repo, p, files[p]) for p in asked if p in files]
        for p in asked:
            if p not in files and any(f.startswith(p.rstrip("/") + "/") for f in files):
                found.append({"type": "directory", "oid": _git_oid(p.encode()), "size": 0, "path": p})
        return self._json(found)

    def _resolve(self, repo: Repo, revision: str, path: str) -> None:
        sha = repo.resolve(revision)
        if sha is None:
            return self._missing("RevisionNotFound", revision)
        if path not in repo.commits[sha]:
            return self._missing("EntryNotFound", path)
        content = repo.commits[sha][path]
        etag = (_sha256 if path in repo.lfs else _git_oid)(content)
        headers = {"X-Repo-Commit": sha, "ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
        if path in repo.lfs:
            headers |= {"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{etag}"'}
        return self._bytes(content, headers)

    # answers

    def _missing(self, code: str, what: str, status: int = 404) -> None:
        self._json({"error": f"{code}: {what}"}, status, {"X-Error-Code": code, "X-Error-Message": f"{code}: {what}"})

    def _json(self, data: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._send(json.dumps(data).encode(), status, {"Content-Type": "application/json", **(headers or {})})

    def _bytes(self, content: bytes, headers: dict[str, str]) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return self._send(content, 200, headers)
        start, end = int(wanted[1]), min(int(wanted[2] or len(content) - 1), len(content) - 1)
        if start >= len(content):
            return self._send(b"", 416, {"Content-Range": f"bytes */{len(content)}"})
        span = {"Content-Range": f"bytes {start}-{end}/{len(content)}"}
        return self._send(content[start : end + 1], 206, {**headers, **span})

    def _send(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
