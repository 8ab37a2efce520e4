"""What the tests of the protocol share: a bound `call`, and objects to ask about."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.factories import Api
from tests.http.wire import Answer, call

B = "/buckets/b"
C = f"{B}/collections/c"
G = f"{B}/groups/g"
R = f"{C}/records/r"
RECORDS = f"{C}/records"

HOUR = 3600 * 1000
_calls = itertools.count(1)


def ahead() -> int:
    """A time that no earlier test can have reached: an emptied store is newer than all it held."""
    return int(time.time() * 1000) + HOUR + 1000 * next(_calls)


@pytest.fixture
def send(app: Api) -> Callable[..., Answer]:
    """`send(method, url, user=..., json=..., headers=...)` to the application."""
    return partial(call, app)


@pytest.fixture
def world(send: Callable[..., Answer]) -> Callable[..., Answer]:
    """As `send`; alice has made bucket `b`, collection `c`, group `g` and record `r`."""
    fill(send)
    return send


@pytest.fixture
def world_with(make_app: Callable[..., Api]) -> Callable[..., Callable[..., Answer]]:
    """`world_with(setting=value)`: as `world`, for an application with these settings."""

    def start(**settings: Any) -> Callable[..., Answer]:
        send = partial(call, make_app(**settings))
        fill(send)
        return send

    return start


def fill(send: Callable[..., Answer]) -> None:
    """Make bucket `b`, collection `c`, group `g` and record `r`, as alice."""
    for uri in (B, C):
        send("PUT", uri, user="alice")
    send("PUT", G, user="alice", json={"data": {"members": ["x"]}})
    send("PUT", R, user="alice", json={"data": {"title": "first"}})


@pytest.fixture
def user_id(app: Api) -> Callable[[str], str]:
    """`user_id("alice")`: the principal of a user."""

    def find(name: str) -> str:
        return call(app, "GET", "/", user=name).json["user"]["id"]

    return find


@pytest.fixture
def records(world: Callable[..., Answer]) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """`records([{...}])`: store these, with ids `a`, `b`, ... unless they have one."""

    def store(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        world("DELETE", RECORDS, user="alice")
        stored = []
        for position, obj in enumerate(objects):
            name = obj.get("id", chr(ord("a") + position))
            answer = world("PUT", f"{RECORDS}/{name}", user="alice", json={"data": obj})
            assert answer.status == 201, answer
            stored.append(answer.data)
        return stored

    return store
