"""Packets of StatsD (plugins: 15), received by a real UDP socket."""

from __future__ import annotations

import socket

import pytest
from pyramid import testing
from pyramid.exceptions import ConfigurationError
from zope.interface.verify import verifyObject

import kinto.core.statsd
from kinto.core.metrics import IMetricsService
from kinto.plugins import statsd
from tests import factories
from tests.plugins import pages

PLUGIN = "kinto.plugins.statsd"


class Listener:
    """A StatsD server that keeps what it is sent."""

    def __init__(self, udp):
        self._udp = udp

    @property
    def url(self):
        return f"udp://127.0.0.1:{self._udp.getsockname()[1]}"

    def received(self):
        packets = []
        while True:
            try:
                packets.append(self._udp.recv(65536).decode())
            except BlockingIOError:
                return packets


@pytest.fixture
def listener():
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
        yield Listener(udp)


@pytest.fixture(autouse=True)
def _sockets_are_closed(monkeypatch):
    opened = []
    client = statsd.statsd_module.StatsClient

    def noted(*args, **options):
        opened.append(client(*args, **options))
        return opened[-1]

    monkeypatch.setattr(statsd.statsd_module, "StatsClient", noted)
    yield
    for each in opened:
        each.close()


@pytest.fixture
def build(backend, tmp_path, listener):
    def make(**settings):
        settings = {"includes": PLUGIN, "statsd_url": listener.url, **settings}
        app = factories.build_api(backend, tmp_path, **settings)
        app.empty()
        return app

    return make


@pytest.fixture
def service(listener):
    config = testing.setUp(settings={"statsd_url": listener.url, "project_name": "p"})
    return kinto.core.statsd.load_from_config(config)


def names(packets):
    return {packet.partition(":")[0] for packet in packets}


def test_the_page_is_followed_word_for_word(build, listener):
    settings = pages.settings_of("statsd")
    assert settings.pop("statsd_url") == "udp://127.0.0.1:8125"
    pages.follow(build(**settings), "statsd")
    assert names(listener.received())


def test_a_request_sends_its_measures(build, listener, user_headers):
    app = build()
    listener.received()
    app.put_json("/buckets/a", headers=user_headers("ann"))
    packets = listener.received()
    labels = "method.put.endpoint.bucket-object.bucket_id.a.collection_id..group_id..record_id."
    assert f"kinto.request_summary:{labels}.status.201|s" in packets
    assert "kinto.authentication:type.basicauth|s" in packets
    assert [each for each in packets if each.startswith("kinto.users:auth.basicauth.userid.")]
    [size] = [each for each in packets if each.startswith("kinto.request_size:")]
    assert size.endswith("|g")
    assert "kinto.backend.storage.seconds.method.create" in names(packets)
    assert "kinto.authentication.basicauth.seconds.method.authenticated_userid" in names(packets)


def test_the_cache_counts_hits_and_misses(build, listener):
    app = build()
    app.cache.get("nothing")
    app.cache.set("something", 1, 10)
    app.cache.get("something")
    assert {"kinto.cache_hits:1|c", "kinto.cache_misses:1|c"} <= set(listener.received())


def test_the_service_keeps_the_interface(service):
    assert verifyObject(IMetricsService, service)


def test_durations_are_in_milliseconds(service, listener):
    service.timer("key", value=0.001, labels=[("a", "b:c")])
    assert listener.received() == ["p.key.a.bc:1.000000|ms"]


def test_blocks_and_functions_are_timed(service, listener):
    with service.timer("key"):
        pass
    assert service.timer("key", labels=[("a", "b")])(lambda x: x)(1) == 1
    first, second = listener.received()
    assert first.startswith("p.key:") and first.endswith("|ms")
    assert second.startswith("p.key.a.b:")


def test_a_duration_of_nothing_is_not_sent(service, listener):
    service.timer("key", value=0)
    assert listener.received() == []


def test_counts_and_sets(service, listener):
    service.count("key", 3)
    service.count("key", unique=[("a", "b"), ("c", "d")])
    service.count("key", unique="ann")
    service.observe("key", 5, labels=[("a", "b")])
    assert listener.received() == ["p.key:3|c", "p.key:a.b.c.d|s", "p.key:ann|s", "p.key:5|g"]


@pytest.mark.parametrize("value", ["a:1|c\nother:5|c", "x|@0.1|#tag:1", "a b\x00"])
def test_a_value_cannot_end_its_packet(service, listener, value):
    service.count("key", unique=[("userid", value)])
    [packet] = listener.received()
    assert not set(packet.removeprefix("p.key:").removesuffix("|s")) & set(":|\n@# \x00")


@pytest.mark.parametrize("url", [None, "", "127.0.0.1:8125", "http://127.0.0.1", "udp://"])
def test_without_an_address_the_start_says_so(build, url):
    with pytest.raises(ConfigurationError, match="statsd_url"):
        build(statsd_url=url)


def test_without_the_library_the_start_says_what_to_install(build, monkeypatch):
    monkeypatch.setattr(statsd, "statsd_module", None)
    with pytest.raises(ConfigurationError, match="statsd package"):
        build()


def test_the_prefix_of_the_setting_is_for_projects_without_a_name(listener):
    settings = {"statsd_url": listener.url, "project_name": "", "statsd_prefix": "other"}
    service = kinto.core.statsd.load_from_config(testing.setUp(settings=settings))
    service.count("key")
    assert listener.received() == ["other.key:1|c"]


def test_nobody_listening_breaks_nothing(build, listener):
    app = build()
    listener._udp.close()
    assert app.get("/").status_int == 200


def test_the_plugin_named_last_receives_everything(build, listener):
    app = build(includes=f"{PLUGIN} kinto.plugins.prometheus")
    app.get("/")
    assert listener.received() == []
    assert "kinto_request_summary_total" in app.get("/__metrics__").text
