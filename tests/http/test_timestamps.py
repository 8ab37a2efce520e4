"""Timestamps of lists when clients date what they send (http: 3.6, 3.13; reliability: P3)."""

import itertools

import pytest

from kinto.core.runtime import clock
from tests.http.conftest import HOUR, RECORDS, B, C, ahead


def test_records_of_a_collection_made_again_in_the_past_are_still_newer(world):
    """A poller that saw the last `ETag` must see that the list is another one."""
    future = ahead()
    world("PUT", f"{RECORDS}/late", user="alice", json={"data": {"last_modified": future}})
    assert world("GET", RECORDS, user="alice").etag == future
    world("DELETE", C, user="alice")
    world("PUT", C, user="alice", json={"data": {"last_modified": 1000}})
    assert world("GET", RECORDS, user="alice").etag > future


def test_a_bucket_made_again_in_the_past_is_new_at_every_level(world):
    future = ahead()
    for uri in (f"{RECORDS}/late", f"{B}/groups/late", f"{B}/collections/late"):
        future += 1
        world("PUT", uri, user="alice", json={"data": {"last_modified": future}})
    lists = (RECORDS, f"{B}/groups", f"{B}/collections")
    before = max(world("GET", url, user="alice").etag for url in lists)
    world("DELETE", B, user="alice")
    for uri in (B, C):
        world("PUT", uri, user="alice", json={"data": {"last_modified": 1000}})
    assert min(world("GET", url, user="alice").etag for url in lists) > before


def test_the_first_bucket_of_all_does_not_turn_the_list_back(send):
    empty = send("GET", "/buckets", user="alice").etag
    send("PUT", "/buckets/old", user="alice", json={"data": {"last_modified": 1000}})
    assert send("GET", "/buckets", user="alice").etag >= empty


def test_a_time_in_the_future_is_the_time_of_the_list_from_then_on(world):
    future = ahead()
    world("PUT", f"{RECORDS}/late", user="alice", json={"data": {"last_modified": future}})
    for number in range(1, 4):
        assert world("POST", RECORDS, user="alice", json={"data": {}}).etag == future + number


WRITES = {
    C: {"method": "PATCH", "path": C, "body": {"data": {"x": 1}}},
    f"{B}/groups/g": {"method": "PUT", "path": f"{B}/groups/g", "body": {"data": {"members": []}}},
    f"{RECORDS}/r": {"method": "PUT", "path": f"{RECORDS}/r", "body": {"data": {"x": 1}}},
    B: {"method": "PATCH", "path": B, "body": {"data": {"x": 1}}},
    RECORDS: {"method": "POST", "path": RECORDS, "body": {"data": {"x": 1}}},
}


@pytest.mark.parametrize("order", list(itertools.permutations(WRITES, 2)), ids=" then ".join)
def test_a_batch_moves_the_list_of_everything_it_changes(world, order):
    """Whatever is written after it; a poller sees it once the list's time moves."""
    requests = [WRITES[uri] for uri in order]
    answers = world("POST", "/batch", user="alice", json={"requests": requests}).json["responses"]
    for uri, answer in zip(order, answers, strict=True):
        changed = answer["body"]["data"]["last_modified"]
        objects_of = uri if uri == RECORDS else uri.rpartition("/")[0]
        assert answer["status"] in (200, 201)
        assert world("GET", objects_of, user="alice").etag >= changed


def test_in_a_batch_the_list_of_a_deleted_bucket_has_its_final_time_at_once(world):
    """It remembers the time of the lists that went with the bucket."""
    late = {"data": {"last_modified": ahead()}}
    world("PUT", f"{RECORDS}/late", user="alice", json=late)
    requests = [{"method": "DELETE", "path": B}, {"method": "GET", "path": "/buckets"}]
    answer = world("POST", "/batch", user="alice", json={"requests": requests})
    seen = answer.json["responses"][1]["headers"]["ETag"]
    assert seen == f'"{world("GET", "/buckets", user="alice").etag}"'


@pytest.mark.parametrize("value", [10**16, 2**53 + 1, 2**63, 9999999999999, 10**400, -(2**63) - 1])
def test_an_absurd_time_is_refused(world, value):
    """L17: a collection lived in the year 2286 for ever."""
    answer = world("PUT", f"{RECORDS}/x", user="alice", json={"data": {"last_modified": value}})
    assert answer.status == 400
    assert world("DELETE", f"{RECORDS}/r?last_modified={value}", user="alice").status in (200, 400)
    assert world("GET", RECORDS, user="alice").etag < 2 * 10**12 + HOUR


@pytest.mark.parametrize("value", ["abc", "", '""', "1.5", "true", "null", "[1]", "9" * 400])
def test_a_deletion_with_a_time_that_is_none_is_refused(world, value):
    assert world("DELETE", f"{RECORDS}/r?last_modified={value}", user="alice").status == 400
    assert world("DELETE", f"{RECORDS}/no?last_modified={value}", user="alice").status == 404
    assert world("GET", f"{RECORDS}/r", user="alice").status == 200


@pytest.mark.parametrize("value", [0, -5, 1])
def test_times_long_past_are_kept(world, value):
    answer = world("PUT", f"{RECORDS}/x", user="alice", json={"data": {"last_modified": value}})
    assert answer.headers["etag"] == f'"{value}"'


def test_a_read_writes_nothing(world):
    """L22: an untouched list has the same `ETag`, whoever looks first and how often."""
    world("PUT", f"{B}/collections/d", user="alice")
    url = f"{B}/collections/d/records"
    created = world("GET", f"{B}/collections/d", user="alice").etag
    until = clock.now_ms()
    made = max(created, until)  # Others may have moved its list ahead of the clock.
    while clock.now_ms() <= until:
        pass  # What a read would write is of a later time.
    (seen,) = {world(method, url, user="alice").etag for method in ("HEAD", "GET", "GET")}
    assert created <= seen <= made
    assert world("GET", f"{B}/collections", user="alice").etag == created


def test_what_one_test_dates_in_the_future_is_not_for_the_others(app, user_headers):
    future = ahead()
    app.put_json(B, {"data": {"last_modified": future}}, headers=user_headers("alice"))
    app.empty()
    assert int(app.get("/buckets", headers=user_headers("alice")).headers["ETag"][1:-1]) < future
