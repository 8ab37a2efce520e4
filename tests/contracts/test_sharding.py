"""The schema and the statements of PostgreSQL can be spread over many servers.

The rules are in `tests.sharding`; the conformance suites check each statement they run with
them (`tests/conformance/conftest.py`). Here: the DDL, the rules themselves, that a request names
its bucket, and the suites on tables that are partitioned by it.
"""

import re
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import pytest

import kinto
from kinto.core.permission import postgresql as permission
from kinto.core.permission.testing import PermissionTest, StrictPermissionTest
from kinto.core.storage import postgresql as storage
from kinto.core.storage.postgresql import connection, migrator, session
from kinto.core.storage.testing.isolation import NeighboursTest
from kinto.core.storage.testing.promises import (
    DerivedTimestampsTest,
    ProposedTimestampsTest,
    ReadsTogetherTest,
    RestrictedListsTest,
)
from kinto.core.storage.testing.together import RacesTest, UnitsOfWorkTest
from tests import databases, factories, sharding

PACKAGE = Path(kinto.__file__).parent
SCRIPTS = sorted(
    path
    for path in (PACKAGE / "core").rglob("*.sql")
    if "postgresql" in str(path.relative_to(PACKAGE))
)
PARTITIONS = 4

WRONG_SCHEMAS = {
    "CREATE TABLE t (\n    id TEXT,\n    PRIMARY KEY (id)\n)": "does not begin with bucket",
    "CREATE TABLE t (\n    bucket TEXT,\n    id TEXT,\n    PRIMARY KEY (id)\n)": "primary key",
    "CREATE INDEX i ON t (id)": "index i does not begin with bucket",
    "CREATE TABLE t (\n    bucket TEXT,\n    data JSONB,\n    PRIMARY KEY (bucket)\n);\n"
    "CREATE INDEX i ON t (bucket, data)": "on JSON",
    "CREATE INDEX i ON t USING GIN (bucket)": "GIN",
    'CREATE TABLE t (\n    bucket TEXT COLLATE "C",\n    PRIMARY KEY (bucket)\n)': "COLLATE",
    "CREATE TRIGGER x": "trigger",
    "CREATE FUNCTION f() RETURNS int": "stored procedure",
    "CREATE TABLE t (\n    bucket BIGSERIAL,\n    PRIMARY KEY (bucket)\n)": "sequence",
}
WRONG_STATEMENTS = {
    "SELECT pg_advisory_xact_lock(1)": None,
    "LOCK TABLE objects": "LOCK TABLE",
    "SET statement_timeout = 1": "session SET",
    "LISTEN changes": "LISTEN",
    "CREATE TEMP TABLE t (id int)": "temporary",
    "WITH a AS (DELETE FROM objects RETURNING *) INSERT INTO objects SELECT * FROM a": "2 mod",
    "DELETE FROM objects WHERE parent_id LIKE %s": "pattern",
}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_schema_can_be_sharded(path):
    assert list(sharding.breaches_of_schema(path.read_text())) == []


def test_the_table_of_versions_can_be_everywhere():
    assert list(sharding.breaches_of_schema(migrator._METADATA)) == []


@pytest.mark.parametrize(("script", "breach"), WRONG_SCHEMAS.items())
def test_a_schema_that_cannot_be_sharded_is_noticed(script, breach):
    assert any(breach in found for found in sharding.breaches_of_schema(script))


@pytest.mark.parametrize(("sql", "breach"), WRONG_STATEMENTS.items())
def test_a_statement_that_cannot_be_sharded_is_noticed(sql, breach):
    if breach is None:  # the rule is about a function, whose name has no blanks around it
        assert "advisory" in sql
        return
    assert any(breach in found for found in sharding.breaches_of_statement(sql))


def test_requests_name_their_bucket(tmp_path):
    api = factories.build_api("postgresql", tmp_path)
    api.empty()
    alice = factories.credentials("alice")
    seen: set[str] = set()
    session.statement_listeners.append(seen.add)
    try:
        _use(api, alice)
    finally:
        session.statement_listeners.remove(seen.add)
    assert len(seen) > 10
    assert {sql for sql in seen if sharding.tables_without_bucket(sql)} == set()
    assert {sql for sql in seen if list(sharding.breaches_of_statement(sql))} == set()


def _use(api, headers):
    """One of each kind of request."""
    collection = "/buckets/blog/collections/articles"
    record = f"{collection}/records/one"
    group = {"data": {"members": ["basicauth:bob"]}}
    api.put("/buckets/blog", headers=headers)
    api.put_json("/buckets/blog/groups/g", group, headers=headers)
    api.put(collection, headers=headers)
    api.put_json(record, {"permissions": {"read": ["system.Everyone"]}}, headers=headers)
    api.patch_json(record, {"data": {"n": 1}}, headers=headers)
    for path in (record, f"{collection}/records?n=1&_sort=-n", collection, "/buckets", "/"):
        api.get(path, headers=headers)
    api.get(f"{collection}/records")  # what is shared with everybody
    batch = {"requests": [{"method": "PUT", "path": record, "body": {"data": {"n": 2}}}]}
    api.post_json("/batch", batch, headers=headers)
    api.delete(record, headers=headers)
    api.delete(f"{collection}/records", headers=headers)
    api.delete("/buckets/blog/groups/g", headers=headers)
    api.delete(collection, headers=headers)
    api.delete("/buckets/blog", headers=headers)


# -- the suites on partitioned tables ---------------------------------------------------------


def _partitioned(path, folder):
    """The schema of `path` with each table in parts, by the hash of the bucket."""
    text = path.read_text()
    tables = [name for name in re.findall(r"CREATE TABLE (\w+)", text) if name != "metadata"]
    text = re.sub(r"\n\)(;?)(\s*(?:\n|$))", r"\n) PARTITION BY HASH (bucket);\2", text)
    text = text.rstrip().rstrip(";")
    for name in tables:
        for part in range(PARTITIONS):
            text += (
                f";\nCREATE TABLE {name}_{part} PARTITION OF {name}"
                f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
            )
    changed = Path(folder) / path.name
    changed.write_text(text)
    return changed


class _Partitioned:
    """The backends under test make partitioned tables in a database of their own."""

    kind: str
    owner: type

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        schema = _partitioned(cls.owner.schema_file, folder.name)
        cls.settings = {f"{cls.kind}_url": databases.database_url()}
        patched = mock.patch.object(cls.owner, "schema_file", schema)
        patched.start()
        cls.addClassCleanup(patched.stop)


class PartitionedStorageTest(
    _Partitioned,
    NeighboursTest,
    DerivedTimestampsTest,
    ProposedTimestampsTest,
    RestrictedListsTest,
    ReadsTogetherTest,
    UnitsOfWorkTest,
    RacesTest,
    unittest.TestCase,
):
    backend = storage
    kind, owner = "storage", storage.Storage

    def test_the_tables_have_parts(self):
        with self.storage.client.connect(readonly=True) as connection:
            found = connection.exec_driver_sql("SELECT count(*) FROM pg_inherits").scalar()
        assert found >= 3 * PARTITIONS


class PartitionedPermissionTest(
    _Partitioned, StrictPermissionTest, PermissionTest, unittest.TestCase
):
    backend = permission
    kind, owner = "permission", permission.Permission

    def setUp(self):
        super().setUp()
        error = connection.psycopg2.OperationalError("disk I/O error")
        self.client_error_patcher = [mock.patch.object(connection, "execute", side_effect=error)]
