"""A server that posts to a receiver which is down, slow, failing, and then well again.

The default run and `make acceptance` tell the same story, with few changes and with many.
"""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass

from tests.factories import credentials
from tests.plugins.webhooks.receiving import SECRET, events_of
from tests.receivers import accept, running_receiver
from tests.servers import running_server

COLLECTIONS = ("c", "d")


@dataclass(frozen=True)
class Outcome:
    """What was seen, in seconds and events."""

    written: dict[str, list[int]]
    arrived: dict[str, list[int]]
    repeated: int
    slowest_write: float
    seconds_until_all: float


def tell_the_story(backend, folder, *, changes):
    """Write `changes` times in each of the five acts; returns what was seen.

    The receiver is down, then slow, then answers 500, then the server is killed (SIGKILL) and
    started again, then all is well.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "kinto.includes": "kinto.plugins.webhooks",
        "kinto.webhooks": "orders",
        "kinto.webhooks.allow_private": "true",
        "kinto.webhooks.timeout_seconds": "0.5",
        "kinto.webhooks.poll_seconds": "0.1",
        "kinto.webhooks.orders.url": f"http://127.0.0.1:{port}/hook",
        "kinto.webhooks.orders.secret": SECRET,
        "kinto.webhooks.orders.resources": "record",
    }
    with ExitStack() as stack:
        running = stack.enter_context(
            running_server(backend=backend, data=folder, settings=settings)
        )
        server = running.servers[0]
        writer = _Writer(server.url)
        writer.write(changes)  # down
        receiver = stack.enter_context(running_receiver(_slow, port=port))
        _wait_for_a_delivery(receiver)
        writer.write(changes)
        receiver.answer = lambda to, received: to.reply(500)
        writer.write(changes)
        server.kill()
        server.start()
        writer.write(changes)
        receiver.answer = accept
        began = time.monotonic()
        writer.write(changes)
        arrived, repeated = _wait_for_all(receiver, writer.written)
        return Outcome(
            written=writer.written,
            arrived=arrived,
            repeated=repeated,
            slowest_write=writer.slowest,
            seconds_until_all=time.monotonic() - began,
        )


class _Writer:
    def __init__(self, url):
        self._url = url
        self.written = {name: [] for name in COLLECTIONS}
        self.slowest = 0.0
        for path in ("/buckets/b", *(f"/buckets/b/collections/{name}" for name in COLLECTIONS)):
            self._put(path, {})

    def write(self, changes):
        for _ in range(changes):
            for name in COLLECTIONS:
                number = len(self.written[name])
                started = time.monotonic()
                self._put(f"/buckets/b/collections/{name}/records/r{number % 3}", {"n": number})
                self.slowest = max(self.slowest, time.monotonic() - started)
                self.written[name].append(number)

    def _put(self, path, data):
        request = urllib.request.Request(
            self._url + path,
            method="PUT",
            data=json.dumps({"data": data}).encode(),
            headers={**credentials("ann"), "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status in (200, 201)


def _slow(to, received):
    time.sleep(0.8)  # longer than the timeout: accepted, and nobody hears of it
    to.reply(200)


def _wait_for_a_delivery(receiver):
    deadline = time.monotonic() + 30
    while not receiver.received:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _wait_for_all(receiver, written):
    """What the receiver keeps of what it got (an id it knows is dropped), and how much it dropped."""
    deadline = time.monotonic() + 90
    wanted = sum(map(len, written.values()))
    while True:
        told = events_of(receiver)
        known = {event["id"]: event for event in reversed(told)}
        if len(known) >= wanted or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    seen, arrived = set(), {name: [] for name in written}
    for event in told:
        if event["id"] not in seen:
            seen.add(event["id"])
            arrived[event["collection_id"]].append(event["new"]["n"])
    return arrived, len(told) - len(seen)
