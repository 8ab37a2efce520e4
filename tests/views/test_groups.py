"""Groups and the principals of their members (http: 7.4; within a batch: reliability L23)."""

from __future__ import annotations

import pytest

from kinto.core.events import ACTIONS, ResourceChanged
from kinto.views.groups import on_groups_changed, on_groups_deleted
from tests.factories import credentials
from tests.views.conftest import B, G


@pytest.fixture
def bob_id(app, bob, principal):
    return principal(app, bob)


def groups_of(app, headers):
    principals = app.get("/", headers=headers).json["user"]["principals"]
    return {name for name in principals if name.startswith("/")}


def put_members(app, headers, *members):
    return app.put_json(G, {"data": {"members": list(members)}}, headers=headers)


def test_members_hold_the_group_from_the_next_request_on(app, alice, bob, bob_id, make):
    make(app, B)
    put_members(app, alice, bob_id)
    assert groups_of(app, bob) == {G}


@pytest.mark.parametrize("verb", ["put", "patch", "merge", "json", "light"])
def test_who_is_removed_loses_the_group(app, alice, bob, bob_id, make, verb):
    make(app, G, {"members": [bob_id, "account:other"]})
    without = {"data": {"members": ["account:other"]}}
    if verb == "put":
        app.put_json(G, without, headers=alice)
    elif verb == "patch":
        app.patch_json(G, without, headers=alice)
    elif verb == "light":
        app.patch_json(G, without, headers={**alice, "Response-Behavior": "diff"})
    elif verb == "merge":
        headers = {**alice, "Content-Type": "application/merge-patch+json"}
        app.patch_json(G, {"data": {"members": None}}, headers=headers)
    else:
        headers = {**alice, "Content-Type": "application/json-patch+json"}
        app.patch_json(G, [{"op": "remove", "path": "/data/members/0"}], headers=headers)
    assert groups_of(app, bob) == set()


def test_a_patch_of_something_else_keeps_the_members(app, alice, bob, bob_id, make):
    make(app, G, {"members": [bob_id]})
    app.patch_json(G, {"data": {"title": "x"}}, headers={**alice, "Response-Behavior": "light"})
    app.put_json(G, {"permissions": {"read": ["system.Everyone"]}}, headers=alice)
    assert groups_of(app, bob) == {G}


def test_members_added_by_a_post_hold_the_group(app, alice, bob, bob_id, make):
    make(app, B)
    resp = app.post_json(f"{B}/groups", {"data": {"members": [bob_id]}}, headers=alice)
    assert groups_of(app, bob) == {f"{B}/groups/{resp.json['data']['id']}"}


def test_everyone_authenticated_may_be_a_member(app, alice, bob, make):
    make(app, G, {"members": ["system.Authenticated"]})
    assert groups_of(app, bob) == {G}
    assert groups_of(app, credentials("somebody")) == {G}


@pytest.mark.parametrize("path", [G, f"{B}/groups", B, "/buckets"])
def test_deleting_a_group_or_its_bucket_takes_it_from_the_members(
    app, alice, bob, bob_id, make, path
):
    make(app, G, {"members": [bob_id]})
    make(app, "/buckets/other/groups/g", {"members": [bob_id]}, headers=alice)
    with app.given(bucket_write_principals="system.Authenticated"):
        app.delete(f"{path}?id=b" if path == "/buckets" else path, headers=alice)
    assert groups_of(app, bob) == {"/buckets/other/groups/g"}


def test_permissions_naming_a_deleted_group_come_back_with_it(app, alice, bob, bob_id, make):
    make(app, "/buckets/shared", permissions={"read": [G]})
    make(app, G, {"members": [bob_id]})
    app.get("/buckets/shared", headers=bob)
    app.delete(G, headers=alice)
    app.get("/buckets/shared", headers=bob, status=403)
    put_members(app, alice, bob_id)
    app.get("/buckets/shared", headers=bob)


def batch(app, headers, *requests):
    body = {
        "requests": [
            {"method": method, "path": path, **({"body": body} if body is not None else {})}
            | ({"headers": own} if own else {})
            for method, path, body, own in requests
        ]
    }
    return [
        answer["status"]
        for answer in app.post_json("/batch", body, headers=headers).json["responses"]
    ]


def test_later_requests_of_a_batch_see_new_members(app, alice, bob, bob_id, make):
    make(app, B, permissions={"read": [G]})
    assert batch(
        app,
        alice,
        ("GET", B, None, bob),
        ("PUT", G, {"data": {"members": [bob_id]}}, None),
        ("GET", B, None, bob),
        ("PUT", G, {"data": {"members": []}}, None),
        ("GET", B, None, bob),
        ("PUT", G, {"data": {"members": [bob_id]}}, None),
        ("DELETE", G, None, None),
        ("GET", B, None, bob),
    ) == [403, 201, 200, 200, 403, 200, 200, 403]
    assert groups_of(app, bob) == set()


def test_a_group_made_again_in_a_batch_keeps_its_new_members(app, alice, bob, bob_id, make):
    make(app, G, {"members": ["account:old"]})
    statuses = batch(
        app,
        alice,
        ("DELETE", G, None, None),
        ("PUT", G, {"data": {"members": [bob_id]}}, None),
    )
    assert statuses == [200, 201]
    assert groups_of(app, bob) == {G}
    assert app.permission.get_user_principals("account:old") == set()


def test_a_refused_group_changes_nobody(app, alice, bob, bob_id, make):
    make(app, B)
    body = {"data": {"members": [bob_id, "system.Everyone"]}}
    app.put_json(G, body, headers=alice, status=400)
    assert groups_of(app, bob) == set()


class SimulatedRequest:
    """What a plugin that writes to the storage by itself gives to its event."""

    def __init__(self, app):
        self.registry = app.registry
        self.bound_data = {}


def simulated(app, action, new, old=None):
    payload = {"action": action.value, "bucket_id": "b", "resource_name": "group"}
    return ResourceChanged(payload, [{"new": new, "old": old}], SimulatedRequest(app))


def test_events_of_plugins_are_followed_from_what_is_stored(app):
    stored = app.storage.create("group", B, {"id": "g", "members": ["account:now"]})
    app.permission.add_user_principal("account:before", G)
    stale = {**stored, "members": ["account:never"]}
    event = simulated(app, ACTIONS.UPDATE, stale, old={"members": ["account:before"]})
    for _ in range(2):
        on_groups_changed(event)
        assert app.permission.get_user_principals("account:now") == {G}
        assert app.permission.get_user_principals("account:before") == set()
        assert app.permission.get_user_principals("account:never") == set()


def test_a_deletion_told_by_a_plugin_takes_the_group_away(app):
    app.permission.add_user_principal("account:a", G)
    event = simulated(app, ACTIONS.DELETE, {"id": "g", "deleted": True}, old={"id": "g"})
    on_groups_deleted(event)
    assert app.permission.get_user_principals("account:a") == set()


def test_a_stale_deletion_leaves_a_group_made_again_alone(app):
    app.storage.create("group", B, {"id": "g", "members": ["account:a"]})
    app.permission.add_user_principal("account:a", G)
    on_groups_deleted(simulated(app, ACTIONS.DELETE, {"id": "g"}, old={"id": "g"}))
    assert app.permission.get_user_principals("account:a") == {G}
