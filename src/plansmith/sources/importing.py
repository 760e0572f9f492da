"""Past projects from anywhere into the canonical folder: a sub-folder each, with brief.md, plan.md, provenance.json.

Enters: a folder of projects, a dataset file, a folder of such files, or a dataset on the Hub. Leaves: an archive that
`read_archive` reads, and an `Imported` that names every project written, found there already, or refused.
Try: plansmith import data.jsonl -o archive

Texts are kept as they are, to the character. Each project appears whole or not at all, so that an import may be
interrupted anywhere and started again; what is there is recognised by the hash in its provenance.json.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from plansmith.errors import InputError, PlansmithError
from plansmith.files import adding_folders, write_text
from plansmith.plan import Plan, detect_language, parse_json, parse_plan, read_brief, render_plan
from plansmith.sources.archive import Provenance, survey
from plansmith.sources.columns import Pair, Table, Wanted, read_table
from plansmith.sources.filenames import hidden
from plansmith.sources.layout import PROVENANCE, Project
from plansmith.sources.mapping import FILE, Named, Names, read_names, write_names
from plansmith.sources.read import decode, read_document, read_text
from plansmith.sources.recognise import is_ours
from plansmith.sources.records import SUFFIXES

_SURE = 2_000
"""Characters of a brief from which it certainly holds a sentence; shorter ones are looked through."""
_NAME = 80
_BATCH = 64
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$", re.IGNORECASE)

Watch = Callable[[int, int, str], None]
"""Told after each project: how many are done, of how many, and its name."""


@dataclass(frozen=True)
class Texts:
    """Brief and plan as the source has them; `suffix` is that of the plan's file, `notes` what a reader left out."""

    brief: str
    plan: str
    suffix: str = ".md"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """One project of a source: `label` says where it stands there, `read` gives its texts."""

    name: str
    label: str
    provenance: Provenance
    read: Callable[[], Texts]
    named: Named = field(default_factory=Named)


@dataclass
class Source:
    """What a source holds: projects, and what is wrong with the rest. `tables` are the datasets that were recognised."""

    what: str
    items: list[Item] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


@dataclass
class Imported:
    """What an import came to, by names; `refused` and `notes` are lines to read. `free`: plans in the team's own form."""

    folder: Path
    written: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ours: int = 0
    free: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "folder": str(self.folder)}


def open_source(path: Path, wanted: Wanted | None = None, accept_guess: bool = False) -> Source:
    """Look at a local source; raises InputError where it holds nothing that can be imported."""
    if path.is_dir():
        return _folder(path, wanted, accept_guess)
    if not path.exists():
        raise InputError(
            f"There is no file or folder {path}. Give a folder of projects, or a dataset ({', '.join(SUFFIXES)}); "
            f"a dataset on the Hub is written hub:owner/name."
        )
    table = read_table(path, wanted)
    return table_source([(table, path.stem, _date(path), "")])


def table_source(tables: Iterable[tuple[Table, str, str, str]]) -> Source:
    """Datasets as a source, each given as (table, stem of its projects' names, ISO date, revision)."""
    found = Source("")
    taken: set[str] = set()
    for table, stem, date, revision in tables:
        several = bool(found.tables) or table.source == ""
        found.tables.append(table)
        found.what = found.what or table.source
        at = f"{table.source}: " if several else ""
        found.problems += [f"{at}{problem}" for problem in table.problems]
        digits = max(4, len(str(max((p.number for p in table.pairs), default=0))))
        for pair in table.pairs:
            name = _free(slug(pair.name) or f"{slug(stem) or 'row'}-{pair.number:0{digits}d}", taken)
            found.items.append(_row(pair, name, table.source, date, revision, at))
    if found.items and not any(item.named.client for item in found.items):
        found.notes.append(
            "no column says whose project each row is, so each counts as a client of its own; --client-column names one"
        )
    return found


def slug(text: str) -> str:
    """A name that every file system takes: letters, digits, dots and hyphens; empty where nothing is left."""
    name = re.sub(r"[^\w.]+", "-", text, flags=re.UNICODE).strip("-._")[:_NAME].rstrip("-._")
    return f"{name}-project" if name and (_RESERVED.match(name) or hidden(name)) else name


def import_source(source: Source, out: Path, dry_run: bool = False, watch: Watch | None = None) -> Imported:
    """Write every project that is not there yet; what differs is refused, never overwritten. `dry_run` writes nothing."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; name a folder with -o.")
    names = _names(out)
    done = Imported(out, refused=list(source.problems), notes=list(source.notes))
    told: dict[str, Named] = {}
    rest = list(enumerate(source.items, 1))
    try:
        while rest:
            with nullcontext(None) if dry_run else adding_folders(out) as staged:
                said, rest = _batch(rest, out, staged, done, names, len(source.items), watch)
            told |= said
    finally:
        # also after Ctrl-C: what is written must be whole, with its client
        if not dry_run:
            _tell(out, names, told, done)
    return done


def _batch(
    items: list[tuple[int, Item]],
    out: Path,
    staged: Path | None,
    done: Imported,
    names: Names,
    total: int,
    watch: Watch | None,
) -> tuple[dict[str, Named], list[tuple[int, Item]]]:
    """Put some projects into `staged`: as many as take two seconds, so that an interruption costs no more than that."""
    told: dict[str, Named] = {}
    begun = time.monotonic()
    for at, (number, item) in enumerate(items, 1):
        try:
            told[item.name] = _import(item, out, staged, done, names.projects.get(item.name, Named()))
        except PlansmithError as error:
            done.refused += [f"{item.label}: {line}" for line in error.problems or [error.message]]
        if watch:
            watch(number, total, item.name)
        if at == _BATCH or time.monotonic() - begun > 2:
            break
    return told, items[at:]


# where projects come from


def _folder(folder: Path, wanted: Wanted | None, accept_guess: bool) -> Source:
    layout = survey(folder)
    projects = layout.projects + ([g.project for g in layout.guesses] if accept_guess else [])
    if not projects and not layout.guesses:
        files = sorted(f for f in folder.rglob("*") if f.suffix.lower() in SUFFIXES and not hidden(f.name))
        if files:
            return _files(files, wanted)
    found = Source(str(folder), problems=list(layout.problems))
    taken: set[str] = set()
    for project in sorted(projects, key=lambda p: p.name):
        name = project.name if slug(project.name) == project.name else slug(project.name) or "project"
        found.items.append(_project(project, _free(name, taken), folder))
    for guess in [] if accept_guess else layout.guesses:
        brief, plan = guess.project.brief.name, guess.project.plan.name
        found.problems.append(
            f"{guess.project.name}: {brief} reads as the brief and {plan} as the plan, by their contents only. "
            "Confirm it in archive.yaml, or take it with --accept-guess."
        )
    if not found.items and not found.problems:
        raise InputError(f"{folder} holds neither projects nor datasets ({', '.join(SUFFIXES)}).")
    return found


def _files(files: list[Path], wanted: Wanted | None) -> Source:
    tables, problems = [], []
    for file in files:
        try:
            tables.append((read_table(file, wanted), file.stem, _date(file), ""))
        except PlansmithError as error:
            problems += [error.message, *(f"{file}: {line}" for line in error.problems)]
    found = table_source(tables)
    found.problems += problems
    return found


def _row(pair: Pair, name: str, source: str, date: str, revision: str, at: str) -> Item:
    digest = hashlib.sha256(f"{pair.brief}\x00{pair.plan}".encode()).hexdigest()
    told = Provenance(source, digest, date, str(pair.number), revision)
    texts = Texts(pair.brief, pair.plan)
    # said only where it would be read otherwise
    language = pair.language if pair.language and pair.language != detect_language(pair.brief) else ""
    return Item(name, f"{at}row {pair.number}", told, lambda: texts, Named(client=pair.client, language=language))


def _project(project: Project, name: str, folder: Path) -> Item:
    digest = hashlib.sha256()
    for file in (project.brief, project.plan):
        try:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        except OSError:
            # reading it will say what is wrong
            digest.update(b"\x00")
    source = ", ".join((folder / f.relative_to(folder)).as_posix() for f in (project.brief, project.plan))
    told = Provenance(source, digest.hexdigest(), max(_date(project.brief), _date(project.plan)))
    named = replace(project.named, brief="", plan="")

    def read() -> Texts:
        brief, plan = read_document(project.brief), read_document(project.plan)
        told = [(project.brief, note) for note in brief.notes] + [(project.plan, note) for note in plan.notes]
        notes = tuple(f"{file.name}: {note}" for file, note in told)
        return Texts(brief.text, plan.text, project.plan.suffix.lower(), notes)

    return Item(name, project.name, told, read, named)


def _date(file: Path) -> str:
    try:
        return dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC).date().isoformat()
    except OSError:
        return ""


def _free(name: str, taken: set[str]) -> str:
    """The name, or with -2, -3 … where another project of this import has it (upper and lower case being one)."""
    free, n = name, 1
    while free.casefold() in taken:
        n += 1
        free = f"{name}-{n}"
    taken.add(free.casefold())
    return free


# where they go


def _import(item: Item, out: Path, staged: Path | None, done: Imported, there: Named) -> Named:
    """Put one project into `staged` (None: only look), or find it there; returns what archive.yaml has to say of it."""
    target = out / item.name
    if target.exists() and _hash_of(target) == item.provenance.sha256 and _whole(target):
        texts = Texts(read_text(target / "brief.md"), read_text(target / "plan.md"))
        done.there.append(item.name)
        return _settled(texts, item, done, there, quiet=True)[1]
    texts = item.read()
    brief = _storable(texts.brief, "the brief")
    plan = _storable(texts.plan, "the plan")
    if len(brief) < _SURE and not read_brief(brief).sentences:
        raise InputError("the brief holds no sentence")
    plan, named = _settled(Texts(brief, plan, texts.suffix), item, done, there)
    if target.exists():
        if _whole(target) and (read_text(target / "brief.md"), read_text(target / "plan.md")) == (brief, plan):
            done.there.append(item.name)
            return named
        raise InputError(
            f"{target} is there already and differs; it is not overwritten. Move it away, or import into another folder"
        )
    if staged:
        told = {key: value for key, value in asdict(item.provenance).items() if value}
        (staged / item.name).mkdir()
        for name, text in (("brief.md", brief), ("plan.md", plan), (PROVENANCE, json.dumps(told, indent=2) + "\n")):
            # bytes: no line end may change
            (staged / item.name / name).write_bytes(text.encode())
    done.written.append(item.name)
    done.notes += [f"{item.name}: {note}" for note in texts.notes]
    return named


def _settled(texts: Texts, item: Item, done: Imported, there: Named, quiet: bool = False) -> tuple[str, Named]:
    """The plan's text, and whether archive.yaml must say that it is the team's own although it looks like ours."""
    form = there.form or item.named.form
    named = replace(item.named, form=form)
    looks = texts.suffix == ".json" or is_ours(texts.plan)
    if form == "free" or not (form or looks):
        done.free += 1
        return texts.plan, named
    try:
        plan = _parsed(texts)
    except PlansmithError as error:
        if texts.suffix == ".json":
            raise
        done.free += 1
        if not quiet:
            why = (error.problems or [error.message])[0]
            done.notes.append(
                f"{item.name}: the plan looks like our form but does not read as it ({why}); kept as the team's own text"
            )
        return texts.plan, replace(named, form="free")
    done.ours += 1
    return (render_plan(plan) if texts.suffix == ".json" else texts.plan), named


def _parsed(texts: Texts) -> Plan:
    plan = parse_json(texts.plan) if texts.suffix == ".json" else parse_plan(texts.plan)
    if not plan.requirements:
        raise InputError("it holds no requirements")
    cited = {s for items in plan.items() for s in items.source}
    unknown = cited - {s.id for s in read_brief(texts.brief).sentences} if cited else set()
    if unknown:
        raise InputError(f"it cites {', '.join(sorted(unknown))}, which the brief does not have")
    return plan


def _storable(text: str, what: str) -> str:
    """The text if a file can give it back as it is; raises InputError otherwise."""
    text = text.removeprefix("\ufeff")
    if not any(c.isalnum() for c in text):
        raise InputError(f"{what} is empty")
    try:
        same = decode(text.encode(), what) == text
    except UnicodeEncodeError as error:
        raise InputError(f"{what} holds half a character (\\u{ord(error.object[error.start]):04x})") from error
    if not same:
        raise InputError(f"{what} would not be the same when read again; it begins like a file of another kind")
    return text


def _whole(target: Path) -> bool:
    return (target / "brief.md").is_file() and (target / "plan.md").is_file()


def _hash_of(target: Path) -> str:
    try:
        told = json.loads((target / PROVENANCE).read_text(encoding="utf-8"))
        return str(told["sha256"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def _names(out: Path) -> Names:
    file = out / FILE
    return read_names(read_text(file)) if file.is_file() else Names()


def _tell(out: Path, names: Names, told: dict[str, Named], done: Imported) -> None:
    """Add clients and forms to archive.yaml; what a person wrote there stays."""
    projects = dict(names.projects)
    for name, said in told.items():
        old = projects.get(name, Named())
        new = replace(
            old, client=old.client or said.client, language=old.language or said.language, form=old.form or said.form
        )
        if new != old:
            projects[name] = new
    if projects != names.projects:
        if (out / FILE).is_file():
            done.notes.append(f"{FILE} was rewritten with what is new; comments in it are gone")
        write_text(out / FILE, write_names(Names(projects, names.ignore)))
