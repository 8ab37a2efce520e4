"""Health checks: run side by side, with one time limit for all.

A check that hangs has one thread, however often it is asked for: whoever asks meanwhile waits for
that one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import transaction

from kinto.core.runtime import clock

logger = logging.getLogger(__name__)

Check = Callable[[Any], Any]


class HealthChecks:
    """The checks of one application, as they run."""

    def __init__(self) -> None:
        self._running: dict[str, _Run] = {}
        self._lock = threading.Lock()

    def run(self, checks: Mapping[str, Check], request: Any, *, timeout: float) -> dict[str, bool]:
        """Run every check in a thread of its own; one that fails, or is late, gives False.

        Args:
            checks: name to function of the request; None counts as healthy.
            timeout: seconds for all of them together.
        """
        with self._lock:
            runs = {name: self._start(name, check, request) for name, check in checks.items()}
        deadline = clock.monotonic() + timeout
        for name, run in runs.items():
            run.thread.join(max(0.0, deadline - clock.monotonic()))
            if run.healthy is None:
                logger.error("'%s' heartbeat has exceeded timeout", name)
        return {name: bool(run.healthy) for name, run in runs.items()}

    def _start(self, name: str, check: Check, request: Any) -> _Run:
        run = self._running.get(name)
        if run is None or not run.thread.is_alive():
            run = self._running[name] = _Run(name, check, request)
            run.thread.start()
        return run


class _Run:
    """One check under way; `healthy` is None until it has answered."""

    def __init__(self, name: str, check: Check, request: Any) -> None:
        self.healthy: bool | None = None
        self.thread = threading.Thread(
            target=self._run,
            args=(name, check, request),
            name=f"heartbeat-{name}",
            # A check that hangs must not keep the process from stopping.
            daemon=True,
        )

    def _run(self, name: str, check: Check, request: Any) -> None:
        try:
            answer = check(request)
        except Exception:
            logger.exception("'%s' heartbeat failed.", name)
            answer = False
        finally:
            # What the check did to its own thread's transaction ends with it.
            transaction.abort()
        self.healthy = answer is None or bool(answer)
