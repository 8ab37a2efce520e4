"""What is particular to the storage in memory; its contract is in the conformance suite."""

import threading
from unittest import mock

import pytest
from pyramid import testing

from kinto.core.permission.memory import Permission
from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.runtime import units
from kinto.core.storage import memory
from kinto.core.storage.memory import listing

LIST = ("record", "/c")


@pytest.fixture
def storage():
    return memory.Storage()


def test_it_is_made_from_settings():
    config = testing.setUp(settings={"readonly": "true"})
    assert memory.load_from_config(config).readonly is True
    testing.tearDown()
    assert memory.load_from_config(testing.setUp()).readonly is False
    testing.tearDown()


def test_two_storages_share_nothing(storage):
    storage.create(*LIST, {"id": "a"})
    assert memory.Storage().list_all(*LIST) == []


def test_a_unit_over_objects_and_permissions_is_undone_whole(storage):
    permission = Permission()
    permission.add_principal_to_ace("/c", "write", "ann")
    with pytest.raises(RuntimeError), units.unit_of_work():
        storage.create(*LIST, {"id": "a"})
        permission.add_principal_to_ace("/c/records/a", "write", "ann")
        permission.delete_object_permissions("/c")
        raise RuntimeError
    assert storage.list_all(*LIST) == []
    assert permission.get_object_permissions("/c") == {"write": {"ann"}}
    assert permission.get_object_permissions("/c/records/a") == {}


def test_readers_wait_for_the_end_of_a_unit(storage):
    written, leave, found = threading.Event(), threading.Event(), []

    def write():
        with units.unit_of_work():
            storage.create(*LIST, {"id": "a"})
            written.set()
            leave.wait(10)
            storage.create(*LIST, {"id": "b"})

    writer = threading.Thread(target=write)
    reader = threading.Thread(target=lambda: found.append(storage.count_all(*LIST)))
    writer.start()
    written.wait(10)
    reader.start()
    reader.join(0.05)
    assert reader.is_alive()
    leave.set()
    for thread in (writer, reader):
        thread.join(10)
    assert found == [2]


def test_the_default_page_looks_at_no_more_rows_than_it_returns(storage):
    for n in range(50):
        storage.create(*LIST, {"id": str(n), "n": n})
    looked_at = []
    original = listing.compile_filters

    def watching(filters, *, id_field):
        accepts = original(filters, id_field=id_field)
        return lambda obj: looked_at.append(obj["id"]) or accepts(obj)

    sorting = [Sort("last_modified", -1)]
    since = storage.get(*LIST, "44")["last_modified"]
    with mock.patch.object(listing, "compile_filters", watching):
        page = storage.list_all(
            *LIST, filters=[Filter("n", -1, COMPARISON.GT)], sorting=sorting, limit=3
        )
        assert [obj["id"] for obj in page] == looked_at == ["49", "48", "47"]
        looked_at.clear()
        changes = storage.list_all(
            *LIST,
            filters=[Filter("last_modified", since, COMPARISON.GT)],
            sorting=sorting,
            include_deleted=True,
        )
        assert [obj["id"] for obj in changes] == looked_at == ["49", "48", "47", "46", "45"]
        looked_at.clear()
        page = storage.list_all(
            *LIST,
            sorting=sorting,
            pagination_rules=[[Filter("last_modified", since, COMPARISON.LT)]],
            limit=2,
        )
        assert [obj["id"] for obj in page] == looked_at == ["43", "42"]
        looked_at.clear()
        storage.list_all(*LIST, filters=[Filter("id", ["1", "x"], COMPARISON.IN)])
        assert looked_at == ["1"]


def test_lists_forgotten_by_a_cascade_take_no_more_memory(storage):
    storage.create("collection", "/buckets/b", {"id": "c"})
    storage.create("record", "/buckets/b/collections/c", {"id": "r"})
    storage.delete_all(None, "/buckets/b/collections/c", with_deleted=False)
    storage.purge_deleted(None, "/buckets/b/collections/c")
    for place in (storage._store, storage._cemetery, storage._timestamps):
        assert "/buckets/b/collections/c" not in place.get("record", {})


def test_purging_a_list_that_still_has_objects_renews_its_timestamp(storage):
    storage.create(*LIST, {"id": "a"})
    before, untouched = storage.resource_timestamp(*LIST), storage.resource_timestamp("x", "y")
    storage.purge_deleted(None, "/c")
    assert storage.resource_timestamp(*LIST) > before
    assert storage.resource_timestamp("x", "y") == untouched


def test_a_patched_clock_is_honoured(storage):
    with mock.patch("kinto.core.utils.msec_time", return_value=5 * 10**12):
        assert storage.create(*LIST, {})["last_modified"] == 5 * 10**12
