"""Work that no sentence of the client asks for and every project has: set-up, sign-in, data protection, acceptance, release.

Enters: the archive's tasks, and the tasks that the requirements gave. Leaves: further tasks, inferred, with hours from
those past tasks, and the kinds of such work that the archive plans nowhere.
Only what several past plans share is planned: this is how the team plans, not how one might.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from plansmith.locale import table
from plansmith.plan import Dependency, Task, fold
from plansmith.sources.pasttasks import PastTask
from plansmith.writing.estimate import Analogies, median

SHARE, LEAST = 0.15, 2
"""A kind of work counts as the team's own from this share of its projects, and this many of them."""
_KINDS = {
    "setup": r"(?:set ?up|prepare|configure|create) .*(?:project|repositor|environment|pipeline|server|hosting)|skeleton"
    r"|continuous integration|(?:pregatir|configurar).*(?:proiect|mediu|server)",
    "access": r"log ?in|sign(?:ing)?[ -]?in\b|authenticat|password|permissions?|access rights|by role|roles? and|accounts\b"
    r"|autentific|parol|drepturi de acces|conturi",
    "protection": r"gdpr|data protection|privacy|personal data|retention|anonymi|consent|without .*(?:identity|identif)"
    r"|patient identifiers|traces|encrypt|erase|protectia datelor|date personale|consimt",
    "acceptance": r"acceptance|rehears|user test|usability|trial run|pilot|with (?:the )?(?:client|users)\b"
    r"|acceptant|acceptare|proba cu",
    "release": r"deploy|release to|go live|launch|install the|roll ?out|publish the app|app stores?|servers?\b.*(?:alarm|backup)"
    r"|rent .*server|lansar|instalar|punere in functiune",
}


@dataclass(frozen=True)
class Groundwork:
    """`tasks`: what the archive's plans share; `first`: ids of those that come before the rest; `absent`: kinds not shared."""

    tasks: tuple[Task, ...]
    first: tuple[str, ...]
    absent: tuple[str, ...]
    setup: str = ""
    """Id of the set-up, for which everything waits."""


def groundwork(tasks: Sequence[Task], past: Analogies, separate: bool, personal: bool, language: str) -> Groundwork:
    """What is to be done besides the requirements' own tasks, in an order that makes the critical path sound.

    `separate`: the product's people have different rights, so that they must sign in; `personal`: it keeps data about
    persons.
    """
    if not tasks:
        return Groundwork((), (), ())
    shared = {kind: found for kind in _KINDS if (found := _shared(kind, past.tasks))}
    idle = {kind for kind, needed in (("access", separate), ("protection", personal)) if not needed}
    shared = {kind: like for kind, like in shared.items() if kind not in idle}
    say = table(language, "writing")["groundwork"]
    made: dict[str, Task] = {}
    for kind, like in shared.items():
        role = Counter(t.role for t in like).most_common(1)[0][0]
        title = say[kind]
        nearest = sorted(like, key=lambda t: t.m)[max(0, len(like) // 2 - 1) : len(like) // 2 + 2]
        number = int(tasks[-1].id[1:]) + len(made) + 1
        made[kind] = Task(id=f"T{number}", title=title, role=role, estimate=median(nearest))
    waited = {d.task for t in tasks for d in t.depends_on}
    ends = [t.id for t in tasks if t.id not in waited]
    begins = [made["setup"].id] if "setup" in made else []
    before = {
        "access": begins,
        "protection": ends,
        "acceptance": [*ends, *(made[k].id for k in ("access", "protection") if k in made)],
        "release": [made["acceptance"].id] if "acceptance" in made else ends,
    }
    linked = tuple(_after(task, before.get(kind, [])) for kind, task in made.items())
    absent = tuple(k for k in _KINDS if k not in made and k not in idle)
    first = tuple(made[k].id for k in ("setup", "access") if k in made)
    return Groundwork(linked, first, absent, made["setup"].id if "setup" in made else "")


def after_setup(tasks: Sequence[Task], ground: Groundwork) -> list[Task]:
    """The requirements' tasks, those that wait for nothing now waiting for the set-up."""
    return [_after(task, [ground.setup]) if ground.setup and not task.depends_on else task for task in tasks]


def _after(task: Task, ids: Sequence[str]) -> Task:
    return (
        task.model_copy(update={"depends_on": (*task.depends_on, *(Dependency(task=i) for i in ids))}) if ids else task
    )


def _shared(kind: str, past: Sequence[PastTask]) -> list[PastTask]:
    """The archive's tasks of a kind, where enough projects have one."""
    projects = {t.document for t in past}
    like = [t for t in past if re.search(_KINDS[kind], fold(t.title))]
    enough = max(LEAST, round(SHARE * len(projects)))
    return like if len({t.document for t in like}) >= enough else []
