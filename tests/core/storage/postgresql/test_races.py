"""Cascades against writers: whatever the order, nothing is left below what is gone."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from kinto.core.permission import postgresql as permission
from kinto.core.runtime import units
from kinto.core.storage.exceptions import ObjectNotFoundError, TransientError
from tests.core.storage.postgresql.helpers import config

BUCKET = ("bucket", "", "b")
COLLECTION = ("collection", "/buckets/b", "c")
RECORDS = ("record", "/buckets/b/collections/c")
ROUNDS = 25


def delete_cascading(storage, key):
    name, parent, object_id = key
    uri = f"{parent}/{name}s/{object_id}"
    with units.unit_of_work():
        storage.lock_parent(name, parent)
        storage.delete(name, parent, object_id)
        for pattern in (uri, f"{uri}/*"):
            storage.delete_all(None, pattern, with_deleted=False)
            storage.purge_deleted(None, pattern)


def write_below(storage, permissions):
    """As a request does: lock, look whether the parent is there, write.

    With permissions the lock and the look are one round trip.
    """
    with units.unit_of_work():
        storage.lock_parent(*RECORDS)
        if permissions is not None:
            storage.expect([COLLECTION], timestamp_of=RECORDS)
            permissions.get_objects_permissions([RECORDS[1]])
        (parent,) = storage.get_many([COLLECTION])
        if parent is None:
            return False
        storage.create(*RECORDS, {})
        return True


@pytest.mark.parametrize("gone", [COLLECTION, BUCKET], ids=["collection", "bucket"])
@pytest.mark.parametrize("is_written", [False, True], ids=["new list", "written list"])
@pytest.mark.parametrize("is_together", [False, True], ids=["apart", "together"])
def test_a_record_never_outlives_its_parents(made, url, gone, is_written, is_together):
    permissions = None
    if is_together:
        permissions = permission.load_from_config(config(permission_url=url))
        permissions.initialize_schema()
    for _ in range(ROUNDS):
        made.flush()
        made.create(*BUCKET[:2], {"id": "b"})
        made.create(*COLLECTION[:2], {"id": "c"})
        if is_written:
            made.create(*RECORDS, {})
        barrier = threading.Barrier(5)

        def race(number, barrier=barrier):
            barrier.wait(20)
            while True:
                try:
                    if number == 0:
                        return delete_cascading(made, gone)
                    return write_below(made, permissions)
                except TransientError:
                    continue  # what the transaction layer does

        with ThreadPoolExecutor(5) as pool:
            list(pool.map(race, range(5)))
        with pytest.raises(ObjectNotFoundError):
            made.get(*gone)
        assert made.count_all(*RECORDS, include_deleted=True) == 0


def test_a_lock_without_a_write_moves_no_timestamp(made):
    made.create(*RECORDS, {})
    before = made.resource_timestamp(*RECORDS)
    with units.unit_of_work():
        made.lock_parent(*RECORDS)
        made.lock_parent("record", "never written")
    with units.unit_of_work():
        made.lock_parent(*RECORDS)
        made.lock_parent("record", "never written")
        made.create("record", "elsewhere", {})
        assert made.resource_timestamp(*RECORDS) == before
        assert made.list_page(*RECORDS)[0] == before
    assert made.resource_timestamp(*RECORDS) == before
    assert set(made.all_resources_timestamps("record")) == {RECORDS[1], "elsewhere"}


def test_a_lock_undone_by_a_savepoint_is_taken_again(made):
    made.create(*RECORDS, {"id": "a"})
    before = made.resource_timestamp(*RECORDS)
    with units.unit_of_work() as unit:
        made.create("record", "elsewhere", {})
        savepoint = unit.savepoint()
        made.update(*RECORDS, "a", {"n": 1})
        savepoint.rollback()
        assert made.resource_timestamp(*RECORDS) == before
        updated = made.update(*RECORDS, "a", {"n": 2})
        assert updated["last_modified"] > before
    assert made.resource_timestamp(*RECORDS) == updated["last_modified"]


def test_a_page_and_its_timestamp_are_of_one_moment(made, url):
    """Even when the timestamp was asked for before, to find out whether anything changed."""
    permissions = permission.load_from_config(config(permission_url=url))
    permissions.initialize_schema()
    made.create(*COLLECTION[:2], {"id": "c"})
    made.create(*RECORDS, {"id": "a"})
    with units.unit_of_work() as unit:
        made.expect([COLLECTION], timestamp_of=RECORDS)
        permissions.get_objects_permissions([RECORDS[1]])
        before = made.resource_timestamp(*RECORDS)
        units.bind(None)
        written = made.update(*RECORDS, "a", {"n": 1})
        units.bind(unit)
        for include_deleted in (False, True):
            page = made.list_page_json(*RECORDS, include_deleted=include_deleted)
            assert page.timestamp == written["last_modified"] > before
            assert json.loads(b"".join(page.pieces)) == written


def test_many_objects_are_deleted_whole(made):
    with units.unit_of_work():
        for n in range(2500):
            made.create(*RECORDS, {"id": f"r{n}"})
    deleted = made.delete_all(*RECORDS)
    assert len({tombstone["last_modified"] for tombstone in deleted}) == 2500
    assert made.purge_deleted(None, "/buckets/b/*") == 2500
    assert made.all_resources_timestamps("record") == {}
