"""The requests of a batch, carried out in order, each at a savepoint of its own."""

from __future__ import annotations

import logging
from contextlib import suppress
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
from kinto.core.http.lookup import strip_uri_prefix
from kinto.core.http.parents import forget_parents
from kinto.core.http.subrequests import build_request, build_response
from kinto.core.protocol.failures import ERRORS
from kinto.core.protocol.identifiers import ancestors, parent_object
from kinto.core.runtime import units
from kinto.core.runtime.replaceable import replaced

subrequest_logger = logging.getLogger("subrequest.summary")

FACE = "kinto.core.views.batch"
SAFE_METHODS = frozenset(("GET", "HEAD", "TRACE"))
WITHOUT_CREDENTIALS = frozenset(
    ("accept", "content-type", "if-match", "if-none-match", "response-behavior")
)
"""Headers that say nothing of the caller."""


class Items:
    """The requests of a batch.

    Args:
        request: the batch.
        specifications: as `envelopes.well_formed` gives them.
    """

    def __init__(self, request: Any, specifications: list[dict[str, Any]]) -> None:
        self._request = request
        self._specifications = specifications
        self._subrequests = [build_request(request, item) for item in specifications]

    def answers(self) -> list[dict[str, Any]]:
        """Carry them out; the descriptions of their responses.

        Raises:
            Exception: of a sub-request that failed with 5xx; the unit has to be undone.
        """
        self._prepare()
        is_shared = may_share_identity(self._request.registry)
        answers = []
        for specification, subrequest in zip(self._specifications, self._subrequests, strict=True):
            shares = is_shared and has_no_credentials(specification)
            answers.append(_answer(self._request, subrequest, shares=shares))
        return answers

    def _prepare(self) -> None:
        """Lock every list that will be written, in one order for all, and read what is needed."""
        request = self._request
        # Credentials may take long to verify: never under a lock.
        request.authenticated_userid  # noqa: B018
        callers = [_caller(request, item) for item in self._specifications]
        if units.current() is None:
            return
        storage = request.registry.storage
        targets = [_target_uri(*pair) for pair in zip(self._subrequests, callers, strict=True)]
        written = {
            _list_of(uri)
            for uri, item in zip(targets, self._subrequests, strict=True)
            if item.method not in SAFE_METHODS
        }
        for resource_name, parent_id in sorted(written - {None}):
            storage.lock_parent(resource_name, parent_id)
        above = [parent for uri in targets for parent in ancestors(uri)]
        wanted = list(dict.fromkeys([*targets, *above]))
        storage.prefetch([key for key in map(parent_object, wanted) if key is not None])
        request.registry.permission.prefetch([uri for uri in wanted if parent_object(uri)])


def has_no_credentials(specification: Any) -> bool:
    """Whether a sub-request has the caller of the batch, going by its headers."""
    own = specification.get("headers")
    return not own or {str(name).lower() for name in own} <= WITHOUT_CREDENTIALS


def _caller(request: Any, specification: Any) -> Any:
    """An authenticated request of the caller of a sub-request, which may have credentials.

    Not the sub-request itself: what it finds out stays, and groups may change before its turn.
    """
    if has_no_credentials(specification):
        return request
    caller = build_request(request, specification)
    with suppress(HTTPException):  # Its own answer, when its turn comes.
        caller.authenticated_userid  # noqa: B018
    return caller


def _target_uri(request: Any, caller: Any) -> str:
    """URI of what a sub-request writes: an object, or a list."""
    try:
        uri = strip_uri_prefix(request.path_info)
    except UnicodeDecodeError:
        return ""  # Refused when its turn comes.
    with suppress(HTTPException):  # The caller is refused when the turn comes.
        for alias in getattr(request.registry, "uri_aliases", ()):
            uri = alias(caller, uri)
    return uri


def _list_of(uri: str) -> tuple[str, str] | None:
    """Resource name and parent of the list that holds, or is, what a URI names."""
    key = parent_object(uri) or parent_object(f"{uri}/any")
    return None if key is None else key[:2]


def _answer(request: Any, subrequest: Any, *, shares: bool) -> dict[str, Any]:
    """Run one request in its own savepoint; with the caller of those before if it `shares` it."""
    _finish_cascades(request, subrequest)
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
    _log(request, subrequest, description)
    return description


def _drop_events(request: Any, mark: Any) -> None:
    """Forget the events of a refused sub-request."""
    if mark is None:
        request.bound_data.pop(STACK, None)
    else:
        request.bound_data[STACK].rollback_to(mark)


def _finish_cascades(request: Any, subrequest: Any) -> None:
    """What was deleted is gone, with all below it, before anything there is asked for again.

    The list it stood in is asked for again too: its time remembers those of the lists below.
    """
    deleted = request.bound_data.get("deleted_parents", ())
    if not deleted:
        return
    uri = _target_uri(subrequest, subrequest)
    if any(
        uri == parent or uri.startswith(f"{parent}/") or uri == parent.rpartition("/")[0]
        for parent in deleted
    ):
        dispatch_pending(request)


def _may_change_groups(subrequest: Any) -> bool:
    try:
        name = subrequest.current_resource_name
    except AttributeError:
        return True
    return name not in ("record", "collection")


def _log(request: Any, subrequest: Any, description: dict[str, Any]) -> None:
    logger = replaced(FACE, "subrequest_logger", subrequest_logger)
    if not logger.isEnabledFor(logging.INFO):
        return
    logger.info(
        "subrequest.summary",
        extra={
            # A view may have said what of its path is for logs.
            "path": subrequest.log_context().get("path", description["path"]),
            "method": subrequest.method,
            "code": description["status"],
        },
    )
