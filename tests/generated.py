"""Generated plans of every field, with texts that look like Markdown, like details, and like nothing at all."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from plansmith.plan import types as t
from plansmith.plan.fields import one_line

MARKS = r"\ * ** _ __ ` ``` ~~ ~~~ [ ] ]( [a]: <b> <!-- &amp; &#32; &middot; · | • # > + 1. 12) --- === : , ; . … ! ( )"
MARKDOWN = ["[x] ", "--", "- -", "# ", "## R", "- ", "- - -", " · ", " | ", ": ", " :", "'", '"', "’", " ", "**R1** x"]
KEYWORDS = ["\n", ", when ", ", then ", ", I want ", ", so that ", " so that ", " when ", ", când ", ", atunci "]
KEYWORDS += [
    ", vreau ",
    ", ca să ",
    "Given ",
    "Dat fiind ",
    "As a ",
    "an ",
    "the ",
    "o ",
    "că ",
    "for R1",
    "after T1",
    "must",
]
DETAILS = ["dropped", "source: S1", "fit: x", "owner: y", "impact 3", "R1", "S2", "5 / 8 / 12 h", "2026-11-01", "none"]
ORDINARY = ["£9,000 (approx.)", "snake_case_name", "5*3*2", "a ~b~ c", "C:\\Users\\", "https://x.y/a_b?c=d&e=f"]
ORDINARY += ["e-mail", "4 pm", "ștampilă", "ţ", "日本", "word", "another word", "-> C1", "→", "%", "$5"]
UNSEEN = ["\u00a0", "\u200b", "\u2028", "\ufeff", "\U0001f600", "a\u0301", "\x00", "\x1f", "\r"]
FRAGMENTS = [*MARKS.split(), *MARKDOWN, *KEYWORDS, *DETAILS, *ORDINARY, *UNSEEN]
NAMES = ["design", "web", "for R1", "after T1", "dropped", "S1", "stated", "must", "Ștefan (o'Neil)", "a_", "none"]
NAMES += ["a_b", "impact 3", "person", "după T1", "a & b", "R&D/ops + x.y", "Ană’s"]
LETTERS = st.characters(exclude_categories=("Cs",))
raw = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5).map("".join),
    st.builds(lambda text, mark: f"{text}{mark} {text}", st.text(LETTERS, max_size=6), st.sampled_from(FRAGMENTS)),
)
line = raw.filter(lambda text: one_line(text) != "")
optional_line = st.one_of(st.just(""), raw)
prose = st.lists(raw, max_size=4).map("\n\n".join)
name = st.one_of(
    st.sampled_from(NAMES),
    st.builds("{}{}".format, st.sampled_from("aZș"), st.text("aZăîș09_ &/+.'’()-", max_size=8)),
)
hours = st.one_of(st.sampled_from([0.0, 0.5, 8.0, 0.1 + 0.2, 1e-7, 100_000.0]), st.floats(0, 100_000))
money = st.one_of(st.just(0.0), st.integers(0, 10**12).map(float), st.floats(0, 1e12))
date = st.dates()


def ids(prefixes: str) -> st.SearchStrategy[str]:
    number = st.one_of(st.integers(1, 9), st.integers(1, 999_999))
    return st.builds(lambda prefix, n: f"{prefix}{n}", st.sampled_from(prefixes), number)


def many(values: st.SearchStrategy[Any], most: int = 2, **more: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, max_size=most, **more).map(tuple)


@st.composite
def item(draw: Any, model: Any, prefix: str, **fields: st.SearchStrategy[Any]) -> Any:
    values: dict[str, Any] = {"id": draw(ids(prefix)), "source": draw(many(ids("S")))}
    values["origin"] = draw(st.sampled_from(t.ORIGINS if values["source"] else t.ORIGINS[1:]))
    values["status"] = draw(st.sampled_from(["live", "live", "superseded", "dropped"]))
    if values["status"] == "superseded":
        values["superseded_by"] = draw(st.lists(ids("RUTMKAQDC"), min_size=1, max_size=3).map(tuple))
    return model(**values, **{key: draw(strategy) for key, strategy in fields.items()})


def items(model: Any, prefix: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return many(item(model, prefix, **fields), unique_by=lambda one: one.id)


scenario = st.builds(t.Scenario, given=line, when=line, then=line)
estimate = st.builds(t.Estimate, o=hours, m=hours, p=hours, basis=many(hours))
lag = st.one_of(st.sampled_from([0.0, 2.0, -3.5]), st.floats(-10_000, 10_000))
dependency = st.builds(t.Dependency, task=ids("T"), type=st.sampled_from(["FS", "SS", "FF", "SF"]), lag=lag)
option = st.builds(t.Option, title=line, consequence=optional_line)
absence = st.tuples(date, date).map(lambda days: t.Absence(first=min(days), last=max(days)))
member = st.builds(
    t.Member,
    name=name,
    role=name,
    capacity=st.one_of(st.just(1.0), st.just(0.07), st.floats(0, 1, exclude_min=True)),
    rate=st.one_of(st.none(), money),
    leave=many(absence),
)
architecture = st.builds(
    t.Architecture,
    components=items(
        t.Component,
        "C",
        name=line,
        kind=st.sampled_from(["person", "system", "container", "database", "external"]),
        purpose=optional_line,
    ),
    connections=many(st.builds(t.Connection, start=ids("C"), end=ids("C"), label=optional_line)),
    entities=many(st.builds(t.Entity, name=name, attributes=many(name))),
)
places = st.sampled_from(
    [("", ""), ("GB", ""), ("GB", "ENG"), ("NO", ""), ("RO", ""), ("DE", "Augsburg"), ("US", "no")]
)
calendar = st.builds(
    lambda place, **fields: t.Calendar(country=place[0], region=place[1], **fields),
    place=places,
    start=st.one_of(st.none(), date),
    hours_per_day=st.one_of(st.just(8.0), st.floats(0, 24, exclude_min=True)),
    weekend=st.one_of(st.just((5, 6)), many(st.integers(0, 6), 4)),
    free_days=many(absence),
    work_days=many(date),
)
plans = st.builds(
    t.Plan,
    title=line,
    language=st.sampled_from(["en", "ro"]),
    client=optional_line,
    currency=st.sampled_from(["", "GBP", "RON"]),
    budget=st.one_of(st.none(), money),
    deadline=st.one_of(st.none(), date),
    brief_sha256=st.one_of(st.just(""), st.just("0" * 64), st.text("0123456789abcdef", min_size=64, max_size=64)),
    summary=prose,
    requirements=items(
        t.Requirement,
        "R",
        text=line,
        kind=st.sampled_from(t.KINDS),
        priority=st.sampled_from(t.PRIORITIES),
        fit=optional_line,
    ),
    stories=items(
        t.Story,
        "U",
        requirements=many(ids("R")),
        role=line,
        want=line,
        so_that=optional_line,
        acceptance=many(scenario),
    ),
    tasks=items(
        t.Task,
        "T",
        title=line,
        role=name,
        estimate=st.one_of(st.none(), estimate),
        serves=many(ids("RU")),
        depends_on=many(dependency),
        done_when=optional_line,
    ),
    milestones=items(t.Milestone, "M", title=line, exit=optional_line, tasks=many(ids("T"))),
    risks=items(
        t.Risk,
        "K",
        event=line,
        cause=optional_line,
        effect=optional_line,
        probability=st.integers(1, 5),
        impact=st.integers(1, 5),
        response=optional_line,
        owner=optional_line,
    ),
    assumptions=items(t.Assumption, "A", text=line, if_false=optional_line, blocks=many(ids("RUTMKAQDC"))),
    questions=items(t.Question, "Q", text=line, blocks=many(ids("RUTMKAQDC")), ask=optional_line, answer=optional_line),
    decisions=items(
        t.Decision,
        "D",
        title=line,
        context=optional_line,
        options=many(option),
        chosen=optional_line,
        consequences=optional_line,
    ),
    architecture=architecture,
    out_of_scope=many(line),
    team=many(member),
    calendar=calendar,
    glossary=many(st.builds(t.Term, term=line, definition=line)),
    testing=prose,
    rollout=prose,
    quotes=many(st.builds(t.Quote, id=ids("S"), text=line), unique_by=lambda quote: quote.id),
    silenced=many(
        st.builds(
            t.Silence,
            check=st.sampled_from(["a", "no-story", "x--"]),
            item=st.one_of(st.just(""), ids("RUTMKAQDC")),
            reason=line,
        )
    ),
    changelog=many(st.builds(t.Change, date=date, text=line)),
)
"""Plans of every field, in both languages."""
