"""Every statement that the suites run on PostgreSQL is read: none may forbid sharding."""

from collections.abc import Iterator

import pytest

from kinto.core.storage.postgresql import session
from tests import sharding


@pytest.fixture(autouse=True)
def _statements_can_be_sharded() -> Iterator[None]:
    seen: set[str] = set()
    session.statement_listeners.append(seen.add)
    yield
    session.statement_listeners.remove(seen.add)
    breaches = {sql: found for sql in seen if (found := [*sharding.breaches_of_statement(sql)])}
    assert breaches == {}
