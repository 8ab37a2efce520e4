"""Adapter: a unit of work as a data manager of the `transaction` package (used by pyramid_tm)."""

from __future__ import annotations

from typing import Any

import transaction
from transaction.interfaces import IDataManagerSavepoint, ISavepointDataManager
from zope.interface import implementer

from kinto.core.runtime import units
from kinto.core.storage.exceptions import BackendError, TransientError


@implementer(IDataManagerSavepoint)
class _Savepoint:
    def __init__(self, savepoint: units.Savepoint) -> None:
        self._savepoint = savepoint

    def rollback(self) -> None:
        self._savepoint.rollback()


@implementer(ISavepointDataManager)
class UnitDataManager:
    """Commits its unit in the voting phase, after every other manager has agreed."""

    transaction_manager = transaction.manager

    def __init__(self, unit: units.UnitOfWork) -> None:
        self._unit = unit

    def sortKey(self) -> str:
        # Last: once this one has voted, the others must not be able to refuse.
        return "~kinto-unit-of-work"

    def tpc_begin(self, txn: Any) -> None:
        pass

    def commit(self, txn: Any) -> None:
        self._unit.prepare()

    def tpc_vote(self, txn: Any) -> None:
        commit_unit(self._unit)

    def tpc_finish(self, txn: Any) -> None:
        self._end()

    def tpc_abort(self, txn: Any) -> None:
        self.abort(txn)

    def abort(self, txn: Any) -> None:
        self._unit.abort()
        self._end()

    def savepoint(self) -> _Savepoint:
        return _Savepoint(self._unit.savepoint())

    def _end(self) -> None:
        if units.current() is self._unit:
            units.bind(None)


def begin_unit(txn: Any) -> units.UnitOfWork:
    """Bind a new unit of work to this thread and to the transaction."""
    unit = units.UnitOfWork()
    txn.join(UnitDataManager(unit))
    units.bind(unit)
    return unit


def commit_unit(unit: units.UnitOfWork) -> None:
    """Commit a unit that is prepared.

    Raises:
        TransientError: nothing was committed, and the same may be tried again.
        BackendError: part of it may have been, or (connection lost) it is unknown.
    """
    participants = len(unit.participants)
    try:
        unit.commit()
    except TransientError as failure:
        if unit.committed:
            text = f"Only {unit.committed} of {participants} databases committed."
            raise BackendError(original=failure, message=text) from failure
        raise
