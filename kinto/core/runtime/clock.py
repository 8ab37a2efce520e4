"""The only reader of time.

Suites of third parties replace `kinto.core.utils.msec_time`; the replacement is looked up at
each call, so that it also governs code that imported this module.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime


def msec_time() -> int:
    """Return the current time of the system in whole milliseconds since 1970, rounded down."""
    return time.time_ns() // 1_000_000


def now_ms() -> int:
    """Return the current time in milliseconds, honouring a replaced `utils.msec_time`."""
    utils = sys.modules.get("kinto.core.utils")
    reader = getattr(utils, "msec_time", msec_time)
    if reader is msec_time or reader is now_ms:
        return time.time_ns() // 1_000_000
    return int(reader())


def now() -> datetime:
    """Return the current time of the system, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds of a clock that never goes back, for durations."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Wait; the one place that tests replace to make waiting free."""
    time.sleep(seconds)


def thread_seconds() -> float:
    """Return seconds of processor time used by this thread, for budgets of work."""
    return time.thread_time()
