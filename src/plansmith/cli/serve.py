"""The command that opens the door: serve.

Enters: a workspace folder and an address. Leaves: a web page and an API on it, until Ctrl-C.
Try: plansmith serve
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from plansmith.serve.app import Served


def serve(
    workspace: Path = Path("."),
    *,
    host: Annotated[str, Parameter(help="Address to listen on; by default this machine alone can reach it.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, Parameter(help="Port [0 to 65535]; 0 takes a free one.")] = 8321,
    host_name: Annotated[
        list[str] | None, Parameter(help="A name by which browsers call this server; repeat for more.")
    ] = None,
    token: Annotated[
        bool, Parameter(help="Without: every user and program of this machine comes in and may do everything.")
    ] = True,
    new_token: Annotated[bool, Parameter(negative=(), help="Make a new token; the old one ends.")] = False,
    behind_https: Annotated[
        bool, Parameter(negative=(), help="A proxy before this server speaks HTTPS; cookies go over nothing else.")
    ] = False,
    archive: Annotated[
        list[Path] | None, Parameter(help="An archive outside the workspace to be offered; repeat for more.")
    ] = None,
    queue: Annotated[int, Parameter(help="Jobs that may wait; more are refused [1 to 10000].")] = 32,
    side_by_side: Annotated[int, Parameter(help="Jobs at work at once [1 to 16].")] = 1,
    open_browser: Annotated[bool, Parameter(name="--open", negative=(), help="Open the page in the browser.")] = False,
    as_json: Annotated[
        bool, Parameter(name="--json", negative=(), help="Print address, link and new token as JSON.")
    ] = (False),
) -> None:
    """Open the web page and the API: write plans, correct them, train models, in the browser.

    It prints a link that opens the page once, in the browser that follows it; programs need the token that is shown at
    the first start. Plans are folders in WORKSPACE/plans, models in WORKSPACE/runs, as the other commands have them.

    Example: plansmith serve --open

    Parameters
    ----------
    workspace
        Folder of plans, runs and archives; made if it is not there.
    """
    import socket

    from plansmith.errors import InputError, MissingError

    try:
        import uvicorn

        from plansmith.serve.app import Served, create_app
    except ModuleNotFoundError as error:
        raise MissingError(f"The web page needs {error.name}: pip install 'plansmith[serve]'") from error
    from plansmith.serve.settings import Place

    problems = [f"--port {port}: must be from 0 to 65535"] if not 0 <= port <= 65_535 else []
    problems += [f"--queue {queue}: must be from 1 to 10000"] if not 1 <= queue <= 10_000 else []
    problems += [f"--side-by-side {side_by_side}: must be from 1 to 16"] if not 1 <= side_by_side <= 16 else []
    problems += [f"--archive {path}: there is no such folder" for path in archive or [] if not path.is_dir()]
    if problems:
        raise InputError("The server cannot start:", problems)
    local = host in ("127.0.0.1", "localhost", "::1")
    if not token and not local:
        raise InputError(f"--no-token is for this machine alone: on {host} everybody who reaches it would come in.")
    if not token and new_token:
        raise InputError("--no-token and --new-token exclude each other.")
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise InputError(
            f"Cannot listen on {host}:{port}: {error.strerror}. Choose another --port, or end what uses it."
        ) from error
    names = ["localhost", "127.0.0.1", "[::1]", *(host_name or [])]
    if not local and host not in ("0.0.0.0", "::"):
        names.append(f"[{host}]" if ":" in host else host)
    place = Place(
        workspace.absolute(), tuple(names), demand_token=token, secure=behind_https,
        archives=tuple(path.absolute() for path in archive or []), queue=queue, side_by_side=side_by_side,
    )  # fmt: skip
    served = Served(place)
    made = served.keys.new_token() if new_token or (token and not served.keys.token_hash) else ""
    number = listener.getsockname()[1]
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else names[-1]
    address = f"http://{shown}:{number}/"
    link = f"{address}enter?key={served.keys.new_link()}" if token else address
    _say(address, link, made, bool(host_name) or local, as_json)
    door = _open(served, link) if open_browser else None
    config = uvicorn.Config(
        create_app(place, served), log_level="warning", access_log=False, server_header=False, date_header=True,
        timeout_graceful_shutdown=3, proxy_headers=False, limit_concurrency=1000, h11_max_incomplete_event_size=65_536,
    )  # fmt: skip
    try:
        with listener:
            uvicorn.Server(config).run(sockets=[listener])
    finally:
        if door:
            door.unlink(missing_ok=True)


def _open(served: Served, link: str) -> Path | None:
    """Open the page in the browser. The link's key is led to by a file of the user's own, not by the browser's command
    line, which all users of the machine can read; returns that file.
    """
    import webbrowser
    from html import escape

    from plansmith.serve.keys import write_private

    if not served.place.demand_token:
        webbrowser.open(link)
        return None
    # not in the hidden folder: browsers that are confined (Snap) cannot read those
    door = served.place.workspace / "open-plansmith.html"
    write_private(door, f'<!doctype html><meta http-equiv="refresh" content="0;url={escape(link)}">')
    webbrowser.open(door.as_uri())
    return door


def _say(address: str, link: str, made: str, named: bool, as_json: bool) -> None:
    """Where the page is, with the link that opens it once, and the token if it was made just now: it is not shown again."""
    if as_json:
        print(json.dumps({"address": address, "link": link, "token": made}), flush=True)
        return
    from plansmith.cli.console import console

    out = console()
    demanded = link != address
    if demanded:
        out.print("Plansmith is open. This link works once, in your browser (Ctrl-C ends the server, not its work):")
        out.print(f"  {link}", markup=False, soft_wrap=True)
    else:
        out.print(f"Plansmith is open at [bold]{address}[/]  (Ctrl-C ends the server, not its work)")
        out.print("[bold]Without a token:[/] every user and program of this machine comes in and may do everything.")
    if made:
        out.print("Token for programs and other browsers, shown this once:")
        out.print(f"  {made}", markup=False, soft_wrap=True)
    elif demanded:
        out.print("Programs and other browsers use the token of the first start (--new-token makes another).")
    if not named:
        out.print("Browsers of other machines must call it by a name given with --host-name.")
