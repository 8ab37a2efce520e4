"""Who is given `write`, and who is shown permissions (http: 7.6); rights from settings (7.7)."""

from __future__ import annotations

import pytest

from tests.views.conftest import B, C, G, R

JSON_PATCH = {"Content-Type": "application/json-patch+json"}
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture
def bob_id(app, bob, principal):
    return principal(app, bob)


@pytest.fixture
def alice_id(app, alice, principal):
    return principal(app, alice)


def stored(app, uri):
    return app.permission.get_object_permissions(uri)


@pytest.mark.parametrize("uri", [B, C, G, R])
def test_the_creator_may_write(app, alice_id, make, uri):
    assert make(app, uri)["permissions"] == {"write": [alice_id]}


def test_an_anonymous_creator_opens_the_object_to_everyone(app, make):
    make(app, C, permissions={"record:create": ["system.Everyone"]})
    resp = app.post_json(f"{C}/records", {})
    assert resp.json["permissions"] == {"write": ["system.Everyone"]}


@pytest.fixture
def bobs(app, bob, bob_id, make):
    """A collection of Bob in a bucket of Alice, which Carol may read."""
    make(app, B, permissions={"collection:create": [bob_id]})
    make(app, C, {"a": 1}, permissions={"read": ["account:carol"]}, headers=bob)
    return app


def test_an_inherited_writer_is_shown_nothing(bobs, alice):
    assert bobs.get(C, headers=alice).json["permissions"] == {}


def test_an_inherited_writer_is_shown_permissions_once_it_wrote(bobs, alice, alice_id, bob_id):
    resp = bobs.patch_json(C, {"data": {"a": 2}}, headers=alice)
    shown = {name: set(who) for name, who in resp.json["permissions"].items()}
    assert shown == {"write": {alice_id, bob_id}, "read": {"account:carol"}}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, {"data": {"a": 2}}),
        (MERGE_PATCH, {"data": {"a": 2}}),
        (JSON_PATCH, [{"op": "replace", "path": "/data/a", "value": 2}]),
        (JSON_PATCH, []),
    ],
)
def test_a_patch_of_an_inherited_writer_keeps_what_it_does_not_name(
    bobs, alice, alice_id, bob_id, headers, body
):
    bobs.patch_json(C, body, headers={**alice, **headers})
    assert stored(bobs, C) == {"write": {alice_id, bob_id}, "read": {"account:carol"}}


@pytest.mark.parametrize("permissions", [{}, {"read": None}])
def test_permissions_without_any_list_change_nothing(bobs, bob, bob_id, permissions):
    bobs.put_json(C, {"permissions": permissions}, headers=bob)
    assert stored(bobs, C) == {"write": {bob_id}, "read": {"account:carol"}}


def test_a_put_with_a_list_replaces_all_the_others(bobs, bob, bob_id):
    body = {"permissions": {"record:create": ["account:dan"]}}
    resp = bobs.put_json(C, body, headers=bob)
    assert resp.json["permissions"] == {"record:create": ["account:dan"], "write": [bob_id]}
    assert bobs.get(C, headers=bob).json["data"]["a"] == 1


def test_nobody_removes_themselves(bobs, bob, bob_id):
    bobs.patch_json(C, {"permissions": {"write": [], "read": []}}, headers=bob)
    assert stored(bobs, C) == {"write": {bob_id}}


def test_without_explicit_permissions_nobody_is_added(make_app, alice):
    app = make_app(explicit_permissions=False)
    resp = app.put_json(B, {"permissions": {"read": ["account:x"]}}, headers=alice)
    assert resp.json["permissions"] == {}
    app.get(B, headers=alice, status=403)
    assert stored(app, B) == {"read": {"account:x"}}


def test_buckets_opened_by_settings_show_no_permissions(app, alice, bob, make):
    make(app, B)
    with app.given(bucket_write_principals="system.Authenticated"):
        assert app.get(B, headers=bob).json["permissions"] == {}
        app.patch_json(B, {"data": {"x": 1}}, headers=bob)


EVERYBODY = "system.Authenticated"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        # (GET bucket, GET /buckets, GET missing bucket, GET collection, GET record, PUT record)
        ({"bucket_create_principals": ""}, (403, 403, 403, 403, 403, 403)),
        ({"bucket_read_principals": EVERYBODY}, (200, 200, 404, 403, 403, 403)),
        (
            {"bucket_write_principals": EVERYBODY, "bucket_create_principals": ""},
            (200, 403, 404, 403, 403, 403),
        ),
        ({"collection_read_principals": EVERYBODY}, (403, 200, 403, 200, 403, 403)),
        ({"collection_write_principals": EVERYBODY}, (403, 200, 403, 200, 403, 403)),
        ({"record_read_principals": EVERYBODY}, (403, 200, 403, 403, 200, 403)),
        ({"record_write_principals": EVERYBODY}, (403, 200, 403, 403, 200, 200)),
        ({"record_read_principals": f"account:x,{EVERYBODY}"}, (403, 200, 403, 403, 403, 403)),
        ({"record_read_principals": f"account:x {EVERYBODY}"}, (403, 200, 403, 403, 200, 403)),
    ],
)
def test_settings_open_one_kind_of_object(app, bob, make, settings, expected):
    make(app, R)
    with app.given(**settings):
        statuses = tuple(
            app.get(path, headers=bob, status="*").status_int
            for path in (B, "/buckets", "/buckets/none", C, R)
        )
        put = app.put_json(R, {}, headers=bob, status="*").status_int
    assert (*statuses, put) == expected


def test_who_may_create_buckets_sees_the_list_without_those_of_others(app, alice, bob, make):
    make(app, B)
    make(app, "/buckets/bobs", headers=bob)
    data = app.get("/buckets", headers=bob).json["data"]
    assert [bucket["id"] for bucket in data] == ["bobs"]


def test_collections_opened_by_settings_in_a_missing_bucket(app, bob):
    with app.given(collection_create_principals=EVERYBODY):
        app.put_json("/buckets/none/collections/c", {}, headers=bob, status=201)
