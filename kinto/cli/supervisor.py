"""Several processes that serve one address, and the one that keeps them alive.

granian's server with rules of our own: sockets that are made here (`listening`), so that another
program on the port is noticed; a dead worker is replaced, at once or after a pause that grows while
workers die young; a worker that outlives its supervisor drains.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import multiprocessing
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.net import SocketHolder
from granian.server.mp import MPServer

from kinto.cli import draining, gateway
from kinto.cli.listening import BACKLOG, Listeners
from kinto.core.runtime import clock

logger = logging.getLogger(__name__)

MOST_WAITING = 128
"""Requests of one worker whose bodies may be on their way at once."""

_UNUSABLE = 3  # exit code of a worker that could not make the application
_YOUNG_SECONDS = 30.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0
_PR_SET_PDEATHSIG = 1


class Supervisor(MPServer):
    """Runs workers until SIGTERM or SIGINT, lets them finish, and returns.

    SIGHUP replaces the workers one after the other. A second SIGTERM or SIGINT stops at once.

    Args:
        listeners: the sockets of the workers.
        workers: how many processes.
        make_app: called in each of them; must be known to pickle.
    Attributes:
        failed: whether it ended because no worker could make its application.
    """

    def __init__(self, listeners: Listeners, *, workers: int, make_app: Callable[[], Any]) -> None:
        host, port = listeners.address[:2]
        super().__init__(
            target="kinto",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=MOST_WAITING,
            http=HTTPModes.http1,
            websockets=False,
            log_level=LogLevels.critical,
            workers_kill_timeout=int(draining.GRACE_SECONDS),
        )
        self.failed = False
        self._listeners = listeners
        self._make_app = make_app
        self._worked = multiprocessing.Event()
        self._pauses: dict[int, float] = {}

    def run(self) -> None:
        """Serve until told to stop."""
        load = functools.partial(_load, self._make_app, self._worked)
        self.serve(target_loader=load, wrap_loader=False)

    # -- what granian calls -----------------------------------------------------------------

    def _init_shared_socket(self) -> None:
        self._ssp = None  # Each worker has its own.

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> Any:
        self._sso = self._listeners.socket_of(idx)
        self._shd = SocketHolder(self._sso.fileno(), False, BACKLOG)
        load = functools.partial(callback_loader, self._listeners.strangers(idx))
        return super()._spawn_worker(idx, target, load)

    def _drop_shared_socket(self) -> None:
        self._listeners.close()

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        if self.interrupt_signal:
            for worker in list(self.wrks):
                worker.kill()
        super().signal_handler_interrupt()

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        due: dict[int, float] = {}
        while True:
            now = clock.monotonic()
            for number in [number for number, when in due.items() if when <= now]:
                del due[number]
                self._respawn_workers([number], spawn_target, target_loader)
            wait = min(due.values()) - now if due else None
            self.main_loop_interrupt.wait(None if wait is None else max(wait, 0.01))
            self.main_loop_interrupt.clear()
            if self.interrupt_signal:
                return
            if self.reload_signal:
                self._reload(spawn_target, target_loader)
            dead, self.interrupt_children = self.interrupt_children, []
            for number in dead:
                if self._is_hopeless(number):
                    self.failed = True
                    return
                self._listeners.give_up(number)
                due[number] = clock.monotonic() + self._pause(number)

    def _is_hopeless(self, number: int) -> bool:
        """Whether the first workers cannot work: the next ones could not either."""
        return self.wrks[number].inner.exitcode == _UNUSABLE and not self._worked.is_set()

    def _pause(self, number: int) -> float:
        """Seconds to wait before a dead worker is replaced."""
        worker = self.wrks[number]
        if clock.monotonic() - worker.birth > _YOUNG_SECONDS:
            self._pauses[number] = 0.0
        else:
            longer = 2 * self._pauses.get(number, 0.0)
            self._pauses[number] = min(max(longer, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        pause = self._pauses[number]
        logger.error(
            "Worker %d (process %s) ended with %s; another one starts in %.1f s.",
            number + 1, worker.inner.pid, worker.inner.exitcode, pause,
        )  # fmt: skip
        return pause


def _load(make_app: Callable[[], Any], worked: Any, strangers: list[socket.socket]) -> Any:
    """Make the application of a worker, in its process; ends the process when it cannot.

    Args:
        strangers: sockets of other workers, which a dead one must not keep alive here.
    """
    for each in strangers:
        each.close()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Those of the supervisor were inherited; granian sets its own when there is an app.
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    gateway.tidy_environment()
    try:
        app = make_app()
    except Exception:
        traceback.print_exc()
        sys.exit(_UNUSABLE)
    draining.settle()
    worked.set()
    return app
