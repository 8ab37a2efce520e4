"""Connections that are kept beside the pool, and when they are not."""

from __future__ import annotations

import threading
import time

import pytest

from kinto.core.runtime import units
from kinto.core.storage import postgresql as storage
from tests import databases
from tests.core.storage.postgresql.helpers import config


@pytest.fixture(scope="module")
def url():
    return databases.database_url()


@pytest.fixture
def opened(url):
    """Makes a storage whose pool has these settings."""
    made = []

    def open_with(**settings):
        named = {f"storage_{name}": value for name, value in settings.items()}
        # An address of its own has a pool of its own.
        own = f"{url}?application_name=spares{len(made)}{time.monotonic_ns()}"
        backend = storage.load_from_config(config(storage_url=own, **named))
        backend.initialize_schema()
        made.append(backend)
        return backend

    yield open_with
    for backend in made:
        backend.database.close()


def process_of(backend):
    with backend.database.reading() as session:
        return session.read("SELECT pg_backend_pid()")[0][0]


def lent(backend):
    return backend.database.engine.pool.checkedout()


def test_the_connection_that_was_used_last_is_used_again_without_asking_the_pool(opened):
    backend = opened()
    first = process_of(backend)
    assert lent(backend) == 1
    backend.database.engine.pool._do_get = None  # nobody asks
    assert process_of(backend) == first


@pytest.mark.parametrize(
    "settings",
    [{"pool_size": "3"}, {"pool_pre_ping": "true"}, {"pool_recycle": "0"}],
    ids=["few", "asked before use", "old"],
)
def test_nothing_is_kept_where_the_pool_has_more_to_do(opened, settings):
    backend = opened(**settings)
    process_of(backend)
    assert lent(backend) == 0


def test_a_few_are_kept_and_the_pool_has_the_others(opened):
    backend = opened(pool_size="8")
    sessions = [backend.database.reading() for _ in range(5)]
    for each in sessions:
        each.__enter__().read("SELECT 1")
    for each in sessions:
        each.__exit__(None, None, None)
    assert lent(backend) == 2


def test_who_waits_gets_the_connection_that_is_given_back(opened):
    backend = opened(pool_size="4", max_overflow="0", pool_timeout="20")
    sessions = [backend.database.reading() for _ in range(4)]
    for each in sessions:
        each.__enter__().read("SELECT 1")
    waiting = threading.Thread(target=process_of, args=(backend,))
    waiting.start()
    while not backend.database._spares._waiting:
        time.sleep(0.01)
    started = time.monotonic()
    sessions.pop().__exit__(None, None, None)
    waiting.join(20)
    assert time.monotonic() - started < 5
    for each in sessions:
        each.__exit__(None, None, None)


def test_a_connection_that_a_plugin_had_is_put_in_order_by_the_pool(opened):
    backend = opened()
    with units.unit_of_work(), backend.client.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    assert lent(backend) == 0


def test_all_of_them_are_closed_with_the_pool(opened):
    backend = opened()
    first = process_of(backend)
    backend.database.close()
    assert process_of(backend) != first


def test_what_is_kept_is_not_used_when_the_pool_is_another_one(opened):
    backend = opened()
    first = process_of(backend)
    backend.database.engine.dispose()
    assert process_of(backend) != first
