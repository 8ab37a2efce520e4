"""One unit of work for each HTTP request; its sub-requests belong to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.settings import asbool
from pyramid.tweens import EXCVIEW

from kinto.core.runtime import units
from kinto.core.transactions.zope import begin_unit

Handler = Callable[[Any], Any]


def unit_tween_factory(handler: Handler, registry: Any) -> Handler:
    """Tween, inside the transaction of pyramid_tm: a unit of work that ends with it."""

    def unit_tween(request: Any) -> Any:
        if units.current() is None and "tm.active" in request.environ:
            begin_unit(request.tm.get())
        return handler(request)

    return unit_tween


def includeme(config: Any) -> None:
    """Transactions by pyramid_tm, a unit in each (setting `transaction_per_request`)."""
    settings = config.get_settings()
    # The user is found out when needed, not at each request.
    settings.setdefault("tm.annotate_user", False)
    config.include("pyramid_tm")
    if asbool(settings.get("transaction_per_request", True)):
        config.add_tween(
            "kinto.core.transactions.requests.unit_tween_factory",
            under="pyramid_tm.tm_tween_factory",
            over=EXCVIEW,
        )
