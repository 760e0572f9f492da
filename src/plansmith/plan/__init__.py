"""What is a brief, what is a plan? Types, text forms, checks and arithmetic; knows no files, models or archives."""

from plansmith.plan.brief import Brief, Sentence, read_brief
from plansmith.plan.cues import kind_hint, not_product, priority_hint, requirement_cue
from plansmith.plan.dates import DateFound, dates
from plansmith.plan.facts import Amount, Number, Range, amounts, find_numbers, missing_numbers, numbers, ranges
from plansmith.plan.jsonform import parse_json, render_json
from plansmith.plan.markdown import PlanError, parse_plan
from plansmith.plan.render_markdown import render_plan
from plansmith.plan.roles import roles, roles_in
from plansmith.plan.types import Plan
from plansmith.plan.wording import content_words, missing_names, negated, negations, proper_names, restricted

__all__ = [
    "Amount",
    "Brief",
    "DateFound",
    "Number",
    "Plan",
    "PlanError",
    "Range",
    "Sentence",
    "amounts",
    "content_words",
    "dates",
    "find_numbers",
    "kind_hint",
    "missing_names",
    "missing_numbers",
    "negated",
    "negations",
    "not_product",
    "numbers",
    "parse_json",
    "parse_plan",
    "priority_hint",
    "proper_names",
    "ranges",
    "read_brief",
    "render_json",
    "render_plan",
    "requirement_cue",
    "restricted",
    "roles",
    "roles_in",
]
