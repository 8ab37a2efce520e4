"""The cache in SQLite: apart from units of work, and swept."""

import threading

import pytest
from pyramid import testing

from kinto.core.cache import sqlite
from kinto.core.runtime import clock, units
from kinto.core.storage.sqlite import Storage
from kinto.core.storage.sqlite.client import database_at


@pytest.fixture
def cache(tmp_path):
    database = database_at(str(tmp_path / "cache.sqlite"), synchronous="NORMAL")
    yield sqlite.Cache(database, cache_prefix="")
    database.close()


def rows(cache):
    with cache.database.reading_alone() as session:
        return session.read("SELECT count(*) FROM cache")[0][0]


def test_a_file_of_its_own_is_used_as_it_is(tmp_path):
    config = testing.setUp(settings={"cache_url": f"sqlite:///{tmp_path}/cache.db"})
    assert sqlite.load_from_config(config).database.path == f"{tmp_path}/cache.db"


def test_the_file_of_the_storage_is_left_to_the_storage(tmp_path):
    url = f"sqlite:///{tmp_path}/kinto.db"
    settings = {
        "storage_backend": "kinto.core.storage.sqlite",
        "storage_url": url,
        "cache_url": url,
    }
    cache = sqlite.load_from_config(testing.setUp(settings=settings))
    assert cache.database.path == f"{tmp_path}/kinto.db-cache"


def test_a_value_set_in_a_unit_outlives_it_and_does_not_wait_for_it(tmp_path):
    url = f"sqlite:///{tmp_path}/kinto.db"
    settings = {
        "storage_backend": "kinto.core.storage.sqlite",
        "storage_url": url,
        "cache_url": url,
    }
    cache = sqlite.load_from_config(testing.setUp(settings=settings))
    storage = Storage(database_at(url))
    with pytest.raises(ZeroDivisionError), units.unit_of_work():
        storage.create("bucket", "", {"id": "b"})
        cache.set("key", "value", ttl=10)
        raise ZeroDivisionError
    assert cache.get("key") == "value"
    assert storage.list_all("bucket", "") == []


def test_one_of_many_gets_a_value_that_is_used_once(cache):
    cache.set("token", "value", ttl=10)
    start, found = threading.Barrier(8), []

    def use():
        start.wait(5)
        found.append(cache.delete("token"))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(map(str, found)) == ["None"] * 7 + ["value"]


def test_an_expired_value_is_not_given_by_a_deletion(cache, monkeypatch):
    cache.set("key", "value", ttl=10)
    later = clock.now_ms() + 11_000
    monkeypatch.setattr(clock, "now_ms", lambda: later)
    assert cache.delete("key") is None
    assert rows(cache) == 0


def test_expired_values_are_swept_as_others_are_written(cache, monkeypatch):
    for number in range(50):
        cache.set(f"old{number}", number, ttl=1)
    later = clock.now_ms() + 2_000
    monkeypatch.setattr(clock, "now_ms", lambda: later)
    for number in range(sqlite.WRITES_PER_SWEEP):
        cache.set("new", number, ttl=1)
    assert rows(cache) == 1


def test_a_value_is_there_for_another_connection(cache, tmp_path):
    cache.set("key", {"a": [1, 1.0, "é"]}, ttl=10)
    cache.database.close()
    assert cache.get("key") == {"a": [1, 1.0, "é"]}
