"""What a file's name says: brief or plan, of which project, or nothing but the system's own litter.

Enters: a name. Leaves: its role and the rest of it.
Try: python -c "from pathlib import Path; from plansmith.sources.filenames import role_of; print(role_of(Path('acme-plan.md')))"
"""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

from plansmith.locale import fold

_SYSTEM = ("thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "__macosx", "icon\r")
_LOCKS = ("~$*", ".~lock.*", "*.tmp", "*.crdownload", "*.part", "*~")
_ROLE = re.compile(r"^(?:(?P<a>.+?)[\s_.-]+)?(?P<role>brief|plan)(?:[\s_.-]+(?P<b>.+))?$", re.IGNORECASE)
_HINTS = re.compile(
    r"\b(?:briefs?|plan(?:ul)?|requirements?|cerinte(?:le)?|cerere|request|rfp|spec(?:ification)?s?|estimat(?:e|ion|are)|"
    r"deviz|oferta|offer|proposal|quote|wbs|tasks?|final|v\d+|\d{4})\b"
)


def role_of(file: Path) -> tuple[str, str]:
    """("brief" or "plan", the rest of the name) as a file's name says; two empty texts where it does not."""
    match = _ROLE.match(file.stem)
    if not match or (match["a"] and match["b"]):
        return "", ""
    role = match["role"].lower()
    if role == "brief" and file.suffix.lower() == ".json":
        return "", ""
    return role, match["a"] or match["b"] or ""


def bare_stem(file: Path) -> str:
    bare = _HINTS.sub(" ", fold(re.sub(r"[_.-]+", " ", file.stem)))
    return "-".join(bare.split())


def hidden(name: str) -> bool:
    lower = name.lower()
    return name.startswith(".") or lower in _SYSTEM or any(fnmatch.fnmatch(lower, pattern) for pattern in _LOCKS)


def ignore_patterns(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return tuple(line.strip().rstrip("/") for line in lines if line.strip() and not line.startswith("#"))
