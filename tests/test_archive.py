"""Archives, text files and splits: what is read, what is refused and how."""

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plansmith.errors import InputError
from plansmith.sources.archive import read_archive, survey
from plansmith.sources.filenames import hidden, role_of
from plansmith.sources.layout import propose
from plansmith.sources.mapping import Named, Names, read_names, write_names
from plansmith.sources.read import decode, read_text
from plansmith.sources.recognise import is_ours, plan_signs
from plansmith.sources.split import split

SAMPLES = Path(__file__).parent.parent / "examples" / "archive"


def project(folder: Path, name: str, brief: str = "Staff can print lists.", plan: str = "") -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "brief.md").write_text(brief)
    (folder / name / "plan.md").write_text(
        plan or "# P\n\n## Requirements\n\n- **R1** Staff can print lists.\n  - must · functional · S1\n"
    )


def test_the_sample_archive_is_whole() -> None:
    archive = read_archive(SAMPLES)
    assert len(archive.documents) == 16
    parts = split(archive)
    assert (len(parts.train), len(parts.test)) == (14, 2)


def test_no_sentence_stands_in_two_sample_plans() -> None:
    seen: dict[str, str] = {}
    for document in read_archive(SAMPLES).documents:
        plan = document.plan
        assert plan
        said = [*(r.text for r in plan.requirements), *(s.want for s in plan.stories), *(t.title for t in plan.tasks)]
        said += [
            *(r.event for r in plan.risks),
            *(q.text for q in plan.questions),
            *(d.context for d in plan.decisions),
        ]
        for text in said:
            assert seen.setdefault(text.lower(), document.name) == document.name, text


def test_the_hash_follows_the_content_not_the_place(tmp_path: Path) -> None:
    for place in ("a", "b"):
        project(tmp_path / place, "one")
        project(tmp_path / place, "two", "Guests can pay.")
    assert read_archive(tmp_path / "a").sha256 == read_archive(tmp_path / "b").sha256
    (tmp_path / "b" / "two" / "brief.md").write_text("Guests can pay later.")
    assert read_archive(tmp_path / "a").sha256 != read_archive(tmp_path / "b").sha256


def test_all_problems_of_all_projects_come_together(tmp_path: Path) -> None:
    project(tmp_path, "a", plan="# P\n\n## Requirements\n\n- **R1** x\n  - mustt · S1\n")
    project(tmp_path, "b")
    (tmp_path / "b" / "plan.md").unlink()
    project(tmp_path, "c", brief="\x00\x01")
    project(
        tmp_path, "d", plan="# P\n\n## Requirements\n\n- **R1** Staff can print lists.\n  - must · functional · S9\n"
    )
    with pytest.raises(InputError) as caught:
        read_archive(tmp_path)
    found = "\n".join(caught.value.problems)
    for part in (
        "a: plan.md: line",
        "b: no plan file",
        "c: ",
        "binary",
        "d: plan.md cites S9, but the brief ends at S1",
    ):
        assert part in found


@pytest.mark.parametrize("make", [lambda p: None, lambda p: (p / "empty").mkdir(), lambda p: p.rmdir()])
def test_an_archive_without_pairs_is_refused(tmp_path: Path, make: object) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    make(folder)  # type: ignore[operator]
    with pytest.raises(InputError):
        read_archive(folder)


def test_split_is_seeded_names_test_projects_and_refuses_twins(tmp_path: Path) -> None:
    for number in range(8):
        project(tmp_path, f"p{number}", f"Staff can print {number + 2} lists.")
    archive = read_archive(tmp_path)
    assert split(archive, 3).test == split(archive, 3).test
    assert [d.name for d in split(archive, 0, ["p3", "p5"]).test] == ["p3", "p5"]
    with pytest.raises(InputError, match="No project or client named p9"):
        split(archive, 0, ["p9"])
    project(tmp_path, "twin", "Staff can print 5 lists.")
    with pytest.raises(InputError, match="same text"):
        split(read_archive(tmp_path), 0, ["p3"])


def test_one_project_cannot_be_split(tmp_path: Path) -> None:
    project(tmp_path, "only")
    with pytest.raises(InputError, match="at least two"):
        split(read_archive(tmp_path))


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"PK\x03\x04x", "Word"), (b"%PDF-1.7", "PDF"), (b"{\\rtf1", "RTF"), (b"a\x00b", "binary"), (b"caf\xe9", "UTF-8")],
)
def test_what_is_no_text_is_named(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        decode(data, "brief.md")


def test_text_with_a_byte_order_mark_is_read() -> None:
    assert decode("\ufeffZiua bună".encode(), "x") == "Ziua bună"
    assert decode("Ziua bună".encode("utf-16"), "x") == "Ziua bună"


def test_folders_and_missing_files_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no.md"):
        with pytest.raises(InputError):
            read_text(path)


FREE_PLAN = """# Offer for the cycling club

## Phase 1: design
- Wireframes of five screens, 12 hours
- Set up the database, 6 h

## Phase 2: build
- Membership form and payment, 3 days
- Deployment and test, 8 hours

## Risks
- The payment provider needs two weeks to open the account.
"""
WISHES = """Hello,

we are a cycling club and we would like our members to pay on our website. They must be able to see our rides.
Please tell us what you need from us. We want it before summer.

Best regards,
Ann
"""


def test_a_plan_in_the_teams_own_form_is_kept_as_text(tmp_path: Path) -> None:
    project(tmp_path, "club", WISHES, FREE_PLAN)
    project(tmp_path, "ours")
    archive = read_archive(tmp_path)
    assert [d.name for d in archive.free] == ["club"]
    assert [d.name for d in archive.typed] == ["ours"]
    club, ours = archive.documents
    assert club.plan is None
    assert club.plan_text == FREE_PLAN
    assert (club.client, ours.client) == ("club", "ours")
    assert ours.plan_text.startswith("---\nplansmith: 1")
    assert len({club.sha256, ours.sha256}) == 2


@pytest.mark.parametrize(
    "plan",
    [
        "---\nplansmith: 1\nclient: Ann\n---\n\n# Plan\n\n## Taskz\n\n- do it\n",
        "# Plan\n\n## Requirements\n\n- **R1** Pay.\n  - mustt · S1\n",
        "# Plan\n\n## Cerințe\n\n* **R1** Plata.\n  - trebuiee · S1\n",
    ],
)
def test_a_plan_meant_in_our_form_shows_its_mistakes(tmp_path: Path, plan: str) -> None:
    project(tmp_path, "club", WISHES, plan)
    with pytest.raises(InputError) as caught:
        read_archive(tmp_path)
    assert "plan.md: line" in caught.value.problems[0]
    assert "form: free" in caught.value.problems[-1]
    (tmp_path / "archive.yaml").write_text("projects:\n  club:\n    form: free\n")
    assert read_archive(tmp_path).free[0].plan_text == plan


def test_free_plans_with_known_headings_are_not_taken_for_ours() -> None:
    assert not is_ours("# Offer\n\n## Requirements\n\n- Members can pay.\n\n## Tasks\n\n- T1 Build it, 5 h\n")
    assert not is_ours("---\nauthor: Ann\n---\n# Offer\n\nplansmith: 1\n")
    assert is_ours('{"requirements": []}', ".json")
    assert is_ours('{"requirements": [', ".json")
    assert not is_ours('["a"]', ".json")


def test_files_side_by_side_make_projects(tmp_path: Path) -> None:
    for name in ("acme-brief.md", "Brief_of.md", "beta brief.txt", "plan-gamma.md", "brief-gamma.md"):
        (tmp_path / name).write_text(WISHES if "rief" in name else FREE_PLAN)
    for name in ("acme-plan.md", "beta plan.txt"):
        (tmp_path / name).write_text(FREE_PLAN)
    (tmp_path / "Brief_of.md").unlink()
    assert [d.name for d in read_archive(tmp_path).documents] == ["acme", "beta", "gamma"]
    (tmp_path / "beta plan.txt").unlink()
    with pytest.raises(InputError) as caught:
        read_archive(tmp_path)
    assert caught.value.problems[0].startswith("beta: no plan file. Expected beta-plan with one of: .md")


def test_what_only_contents_tell_is_proposed_and_used_once_confirmed(tmp_path: Path) -> None:
    (tmp_path / "club").mkdir()
    (tmp_path / "club" / "mail.txt").write_text(WISHES)
    (tmp_path / "club" / "offer.md").write_text(FREE_PLAN)
    (tmp_path / "Rides requirements.txt").write_text(WISHES)
    (tmp_path / "Rides estimate.md").write_text(FREE_PLAN)
    with pytest.raises(InputError) as caught:
        read_archive(tmp_path)
    assert len(caught.value.problems) == 2
    assert "mail.txt reads as the brief and offer.md as the plan" in "\n".join(caught.value.problems)
    assert [d.name for d in read_archive(tmp_path, accept_guess=True).documents] == ["club", "rides"]
    proposed = write_names(propose(survey(tmp_path)))
    (tmp_path / "archive.yaml").write_text(proposed)
    documents = read_archive(tmp_path).documents
    assert [(d.name, d.brief.text, d.plan_text) for d in documents] == [
        ("club", WISHES, FREE_PLAN),
        ("rides", WISHES, FREE_PLAN),
    ]


def test_archive_yaml_names_files_clients_and_languages(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.txt").write_text(WISHES)
    (tmp_path / "old" / "b.txt").write_text(FREE_PLAN)
    (tmp_path / "old" / "c.txt").write_text("notes")
    project(tmp_path, "two")
    project(tmp_path, "not this")
    (tmp_path / "archive.yaml").write_text(
        "projects:\n  one:\n    brief: old/a.txt\n    plan: old/b.txt\n    client: No\n    language: ro\n"
        "  two:\n    client: No\nignore: ['not *']\n"
    )
    archive = read_archive(tmp_path)
    assert [(d.name, d.client, d.brief.language) for d in archive.documents] == [
        ("one", "No", "ro"),
        ("two", "No", "en"),
    ]
    assert archive.skipped == ("not this",)


def test_all_mistakes_of_archive_yaml_come_together(tmp_path: Path) -> None:
    project(tmp_path, "two")
    (tmp_path / "archive.yaml").write_text(
        "project: x\nprojects:\n  one:\n    breif: a.txt\n  two:\n    language: fr\n  two:\n    plan: [x]\n"
    )
    with pytest.raises(InputError) as caught:
        read_archive(tmp_path)
    found = "\n".join(caught.value.problems)
    for part in (
        'line 1: the file: unknown key "project"; did you mean "projects"?',
        'line 4: one: unknown key "breif"; did you mean "brief"?',
        'two: no language "fr"; write en or ro',
        '"two" stands twice',
    ):
        assert part in found


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("brief: ../secret.txt", "leads out of the archive"),
        ("brief: /etc/hostname", "leads out of the archive"),
        ("brief: missing.txt", "no such file"),
        ("brief: plan.md\n    plan: plan.md", "cannot be brief and plan"),
    ],
)
def test_archive_yaml_stays_inside_the_archive(tmp_path: Path, entry: str, said: str) -> None:
    project(tmp_path, "one")
    (tmp_path / "archive.yaml").write_text(f"projects:\n  one:\n    {entry}\n")
    with pytest.raises(InputError) as caught:
        read_archive(tmp_path)
    assert said in caught.value.problems[0]


def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text(WISHES)
    project(tmp_path / "archive", "one")
    (tmp_path / "archive" / "one" / "brief.md").unlink()
    (tmp_path / "archive" / "one" / "brief.md").symlink_to(outside)
    with pytest.raises(InputError) as caught:
        read_archive(tmp_path / "archive")
    assert "leads out of the archive" in caught.value.problems[0]


def test_litter_is_skipped_and_counted(tmp_path: Path) -> None:
    project(tmp_path, "one")
    for name in ("Thumbs.db", "~$brief.md", ".DS_Store", ".~lock.plan.md#"):
        (tmp_path / "one" / name).write_text("x")
    (tmp_path / "one" / "logo.png").write_text("x")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / ".plansmith-ignore").write_text("# not projects\nnotes/\n")
    archive = read_archive(tmp_path)
    assert len(archive.documents) == 1
    assert len(archive.skipped) == 6
    assert archive.unused == ("one/logo.png",)


def test_where_a_document_came_from(tmp_path: Path) -> None:
    project(tmp_path, "one")
    project(tmp_path, "two")
    (tmp_path / "two" / "provenance.json").write_text(
        '{"source": "mail.mbox", "row": 7, "revision": null, "sha256": "ab", "date": "2026-11-02"}'
    )
    one, two = (d.provenance for d in read_archive(tmp_path).documents)
    assert one
    assert one.source == "one/brief.md, one/plan.md"
    assert len(one.sha256) == 64
    assert two
    assert (two.source, two.row, two.revision, two.date) == ("mail.mbox", "7", "", "2026-11-02")
    (tmp_path / "two" / "provenance.json").write_text("[]")
    with pytest.raises(InputError, match="1 problem"):
        read_archive(tmp_path)


def test_briefs_and_plans_of_the_samples_are_told_apart() -> None:
    documents = read_archive(SAMPLES).documents
    assert all(plan_signs(d.brief.text) < 0 < plan_signs(d.plan_text) for d in documents)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("brief.md", ("brief", "")),
        ("Plan.docx", ("plan", "")),
        ("acme-plan.md", ("plan", "acme")),
        ("brief_acme.md", ("brief", "acme")),
        ("planning.md", ("", "")),
        ("debrief.md", ("", "")),
        ("brief.json", ("", "")),
    ],
)
def test_names_tell_the_role(name: str, said: tuple[str, str]) -> None:
    assert role_of(Path(name)) == said


def test_hidden_names() -> None:
    assert all(map(hidden, (".git", "thumbs.DB", "~$x.docx", "a.tmp", "a~")))
    assert not any(map(hidden, ("brief.md", "temp", "a.md")))


_NAMES = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufeff\x85\u2028\u2029"), min_size=1
)


@given(
    st.dictionaries(
        _NAMES.map(str.strip).filter(bool),
        st.builds(
            Named,
            *(_NAMES.map(str.strip),) * 3,
            st.sampled_from(["", "en", "ro"]),
            st.sampled_from(["", "ours", "free"]),
        ),
        max_size=4,
    )
)
def test_archive_yaml_is_read_back_as_written(projects: dict[str, Named]) -> None:
    assert read_names(write_names(Names(projects))) == Names(projects)


@given(st.text(max_size=300))
def test_any_text_is_a_plan_or_none(text: str) -> None:
    plan_signs(text)
    assert is_ours(text) in (True, False)


@given(st.text(st.sampled_from("projects:ignbrl \n-[]{}&*!#'\"x1"), max_size=80))
def test_any_archive_yaml_is_read_or_refused(text: str) -> None:
    try:
        found = read_names(text)
    except InputError:
        return
    assert read_names(write_names(found)) == found


def test_the_documented_archive_yaml_is_read(tmp_path: Path) -> None:
    page = (SAMPLES.parent.parent / "docs" / "archive.md").read_text(encoding="utf-8")
    example = textwrap.dedent(page.split("```yaml\n")[1].split("```")[0])
    names = read_names(example)
    assert names.projects["bakery"] == Named("Mail of 3 May.txt", "Estimate v2.md", "Nair", "en", "free")
    project(tmp_path, "bakery", WISHES, FREE_PLAN)
    (tmp_path / "bakery" / "brief.md").rename(tmp_path / "bakery" / "Mail of 3 May.txt")
    (tmp_path / "bakery" / "plan.md").rename(tmp_path / "bakery" / "Estimate v2.md")
    (tmp_path / "templates").mkdir()
    (tmp_path / "archive.yaml").write_text(example)
    archive = read_archive(tmp_path)
    assert [(d.name, d.client, d.plan) for d in archive.documents] == [("bakery", "Nair", None)]
    assert archive.skipped == ("templates",)


def test_check_tells_form_language_personal_data_and_what_was_left_out() -> None:
    from plansmith.sources.inspect import inspect, summary

    folder = Path(__file__).parent.parent / "examples" / "free"
    told = "\n".join(summary(inspect(d) for d in read_archive(folder).documents))
    assert "0 in our form, 8 in the team's own" in told
    assert "3 ro" in told
    assert "of kind person" in told
    assert "brief.eml" in told
