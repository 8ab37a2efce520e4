"""`/buckets/{id}/history` and snapshots: who may read what, now (plugins: 7.3, 7.4, 7.6)."""

from __future__ import annotations

import pytest

from tests.plugins.history.conftest import SETTINGS, B, C, D, R


@pytest.mark.parametrize(
    ("uri", "permission", "seen"),
    [
        (B, "read", {B, C, R, f"{B}/groups/g", D, f"{D}/records/s"}),
        (B, "write", {B, C, R, f"{B}/groups/g", D, f"{D}/records/s"}),
        (C, "read", {C, R}),
        (C, "write", {C, R}),
        (R, "read", {R}),
        (R, "write", {R}),
        (f"{B}/groups/g", "read", {f"{B}/groups/g"}),
        (B, "collection:create", None),
        (C, "record:create", None),
    ],
)
def test_one_sees_the_entries_of_what_one_may_read(
    filled, bob, shared, history, uri, permission, seen
):
    shared(uri, permission)
    if seen is None:
        filled.get(f"{B}/history", headers=bob, status=403)
        return
    assert {item["uri"] for item in history(headers=bob)} == seen
    assert {item["uri"] for item in history("?has_uri=true", headers=bob)} == seen
    hidden = history(f"?collection_id=d&uri={D}/records/s", headers=bob)
    assert bool(hidden) == (uri == B)


def test_a_right_that_is_taken_away_hides_what_it_showed(filled, ann, bob, shared, history):
    shared(C)
    assert history(headers=bob)
    filled.patch_json(C, {"permissions": {"read": []}}, headers=ann)
    filled.get(f"{B}/history", headers=bob, status=403)


def test_entries_have_no_permission_of_their_own(filled, ann):
    uris = filled.permission.get_accessible_objects(
        filled.get("/", headers=ann).json["user"]["principals"]
    )
    assert not [uri for uri in uris if "/history" in uri]


@pytest.mark.parametrize("limit", [1, 2])
def test_pages_of_a_restricted_reader_hold_together(filled, ann, bob, shared, limit):
    for index in range(3):
        filled.put_json(f"{C}/records/r{index}", headers=ann)
    shared(C)
    url, seen = f"{B}/history?_limit={limit}", []
    while url:
        resp = filled.get(url, headers=bob)
        seen += [item["uri"] for item in resp.json["data"]]
        url = resp.headers.get("Next-Page", "").partition("http://localhost")[2]
    whole = [item["uri"] for item in filled.get(f"{B}/history", headers=bob).json["data"]]
    assert seen == whole
    assert len(whole) == 6


@pytest.mark.parametrize(
    ("method", "path", "anonymous", "other", "owner"),
    [
        ("GET", f"{B}/history", 401, 403, 200),
        ("HEAD", f"{B}/history", 401, 403, 200),
        ("DELETE", f"{B}/history", 401, 403, 200),
        ("POST", f"{B}/history", 405, 405, 405),
        ("PUT", f"{B}/history", 405, 405, 405),
        ("PATCH", f"{B}/history", 405, 405, 405),
        ("GET", f"{B}/history/x", 404, 404, 404),
        ("GET", "/buckets/unknown/history", 401, 403, 403),
        ("GET", "/buckets/b!/history", 401, 403, 403),
        ("GET", f"{B}/snapshot/collections/c@99", 401, 403, 200),
        ("POST", f"{B}/snapshot/collections/c@99", 405, 405, 405),
        ("GET", f"{B}/snapshot/collections/c", 404, 404, 404),
        ("GET", f"{B}/snapshot/collections/c@abc", 401, 403, 400),
        ("GET", f"{B}/snapshot/collections/c@-1", 401, 403, 400),
        ("GET", f"{B}/snapshot/collections/c@1{'0' * 30}", 401, 403, 400),
        ("GET", f"{B}/snapshot/collections/unknown@5", 401, 403, 200),
        ("GET", f"{B}/snapshot/collections/a!@5", 401, 403, 404),
    ],
)
def test_who_may_do_what(filled, ann, bob, method, path, anonymous, other, owner):
    for headers, status in (({}, anonymous), (bob, other), (ann, owner)):
        filled.request(path, method=method, headers=headers, status=status)


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("DELETE", 403)])
def test_readers_of_a_collection_delete_nothing(filled, bob, shared, method, status):
    shared(C, "write")
    filled.request(f"{B}/history", method=method, headers=bob, status=status)


def test_settings_open_all_histories(make_app, ann, bob):
    opened = {"history_read_principals": "system.Authenticated"}
    app = make_app(**SETTINGS, **opened)
    app.put_json(B, headers=ann)
    assert len(app.get(f"{B}/history", headers=bob).json["data"]) == 1
    app.delete(f"{B}/history", headers=bob, status=403)
    app.get(f"{B}/snapshot/collections/c@5", headers=bob, status=403)
    app.get("/buckets/b!/history", headers=bob, status=404)


def test_heads_count_nothing(filled, ann):
    resp = filled.head(f"{B}/history", headers=ann)
    assert "Total-Objects" not in resp.headers
    assert "ETag" in resp.headers


def test_the_list_is_conditional(filled, ann):
    etag = filled.get(f"{B}/history", headers=ann).headers["ETag"]
    filled.get(f"{B}/history", headers={**ann, "If-None-Match": etag}, status=304)
    filled.put_json(R, headers=ann)
    filled.get(f"{B}/history", headers={**ann, "If-None-Match": etag}, status=200)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("record_id=r", 1),
        ("record_id=2", 1),
        ("in_record_id=2,r", 2),
        ("bucket_id=b", 1),
        ("collection_id=c", 3),
        ("action=update", 0),
        ("target.data.n=1", 1),
        ("has_target.permissions.write=true", 5),
        ("like_uri=*groups*", 1),
        ("resource_name=record&_limit=1", 1),
        ("_since=0", 5),
        ("not_resource_name=record", 3),
    ],
)
def test_entries_are_filtered(filled, ann, history, query, count):
    filled.put_json(f"{C}/records/2", headers=ann)
    assert len(history(f"?{query}")) == count


def test_unknown_fields_are_refused(filled, ann):
    resp = filled.get(f"{B}/history?foo=1", headers=ann, status=400)
    assert resp.json["details"][0]["description"] == "Unknown filter field 'foo'"


def test_entries_are_deleted_and_leave_tombstones(filled, ann, history):
    resp = filled.delete(f"{B}/history?record_id=r", headers=ann)
    assert [item["deleted"] for item in resp.json["data"]] == [True]
    assert len(history()) == 3
    assert len([item for item in history("?_since=0") if item.get("deleted")]) == 1


def test_a_read_only_server_deletes_nothing(make_app):
    make_app(**SETTINGS, readonly="true").delete(f"{B}/history", status=405)


def test_a_snapshot_is_what_the_list_was(filled, ann):
    """After every change the list is kept; later, each is found again."""
    changes = [
        ("PUT", f"{C}/records/a", {"data": {"v": 1}}),
        ("PUT", f"{C}/records/b", {"data": {"v": 1}}),
        ("PATCH", f"{C}/records/a", {"data": {"v": 2}}),
        ("DELETE", f"{C}/records/b", None),
        ("PUT", f"{C}/records/b", {"data": {"v": 3}}),
        ("DELETE", f"{C}/records", None),
        ("PUT", f"{C}/records/a", {"data": {"v": 4}}),
    ]
    known = {}
    for method, path, body in changes:
        request = {"method": method, "path": path, **({"body": body} if body else {})}
        filled.post_json("/batch", {"requests": [request]}, headers=ann)
        resp = filled.get(f"{C}/records", headers=ann)
        known[int(resp.headers["ETag"].strip('"'))] = resp.json["data"]
    for moment, records in known.items():
        resp = filled.get(f"{B}/snapshot/collections/c@{moment}", headers=ann)
        assert resp.json["data"] == records
        assert "ETag" not in resp.headers
    assert filled.get(f"{B}/snapshot/collections/c@0", headers=ann).json["data"] == []


@pytest.mark.parametrize(("permission", "status"), [("read", 200), ("record:create", 403)])
def test_snapshots_are_for_readers_of_the_collection(filled, bob, shared, permission, status):
    shared(C, permission)
    filled.get(f"{B}/snapshot/collections/c@99", headers=bob, status=status)


def test_personal_buckets_have_a_history(make_app, ann):
    app = make_app(
        includes="kinto.plugins.default_bucket kinto.plugins.history",
        default_bucket_hmac_secret="a secret of the buckets",
    )
    app.put_json("/buckets/default/collections/c/records/r", headers=ann)
    entries = app.get("/buckets/default/history", headers=ann).json["data"]
    assert [item["resource_name"] for item in entries] == ["record", "collection", "bucket"]
    app.get("/buckets/default/snapshot/collections/c@5", headers=ann)
    app.delete("/buckets/default", headers=ann)
    entries = app.get("/buckets/default/collections", headers=ann).json["data"]
    assert entries == []
