"""What API tokens reach, by every route: what they are limited to, and nothing else."""

from __future__ import annotations

import json

import pytest

from tests.factories import credentials
from tests.plugins.accounts.conftest import OWN, SETTINGS, bearer, ids, token_body

ALLOWED = [
    ("GET", OWN, 200),
    ("PATCH", OWN, 200),
    ("GET", f"{OWN}/records", 200),
    ("HEAD", f"{OWN}/records", 200),
    ("GET", f"{OWN}/records/r", 200),
    ("GET", f"{OWN}/records/unknown", 404),
    ("PUT", f"{OWN}/records/new", 201),
    ("POST", f"{OWN}/records", 201),
    ("PATCH", f"{OWN}/records/r", 200),
    ("DELETE", f"{OWN}/records/r", 200),
    ("DELETE", f"{OWN}/records", 200),
    ("DELETE", OWN, 200),
    ("GET", "/buckets/b/collections", 200),
    ("GET", "/permissions", 200),
    ("PUT", OWN, 201),
    ("DELETE", "/buckets/b/collections", 200),
]
REFUSED = [
    ("GET", "/buckets", 403),
    ("POST", "/buckets", 403),
    ("DELETE", "/buckets", 403),
    ("PUT", "/buckets/new", 403),
    ("GET", "/buckets/b", 403),
    ("PATCH", "/buckets/b", 403),
    ("DELETE", "/buckets/b", 403),
    ("POST", "/buckets/b/collections", 403),
    ("PUT", "/buckets/b/collections/new", 403),
    ("GET", "/buckets/b/collections/e", 403),
    ("DELETE", "/buckets/b/collections/e", 403),
    ("GET", "/buckets/b/collections/e/records", 403),
    ("GET", "/buckets/b/collections/e/records/r", 403),
    ("PUT", "/buckets/b/collections/e/records/new", 403),
    ("DELETE", "/buckets/b/collections/e/records", 403),
    ("GET", "/buckets/b/groups", 403),
    ("GET", "/buckets/b/groups/g", 403),
    ("PATCH", "/buckets/b/groups/g", 403),
    ("GET", "/buckets/b/history", 403),
    ("DELETE", "/buckets/b/history", 403),
    ("GET", "/buckets/b/snapshot/collections/e@1", 403),
    ("GET", "/buckets/d/collections/c/records", 403),
    ("GET", "/buckets/default", 403),
    ("GET", "/buckets/default/collections/c/records", 403),
    ("GET", "/accounts", 403),
    ("GET", "/accounts/ann", 403),
    ("PATCH", "/accounts/ann", 403),
    ("DELETE", "/accounts/ann", 403),
    ("GET", "/accounts/ann/tokens", 403),
    ("POST", "/accounts/ann/tokens", 403),
    ("DELETE", "/accounts/ann/tokens", 403),
    ("GET", "/accounts/ann/sessions", 403),
    ("POST", "/accounts/ann/sessions", 403),
    ("DELETE", "/__user_data__/account:ann", 403),
    ("POST", "/__flush__", 403),
]
BODIES = {
    "PATCH": {"data": {"x": 1}},
    "PUT": {"data": {}},
    "POST": {"data": {"name": "x", "access": "write", "resources": ["/buckets"]}},
}


@pytest.mark.parametrize("rows", [ALLOWED, REFUSED], ids=["allowed", "refused"])
def test_a_token_reaches_its_collection_and_nothing_else(everywhere, rows):
    app, headers = everywhere
    seen = []
    for method, path, _ in rows:
        body = json.dumps(BODIES[method]).encode() if method in BODIES else b""
        kind = {"Content-Type": "application/json"} if body else {}
        resp = app.request(
            path, method=method, headers={**headers, **kind}, body=body, expect_errors=True
        )
        seen.append((method, path, resp.status_int))
    assert seen == rows


@pytest.mark.parametrize("rows", [ALLOWED, REFUSED], ids=["allowed", "refused"])
def test_the_same_in_batches(everywhere, rows):
    app, headers = everywhere
    seen = []
    for start in range(0, len(rows), 20):
        some = rows[start : start + 20]
        requests = [
            {
                "method": method,
                "path": path,
                **({"body": BODIES[method]} if method in BODIES else {}),
            }
            for method, path, _ in some
        ]
        resp = app.post_json("/batch", {"requests": requests}, headers=headers)
        statuses = [item["status"] for item in resp.json["responses"]]
        seen += [(*row[:2], status) for row, status in zip(some, statuses, strict=True)]
    assert seen == rows


@pytest.fixture
def everywhere(make_app):
    """An application with every plugin, the world of an administrator, and a token of hers."""
    app = make_app(
        **{
            **SETTINGS,
            "includes": "kinto.plugins.accounts kinto.plugins.default_bucket"
            " kinto.plugins.history kinto.plugins.flush",
            "default_bucket_hmac_secret": "of the tests",
            "bucket_create_principals": "system.Authenticated",
            "experimental_permissions_endpoint": "true",
            "account_write_principals": "account:ann",
            "account_read_principals": "account:ann",
            "flush_create_principals": "account:ann",
            "user-data_delete_principals": "account:ann",
        }
    )
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}}, status=201)
    ann = credentials("ann")
    for path in ("/buckets/b", "/buckets/d"):
        app.put_json(path, headers=ann)
        app.put_json(f"{path}/groups/g", {"data": {"members": []}}, headers=ann)
        for name in "ce":
            app.put_json(f"{path}/collections/{name}", headers=ann)
            app.put_json(f"{path}/collections/{name}/records/r", headers=ann)
    made = app.post_json("/accounts/ann/tokens", token_body(OWN), headers=ann, status=201)
    return app, bearer(made.json["data"]["token"])


def test_lists_hold_what_is_within_reach(everywhere):
    app, headers = everywhere
    assert ids(app, "/buckets/b/collections", headers) == ["c"]
    resp = app.head("/buckets/b/collections", headers=headers)
    assert resp.headers["Total-Objects"] == "1"
    for query in ("id=e", "not_id=c", "_since=0&id=e", "_sort=id&gt_id=c"):
        assert ids(app, f"/buckets/b/collections?{query}", headers) == []
    assert [
        item["id"] for item in app.delete("/buckets/b/collections", headers=headers).json["data"]
    ] == ["c"]
    assert ids(app, "/buckets/b/collections", credentials("ann")) == ["e"]


def test_the_permissions_endpoint_shows_what_the_token_may(everywhere):
    app, headers = everywhere
    entries = app.get("/permissions", headers=headers).json["data"]
    assert sorted(item["uri"] for item in entries) == [OWN, f"{OWN}/records/r"]
    made = app.post_json(
        "/accounts/ann/tokens", token_body("/buckets", access="read"), headers=credentials("ann")
    )
    entries = app.get("/permissions", headers=bearer(made.json["data"]["token"])).json["data"]
    assert "/buckets/d" in [item["uri"] for item in entries]
    assert {name for item in entries for name in item["permissions"]} <= {"read", "read:attributes"}
    assert {item["resource_name"] for item in entries} <= {
        "bucket",
        "collection",
        "group",
        "record",
    }


def test_errors_show_nothing_that_is_out_of_reach(everywhere):
    app, headers = everywhere
    stale = {**headers, "If-None-Match": "*"}
    resp = app.put_json(f"{OWN}/records/r", {"data": {}}, headers=stale, status=412)
    assert resp.json["details"]["existing"]["id"] == "r"
    resp = app.put_json(
        "/buckets/b/collections/e/records/r", {"data": {}}, headers=stale, status=403
    )
    assert "details" not in resp.json


def test_a_token_of_a_bucket_reaches_what_is_in_it(everywhere):
    app, _ = everywhere
    made = app.post_json(
        "/accounts/ann/tokens", token_body("/buckets/b"), headers=credentials("ann")
    )
    headers = bearer(made.json["data"]["token"])
    assert ids(app, "/buckets", headers) == ["b"]
    assert ids(app, "/buckets/b/collections", headers) == ["e", "c"]
    app.get("/buckets/b/history", headers=headers)
    app.get("/buckets/b/groups/g", headers=headers)
    app.get("/buckets/d", headers=headers, status=403)
    app.put_json("/buckets/bb", headers=headers, status=403)


def test_a_reading_token_changes_nothing(everywhere):
    app, _ = everywhere
    made = app.post_json(
        "/accounts/ann/tokens", token_body("/buckets", access="read"), headers=credentials("ann")
    )
    headers = bearer(made.json["data"]["token"])
    before = app.storage.resource_timestamp("bucket", "")
    shown = app.get(f"{OWN}/records/r", headers=headers).json
    assert "write" not in shown.get("permissions", {})
    app.get("/buckets/b/history", headers=headers)
    for method, path in (
        ("DELETE", f"{OWN}/records/r"),
        ("DELETE", f"{OWN}/records"),
        ("DELETE", f"{OWN}/records/unknown"),
        ("DELETE", "/buckets/b/history"),
        ("GET", "/buckets/default"),
    ):
        app.request(path, method=method, headers=headers, status=403)
    app.put_json(f"{OWN}/records/n", headers=headers, status=403)
    app.post_json(f"{OWN}/records", {"data": {}}, headers=headers, status=403)
    app.patch_json(f"{OWN}/records/r", {"data": {"a": 2}}, headers=headers, status=403)
    app.put_json("/buckets/n", headers=headers, status=403)
    assert app.storage.resource_timestamp("bucket", "") == before


def test_a_token_of_a_collection_of_the_personal_bucket(everywhere):
    app, _ = everywhere
    ann = credentials("ann")
    body = token_body("/buckets/default/collections/tasks")
    made = app.post_json("/accounts/ann/tokens", body, headers=ann).json["data"]
    bucket = app.get("/", headers=ann).json["user"]["bucket"]
    assert made["resources"] == [f"/buckets/{bucket}/collections/tasks"]
    headers = bearer(made["token"])
    app.put_json("/buckets/default/collections/tasks/records/r", headers=headers, status=201)
    app.get("/buckets/default/collections/other/records", headers=headers, status=403)
    assert ids(app, "/buckets/default/collections", ann) == ["tasks"]


def test_batches_with_other_credentials_are_narrowed_each_for_itself(everywhere):
    app, headers = everywhere
    path = "/buckets/b/collections/e/records"
    requests = [
        {"path": path},
        {"path": path, "headers": credentials("ann")},
        {"path": path},
        {"path": f"{OWN}/records"},
    ]
    resp = app.post_json("/batch", {"requests": requests}, headers=headers)
    assert [item["status"] for item in resp.json["responses"]] == [403, 200, 403, 200]
    resp = app.post_json(
        "/batch",
        {"requests": [{**requests[0], "headers": headers}, requests[0]]},
        headers=credentials("ann"),
    )
    assert [item["status"] for item in resp.json["responses"]] == [403, 200]


def test_files_are_within_reach_with_their_record(make_app, tmp_path):
    app = make_app(
        **{**SETTINGS, "includes": "kinto.plugins.accounts kinto.plugins.attachments"},
        **{"attachment.base_path": str(tmp_path)},
    )
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}}, status=201)
    ann = credentials("ann")
    app.put_json("/buckets/b", headers=ann)
    for name in "ce":
        uri = f"/buckets/b/collections/{name}"
        app.put_json(uri, headers=ann)
        file = [("attachment", "a.txt", b"hello")]
        app.post(f"{uri}/records/r/attachment", upload_files=file, headers=ann, status=201)
    for access, status in (("write", 200), ("read", 403)):
        made = app.post_json("/accounts/ann/tokens", token_body(OWN, access=access), headers=ann)
        headers = bearer(made.json["data"]["token"])
        file = "records/r/attachments/main"
        assert app.get(f"{OWN}/{file}", headers=headers).body == b"hello"
        again = [("attachment", "a.txt", b"again" if status == 200 else b"other")]
        path = f"{OWN}/records/r/attachment"
        app.post(path, upload_files=again, headers=headers, status=status)
        app.post(path, upload_files=[("attachment", "a.txt", b"hello")], headers=ann)
        other = "/buckets/b/collections/e"
        app.get(f"{other}/{file}", headers=headers, status=403)
        app.delete(f"{other}/records/r/attachment", headers=headers, status=403)
        path = f"{other}/records/r/attachment"
        app.post(path, upload_files=again, headers=headers, status=403)
