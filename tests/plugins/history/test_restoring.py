"""Restoring: records are again what they were, by writes that follow every rule."""

from __future__ import annotations

import pytest

from tests.plugins.history.conftest import B, C, R

RESTORE = f"{B}/restore/collections/c"


def etag(resp):
    return int(resp.headers["ETag"].strip('"'))


def contents(app, ann):
    """Records by id, without what a write changes by itself."""
    records = app.get(f"{C}/records", headers=ann).json["data"]
    return {
        record["id"]: {k: v for k, v in record.items() if k != "last_modified"}
        for record in records
    }


@pytest.fixture
def moment(filled, ann):
    """`moment()`: the time of the list of records."""
    return lambda: etag(filled.get(f"{C}/records", headers=ann))


@pytest.fixture
def restore(filled, ann):
    """`restore(timestamp)`: what the server says of a restoration of the collection."""

    def post(timestamp, path=RESTORE, headers=ann, status=200):
        resp = filled.post(f"{path}@{timestamp}", headers=headers, status=status)
        return resp.json["data"] if status == 200 else resp.json

    return post


def test_a_collection_is_again_what_it_was_at_each_moment(filled, ann, moment, restore):
    changes = [
        ("PUT", f"{C}/records/s", {"data": {"n": 1}}),
        ("PATCH", R, {"data": {"n": 2}}),
        ("DELETE", f"{C}/records/s", None),
        ("PUT", f"{C}/records/s", {"data": {"again": True}}),
        ("DELETE", f"{C}/records", None),
        ("PUT", f"{C}/records/t", {"data": {"n": [1, {"a": None}]}}),
        ("PUT", R, {"data": {"n": 1.0}}),
    ]
    known = {moment(): contents(filled, ann)}
    for method, path, body in changes:
        request = {"method": method, "path": path, **({"body": body} if body else {})}
        filled.post_json("/batch", {"requests": [request]}, headers=ann)
        known[moment()] = contents(filled, ann)
    for timestamp, records in reversed(known.items()):
        restore(timestamp)
        assert contents(filled, ann) == records
    for timestamp, records in known.items():
        restore(timestamp)
        assert contents(filled, ann) == records


def test_what_was_done_is_told_and_repeating_it_changes_nothing(filled, ann, moment, restore):
    filled.put_json(f"{C}/records/same", headers=ann)
    before = moment()
    filled.put_json(R, {"data": {"n": 2}}, headers=ann)
    filled.put_json(f"{C}/records/new", headers=ann)
    told = {"timestamp": before, "written": 1, "deleted": 1, "unchanged": 1, "unknown": []}
    assert restore(before) == told
    after = moment()
    assert restore(before) == {**told, "written": 0, "deleted": 0, "unchanged": 2}
    assert moment() == after


def test_one_record_is_restored_alone(filled, ann, moment, restore):
    filled.put_json(f"{C}/records/s", {"data": {"n": 1}}, headers=ann)
    before = moment()
    filled.delete(R, headers=ann)
    filled.put_json(f"{C}/records/s", {"data": {"n": 2}}, headers=ann)
    assert restore(before, path=f"{RESTORE}/records/r")["written"] == 1
    assert contents(filled, ann) == {"r": {"id": "r", "n": 1}, "s": {"id": "s", "n": 2}}


def test_records_of_a_deleted_collection_come_back(filled, ann, moment, restore):
    filled.put_json(f"{C}/records/s", {"data": {"n": 1}}, headers=ann)
    filled.delete(f"{C}/records/s", headers=ann)
    before = moment()
    filled.delete(C, headers=ann)
    restore(before, status=404)
    filled.put_json(C, headers=ann)
    assert restore(moment())["written"] == 0
    assert restore(before)["written"] == 1
    assert contents(filled, ann) == {"r": {"id": "r", "n": 1}}


def test_a_restoration_is_recorded_and_dated_like_any_write(filled, ann, moment, history, restore):
    before = moment()
    filled.put_json(R, {"data": {"n": 2}}, headers=ann)
    changed = moment()
    restore(before)
    assert moment() > changed
    entry = history("?record_id=r")[0]
    assert (entry["action"], entry["target"]["data"]["n"]) == ("update", 1)
    restore(changed)
    assert contents(filled, ann)["r"]["n"] == 2


def test_who_may_write_the_records_may_restore(filled, ann, bob, moment, restore, shared):
    before = moment()
    filled.put_json(R, {"data": {"n": 2}}, headers=ann)
    restore(before, headers=bob, status=403)
    restore(before, headers={}, status=401)
    for permission in ("read", "record:create"):
        shared(C, permission)
        restore(before, headers=bob, status=403)
    restore(before, headers=bob, path=f"{RESTORE}/records/r", status=403)
    shared(R, "write")
    restore(before, headers=bob, status=403)
    restore(before, headers=bob, path=f"{RESTORE}/records/r")
    shared(C, "write")
    restore(before, headers=bob)


def test_nothing_is_restored_unless_everything_is(make_app, ann):
    app = make_app(includes="kinto.plugins.history", experimental_collection_schema_validation=True)
    app.put_json(B, headers=ann)
    app.put_json(C, headers=ann)
    app.put_json(R, {"data": {"n": 1}}, headers=ann)
    app.put_json(f"{C}/records/a", {"data": {"n": "text"}}, headers=ann)
    before = etag(app.get(f"{C}/records", headers=ann))
    app.put_json(R, {"data": {"n": 2}}, headers=ann)
    app.put_json(f"{C}/records/a", {"data": {"n": 3}}, headers=ann)
    schema = {"properties": {"n": {"type": "integer"}}}
    app.patch_json(C, {"data": {"schema": schema}}, headers=ann)
    resp = app.post(f"{RESTORE}@{before}", headers=ann, status=400)
    assert resp.json["errno"] == 107 and "n" in resp.json["message"]
    assert {one["n"] for one in app.get(f"{C}/records", headers=ann).json["data"]} == {2, 3}
    app.patch_json(C, {"data": {"schema": {}}}, headers=ann)
    assert app.post(f"{RESTORE}@{before}", headers=ann).json["data"]["written"] == 2


def test_what_the_history_forgot_is_left_alone_and_told(filled, ann, moment, restore):
    before = moment()
    filled.put_json(R, {"data": {"n": 2}}, headers=ann)
    filled.put_json(f"{C}/records/later", headers=ann)
    filled.delete(f"{B}/history?resource_name=record&action=create", headers=ann)
    told = restore(before)
    assert told["unknown"] == ["later", "r"] and told["written"] == told["deleted"] == 0
    assert contents(filled, ann)["r"]["n"] == 2


def test_it_works_in_a_batch(filled, ann, moment):
    before = moment()
    requests = [
        {"method": "PUT", "path": R, "body": {"data": {"n": 2}}},
        {"method": "POST", "path": f"{RESTORE}@{before}"},
        {"method": "GET", "path": R},
    ]
    resp = filled.post_json("/batch", {"requests": requests}, headers=ann)
    assert [one["status"] for one in resp.json["responses"]] == [200, 200, 200]


def test_a_batch_is_recorded_in_the_order_in_which_it_was_done(
    filled, ann, moment, restore, history
):
    requests = [
        {"method": "DELETE", "path": R},
        {"method": "PUT", "path": R, "body": {"data": {"n": 5}}},
        {"method": "DELETE", "path": R},
        {"method": "PUT", "path": R, "body": {"data": {"n": 6}}},
    ]
    filled.post_json("/batch", {"requests": requests}, headers=ann)
    entries = history("?record_id=r&_limit=4")
    assert [one["action"] for one in entries] == ["create", "delete", "create", "delete"]
    before = moment()
    filled.patch_json(R, {"data": {"n": 7}}, headers=ann)
    snapshot = filled.get(f"{B}/snapshot/collections/c@{before}", headers=ann).json["data"]
    assert [one["n"] for one in snapshot] == [6]
    restore(before)
    assert contents(filled, ann)["r"]["n"] == 6


def test_a_bucket_deleted_in_a_batch_leaves_no_history(filled, ann):
    requests = [
        {"method": "PUT", "path": R, "body": {"data": {"n": 5}}},
        {"method": "DELETE", "path": B},
        {"method": "PUT", "path": "/buckets/another"},
        {"method": "PUT", "path": "/buckets/another/groups/g", "body": {"data": {"members": []}}},
    ]
    filled.post_json("/batch", {"requests": requests}, headers=ann)
    assert filled.storage.count_all("history", B) == 0
    assert filled.storage.count_all("history", "/buckets/another") == 2


def test_preconditions_of_the_request_are_not_those_of_the_records(filled, ann, moment, restore):
    before = moment()
    filled.put_json(R, {"data": {"n": 2}}, headers=ann)
    assert restore(before, headers={**ann, "If-None-Match": "*"})["written"] == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{RESTORE}@abc", 400),
        (f"{RESTORE}@-1", 400),
        (f"{RESTORE}@1.5", 400),
        (f"{B}/restore/collections/x@1", 404),
        (f"{B}/restore/collections/c%20c@1", 404),
        (f"{RESTORE}/records/%2F@1", 404),
        (f"{RESTORE}/records/r", 404),
    ],
)
def test_what_cannot_be_restored(filled, ann, path, status):
    filled.post(path, headers=ann, status=status)


def test_a_readonly_server_restores_nothing(make_app, ann):
    app = make_app(includes="kinto.plugins.history", readonly=True)
    app.post(f"{RESTORE}@1", headers=ann, status=405)


def test_a_personal_bucket_is_restored_by_its_alias(make_app, ann):
    app = make_app(
        includes="kinto.plugins.default_bucket kinto.plugins.history",
        default_bucket_hmac_secret="a secret of the buckets",
    )
    records = "/buckets/default/collections/c/records"
    app.put_json(f"{records}/r", {"data": {"n": 1}}, headers=ann)
    before = etag(app.get(records, headers=ann))
    app.put_json(f"{records}/r", {"data": {"n": 2}}, headers=ann)
    app.post(f"/buckets/default/restore/collections/c@{before}", headers=ann)
    assert app.get(f"{records}/r", headers=ann).json["data"]["n"] == 1
