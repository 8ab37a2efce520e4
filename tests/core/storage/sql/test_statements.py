"""Statements: compiled once, bounded, and answered from an index."""

import pytest

from kinto.core.permission import sqlite_aces as aces
from kinto.core.permission.sqlite import Permission
from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.storage.sql import statements
from kinto.core.storage.sql.statements import Query
from kinto.core.storage.sqlite import Storage, clocks, reading, removing
from kinto.core.storage.sqlite.client import database_at
from kinto.core.storage.sqlite.dialect import compiler

NEWEST_FIRST = [Sort("last_modified", -1)]
BY_TIMESTAMP = "objects_by_timestamp (parent_id=? AND resource_name=?"
BY_ID = "sqlite_autoindex_objects_1 (parent_id=? AND resource_name=? AND id=?"
AFTER = Filter("last_modified", 5, COMPARISON.GT)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """How SQLite would run a statement."""
    database = database_at(str(tmp_path_factory.mktemp("plans") / "kinto.sqlite"))
    Storage(database).initialize_schema()
    Permission(database).initialize_schema()

    def explain(sql, parameters=()):
        with database.reading() as session:
            steps = session.read(f"EXPLAIN QUERY PLAN {sql}", parameters)
        return [step[3] for step in steps]

    yield explain
    database.close()


def query(**asked):
    return Query(**{"resource_name": "record", "parent_id": "/buckets/b", **asked})


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"sorting": NEWEST_FIRST, "limit": 20}, BY_TIMESTAMP),
        ({"sorting": NEWEST_FIRST, "filters": [AFTER], "deleted": None}, BY_TIMESTAMP),
        ({"sorting": NEWEST_FIRST, "pagination_rules": [[AFTER]], "limit": 5}, BY_TIMESTAMP),
        ({"sorting": NEWEST_FIRST, "only_ids": ["a"]}, BY_ID),
        (
            {"sorting": NEWEST_FIRST, "filters": [Filter("id", ["a"], COMPARISON.IN)]},
            BY_ID,
        ),
        ({"filters": [Filter("id", "a", COMPARISON.EQ)]}, BY_ID),
        ({"resource_name": None, "parent_id": "/b/*"}, "(parent_id>? AND parent_id<?"),
        ({"resource_name": None}, "(parent_id=?"),
    ],
)
def test_a_list_is_found_by_an_index(plan, asked, index):
    steps = plan(*compiler.select(query(**asked), "id", "data"))
    assert any(index in step for step in steps), steps
    assert not [step for step in steps if step.startswith("SCAN objects")]


def test_the_order_of_time_needs_no_sort(plan):
    steps = plan(*compiler.select(query(sorting=NEWEST_FIRST, limit=20), "id"))
    assert not [step for step in steps if "TEMP B-TREE" in step]


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        (reading._MANY, 1),
        (reading._few(3), 9),
        (clocks._READ_WITH_PARENT, 5),
        (removing._BURY, 2),
        (aces._GRANTED, 1),
        (aces._GRANTED_ON, 2),
        (aces._GRANTED_UNDER, 4),
        (aces._authorized(2), 4),
        (aces._entries(2), 2),
        (aces._DELETE_UNDER, 2),
    ],
)
def test_no_fixed_statement_reads_a_whole_table(plan, sql, count):
    tables = ("objects", "timestamps", "access_control_entries", "user_principals")
    steps = plan(sql, ("[]",) * count)
    assert not [step for step in steps if step.startswith(tuple(f"SCAN {t}" for t in tables))]


def test_a_shape_is_compiled_once():
    first = query(filters=[Filter("compiled.once", 1, COMPARISON.EQ)], limit=5)
    compiler.select(first, "id")
    before = statements._compiled.cache_info()
    for number in range(20):
        other = query(
            parent_id=f"/p{number}",
            filters=[Filter(f"a{number}.b", number, COMPARISON.EQ)],
            limit=number,
        )
        compiler.select(other, "id")
    after = statements._compiled.cache_info()
    assert after.misses == before.misses
    assert after.hits == before.hits + 20


def test_no_value_is_written_into_the_text():
    secret = "s3cr3t"
    selection = compiler.select(
        query(
            resource_name=secret,
            parent_id=f"/{secret}*{secret}",
            only_ids=[secret],
            filters=[
                Filter(secret, secret, operator)
                for operator in COMPARISON
                if operator is not COMPARISON.HAS
            ],
            pagination_rules=[[Filter(f"{secret}.{secret}", [secret], COMPARISON.GT)]],
            sorting=[Sort(f"{secret}.é", 1)],
        ),
        "id",
    )
    assert secret not in selection.sql


def test_a_limit_beyond_64_bits_is_no_limit():
    assert compiler.select(query(limit=2**70), "id").parameters["p2"] == 2**63 - 1
