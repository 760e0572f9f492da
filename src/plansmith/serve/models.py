"""What a plan can be written with, and how a job names it.

Enters: the place. Leaves: the models in the order of the list, or the arguments of a job for one of them.
"""

from __future__ import annotations

from plansmith.errors import InputError
from plansmith.serve.settings import Place


def known(place: Place) -> list[dict[str, str]]:
    """What a plan can be written with: tuned models, the newest first, then the embedded base."""
    from plansmith.errors import PlansmithError
    from plansmith.tuning.bases import DEFAULT, embedded_model
    from plansmith.tuning.runs import list_runs

    found = [{"value": f"run:{name}", "name": name, "kind": "run"} for name in reversed(list_runs(place.runs))]
    try:
        embedded_model()
        found.append({"value": f"base:{DEFAULT}", "name": DEFAULT, "kind": "base"})
    except PlansmithError:
        pass
    return found


def chosen(place: Place, value: str) -> dict[str, str]:
    """The job's arguments for a model of the list; raises InputError for anything else."""
    there = {model["value"]: model for model in known(place)}
    if not value and there:
        value = next(iter(there))
    if value not in there:
        raise InputError("There is no such model here. Train one first, or install the embedded one.")
    return {there[value]["kind"]: there[value]["name"]}


def arguments(place: Place, name: str) -> dict[str, str]:
    """A job's arguments for a model's id; the newest for an empty one."""
    models = known(place)
    found = next((model["value"] for model in models if model["name"] == name), "" if not name else "?")
    if found == "?":
        there = ", ".join(model["name"] for model in models) or "none"
        raise InputError(f"There is no model of that id. There are: {there}.")
    return chosen(place, found)
