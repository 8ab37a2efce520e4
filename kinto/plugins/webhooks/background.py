"""The thread that delivers while the server answers requests; no request ever waits for it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from kinto.core.storage.exceptions import BackendError
from kinto.plugins.webhooks.delivery import Deliverer

logger = logging.getLogger("kinto.plugins.webhooks")

STOP_SECONDS = 2.0


class Background:
    """One thread for all hooks of a server, in each process that serves."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._pid = 0

    def start(self) -> None:
        """Begin to deliver; a second call in a process does nothing."""
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        self._woken, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="kinto-webhooks", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There may be something to deliver. Also begins anew in a process that was forked."""
        self.start()
        self._woken.set()

    def stop(self) -> None:
        """Let the thread end after its current delivery, and wait for it a moment."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None and self._pid == os.getpid():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        run_until(self._registry, self._woken, is_stopping=self._stopping.is_set)


def deliverers(registry: Any, *, is_stopping: Callable[[], bool] = bool) -> list[Deliverer]:
    """One deliverer for each hook of a server."""
    return [
        Deliverer(
            registry.storage,
            name,
            hook,
            settings=registry.webhooks_settings,
            is_stopping=is_stopping,
        )
        for name, hook in registry.webhooks.items()
    ]


def run_until(registry: Any, woken: threading.Event, *, is_stopping: Callable[[], bool]) -> None:
    """Deliver until told to stop, looking at the outbox when woken and every now and then."""
    working = deliverers(registry, is_stopping=is_stopping)
    while not is_stopping():
        woken.wait(registry.webhooks_settings.poll_seconds)
        woken.clear()
        if sum([run_safely(deliverer) for deliverer in working]):
            woken.set()  # there may be more
    for deliverer in working:
        deliverer.lease.release()


def run_safely(deliverer: Deliverer) -> int:
    """One round of a deliverer; what goes wrong is logged, and the next round tries again."""
    try:
        return deliverer.run()
    except BackendError as error:
        logger.warning("Webhooks wait for the storage: %s", error)
    except Exception:
        logger.exception("Webhooks: a round failed")
    return 0
