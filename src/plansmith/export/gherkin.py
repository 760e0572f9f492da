"""Acceptance criteria as Gherkin feature files, one for each story, in the plan's language.

Enters: a `Planned`. Leaves: the files' bytes by name; Cucumber, behave and pytest-bdd read them.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to gherkin
"""

from __future__ import annotations

import re
import unicodedata

from plansmith.errors import InputError
from plansmith.export.planned import Planned
from plansmith.locale import table
from plansmith.plan import Plan, Scenario, Story
from plansmith.plan.escape import unescape
from plansmith.plan.sentences import write_story

_WORDS = {
    "en": {"feature": "Feature", "scenario": "Scenario", "given": "Given", "when": "When", "then": "Then"},
    "ro": {
        "feature": "Funcționalitate",
        "scenario": "Scenariu",
        "given": "Dat fiind",
        "when": "Când",
        "then": "Atunci",
    },
}
"""Gherkin's keywords, which are its own: https://cucumber.io/docs/gherkin/languages/."""
_AGREEING = ("Date fiind", "Dată fiind")


def gherkin(made: Planned) -> dict[str, bytes]:
    """A feature file for each live story with acceptance criteria. Errors: InputError where there is none."""
    plan = made.plan
    stories = [story for story in plan.stories if story.status == "live" and story.acceptance]
    if not stories:
        raise InputError(
            "no story has acceptance criteria, so there is nothing to test. Add some, such as: "
            "Given a basket, when the customer pays, then a receipt is sent."
        )
    kinds: dict[str, str] = {item.id: item.priority for item in plan.requirements}
    return {f"{story.id}-{_name(story.want)}.feature": _feature(plan, story, kinds).encode() for story in stories}


def _name(text: str) -> str:
    """A short name of plain letters that every file system takes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words[:40].strip("-") or "story"


def _feature(plan: Plan, story: Story, kinds: dict[str, str]) -> str:
    say = _WORDS[plan.language]
    tags = [story.id, *story.requirements, *sorted({kinds[id] for id in story.requirements if id in kinds})]
    lines = [f"# language: {plan.language}", " ".join(f"@{tag}" for tag in tags), f"{say['feature']}: {story.want}"]
    lines += ["", f"  {unescape(write_story(story, plan.language))}"]
    for number, one in enumerate(story.acceptance, 1):
        lines += ["", f"  {say['scenario']}: {story.id}.{number} {one.when}", *_steps(plan, one)]
    return "\n".join(lines) + "\n"


def _steps(plan: Plan, one: Scenario) -> list[str]:
    say = _WORDS[plan.language]
    agreeing = table(plan.language).get("agreement", {}).get(one.given.split(" ")[0].casefold(), say["given"])
    given = agreeing if agreeing in _AGREEING else say["given"]
    return [f"    {given} {one.given}", f"    {say['when']} {one.when}", f"    {say['then']} {one.then}"]
