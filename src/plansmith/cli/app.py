"""The command line: a list of commands, each loaded only when it is used.

Enters: the arguments. Leaves: an exit code: 0 done, 1 failed, 2 bad input, 3 something is missing, 4 the machine
does not suffice, 5 the engine failed, 130 interrupted.
Try: plansmith --help
"""

from __future__ import annotations

import difflib
import os
import sys
import tomllib
from pathlib import Path

from cyclopts import App
from cyclopts.config import Env, Toml

from plansmith import __version__
from plansmith.errors import InputError, PlansmithError

SETTINGS = "plansmith.toml"

# name, where it is, what it does (shown by --help)
COMMANDS = (
    ("demo", "plansmith.cli.demo:demo", "Tune the embedded model on 14 sample projects and write a plan with it."),
    ("import", "plansmith.cli.archive:import_", "Turn past projects of any form into an archive."),
    (
        "check",
        "plansmith.cli.learn:check",
        "Show what would be trained on: tokens, split, and one row with what is learned of it.",
    ),
    ("train", "plansmith.cli.learn:train", "Tune a model on an archive of past projects."),
    (
        "forget",
        "plansmith.cli.forget:forget",
        "Take a client out of an archive, and mark the runs that learned from it.",
    ),
    (
        "evaluate",
        "plansmith.cli.evaluate:evaluate",
        "Prove whether tuning helped, on clients that the model has not seen.",
    ),
    ("score", "plansmith.cli.evaluate:score", "Measure a plan by code, against its brief and a reference."),
    ("compare", "plansmith.cli.compare:compare", "Let people choose between plans without knowing which is which."),
    (
        "study",
        "plansmith.cli.study:study",
        "Measure which wording of a prompt helps, on briefs that the model has not seen.",
    ),
    ("runs", "plansmith.cli.runs:runs", "List the tuned models, compare two, or draw one's report."),
    ("plan", "plansmith.cli.plan:plan", "Write the development plan for a client's brief."),
    ("ask", "plansmith.cli.ask:ask", "Generate text for a prompt written by hand."),
    ("show", "plansmith.cli.plans:show", "Show a plan in the terminal: figures, critical path, Gantt chart."),
    ("render", "plansmith.cli.plans:render", "Make one HTML file of a plan, for the client."),
    ("export", "plansmith.cli.export:export", "Write a plan as Word, PDF, Excel, or for trackers and planners."),
    ("explain", "plansmith.cli.explain:explain", "Show how an item came about: sentence, steps, past tasks."),
    ("diff", "plansmith.cli.plans:diff", "Compare two versions of a plan."),
    ("revise", "plansmith.cli.revise:revise", "Change a plan as the client says now, only where it must be."),
    ("ask-client", "plansmith.cli.revise:ask_client", "Write the open questions as a letter to the client."),
    ("answer", "plansmith.cli.revise:answer", "Take the client's answers into the plan."),
    ("lint", "plansmith.cli.plans:lint", "Check a plan for gaps, contradictions and invented facts."),
    ("adopt", "plansmith.cli.adopt:adopt", "Propose a plan in our form from a plan in your own."),
    ("push-dataset", "plansmith.cli.archive:push_dataset", "Publish an archive as a dataset on the Hub."),
    ("serve", "plansmith.cli.serve:serve", "Open the web page and the API."),
    (
        "publish",
        "plansmith.cli.publish:publish",
        "Hand a tuned model on: adapter, merged, GGUF, Ollama, the Hub.",
    ),
    ("pull", "plansmith.cli.publish:pull", "Bring a published run from the Hub."),
    ("doctor", "plansmith.cli.doctor:doctor", "Say what this machine can do, and what is missing."),
)

app = App(
    name="plansmith",
    help="Learns from your past projects how your team plans, and writes the development plan for a new client's brief.",
    help_epilogue="Start with: plansmith demo. Everything runs on this machine; nothing is sent anywhere.",
    version=__version__,
    config=[Env("PLANSMITH_"), Toml(SETTINGS, must_exist=False)],
    result_action="return_value",
)
for _name, _place, _help in COMMANDS:
    # the list of commands imports none of them; the page of one command shows its docstring, with the example
    app.command(_place, name=_name, help=None if sys.argv[1:2] == [_name] else _help)


def main() -> None:
    """Run a command; every foreseeable failure becomes a message and an exit code."""
    try:
        _refuse_unknown_tables(Path(SETTINGS))
        app()
        sys.stdout.flush()
    except PlansmithError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("Interrupted.", 130)
    except BrokenPipeError:
        # whoever read our output has gone: end quietly, as other command-line tools do
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except MemoryError:
        _fail("Out of memory. Close other programs, or use a smaller base.", 4)


def _fail(message: str, code: int) -> None:
    from rich.console import Console
    from rich.text import Text

    first, _, rest = message.partition("\n")
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("Error: ", "bold red"), first, f"\n{rest}" if rest else ""))
    sys.exit(code)


def _refuse_unknown_tables(path: Path) -> None:
    """A misspelt table of the settings file must not pass silently; keys inside are checked by each command."""
    if not path.is_file():
        return
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML: {error}.") from error
    known = [name for name, _, _ in COMMANDS]
    problems = []
    for key in settings:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            problems.append(
                f"[{key}] is no command." + (f" Did you mean [{near[0]}]?" if near else f" Known: {', '.join(known)}.")
            )
    if problems:
        raise InputError(f"{path} has settings that nothing reads:", problems)
