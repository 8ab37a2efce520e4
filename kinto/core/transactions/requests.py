"""One unit of work for each HTTP request; its sub-requests belong to it.

pyramid_tm gives `request.tm`, and its tween is used when a setting `tm.*` asks for something of
its own. Otherwise the tween below does the same with less: it asks the `transaction` package for
a transaction only when somebody takes part in it, which most requests do not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import transaction
from pyramid.settings import asbool
from pyramid.tweens import EXCVIEW

from kinto.core.runtime import units
from kinto.core.transactions.zope import UnitDataManager, begin_unit, commit_unit

Handler = Callable[[Any], Any]

ROOM = "kinto.core.transactions.requests"
PYRAMID_TM = "pyramid_tm.tm_tween_factory"


def never(request: Any) -> bool:
    """`tm.activate_hook` that leaves transactions to our own tween."""
    return False


def unit_tween_factory(handler: Handler, registry: Any) -> Handler:
    """Tween, inside the transaction of pyramid_tm: a unit of work that ends with it."""

    def unit_tween(request: Any) -> Any:
        if units.current() is None and "tm.active" in request.environ:
            begin_unit(request.tm.get())
        return handler(request)

    return unit_tween


def leftover_tween_factory(handler: Handler, registry: Any) -> Handler:
    """Tween, around the transaction of pyramid_tm: a commit that broke off leaves no unit open.

    When a hook fails before the commit begins, nobody tells those who joined the transaction.
    """

    def leftover_tween(request: Any) -> Any:
        try:
            return handler(request)
        finally:
            if (unit := units.current()) is not None:
                unit.abort()
                units.bind(None)

    return leftover_tween


def transaction_tween_factory(handler: Handler, registry: Any) -> Handler:
    """Tween: commit what the request did, or undo it when the answer came from an exception."""
    has_units = asbool(registry.settings.get("transaction_per_request", True))
    manager = transaction.manager

    def transaction_tween(request: Any) -> Any:
        environ = request.environ
        if "tm.active" in environ:
            return handler(request)
        if manager.manager._txn is not None:
            # What a former use of this thread left open is none of this request's.
            manager.abort()
        environ["tm.active"] = True
        environ["tm.manager"] = manager
        unit = units.UnitOfWork()
        if has_units:
            units.bind(unit)
        try:
            response = handler(request)
            # The transaction if there is one; asking the manager would make one.
            joined = manager.manager._txn
            failed = request.exc_info is not None or (joined is not None and joined.isDoomed())
        except BaseException:
            _abort(manager, unit)
            raise
        finally:
            del environ["tm.active"], environ["tm.manager"]
        if failed:
            _abort(manager, unit)
            return response
        if joined is None and not unit.participants:
            units.bind(None)
        else:
            _commit(manager, unit, joined)
        return response

    return transaction_tween


def _commit(manager: Any, unit: units.UnitOfWork, joined: Any) -> None:
    """Commit the unit, with the transaction that somebody joined, if any.

    Raises:
        Exception: why it could not be committed; nothing is kept then.
    """
    try:
        if joined is None:
            unit.prepare()
            # With the request at its end and nobody else in its transaction.
            unit.may_wait = True
            commit_unit(unit)
        else:
            joined.join(UnitDataManager(unit))
            joined.commit()
    except BaseException:
        _abort(manager, unit)
        raise
    finally:
        units.bind(None)


def _abort(manager: Any, unit: units.UnitOfWork) -> None:
    unit.abort()
    units.bind(None)
    if manager.manager._txn is not None:
        manager.abort()


def includeme(config: Any) -> None:
    """Transactions, and a unit of work in each (setting `transaction_per_request`)."""
    settings = config.get_settings()
    wants_its_own = [name for name in settings if name.startswith(("tm.", "pyramid_tm."))]
    # The user is found out when needed, not at each request.
    settings.setdefault("tm.annotate_user", False)
    if [name for name in wants_its_own if name != "tm.annotate_user"] or asbool(
        settings["tm.annotate_user"]
    ):
        config.include("pyramid_tm")
        if asbool(settings.get("transaction_per_request", True)):
            _use_pyramid_tm(config)
        _run_again_over(config, (f"{ROOM}.leftover_tween_factory", PYRAMID_TM))
        return
    settings["tm.activate_hook"] = never
    config.include("pyramid_tm")
    config.add_tween(
        f"{ROOM}.transaction_tween_factory",
        under=PYRAMID_TM,
        over=EXCVIEW,
    )
    _run_again_over(config, PYRAMID_TM)


def _run_again_over(config: Any, tweens: Any) -> None:
    config.add_tween("kinto.core.transactions.retrying.retry_tween_factory", over=tweens)


def _use_pyramid_tm(config: Any) -> None:
    config.add_tween(f"{ROOM}.unit_tween_factory", under=PYRAMID_TM, over=EXCVIEW)
    config.add_tween(f"{ROOM}.leftover_tween_factory", over=PYRAMID_TM)
