"""Plansmith learns how a team plans and writes development plans for new briefs."""

__version__ = "0.1.0"
