"""An export on the Hugging Face Hub: checked, described, uploaded in one commit; a second call sends only what is missing.

Enters: an `Export`, user/name, the licence, and the documents that were trained on. Leaves: a `Published`.
Try: plansmith publish first -o out --archive archive --hub ana/first

What was uploaded before a failure stays in the Hub's storage, so that a re-run finds it there; nothing is seen of it until the
commit, which comes last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plansmith.errors import InputError
from plansmith.sources.archive import Document
from plansmith.sources.hub import DATASET_ID, explained, libraries
from plansmith.tuning.licences import Licence
from plansmith.tuning.modelcard import OURS
from plansmith.tuning.publish import MANIFEST, Export, describe
from plansmith.tuning.publish_checks import LAYOUT, problems_in

_CARD = "README.md"


@dataclass(frozen=True)
class Published:
    """What is on the Hub now: address, commit, files and bytes of the export, visibility."""

    url: str
    commit: str
    private: bool
    files: int
    bytes: int
    notes: tuple[str, ...] = ()


def check_before(export_name: str, forgotten: Sequence[str]) -> None:
    """Refuse what can be refused before anything is made: a name that is none, a run with a forgotten client in it."""
    if not DATASET_ID.fullmatch(export_name) or "/" not in export_name:
        raise InputError(
            f'"{export_name}" cannot name a model; write user/name with letters, digits, dots and hyphens.'
        )
    if forgotten:
        raise InputError(
            "The run learned from projects whose client was forgotten since; its weights still hold what they learned, so it "
            "is not published. Train a new run on the archive as it is now.",
            list(forgotten),
        )


def upload(
    export: Export, name: str, licence: Licence, documents: Sequence[Document], public: bool = False
) -> Published:
    """Publish the export as the model `name` (user/name), private unless `public`.

    Raises InputError where a file holds training text, a token or an absolute path, and where a model of that name is public
    already and `public` was not asked for. Files of an earlier export that are in this one no more are deleted there.
    """
    check_before(name, export.run.forgotten)
    describe(export, name, licence)
    texts = [text for d in documents for text in (d.brief.text, d.plan_text)]
    names = [word for d in documents for word in (d.name, d.client)]
    if problems := problems_in(export.folder, texts, names, export.run.folder):
        raise InputError(f"{export.folder} holds what must not be published; nothing was sent.", problems)
    paths = sorted(p.relative_to(export.folder).as_posix() for p in export.folder.rglob("*") if p.is_file())
    size = sum((export.folder / path).stat().st_size for path in paths)
    hub, _ = libraries(reading=False)
    api, notes = hub.HfApi(), list[str]()
    with explained(f"the model {name}"):
        info = _repository(api, name, public, notes)
        there = set(api.list_repo_files(name, revision=info.sha))
        if _CARD in there and not _card_is_ours(hub, name, info.sha):
            paths.remove(_CARD)
            notes.append(f"the card ({_CARD}) on the Hub was written by somebody else and is left as it is")
        changes: list[Any] = [hub.CommitOperationAdd(path, str(export.folder / path)) for path in paths]
        if MANIFEST in there:
            # an earlier export of ours
            gone = sorted(path for path in there - set(paths) if LAYOUT.fullmatch(path) and path != _CARD)
            changes += [hub.CommitOperationDelete(path) for path in gone]
        commit = api.create_commit(
            name, changes, commit_message=f"{export.run.name}: {', '.join(export.forms)}", parent_commit=info.sha
        )
    if not info.private:
        notes.append("everybody can read it")
    return Published(f"{api.endpoint}/{name}", commit.oid, bool(info.private), len(paths), size, tuple(notes))


def _repository(api: Any, name: str, public: bool, notes: list[str]) -> Any:
    """The repository's state, made if need be; private unless `public`."""
    if not api.repo_exists(name):
        api.create_repo(name, private=not public)
        return api.model_info(name)
    info = api.model_info(name)
    if not info.private and not public:
        raise InputError(
            f"{name} is on the Hub already, and public. Make it private there, choose another name, or add --public."
        )
    if info.private and public:
        notes.append(f"{name} was private and stays so; its visibility is changed on the Hub itself")
    return info


def _card_is_ours(hub: Any, name: str, commit: str) -> bool:
    path = hub.hf_hub_download(name, _CARD, revision=commit)
    return OURS in Path(path).read_text(encoding="utf-8", errors="replace")
