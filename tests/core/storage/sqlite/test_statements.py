"""How many statements an operation costs, transaction control apart."""

import pytest

from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.runtime import units
from kinto.core.storage.sqlite.client import recorded_statements

BUCKET = "/buckets/b"
COLLECTION = f"{BUCKET}/collections/c"
PLACE = ("record", COLLECTION)
KEYS = [("bucket", "", "b"), ("collection", BUCKET, "c"), (*PLACE, "r")]
URIS = [BUCKET, COLLECTION, f"{COLLECTION}/records/r"]


@pytest.fixture
def filled(storage, permission):
    storage.create("bucket", "", {"id": "b"})
    storage.create("collection", BUCKET, {"id": "c"})
    storage.create(*PLACE, {"id": "r", "n": 1})
    permission.replace_object_permissions(BUCKET, {"write": ["ann"]})
    permission.add_user_principal("ann", "group")
    return storage


def cost_of(function):
    with recorded_statements() as statements:
        function()
    return len(statements)


def test_many_objects_are_one_statement(filled):
    assert cost_of(lambda: filled.get_many(KEYS)) == 1
    assert cost_of(lambda: filled.get_many([(*PLACE, str(n)) for n in range(200)])) == 1


def test_principals_and_permissions_are_one_statement(filled, permission):
    found = []
    assert (
        cost_of(lambda: found.append(permission.get_principals_and_permissions("ann", URIS))) == 1
    )
    assert found == [({"group"}, [{"write": {"ann"}}, {}, {}])]


def test_a_page_is_two_statements(filled):
    assert (
        cost_of(
            lambda: filled.list_page(
                *PLACE,
                filters=[Filter("n", 1, COMPARISON.EQ)],
                sorting=[Sort("last_modified", -1)],
                limit=10,
                only_ids=["r"],
            )
        )
        == 2
    )


def test_a_timestamp_is_one_statement_even_of_a_list_never_written(filled):
    assert cost_of(lambda: filled.resource_timestamp(*PLACE)) == 1
    assert cost_of(lambda: filled.resource_timestamp("group", BUCKET)) == 1


def test_no_read_writes(filled, permission):
    with recorded_statements() as statements:
        filled.get_many(KEYS)
        filled.list_page("group", BUCKET)
        filled.resource_timestamp("group", BUCKET)
        filled.all_resources_timestamps("record")
        filled.count_all(*PLACE)
        permission.get_principals_and_permissions("ann", URIS)
        permission.get_accessible_objects(["ann"], [(f"{BUCKET}*", "write")])
    assert all(text.strip().startswith("SELECT") for text in statements)


def test_an_update_after_a_read_under_the_lock_is_clock_upsert_clock(filled):
    def put():
        with units.unit_of_work():
            filled.lock_parent(*PLACE)
            filled.get_many(KEYS)
            filled.prefetch(KEYS)
            filled.get(*PLACE, "r")
            filled.update(*PLACE, "r", {"n": 2})
            filled.get(*PLACE, "r")

    assert cost_of(put) == 4  # read, timestamp, upsert, timestamp


def test_25_updates_of_one_list_are_read_and_written_together(filled):
    ids = [f"r{number}" for number in range(25)]

    def batch():
        with units.unit_of_work() as unit:
            filled.lock_parent(*PLACE)
            filled.prefetch([(*PLACE, object_id) for object_id in ids])
            for object_id in ids:
                unit.savepoint()
                filled.get_many([(*PLACE, object_id)])
                filled.update(*PLACE, object_id, {"n": 2})

    assert cost_of(batch) == 4  # rows, timestamp, upserts, timestamp


def test_unchanged_permissions_cost_nothing_once_known(permission):
    permission.replace_object_permissions("/a", {"write": ["ann"], "read": ["bob"]})
    with units.unit_of_work():
        permission.add_user_principal("ann", "group")  # takes the lock
        permission.prefetch(["/a"])
        same = {"write": ["ann"]}
        assert cost_of(lambda: permission.replace_object_permissions("/a", same)) == 0
        more = {"write": ["ann", "eve"]}
        # Written with the next statement that needs it, or at the end.
        assert cost_of(lambda: permission.replace_object_permissions("/a", more)) == 0
        assert cost_of(lambda: permission.get_objects_permissions(["/a"])) == 0
        assert permission.get_object_permissions("/a") == {
            "write": {"ann", "eve"},
            "read": {"bob"},
        }
    assert permission.get_object_permissions("/a")["write"] == {"ann", "eve"}


def test_removing_many_objects_is_a_few_statements_for_each_thousand(filled):
    with units.unit_of_work():
        for number in range(2500):
            filled.create(*PLACE, {"n": number})
    assert cost_of(lambda: filled.delete_all(None, f"{BUCKET}/*")) <= 8
    assert filled.count_all(*PLACE) == 0
    times = [obj["last_modified"] for obj in filled.list_all(*PLACE, include_deleted=True)]
    assert len(set(times)) == 2501
