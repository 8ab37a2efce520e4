"""The backends pass their suites through PgBouncer, with two connections for everybody."""

from __future__ import annotations

import unittest
from collections.abc import Iterator
from unittest import mock

import psycopg2
import pytest

from kinto.core.cache import postgresql as cache
from kinto.core.cache.testing import CacheTest, StrictCacheTest
from kinto.core.permission import postgresql as permission
from kinto.core.permission.testing import PermissionTest, StrictPermissionTest
from kinto.core.storage import postgresql as storage
from kinto.core.storage.postgresql import connection
from kinto.core.storage.testing import StorageTest, StrictStorageTest
from tests import databases
from tests.acceptance.scaling.servers import PgBouncer, folders


@pytest.fixture(scope="module", autouse=True)
def _bouncer() -> Iterator[None]:
    with folders() as new:
        bouncer = PgBouncer(new("pgbouncer"), pool=2)
        bouncer.point_at(kinto=databases.database_url())
        bouncer.start()
        Addressed.url = bouncer.url("kinto", user="postgres")
        yield
        bouncer.stop()


class Addressed:
    """What the three suites have in common."""

    url = ""

    def away(self) -> mock._patch[mock.MagicMock]:
        error = psycopg2.OperationalError("disk I/O error")
        return mock.patch.object(connection, "execute", side_effect=error)


class StorageThroughPgBouncerTest(Addressed, StrictStorageTest, StorageTest, unittest.TestCase):
    backend = storage

    def setUp(self) -> None:
        databases.make_young(self.url)
        self.settings = {"storage_url": self.url}
        super().setUp()
        self.client_error_patcher = self.away()


class PermissionThroughPgBouncerTest(
    Addressed, StrictPermissionTest, PermissionTest, unittest.TestCase
):
    backend = permission

    def setUp(self) -> None:
        self.settings = {"permission_url": self.url}
        super().setUp()
        self.client_error_patcher = [self.away()]


class CacheThroughPgBouncerTest(Addressed, StrictCacheTest, CacheTest, unittest.TestCase):
    backend = cache

    def setUp(self) -> None:
        self.settings = {"cache_url": self.url}
        super().setUp()
        self.client_error_patcher = self.away()

    def get_backend_prefix(self, prefix: str) -> cache.Cache:
        return cache.Cache(self.cache.client, cache_prefix=prefix)
