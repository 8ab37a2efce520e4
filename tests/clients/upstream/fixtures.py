"""The fixtures of kinto-http's functional tests, against the server named in the environment.

Theirs empty the server with the flush plugin; here the users delete their buckets.
"""

import asyncio
import inspect
import os
from collections.abc import Iterator

import pytest
from kinto_http import AsyncClient, Client
from kinto_http.constants import DEFAULT_AUTH

URL = os.environ["KINTO_TEST_SERVER"]
USERS = (DEFAULT_AUTH, ("alice", "p4ssw0rd"))


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run their `async def` tests, each in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


def empty() -> None:
    for auth in USERS:
        Client(server_url=URL, auth=auth).delete_buckets()


@pytest.fixture
def functional_setup() -> Iterator[Client]:
    yield Client(server_url=URL, auth=DEFAULT_AUTH)
    empty()


@pytest.fixture
def functional_async_setup() -> Iterator[AsyncClient]:
    yield AsyncClient(server_url=URL, auth=DEFAULT_AUTH)
    empty()
