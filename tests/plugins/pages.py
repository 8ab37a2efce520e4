"""Following the pages of docs/plugins word for word.

A page has one block ```ini``` with the settings, and blocks ```http```: a request as it is sent
(start line, headers, empty line, JSON body), then the status line of the answer and, after an
empty line, members that its JSON body has to hold (`"..."` stands for any value).
"""

from __future__ import annotations

import configparser
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGES = Path(__file__).resolve().parents[2] / "docs" / "plugins"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
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


def follow(app: Any, page: str) -> None:
    """Send the requests of a page in order, and hold each answer against the page."""
    todo = exchanges(page)
    assert todo
    for exchange in todo:
        body = b"" if exchange.body is None else json.dumps(exchange.body).encode()
        headers = {**exchange.headers}
        if body:
            headers.setdefault("Content-Type", "application/json")
        resp = app.request(
            exchange.path,
            method=exchange.method,
            headers=headers,
            body=body,
            expect_errors=True,
        )
        assert resp.status_int == exchange.status, (exchange, resp.text)
        if exchange.answer is not None:
            assert holds(resp.json, exchange.answer), (exchange, resp.text)


def holds(value: Any, expected: Any) -> bool:
    """Whether a JSON value has what the page shows."""
    if expected == "...":
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
