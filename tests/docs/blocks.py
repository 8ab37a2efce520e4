"""The fenced blocks of the pages in docs/, and what has to be done with each of them.

A comment on the line before a block says how it is run; without one it is run by walking through
the page (see walking.py):

    <!-- file: NAME -->        written to a file, which later blocks use
    <!-- serve -->             a server that runs until the page ends, or the next one starts;
    <!-- serve on 9000 -->     one that listens on that port rather than on 8888
    <!-- run by PATH -->       another test reads and runs it
    <!-- not run: REASON -->   nothing runs it, and why

On pages of plugins the first ini block and the http blocks belong to tests/plugins/pages.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ROOT

DOCS = ROOT / "docs"
SHELL = {"sh", "bash", "shell"}
RUNNABLE = SHELL | {"python", "js"}
EXPECTED = {"json", "text"}

_BLOCK = re.compile(
    r"^(?:<!-- (?P<marker>[^\n]*?) -->\n)?^(?P<indent> *)```(?P<language>[\w+-]*)[^\n]*\n"
    r"(?P<content>.*?)^ *```$",
    flags=re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block; `marker` is the text of its comment, empty without one."""

    page: Path
    line: int
    language: str
    content: str
    marker: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line} ```{self.language}"

    @property
    def is_elsewhere(self) -> bool:
        """Whether somebody else runs it, or nobody."""
        return self.marker.startswith(("run by ", "not run: "))


def pages() -> list[Path]:
    """All pages that people read: those of the site."""
    return sorted(page for page in DOCS.rglob("*.md") if "_build" not in page.parts)


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page=page,
            line=text.count("\n", 0, found.start("language")) + 1,
            language=found["language"],
            content=_dedented(found["content"], len(found["indent"])),
            marker=found["marker"] or "",
        )
        for found in _BLOCK.finditer(text)
    ]


def is_of_plugin(page: Path) -> bool:
    return page.parent == DOCS / "plugins"


def to_walk(page: Path) -> list[Block]:
    """The blocks that walking through the page has to do."""
    if is_of_plugin(page):
        return []
    return [block for block in blocks_of(page) if not block.is_elsewhere]


def _dedented(content: str, columns: int) -> str:
    return "".join(line[columns:] or "\n" for line in content.splitlines(keepends=True))
