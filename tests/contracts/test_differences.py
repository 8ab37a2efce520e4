"""Each line of docs/differences.md that a client can see, asked of a server on each backend."""

from __future__ import annotations

import time

import pytest

RECORDS = "/buckets/b/collections/c/records"
CREATORS = {"permissions": {"record:create": ["system.Authenticated"]}}


@pytest.fixture
def ann(app, user_headers):
    headers = user_headers("ann")
    app.put_json("/buckets/b", headers=headers)
    app.put_json("/buckets/b/collections/c", CREATORS, headers=headers)
    return headers


def batch(app, headers, *requests):
    answer = app.post_json("/batch", {"requests": list(requests)}, headers=headers)
    return [entry["status"] for entry in answer.json["responses"]]


def put(path, **data):
    return {"method": "PUT", "path": path, "body": {"data": data}}


def ids(app, headers):
    return {record["id"] for record in app.get(RECORDS, headers=headers).json["data"]}


def test_duplicate_keys_are_refused(app, ann):
    headers = {**ann, "Content-Type": "application/json"}
    refused = app.put(f"{RECORDS}/r", '{"data": {"a": 1, "a": 2}}', headers=headers, status=400)
    assert "is repeated" in refused.json["message"]


def test_a_clock_a_day_ahead_is_refused(app, ann):
    ahead = int(time.time() * 1000) + 25 * 3600 * 1000
    app.put_json(f"{RECORDS}/r", {"data": {"last_modified": ahead}}, headers=ann, status=400)


@pytest.mark.parametrize("value", [True, "123", 1.5, None])
def test_a_timestamp_that_is_no_integer_is_ignored(app, ann, value):
    body = {"data": {"last_modified": value}}
    stored = app.put_json(f"{RECORDS}/r", body, headers=ann, status=201).json["data"]
    assert abs(stored["last_modified"] - time.time() * 1000) < 3600 * 1000


def test_numbers_come_back_as_they_were_sent(app, ann):
    headers = {**ann, "Content-Type": "application/json"}
    sent = '{"data": {"f": 1.0, "big": 12345678901234567890123}}'
    app.put(f"{RECORDS}/r", sent, headers=headers)
    text = app.get(f"{RECORDS}/r", headers=ann).text
    assert '"f":1.0' in text and '"big":12345678901234567890123' in text


def test_two_records_never_share_a_timestamp(app, ann):
    first, second = (put(f"{RECORDS}/{name}", last_modified=1000) for name in ("r1", "r2"))
    assert batch(app, ann, first, second, put(f"{RECORDS}/r3")) == [201, 409, 201]
    assert ids(app, ann) == {"r1", "r3"}


def test_412_shows_the_object_to_its_readers_only(app, ann, user_headers):
    app.put_json(f"{RECORDS}/r", {"data": {"secret": 1}}, headers=ann)
    condition = {"If-None-Match": "*"}
    body = {"data": {}}
    owner = app.put_json(f"{RECORDS}/r", body, headers={**ann, **condition}, status=412)
    other = {**user_headers("bob"), **condition}
    creator = app.put_json(f"{RECORDS}/r", body, headers=other, status=412)
    assert owner.json["details"]["existing"]["secret"] == 1
    assert "details" not in creator.json


def test_304_in_a_batch_is_an_answer(app, ann):
    app.put_json(f"{RECORDS}/r", headers=ann)
    etag = app.get(f"{RECORDS}/r", headers=ann).headers["ETag"]
    unchanged = {"path": f"{RECORDS}/r", "headers": {"If-None-Match": etag}}
    assert batch(app, ann, unchanged) == [304]


def test_batches_do_not_nest_however_they_are_written(app, ann):
    nested = {"method": "POST", "path": "/%62atch", "body": {"requests": []}}
    refused = app.post_json("/batch", {"requests": [nested]}, headers=ann, status=400)
    assert "Recursive call" in refused.json["message"]


def test_a_deletion_in_a_batch_spares_what_is_made_after_it(app, ann):
    app.put_json(f"{RECORDS}/old", headers=ann)
    statuses = batch(
        app,
        ann,
        {"method": "DELETE", "path": "/buckets/b/collections/c"},
        put("/buckets/b/collections/c"),
        put(f"{RECORDS}/new"),
    )
    assert statuses == [200, 201, 201]
    assert ids(app, ann) == {"new"}


def test_groups_hold_from_the_next_sub_request_on(app, ann, user_headers):
    bob = user_headers("bob")
    bob_id = app.get("/", headers=bob).json["user"]["id"]
    app.put_json("/buckets/b/groups/g", {"data": {"members": [bob_id]}}, headers=ann)
    shared = {"permissions": {"write": ["/buckets/b/groups/g"]}}
    app.patch_json("/buckets/b", shared, headers=ann)
    leave = {"method": "PATCH", "path": "/buckets/b/groups/g", "body": {"data": {"members": []}}}
    look = {"path": "/buckets/b"}
    assert batch(app, bob, look, leave, look) == [200, 200, 403]


def test_a_text_in_like_is_no_pattern(app, ann):
    app.put_json(f"{RECORDS}/r", {"data": {"x": "f(x)"}}, headers=ann)
    listed = app.get(f"{RECORDS}?like_x=(", headers=ann).json["data"]
    assert [record["id"] for record in listed] == ["r"]
    assert app.get(f"{RECORDS}?like_x=f.x", headers=ann).json["data"] == []


def test_ids_are_matched_whole(app, ann):
    app.put_json(f"{RECORDS}/r9%0A", headers=ann, status=400)


def test_a_bad_timestamp_of_a_deletion_is_a_400(app, ann):
    app.put_json(f"{RECORDS}/r", headers=ann)
    app.delete(f"{RECORDS}/r?last_modified=abc", headers=ann, status=400)


def test_a_readonly_server_answers_for_a_list_never_used(app, ann):
    with app.given(readonly=True):
        assert app.get("/buckets/b/groups", headers=ann).json["data"] == []


def test_deleting_a_bucket_leaves_its_neighbours_alone(app, user_headers):
    headers = user_headers("ann")
    for bucket in ("a_b", "axb", "a_bc"):
        app.put_json(f"/buckets/{bucket}", headers=headers)
        app.put_json(f"/buckets/{bucket}/collections/c", headers=headers)
        app.put_json(f"/buckets/{bucket}/collections/c/records/r", headers=headers)
    app.delete("/buckets/a_b", headers=headers)
    for bucket in ("axb", "a_bc"):
        app.get(f"/buckets/{bucket}/collections/c/records/r", headers=headers, status=200)


def test_a_list_never_written_has_one_etag(app, ann):
    path = "/buckets/b/groups"
    first = app.get(path, headers=ann).headers["ETag"]
    assert app.get(path, headers=ann).headers["ETag"] == first
    app.put_json(f"{path}/g", {"data": {"members": []}}, headers=ann)
    moved = app.get(path, headers=ann).headers["ETag"]
    app.delete("/buckets/b", headers=ann)
    app.put_json("/buckets/b", headers=ann)
    assert app.get(path, headers=ann).headers["ETag"] > moved > first
