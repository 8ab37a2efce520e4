"""A request that the database undid to let another one through is run again from its beginning.

Deadlocks, failed serializations and lost leases (`TransientError`) leave nothing behind, so the
whole unit of work, batches included, may run once more on the same request: its body is read
again, and what the first run left on the request (events, callbacks, what it had read) is
forgotten. What is outside the unit of work (the cache) asks `runs_of` whether it was done before.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from functools import cached_property
from typing import Any

from pyramid.settings import asbool

from kinto.core.protocol.limits import LIMITS
from kinto.core.runtime import clock, randomness
from kinto.core.runtime.bodies import keep_body
from kinto.core.storage.exceptions import TransientError

logger = logging.getLogger(__name__)

MOST_RUNS = 5
LAST_RUN_AFTER_SECONDS = 10.0
"""A run that begins later is the last one: its client has waited long enough."""

PAUSE_SECONDS = 0.04
"""The longest pause before the second run; it doubles with each run."""

MOST_IN_MEMORY = 256 * 1024
"""Bytes of a body that is kept in memory for the next run; a larger one goes to a file."""

_RUNS = "kinto.core.runs"
_COPIED = (dict, set, list, deque)
_KEPT = ("_received_at",)


class Runs:
    """The runs of one request. Nothing is made before it is asked for: most have one run.

    Attributes:
        number: of the run under way, from 1.
        is_last: whether no other follows if the database undoes this one too.
    """

    number = 1
    is_last = False

    @cached_property
    def spent(self) -> dict[str, int]:
        """Single-use tokens that a run has used, and the number of that run."""
        return {}


def runs_of(request: Any) -> Runs:
    """The runs of a request; those of the main one for a sub-request."""
    while (parent := getattr(request, "parent", None)) is not None:
        request = parent
    found: Runs | None = getattr(request, "environ", {}).get(_RUNS)
    if found is None:
        found = Runs()
        found.is_last = True
    return found


def is_run_again(request: Any, failure: BaseException) -> bool:
    """Whether a failure is not told to the client, because the request is run once more."""
    return isinstance(failure, TransientError) and not runs_of(request).is_last


def retry_tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Tween, around the transaction: run it again while the database undoes it.

    Without units of work (setting `transaction_per_request`) what was done stays, so nothing is
    done again.
    """
    if not asbool(registry.settings.get("transaction_per_request", True)):
        return handler

    def retry_tween(request: Any) -> Any:
        environ = request.environ
        if "tm.active" in environ or "repoze.tm.active" in environ:
            return handler(request)
        if ("CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ) and not _can_rewind(
            environ
        ):
            return handler(request)
        runs = environ[_RUNS] = Runs()
        beginning = _Beginning(request)
        while True:
            try:
                response = handler(request)
                caught = request.exc_info
                if caught is None:
                    return response
                failure = caught[1]  # An exception view made the response of it.
            except TransientError as error:
                if runs.is_last:
                    raise
                failure = error
            if runs.is_last or not isinstance(failure, TransientError):
                return response
            logger.warning(
                "The database undid a request (%s): it is run again, for the %d. time.",
                type(failure.original or failure).__name__,
                runs.number,
            )
            clock.sleep(randomness.random_fraction() * PAUSE_SECONDS * 2 ** (runs.number - 1))
            runs.number += 1
            runs.is_last = _is_late(request) or runs.number >= MOST_RUNS
            beginning.come_back()

    return retry_tween


class _Beginning:
    """A request as it was before its first run."""

    def __init__(self, request: Any) -> None:
        environ = request.environ
        if "CONTENT_LENGTH" in environ and (length := _length_of(environ)):
            if length > MOST_IN_MEMORY or "webob.is_body_seekable" in environ:
                request.make_body_seekable()
            else:
                keep_body(environ, length)
        self._request = request
        self._environ = {**environ}
        self._attributes = {**request.__dict__}
        # Callbacks that somebody added already: the run takes them from where they are.
        for name, value in self._attributes.items():
            if type(value) in _COPIED and name != "environ":
                self._attributes[name] = value.copy()

    def come_back(self) -> None:
        """Make the request what it was, the time of its arrival excepted."""
        request, environ = self._request, self._request.environ
        attributes = vars(request)
        kept = {name: attributes[name] for name in _KEPT if name in attributes}
        environ.clear()
        environ.update(self._environ)
        attributes.clear()
        attributes.update(_copied(self._attributes), environ=environ, **kept)
        if _length_of(environ):
            request.body_file_raw.seek(0)


def _copied(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes whose containers are not those of the run: callbacks and bound data."""
    return {
        name: value.copy() if type(value) in _COPIED and name != "environ" else value
        for name, value in attributes.items()
    }


def _is_late(request: Any) -> bool:
    """Whether a run that begins now begins too late for another one."""
    now = clock.now_ms()
    arrived = vars(request).get("_received_at", now)
    return bool(now - arrived > LAST_RUN_AFTER_SECONDS * 1000)


def _length_of(environ: dict[str, Any]) -> int:
    """Length of the body that the request announces; 0 without one, or when it is no number."""
    length = environ.get("CONTENT_LENGTH")
    if not length or not (length.isascii() and length.isdigit()) or len(length) > 18:
        return 0
    return int(length)


def _can_rewind(environ: dict[str, Any]) -> bool:
    """Whether the body can be read twice.

    One of unknown length is read while it comes, one larger than JSON may be (an uploaded file)
    would have to be copied first.
    """
    if not environ.get("CONTENT_LENGTH"):
        return "HTTP_TRANSFER_ENCODING" not in environ
    return _length_of(environ) <= LIMITS.body_bytes
