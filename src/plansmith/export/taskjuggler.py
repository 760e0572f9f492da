"""A TaskJuggler project: calendar, people with rates and leave, tasks with effort and links, milestones.

Enters: a `Planned`. Leaves: the bytes of a .tjp file.
Try: plansmith export examples/archive/01-bakery-preorders/plan.md --to taskjuggler; tj3 plan.tjp

TaskJuggler schedules anew. So that it comes to the same dates, each task names the person that it was given to, and
the order in which a person takes tasks is written as links. Links that TaskJuggler does not have (to the end of a
task, leads, and links to the start of a task that leave can delay) become a helper that holds the task until its
computed start. Efforts are rounded to its slots of
5 minutes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from plansmith.errors import InputError
from plansmith.export.backlog import goals, homes, say
from plansmith.export.planned import Planned
from plansmith.plan import Dependency, Plan, Task
from plansmith.plan.calendar import DAY_BEGINS, EPS, public_holidays
from plansmith.plan.schedule import ScheduledTask
from plansmith.plan.seats import role_key

SLOT = 1 / 12
"""Hours; TaskJuggler's timing resolution in these files."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def taskjuggler(made: Planned) -> bytes:
    """The project as .tjp. Errors: InputError for a plan without a first day, or with days shorter than a slot."""
    if made.schedule.start is None:
        raise InputError(
            "the plan has no first day, and TaskJuggler needs dates. Add calendar: start to the front matter."
        )
    if made.plan.calendar.hours_per_day < SLOT:
        raise InputError(
            f"hours_per_day is {made.plan.calendar.hours_per_day:g}; TaskJuggler counts in 5 minutes. Give days of at "
            "least 0.1 hours."
        )
    return ("\n".join(_lines(made)) + "\n").encode()


def quoted(text: str) -> str:
    """A string of TaskJuggler's: no quote, backslash or macro call of the text's own is left."""
    plain = text.replace("\\", "\u2216").replace('"', '\\"')
    return '"' + plain.replace("${", "$ {").replace("$(", "$ (") + '"'


def _lines(made: Planned) -> Iterator[str]:
    plan = made.plan
    yield from _header(made)
    names = {member.name: f"p{n}" for n, member in reversed(list(enumerate(plan.team, 1)))}
    yield from _people(made, names)
    yield from _tasks(made, names)
    columns = 'columns id, name, start { title "Start" }, end { title "End" }, effort, cost, resources, chart'
    yield ""
    yield f'taskreport gantt "gantt" {{ formats html {columns} loadunit hours }}'
    form = 'timeformat "%Y-%m-%d %H:%M"'
    yield f'taskreport dates "dates" {{ formats csv columns id, start, end, effort {form} loadunit hours }}'


def _header(made: Planned) -> Iterator[str]:
    plan, done, calendar = made.plan, made.schedule, made.plan.calendar
    assert done.start is not None
    assert done.finish is not None
    years = min(done.finish.year - done.start.year + 2, 100)
    begins = min(DAY_BEGINS, 24 - calendar.hours_per_day)
    first, last = _clock(begins), _clock(begins + calendar.hours_per_day)
    yield f"# {plan.language}: {plan.title}".replace("\\", "\u2216").replace("${", "$ {").replace("$(", "$ (")
    yield f"project plan {quoted(plan.title)} {done.start.date()} +{years}y {{"
    yield f'  timezone "UTC"\n  timingresolution {round(SLOT * 60)} min\n  dailyworkinghours {calendar.hours_per_day:g}'
    yield f'  currency "{plan.currency}"' if plan.currency else "  # no currency"
    for number, day in enumerate(_DAYS):
        yield f"  workinghours {day} {'off' if number in calendar.weekend else f'{first} - {last}'}"
    yield "}"
    yield ""
    worked = set(calendar.work_days)
    free = {
        day
        for year in range(done.start.year, done.start.year + years + 1)
        for day in public_holidays(calendar.country, calendar.region, min(year, dt.MAXYEAR - 1))
    }
    end = done.start.date() + dt.timedelta(366 * years)
    for absence in calendar.free_days:
        begin, over = max(absence.first, done.start.date()), min(absence.last, end)
        free |= {begin + dt.timedelta(n) for n in range((over - begin).days + 1)}
    yield from (f'leaves holiday "free" {day}' for day in sorted(free - worked) if done.start.date() <= day < end)
    if worked:
        yield f'shift worked "worked all the same" {{ workinghours mon - sun {first} - {last} }}'


def _clock(hours: float) -> str:
    minutes = round(hours / SLOT) * round(SLOT * 60)
    return f"{minutes // 60}:{minutes % 60:02}"


def _people(made: Planned, names: dict[str, str]) -> Iterator[str]:
    seen = set()
    days = ", ".join(f"worked {day} +1d" for day in sorted(set(made.plan.calendar.work_days)))
    extra = [f"  shifts {days}"] if days else []
    for member in made.plan.team:
        if member.name in seen:
            continue
        seen.add(member.name)
        yield f"resource {names[member.name]} {quoted(f'{member.name} ({member.role})')} {{"
        yield f"  efficiency {member.capacity:.4f}"
        if member.rate is not None:
            yield f"  rate {member.rate * made.plan.calendar.hours_per_day:.4f}"
        yield from (f"  leaves annual {away.first} - {away.last + dt.timedelta(1)}" for away in member.leave)
        yield from extra
        yield "}"
    for task in made.schedule.tasks:
        if not task.member and _key(task, names) not in seen:
            key = _key(task, names)
            seen.add(key)
            yield f"resource {key} {quoted(task.role)} {{"
            yield from extra
            yield "}"


def _key(task: ScheduledTask, names: dict[str, str]) -> str:
    """The person's name in the file; of an assumed one, the role's."""
    if task.member:
        return names[task.member]
    return names.setdefault(f"\n{role_key(task.role)}", f"r{len(names) + 1}")


def _tasks(made: Planned, names: dict[str, str]) -> Iterator[str]:
    found, done = goals(made), {task.id: task for task in made.schedule.tasks}
    home = homes(found)
    turns: dict[str, list[str]] = {}
    for turn in made.schedule.turns:
        turns.setdefault(turn.after, []).append(turn.before)
    place = {id: f"{home[id]}.{id}" if id in home else id for id in done}
    live = [task for task in made.plan.tasks if task.id in done]
    for goal in found:
        yield ""
        yield f"task {goal.id} {quoted(goal.name)} {{"
        inside = [task for task in live if home.get(task.id) == goal.id]
        for task in inside:
            yield from (f"  {line}" for line in _task(made, task, done, place, turns, names))
        name = quoted(f"{goal.name}: {say(made.plan, 'reached')}")
        waits = ", ".join(place[id] for id in goal.tasks)
        yield f"  task reached {name} {{ milestone {f'depends {waits}' if waits else _start(made)} }}"
        yield "}"
    for task in live:
        if task.id not in home:
            yield from _task(made, task, done, place, turns, names)
    yield from _holds(made, live, done)


def _holds(made: Planned, live: list[Task], done: dict[str, ScheduledTask]) -> Iterator[str]:
    """Milestones at the computed starts of tasks that wait in a way which cannot be said."""
    for task in live:
        start = done[task.id].start
        if start and any(link.task in done and not _sayable(made, link, done) for link in task.depends_on):
            name = quoted(f"{task.id}: {say(made.plan, 'held')}")
            yield f"task hold_{task.id} {name} {{ milestone start {_moment(start)} }}"


def _start(made: Planned) -> str:
    assert made.schedule.start is not None
    return f"start {made.schedule.start.date()}"


def _task(
    made: Planned,
    task: Task,
    done: dict[str, ScheduledTask],
    place: dict[str, str],
    turns: dict[str, list[str]],
    names: dict[str, str],
) -> Iterator[str]:
    one = done[task.id]
    lost = [link for link in task.depends_on if link.task in done and not _sayable(made, link, done)]
    waits = {
        link.task: _wait(place, link) for link in task.depends_on if link.task in done and _sayable(made, link, done)
    }
    ordered = [before for before in turns.get(task.id, ()) if before not in waits]
    waits |= {before: place[before] for before in ordered}
    if lost and one.start:
        waits["hold"] = f"hold_{task.id}"
    yield f"task {task.id} {quoted(f'{task.id} {task.title}')} {{"
    if one.effort_h > EPS:
        slots = max(round(one.effort_h / SLOT), 1)
        yield f"  effort {slots * SLOT:.4f}h"
        yield f"  allocate {_key(one, names)}"
    else:
        yield "  milestone"
    yield from (f"  # {_unsaid(made.plan, task, link)}" for link in lost)
    yield from (f"  # {before}: {say(made.plan, 'turn')}" for before in ordered)
    if waits:
        yield f"  depends {', '.join(waits.values())}"
    elif one.start:
        yield f"  start {_moment(one.start)}"
    yield "}"


def _sayable(made: Planned, link: Dependency, done: dict[str, ScheduledTask]) -> bool:
    """Whether TaskJuggler has such a link. It takes the start of a task for known before it looks at leave."""
    away = any(member.leave for member in made.plan.team if member.name == done[link.task].member)
    return link.lag >= 0 and (link.type == "FS" or (link.type == "SS" and not away))


def _moment(start: dt.datetime) -> str:
    """A date on TaskJuggler's slots, never before the moment."""
    late = -start.minute % round(SLOT * 60)
    return f"{start + dt.timedelta(minutes=late):%Y-%m-%d-%H:%M}"


def _wait(place: dict[str, str], link: Dependency) -> str:
    gap = round(link.lag / SLOT) * SLOT
    inner = " ".join(part for part in ("onstart" * (link.type == "SS"), f"gaplength {gap:.4f}h" if gap else "") if part)
    return f"{place[link.task]}{f' {{ {inner} }}' if inner else ''}"


def _unsaid(plan: Plan, task: Task, link: Dependency) -> str:
    return say(plan, "lost_link").format(id=task.id, before=link.task, type=link.type, lag=f"{link.lag:g}")
