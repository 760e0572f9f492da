"""Whole journeys in a real browser; skipped where there is none."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api")
pytest.importorskip("fastapi")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")]
HERE = Path(__file__).parent
SERVER = """
import sys, uvicorn
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from plansmith.serve import Place, create_app
worker = (sys.executable, sys.argv[4])
uvicorn.run(create_app(Place(Path(sys.argv[1]), archives=(Path(sys.argv[5]),), worker=worker, demand_token=False)), port=int(sys.argv[2]), log_level="error")
"""


def _any(parts: tuple[str, ...], text: str) -> bool:
    return any(part in text for part in parts)


class Site:
    """A server that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.folder, self.url = folder, f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        places = (HERE.parent / "src", HERE / "serve_worker.py", HERE.parent / "examples" / "archive")
        command = [sys.executable, "-c", SERVER, str(self.folder), str(self.port), *map(str, places)]
        self.process = subprocess.Popen(command)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/health").close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server did not start")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    yield made
    made.process.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(locale="en-GB", accept_downloads=True)
    opened = context.new_page()
    said: list[str] = []
    expected = ("409", "CONNECTION_REFUSED", "CONNECTION_RESET", "INCOMPLETE_CHUNKED", "[object Event]")  # the kill
    opened.on("console", lambda m: said.append(m.text) if m.type == "error" and not _any(expected, m.text) else None)
    opened.on("pageerror", lambda e: said.append(str(e)))
    yield opened
    context.close()
    assert said == []  # also: the content policy had nothing to forbid


def test_from_a_brief_to_a_download_with_a_reload_and_a_kill_in_between(site: Site, page: Any, tmp_path: Path) -> None:
    page.goto(site.url)
    page.fill(
        "#text",
        "We are a bakery. SLOW Customers must be able to order bread. Staff can see the orders. <script>x()</script> We have £9,000.",
    )
    page.click("text=Write the plan")
    page.wait_for_url("**/jobs/*")
    page.reload()
    site.process.kill()
    site.process.wait()
    site.start()
    page.goto(page.url)
    page.wait_for_url("**/plans/*", timeout=60_000)
    page.hover("#R1")
    assert "lit" in (page.get_attribute("[data-s=S2]", "class") or "")
    other = page.context.new_page()
    other.goto(page.url)
    page.hover("#T1")
    page.click("#T1 >> text=Edit")
    page.fill("[name=estimate]", "40 / 60 / 90")
    page.click("[data-editing] >> text=Save")
    assert "→" in page.inner_text(".toast")
    other.hover("#T1")  # the second window still shows the old version
    other.click("#T1 >> text=Edit")
    other.fill("[name=estimate]", "1 / 2 / 3")
    other.click("[data-editing] >> text=Save")
    other.wait_for_selector("#notice .bad")
    assert "changed in the meantime" in other.inner_text("#notice")
    page.click("summary:has-text('Take it away')")
    with page.expect_download() as download:
        page.click(".menu-body b:text-is('Markdown')")
    download.value.save_as(tmp_path / "plan.md")
    assert "40/60/90" in (tmp_path / "plan.md").read_text().replace(" ", "")
    page.click("[data-undo]")
    sync_api.expect(page.locator("#T1")).not_to_contain_text("60")


def test_a_training_is_watched_stopped_and_compared(site: Site, page: Any) -> None:
    page.goto(f"{site.url}/train")
    page.fill("#s-epochs", "2")
    sync_api.expect(page.locator("#command")).to_contain_text("--epochs 2")
    page.click("button:has-text('Start training')")
    page.wait_for_url("**/train/*")
    page.wait_for_selector(".curve-held")
    page.click("text=Look at the model", timeout=60_000)
    page.wait_for_url("**/runs/run-1")
    page.click("text=Write a plan with it")
    assert page.input_value("#model") == "run:run-1"


def test_romanian_dark_and_narrow(site: Site, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="ro-RO", color_scheme="dark")
    page = context.new_page()
    for path in ("/", "/archive", "/train", "/runs"):
        page.goto(site.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(site.url)
    assert "Scrie planul" in page.inner_text("#new")
    page.select_option("#language", "en")
    page.wait_for_selector("text=Write the plan")
    context.close()
