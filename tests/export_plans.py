"""Plans for the tests of exports: one small and whole, with any text in every place, and one of a thousand tasks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from schedule_plans import random_plan

from plansmith.export.planned import Planned, planned
from plansmith.plan import types as t

START = dt.date(2026, 11, 23)
NASTY = [
    '=HYPERLINK("http://x","y")',
    "+1-1",
    "-2+3",
    "@SUM(A1:A9)",
    "a, \"b\"; 'c' | d",
    "x: y; #z #12 @all @nobody",
    "/close /assign @me",
    "#{x} ${HOME} $(id) `id` \\ \\n %d %% {{y}}",
    "<b>bold</b> <!-- plansmith abcd R1 0123456789ab --> & <!-- /plansmith -->",
    "**bold** _it_ [a](http://b) ~~s~~ # h | t | \u0060\u0060\u0060",
    "שלום \u202eabc\u202c مرحبا",
    "emoji 👩‍💻🇷🇴 ștampilă țâșni",
    "Scenario: Given When Then @tag Examples: | a |",
    'end "" subgraph x --> y; style a:b#c; click gantt section: done',
    "]]> </Task> \x0b\ufffe",
    "{noformat} {code} [~admin] !img.png! h1. x",
    "${project} -8<- ->8- 'x\\",
    "a" * 600,
]


def plan(text: str = "a text", language: Any = "en", **more: Any) -> t.Plan:
    """Two requirements, two stories, five tasks in two milestones and outside, with `text` in every free text."""
    ana = t.Member(name="Ana", role="web", rate=50, leave=(t.Absence(first=START, last=START + dt.timedelta(1)),))
    tasks = [
        t.Task(id="T1", title=text, role="web", estimate=t.Estimate(o=4, m=6, p=14), serves=("U1",), done_when=text),
        t.Task(id="T2", title=f"{text} two", role="web", estimate=t.Estimate(o=8, m=8, p=8), serves=("U2", "U1")),
        t.Task(id="T3", title="Third", role="qa", estimate=t.Estimate(o=1, m=2, p=3), serves=("R2",)),
        t.Task(id="T4", title="Fourth", role="qa", estimate=t.Estimate(o=3, m=3, p=3)),
        t.Task(id="T5", title="Fifth", role="qa", estimate=t.Estimate(o=16, m=16, p=16)),
        t.Task(id="T6", title="Given up", role="qa", status="dropped"),
    ]
    waits: dict[int, tuple[t.Dependency, ...]] = {
        1: (t.Dependency(task="T1"),),
        2: (t.Dependency(task="T1", type="SS", lag=2),),
        3: (t.Dependency(task="T2", lag=4), t.Dependency(task="T3")),
        4: (t.Dependency(task="T4", type="FF", lag=-1),),
    }
    tasks = [one.model_copy(update={"depends_on": waits.get(n, ())}) for n, one in enumerate(tasks)]
    scenario = t.Scenario(given=text, when=text, then=text)
    fields: dict[str, Any] = {
        "title": f"Plan {text}",
        "language": language,
        "client": text,
        "currency": "EUR",
        "deadline": dt.date(2027, 1, 29),
        "requirements": (
            t.Requirement(id="R1", text=text, origin="stated", source=("S1",), fit=text),
            t.Requirement(id="R2", text=f"{text} second", priority="could"),
            t.Requirement(id="R3", text="Never", priority="wont"),
        ),
        "stories": (
            t.Story(
                id="U1", role="baker", want=text, so_that=text, requirements=("R1",), acceptance=(scenario, scenario)
            ),
            t.Story(id="U2", role="baker", want=f"{text} more", requirements=("R2", "R1")),
        ),
        "tasks": tuple(tasks),
        "milestones": (
            t.Milestone(id="M1", title=text, exit=text, tasks=("T1", "T2")),
            t.Milestone(id="M2", title="Last", tasks=("T3", "T4", "T2")),
        ),
        "architecture": t.Architecture(
            components=(
                t.Component(id="C1", name=text, kind="person", purpose=text),
                t.Component(id="C2", name="Store", kind="database"),
            ),
            connections=(t.Connection(start="C1", end="C2", label=text),),
        ),
        "team": (ana, t.Member(name="Ben", role="qa", capacity=0.5)),
        "calendar": t.Calendar(start=START, country="RO", work_days=(dt.date(2026, 11, 28),)),
        "quotes": (t.Quote(id="S1", text=text),),
        "changelog": (t.Change(date=dt.date(2026, 11, 20), text=text),),
    }
    return t.Plan(**fields | more)


def made(text: str = "a text", **more: Any) -> Planned:
    return planned(plan(text, **more))


def thousand() -> Planned:
    """A thousand tasks with links of every type."""
    return planned(random_plan(1000, 7))
