"""Servers under load: each test here runs on all of them, started once for all."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.faults.calls import calling
from tests.servers import RunningServer, running_server

TOPOLOGIES = {
    "memory": ("memory", 1),
    "sqlite": ("sqlite", 1),
    "sqlite, two processes": ("sqlite", 2),
    "postgresql, two processes": ("postgresql", 2),
    "redis, two processes": ("redis", 2),
}


@pytest.fixture(params=list(TOPOLOGIES), scope="session")
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """One store, served by one process or, for the databases, also by two."""
    backend, processes = TOPOLOGIES[request.param]
    with running_server(
        backend=backend,
        data=tmp_path_factory.mktemp("site"),
        processes=processes,
        threads=8,
    ) as server:
        yield server


@pytest.fixture
def records(site: RunningServer) -> str:
    """The path of the record list of a new collection in a new bucket."""
    bucket = f"/buckets/b{uuid4().hex[:12]}"
    with calling(site.url) as call:
        call.must("PUT", bucket)
        call.must("PUT", f"{bucket}/collections/c")
    return f"{bucket}/collections/c/records"
