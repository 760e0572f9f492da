"""Folds side by side on a Ray cluster: the same function, each fold in a folder of its own machine.

Enters: folds, a setting and a cluster's address ("local" starts one here). Leaves: the folds' results, in their order.
Try: plansmith evaluate first --ray local
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from plansmith.errors import MissingError, PlansmithError, ResourceError
from plansmith.proof.folds import Fold, FoldResult, Setting, Tell, finished, keep, run_fold


def run_folds(
    todo: Sequence[Fold], setting: Setting, place: Path, address: str, tell: Tell, workers: int | None = None
) -> list[FoldResult]:
    """All folds on the cluster; what is done is kept in `place` and not done again.

    Every machine of the cluster needs Plansmith and the base. Raises MissingError without ray, ResourceError for a
    cluster that does not answer, PlansmithError for a fold that fails.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves the machine unasked
    try:
        import ray
    except ImportError as error:
        raise MissingError("Folds on a cluster need ray: pip install 'plansmith[ray]'") from error
    options = (
        {"num_cpus": workers or min(len(todo), os.cpu_count() or 1)} if address == "local" else {"address": address}
    )
    try:
        ray.init(**options, include_dashboard=False if address == "local" else None, log_to_driver=False)
    except Exception as error:  # ray 2.60 raises bare ones for a node that does not come up in time
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ResourceError(
            f"No Ray cluster answers at {address}: {reason} Look at the cluster, or leave --ray out."
        ) from error
    try:
        work = ray.remote(num_cpus=1)(_elsewhere)
        done = {n: run_fold(f, setting, place, tell) for n, f in enumerate(todo) if finished(f, setting, place)}
        jobs = {work.remote(fold, setting): n for n, fold in enumerate(todo) if n not in done}
        while len(done) < len(todo):
            (ready,), _ = ray.wait([j for j, n in jobs.items() if n not in done], num_returns=1)
            found = ray.get(ready)
            if isinstance(found, str):
                raise PlansmithError(f"Fold {todo[jobs[ready]].number} failed on the cluster: {found}")
            keep(found, todo[jobs[ready]], place)
            done[jobs[ready]] = found
            tell(f"fold {todo[jobs[ready]].number}: done on the cluster ({len(done)} of {len(todo)})")
    finally:
        ray.shutdown()
    return [done[n] for n in range(len(todo))]


def _elsewhere(fold: Fold, setting: Setting) -> FoldResult | str:
    with tempfile.TemporaryDirectory(prefix="plansmith-fold-") as place:
        try:
            return run_fold(fold, setting, Path(place), lambda _: None)
        except PlansmithError as error:
            return str(error)
