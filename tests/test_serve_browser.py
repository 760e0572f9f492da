"""Whole journeys in a real browser; skipped where there is none."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api")
pytest.importorskip("fastapi")

from serve_live import Live  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")]


def _any(parts: tuple[str, ...], text: str) -> bool:
    return any(part in text for part in parts)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("site")) as made:
        yield made


def _entered(context: Any, site: Live) -> Any:
    """A new page of somebody who came in with the token, as in a browser that was here before."""
    page = context.new_page()
    page.goto(f"{site.url}/login")
    page.fill("#token", site.token)
    page.click("main button")
    page.wait_for_url(f"{site.url}/")
    return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, site: Live) -> Iterator[Any]:
    context = browser.new_context(locale="en-GB", accept_downloads=True)
    opened = _entered(context, site)
    said: list[str] = []
    expected = ("409", "CONNECTION_REFUSED", "CONNECTION_RESET", "INCOMPLETE_CHUNKED", "[object Event]")  # the kill
    opened.on("console", lambda m: said.append(m.text) if m.type == "error" and not _any(expected, m.text) else None)
    opened.on("pageerror", lambda e: said.append(str(e)))
    yield opened
    context.close()
    assert said == []  # also: the content policy had nothing to forbid


def test_from_a_brief_to_a_download_with_a_reload_and_a_kill_in_between(site: Live, page: Any, tmp_path: Path) -> None:
    page.goto(site.url)
    page.fill(
        "#text",
        "We are a bakery. SLOW Customers must be able to order bread. Staff can see the orders. <script>x()</script> We have £9,000.",
    )
    page.click("text=Write the plan")
    page.wait_for_url("**/jobs/*")
    page.reload()
    site.process.kill()  # its child goes on
    site.process.wait()
    site.start(again=True)
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


def test_a_training_is_watched_stopped_and_compared(site: Live, page: Any) -> None:
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


def test_romanian_dark_and_narrow(site: Live, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="ro-RO", color_scheme="dark")
    page = _entered(context, site)
    for path in ("/", "/archive", "/train", "/runs", "/blind"):
        page.goto(site.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(site.url)
    assert "Scrie planul" in page.inner_text("#new")
    page.select_option("#language", "en")
    page.wait_for_selector("text=Write the plan")
    context.close()


def test_the_link_of_the_start_is_opened_from_a_file(site: Live, browser: Any, tmp_path: Path) -> None:
    door = tmp_path / "open.html"
    door.write_text(f'<!doctype html><meta http-equiv="refresh" content="0;url={site.url}/enter?key={site.key}">')
    context = browser.new_context()
    page = context.new_page()
    page.goto(door.as_uri())
    page.wait_for_url(f"{site.url}/")
    page.wait_for_selector("#new")
    page.goto(f"{site.url}/enter?key={site.key}")
    page.wait_for_selector("#new")  # who is in is led on
    context.clear_cookies()
    page.goto(f"{site.url}/enter?key={site.key}")
    page.wait_for_selector("#token")
    context.close()


def test_two_people_compare_plans_blindly(site: Live, page: Any) -> None:
    brief = "We are a bakery. Customers must be able to order bread. Staff can see the orders."
    for title in ("One", "Two"):
        page.goto(site.url)
        page.fill("#text", brief)
        page.click("summary:has-text('More')")
        page.fill("#title", title)
        page.click("text=Write the plan")
        page.wait_for_url("**/plans/*", timeout=60_000)
    page.click("#T1 >> text=Edit")
    page.fill("[name=title]", "Build something else")
    page.click("[data-editing] >> text=Save")
    page.goto(f"{site.url}/runs")
    page.goto(f"{site.url}/blind")
    page.select_option("#b-one", "plan:one")
    page.select_option("#b-other", "plan:two")
    page.fill("#b-voters", "2")
    page.click("text=Begin")
    page.wait_for_url("**/blind/comparison")
    for voter in ("Ana", "Dan"):
        page.goto(f"{site.url}/blind/comparison")
        page.fill("#voter", voter)
        page.click("button:has-text('Vote')")
        page.click("text=A is better")
        page.wait_for_selector("text=That was the last pair")
    page.click("text=Show the result and the names")
    page.wait_for_selector("text=What people preferred")
    assert "Dan" not in page.inner_text("main")


def test_a_real_training_becomes_a_model_that_writes(
    tiny_llama: Path, three_projects: Path, tmp_path: Path, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No part is replaced: two layers are tuned twice, looked at, set side by side, and one of them writes."""
    monkeypatch.setenv("TINY_LLAMA", str(tiny_llama))
    site = Live(tmp_path, str(Path(__file__).parent / "serve_tiny.py"), archive=three_projects)
    site.before = "import serve_tiny\n"
    context = browser.new_context(locale="en-GB")
    with site:
        page = _entered(context, site)
        for rate in ("0.001", "0.01"):
            page.goto(f"{site.url}/train")
            page.select_option("#base", "tiny")
            page.fill("#s-epochs", "1")
            page.fill("#s-learning_rate", rate)
            sync_api.expect(page.locator("#command")).to_contain_text(f"--base tiny --epochs 1 --learning-rate {rate}")
            page.click("button:has-text('Start training')")
            page.wait_for_url("**/train/*")
            page.wait_for_selector("text=Look at the model", timeout=180_000)
            drawn = page.get_attribute(".curve-held", "points") or ""
            assert len(drawn.split()) >= 2  # before and after
            page.click("text=Look at the model")
            page.wait_for_selector(".curve-steps")
        page.goto(f"{site.url}/runs")
        page.click("#compare ~ form button, section:has(#compare) button")
        page.wait_for_url("**/runs/compare?*")
        page.wait_for_selector("td:text-is('learning_rate')")
        page.goto(f"{site.url}/runs/run-1")
        page.click("text=Write a plan with it")
        assert page.input_value("#model") == "run:run-1"
        page.fill("#text", "Customers must be able to order bread.")
        page.click("text=Write the plan")
        page.wait_for_url("**/jobs/*")
        page.wait_for_selector("#plan, #ended .notice", timeout=180_000)  # two layers say what they like
        told = page.inner_text("main")
        assert "unforeseen" not in told
        assert "process ended" not in told
    context.close()
