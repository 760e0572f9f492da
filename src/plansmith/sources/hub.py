"""A dataset on the Hugging Face Hub, read; and how the Hub is spoken to (`pushing` publishes through it).

Enters: a dataset's id with revision and split. Leaves: a `Table` with the exact commit that it was read from.
There is network traffic only for what the user named, and no code of a dataset is ever run.
Try: plansmith import hub:owner/name -o archive --dry-run

A token is read from HF_TOKEN, or from where `hf auth login` left it. HF_ENDPOINT names another Hub.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, MissingError, PlansmithError
from plansmith.sources.columns import Table, Wanted, table_of
from plansmith.sources.records import MAX_BYTES, SUFFIXES, Records, from_rows, read_records

DATASET_ID = re.compile(r"(?:[A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9][\w.-]{0,95}")
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


def hub_id(source: str) -> HubId | None:
    """The dataset that a text names (hub:owner/name@revision, or its address), or None where it names a local path."""
    match = _NAMED.fullmatch(source.strip())
    if not match:
        return None
    rest = match["rest"].rstrip("/")
    name, _, revision = rest.partition("@")
    if "/tree/" in name:
        name, _, revision = name.partition("/tree/")
    if not DATASET_ID.fullmatch(name):
        raise InputError(f'"{source}" names no dataset on the Hub; write hub:owner/name, or hub:owner/name@revision.')
    return HubId(name, revision)


def read_hub(
    named: HubId, revision: str = "", split: str = "", config: str = "", wanted: Wanted | None = None
) -> FromHub:
    """Download one split of a dataset at one commit and read its pairs.

    The split may be left out where there is one, or a `train`. Raises InputError for an unknown dataset, revision,
    split or configuration, MissingError where the Hub cannot be reached or a library is missing.
    """
    hub, datasets = libraries()
    revision = revision or named.revision
    if Path(named.id).exists():
        # the library would take it for the dataset
        raise InputError(f"There is a folder {named.id} here; to read the Hub's dataset of that name, work elsewhere.")
    with explained(f"the dataset {named.id}" + (f" at {revision}" if revision else "")):
        info = hub.HfApi().dataset_info(named.id, revision=revision or None)
        _refuse_foreign(hub, named.id, info)
        builder = datasets.load_dataset_builder(named.id, name=config or None, revision=info.sha)
        files = {str(name): [str(f) for f in found] for name, found in (builder.config.data_files or {}).items()}
        split = split or _only_split(named.id, list(files))
        base = split.partition("[")[0]
        if files and base not in files:
            raise InputError(f"{named.id} has no split {base}; it has {', '.join(files)}.")
        inside = [f.partition(f"@{info.sha}/")[2] for f in files.get(base, [])]
        _refuse_large(hub, named.id, info.sha, inside)
        if inside and all(f and Path(f).suffix.lower() in SUFFIXES for f in inside):
            # the files themselves, so that a wrong row is one wrong row
            records = _from_files(hub, named.id, info.sha, inside)
            if split != base:
                _keep_part(records, datasets.ReadInstruction.from_spec(split).to_absolute({base: len(records.rows)}))
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


def _refuse_foreign(hub: Any, name: str, info: Any) -> None:
    """A dataset's card may name its files; one that names files of this machine or of other hosts is refused."""
    if not any(file.rfilename == "README.md" for file in info.siblings or ()):
        return
    card = hub.hf_hub_download(name, "README.md", repo_type="dataset", revision=info.sha)
    told = hub.metadata_load(card) or {}
    configs = told.get("configs") if isinstance(told, dict) else None
    paths = _texts([c.get("data_files") for c in configs if isinstance(c, dict)] if isinstance(configs, list) else [])
    dirs = _texts([c.get("data_dir") for c in configs if isinstance(c, dict)] if isinstance(configs, list) else [])
    foreign = [p for p in (*paths, *dirs) if ":" in p or p.startswith(("/", "\\", "~")) or ".." in Path(p).parts]
    if foreign:
        raise InputError(
            f"The card of {name} names files that are not its own, so it is not read:", [p[:200] for p in foreign]
        )


def _texts(value: object) -> list[str]:
    """Every text in lists and mappings."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]


def _refuse_large(hub: Any, name: str, commit: str, inside: Sequence[str]) -> None:
    """Ask for the sizes before anything is downloaded."""
    known = [f for f in inside if f]
    size = 0
    for start in range(0, len(known), 100):
        found = hub.HfApi().get_paths_info(name, known[start : start + 100], revision=commit, repo_type="dataset")
        size += sum(getattr(file, "size", 0) for file in found)
    if size > MAX_BYTES:
        raise InputError(
            f"{name} is {size / 1e6:,.0f} MB in {len(known)} files; at most {MAX_BYTES / 1e6:,.0f} MB are read. "
            "That is no archive of projects; choose a smaller split with --split."
        )


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
        found.notes += [f"{file}: {note}" for note in one.notes]
    return found


def _keep_part(records: Records, parts: Any) -> None:
    """Leave the rows that train[:20] and the like choose, and the wrong rows between them."""
    records.rows = [row for part in parts for row in records.rows[part.from_ : part.to]]
    first, last = (records.rows[0][0], records.rows[-1][0]) if records.rows else (0, 0)
    numbers = {problem: re.search(r"\brow (\d+)", problem) for problem in records.problems}
    records.problems = [p for p, found in numbers.items() if not found or first < int(found[1]) < last]


# libraries and their errors


def libraries(reading: bool = True) -> tuple[Any, Any]:
    """huggingface_hub and datasets, told to count nothing, run nothing and draw nothing."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import huggingface_hub as hub

        datasets: Any = importlib.import_module("datasets") if reading else None
    except ImportError as error:
        raise MissingError("The Hub needs two libraries: pip install 'plansmith[hub]'.") from error
    quiet: Any = importlib.import_module("huggingface_hub.utils")
    quiet.logging.set_verbosity_error()
    quiet.disable_progress_bars()
    if datasets:
        datasets.disable_progress_bars()
        datasets.utils.logging.set_verbosity(60)  # its errors are told by ours
    return hub, datasets


@contextmanager
def explained(what: str) -> Iterator[None]:
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
    # "An error occurred while generating the dataset" says less than what it came from
    told = error.__cause__ if type(error).__name__ == "DatasetGenerationError" and error.__cause__ else error
    said = next((line.strip() for line in str(told).splitlines() if line.strip()), type(told).__name__)[:300]
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
