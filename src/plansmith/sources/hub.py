"""Datasets on the Hugging Face Hub: read one that was named, publish an archive as one.

Enters: a dataset's id with revision and split, or an archive. Leaves: a `Table` with the exact commit that it was read
from, or a `Pushed`. There is network traffic only here, only for what the user named; no code of a dataset is run.
Try: plansmith import hub:owner/name -o archive --dry-run

A token is read from HF_TOKEN, or from where `hf auth login` left it. HF_ENDPOINT names another Hub.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, MissingError, PlansmithError
from plansmith.sources.archive import Archive
from plansmith.sources.columns import Table, Wanted, table_of
from plansmith.sources.records import SUFFIXES, Records, from_rows, read_records

DATA = "data/train.jsonl"
CARD = "README.md"
_OURS = "<!-- written by plansmith push-dataset; a card without this line is left alone -->"
_ID = re.compile(r"(?:[A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9][\w.-]{0,95}")
_NAMED = re.compile(r"(?:hub:|hf://datasets/|https://(?:huggingface\.co|hf\.co)/datasets/)(?P<rest>.+)")


@dataclass(frozen=True)
class HubId:
    """A dataset on the Hub, and the revision that its name carries (hub:owner/name@revision)."""

    id: str
    revision: str = ""


@dataclass
class FromHub:
    """A dataset read from the Hub: its pairs, the commit (full hash) and its ISO date."""

    table: Table
    commit: str
    date: str


@dataclass(frozen=True)
class Pushed:
    """What was published: address, commit, projects, and how many pieces of personal data went along."""

    url: str
    commit: str
    private: bool
    documents: int
    personal: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def hub_id(source: str) -> HubId | None:
    """The dataset that a text names (hub:owner/name@revision, or its address), or None where it names a local path."""
    match = _NAMED.fullmatch(source.strip())
    if not match:
        return None
    rest = match["rest"].rstrip("/")
    name, _, revision = rest.partition("@")
    if "/tree/" in name:
        name, _, revision = name.partition("/tree/")
    if not _ID.fullmatch(name):
        raise InputError(f'"{source}" names no dataset on the Hub; write hub:owner/name, or hub:owner/name@revision.')
    return HubId(name, revision)


def read_hub(
    named: HubId, revision: str = "", split: str = "", config: str = "", wanted: Wanted | None = None
) -> FromHub:
    """Download one split of a dataset at one commit and read its pairs.

    The split may be left out where there is one, or a `train`. Raises InputError for an unknown dataset, revision,
    split or configuration, MissingError where the Hub cannot be reached or a library is missing.
    """
    hub, datasets = _libraries()
    revision = revision or named.revision
    with _explained(f"the dataset {named.id}" + (f" at {revision}" if revision else "")):
        info = hub.HfApi().dataset_info(named.id, revision=revision or None)
        builder = datasets.load_dataset_builder(named.id, name=config or None, revision=info.sha)
        files = {str(name): [str(f) for f in found] for name, found in (builder.config.data_files or {}).items()}
        split = split or _only_split(named.id, list(files))
        base = split.partition("[")[0]
        if files and base not in files:
            raise InputError(f"{named.id} has no split {base}; it has {', '.join(files)}.")
        inside = [f.partition(f"@{info.sha}/")[2] for f in files.get(split, [])]
        if inside and all(f and Path(f).suffix.lower() in SUFFIXES for f in inside):
            # the files themselves, so that a wrong row is one wrong row
            records = _from_files(hub, named.id, info.sha, inside)
        else:
            builder.download_and_prepare()
            records = from_rows(builder.as_dataset(split=split), "Hub dataset")
    table = table_of(records, f"hub:{named.id} ({split})", wanted)
    if len(inside) > 1:
        table.notes.append(f"rows are counted over the {len(inside)} files of the split, in their order")
    return FromHub(table, info.sha, info.last_modified.date().isoformat() if info.last_modified else "")


def _only_split(name: str, splits: list[str]) -> str:
    if len(splits) > 1 and "train" not in splits:
        raise InputError(f"{name} has the splits {', '.join(splits)}; choose one with --split.")
    return splits[0] if len(splits) == 1 else "train"


def _from_files(hub: Any, name: str, commit: str, inside: list[str]) -> Records:
    found = Records("")
    for file in inside:
        path = Path(hub.hf_hub_download(name, file, repo_type="dataset", revision=commit))
        one = read_records(path)
        start = found.rows[-1][0] if found.rows else 0
        at = f"{file}: " if len(inside) > 1 else ""
        found.kind = one.kind
        found.rows += [(start + number, row) for number, row in one.rows]
        found.problems += [f"{at}{problem}" for problem in one.problems]
    return found


# publishing


def personal_data(archive: Archive) -> dict[str, dict[str, int]]:
    """Personal data by project and kind: how often, in brief, plan, name and client; only what is fairly certain."""
    from plansmith.sources.privacy import LEAST, find_personal

    found = {}
    for document in archive.documents:
        kinds: Counter[str] = Counter()
        language = document.brief.language
        client = "" if document.client == document.name else document.client
        for text in (document.brief.text, document.plan_text, document.name, client):
            kinds.update(f.kind for f in find_personal(text, language) if f.certainty >= LEAST)
        if kinds:
            found[document.name] = dict(sorted(kinds.items()))
    return found


def push_archive(archive: Archive, name: str, public: bool = False, allow_personal: bool = False) -> Pushed:
    """Publish an archive as the dataset `name` (user/name) in one commit, private unless `public`.

    Refused (InputError) where personal data is found, unless `allow_personal`, and where a dataset of that name is
    public already and `public` was not asked for. A card that somebody else wrote stays.
    """
    if not _ID.fullmatch(name) or "/" not in name:
        raise InputError(f'"{name}" cannot name a dataset; write user/name with letters, digits, dots and hyphens.')
    personal = personal_data(archive)
    if personal and not allow_personal:
        raise InputError(
            "The archive holds personal data and is not published. Replace it by placeholders first "
            f"(plansmith check {archive.folder} --redact COPY), or publish it on purpose with --allow-personal-data.",
            [f"{project}: {_counted(kinds)}" for project, kinds in personal.items()],
        )
    totals: Counter[str] = Counter()
    for kinds in personal.values():
        totals.update(kinds)
    hub, _ = _libraries(reading=False)
    api = hub.HfApi()
    notes: list[str] = []
    with _explained(f"the dataset {name}"):
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
        adds = [hub.CommitOperationAdd(DATA, _lines(archive).encode())]
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
    url = f"{api.endpoint}/datasets/{name}"
    return Pushed(url, commit.oid, bool(info.private), len(archive.documents), dict(totals), tuple(notes))


def _lines(archive: Archive) -> str:
    """A line a project, with brief and plan to the character."""
    rows = (
        {
            "name": d.name,
            "client": d.client,
            "language": d.brief.language,
            "brief": d.brief.text,
            "plan": _plan_text(archive, d.name, d.plan_text),
        }
        for d in archive.documents
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _plan_text(archive: Archive, name: str, text: str) -> str:
    """The plan's file as it stands, where it is Markdown: reading and writing it again may move a blank line."""
    file = archive.folder / name / "plan.md"
    if file.is_file():
        from plansmith.sources.read import read_text

        return read_text(file)
    return text


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
            f"{count} past software projects: what the client wrote (`brief`) and what the team planned (`plan`).\n",
            "| Column | What it holds |",
            "|---|---|",
            "| `name` | the project |",
            "| `client` | whose project it is; one client's projects belong on one side of a split |",
            "| `language` | of the brief: en or ro |",
            f"| `brief` | the client's text; {words[0]:,} words in all |",
            f"| `plan` | the development plan; {words[1]:,} words in all |",
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


def _counted(kinds: dict[str, int] | Counter[str]) -> str:
    return ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))


# libraries and their errors


def _libraries(reading: bool = True) -> tuple[Any, Any]:
    """huggingface_hub and datasets, told to count nothing, run nothing and draw nothing."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import huggingface_hub as hub
        from huggingface_hub.utils import disable_progress_bars, logging

        datasets: Any = None
        if reading:
            import datasets
    except ImportError as error:
        raise MissingError("The Hub needs two libraries: pip install 'plansmith[hub]'.") from error
    logging.set_verbosity_error()
    disable_progress_bars()
    if datasets:
        datasets.disable_progress_bars()
        datasets.utils.logging.set_verbosity_error()
    return hub, datasets


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Say what went wrong with `what` in a sentence a person can act on."""
    try:
        yield
    except PlansmithError:
        raise
    except Exception as error:
        raise _in_words(error, what) from error


def _in_words(error: Exception, what: str) -> Exception:
    from huggingface_hub import errors

    status = getattr(getattr(error, "response", None), "status_code", 0)
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:300]
    if isinstance(error, errors.GatedRepoError):
        return InputError(f"Access to {what} has to be asked for on its page; then set HF_TOKEN.")
    if isinstance(error, errors.RevisionNotFoundError):
        return InputError(f"The Hub has no such revision: {what}. Give a branch, a tag or a commit.")
    if isinstance(error, errors.RepositoryNotFoundError):
        return InputError(f"The Hub has no {what.removeprefix('the ')}, or it is private; then set HF_TOKEN.")
    if status in (401, 403):
        return InputError(
            f"The Hub refuses {what} (HTTP {status}). Set HF_TOKEN to a token that may "
            f"{'write there' if status == 403 else 'do that'} (huggingface.co/settings/tokens)."
        )
    if status == 412:
        return InputError(f"Somebody else has changed {what} at the same time; nothing was written. Try again.")
    if status:
        return MissingError(f"The Hub answered HTTP {status} for {what}. Nothing was written; try again later.")
    if isinstance(error, errors.LocalTokenNotFoundError):
        return MissingError("The Hub wants to know who you are: set HF_TOKEN (huggingface.co/settings/tokens).")
    if isinstance(error, (errors.OfflineModeIsEnabled, ConnectionError, TimeoutError)) or _transport(error):
        return MissingError(f"The Hub cannot be reached for {what} ({said}). Check the network and HF_ENDPOINT.")
    if "script" in said and "support" in said:
        return InputError(f"{what} needs code of its own to be read, which is never run. Take a Parquet copy of it.")
    if isinstance(error, OSError) and error.strerror:
        return InputError(f"Cannot read {what}: {error.strerror}.")
    return InputError(f"{what} cannot be read: {said}")


def _transport(error: Exception) -> bool:
    return any(c.__module__.split(".")[0] in ("httpx", "httpx2", "requests", "httpcore2") for c in type(error).__mro__)
