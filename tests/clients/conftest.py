"""Servers for the published clients: one run of them for each test module and backend."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Backend, running_server

SETTINGS = {"kinto.experimental_permissions_endpoint": "true"}


@pytest.fixture(params=["memory", "sqlite"], scope="module")
def backend(request: pytest.FixtureRequest) -> Backend:
    """Both backends; every client test runs on each."""
    return request.param


@pytest.fixture(scope="module")
def server_url(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with pages of five, so that clients meet pagination everywhere."""
    data: Path = tmp_path_factory.mktemp("clients")
    settings = {**SETTINGS, "kinto.paginate_by": "5"}
    with running_server(backend=backend, data=data, settings=settings) as server:
        yield server.url
