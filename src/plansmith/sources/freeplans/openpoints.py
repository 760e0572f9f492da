"""What adopting a free plan leaves for a person, in the plan's language; what it has read, and where that stands.

Enters: gaps and places, as they are found. Leaves: `Open` points, counts of fields, places by id.
Try: python -c "from plansmith.sources.freeplans.openpoints import *; print(texts('ro')['open']['tasks'])"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from plansmith.sources.freeplans.found import Found, Spot

_LONG = 300
_MOST_NAMED = 12


@dataclass(frozen=True)
class Open:
    """Something that a person has to say: about which items, and in words of the plan's language."""

    key: str
    items: tuple[str, ...]
    text: str


@cache
def texts(language: str) -> dict[str, dict[str, str]]:
    name = f"open.{language if language in ('en', 'ro') else 'en'}.toml"
    told: dict[str, dict[str, str]] = tomllib.loads(
        (files("plansmith.sources.freeplans") / "words" / name).read_text("utf-8")
    )
    return told


@dataclass
class Notes:
    """Everything that is noted while a plan is adopted; `place_of` names a place in the file that was read."""

    language: str
    place_of: Callable[[Spot], str]
    points: list[Open] = field(default_factory=list)
    filled: dict[str, int] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    @property
    def say(self) -> dict[str, dict[str, str]]:
        """The words of the plan's language."""
        return texts(self.language)

    def ask(self, key: str, items: Sequence[str] = (), **values: str) -> None:
        """Note an open point."""
        shown = ", ".join(items[:_MOST_NAMED])
        if len(items) > _MOST_NAMED:
            shown += f" {self.say['words']['and_more'].format(n=len(items) - _MOST_NAMED)}"
        text = self.say["open"][key].format(items=shown, **{k: v[:_LONG] for k, v in values.items()})
        self.points.append(Open(key, tuple(items), text))

    def note(self, name: str, count: int = 1) -> None:
        """Count a field that was read."""
        self.filled[name] = self.filled.get(name, 0) + count

    def place(self, number: str, item: Found) -> None:
        """Note where an item stands, and its hours where that is elsewhere."""
        where = self.where(item.spot)
        if item.effort_spot and item.effort_spot.line != item.spot.line:
            hours = self.where(item.effort_spot)
            where += f", {self.say['words']['hours_at']} {hours}"
        self.places[number] = where.replace(";", ",")

    def where(self, spot: Spot) -> str:
        """A place in the plan's language, the column's own name as it is."""
        names = self.say["places"]
        place, mark, head = self.place_of(spot).partition(", column ")
        place = re.sub(r"[a-z]+", lambda m: names.get(m.group(), m.group()), place)
        return f"{place}, {names['column']} {head}" if mark else place
