"""Backends on new databases, and connections that tests spoil."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from kinto.core.storage import postgresql as storage
from tests import databases
from tests.core.storage.postgresql.helpers import config


@pytest.fixture
def url() -> str:
    """The address of an empty database."""
    return databases.database_url()


@pytest.fixture
def run(url: str) -> Iterator[Any]:
    """`run("SELECT 1")`: rows of a statement that an administrator runs beside Kinto."""
    connection = psycopg2.connect(url)
    connection.autocommit = True

    def perform(sql: str, *values: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else None

    yield perform
    connection.close()


@pytest.fixture
def made(url: str) -> Any:
    """The storage of that database, with its tables."""
    backend = storage.load_from_config(config(storage_url=url))
    backend.initialize_schema()
    yield backend
    backend.database.close()
