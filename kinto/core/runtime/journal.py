"""The undo journal of the memory backends: one lock, and how to take changes back.

Storage and permission in memory share it, so that a unit over both is all or nothing and a
writer is alone from its first write to the end of its unit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from kinto.core.runtime import units

Undo = Callable[[], object]
_lock = threading.RLock()


class _Journal:
    """Participant: holds the lock and the undo steps, newest last."""

    def __init__(self) -> None:
        _lock.acquire()
        self._steps: list[Undo] = []
        self._open = True

    def __enter__(self) -> Callable[[Undo], None]:
        return self._steps.append

    def __exit__(self, kind: type[BaseException] | None, *failure: object) -> None:
        """The unit goes on."""

    def prepare(self) -> None:
        pass

    def commit(self) -> None:
        self._steps.clear()
        self._release()

    def abort(self) -> None:
        try:
            self.rollback_to(0)
        finally:
            # A step that failed must not leave every other thread waiting for ever.
            self._release()

    def savepoint(self) -> int:
        return len(self._steps)

    def rollback_to(self, mark: int) -> None:
        while len(self._steps) > mark:
            self._steps.pop()()

    def _release(self) -> None:
        if self._open:
            self._open = False
            _lock.release()


class _JournalOfBlock(_Journal):
    """The journal of a block outside any unit: the block is its own unit."""

    def __exit__(self, kind: type[BaseException] | None, *failure: object) -> None:
        try:
            if kind is None:
                self.commit()
        finally:
            self.abort()


def writing() -> AbstractContextManager[Callable[[Undo], None]]:
    """Be the only writer; the block gets the function that records how to undo a change.

    In a unit the lock is kept, and the steps remembered, until the unit ends. Outside one, the
    block is its own unit: an exception undoes what it did.
    """
    unit = units.current()
    return _JournalOfBlock() if unit is None else unit.join("journal", _Journal)


def reading() -> AbstractContextManager[bool]:
    """See no half-done unit of another thread."""
    return _lock


def lock() -> None:
    """Become the only writer until the current unit ends (nothing outside a unit)."""
    if (unit := units.current()) is not None:
        unit.join("journal", _Journal)
