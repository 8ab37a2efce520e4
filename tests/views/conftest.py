"""What the tests of the views share: two users and shortcuts to make objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import Api, credentials

ALICE, BOB = credentials("alice"), credentials("bob")
B = "/buckets/b"
C = f"{B}/collections/c"
G = f"{B}/groups/g"
R = f"{C}/records/r"


@pytest.fixture
def alice() -> dict[str, str]:
    return dict(ALICE)


@pytest.fixture
def bob() -> dict[str, str]:
    return dict(BOB)


@pytest.fixture
def principal() -> Callable[..., str]:
    """`principal(app, headers)`: the prefixed user id."""

    def find(app: Api, headers: dict[str, str]) -> str:
        return app.get("/", headers=headers).json["user"]["id"]

    return find


@pytest.fixture
def make() -> Callable[..., Any]:
    """`make(app, uri, data, permissions=...)`: PUT an object and its missing ancestors."""

    def put(
        app: Api,
        uri: str,
        data: Any = None,
        *,
        permissions: Any = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        headers = ALICE if headers is None else headers
        parent = uri.rsplit("/", 2)[0]
        if parent and app.get(parent, headers=headers, status="*").status_int in (403, 404):
            put(app, parent, headers=headers)
        body = {} if data is None else {"data": data}
        if permissions is not None:
            body["permissions"] = permissions
        return app.put_json(uri, body, headers=headers).json

    return put
