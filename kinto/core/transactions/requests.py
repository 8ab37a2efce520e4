"""One unit of work for each HTTP request; its sub-requests belong to it."""

from __future__ import annotations

from typing import Any

from pyramid.events import NewRequest
from pyramid.settings import asbool

from kinto.core.runtime import units
from kinto.core.transactions.zope import begin_unit


def _on_new_request(event: Any) -> None:
    request = event.request
    if hasattr(request, "parent") or "tm.active" not in request.environ:
        return
    if units.current() is None:
        begin_unit(request.tm.get())


def includeme(config: Any) -> None:
    """Transactions by pyramid_tm, a unit in each (setting `transaction_per_request`)."""
    settings = config.get_settings()
    # The user is found out when needed, not at each request.
    settings.setdefault("tm.annotate_user", False)
    config.include("pyramid_tm")
    if asbool(settings.get("transaction_per_request", True)):
        config.add_subscriber(_on_new_request, NewRequest)
