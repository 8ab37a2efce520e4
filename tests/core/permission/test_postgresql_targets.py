"""The statement of the documentation that removes what announces nothing any more."""

from __future__ import annotations

import psycopg2
import pytest

from kinto.core.permission import postgresql
from tests import databases
from tests.core.storage.postgresql.helpers import config
from tests.docs.blocks import DOCS, blocks_of


@pytest.fixture
def url() -> str:
    return databases.database_url()


def run(url: str, sql: str) -> list:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_what_announces_nothing_is_removed_and_shared_objects_are_still_found(url):
    page = DOCS / "operations" / "postgresql.md"
    (sweep,) = [block.content for block in blocks_of(page) if block.language == "sql"]
    permission = postgresql.load_from_config(config(permission_url=url))
    permission.initialize_schema()
    for name in ("gone", "kept"):
        permission.add_principal_to_ace(f"/buckets/{name}/collections/c", "read", "ann")
    permission.add_principal_to_ace("/buckets/kept", "write", "bob")
    permission.delete_object_permissions("/buckets/gone/*")
    rows = "SELECT bucket, target FROM principal_targets ORDER BY 1, 2"
    assert run(url, rows) == [("ann", "gone"), ("ann", "kept"), ("bob", "kept")]
    run(url, sweep)
    assert run(url, rows) == [("ann", "kept"), ("bob", "kept")]
    found = permission.get_accessible_objects(["ann", "bob"])
    assert found == {"/buckets/kept/collections/c": {"read"}, "/buckets/kept": {"write"}}
