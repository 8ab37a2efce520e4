"""`kinto scaffold`: write a plugin that works, to be changed into the one that is wanted."""

from __future__ import annotations

import re
import sys
from importlib import resources
from pathlib import Path

from kinto.core.settings.plugins import installed

FILES = {
    "pyproject.toml": "pyproject.toml.tpl",
    "README.md": "README.md.tpl",
    ".gitignore": "gitignore.tpl",
    "{module}/__init__.py": "package.py.tpl",
    "{module}/settings.py": "settings.py.tpl",
    "{module}/listeners.py": "listeners.py.tpl",
    "{module}/views.py": "views.py.tpl",
    "{module}/migrations.py": "migrations.py.tpl",
    "{module}/migrations/migration_001_002.sql": "migration.sql.tpl",
    "{module}/py.typed": "",
    "tests/test_{slug}.py": "test_plugin.py.tpl",
}
"""Path of each file, and the template it is made from."""

INVALID_NAME = 82
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_PREFIX = re.compile(r"kinto[-_]")


def scaffold_plugin(name: str, *, directory: str | None = None) -> int:
    """Write the plugin `name` into a new folder.

    Args:
        name: lower-case letters, digits and dashes; a first `kinto-` is left out.
        directory: where to put the folder; default: here.
    Returns:
        0; 1 when the folder exists already; 82 for an invalid name, or that of another plugin.
    """
    words = words_of(name)
    if words is None:
        print(f"'{name}' is no name: write lower-case letters, digits, dashes.", file=sys.stderr)
        return INVALID_NAME
    if (taken := installed().get(words["slug"])) is not None:
        source = taken[0].distribution
        print(f"A plugin '{words['slug']}' is installed already ({source}).", file=sys.stderr)
        return INVALID_NAME
    folder = Path(directory or ".") / words["distribution"]
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        print(f"{folder} already exists.", file=sys.stderr)
        return 1
    for pattern, template in FILES.items():
        path = folder / pattern.format_map(words)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_rendered(template, words), encoding="utf-8")
    print(f"Wrote {folder}. Next:")
    print(f"  pip install --editable '{folder}[test]' && python -m pytest {folder}")
    print(f"  and in the configuration of the server: kinto.includes = {words['slug']}")
    return 0


def words_of(name: str) -> dict[str, str] | None:
    """What the templates call the plugin; None for an invalid name."""
    plain = _PREFIX.sub("", name, count=1)
    if _NAME.fullmatch(plain) is None:
        return None
    slug = plain.replace("-", "_")
    parts = slug.split("_")
    return {
        "slug": slug,
        "module": f"kinto_{slug}",
        "distribution": f"kinto-{slug.replace('_', '-')}",
        "class": "".join(part.capitalize() for part in parts),
        "title": " ".join(parts).capitalize(),
    }


def _rendered(template: str, words: dict[str, str]) -> str:
    if not template:
        return ""
    text = resources.files("kinto.cli.scaffolding").joinpath(template).read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text
