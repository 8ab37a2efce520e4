"""The memcached cache: keys of any shape, servers that go and come back, what is not installed."""

import socket
import threading

import pytest
from pyramid import testing

from kinto.core.cache import memcached
from kinto.core.runtime import clock
from kinto.core.storage.exceptions import BackendError
from tests.redis_server import memcached_host


@pytest.fixture
def cache():
    cache = memcached.Cache([memcached_host()], cache_prefix="")
    cache.flush()
    return cache


def cache_of(**settings):
    return memcached.load_from_config(testing.setUp(settings=settings))


def test_hosts_are_read_from_the_settings():
    cache = cache_of(cache_hosts="127.0.0.1:11211 127.0.0.2")
    assert list(cache._clients) == ["127.0.0.1:11211", "127.0.0.2"]
    assert cache._clients["127.0.0.2"].server == ("127.0.0.2", memcached.DEFAULT_PORT)


def test_a_port_that_is_no_number_stops_the_start():
    with pytest.raises(ValueError):
        cache_of(cache_hosts="127.0.0.1:port")


def test_without_hosts_every_call_fails():
    cache = cache_of(cache_url="127.0.0.1:11211")
    with pytest.raises(BackendError, match="cache_hosts"):
        cache.get("key")
    with pytest.raises(BackendError, match="cache_hosts"):
        cache.flush()


def test_without_the_library_the_start_says_what_to_install(monkeypatch):
    monkeypatch.setattr(memcached, "memcache", None)
    with pytest.raises(ImportError, match=r"kinto\[memcached\]"):
        cache_of(cache_hosts="127.0.0.1")


def test_long_and_odd_keys_are_kept_apart(cache):
    keys = ["k" * 200, "k" * 201, "k" * 5000, "a b", "a\tb", "a\x00b", "é", "\ud800"]
    keys += [cache._name("é")]  # what a hashed key looks like, as a key of its own
    for key in keys:
        cache.set(key, key, 10)
    assert [cache.get(key) for key in keys] == keys


def test_a_key_has_one_server_and_many_keys_have_all(cache):
    several = memcached.Cache([f"127.0.0.{n}" for n in range(1, 4)], cache_prefix="")
    chosen = {key: several._server_of(key) for key in map(str, range(60))}
    assert set(chosen.values()) == set(several._clients.values())
    assert all(several._server_of(key) is server for key, server in chosen.items())


def test_a_value_may_live_for_more_than_a_month(cache):
    year = 365 * 24 * 3600
    cache.set("key", "value", year)
    assert cache.get("key") == "value"
    assert year - 10 < cache.ttl("key") <= year
    assert memcached._entry("value", year)[1] > clock.now_ms() / 1000


def test_a_value_that_is_too_big_is_an_error_and_not_a_half(cache):
    with pytest.raises(BackendError):
        cache.set("key", "x" * 2_000_000, 10)
    assert cache.get("key") is None


def test_a_server_that_is_down_is_an_error():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cache = memcached.Cache([f"127.0.0.1:{port}"], cache_prefix="")
    for call in (lambda: cache.get("k"), lambda: cache.set("k", 1, 1), lambda: cache.delete("k")):
        with pytest.raises(BackendError):
            call()


def test_connections_that_died_meanwhile_are_replaced():
    """As after a restart of the server: the pool holds connections that are closed."""
    target = memcached_host().split(":")
    with _Proxy((target[0], int(target[1]))) as proxy:
        cache = memcached.Cache([f"127.0.0.1:{proxy.port}"], cache_prefix="")
        cache.set("key", 1, 10)
        proxy.cut()
        assert cache.get("key") == 1
        proxy.cut()
        assert cache.delete("key") == 1
        cache._clients[f"127.0.0.1:{proxy.port}"].close()


class _Proxy:
    """Passes bytes between clients and a server, until it cuts the connections."""

    def __init__(self, target):
        self._target = target
        self._sockets = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)

    def cut(self):
        while self._sockets:
            each = self._sockets.pop()
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            self._sockets += [client, server]
            for source, sink in ((client, server), (server, client)):
                thread = threading.Thread(target=self._pass, args=(source, sink))
                self._threads.append(thread)
                thread.start()

    @staticmethod
    def _pass(source, sink):
        with source:
            try:
                while data := source.recv(65536):
                    sink.sendall(data)
            except OSError:
                pass
            try:
                sink.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def test_a_plugin_gets_clients_of_the_same_servers():
    host = memcached_host()
    [client] = memcached.create_from_config(testing.setUp(settings={"cache_hosts": host}))
    assert client is memcached.Cache([host], cache_prefix="")._clients[host]


def test_failures_of_memcached_leave_a_wrapped_function_as_failures_of_a_backend():
    @memcached.wrap_memcached_error
    def ask(host):
        [client] = memcached.create_from_config(testing.setUp(settings={"cache_hosts": host}))
        return client.version()

    assert ask(memcached_host())
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(BackendError) as failure:
            ask(f"127.0.0.1:{nobody.getsockname()[1]}")
    assert isinstance(failure.value.original, OSError)
