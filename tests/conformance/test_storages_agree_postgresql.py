"""PostgreSQL gives the answers of memory to any sequence of calls.

As `test_storages_agree`, whose sequences these are. A tick is reserved with the lock of a list, so
inside a unit time stands still: the two may not differ by the moment at which they look.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from kinto.core.storage import memory, postgresql
from tests import databases
from tests.conformance import test_storages_agree as sequences
from tests.core.storage.postgresql.helpers import config


@given(groups=st.lists(st.tuples(sequences.endings, sequences.steps), max_size=4))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_postgresql_agrees_with_memory(groups: list[Any]) -> None:
    answers = []
    for backend in (memory, postgresql):
        clock = mock.Mock(return_value=sequences.START)
        with mock.patch("kinto.core.utils.msec_time", clock), _storage(backend) as storage:
            answers.append([_run(storage, clock, *group) for group in groups])
            answers[-1].append(sequences._all(storage))
    assert answers[0] == answers[1]


def _run(storage: Any, clock: mock.Mock, ending: str, group: list[Any]) -> list[Any]:
    if ending != "alone":
        clock.return_value += sum(elapsed for elapsed, _ in group)
        group = [(0, call) for _, call in group]
    return sequences._run(storage, clock, ending, group)


@contextmanager
def _storage(backend: Any) -> Iterator[Any]:
    storage = backend.load_from_config(config(storage_url=databases.worker_url()))
    storage.initialize_schema()
    if backend is postgresql:
        with storage.client.connect() as connection:
            for table in ("objects", "directory", "timestamps"):
                connection.execute(text(f"DELETE FROM {table}"))
            age = {"age": str(sequences.START)}
            connection.execute(
                text("UPDATE metadata SET value = :age WHERE name = 'created_at'"), age
            )
    yield storage
