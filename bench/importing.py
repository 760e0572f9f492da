"""How fast projects are imported and checked: 1,000 documents of 5 pages (at least 50 a second are asked for).

Try: PYTHONPATH=src python bench/importing.py

Each project is a brief of 5 pages (2,500 words) and the team's own plan of as many; every eighth plan is in our form.
"Check" is what reading an archive does before a training: every text read, sentences numbered, plans parsed, twins found.
"""

from __future__ import annotations

import csv
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from plansmith.sources.archive import read_archive
from plansmith.sources.importing import import_source, open_source
from plansmith.sources.twins import find_twins

COUNT, WORDS = 1_000, 2_500
OURS = Path(__file__).parent.parent / "examples" / "archive" / "01-bakery-preorders"


def texts(seed: int, heading: str) -> str:
    """A text of 5 pages: paragraphs of sentences, a list and a heading every few paragraphs."""
    rng = random.Random(seed)
    stems = [
        f"{a}{b}"
        for a in ("order", "stock", "route", "shift", "price", "guest", "print")
        for b in ("", "s", "ing", "ed")
    ]
    verbs = ("must", "can", "should", "will", "shows", "sends", "keeps")
    lines, words = [f"# {heading} {seed}"], 0
    while words < WORDS:
        sentences = []
        for _ in range(rng.randint(3, 6)):
            said = [rng.choice(stems) for _ in range(rng.randint(8, 16))]
            said.insert(2, rng.choice(verbs))
            sentences.append(f"The {' '.join(said)} {rng.randint(1, 90)}.")
            words += len(said) + 2
        lines += ["", " ".join(sentences)]
        if rng.random() < 0.3:
            lines += ["", f"## Part {len(lines)}", "", *(f"- {s}" for s in sentences[:3])]
            words += 20
    return "\n".join(lines) + "\n"


def timed(what: str, work: Callable[[], object]) -> None:
    """Print how long the work takes, alone and beside whatever else the machine does, and what that is a second."""
    start, busy = time.perf_counter(), time.process_time()
    work()
    took, busy = time.perf_counter() - start, time.process_time() - busy
    print(f"| {what} | {took:.1f} s | {busy:.1f} s | {COUNT / took:,.0f} | {COUNT / busy:,.0f} |", flush=True)


def main() -> None:
    """Make the documents, import them from every kind of source, and check them."""
    ours = [(OURS / name).read_text(encoding="utf-8") for name in ("brief.md", "plan.md")]
    rows = [
        {
            "name": f"project-{n:04d}",
            "client": f"Client {n // 3}",
            "brief": texts(n, "Brief"),
            "plan": texts(-n - 1, "Our plan"),
        }
        for n in range(COUNT)
    ]
    for row in rows[::8]:
        row["brief"], row["plan"] = f"{ours[0]}\n{row['brief']}", ours[1]
    megabytes = sum(len(row["brief"]) + len(row["plan"]) for row in rows) / 1e6
    print(
        f"{COUNT} projects, {megabytes:.1f} MB of text\n\n| Work | Time | Processor time | Projects a second | of processor time |\n|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with (folder / "d.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        with (folder / "d.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        kinds = ["d.jsonl", "d.csv"]
        try:
            import pyarrow
            import pyarrow.parquet as parquet

            parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "d.parquet")
            kinds.append("d.parquet")
        except ImportError:
            print("(no pyarrow: Parquet is left out)", file=sys.stderr)
        for kind in kinds:
            out = folder / f"from-{kind}"
            timed(f"import {kind}", lambda kind=kind, out=out: import_source(open_source(folder / kind), out))
        first = folder / "from-d.jsonl"
        timed("import the folder of projects", lambda: import_source(open_source(first), folder / "again"))
        timed("the same import once more (all there)", lambda: import_source(open_source(first), folder / "again"))
        timed("check: read the archive", lambda: read_archive(folder / "again"))
        archive = read_archive(folder / "again")
        timed("check: find twins", lambda: find_twins(archive.documents))


if __name__ == "__main__":
    main()
