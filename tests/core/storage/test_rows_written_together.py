"""Rows of one unit of work are written together, and nobody can tell: on every backend."""

import pytest

from kinto.core.runtime import units
from kinto.core.storage.exceptions import UnicityError
from tests import factories

BACKENDS = ("memory", "sqlite", "postgresql", "redis")
LIST = {"resource_name": "record", "parent_id": "/buckets/b/collections/c"}
URI = "/buckets/b/collections/c/records/{}"


@pytest.fixture(scope="module", params=BACKENDS)
def registry(request, tmp_path_factory):
    if not factories.has_backend(request.param):
        pytest.skip(f"no {request.param} backend")
    return factories.build_api(request.param, tmp_path_factory.mktemp("together")).registry


@pytest.fixture
def storage(registry):
    registry.storage.flush()
    registry.permission.flush()
    return registry.storage


def _write(storage, object_id, **attributes):
    return storage.update(**LIST, object_id=object_id, obj=attributes)


def _stored(storage):
    return {obj["id"]: obj for obj in storage.list_all(**LIST)}


def test_a_list_shows_what_the_same_unit_wrote(storage):
    with units.unit_of_work():
        storage.lock_parent(**LIST)
        _write(storage, "a", n=1)
        assert _stored(storage)["a"]["n"] == 1
        _write(storage, "b", n=2)
        assert storage.count_all(**LIST) == 2


def test_the_last_of_two_writes_counts(storage):
    with units.unit_of_work():
        storage.lock_parent(**LIST)
        _write(storage, "a", n=1)
        last = _write(storage, "a", n=2)
    assert _stored(storage) == {"a": last}


def test_what_is_written_and_deleted_in_one_unit_is_gone(storage):
    with units.unit_of_work():
        storage.lock_parent(**LIST)
        _write(storage, "a", n=1)
        tombstone = storage.delete(**LIST, object_id="a")
    assert storage.list_all(**LIST, include_deleted=True) == [tombstone]


def test_a_second_creation_is_refused_while_the_first_one_waits(storage):
    with units.unit_of_work():
        storage.lock_parent(**LIST)
        assert storage.get_many([(*LIST.values(), "a")]) == [None]
        storage.create(**LIST, obj={"id": "a", "n": 1})
        with pytest.raises(UnicityError):
            storage.create(**LIST, obj={"id": "a", "n": 2})
    assert _stored(storage)["a"]["n"] == 1


def test_a_savepoint_brings_back_what_waited_then(storage):
    with units.unit_of_work() as unit:
        storage.lock_parent(**LIST)
        _write(storage, "kept", n=1)
        savepoint = unit.savepoint()
        _write(storage, "kept", n=2)
        _write(storage, "undone", n=1)
        savepoint.rollback()
        _write(storage, "later", n=1)
    found = _stored(storage)
    assert set(found) == {"kept", "later"}
    assert found["kept"]["n"] == 1
    assert storage.resource_timestamp(**LIST) == found["later"]["last_modified"]


def test_a_savepoint_brings_back_what_was_written_out_since(storage):
    with units.unit_of_work() as unit:
        storage.lock_parent(**LIST)
        _write(storage, "kept", n=1)
        savepoint = unit.savepoint()
        _write(storage, "undone", n=1)
        assert len(storage.list_all(**LIST)) == 2
        savepoint.rollback()
        assert set(_stored(storage)) == {"kept"}
        _write(storage, "later", n=1)
    assert set(_stored(storage)) == {"kept", "later"}


def test_an_older_savepoint_takes_back_more_than_a_younger_one(storage):
    with units.unit_of_work() as unit:
        storage.lock_parent(**LIST)
        older = unit.savepoint()
        _write(storage, "a", n=1)
        younger = unit.savepoint()
        _write(storage, "b", n=1)
        storage.list_all(**LIST)
        younger.rollback()
        assert set(_stored(storage)) == {"a"}
        older.rollback()
        assert _stored(storage) == {}
        _write(storage, "c", n=1)
    assert set(_stored(storage)) == {"c"}


def test_a_unit_that_fails_leaves_nothing_of_what_waited(storage, registry):
    with pytest.raises(ZeroDivisionError), units.unit_of_work():
        storage.lock_parent(**LIST)
        _write(storage, "a", n=1)
        registry.permission.add_principal_to_ace(URI.format("a"), "write", "ann")
        raise ZeroDivisionError
    assert _stored(storage) == {}
    assert registry.permission.get_object_permissions(URI.format("a")) == {}


def test_an_object_made_and_changed_in_one_unit_keeps_the_time_it_was_made(storage):
    parents = {"resource_name": "collection", "parent_id": "/buckets/b"}
    with units.unit_of_work():
        storage.lock_parent(**parents)
        made = storage.update(**parents, object_id="c", obj={})
        for n in range(5):
            changed = storage.update(**parents, object_id="c", obj={"n": n})
    # A list never written takes its time from the creation of what it is in.
    assert made["last_modified"] <= storage.resource_timestamp(**LIST) < changed["last_modified"]


def test_entries_of_many_objects_are_all_there(registry, storage):
    permission = registry.permission
    uris = [URI.format(n) for n in range(30)]
    with units.unit_of_work():
        storage.lock_parent(**LIST)
        for uri in uris:
            permission.note_new_object(uri)
            permission.replace_object_permissions(uri, {"write": {"ann"}, "read": {"bob"}})
        permission.remove_principal_from_ace(uris[0], "read", "bob")
        permission.delete_object_permissions(uris[1])
    found = permission.get_objects_permissions(uris)
    assert found[0] == {"write": {"ann"}}
    assert found[1] == {}
    assert found[2:] == [{"write": {"ann"}, "read": {"bob"}}] * 28
    assert len(permission.get_accessible_objects({"bob"}, [(URI.format("*"), "read")])) == 28


def test_a_list_that_was_announced_before_it_moved_has_moved(storage, registry):
    """What was announced comes with a later question of the permissions."""
    _write(storage, "a", n=1)
    place = LIST["resource_name"], LIST["parent_id"]
    with units.unit_of_work():
        storage.lock_parent(**LIST)
        storage.expect([(*place, "a")], timestamp_of=place)
        written = _write(storage, "a", n=2)
        registry.permission.get_principals_and_permissions("ann", ["/buckets/b"])
        assert storage.get(**LIST, object_id="a") == written
    assert storage.resource_timestamp(**LIST) == written["last_modified"]
