"""GitHub's REST API as far as exporting needs it: pages, retries, limits, and errors that say what to do.

Enters: a repository and a token. Leaves: answers as Python data.
Try: plansmith export plan.md --to github --repo OWNER/NAME --dry-run

Limits follow GitHub's "Best practices for using the REST API": one request at a time, a second between writes, and
after a refusal for speed (403 or 429) the wait that it names. Only reading is tried again after a lost answer: of a
lost creation nobody knows whether it happened, and the next export finds out.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from plansmith.errors import InputError, MissingError, PlansmithError

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

API = "https://api.github.com"
AGAIN = "Run the same command again: nothing is created twice."
_TRIES = 5
_LONGEST_WAIT = 900.0
"""Seconds; for longer than that nobody wants to watch a command stand still."""
_BETWEEN_WRITES = 1.0
_TIMEOUT = (10, 60)


class GitHub:
    """One repository. `wait`: how to let seconds pass; tests give their own."""

    def __init__(self, repo: str, token: str, api: str = API, wait: Callable[[float], None] = time.sleep) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}", repo):
            raise InputError(f"'{repo}' names no repository. Give OWNER/NAME, such as acme/bakery.")
        if not token:
            raise MissingError(
                "GITHUB_TOKEN is not set. Make a token that may write issues of the repository "
                "(https://github.com/settings/personal-access-tokens) and put it into the environment."
            )
        if not re.match(r"https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/]", api + "/"):
            raise InputError(f"GITHUB_API_URL is '{api}': a token goes over https only.")
        try:
            import requests
        except ImportError as error:
            raise MissingError("Sending to GitHub needs the package 'requests': pip install requests") from error
        self.repo, self.api, self._wait, self._writes = repo, api.rstrip("/"), wait, 0
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/vnd.github+json"
        self._session.headers["X-GitHub-Api-Version"] = "2022-11-28"
        self._session.headers["User-Agent"] = "plansmith"

        def sign(request: PreparedRequest) -> PreparedRequest:  # as `auth`, or a .netrc would win over the token
            request.headers["Authorization"] = f"Bearer {token}"
            return request

        self._session.auth = sign

    def read(self, path: str, **query: str) -> Iterator[Any]:
        """Every item of a list, page after page."""
        url, values = self._url(path), {"per_page": "100", **query}
        while url:
            answer = self._ask("GET", url, params=values)
            yield from answer.json()
            url, values = answer.links.get("next", {}).get("url", ""), {}
            if url and not url.startswith(f"{self.api}/"):
                raise PlansmithError(f"GitHub's list goes on at another place ({url}); the token is not sent there.")

    def write(self, method: str, path: str, data: Mapping[str, Any], allowed: tuple[int, ...] = ()) -> Any:
        """Create or change something; None where it is refused with a status among `allowed`."""
        if self._writes:
            self._wait(_BETWEEN_WRITES)
        self._writes += 1
        answer = self._ask(method, self._url(path), allowed, json=data)
        return None if answer.status_code in allowed else answer.json()

    def _url(self, path: str) -> str:
        return f"{self.api}/repos/{self.repo}/{path}"

    def _ask(self, method: str, url: str, allowed: tuple[int, ...] = (), **more: Any) -> Response:
        import requests

        reads = method == "GET"
        for tried in range(1, _TRIES + 1):
            try:
                answer = self._session.request(method, url, timeout=_TIMEOUT, allow_redirects=reads, **more)
            except requests.RequestException as error:
                if not reads or tried == _TRIES:
                    raise PlansmithError(f"GitHub did not answer ({type(error).__name__}). {AGAIN}") from error
                self._wait(2.0**tried)
                continue
            pause = _pause(answer, tried)
            if pause is None and answer.status_code >= 500 and reads:
                pause = 2.0**tried
            if pause is None or tried == _TRIES:
                break
            if pause > _LONGEST_WAIT:
                minutes = round(pause / 60)
                raise PlansmithError(f"GitHub takes no more requests for {minutes} minutes. Wait. {AGAIN}")
            self._wait(pause)
        if (answer.ok and not answer.is_redirect) or answer.status_code in allowed:
            return answer
        raise _explained(self.repo, answer)


def _pause(answer: Response, tried: int) -> float | None:
    """Seconds that a refusal for speed asks to wait; None if it is none."""
    if answer.status_code not in (403, 429):
        return None
    named = answer.headers.get("Retry-After", "")
    if named.isdigit():
        return float(named)
    if answer.headers.get("X-RateLimit-Remaining") == "0":
        reset = answer.headers.get("X-RateLimit-Reset", "")
        return max(float(reset) - time.time(), 1.0) if reset.isdigit() else 60.0
    if answer.status_code == 429 or "rate limit" in _message(answer).lower():
        return 60.0 * 2.0 ** (tried - 1)
    return None


def _message(answer: Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return ""
    if not isinstance(told, dict):
        return ""
    errors = told.get("errors") or []
    more = [
        str(one.get("message") or f"{one.get('field')}: {one.get('code')}") for one in errors if isinstance(one, dict)
    ]
    return "; ".join([str(told.get("message", "")), *more])


def _explained(repo: str, answer: Response) -> PlansmithError:
    said = _message(answer)
    if answer.status_code == 401:
        return InputError("GitHub does not accept the token in GITHUB_TOKEN: it is wrong, or has expired.")
    if answer.status_code == 404:
        return InputError(f"GitHub shows this token no repository {repo}. Check the name, and what the token may see.")
    if answer.status_code == 410:
        return InputError(f"{repo} has its issues switched off. Switch them on in the repository's settings.")
    if answer.status_code == 403 and "rate limit" not in said.lower():
        return InputError(f"The token may not write issues of {repo}. Give it that permission. GitHub says: {said}")
    if answer.is_redirect:
        return InputError(f"{repo} has moved. Give its new name.")
    return PlansmithError(f"GitHub refused with status {answer.status_code}: {said or 'no reason given'}. {AGAIN}")
