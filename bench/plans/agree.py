"""How far the two passes of annotation agree: Cohen's kappa, and every sentence on which they differ.

Try: PYTHONPATH=src python bench/plans/agree.py
"""

from __future__ import annotations

import sys

from benchmark import HERE, NONE, kappa, read_all, read_pass

from plansmith.errors import PlansmithError


def main() -> None:
    references = read_all()
    first, second = (read_pass(HERE / "passes" / f"{name}.yaml", references) for name in ("first", "second"))
    keys = list(first)
    for title, at in (("requirement or not", None), ("kind", 0), ("priority", 1)):
        used = keys if at is None else [k for k in keys if NONE not in (first[k][0], second[k][0])]
        one, other = (
            [str(labels[k][0] != NONE) if at is None else labels[k][at] for k in used] for labels in (first, second)
        )
        same = sum(a == b for a, b in zip(one, other, strict=True))
        print(f"{title:<20} kappa {kappa(one, other):.2f}   {same} of {len(used)} the same")
    final = {(name, s): label for name, r in references.items() for s, label in r.wanted.items()}
    for k in keys:
        if first[k] != second[k]:
            kept = final.get(k, (NONE, NONE))
            print(f"  {k[0]} {k[1]}: {' '.join(first[k])} / {' '.join(second[k])}; kept: {' '.join(kept)}")


if __name__ == "__main__":
    try:
        main()
    except PlansmithError as error:
        sys.exit(f"Error: {error}")
