"""The secrets of a server: the token's hash, what signs sessions, and the link that opens the page once.

Enters: the workspace's hidden folder. Leaves: `Keys`, which says whether a token, a session or a link is right.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path


class Keys:
    """The token's hash and the secret that signs sessions, kept in the workspace, readable to their owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = self._kept("secret", lambda: secrets.token_hex(32))
        path = folder / "token.sha256"
        self.token_hash = path.read_text(encoding="ascii").strip() if path.is_file() else ""
        self.cookie = f"plansmith_{_hash(self.secret)[:8]}"
        """Name of the session's cookie: browsers send cookies to every port of a host, and each workspace has its own."""
        self._links: set[str] = set()
        self._lock = threading.Lock()

    def new_token(self) -> str:
        """Make a token and keep only its hash; sessions of an older one end with it."""
        token = secrets.token_urlsafe(32)
        self.token_hash = _hash(token)
        write_private(self.folder / "token.sha256", self.token_hash)
        return token

    def new_link(self) -> str:
        """A key that opens the page once; it lives as long as this process."""
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._links.add(_hash(key))
        return key

    def use_link(self, key: str) -> bool:
        """Whether the key opens the page; it never does so again. Hashes are looked up, so time tells nothing."""
        with self._lock:
            found = _hash(key) in self._links
            self._links.discard(_hash(key))
        return found

    def right(self, token: str) -> bool:
        """Whether it is the token, compared in constant time."""
        return bool(self.token_hash) and hmac.compare_digest(_hash(token), self.token_hash)

    def session(self) -> str:
        """A new signed session."""
        nonce = secrets.token_urlsafe(16)
        return f"{nonce}.{self._sign('session', nonce)}"

    def valid(self, session: str) -> bool:
        nonce, _, signature = session.partition(".")
        return bool(nonce) and same(self._sign("session", nonce), signature)

    def csrf(self, session: str) -> str:
        """The token by which a page of this session shows that a change comes from it."""
        return self._sign("csrf", session)

    def _sign(self, what: str, value: str) -> str:
        key = f"{self.secret}{self.token_hash}".encode()
        return hmac.new(key, f"{what}:{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        path = self.folder / name
        if not path.is_file():
            write_private(path, make())
        return path.read_text(encoding="ascii").strip()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def write_private(path: Path, text: str) -> None:
    """Write a small file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.chmod(path, 0o600)  # one that was there before may have been readable
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def same(one: str, other: str) -> bool:
    """Whether two texts are the same, compared in constant time."""
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "surrogatepass"))
