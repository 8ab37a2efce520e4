"""Health checks: run side by side, with one time limit for all."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import transaction

from kinto.core.runtime import clock

logger = logging.getLogger(__name__)

Check = Callable[[Any], Any]


def check_all(checks: Mapping[str, Check], request: Any, *, timeout: float) -> dict[str, bool]:
    """Run every check in a thread of its own; one that fails, or is late, gives False.

    Args:
        checks: name to function of the request; None counts as healthy.
        timeout: seconds for all of them together.
    """
    results: dict[str, bool] = {}
    threads = [
        threading.Thread(
            target=_run,
            args=(name, check, request, results),
            name=f"heartbeat-{name}",
            # A check that hangs must not keep the process from stopping.
            daemon=True,
        )
        for name, check in checks.items()
    ]
    for thread in threads:
        thread.start()
    deadline = clock.monotonic() + timeout
    for thread in threads:
        thread.join(max(0.0, deadline - clock.monotonic()))
    # A copy: late checks may still write to `results`.
    finished = dict(results)
    for name in checks:
        if name not in finished:
            logger.error("'%s' heartbeat has exceeded timeout", name)
    return {name: finished.get(name, False) for name in checks}


def _run(name: str, check: Check, request: Any, results: dict[str, bool]) -> None:
    try:
        answer = check(request)
    except Exception:
        logger.exception("'%s' heartbeat failed.", name)
        answer = False
    finally:
        # What the check did to its own thread's transaction ends with it.
        transaction.abort()
    results[name] = answer is None or bool(answer)
