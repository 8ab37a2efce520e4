"""How often a request waits for Redis, counted where everything is sent to it."""

from unittest import mock

import pytest

from kinto.core.storage.redis import connection
from tests.factories import build_api, credentials

RECORDS = "/buckets/b/collections/c/records"
ANN = credentials("ann")


@pytest.fixture
def api(tmp_path):
    api = build_api("redis", tmp_path)
    for path in ("/buckets/b", "/buckets/b/collections/c", f"{RECORDS}/r"):
        api.put_json(path, headers=ANN)
    return api


def trips(call):
    """What is sent for a request that was made before."""
    call()
    execute = connection.execute
    sent = []

    def counted(*arguments):
        sent.append(arguments[1:2])
        return execute(*arguments)

    with mock.patch.object(connection, "execute", counted):
        call()
    return sent


def test_a_record_is_read_in_two_trips(api):
    assert len(trips(lambda: api.get(f"{RECORDS}/r", headers=ANN))) <= 2


def test_a_record_is_written_in_six_trips_and_one_script(api):
    sent = trips(lambda: api.put_json(f"{RECORDS}/r", {"data": {"a": 1}}, headers=ANN))
    assert len(sent) <= 6
    assert sent.count(("EVALSHA",)) == 2  # the lock, and all that is written


def test_a_list_is_read_in_four_trips_and_not_at_all_when_unchanged(api):
    assert len(trips(lambda: api.get(RECORDS, headers=ANN))) <= 4
    etag = api.get(RECORDS, headers=ANN).headers["ETag"]
    unchanged = {**ANN, "If-None-Match": etag}
    assert len(trips(lambda: api.get(RECORDS, headers=unchanged, status=304))) <= 2


def test_a_batch_is_one_lock_and_one_commit(api):
    requests = [{"method": "PUT", "path": f"{RECORDS}/x{n}"} for n in range(25)]
    sent = trips(lambda: api.post_json("/batch", {"requests": requests}, headers=ANN))
    assert len(sent) <= 60
    assert sent.count(("EVALSHA",)) == 2
