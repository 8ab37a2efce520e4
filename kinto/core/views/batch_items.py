"""The requests of a batch, carried out in order, each at a savepoint of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from itertools import islice, takewhile
from typing import Any

from pyramid.httpexceptions import HTTPException, HTTPNotModified

from kinto.core.authentication.identity import (
    may_share_identity,
    share_identity,
    take_identity,
)
from kinto.core.authorization.principals import forget_principals
from kinto.core.events.dispatch import STACK, dispatch_pending
from kinto.core.http.failures import http_error
from kinto.core.http.parents import forget_parents
from kinto.core.http.subrequests import build_response, prefix_of
from kinto.core.protocol.failures import ERRORS
from kinto.core.runtime import units
from kinto.core.runtime.replaceable import replaced
from kinto.core.views.batch_direct import DirectItems
from kinto.core.views.batch_item import Item, ObjectKey, objects_above, read_path

subrequest_logger = logging.getLogger("subrequest.summary")

FACE = "kinto.core.views.batch"
SAFE_METHODS = frozenset(("GET", "HEAD", "TRACE"))
_CREATING = frozenset(("POST", "PUT"))
_MOST_MISSES = 2


class Items:
    """The requests of a batch.

    Args:
        request: the batch.
        specifications: as `envelopes.well_formed` gives them.
    """

    def __init__(self, request: Any, specifications: list[dict[str, Any]]) -> None:
        self._request = request
        prefix = prefix_of(request)
        paths: dict[str, tuple[str | None, str]] = {}
        self._items: list[Item] = []
        for specification in specifications:
            path = specification["path"]
            if path not in paths:
                paths[path] = read_path(path, prefix)
            self._items.append(Item(request, specification, *paths[path]))
        self._is_shared = False
        self._direct: DirectItems | None = None
        # How often there was nothing to write together: then, of the rest, there is nothing.
        self._misses = 0
        # Where what was written together ended, because the next one was not of the kind.
        self._end = 0

    def answers(self) -> list[dict[str, Any]]:
        """Carry them out; the descriptions of their responses.

        Raises:
            Exception: of a sub-request that failed with 5xx; the unit has to be undone.
        """
        uris = self._prepare()
        self._is_shared = may_share_identity(self._request.registry)
        self._direct = DirectItems.of(self._request, uris)
        answers: list[dict[str, Any]] = []
        while (place := len(answers)) < len(self._items):
            answers += self._create_together(place) or [self._answer(self._items[place])]
        return answers

    def _prepare(self) -> Iterable[str]:
        """Lock every list that will be written, in one order for all, and read what is needed.

        Returns:
            the URIs of what was read.
        """
        request = self._request
        # Credentials may take long to verify: never under a lock.
        request.authenticated_userid  # noqa: B018
        aliases = getattr(request.registry, "uri_aliases", ())
        for item in self._items:
            if aliases or item.path is None:
                item.find_target(aliases)
        if units.current() is None:
            return ()
        storage = request.registry.storage
        written = {item.list_key for item in self._items if item.method not in SAFE_METHODS}
        for resource_name, parent_id in sorted(written - {None}):
            storage.lock_parent(resource_name, parent_id)
        wanted: dict[str, ObjectKey] = {}
        for item in self._items:
            if (key := item.key) is not None:
                wanted[item.uri] = key
        for uri in list(dict.fromkeys(item.list_uri for item in self._items)):
            wanted.update(objects_above(uri))
        storage.prefetch(list(wanted.values()))
        request.registry.permission.prefetch(list(wanted))
        return wanted

    def _create_together(self, place: int) -> list[dict[str, Any]]:
        """The answers from this place on, as long as they are to create objects of one list."""
        direct, first = self._direct, self._items[place]
        if direct is None or first.method not in _CREATING or self._misses == _MOST_MISSES:
            return []
        if place == self._end > 0 or "deleted_parents" in self._request.bound_data:
            return []
        list_uri = first.list_uri
        answers = direct.create(
            takewhile(
                lambda item: (
                    item.method == first.method
                    and item.path is not None
                    and not item.has_credentials
                    and (item.uri is first.uri or item.list_uri == list_uri)
                ),
                islice(self._items, place, None),
            )
        )
        self._misses += not answers
        self._end = place + len(answers)
        for answer in answers:
            _log(answer["path"], first.method, answer["status"])
        return answers

    def _answer(self, item: Item) -> dict[str, Any]:
        """Carry out one request, as a whole or not at all."""
        request = self._request
        if "deleted_parents" in request.bound_data and _is_deleted(request, item.uri):
            dispatch_pending(request)
            if self._direct is not None:
                self._direct.forget(caller=True)
        if self._direct is not None and item.path is not None and not item.has_credentials:
            answer = self._direct.answer(item)
            if answer is not None:
                _log(answer["path"], item.method, answer["status"])
                return answer
        shares = self._is_shared and not item.has_credentials
        description = _answer_request(request, item.request, shares=shares)
        if self._direct is not None:
            self._direct.forget(caller=item.method not in SAFE_METHODS)
        return description


def _answer_request(request: Any, subrequest: Any, *, shares: bool) -> dict[str, Any]:
    """Run one request in its own savepoint; with the caller of those before if it `shares` it."""
    if shares:
        take_identity(subrequest)
    unit = units.current()
    savepoint = unit.savepoint() if unit is not None else None
    collector = request.bound_data.get(STACK)
    events = None if collector is None else collector.mark()
    try:
        response, subrequest = request.follow_subrequest(subrequest, use_tweens=False)
    except HTTPNotModified as not_modified:
        response = not_modified
    except HTTPException as refusal:
        if refusal.status_code >= 500:
            raise
        response = refusal
        if not refusal.has_body or refusal.content_type != "application/json":
            response = http_error(refusal, errno=ERRORS.UNDEFINED)
    if response.status_code >= 400:
        if savepoint is not None:
            savepoint.rollback()
        _drop_events(request, events)
        forget_principals(request)
        forget_parents(request)
    elif subrequest.method not in SAFE_METHODS and _may_change_groups(subrequest):
        forget_principals(request)
    elif shares:
        share_identity(subrequest)
    description = build_response(response, subrequest, decode=False)
    # A view may have said what of its path is for logs.
    logged = subrequest.log_context().get("path", description["path"])
    _log(logged, subrequest.method, description["status"])
    return description


def _drop_events(request: Any, mark: Any) -> None:
    """Forget the events of a refused sub-request."""
    if mark is None:
        request.bound_data.pop(STACK, None)
    else:
        request.bound_data[STACK].rollback_to(mark)


def _is_deleted(request: Any, uri: str) -> bool:
    """Whether what is asked for may wait for a cascade: it is to find all below it gone.

    So is the list in which it stood: its time remembers those of the lists below.
    """
    return any(
        uri == parent or uri.startswith(f"{parent}/") or uri == parent.rpartition("/")[0]
        for parent in request.bound_data["deleted_parents"]
    )


def _may_change_groups(subrequest: Any) -> bool:
    try:
        name = subrequest.current_resource_name
    except AttributeError:
        return True
    return name not in ("record", "collection")


def _log(path: str, method: str, status: int) -> None:
    logger = replaced(FACE, "subrequest_logger", subrequest_logger)
    if logger.isEnabledFor(logging.INFO):
        fields = {"path": path, "method": method, "code": status}
        logger.info("subrequest.summary", extra=fields)
