"""All checks of a plan: what is wrong in it, how grave, and what to do.

Enters: a `Plan` and, for the rules that compare it with the client's words, the `Brief`. Leaves: findings, errors first.
Try: plansmith lint plan.md --brief brief.md

A rule that is not wanted is silenced in the plan, for one item or for all, with a reason; a silence that silences
nothing is reported. The rules are explained in docs/checks.md, which `rules_as_markdown` writes from their texts.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from plansmith.locale import check_text
from plansmith.plan import rules_estimates, rules_facts, rules_links, rules_stories, rules_wording
from plansmith.plan.brief import Brief
from plansmith.plan.rules import Case, Finding, Rule
from plansmith.plan.types import Plan, Silence

GROUPS: dict[str, tuple[Rule, ...]] = {
    title: tuple(value for value in vars(room).values() if isinstance(value, Rule))
    for title, room in (
        ("What hangs together", rules_links),
        ("What the client said", rules_facts),
        ("Stories and acceptance", rules_stories),
        ("Estimates and money", rules_estimates),
        ("Wording", rules_wording),
    )
}
RULES: tuple[Rule, ...] = tuple(rule for rules in GROUPS.values() for rule in rules)
IDLE = "idle-silence"
"""The code of findings about silences themselves."""
_ORDER = {"error": 0, "warning": 1, "advice": 2}


def check_plan(plan: Plan, brief: Brief | None = None) -> list[Finding]:
    """All findings of all rules, without the silenced ones, errors first, then in the order of rules and items."""
    case = Case(plan, brief)
    silenced = {(s.check, s.item) for s in plan.silenced}
    used: set[tuple[str, str]] = set()
    kept: list[Finding] = []
    for finding in (f for rule in RULES for f in rule.findings(case)):
        keys = {(finding.code, finding.item), (finding.code, "")} & silenced
        used |= keys
        if not keys:
            kept.append(finding)
    kept += _idle_silences(plan, used, case)
    return sorted(kept, key=lambda f: _ORDER[f.severity])


def _idle_silences(plan: Plan, used: set[tuple[str, str]], case: Case) -> Iterator[Finding]:
    codes = [rule.code for rule in RULES]
    for silence in plan.silenced:
        if silence.check not in codes:
            near = "".join(difflib.get_close_matches(silence.check, codes, 1))
            yield _idle(plan, silence, "says_check", "remedy_near" if near else "remedy_names", near)
        elif silence.item and silence.item not in case.by_id:
            yield _idle(plan, silence, "says_item")
        elif (silence.check, silence.item) not in used:
            yield _idle(plan, silence, "says")


def _idle(plan: Plan, silence: Silence, form: str, remedy: str = "remedy", near: str = "") -> Finding:
    message = check_text(plan.language, IDLE, form, check=silence.check, target=silence.item)
    return Finding(IDLE, "advice", silence.item, message, check_text(plan.language, IDLE, remedy, near=near))


def explained(code: str, language: str = "en") -> str:
    """What a check finds and where it comes from, in one line. Errors: KeyError for an unknown code."""
    source = next((f" ({rule.source})" for rule in RULES if rule.code == code), "")
    return f"{check_text(language, code, 'finds')}{source}"


def rules_as_markdown() -> str:
    """The reference of all checks, as docs/checks.md has it."""
    lines = [_HEAD]
    for title, rules in GROUPS.items():
        lines += [f"## {title}\n", "| check | severity | finds | what to do | source |", "|---|---|---|---|---|"]
        for rule in rules:
            cells = (f"`{rule.code}`", rule.severity, rule.explanation(), rule.remedy(), rule.source)
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        lines.append("")
    return "\n".join([*lines, _TAIL])


_HEAD = """# Checks

`plansmith lint plan.md --brief brief.md` checks a plan with code alone. An **error** is something that is certainly
wrong, a **warning** something that most probably is, **advice** something to look at. Items that are superseded or
dropped are not checked. Without the brief, the quotes in the plan stand for it.

Findings are written in the plan's language. `--explain` adds what each check that found something is for, `--json`
prints the findings for programs; their codes and severities are the same in every language.

This page is written by `plansmith.plan.checks.rules_as_markdown` from the rules themselves.
"""

_TAIL = """## Silencing a check

A check that is not wanted is switched off in the plan, for one item or for the whole plan, with a reason (see
[plan-format.md](plan-format.md)). A silence that silences nothing is reported as advice (`idle-silence`).
"""
