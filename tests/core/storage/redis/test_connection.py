"""Addresses of Redis servers, pools that wait a bounded time, and what is not installed."""

import threading
from unittest import mock

import pytest

from kinto.core.settings.fields import InvalidSetting
from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.redis import connection
from kinto.core.storage.redis.connection import server_of
from tests.redis_server import redis_url


def arguments_of(url):
    return server_of({"cache_url": url}, "cache").pool.connection_kwargs


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", ("localhost", 6379, 0, None, None)),
        ("redis://", ("localhost", 6379, 0, None, None)),
        ("redis://cache.example:7000/3", ("cache.example", 7000, 3, None, None)),
        ("redis://:p%40ss@cache.example", ("cache.example", 6379, 0, None, "p@ss")),
        ("redis://ann:secret@cache.example/1", ("cache.example", 6379, 1, "ann", "secret")),
    ],
)
def test_an_address_is_taken_apart(url, expected):
    arguments = arguments_of(url)
    names = ("host", "port", "db", "username", "password")
    assert tuple(arguments.get(name) for name in names) == expected


def test_encrypted_connections_and_sockets_are_known():
    server = server_of({"cache_url": "rediss://cache.example"}, "cache")
    assert server.pool.connection_class is connection.redis.SSLConnection
    assert arguments_of("unix:///run/redis.sock?db=2")["path"] == "/run/redis.sock"


@pytest.mark.parametrize("url", ["redis://localhost/one", "redis://localhost:port/0"])
def test_what_is_no_number_stops_the_start(url):
    with pytest.raises(ValueError):
        server_of({"cache_url": url}, "cache")


def test_a_pool_that_is_no_number_stops_the_start():
    with pytest.raises(InvalidSetting) as raised:
        server_of({"storage_pool_size": "many"}, "storage")
    assert raised.value.name == "storage_pool_size"


def test_without_the_library_the_start_says_what_to_install(monkeypatch):
    monkeypatch.setattr(connection, "redis", None)
    with pytest.raises(ImportError, match=r"kinto\[redis\]"):
        server_of({}, "storage")


def test_waiting_for_a_connection_is_bounded():
    settings = {"cache_url": redis_url(1), "cache_pool_size": 1, "cache_pool_timeout": 0.1}
    server = server_of(settings, "cache")
    failures = []

    def ask():
        try:
            server.run("BLPOP", "nothing", 0.5)
        except BackendError as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) == 1
    server.close()


def test_a_server_that_hides_its_configuration_is_no_failure():
    server = server_of({"cache_url": redis_url(1)}, "cache")
    refused = connection.redis.ResponseError("unknown command 'CONFIG'")
    with mock.patch.object(connection, "execute", side_effect=refused):
        assert server.configured("appendfsync") is None
    assert server.configured("appendfsync") == "no"
    assert server.configured("no such thing") is None
    server.close()


def test_keys_under_a_prefix_are_found_literally():
    server = server_of({"cache_url": redis_url(1)}, "cache")
    keys = ["a*b1", "axb1", "a[b]1", "a?b1", "a\\b1"]
    for key in keys:
        server.run("SET", key, "1")
    for key in keys:
        assert server.scan(key[:-1]) == [key]
    server.close()
