"""Both applications, for the properties to ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.http.pair import Pair


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Applications on memory and SQLite with every optional endpoint of the core."""
    built = Pair(
        tmp_path_factory.mktemp("fuzz"),
        experimental_permissions_endpoint="true",
        experimental_collection_schema_validation="true",
    )
    with closing(built) as pair:
        yield pair
