"""The formats that a plan goes out in: one table, each row's room loaded only when its format is asked for.

Enters: the name of a format. Leaves: its `Format`, whose `write` turns a `Planned` (plan, schedule, forecast) into
the bytes of one file, or into several files by relative name.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to list
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TypeAlias, cast

from plansmith.export.planned import Planned

Content: TypeAlias = bytes | Mapping[str, bytes]
"""One file, or the files of a folder by their name in it."""


@dataclass(frozen=True)
class Format:
    """A format: `says` is its line in the help, `place` the function that writes it, as module:name.

    `suffix` follows the plan's name: plan.jira.csv. `folder`: it is a folder of several files.
    """

    name: str
    suffix: str
    says: str
    place: str
    folder: bool = False

    def write(self, made: Planned) -> Content:
        """The plan in this format. Errors: InputError for a plan that the format cannot hold."""
        module, name = self.place.split(":")
        return cast("Callable[[Planned], Content]", getattr(import_module(module), name))(made)


FORMATS: tuple[Format, ...] = (
    Format(
        "docx", ".docx", "Word document, in our design or your agency's own (--template).", "plansmith.export.word:docx"
    ),
    Format("pdf", ".pdf", "PDF with title page, contents, Gantt chart and bookmarks.", "plansmith.export.pdf:pdf"),
    Format("xlsx", ".xlsx", "Workbook whose formulas recompute hours and cost.", "plansmith.export.workbook:xlsx"),
    Format("html", ".html", "One web page, without network or scripts.", "plansmith.export.page:html"),
    Format("jira", ".jira.csv", "Jira's CSV: epics, stories, sub-tasks, estimates.", "plansmith.export.trackers:jira"),
    Format(
        "github",
        ".github.sh",
        "Script of gh calls: milestones, labels, issues, sub-issues.",
        "plansmith.export.ghscript:github",
    ),
    Format(
        "gitlab",
        ".gitlab.csv",
        "GitLab's CSV: issues with due dates and milestones.",
        "plansmith.export.trackers:gitlab",
    ),
    Format("linear", ".linear.csv", "Linear's CSV.", "plansmith.export.trackers:linear"),
    Format(
        "trello", ".trello", "Trello board as JSON, its cards as CSV.", "plansmith.export.trackers:trello", folder=True
    ),
    Format(
        "gherkin",
        ".features",
        "Feature files of the acceptance criteria.",
        "plansmith.export.gherkin:gherkin",
        folder=True,
    ),
    Format("mspdi", ".mspdi.xml", "Microsoft Project's XML (MSPDI).", "plansmith.export.mspdi:mspdi"),
    Format("taskjuggler", ".tjp", "TaskJuggler project.", "plansmith.export.taskjuggler:taskjuggler"),
    Format(
        "mermaid",
        ".mermaid",
        "Mermaid diagrams: Gantt, C4, dependencies.",
        "plansmith.export.mermaid:mermaid",
        folder=True,
    ),
    Format("ics", ".ics", "Calendar of the milestones and the deadline.", "plansmith.export.icalendar:ics"),
)
