"""What is particular to the memory cache: its bound, and time that passes."""

from unittest import mock

import pytest
from pyramid.config import Configurator

from kinto.core.cache import memory
from kinto.core.settings.fields import InvalidSetting

PER_ENTRY = memory.size_of("00", "1")


@pytest.fixture
def clock():
    """The seconds that the cache reads, changed with `clock.return_value`."""
    with mock.patch("kinto.core.runtime.clock.monotonic", return_value=100.0) as monotonic:
        yield monotonic


def cache_of(max_size_bytes):
    return memory.Cache(cache_prefix="", cache_max_size_bytes=max_size_bytes)


def fill(cache, number):
    for n in range(number):
        cache.set(f"{n:02}", 1, 10)
    return [n for n in range(number) if cache.get(f"{n:02}") is not None]


def test_the_size_of_an_entry_counts_its_key_three_times():
    assert memory.size_of("key", "12345") == 3 * 3 + 5 + 48


def test_a_cache_that_is_not_full_loses_nothing():
    assert fill(cache_of(10 * PER_ENTRY + 1), 10) == list(range(10))


def test_a_full_cache_loses_its_oldest_entries_until_under_four_fifths():
    assert fill(cache_of(10 * PER_ENTRY), 10) == [3, 4, 5, 6, 7, 8, 9]


def test_an_entry_set_again_is_no_longer_old():
    cache = cache_of(10 * PER_ENTRY)
    fill(cache, 9)
    cache.set("00", 2, 10)
    cache.set("99", 1, 10)
    assert cache.get("00") == 2
    assert cache.get("01") is None


def test_room_is_given_back_by_every_way_out(clock):
    cache = cache_of(10 * PER_ENTRY)
    for _ in range(5):
        fill(cache, 5)
        cache.delete("00")
        cache.expire("01", 0)
        cache.set("02", 1, 0)
        clock.return_value += 11
        assert cache.get("03") is None
    assert cache._store.size == 0
    assert fill(cache, 9) == list(range(9))


def test_an_entry_larger_than_the_cache_is_not_kept():
    cache = cache_of(1000)
    cache.set("key", "x" * 2000, 10)
    assert cache.get("key") is None
    assert cache._store.size == 0


def test_without_a_limit_nothing_is_lost():
    assert fill(cache_of(None), 50) == list(range(50))


def test_a_key_set_again_and_again_does_not_fill_the_memory():
    cache = cache_of(100_000)
    for n in range(1000):
        cache.set("key", n, 3600)
    assert len(cache._store._expirations) < 100
    assert cache.get("key") == 999


def test_a_value_lives_exactly_as_long_as_it_was_given(clock):
    cache = cache_of(1000)
    cache.set("key", 1, 2.5)
    clock.return_value = 102.25
    assert cache.ttl("key") == 0.25
    clock.return_value = 102.5
    assert cache.get("key") is None


def test_a_prolonged_value_outlives_its_first_expiration(clock):
    cache = cache_of(1000)
    cache.set("key", 1, 1)
    cache.expire("key", 10)
    clock.return_value = 109.0
    assert cache.get("key") == 1
    clock.return_value = 110.0
    assert cache.get("key") is None


def test_two_caches_share_nothing_unless_told_so():
    first, second = cache_of(1000), cache_of(1000)
    first.set("key", 1, 10)
    assert second.get("key") is None
    assert first.with_prefix("k").get("ey") == 1


def test_the_limit_comes_from_the_settings():
    cache = memory.load_from_config(
        Configurator(settings={"cache_prefix": "p", "cache_max_size_bytes": "1234"})
    )
    assert (cache.prefix, cache.max_size_bytes) == ("p", 1234)


def test_a_limit_that_is_no_number_is_refused_at_start():
    with pytest.raises(InvalidSetting):
        memory.load_from_config(Configurator(settings={"cache_max_size_bytes": "much"}))


def test_a_cache_may_be_without_limit():
    cache = cache_of(float("inf"))
    cache.set("a", 1, ttl=10)
    assert cache.get("a") == 1
