"""`/permissions`: what the caller may do, everywhere (http: 7.9)."""

from __future__ import annotations

import pytest

from kinto.views.permissions import allowed_from_settings
from tests.views.conftest import B, C, G, R

ENABLED = {"experimental_permissions_endpoint": True}
ATTRIBUTES = "read:attributes"


@pytest.fixture
def enabled(make_app):
    return make_app(**ENABLED)


def entries(app, headers=None, query=""):
    data = app.get(f"/permissions{query}", headers=headers or {}).json["data"]
    return {entry["uri"]: entry for entry in data}


def held(app, uri, headers=None):
    entry = entries(app, headers).get(uri)
    return None if entry is None else set(entry["permissions"])


def test_it_is_off_by_default(app, alice):
    resp = app.get("/permissions", headers=alice, status=404)
    assert resp.json["errno"] == 111
    assert "permissions_endpoint" not in app.get("/").json["capabilities"]


def test_its_presence_is_advertised(enabled):
    assert "permissions_endpoint" in enabled.get("/").json["capabilities"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_can_only_be_read(enabled, alice, method):
    resp = enabled.request("/permissions", method=method, headers=alice, status=405)
    assert resp.headers["Allow"] == "HEAD, GET, OPTIONS"


@pytest.mark.parametrize(
    ("uri", "name", "expanded"),
    [
        (B, "write", {"write", "read", ATTRIBUTES, "collection:create", "group:create"}),
        (B, "read", {"read", ATTRIBUTES}),
        (B, "collection:create", {"collection:create", ATTRIBUTES}),
        (B, "group:create", {"group:create", ATTRIBUTES}),
        (C, "write", {"write", "read", ATTRIBUTES, "record:create"}),
        (C, "read", {"read", ATTRIBUTES}),
        (C, "record:create", {"record:create", ATTRIBUTES}),
        (G, "write", {"write", "read"}),
        (G, "read", {"read"}),
        (R, "write", {"write", "read"}),
        (R, "read", {"read"}),
    ],
)
def test_permissions_are_shown_with_those_they_imply(enabled, make, uri, name, expanded):
    make(enabled, uri, permissions={name: ["system.Everyone"]})
    assert set(entries(enabled)) == {uri}
    assert held(enabled, uri) == expanded


@pytest.mark.parametrize(
    ("uri", "ids"),
    [
        (B, {"id": "b", "bucket_id": "b", "resource_name": "bucket"}),
        (G, {"id": "g", "bucket_id": "b", "group_id": "g", "resource_name": "group"}),
        (C, {"id": "c", "bucket_id": "b", "collection_id": "c", "resource_name": "collection"}),
        (
            R,
            {
                "id": "r",
                "bucket_id": "b",
                "collection_id": "c",
                "record_id": "r",
                "resource_name": "record",
            },
        ),
    ],
)
def test_entries_tell_the_ids_of_the_path(enabled, make, uri, ids):
    make(enabled, uri, permissions={"read": ["system.Everyone"]})
    entry = entries(enabled)[uri]
    del entry["permissions"]
    assert entry == {"uri": uri, **ids}


def test_who_may_create_buckets_has_the_root(enabled, alice):
    root = {"uri": "/", "resource_name": "root", "permissions": ["bucket:create"]}
    assert entries(enabled, alice)["/"] == root
    assert "/" not in entries(enabled)


def test_rights_on_a_parent_make_no_entries(enabled, alice, bob, make, principal):
    make(enabled, B)
    make(enabled, C, headers=alice)
    with enabled.given(collection_create_principals=""):
        enabled.put_json(
            f"{B}", {"permissions": {"write": [principal(enabled, bob)]}}, headers=alice
        )
    assert set(entries(enabled, bob)) == {"/", B}


def test_groups_give_entries(enabled, alice, bob, make, principal):
    make(enabled, G, {"members": [principal(enabled, bob)]})
    make(enabled, C, permissions={"read": [G]})
    assert held(enabled, C, bob) == {"read", ATTRIBUTES}


def test_deleted_objects_are_not_listed(enabled, alice, make):
    make(enabled, R)
    enabled.delete(B, headers=alice)
    assert set(entries(enabled, alice)) == {"/"}


@pytest.mark.parametrize(
    ("setting", "uri", "permission"),
    [
        ("bucket_read_principals", B, "read"),
        ("bucket_write_principals", B, "write"),
        ("collection_create_principals", B, "collection:create"),
        ("group_create_principals", B, "group:create"),
        ("collection_read_principals", C, "read"),
        ("collection_write_principals", C, "write"),
        ("group_read_principals", G, "read"),
        ("group_write_principals", G, "write"),
        ("record_create_principals", C, "record:create"),
        ("record_read_principals", None, None),
        ("record_write_principals", None, None),
        ("bucket_create_principals", "/", "bucket:create"),
        ("account_create_principals", "/", "account:create"),
    ],
)
def test_settings_give_entries(enabled, make, setting, uri, permission):
    make(enabled, R)
    make(enabled, G)
    with enabled.given(**{setting: "account:x system.Everyone"}):
        found = entries(enabled)
    assert set(found) == ({uri} if uri else set())
    assert uri is None or permission in found[uri]["permissions"]


def test_settings_open_objects_beyond_one_page(enabled, make):
    for n in range(7):
        make(enabled, f"{B}/groups/g{n}")
    with enabled.given(group_read_principals="system.Everyone", storage_max_fetch_size=3):
        total = enabled.head("/permissions").headers["Total-Objects"]
    assert total == "7"


def test_allowed_from_settings():
    settings = {"bucket_read_principals": "a b", "record_create_principals": ["b"], "x": 1}
    assert allowed_from_settings(settings, ["b"]) == {"bucket": {"read"}, "record": {"create"}}
    assert allowed_from_settings(settings, ["c"]) == {}


@pytest.fixture
def several(enabled, make):
    public = {"read": ["system.Everyone"]}
    for uri in (B, C, G, R, "/buckets/a", "/buckets/a/collections/c"):
        make(enabled, uri, permissions=public)
    return enabled


def uris(app, query):
    return [entry["uri"] for entry in app.get(f"/permissions{query}").json["data"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [G, R, C, B, "/buckets/a/collections/c", "/buckets/a"]),
        ("?_sort=uri", ["/buckets/a", "/buckets/a/collections/c", B, C, R, G]),
        ("?_sort=bucket_id", ["/buckets/a/collections/c", "/buckets/a", G, R, C, B]),
        ("?_sort=last_modified", [G, R, C, B, "/buckets/a/collections/c", "/buckets/a"]),
        ("?resource_name=record", [R]),
        ("?bucket_id=a", ["/buckets/a/collections/c", "/buckets/a"]),
        ("?id=c", [C, "/buckets/a/collections/c"]),
        ("?has_collection_id=false", [G, B, "/buckets/a"]),
        ("?in_resource_name=group,record", [G, R]),
        ("?record_id=r&_since=42&last_modified=12&_before=1", [R]),
        ("?like_uri=*groups*", [G]),
    ],
)
def test_entries_are_sorted_and_filtered(several, query, expected):
    assert uris(several, query) == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?permissions=read", "Unknown filter field 'permissions'"),
        ("?title=x", "Unknown filter field 'title'"),
        ("?deleted=true", "Unknown filter field 'deleted'"),
        ("?_sort=title", "querystring: Unknown sort field 'title'"),
        ("?_fields=permissions", "Fields permissions do not exist"),
        ("?_since=abc", '_since in querystring: "abc" is not a number'),
        ("?_token=abc", "querystring: _token has invalid content"),
    ],
)
def test_other_fields_are_refused(several, query, message):
    resp = several.get(f"/permissions{query}", status=400)
    assert message in resp.json["message"]


def test_pages_cover_everything_in_order(several):
    url, found = "/permissions?_limit=2&_sort=resource_name", []
    while url:
        resp = several.get(url)
        found += [entry["uri"] for entry in resp.json["data"]]
        url = resp.headers.get("Next-Page", "").removeprefix("http://localhost")
    assert found == uris(several, "?_sort=resource_name")
    assert len(found) == 6


def test_the_fields_asked_for_and_the_id(several):
    data = several.get("/permissions?_fields=uri&resource_name=group").json["data"]
    assert data == [{"uri": G, "id": "g"}]


def test_head_counts(several):
    headers = several.head("/permissions?_limit=1").headers
    assert headers["Total-Objects"] == headers["Total-Records"] == "6"
    assert several.head("/permissions?bucket_id=a").headers["Total-Objects"] == "2"


def test_its_etag_means_nothing(several):
    etag = several.get("/permissions").headers["ETag"]
    for headers in ({"If-None-Match": etag}, {"If-Match": '"12"'}, {"If-None-Match": "*"}):
        several.get("/permissions", headers=headers, status=200)


def test_a_malformed_precondition_is_still_refused(several):
    several.get("/permissions", headers={"If-Match": "abc"}, status=400)


def test_who_may_use_it_is_a_setting(enabled, alice):
    with enabled.given(permissions_read_principals="system.Authenticated"):
        enabled.get("/permissions", status=401)
        enabled.get("/permissions", headers=alice)
