"""What the documentation site holds besides its pages: navigation, Python API, endpoints.

Everything is Markdown, made from what is there: the sections of docs/README.md, the table of
promised names with the docstrings of the code, and the OpenAPI document of a server.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import json
import logging
import re
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from webtest import TestApp

from kinto import DEFAULT_SETTINGS, main
from scripts.docstrings import as_markdown, opening
from tests.contracts.public_api import NAMES

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)")
_SECTION = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", flags=re.MULTILINE | re.DOTALL)
_OURS = "kinto"


def navigation(readme: str) -> str:
    """The hidden tables of contents that the sections of the first page stand for."""
    tables = []
    for title, body in _SECTION.findall(readme):
        pages = [target.removesuffix(".md") for _, target, _ in _LINK.findall(body)]
        entries = "\n".join(dict.fromkeys(pages))
        tables.append(f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{entries}\n```\n")
    return "".join(tables)


def decisions(page: str) -> str:
    """The hidden table of contents of the page that links to all decisions."""
    pages = [target.removesuffix(".md") for _, target, _ in _LINK.findall(page)]
    return "\n```{toctree}\n:hidden:\n\n" + "\n".join(dict.fromkeys(pages)) + "\n```\n"


def without_links_outside(text: str, page: Path, folder: Path) -> str:
    """Make links to what the site does not hold (code, folders) plain text."""

    def kept(link: re.Match[str]) -> str:
        target = (page.parent / link[2]).resolve()
        is_page = target.is_file() and folder.resolve() in target.parents
        return link[0] if is_page else link[1]

    return _LINK.sub(kept, text)


def endpoints() -> str:
    """Every endpoint of a server with the default settings, one row for each method."""
    document = _openapi()
    rows = ["| endpoint | method | answers | what it does |", "|---|---|---|---|"]
    for path, operations in sorted(document["paths"].items()):
        for method, operation in operations.items():
            if method == "parameters":
                continue
            statuses = ", ".join(sorted(operation["responses"]))
            does = operation.get("summary") or operation.get("description") or ""
            first = _one_line(does.partition("\n\n")[0])
            rows.append(f"| `{path}` | {method.upper()} | {statuses} | {first} |")
    return "\n".join(rows)


def modules() -> str:
    """Every promised module with its names, from the code."""
    known: dict[int, str] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old names are promised too
        return "\n".join(line for name in NAMES for line in _module(name, known))


def _module(name: str, known: dict[int, str]) -> Iterator[str]:
    module = importlib.import_module(name)
    names = [each for each in NAMES[name].split() if each[0] != "_" and hasattr(module, each)]
    found = {each: getattr(module, each) for each in names}
    about = opening(module).removeprefix("Face: ")
    yield f"\n## `{name}`\n\n{about[:1].upper()}{about[1:]}\n"
    elsewhere, plain = [], []
    for each, value in found.items():
        if isinstance(value, types.ModuleType):
            continue
        if not (inspect.isclass(value) or inspect.isroutine(value)):
            plain.append(f"`{each}`")
        elif id(value) in known:
            elsewhere.append(f"`{each}` ({known[id(value)]})")
        else:
            known[id(value)] = f"see `{name}`"
            yield from _described(each, value)
    if plain:
        yield f"Values: {', '.join(plain)}.\n"
    if elsewhere:
        yield f"Also: {', '.join(elsewhere)}.\n"


def _described(name: str, value: Any) -> Iterator[str]:
    kind = "class " if inspect.isclass(value) else ""
    yield f"\n### {kind}`{name}`\n"
    if inspect.isclass(value) and issubclass(value, enum.Enum):
        members = "\n".join(f"{name}.{each.name} = {each.value!r}" for each in value)
        yield f"```python\n{members}\n```\n"
    else:
        yield f"```python\n{name}{_signature(value)}\n```\n"
    yield as_markdown(inspect.getdoc(value) if _is_ours(value) else "") + "\n"
    if not inspect.isclass(value) or issubclass(value, BaseException):
        return
    for attribute, method in inspect.getmembers(value, inspect.isroutine):
        if attribute[0] == "_" and attribute not in ("__call__", "__init__"):
            continue
        if attribute.startswith("test_") or not _is_ours(method):
            continue
        text = inspect.getdoc(method) if method.__doc__ or attribute[0] != "_" else ""
        if text:
            yield f"\n**`{attribute}{_signature(method)}`**\n\n{as_markdown(text)}\n"


def _signature(value: Any) -> str:
    try:
        text = str(inspect.signature(value))
    except (TypeError, ValueError):
        return "(...)"
    text = re.sub(r"<[^<>]*(?:<[^<>]*>)?[^<>]*>", "...", text)  # values without a name
    text = re.sub(r"ForwardRef\('([^']*)'\)", r"\1", text)
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)
    return text.replace("`", "'")


def _is_ours(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).partition(".")[0] == _OURS


def _openapi() -> dict[str, Any]:
    logging.disable(logging.INFO)  # how the server begins is of no interest here
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        settings = {"multiauth.policies": "basicauth", "userid_hmac_secret": "of the documentation"}
        application = main({}, **{**DEFAULT_SETTINGS, **settings})
    document: dict[str, Any] = json.loads(TestApp(application).get("/v1/__api__").text)
    logging.disable(logging.NOTSET)
    return document


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "\\<")
