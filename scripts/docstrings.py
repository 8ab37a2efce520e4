"""Docstrings of the code as Markdown: sections become lists, indented text becomes code."""

from __future__ import annotations

import inspect
import re
from typing import Any

_SECTION = re.compile(r"^(Args|Arguments|Attributes|Keywords?|Raises|Returns|Yields|Example)s?:$")
_FIELD = re.compile(r"^:(param|raises|returns?|type)\s*([\w.]*):\s*(.*)$")
_ITEM = re.compile(r"^( {4}|\t)([\w.*`, ]+?)(?: \([^)]*\))?: (.*)$")


def opening(value: Any) -> str:
    """The first paragraph of a docstring."""
    return as_markdown((inspect.getdoc(value) or "").partition("\n\n")[0])


def as_markdown(text: str | None) -> str:
    """Return a docstring as Markdown; nothing in it can be taken for HTML."""
    lines: list[str] = []
    section = code = False
    for line in (text or "").splitlines():
        indented = line.startswith((" ", "\t"))
        if code and line.strip() and not indented:
            lines += ["```", ""]
            code = False
        if _SECTION.match(line):
            section = True
            lines += ["", f"*{line[:-1]}*", ""]
        elif field := _FIELD.match(line):
            section = True
            name = f"`{field[2]}`" if field[2] else field[1]
            lines.append(f"* {name}: {_escaped(field[3])}")
        elif section and (item := _ITEM.match(line)):
            lines.append(f"* `{item[2].strip('`')}`: {_escaped(item[3])}")
        elif section and indented:
            lines.append(f"  {_escaped(line.strip())}")
        elif indented and line.strip() and not code:
            lines += ["", "```text", line]
            code = True
        else:
            section = section and not line.strip()
            lines.append(line if code else _escaped(line))
    return "\n".join([*lines, "```"] if code else lines)


def _escaped(line: str) -> str:
    """Keep what is between backticks, and make the rest plain."""
    parts = re.split(r"(`[^`]*`)", line)
    return "".join(part if part.startswith("`") else part.replace("<", "\\<") for part in parts)
