"""Permissions in SQLite: what is remembered under the lock, and texts that could be patterns."""

import pytest

from kinto.core.permission.sqlite import Permission
from kinto.core.runtime import units
from kinto.core.storage.sqlite import Storage
from kinto.core.storage.sqlite.client import database_at, recorded_statements


@pytest.fixture
def database(tmp_path):
    database = database_at(str(tmp_path / "kinto.sqlite"))
    yield database
    database.close()


@pytest.fixture
def permission(database):
    return Permission(database)


@pytest.fixture
def locked(permission):
    """The backend inside a unit that holds the write lock."""
    with units.unit_of_work():
        permission.database.lock()
        yield permission


URIS = ["/buckets/a_b", "/buckets/axb", "/buckets/a_b/x", "/buckets/axb/x", "/buckets/ab"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("/buckets/a_b", ["/buckets/axb", "/buckets/a_b/x", "/buckets/axb/x", "/buckets/ab"]),
        ("/buckets/a_b*", ["/buckets/axb", "/buckets/axb/x", "/buckets/ab"]),
        ("/buckets/a_b/*", ["/buckets/a_b", "/buckets/axb", "/buckets/axb/x", "/buckets/ab"]),
        ("/buckets/a%", URIS),
        ("*/x", ["/buckets/a_b", "/buckets/axb", "/buckets/ab"]),
        ("*", []),
    ],
)
def test_only_the_star_is_special_in_a_deletion(permission, pattern, left):
    for uri in URIS:
        permission.add_principal_to_ace(uri, "read", "ann")
    permission.delete_object_permissions(pattern)
    assert sorted(permission.get_accessible_objects(["ann"])) == sorted(left)


def test_an_underscore_in_a_pattern_is_itself(permission):
    for uri in URIS:
        permission.add_principal_to_ace(uri, "read", "ann")
    found = permission.get_accessible_objects(["ann"], [("/buckets/a_b*", "read")])
    assert sorted(found) == ["/buckets/a_b", "/buckets/a_b/x"]
    found = permission.get_accessible_objects(
        ["ann"], [("/buckets/a_b*", "read")], with_children=False
    )
    assert sorted(found) == ["/buckets/a_b"]


def test_nobody_is_authorized_by_a_principal_cut_at_a_nul(permission):
    permission.add_principal_to_ace("/a", "read", "account:ann")
    assert permission.get_accessible_objects(["account:ann\0x"]) == {}
    assert permission.get_accessible_objects(["account:ann"], [("/a\0x", "read")]) == {}
    assert permission.get_object_permissions("/a\0x") == {}


def test_replacing_known_entries_writes_what_differs(locked):
    locked.replace_object_permissions("/a", {"read": ["ann", "bob"], "write": ["ann"]})
    assert locked.get_object_permissions("/a") == {"read": {"ann", "bob"}, "write": {"ann"}}
    locked.replace_object_permissions("/a", {"read": ["bob", "eve"], "write": []})
    assert locked.get_object_permissions("/a") == {"read": {"bob", "eve"}}
    with recorded_statements() as statements:
        assert locked.get_object_permissions("/a") == {"read": {"bob", "eve"}}
    assert statements == []


def test_what_is_remembered_is_what_is_stored(permission):
    with units.unit_of_work():
        permission.database.lock()
        permission.get_objects_permissions(["/a", "/b"])
        permission.add_principal_to_ace("/a", "read", "ann")
        permission.add_principal_to_ace("/a", "read", "bob")
        permission.remove_principal_from_ace("/a", "read", "bob")
        permission.replace_object_permissions("/b", {"write": ["eve"]})
        permission.get_user_principals("ann")
        permission.add_user_principal("ann", "group")
        permission.add_user_principal("system.Authenticated", "all")
        inside = permission.get_principals_and_permissions("ann", ["/a", "/b"])
    assert permission.get_principals_and_permissions("ann", ["/a", "/b"]) == inside
    assert inside == ({"group", "all"}, [{"read": {"ann"}}, {"write": {"eve"}}])


def test_what_is_returned_belongs_to_the_caller(locked):
    locked.add_principal_to_ace("/a", "read", "ann")
    locked.get_object_permissions("/a")["read"].add("eve")
    locked.get_user_principals("ann").add("eve")
    assert locked.get_object_permissions("/a") == {"read": {"ann"}}
    assert locked.get_user_principals("ann") == set()


def test_a_deletion_by_pattern_is_seen_in_the_unit(locked):
    locked.add_principal_to_ace("/a/b", "read", "ann")
    assert locked.get_object_permissions("/a/b")
    locked.delete_object_permissions("/a/*", "/c")
    assert locked.get_objects_permissions(["/a/b", "/c"]) == [{}, {}]


def test_more_ids_than_a_statement_takes(permission):
    ids = [f"/a/{number}" for number in range(1500)]
    with units.unit_of_work():
        for object_id in ids:
            permission.add_principal_to_ace(object_id, "read", "ann")
    assert permission.get_objects_permissions(ids) == [{"read": {"ann"}}] * 1500
    bound = [(object_id, "read") for object_id in ids]
    assert permission.get_authorized_principals(bound) == {"ann"}
    permission.replace_object_permissions("/b", {"read": [str(n) for n in range(1500)]})
    assert len(permission.get_object_permissions("/b")["read"]) == 1500
    permission.delete_object_permissions(*ids)
    assert list(permission.get_accessible_objects(["ann"])) == []


def test_storage_and_permissions_commit_together(permission, database):
    storage = Storage(database)
    with pytest.raises(ZeroDivisionError), units.unit_of_work():
        storage.create("bucket", "", {"id": "b"})
        permission.add_principal_to_ace("/buckets/b", "write", "ann")
        raise ZeroDivisionError
    assert storage.list_all("bucket", "") == []
    assert permission.get_object_permissions("/buckets/b") == {}
