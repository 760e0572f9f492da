"""The documentation as a website: `make docs` writes build/docs, and every warning is an error."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from reference import filled

from plansmith import __version__

project = "Plansmith"
author = "the Plansmith authors"
copyright = "2026, the Plansmith authors"
release = __version__

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

smartquotes = False  # --checkpointing is no dash

html_theme = "furo"
html_title = f"Plansmith {release}"
html_show_sphinx = False
html_copy_source = False


def setup(app):
    """Fill in what the code says."""
    app.connect("source-read", _fill)


def _fill(app, docname, source):
    source[0] = filled(source[0])
