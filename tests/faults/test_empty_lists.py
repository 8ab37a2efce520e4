"""The ETag of a list nobody wrote to: kinto.js takes a moved one for a server that lost its data.

It is the same at each read and on each process, no read moves it, and after the parents were
deleted and made again it is greater than anything seen before.
"""

import time
from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.faults.calls import Caller, calling
from tests.servers import RunningServer

HOUR = 3600 * 1000


def etags(site: RunningServer, path: str) -> set[int]:
    """What `GET`, `HEAD`, a filtered `GET` and a batch say, on each process, twice."""
    found = set()
    for url in site.urls * 2:
        with calling(url) as call:
            found.add(call.must("GET", path).etag)
            found.add(call.must("HEAD", path).etag)
            found.add(call.must("GET", f"{path}?_since=0&n=1&_limit=1").etag)
            batch = call.must("POST", "/batch", {"requests": [{"path": path}]}).body
            found.add(int(batch["responses"][0]["headers"]["ETag"].strip('"')))
    return found


@pytest.mark.parametrize("kind", ["records", "collections", "groups"])
def test_it_is_the_same_at_each_read_and_on_each_process(
    site: RunningServer, records: str, kind: str
) -> None:
    bucket = f"/buckets/b{uuid4().hex[:12]}"
    with calling(site.url) as call:
        call.must("PUT", bucket)
    path = records if kind == "records" else f"{bucket}/{kind}"
    first = etags(site, path)
    time.sleep(0.02)
    assert etags(site, path) == first
    assert len(first) == 1


def test_writing_beside_it_and_above_it_does_not_move_it(site: RunningServer, records: str) -> None:
    collection = records.rpartition("/")[0]
    bucket = collection.rpartition("/collections")[0]
    before = etags(site, records)
    with calling(site.url) as call:
        call.must("PATCH", collection, {"data": {"x": 1}})
        call.must("PATCH", bucket, {"data": {"x": 1}})
        call.must("PUT", f"{bucket}/collections/other")
        call.must("POST", f"{bucket}/collections/other/records", {"data": {}})
        call.must("PUT", f"{bucket}/groups/g", {"data": {"members": []}})
    assert etags(site, records) == before


def test_the_first_write_goes_beyond_it(site: RunningServer, records: str) -> None:
    (before,) = etags(site, records)
    with calling(site.url) as call:
        written = call.must("POST", records, {"data": {}}).data["last_modified"]
    assert written > before
    assert etags(site, records) == {written}


def delete_the_collection(call: Caller, bucket: str) -> None:
    call.must("DELETE", f"{bucket}/collections/c")


def delete_all_collections(call: Caller, bucket: str) -> None:
    call.must("DELETE", f"{bucket}/collections")


def delete_the_bucket(call: Caller, bucket: str) -> None:
    call.must("DELETE", bucket)


def delete_buckets_by_filter(call: Caller, bucket: str) -> None:
    call.must("DELETE", f"/buckets?id={bucket.rpartition('/')[2]}")


def delete_in_a_batch(call: Caller, bucket: str) -> None:
    request = {"method": "DELETE", "path": bucket}
    answer = call.must("POST", "/batch", {"requests": [request]}).body["responses"][0]
    assert answer["status"] == 200


@pytest.mark.parametrize(
    "delete",
    [
        delete_the_collection,
        delete_all_collections,
        delete_the_bucket,
        delete_buckets_by_filter,
        delete_in_a_batch,
    ],
)
@pytest.mark.parametrize("written", ["never", "now", "in the future"])
def test_it_rises_when_the_parents_are_made_again(
    site: RunningServer,
    records: str,
    delete: Callable[[Caller, str], None],
    written: str,
) -> None:
    bucket = records.partition("/collections")[0]
    with calling(site.url) as call:
        for _ in range(2):
            if written != "never":
                data = {"last_modified": int(time.time() * 1000) + HOUR}
                call.must("POST", records, {"data": data if written != "now" else {}})
            (before,) = etags(site, records)
            delete(call, bucket)
            call.must("PUT", bucket)
            call.must("PUT", f"{bucket}/collections/c")
            (after,) = etags(site, records)
            assert after > before
            assert call.must("GET", f"{records}?_since=0").data == []
