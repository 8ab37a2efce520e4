"""`DELETE /__user_data__/{principal}` (http: 13.1)."""

from __future__ import annotations

import pytest

from kinto.views.admin import condense_under_parents, get_parent_uri, slice_into_batches
from tests.views.conftest import B, C, G, R

ALLOWED = {"user-data_delete_principals": "system.Authenticated"}


@pytest.fixture
def open_app(make_app):
    return make_app(**ALLOWED)


@pytest.fixture
def bob_id(open_app, bob, principal):
    return principal(open_app, bob)


def erase(app, headers, name):
    resp = app.delete(f"/__user_data__/{name}", headers=headers)
    assert resp.json == {"data": {"principal": name}}
    return resp


def test_nobody_may_by_default(app, alice):
    app.delete("/__user_data__/account:bob", status=401)
    app.delete("/__user_data__/account:bob", headers=alice, status=403)


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH"])
def test_it_can_only_be_deleted(open_app, alice, method):
    resp = open_app.request("/__user_data__/x", method=method, headers=alice, status=405)
    assert resp.headers["Allow"] == "DELETE, OPTIONS"
    resp = open_app.request("/__user_data__", method=method, headers=alice, status=405)
    assert resp.headers["Allow"] == "OPTIONS"


def test_an_unknown_user_has_nothing_to_erase(open_app, alice):
    for _ in range(2):
        assert "ETag" not in erase(open_app, alice, "account:nobody")


def test_what_nobody_else_may_write_is_deleted(open_app, alice, bob, bob_id, make):
    make(open_app, R, headers=bob)
    make(open_app, "/buckets/alices", headers=alice)
    erase(open_app, alice, bob_id)
    open_app.get(B, headers=bob, status=403)
    stored = open_app.storage.list_all("bucket", "", include_deleted=True)
    assert {obj["id"]: obj.get("deleted", False) for obj in stored} == {"b": True, "alices": False}
    for resource_name, parent_id in (("collection", B), ("record", C)):
        assert open_app.storage.list_all(resource_name, parent_id, include_deleted=True) == []
    assert open_app.permission.get_accessible_objects([bob_id]) == {}


def test_only_the_topmost_leaves_a_tombstone(open_app, alice, bob, bob_id, make):
    make(open_app, B, permissions={"collection:create": [bob_id]})
    make(open_app, C, headers=bob)
    make(open_app, R, headers=bob)
    erase(open_app, alice, bob_id)
    shown = open_app.get(f"{B}/collections?_since=0", headers=alice).json["data"]
    assert [(obj["id"], obj["deleted"]) for obj in shown] == [("c", True)]


def test_what_others_may_write_only_forgets_the_user(open_app, alice, bob, bob_id, make):
    make(open_app, B, permissions={"write": [bob_id], "read": [bob_id]})
    make(open_app, C, headers=bob)
    make(open_app, C, permissions={"record:create": [bob_id]}, headers=alice)
    erase(open_app, alice, bob_id)
    shown = open_app.get(B, headers=alice).json["permissions"]
    assert bob_id not in str(shown)
    assert bob_id not in str(open_app.get(C, headers=alice).json["permissions"])


def test_the_user_leaves_groups_whose_members_stay_as_written(open_app, alice, bob, bob_id, make):
    make(open_app, G, {"members": [bob_id]})
    erase(open_app, alice, bob_id)
    assert open_app.permission.get_user_principals(bob_id) == set()
    assert open_app.get(G, headers=alice).json["data"]["members"] == [bob_id]


def test_groups_of_the_user_are_taken_from_their_members(open_app, alice, bob, bob_id, make):
    make(open_app, B, permissions={"group:create": [bob_id]})
    make(open_app, G, {"members": ["account:m"]}, headers=bob)
    erase(open_app, alice, bob_id)
    open_app.get(G, headers=alice, status=404)
    assert open_app.permission.get_user_principals("account:m") == set()


def test_many_objects_in_several_lists(open_app, alice, bob, bob_id, make):
    make(open_app, C, permissions={"record:create": [bob_id]})
    make(open_app, f"{B}/collections/d", permissions={"record:create": [bob_id]})
    for n in range(5):
        make(open_app, f"{C}/records/r{n}", headers=bob)
        make(open_app, f"{B}/collections/d/records/r{n}", headers=bob)
    make(open_app, R, headers=alice)
    erase(open_app, alice, bob_id)
    shown = open_app.get(f"{C}/records", headers=alice).json["data"]
    assert [obj["id"] for obj in shown] == ["r"]
    assert open_app.get(f"{B}/collections/d/records", headers=alice).json["data"] == []


def test_a_group_uri_cannot_be_given(open_app, alice):
    open_app.delete("/__user_data__/%2Fbuckets%2Fb%2Fgroups%2Fg", headers=alice, status=404)


@pytest.mark.parametrize(("uri", "parent"), [(B, ""), (C, B), (G, B), (R, C)])
def test_parents_are_those_of_the_storage(uri, parent):
    assert get_parent_uri(uri) == parent


def test_only_topmost_objects_are_kept():
    uris = [R, C, G, "/buckets/bb", "/buckets/bb/groups/g", "/buckets/d/collections/c"]
    assert condense_under_parents(None, uris) == sorted(
        [C, G, "/buckets/bb", "/buckets/d/collections/c"]
    )


def test_batches_are_no_larger_than_asked():
    assert list(slice_into_batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(slice_into_batches([], 2)) == []
