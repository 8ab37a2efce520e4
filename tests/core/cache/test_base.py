"""The contract of cache backends: prefix, counting of hits and misses, heartbeat."""

from unittest import mock

import pytest

from kinto.core.cache import CacheBase, CacheMetricsBackend, heartbeat


@pytest.fixture
def cache():
    return CacheBase(cache_prefix="p:", cache_max_size_bytes=12, other="ignored")


def test_a_cache_needs_a_prefix():
    with pytest.raises(KeyError):
        CacheBase()


def test_a_cache_keeps_its_settings(cache):
    assert (cache.prefix, cache.max_size_bytes) == ("p:", 12)


@pytest.mark.parametrize(
    "call",
    [
        ("initialize_schema",),
        ("flush",),
        ("ttl", "key"),
        ("expire", "key", 1),
        ("set", "key", "value", 1),
        ("get", "key"),
        ("delete", "key"),
    ],
)
def test_a_required_method_says_that_it_is_missing(cache, call):
    name, *arguments = call
    with pytest.raises(NotImplementedError):
        getattr(cache, name)(*arguments)


def test_without_a_metrics_service_nothing_is_counted(cache):
    assert isinstance(cache.metrics_backend, CacheMetricsBackend)
    cache.metrics_backend.count_hit()
    cache.metrics_backend.count_miss()


def test_hits_and_misses_are_counted_on_the_metrics_service(cache):
    service = mock.Mock()
    cache.set_metrics_backend(service)
    cache.metrics_backend.count_hit()
    cache.metrics_backend.count_miss()
    assert service.count.mock_calls == [
        mock.call(key="cache_hits"),
        mock.call(key="cache_misses"),
    ]


@pytest.mark.parametrize("chance", [0.4, 0.6])
def test_the_heartbeat_of_a_cache_that_forgets_everything_is_false(chance):
    backend = mock.Mock()
    backend.get.return_value = backend.delete.return_value = None
    with mock.patch("kinto.core.cache.random.SystemRandom.random", return_value=chance):
        assert heartbeat(backend)(None) is False


def test_the_heartbeat_forgives_the_ping_of_another_process_in_between():
    backend = mock.Mock()
    backend.get.side_effect = [None, {"alive": True}]
    with mock.patch("kinto.core.cache.random.SystemRandom.random", return_value=0.6):
        assert heartbeat(backend)(None) is True
