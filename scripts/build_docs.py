"""Build the documentation as a site of plain files; any warning is an error.

`python scripts/build_docs.py [FOLDER]` writes it to FOLDER, by default build/site. What is built
needs no other host: a page that would load something from one is an error too.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from sphinx.cmd.build import main as sphinx_build

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

_LOADED = (
    r"<(?:script|img|iframe|audio|video|source|embed|object)\b[^>]*?\b(?:src|data)=\"(//|https?:)",
    r"<link\b(?![^>]*\brel=\"(?:canonical|next|prev)\")[^>]*?\bhref=\"(//|https?:)",
    r"url\(\s*[\"']?(//|https?:)",
    r"@import\s+[\"'](//|https?:)",
)


def main(arguments: list[str]) -> int:
    """Build, look at what was built, and say where it is; return the exit code."""
    folder = Path(arguments[0]) if arguments else ROOT / "build" / "site"
    options = ["-W", "--keep-going", "-q", "-E", "-b", "html", "-d", f"{folder}.doctrees"]
    if code := sphinx_build([*options, str(DOCS), str(folder)]):
        return int(code)
    faults = list(loads_from_elsewhere(folder))
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"The documentation is in {folder}/index.html")
    return 1 if faults else 0


def loads_from_elsewhere(folder: Path) -> Iterator[str]:
    """Yield the files of a site that make a browser load something from another host."""
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".html", ".css"}:
            continue
        text = path.read_text(encoding="utf-8")
        for pattern in _LOADED:
            for found in re.finditer(pattern, text):
                line = text.count("\n", 0, found.start()) + 1
                yield f"{path.relative_to(folder)}:{line}: loads from elsewhere: {found[0]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
