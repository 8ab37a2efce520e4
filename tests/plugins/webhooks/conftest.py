"""A real receiver, and an application whose changes are posted to it when a test says so."""

from __future__ import annotations

import time

import pytest

from kinto.core.runtime import clock
from kinto.plugins.webhooks import background
from kinto.plugins.webhooks.settings import WebhooksSettings, read_hooks
from tests.plugins.webhooks.receiving import SECRET
from tests.receivers import accept, running_receiver

B = "/buckets/b"
C = f"{B}/collections/c"


@pytest.fixture(scope="session")
def _receiver():
    with running_receiver() as running:
        yield running


@pytest.fixture
def receiver(_receiver):
    """The other server; it has received nothing yet, and accepts everything."""
    _receiver.received.clear()
    _receiver.answer = accept
    return _receiver


@pytest.fixture
def settings(receiver):
    """Settings of one hook, delivered by nobody but the test."""
    return {
        "includes": "kinto.plugins.webhooks",
        "webhooks": "orders",
        "webhooks.deliver": False,
        "webhooks.allow_private": True,
        "webhooks.timeout_seconds": 0.5,
        "webhooks.orders.url": f"{receiver.url}/hook?token=t0ken",
        "webhooks.orders.secret": SECRET,
    }


@pytest.fixture
def hooked(make_app, settings, ann):
    """`hooked(**more)`: an application with the bucket `b` and its collection `c`, told of."""
    changed = []

    def make(**more):
        app = make_app(**settings)
        # One application serves all tests: hooks are looked up at each change.
        changed.append((app.registry, app.registry.webhooks))
        wanted = {**settings, **more}
        app.registry.webhooks = read_hooks(wanted, WebhooksSettings.from_mapping(wanted))
        app.put_json(B, headers=ann)
        app.put_json(C, headers=ann)
        return app

    yield make
    for registry, hooks in reversed(changed):
        registry.webhooks = hooks


@pytest.fixture
def app(hooked, receiver):
    app = hooked()
    round_of(app)
    receiver.received.clear()
    return app


@pytest.fixture
def ann(user_headers):
    return user_headers("ann")


@pytest.fixture
def put(app, ann):
    """`put(3)`: write the record `r` with `n` = 3."""

    def write(number, collection="c", record="r"):
        path = f"{B}/collections/{collection}/records/{record}"
        return app.put_json(path, {"data": {"n": number}}, headers=ann).json["data"]

    return write


def round_of(app):
    """One round of a new deliverer; returns how many events were delivered."""
    (deliverer,) = background.deliverers(app.registry)
    try:
        return deliverer.run()
    finally:
        deliverer.lease.release()


@pytest.fixture
def deliver(app):
    """`deliver()`: one round of a new deliverer."""
    return lambda: round_of(app)


@pytest.fixture
def deliverer(app):
    """A deliverer that remembers."""
    (deliverer,) = background.deliverers(app.registry)
    yield deliverer
    deliverer.lease.release()


@pytest.fixture
def later(monkeypatch):
    """`later(60)`: a minute passes."""
    passed = [0.0]
    monotonic = clock.monotonic
    monkeypatch.setattr(clock, "monotonic", lambda: monotonic() + passed[0])
    monkeypatch.setattr(
        "kinto.core.utils.msec_time", lambda: time.time_ns() // 1_000_000 + int(passed[0] * 1000)
    )

    def wait(seconds):
        passed[0] += seconds

    return wait
