"""200 texts made to run a script, everywhere a page shows texts from outside, in a real browser; it runs none."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api")
pytest.importorskip("fastapi")

from serve_door import STORY  # noqa: E402
from serve_live import Live  # noqa: E402
from serve_payloads import PAYLOADS, spoilt_plan  # noqa: E402

from plansmith.plan import parse_json, render_plan  # noqa: E402
from plansmith.serve import Place, blind  # noqa: E402
from plansmith.serve.jobs import Jobs  # noqa: E402
from plansmith.serve.workspace import Workspace  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")]
NAMES = [text for text in PAYLOADS if "/" not in text and "\n" not in text and len(text) < 90]
"""Payloads that can name a file."""
BRIEF = "\n\n".join(f"Customers must be able to see {text} on a page." for text in PAYLOADS)


def _spoil(folder: Path) -> list[str]:
    """Fill a workspace with payloads; returns the addresses at which they are shown."""
    place = Place(folder)
    here, jobs = Workspace(place), Jobs(place.hidden, 10_000)
    plan = render_plan(parse_json(json.dumps(spoilt_plan())))
    one, two = here.new("one", BRIEF), here.new("two", BRIEF)
    here.written(one, plan, ())
    here.written(two, plan.replace("web", "backend"), ())
    version = here.open(one).version
    here.save(one, plan.replace(PAYLOADS[2], PAYLOADS[7]), version, "text")
    free = here.new("free", BRIEF)
    here.written(free, "# The model says\n\n" + "\n\n".join(PAYLOADS), ())  # model output, whole
    pages = [f"/plans/{one}?view={view}" for view in ("plan", "timetable", "risks", "checks", "setup", "history")]
    pages += [f"/plans/{one}/edit/{key}" for key in ("R4", "T1", "U1", "K1", "Q1", "plan", "text") if key != "plan"]
    pages += [f"/plans/{one}/versions/2", f"/plans/{free}", "/", "/runs", "/train", "/archive", "/blind"]
    for name in NAMES[:4]:
        story = {
            **STORY,
            "base": {"name": name, "licence": PAYLOADS[20], "chat": "chatml"},
            "recipe": {"rank": PAYLOADS[24]},
        }
        story["data"] = {**STORY["data"], "train": dict.fromkeys(PAYLOADS, "1"), "test": dict.fromkeys(PAYLOADS, "2")}  # type: ignore[dict-item]
        run = place.runs / name
        run.mkdir(parents=True)
        (run / "run.json").write_text(json.dumps(story))
        (run / "metrics.jsonl").write_text("{}")
        project = folder / "archives" / f"archive {name}" / name
        project.mkdir(parents=True)
        (project / "brief.md").write_text(BRIEF)
        (project / "plan.md").write_text(plan)
    (place.runs / "damaged <img src=x onerror=hit(1)>").mkdir()
    (place.runs / "damaged <img src=x onerror=hit(1)>" / "run.json").write_text("{}")
    chosen = NAMES[0]
    from urllib.parse import quote

    pages += [f"/runs/{quote(name)}" for name in NAMES[:4]] + [f"/runs/{quote(chosen)}/report"]
    pages += [
        f"/runs/compare?one={quote(chosen)}&other={quote(NAMES[1])}",
        f"/archive?name={quote('archive ' + chosen)}",
    ]
    pages += [f"/archive?name={quote(PAYLOADS[3])}", f"/{quote(PAYLOADS[0])}", f"/login?next={quote(PAYLOADS[1])}"]
    pages += [f"/runs/{quote(PAYLOADS[8])}", f"/plans/{quote(PAYLOADS[9])}", f"/enter?key={quote(PAYLOADS[6])}"]
    results = {"train": {"run": chosen}, "evaluate": {"verdicts": list(PAYLOADS)}, "publish": {"folder": PAYLOADS[3], "hub": "javascript:hit(1)", "private": True, "notes": list(PAYLOADS)}}  # fmt: skip
    for kind in ("plan", "train", "evaluate", "publish"):
        for state in ("done", "failed", "stopped"):
            args = {
                "name": chosen,
                "plan": one,
                "archive": PAYLOADS[0],
                "base": PAYLOADS[1],
                "settings": {},
                "title": PAYLOADS[2],
                "notes": list(PAYLOADS),
            }
            jobs.add(kind, chosen if kind != "plan" else one, args)
            taken = jobs.claim((kind,), 99)
            assert taken
            log = jobs.place(taken.id) / "log.jsonl"
            lines = [
                {"what": "training", "stage": text, "step": n, "steps": 9, "loss": 1.0}
                for n, text in enumerate(PAYLOADS)
            ]
            lines += [
                {"what": "sentence", "sentence": f"S{n}", "text": text, "done": 1, "total": 1}
                for n, text in enumerate(PAYLOADS)
            ]
            log.write_text(
                "".join(json.dumps(line) + "\n" for line in lines if (kind == "train") == (line["what"] == "training"))
            )
            jobs.end(
                taken.id, taken.attempt, state, "\n".join(PAYLOADS), results.get(kind, {}) if state == "done" else {}
            )
            if kind in ("plan", "train"):
                pages.append(f"/jobs/{taken.id}")
    name = blind._begin(place, {"one": f"plan:{one}", "other": f"plan:{two}", "voters": "2", "title": PAYLOADS[0]})
    return [*pages, f"/blind/{name}", f"/blind/{name}?voter={quote(PAYLOADS[5])}"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


STRANGE = """() => [...document.querySelectorAll('*')].flatMap(e => [...e.attributes].filter(a =>
  /^(on|hx-on|data-hx-on|style$|srcdoc$)/.test(a.name) || /^\\s*(javascript|data:text)/i.test(a.value) && /^(href|src|action|data)$/.test(a.name)
).map(a => e.tagName + ' ' + a.name + '=' + a.value))"""


def test_no_text_from_outside_runs(tmp_path: Path, browser: Any) -> None:
    hits: list[object] = []
    # the content policy is switched off: what is tried is that every text is a text
    context = browser.new_context(bypass_csp=True, accept_downloads=True)
    context.expose_function("hit", lambda n=None: hits.append(n))
    page = context.new_page()
    page.on("dialog", lambda dialog: (hits.append(dialog.message), dialog.dismiss()))
    for payload in PAYLOADS:  # do they run at all, where a page is careless?
        page.goto("about:blank")
        page.set_content(f"<!doctype html><p>{payload}</p>", wait_until="load")
    page.wait_for_timeout(300)
    assert len(set(hits)) >= 60, len(set(hits))
    hits.clear()
    pages = _spoil(tmp_path)
    with Live(tmp_path, demand_token=False) as site:
        for path in pages:
            page.goto(site.url + path)
            page.wait_for_load_state("networkidle") if "archive" in path else None
            assert page.evaluate(STRANGE) == [], path
            assert hits == [], path
        for path in ("/plans/one/edit/R4", "/plans/one/new/T"):  # forms, as they come into the page
            page.goto(f"{site.url}/plans/one")
            page.evaluate("p => htmx.ajax('GET', p, {target: '#R4', swap: 'outerHTML'})", path)
            page.wait_for_selector("[data-editing]")
            assert page.evaluate(STRANGE) == [], path
        page.goto(f"{site.url}/train")  # a refusal that repeats what was said
        page.fill("#s-epochs", PAYLOADS[0])
        page.fill("#name", PAYLOADS[4])
        page.click("button:has-text('Start training')")
        page.wait_for_selector("#notice .bad")
        page.goto(site.url)  # what a model says, as it comes
        page.fill("#text", "\n\n".join(f"Customers must be able to see {text} on a page." for text in PAYLOADS[::8]))
        page.select_option("#model", "base:smollm2-135m")
        page.click("text=Write the plan")
        page.wait_for_url("**/plans/*", timeout=120_000)
        assert page.evaluate(STRANGE) == []
        (tmp_path / "plan.html").write_bytes(page.request.get(f"{site.url}/plans/one/export/html").body())
        page.goto((tmp_path / "plan.html").as_uri())  # what is taken away
        page.wait_for_timeout(300)
    context.close()
    assert hits == []
