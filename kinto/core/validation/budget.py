"""How much work one validation may cost.

Schemas and the data they judge are both written by users, and a small schema can ask for
endless work (references that multiply, patterns that backtrack). Everything that could take
long asks `spend()` first; when the budget of the thread is used up it raises `TooMuchWork`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kinto.core.runtime import clock

VALIDATION_SECONDS = 1.0
"""Processor time that one validation may take."""


class TooMuchWork(Exception):
    """The validation was given up."""


class _Bound(threading.local):
    deadline: float | None = None


_bound = _Bound()


@contextmanager
def limited_work(seconds: float = VALIDATION_SECONDS) -> Iterator[None]:
    """Give the block `seconds` of processor time; a block within it shares what is left."""
    if _bound.deadline is not None:
        yield
        return
    _bound.deadline = clock.thread_seconds() + seconds
    try:
        yield
    finally:
        _bound.deadline = None


def spend() -> float:
    """Return the seconds left (the whole budget outside `limited_work`).

    Raises:
        TooMuchWork: nothing is left.
    """
    if _bound.deadline is None:
        return VALIDATION_SECONDS
    left = _bound.deadline - clock.thread_seconds()
    if left <= 0:
        raise TooMuchWork
    return left
