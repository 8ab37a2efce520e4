"""Write docs/code-map.md: every module of the package with the first paragraph of its docstring.

Run by `make docs`. The narrative, one paragraph a folder, is docs/architecture.md.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = """\
# Code map

<!-- Made by `make docs` from the first paragraph of each file. -->

Faces, which only import, are left out; [architecture.md](architecture.md) says how the folders fit
together.
"""


def first_paragraph(tree: ast.Module) -> str:
    """The opening of a module's docstring, on one line."""
    return " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split())


def render(root: Path = ROOT) -> str:
    """The text of the page, a section for each folder."""
    folders: dict[str, list[str]] = defaultdict(list)
    for path in sorted((root / "kinto").rglob("*.py")):
        text = first_paragraph(ast.parse(path.read_text(encoding="utf-8")))
        if text and not text.startswith("Face"):
            name = path.relative_to(root)
            lines = len(path.read_text(encoding="utf-8").splitlines())
            folders[str(name.parent)].append(f"| `{name.name}` | {lines} | {text} |")
    parts = [HEAD]
    for folder, rows in folders.items():
        parts += [f"## {folder}", "", "| file | lines | what it answers for |", "|---|---|---|"]
        parts += [*rows, ""]
    return "\n".join(parts)


if __name__ == "__main__":
    (ROOT / "docs" / "code-map.md").write_text(render(), encoding="utf-8")
