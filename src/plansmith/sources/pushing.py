"""An archive as a dataset on the Hub: looked through for personal data, described by a card, pushed in one commit.

Enters: an archive and user/name. Leaves: a `Pushed`; or a refusal that says where personal data stands.
Try: plansmith push-dataset archive ana/our-projects
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plansmith.errors import InputError
from plansmith.sources.archive import Archive, survey
from plansmith.sources.hub import DATASET_ID, explained, libraries
from plansmith.sources.read import read_text

DATA = "data/train.jsonl"
CARD = "README.md"
_OURS = "<!-- written by plansmith push-dataset; a card without this line is left alone -->"
_TEXT = (".md", ".txt", ".markdown")

Row = dict[str, str]


@dataclass(frozen=True)
class Pushed:
    """What was published: address, commit, projects, and how many pieces of personal data went along."""

    url: str
    commit: str
    private: bool
    documents: int
    personal: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def personal_data(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    """Personal data by project and kind: how often, in all that is published; only what is fairly certain."""
    from plansmith.sources.privacy import LEAST, find_personal

    found = {}
    for row in rows:
        texts = [
            row["prompt"],
            row["completion"],
            row["name"],
            *([row["client"]] if row["client"] != row["name"] else []),
        ]
        kinds = Counter(
            finding.kind
            for text in texts
            for finding in find_personal(text, row["language"])
            if finding.certainty >= LEAST
        )
        if kinds:
            found[row["name"]] = {str(kind): n for kind, n in sorted(kinds.items())}
    return found


def push_archive(archive: Archive, name: str, public: bool = False, allow_personal: bool = False) -> Pushed:
    """Publish an archive as the dataset `name` (user/name) in one commit, private unless `public`.

    Refused (InputError) where personal data is found, unless `allow_personal`, and where a dataset of that name is
    public already and `public` was not asked for. A card that somebody else wrote stays.
    """
    if not DATASET_ID.fullmatch(name) or "/" not in name:
        raise InputError(f'"{name}" cannot name a dataset; write user/name with letters, digits, dots and hyphens.')
    rows = published_rows(archive)
    personal = personal_data(rows)
    if personal and not allow_personal:
        raise InputError(
            "The archive holds personal data and is not published. Replace it by placeholders first "
            f"(plansmith check {archive.folder} --redact COPY), or publish it on purpose with --allow-personal-data.",
            [f"{project}: {_counted(kinds)}" for project, kinds in personal.items()],
        )
    totals: Counter[str] = Counter()
    for kinds in personal.values():
        totals.update(kinds)
    hub, _ = libraries(reading=False)
    api = hub.HfApi()
    notes: list[str] = []
    with explained(f"the dataset {name}"):
        there = api.repo_exists(name, repo_type="dataset")
        if there:
            info = api.dataset_info(name)
            if not info.private and not public:
                raise InputError(
                    f"{name} is on the Hub already, and public. Make it private there, choose another name, or add --public."
                )
            if info.private and public:
                notes.append(f"{name} was private and stays so; its visibility is changed on the Hub itself")
        else:
            api.create_repo(name, repo_type="dataset", private=not public)
            info = api.dataset_info(name)
        adds = [hub.CommitOperationAdd(DATA, _lines(rows).encode())]
        if _card_is_ours(hub, api, name, info.sha):
            adds.append(hub.CommitOperationAdd(CARD, card(archive, name, totals).encode()))
        else:
            notes.append(f"the card ({CARD}) on the Hub was written by somebody else and is left as it is")
        commit = api.create_commit(
            name,
            adds,
            commit_message=f"{len(archive.documents)} projects ({archive.sha256[:12]})",
            repo_type="dataset",
            parent_commit=info.sha,
        )
    if not info.private:
        clients = len({row["client"] for row in rows})
        notes.append(f"everybody can read it, the column client with {clients} names of clients or projects included")
    url = f"{api.endpoint}/datasets/{name}"
    return Pushed(url, commit.oid, bool(info.private), len(archive.documents), dict(totals), tuple(notes))


def published_rows(archive: Archive) -> list[Row]:
    """What is published: brief and plan to the character, a plan in Markdown as its file has it.

    Brief and plan are called prompt and completion, as trainers of other systems expect them.
    """
    found = survey(archive.folder)
    files = {p.name: p.plan for p in [*found.projects, *(guess.project for guess in found.guesses)]}
    rows = []
    for d in archive.documents:
        file = files.get(d.name)
        plan = read_text(file) if file and file.suffix.lower() in _TEXT else d.plan_text
        told = {"name": d.name, "client": d.client, "language": d.brief.language}
        rows.append({"prompt": d.brief.text, "completion": plan, **told})
    return rows


def _lines(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def card(archive: Archive, name: str, personal: Counter[str]) -> str:
    """The dataset card: what is in it, how it was checked, how to use it. It names no client and no file."""
    count = len(archive.documents)
    languages = sorted({d.brief.language for d in archive.documents})
    size = next(
        s for s, most in (("n<1K", 1e3), ("1K<n<10K", 1e4), ("10K<n<100K", 1e5), ("n>100K", 1e99)) if count < most
    )
    front = {
        "pretty_name": f"Briefs and development plans: {name.split('/')[1]}",
        "language": languages,
        "size_categories": [size],
        "task_categories": ["text-generation"],
        "tags": ["plansmith"],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": DATA}]}],
    }
    import yaml

    kinds = "names of people, e-mail addresses, telephone numbers, postal addresses, IBAN, CNP and card numbers"
    checked = (
        f"Looked for by rules ({kinds}) before publishing: **{_counted(personal)}** were found and published on purpose."
        if personal
        else f"Looked for by rules ({kinds}) before publishing: none was found. Rules miss things."
    )
    words = (
        sum(len(d.brief.text.split()) for d in archive.documents),
        sum(len(d.plan_text.split()) for d in archive.documents),
    )
    return "\n".join(
        [
            f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---",
            _OURS,
            f"\n# {name.split('/')[1]}\n",
            f"{count} past software projects: what the client wrote (`prompt`) and what the team planned (`completion`).\n",
            "| Column | What it holds |",
            "|---|---|",
            "| `name` | the project |",
            "| `client` | whose project it is; one client's projects belong on one side of a split |",
            "| `language` | of the prompt: en or ro |",
            f"| `prompt` | the client's text; {words[0]:,} words in all |",
            f"| `completion` | the development plan; {words[1]:,} words in all |",
            f"\n{len(archive.typed)} plans are in [Plansmith](https://pypi.org/project/plansmith)'s form, {len(archive.free)} in the team's own.",
            f"\n## Personal data\n\n{checked}",
            f"\n## Use\n\n```sh\nplansmith import hub:{name} -o archive\n```\n",
            f"Archive hash: `{archive.sha256}`\n",
        ]
    )


def _card_is_ours(hub: Any, api: Any, name: str, commit: str) -> bool:
    """Whether the card on the Hub may be replaced: there is none, or we wrote it."""
    if not api.file_exists(name, CARD, repo_type="dataset", revision=commit):
        return True
    path = hub.hf_hub_download(name, CARD, repo_type="dataset", revision=commit)
    return _OURS in Path(path).read_text(encoding="utf-8", errors="replace")


def _counted(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
