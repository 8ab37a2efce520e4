"""Every rule holds on the alias as on the bucket: one table, each row sent to both."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.plugins.default_bucket.conftest import SETTINGS

RULES = {
    **SETTINGS,
    "includes": "kinto.plugins.default_bucket kinto.plugins.history kinto.plugins.quotas",
    "experimental_collection_schema_validation": True,
    "quotas.bucket_max_bytes_per_item": 1000,
    "paginate_by": 2,
}
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
BAD = {"data": {"n": "text"}}
GOOD = {"data": {"n": 1}}


@dataclass(frozen=True)
class Row:
    """One request below the bucket, by its owner or by somebody else, and its status."""

    rule: str
    method: str
    path: str
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.rule}: {self.method} {self.path}"


STRICT = "collections/strict"
ROWS = [
    Row("schema", "PUT", f"{STRICT}/records/x", 400, BAD),
    Row("schema", "POST", f"{STRICT}/records", 400, BAD),
    Row("schema", "PATCH", f"{STRICT}/records/r", 400, BAD),
    Row("schema", "PUT", f"{STRICT}/records/x", 201, GOOD),
    Row("schema", "PUT", f"{STRICT}/records/x", 400, {"data": {}}),
    Row("schema", "PATCH", STRICT, 400, {"data": {"schema": {"type": "nonsense"}}}),
    Row("quotas", "PUT", f"{STRICT}/records/x", 507, {"data": {"n": 1, "a": "x" * 1000}}),
    Row("quotas", "PUT", "groups/g", 507, {"data": {"members": ["x" * 1000]}}),
    Row("preconditions", "PUT", f"{STRICT}/records/r", 412, GOOD, {"If-None-Match": "*"}),
    Row("preconditions", "PATCH", f"{STRICT}/records/r", 412, GOOD, {"If-Match": '"1"'}),
    Row("preconditions", "DELETE", STRICT, 412, None, {"If-Match": '"1"'}),
    Row("ids", "PUT", f"{STRICT}/records/a%20b", 400, GOOD),
    Row("ids", "PUT", "groups/a%20b", 400, {"data": {"members": []}}),
    Row("bodies", "PUT", f"{STRICT}/records/x", 400, {"data": 3}),
    Row("bodies", "PUT", f"{STRICT}/records/x", 400, {"permissions": {"fly": ["me"]}}),
    Row("filters", "GET", f"{STRICT}/records?min_n=1", 200),
    Row("filters", "GET", f"{STRICT}/records?_sort=-n&_fields=n", 200),
    Row("filters", "GET", f"{STRICT}/records?_limit=abc", 400),
    Row("pages", "GET", f"{STRICT}/records?_limit=1", 200),
    Row("lists", "GET", "collections", 200),
    Row("lists", "GET", "groups", 200),
    Row("missing", "GET", f"{STRICT}/records/nobody", 404),
    Row("missing", "GET", "groups/nobody", 404),
    Row("missing", "DELETE", f"{STRICT}/records/nobody", 404),
    Row("deletion", "DELETE", f"{STRICT}/records/r", 200),
    Row("deletion", "DELETE", f"{STRICT}/records", 200),
    Row("deletion", "DELETE", STRICT, 200),
    Row("history", "GET", "history?_limit=1", 200),
    Row("history", "GET", "history?nonsense=1", 400),
    Row("snapshots", "GET", "snapshot/collections/strict@5", 200),
    Row("snapshots", "GET", "snapshot/collections/strict@abc", 400),
    Row("restoring", "POST", "restore/collections/strict@5", 200),
    Row("methods", "PUT", f"{STRICT}/records", 405, GOOD),
    Row("nowhere", "GET", "nonsense", 404),
]


@pytest.fixture
def app(make_app):
    return make_app(**RULES)


@pytest.fixture
def bucket(app, ann):
    """The real URI of ann's bucket, which holds the collection `strict` with two records."""
    uri = f"/buckets/{app.get('/', headers=ann).json['user']['bucket']}"
    default = "/buckets/default"
    app.put_json(f"{default}/{STRICT}", {"data": {"schema": SCHEMA}}, headers=ann)
    for name in ("r", "s"):
        app.put_json(f"{default}/{STRICT}/records/{name}", GOOD, headers=ann)
    return uri


def send(app, row, uri, headers):
    body = b"" if row.body is None else json.dumps(row.body).encode()
    headers = {**headers, **row.headers, "Content-Type": "application/json"}
    return app.request(
        f"{uri}/{row.path}", method=row.method, headers=headers, body=body, expect_errors=True
    )


def comparable(resp):
    """An answer without what two answers may differ in: times and new ids."""

    def plain(value):
        if isinstance(value, dict):
            varying = ["last_modified", "schema", "date"]
            if "action" in value:  # an entry of the history
                varying.append("id")
            return {k: plain(v) for k, v in value.items() if k not in varying}
        return [plain(item) for item in value] if isinstance(value, list) else value

    body = plain(resp.json) if resp.body else None
    if resp.status_int == 201 and body["data"]["id"] not in ("x", "r"):
        body["data"]["id"] = "new"
    return resp.status_int, body, sorted(resp.headers)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_owner_is_answered_alike(app, ann, bucket, row, make_app):
    direct = comparable(send(app, row, bucket, ann))
    assert direct[0] == row.status
    again = make_app(**RULES)
    again.put_json(
        f"/buckets/default/{STRICT}", {"data": {"schema": SCHEMA}}, headers=ann, status=201
    )
    for name in ("r", "s"):
        again.put_json(f"/buckets/default/{STRICT}/records/{name}", GOOD, headers=ann)
    assert comparable(send(again, row, "/buckets/default", ann)) == direct


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_in_a_batch_too(app, ann, bucket, row, make_app):
    path = row.path
    request = {"method": row.method, "path": f"/buckets/default/{path}", "headers": row.headers}
    if row.body is not None:
        request["body"] = row.body
    resp = app.post_json("/batch", {"requests": [request]}, headers=ann, status="*")
    if row.status == 507:
        assert resp.status_int == 507
        return
    assert resp.json["responses"][0]["status"] == row.status


@pytest.mark.parametrize("row", {row.rule: row for row in ROWS[:-1]}.values(), ids=str)
def test_others_reach_their_own_bucket_by_it_and_not_this_one(app, ann, user_headers, bucket, row):
    bob = user_headers("bob")
    assert send(app, row, bucket, bob).status_int in (403, 405)
    before = app.storage.count_all("record", f"{bucket}/{STRICT}")
    send(app, row, "/buckets/default", bob)
    assert app.storage.count_all("record", f"{bucket}/{STRICT}") == before
    assert send(app, row, "/buckets/default", {}).status_int in (401, 405)


def test_writes_by_the_alias_are_in_the_history_and_in_the_counts(app, ann, bucket):
    app.delete(f"/buckets/default/{STRICT}/records/r", headers=ann)
    entries = app.get(f"{bucket}/history?_limit=2", headers=ann).json["data"]
    assert entries[0]["uri"] == f"{bucket}/{STRICT}/records/r"
    assert entries[0]["action"] == "delete"
    (info,) = app.storage.get_many([("quota", bucket, "bucket_info")])
    assert (info["record_count"], info["collection_count"]) == (1, 1)


def test_permissions_given_by_the_alias_count_on_the_bucket(app, ann, bucket, user_headers):
    bob = user_headers("bob")
    user = app.get("/", headers=bob).json["user"]["id"]
    app.patch_json(f"/buckets/default/{STRICT}", {"permissions": {"read": [user]}}, headers=ann)
    assert len(app.get(f"{bucket}/{STRICT}/records", headers=bob).json["data"]) == 2
    app.put_json(f"{bucket}/{STRICT}/records/x", GOOD, headers=bob, status=403)
