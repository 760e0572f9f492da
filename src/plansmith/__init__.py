"""Plansmith learns how a team plans and writes development plans for new briefs."""
