from contextlib import contextmanager

import pytest
from pyramid import testing
from zope.interface import implementer
from zope.interface.verify import verifyObject

import kinto.core
from kinto.core.metrics import (
    IMetricsService,
    NoOpMetricsService,
    listener_with_timer,
    watch_execution_time,
)
from tests.core.application import CREDENTIALS, core_app


@implementer(IMetricsService)
class Recorder:
    """A service that remembers what it was told."""

    def __init__(self):
        self.calls = []

    def timer(self, key, value=None, labels=()):
        if value is not None:
            self.calls.append(("timer", key, tuple(labels)))
            return None

        def decorate(function):
            def timed(*args, **kwargs):
                self.calls.append(("timed", key, tuple(labels)))
                return function(*args, **kwargs)

            return timed

        @contextmanager
        def measured():
            self.calls.append(("timed", key, tuple(labels)))
            yield

        manager = measured()
        decorate.__enter__ = manager.__enter__

        class Timer:
            __call__ = staticmethod(decorate)
            __enter__ = lambda _: self.calls.append(("timed", key, tuple(labels)))  # noqa: E731
            __exit__ = lambda *args: None  # noqa: E731

        return Timer()

    def observe(self, key, value, labels=()):
        self.calls.append(("observe", key, tuple(labels)))

    def count(self, key, count=1, unique=None):
        self.calls.append(("count", key, tuple(unique or ())))

    def of(self, kind, key):
        return [dict(labels) for call, name, labels in self.calls if (call, name) == (kind, key)]


@pytest.fixture
def recorder():
    return Recorder()


def app_with(recorder, *services, **settings):
    return core_app(
        *services,
        configure=lambda config: config.registry.registerUtility(recorder, IMetricsService),
        **settings,
    )


def tree_service():
    made = kinto.core.Service(name="tree", path="/forests/{forest_id}")
    made.add_view("get", lambda request: {})
    return made


def test_the_default_service_keeps_the_interface():
    service = NoOpMetricsService()
    assert verifyObject(IMetricsService, service)
    with service.timer("a"):
        service.observe("a", 1)
        service.count("a")
    assert service.timer("a")(len) is len


def test_each_response_is_measured(recorder):
    app = app_with(recorder, tree_service(), metrics_matchdict_fields="forest_id other")
    app.get("/v0/forests/black")
    labels = {"method": "get", "endpoint": "tree", "forest_id": "black", "other": ""}
    assert recorder.of("count", "request_summary") == [{**labels, "status": "200"}]
    assert recorder.of("timer", "request_duration_seconds") == [labels]
    assert recorder.of("observe", "request_size") == [labels]


def test_users_are_counted_by_policy(recorder):
    app_with(recorder).get("/v0/", headers=CREDENTIALS)
    assert recorder.of("count", "authentication") == [{"type": "basicauth"}]
    [user] = recorder.of("count", "users")
    assert user["auth"] == "basicauth"
    assert len(user["userid"]) == 64


# Path, endpoint.
ENDPOINTS = [("/v0/", "hello"), ("/redirected", "redirect_to_version"), ("/v0/nothing", "unknown")]


@pytest.mark.parametrize(("path", "endpoint"), ENDPOINTS)
def test_endpoints_have_known_names(recorder, path, endpoint):
    app_with(recorder).call("GET", path)
    assert recorder.of("count", "request_summary")[0]["endpoint"] == endpoint


def test_paths_of_refused_requests_make_no_series(recorder):
    app = app_with(recorder, tree_service(), metrics_matchdict_fields="forest_id")
    app.call("PUT", "/v0/forests/attack-1")
    assert recorder.of("count", "request_summary") == [
        {"method": "put", "endpoint": "tree", "forest_id": "", "status": "405"}
    ]


def test_backends_and_policies_are_timed(recorder):
    app = app_with(recorder)
    app.registry.cache.get("a")
    assert {"method": "get"} in recorder.of("timed", "backend.cache.seconds")
    app.get("/v0/", headers=CREDENTIALS)
    assert recorder.of("timed", "authentication.basicauth.seconds")


def test_backends_are_left_alone_without_service():
    app = core_app()
    assert "get" not in vars(app.registry.cache)


def test_public_methods_are_timed_and_nothing_else(recorder):
    class Watched:
        value = 3

        def public(self):
            return "result"

        def _private(self):
            pass

        @property
        def explosive(self):
            raise AssertionError("was read")

    watched = Watched()
    watch_execution_time(recorder, watched, prefix="test")
    assert watched.public() == "result"
    watched._private()
    assert recorder.calls == [("timed", "test.watched.seconds", (("method", "public"),))]


@pytest.mark.parametrize("key", ["mine", "mine.seconds"])
def test_listeners_are_timed_by_the_service_of_the_moment(recorder, key):
    config = testing.setUp()
    try:
        heard = []
        listener = listener_with_timer(config, key, heard.append)
        listener(1)
        config.registry.registerUtility(recorder, IMetricsService)
        listener(2)
    finally:
        testing.tearDown()
    assert heard == [1, 2]
    assert recorder.calls == [("timed", "mine.seconds", ())]
