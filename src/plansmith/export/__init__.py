"""Where do plans go? Documents for people, files for trackers and planners; knows no models."""

from plansmith.export.formats import FORMATS, Format
from plansmith.export.planned import Planned, planned
from plansmith.export.send import Exported, export_plan

__all__ = ["FORMATS", "Exported", "Format", "Planned", "export_plan", "planned"]
