"""The requests of a batch, carried out in order, each at a savepoint of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from pyramid.decorator import reify
from pyramid.httpexceptions import HTTPException, HTTPNotModified

from kinto.core.authentication.identity import (
    may_share_identity,
    share_identity,
    take_identity,
)
from kinto.core.authorization.principals import forget_principals
from kinto.core.events.dispatch import STACK, dispatch_pending
from kinto.core.http.failures import http_error
from kinto.core.http.lookup import strip_uri_prefix
from kinto.core.http.parents import forget_parents
from kinto.core.http.subrequests import (
    build_request,
    build_response,
    own_headers,
    prefix_of,
    with_prefix,
)
from kinto.core.protocol.failures import ERRORS
from kinto.core.protocol.identifiers import ancestors, parent_object
from kinto.core.runtime import units
from kinto.core.runtime.replaceable import replaced
from kinto.core.views.batch_direct import PLAIN_PATH, DirectItems

subrequest_logger = logging.getLogger("subrequest.summary")

FACE = "kinto.core.views.batch"
SAFE_METHODS = frozenset(("GET", "HEAD", "TRACE"))
WITHOUT_CREDENTIALS = frozenset(
    ("accept", "content-type", "if-match", "if-none-match", "response-behavior")
)
"""Headers that say nothing of the caller."""

ListKey = tuple[str, str]
ObjectKey = tuple[str, str, str]


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
        self._items = []
        for specification in specifications:
            path = specification["path"]
            if path not in paths:
                paths[path] = _read_path(path, prefix)
            self._items.append(_Item(request, specification, *paths[path]))
        self._is_shared = False
        self._direct: DirectItems | None = None

    def answers(self) -> list[dict[str, Any]]:
        """Carry them out; the descriptions of their responses.

        Raises:
            Exception: of a sub-request that failed with 5xx; the unit has to be undone.
        """
        uris = self._prepare()
        self._is_shared = may_share_identity(self._request.registry)
        self._direct = DirectItems.of(self._request, uris)
        return [self._answer(item) for item in self._items]

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
        written = {_list_of(item.uri) for item in self._items if item.method not in SAFE_METHODS}
        for resource_name, parent_id in sorted(written - {None}):
            storage.lock_parent(resource_name, parent_id)
        wanted: dict[str, ObjectKey] = {}
        for item in self._items:
            if (key := _key_of(item.uri)) is not None:
                wanted[item.uri] = key
        for uri in list(dict.fromkeys(_list_uri(item.uri) for item in self._items)):
            wanted.update(_objects_above(uri))
        storage.prefetch(list(wanted.values()))
        request.registry.permission.prefetch(list(wanted))
        return wanted

    def _answer(self, item: _Item) -> dict[str, Any]:
        """Carry out one request, as a whole or not at all."""
        request = self._request
        if "deleted_parents" in request.bound_data and _is_deleted(request, item.uri):
            dispatch_pending(request)
            if self._direct is not None:
                self._direct.forget(caller=True)
        if self._direct is not None and item.path is not None and not item.has_credentials:
            answer = self._direct.answer(
                item.method,
                item.path,
                item.uri,
                headers=item.headers,
                body=item.specification.get("body"),
            )
            if answer is not None:
                _log(answer["path"], item.method, answer["status"])
                return answer
        shares = self._is_shared and not item.has_credentials
        description = _answer_request(request, item.request, shares=shares)
        if self._direct is not None:
            self._direct.forget(caller=item.method not in SAFE_METHODS)
        return description


class _Item:
    """One request of a batch.

    Attributes:
        headers: as far as they are not those of the batch.
        has_credentials: whether they may tell of another caller.
        path: with the version prefix; None when it has to be decoded first.
        uri: of what it is about: an object, or a list. Empty when there is no telling.
    """

    def __init__(
        self, batch: Any, specification: dict[str, Any], path: str | None, uri: str
    ) -> None:
        self._batch = batch
        self.specification = specification
        self.method: str = specification.get("method") or "GET"
        self.headers: Mapping[str, str] = specification.get("headers") or {}
        self.has_credentials = False
        if self.headers:
            self.headers = own_headers(batch, self.headers)
            names = {name.lower() for name in self.headers}
            self.has_credentials = not names <= WITHOUT_CREDENTIALS
        self.path, self.uri = path, uri

    @reify
    def request(self) -> Any:
        """The sub-request, made when it is asked for."""
        return build_request(self._batch, self.specification)

    def find_target(self, aliases: Iterable[Callable[[Any, str], str]]) -> None:
        """Find out what it is about, for the one who asks."""
        caller = self._caller()
        if self.path is None:
            try:
                self.uri = strip_uri_prefix(self.request.path_info)
            except UnicodeDecodeError:
                return  # Refused when its turn comes.
        with suppress(HTTPException):  # The caller is refused when the turn comes.
            for alias in aliases:
                self.uri = alias(caller, self.uri)

    def _caller(self) -> Any:
        """An authenticated request of the caller, which may have credentials of its own.

        Not the sub-request itself: what it finds out stays, and groups may change before its turn.
        """
        if not self.has_credentials:
            return self._batch
        caller = build_request(self._batch, self.specification)
        with suppress(HTTPException):  # Its own answer, when its turn comes.
            caller.authenticated_userid  # noqa: B018
        return caller


def _read_path(path: str, prefix: str) -> tuple[str | None, str]:
    """The `path` and the `uri` of an item."""
    path = with_prefix(path, prefix)
    return (path, strip_uri_prefix(path)) if PLAIN_PATH.fullmatch(path) else (None, "")


def _list_of(uri: str) -> ListKey | None:
    """Resource name and parent of the list that holds, or is, what a URI names."""
    return _list_key(_list_uri(uri))


def _key_of(uri: str) -> ObjectKey | None:
    """The key of the object that a URI names; None when it names none."""
    list_uri, _, object_id = uri.rpartition("/")
    key = _list_key(list_uri)
    return None if key is None or not object_id or "*" in object_id else (*key, object_id)


def _list_uri(uri: str) -> str:
    """URI of the list that a URI names, or that holds the object that it names."""
    return uri if uri.count("/") % 2 else uri.rpartition("/")[0]


@lru_cache(maxsize=1024)
def _list_key(list_uri: str) -> ListKey | None:
    key = parent_object(f"{list_uri}/any")
    return None if key is None else key[:2]


@lru_cache(maxsize=1024)
def _objects_above(list_uri: str) -> Mapping[str, ObjectKey]:
    """URIs and keys of the objects above those of a list."""
    found = {uri: parent_object(uri) for uri in ancestors(f"{list_uri}/any")}
    return {uri: key for uri, key in found.items() if key is not None}


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
