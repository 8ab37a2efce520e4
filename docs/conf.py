"""Sphinx: the documentation as a site of plain files. `make docs` builds it in build/site.

The pages are those of this folder, readable where they are. Three things are added while building:
the navigation, from the sections of README.md; the Python API, from the code; the endpoints, from
the OpenAPI document of a server.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from scripts import site_pages  # noqa: E402 -- found only now

project = "Kinto"
copyright = author = "the contributors of Kinto"
extensions = ["myst_parser"]
root_doc = "README"
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Kinto"
html_copy_source = False
html_show_sphinx = False
myst_heading_anchors = 3
suppress_warnings = ["misc.highlighting_failure"]  # blocks show lines that were left out


def _read(app: Any, docname: str, source: list[str]) -> None:
    """Add to a page what is not written in it."""
    text = source[0]
    if docname == root_doc:
        text += site_pages.navigation(text)
    elif docname == "adr/README":
        text += site_pages.decisions(text)
    elif docname == "reference/python-api":
        text = _filled(text, "modules", site_pages.modules())
    elif docname == "reference/endpoints":
        text = _filled(text, "endpoints", site_pages.endpoints())
    source[0] = site_pages.without_links_outside(text, HERE / f"{docname}.md", HERE)


def _filled(text: str, name: str, content: str) -> str:
    filled, times = re.subn(rf"<!-- {name}:[^\n]*-->", lambda _: content, text)
    if times != 1:
        raise ValueError(f"one place for {name} was expected, {times} found")
    return filled


def _finished(app: Any, exception: Exception | None) -> None:
    """Let the root of the site be its first page."""
    if exception is None and app.builder.name == "html":
        folder = Path(app.outdir)
        shutil.copy(folder / f"{root_doc}.html", folder / "index.html")


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _read)
    app.connect("build-finished", _finished)
