"""The outermost net: whatever no exception view answered becomes a JSON error.

Exception views cover the views and the event subscribers. What fails around them (a tween, a
commit, an exception view itself) ends here, so that the WSGI server never sees an exception.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from kinto.core.http.cors import reapply_cors
from kinto.core.http.failures import answer
from kinto.core.observability import logs
from kinto.core.storage.exceptions import BackendError, IntegrityError
from kinto.core.transactions.retrying import is_run_again

logger = logging.getLogger()

OVER_QUOTA = 507
"""A server error by its number, and the caller's own making."""


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Tween: an exception becomes the response of the one table, logged once."""

    def last_resort_tween(request: Any) -> Any:
        try:
            return handler(request)
        except Exception as failure:
            log_failure(failure, request, logger=logger)
            return reapply_cors(request, answer(failure, settings=registry.settings))

    return last_resort_tween


def log_failure(failure: BaseException, request: Any, *, logger: Any) -> None:
    """Log a failure that clients see as a 5xx; those of clients' own making are not logged."""
    if isinstance(failure, IntegrityError) or is_run_again(request, failure):
        return
    response = answer(failure, settings={})
    fields = {**logs.safely_described(request), "errno": getattr(response, "errno", 999)}
    if isinstance(failure, BackendError):
        original = failure.original or failure
        logger.critical(failure, exc_info=_exc_info(original), extra=fields)
    elif response.status_code >= 500 and response.status_code != OVER_QUOTA:
        logger.error(failure, exc_info=_exc_info(failure), extra=fields)


def _exc_info(failure: Any) -> Any:
    """What the logging package wants; nothing for an original that is no exception."""
    if isinstance(failure, BaseException):
        return (type(failure), failure, failure.__traceback__)
    return None
