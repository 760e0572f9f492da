"""The command demo: the whole path on sample projects, from untuned model to finished plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def demo(
    *,
    folder: Annotated[Path, Parameter(help="Where the demo's files go.")] = Path("demo"),
    archive: Annotated[Path | None, Parameter(help="Past projects to learn from; the samples if left out.")] = None,
    brief: Annotated[Path | None, Parameter(help="The client's text to plan; a sample if left out.")] = None,
) -> None:
    """Tune the embedded model on 14 of 16 sample projects, show the held-out loss, and write a plan with it.

    A second call skips what is done. Example: plansmith demo
    """
    from rich.markdown import Markdown

    from plansmith.cli.console import console
    from plansmith.cli.engines import STEP_CONTEXT, STEP_SLOTS, open_engine, write_log, write_with
    from plansmith.cli.evaluate import short_verdict
    from plansmith.cli.learn import train_run
    from plansmith.cli.show import print_plan, print_run, training_progress, writing_progress
    from plansmith.files import write_text
    from plansmith.plan import read_brief, render_json, render_plan
    from plansmith.samples import samples
    from plansmith.sources.archive import read_archive
    from plansmith.sources.read import read_text
    from plansmith.tuning.bases import DEFAULT
    from plansmith.tuning.runs import list_runs, open_run

    archive, brief = archive or samples() / "archive", brief or samples() / "brief.md"
    out, runs = console(), folder / "runs"
    text = read_brief(read_text(brief))
    documents = read_archive(archive)
    name = f"demo-{documents.sha256[:8]}"
    if name in list_runs(runs):
        run = open_run(name, runs)
        out.print(f"[bold]1. The model is tuned already[/] ({run.folder}); delete that folder to tune it again.")
    else:
        out.print(
            f"[bold]1. Tuning a 135M Llama-architecture model on {len(documents.documents)} sample projects[/], some held out; a few minutes on two cores."
        )
        run = train_run(archive, DEFAULT, name, runs, None, [], training_progress)
    print_run(run)
    out.print(
        "\n[bold]Was it worth it?[/] The tuned model and the untuned one write for the projects that were held out."
    )
    short_verdict(run, archive)
    out.print(f"\n[bold]2. A plan for a client it has never seen[/] ({brief})")
    model = open_engine(name, "", runs, STEP_SLOTS, STEP_CONTEXT)
    try:
        with writing_progress() as watch:
            written = write_with(text, model, "", "", watch)
    finally:
        model[0].close()
    write_text(folder / "plan.md", render_plan(written.plan))
    write_text(folder / "plan.json", render_json(written.plan))
    write_log(written, folder / "plan.log.jsonl")
    out.print(Markdown(render_plan(written.plan).split("---\n", 2)[-1]))
    print_plan(written, f"{folder}/plan.md and {folder}/plan.json")
    out.print(f"Run folder: {run.folder}/    Next: plansmith plan YOUR-BRIEF.md --run {name} --runs {runs} -o plan.md")
