"""Sending cells to an application, alone or in batches, and judging what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests import factories
from tests.security.permission_cells import Cell
from tests.security.permission_oracle import Answer
from tests.security.permission_world import secrets_in

IN_ONE_BATCH = 25


@dataclass(frozen=True)
class Reply:
    """What the application answered to one cell."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text) if self.text else None


def send(app: factories.Api, cell: Cell) -> Reply:
    """Send a cell as a request of its own."""
    headers = {**_credentials(cell.caller), **cell.headers}
    body = b""
    if cell.body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(cell.body).encode()
    response = app.request(
        cell.request.path + cell.query,
        method=cell.request.method,
        headers=headers,
        body=body,
        expect_errors=True,
    )
    return Reply(response.status_code, dict(response.headers), response.text)


def send_together(
    app: factories.Api, cells: Sequence[Cell], *, spell: Callable[[str], str] = str
) -> list[Reply]:
    """Send cells of one caller as one batch; `spell` may write their paths another way."""
    requests = []
    for cell in cells:
        path = spell(cell.request.path) + cell.query
        request = {"method": cell.request.method, "path": path, "headers": cell.headers}
        requests.append(request if cell.body is None else {**request, "body": cell.body})
    response = app.post_json(
        "/batch", {"requests": requests}, headers=_credentials(cells[0].caller), expect_errors=True
    )
    if response.status_code != 200:
        raise AssertionError(f"{response.status}: {response.text} for {[str(c) for c in cells]}")
    return [
        Reply(item["status"], item["headers"], json.dumps(item["body"]) if item["body"] else "")
        for item in response.json["responses"]
    ]


def disguised(path: str) -> str:
    """The same path with the version, and the first letter of each segment percent-encoded."""
    segments = path.split("/")
    return "/".join(
        f"%{ord(segment[0]):02x}{segment[1:]}" if segment else "" for segment in segments
    )


def entries(app: factories.Api, caller: str) -> dict[str, frozenset[str]]:
    """What `/permissions` lists for a caller: URI -> permissions."""
    response = app.get("/permissions", headers=_credentials(caller))
    return {item["uri"]: frozenset(item["permissions"]) for item in response.json["data"]}


def in_batches(cells: Sequence[Cell]) -> Iterator[list[Cell]]:
    """Cut cells into batches, each of one caller."""
    by_caller: dict[str, list[Cell]] = {}
    for cell in cells:
        by_caller.setdefault(cell.caller, []).append(cell)
    for own in by_caller.values():
        for start in range(0, len(own), IN_ONE_BATCH):
            yield own[start : start + IN_ONE_BATCH]


def mistakes(cell: Cell, answer: Answer, reply: Reply, *, readable: frozenset[str]) -> list[str]:
    """What is wrong with a reply, as sentences."""
    if reply.status != answer.status:
        return [f"{cell}: {reply.status} instead of {answer.status}; {reply.text[:200]}"]
    found = []
    if leaked := secrets_in(reply.text) - readable:
        found.append(f"{cell}: shows {sorted(leaked)}")
    if cell.request.method == "HEAD":
        if answer.ids is not None and reply.headers.get("Total-Objects") != str(len(answer.ids)):
            total = reply.headers.get("Total-Objects")
            found.append(f"{cell}: counts {total} instead of {len(answer.ids)}")
        return found
    if answer.ids is not None:
        ids = sorted(item["id"] for item in reply.body["data"])
        if ids != sorted(answer.ids):
            found.append(f"{cell}: lists {ids} instead of {sorted(answer.ids)}")
    if answer.shows_object is not None and bool(secrets_in(reply.text)) != answer.shows_object:
        found.append(f"{cell}: shows its object: {not answer.shows_object}; {reply.text[:200]}")
    if answer.permissions is not None and bool(reply.body["permissions"]) != answer.permissions:
        found.append(f"{cell}: permissions are {reply.body['permissions']}")
    return found


_known_credentials: dict[str, dict[str, str]] = {"anonymous": {}}


def _credentials(caller: str) -> dict[str, str]:
    if caller not in _known_credentials:
        _known_credentials[caller] = factories.credentials(caller)
    return _known_credentials[caller]
