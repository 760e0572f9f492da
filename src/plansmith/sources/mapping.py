"""archive.yaml: which file is which, where the names do not say it.

Enters: the text of archive.yaml. Leaves: a `Names` of projects, or every problem of the file by its line.
Try: plansmith check ARCHIVE --propose

    projects:
      acme-shop:                 # a folder's name, or a name of your own
        brief: Requirements v3.docx
        plan: Estimate.docx
        client: Acme             # whose projects stay on one side of the split
        language: ro             # en or ro; by default what the brief is written in
        form: free               # ours or free; by default what the plan looks like
    ignore: ["old/*"]
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from plansmith.errors import InputError

FILE = "archive.yaml"
_TOP = ("projects", "ignore")
_KEYS = ("brief", "plan", "client", "language", "form")
_CHOICES = {"language": ("en", "ro"), "form": ("ours", "free")}
_MOST = 1_000_000
"""Characters of archive.yaml; 10,000 projects take half of it."""


@dataclass(frozen=True)
class Named:
    """What archive.yaml says of one project; an empty text means that it does not say."""

    brief: str = ""
    plan: str = ""
    client: str = ""
    language: str = ""
    form: str = ""


@dataclass(frozen=True)
class Names:
    """What archive.yaml says: projects by name, and patterns of files that are left out."""

    projects: dict[str, Named] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()


def read_names(text: str) -> Names:
    """Read archive.yaml; raises InputError with all its problems, each with its line."""
    import yaml

    if len(text) > _MOST:
        raise InputError(f"{FILE} has {len(text):,} characters; more than {_MOST:,} is no list of projects.")
    try:
        # only the tree of nodes is built: no value is constructed, so "no" stays a name and no alias is multiplied
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        what = getattr(error, "problem", None) or "nested too deeply"
        raise InputError(f"{FILE} is not valid YAML.", [f"{FILE}: {where}{what}"]) from error
    reader = _Reader()
    names = reader.top(root)
    if reader.problems:
        raise InputError(f"{FILE} cannot be used as it is:", [f"{FILE}: {p}" for p in reader.problems])
    return names


class _Reader:
    def __init__(self) -> None:
        self.problems: list[str] = []

    def top(self, node: object) -> Names:
        projects: dict[str, Named] = {}
        ignore: tuple[str, ...] = ()
        for key, value in self._pairs(node, "the file", _TOP):
            if key == "projects":
                projects = {name: self._project(name, entry) for name, entry in self._pairs(value, "projects", ())}
            else:
                ignore = self._texts(value)
        return Names(projects, ignore)

    def _project(self, name: str, node: object) -> Named:
        import yaml

        if isinstance(node, yaml.ScalarNode) and not node.value:
            return Named()
        fields = {key: self._text(value, f"{name}: {key}") for key, value in self._pairs(node, name, _KEYS)}
        for key, choices in _CHOICES.items():
            if fields.get(key, choices[0]) not in ("", *choices):
                self._add(node, f'{name}: no {key} "{fields[key]}"; write {" or ".join(choices)}')
                fields[key] = ""
        return Named(**fields)

    def _pairs(self, node: object, where: str, known: Iterable[str]) -> list[tuple[str, object]]:
        import yaml

        if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
            return []
        if not isinstance(node, yaml.MappingNode):
            self._add(node, f"{where} holds no names and values; write each as name: value")
            return []
        found: dict[str, object] = {}
        for key_node, value in node.value:
            key = self._text(key_node, f"a name in {where}")
            if known and key not in known:
                near = difflib.get_close_matches(key, list(known), 1)
                hint = f'did you mean "{near[0]}"? ' if near else ""
                self._add(key_node, f'{where}: unknown key "{key}"; {hint}known: {", ".join(known)}')
            elif key in found:
                self._add(key_node, f'{where}: "{key}" stands twice; keep one')
            elif key:
                found[key] = value
        return list(found.items())

    def _text(self, node: object, where: str) -> str:
        import yaml

        if isinstance(node, yaml.ScalarNode):
            return str(node.value).strip()
        self._add(node, f"{where} is no single text")
        return ""

    def _texts(self, node: object) -> tuple[str, ...]:
        import yaml

        if isinstance(node, yaml.SequenceNode):
            return tuple(filter(None, (self._text(item, "an entry of ignore") for item in node.value)))
        self._add(node, 'ignore holds no list; write it as ["old/*"]')
        return ()

    def _add(self, node: object, what: str) -> None:
        mark = getattr(node, "start_mark", None)
        self.problems.append(f"line {mark.line + 1}: {what}" if mark else what)


def write_names(names: Names) -> str:
    """The text of an archive.yaml that says the same."""
    import yaml

    projects = {
        name: {key: value for key in _KEYS if (value := getattr(named, key))} for name, named in names.projects.items()
    }
    data: dict[str, object] = {"projects": projects}
    if names.ignore:
        data["ignore"] = list(names.ignore)
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1000)
