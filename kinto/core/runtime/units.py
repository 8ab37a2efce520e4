"""Units of work: what is begun, committed and undone together.

A unit belongs to one thread. Backends find it with `current()` and take part in it through a
`Participant`; outside a unit each of their operations commits by itself. This room knows no
database and no request: `kinto.core.transactions` ties units to requests.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar


class Participant(Protocol):
    """One backend's share of a unit of work."""

    def prepare(self) -> None:
        """Write what was put off; after this `commit` must not be able to fail for a reason
        that could have been known. Raises whatever the backend raises."""

    def commit(self) -> None:
        """Make the changes durable and visible."""

    def abort(self) -> None:
        """Undo everything. Never raises."""

    def savepoint(self) -> Any:
        """Return a mark that `rollback_to` takes."""

    def rollback_to(self, mark: Any) -> None:
        """Undo what was done since `mark`."""


P = TypeVar("P", bound=Participant)


class Savepoint:
    """A moment in a unit to which it can return."""

    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit
        self._marks = {key: p.savepoint() for key, p in unit.participants.items()}

    def rollback(self) -> None:
        """Undo what every participant did since; who joined later is undone whole."""
        for key, participant in list(self._unit.participants.items()):
            if key in self._marks:
                participant.rollback_to(self._marks[key])
            else:
                participant.abort()
                del self._unit.participants[key]


class UnitOfWork:
    """The participants of one unit, in the order in which they joined.

    Attributes:
        committed: how many of them have committed.
        may_wait: whether its commit may wait for those of other units: whoever commits it keeps
            nothing meanwhile that they could need.
    """

    def __init__(self) -> None:
        self.participants: dict[Hashable, Participant] = {}
        self.committed = 0
        self.may_wait = False

    def join(self, key: Hashable, factory: Callable[[], P]) -> P:
        """Return the participant known as `key`, made with `factory` at the first call."""
        participant = self.participants.get(key)
        if participant is None:
            participant = self.participants[key] = factory()
        return participant  # type: ignore[return-value]

    def savepoint(self) -> Savepoint:
        return Savepoint(self)

    def prepare(self) -> None:
        for participant in self.participants.values():
            participant.prepare()

    def commit(self) -> None:
        """Commit every participant; call `prepare` first."""
        try:
            while self.participants:
                key = next(iter(self.participants))
                self.participants[key].commit()
                self.committed += 1
                del self.participants[key]
        finally:
            self.abort()

    def abort(self) -> None:
        for participant in self.participants.values():
            participant.abort()
        self.participants.clear()


class _Bound(threading.local):
    unit: UnitOfWork | None = None


_bound = _Bound()


def current() -> UnitOfWork | None:
    """The unit of this thread, or None."""
    return _bound.unit


def bind(unit: UnitOfWork | None) -> None:
    """Make `unit` the one of this thread (None: no unit)."""
    _bound.unit = unit


@contextmanager
def unit_of_work() -> Iterator[UnitOfWork]:
    """Run a block as one unit: committed at its end, undone when it raises.

    Inside another unit the block simply belongs to that one.
    """
    if (outer := current()) is not None:
        yield outer
        return
    unit = UnitOfWork()
    bind(unit)
    try:
        yield unit
        unit.prepare()
        unit.commit()
    finally:
        unit.abort()
        bind(None)
