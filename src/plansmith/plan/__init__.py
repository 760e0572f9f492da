"""What is a brief, what is a plan? Types, text forms, checks and arithmetic; knows no files, models or archives."""

from plansmith.plan.jsonform import parse_json, render_json
from plansmith.plan.markdown import PlanError, parse_plan
from plansmith.plan.render_markdown import render_plan
from plansmith.plan.types import Plan

__all__ = ["Plan", "PlanError", "parse_json", "parse_plan", "render_json", "render_plan"]
