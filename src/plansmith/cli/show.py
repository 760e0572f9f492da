"""What the terminal shows: progress, tables, results. Results go to standard output, progress to standard error.

Enters: data from the other wings. Leaves: text on the terminal; without a terminal, plain lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from plansmith.cli.console import console

if TYPE_CHECKING:
    from rich.console import Console

    from plansmith.tuning.compare import Comparison
    from plansmith.tuning.loop import Progress as Training
    from plansmith.tuning.loop import Watch
    from plansmith.tuning.preflight import Preflight
    from plansmith.tuning.runs import Run
    from plansmith.writing.write import Event, Written

_EVERY = 10
"""Without a terminal, every so many steps a line is printed."""


@contextmanager
def training_progress() -> Iterator[Watch]:
    """A bar with loss, speed and time left; plain lines where there is no terminal."""
    out = console(stderr=True)
    if not out.is_terminal:
        yield lambda p: _training_line(out, p)
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(30),
        TextColumn("{task.fields[facts]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out) as bar:
        task = bar.add_task("loading the model", total=None, facts="")

        def watch(p: Training) -> None:
            bar.update(task, description=_stage(p), total=p.steps or None, completed=p.step, facts=_facts(p))
            if p.held_out is not None:
                bar.console.print(_held_out(p))
            if p.note:
                bar.console.print(f"Note: {p.note}.")

        yield watch


def _stage(p: Training) -> str:
    names = {"load": "loading the model", "before": "held-out loss before tuning", "gguf": "writing the model file"}
    return names.get(p.stage, f"tuning, epoch {p.epoch}" if p.epoch else "tuning")


def _facts(p: Training) -> str:
    if p.loss is None:
        return ""
    return (
        f"step {p.step}/{p.steps} · loss {p.loss:.2f} · {p.tokens_per_second:.0f} tokens/s · {clock(p.left or 0)} left"
    )


def _held_out(p: Training) -> str:
    when = f"after epoch {p.epoch}" if p.epoch else "before tuning"
    return f"  held-out loss {when:>15}: [bold]{p.held_out:.3f}[/]"


def _training_line(out: Console, p: Training) -> None:
    if p.note:
        out.print(f"Note: {p.note}.")
    if p.held_out is not None:
        out.print(_held_out(p))
    elif p.stage != "train":
        out.print(f"  {_stage(p)} …")
    elif p.step % _EVERY == 0:
        out.print(f"  {_facts(p)}")


def clock(seconds: float) -> str:
    """4:05, or 1:02:03 from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@contextmanager
def writing_progress(quiet: bool = False) -> Iterator[Any]:
    """What is being heard and planned, one line that changes; nothing where there is no terminal."""
    out = console(stderr=True)
    if quiet or not out.is_terminal:
        yield lambda event: None
        return
    with out.status("loading the model") as status:

        def watch(event: Event) -> None:
            what = {
                "sentence": "reading sentences",
                "requirement": "planning requirements",
                "part": "putting it together",
            }[event.stage]
            status.update(f"{what} {event.done}/{event.total}  [dim]{event.text[:70]}[/]")

        yield watch


def print_check(found: Preflight) -> None:
    """The preflight as a page."""
    out = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("project", "", "sentences", "requirements", "brief", "plan", "rows", "trained", "supervised", "cut"):
        table.add_column(name, justify="left" if name in ("project", "") else "right")
    for c in found.documents:
        style = "cyan" if c.part == "test" else ""
        numbers = (c.sentences, c.requirements, c.brief, c.plan, c.rows, c.trained, c.supervised, c.cut)
        table.add_row(c.name, "held out" if c.part == "test" else "", *(f"{n:,}" for n in numbers), style=style)
    train = [c for c in found.documents if c.part == "train"]
    sums = ("rows", "trained", "supervised", "cut")
    table.add_row(
        "to learn from",
        f"{len(train)}",
        "",
        "",
        "",
        "",
        *(f"{sum(getattr(c, s) for c in train):,}" for s in sums),
        style="bold",
    )
    out.print(table)
    r = found.recipe
    out.print(
        f"\nTokens as {found.base} counts them; trained = over all rows, prompts included. Recipe: {r.epochs} epochs, batch {r.batch}, "
        f"rank {r.rank}, learning rate {r.learning_rate:g}: [bold]{found.steps} steps[/]."
    )
    if f := found.forecast:
        word = "[green]fits[/]" if f.fits else "[red]does not fit[/]"
        time = f", about {clock(f.seconds)} if nothing else is running" if f.seconds else ""
        out.print(
            f"Forecast for {found.machine}: {f.memory:.1f} GB of {f.available:.0f} GB, which {word}{time}. "
            f"GPUs that suffice: {', '.join(name for name, fits in f.gpus.items() if fits) or 'none of those known'}."
        )
    out.print("\nOne row as the model sees it; [green]what it learns to write[/] is marked:\n")
    text = Text()
    for piece, learned in found.example:
        piece = shortened(piece)
        text.append(f"⟦{piece}⟧" if learned else piece, style="green" if learned else "dim")
    out.print(text)
    for problem in found.problems:
        out.print(f"[yellow]Note:[/] {problem}.")


def shortened(text: str, most: int = 900) -> str:
    """A long text without its middle: a plan learned whole fills pages, its beginning and end tell enough."""
    if len(text) <= most:
        return text
    return f"{text[: most * 2 // 3]}\n[… {len(text) - most:,} characters …]\n{text[-most // 3 :]}"


def print_run(run: Run) -> None:
    """What a training run came to."""
    result, data, out = run.story["result"], run.story["data"], console()
    losses = result["held_out_loss"]
    kept = run.best_loss
    out.print(
        f"\n[bold]{run.name}[/]: tuned {run.story['base']['name']} on {len(data['train'])} projects in {clock(result['training_seconds'])} "
        f"({result['steps']} steps, {result['tokens_per_second']:.0f} tokens/s)."
    )
    out.print(
        f"Held-out loss on {len(data['test'])} projects it never saw: [bold]{losses[0]:.3f}[/] before, [bold green]{kept:.3f}[/] after "
        f"(as it was after step {result['best_step']})."
    )
    if kept >= losses[0]:
        out.print("[yellow]Tuning did not help on the held-out projects.[/] More documents, or another recipe, may.")
    out.print(f"Run folder: {run.folder}/")


def print_runs(found: list[Run], unfinished: list[str], folder: Path) -> None:
    """The runs as a table; runs that learned from a client who was forgotten, and unfinished ones, are named."""
    out = console()
    if not found and not unfinished:
        out.print(f"No runs in {folder}/ yet. Make one with: plansmith train ARCHIVE")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("run", "base", "projects", "rows", "recipe", "held-out before", "best", "time"):
        table.add_column(name, justify="left" if name in ("run", "base", "recipe") else "right")
    for run in found:
        s, r = run.story, run.story["recipe"]
        recipe = f"{r['epochs']} x batch {r['batch']}, rank {r['rank']}, {r['learning_rate']:g}"
        counts = (str(len(s["data"]["train"])), str(s["data"]["rows"]))
        losses = (f"{s['result']['held_out_loss'][0]:.3f}", f"{run.best_loss:.3f}")
        table.add_row(run.name, s["base"]["name"], *counts, recipe, *losses, clock(s["result"]["training_seconds"]))
    if found:
        out.print(table)
    for run in found:
        if run.forgotten:
            out.print(f"[yellow]{run.name}[/] learned from {', '.join(run.forgotten)}, forgotten since: train it anew.")
    for name in unfinished:
        out.print(
            f"[yellow]{name}[/] was begun and not finished: go on with plansmith train ARCHIVE --name {name} --resume"
        )


def print_comparison(found: Comparison) -> None:
    """Two runs side by side: what differs, then what came of each."""
    out = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", found.one, found.other):
        table.add_column(name, overflow="fold")
    for rows in (found.settings, found.results):
        for name, one, other in rows:
            table.add_row(f"[dim]{name}[/]", _figure(one), _figure(other))
        table.add_section()
    out.print(table)
    if not found.comparable:
        what = "projects" if not found.same_test else "bases"
        out.print(
            f"[yellow]The two held out or learned from different {what}:[/] their losses cannot be set against each other."
        )


def _figure(value: object) -> str:
    if isinstance(value, float) and value >= 0.01:
        return f"{value:,.3f}" if value < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def print_plan(written: Written, target: str) -> None:
    """A plan in short: what was heard, how much it takes, where it is."""
    plan, out = written.plan, console()
    cited = {s for r in plan.requirements for s in r.source}
    mean = sum((t.estimate.o + 4 * t.estimate.m + t.estimate.p) / 6 for t in plan.tasks if t.estimate)
    out.print(f"\n[bold]{plan.title}[/]")
    if plan.summary:
        out.print(plan.summary)
    out.print()
    for r in plan.requirements:
        out.print(
            Text.assemble(
                (f"{r.id:>4} ", "bold"),
                (f"{r.priority:<7}", "cyan" if r.priority == "must" else "dim"),
                r.text,
                (f"  {', '.join(r.source)}", "dim"),
            )
        )
    out.print(
        f"\n{len(plan.requirements)} requirements from {len(cited)} of {len(plan.quotes)} sentences ({written.quoted} in the client's own words), "
        f"{len(plan.stories)} stories, {len(plan.tasks)} tasks, about {mean:.0f} hours of work."
    )
    out.print(f"Written: [bold]{target}[/]")
