"""What is a brief, what is a plan? Types, text forms, checks and arithmetic; knows no files, models or archives."""

from plansmith.plan.brief import Brief, Sentence, detect_language, read_brief
from plansmith.plan.change import PlanDiff, diff_plans
from plansmith.plan.changetext import describe
from plansmith.plan.checks import RULES, check_plan, explained, rules_as_markdown
from plansmith.plan.cues import kind_hint, not_product, priority_hint, requirement_cue
from plansmith.plan.dates import DateFound, dates
from plansmith.plan.facts import Number, Range, find_numbers, missing_numbers, numbers, ranges
from plansmith.plan.faithful import unfaithful
from plansmith.plan.jsonform import parse_json, render_json
from plansmith.plan.keyfigures import Figure, days_text, hours_text, key_figures, price_text
from plansmith.plan.markdown import PlanError, parse_plan
from plansmith.plan.money import Amount, amounts
from plansmith.plan.render_markdown import render_plan
from plansmith.plan.roles import roles, roles_in
from plansmith.plan.rules import Finding, Rule
from plansmith.plan.schedule import Schedule, ScheduledTask, note_text, schedule
from plansmith.plan.seats import role_key
from plansmith.plan.swings import Swing, rank_questions, serving
from plansmith.plan.timeline import Bar, Mark, Timeline, timeline
from plansmith.plan.trace import Heard, Traced, backwards, forwards, with_quotes
from plansmith.plan.types import (
    KINDS,
    PRIORITIES,
    Decision,
    Dependency,
    Estimate,
    Kind,
    Milestone,
    Option,
    Plan,
    Priority,
    Question,
    Quote,
    Requirement,
    Risk,
    Scenario,
    Story,
    Task,
)
from plansmith.plan.uncertainty import Forecast, simulate
from plansmith.plan.view import (
    Curve,
    OpenPoint,
    basis_in_words,
    curves,
    estimate_text,
    link_text,
    notes_in_words,
    open_points,
    render_html,
    risks_in_order,
    scenario_text,
    span_text,
    story_text,
)
from plansmith.plan.wording import content_words, missing_names, negated, negations, proper_names, restricted
from plansmith.plan.words import alternation, fold

__all__ = [
    "KINDS",
    "PRIORITIES",
    "RULES",
    "Amount",
    "Bar",
    "Brief",
    "Curve",
    "DateFound",
    "Decision",
    "Dependency",
    "Estimate",
    "Figure",
    "Finding",
    "Forecast",
    "Heard",
    "Kind",
    "Mark",
    "Milestone",
    "Number",
    "OpenPoint",
    "Option",
    "Plan",
    "PlanDiff",
    "PlanError",
    "Priority",
    "Question",
    "Quote",
    "Range",
    "Requirement",
    "Risk",
    "Rule",
    "Scenario",
    "Schedule",
    "ScheduledTask",
    "Sentence",
    "Story",
    "Swing",
    "Task",
    "Timeline",
    "Traced",
    "alternation",
    "amounts",
    "backwards",
    "basis_in_words",
    "check_plan",
    "content_words",
    "curves",
    "dates",
    "days_text",
    "describe",
    "detect_language",
    "diff_plans",
    "estimate_text",
    "explained",
    "find_numbers",
    "fold",
    "forwards",
    "hours_text",
    "key_figures",
    "kind_hint",
    "link_text",
    "missing_names",
    "missing_numbers",
    "negated",
    "negations",
    "not_product",
    "note_text",
    "notes_in_words",
    "numbers",
    "open_points",
    "parse_json",
    "parse_plan",
    "price_text",
    "priority_hint",
    "proper_names",
    "ranges",
    "rank_questions",
    "read_brief",
    "render_html",
    "render_json",
    "render_plan",
    "requirement_cue",
    "restricted",
    "risks_in_order",
    "role_key",
    "roles",
    "roles_in",
    "rules_as_markdown",
    "scenario_text",
    "schedule",
    "serving",
    "simulate",
    "span_text",
    "story_text",
    "timeline",
    "unfaithful",
    "with_quotes",
]
