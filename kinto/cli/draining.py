"""A waitress server that finishes what it has begun when it is told to stop.

At SIGTERM or SIGINT it accepts nothing new, answers the requests it has, sends what is left to
send, and returns. A second signal, or the end of the grace period, stops it at once.
"""

from __future__ import annotations

import functools
import gc
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import waitress
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server

from kinto.cli.connections import keep_open
from kinto.core.runtime import clock

GRACE_SECONDS = 30.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_OBJECTS_BEFORE_COLLECTION = 10_000


def make_server(app: Any, **options: Any) -> Any:
    """Return a waitress server for `app` whose `run()` drains; `options` are waitress's.

    It waits with `poll` unless the options say otherwise: each wait costs less than with `select`,
    and there may be more than 1,024 connections.
    """
    options.setdefault("asyncore_use_poll", True)
    sockets: dict[int, Any] = options.pop("map", None) or {}
    server = create_server(app, map=sockets, **options)
    keep_open(sockets)
    server.run = functools.partial(_run, server, sockets)
    return server


@contextmanager
def graceful_waitress() -> Iterator[None]:
    """Make `waitress.serve` drain, for as long as the block lasts.

    pserve gives no hook on the server that an ini file names, so the one function through which
    waitress makes its servers is replaced.
    """
    original = waitress.create_server
    waitress.create_server = make_server
    try:
        yield
    finally:
        waitress.create_server = original


def settle() -> None:
    """Spare the collector what was made at start, which lives as long as the process.

    Walking it again and again took a tenth of the time of a request.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION, 20, 50)


def _run(server: Any, sockets: dict[int, Any]) -> None:
    stopping: list[int] = []
    # A queue of requests is what threads are for, and no news to whoever watches the terminal.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    with _signals_to(functools.partial(_ask_to_stop, stopping, sockets)):
        # Not before: who sees the server listen may ask it to stop.
        settle()
        try:
            while not stopping and sockets:
                _loop(server, sockets, 1.0)
            _drain(server, sockets)
        except (SystemExit, KeyboardInterrupt):
            pass
        server.task_dispatcher.shutdown(timeout=1)
    wasyncore.close_all(sockets)


def _ask_to_stop(
    stopping: list[int], sockets: dict[int, Any], number: int, frame: FrameType | None
) -> None:
    if stopping:
        raise SystemExit(1)
    stopping.append(number)
    for dispatcher in list(sockets.values()):
        if isinstance(dispatcher, BaseWSGIServer):
            dispatcher.pull_trigger()


def _drain(server: Any, sockets: dict[int, Any]) -> None:
    for dispatcher in list(sockets.values()):
        if isinstance(dispatcher, BaseWSGIServer):
            dispatcher.accepting = False
            dispatcher.del_channel(sockets)
            dispatcher.socket.close()
    deadline = clock.monotonic() + GRACE_SECONDS
    while _busy(sockets) and clock.monotonic() < deadline:
        _loop(server, sockets, 0.05)


def _busy(sockets: dict[int, Any]) -> bool:
    """Whether a request is being received, answered or sent; idle connections are let go."""
    busy = False
    for channel in list(sockets.values()):
        if isinstance(channel, HTTPChannel):
            if channel.requests or channel.total_outbufs_len or channel.request is not None:
                busy = True
            else:
                channel.will_close = True
    return busy


def _loop(server: Any, sockets: dict[int, Any], seconds: float) -> None:
    wasyncore.loop(timeout=seconds, use_poll=server.adj.asyncore_use_poll, map=sockets, count=1)


@contextmanager
def _signals_to(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
