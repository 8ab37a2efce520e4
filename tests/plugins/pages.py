"""Following the pages of docs/plugins word for word.

A page has one block ```ini``` with the settings, and blocks ```http```: a request as it is sent
(start line, headers, empty line, JSON body), then the status line of the answer and, after an
empty line, members that its JSON body has to hold (`"..."` stands for any value). A value such as
`"<token>"` in an answer is remembered, and put in place of `<token>` in the requests that follow.
"""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGES = Path(__file__).resolve().parents[2] / "docs" / "plugins"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"<([a-z][a-z-]*)>")
_STATUS = re.compile(r"^HTTP/1\.1 (\d{3}).*\n?", flags=re.MULTILINE)


@dataclass(frozen=True)
class Exchange:
    """One request of a page, and the answer that the page promises."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    status: int
    answer: Any


def blocks(page: str, language: str) -> list[str]:
    """The blocks of a page in one language."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    return [content for name, content in _BLOCK.findall(text) if name == language]


def settings_of(page: str) -> dict[str, str]:
    """The settings that the page says to write, without their prefix."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string("[app]\n" + "".join(blocks(page, "ini")[:1]))
    return {name.removeprefix("kinto."): value for name, value in parser["app"].items()}


def exchanges(page: str) -> list[Exchange]:
    """The requests of a page, in order."""
    found = []
    for block in blocks(page, "http"):
        request, status, answer = _STATUS.split(block)
        head, _, body = request.strip().partition("\n\n")
        start, *lines = head.splitlines()
        method, path = start.split()
        headers = dict(line.split(": ", 1) for line in lines)
        found.append(
            Exchange(
                method=method,
                path=path,
                headers=headers,
                body=json.loads(body) if body.strip() else None,
                status=int(status),
                answer=json.loads(answer) if answer.strip() else None,
            )
        )
    return found


def follow(
    app: Any, page: str, values: Mapping[str, str | Callable[[], str]] | None = None
) -> None:
    """Send the requests of a page in order, and hold each answer against the page.

    Args:
        values: what `<name>` stands for where no answer tells it; called when it is needed.
    """
    todo = exchanges(page)
    assert todo
    known: dict[str, Any] = dict(values or {})
    for exchange in todo:
        text = "" if exchange.body is None else json.dumps(exchange.body)
        body = _filled(text, known).encode()
        headers = {name: _filled(value, known) for name, value in exchange.headers.items()}
        if body:
            headers.setdefault("Content-Type", "application/json")
        resp = app.request(
            _filled(exchange.path, known),
            method=exchange.method,
            headers=headers,
            body=body,
            expect_errors=True,
        )
        assert resp.status_int == exchange.status, (exchange, resp.text)
        if exchange.answer is not None:
            assert holds(resp.json, exchange.answer), (exchange, resp.text)
            _remember(resp.json, exchange.answer, known)


def _filled(text: str, known: Mapping[str, Any]) -> str:
    def value_of(match: re.Match[str]) -> str:
        value = known.get(match[1], match[0])
        return str(value() if callable(value) else value)

    return _NAME.sub(value_of, text)


def _remember(value: Any, expected: Any, known: dict[str, Any]) -> None:
    """Note the parts of an answer that the page names."""
    if isinstance(expected, str) and (match := _NAME.fullmatch(expected)):
        known[match[1]] = value
    elif isinstance(expected, dict):
        for name, item in expected.items():
            _remember(value[name], item, known)
    elif isinstance(expected, list):
        for pair in zip(value, expected, strict=True):
            _remember(*pair, known)


def holds(value: Any, expected: Any) -> bool:
    """Whether a JSON value has what the page shows."""
    if expected == "..." or (isinstance(expected, str) and _NAME.fullmatch(expected)):
        return True
    if isinstance(expected, dict):
        return isinstance(value, dict) and all(
            name in value and holds(value[name], item) for name, item in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(value, list)
            and len(value) == len(expected)
            and all(holds(*pair) for pair in zip(value, expected, strict=True))
        )
    return value == expected


def declared_in(page: str, section: Any) -> list[str]:
    """Settings of a section that the page does not list with their help line."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    rows = {
        line.split("|")[1].strip(" `"): line for line in text.splitlines() if line.startswith("| `")
    }
    return [
        item.name for item in section.declarations() if item.help not in rows.get(item.name, "")
    ]
