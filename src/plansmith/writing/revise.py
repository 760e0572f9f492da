"""A plan changed as the client says, and only where it must be.

Enters: a plan, the client's words, and what writes a plan for a new wish. Leaves: the changed plan with the words as
sentences of the client and an entry in its history, notes for a person, and the difference.
Try: plansmith revise examples/archive/01-bakery-preorders/plan.md "The client drops the deposit."

What is withdrawn, replaced or given another figure is found and done by code; only a new wish asks the model, by the
same steps as `plansmith plan`. Where the words do not decide what is meant, nothing is changed and the candidates are
named.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from plansmith.errors import InputError
from plansmith.locale import table
from plansmith.plan import Brief, Plan, PlanDiff, Quote, diff_plans, not_product, priority_hint, read_brief
from plansmith.plan.revise import changed, whole, withdraw
from plansmith.plan.revise_figures import holding, set_budget, set_deadline, set_figure
from plansmith.plan.revise_find import Found, find, nearest, speaking, tokens
from plansmith.plan.revise_read import Order, read_orders
from plansmith.plan.types import Change
from plansmith.writing.revise_add import add_wish
from plansmith.writing.revise_back import bring_back
from plansmith.writing.revise_history import answered, in_words, recounted
from plansmith.writing.write import Written

Write = Callable[[Brief], Written]
"""Writes a plan for a brief, as `write_plan` does."""


@dataclass(frozen=True)
class Revised:
    """The changed plan, what changed, and what a person should look at."""

    plan: Plan
    diff: PlanDiff
    notes: tuple[str, ...]
    log: tuple[dict[str, Any], ...] = ()
    """What was asked of the model, under the ids that this plan has."""


def revise(
    plan: Plan,
    instruction: str,
    write: Write,
    today: dt.date,
    drop: Sequence[str] = (),
    about: Sequence[str] = (),
) -> Revised:
    """Change a plan as an instruction says.

    `drop`: ids of requirements that it withdraws, whatever its words; `about`: ids that it is about, where its words
    do not decide. Errors: InputError where the words are not understood, or leave open which requirement is meant.
    """
    orders = _read(plan, instruction, drop, about)
    working = Working(plan, write, today, tuple(about))
    ids: dict[str, str] = {}
    for order in orders:
        place = order.sentence
        if order.kind == "unclear":
            if not_product(place) not in ("greeting", "signature", "header", "link"):
                working.notes.append(f"Not understood, and left out: “{place.text}”")
            continue
        if place.id not in ids:
            ids[place.id] = working.quoted(instruction[place.start : place.end])
        working.carry_out(order, ids[place.id], tuple(drop))
    new = recounted(plan, working.plan)
    what = in_words(plan, new, today)
    entry = table(plan.language, "revise")["history"]["said"].format(
        quote=" ".join(q.text for q in new.quotes if q.id in ids.values()), sentences=", ".join(ids.values()), what=what
    )
    new = whole(new.model_copy(update={"changelog": (*plan.changelog, Change(date=today, text=entry))}))
    return Revised(new, diff_plans(plan, new, today), tuple(dict.fromkeys(working.notes)), tuple(working.log))


def _read(plan: Plan, instruction: str, drop: Sequence[str], about: Sequence[str]) -> list[Order]:
    """What the instruction asks; with `drop`, that these are withdrawn."""
    live = {r.id: r for r in plan.requirements if r.status == "live"}
    known = {r.id: r.status for r in plan.requirements}
    problems = [f"{i}: is no requirement of this plan" for i in (*drop, *about) if i not in known]
    problems += [f"{i}: is {known[i]} already" for i in drop if i in known and i not in live]
    if problems:
        raise InputError("These ids cannot be used:", problems)
    need_quotes(plan)
    if drop:
        sentences = read_brief(instruction).sentences
        orders = [o for o in read_orders(instruction) if o.kind not in ("drop", "unclear", "replace")]
        return [*[Order("drop", s) for s in sentences[:1]], *orders] if sentences else []
    orders = read_orders(instruction)
    unclear = [o for o in orders if o.kind == "unclear"]
    if not orders or len(unclear) == len(orders):
        raise InputError(
            f"Not understood: “{' '.join(instruction.split())}”. Nothing was changed.",
            [
                "to withdraw: “The client drops the monthly report.”, or name it: --drop R3",
                "to add: “The client also wants a map of the shops.”",
                "to change a figure: “Tools can be kept for 14 days instead of 7.”",
                "to change money or time: “The budget is now 20,000 EUR.” “The deadline is now 1 March 2027.”",
                "to rank or reword: “Online payment is optional.” “Change R3 to: Members can pay by card.”",
                *(f"nearest: {r}" for r in nearest(plan, instruction)),
            ],
        )
    return orders


def need_quotes(plan: Plan) -> None:
    """Raise InputError for a plan that cites sentences which it does not hold: a new one could not be numbered."""
    cited = {s for i in plan.items() for s in i.source}
    if cited and not plan.quotes:
        raise InputError(
            "This plan cites sentences of the client but does not hold them, so that new ones cannot be numbered. "
            "Add --brief with the client's text."
        )


class Working:
    """A plan while it is being changed."""

    def __init__(self, plan: Plan, write: Write, today: dt.date, about: tuple[str, ...]) -> None:
        self.plan, self.write, self.today, self.about = plan, write, today, about
        self.notes: list[str] = []
        self.log: list[dict[str, Any]] = []

    def quoted(self, text: str) -> str:
        """Keep the client's words as a further sentence; its id."""
        cited = (s for i in self.plan.items() for s in i.source)
        known = (*(q.id for q in self.plan.quotes), *cited)
        name = f"S{1 + max((int(s[1:]) for s in known), default=0)}"
        self.plan = self.plan.model_copy(update={"quotes": (*self.plan.quotes, Quote(id=name, text=text))})
        return name

    def carry_out(self, order: Order, name: str, drop: tuple[str, ...]) -> None:
        said = order.said or order.sentence.text
        if order.kind == "budget":
            self.plan, notes = set_budget(self.plan, said, name)
            self.notes += notes
            self.plan = answered(self.plan, "ask_budget", said, name)
        elif order.kind == "deadline":
            self.plan, notes = set_deadline(self.plan, said, name, self.today)
            self.notes += notes
            self.plan = answered(self.plan, "ask_deadline", said, name)
        elif order.kind == "figure":
            self.figure(order, name)
        elif order.kind == "wish":
            self.wish(order.wish, said, name)
        elif order.kind == "replace":
            gone = self.meant(order)
            urgent = next(r.priority for r in self.plan.requirements if r.id in gone)
            heirs = self.wish(order.wish, said, name, "" if priority_hint(order.sentence) else urgent, gone)
            if not set(heirs) & set(gone):  # else what would replace it is what it says already
                self.withdraw(gone, heirs)
        elif order.kind == "drop":
            gone = drop or self.meant(order)
            self.withdraw(gone, ())
            left = [] if drop or self.about else speaking(self.plan, order.about)
            if left:
                ids = ", ".join(i for i, _ in left)
                self.notes.append(
                    f"{ids} {'speaks' if len(left) == 1 else 'speak'} of “{left[0][1]}” too: look at {ids}."
                )
            self.unused(name, "drop", gone)
        elif order.kind == "priority":
            self.rank(order, name)
        elif order.kind == "restore":
            self.restore(order, said, name)

    def meant(self, order: Order) -> tuple[str, ...]:
        """Ids of the requirements that an order is about; InputError with the candidates where that is open."""
        if self.about:
            return self.about
        found = find(self.plan, order.about)
        if not found.certain:
            raise _open(self.plan, order, found)
        if found.missed:
            texts = {r.id: r.text for r in self.plan.requirements}
            self.notes.append(
                f"“{order.about}” is taken as {found.certain[0]}, which does not say "
                f"{', '.join(f'“{w}”' for w in found.missed)}: “{texts[found.certain[0]]}”"
            )
        return found.certain

    def withdraw(self, gone: Sequence[str], heirs: tuple[str, ...]) -> None:
        before = self.plan
        self.plan = withdraw(before, dict.fromkeys(gone, heirs))
        lost = {s for r in before.requirements if r.id in gone for s in r.source}
        kept = {s for r in self.plan.requirements if r.status == "live" for s in r.source}
        inferred: tuple[Any, ...] = (*self.plan.risks, *self.plan.decisions)
        for item in inferred:
            if item.status == "live" and set(item.source) & (lost - kept):
                self.notes.append(f"{item.id} rests in part on what was withdrawn, and stays: look at it.")

    def unused(self, name: str, kind: str, gone: Iterable[str]) -> None:
        """Say of a sentence that nothing cites what it does."""
        text = table(self.plan.language, "revise")["unused"][kind].format(ids=", ".join(gone))
        cited = {s for i in self.plan.items() if i.status == "live" for s in i.source}
        quotes = tuple(
            q.model_copy(update={"unused": text}) if q.id == name and name not in cited else q for q in self.plan.quotes
        )
        self.plan = self.plan.model_copy(update={"quotes": quotes})

    def wish(self, text: str, said: str, name: str, urgent: str = "", instead: Sequence[str] = ()) -> tuple[str, ...]:
        """Write a new wish; ids of the requirements that say it. `instead`: those that it replaces."""
        added = add_wish(self.plan, text, said, name, self.write, urgent, instead)
        self.plan = added.plan
        self.notes += added.notes
        self.log += added.log
        return added.ids

    def restore(self, order: Order, said: str, name: str) -> None:
        """Bring back what was withdrawn; what never was is a new wish."""
        found = find(self.plan, order.about, ("dropped",))
        wanted = self.about or found.certain
        if wanted:
            self.plan = bring_back(self.plan, wanted, name)
        elif found.candidates or not order.wish:
            raise _open(self.plan, order, found)
        else:
            self.wish(order.wish, said, name)

    def rank(self, order: Order, name: str) -> None:
        """Another priority; what hangs on it stays where it is."""
        ids = self.meant(order)
        for r in (r for r in self.plan.requirements if r.id in ids):
            fields = {"priority": order.new, "source": tuple(dict.fromkeys((*r.source, name)))}
            self.plan = changed(self.plan, {r.id: r.model_copy(update=fields)})
            held = [m.id for m in self.plan.milestones if m.status == "live"]
            if r.priority != order.new and len(held) > 1:
                self.notes.append(
                    f"{r.id} is now {order.new}; its tasks stay in their milestone: look at {', '.join(held)}."
                )

    def figure(self, order: Order, name: str) -> None:
        unit = _unit(order)
        found = holding(self.plan, order.old, unit) or holding(self.plan, order.old, "")
        if self.about:
            found = [r for r in found if r.id in self.about]
        if len(found) > 1:
            named = find(self.plan, order.about)
            found = [r for r in found if r.id in named.certain] or found
        if len(found) != 1:
            names = [f"{r.id} {r.text}" for r in found]
            hint = "Name it with --about, for example --about " + (found[0].id if found else "R3")
            shown = names or [f"no live requirement holds the figure {order.old}"]
            raise InputError(f"Which requirement has its figure changed by “{order.sentence.text}”? {hint}.", shown)
        unit = unit if holding(self.plan, order.old, unit) else ""
        self.plan = set_figure(self.plan, found[0].id, order.old, order.new, unit, name)


def _unit(order: Order) -> str:
    """The word behind the new figure: "days" of "14 days instead of 7"."""
    text = order.sentence.text
    at = text.find(order.new) + len(order.new)
    match = re.match(r"\s*(?:de\s+)?([^\W\d_]{2,})", text[at:])
    unit = match[1] if match else ""
    return unit if tokens(unit, "en") and unit.lower() not in ("instead", "not", "and", "but", "in", "rather") else ""


def _open(plan: Plan, order: Order, found: Found) -> InputError:
    """The error that names what could be meant."""
    what = order.about or order.sentence.text
    names = [f"{c.id} {c.text}" + (f" (has: {', '.join(c.shared)})" if c.shared else "") for c in found.candidates]
    option = "--drop" if order.kind == "drop" else "--about"
    if not names:
        names = nearest(plan, what, "dropped" if order.kind == "restore" else "live")
        example = names[0].split(" ", 1)[0] if names else "R3"
        return InputError(
            f"No requirement speaks of “{what}”; nothing was changed. Name those meant, as {option} {example}. The nearest:",
            names,
        )
    example = ",".join(c.id for c in found.candidates[:2])
    return InputError(
        f"Which requirements does “{what}” mean? Nothing was changed. Name them: {option} {example}.", names
    )
